/* SPDX-License-Identifier: BSD-2-Clause */
/* What the helper believes of a token's reply: nothing that it can check. */
#include "token/reply.h"

#include "softtoken.h"

#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t statement[TSW_STATEMENT_MAX];
static size_t statement_len;

/* A signed reply, as bytes that a test may change. */
struct made {
	struct soft_token token;
	struct ts_token_request req;
	uint8_t auth[64], sig[80];
	struct ts_reply_assertion reply;
};

static int
make_statement(void **state)
{
	struct soft_token t = soft_token_new(TSW_ALG_SK_ED25519, 1);
	struct tsw_statement st;
	struct tsw_wr wr;

	(void)state;
	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_GENESIS;
	st.time = 1767225600;
	st.u.genesis.label = soft_slice("alice@example.org");
	st.u.genesis.token[0] = soft_token_entry(&t, "daily");
	st.u.genesis.token_cnt = 1;
	st.u.genesis.threshold = 1;
	st.u.genesis.timelock_h = TSW_TIMELOCK_DEFAULT_H;
	tsw_wr_init(&wr, statement, sizeof(statement));
	if (tsw_statement_encode(&wr, &st) != TSW_OK)
		return -1;
	statement_len = tsw_wr_len(&wr);
	return 0;
}

static void
put_der_integer(struct tsw_wr *wr, const uint8_t *p)
{
	size_t len = 32;

	while (len > 1 && p[0] == 0) {
		p++;
		len--;
	}
	tsw_wr_u8(wr, 0x02);
	tsw_wr_u8(wr, (uint8_t)(len + (p[0] >> 7)));
	if ((p[0] & 0x80) != 0)
		tsw_wr_u8(wr, 0);
	tsw_wr_bytes(wr, p, len);
}

static size_t
put_der(uint8_t *out, size_t size, const uint8_t rs[64])
{
	uint8_t body[80];
	struct tsw_wr wr, outer;

	tsw_wr_init(&wr, body, sizeof(body));
	put_der_integer(&wr, rs);
	put_der_integer(&wr, rs + 32);
	tsw_wr_init(&outer, out, size);
	tsw_wr_u8(&outer, 0x30);
	tsw_wr_u8(&outer, (uint8_t)tsw_wr_len(&wr));
	tsw_wr_bytes(&outer, body, tsw_wr_len(&wr));
	assert_false(outer.full);
	return tsw_wr_len(&outer);
}

/* What an honest token with these flags answers to a SIGN. */
static void
make(struct made *m, enum tsw_alg alg, uint8_t flags)
{
	static const uint8_t id[] = "a credential";
	const struct tsw_slice app = soft_slice(TSW_APPLICATION);
	struct tsw_sshsig sig;
	struct tsw_wr wr;

	memset(m, 0, sizeof(*m));
	m->token = soft_token_new(alg, 1);
	m->req.op = TS_TOKEN_MSG_SIGN;
	m->req.key_cnt = 1;
	m->req.key[0].id = (struct tsw_slice){id, sizeof(id)};
	m->req.key[0].key = m->token.key;
	m->req.ns = TSW_NS_ID_STATEMENT;
	m->req.need_uv = true;
	m->req.statement = (struct tsw_slice){statement, statement_len};

	sig = soft_token_sign(&m->token, TSW_NS_ID_STATEMENT, m->req.statement,
	    flags, 42);
	tsw_wr_init(&wr, m->auth, sizeof(m->auth));
	tsw_sha256(m->auth, &app, 1);
	wr.len = 32;
	tsw_wr_u8(&wr, flags);
	tsw_wr_u32(&wr, 42);
	m->reply.auth = (struct tsw_slice){m->auth, tsw_wr_len(&wr)};
	m->reply.sig.p = m->sig;
	m->reply.sig.len = TSW_SIG_LEN;
	if (alg == TSW_ALG_SK_P256)
		m->reply.sig.len = put_der(m->sig, sizeof(m->sig), sig.sig);
	else
		memcpy(m->sig, sig.sig, TSW_SIG_LEN);
}

static int
sign(const struct made *m)
{
	struct ts_token_signed out;
	struct tsw_sshsig sig;
	int r;

	memset(&out, 0xee, sizeof(out));
	r = ts_reply_sign(&out, &m->req, &m->reply);
	if (r != TS_OK) {
		assert_int_equal(out.len, 0xeeee); /* untouched */
		return r;
	}
	assert_int_equal(tsw_sshsig_decode(&sig, out.sshsig, out.len), TSW_OK);
	assert_int_equal(tsw_sshsig_verify(&sig, m->req.ns, m->req.need_uv,
			     m->req.statement),
	    TSW_OK);
	assert_int_equal(sig.counter, 42);
	return TS_OK;
}

static const enum tsw_alg algs[] = {TSW_ALG_SK_ED25519, TSW_ALG_SK_P256};

static void
honest_signatures_pass(void **state)
{
	struct made m;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		make(&m, algs[i], SOFT_UP_UV);
		assert_int_equal(sign(&m), TS_OK);
		/* UV may be there although nobody asked for it. */
		m.req.need_uv = false;
		assert_int_equal(sign(&m), TS_OK);
	}
}

/* Each is properly signed; only what it says is not acceptable. */
static void
flags_are_named(void **state)
{
	static const struct {
		uint8_t flags;
		int err;
	} cases[] = {
	    {TSW_FLAG_UV, TSW_ERR_NO_TOUCH},
	    {0, TSW_ERR_NO_TOUCH},
	    {TSW_FLAG_UP, TSW_ERR_NO_UV},
	    {SOFT_UP_UV | TSW_FLAG_BE, TSW_ERR_BACKUP_KEY},
	    {SOFT_UP_UV | TSW_FLAG_BE | TSW_FLAG_BS, TSW_ERR_BACKUP_KEY},
	    {SOFT_UP_UV | TSW_FLAG_AT, TSW_ERR_FLAGS},
	    {SOFT_UP_UV | TSW_FLAG_ED, TSW_ERR_FLAGS},
	};
	struct made m;
	size_t i, j;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (j = 0; j < sizeof(cases) / sizeof(cases[0]); j++) {
			make(&m, algs[i], cases[j].flags);
			assert_int_equal(sign(&m), cases[j].err);
		}
	}
}

static void
other_applications_are_refused(void **state)
{
	struct made m;

	(void)state;
	make(&m, TSW_ALG_SK_ED25519, SOFT_UP_UV);
	m.auth[31] ^= 1;
	assert_int_equal(sign(&m), TSW_ERR_APPLICATION);
}

/* An SSHSIG has no room for what would follow the counter. */
static void
auth_data_has_37_bytes(void **state)
{
	struct made m;
	size_t n;

	(void)state;
	make(&m, TSW_ALG_SK_ED25519, SOFT_UP_UV);
	assert_int_equal(m.reply.auth.len, TS_AUTH_LEN);
	m.reply.auth.len = 38;
	assert_int_equal(sign(&m), TSW_ERR_FLAGS);
	for (n = 0; n < TS_AUTH_LEN; n++) {
		m.reply.auth.len = n;
		assert_int_equal(sign(&m), TS_ERR_TOKEN_IO);
	}
}

static void
lies_are_called_so(void **state)
{
	struct soft_token other;
	struct made m;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		/* Another key than the one asked for. */
		other = soft_token_new(algs[i], 2);
		make(&m, algs[i], SOFT_UP_UV);
		m.req.key[0].key = other.key;
		assert_int_equal(sign(&m), TS_ERR_TOKEN_LIED);
		/* Another counter than was signed. */
		make(&m, algs[i], SOFT_UP_UV);
		m.auth[36] ^= 1;
		assert_int_equal(sign(&m), TS_ERR_TOKEN_LIED);
		/* Other data than was asked for. */
		make(&m, algs[i], SOFT_UP_UV);
		m.req.statement.len--;
		assert_int_equal(sign(&m), TS_ERR_TOKEN_LIED);
	}
}

/* n - s is as good as s: tokens send either, only the lower one gets out. */
static void
high_s_is_brought_down(void **state)
{
	static const uint8_t n[32] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
	    0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25,
	    0x51};
	uint8_t rs[TSW_SIG_LEN];
	struct made m;
	int i, v, borrow = 0;

	(void)state;
	make(&m, TSW_ALG_SK_P256, SOFT_UP_UV);
	assert_int_equal(ts_reply_der(rs, m.reply.sig.p, m.reply.sig.len),
	    TS_OK);
	assert_true(rs[32] < 0x80);
	for (i = 31; i >= 0; i--) {
		v = n[i] - rs[32 + i] - borrow;
		borrow = v < 0 ? 1 : 0;
		rs[32 + i] = (uint8_t)(v & 0xff);
	}
	assert_true(rs[32] >= 0x7f);
	m.reply.sig.len = put_der(m.sig, sizeof(m.sig), rs);
	assert_int_equal(sign(&m), TS_OK);
}

static void
signatures_that_are_none_are_refused(void **state)
{
	struct made m;

	(void)state;
	make(&m, TSW_ALG_SK_ED25519, SOFT_UP_UV);
	m.reply.sig.len--;
	assert_int_equal(sign(&m), TS_ERR_TOKEN_IO);
	m.reply.sig.len = 0;
	assert_int_equal(sign(&m), TS_ERR_TOKEN_IO);
	make(&m, TSW_ALG_SK_P256, SOFT_UP_UV);
	m.reply.sig.len--;
	assert_int_equal(sign(&m), TS_ERR_TOKEN_IO);
	make(&m, TSW_ALG_SK_P256, SOFT_UP_UV);
	m.reply.sig.len++;
	assert_int_equal(sign(&m), TS_ERR_TOKEN_IO);
}

static void
der_is_strict(void **state)
{
	static const struct {
		const char *what;
		size_t len;
		uint8_t der[9];
	} bad[] = {
	    {"empty", 0, {0}},
	    {"no sequence", 8, {0x31, 6, 2, 1, 1, 2, 1, 1}},
	    {"sequence too short", 8, {0x30, 5, 2, 1, 1, 2, 1, 1}},
	    {"sequence too long", 8, {0x30, 7, 2, 1, 1, 2, 1, 1}},
	    {"no integer", 8, {0x30, 6, 3, 1, 1, 2, 1, 1}},
	    {"empty integer", 7, {0x30, 5, 2, 0, 2, 1, 1}},
	    {"negative", 8, {0x30, 6, 2, 1, 0x80, 2, 1, 1}},
	    {"zero too many", 9, {0x30, 7, 2, 2, 0, 1, 2, 1, 1}},
	    {"trailing", 9, {0x30, 7, 2, 1, 1, 2, 1, 1, 0}},
	    {"one integer", 5, {0x30, 3, 2, 1, 1}},
	    {"long length", 9, {0x30, 0x81, 6, 2, 1, 1, 2, 1, 1}},
	};
	static const uint8_t good[] = {0x30, 6, 2, 1, 1, 2, 1, 2};
	uint8_t big[3 + 34 + 4] = {0x30, 39, 2, 34}, out[TSW_SIG_LEN];
	size_t i;

	(void)state;
	assert_int_equal(ts_reply_der(out, good, sizeof(good)), TS_OK);
	assert_int_equal(out[31], 1);
	assert_int_equal(out[63], 2);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(out, 0xee, sizeof(out));
		if (ts_reply_der(out, bad[i].der, bad[i].len) != TSW_ERR_FORMAT)
			fail_msg("%s was accepted", bad[i].what);
		assert_int_equal(out[0], 0xee);
	}
	big[4] = 1; /* 34 bytes: more than any scalar */
	big[38] = 2;
	big[39] = 1;
	assert_int_equal(ts_reply_der(out, big, sizeof(big)), TSW_ERR_FORMAT);
}

static void
only_statements_of_the_purpose_are_signed(void **state)
{
	struct made m;

	(void)state;
	make(&m, TSW_ALG_SK_ED25519, SOFT_UP_UV);
	assert_int_equal(ts_reply_statement_check(&m.req), TS_OK);
	m.req.ns = TSW_NS_ID_CONFIRM;
	assert_int_equal(ts_reply_statement_check(&m.req), TSW_ERR_KIND);
	m.req.ns = TSW_NS_ID_STATEMENT;
	m.req.statement.len--;
	assert_int_not_equal(ts_reply_statement_check(&m.req), TS_OK);
	m.req.statement = soft_slice("a hash, or any other bytes");
	assert_int_not_equal(ts_reply_statement_check(&m.req), TS_OK);
}

/* A probe's signature is over zeros; one over a statement is no answer. */
static void
probes_are_verified(void **state)
{
	struct made m;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		make(&m, algs[i], 0);
		assert_int_equal(ts_reply_probe(&m.token.key, &m.reply),
		    TS_ERR_TOKEN_LIED);
		m.auth[0] ^= 1;
		assert_int_equal(ts_reply_probe(&m.token.key, &m.reply),
		    TSW_ERR_APPLICATION);
	}
}

/* makeCredential's authenticatorData, with change points. */
static size_t
make_created(uint8_t *buf, size_t size, uint8_t flags, uint64_t protection,
    uint16_t id_len)
{
	const struct tsw_slice app = soft_slice(TSW_APPLICATION);
	static const uint8_t id[300];
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, size);
	tsw_sha256(buf, &app, 1);
	wr.len = 32;
	tsw_wr_u8(&wr, flags);
	tsw_wr_u32(&wr, 3);
	tsw_wr_bytes(&wr, (const uint8_t *)"0123456789abcdef", 16);
	tsw_wr_u16(&wr, id_len);
	tsw_wr_bytes(&wr, id, id_len);
	tsw_wr_cb_map(&wr, 1); /* in place of a COSE key */
	tsw_wr_cb_int(&wr, 1);
	tsw_wr_cb_int(&wr, 1);
	if (protection != 0) {
		tsw_wr_cb_map(&wr, 1);
		tsw_wr_cb_text(&wr, "credProtect", 11);
		tsw_wr_cb_uint(&wr, protection);
	}
	assert_false(wr.full);
	return tsw_wr_len(&wr);
}

#define MADE (TSW_FLAG_UP | TSW_FLAG_UV | TSW_FLAG_AT | TSW_FLAG_ED)

static void
created_keys_are_checked(void **state)
{
	static const struct {
		uint8_t flags;
		uint64_t protection;
		uint16_t id_len;
		int err;
	} cases[] = {
	    {MADE, 2, 64, TS_OK},
	    {MADE, 2, TS_TOKEN_CRED_MAX, TS_OK},
	    {MADE, 2, TS_TOKEN_CRED_MAX + 1, TS_ERR_TOKEN_UNSUPPORTED},
	    {MADE, 2, 0, TS_ERR_TOKEN_IO},
	    {MADE, 1, 64, TS_ERR_TOKEN_UNSUPPORTED},
	    {MADE, 3, 64, TS_ERR_TOKEN_UNSUPPORTED},
	    {MADE & ~TSW_FLAG_ED, 0, 64, TS_ERR_TOKEN_UNSUPPORTED},
	    {MADE & ~TSW_FLAG_UP, 2, 64, TSW_ERR_NO_TOUCH},
	    {MADE & ~TSW_FLAG_UV, 2, 64, TSW_ERR_NO_UV},
	    {MADE & ~TSW_FLAG_AT, 2, 64, TSW_ERR_FLAGS},
	    {MADE | TSW_FLAG_BE, 2, 64, TSW_ERR_BACKUP_KEY},
	};
	uint8_t auth[512], key[64] = {5};
	struct ts_reply_credential reply = {.key = {key, 32},
	    .alg = TSW_ALG_SK_ED25519,
	    .attested = true};
	struct ts_token_created out;
	size_t i;

	(void)state;
	reply.auth.p = auth;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reply.auth.len = make_created(auth, sizeof(auth),
		    cases[i].flags, cases[i].protection, cases[i].id_len);
		memset(&out, 0xee, sizeof(out));
		assert_int_equal(ts_reply_create(&out, &reply), cases[i].err);
		assert_int_equal(out.id_len,
		    cases[i].err == TS_OK ? cases[i].id_len : 0xeeee);
	}
	reply.auth.len = make_created(auth, sizeof(auth), MADE, 2, 64);
	assert_int_equal(ts_reply_create(&out, &reply), TS_OK);
	assert_int_equal(out.counter, 3);
	assert_true(out.uv && out.attested);
	assert_memory_equal(out.aaguid, "0123456789abcdef", 16);
	assert_int_equal(out.key.len, 32);
	reply.alg = TSW_ALG_SK_P256; /* 32 bytes are no point */
	assert_int_equal(ts_reply_create(&out, &reply), TS_ERR_TOKEN_IO);
	reply.key.len = 64;
	assert_int_equal(ts_reply_create(&out, &reply), TS_OK);
	assert_int_equal(out.key.len, 65);
	assert_int_equal(out.key.data[0], 4);
	auth[0] ^= 1;
	assert_int_equal(ts_reply_create(&out, &reply), TSW_ERR_APPLICATION);
	auth[0] ^= 1;
	for (i = 0; i < reply.auth.len; i++) {
		struct ts_reply_credential cut = reply;

		cut.auth.len = i;
		assert_int_not_equal(ts_reply_create(&out, &cut), TS_OK);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(honest_signatures_pass),
	    cmocka_unit_test(flags_are_named),
	    cmocka_unit_test(other_applications_are_refused),
	    cmocka_unit_test(auth_data_has_37_bytes),
	    cmocka_unit_test(lies_are_called_so),
	    cmocka_unit_test(high_s_is_brought_down),
	    cmocka_unit_test(signatures_that_are_none_are_refused),
	    cmocka_unit_test(der_is_strict),
	    cmocka_unit_test(only_statements_of_the_purpose_are_signed),
	    cmocka_unit_test(probes_are_verified),
	    cmocka_unit_test(created_keys_are_checked),
	};

	return cmocka_run_group_tests(tests, make_statement, NULL);
}
