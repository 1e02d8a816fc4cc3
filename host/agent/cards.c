/* SPDX-License-Identifier: BSD-2-Clause */
#include "cards.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE_MS 1500 /* pcscd may have to be started by systemd */
#define AGAIN_MS 500	 /* doubled each time ... */
#define AGAIN_MAX_MS 30000
#define NAME_MAX_LEN (sizeof(TS_CARD_PREFIX) + TS_TOKEN_READER_MAX)

static void start(struct ts_cards *cards);

static void
name_of(char out[NAME_MAX_LEN], const struct ts_token_reader *reader)
{
	(void)snprintf(out, NAME_MAX_LEN, TS_CARD_PREFIX "%s", reader->name);
}

const struct ts_token_reader *
ts_cards_reader(const struct ts_cards *cards, const char *name)
{
	const size_t skip = sizeof(TS_CARD_PREFIX) - 1;
	size_t i;

	if (strncmp(name, TS_CARD_PREFIX, skip) != 0)
		return NULL;
	for (i = 0; i < cards->now.cnt; i++)
		if (strcmp(cards->now.reader[i].name, name + skip) == 0)
			return &cards->now.reader[i];
	return NULL;
}

/* The same card, in the same place, all the time since. */
static bool
is_still_there(const struct ts_token_reader *was,
    const struct ts_token_readers *now)
{
	const struct ts_token_reader *is;
	size_t i;

	for (i = 0; i < now->cnt; i++) {
		is = &now->reader[i];
		if (strcmp(is->name, was->name) == 0)
			return is->present && is->events == was->events;
	}
	return false;
}

static void
heard(struct ts_cards *cards)
{
	ts_loop_cancel(cards->loop, &cards->patience);
	cards->starting = false;
}

static int
problem_of(enum ts_token_pcsc state)
{
	switch (state) {
	case TS_TOKEN_PCSC_ABSENT:
		return TS_ERR_NO_PCSCD;
	case TS_TOKEN_PCSC_REFUSED:
		return TS_ERR_PCSCD_ACCESS;
	case TS_TOKEN_PCSC_OK:
		break;
	}
	return TS_OK;
}

void
ts_cards_take(struct ts_cards *cards, const struct ts_token_readers *readers)
{
	const struct ts_token_readers before = cards->now;
	char name[NAME_MAX_LEN];
	size_t i;

	heard(cards);
	cards->problem = problem_of(readers->state);
	cards->now = *readers;
	for (i = 0; i < before.cnt; i++) {
		if (!before.reader[i].present ||
		    is_still_there(&before.reader[i], readers))
			continue;
		name_of(name, &before.reader[i]);
		cards->gone(cards->ctx, name);
	}
	cards->changed(cards->ctx);
}

/* It ended, or could not be started: without it nobody knows of any card. */
static void
lost(struct ts_cards *cards)
{
	struct ts_token_readers none;

	if (cards->running) {
		ts_loop_unwatch(cards->loop, &cards->watch);
		ts_token_watch_close(&cards->client);
	}
	cards->running = false;
	memset(&none, 0, sizeof(none));
	ts_cards_take(cards, &none);
	cards->problem = TS_ERR_HELPER;
	if (ts_loop_start(cards->loop, &cards->again, cards->again_ms) != TS_OK)
		fprintf(stderr, "touchstone-agent: smartcards are not seen\n");
	cards->again_ms = cards->again_ms * 2 > AGAIN_MAX_MS
	    ? AGAIN_MAX_MS
	    : cards->again_ms * 2;
}

static void
ready(void *ctx, short revents)
{
	struct ts_token_readers readers;
	struct ts_cards *cards = ctx;
	int r;

	(void)revents;
	while (cards->running) {
		r = ts_token_watch_next(&cards->client, &readers);
		if (r == 0)
			return;
		if (r != 1) {
			lost(cards);
			return;
		}
		cards->again_ms = AGAIN_MS;
		ts_cards_take(cards, &readers);
	}
}

static void
start(struct ts_cards *cards)
{
	if (ts_token_watch_start(&cards->client, cards->helper) != TS_OK) {
		lost(cards);
		return;
	}
	cards->running = true;
	cards->watch.fd = cards->client.fd;
	cards->watch.events = POLLIN;
	cards->watch.ready = ready;
	cards->watch.ctx = cards;
	if (ts_loop_watch(cards->loop, &cards->watch) != TS_OK)
		lost(cards);
}

static void
start_again(void *ctx)
{
	start(ctx);
}

/* No word from it: nobody waits for cards any longer. */
static void
too_late(void *ctx)
{
	struct ts_cards *cards = ctx;

	cards->starting = false;
	cards->changed(cards->ctx);
}

void
ts_cards_open(struct ts_cards *cards, struct ts_loop *loop, const char *helper)
{
	cards->loop = loop;
	cards->helper = helper;
	cards->again.fire = start_again;
	cards->again.ctx = cards;
	cards->again_ms = AGAIN_MS;
	cards->patience.fire = too_late;
	cards->patience.ctx = cards;
	cards->starting =
	    ts_loop_start(loop, &cards->patience, PATIENCE_MS) == TS_OK;
	start(cards);
}

void
ts_cards_close(struct ts_cards *cards)
{
	if (cards->loop == NULL)
		return;
	ts_loop_cancel(cards->loop, &cards->again);
	ts_loop_cancel(cards->loop, &cards->patience);
	if (!cards->running)
		return;
	ts_loop_unwatch(cards->loop, &cards->watch);
	ts_token_watch_close(&cards->client);
	cards->running = false;
}

void
ts_cards_scan(struct ts_cards *cards,
    void (*found)(void *ctx, const char *name))
{
	char name[NAME_MAX_LEN];
	size_t i;

	for (i = 0; i < cards->now.cnt; i++) {
		if (!cards->now.reader[i].present || cards->now.reader[i].mute)
			continue;
		name_of(name, &cards->now.reader[i]);
		found(cards->ctx, name);
	}
}
