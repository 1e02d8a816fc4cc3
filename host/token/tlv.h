/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BER-TLV as cards speak it (ISO 7816-4 section 5.2.2): tags of 1 to 3 bytes,
 * definite lengths of 1 to 3 bytes.
 *
 * The reader goes over one level at a time; a nested level is a reader over a
 * value.  A length may be written longer than it need be, as many cards do; the
 * writer always takes the shortest, so what it writes is DER as well.
 */
#ifndef TOKEN_TLV_H
#define TOKEN_TLV_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

/* A tag is its bytes as one number: 0x53, 0x7f49, 0x5fc10a. */
struct ts_tlv {
	uint32_t tag;
	struct tsw_slice value;
};

/*
 * The next object.  False at the end, and if what follows is none: then rd is
 * bad, as with any reader, and *out is empty.
 */
bool ts_tlv_next(struct ts_tlv *out, struct tsw_rd *rd);

/*
 * The value of the only object with this tag on the level that is data.
 * TS_ERR_NOT_FOUND; TS_ERR_TOKEN_IO if data is no row of objects, or has two
 * with this tag.  *out is empty unless TS_OK.
 */
int ts_tlv_find(struct tsw_slice *out, struct tsw_slice data,
    uint32_t tag) TS_MUST_CHECK;

/* The same, where data must be that one object and nothing more. */
int ts_tlv_only(struct tsw_slice *out, struct tsw_slice data,
    uint32_t tag) TS_MUST_CHECK;

/* Bytes of an object whose value has len bytes; len below 65,536. */
size_t ts_tlv_size(uint32_t tag, size_t len);

/* Tag and length, for a value of len bytes that the caller writes next. */
void ts_tlv_head(struct tsw_wr *wr, uint32_t tag, size_t len);
void ts_tlv_put(struct tsw_wr *wr, uint32_t tag, struct tsw_slice value);

#endif
