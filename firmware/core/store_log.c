/* SPDX-License-Identifier: BSD-2-Clause */
#include "store_log.h"

#include <assert.h>
#include <string.h>

#define UNIT FW_LOG_UNIT
#define MAGIC UINT32_C(0x54537374) /* "TSst" */
#define TOP UINT32_C(0x80000000)
#define BLANK_CHUNK 64

static_assert(FW_STORE_VALUE_MAX % FW_LOG_UNIT == 0, "values end on a unit");
static_assert(FW_STORE_KEY_CNT < FW_LOG_DELETED, "keys fit beside the flag");

/* First unit of a record, or an end. */
struct unit {
	uint8_t b[UNIT];
	uint16_t key, len;
	uint32_t left, right;
};

/* CRC-32 (IEEE 802.3), four bits at a time. */
uint32_t
fw_log_crc32(uint32_t crc, const uint8_t *p, size_t len)
{
	static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8,
	    0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0,
	    0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

	crc = ~crc;
	for (; len > 0; len--) {
		crc ^= *p++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

uint32_t
fw_log_crc32_u32(uint32_t crc, uint32_t v)
{
	struct tsw_wr wr;
	uint8_t b[4];

	tsw_wr_init(&wr, b, sizeof(b));
	tsw_wr_u32(&wr, v);
	return fw_log_crc32(crc, b, sizeof(b));
}

/* What every checksum begins with: no remains of another turn, and no batch
 * or record at another place, can pass. */
static uint32_t
crc_begin(uint32_t seq, uint32_t off)
{
	return fw_log_crc32_u32(fw_log_crc32_u32(0, seq), off);
}

uint32_t
fw_log_record_len(size_t value_len)
{
	return (uint32_t)(UNIT + (value_len + UNIT - 1) / UNIT * UNIT);
}

void
fw_log_read(const struct fw_store *s, uint8_t *out, uint32_t off, size_t len)
{
	if (off / s->page_len == s->masked)
		memset(out, 0xff, len);
	else
		hal_flash_read(s->base + off, out, len);
}

uint32_t
fw_log_value_at(const struct fw_store *s, unsigned int key)
{
	return s->base + (uint32_t)s->pos[key] * UNIT + UNIT;
}

static void
program(const struct fw_store *s, uint32_t off, const uint8_t unit[UNIT])
{
	hal_flash_program(s->base + off, unit);
}

static void
erase(const struct fw_store *s, uint32_t page)
{
	hal_flash_erase(s->base / s->page_len + page);
}

bool
fw_log_is_blank(const struct fw_store *s, uint32_t from, uint32_t to)
{
	uint8_t chunk[BLANK_CHUNK];
	size_t i, n;

	for (; from < to; from += (uint32_t)n) {
		n = to - from < sizeof(chunk) ? to - from : sizeof(chunk);
		fw_log_read(s, chunk, from, n);
		for (i = 0; i < n; i++)
			if (chunk[i] != 0xff)
				return false;
	}
	return true;
}

int
fw_log_page_read(const struct fw_store *s, struct fw_log_page *head,
    uint32_t page)
{
	uint8_t b[FW_LOG_START];
	struct tsw_rd rd;
	uint32_t magic;

	fw_log_read(s, b, page * s->page_len, sizeof(b));
	tsw_rd_init(&rd, b, sizeof(b));
	magic = tsw_rd_u32(&rd);
	head->version = tsw_rd_u16(&rd);
	head->prev = tsw_rd_u16(&rd);
	head->seq = tsw_rd_u32(&rd);
	if (magic != MAGIC ||
	    tsw_rd_u32(&rd) !=
		fw_log_crc32_u32(fw_log_crc32(0, b, UNIT), head->seq))
		return FW_ERR_NONE;
	return FW_OK;
}

static void
unit_read(const struct fw_store *s, struct unit *u, struct fw_log_at at)
{
	struct tsw_rd rd;

	fw_log_read(s, u->b, at.page * s->page_len + at.off, sizeof(u->b));
	tsw_rd_init(&rd, u->b, sizeof(u->b));
	u->left = tsw_rd_u32(&rd);
	u->right = tsw_rd_u32(&rd);
	tsw_rd_init(&rd, u->b, sizeof(u->b));
	u->key = tsw_rd_u16(&rd);
	u->len = tsw_rd_u16(&rd);
}

/* A record could have this first unit, and leave room for an end. */
static bool
record_fits(const struct fw_store *s, const struct unit *u, uint32_t off)
{
	if ((u->key & ~FW_LOG_DELETED) >= FW_STORE_KEY_CNT ||
	    u->len > FW_STORE_VALUE_MAX)
		return false;
	return off + fw_log_record_len(u->len) + UNIT <= s->page_len;
}

static bool
record_is_good(const struct fw_store *s, const struct unit *u,
    struct fw_log_at at)
{
	uint32_t crc = fw_log_crc32(crc_begin(at.seq, at.off), u->b, 4);
	uint32_t off = at.page * s->page_len + at.off;
	uint8_t chunk[UNIT];
	size_t i;

	for (i = 0; i < u->len; i += UNIT) {
		off += UNIT;
		fw_log_read(s, chunk, off, sizeof(chunk));
		crc = fw_log_crc32(crc, chunk, sizeof(chunk));
	}
	return (crc | TOP) == u->right;
}

static bool
is_end(const struct unit *u)
{
	return (u->left & TOP) != 0 && u->right == ~u->left;
}

/* As batch_read(), but whatever the values of the records are. */
static bool
batch_was_done(const struct fw_store *s, struct fw_log_at at)
{
	uint32_t crc = crc_begin(at.seq, at.off);
	struct unit u;

	while (at.off + UNIT <= s->page_len) {
		unit_read(s, &u, at);
		if (is_end(&u))
			return u.left == (crc | TOP);
		if (!record_fits(s, &u, at.off))
			return false;
		crc = fw_log_crc32(crc, u.b, sizeof(u.b));
		at.off += fw_log_record_len(u.len);
	}
	return false;
}

bool
fw_log_was_done(const struct fw_store *s, struct fw_log_at at)
{
	for (; at.off + UNIT <= s->page_len; at.off += UNIT)
		if (batch_was_done(s, at))
			return true;
	return false;
}

enum fw_log_state
fw_log_batch_read(const struct fw_store *s, uint32_t *next, struct fw_log_at at)
{
	uint32_t page_end = (at.page + 1) * s->page_len;
	uint32_t crc = crc_begin(at.seq, at.off), len;
	struct unit u;

	while (at.off + UNIT <= s->page_len) {
		unit_read(s, &u, at);
		len = UNIT;
		if (is_end(&u)) {
			*next = at.off + UNIT;
			return u.left == (crc | TOP) ? FW_LOG_DONE : FW_LOG_BAD;
		}
		if (record_fits(s, &u, at.off)) {
			len = fw_log_record_len(u.len);
			if (record_is_good(s, &u, at)) {
				crc = fw_log_crc32(crc, u.b, sizeof(u.b));
				at.off += len;
				continue;
			}
		}
		/* Nothing was written after the unit that was cut. */
		return fw_log_is_blank(s, at.page * s->page_len + at.off + len,
			   page_end)
		    ? FW_LOG_TORN
		    : FW_LOG_BAD;
	}
	return FW_LOG_TORN;
}

/* Enter the records of a complete batch that ends at end. */
static void
batch_enter(struct fw_store *s, struct fw_log_at at, uint32_t end)
{
	struct unit u;
	unsigned int key;

	for (; at.off + UNIT < end; at.off += fw_log_record_len(u.len)) {
		unit_read(s, &u, at);
		key = u.key & (FW_LOG_DELETED - 1);
		s->pos[key] = (u.key & FW_LOG_DELETED) != 0
		    ? 0
		    : (uint16_t)((at.page * s->page_len + at.off) / UNIT);
	}
}

int
fw_log_replay(struct fw_store *s, uint32_t *end, struct fw_log_at at,
    uint32_t stop)
{
	enum fw_log_state state = FW_LOG_TORN;
	uint32_t next;

	while ((state = fw_log_batch_read(s, &next, at)) == FW_LOG_DONE &&
	    next <= stop) {
		batch_enter(s, at, next);
		at.off = next;
	}
	*end = at.off;
	return state == FW_LOG_BAD ? FW_ERR_CORRUPT : FW_OK;
}

struct fw_log_at
fw_log_where(const struct fw_store *s, unsigned int key)
{
	uint32_t off = (uint32_t)s->pos[key] * UNIT;
	struct fw_log_at at = {.page = off / s->page_len,
	    .off = off % s->page_len};

	at.seq = s->seq - (s->head + s->page_cnt - at.page) % s->page_cnt;
	return at;
}

int
fw_log_value_len(const struct fw_store *s, unsigned int key, bool check)
{
	struct fw_log_at at = fw_log_where(s, key);
	struct unit u;

	unit_read(s, &u, at);
	if (u.key != key || !record_fits(s, &u, at.off))
		return FW_ERR_CORRUPT;
	if (check && !record_is_good(s, &u, at))
		return FW_ERR_CORRUPT;
	return u.len;
}

void
fw_log_page_open(struct fw_store *s, uint32_t page, uint32_t seq, uint16_t prev)
{
	uint8_t unit[UNIT];
	struct tsw_wr wr;
	uint32_t crc;

	erase(s, page);
	tsw_wr_init(&wr, unit, sizeof(unit));
	tsw_wr_u32(&wr, MAGIC);
	tsw_wr_u16(&wr, FW_STORE_VERSION);
	tsw_wr_u16(&wr, prev);
	program(s, page * s->page_len, unit);
	crc = fw_log_crc32_u32(fw_log_crc32(0, unit, sizeof(unit)), seq);
	tsw_wr_init(&wr, unit, sizeof(unit));
	tsw_wr_u32(&wr, seq);
	tsw_wr_u32(&wr, crc);
	program(s, page * s->page_len + UNIT, unit);
	s->head = page;
	s->seq = seq;
	s->end = FW_LOG_START;
	s->erased = true;
}

void
fw_log_page_next(struct fw_store *s)
{
	fw_log_page_open(s, (s->head + 1) % s->page_cnt, s->seq + 1,
	    (uint16_t)s->end);
}

void
fw_log_batch_begin(const struct fw_store *s, struct fw_log_batch *b)
{
	b->crc = crc_begin(s->seq, s->end);
}

/* One unit of a value, padded. */
static void
value_unit(uint8_t unit[UNIT], const struct fw_store_item *item, size_t i)
{
	size_t n = item->len - i < UNIT ? item->len - i : UNIT;

	memset(unit, 0xff, UNIT);
	memcpy(unit, item->value + i, n);
}

void
fw_log_batch_add(struct fw_store *s, struct fw_log_batch *b,
    const struct fw_store_item *item)
{
	uint32_t off = s->head * s->page_len + s->end, crc;
	size_t len = item->value == NULL ? 0 : item->len, i;
	unsigned int key = item->key;
	uint8_t unit[UNIT];
	struct tsw_wr wr;

	s->pos[key] = item->value == NULL ? 0 : (uint16_t)(off / UNIT);
	if (item->value == NULL)
		key |= FW_LOG_DELETED;
	tsw_wr_init(&wr, unit, sizeof(unit));
	tsw_wr_u16(&wr, (uint16_t)key);
	tsw_wr_u16(&wr, (uint16_t)len);
	crc = fw_log_crc32(crc_begin(s->seq, s->end), unit, 4);
	for (i = 0; i < len; i += UNIT) {
		value_unit(unit, item, i);
		crc = fw_log_crc32(crc, unit, sizeof(unit));
	}
	tsw_wr_init(&wr, unit, sizeof(unit));
	tsw_wr_u16(&wr, (uint16_t)key);
	tsw_wr_u16(&wr, (uint16_t)len);
	tsw_wr_u32(&wr, crc | TOP);
	program(s, off, unit);
	b->crc = fw_log_crc32(b->crc, unit, sizeof(unit));
	for (i = 0; i < len; i += UNIT) {
		value_unit(unit, item, i);
		program(s, off + UNIT + (uint32_t)i, unit);
	}
	tsw_wipe(unit, sizeof(unit));
	s->end += fw_log_record_len(len);
}

void
fw_log_batch_copy(struct fw_store *s, struct fw_log_batch *b, unsigned int key,
    size_t len)
{
	uint8_t secret_value[FW_STORE_VALUE_MAX];
	struct fw_store_item item = {key, secret_value, len};

	hal_flash_read(fw_log_value_at(s, key), secret_value, len);
	fw_log_batch_add(s, b, &item);
	tsw_wipe(secret_value, sizeof(secret_value));
}

void
fw_log_batch_end(struct fw_store *s, const struct fw_log_batch *b)
{
	uint8_t unit[UNIT];
	struct tsw_wr wr;

	tsw_wr_init(&wr, unit, sizeof(unit));
	tsw_wr_u32(&wr, b->crc | TOP);
	tsw_wr_u32(&wr, ~(b->crc | TOP));
	program(s, s->head * s->page_len + s->end, unit);
	hal_flash_sync();
	s->end += UNIT;
}

void
fw_log_purge(const struct fw_store *s, uint32_t cnt)
{
	uint32_t page;

	for (page = 0; page < s->page_cnt; page++) {
		if ((s->head + s->page_cnt - page) % s->page_cnt < cnt ||
		    fw_log_is_blank(s, page * s->page_len,
			(page + 1) * s->page_len))
			continue;
		erase(s, page);
	}
	hal_flash_sync();
}
