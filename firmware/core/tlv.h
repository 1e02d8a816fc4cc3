/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BER-TLV (ISO 7816-4 section 5.2.2): tags of up to three bytes, lengths of one
 * to three.  The reader takes nothing else; what the writer makes is DER.
 */
#ifndef FW_TLV_H
#define FW_TLV_H

#include <touchstone/wire/bytes.h>

struct fw_tlv {
	uint32_t tag;
	struct tsw_slice value; /* aliases what was read; p NULL: not there */
};

/* The next element; false if there is none, or it is not whole. */
bool fw_tlv_read(struct fw_tlv *t, struct tsw_rd *rd);
/* True if data is one element with this tag and nothing behind it. */
bool fw_tlv_only(struct tsw_slice *value, struct tsw_slice data, uint32_t tag);
/* True if data consists of elements with tags of these fields, in any order,
 * each once at most; fills in their values. */
bool fw_tlv_fields(struct fw_tlv *field, size_t cnt, struct tsw_slice data);

/* Put tag and length before all that was written since start: below 64 KB. */
void fw_tlv_wrap(struct tsw_wr *wr, size_t start, uint32_t tag);
void fw_tlv_put(struct tsw_wr *wr, uint32_t tag, const void *p, size_t len);

#endif
