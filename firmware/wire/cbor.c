/* SPDX-License-Identifier: BSD-2-Clause */
/* Reader.  Every read goes through cb_head(), which knows the one right form.
 */
#include <touchstone/wire/cbor.h>

#include <string.h>

#define CB_DEPTH_MAX_CNT 4 /* what CTAP2 allows; statements need 3 */

#define CB_FALSE 20
#define CB_TRUE 21
#define CB_NULL 22

void
tsw_cb_init(struct tsw_cb *cb, const uint8_t *p, size_t len)
{
	tsw_rd_init(&cb->rd, p, len);
	cb->err = TSW_OK;
}

void
tsw_cb_fail(struct tsw_cb *cb, int err)
{
	if (cb->err == TSW_OK)
		cb->err = err;
	tsw_rd_fail(&cb->rd);
}

enum tsw_cb_type
tsw_cb_peek(const struct tsw_cb *cb)
{
	static const enum tsw_cb_type type[8] = {TSW_CB_UINT, TSW_CB_NINT,
	    TSW_CB_BYTES, TSW_CB_TEXT, TSW_CB_ARRAY, TSW_CB_MAP, TSW_CB_TAG,
	    TSW_CB_SIMPLE};

	if (cb->err != TSW_OK || cb->rd.left == 0)
		return TSW_CB_NONE;
	return type[cb->rd.p[0] >> 5];
}

/* Argument that follows a head byte with this low part; shortest form only. */
static uint64_t
cb_argument(struct tsw_cb *cb, uint8_t info)
{
	uint64_t v, least;

	switch (info) {
	case 24:
		v = tsw_rd_u8(&cb->rd);
		least = 24;
		break;
	case 25:
		v = tsw_rd_u16(&cb->rd);
		least = 0x100;
		break;
	case 26:
		v = tsw_rd_u32(&cb->rd);
		least = 0x10000;
		break;
	case 27:
		v = tsw_rd_u64(&cb->rd);
		least = 0x100000000;
		break;
	case 28:
	case 29:
	case 30:
		tsw_cb_fail(cb, TSW_ERR_FORMAT);
		return 0;
	case 31: /* indefinite length */
		tsw_cb_fail(cb, TSW_ERR_NOT_CANONICAL);
		return 0;
	default:
		return info;
	}
	if (cb->rd.bad)
		tsw_cb_fail(cb, TSW_ERR_TRUNCATED);
	else if (v < least)
		tsw_cb_fail(cb, TSW_ERR_NOT_CANONICAL);
	return cb->err == TSW_OK ? v : 0;
}

/* Head of an item that must be of this type: its argument. */
static uint64_t
cb_head(struct tsw_cb *cb, enum tsw_cb_type type)
{
	enum tsw_cb_type got = tsw_cb_peek(cb);

	if (cb->err != TSW_OK)
		return 0;
	if (got != type) {
		tsw_cb_fail(cb,
		    got == TSW_CB_NONE ? TSW_ERR_TRUNCATED : TSW_ERR_FORMAT);
		return 0;
	}
	return cb_argument(cb, tsw_rd_u8(&cb->rd) & 0x1f);
}

uint64_t
tsw_cb_uint(struct tsw_cb *cb)
{
	return cb_head(cb, TSW_CB_UINT);
}

int64_t
tsw_cb_int(struct tsw_cb *cb)
{
	enum tsw_cb_type type = tsw_cb_peek(cb);
	uint64_t v;

	v = cb_head(cb, type == TSW_CB_NINT ? TSW_CB_NINT : TSW_CB_UINT);
	if (v > INT64_MAX) {
		tsw_cb_fail(cb, TSW_ERR_RANGE);
		return 0;
	}
	if (cb->err != TSW_OK)
		return 0;
	return type == TSW_CB_NINT ? -1 - (int64_t)v : (int64_t)v;
}

/* false, true or null; anything else of this type is FORMAT. */
static uint64_t
cb_simple(struct tsw_cb *cb, uint64_t min, uint64_t max)
{
	uint64_t v;

	/* The byte forms (0xf8 and floats) are never right here. */
	if (tsw_cb_peek(cb) == TSW_CB_SIMPLE && (cb->rd.p[0] & 0x1f) >= 24)
		tsw_cb_fail(cb, TSW_ERR_FORMAT);
	v = cb_head(cb, TSW_CB_SIMPLE);
	if (v < min || v > max)
		tsw_cb_fail(cb, TSW_ERR_FORMAT);
	return v;
}

bool
tsw_cb_bool(struct tsw_cb *cb)
{
	return cb_simple(cb, CB_FALSE, CB_TRUE) == CB_TRUE && cb->err == TSW_OK;
}

void
tsw_cb_null(struct tsw_cb *cb)
{
	(void)cb_simple(cb, CB_NULL, CB_NULL);
}

size_t
tsw_cb_array(struct tsw_cb *cb)
{
	uint64_t cnt = cb_head(cb, TSW_CB_ARRAY);

	/* An entry takes a byte at least, so the count is bounded. */
	if (cnt > cb->rd.left) {
		tsw_cb_fail(cb, TSW_ERR_TRUNCATED);
		return 0;
	}
	return (size_t)cnt;
}

size_t
tsw_cb_map(struct tsw_cb *cb)
{
	uint64_t cnt = cb_head(cb, TSW_CB_MAP);

	if (cnt > cb->rd.left / 2) {
		tsw_cb_fail(cb, TSW_ERR_TRUNCATED);
		return 0;
	}
	return (size_t)cnt;
}

static struct tsw_slice
cb_string(struct tsw_cb *cb, enum tsw_cb_type type, size_t min, size_t max)
{
	struct tsw_slice none = {NULL, 0}, s;
	uint64_t len = cb_head(cb, type);

	if (cb->err != TSW_OK)
		return none;
	if (len < min || len > max) {
		tsw_cb_fail(cb,
		    len < min ? TSW_ERR_TOO_SHORT : TSW_ERR_TOO_LONG);
		return none;
	}
	s.len = (size_t)len;
	s.p = tsw_rd_view(&cb->rd, s.len);
	if (cb->rd.bad) {
		tsw_cb_fail(cb, TSW_ERR_TRUNCATED);
		return none;
	}
	return s;
}

struct tsw_slice
tsw_cb_bytes(struct tsw_cb *cb, size_t min, size_t max)
{
	return cb_string(cb, TSW_CB_BYTES, min, max);
}

/* Length of the UTF-8 sequence at p (RFC 3629 section 4); 0 if there is none.
 */
static size_t
utf8_len(const uint8_t *p, size_t left)
{
	size_t len, i;
	uint8_t min = 0x80, max = 0xbf; /* of the second byte */

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		min = 0xa0; /* overlong */
	else if (p[0] == 0xed)
		max = 0x9f; /* surrogates */
	else if (p[0] == 0xf0)
		min = 0x90; /* overlong */
	else if (p[0] == 0xf4)
		max = 0x8f; /* above U+10FFFF */
	if (len > left || p[1] < min || p[1] > max)
		return 0;
	for (i = 2; i < len; i++) {
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	}
	return len;
}

struct tsw_slice
tsw_cb_text(struct tsw_cb *cb, size_t min, size_t max)
{
	struct tsw_slice none = {NULL, 0}, s;
	size_t i, n;

	s = cb_string(cb, TSW_CB_TEXT, min, max);
	for (i = 0; i < s.len; i += n) {
		n = utf8_len(s.p + i, s.len - i);
		if (n == 0) {
			tsw_cb_fail(cb, TSW_ERR_FORMAT);
			return none;
		}
	}
	return s;
}

/* Skip one item's head and, for strings, its bytes: how many items follow. */
static uint64_t
cb_skip_head(struct tsw_cb *cb)
{
	enum tsw_cb_type type = tsw_cb_peek(cb);

	switch (type) {
	case TSW_CB_UINT:
	case TSW_CB_NINT:
		(void)cb_head(cb, type);
		return 0;
	case TSW_CB_BYTES:
		(void)tsw_cb_bytes(cb, 0, SIZE_MAX);
		return 0;
	case TSW_CB_TEXT:
		(void)tsw_cb_text(cb, 0, SIZE_MAX);
		return 0;
	case TSW_CB_ARRAY:
		return tsw_cb_array(cb);
	case TSW_CB_MAP:
		return 2 * (uint64_t)tsw_cb_map(cb);
	case TSW_CB_SIMPLE:
		(void)cb_simple(cb, CB_FALSE, CB_NULL);
		return 0;
	case TSW_CB_TAG:
		tsw_cb_fail(cb, TSW_ERR_FORMAT);
		return 0;
	case TSW_CB_NONE:
	default:
		tsw_cb_fail(cb, TSW_ERR_TRUNCATED);
		return 0;
	}
}

void
tsw_cb_skip(struct tsw_cb *cb)
{
	uint64_t todo[CB_DEPTH_MAX_CNT + 1]; /* items left at each depth */
	size_t depth = 0;
	uint64_t cnt;

	todo[0] = 1;
	for (;;) {
		while (todo[depth] == 0) {
			if (depth == 0)
				return;
			depth--;
		}
		todo[depth]--;
		cnt = cb_skip_head(cb);
		if (cb->err != TSW_OK)
			return;
		if (cnt == 0)
			continue;
		if (depth == CB_DEPTH_MAX_CNT) {
			tsw_cb_fail(cb, TSW_ERR_FORMAT);
			return;
		}
		todo[++depth] = cnt;
	}
}

uint64_t
tsw_cb_map_key(struct tsw_cb *cb, int64_t *last)
{
	uint64_t key = tsw_cb_uint(cb);

	if (key > INT64_MAX)
		tsw_cb_fail(cb, TSW_ERR_RANGE);
	if (cb->err != TSW_OK)
		return 0;
	if ((int64_t)key <= *last) {
		tsw_cb_fail(cb,
		    (int64_t)key == *last ? TSW_ERR_DUPLICATE
					  : TSW_ERR_NOT_CANONICAL);
		return 0;
	}
	*last = (int64_t)key;
	return key;
}

/* CTAP2 order: major type, then length, then bytes. */
static int
key_cmp(struct tsw_slice a, struct tsw_slice b)
{
	int major = (a.p[0] >> 5) - (b.p[0] >> 5);

	if (major != 0)
		return major;
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return memcmp(a.p, b.p, a.len);
}

void
tsw_cb_map_next(struct tsw_cb *cb, struct tsw_slice *last)
{
	struct tsw_cb ahead = *cb;
	struct tsw_slice key;
	int order;

	tsw_cb_skip(&ahead);
	if (ahead.err != TSW_OK) {
		tsw_cb_fail(cb, ahead.err);
		return;
	}
	key.p = cb->rd.p;
	key.len = cb->rd.left - ahead.rd.left;
	order = last->len == 0 ? 1 : key_cmp(key, *last);
	if (order <= 0)
		tsw_cb_fail(cb,
		    order == 0 ? TSW_ERR_DUPLICATE : TSW_ERR_NOT_CANONICAL);
	else
		*last = key;
}

int
tsw_cb_done(struct tsw_cb *cb)
{
	if (cb->err == TSW_OK && cb->rd.left > 0)
		tsw_cb_fail(cb, TSW_ERR_TRAILING);
	return cb->err;
}
