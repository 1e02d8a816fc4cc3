/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Items of one size by number, in chunks that never move: who has a number may
 * read its item while another thread makes room for more.
 */
#ifndef HOST_LOG_ARENA_H
#define HOST_LOG_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include <touchstone/error.h>

#define TS_ARENA_BITS 16
#define TS_ARENA_CHUNK_CNT (1U << TS_ARENA_BITS) /* items of a chunk */
#define TS_ARENA_CHUNKS_CNT (1U << 15)		 /* below 2^31 items */

struct ts_arena {
	uint8_t **chunk; /* TS_ARENA_CHUNKS_CNT */
	size_t size;	 /* of an item; a multiple of its alignment */
	uint32_t used;	 /* the caller's: numbers below are items */
	uint32_t chunks;
};

/* TS_ERR_NO_MEMORY. */
int ts_arena_init(struct ts_arena *arena, size_t size) TS_MUST_CHECK;
/* Of zeros is nothing to free. */
void ts_arena_free(struct ts_arena *arena);
/* Room for cnt items from used on, less than a chunk.  TS_ERR_NO_MEMORY. */
int ts_arena_reserve(struct ts_arena *arena, uint32_t cnt) TS_MUST_CHECK;
size_t ts_arena_memory(const struct ts_arena *arena);

static inline void *
ts_arena_at(const struct ts_arena *arena, uint32_t i)
{
	return arena->chunk[i >> TS_ARENA_BITS] +
	    (i & (TS_ARENA_CHUNK_CNT - 1)) * arena->size;
}

#endif
