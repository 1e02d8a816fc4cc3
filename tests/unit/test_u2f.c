/* SPDX-License-Identifier: BSD-2-Clause */
/* U2F on both ways: formats, the touch that a host polls for, what U2F must not
 * get around. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <touchstone/wire/crypto.h>

#include "cardhost.h"
#include "u2f.h"

#define FIDO 0xa0, 0, 0, 6, 0x47, 0x2f, 0, 1
#define HANDLE_LEN FW_CRED_ID_LEN
#define POINT_AT 1
#define HANDLE_AT (POINT_AT + 65 + 1)
#define CERT_AT (HANDLE_AT + HANDLE_LEN)

static uint8_t app[32], challenge[32];
static uint8_t handle[HANDLE_LEN], point[65];
static bool on_card; /* the way of the requests */

static int
new_token(void **state)
{
	(void)state;
	rig_new();
	rig.touch = RIG_TOUCH;
	memset(&cardhost, 0, sizeof(cardhost));
	memset(app, 0xaa, sizeof(app));
	memset(challenge, 0xcc, sizeof(challenge));
	on_card = false;
	return 0;
}

static int
new_card(void **state)
{
	(void)new_token(state);
	CARDHOST_SELECT(FIDO);
	on_card = true;
	return 0;
}

static const uint8_t *
rsp(void)
{
	return on_card ? cardhost.data : rig.in;
}

static size_t
rsp_len(void)
{
	return on_card ? cardhost.len : rig.in_len;
}

/* Extended, as hosts send it. */
static unsigned int
ask(uint8_t ins, uint8_t p1, const uint8_t *data, size_t len)
{
	uint8_t p[7 + 300 + 2] = {0, ins, p1, 0, 0};

	p[5] = (uint8_t)(len >> 8);
	p[6] = (uint8_t)len;
	if (len > 0)
		memcpy(p + 7, data, len);
	return on_card ? cardhost_apdu(p, 7 + len + 2)
		       : rig_u2f(p, 7 + len + 2);
}

static unsigned int
ask_register(void)
{
	uint8_t p[64];

	memcpy(p, challenge, 32);
	memcpy(p + 32, app, 32);
	return ask(1, 0, p, sizeof(p));
}

static unsigned int
ask_sign(uint8_t control)
{
	uint8_t p[65 + HANDLE_LEN];

	memcpy(p, challenge, 32);
	memcpy(p + 32, app, 32);
	p[64] = HANDLE_LEN;
	memcpy(p + 65, handle, HANDLE_LEN);
	return ask(2, control, p, sizeof(p));
}

/* An ECDSA signature in DER by the key that was registered. */
static void
assert_signed(const uint8_t *msg, size_t msg_len, const uint8_t *der,
    size_t der_len)
{
	struct tsw_slice part = {msg, msg_len};
	uint8_t hash[32], sig[64] = {0};
	size_t i, at = 2, n;

	assert_int_equal(der[0], 0x30);
	assert_int_equal(der[1] + 2u, der_len);
	for (i = 0; i < 2; i++) {
		assert_int_equal(der[at], 2);
		n = der[at + 1];
		at += 2;
		if (n > 32) {
			assert_int_equal(der[at], 0);
			at++;
			n--;
		}
		memcpy(sig + 32 * i + 32 - n, der + at, n);
		at += n;
	}
	assert_int_equal(at, der_len);
	tsw_sha256(hash, &part, 1);
	assert_int_equal(tsw_p256_verify(sig, hash, point), TSW_OK);
}

/* Register, and keep the handle and the key. */
static void
make(void)
{
	uint8_t msg[1 + 32 + 32 + HANDLE_LEN + 65] = {0};
	const uint8_t *r, *sig;
	size_t cert_len;

	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(ask_register(), FW_SW_OK);
	r = rsp();
	assert_in_range(rsp_len(), CERT_AT + 100, FW_CTAP2_RSP_MAX - 2);
	assert_int_equal(r[0], 5);
	memcpy(point, r + POINT_AT, sizeof(point));
	assert_int_equal(point[0], 4);
	assert_int_equal(r[HANDLE_AT - 1], HANDLE_LEN);
	memcpy(handle, r + HANDLE_AT, HANDLE_LEN);
	assert_memory_equal(r + CERT_AT, "\x30\x82", 2);
	cert_len = 4 + ((size_t)r[CERT_AT + 2] << 8 | r[CERT_AT + 3]);
	sig = r + CERT_AT + cert_len;
	memcpy(msg + 1, app, 32);
	memcpy(msg + 33, challenge, 32);
	memcpy(msg + 65, handle, HANDLE_LEN);
	memcpy(msg + 65 + HANDLE_LEN, point, sizeof(point));
	assert_signed(msg, sizeof(msg), sig, (size_t)(r + rsp_len() - sig));
}

static void
take_assertion(uint32_t *count)
{
	uint8_t msg[32 + 1 + 4 + 32];
	const uint8_t *r = rsp();

	assert_in_range(rsp_len(), 5 + 60, 5 + 72);
	assert_int_equal(r[0], 1);
	*count = (uint32_t)r[1] << 24 | (uint32_t)r[2] << 16 |
	    (uint32_t)r[3] << 8 | r[4];
	memcpy(msg, app, 32);
	memcpy(msg + 32, r, 5);
	memcpy(msg + 37, challenge, 32);
	assert_signed(msg, sizeof(msg), r + 5, rsp_len() - 5);
}

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

/* Without a touch there is no signature, however it is asked for. */
static void
test_presence_is_not_optional(void **state)
{
	int i;

	(void)state;
	make();
	for (i = 0; i < 10; i++) {
		assert_int_equal(ask_sign(8), FW_SW_CONDITIONS);
		assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
		rig_wait_ms(500);
	}
	/* a touch for 03 is none for 08 */
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(ask_sign(8), FW_SW_CONDITIONS);
	assert_int_equal(ask_sign(3), FW_SW_OK);
}

/* The touch is for the very request. */
static void
test_touch_is_for_one_request(void **state)
{
	(void)state;
	make();
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	challenge[0] ^= 1;
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	assert_true(fw_ctap2_is_waiting(&rig.t.ctap2));
	challenge[0] ^= 1;
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	/* for as long as a host takes to ask again */
	rig_touch();
	rig_wait_ms(FW_CTAP2_GRANT_MS);
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	rig_wait_ms(FW_CTAP2_GRANT_MS - 1);
	assert_int_equal(ask_sign(3), FW_SW_OK);
	/* and not for a registration */
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
}

/* The token asks while the host does, and no longer. */
static void
test_asks_while_polled(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		assert_int_equal(ask_register(), FW_SW_CONDITIONS);
		assert_int_equal(memboard.led, HAL_LED_TOUCH_REGISTER);
		rig_wait_ms(FW_CTAP2_GRANT_MS - 1);
	}
	rig_wait_ms(1);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
	assert_int_equal(memboard.led, HAL_LED_IDLE);
	assert_string_equal(memboard.display, "");
}

/* Another command ends it, and its touch serves no other. */
static void
test_ended_by_others(void **state)
{
	static const uint8_t selection[] = {FW_CTAP2_SELECTION};
	static const uint8_t info[] = {FW_CTAP2_GET_INFO};

	(void)state;
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(rig_send(info, 1), FW_CTAP_OK);
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	rig_touch();
	rig.touch = RIG_NONE;
	assert_int_equal(rig_send(selection, 1), FW_CTAP_USER_ACTION_TIMEOUT);
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(ask_register(), FW_SW_OK);
}

/* A touch on one way is none on the other. */
static void
test_touch_stays_on_its_way(void **state)
{
	(void)state;
	make();
	CARDHOST_SELECT(FIDO);
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	on_card = true;
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	assert_int_equal(cardhost.len, 0);
	on_card = false;
	assert_int_equal(ask_sign(3), FW_SW_OK);
	on_card = true;
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	on_card = false;
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	on_card = true;
	/* the power of the card takes it along */
	cardhost_power(false);
	CARDHOST_SELECT(FIDO);
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(ask_sign(3), FW_SW_OK);
	/* so does another applet */
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(CARDHOST_APDU(0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 3, 8, 0),
	    FW_SW_OK);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
	assert_int_equal(CARDHOST_APDU(0, 0xa4, 4, 0, 8, FIDO, 0), FW_SW_OK);
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
}

/* Nor is one on another channel: the same bytes may be another program's. */
static void
test_touch_stays_on_its_channel(void **state)
{
	(void)state;
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	rig_touch();
	rig_channel();
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	assert_true(fw_ctap2_is_waiting(&rig.t.ctap2));
}

/* A touch for U2F is none for the CTAP command that comes instead. */
static void
test_ended_by_ctap_on_card(void **state)
{
	int polled, touched;

	for (polled = 0; polled < 2; polled++)
		for (touched = 0; touched < 2; touched++) {
			(void)new_card(state);
			assert_int_equal(ask_register(), FW_SW_CONDITIONS);
			if (touched)
				rig_touch();
			assert_int_equal(CARDHOST_APDU(0x80, 0x10,
					     polled ? 0x80 : 0, 0, 1,
					     FW_CTAP2_SELECTION, 0),
			    polled ? FW_SW_GOES_ON : 0);
			assert_true(fw_ctap2_is_waiting(&rig.t.ctap2));
			assert_int_equal(memboard.led, HAL_LED_TOUCH_SELECT);
			if (polled)
				assert_int_equal(CARDHOST_APDU(0x80, 0x11, 0, 0,
						     0),
				    FW_SW_GOES_ON);
		}
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
	    cmocka_unit_test_setup(test_presence_is_not_optional, new_token),
	    {"test_presence_on_card", test_presence_is_not_optional, new_card,
		NULL, NULL},
	    cmocka_unit_test_setup(test_touch_is_for_one_request, new_token),
	    {"test_touch_on_card", test_touch_is_for_one_request, new_card,
		NULL, NULL},
	    cmocka_unit_test_setup(test_asks_while_polled, new_token),
	    cmocka_unit_test_setup(test_ended_by_others, new_token),
	    cmocka_unit_test_setup(test_touch_stays_on_its_way, new_token),
	    cmocka_unit_test_setup(test_touch_stays_on_its_channel, new_token),
	    cmocka_unit_test_setup(test_ended_by_ctap_on_card, new_card),
	    cmocka_unit_test_setup(test_reserved_name, new_token),
	    cmocka_unit_test_setup(test_fido2_keys, new_token),
	    cmocka_unit_test_setup(test_deleted_key, new_token),
	    cmocka_unit_test_setup(test_without_noise, new_token),
	    cmocka_unit_test_setup(test_certificates_differ, new_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
