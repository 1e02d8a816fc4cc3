/* SPDX-License-Identifier: BSD-2-Clause */
#include "tlv.h"

#include <string.h>

#define HEAD_MAX 6	   /* tag of three bytes, length of three */
#define TAG_FOLLOWS 0x1f   /* low bits of a tag's first byte: it goes on */
#define TAG_MORE 0x80	   /* of another byte: it still does */
#define TAG_ONE_MAX 0xff   /* of one byte */
#define TAG_TWO_MAX 0xffff /* of two */

static uint32_t
read_tag(struct tsw_rd *rd)
{
	uint32_t tag = tsw_rd_u8(rd);
	uint8_t b;

	if ((tag & TAG_FOLLOWS) != TAG_FOLLOWS)
		return tag;
	b = tsw_rd_u8(rd);
	tag = tag * 256 + b;
	if ((b & TAG_MORE) == 0)
		return tag;
	b = tsw_rd_u8(rd);
	if ((b & TAG_MORE) != 0)
		tsw_rd_fail(rd);
	return tag * 256 + b;
}

static size_t
read_len(struct tsw_rd *rd)
{
	uint8_t b = tsw_rd_u8(rd);

	if (b < 0x80)
		return b;
	if (b == 0x81)
		return tsw_rd_u8(rd);
	if (b == 0x82)
		return tsw_rd_u16(rd);
	tsw_rd_fail(rd); /* longer than any command, or without an end */
	return 0;
}

bool
fw_tlv_read(struct fw_tlv *t, struct tsw_rd *rd)
{
	struct fw_tlv out;

	out.tag = read_tag(rd);
	out.value.len = read_len(rd);
	out.value.p = tsw_rd_view(rd, out.value.len);
	if (rd->bad)
		return false;
	*t = out;
	return true;
}

bool
fw_tlv_only(struct tsw_slice *value, struct tsw_slice data, uint32_t tag)
{
	struct tsw_rd rd;
	struct fw_tlv t;

	tsw_rd_init(&rd, data.p, data.len);
	if (!fw_tlv_read(&t, &rd) || !tsw_rd_done(&rd) || t.tag != tag)
		return false;
	*value = t.value;
	return true;
}

bool
fw_tlv_fields(struct fw_tlv *field, size_t cnt, struct tsw_slice data)
{
	struct tsw_rd rd;
	struct fw_tlv t;
	size_t i;

	for (i = 0; i < cnt; i++)
		field[i].value = (struct tsw_slice){NULL, 0};
	tsw_rd_init(&rd, data.p, data.len);
	while (rd.left > 0) {
		if (!fw_tlv_read(&t, &rd))
			return false;
		for (i = 0; i < cnt && field[i].tag != t.tag; i++)
			;
		if (i == cnt || field[i].value.p != NULL)
			return false;
		field[i].value = t.value;
	}
	return !rd.bad;
}

static void
put_tag(struct tsw_wr *wr, uint32_t tag)
{
	if (tag <= TAG_ONE_MAX) {
		tsw_wr_u8(wr, (uint8_t)tag);
		return;
	}
	if (tag > TAG_TWO_MAX)
		tsw_wr_u8(wr, (uint8_t)(tag / 65536));
	tsw_wr_u16(wr, (uint16_t)tag);
}

void
fw_tlv_wrap(struct tsw_wr *wr, size_t start, uint32_t tag)
{
	size_t len = wr->len - start;
	uint8_t head[HEAD_MAX];
	struct tsw_wr h;

	tsw_wr_init(&h, head, sizeof(head));
	put_tag(&h, tag);
	if (len > 0xff)
		tsw_wr_u8(&h, 0x82);
	else if (len > 0x7f)
		tsw_wr_u8(&h, 0x81);
	if (len > 0xff)
		tsw_wr_u16(&h, (uint16_t)len);
	else
		tsw_wr_u8(&h, (uint8_t)len);
	tsw_wr_bytes(wr, head, h.len); /* makes the room */
	if (wr->full)
		return;
	memmove(wr->p + start + h.len, wr->p + start, len);
	memcpy(wr->p + start, head, h.len);
}

void
fw_tlv_put(struct tsw_wr *wr, uint32_t tag, const void *p, size_t len)
{
	size_t start = wr->len;

	tsw_wr_bytes(wr, p, len);
	fw_tlv_wrap(wr, start, tag);
}
