/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two people who run a live code at the same time meet in the directory's
 * mailbox.  SPEC 15.  Nothing here is secret or trusted: it carries the texts
 * of code.h, and finds the other side's among what anybody put there.
 */
#ifndef TOUCHSTONE_MEET_H
#define TOUCHSTONE_MEET_H

#include <touchstone/code.h>

#define TS_MEET_MESSAGE_MAX 128
#define TS_MEET_BOX_LEN (2 * TSW_HASH_LEN + 1) /* its name, NUL */
#define TS_MEET_TAG_LEN 16

struct ts_meet {
	bool first; /* we are A: who knocks, and makes move 1 */
	bool ready; /* the tag is agreed on, B's echo was sent */
	bool moved; /* a move was taken: nobody knocks any more */
	uint8_t tag[TS_MEET_TAG_LEN];
	uint32_t after; /* the last message that was seen in take */
	char give[TS_MEET_BOX_LEN], take[TS_MEET_BOX_LEN];
};

/* TS_ERR_NOT_FOUND: no such contact.  TSW_ERR_REFLECTED: it is oneself. */
int ts_meet_begin(struct ts_store *store, struct ts_meet *out,
    const char *label) TS_MUST_CHECK;

/* The message with which A begins. */
size_t ts_meet_knock(uint8_t out[TS_MEET_MESSAGE_MAX],
    const struct ts_meet *meet);
/* A move to send; TS_ERR_ARGUMENT: it is none, or nobody is ready for it. */
int ts_meet_move(uint8_t out[TS_MEET_MESSAGE_MAX], size_t *len,
    const struct ts_meet *meet, const char *text) TS_MUST_CHECK;

enum ts_meet_what {
	TS_MEET_NOTHING = 0, /* not for this run */
	TS_MEET_KNOCK = 1,   /* B: send the echo in out, then _echoed() */
	TS_MEET_ECHO = 2,    /* A: the other side is there, begin */
	TS_MEET_MOVE = 3     /* its text is in text */
};

/*
 * Look at message number of the box `take`; views nothing.  out: the echo to
 * send (*len bytes), text: a move that stands at its place (which move it is,
 * is for code.h to say).
 */
enum ts_meet_what ts_meet_take(struct ts_meet *meet, uint32_t number,
    struct tsw_slice message, uint8_t out[TS_MEET_MESSAGE_MAX], size_t *len,
    char text[TSW_LIVE_TEXT_MAX]);

/*
 * The echo is sent.  Moves that were seen before were not made after it, and so
 * are of an earlier run: a box keeps those for a while.
 */
void ts_meet_echoed(struct ts_meet *meet);

/* The box in which anybody may leave a label for the owner of this one. */
int ts_meet_hello_box(char out[TS_MEET_BOX_LEN],
    const char *label) TS_MUST_CHECK;
/* A label that was left there, NUL-terminated.  TSW_ERR_LABEL: it is none. */
int ts_meet_hello(char out[TSW_LABEL_MAX + 1],
    struct tsw_slice message) TS_MUST_CHECK;

#endif
