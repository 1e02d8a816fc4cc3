/* SPDX-License-Identifier: BSD-2-Clause */
#include "round.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../clock.h"

void
ts_answer_free(struct ts_answer *answer)
{
	if (answer == NULL)
		return;
	free(answer->record);
	free(answer->bytes);
	free(answer);
}

static void
free_round(struct ts_round *round)
{
	struct ts_answer *next;

	while (round->answers != NULL) {
		next = round->answers->next;
		ts_answer_free(round->answers);
		round->answers = next;
	}
	free(round);
}

/* Out of the list, and freed. */
static void
end_round(struct ts_store *store, const struct ts_round *round)
{
	struct ts_round **at = &store->rounds, *found;

	while (*at != NULL && *at != round)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	found = *at;
	*at = found->next;
	free_round(found);
}

void
ts_round_free_all(struct ts_store *store)
{
	while (store->rounds != NULL)
		end_round(store, store->rounds);
}

/* Newest first; those that nobody came back to, or too many, go. */
static void
expire(struct ts_store *store)
{
	struct ts_round *round = store->rounds, *next;
	uint64_t now = ts_clock_now();
	size_t cnt = 0;

	for (; round != NULL; round = next) {
		next = round->next;
		if (++cnt >= TS_ROUNDS_CNT || round->since > now ||
		    now - round->since > TS_ROUND_S)
			end_round(store, round);
	}
}

static struct ts_round *
find(struct ts_store *store, const char *name)
{
	struct ts_round *round = store->rounds;

	while (round != NULL && strcmp(round->name, name) != 0)
		round = round->next;
	return round;
}

int
ts_round_begin(struct ts_store *store, const char *name, const char *label)
{
	char full[sizeof(((struct ts_round *)0)->name)];
	struct ts_round *round;

	if (store->log == NULL && store->round_depth == 0)
		ts_round_free_all(store);
	if (store->round_depth > 0 || store->log == NULL) {
		store->round_depth++;
		return TS_OK;
	}
	(void)snprintf(full, sizeof(full), "%s %s", name, label);
	expire(store);
	round = find(store, full);
	if (round == NULL) {
		round = calloc(1, sizeof(*round));
		if (round == NULL)
			return TS_ERR_NO_MEMORY;
		memcpy(round->name, full, sizeof(full));
		round->next = store->rounds;
		store->rounds = round;
	}
	round->since = ts_clock_now();
	round->turn = 0;
	store->round = round;
	store->round_depth = 1;
	return TS_OK;
}

int
ts_round_end(struct ts_store *store, int r)
{
	struct ts_round *round = store->round;

	if (--store->round_depth > 0)
		return r;
	store->round = NULL;
	if (round != NULL && r != TS_ERR_WAITING)
		end_round(store, round);
	return r;
}

void
ts_round_turn(struct ts_store *store)
{
	if (store->round != NULL)
		store->round->turn++;
}

struct ts_answer *
ts_round_find(struct ts_store *store, struct tsw_slice label, uint32_t from)
{
	struct ts_answer *a =
	    store->round == NULL ? NULL : store->round->answers;

	for (; a != NULL; a = a->next) {
		if (a->turn == store->round->turn && a->from == from &&
		    strlen(a->label) == label.len &&
		    memcmp(a->label, label.p, label.len) == 0)
			return a;
	}
	return NULL;
}
