/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store's log in the flash: pages, batches, records.  Private to store*.c;
 * docs/FLASH.md has the picture.
 *
 *	page   = magic u32 | version u16 | prev u16	       unit 0
 *		 seq u32 | crc32(unit 0, seq)		       unit 1
 *		 batch ...
 *	batch  = record ... | end
 *	record = key u16 | len u16 | 1 bit, crc31(seq, off,
 *		 key, len, value)			       1 unit
 *		 value, padded with ff			       ceil(len / 8)
 *	end    = e u32 | ~e, where e = 1 bit, crc31(seq, off,
 *		 first units of the records)		       1 unit
 *
 * off is that of the record, or batch, in its page.  Bit 15 of a key is 0, bit
 * 14 deletes.  So no part of the bits of a unit can pass for another: an end
 * that misses bits is not its own complement twice over, a record's first unit
 * has bit 32 where an end has none, and only an end has bit 0 (from the left).
 *
 * prev is where the log of the page before ended; or, with bit 15, this page
 * is the first: nothing before it counts, and the low bits say how many pages
 * were written before the others were erased.
 */
#ifndef FW_STORE_LOG_H
#define FW_STORE_LOG_H

#include "hal.h"
#include "store.h"

#include <touchstone/wire/bytes.h>

#define FW_LOG_UNIT HAL_FLASH_UNIT_LEN
#define FW_LOG_START (2 * FW_LOG_UNIT) /* the first batch of a page */
#define FW_LOG_FIRST 0x8000	       /* in prev */
#define FW_LOG_DELETED 0x4000	       /* in a record's key */

/* A place in the log. */
struct fw_log_at {
	uint32_t page;
	uint32_t seq; /* of the page */
	uint32_t off; /* from the start of the page */
};

struct fw_log_page {
	uint16_t version;
	uint16_t prev;
	uint32_t seq;
};

/* A batch that is being written to the head page. */
struct fw_log_batch {
	uint32_t crc;
};

enum fw_log_state {
	FW_LOG_DONE, /* a complete batch */
	FW_LOG_TORN, /* what a cut can leave, or nothing at all */
	FW_LOG_BAD   /* what no cut leaves */
};

uint32_t fw_log_crc32(uint32_t crc, const uint8_t *p, size_t len);
uint32_t fw_log_crc32_u32(uint32_t crc, uint32_t v);
/* Bytes of a record in the log. */
uint32_t fw_log_record_len(size_t value_len);

/* Where the value of a key that has one is in the flash. */
uint32_t fw_log_value_at(const struct fw_store *s, unsigned int key);
/* Content of the region; that of s->masked reads as erased. */
void fw_log_read(const struct fw_store *s, uint8_t *out, uint32_t off,
    size_t len);
/* True if bytes [from, to) of the region are erased. */
bool fw_log_is_blank(const struct fw_store *s, uint32_t from, uint32_t to);
/* Header of a page; FW_ERR_NONE if it has none. */
int fw_log_page_read(const struct fw_store *s, struct fw_log_page *head,
    uint32_t page) FW_MUST_CHECK;
/* Judge the batch at a place; *next is what follows it, if it is complete. */
enum fw_log_state fw_log_batch_read(const struct fw_store *s, uint32_t *next,
    struct fw_log_at at) FW_MUST_CHECK;
/* True if a batch at a place in a page, or behind it, was complete: the first
 * units of its records and its end are there, whatever became of the values.  A
 * value may look like an end, but has not its checksum. */
bool fw_log_was_done(const struct fw_store *s, struct fw_log_at at);
/* Enter the batches from a place to stop, or to the first that is not
 * complete, into the index; *end is where they end.  FW_ERR_CORRUPT if what is
 * there is BAD. */
int fw_log_replay(struct fw_store *s, uint32_t *end, struct fw_log_at at,
    uint32_t stop) FW_MUST_CHECK;

/* Where the record of a key is that has one. */
struct fw_log_at fw_log_where(const struct fw_store *s, unsigned int key);
/* Length of the value of a key that has one, or FW_ERR_CORRUPT; checks the
 * record's checksum only if told to. */
int fw_log_value_len(const struct fw_store *s, unsigned int key,
    bool check) FW_MUST_CHECK;

/* Erase a page, write its header and make it the head. */
void fw_log_page_open(struct fw_store *s, uint32_t page, uint32_t seq,
    uint16_t prev);
/* The page after the head becomes the head. */
void fw_log_page_next(struct fw_store *s);
/* Write a batch to the head; the caller has seen to the room.  It is durable
 * when fw_log_batch_end() returns, and never was if it does not. */
void fw_log_batch_begin(const struct fw_store *s, struct fw_log_batch *b);
void fw_log_batch_add(struct fw_store *s, struct fw_log_batch *b,
    const struct fw_store_item *item);
/* Add what the index says of key, unchecked, as len bytes. */
void fw_log_batch_copy(struct fw_store *s, struct fw_log_batch *b,
    unsigned int key, size_t len);
void fw_log_batch_end(struct fw_store *s, const struct fw_log_batch *b);
/* Erase what is not erased but for the cnt pages that end with the head. */
void fw_log_purge(const struct fw_store *s, uint32_t cnt);

/* store_gc.c: bring FW_STORE_GC_PAGES pages up to date at most, so that the
 * next commit finds an erasable page. */
uint32_t fw_gc_free_cnt(const struct fw_store *s);
void fw_gc_run(struct fw_store *s);

/* store_ring.c: what is in the flash, and what open has to do about it. */
enum fw_ring_todo {
	FW_RING_NOTHING,
	FW_RING_PURGE,	/* cnt pages are in force, all others are remains */
	FW_RING_FORMAT, /* blank, or a cut format */
	FW_RING_CONVERT /* version 1; spare is where there is room */
};

struct fw_ring {
	enum fw_ring_todo todo;
	uint32_t cnt;
	uint32_t spare;
};

/* Fill the index and *ring without writing; FW_ERR_CORRUPT, FW_ERR_NEWER. */
int fw_ring_load(struct fw_store *s, struct fw_ring *ring) FW_MUST_CHECK;
/* A page whose erasure leaves an unreadable flash unreadable, at every point,
 * and a sequence number above all that are there, if there is one. */
void fw_ring_reset_place(struct fw_store *s, uint32_t *page, uint32_t *seq);

/* store_v1.c: the format before this one. */
int fw_v1_load(struct fw_store *s, uint32_t *spare) FW_MUST_CHECK;
void fw_v1_convert(struct fw_store *s, uint32_t spare);

#endif
