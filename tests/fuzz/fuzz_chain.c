/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A chain that is given any statements: u16 length, u8 hours that passed, the
 * statement, again and again.  Its seq, hashes and time are put right first,
 * or hardly any would pass.  Bounds and invariants of SPEC section 8 hold
 * after every step, and a refused one changes nothing.
 */
#include <touchstone/wire/chain.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_invariants(const struct tsw_chain *chain)
{
	size_t i, signers = 0;

	assert(chain->token_cnt <= TSW_TOKENS_MAX_CNT);
	assert(chain->key_cnt <= TSW_KEYS_MAX_CNT);
	if (chain->state == TSW_CHAIN_EMPTY)
		return;
	for (i = 0; i < chain->token_cnt; i++) {
		signers += chain->token[i].role == TSW_ROLE_SIGNER;
		assert(
		    tsw_chain_find_token(chain, chain->token[i].id) == (int)i);
	}
	assert(chain->threshold >= 1 && signers >= chain->threshold);
	for (i = 0; i < chain->key_cnt; i++) {
		assert(chain->key[i].proto >= chain->min_proto);
		assert(chain->key[i].seq <= chain->seq);
		assert(tsw_chain_find_key(chain, chain->key[i].id) == (int)i);
	}
}

/* Make an update follow the chain. */
static void
adjust(struct tsw_statement *st, const struct tsw_chain *chain)
{
	if (st->kind != TSW_KIND_UPDATE)
		return;
	if (st->time < chain->time)
		st->time = chain->time;
	st->u.update.seq = chain->seq + 1;
	memcpy(st->u.update.identity, chain->id, TSW_ID_LEN);
	memcpy(st->u.update.prev, chain->head, TSW_HASH_LEN);
}

static void
give(struct tsw_chain *chain, const uint8_t *p, size_t len, uint64_t seen)
{
	static struct tsw_chain before;
	struct tsw_statement st;
	uint8_t b[TSW_STATEMENT_MAX];
	struct tsw_slice s = {b, 0};
	struct tsw_envelope env;
	struct tsw_wr wr;
	int r;

	if (tsw_statement_decode(&st, p, len) != TSW_OK)
		return;
	adjust(&st, chain);
	tsw_wr_init(&wr, b, sizeof(b));
	if (tsw_statement_encode(&wr, &st) != TSW_OK)
		return; /* a longer seq or time may not fit */
	s.len = tsw_wr_len(&wr);
	memset(&env, 0, sizeof(env));
	env.statement = s;
	before = *chain;
	/* Nobody signed. */
	assert(tsw_chain_step(chain, NULL, &env, seen) != TSW_OK);
	assert(tsw_chain_check_sigs(chain, &env) != TSW_OK);
	assert(memcmp(chain, &before, sizeof(before)) == 0);
	r = tsw_chain_preview(chain, s, seen);
	assert(r == TSW_OK || memcmp(chain, &before, sizeof(before)) == 0);
	check_invariants(chain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct tsw_chain chain;
	const uint8_t *p;
	uint64_t seen = 0;
	struct tsw_rd rd;
	size_t n;

	tsw_chain_init(&chain);
	tsw_rd_init(&rd, data, len);
	while (!rd.bad && rd.left > 0) {
		n = tsw_rd_u16(&rd);
		seen += tsw_rd_u8(&rd) * 3600u;
		p = tsw_rd_view(&rd, n);
		if (p != NULL)
			give(&chain, p, n, seen);
	}
	return 0;
}
