/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which smartcards are there, and the moment one comes or goes: one helper
 * process watches all readers (touchstone-token --watch-cards) and is started
 * again when it ends.  This process itself never talks to pcscd.
 *
 * Names are those of the interface: "card:" and the name of the reader.
 */
#ifndef TOUCHSTONE_AGENT_CARDS_H
#define TOUCHSTONE_AGENT_CARDS_H

#include "loop.h"
#include "token/client.h"

#define TS_CARD_PREFIX "card:"

struct ts_cards {
	struct ts_loop *loop;
	const char *helper;
	struct ts_token_watch client;
	struct ts_watch watch;
	struct ts_timer again; /* start the helper anew */
	int64_t again_ms;
	struct ts_timer patience; /* with the first answer */
	bool running;
	bool starting; /* nothing was heard yet, and it is not late */
	int problem;   /* TS_OK, TS_ERR_NO_PCSCD, _PCSCD_ACCESS, _HELPER */
	struct ts_token_readers now;
	/* A card went away, even if another one is in that reader again. */
	void (*gone)(void *ctx, const char *name);
	/* Something changed: scan again. */
	void (*changed)(void *ctx);
	void *ctx;
};

/* Set gone, changed and ctx before.  What cannot be started is tried again. */
void ts_cards_open(struct ts_cards *cards, struct ts_loop *loop,
    const char *helper);
void ts_cards_close(struct ts_cards *cards);

/* Calls found for every card that is there now. */
void ts_cards_scan(struct ts_cards *cards,
    void (*found)(void *ctx, const char *name));

/* What the watcher says of the reader of this card; NULL: no such reader. */
const struct ts_token_reader *ts_cards_reader(const struct ts_cards *cards,
    const char *name);

/* All that follows from a list of readers; the watcher's own way in. */
void ts_cards_take(struct ts_cards *cards,
    const struct ts_token_readers *readers);

#endif
