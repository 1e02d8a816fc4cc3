/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A board in memory for tests and fuzzers of the firmware: flash with power
 * cuts, a clock, a button, noise, and queues of reports.
 *
 * hal_halt() and power cuts leave memboard_run() through longjmp(); a test of
 * what follows starts the token anew.
 */
#ifndef MEMBOARD_H
#define MEMBOARD_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal.h"

#define MEMBOARD_PAGE_LEN 4096 /* unless a test sets page_len */
#define MEMBOARD_PAGE_CNT 32
#define MEMBOARD_FLASH_LEN (MEMBOARD_PAGE_LEN * MEMBOARD_PAGE_CNT)
#define MEMBOARD_PAGE_MAX 256 /* of both regions */
#define MEMBOARD_UNIT_CNT (2 * MEMBOARD_FLASH_LEN / HAL_FLASH_UNIT_LEN)
#define MEMBOARD_QUEUE_CNT 600 /* reports; two of the longest messages fit */
#define MEMBOARD_CCID_CNT 64   /* packets; three of the longest messages fit */
#define MEMBOARD_LED_CNT 1024  /* changes of the LED */
#define MEMBOARD_TYPED_CNT 64  /* keyboard reports */

/* How far the flash operation got when the power went. */
enum memboard_cut {
	MEMBOARD_CUT_NOTHING, /* it did not begin */
	MEMBOARD_CUT_BEGUN,   /* no bit changed yet, but it is not to be told */
	MEMBOARD_CUT_PART,    /* some bits changed; cut_seed says which */
	MEMBOARD_CUT_WEAK,    /* as ALL, but an erased page keeps nothing */
	MEMBOARD_CUT_ALL      /* it was done, but nothing after it */
};

/* How memboard_run() ended. */
enum memboard_end {
	MEMBOARD_DONE = 0,
	MEMBOARD_POWER_CUT = 1,
	MEMBOARD_HALTED = 2
};

enum memboard_noise {
	MEMBOARD_NOISE_GOOD,
	MEMBOARD_NOISE_STUCK,
	MEMBOARD_NOISE_BIASED
};

struct memboard_led {
	enum hal_led led;
	uint64_t millis;
};

/* Packets of the smartcard reader, oldest first. */
struct memboard_packets {
	uint8_t data[MEMBOARD_CCID_CNT][HAL_PACKET_LEN];
	size_t len[MEMBOARD_CCID_CNT];
	size_t cnt;
};

struct memboard {
	uint8_t flash[MEMBOARD_FLASH_LEN]; /* the first region */
	uint8_t second[MEMBOARD_FLASH_LEN];
	bool weak[MEMBOARD_PAGE_MAX]; /* its erasure was cut: not to be written,
					 even if it reads erased */
	bool begun[MEMBOARD_UNIT_CNT]; /* reads erased, but was cut */
	long ops;		       /* flash operations so far */
	long programs, erases;	       /* of them */
	long worn[MEMBOARD_PAGE_MAX];  /* erases of each page, ever */
	long cut_at;		       /* cut at this operation; 0: never */
	enum memboard_cut cut;
	uint64_t cut_seed; /* of the subset of bits in CUT_PART */
	bool unsynced;	   /* something was written after hal_flash_sync() */
	long syncs;	   /* hal_flash_sync() so far */
	bool strict;	   /* programming a unit twice is an error */
	uint32_t page_len, page_cnt; /* of a region */
	uint64_t millis;
	bool button;
	bool auto_touch;
	bool can_send;
	enum hal_led led;
	struct memboard_led led_log[MEMBOARD_LED_CNT]; /* changes; then full */
	size_t led_cnt;
	unsigned int outputs; /* hal_output bits */
	char display[HAL_DISPLAY_LINES * (HAL_DISPLAY_COLUMNS + 1) + 1];
	bool keyboard_busy;	    /* it takes no report now */
	unsigned int keyboard_room; /* reports until it is; 0: no bound */
	uint8_t typed[MEMBOARD_TYPED_CNT][HAL_KEYBOARD_REPORT_LEN];
	size_t typed_cnt;
	enum hal_fault fault;
	enum memboard_noise noise;
	unsigned int noise_ms; /* hal_entropy() takes: makes commands slow */
	uint64_t noise_state;
	uint8_t in[MEMBOARD_QUEUE_CNT][HAL_HID_REPORT_LEN];
	size_t in_first, in_cnt;
	uint8_t out[MEMBOARD_QUEUE_CNT][HAL_HID_REPORT_LEN];
	struct memboard_packets ccid_in, ccid_out;
	bool ccid_busy;			  /* the host takes no packet now */
	bool repeats;			  /* hal_repeat() has a packet */
	uint8_t repeated[HAL_PACKET_LEN]; /* the last one it was given */
	size_t repeated_len;
	enum hal_pipe repeated_on;
	long repeat_cnt;
	bool is_readable; /* the flash, by who holds the board */
	size_t out_cnt;	  /* oldest first; what does not fit is dropped */
	bool running;	  /* inside memboard_run() */
	jmp_buf jump;
};

extern struct memboard memboard;

/* An erased flash, good noise, time 1000 s, nothing queued. */
void memboard_reset(void);
void memboard_put_report(const uint8_t report[HAL_HID_REPORT_LEN]);
/* Oldest report the token sent; false if there is none. */
bool memboard_take_report(uint8_t report[HAL_HID_REPORT_LEN]);
/* The same of the smartcard reader's packets. */
void memboard_put_packet(const uint8_t *packet, size_t len);
bool memboard_take_packet(uint8_t packet[HAL_PACKET_LEN], size_t *len);

/*
 * Call fn, with the power cut at flash operation cut_at (0: never).  A halt or
 * a cut outside this function ends the test program.
 */
enum memboard_end memboard_run(void (*fn)(void *), void *arg, long cut_at,
    enum memboard_cut cut);

#endif
