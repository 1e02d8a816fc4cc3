/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deterministic CBOR (RFC 8949 section 4.2.1), the subset that Touchstone and
 * CTAP2 use: unsigned and negative integers, byte and text strings, arrays,
 * maps, false/true/null.  No floats, tags or indefinite lengths; a head that
 * is longer than it need be is an error.
 *
 * The reader is a struct tsw_cb over bounded bytes with one sticky error: the
 * first cause wins (TSW_ERR_TRUNCATED, _NOT_CANONICAL, _FORMAT, ...), later
 * reads yield zero and NULL.  Map keys must rise: integer keys by value
 * (tsw_cb_map_key), any keys by their encoded bytes (tsw_cb_map_next).
 */
#ifndef TOUCHSTONE_WIRE_CBOR_H
#define TOUCHSTONE_WIRE_CBOR_H

#include <touchstone/wire/bytes.h>
#include <touchstone/wire/err.h>

enum tsw_cb_type {
	TSW_CB_UINT = 0,
	TSW_CB_NINT = 1,
	TSW_CB_BYTES = 2,
	TSW_CB_TEXT = 3,
	TSW_CB_ARRAY = 4,
	TSW_CB_MAP = 5,
	TSW_CB_TAG = 6, /* never accepted */
	TSW_CB_SIMPLE = 7,
	TSW_CB_NONE = 8 /* nothing left, or an error */
};

struct tsw_cb {
	struct tsw_rd rd;
	int err; /* TSW_OK, or the first error */
};

void tsw_cb_init(struct tsw_cb *cb, const uint8_t *p, size_t len);
void tsw_cb_fail(struct tsw_cb *cb, int err); /* the first cause stays */
enum tsw_cb_type tsw_cb_peek(const struct tsw_cb *cb);

uint64_t tsw_cb_uint(struct tsw_cb *cb);
int64_t tsw_cb_int(struct tsw_cb *cb); /* either sign, within int64 */
bool tsw_cb_bool(struct tsw_cb *cb);
void tsw_cb_null(struct tsw_cb *cb);
size_t tsw_cb_array(struct tsw_cb *cb); /* entries that follow */
size_t tsw_cb_map(struct tsw_cb *cb);	/* pairs that follow */
/* Text must be UTF-8 (RFC 3629).  Lengths outside [min, max] are errors. */
struct tsw_slice tsw_cb_bytes(struct tsw_cb *cb, size_t min, size_t max);
struct tsw_slice tsw_cb_text(struct tsw_cb *cb, size_t min, size_t max);
/* Skip one item with all it holds; depth beyond 4 is an error (no recursion).
 */
void tsw_cb_skip(struct tsw_cb *cb);

/*
 * Next unsigned key of a map whose keys must rise.  *last starts as -1.
 * A repeated key is TSW_ERR_DUPLICATE, a falling one TSW_ERR_NOT_CANONICAL.
 */
uint64_t tsw_cb_map_key(struct tsw_cb *cb, int64_t *last);

/*
 * For maps with text or mixed keys (CTAP2): checks that the encoded key that
 * follows is greater than *last in CTAP2 canonical order (major type, then
 * length, then bytes) and leaves the reader in front of it.  *last starts as
 * {NULL, 0}.
 */
void tsw_cb_map_next(struct tsw_cb *cb, struct tsw_slice *last);

/* TSW_OK if all was read without error; TSW_ERR_TRAILING if bytes are left. */
int tsw_cb_done(struct tsw_cb *cb) TSW_MUST_CHECK;

/* Writers: always the shortest head. */
void tsw_wr_cb_uint(struct tsw_wr *wr, uint64_t v);
void tsw_wr_cb_int(struct tsw_wr *wr, int64_t v);
void tsw_wr_cb_bytes(struct tsw_wr *wr, const uint8_t *p, size_t len);
void tsw_wr_cb_text(struct tsw_wr *wr, const char *p, size_t len);
void tsw_wr_cb_array(struct tsw_wr *wr, size_t cnt);
void tsw_wr_cb_map(struct tsw_wr *wr, size_t cnt);
void tsw_wr_cb_bool(struct tsw_wr *wr, bool v);
void tsw_wr_cb_null(struct tsw_wr *wr);

#endif
