/* SPDX-License-Identifier: BSD-2-Clause */
/* New keys and hashed PINs on OpenPGP cards, honest and lying. */
#include "cardrig.h"

#include <touchstone/wire/crypto.h>

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
set_kdf(struct card_rig *rig, uint8_t hash, uint32_t count)
{
	const uint8_t text[] = {0x81, 1, 3, 0x82, 1, hash, 0x83, 4,
	    (uint8_t)(count >> 24), (uint8_t)(count >> 16),
	    (uint8_t)(count >> 8), (uint8_t)count, 0x84, 8, 1, 2, 3, 4, 5, 6, 7,
	    8, 0x85, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x86, 8, 8, 7, 6, 5, 4, 3, 2,
	    1};

	memcpy(rig->m.kdf, text, sizeof(text));
	rig->m.kdf_len = sizeof(text);
}

/* What RFC 4880 section 3.7.1.3 says, the slow way. */
static void
set_pin_hash(struct model_pin *pin, bool sha512, const uint8_t salt[8],
    const char *text, size_t count)
{
	static uint8_t all[200000];
	struct tsw_slice part = {all, count};
	size_t i, unit = 8 + strlen(text);

	if (part.len < unit)
		part.len = unit;
	for (i = 0; i < part.len; i++) {
		size_t at = i % unit;

		all[i] = at < 8 ? salt[at] : (uint8_t)text[at - 8];
	}
	if (sha512)
		tsw_sha512(pin->p, &part, 1);
	else
		tsw_sha256(pin->p, &part, 1);
	pin->len = sha512 ? 64 : 32;
}

static void
test_kdf(void **state)
{
	static const uint8_t salt[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const uint8_t admin_salt[] = {8, 7, 6, 5, 4, 3, 2, 1};
	static const uint32_t counts[] = {0, 13, 15, 100000, 65537};
	struct card_rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof(counts) / sizeof(counts[0]); i++) {
		ready(&rig, TSW_ALG_ED25519);
		set_kdf(&rig, i % 2 == 0 ? 8 : 10, counts[i / 2]);
		set_pin_hash(&rig.m.pw1, i % 2 == 1, salt, RIG_PIN,
		    counts[i / 2]);
		set_pin_hash(&rig.m.pw3, i % 2 == 1, admin_salt, ADMIN,
		    counts[i / 2]);
		assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_OK);
		card_rig_verify(&rig);
		rig.req.key_cnt = 0;
		rig.req.replace = true;
		assert_int_equal(card_rig_create(&rig, SIGN, RIG_PIN, ADMIN),
		    TS_OK);
		assert_int_equal(card_rig_info(&rig), TS_OK);
		assert_true(rig.out.u.info.openpgp.has_kdf);
	}
	/* The same salt for all. */
	ready(&rig, TSW_ALG_ED25519);
	set_kdf(&rig, 8, 1000);
	rig.m.kdf_len = 22;
	set_pin_hash(&rig.m.pw1, false, salt, RIG_PIN, 1000);
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_OK);
	/* It could have one, but has none. */
	ready(&rig, TSW_ALG_ED25519);
	memcpy(rig.m.kdf, "\x81\x01\x00", 3);
	rig.m.kdf_len = 3;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_OK);
	(void)card_rig_say(&rig, 0xca, 0xf9, 0x6a88);
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_OK);
}

static void
test_bad_kdf(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		int r;
	} bad[] = {{2, 1, TS_ERR_TOKEN_UNSUPPORTED}, /* another method */
	    {5, 2, TS_ERR_TOKEN_UNSUPPORTED},	     /* SHA-1 */
	    {8, 4, TS_ERR_TOKEN_UNSUPPORTED},	     /* too long */
	    {1, 0, TS_ERR_TOKEN_IO}, {4, 2, TS_ERR_TOKEN_IO},
	    {7, 3, TS_ERR_TOKEN_IO}, {0x0d, 7, TS_ERR_TOKEN_IO},
	    {0, 0x80, TS_ERR_TOKEN_IO}, {12, 0x87, TS_ERR_TOKEN_IO}};
	struct card_rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ready(&rig, TSW_ALG_ED25519);
		set_kdf(&rig, 8, 1000);
		rig.m.kdf[bad[i].at] = bad[i].value;
		assert_int_equal(card_rig_sign(&rig, RIG_PIN), bad[i].r);
		assert_int_equal(rig.m.pins_seen, 0);
	}
	/* The last salt, a byte too short. */
	ready(&rig, TSW_ALG_ED25519);
	set_kdf(&rig, 8, 1000);
	rig.m.kdf[--rig.m.kdf_len - 8] = 7;
	assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_ERR_TOKEN_IO);
	assert_int_equal(rig.m.pins_seen, 0);
}

static void
test_create(void **state)
{
	const struct ts_token_created *made;
	struct card_rig rig;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		make(&rig, TSW_ALG_P256);
		made = &rig.out.u.created;
		rig.m.uif[1] = i == 1 ? 0 : 0x20;
		rig.m.uif[0] = i == 2 ? 4 : 0;
		rig.m.pin_once = i == 1;
		assert_int_equal(card_rig_create(&rig, SIGN, RIG_PIN, ADMIN),
		    TS_OK);
		assert_int_equal(made->kind, OPENPGP);
		assert_int_equal(made->id[0], SIGN);
		assert_int_equal(made->key.alg, TSW_ALG_ED25519);
		assert_memory_equal(&made->key,
		    &card_model_slot(&rig.m, SIGN)->token.key,
		    sizeof(made->key));
		assert_int_equal(made->pin,
		    i == 1 ? TS_TOKEN_POLICY_ALWAYS : TS_TOKEN_POLICY_ONCE);
		assert_int_equal(made->touch,
		    i == 0	 ? TS_TOKEN_POLICY_ALWAYS
			: i == 1 ? TS_TOKEN_POLICY_UNKNOWN
				 : TS_TOKEN_POLICY_ONCE);
		assert_int_equal(rig.m.pins_seen, 3); /* PW1, PW3, PW1 */
		card_rig_ask(&rig, SIGN);
		assert_int_equal(card_rig_sign(&rig, RIG_PIN), TS_OK);
		card_rig_verify(&rig);
	}
}

static void
test_create_overwrites_nothing(void **state)
{
	struct model_key before;
	struct card_rig rig;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		ready(&rig, TSW_ALG_ED25519);
		rig.m.no_key_info = i == 1;
		rig.req.key_cnt = 0;
		before = *card_model_slot(&rig.m, SIGN);
		assert_int_equal(card_rig_create(&rig, SIGN, RIG_PIN, ADMIN),
		    TS_ERR_SLOT_USED);
		assert_int_equal(rig.m.pins_seen, 0);
		assert_memory_equal(&before, card_model_slot(&rig.m, SIGN),
		    sizeof(before));
	}
	card_rig_init(&rig);
	rig.m.fingerprint[3] = 1;
	assert_int_equal(card_rig_create(&rig, SIGN, RIG_PIN, ADMIN),
	    TS_ERR_SLOT_USED);
	rig.req.replace = true;
	assert_int_equal(card_rig_create(&rig, SIGN, RIG_PIN, ADMIN), TS_OK);
	assert_int_equal(rig.m.fingerprint[3], 0);
	card_rig_ask(&rig, SIGN);
	assert_int_equal(card_rig_create(&rig, SIGN, RIG_PIN, ADMIN),
	    TS_ERR_ALREADY);
	assert_int_equal(rig.m.pins_seen, 0);
}

static void
test_create_refused(void **state)
{
	struct card_rig rig;

	(void)state;
	make(&rig, TSW_ALG_P256);
	assert_int_equal(card_rig_create(&rig, SIGN, RIG_PIN, ""),
	    TS_ERR_ADMIN_REQUIRED);
	assert_int_equal(rig.m.transmissions, 0);
	assert_int_equal(card_rig_create(&rig, SIGN, RIG_PIN, "1234567"),
	    TS_ERR_PIN_POLICY);
	assert_int_equal(card_rig_create(&rig, SIGN, "654321", ADMIN),
	    TS_ERR_PIN_WRONG);
	assert_int_equal(rig.m.pins_seen, 1);
	assert_int_equal(card_rig_create(&rig, SIGN, RIG_PIN, "87654321"),
	    TS_ERR_ADMIN_WRONG);
	assert_int_equal(rig.out.retries, 2);
	rig.m.pw3.tries = 0;
	assert_int_equal(card_rig_create(&rig, SIGN, RIG_PIN, ADMIN),
	    TS_ERR_ADMIN_BLOCKED);
	assert_int_equal(rig.m.attributes_len, sizeof(p256));
	assert_false(card_model_slot(&rig.m, SIGN)->present);
	/* The first algorithm is refused, the second taken. */
	make(&rig, TSW_ALG_P256);
	rig.m.no_ed25519 = true;
	assert_int_equal(card_rig_create(&rig, SIGN, RIG_PIN, ADMIN), TS_OK);
	assert_int_equal(rig.out.u.created.key.alg, TSW_ALG_P256);
	card_rig_init(&rig);
	(void)card_rig_say(&rig, 0x47, -1, 0x6a80);
	card_model_slot(&rig.m, SIGN)->present = false;
	assert_int_equal(card_rig_create(&rig, SIGN, RIG_PIN, ADMIN),
	    TS_ERR_TOKEN_UNSUPPORTED);
}

/* The public key that GENERATE or a later look shows is not the one made. */
static void
twist_key(struct card_model *m, const struct model_command *cmd,
    struct model_answer *answer)
{
	if (cmd->ins == 0x47 && card_model_sw(answer) == 0x9000 &&
	    ((m->variant & 1) == 0 || cmd->p1 == 0x81) &&
	    ((m->variant & 2) == 0 || cmd->p1 == 0x80))
		answer->p[answer->len - 4] ^= 1;
}

static void
test_lies_about_the_new_key(void **state)
{
	struct card_rig rig;
	int i, r;

	(void)state;
	for (i = 0; i < 3; i++) {
		card_rig_init(&rig);
		rig.m.twist = twist_key;
		rig.m.variant = i;
		r = card_rig_create(&rig, SIGN, RIG_PIN, ADMIN);
		/* The same lie twice is found by the signature. */
		assert_int_equal(r,
		    i == 0 ? TS_ERR_TOKEN_LIED : TS_ERR_TOKEN_IO);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kdf),
	    cmocka_unit_test(test_bad_kdf),
	    cmocka_unit_test(test_create),
	    cmocka_unit_test(test_create_overwrites_nothing),
	    cmocka_unit_test(test_create_refused),
	    cmocka_unit_test(test_lies_about_the_new_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
