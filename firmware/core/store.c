/* SPDX-License-Identifier: BSD-2-Clause */
#include "store.h"

#include <assert.h>
#include <string.h>

#include "store_log.h"

/* What flash offsets of units in 16 bits, and prev in 15, can say. */
#define FLASH_MAX (UINT32_C(65536) * FW_LOG_UNIT)
#define PAGE_LEN_MAX 16384

static_assert(FW_STORE_COMMIT_MAX + FW_LOG_START + FW_LOG_UNIT <=
	FW_STORE_PAGE_LEN_MIN,
    "a commit fits into a page");
static_assert(FW_LOG_UNIT + FW_STORE_VALUE_MAX <= FW_STORE_COMMIT_MAX,
    "a value fits into a commit");

/*
 * The flash can hold all keys at full length and never run out of free pages:
 * docs/FLASH.md has the sum.
 */
static bool
geometry_is_enough(const struct fw_store *s)
{
	uint32_t per_page, live, slack;

	if (s->page_len < FW_STORE_PAGE_LEN_MIN || s->page_len > PAGE_LEN_MAX ||
	    s->page_len % FW_LOG_UNIT != 0)
		return false;
	per_page = (s->page_len - FW_LOG_START - FW_LOG_UNIT) /
	    (FW_LOG_UNIT + FW_STORE_VALUE_MAX);
	live = (FW_STORE_KEY_CNT + per_page - 1) / per_page;
	slack = live / FW_STORE_GC_PAGES + 2;
	return FW_STORE_GC_FREE(s->page_cnt) >= slack &&
	    s->page_cnt - FW_STORE_GC_FREE(s->page_cnt) >= live + slack;
}

/* The first page, with nothing in it. */
static void
format(struct fw_store *s)
{
	struct fw_log_batch batch;

	fw_log_page_open(s, 0, 1, FW_LOG_FIRST | 1);
	fw_log_batch_begin(s, &batch);
	fw_log_batch_end(s, &batch);
}

int
fw_store_open(struct fw_store *s)
{
	return fw_store_open_region(s, FW_STORE_TOKEN);
}

int
fw_store_open_region(struct fw_store *s, enum fw_store_region region)
{
	struct hal_flash geo = hal_flash_geometry();
	struct fw_ring ring;
	int r;

	memset(s, 0, sizeof(*s));
	s->page_len = geo.page_len;
	s->page_cnt = geo.page_cnt;
	if (geo.page_len > 0 && geo.page_cnt > FLASH_MAX / geo.page_len)
		s->page_cnt = FLASH_MAX / geo.page_len;
	s->base = region * geo.page_cnt * geo.page_len;
	s->masked = s->page_cnt;
	if (!geometry_is_enough(s)) {
		s->page_cnt = 0;
		return FW_ERR_SIZE;
	}
	r = fw_ring_load(s, &ring);
	if (r != FW_OK) {
		memset(s->pos, 0, sizeof(s->pos));
		return r;
	}
	if (ring.todo == FW_RING_PURGE)
		fw_log_purge(s, ring.cnt);
	else if (ring.todo == FW_RING_FORMAT)
		format(s);
	else if (ring.todo == FW_RING_CONVERT)
		fw_v1_convert(s, ring.spare);
	s->readable = true;
	return FW_OK;
}

int
fw_store_peek(const struct fw_store *s, uint8_t *out, size_t len,
    unsigned int key)
{
	int have;

	if (key >= FW_STORE_KEY_CNT || s->pos[key] == 0)
		return FW_ERR_NONE;
	have = fw_log_value_len(s, key, false);
	if (have < 0)
		hal_halt(HAL_FAULT_STORE_CORRUPT);
	if ((size_t)have < len)
		return FW_ERR_LENGTH;
	if (len > 0) /* else: is there one? */
		hal_flash_read(fw_log_value_at(s, key), out, len);
	return FW_OK;
}

int
fw_store_get(const struct fw_store *s, uint8_t *out, size_t size,
    unsigned int key)
{
	int len;

	if (key >= FW_STORE_KEY_CNT || s->pos[key] == 0)
		return FW_ERR_NONE;
	len = fw_log_value_len(s, key, true);
	if (len < 0)
		hal_halt(HAL_FAULT_STORE_CORRUPT);
	if ((size_t)len > size)
		return FW_ERR_LENGTH;
	hal_flash_read(fw_log_value_at(s, key), out, (size_t)len);
	return len;
}

/* Bytes of the records of a commit, or FW_ERR_LENGTH. */
static int
commit_len(const struct fw_store_item *item, size_t cnt)
{
	size_t i, len = 0;

	for (i = 0; i < cnt; i++) {
		if (item[i].key >= FW_STORE_KEY_CNT ||
		    (item[i].value != NULL && item[i].len > FW_STORE_VALUE_MAX))
			return FW_ERR_LENGTH;
		len +=
		    fw_log_record_len(item[i].value == NULL ? 0 : item[i].len);
		if (len > FW_STORE_COMMIT_MAX)
			return FW_ERR_LENGTH;
	}
	return (int)len;
}

/* See to len bytes of room in a head that was erased since power-up. */
static int
make_room(struct fw_store *s, uint32_t len)
{
	if (s->erased && s->end + len <= s->page_len)
		return FW_OK;
	fw_gc_run(s);
	if (s->erased && s->end + len <= s->page_len)
		return FW_OK;
	if (fw_gc_free_cnt(s) < 2)
		return FW_ERR_FULL;
	fw_log_page_next(s);
	return FW_OK;
}

static void
batch_write(struct fw_store *s, const struct fw_store_item *item, size_t cnt)
{
	struct fw_log_batch batch;
	size_t i;

	fw_log_batch_begin(s, &batch);
	for (i = 0; i < cnt; i++)
		fw_log_batch_add(s, &batch, &item[i]);
	fw_log_batch_end(s, &batch);
}

int
fw_store_commit(struct fw_store *s, const struct fw_store_item *item,
    size_t cnt)
{
	int len = commit_len(item, cnt), r;

	if (len < 0)
		return len;
	if (!s->readable)
		return FW_ERR_CORRUPT;
	if (cnt == 0)
		return FW_OK;
	r = make_room(s, (uint32_t)len + FW_LOG_UNIT);
	if (r == FW_OK)
		batch_write(s, item, cnt);
	return r;
}

int
fw_store_put(struct fw_store *s, unsigned int key, const uint8_t *value,
    size_t len)
{
	static const uint8_t nothing[1] = {0};
	struct fw_store_item item = {key, value, len};

	if (len == 0)
		item.value = nothing;
	return fw_store_commit(s, &item, 1);
}

int
fw_store_del(struct fw_store *s, unsigned int key)
{
	struct fw_store_item item = {key, NULL, 0};

	if (key < FW_STORE_KEY_CNT && s->pos[key] == 0)
		return FW_OK;
	return fw_store_commit(s, &item, 1);
}

void
fw_store_reset(struct fw_store *s, const struct fw_store_item *item, size_t cnt)
{
	uint32_t page = 0, seq = s->seq + 1;

	if (s->page_cnt == 0)
		hal_halt(HAL_FAULT_STORE_SIZE);
	if (commit_len(item, cnt) < 0)
		hal_halt(HAL_FAULT_BUG);
	if (s->readable)
		page = (s->head + 1) % s->page_cnt;
	else
		fw_ring_reset_place(s, &page, &seq);
	memset(s->pos, 0, sizeof(s->pos));
	fw_log_page_open(s, page, seq, FW_LOG_FIRST | 1);
	batch_write(s, item, cnt);
	fw_log_purge(s, 1);
	s->readable = true;
}
