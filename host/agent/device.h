/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tokens that are plugged in, and which key of the identity each carries.
 *
 * A token is told by the key on it, asked for by a helper as soon as it is
 * there, never by the path it was found at.
 */
#ifndef TOUCHSTONE_AGENT_DEVICE_H
#define TOUCHSTONE_AGENT_DEVICE_H

#include "cards.h"
#include "hotplug.h"
#include "job.h"

#include <touchstone/own.h>

#define TS_DEVICES_MAX_CNT 16

enum ts_device_state {
	TS_DEVICE_ABSENT = 0, /* free, unless user or a job still holds it */
	TS_DEVICE_PROBING = 1,
	TS_DEVICE_READY = 2
};

/* Where a key is on a card. */
struct ts_place_on_card {
	enum ts_token_kind kind;
	uint8_t slot;
};

struct ts_devices;

struct ts_device {
	struct ts_devices *all;
	char name[TS_DEVICE_NAME_MAX];
	enum ts_device_state state;
	int problem;		   /* why it cannot be used; TS_OK if it can */
	struct ts_token_info info; /* if problem is TS_OK */
	uint8_t retries;
	bool has_key;		      /* of the own identity ... */
	uint8_t key_id[TSW_HASH_LEN]; /* ... this one */
	struct ts_place_on_card at;   /* a card: here */
	bool beside; /* a card: it was asked as the twin of another device: */
	char twin[TS_DEVICE_NAME_MAX];
	void *user; /* the operation that has it for itself, or NULL */
	struct ts_orphan orphan; /* of whoever had it last */

	struct ts_job job; /* INFO and PROBE */
	struct ts_timer again;
	int64_t again_ms;
	int64_t patience_until_ms;
	bool fresh;	   /* plugged in, and nobody was told yet */
	bool seen;	   /* in the scan that is under way */
	uint8_t asked_cnt; /* keys that PROBE asks for */
	uint8_t asked[TS_TOKEN_KEYS_MAX_CNT][TSW_HASH_LEN];
	struct ts_place_on_card asked_at[TS_TOKEN_KEYS_MAX_CNT];
};

struct ts_devices {
	struct ts_loop *loop;
	const char *helper;	   /* path of the helper program */
	struct ts_hotplug hotplug; /* hidraw nodes and simulators */
	struct ts_cards cards;	   /* smartcards */
	struct ts_device dev[TS_DEVICES_MAX_CNT];
	/* Own keys to look for on dev: at most max, the likeliest first. */
	size_t (*keys)(void *ctx, struct ts_token *out, size_t max,
	    const struct ts_device *dev);
	/* dev is ready now, or has just gone. */
	void (*changed)(void *ctx, struct ts_device *dev);
	/* All cards that were there at the start are known as devices. */
	void (*settled)(void *ctx);
	void *ctx;
};

/* Set keys, changed, ctx and helper before; then look at what is there. */
int ts_devices_open(struct ts_devices *all, struct ts_loop *loop,
    const char *state) TS_MUST_CHECK;
void ts_devices_close(struct ts_devices *all);

/* Look again: for what came or went unseen. */
void ts_devices_scan(struct ts_devices *all);

/* Ask a token anew what it is and has; changed() follows. */
void ts_device_probe(struct ts_device *dev);
/* Own keys came: ask every free token on which none was found. */
void ts_devices_probe_keyless(struct ts_devices *all);

/* A key was made: a card may show that it is the same token. */
void ts_devices_look_for_twins(struct ts_devices *all);

/*
 * An own key as helpers are told it: views into token, and into at, which says
 * where it is if it is on a card.
 */
void ts_token_fill(struct ts_token_cred *out, const struct ts_token *token,
    const struct ts_place_on_card *at);

/*
 * Where on dev token may be, as far as dev has told; of a key behind FIDO2 it
 * is one place that says nothing.
 */
#define TS_PLACES_ON_CARD_MAX_CNT 3
size_t ts_device_places(struct ts_place_on_card out[TS_PLACES_ON_CARD_MAX_CNT],
    const struct ts_device *dev, const struct ts_token *token);

/* Whether dev is a card in a reader, and whether a key like this may be on dev.
 */
bool ts_device_is_card(const struct ts_device *dev);
bool ts_device_may_have(const struct ts_device *dev,
    const struct ts_token *token);

/*
 * The device that is the same physical token as this card, on a better way:
 * then what it has behind FIDO2 is reached there, and the card is for its other
 * applications.  NULL: there is none.
 */
struct ts_device *ts_device_twin(const struct ts_device *card);

/* Whether people are to see it: not a card that has nothing of its own. */
bool ts_device_is_shown(const struct ts_device *dev);

/* Where token is remembered to be; the likeliest place if it is not known. */
struct ts_place_on_card ts_token_place(const struct ts_token *token);

/* A key of ours was just made on it, so it need not be asked. */
void ts_device_has(struct ts_device *dev, const struct ts_token *token);

/* The present device of this name ("sim:DIR"), or with this key; or NULL. */
struct ts_device *ts_device_by_name(struct ts_devices *all, const char *name);
/*
 * The card whose reader's name is or begins with what follows "card:" in name,
 * in capitals or not; *out is NULL if there is none.  TS_ERR_AMBIGUOUS.
 */
int ts_device_by_reader(struct ts_device **out, struct ts_devices *all,
    const char *name) TS_MUST_CHECK;
struct ts_device *ts_device_by_key(struct ts_devices *all,
    const uint8_t id[TSW_HASH_LEN]);

/* Whether one is being probed, so that an answer would be too early. */
bool ts_devices_are_probing(const struct ts_devices *all);

/*
 * Open dev for one helper and fill in the fields of req and fds that are the
 * device's.  Errors as of ts_hotplug_device.
 */
int ts_device_lend(struct ts_device *dev, struct ts_token_request *req,
    struct ts_token_fds *fds) TS_MUST_CHECK;

#endif
