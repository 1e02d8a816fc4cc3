/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Codes that two people compare, for the user and one contact.  SPEC section 9.
 *
 * Texts from the other side are NUL-terminated and hostile.  What comes out
 * is NUL-terminated.
 */
#ifndef TOUCHSTONE_CODE_H
#define TOUCHSTONE_CODE_H

#include <touchstone/store.h>
#include <touchstone/wire/applet.h>
#include <touchstone/wire/code.h>

/* "TOUCHSTONE1:" + own code + ":" + the other's code, upper case, NUL. */
#define TS_QR_LEN 142
#define TS_LIVE_TRIES 3 /* runs with one contact on one day (UTC) */

struct ts_codes {
	char own[TSW_PUBLIC_CODE_LEN];
	char theirs[TSW_PUBLIC_CODE_LEN];
	char pair[TSW_PAIR_DIGITS + 1];
	char qr[TS_QR_LEN]; /* for the other side to scan */
};

int ts_code_own(struct ts_store *store,
    char out[TSW_PUBLIC_CODE_LEN]) TS_MUST_CHECK;
int ts_code_get(struct ts_store *store, struct ts_codes *out,
    const char *label) TS_MUST_CHECK;

/*
 * TS_OK if text is what the contact must have; TS_ERR_MISMATCH if it is of
 * somebody else; TSW_ERR_* if it is no such code at all.  Nothing is kept.
 * The text of a QR code names both sides: both must fit.
 */
int ts_code_check(struct ts_store *store, const char *label,
    enum tsw_method method, const char *text) TS_MUST_CHECK;

/*
 * Live code.  The start (or the answer) is counted on disk before its text
 * exists; beyond TS_LIVE_TRIES it is TS_ERR_TRIES.  TS_ERR_BLOCKED while a
 * stop alert is open.  Runs live in locked memory: they end with the process,
 * or after an hour.
 */
int ts_live_start(struct ts_store *store, uint32_t *run,
    char text[TSW_LIVE_TEXT_MAX], const char *label) TS_MUST_CHECK;
/* theirs: move 1.  TSW_ERR_STALE: refresh both sides and start again. */
int ts_live_answer(struct ts_store *store, uint32_t *run,
    char text[TSW_LIVE_TEXT_MAX], const char *label,
    const char *theirs) TS_MUST_CHECK;
/*
 * Take the next text.  text: to send on, or ""; code: nine digits once known,
 * or "".  TSW_ERR_COMMITMENT has raised CODE_MISMATCH and ended the run.
 */
int ts_live_continue(struct ts_store *store, char text[TSW_LIVE_TEXT_MAX],
    char code[TSW_LIVE_DIGITS + 1], uint32_t run,
    const char *theirs) TS_MUST_CHECK;
/*
 * The same on a token of the statement applet (SPEC 12.5): it makes the nonce,
 * keeps the commitment and shows the code, which nobody here learns.  The
 * caller carries the values between the token and these functions:
 *
 *	ts_live_token_start(&ask)	token: LIVE_BEGIN or LIVE_ANSWER
 *	ts_live_token_started(text)	text to send, and one comes back
 *	ts_live_token_take(value)	token: LIVE_OPEN with value
 *	ts_live_token_shown(text)	the token shows the code
 *	ts_live_result(match)		then LIVE_CONFIRM, or LIVE_END
 */
struct ts_live_ask {
	uint32_t run;
	bool answer; /* LIVE_ANSWER to commitment; else LIVE_BEGIN */
	uint8_t commitment[TSW_HASH_LEN];
	size_t self_len, peer_len;
	uint8_t self[TSW_APPLET_PARTY_MAX], peer[TSW_APPLET_PARTY_MAX];
};

/*
 * Counts a try.  key: of the own token; theirs: move 1 of the other side, or
 * NULL to begin.  Errors as of ts_live_answer(); a move that is none is told
 * before it is counted.
 */
int ts_live_token_start(struct ts_store *store, struct ts_live_ask *out,
    const char *label, const uint8_t key[TSW_HASH_LEN],
    const char *theirs) TS_MUST_CHECK;
/* value: what the token answered. */
int ts_live_token_started(struct ts_store *store, char text[TSW_LIVE_TEXT_MAX],
    uint32_t run, const uint8_t value[TSW_HASH_LEN]) TS_MUST_CHECK;
/* TSW_ERR_ORDER, _STALE, ...: the run goes on waiting. */
int ts_live_token_take(struct ts_store *store, uint8_t value[TSW_HASH_LEN],
    uint32_t run, const char *theirs) TS_MUST_CHECK;
/* value: the own nonce; NULL on the side that answers, then text is "". */
int ts_live_token_shown(struct ts_store *store, char text[TSW_LIVE_TEXT_MAX],
    uint32_t run, const uint8_t *value) TS_MUST_CHECK;
/*
 * The token found that the opened value does not match the commitment: raises
 * CODE_MISMATCH and ends the run.
 */
int ts_live_token_lied(struct ts_store *store, uint32_t run) TS_MUST_CHECK;

/* Whether a token makes this run; *key is its key then. */
bool ts_live_is_on_token(struct ts_store *store, uint8_t key[TSW_HASH_LEN],
    uint32_t run);
/* Forget a run that came to nothing; no-op if there is none. */
void ts_live_drop(struct ts_store *store, uint32_t run);

/*
 * What the people said.  match: the run may be used once as proof of
 * ts_confirm_build().  Otherwise CODE_MISMATCH is raised, the run is over.
 * TS_ERR_NO_RUN if the code of this run is not known yet.
 */
int ts_live_result(struct ts_store *store, uint32_t run,
    bool match) TS_MUST_CHECK;

#endif
