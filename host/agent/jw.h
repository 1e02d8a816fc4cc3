/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON writer: text straight into one growing buffer, no tree.
 *
 * The first failure (no memory, or more than TS_JW_MAX bytes) makes the
 * writer failed and it stays failed; callers write everything and look once.
 * Every function takes the member's key, or NULL inside a list.  Strings are
 * taken as they are when they are UTF-8 (RFC 3629); a byte that is not part
 * of it becomes U+FFFD, because names of devices come from strangers.
 */
#ifndef TOUCHSTONE_AGENT_JW_H
#define TOUCHSTONE_AGENT_JW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An export of some thousand statements; nothing else comes near. */
#define TS_JW_MAX (16u << 20)

struct ts_jw {
	char *p; /* NULL until something is written */
	size_t len;
	size_t size;
	bool failed;
	bool comma; /* the next value follows another one */
};

void ts_jw_wipe(struct ts_jw *w);

/* Room for len more bytes, so that writing them cannot fail. */
void ts_jw_reserve(struct ts_jw *w, size_t len);

void ts_jw_object(struct ts_jw *w, const char *key); /* { */
void ts_jw_object_end(struct ts_jw *w);		     /* } */
void ts_jw_list(struct ts_jw *w, const char *key);   /* [ */
void ts_jw_list_end(struct ts_jw *w);		     /* ] */

void ts_jw_str(struct ts_jw *w, const char *key, const char *value);
void ts_jw_strn(struct ts_jw *w, const char *key, const void *p, size_t len);
void ts_jw_hex(struct ts_jw *w, const char *key, const uint8_t *p, size_t len);
void ts_jw_int(struct ts_jw *w, const char *key, int64_t value);
void ts_jw_bool(struct ts_jw *w, const char *key, bool value);
void ts_jw_null(struct ts_jw *w, const char *key);

/* Bytes that are no JSON: the NUL that ends a message. */
void ts_jw_raw(struct ts_jw *w, const char *p, size_t len);

#endif
