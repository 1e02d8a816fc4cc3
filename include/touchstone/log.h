/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The transparency log of the user's directory (SPEC 13, 14, 16): what is known
 * of it, by whose word, and proofs that hold without a network.
 *
 * Functions that ask the directory need a courier (courier.h) and can end with
 * TS_ERR_WAITING: call them again then.  What a log did wrong raises its alert
 * and is TS_ERR_LOG_*.
 */
#ifndef TOUCHSTONE_LOG_H
#define TOUCHSTONE_LOG_H

#include <touchstone/store.h>
#include <touchstone/text.h>

#define TS_LOG_POLICY_MAX 65536 /* bytes of a policy */
#define TS_LOG_ORIGIN_MAX 128
#define TS_LOG_AWAY_S 3600 /* seconds without an answer: DIRECTORY_AWAY */

struct ts_log {
	bool set; /* the directory is a log; else all is zeros */
	char origin[TS_LOG_ORIGIN_MAX + 1]; /* of the first log of the policy */
	size_t logs, witnesses;		    /* that the policy names */
	bool alone;			    /* the policy asks for no witness */

	bool known; /* a checkpoint was accepted; what follows is of the last */
	uint64_t size;
	uint8_t root[TSW_HASH_LEN];
	uint8_t origin_hash[TSW_HASH_LEN];
	uint64_t time;	 /* when its quorum held at the latest; 0 if alone */
	uint64_t looked; /* the last answer that held; 0: never */
	bool fresh;	 /* it may be relied on now: SPEC 13.4 rule 3 */
};

void ts_log_get(struct ts_store *store, struct ts_log *out);
/* The policy, as the user accepted it.  TS_ERR_NOT_FOUND: there is none. */
int ts_log_policy(struct ts_store *store, struct ts_text *out) TS_MUST_CHECK;
/* The last accepted checkpoint, a signed note.  TS_ERR_NOT_FOUND. */
int ts_log_note(struct ts_store *store, struct ts_text *out) TS_MUST_CHECK;

/*
 * The policy that the directory at url offers.  Nobody vouches for it but
 * TLS: show it, and ask.  TS_ERR_LOG_POLICY: it is none; TS_ERR_ARGUMENT.
 */
int ts_log_offer(struct ts_store *store, struct ts_text *out,
    const char *url) TS_MUST_CHECK;

/* A policy in words that can be counted: for who has to accept it. */
struct ts_log_terms {
	char origin[TS_LOG_ORIGIN_MAX + 1];
	size_t logs, witnesses;
	bool alone;
	size_t line; /* where it is wrong, from 1; 0: at the end */
};
/* TS_ERR_LOG_POLICY with out->line; TS_ERR_NO_MEMORY. */
int ts_log_terms(struct ts_log_terms *out, const char *policy) TS_MUST_CHECK;

/*
 * Use the directory at url from now on.  policy: for a URL of the network;
 * else NULL.  With another URL the own chain has to be published anew
 * (ts_own_publish), and contacts are looked up there from their first record.
 * With the same URL only the policy changes: what is known of the log stays, if
 * its key does.  TS_ERR_ARGUMENT, _LOG_POLICY, _NOT_INITIALISED.
 */
int ts_log_set(struct ts_store *store, const char *url,
    const char *policy) TS_MUST_CHECK;

/*
 * For the genesis that is published next: what the operator gave the user, up
 * to 64 printable characters; "" forgets it.  TS_ERR_ARGUMENT.
 */
int ts_log_invitation(struct ts_store *store, const char *text) TS_MUST_CHECK;

/* Get and accept the latest checkpoint. */
int ts_log_refresh(struct ts_store *store) TS_MUST_CHECK;

/*
 * The root at size, as the log proves it to be a prefix of the last accepted
 * checkpoint.  TSW_ERR_STALE: size is beyond that; refresh.
 */
int ts_log_root_at(struct ts_store *store, uint64_t size,
    uint8_t root[TSW_HASH_LEN]) TS_MUST_CHECK;

/*
 * What the directory says of label now, as the text of a proof file.
 * TS_ERR_UNKNOWN_LABEL, _TOO_MANY_RECORDS (more than one page holds).
 */
int ts_log_proof(struct ts_store *store, struct ts_text *out,
    const char *label) TS_MUST_CHECK;

/* What a proof file proves. */
struct ts_log_proof {
	char origin[TS_LOG_ORIGIN_MAX + 1];
	uint64_t size;
	uint64_t time;	  /* when the quorum held at the latest; 0 if alone */
	size_t witnesses; /* of the policy that cosigned it */
	char label[TSW_LABEL_MAX + 1];
	uint32_t first, records; /* numbers first..first + records - 1 */
	bool whole;		 /* from record 0 on ... */
	/* ... and then the last identity, by the rules of SPEC 8: */
	uint8_t id[TSW_ID_LEN];
	uint32_t seq;
	uint8_t head[TSW_HASH_LEN];
};

/*
 * No store, no network.  Age is not checked: out->time says it.
 * TS_ERR_LOG_*, TS_ERR_DIRECTORY_FORMAT (a record is none), TSW_ERR_* (a
 * record does not follow the one before).
 */
int ts_log_verify(struct ts_log_proof *out, const char *policy,
    struct tsw_slice text) TS_MUST_CHECK;

#endif
