/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/wire/cbor.h>

/* Head of major type with this argument, in its shortest form. */
static void
wr_head(struct tsw_wr *wr, enum tsw_cb_type type, uint64_t v)
{
	uint8_t major = (uint8_t)((unsigned int)type << 5);

	if (v < 24) {
		tsw_wr_u8(wr, (uint8_t)(major | v));
	} else if (v <= UINT8_MAX) {
		tsw_wr_u8(wr, major | 24);
		tsw_wr_u8(wr, (uint8_t)v);
	} else if (v <= UINT16_MAX) {
		tsw_wr_u8(wr, major | 25);
		tsw_wr_u16(wr, (uint16_t)v);
	} else if (v <= UINT32_MAX) {
		tsw_wr_u8(wr, major | 26);
		tsw_wr_u32(wr, (uint32_t)v);
	} else {
		tsw_wr_u8(wr, major | 27);
		tsw_wr_u64(wr, v);
	}
}

void
tsw_wr_cb_uint(struct tsw_wr *wr, uint64_t v)
{
	wr_head(wr, TSW_CB_UINT, v);
}

void
tsw_wr_cb_int(struct tsw_wr *wr, int64_t v)
{
	if (v < 0)
		wr_head(wr, TSW_CB_NINT, (uint64_t)(-1 - v));
	else
		wr_head(wr, TSW_CB_UINT, (uint64_t)v);
}

void
tsw_wr_cb_bytes(struct tsw_wr *wr, const uint8_t *p, size_t len)
{
	wr_head(wr, TSW_CB_BYTES, len);
	tsw_wr_bytes(wr, p, len);
}

void
tsw_wr_cb_text(struct tsw_wr *wr, const char *p, size_t len)
{
	wr_head(wr, TSW_CB_TEXT, len);
	tsw_wr_bytes(wr, (const uint8_t *)p, len);
}

void
tsw_wr_cb_array(struct tsw_wr *wr, size_t cnt)
{
	wr_head(wr, TSW_CB_ARRAY, cnt);
}

void
tsw_wr_cb_map(struct tsw_wr *wr, size_t cnt)
{
	wr_head(wr, TSW_CB_MAP, cnt);
}

void
tsw_wr_cb_bool(struct tsw_wr *wr, bool v)
{
	wr_head(wr, TSW_CB_SIMPLE, v ? 21 : 20);
}

void
tsw_wr_cb_null(struct tsw_wr *wr)
{
	wr_head(wr, TSW_CB_SIMPLE, 22);
}
