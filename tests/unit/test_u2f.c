/* SPDX-License-Identifier: BSD-2-Clause */
/* U2F on both ways: formats, and what it must not get around. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <touchstone/wire/crypto.h>

#include "u2frig.h"

static void
test_story(void **state)
{
	uint32_t a, b;

	(void)state;
	make();
	assert_int_equal(ask_sign(7), FW_SW_CONDITIONS);
	assert_false(fw_ctap2_is_waiting(&rig.t.ctap2));
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	assert_int_equal(memboard.led, HAL_LED_TOUCH_LOGIN);
	assert_string_equal(memboard.display, "log in\nu2f-aaaaaaaaaaaaaaaa");
	rig_touch();
	assert_int_equal(memboard.led, HAL_LED_IDLE);
	assert_int_equal(ask_sign(3), FW_SW_OK);
	take_assertion(&a);
	/* each signature has its touch */
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(ask_sign(3), FW_SW_OK);
	take_assertion(&b);
	assert_int_equal(b, a + 1);
}

static void
test_version(void **state)
{
	static const uint8_t forms[][9] = {{0, 3, 0, 0, 0},
	    {0, 3, 0, 0, 0, 0, 0}, {0, 3, 0, 0, 0, 0, 0, 0, 0}, {0, 3, 0, 0}};
	static const size_t len[] = {5, 7, 9, 4};
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(rig_u2f(forms[i], len[i]), FW_SW_OK);
		assert_int_equal(rig.in_len, 6);
		assert_memory_equal(rig.in, "U2F_V2", 6);
	}
	assert_int_equal(ask(3, 0, challenge, 1), FW_SW_WRONG_LENGTH);
}

static void
test_bad_requests(void **state)
{
	uint8_t p[300] = {0};
	size_t len;

	(void)state;
	make();
	for (len = 0; len < 130; len++)
		if (len != 64)
			assert_int_equal(ask(1, 0, p, len), FW_SW_WRONG_LENGTH);
	for (len = 0; len < 65 + 256; len += 5)
		if (len != 65)
			assert_int_equal(ask(2, 3, p, len < 300 ? len : 299),
			    FW_SW_WRONG_LENGTH);
	assert_int_equal(ask(2, 3, p, 65), FW_SW_DATA); /* an empty handle */
	p[64] = HANDLE_LEN + 1;
	assert_int_equal(ask(2, 3, p, 66 + HANDLE_LEN), FW_SW_DATA);
	assert_int_equal(ask_sign(0), FW_SW_WRONG_P1P2);
	assert_int_equal(ask_sign(4), FW_SW_WRONG_P1P2);
	assert_int_equal(ask(4, 0, p, 0), FW_SW_INS);
	assert_int_equal(rig_u2f((const uint8_t[]){0x80, 3, 0, 0}, 4),
	    FW_SW_CLA);
	assert_int_equal(rig_u2f(p, 1), FW_SW_WRONG_LENGTH);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
}

/* Nobody's handle, another site's, one changed byte. */
static void
test_wrong_handle(void **state)
{
	size_t i;

	(void)state;
	make();
	app[0] ^= 1;
	assert_int_equal(ask_sign(3), FW_SW_DATA);
	assert_int_equal(ask_sign(7), FW_SW_DATA);
	assert_int_equal(ask_sign(8), FW_SW_DATA);
	app[0] ^= 1;
	for (i = 0; i < HANDLE_LEN; i++) {
		handle[i] ^= 0x80;
		assert_int_equal(ask_sign(7), FW_SW_DATA);
		handle[i] ^= 0x80;
	}
	assert_int_equal(ask_sign(7), FW_SW_CONDITIONS);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
}

/* The name of the statement applet's keys, as a hash. */
static void
test_reserved_name(void **state)
{
	static const struct tsw_slice name = {(const uint8_t *)TSW_APPLET_RP_ID,
	    sizeof(TSW_APPLET_RP_ID) - 1};

	(void)state;
	tsw_sha256(app, &name, 1);
	assert_int_equal(ask_register(), FW_SW_DATA);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
	rig.profile = FW_PROFILE_FIDO_ONLY;
	rig_plug();
	make();
	rig.profile = FW_PROFILE_FULL;
	rig_plug();
	assert_int_equal(ask_sign(3), FW_SW_DATA);
}

/* Make a FIDO2 credential for "a.b" whose hash U2F knows as app. */
static void
make_fido2(int alg, unsigned int protect, bool rk)
{
	struct ctapclient_cmd cmd = {.rp = "a.b",
	    .user = "u",
	    .alg = alg,
	    .protect = protect,
	    .rk = rk};
	static const struct tsw_slice name = {(const uint8_t *)"a.b", 3};

	rig.touch = RIG_TOUCH;
	tsw_sha256(app, &name, 1);
	assert_int_equal(ctapclient_make(&rig.client, handle, &cmd),
	    FW_CTAP_OK);
}

/* One key, two protocols; but not one that wants a verified user, nor one of a
 * kind that U2F does not know. */
static void
test_fido2_keys(void **state)
{
	struct ctapclient_cmd get = {.rp = "a.b", .list_id = {handle, 68}};

	(void)state;
	make_fido2(0, 0, false);
	assert_int_equal(ask_sign(7), FW_SW_CONDITIONS);
	make_fido2(0, 2, true);
	assert_int_equal(ask_sign(7), FW_SW_CONDITIONS);
	make_fido2(0, 3, false);
	assert_int_equal(ask_sign(7), FW_SW_DATA);
	assert_int_equal(ask_sign(3), FW_SW_DATA);
	make_fido2(FW_COSE_EDDSA, 0, false);
	assert_int_equal(ask_sign(7), FW_SW_DATA);
	/* and the reverse */
	make();
	assert_int_equal(ctapclient_assert(&rig.client, &get), FW_CTAP_OK);
}

/* A discoverable one is good while it is in the store. */
static void
test_deleted_key(void **state)
{
	uint8_t old[HANDLE_LEN];

	(void)state;
	make_fido2(0, 0, true);
	assert_int_equal(ask_sign(7), FW_SW_CONDITIONS);
	memcpy(old, handle, sizeof(old));
	make_fido2(0, 0, true); /* of the same account */
	memcpy(handle, old, sizeof(old));
	assert_int_equal(ask_sign(7), FW_SW_DATA);
}

static void
test_without_noise(void **state)
{
	(void)state;
	make();
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	memboard.noise = MEMBOARD_NOISE_STUCK;
	assert_int_equal(ask_sign(3), FW_SW_FAULT);
	assert_int_equal(ask_register(), FW_SW_FAULT);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
}

/* Two registrations have nothing in common that tells of one token. */
static void
test_certificates_differ(void **state)
{
	uint8_t first[FW_CTAP2_RSP_MAX];
	size_t i, len, same = 0;

	(void)state;
	make();
	len = rig.in_len;
	memcpy(first, rig.in, len);
	make();
	/* serial and key of the certificate, at their places in it */
	for (i = 0; i < 16; i++)
		same += first[CERT_AT + 4 + 4 + 5 + 2 + i] ==
		    rig.in[CERT_AT + 4 + 4 + 5 + 2 + i];
	assert_in_range(same, 0, 4);
	assert_memory_not_equal(first + POINT_AT, rig.in + POINT_AT, 65);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_story, new_token),
	    {"test_story_on_card", test_story, new_card, NULL, NULL},
	    cmocka_unit_test_setup(test_version, new_token),
	    cmocka_unit_test_setup(test_bad_requests, new_token),
	    cmocka_unit_test_setup(test_wrong_handle, new_token),
	    cmocka_unit_test_setup(test_reserved_name, new_token),
	    cmocka_unit_test_setup(test_fido2_keys, new_token),
	    cmocka_unit_test_setup(test_deleted_key, new_token),
	    cmocka_unit_test_setup(test_without_noise, new_token),
	    cmocka_unit_test_setup(test_certificates_differ, new_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
