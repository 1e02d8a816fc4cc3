/* SPDX-License-Identifier: BSD-2-Clause */
#include "store.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include <touchstone/wire/bytes.h>

#include "hal.h"

#define UNIT HAL_FLASH_UNIT_LEN
#define MAGIC UINT32_C(0x54537374) /* "TSst" */
#define DONE UINT32_C(0x444f4e45)  /* "DONE" */
#define LOG_START (2 * UNIT)
#define KEY_DELETED 0x8000
#define BLANK_CHUNK 64
#define FF4 0xff, 0xff, 0xff, 0xff
#define FF16 FF4, FF4, FF4, FF4

static_assert(FW_STORE_VALUE_MAX % UNIT == 0, "values end on a unit");
static_assert(FW_STORE_KEY_CNT < KEY_DELETED, "keys fit beside the flag");

enum area_kind {
	AREA_BLANK,	 /* header erased */
	AREA_UNFINISHED, /* header not committed, or not a header */
	AREA_NEWER,
	AREA_VALID
};

/* CRC-32 (IEEE 802.3), bitwise: flash is slower than this. */
static uint32_t
crc32(uint32_t crc, const uint8_t *p, size_t len)
{
	unsigned int bit;

	crc = ~crc;
	for (; len > 0; len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ UINT32_C(0xedb88320)
				      : crc >> 1;
	}
	return ~crc;
}

static uint32_t
crc32_u32(uint32_t crc, uint32_t v)
{
	struct tsw_wr wr;
	uint8_t b[4];

	tsw_wr_init(&wr, b, sizeof(b));
	tsw_wr_u32(&wr, v);
	return crc32(crc, b, sizeof(b));
}

static size_t
padded(size_t len)
{
	return (len + UNIT - 1) / UNIT * UNIT;
}

static uint32_t
record_len(size_t value_len)
{
	return (uint32_t)(UNIT + padded(value_len) + UNIT);
}

/* True if flash bytes [from, to) are erased. */
static bool
is_blank(uint32_t from, uint32_t to)
{
	static const uint8_t erased[BLANK_CHUNK] = {FF16, FF16, FF16, FF16};
	uint8_t chunk[BLANK_CHUNK];
	size_t n;

	for (; from < to; from += (uint32_t)n) {
		n = to - from < sizeof(chunk) ? to - from : sizeof(chunk);
		hal_flash_read(from, chunk, n);
		if (memcmp(chunk, erased, n) != 0)
			return false;
	}
	return true;
}

static void
area_erase(const struct fw_store *s, uint32_t base)
{
	uint32_t page_len = hal_flash_geometry().page_len;
	uint32_t off;

	for (off = 0; off < s->area_len; off += page_len)
		hal_flash_erase((base + off) / page_len);
	hal_flash_sync();
}

static uint32_t
area_other(const struct fw_store *s)
{
	return s->base == 0 ? s->area_len : 0;
}

/*
 * Before the other area is written.  A page whose erase was cut short can read
 * as erased and yet not keep what is programmed: only an erase since power-up
 * is one to rely on.
 */
static void
spare_prepare(struct fw_store *s)
{
	if (!s->spare_erased)
		area_erase(s, area_other(s));
	s->spare_erased = true;
}

/* First header unit: says whose area this is. */
static void
area_mark(uint32_t base)
{
	uint8_t unit[UNIT];
	struct tsw_wr wr;

	tsw_wr_init(&wr, unit, sizeof(unit));
	tsw_wr_u32(&wr, MAGIC);
	tsw_wr_u16(&wr, FW_STORE_VERSION);
	tsw_wr_u16(&wr, 0);
	hal_flash_program(base, unit);
}

/* Second header unit: from here on the area is the store.  One wait for all
 * that was copied, not one each: keepalives stand still meanwhile. */
static void
area_commit(uint32_t base, uint32_t seq)
{
	uint8_t unit[UNIT];
	struct tsw_wr wr;
	uint32_t crc;

	hal_flash_read(base, unit, sizeof(unit));
	crc = crc32_u32(crc32(0, unit, sizeof(unit)), seq);
	tsw_wr_init(&wr, unit, sizeof(unit));
	tsw_wr_u32(&wr, seq);
	tsw_wr_u32(&wr, crc);
	hal_flash_sync();
	hal_flash_program(base + UNIT, unit);
	hal_flash_sync();
}

static enum area_kind
area_read(uint32_t *seq, uint32_t base)
{
	uint8_t head[2 * UNIT];
	struct tsw_rd rd;
	uint32_t magic;
	uint16_t version;

	if (is_blank(base, base + LOG_START))
		return AREA_BLANK;
	hal_flash_read(base, head, sizeof(head));
	tsw_rd_init(&rd, head, sizeof(head));
	magic = tsw_rd_u32(&rd);
	version = tsw_rd_u16(&rd);
	(void)tsw_rd_u16(&rd);
	*seq = tsw_rd_u32(&rd);
	if (magic != MAGIC ||
	    tsw_rd_u32(&rd) != crc32_u32(crc32(0, head, UNIT), *seq))
		return AREA_UNFINISHED;
	return version == FW_STORE_VERSION ? AREA_VALID : AREA_NEWER;
}

/* Program one record at flash offset off; the caller waits for the flash. */
static void
record_write(uint32_t off, uint32_t seq, unsigned int key,
    struct tsw_slice value)
{
	uint8_t unit[UNIT];
	struct tsw_wr wr;
	uint32_t crc;
	size_t i, n;

	tsw_wr_init(&wr, unit, sizeof(unit));
	tsw_wr_u16(&wr, (uint16_t)key);
	tsw_wr_u16(&wr, (uint16_t)value.len);
	tsw_wr_u32(&wr, crc32(crc32_u32(0, seq), unit, 4));
	hal_flash_program(off, unit);
	crc = crc32(crc32_u32(0, seq), unit, sizeof(unit));
	for (i = 0; i < value.len; i += UNIT) {
		n = value.len - i < UNIT ? value.len - i : UNIT;
		memset(unit, 0xff, sizeof(unit));
		memcpy(unit, value.p + i, n);
		crc = crc32(crc, unit, sizeof(unit));
		off += UNIT;
		hal_flash_program(off, unit);
	}
	tsw_wr_init(&wr, unit, sizeof(unit));
	tsw_wr_u32(&wr, crc);
	tsw_wr_u32(&wr, DONE);
	hal_flash_program(off + UNIT, unit);
}

/* Head of the record at flash offset off; false if it is not one. */
static bool
record_head(uint16_t *key, uint16_t *len, uint32_t off, uint32_t seq)
{
	uint8_t unit[UNIT];
	struct tsw_rd rd;

	hal_flash_read(off, unit, sizeof(unit));
	tsw_rd_init(&rd, unit, sizeof(unit));
	*key = tsw_rd_u16(&rd);
	*len = tsw_rd_u16(&rd);
	return tsw_rd_u32(&rd) == crc32(crc32_u32(0, seq), unit, 4);
}

/* The record at off, whose value is len bytes, is complete and unharmed. */
static bool
record_is_good(uint32_t off, size_t len, uint32_t seq)
{
	uint8_t unit[UNIT];
	struct tsw_rd rd;
	uint32_t crc;
	size_t i;

	hal_flash_read(off, unit, sizeof(unit));
	crc = crc32(crc32_u32(0, seq), unit, sizeof(unit));
	for (i = 0; i < len; i += UNIT) {
		off += UNIT;
		hal_flash_read(off, unit, sizeof(unit));
		crc = crc32(crc, unit, sizeof(unit));
	}
	hal_flash_read(off + UNIT, unit, sizeof(unit));
	tsw_rd_init(&rd, unit, sizeof(unit));
	return tsw_rd_u32(&rd) == crc && tsw_rd_u32(&rd) == DONE;
}

/* Make the record at pos the one in force for its key. */
static void
index_set(struct fw_store *s, uint16_t key, uint16_t len, uint32_t pos)
{
	unsigned int k = key & (KEY_DELETED - 1);
	uint16_t old_key, old_len;

	if (s->pos[k] != 0 &&
	    record_head(&old_key, &old_len, s->base + s->pos[k], s->seq))
		s->live -= record_len(old_len);
	s->pos[k] = 0;
	if ((key & KEY_DELETED) != 0)
		return;
	s->pos[k] = pos;
	s->live += record_len(len);
}

/*
 * Walk the log and build the index.  *torn: the last record was cut off.
 * Whatever follows the point where a cut can have happened must be blank.
 */
static int
log_scan(struct fw_store *s, bool *torn)
{
	uint32_t stop = s->base + s->area_len;
	uint16_t key, len;
	uint32_t off;

	*torn = false;
	s->live = 0;
	memset(s->pos, 0, sizeof(s->pos));
	s->end = LOG_START;
	for (; s->end + record_len(0) <= s->area_len;
	     s->end += record_len(len)) {
		off = s->base + s->end;
		if (!record_head(&key, &len, off, s->seq)) {
			*torn = !is_blank(off, off + UNIT);
			return is_blank(off + UNIT, stop) ? FW_OK
							  : FW_ERR_CORRUPT;
		}
		if ((key & (KEY_DELETED - 1)) >= FW_STORE_KEY_CNT ||
		    len > FW_STORE_VALUE_MAX ||
		    record_len(len) > s->area_len - s->end)
			return FW_ERR_CORRUPT;
		if (!record_is_good(off, len, s->seq)) {
			*torn = true;
			return is_blank(off + record_len(len), stop)
			    ? FW_OK
			    : FW_ERR_CORRUPT;
		}
		index_set(s, key, len, s->end);
	}
	return FW_OK;
}

/* Copy what is in force to the other area and make that the active one. */
static void
compact(struct fw_store *s)
{
	uint8_t secret_value[FW_STORE_VALUE_MAX];
	uint32_t to = area_other(s), end = LOG_START;
	uint16_t key, len;
	unsigned int k;

	spare_prepare(s);
	area_mark(to);
	for (k = 0; k < FW_STORE_KEY_CNT; k++) {
		if (s->pos[k] == 0)
			continue;
		if (!record_head(&key, &len, s->base + s->pos[k], s->seq) ||
		    len > sizeof(secret_value) ||
		    !record_is_good(s->base + s->pos[k], len, s->seq))
			hal_halt(HAL_FAULT_STORE_CORRUPT);
		hal_flash_read(s->base + s->pos[k] + UNIT, secret_value, len);
		record_write(to + end, s->seq + 1, key,
		    (struct tsw_slice){secret_value, len});
		s->pos[k] = end;
		end += record_len(len);
	}
	tsw_wipe(secret_value, sizeof(secret_value));
	area_commit(to, s->seq + 1);
	area_erase(s, s->base);
	s->base = to;
	s->seq++;
	s->end = end;
	s->live = end - LOG_START;
}

static void
activate(struct fw_store *s, uint32_t base, uint32_t seq)
{
	memset(s->pos, 0, sizeof(s->pos));
	s->base = base;
	s->seq = seq;
	s->end = LOG_START;
	s->live = 0;
}

/*
 * No area is committed.  A blank flash, or one where only the header of the
 * first area was begun, holds nothing that could be lost: format it.
 */
static int
format(struct fw_store *s)
{
	if (!is_blank(LOG_START, 2 * s->area_len))
		return FW_ERR_CORRUPT;
	area_erase(s, 0); /* also if blank: spare_prepare() says why */
	area_mark(0);
	area_commit(0, 1);
	activate(s, 0, 1);
	return FW_OK;
}

int
fw_store_open(struct fw_store *s)
{
	struct hal_flash geo = hal_flash_geometry();
	enum area_kind kind0, kind1;
	uint32_t seq0 = 0, seq1 = 0;
	bool torn;
	int r;

	memset(s, 0, sizeof(*s));
	s->area_len = geo.page_cnt / 2 * geo.page_len;
	if (s->area_len < FW_STORE_AREA_MIN)
		return FW_ERR_SIZE;
	kind0 = area_read(&seq0, 0);
	kind1 = area_read(&seq1, s->area_len);
	if (kind0 == AREA_NEWER || kind1 == AREA_NEWER)
		return FW_ERR_NEWER;
	if (kind0 != AREA_VALID && kind1 != AREA_VALID)
		return format(s);
	if (kind1 != AREA_VALID || (kind0 == AREA_VALID && seq0 > seq1))
		activate(s, 0, seq0);
	else
		activate(s, s->area_len, seq1);
	r = log_scan(s, &torn);
	if (r != FW_OK)
		return r;
	if (!is_blank(area_other(s), area_other(s) + s->area_len))
		spare_prepare(s);
	if (torn)
		compact(s);
	return FW_OK;
}

int
fw_store_peek(const struct fw_store *s, uint8_t *out, size_t len,
    unsigned int key)
{
	uint16_t k, have;

	if (key >= FW_STORE_KEY_CNT || s->pos[key] == 0)
		return FW_ERR_NONE;
	if (!record_head(&k, &have, s->base + s->pos[key], s->seq))
		hal_halt(HAL_FAULT_STORE_CORRUPT);
	if (have < len)
		return FW_ERR_LENGTH;
	hal_flash_read(s->base + s->pos[key] + UNIT, out, len);
	return FW_OK;
}

int
fw_store_get(const struct fw_store *s, uint8_t *out, size_t size,
    unsigned int key)
{
	uint16_t k, len;
	uint32_t off;

	if (key >= FW_STORE_KEY_CNT || s->pos[key] == 0)
		return FW_ERR_NONE;
	off = s->base + s->pos[key];
	if (!record_head(&k, &len, off, s->seq) || k != key ||
	    !record_is_good(off, len, s->seq))
		hal_halt(HAL_FAULT_STORE_CORRUPT);
	if (len > size)
		return FW_ERR_LENGTH;
	hal_flash_read(off + UNIT, out, len);
	return len;
}

/* Append a record, compacting first if the log is full. */
static int
append(struct fw_store *s, unsigned int key, struct tsw_slice value)
{
	uint32_t need = record_len(value.len);

	if (s->end + need > s->area_len)
		compact(s);
	if (s->end + need > s->area_len)
		return FW_ERR_FULL;
	record_write(s->base + s->end, s->seq, key, value);
	hal_flash_sync();
	index_set(s, (uint16_t)key, (uint16_t)value.len, s->end);
	s->end += need;
	return FW_OK;
}

int
fw_store_put(struct fw_store *s, unsigned int key, const uint8_t *value,
    size_t len)
{
	if (key >= FW_STORE_KEY_CNT || len > FW_STORE_VALUE_MAX)
		return FW_ERR_LENGTH;
	if (key >= FW_STORE_CRED &&
	    LOG_START + s->live + record_len(len) + FW_STORE_RESERVE >
		s->area_len)
		return FW_ERR_FULL;
	return append(s, key, (struct tsw_slice){value, len});
}

int
fw_store_del(struct fw_store *s, unsigned int key)
{
	if (key >= FW_STORE_KEY_CNT)
		return FW_ERR_LENGTH;
	if (s->pos[key] == 0)
		return FW_OK;
	return append(s, key | KEY_DELETED, (struct tsw_slice){NULL, 0});
}

void
fw_store_reset(struct fw_store *s, const struct fw_store_item *item, size_t cnt)
{
	uint32_t old = s->base, to = area_other(s), end = LOG_START;
	uint32_t seq = s->seq + 1;
	size_t i;

	spare_prepare(s);
	area_mark(to);
	for (i = 0; i < cnt; i++) {
		record_write(to + end, seq, item[i].key,
		    (struct tsw_slice){item[i].value, item[i].len});
		end += record_len(item[i].len);
	}
	area_commit(to, seq);
	area_erase(s, old);
	activate(s, to, seq);
	for (i = 0, end = LOG_START; i < cnt; i++) {
		index_set(s, (uint16_t)item[i].key, (uint16_t)item[i].len, end);
		end += record_len(item[i].len);
	}
	s->end = end;
}

/* Not atomic yet: one put after the other. */
int
fw_store_commit(struct fw_store *s, const struct fw_store_item *item,
    size_t cnt)
{
	size_t i;
	int r = FW_OK;

	for (i = 0; i < cnt && r == FW_OK; i++) {
		if (item[i].value == NULL)
			r = fw_store_del(s, item[i].key);
		else
			r = fw_store_put(s, item[i].key, item[i].value,
			    item[i].len);
	}
	return r;
}
