/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens and statements that the tests of the chain share. */
#ifndef TESTS_UNIT_CHAINTOOLS_H
#define TESTS_UNIT_CHAINTOOLS_H

#include <touchstone/wire/chain.h>

#include "softtoken.h"

#define HOUR 3600u
#define START 1000000u

enum { BLUE, BACKUP, CARD, SAFE, NEW, STRANGER, TOKENS };

extern struct soft_token token[TOKENS];

/* An envelope with the bytes it points into. */
struct sealed {
	struct tsw_envelope env;
	uint8_t statement[TSW_STATEMENT_MAX];
	uint8_t sig[4][TSW_SSHSIG_MAX];
};

/* Group set-up: makes the tokens. */
int chain_setup(void **state);

void seal(struct sealed *s, const struct tsw_statement *st);
void sign_as(struct sealed *s, int who, enum tsw_ns ns, uint8_t flags);
void sign(struct sealed *s, int who);

/* BLUE is signer, SAFE for recovery. */
struct tsw_statement chain_genesis(void);
/* An update that follows chain, with one operation of this kind. */
struct tsw_statement chain_update(const struct tsw_chain *chain,
    enum tsw_op_kind kind);
struct tsw_statement chain_confirm(const struct tsw_chain *chain);
struct tsw_statement chain_import(const struct tsw_chain *chain);

#endif
