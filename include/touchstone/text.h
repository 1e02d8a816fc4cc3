/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that grows, and bytes written as hex.
 *
 * struct ts_text is owned by the caller: start it with ts_text_init(), append,
 * and give its memory back with ts_text_wipe().  The first append that fails
 * makes it bad and it stays bad, so a caller appends all it has and asks
 * ts_text_done() once.  Not for secrets.
 */
#ifndef TOUCHSTONE_TEXT_H
#define TOUCHSTONE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <touchstone/error.h>

struct ts_text {
	char *p;     /* NUL-terminated; NULL while nothing was appended */
	size_t len;  /* bytes before the NUL */
	size_t size; /* bytes allocated */
	bool bad;    /* an append failed for lack of memory */
};

void ts_text_init(struct ts_text *text);
void ts_text_wipe(struct ts_text *text);
void ts_text_add(struct ts_text *text, const char *s);
void ts_text_add_len(struct ts_text *text, const void *p, size_t len);
void ts_text_add_hex(struct ts_text *text, const uint8_t *p, size_t len);
void ts_text_add_base64(struct ts_text *text, const uint8_t *p, size_t len);
void ts_text_add_uint(struct ts_text *text, uint64_t v);
/* TS_ERR_NO_MEMORY if an append failed. */
int ts_text_done(const struct ts_text *text) TS_MUST_CHECK;

/* Lower case hex of len bytes and a NUL: out has room for 2 * len + 1. */
void ts_hex_encode(char *out, const uint8_t *p, size_t len);
/*
 * Hex of either case, nothing else.  *len: the room in out on entry, bytes
 * after.  TSW_ERR_FORMAT for other characters or an odd count,
 * TSW_ERR_TOO_LONG if out is too small.
 */
int ts_hex_decode(uint8_t *out, size_t *len, const char *s,
    size_t s_len) TS_MUST_CHECK;

#endif
