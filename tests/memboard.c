/* SPDX-License-Identifier: BSD-2-Clause */
#include "memboard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct memboard memboard;

void
memboard_reset(void)
{
	memset(&memboard, 0, sizeof(memboard));
	memset(memboard.flash, 0xff, sizeof(memboard.flash));
	memset(memboard.second, 0xff, sizeof(memboard.second));
	memboard.strict = true;
	memboard.can_send = true;
	memboard.page_len = MEMBOARD_PAGE_LEN;
	memboard.page_cnt = MEMBOARD_PAGE_CNT;
	memboard.millis = 1000000;
	memboard.noise_state = 1;
	memboard.outputs = HAL_OUT_DISPLAY | HAL_OUT_LED | HAL_OUT_KEYBOARD;
}

static _Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "memboard: %s\n", what);
	abort();
}

/* xorshift64*: noise that is the same in every run. */
static uint64_t
noise64(void)
{
	uint64_t x = memboard.noise_state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	memboard.noise_state = x;
	return x * UINT64_C(2685821657736338717);
}

void
hal_entropy(uint8_t *out, size_t len)
{
	size_t i;

	memboard.millis += memboard.noise_ms;
	for (i = 0; i < len; i++) {
		out[i] = (uint8_t)(noise64() >> 56);
		if (memboard.noise == MEMBOARD_NOISE_STUCK)
			out[i] = 0xff;
		else if (memboard.noise == MEMBOARD_NOISE_BIASED && i % 4 != 3)
			out[i] = 0x5a; /* never long in a row */
	}
}

/* True if the power goes at this operation: the caller does a part of it. */
static bool
cut_now(void)
{
	memboard.ops++;
	memboard.unsynced = true;
	return memboard.cut_at != 0 && memboard.ops == memboard.cut_at;
}

static _Noreturn void
leave(enum memboard_end end)
{
	if (!memboard.running)
		die("the token halted");
	memboard.repeats = false; /* the interrupt ends with the power */
	longjmp(memboard.jump, (int)end);
}

static _Noreturn void
power_cut(void)
{
	memboard.unsynced = false; /* what is there now is there */
	leave(MEMBOARD_POWER_CUT);
}

enum memboard_end
memboard_run(void (*fn)(void *), void *arg, long cut_at, enum memboard_cut cut)
{
	int end;

	memboard.ops = memboard.programs = memboard.erases = 0;
	memboard.cut_at = cut_at;
	memboard.cut = cut;
	memboard.running = true;
	end = setjmp(memboard.jump);
	if (end == MEMBOARD_DONE)
		fn(arg);
	memboard.cut_at = 0;
	memboard.running = false;
	return (enum memboard_end)end;
}

struct hal_flash
hal_flash_geometry(void)
{
	return (struct hal_flash){memboard.page_len, memboard.page_cnt};
}

/* len bytes of a region from off on. */
static uint8_t *
flash_at(uint32_t off, size_t len)
{
	uint32_t region = memboard.page_cnt * memboard.page_len;
	uint8_t *p = memboard.flash;

	if (off >= region && off - region < MEMBOARD_FLASH_LEN) {
		off -= region;
		p = memboard.second;
	}
	if (off > region || len > region - off)
		die("outside the flash");
	return p + off;
}

void
hal_flash_read(uint32_t off, uint8_t *out, size_t len)
{
	memcpy(out, flash_at(off, len), len);
}

/*
 * Which bits of byte i of len have changed when the power went: by the seed
 * few of them, half, most, all but one, or those of the first bytes only.
 */
static uint8_t
changed_bits(size_t i, size_t len)
{
	uint64_t x = (memboard.cut_seed + 1) * UINT64_C(0x9e3779b97f4a7c15) ^
	    (uint64_t)memboard.cut_at << 32 ^ i / 4;
	uint64_t seed = memboard.cut_seed;
	uint8_t a, b;

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	x = (x ^ x >> 31) >> (16 * (i % 4));
	a = (uint8_t)x;
	b = (uint8_t)(x >> 8);
	switch (seed % 6) {
	case 0:
		return a;
	case 1:
		return a & b;
	case 2:
		return a | b;
	case 3:
		return (uint8_t)(i == seed / 6 % len ? ~(1u << seed % 8) : ~0u);
	case 4:
		return (uint8_t)(i == seed / 6 % len ? 1u << seed % 8 : 0u);
	default:
		return i < seed / 6 * 37 % len ? 0xff : 0;
	}
}

void
hal_flash_program(uint32_t off, const uint8_t unit[HAL_FLASH_UNIT_LEN])
{
	bool cut = cut_now();
	uint8_t *p = flash_at(off, HAL_FLASH_UNIT_LEN);
	bool *begun = &memboard.begun[off / HAL_FLASH_UNIT_LEN];
	bool blank = true;
	size_t i;

	memboard.programs++;
	if (off % HAL_FLASH_UNIT_LEN != 0)
		die("programmed across units");
	for (i = 0; i < HAL_FLASH_UNIT_LEN; i++)
		if (memboard.strict && (p[i] != 0xff || *begun))
			die("unit programmed twice");
	if (memboard.weak[off / memboard.page_len])
		die("programmed a page whose erase was cut");
	if (cut && memboard.cut == MEMBOARD_CUT_NOTHING)
		power_cut();
	/* Bits go from 1 to 0. */
	for (i = 0; i < HAL_FLASH_UNIT_LEN; i++) {
		if (cut && memboard.cut == MEMBOARD_CUT_BEGUN)
			break;
		p[i] = unit[i];
		if (cut && memboard.cut == MEMBOARD_CUT_PART)
			p[i] |= (uint8_t)~changed_bits(i, HAL_FLASH_UNIT_LEN);
		blank = blank && p[i] == 0xff;
	}
	*begun = cut && blank;
	if (cut)
		power_cut();
}

void
hal_flash_erase(uint32_t page)
{
	bool cut = cut_now();
	size_t len = memboard.page_len;
	uint8_t *p = flash_at(page * memboard.page_len, len);
	size_t i;

	memboard.erases++;
	memboard.worn[page % MEMBOARD_PAGE_MAX]++;
	if (cut && memboard.cut == MEMBOARD_CUT_NOTHING)
		power_cut();
	for (i = 0; i < len; i++) {
		if (cut && memboard.cut == MEMBOARD_CUT_BEGUN)
			break;
		if (cut && memboard.cut == MEMBOARD_CUT_PART)
			p[i] |= changed_bits(i, len);
		else
			p[i] = 0xff;
		memboard.begun[(page * len + i) / HAL_FLASH_UNIT_LEN] = false;
	}
	memboard.weak[page] = cut && memboard.cut != MEMBOARD_CUT_ALL;
	if (cut)
		power_cut();
}

void
hal_flash_sync(void)
{
	memboard.unsynced = false;
	memboard.syncs++;
}

uint64_t
hal_millis(void)
{
	return memboard.millis;
}

bool
hal_button(void)
{
	if (memboard.auto_touch)
		memboard.button = !memboard.button;
	return memboard.button;
}

void
hal_led(enum hal_led pattern)
{
	if (pattern == memboard.led)
		return;
	memboard.led = pattern;
	if (memboard.led_cnt < MEMBOARD_LED_CNT)
		memboard.led_log[memboard.led_cnt++] =
		    (struct memboard_led){pattern, memboard.millis};
}

unsigned int
hal_outputs(void)
{
	return memboard.outputs;
}

/* The text must be one that every display can show. */
void
hal_display(const char *text)
{
	size_t len = strlen(text), column = 0, lines = 1, i;

	for (i = 0; i < len; i++) {
		column = text[i] == '\n' ? 0 : column + 1;
		lines += text[i] == '\n';
		if (column > HAL_DISPLAY_COLUMNS || lines > HAL_DISPLAY_LINES)
			die("the text is larger than the display");
		if (text[i] != '\n' && (text[i] < ' ' || text[i] > '~'))
			die("the display cannot show this character");
	}
	if (memboard.outputs & HAL_OUT_DISPLAY)
		memcpy(memboard.display, text, len + 1);
}

static bool
keyboard_can_send(void)
{
	return (memboard.outputs & HAL_OUT_KEYBOARD) != 0 &&
	    !memboard.keyboard_busy;
}

static void
keyboard_send(const uint8_t report[HAL_KEYBOARD_REPORT_LEN])
{
	if (!keyboard_can_send())
		die("typed to a keyboard that takes nothing");
	if (memboard.keyboard_room > 0 && --memboard.keyboard_room == 0)
		memboard.keyboard_busy = true;
	if (memboard.typed_cnt < MEMBOARD_TYPED_CNT)
		memcpy(memboard.typed[memboard.typed_cnt++], report,
		    HAL_KEYBOARD_REPORT_LEN);
}

bool
hal_flash_is_private(void)
{
	return !memboard.is_readable;
}

/* A program that never changes. */
void
hal_image_hash(uint8_t out[HAL_IMAGE_HASH_LEN])
{
	memset(out, 0x1d, HAL_IMAGE_HASH_LEN);
}

void
hal_halt(enum hal_fault fault)
{
	memboard.fault = fault;
	leave(MEMBOARD_HALTED);
}

void
memboard_put_report(const uint8_t report[HAL_HID_REPORT_LEN])
{
	size_t at = (memboard.in_first + memboard.in_cnt) % MEMBOARD_QUEUE_CNT;

	if (memboard.in_cnt == MEMBOARD_QUEUE_CNT)
		die("too many reports");
	memcpy(memboard.in[at], report, HAL_HID_REPORT_LEN);
	memboard.in_cnt++;
}

static void
packets_put(struct memboard_packets *q, const uint8_t *packet, size_t len)
{
	if (q->cnt == MEMBOARD_CCID_CNT || len > HAL_PACKET_LEN)
		die("too many packets");
	if (len > 0)
		memcpy(q->data[q->cnt], packet, len);
	q->len[q->cnt++] = len;
}

static bool
packets_take(struct memboard_packets *q, uint8_t packet[HAL_PACKET_LEN],
    size_t *len)
{
	if (q->cnt == 0)
		return false;
	memcpy(packet, q->data[0], HAL_PACKET_LEN);
	*len = q->len[0];
	q->cnt--;
	memmove(q->data[0], q->data[1], q->cnt * HAL_PACKET_LEN);
	memmove(&q->len[0], &q->len[1], q->cnt * sizeof(q->len[0]));
	return true;
}

void
memboard_put_packet(const uint8_t *packet, size_t len)
{
	packets_put(&memboard.ccid_in, packet, len);
}

bool
memboard_take_packet(uint8_t packet[HAL_PACKET_LEN], size_t *len)
{
	return packets_take(&memboard.ccid_out, packet, len);
}

size_t
hal_recv(enum hal_pipe pipe, uint8_t packet[HAL_PACKET_LEN])
{
	size_t len = 0;

	if (pipe == HAL_PIPE_CCID) {
		(void)packets_take(&memboard.ccid_in, packet, &len);
		return len;
	}
	if (pipe != HAL_PIPE_HID || memboard.in_cnt == 0)
		return 0;
	memcpy(packet, memboard.in[memboard.in_first], HAL_HID_REPORT_LEN);
	memboard.in_first = (memboard.in_first + 1) % MEMBOARD_QUEUE_CNT;
	memboard.in_cnt--;
	return HAL_HID_REPORT_LEN;
}

bool
hal_can_send(enum hal_pipe pipe)
{
	if (pipe == HAL_PIPE_KEYBOARD)
		return keyboard_can_send();
	if (pipe == HAL_PIPE_CCID)
		return !memboard.ccid_busy &&
		    memboard.ccid_out.cnt < MEMBOARD_CCID_CNT;
	return pipe == HAL_PIPE_HID && memboard.can_send;
}

void
hal_send(enum hal_pipe pipe, const uint8_t *packet, size_t len)
{
	if (memboard.repeats)
		die("a packet while another is repeated");
	if (pipe == HAL_PIPE_KEYBOARD && len == HAL_KEYBOARD_REPORT_LEN) {
		keyboard_send(packet);
		return;
	}
	if (pipe == HAL_PIPE_CCID && hal_can_send(pipe)) {
		packets_put(&memboard.ccid_out, packet, len);
		return;
	}
	if (pipe != HAL_PIPE_HID || len != HAL_HID_REPORT_LEN)
		die("a packet that no pipe takes");
	if (memboard.out_cnt < MEMBOARD_QUEUE_CNT)
		memcpy(memboard.out[memboard.out_cnt++], packet,
		    HAL_HID_REPORT_LEN);
}

void
hal_repeat(enum hal_pipe pipe, const uint8_t *packet, size_t len)
{
	if (len == 0) {
		memboard.repeats = false;
		return;
	}
	if (pipe == HAL_PIPE_KEYBOARD || len > HAL_PACKET_LEN ||
	    (pipe == HAL_PIPE_HID && len != HAL_HID_REPORT_LEN))
		die("a packet that cannot be repeated");
	memcpy(memboard.repeated, packet, len);
	memboard.repeated_len = len;
	memboard.repeated_on = pipe;
	memboard.repeats = true;
	memboard.repeat_cnt++;
}

bool
memboard_take_report(uint8_t report[HAL_HID_REPORT_LEN])
{
	if (memboard.out_cnt == 0)
		return false;
	memcpy(report, memboard.out[0], HAL_HID_REPORT_LEN);
	memboard.out_cnt--;
	memmove(memboard.out[0], memboard.out[1],
	    memboard.out_cnt * HAL_HID_REPORT_LEN);
	return true;
}
