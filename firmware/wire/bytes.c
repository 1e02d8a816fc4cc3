/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/wire/bytes.h>

#include <string.h>

void
tsw_rd_init(struct tsw_rd *rd, const uint8_t *p, size_t len)
{
	rd->p = p;
	rd->left = len;
	rd->bad = false;
}

void
tsw_rd_fail(struct tsw_rd *rd)
{
	rd->p = NULL;
	rd->left = 0;
	rd->bad = true;
}

bool
tsw_rd_done(const struct tsw_rd *rd)
{
	return !rd->bad && rd->left == 0;
}

const uint8_t *
tsw_rd_view(struct tsw_rd *rd, size_t len)
{
	const uint8_t *p = rd->p;

	if (rd->bad || len > rd->left) {
		tsw_rd_fail(rd);
		return NULL;
	}
	if (len > 0)
		rd->p += len; /* p may be NULL when nothing is left */
	rd->left -= len;
	return p;
}

void
tsw_rd_copy(struct tsw_rd *rd, uint8_t *dst, size_t len)
{
	const uint8_t *p = tsw_rd_view(rd, len);

	if (len == 0)
		return;
	if (p == NULL)
		memset(dst, 0, len);
	else
		memcpy(dst, p, len);
}

/* Big-endian integer of len <= 8 bytes; 0 once bad. */
static uint64_t
rd_be(struct tsw_rd *rd, size_t len)
{
	const uint8_t *p = tsw_rd_view(rd, len);
	uint64_t v = 0;
	size_t i;

	for (i = 0; p != NULL && i < len; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
tsw_rd_u8(struct tsw_rd *rd)
{
	return (uint8_t)rd_be(rd, 1);
}

uint16_t
tsw_rd_u16(struct tsw_rd *rd)
{
	return (uint16_t)rd_be(rd, 2);
}

uint32_t
tsw_rd_u32(struct tsw_rd *rd)
{
	return (uint32_t)rd_be(rd, 4);
}

uint64_t
tsw_rd_u64(struct tsw_rd *rd)
{
	return rd_be(rd, 8);
}

void
tsw_wr_init(struct tsw_wr *wr, uint8_t *p, size_t size)
{
	wr->p = p;
	wr->len = 0;
	wr->size = size;
	wr->full = false;
}

void
tsw_wr_bytes(struct tsw_wr *wr, const uint8_t *p, size_t len)
{
	if (wr->full || len > wr->size - wr->len) {
		wr->full = true;
		return;
	}
	if (len > 0)
		memcpy(wr->p + wr->len, p, len);
	wr->len += len;
}

static void
wr_be(struct tsw_wr *wr, uint64_t v, size_t len)
{
	uint8_t b[8];

	tsw_store_u64(b, v);
	tsw_wr_bytes(wr, b + sizeof(b) - len, len);
}

void
tsw_wr_u8(struct tsw_wr *wr, uint8_t v)
{
	wr_be(wr, v, 1);
}

void
tsw_wr_u16(struct tsw_wr *wr, uint16_t v)
{
	wr_be(wr, v, 2);
}

void
tsw_wr_u32(struct tsw_wr *wr, uint32_t v)
{
	wr_be(wr, v, 4);
}

void
tsw_wr_u64(struct tsw_wr *wr, uint64_t v)
{
	wr_be(wr, v, 8);
}

size_t
tsw_wr_len(const struct tsw_wr *wr)
{
	return wr->full ? 0 : wr->len;
}

bool
tsw_ct_eq(const uint8_t *a, const uint8_t *b, size_t len)
{
	volatile uint8_t diff = 0; /* volatile: no early exit */
	size_t i;

	for (i = 0; i < len; i++)
		diff = (uint8_t)(diff | (a[i] ^ b[i]));
	return diff == 0;
}

void
tsw_wipe(void *p, size_t len)
{
	if (len == 0)
		return;
	memset(p, 0, len);
	__asm__ __volatile__("" : : "r"(p) : "memory");
}

uint64_t
tsw_load_u64(const uint8_t p[8])
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

void
tsw_store_u64(uint8_t p[8], uint64_t v)
{
	size_t i;

	for (i = 8; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}
