/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Find the log in the ring of pages and judge everything else.
 *
 * A page is there if its header and its first batch are complete.  The head is
 * the one with the highest sequence number; before it must lie pages that are
 * complete to the byte, back to a first page or all round the ring.  Only the
 * page after the head can have been cut: it holds nothing that counts.
 */
#include "store_log.h"

#include <string.h>

#define FORMAT_LEN (FW_LOG_START + FW_LOG_UNIT)
/* More pages than a flash lasts for; so a sum of them never overflows. */
#define SEQ_MAX UINT32_C(0xfffffff0)

static uint32_t
page_before(const struct fw_store *s, uint32_t page, uint32_t n)
{
	return (page + s->page_cnt - n) % s->page_cnt;
}

static bool
page_has_header(const struct fw_store *s, struct fw_log_page *head,
    uint32_t page)
{
	return fw_log_page_read(s, head, page) == FW_OK &&
	    head->version == FW_STORE_VERSION && head->seq <= SEQ_MAX;
}

static bool
page_is_there(const struct fw_store *s, struct fw_log_page *head, uint32_t page)
{
	struct fw_log_at at = {.page = page, .off = FW_LOG_START};
	uint32_t next;

	if (!page_has_header(s, head, page))
		return false;
	at.seq = head->seq;
	return fw_log_batch_read(s, &next, at) == FW_LOG_DONE;
}

/* The page with the highest sequence number below limit. */
static int
newest_find(struct fw_store *s, uint32_t limit)
{
	struct fw_log_page head;
	uint32_t page;
	int r = FW_ERR_NONE;

	for (page = 0; page < s->page_cnt; page++) {
		if (!page_has_header(s, &head, page) || head.seq >= limit ||
		    (r == FW_OK && head.seq < s->seq))
			continue;
		s->head = page;
		s->seq = head.seq;
		r = FW_OK;
	}
	return r;
}

static int
head_find(struct fw_store *s)
{
	struct fw_log_page head;
	uint32_t limit = UINT32_MAX;

	while (newest_find(s, limit) == FW_OK) {
		if (page_is_there(s, &head, s->head))
			return FW_OK;
		limit = s->seq; /* its first batch was cut */
	}
	return FW_ERR_NONE;
}

/* Count the pages from the head back to the oldest that counts.  *first is
 * prev of that page if it is a first one, else 0. */
static int
chain_count(const struct fw_store *s, uint32_t *cnt, uint16_t *first)
{
	struct fw_log_page head;
	uint32_t n;

	*first = 0;
	for (n = 0; n < s->page_cnt - 1; n++) {
		if (!page_has_header(s, &head, page_before(s, s->head, n)) ||
		    head.seq != s->seq - n)
			return FW_ERR_CORRUPT;
		*cnt = n + 1;
		if ((head.prev & FW_LOG_FIRST) != 0) {
			*first = head.prev;
			return FW_OK;
		}
	}
	return FW_OK;
}

/* Build the index from the oldest of cnt pages to the head. */
static int
chain_replay(struct fw_store *s, uint32_t cnt)
{
	struct fw_log_at at = {.off = FW_LOG_START};
	struct fw_log_page next = {0};
	uint32_t stop;
	int r;

	for (; cnt > 0; cnt--) {
		at.page = page_before(s, s->head, cnt - 1);
		at.seq = s->seq - (cnt - 1);
		stop = s->page_len;
		if (cnt > 1) {
			r = fw_log_page_read(s, &next,
			    (at.page + 1) % s->page_cnt);
			if (r != FW_OK)
				return FW_ERR_CORRUPT;
			stop = next.prev;
		}
		r = fw_log_replay(s, &s->end, at, stop);
		if (r != FW_OK || (cnt > 1 && s->end != stop))
			return FW_ERR_CORRUPT;
	}
	return FW_OK;
}

/*
 * The page after the head can be anything a cut leaves of its erasure or of
 * its first batch, or first of the one and then of the other: a torn batch in
 * which some bits are erased.  A complete batch of the next page, or its header
 * with a batch that was complete somewhere behind it, is none of these: the
 * head was damaged.
 */
static int
slot_check(const struct fw_store *s)
{
	struct fw_log_at at = {.page = (s->head + 1) % s->page_cnt,
	    .seq = s->seq + 1,
	    .off = FW_LOG_START};
	struct fw_log_page head;
	enum fw_log_state state;
	uint32_t next;

	state = fw_log_batch_read(s, &next, at);
	if (state == FW_LOG_DONE)
		return FW_ERR_CORRUPT;
	if (state == FW_LOG_BAD && page_has_header(s, &head, at.page) &&
	    head.seq == at.seq && fw_log_was_done(s, at))
		return FW_ERR_CORRUPT;
	return FW_OK;
}

/* True if the pages from the from-th before the head up to the to-th, which
 * is left out, are erased. */
static bool
pages_are_blank(const struct fw_store *s, uint32_t from, uint32_t to)
{
	uint32_t page;

	for (; from < to; from++) {
		page = page_before(s, s->head, from);
		if (!fw_log_is_blank(s, page * s->page_len,
			(page + 1) * s->page_len))
			return false;
	}
	return true;
}

/* The head holds one batch. */
static bool
head_is_new(const struct fw_store *s)
{
	struct fw_log_at at = {s->head, s->seq, FW_LOG_START};
	uint32_t next = 0;

	return fw_log_batch_read(s, &next, at) == FW_LOG_DONE && next == s->end;
}

static int
chain_load(struct fw_store *s, struct fw_ring *ring)
{
	uint16_t first;

	if (head_find(s) != FW_OK)
		return FW_ERR_NONE;
	if (chain_count(s, &ring->cnt, &first) != FW_OK ||
	    chain_replay(s, ring->cnt) != FW_OK || slot_check(s) != FW_OK)
		return FW_ERR_CORRUPT;
	if (first == 0)
		return FW_OK;
	if ((first ^ FW_LOG_FIRST) == ring->cnt && head_is_new(s)) {
		/* Perhaps a reset or a conversion was cut. */
		if (!pages_are_blank(s, ring->cnt, s->page_cnt))
			ring->todo = FW_RING_PURGE;
		return FW_OK;
	}
	/* The rest was never written, but for the page after the head. */
	return pages_are_blank(s, ring->cnt, s->page_cnt - 1) ? FW_OK
							      : FW_ERR_CORRUPT;
}

static bool
has_newer(const struct fw_store *s)
{
	struct fw_log_page head;
	uint32_t page;

	for (page = 0; page < s->page_cnt; page++)
		if (fw_log_page_read(s, &head, page) == FW_OK &&
		    head.version > FW_STORE_VERSION)
			return true;
	return false;
}

/*
 * Nothing, or a page 0 in which no bit is 0 that formatting does not make 0:
 * there is nothing that could be lost.
 */
static bool
is_unformatted(const struct fw_store *s)
{
	static const uint8_t format[2][FORMAT_LEN] = {
	    {0x54, 0x53, 0x73, 0x74, 0x00, 0x02, 0x80, 0x01, 0x00, 0x00, 0x00,
		0x01, 0xd6, 0x8d, 0xac, 0xac, 0xc5, 0xf5, 0xe6, 0xbd, 0x3a,
		0x0a, 0x19, 0x42},
	    /* version 1 */
	    {0x54, 0x53, 0x73, 0x74, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x01, 0xc4, 0xb5, 0x8b, 0x59, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff}};
	uint8_t b[FORMAT_LEN];
	bool ok[2] = {true, true};
	size_t i;

	fw_log_read(s, b, 0, sizeof(b));
	for (i = 0; i < sizeof(b); i++) {
		ok[0] = ok[0] && (b[i] & format[0][i]) == format[0][i];
		ok[1] = ok[1] && (b[i] & format[1][i]) == format[1][i];
	}
	return (ok[0] || ok[1]) &&
	    fw_log_is_blank(s, FORMAT_LEN, s->page_cnt * s->page_len);
}

int
fw_ring_load(struct fw_store *s, struct fw_ring *ring)
{
	int r;

	memset(ring, 0, sizeof(*ring));
	memset(s->pos, 0, sizeof(s->pos));
	r = chain_load(s, ring);
	if (r == FW_OK && ring->todo == FW_RING_PURGE)
		return FW_OK;
	if (has_newer(s))
		return FW_ERR_NEWER;
	if (r == FW_OK)
		return FW_OK;
	memset(s->pos, 0, sizeof(s->pos));
	ring->todo = FW_RING_FORMAT;
	if (is_unformatted(s))
		return FW_OK;
	ring->todo = FW_RING_CONVERT;
	return fw_v1_load(s, &ring->spare);
}

/*
 * A page that is not the head, and without which the flash is as unreadable as
 * with it: so no part of its erasure turns an unreadable store into some state
 * it never had.  There is one, for at most one page can be all that is wrong.
 */
void
fw_ring_reset_place(struct fw_store *s, uint32_t *page, uint32_t *seq)
{
	struct fw_log_page head;
	struct fw_ring ring;
	uint32_t p, first = s->page_cnt;

	*seq = 0;
	s->masked = s->page_cnt;
	for (p = 0; p < s->page_cnt; p++)
		if (page_has_header(s, &head, p) && head.seq > *seq)
			*seq = head.seq;
	/* Nothing follows the last one: until that page is erased, the flash
	 * is unreadable as before. */
	*seq = *seq + 2 <= SEQ_MAX ? *seq + 2 : 1;
	if (head_find(s) == FW_OK)
		first = s->head;
	for (p = 0; p + 1 < s->page_cnt; p++) {
		s->masked = p;
		if (p != first && fw_ring_load(s, &ring) != FW_OK)
			break;
	}
	s->masked = s->page_cnt;
	*page = p;
}
