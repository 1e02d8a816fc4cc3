/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base64 with the standard alphabet and padding (RFC 4648 section 4), strict:
 * no blanks, no missing padding, unused bits zero, so that one byte string has
 * exactly one text.  Not for secrets.
 */
#ifndef HOST_LOG_BASE64_H
#define HOST_LOG_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include <touchstone/error.h>

/* Characters for len bytes, without a NUL. */
#define TS_BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* Writes TS_BASE64_LEN(len) characters and a NUL; returns their number. */
size_t ts_base64_encode(char *out, const uint8_t *p, size_t len);

/*
 * *len: the room in out on entry, bytes after.  TSW_ERR_FORMAT,
 * TSW_ERR_TOO_LONG.
 */
int ts_base64_decode(uint8_t *out, size_t *len, const char *s,
    size_t s_len) TS_MUST_CHECK;

#endif
