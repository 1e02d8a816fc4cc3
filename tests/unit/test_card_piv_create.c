/* SPDX-License-Identifier: BSD-2-Clause */
/* New keys on PIV cards, honest and lying, and what cards say they have. */
#include "cardrig.h"

#include "token/piv.h"

#include <touchstone/wire/bundle.h>

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

static void
put_cert_of(struct card_rig *rig, uint32_t object, const struct soft_token *key)
{
	uint8_t text[MODEL_OBJECT_MAX];
	size_t len = card_model_cert(text, sizeof(text), &key->key, key);

	card_model_put(&rig->m, object, (struct tsw_slice){text, len});
}

static void
expect_created(const struct card_rig *rig, uint8_t slot, enum tsw_alg alg)
{
	const struct ts_token_created *made = &rig->out.u.created;
	struct card_model *m = (struct card_model *)(uintptr_t)&rig->m;

	assert_int_equal(made->kind, PIV);
	assert_int_equal(made->id_len, 1);
	assert_int_equal(made->id[0], slot);
	assert_true(made->uv);
	assert_int_equal(made->key.alg, alg);
	assert_memory_equal(&made->key, &card_model_slot(m, slot)->token.key,
	    sizeof(made->key));
}

static void
test_create(void **state)
{
	const struct ts_token_created *made;
	struct tsw_bundle bundle;
	struct card_rig rig;

	(void)state;
	card_rig_init(&rig);
	made = &rig.out.u.created;
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""), TS_OK);
	expect_created(&rig, 0x9c, TSW_ALG_ED25519);
	assert_int_equal(made->pin, TS_TOKEN_POLICY_ALWAYS);
	assert_int_equal(made->touch, TS_TOKEN_POLICY_ALWAYS);
	assert_true(made->factory_admin);
	assert_false(made->has_check);
	assert_int_equal(tsw_bundle_decode(&bundle, made->bundle.cbor,
			     made->bundle.len),
	    TSW_OK);
	assert_int_equal(bundle.cert_cnt, 2);
	/* Twice, and the second time it was known to be right. */
	assert_int_equal(rig.m.pins_seen, 2);

	/* It signs, and would be found by its certificate as well. */
	card_rig_ask(&rig, 0x9c);
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_OK);
	card_rig_verify(&rig);
	rig.m.is_yubikey = false;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_OK);
	card_rig_verify(&rig);
}

static void
test_create_plain(void **state)
{
	const struct ts_token_created *made;
	struct card_rig rig;

	(void)state;
	card_rig_init(&rig);
	made = &rig.out.u.created;
	card_model_key(&rig.m, TS_PIV_CARD, TSW_ALG_P256, 9);
	put_cert_of(&rig, 0x5fc101, &card_model_slot(&rig.m, 0x9e)->token);
	rig.m.is_yubikey = false;
	rig.m.no_policies = true;
	rig.m.no_ed25519 = true;
	rig.m.admin_alg = 0x03;
	assert_int_equal(card_rig_create(&rig, 0x9a, RIG_PIN, RIG_ADMIN_HEX),
	    TS_OK);
	expect_created(&rig, 0x9a, TSW_ALG_P256);
	assert_int_equal(made->pin, TS_TOKEN_POLICY_ONCE);
	assert_int_equal(made->touch, TS_TOKEN_POLICY_UNKNOWN);
	assert_int_equal(made->bundle.len, 0);
	assert_true(made->factory_admin);
	assert_true(made->has_check);
	assert_memory_equal(&made->check,
	    &card_model_slot(&rig.m, 0x9e)->token.key, sizeof(made->check));
	card_rig_ask(&rig, 0x9a);
	rig.req.key[0].has_check = true;
	rig.req.key[0].check = made->check;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_OK);
	card_rig_verify(&rig);
}

static void
test_create_overwrites_nothing(void **state)
{
	struct model_key before;
	struct card_rig rig;

	(void)state;
	/* A key that metadata tell of, one that is only attested, ... */
	ready(&rig, TSW_ALG_P256);
	rig.req.key_cnt = 0;
	before = *card_model_slot(&rig.m, 0x9c);
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""),
	    TS_ERR_SLOT_USED);
	(void)card_rig_say(&rig, 0xf7, 0x9c, 0x6d00);
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""),
	    TS_ERR_SLOT_USED);
	assert_memory_equal(&before, card_model_slot(&rig.m, 0x9c),
	    sizeof(before));
	/* ... or none, but a certificate that names one. */
	card_rig_init(&rig);
	put_cert_of(&rig, 0x5fc10a, &before.token);
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""),
	    TS_ERR_SLOT_USED);
	assert_int_equal(rig.m.pins_seen, 0);
	assert_false(card_model_slot(&rig.m, 0x9c)->present);
	/* With replace all of these go, */
	rig.req.replace = true;
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""), TS_OK);
	/* but for a key of this identity. */
	card_rig_ask(&rig, 0x9c);
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""),
	    TS_ERR_ALREADY);
	assert_int_equal(rig.m.pins_seen, 0);
}

static void
test_create_refused(void **state)
{
	static const struct {
		const char *pin, *admin;
		int r;
		unsigned pins;
	} wrong[] = {{"", "", TS_ERR_PIN_REQUIRED, 0},
	    {"654321", "", TS_ERR_PIN_WRONG, 1},
	    {RIG_PIN, "00", TS_ERR_ADMIN_WRONG, 0},
	    {RIG_PIN, "zz0203040506070801020304050607080102030405060708",
		TS_ERR_ADMIN_WRONG, 0},
	    {RIG_PIN, "ff0203040506070801020304050607080102030405060708",
		TS_ERR_ADMIN_WRONG, 1},
	    /* Of AES-128, where the card has AES-192. */
	    {RIG_PIN, "01020304050607080102030405060708", TS_ERR_ADMIN_WRONG,
		1}};
	struct card_rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		card_rig_init(&rig);
		assert_int_equal(card_rig_create(&rig, 0x9c, wrong[i].pin,
				     wrong[i].admin),
		    wrong[i].r);
		assert_int_equal(rig.m.pins_seen, wrong[i].pins);
		assert_false(card_model_slot(&rig.m, 0x9c)->present);
	}
	/* Its management key is not the factory's, and it says so or not. */
	card_rig_init(&rig);
	rig.m.admin_key[0] = 0xff;
	rig.m.admin_changed = true;
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""),
	    TS_ERR_ADMIN_REQUIRED);
	assert_int_equal(rig.m.pins_seen, 0);
	rig.m.is_yubikey = false;
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""),
	    TS_ERR_ADMIN_REQUIRED);
	assert_false(card_model_slot(&rig.m, 0x9c)->present);
	/* No algorithm that both have. */
	card_rig_init(&rig);
	rig.m.no_ed25519 = true;
	rig.req.alg_cnt = 1;
	rig.req.alg[0] = TSW_ALG_ED25519;
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""),
	    TS_ERR_TOKEN_UNSUPPORTED);
}

static void
test_management_keys(void **state)
{
	static const struct {
		uint8_t alg;
		const char *hex;
	} keys[] = {{TS_PIV_ALG_3DES, RIG_ADMIN_HEX},
	    {TS_PIV_ALG_AES128, "01020304050607080102030405060708"},
	    {TS_PIV_ALG_AES192, RIG_ADMIN_HEX},
	    {TS_PIV_ALG_AES256,
		"0102030405060708010203040506070801020304050607"
		"08000000000000000A"}};
	struct card_rig rig;
	size_t i;
	int plain;

	(void)state;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		for (plain = 0; plain < 2; plain++) {
			card_rig_init(&rig);
			rig.m.is_yubikey = plain == 0;
			rig.m.admin_alg = keys[i].alg;
			rig.m.admin_key[31] = 0x0a;
			assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN,
					     keys[i].hex),
			    TS_OK);
			assert_int_equal(rig.out.u.created.factory_admin,
			    strlen(keys[i].hex) == 48);
		}
	}
}

/* What a card without the management key does instead of proving it. */
static void
test_management_key_lies(void **state)
{
	static const uint8_t zeros[] = {0x7c, 18, 0x82, 16, 0, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t block_8[] = {0x7c, 10, 0x80, 8, 0, 0, 0, 0, 0, 0,
	    0, 0};
	static const struct {
		int nth;
		uint16_t sw;
		size_t len;
		int r;
	} lies[] = {{1, 0x9000, 0, TS_ERR_TOKEN_IO},
	    {1, 0x9000, 20, TS_ERR_TOKEN_IO}, /* 82, where 80 should be */
	    {1, 0x6a80, 0, TS_ERR_TOKEN_UNSUPPORTED},
	    {1, 0x6983, 0, TS_ERR_ADMIN_BLOCKED},
	    {2, 0x9000, 0, TS_ERR_TOKEN_IO},
	    {2, 0x9000, 20, TS_ERR_TOKEN_IO}, /* not what ours encrypts to */
	    {2, 0x9000, 19, TS_ERR_TOKEN_IO},
	    {2, 0x63c2, 0, TS_ERR_ADMIN_WRONG},
	    {2, 0x6983, 0, TS_ERR_ADMIN_BLOCKED},
	    {2, 0x6985, 0, TS_ERR_NO_TOUCH}, {2, 0x6f00, 0, TS_ERR_TOKEN_IO}};
	struct card_rig_saying *saying;
	struct card_rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		card_rig_init(&rig);
		saying = card_rig_say(&rig, 0x87, TS_PIV_ADMIN, lies[i].sw);
		saying->nth = lies[i].nth;
		saying->p = zeros;
		saying->len = lies[i].len;
		assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN,
				     RIG_ADMIN_HEX),
		    lies[i].r);
		assert_false(card_model_slot(&rig.m, 0x9c)->present);
		assert_int_equal(rig.m.pins_seen, 1);
	}
	/* A block of 3DES, where the key is for AES. */
	card_rig_init(&rig);
	saying = card_rig_say(&rig, 0x87, TS_PIV_ADMIN, 0x9000);
	saying->nth = 1;
	saying->p = block_8;
	saying->len = sizeof(block_8);
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, RIG_ADMIN_HEX),
	    TS_ERR_TOKEN_IO);
	assert_int_equal(rig.m.count, 1); /* it was not gone on with */
}

/* GENERATE, metadata or attestation name another key than the one made. */
static void
twist_key(struct card_model *m, const struct model_command *cmd,
    struct model_answer *answer)
{
	static const uint8_t ins[] = {0x47, 0xf7, 0xf9, 0x47, 0x47, 0x87};
	const struct model_key *key = card_model_slot(m, 0x9c);

	if (cmd->ins != ins[m->variant] || !key->present)
		return;
	switch (m->variant) {
	case 0: /* with a card that has no metadata */
		m->is_yubikey = false;
		answer->p[answer->len - 3] ^= 1;
		break;
	case 1:
		answer->p[answer->len - 3] ^= 1;
		break;
	case 2: /* the attestation is of F9 itself */
		answer->len = 0;
		card_model_say(answer, 0x9000,
		    card_model_object(m, 0x5fff01)->p + 4,
		    card_model_object(m, 0x5fff01)->len - 9);
		break;
	case 3:
		answer->len -= 3;
		card_model_say(answer, 0x9000, answer->p, answer->len);
		break;
	case 4:
		card_model_say(answer, 0x6f00, NULL, 0);
		break;
	default: /* the PIN it took is wrong now */
		card_model_say(answer, 0x6982, NULL, 0);
	}
}

static void
test_lies_about_the_new_key(void **state)
{
	static const int expected[] = {TS_ERR_TOKEN_LIED, TS_ERR_TOKEN_IO,
	    TS_ERR_ATTESTATION, TS_ERR_TOKEN_IO, TS_ERR_TOKEN_IO,
	    TS_ERR_NO_TOUCH};
	struct card_rig rig;
	int i;

	(void)state;
	for (i = 0; i < 6; i++) {
		card_rig_init(&rig);
		rig.m.twist = twist_key;
		rig.m.variant = i;
		assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""),
		    expected[i]);
		assert_true(rig.m.pins_seen <= 2);
	}
	/* A key that came from elsewhere. */
	card_rig_init(&rig);
	(void)card_rig_say(&rig, 0xf9, -1, 0x6a80);
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""), TS_OK);
	assert_int_equal(rig.out.u.created.bundle.len, 0);
}

static void
test_info(void **state)
{
	static const uint8_t chuid[] = {0x34, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	    11, 12, 13, 14, 15, 16, 0xfe, 0};
	const struct ts_token_piv *piv;
	struct card_rig rig;

	(void)state;
	card_rig_init(&rig);
	piv = &rig.out.u.info.piv;
	card_model_key(&rig.m, 0x9a, TSW_ALG_P256, 1)->imported = true;
	card_model_key(&rig.m, 0x9c, TSW_ALG_ED25519, 2)->touch = 2;
	card_model_key(&rig.m, 0x9e, TSW_ALG_P256, 3);
	card_model_put(&rig.m, TS_PIV_OBJECT_CHUID,
	    (struct tsw_slice){chuid, sizeof(chuid)});
	rig.m.pin.tries = 2;
	assert_int_equal(card_rig_info(&rig), TS_OK);
	assert_true(piv->present && piv->can_attest && piv->has_check);
	assert_int_equal(piv->version[1], 7);
	assert_int_equal(piv->tries, 2);
	assert_int_equal(piv->puk_tries, 3);
	assert_memory_equal(piv->guid, chuid + 2, 16);
	assert_int_equal(piv->slot_cnt, 3);
	assert_int_equal(piv->slot[0].slot, 0x9a);
	assert_false(piv->slot[0].generated);
	assert_int_equal(piv->slot[0].pin, TS_TOKEN_POLICY_ONCE);
	assert_int_equal(piv->slot[1].alg, TSW_ALG_ED25519);
	assert_int_equal(piv->slot[1].touch, TS_TOKEN_POLICY_ALWAYS);
	assert_true(piv->slot[1].generated);

	/* As the standard has it. */
	put_cert_of(&rig, 0x5fc10a, &card_model_slot(&rig.m, 0x9c)->token);
	rig.m.is_yubikey = false;
	rig.m.has_openpgp = false;
	assert_int_equal(card_rig_info(&rig), TS_OK);
	assert_int_equal(piv->tries, 2);
	assert_int_equal(piv->puk_tries, TS_TOKEN_RETRIES_UNKNOWN);
	assert_int_equal(piv->slot_cnt, 1);
	assert_int_equal(piv->slot[0].slot, 0x9c);
	assert_int_equal(piv->slot[0].touch, TS_TOKEN_POLICY_UNKNOWN);
	assert_false(piv->has_check);
	assert_false(rig.out.u.info.openpgp.present);
	assert_int_equal(rig.m.pins_seen, 0);
	rig.m.has_piv = false;
	assert_int_equal(card_rig_info(&rig), TS_OK);
	assert_false(piv->present);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_create),
	    cmocka_unit_test(test_create_plain),
	    cmocka_unit_test(test_create_overwrites_nothing),
	    cmocka_unit_test(test_create_refused),
	    cmocka_unit_test(test_management_keys),
	    cmocka_unit_test(test_management_key_lies),
	    cmocka_unit_test(test_lies_about_the_new_key),
	    cmocka_unit_test(test_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
