/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/tlv.h"

#define TAG_MORE 0x1f /* low bits of a first byte that others follow */
#define NEXT_MORE 0x80
#define TAG_BYTES_MAX 3
#define LENGTH_1 0x81
#define LENGTH_2 0x82

static uint32_t
get_tag(struct tsw_rd *rd)
{
	uint32_t tag = tsw_rd_u8(rd);
	uint8_t byte = NEXT_MORE;
	int n;

	if (tag == 0x00 || tag == 0xff)
		tsw_rd_fail(rd); /* filler, which nothing we read has */
	if ((tag & TAG_MORE) != TAG_MORE)
		return tag;
	for (n = 1; n < TAG_BYTES_MAX && (byte & NEXT_MORE) != 0; n++) {
		byte = tsw_rd_u8(rd);
		tag = tag << 8 | byte;
	}
	if ((byte & NEXT_MORE) != 0)
		tsw_rd_fail(rd);
	return tag;
}

static size_t
get_length(struct tsw_rd *rd)
{
	uint8_t first = tsw_rd_u8(rd);

	if (first < 0x80)
		return first;
	if (first == LENGTH_1)
		return tsw_rd_u8(rd);
	if (first == LENGTH_2)
		return tsw_rd_u16(rd);
	tsw_rd_fail(rd); /* without an end, or longer than any answer */
	return 0;
}

bool
ts_tlv_next(struct ts_tlv *out, struct tsw_rd *rd)
{
	struct ts_tlv tlv;

	out->tag = 0;
	out->value = (struct tsw_slice){NULL, 0};
	if (rd->bad || rd->left == 0)
		return false;
	tlv.tag = get_tag(rd);
	tlv.value.len = get_length(rd);
	tlv.value.p = tsw_rd_view(rd, tlv.value.len);
	if (rd->bad)
		return false;
	*out = tlv;
	return true;
}

int
ts_tlv_find(struct tsw_slice *out, struct tsw_slice data, uint32_t tag)
{
	struct ts_tlv tlv, found = {.tag = 0};
	struct tsw_rd rd;
	size_t cnt = 0;

	*out = found.value;
	tsw_rd_init(&rd, data.p, data.len);
	while (ts_tlv_next(&tlv, &rd)) {
		if (tlv.tag != tag)
			continue;
		found = tlv;
		cnt++;
	}
	if (rd.bad || cnt > 1)
		return TS_ERR_TOKEN_IO;
	if (cnt == 0)
		return TS_ERR_NOT_FOUND;
	*out = found.value;
	return TS_OK;
}

int
ts_tlv_only(struct tsw_slice *out, struct tsw_slice data, uint32_t tag)
{
	struct tsw_rd rd;
	struct ts_tlv tlv;

	*out = (struct tsw_slice){NULL, 0};
	tsw_rd_init(&rd, data.p, data.len);
	if (!ts_tlv_next(&tlv, &rd) || !tsw_rd_done(&rd))
		return TS_ERR_TOKEN_IO;
	if (tlv.tag != tag)
		return TS_ERR_NOT_FOUND;
	*out = tlv.value;
	return TS_OK;
}

static size_t
tag_size(uint32_t tag)
{
	if (tag > 0xffff)
		return 3;
	return tag > 0xff ? 2 : 1;
}

size_t
ts_tlv_size(uint32_t tag, size_t len)
{
	size_t head = tag_size(tag) + 1;

	if (len >= 0x80)
		head++;
	if (len > 0xff)
		head++;
	return head + len;
}

void
ts_tlv_head(struct tsw_wr *wr, uint32_t tag, size_t len)
{
	size_t n = tag_size(tag);

	for (; n > 0; n--)
		tsw_wr_u8(wr, (uint8_t)(tag >> 8 * (n - 1)));
	if (len > UINT16_MAX) {
		wr->full = true;
	} else if (len > 0xff) {
		tsw_wr_u8(wr, LENGTH_2);
		tsw_wr_u16(wr, (uint16_t)len);
	} else {
		if (len >= 0x80)
			tsw_wr_u8(wr, LENGTH_1);
		tsw_wr_u8(wr, (uint8_t)len);
	}
}

void
ts_tlv_put(struct tsw_wr *wr, uint32_t tag, struct tsw_slice value)
{
	ts_tlv_head(wr, tag, value.len);
	tsw_wr_bytes(wr, value.p, value.len);
}
