/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of signed notes: UTF-8 of one form only, and what is blank in it. */
#ifndef HOST_LOG_UTF8_H
#define HOST_LOG_UTF8_H

#include <touchstone/wire/bytes.h>

/*
 * The next code point of *s, which it is taken from.  False: what is there is
 * not the shortest form of one, or none at all (a surrogate, over U+10FFFF).
 */
bool ts_utf8_next(uint32_t *out, struct tsw_slice *s);

/* White_Space of Unicode. */
bool ts_utf8_is_space(uint32_t c);

#endif
