/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounded reader and writer: the only place where bytes are cast or shifted.
 *
 * Reader: never reads outside [p, p + left).  The first over-read makes it
 * bad and it stays bad: later reads yield zero bytes and NULL views, so a
 * decoder reads every field in order and calls tsw_rd_done() once.  Nothing is
 * allocated; views alias the caller's buffer and may be used only after
 * tsw_rd_done() said true.  Integers are big-endian.
 *
 * Writer: the same turned round.  The first write that does not fit makes it
 * full and it stays full; tsw_wr_len() then is 0.
 */
#ifndef TOUCHSTONE_WIRE_BYTES_H
#define TOUCHSTONE_WIRE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that belong to somebody else. */
struct tsw_slice {
	const uint8_t *p;
	size_t len;
};

struct tsw_rd {
	const uint8_t *p; /* next unread byte; NULL once bad */
	size_t left;	  /* unread bytes; 0 once bad */
	bool bad;
};

void tsw_rd_init(struct tsw_rd *rd, const uint8_t *p, size_t len);
const uint8_t *tsw_rd_view(struct tsw_rd *rd, size_t len);
void tsw_rd_copy(struct tsw_rd *rd, uint8_t *dst, size_t len);
uint8_t tsw_rd_u8(struct tsw_rd *rd);
uint16_t tsw_rd_u16(struct tsw_rd *rd);
uint32_t tsw_rd_u32(struct tsw_rd *rd);
uint64_t tsw_rd_u64(struct tsw_rd *rd);
void tsw_rd_fail(struct tsw_rd *rd);
bool tsw_rd_done(const struct tsw_rd *rd); /* good, all consumed */

struct tsw_wr {
	uint8_t *p;  /* start of the buffer */
	size_t len;  /* bytes written */
	size_t size; /* bytes of room in all */
	bool full;
};

void tsw_wr_init(struct tsw_wr *wr, uint8_t *p, size_t size);
void tsw_wr_bytes(struct tsw_wr *wr, const uint8_t *p, size_t len);
void tsw_wr_u8(struct tsw_wr *wr, uint8_t v);
void tsw_wr_u16(struct tsw_wr *wr, uint16_t v);
void tsw_wr_u32(struct tsw_wr *wr, uint32_t v);
void tsw_wr_u64(struct tsw_wr *wr, uint64_t v);
size_t tsw_wr_len(const struct tsw_wr *wr); /* 0 once full */

/* Compare len secret bytes in time that depends on len only. */
bool tsw_ct_eq(const uint8_t *a, const uint8_t *b, size_t len);

/* Overwrite len bytes; the compiler may not drop it. */
void tsw_wipe(void *p, size_t len);

/* 64-bit big-endian load and store for code that is not a message. */
uint64_t tsw_load_u64(const uint8_t p[8]);
void tsw_store_u64(uint8_t p[8], uint64_t v);

#endif
