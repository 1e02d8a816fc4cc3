/* SPDX-License-Identifier: BSD-2-Clause */
#include "arena.h"

#include <stdlib.h>

int
ts_arena_init(struct ts_arena *arena, size_t size)
{
	arena->size = size;
	arena->chunk = calloc(TS_ARENA_CHUNKS_CNT, sizeof(*arena->chunk));
	return arena->chunk == NULL ? TS_ERR_NO_MEMORY : TS_OK;
}

void
ts_arena_free(struct ts_arena *arena)
{
	uint32_t i;

	for (i = 0; i < arena->chunks; i++)
		free(arena->chunk[i]);
	free(arena->chunk);
}

int
ts_arena_reserve(struct ts_arena *arena, uint32_t cnt)
{
	const uint64_t room = arena->chunks * (uint64_t)TS_ARENA_CHUNK_CNT;
	uint8_t *chunk;

	if (room - arena->used >= cnt)
		return TS_OK;
	/* The last chunk would have a number that the index cannot tell. */
	if (arena->chunks == TS_ARENA_CHUNKS_CNT - 1)
		return TS_ERR_NO_MEMORY;
	chunk = malloc(TS_ARENA_CHUNK_CNT * arena->size);
	if (chunk == NULL)
		return TS_ERR_NO_MEMORY;
	arena->chunk[arena->chunks++] = chunk;
	return TS_OK;
}

size_t
ts_arena_memory(const struct ts_arena *arena)
{
	return TS_ARENA_CHUNKS_CNT * sizeof(*arena->chunk) +
	    arena->chunks * (TS_ARENA_CHUNK_CNT * arena->size);
}
