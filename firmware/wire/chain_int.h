/* SPDX-License-Identifier: BSD-2-Clause */
/* The three parts of a chain step: order (chain.c), signatures, operations. */
#ifndef FIRMWARE_WIRE_CHAIN_INT_H
#define FIRMWARE_WIRE_CHAIN_INT_H

#include <touchstone/wire/chain.h>

/* A token that the statement itself lists for the first time. */
struct tsw_intro {
	const struct tsw_token *token;
	bool has_signed;
	uint32_t counter; /* of its signature */
};

/* What the signatures of an envelope amount to. */
struct tsw_quorum {
	struct tsw_intro intro[TSW_TOKENS_MAX_CNT];
	uint8_t intro_cnt;
	uint8_t signer_cnt;		      /* active signers that signed */
	uint8_t recovery_cnt;		      /* recovery tokens that signed */
	uint16_t listed;		      /* bit i: token i has signed */
	uint32_t counter[TSW_TOKENS_MAX_CNT]; /* of the listed tokens */
	bool counter_stale;
};

/* The tokens st introduces; nobody has signed yet. */
void tsw_quorum_init(struct tsw_quorum *q, const struct tsw_statement *st);

/*
 * Check every signature of env.  TSW_OK says that each is good and none is
 * superfluous; whether they suffice is tsw_quorum_suffices().
 */
int tsw_quorum_count(struct tsw_quorum *q, const struct tsw_chain *chain,
    const struct tsw_statement *st,
    const struct tsw_envelope *env) TSW_MUST_CHECK;
int tsw_quorum_suffices(const struct tsw_quorum *q,
    const struct tsw_chain *chain,
    const struct tsw_statement *st) TSW_MUST_CHECK;

/*
 * Change chain by a genesis or an update that is in order; hash is that of
 * the statement.  On error chain is left half changed: keep a copy.
 */
int tsw_chain_apply(struct tsw_chain *chain, const struct tsw_statement *st,
    const struct tsw_quorum *q,
    const uint8_t hash[TSW_HASH_LEN]) TSW_MUST_CHECK;

#endif
