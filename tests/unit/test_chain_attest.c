/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens that attest themselves, where a chain introduces them: SPEC 8.3. */
#include "chaintools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A chain of BLUE and SAFE, owned by the caller. */
static struct tsw_chain *
begin(void)
{
	struct tsw_chain *chain = malloc(sizeof(*chain));
	struct tsw_statement st = chain_genesis();
	struct sealed s;

	assert_non_null(chain);
	tsw_chain_init(chain);
	seal(&s, &st);
	sign(&s, BLUE);
	sign(&s, SAFE);
	assert_int_equal(tsw_chain_step(chain, NULL, &s.env, START), TSW_OK);
	return chain;
}

/* A step that must be refused and leave everything as it is. */
static void
refused(const struct tsw_chain *chain, const struct sealed *s, int want)
{
	struct tsw_chain copy = *chain;

	assert_int_equal(tsw_chain_step(&copy, NULL, &s->env, START), want);
	assert_memory_equal(&copy, chain, sizeof(copy));
}

static const struct soft_token *
device(void)
{
	static struct soft_token t;

	t = soft_token_new(TSW_ALG_ED25519, 77);
	return &t;
}

/* An enrolment or a recovery by a token that attests itself. */
static struct tsw_statement
attested(const struct tsw_chain *chain, enum tsw_op_kind kind,
    uint8_t room[TSW_ATTESTATION_LEN])
{
	struct tsw_statement st = chain_update(chain, kind);

	st.u.update.op[0].token =
	    soft_token_attested(room, &token[NEW], device(), "new");
	return st;
}

static void
seal_attested(struct sealed *s, const struct tsw_statement *st)
{
	seal(s, st);
	sign(s, st->u.update.op[0].kind == TSW_OP_RECOVER ? SAFE : BLUE);
	sign(s, NEW);
}

static void
keeps_what_was_attested(const struct tsw_chain_token *t)
{
	uint8_t want[TSW_HASH_LEN];

	assert_int_equal(t->evidence, TSW_EVIDENCE_TOKEN_STATEMENT);
	memset(want, 0x11, sizeof(want));
	assert_memory_equal(t->model, want, sizeof(t->model));
	memset(want, 0x22, sizeof(want));
	assert_memory_equal(t->image, want, sizeof(t->image));
	assert_memory_equal(t->device, device()->key.data, sizeof(t->device));
}

static void
attestations_are_checked(void **state)
{
	static const enum tsw_op_kind kind[] = {TSW_OP_ENROL_TOKEN,
	    TSW_OP_RECOVER};
	static const uint8_t zero[TSW_HASH_LEN];
	uint8_t room[TSW_ATTESTATION_LEN];
	struct tsw_chain *chain = begin();
	struct tsw_statement st;
	struct sealed s;
	size_t i, j;

	(void)state;
	for (i = 0; i < 2; i++) {
		/* A byte of model, image, device and signature. */
		for (j = 3; j < sizeof(room); j += 37) {
			st = attested(chain, kind[i], room);
			room[j] ^= 1;
			seal_attested(&s, &st);
			refused(chain, &s, TSW_ERR_ATTESTATION);
			assert_int_equal(tsw_chain_check_sigs(chain, &s.env),
			    TSW_ERR_ATTESTATION);
		}
		/* Of another key. */
		st = attested(chain, kind[i], room);
		st.u.update.op[0].token.key = token[BACKUP].key;
		seal(&s, &st);
		sign(&s, kind[i] == TSW_OP_RECOVER ? SAFE : BLUE);
		sign(&s, BACKUP);
		refused(chain, &s, TSW_ERR_ATTESTATION);
		st = attested(chain, kind[i], room);
		seal_attested(&s, &st);
		assert_int_equal(tsw_chain_check_sigs(chain, &s.env), TSW_OK);
	}
	assert_memory_equal(chain->token[0].image, zero, sizeof(zero));
	st = attested(chain, TSW_OP_RECOVER, room);
	seal_attested(&s, &st);
	assert_int_equal(tsw_chain_step(chain, NULL, &s.env, START), TSW_OK);
	keeps_what_was_attested(&chain->recovery);
	assert_true(tsw_chain_settle(chain, START + 72 * HOUR));
	keeps_what_was_attested(&chain->token[chain->token_cnt - 1]);
	free(chain);
}

static void
a_genesis_of_attested_tokens(void **state)
{
	uint8_t room[2][TSW_ATTESTATION_LEN];
	struct tsw_statement st = chain_genesis();
	struct tsw_chain *chain = malloc(sizeof(*chain));
	struct sealed s;
	size_t i;

	(void)state;
	assert_non_null(chain);
	for (i = 0; i < 3; i++) {
		tsw_chain_init(chain);
		st = chain_genesis();
		st.u.genesis.token[0] = soft_token_attested(room[0],
		    &token[BLUE], device(), "blue");
		st.u.genesis.token[1] = soft_token_attested(room[1],
		    &token[SAFE], device(), "safe");
		st.u.genesis.token[1].role = TSW_ROLE_RECOVERY;
		if (i < 2)
			room[i][TSW_ATTESTATION_LEN - 1] ^= 1;
		seal(&s, &st);
		sign(&s, BLUE);
		sign(&s, SAFE);
		if (i < 2) {
			refused(chain, &s, TSW_ERR_ATTESTATION);
			continue;
		}
		assert_int_equal(tsw_chain_step(chain, NULL, &s.env, START),
		    TSW_OK);
		keeps_what_was_attested(&chain->token[0]);
		keeps_what_was_attested(&chain->token[1]);
	}
	free(chain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(attestations_are_checked),
	    cmocka_unit_test(a_genesis_of_attested_tokens),
	};

	return cmocka_run_group_tests(tests, chain_setup, NULL);
}
