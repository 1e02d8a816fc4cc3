/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contacts: a pinned identity, its verified chain, and whether the user
 * compared codes with it.
 *
 * The state is computed, never stored: verified if a confirm.v1 statement
 * about this identity, signed by a token that is or was a signer of the own
 * chain, verifies; blocked while an alert of level stop about it is open.
 */
#ifndef TOUCHSTONE_CONTACT_H
#define TOUCHSTONE_CONTACT_H

#include <touchstone/store.h>

enum ts_contact_state {
	TS_CONTACT_UNVERIFIED = 1,
	TS_CONTACT_VERIFIED = 2,
	TS_CONTACT_BLOCKED = 3
};

struct ts_contact {
	char label[TSW_LABEL_MAX + 1];
	uint8_t id[TSW_ID_LEN];
	enum ts_contact_state state;
	bool confirmed; /* a valid confirmation exists, blocked or not */
	enum tsw_method method;		     /* of it, like what follows */
	uint64_t confirmed_time;	     /* seconds since 1970 */
	char confirmed_by[TSW_NAME_MAX + 1]; /* name of the user's own token */
	bool confirmed_by_retired;
	bool forged; /* the stored chain does not verify; what follows is 0 */
	uint32_t seq;
	uint8_t head[TSW_HASH_LEN];
	bool verification;
	bool recovering;
	uint8_t keys, tokens;
	uint64_t added, checked; /* seconds since 1970; checked 0: never */
};

/*
 * Look label up in the own directory, check its whole chain and pin its
 * identity.  code: the public code if it is known from elsewhere, else NULL or
 * "": TS_ERR_MISMATCH if it is of another identity.  This is no verification.
 * A chain in part would hide what was revoked in the rest, so more records
 * than TS_LOOK_MAX are TS_ERR_TOO_MANY_RECORDS, and nothing is kept.
 * TS_ERR_ALREADY, TS_ERR_UNKNOWN_LABEL, TS_ERR_DIRECTORY, _DIRECTORY_FORMAT,
 * TSW_ERR_* (the record breaks a rule), TSW_ERR_REFLECTED (the own label).
 */
int ts_contact_add(struct ts_store *store, struct ts_contact *out,
    const char *label, const char *code) TS_MUST_CHECK;

int ts_contact_get(struct ts_store *store, struct ts_contact *out,
    const char *label) TS_MUST_CHECK;

/* By label, in byte order. */
int ts_contact_each(struct ts_store *store,
    int (*fn)(void *arg, const struct ts_contact *contact),
    void *arg) TS_MUST_CHECK;

/* With its chain, confirmation and alerts; the tries of today stay counted. */
int ts_contact_remove(struct ts_store *store, const char *label) TS_MUST_CHECK;

/* A copy of the verified chain: keys and tokens.  For display, any state. */
int ts_contact_chain(struct ts_store *store, struct tsw_chain *out,
    const char *label) TS_MUST_CHECK;

/*
 * The contact's keys for app, fit for use: not expired, contact verified.
 * TS_ERR_UNVERIFIED; TS_ERR_BLOCKED with the alerts in ts_store_names();
 * TS_ERR_LOCKDOWN if lockdown is on and a signer of the contact has weaker
 * evidence than fido-uv: card-attested counts once its bundle was judged good;
 * or if the directory is a log without a fresh checkpoint, then with LOG_STALE
 * in ts_store_names().
 * No key at all is TS_OK without a call of fn.
 */
int ts_contact_keys(struct ts_store *store, const char *label, enum tsw_app app,
    int (*fn)(void *arg, const struct tsw_key *key), void *arg) TS_MUST_CHECK;

/*
 * Confirmation, in two steps around the touch.  build checks proof and writes
 * the statement for the token to sign (namespace TSW_NS_CONFIRM, no PIN
 * needed); store checks the signature and keeps it.
 *
 * method and proof: LIVE: the number of a run that ts_live_result() said
 * matches (used up by store); PUBLIC_CODE: the contact's public code; QR: the
 * text of the contact's QR code; PAIR_NUMBER: the 60 digits (blanks ignored).
 * TS_ERR_MISMATCH, TS_ERR_NO_RUN, TS_ERR_BLOCKED, TS_ERR_NOT_PROVISIONED.
 */
struct ts_confirm {
	char label[TSW_LABEL_MAX + 1];
	uint32_t run;  /* 0: not by live code */
	bool live;     /* by live code ... */
	bool on_token; /* ... which this token showed, and alone can confirm */
	uint8_t token[TSW_HASH_LEN];
	size_t len;
	uint8_t statement[TSW_STATEMENT_MAX];
};

int ts_confirm_build(struct ts_store *store, struct ts_confirm *out,
    const char *label, enum tsw_method method, const char *proof) TS_MUST_CHECK;
int ts_confirm_store(struct ts_store *store, const struct ts_confirm *confirm,
    const uint8_t *sig, size_t len) TS_MUST_CHECK;

#endif
