/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages after the head are free as long as nothing in force is in them; they
 * are erased when they are needed, one after another.  Here the oldest records
 * in force move to the head of the log, a page at a time, so that there always
 * are free pages.
 *
 * A page of copies is one batch.  A cut before its end leaves a page that is
 * not there: it is used again, so no number of cuts can use up the flash.
 */
#include "store_log.h"

/* Pages after the head up to the one that holds the record of key. */
static uint32_t
distance(const struct fw_store *s, unsigned int key)
{
	uint32_t page = fw_log_where(s, key).page;

	return (page + s->page_cnt - s->head - 1) % s->page_cnt;
}

/* The key whose record is oldest; FW_STORE_KEY_CNT if there is none. */
static unsigned int
oldest(const struct fw_store *s)
{
	unsigned int key, found = FW_STORE_KEY_CNT;

	for (key = 0; key < FW_STORE_KEY_CNT; key++)
		if (s->pos[key] != 0 &&
		    (found == FW_STORE_KEY_CNT ||
			distance(s, key) < distance(s, found)))
			found = key;
	return found;
}

uint32_t
fw_gc_free_cnt(const struct fw_store *s)
{
	unsigned int key = oldest(s);

	return key == FW_STORE_KEY_CNT ? s->page_cnt - 1 : distance(s, key);
}

/* Begin the next page with the oldest records, as many as fit, from pages that
 * are to become free.  All of the oldest page fit: they did before. */
static void
copy_page(struct fw_store *s)
{
	struct fw_log_batch batch;
	unsigned int key;
	int len;

	fw_log_page_next(s);
	fw_log_batch_begin(s, &batch);
	while (fw_gc_free_cnt(s) < FW_STORE_GC_FREE(s->page_cnt)) {
		key = oldest(s);
		len = fw_log_value_len(s, key, true);
		if (len < 0)
			hal_halt(HAL_FAULT_STORE_CORRUPT);
		if (s->end + fw_log_record_len((size_t)len) + FW_LOG_UNIT >
		    s->page_len)
			break;
		fw_log_batch_copy(s, &batch, key, (size_t)len);
	}
	fw_log_batch_end(s, &batch);
}

void
fw_gc_run(struct fw_store *s)
{
	unsigned int i;

	for (i = 0; i < FW_STORE_GC_PAGES; i++) {
		if (fw_gc_free_cnt(s) >= FW_STORE_GC_FREE(s->page_cnt))
			return;
		copy_page(s);
	}
}
