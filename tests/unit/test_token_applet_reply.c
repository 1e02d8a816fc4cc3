/* SPDX-License-Identifier: BSD-2-Clause */
/* What a token with the applet may not get away with. */
#include "token/applet_reply.h"

#include "softtoken.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t text[] = "any bytes: what they say is checked elsewhere";
static const enum tsw_alg algs[] = {TSW_ALG_SK_ED25519, TSW_ALG_SK_P256};

struct scene {
	struct soft_token token, device;
	struct ts_token_request req;
	struct ts_token_applet info;
	struct ts_applet_answer answer;
};

static void
set_attestation(struct scene *s, const uint8_t *challenge)
{
	struct ts_token_attestation *out = &s->answer.attestation;
	struct tsw_attestation a =
	    soft_token_attest(&s->token, &s->device, challenge);
	struct tsw_wr wr;

	tsw_wr_init(&wr, out->cbor, sizeof(out->cbor));
	assert_int_equal(tsw_attestation_encode(&wr, &a), TSW_OK);
	out->len = (uint16_t)tsw_wr_len(&wr);
	memcpy(s->info.model, a.model, sizeof(a.model));
	memcpy(s->info.image, a.image, sizeof(a.image));
}

static struct scene
scene(enum tsw_alg alg, enum tsw_ns ns, uint8_t flags)
{
	struct scene s;
	struct tsw_sshsig sig;

	memset(&s, 0, sizeof(s));
	s.token = soft_token_new(alg, 1);
	s.device = soft_token_new(TSW_ALG_ED25519, 2);
	s.req.key_cnt = 1;
	s.req.key[0].key = s.token.key;
	s.req.statement = (struct tsw_slice){text, sizeof(text)};
	memset(s.req.value, 0x33, sizeof(s.req.value));
	sig = soft_token_sign(&s.token, ns, s.req.statement, flags, 7);
	memcpy(s.answer.sig, sig.sig, sizeof(sig.sig));
	s.answer.flags = flags;
	s.answer.counter = 7;
	s.answer.key = s.token.key;
	set_attestation(&s, NULL);
	return s;
}

static int
check_signed(const struct scene *s, enum tsw_ns ns, bool with_uv)
{
	struct ts_token_signed out = {.len = 0};
	int r = ts_applet_signed_check(&out, &s->req, ns, with_uv, &s->answer);

	assert_int_equal(out.len != 0, r == TS_OK);
	return r;
}

static void
true_signatures_come_out(void **state)
{
	struct ts_token_signed out;
	struct tsw_sshsig sig;
	struct scene s;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		s = scene(algs[i], TSW_NS_ID_IMPORT, SOFT_UP_UV);
		assert_int_equal(ts_applet_signed_check(&out, &s.req,
				     TSW_NS_ID_IMPORT, true, &s.answer),
		    TS_OK);
		assert_int_equal(tsw_sshsig_decode(&sig, out.sshsig, out.len),
		    TSW_OK);
		assert_int_equal(tsw_sshsig_verify(&sig, TSW_NS_ID_IMPORT, true,
				     s.req.statement),
		    TSW_OK);
		assert_int_equal(sig.counter, 7);
		s = scene(algs[i], TSW_NS_ID_CONFIRM, SOFT_UP);
		assert_int_equal(check_signed(&s, TSW_NS_ID_CONFIRM, false),
		    TS_OK);
	}
}

static void
false_signatures_do_not(void **state)
{
	struct scene s;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		s = scene(algs[i], TSW_NS_ID_STATEMENT, SOFT_UP_UV);
		assert_int_equal(check_signed(&s, TSW_NS_ID_IMPORT, true),
		    TS_ERR_TOKEN_LIED);
		s.answer.sig[40] ^= 1;
		assert_int_equal(check_signed(&s, TSW_NS_ID_STATEMENT, true),
		    TS_ERR_TOKEN_LIED);
		s = scene(algs[i], TSW_NS_ID_STATEMENT, SOFT_UP_UV);
		s.answer.counter++;
		assert_int_equal(check_signed(&s, TSW_NS_ID_STATEMENT, true),
		    TS_ERR_TOKEN_LIED);
		s = scene(algs[i], TSW_NS_ID_STATEMENT, SOFT_UP_UV);
		s.req.key[0].key = soft_token_new(algs[i], 9).key;
		assert_int_equal(check_signed(&s, TSW_NS_ID_STATEMENT, true),
		    TS_ERR_TOKEN_LIED);
	}
}

static void
flags_are_those_of_the_command(void **state)
{
	static const struct {
		uint8_t flags;
		bool with_uv;
		int err;
	} cases[] = {
	    {SOFT_UP_UV, true, TS_OK},
	    {SOFT_UP, false, TS_OK},
	    {SOFT_UP, true, TSW_ERR_NO_UV},
	    {SOFT_UP_UV, false, TSW_ERR_FLAGS},
	    {TSW_FLAG_UV, true, TSW_ERR_NO_TOUCH},
	    {0, false, TSW_ERR_NO_TOUCH},
	    {SOFT_UP_UV | TSW_FLAG_BE, true, TSW_ERR_BACKUP_KEY},
	    {SOFT_UP_UV | TSW_FLAG_ED, true, TSW_ERR_FLAGS},
	    {SOFT_UP | 0x02, false, TSW_ERR_FLAGS},
	};
	struct scene s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = scene(TSW_ALG_SK_ED25519, TSW_NS_ID_CONFIRM,
		    cases[i].flags);
		assert_int_equal(check_signed(&s, TSW_NS_ID_CONFIRM,
				     cases[i].with_uv),
		    cases[i].err);
	}
}

/* Signed all the same: the key has no counter, which ours has. */
static void
a_counter_of_zero_is_a_lie(void **state)
{
	struct scene s = scene(TSW_ALG_SK_ED25519, TSW_NS_ID_CONFIRM, SOFT_UP);
	struct tsw_sshsig sig;

	(void)state;
	sig = soft_token_sign(&s.token, TSW_NS_ID_CONFIRM, s.req.statement,
	    SOFT_UP, 0);
	memcpy(s.answer.sig, sig.sig, sizeof(sig.sig));
	s.answer.counter = 0;
	assert_int_equal(check_signed(&s, TSW_NS_ID_CONFIRM, false),
	    TS_ERR_TOKEN_LIED);
}

static void
keys_are_compared_whole(void **state)
{
	struct scene s = scene(TSW_ALG_SK_P256, TSW_NS_ID_CONFIRM, SOFT_UP);

	(void)state;
	assert_int_equal(ts_applet_key_check(&s.token.key, &s.answer), TS_OK);
	s.answer.key.data[64] ^= 1;
	assert_int_equal(ts_applet_key_check(&s.token.key, &s.answer),
	    TS_ERR_TOKEN_LIED);
	s.answer.key = soft_token_new(TSW_ALG_SK_ED25519, 1).key;
	assert_int_equal(ts_applet_key_check(&s.token.key, &s.answer),
	    TS_ERR_TOKEN_LIED);
}

static int
check_created(const struct scene *s, enum tsw_alg alg)
{
	struct ts_token_created out;

	return ts_applet_created_check(&out, alg, &s->info, &s->answer);
}

static void
created_keys_are_attested(void **state)
{
	struct ts_token_created out;
	uint8_t id[TSW_ID_LEN];
	struct scene s;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		s = scene(algs[i], TSW_NS_ID_CONFIRM, SOFT_UP);
		assert_int_equal(ts_applet_created_check(&out, algs[i], &s.info,
				     &s.answer),
		    TS_OK);
		tsw_token_id(id, &s.token.key);
		assert_int_equal(out.id_len, sizeof(id));
		assert_memory_equal(out.id, id, sizeof(id));
		assert_int_equal(out.kind, TS_TOKEN_KIND_STATEMENT);
		assert_true(out.uv && out.attested);
		assert_int_equal(out.attestation.len, TSW_ATTESTATION_LEN);
		assert_memory_equal(out.aaguid, s.info.model, 16);

		assert_int_equal(check_created(&s, algs[1 - i]),
		    TS_ERR_TOKEN_LIED);
		s.info.image[0] ^= 1;
		assert_int_equal(check_created(&s, algs[i]), TS_ERR_TOKEN_LIED);
		s.info.image[0] ^= 1;
		s.info.model[0] ^= 1;
		assert_int_equal(check_created(&s, algs[i]), TS_ERR_TOKEN_LIED);
		s.info.model[0] ^= 1;
		s.answer.key = soft_token_new(algs[i], 9).key;
		assert_int_equal(check_created(&s, algs[i]), TS_ERR_TOKEN_LIED);
		s.answer.key = s.token.key;
		s.answer.attestation.len--;
		assert_int_equal(check_created(&s, algs[i]), TS_ERR_TOKEN_IO);
		set_attestation(&s, s.req.value);
		assert_int_equal(check_created(&s, algs[i]), TS_ERR_TOKEN_LIED);
	}
}

static void
attestations_have_the_challenge(void **state)
{
	struct ts_token_attestation out;
	struct scene s = scene(TSW_ALG_SK_ED25519, TSW_NS_ID_CONFIRM, SOFT_UP);

	(void)state;
	assert_int_equal(ts_applet_attest_check(&out, &s.req, &s.info,
			     &s.answer),
	    TS_ERR_TOKEN_LIED); /* none at all */
	set_attestation(&s, s.req.value);
	assert_int_equal(ts_applet_attest_check(&out, &s.req, &s.info,
			     &s.answer),
	    TS_OK);
	assert_memory_equal(&out, &s.answer.attestation, sizeof(out));
	s.req.value[31] ^= 1;
	assert_int_equal(ts_applet_attest_check(&out, &s.req, &s.info,
			     &s.answer),
	    TS_ERR_TOKEN_LIED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(true_signatures_come_out),
	    cmocka_unit_test(false_signatures_do_not),
	    cmocka_unit_test(flags_are_those_of_the_command),
	    cmocka_unit_test(a_counter_of_zero_is_a_lie),
	    cmocka_unit_test(keys_are_compared_whole),
	    cmocka_unit_test(created_keys_are_attested),
	    cmocka_unit_test(attestations_have_the_challenge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
