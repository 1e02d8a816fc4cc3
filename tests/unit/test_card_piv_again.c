/* SPDX-License-Identifier: BSD-2-Clause */
/* PIV cards that are not as they were left: a key half made, or another. */
#include "cardrig.h"

#include "token/piv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PIV TS_TOKEN_KIND_PIV

static void
put_cert_of(struct card_rig *rig, uint32_t object, const struct soft_token *key)
{
	uint8_t text[MODEL_OBJECT_MAX];
	size_t len = card_model_cert(text, sizeof(text), &key->key, key);

	card_model_put(&rig->m, object, (struct tsw_slice){text, len});
}

/* A CREATE whose touch nobody gave: a key, and no certificate. */
static void
leave_behind(struct card_rig *rig, struct model_key *left)
{
	card_rig_init(rig);
	(void)card_rig_say(rig, 0x87, 0x9c, 0x6982);
	assert_int_equal(card_rig_create(rig, 0x9c, RIG_PIN, ""),
	    TS_ERR_NO_TOUCH);
	rig->m.twist = NULL;
	assert_true(card_model_slot(&rig->m, 0x9c)->present);
	*left = *card_model_slot(&rig->m, 0x9c);
}

static void
test_create_goes_on(void **state)
{
	struct model_key left;
	struct card_rig rig;

	(void)state;
	leave_behind(&rig, &left);
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""), TS_OK);
	assert_memory_equal(&rig.out.u.created.key, &left.token.key,
	    sizeof(left.token.key));
	assert_int_equal(rig.out.u.created.pin, TS_TOKEN_POLICY_ALWAYS);
	assert_int_equal(rig.out.u.created.touch, TS_TOKEN_POLICY_ALWAYS);
	assert_true(rig.out.u.created.bundle.len > 0);
	assert_memory_equal(&left, card_model_slot(&rig.m, 0x9c), sizeof(left));
	/* Now it has a certificate, and is in use. */
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""),
	    TS_ERR_SLOT_USED);
	/* Whoever wants another says so. */
	leave_behind(&rig, &left);
	rig.req.replace = true;
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""), TS_OK);
	assert_memory_not_equal(&left.token.key, &rig.out.u.created.key,
	    sizeof(left.token.key));
}

/* A key that could be somebody's, or is not what would be asked for. */
static void
test_create_takes_no_other_key(void **state)
{
	struct model_key left, *key;
	struct card_rig rig;
	int i;

	(void)state;
	for (i = 0; i < 6; i++) {
		leave_behind(&rig, &left);
		key = card_model_slot(&rig.m, 0x9c);
		if (i == 0)
			key->imported = true;
		else if (i == 1)
			key->touch = 1; /* never */
		else if (i == 2)
			key->touch = 3; /* cached */
		else if (i == 3)
			key->pin = 2; /* once */
		else if (i == 4)
			put_cert_of(&rig, 0x5fc10a, &key->token);
		else {
			rig.req.alg_cnt = 1;
			rig.req.alg[0] = TSW_ALG_P256;
		}
		assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""),
		    TS_ERR_SLOT_USED);
		assert_int_equal(rig.m.pins_seen, 0);
		assert_memory_equal(&left.token.key, &key->token.key,
		    sizeof(left.token.key));
	}
	/* A key of this identity has a certificate, or had one. */
	leave_behind(&rig, &left);
	card_rig_ask(&rig, 0x9c);
	assert_int_equal(card_rig_create(&rig, 0x9c, RIG_PIN, ""),
	    TS_ERR_ALREADY);
	/* The PIN and the management key are asked for as always. */
	leave_behind(&rig, &left);
	assert_int_equal(card_rig_create(&rig, 0x9c, "654321", ""),
	    TS_ERR_PIN_WRONG);
}

/* A request that names a key gives no PIN or PUK to a card without it. */
static void
test_pins_for_one_card_only(void **state)
{
	const struct soft_token other = soft_token_new(TSW_ALG_P256, 7);
	struct card_rig rig;

	(void)state;
	card_rig_init(&rig);
	card_model_key(&rig.m, TS_TOKEN_PIV_SIGN, TSW_ALG_P256, 5);
	card_rig_ask(&rig, TS_TOKEN_PIV_SIGN);
	card_model_key(&rig.m, TS_PIV_CARD, TSW_ALG_P256, 9);
	rig.req.key[0].has_check = true;
	rig.req.key[0].check = card_model_slot(&rig.m, TS_PIV_CARD)->token.key;
	assert_int_equal(card_rig_change(&rig, PIV, RIG_PIN, "87654321"),
	    TS_OK);
	assert_int_equal(card_rig_unblock(&rig, PIV, "12345678", RIG_PIN),
	    TS_OK);
	rig.req.key[0].check.data[9] ^= 1;
	assert_int_equal(card_rig_change(&rig, PIV, RIG_PIN, "87654321"),
	    TS_ERR_CARD_STRANGE);
	assert_int_equal(card_rig_unblock(&rig, PIV, "12345678", "87654321"),
	    TS_ERR_CARD_STRANGE);
	assert_int_equal(rig.m.pins_seen, 0);
	rig.req.key[0].key = other.key;
	assert_int_equal(card_rig_change(&rig, PIV, RIG_PIN, "87654321"),
	    TS_ERR_WRONG_TOKEN);
	assert_int_equal(rig.m.pins_seen, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_create_goes_on),
	    cmocka_unit_test(test_create_takes_no_other_key),
	    cmocka_unit_test(test_pins_for_one_card_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
