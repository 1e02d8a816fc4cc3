/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenPGP cards, honest, sloppy and lying. */
#include "cardrig.h"

#include "token/openpgp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OPENPGP TS_TOKEN_KIND_OPENPGP
#define SIGN TS_TOKEN_OPENPGP_SIGN
#define ADMIN "12345678"

static const uint8_t p256[] = {0x13, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
    0x07};

static void
make(struct card_rig *rig, enum tsw_alg alg)
{
	card_rig_init(rig);
	if (alg == TSW_ALG_P256) {
		memcpy(rig->m.attributes, p256, sizeof(p256));
		rig->m.attributes_len = sizeof(p256);
	}
}

/* A card with a signature key, about to sign. */
static void
ready(struct card_rig *rig, enum tsw_alg alg)
{
	make(rig, alg);
	card_model_key(&rig->m, SIGN, alg, 5);
	card_rig_ask(rig, SIGN);
}

static void
test_sign(void **state)
{
	static const enum tsw_alg algs[] = {TSW_ALG_P256, TSW_ALG_ED25519};
	struct card_rig rig;
	int i, n;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (n = 0; n < 8; n++) {
			ready(&rig, algs[i]);
			rig.m.bare_data = (n & 1) != 0;
			rig.m.pin_once = (n & 2) != 0;
			rig.m.no_key_info = (n & 4) != 0;
			assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_OK);
			card_rig_verify(&rig);
			/* SELECT, 6E, public key, VERIFY, signature. */
			assert_int_equal(rig.m.transmissions, 5);
			assert_int_equal(rig.m.pins_seen, 1);
		}
	}
}

static void
test_no_pin_for_another_key(void **state)
{
	struct card_rig rig;

	(void)state;
	ready(&rig, TSW_ALG_ED25519);
	card_model_key(&rig.m, SIGN, TSW_ALG_ED25519, 6);
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_WRONG_TOKEN);
	assert_int_equal(card_rig_probe(&rig), TS_ERR_WRONG_TOKEN);
	/* A curve that also has points of 65 bytes. */
	ready(&rig, TSW_ALG_P256);
	rig.m.attributes[rig.m.attributes_len - 1] = 0x0a;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_WRONG_TOKEN);
	card_model_slot(&rig.m, SIGN)->present = false;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_WRONG_TOKEN);
	rig.m.no_key_info = true;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_WRONG_TOKEN);
	rig.m.has_openpgp = false;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_WRONG_TOKEN);
	assert_int_equal(rig.m.pins_seen, 0);
}

static void
test_pins(void **state)
{
	struct card_rig rig;
	int i, old;

	(void)state;
	for (old = 0; old < 2; old++) {
		ready(&rig, TSW_ALG_ED25519);
		rig.m.old_words = old != 0;
		assert_int_equal(card_rig_sign(&rig, ""), TS_ERR_PIN_REQUIRED);
		assert_int_equal(card_rig_sign(&rig, "12345"),
		    TS_ERR_PIN_POLICY);
		assert_int_equal(rig.m.pins_seen, 0);
		for (i = 2; i > 0; i--) {
			assert_int_equal(card_rig_sign(&rig, "654321"),
			    TS_ERR_PIN_WRONG);
			assert_int_equal(rig.out.retries, i);
			assert_int_equal(rig.m.pins_seen, 1);
		}
		assert_int_equal(card_rig_sign(&rig, "654321"),
		    TS_ERR_CARD_PIN_BLOCKED);
		assert_int_equal(card_rig_sign(&rig, RIG_PIN),
		    TS_ERR_CARD_PIN_BLOCKED);
		assert_int_equal(rig.out.retries, 0);
		assert_int_equal(rig.m.signatures, 0);
	}
}

static void
test_words(void **state)
{
	static const struct {
		uint8_t ins;
		uint16_t sw;
		uint8_t uif;
		int r;
	} words[] = {{0x20, 0x6a80, 0, TS_ERR_PIN_POLICY},
	    {0x20, 0x6d00, 0, TS_ERR_TOKEN_UNSUPPORTED},
	    {0x20, 0x6f00, 0, TS_ERR_TOKEN_IO},
	    {0x20, 0x0000, 0, TS_ERR_TOKEN_IO},
	    {0x2a, 0x6982, 0, TS_ERR_TOKEN_IO},
	    {0x2a, 0x6982, 1, TS_ERR_NO_TOUCH},
	    {0x2a, 0x6600, 1, TS_ERR_NO_TOUCH},
	    {0x2a, 0x6985, 3, TS_ERR_NO_TOUCH},
	    {0x2a, 0x63c1, 0, TS_ERR_TOKEN_IO},
	    {0x2a, 0x6a80, 0, TS_ERR_TOKEN_UNSUPPORTED},
	    {0x2a, 0x9000, 0, TS_ERR_TOKEN_IO},
	    {0xca, 0x6a88, 0, TS_ERR_TOKEN_IO},
	    {0xca, 0x6982, 0, TS_ERR_TOKEN_IO},
	    {0xca, 0x9000, 0, TS_ERR_TOKEN_IO},
	    {0x47, 0x6982, 0, TS_ERR_TOKEN_IO},
	    {0x47, 0x9000, 0, TS_ERR_TOKEN_IO},
	    {0xa4, 0x6a82, 0, TS_ERR_WRONG_TOKEN},
	    {0xa4, 0x6285, 0, TS_ERR_TOKEN_IO}};
	struct card_rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		ready(&rig, TSW_ALG_ED25519);
		rig.m.uif[0] = words[i].uif;
		(void)card_rig_say(&rig, words[i].ins, -1, words[i].sw);
		assert_int_equal(card_rig_sign(&rig, RIG_PIN), words[i].r);
		assert_true(rig.m.pins_seen ==
		    (words[i].ins == 0x20 || words[i].ins == 0x2a ? 1 : 0));
	}
}

static void
twist_signature(struct card_model *m, const struct model_command *cmd,
    struct model_answer *answer)
{
	static const uint8_t other[32] = {1};
	uint8_t sig[TSW_SIG_LEN + 1] = {0};

	if (cmd->ins != 0x2a)
		return;
	soft_token_sign_raw(sig, &card_model_slot(m, SIGN)->token,
	    (struct tsw_slice){other, sizeof(other)});
	card_model_say(answer, 0x9000, sig, (size_t)(TSW_SIG_LEN + m->variant));
}

static void
test_lies(void **state)
{
	static const enum tsw_alg algs[] = {TSW_ALG_P256, TSW_ALG_ED25519};
	struct card_rig rig;
	int i, n;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (n = -1; n <= 1; n++) {
			ready(&rig, algs[i]);
			rig.m.twist = twist_signature;
			rig.m.variant = n;
			assert_int_equal(card_rig_sign(&rig, RIG_PIN),
			    n == 0 ? TS_ERR_TOKEN_LIED : TS_ERR_TOKEN_IO);
			assert_int_equal(rig.m.pins_seen, 1);
		}
	}
}

static void
test_transport_errors(void **state)
{
	struct card_rig rig;
	unsigned n;

	(void)state;
	for (n = 1; n <= 5; n++) {
		ready(&rig, TSW_ALG_ED25519);
		rig.m.fail_at = n;
		rig.m.fail_err = TS_ERR_CARD_RESET;
		assert_int_equal(card_rig_sign(&rig, RIG_PIN),
		    TS_ERR_CARD_RESET);
		assert_int_equal(rig.m.pins_seen, n > 4 ? 1 : 0);
	}
}

/* 6E cut at each length, and with each byte of its structure changed. */
static void
test_bad_data(void **state)
{
	struct ts_openpgp_data data;
	uint8_t text[512], half[512];
	struct ts_openpgp pgp;
	struct card_rig rig;
	struct ts_card card;
	size_t len, i;

	(void)state;
	make(&rig, TSW_ALG_ED25519);
	rig.m.bare_data = true;
	card = card_model_open(&rig.m);
	assert_int_equal(ts_openpgp_open(&pgp, &card), TS_OK);
	assert_int_equal(ts_openpgp_reload(&pgp), TS_OK);
	len = pgp.reply.len;
	assert_true(len < sizeof(text));
	memcpy(text, pgp.reply.data, len);
	assert_int_equal(ts_openpgp_data_parse(&data,
			     (struct tsw_slice){text, len}),
	    TS_OK);
	assert_int_equal(data.serial[0], 0x12);
	for (i = 0; i < len; i++) {
		memcpy(half, text, i);
		assert_int_equal(ts_openpgp_data_parse(&data,
				     (struct tsw_slice){half, i}),
		    TS_ERR_TOKEN_IO);
	}
	text[1]--; /* AID */
	assert_int_equal(ts_openpgp_data_parse(&data,
			     (struct tsw_slice){text, len}),
	    TS_ERR_TOKEN_IO);
}

static void
test_info(void **state)
{
	const struct ts_token_openpgp *info;
	struct card_rig rig;

	(void)state;
	ready(&rig, TSW_ALG_ED25519);
	info = &rig.out.u.info.openpgp;
	rig.m.uif[0] = 3;
	rig.m.pw1.tries = 1;
	rig.m.has_piv = false;
	assert_int_equal(card_rig_info(&rig), TS_OK);
	assert_true(info->present && info->has_button);
	assert_false(info->pin_once || info->has_kdf);
	assert_int_equal(info->version[0], 3);
	assert_int_equal(info->manufacturer[1], 6);
	assert_int_equal(info->tries, 1);
	assert_int_equal(info->admin_tries, 3);
	assert_int_equal(info->signatures, 258);
	assert_int_equal(info->slot_cnt, 1);
	assert_int_equal(info->slot.touch, TS_TOKEN_POLICY_ONCE);
	assert_int_equal(info->slot.pin, TS_TOKEN_POLICY_ONCE);
	assert_true(info->slot.generated);
	/* Somebody's RSA. */
	rig.m.attributes[0] = 0x01;
	assert_int_equal(card_rig_info(&rig), TS_OK);
	assert_int_equal(info->slot_cnt, 1);
	assert_int_equal(info->slot.alg, 0);
	card_model_slot(&rig.m, SIGN)->present = false;
	assert_int_equal(card_rig_info(&rig), TS_OK);
	assert_int_equal(info->slot_cnt, 0);
	/* An application that is there, but answers nonsense. */
	(void)card_rig_say(&rig, 0xca, 0x6e, 0x9000);
	assert_int_equal(card_rig_info(&rig), TS_ERR_TOKEN_IO);
	assert_int_equal(rig.m.pins_seen, 0);
}

static void
test_change_and_unblock(void **state)
{
	struct card_rig rig;

	(void)state;
	card_rig_init(&rig);
	assert_int_equal(card_rig_change(&rig, OPENPGP, RIG_PIN, "12345"),
	    TS_ERR_PIN_POLICY);
	assert_int_equal(rig.m.pins_seen, 0);
	assert_int_equal(card_rig_change(&rig, OPENPGP, RIG_PIN, "long secret"),
	    TS_OK);
	assert_memory_equal(rig.m.pw1.p, "long secret", 11);
	assert_int_equal(card_rig_change(&rig, OPENPGP, "wrong pin..",
			     "111111"),
	    TS_ERR_PIN_WRONG);
	assert_int_equal(rig.out.retries, 2);
	rig.m.pw1.tries = 0;
	assert_int_equal(card_rig_unblock(&rig, OPENPGP, "00000000", "222222"),
	    TS_ERR_ADMIN_WRONG);
	assert_int_equal(rig.out.retries, 2);
	assert_int_equal(card_rig_unblock(&rig, OPENPGP, ADMIN, "222222"),
	    TS_OK);
	assert_memory_equal(rig.m.pw1.p, "222222", 6);
	assert_int_equal(rig.m.pw1.tries, 3);
	(void)card_rig_say(&rig, 0x2c, -1, 0x6a80);
	assert_int_equal(card_rig_unblock(&rig, OPENPGP, ADMIN, "222222"),
	    TS_ERR_PIN_POLICY);
}

/* A request that names a key gives no PIN to a card without it. */
static void
test_pins_for_one_card_only(void **state)
{
	struct card_rig rig;

	(void)state;
	ready(&rig, TSW_ALG_P256);
	assert_int_equal(card_rig_change(&rig, OPENPGP, RIG_PIN, "87654321"),
	    TS_OK);
	assert_int_equal(card_rig_unblock(&rig, OPENPGP, ADMIN, RIG_PIN),
	    TS_OK);
	card_model_key(&rig.m, SIGN, TSW_ALG_P256, 6);
	assert_int_equal(card_rig_change(&rig, OPENPGP, RIG_PIN, "87654321"),
	    TS_ERR_WRONG_TOKEN);
	assert_int_equal(rig.m.pins_seen, 0);
	assert_int_equal(card_rig_unblock(&rig, OPENPGP, ADMIN, "87654321"),
	    TS_ERR_WRONG_TOKEN);
	assert_int_equal(rig.m.pins_seen, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sign),
	    cmocka_unit_test(test_no_pin_for_another_key),
	    cmocka_unit_test(test_pins),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_lies),
	    cmocka_unit_test(test_transport_errors),
	    cmocka_unit_test(test_bad_data),
	    cmocka_unit_test(test_info),
	    cmocka_unit_test(test_pins_for_one_card_only),
	    cmocka_unit_test(test_change_and_unblock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
