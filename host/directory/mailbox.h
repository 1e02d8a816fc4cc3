/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mailbox of SPEC 15, in memory: boxes of a few short messages that end by
 * themselves.  Nobody is authenticated, so everything is bounded: messages of
 * a box, boxes, messages in all.
 *
 * A message that is a label in normal form is a hello and stays for days;
 * others stay for minutes.  Hellos get at most half of each bound, or those
 * who leave them would be in the way of live codes for days.
 */
#ifndef HOST_DIRECTORY_MAILBOX_H
#define HOST_DIRECTORY_MAILBOX_H

#include "log/page.h"

#define TS_BOX_NAME_LEN 32
#define TS_BOX_LIVE_MS 600000u
#define TS_BOX_HELLO_MS (7u * 24 * 3600 * 1000)

struct ts_mailbox_bounds {
	size_t boxes;	 /* that have a message */
	size_t messages; /* in all */
};

struct ts_mailbox; /* for several threads */

/* TS_ERR_NO_MEMORY, TS_ERR_IO, TS_ERR_ARGUMENT (a bound is 0). */
int ts_mailbox_new(struct ts_mailbox **out,
    const struct ts_mailbox_bounds *bounds) TS_MUST_CHECK;
void ts_mailbox_free(struct ts_mailbox **mailbox);

/* 64 lower case hex digits.  TS_ERR_ARGUMENT. */
int ts_box_name(uint8_t out[TS_BOX_NAME_LEN], const char *text,
    size_t len) TS_MUST_CHECK;

/* "after=N&wait=S", "after=N" or nothing; false: of another form. */
bool ts_box_query(uint32_t *after, uint32_t *wait_s, const char *query);

enum ts_box_result {
	TS_BOX_OK = 0,
	TS_BOX_FULL = 1,    /* this box */
	TS_BOX_NO_ROOM = 2, /* the mailbox */
	TS_BOX_LENGTH = 3   /* no message has this length */
};

/*
 * now_ms: since 1970, of a clock that does not go back.  Numbers begin with
 * its seconds, so that they rise even if a box ended in between.
 */
enum ts_box_result ts_mailbox_put(struct ts_mailbox *mailbox,
    const uint8_t box[TS_BOX_NAME_LEN], struct tsw_slice message,
    uint64_t now_ms);

/*
 * The messages of a box whose number is greater than after, in order; views of
 * room.
 */
struct ts_mailbox_room {
	uint8_t bytes[TS_BOX_MESSAGES_CNT][TS_BOX_MESSAGE_MAX];
};
void ts_mailbox_get(struct ts_mailbox *mailbox, struct ts_box *out,
    struct ts_mailbox_room *room, const uint8_t box[TS_BOX_NAME_LEN],
    uint32_t after, uint64_t now_ms);

struct ts_mailbox_counts {
	size_t boxes, messages;
};
void ts_mailbox_count(struct ts_mailbox *mailbox,
    struct ts_mailbox_counts *out);

#endif
