/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The identity chain as one pure state machine: bytes in, state out, no I/O
 * and no clock.  SPEC section 8 has the rules and the table of states.
 *
 * A struct tsw_chain is a plain value: it owns no memory and may be copied.
 * A step that fails leaves it unchanged.  It has about 44 KB, and a step takes
 * as much stack.
 */
#ifndef TOUCHSTONE_WIRE_CHAIN_H
#define TOUCHSTONE_WIRE_CHAIN_H

#include <touchstone/wire/sshsig.h>
#include <touchstone/wire/statement.h>

enum tsw_chain_state {
	TSW_CHAIN_EMPTY = 0,	 /* waits for a genesis */
	TSW_CHAIN_ACTIVE = 1,	 /* takes updates */
	TSW_CHAIN_RECOVERING = 2 /* takes a veto, or updates once unlocked */
};

struct tsw_chain_token {
	struct tsw_pubkey key;
	uint8_t id[TSW_HASH_LEN];
	enum tsw_role role;
	enum tsw_evidence evidence;
	/* With evidence token-statement, as attested; else zero. */
	uint8_t model[TSW_MODEL_LEN];
	uint8_t image[TSW_HASH_LEN];
	uint8_t device[TSW_HASH_LEN];
	/* With evidence card-attested: of its bundle; else zero. */
	uint8_t bundle[TSW_HASH_LEN];
	uint8_t name_len;
	uint8_t name[TSW_NAME_MAX];
	uint32_t counter; /* highest seen in this chain */
};

struct tsw_chain_key {
	uint8_t id[TSW_HASH_LEN];
	enum tsw_app app;
	enum tsw_key_type type;
	uint8_t proto;
	uint8_t device_len;
	uint8_t device[TSW_NAME_MAX];
	uint16_t data_len;
	uint8_t data[TSW_KEY_DATA_MAX];
	uint64_t expires;
	uint32_t seq; /* of the statement that added it */
};

struct tsw_chain {
	enum tsw_chain_state state;
	uint8_t id[TSW_ID_LEN];
	uint8_t head[TSW_HASH_LEN]; /* hash of the last statement */
	uint32_t seq;		    /* of the last statement */
	uint64_t time;		    /* of the last statement */
	uint8_t label_len;
	uint8_t label[TSW_LABEL_MAX];
	uint8_t threshold;
	uint16_t timelock_h;
	uint8_t min_proto; /* 0: verification is off */
	uint8_t token_cnt;
	struct tsw_chain_token token[TSW_TOKENS_MAX_CNT];
	uint64_t recovery_from;		 /* seen time of the recover op */
	struct tsw_chain_token recovery; /* the token that will replace all */
	uint8_t key_cnt;
	struct tsw_chain_key key[TSW_KEYS_MAX_CNT]; /* last: it is large */
};

/* What a step tells beside its result: not errors, but worth an alert. */
struct tsw_step {
	uint8_t hash[TSW_HASH_LEN]; /* of the statement */
	uint8_t signer_cnt;	    /* active signers that signed */
	bool counter_stale; /* a token's counter did not rise: a clone? */
	bool recovered;	    /* a pending recovery took effect first */
};

void tsw_chain_init(struct tsw_chain *chain);

/*
 * Check env against chain and, if every rule holds, move on by it.  seen is
 * the time (seconds since 1970) at which the statement was first seen in the
 * log; it only matters for the time-lock.  step may be NULL.
 */
int tsw_chain_step(struct tsw_chain *chain, struct tsw_step *step,
    const struct tsw_envelope *env, uint64_t seen) TSW_MUST_CHECK;

/*
 * The same without signatures: what the chain would become.  For the owner's
 * agent, which builds a statement before any token has signed it.
 */
int tsw_chain_preview(struct tsw_chain *chain, struct tsw_slice statement,
    uint64_t seen) TSW_MUST_CHECK;

/*
 * Whether env still needs signatures: TSW_OK when complete, TSW_ERR_THRESHOLD
 * or TSW_ERR_UNSIGNED_TOKEN when valid so far, else what is wrong with it.
 * Settle the chain first.  A confirmation is checked too: one signer of the
 * chain must have signed it.  It may speak of the chain's head or of an older
 * one; give the chain as it was at that seq, or a token retired since is
 * TSW_ERR_UNKNOWN_SIGNER.
 */
int tsw_chain_check_sigs(const struct tsw_chain *chain,
    const struct tsw_envelope *env) TSW_MUST_CHECK;

/* Let a recovery whose time-lock ended at or before now take effect. */
bool tsw_chain_settle(struct tsw_chain *chain, uint64_t now);

/* Index of the token or key with this id; -1 if none is listed. */
int tsw_chain_find_token(const struct tsw_chain *chain,
    const uint8_t id[TSW_HASH_LEN]);
int tsw_chain_find_key(const struct tsw_chain *chain,
    const uint8_t id[TSW_HASH_LEN]);

#endif
