/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole contract between the token and a board: 18 functions, bound at
 * link time.  firmware/core calls nothing else of the outside world, and no
 * register or operating system call stands outside firmware/board/.
 *
 * All functions run in one context (the main loop); none is called again
 * before it returned, and none takes more than 640 bytes of stack (lint/chip
 * adds them up).  Lengths count bytes, times are milliseconds.
 */
#ifndef HAL_H
#define HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HAL_PACKET_LEN 64 /* full speed endpoints, interrupt and bulk */
#define HAL_HID_REPORT_LEN HAL_PACKET_LEN /* CTAPHID reports are full ones */
#define HAL_REPEAT_MS 80       /* CTAPHID wants a keepalive every 100 */
#define HAL_REPEAT_CARD_MS 400 /* readers' drivers wait for over a second */
#define HAL_FLASH_UNIT_LEN 8   /* STM32L4 has 64-bit ECC words */

/* What the person at the token should see.  One pattern per kind of
 * permission, so that malware cannot swap the command behind a touch
 * unnoticed. */
enum hal_led {
	HAL_LED_OFF,
	HAL_LED_IDLE,
	HAL_LED_BUSY,
	HAL_LED_WINK,
	HAL_LED_TOUCH_REGISTER, /* makes a credential */
	HAL_LED_TOUCH_LOGIN,	/* signs an assertion */
	HAL_LED_TOUCH_SELECT,	/* only says "this token" */
	HAL_LED_TOUCH_RESET,	/* erases everything; wants a long touch */
	HAL_LED_TOUCH_KEYS,	/* changes which keys contacts use */
	HAL_LED_TOUCH_TOKENS,	/* changes who may sign: genesis, enrol,
				   retire, policy, recover, veto, import */
	HAL_LED_TOUCH_CONFIRM,	/* says that a contact is verified */
	HAL_LED_TOUCH_DEVICE,	/* attests what this token is */
	HAL_LED_TOUCH_CARD,	/* signs or decrypts with a key of a card */
	HAL_LED_ON,		/* a digit of a code, with HAL_LED_OFF */
	HAL_LED_FAULT_ENTROPY,	/* the token signs nothing */
	HAL_LED_FAULT_STORE
};

/* The ways between host and token: endpoints of a USB device, or the like. */
enum hal_pipe {
	HAL_PIPE_HID,	  /* CTAPHID reports, both ways */
	HAL_PIPE_CCID,	  /* smartcard reader's bulk packets, both ways */
	HAL_PIPE_KEYBOARD /* reports of a boot keyboard, to the host only */
};

/* How the board can show a live code to a person; bits. */
enum hal_output { HAL_OUT_DISPLAY = 1, HAL_OUT_LED = 2, HAL_OUT_KEYBOARD = 4 };

#define HAL_DISPLAY_COLUMNS 21
#define HAL_DISPLAY_LINES 4
#define HAL_KEYBOARD_REPORT_LEN 8 /* boot keyboard, HID 1.11 appendix B */
#define HAL_IMAGE_HASH_LEN 32

/* Why the token stopped.  Only faults of its own; never bad input. */
enum hal_fault {
	HAL_FAULT_STORE_CORRUPT, /* the flash changed under a running token */
	HAL_FAULT_STORE_SIZE,	 /* flash too small for what is promised */
	HAL_FAULT_BUG		 /* the token contradicts itself */
};

/* Flash for the stores: HAL_FLASH_REGION_CNT regions, one behind the other, of
 * page_cnt pages of page_len bytes each.  Offsets and pages count from the
 * beginning of the first. */
#define HAL_FLASH_REGION_CNT 2
struct hal_flash {
	uint32_t page_len;
	uint32_t page_cnt;
};

/*
 * Next packet of the host, in order of arrival; returns its length, 0 if there
 * is none.  HID reports always have HAL_HID_REPORT_LEN bytes: a shorter one
 * never reaches the token, a missing interface never has one.
 */
size_t hal_recv(enum hal_pipe pipe, uint8_t packet[HAL_PACKET_LEN]);
/* True if hal_send() will take a packet now. */
bool hal_can_send(enum hal_pipe pipe);
/* len is at most HAL_PACKET_LEN; 0 ends a bulk transfer. */
void hal_send(enum hal_pipe pipe, const uint8_t *packet, size_t len);
/*
 * The token is about to compute for longer than a host waits in silence: send
 * this packet every HAL_REPEAT_MS, or HAL_REPEAT_CARD_MS on the reader's pipe,
 * from an interrupt, until the next call.
 * len 0 ends it; nothing is repeated after that call returned.  The board
 * keeps a copy.  One that computes fast enough may ignore it.
 */
void hal_repeat(enum hal_pipe pipe, const uint8_t *packet, size_t len);

/* Time since some point before power-up; never steps back. */
uint64_t hal_millis(void);

/* len raw samples of the noise source, one per byte, not conditioned. */
void hal_entropy(uint8_t *out, size_t len);

struct hal_flash hal_flash_geometry(void);
void hal_flash_read(uint32_t off, uint8_t *out, size_t len);
/*
 * Program one aligned unit that was not programmed since its page was erased.
 * Erased bytes read 0xff.  Units reach the flash in the order of the calls.  A
 * board that cannot program or erase stops; there is no error to handle.
 */
void hal_flash_program(uint32_t off, const uint8_t unit[HAL_FLASH_UNIT_LEN]);
void hal_flash_erase(uint32_t page);
/* Return when everything programmed and erased will survive a power cut. */
void hal_flash_sync(void);
/* True unless whoever holds the board can read its flash. */
bool hal_flash_is_private(void);

/* The touch button's level: true while it is pressed. */
bool hal_button(void);
void hal_led(enum hal_led pattern);

/* hal_output bits of this board; at least one. */
unsigned int hal_outputs(void);
/*
 * Show text: at most HAL_DISPLAY_LINES lines of HAL_DISPLAY_COLUMNS printable
 * ASCII characters, split by '\n'; "" clears.  Boards without a display ignore
 * it.  The text is only valid during the call.
 */
void hal_display(const char *text);

/* SHA-256 of the program that runs: the measurement in attestations. */
void hal_image_hash(uint8_t out[HAL_IMAGE_HASH_LEN]);

/* Stop until the next power-up. */
_Noreturn void hal_halt(enum hal_fault fault);

#endif
