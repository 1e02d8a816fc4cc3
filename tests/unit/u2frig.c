/* SPDX-License-Identifier: BSD-2-Clause */
#include "u2frig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <touchstone/wire/crypto.h>

uint8_t app[32], challenge[32];
uint8_t handle[HANDLE_LEN];
bool on_card;
static uint8_t point[65];

int
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

int
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

unsigned int
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

unsigned int
ask_register(void)
{
	uint8_t p[64];

	memcpy(p, challenge, 32);
	memcpy(p + 32, app, 32);
	return ask(1, 0, p, sizeof(p));
}

unsigned int
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

void
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

void
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
