/* SPDX-License-Identifier: BSD-2-Clause */
/* PIV cards, honest, sloppy and lying. */
#include "cardrig.h"

#include "token/piv.h"
#include "token/tlv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PIV TS_TOKEN_KIND_PIV

/* A card with a key in 9C, about to sign. */
static void
ready(struct card_rig *rig, enum tsw_alg alg)
{
	card_rig_init(rig);
	card_model_key(&rig->m, TS_TOKEN_PIV_SIGN, alg, 5);
	card_rig_ask(rig, TS_TOKEN_PIV_SIGN);
}

/* The same with a key in 9E, which the request wants to see. */
static void
ready_checked(struct card_rig *rig)
{
	ready(rig, TSW_ALG_P256);
	card_model_key(&rig->m, TS_PIV_CARD, TSW_ALG_P256, 9);
	rig->req.key[0].has_check = true;
	rig->req.key[0].check = card_model_slot(&rig->m, 0x9e)->token.key;
}

static void
put_cert_of(struct card_rig *rig, uint32_t object, const struct soft_token *key)
{
	uint8_t text[MODEL_OBJECT_MAX];
	size_t len = card_model_cert(text, sizeof(text), &key->key, key);

	card_model_put(&rig->m, object, (struct tsw_slice){text, len});
}

static void
test_sign(void **state)
{
	static const enum tsw_alg algs[] = {TSW_ALG_P256, TSW_ALG_ED25519};
	struct card_rig rig;
	int i, n;

	(void)state;
	for (i = 0; i < 2; i++) {
		/* Often enough to see s in both halves. */
		for (n = 0; n < 16; n++) {
			ready(&rig, algs[i]);
			assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_OK);
			card_rig_verify(&rig);
			/* SELECT, metadata, VERIFY, signature. */
			assert_int_equal(rig.m.transmissions, 4);
			assert_int_equal(rig.m.pins_seen, 1);
		}
	}
}

static void
test_sign_checks_the_card_first(void **state)
{
	struct card_rig rig;

	(void)state;
	ready_checked(&rig);
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_OK);
	card_rig_verify(&rig);
	assert_int_equal(rig.m.checks, 1);

	/* Another card, which has copied everything but the private key. */
	ready_checked(&rig);
	rig.req.key[0].check = card_model_slot(&rig.m, 0x9c)->token.key;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_CARD_STRANGE);
	assert_int_equal(rig.m.pins_seen, 0);
	assert_int_equal(card_rig_probe(&rig), TS_ERR_CARD_STRANGE);

	/* One that has no such key, refuses, or answers nonsense. */
	ready_checked(&rig);
	card_model_slot(&rig.m, 0x9e)->present = false;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_CARD_STRANGE);
	assert_int_equal(rig.m.pins_seen, 0);
	ready_checked(&rig);
	(void)card_rig_say(&rig, 0x87, TS_PIV_CARD, 0x9000);
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_CARD_STRANGE);
	assert_int_equal(rig.m.pins_seen, 0);

	/* One that is pulled out is not strange. */
	ready_checked(&rig);
	rig.m.fail_at = 3;
	rig.m.fail_err = TS_ERR_TOKEN_PULLED;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_TOKEN_PULLED);
}

static void
test_no_pin_for_another_key(void **state)
{
	struct card_rig rig;

	(void)state;
	ready(&rig, TSW_ALG_P256);
	card_model_key(&rig.m, TS_TOKEN_PIV_SIGN, TSW_ALG_P256, 6);
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_WRONG_TOKEN);
	assert_int_equal(card_rig_probe(&rig), TS_ERR_WRONG_TOKEN);
	card_model_slot(&rig.m, TS_TOKEN_PIV_SIGN)->present = false;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_WRONG_TOKEN);
	rig.m.is_yubikey = false;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_WRONG_TOKEN);
	rig.m.has_piv = false;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_WRONG_TOKEN);
	assert_int_equal(rig.m.pins_seen, 0);
}

static void
test_sign_by_certificate(void **state)
{
	const struct model_key *key;
	struct card_rig rig;

	(void)state;
	ready(&rig, TSW_ALG_P256);
	rig.m.is_yubikey = false;
	rig.m.only_short_aid = true;
	key = card_model_slot(&rig.m, TS_TOKEN_PIV_SIGN);
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_WRONG_TOKEN);
	put_cert_of(&rig, 0x5fc10a, &key->token);
	assert_int_equal(card_rig_probe(&rig), TS_OK);
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_OK);
	card_rig_verify(&rig);
}

/* Certificates that say nothing of use, each with what comes of it. */
static void
test_bad_certificates(void **state)
{
	static const uint8_t compressed[] = {0x70, 1, 9, 0x71, 1, 1, 0xfe, 0};
	static const uint8_t none[] = {0x71, 1, 0, 0xfe, 0};
	static const uint8_t nonsense[] = {0x70, 2, 0x30, 0, 0x71, 1, 0};
	static const uint8_t twice[] = {0x70, 0, 0x70, 0};
	static const uint8_t half[] = {0x70, 9, 1};
	static const struct {
		const uint8_t *p;
		size_t len;
		int r;
	} bad[] = {{compressed, sizeof(compressed), TS_ERR_WRONG_TOKEN},
	    {none, sizeof(none), TS_ERR_WRONG_TOKEN},
	    {NULL, 0, TS_ERR_WRONG_TOKEN},
	    {nonsense, sizeof(nonsense), TS_ERR_TOKEN_IO},
	    {twice, sizeof(twice), TS_ERR_TOKEN_IO},
	    {half, sizeof(half), TS_ERR_TOKEN_IO}};
	uint8_t text[MODEL_OBJECT_MAX] = {0};
	struct tsw_slice der;
	struct tsw_wr wr;
	struct model_object *object;
	const struct model_key *key;
	struct card_rig rig;
	size_t i;

	(void)state;
	ready(&rig, TSW_ALG_ED25519);
	rig.m.is_yubikey = false;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		card_model_put(&rig.m, 0x5fc10a,
		    (struct tsw_slice){bad[i].p, bad[i].len});
		assert_int_equal(card_rig_sign(&rig, RIG_PIN), bad[i].r);
		assert_int_equal(rig.m.pins_seen, 0);
	}
	/* A byte after the certificate, inside its tag. */
	key = card_model_slot(&rig.m, TS_TOKEN_PIV_SIGN);
	put_cert_of(&rig, 0x5fc10a, &key->token);
	object = card_model_object(&rig.m, 0x5fc10a);
	assert_int_equal(ts_tlv_find(&der,
			     (struct tsw_slice){object->p, object->len}, 0x70),
	    TS_OK);
	memcpy(text, der.p, der.len);
	tsw_wr_init(&wr, object->p, sizeof(object->p));
	ts_tlv_put(&wr, 0x70, (struct tsw_slice){text, der.len + 1});
	object->len = tsw_wr_len(&wr);
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_TOKEN_IO);
}

static void
test_pins(void **state)
{
	struct card_rig rig;
	int i;

	(void)state;
	ready(&rig, TSW_ALG_P256);
	assert_int_equal(card_rig_sign(&rig, ""), TS_ERR_PIN_REQUIRED);
	assert_int_equal(rig.m.transmissions, 0);
	/* What no PIN can be is not sent. */
	assert_int_equal(card_rig_sign(&rig, "12345"), TS_ERR_PIN_POLICY);
	assert_int_equal(card_rig_sign(&rig, "123456789"), TS_ERR_PIN_POLICY);
	assert_int_equal(rig.m.pins_seen, 0);
	for (i = 2; i > 0; i--) {
		assert_int_equal(card_rig_sign(&rig, "654321"),
		    TS_ERR_PIN_WRONG);
		assert_int_equal(rig.out.retries, i);
		assert_int_equal(rig.m.pins_seen, 1);
	}
	assert_int_equal(card_rig_sign(&rig, "654321"),
	    TS_ERR_CARD_PIN_BLOCKED);
	assert_int_equal(rig.out.retries, 0);
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_CARD_PIN_BLOCKED);
	assert_int_equal(rig.m.pins_seen, 1);
	assert_int_equal(rig.m.signatures, 0);
}

static void
test_words_for_a_wrong_pin(void **state)
{
	static const struct {
		uint16_t sw;
		int r;
		uint8_t retries;
	} words[] = {{0x63c2, TS_ERR_PIN_WRONG, 2},
	    {0x63c0, TS_ERR_CARD_PIN_BLOCKED, 0},
	    {0x6983, TS_ERR_CARD_PIN_BLOCKED, 0},
	    {0x6300, TS_ERR_PIN_WRONG, TS_TOKEN_RETRIES_UNKNOWN},
	    {0x6a80, TS_ERR_PIN_POLICY, TS_TOKEN_RETRIES_UNKNOWN},
	    {0x6d00, TS_ERR_TOKEN_UNSUPPORTED, TS_TOKEN_RETRIES_UNKNOWN},
	    {0x6982, TS_ERR_TOKEN_IO, TS_TOKEN_RETRIES_UNKNOWN},
	    {0x0000, TS_ERR_TOKEN_IO, TS_TOKEN_RETRIES_UNKNOWN},
	    {0x9001, TS_ERR_TOKEN_IO, TS_TOKEN_RETRIES_UNKNOWN}};
	struct card_rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		ready(&rig, TSW_ALG_P256);
		(void)card_rig_say(&rig, 0x20, TS_PIV_PIN, words[i].sw);
		assert_int_equal(card_rig_sign(&rig, RIG_PIN), words[i].r);
		assert_int_equal(rig.out.retries, words[i].retries);
		assert_int_equal(rig.m.pins_seen, 1);
		assert_int_equal(rig.m.signatures, 0);
	}
}

/* It took the PIN, and asks for it again: it does not get it twice. */
static void
test_refused_signature(void **state)
{
	static const struct {
		uint16_t sw;
		uint8_t touch;
		int r;
	} words[] = {{0x6982, 1, TS_ERR_TOKEN_IO}, {0x6982, 2, TS_ERR_NO_TOUCH},
	    {0x6985, 2, TS_ERR_NO_TOUCH}, {0x63c2, 1, TS_ERR_TOKEN_IO},
	    {0x6983, 1, TS_ERR_CARD_PIN_BLOCKED},
	    {0x6a80, 1, TS_ERR_TOKEN_UNSUPPORTED}, {0x6f00, 1, TS_ERR_TOKEN_IO},
	    {0x9000, 1, TS_ERR_TOKEN_IO}};
	struct card_rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		ready(&rig, TSW_ALG_P256);
		card_model_slot(&rig.m, 0x9c)->touch = words[i].touch;
		(void)card_rig_say(&rig, 0x87, TS_TOKEN_PIV_SIGN, words[i].sw);
		assert_int_equal(card_rig_sign(&rig, RIG_PIN), words[i].r);
		assert_int_equal(rig.m.pins_seen, 1);
	}
}

/* Answers that have not the form of a signature. */
static void
twist_signature(struct card_model *m, const struct model_command *cmd,
    struct model_answer *answer)
{
	if (cmd->ins != 0x87 || card_model_sw(answer) != 0x9000)
		return;
	switch (m->variant) {
	case 0: /* truncated, with a good status word */
		answer->len--;
		answer->p[answer->len - 2] = 0x90;
		answer->p[answer->len - 1] = 0x00;
		break;
	case 1: /* overlong */
		answer->p[answer->len] = 0x00;
		answer->len++;
		answer->p[answer->len - 2] = 0x90;
		break;
	case 2: /* another tag outside */
		answer->p[0] = 0x7d;
		break;
	case 3: /* and inside */
		answer->p[2] = 0x81;
		break;
	case 4: /* one byte less inside than outside */
		answer->p[3]--;
		break;
	case 5: /* DER of another length, or a wrong R */
		answer->p[5]++;
		break;
	case 6: /* a byte more, in all lengths */
		answer->p[1]++;
		answer->p[3]++;
		answer->len++;
		memcpy(answer->p + answer->len - 3, "\0\x90\0", 3);
		break;
	default:
		card_model_say(answer, 0x9000, NULL, 0);
	}
}

static void
test_malformed_signatures(void **state)
{
	static const enum tsw_alg algs[] = {TSW_ALG_P256, TSW_ALG_ED25519};
	struct card_rig rig;
	int i, n, expected;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (n = 0; n < 8; n++) {
			ready(&rig, algs[i]);
			rig.m.twist = twist_signature;
			rig.m.variant = n;
			expected = n == 5 && algs[i] == TSW_ALG_ED25519
			    ? TS_ERR_TOKEN_LIED
			    : TS_ERR_TOKEN_IO;
			assert_int_equal(card_rig_sign(&rig, RIG_PIN),
			    expected);
			assert_int_equal(rig.m.pins_seen, 1);
		}
	}
}

/* It signs, but something else, or with another key. */
static void
twist_lie(struct card_model *m, const struct model_command *cmd,
    struct model_answer *answer)
{
	static const uint8_t other[32] = {1};
	uint8_t sig[TSW_SIG_LEN];

	if (cmd->ins != 0x87)
		return;
	soft_token_sign_raw(sig, &card_model_slot(m, 0x9c)->token,
	    (struct tsw_slice){other, sizeof(other)});
	memcpy(answer->p + 4, sig, sizeof(sig));
}

static void
test_lies(void **state)
{
	struct model_key *key;
	struct card_rig rig;

	(void)state;
	ready(&rig, TSW_ALG_ED25519);
	rig.m.twist = twist_lie;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_TOKEN_LIED);
	/* The public key is shown, but the private one is another. */
	ready(&rig, TSW_ALG_P256);
	key = card_model_slot(&rig.m, TS_TOKEN_PIV_SIGN);
	key->token.sk_seed[31] ^= 1;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_TOKEN_LIED);
	assert_int_equal(rig.out.u.signature.len, 0);
}

static void
test_bad_metadata(void **state)
{
	static const struct {
		uint8_t text[8];
		size_t len;
	} bad[] = {
	    {{0x01}, 1},
	    {{0x01, 2, 0x11, 0}, 4},
	    {{0x01, 0}, 2},
	    {{0x02, 1, 3}, 3},
	    {{0x03, 2, 1, 1}, 4},
	    {{0x06, 1, 3}, 3},
	    {{0x01, 1, 0x11, 0x01, 1, 0x11}, 6},
	    {{0x01, 1, 0x11, 0x04, 0}, 5},
	    {{0x01, 1, 0x11, 0x04, 3, 0x86, 1, 4}, 8},
	    {{0x01, 1, 0xe0, 0x04, 2, 0x87, 0}, 7},
	};
	struct card_rig_saying *saying;
	struct card_rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ready(&rig, TSW_ALG_P256);
		saying = card_rig_say(&rig, 0xf7, TS_TOKEN_PIV_SIGN, 0x9000);
		saying->p = bad[i].text;
		saying->len = bad[i].len;
		assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_TOKEN_IO);
		assert_int_equal(rig.m.pins_seen, 0);
	}
}

/* Each transmission fails once: the error passes, and no PIN goes twice. */
static void
test_transport_errors(void **state)
{
	static const int errors[] = {TS_ERR_CARD_RESET, TS_ERR_TOKEN_PULLED,
	    TS_ERR_CANCELLED};
	struct card_rig rig;
	unsigned n, i;

	(void)state;
	for (i = 0; i < 3; i++) {
		for (n = 1; n <= 5; n++) {
			ready_checked(&rig);
			rig.m.fail_at = n;
			rig.m.fail_err = errors[i];
			assert_int_equal(card_rig_sign(&rig, RIG_PIN),
			    errors[i]);
			assert_int_equal(rig.m.pins_seen, n > 4 ? 1 : 0);
		}
	}
}

static void
test_change_and_unblock(void **state)
{
	struct card_rig rig;

	(void)state;
	card_rig_init(&rig);
	assert_int_equal(card_rig_change(&rig, PIV, RIG_PIN, ""),
	    TS_ERR_PIN_REQUIRED);
	assert_int_equal(card_rig_change(&rig, PIV, RIG_PIN, "1234567890"),
	    TS_ERR_PIN_POLICY);
	assert_int_equal(card_rig_change(&rig, PIV, RIG_PIN, "12345"),
	    TS_ERR_PIN_POLICY);
	assert_int_equal(rig.m.pins_seen, 0);
	assert_int_equal(card_rig_change(&rig, PIV, RIG_PIN, "87654321"),
	    TS_OK);
	assert_int_equal(card_rig_change(&rig, PIV, RIG_PIN, "111111"),
	    TS_ERR_PIN_WRONG);
	assert_int_equal(rig.out.retries, 2);
	rig.m.pin.tries = 0;
	assert_int_equal(card_rig_change(&rig, PIV, RIG_PIN, "111111"),
	    TS_ERR_CARD_PIN_BLOCKED);
	assert_int_equal(card_rig_unblock(&rig, PIV, "00000000", "111111"),
	    TS_ERR_CARD_PUK_WRONG);
	assert_int_equal(rig.out.retries, 2);
	assert_int_equal(card_rig_unblock(&rig, PIV, "12345678", "111111"),
	    TS_OK);
	assert_memory_equal(rig.m.pin.p, "111111\xff\xff", 8);
	rig.m.puk.tries = 0;
	assert_int_equal(card_rig_unblock(&rig, PIV, "12345678", "111111"),
	    TS_ERR_ADMIN_BLOCKED);
	rig.m.has_piv = false;
	assert_int_equal(card_rig_change(&rig, PIV, RIG_PIN, "111111"),
	    TS_ERR_NO_APPLET);
	assert_int_equal(rig.m.pins_seen, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sign),
	    cmocka_unit_test(test_sign_checks_the_card_first),
	    cmocka_unit_test(test_no_pin_for_another_key),
	    cmocka_unit_test(test_sign_by_certificate),
	    cmocka_unit_test(test_bad_certificates),
	    cmocka_unit_test(test_pins),
	    cmocka_unit_test(test_words_for_a_wrong_pin),
	    cmocka_unit_test(test_refused_signature),
	    cmocka_unit_test(test_malformed_signatures),
	    cmocka_unit_test(test_lies),
	    cmocka_unit_test(test_bad_metadata),
	    cmocka_unit_test(test_transport_errors),
	    cmocka_unit_test(test_change_and_unblock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
