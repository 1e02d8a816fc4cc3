/* SPDX-License-Identifier: BSD-2-Clause */
#include "pivrig.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/provider.h>

struct pivrig pivrig;

const uint8_t pivrig_key[24] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
    1, 2, 3, 4, 5, 6, 7, 8};

void
pivrig_boot(void)
{
	fw_ctap2_init(&pivrig.c, memboard.millis, FW_PROFILE_FULL);
	fw_piv_init(&pivrig.piv, &pivrig.c);
	pivrig.applet = fw_piv_applet(&pivrig.piv);
	pivrig.touch = FW_TOUCH_GIVEN;
}

unsigned int
pivrig_select(void)
{
	static const struct fw_apdu apdu = {.ins = 0xa4, .p1 = 4};
	struct tsw_wr wr;
	enum fw_sw sw;

	pivrig.applet.begin(pivrig.applet.applet, &apdu);
	tsw_wr_init(&wr, pivrig.rsp, sizeof(pivrig.rsp));
	sw = pivrig.applet.select(pivrig.applet.applet, &wr);
	pivrig.len = tsw_wr_len(&wr);
	return sw;
}

void
pivrig_plug(void)
{
	pivrig_boot();
	assert_int_equal(pivrig_select(), FW_SW_OK);
}

int
pivrig_setup(void **state)
{
	(void)state;
	memboard_reset();
	pivrig_plug();
	return 0;
}

void
pivrig_wait_ms(uint64_t ms)
{
	memboard.millis += ms;
	fw_ctap2_tick(&pivrig.c, memboard.millis);
}

static enum fw_sw
run(const struct fw_apdu *apdu)
{
	struct tsw_wr wr;
	enum fw_sw sw;

	pivrig.applet.begin(pivrig.applet.applet, apdu);
	tsw_wr_init(&wr, pivrig.rsp, sizeof(pivrig.rsp));
	sw = pivrig.applet.run(pivrig.applet.applet, &wr, apdu);
	pivrig.asked = sw == FW_SW_WAIT_TOUCH;
	if (pivrig.asked) {
		assert_int_equal(pivrig.c.op.kind, FW_OP_CARD);
		pivrig.led = pivrig.c.op.led;
		memcpy(pivrig.text, pivrig.c.op.text, sizeof(pivrig.text));
		tsw_wr_init(&wr, pivrig.rsp, sizeof(pivrig.rsp));
		sw = pivrig.applet.finish(pivrig.applet.applet, &wr,
		    pivrig.touch);
		fw_ctap2_abort(&pivrig.c);
	}
	assert_false(wr.full);
	pivrig.len = sw == FW_SW_OK ? tsw_wr_len(&wr) : 0;
	return sw;
}

unsigned int
pivrig_send(uint8_t ins, uint8_t p1, uint8_t p2, const uint8_t *data,
    size_t len)
{
	struct fw_apdu apdu = {.ins = ins,
	    .p1 = p1,
	    .p2 = p2,
	    .ne = FW_APDU_EXTENDED_NE};
	static uint8_t *copy; /* left over if the power was cut */
	enum fw_sw sw;

	free(copy);
	copy = malloc(len + 1); /* the sanitizer sees its end */
	assert_non_null(copy);
	if (len > 0)
		memcpy(copy + 1, data, len);
	apdu.data = (struct tsw_slice){copy + 1, len};
	sw = run(&apdu);
	free(copy);
	copy = NULL;
	return sw;
}

static uint8_t
digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c);

	assert_true(at != NULL && c != '\0');
	return (uint8_t)(at - digits);
}

static size_t
unhex(uint8_t *out, size_t size, const char *hex)
{
	size_t len = 0;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		assert_true(len < size && hex[1] != '\0');
		out[len++] = (uint8_t)(digit(hex[0]) * 16 + digit(hex[1]));
		hex++;
	}
	return len;
}

unsigned int
pivrig_hex(uint8_t ins, uint8_t p1, uint8_t p2, const char *hex)
{
	uint8_t data[FW_CARD_DATA_MAX];
	size_t len = unhex(data, sizeof(data), hex);

	return pivrig_send(ins, p1, p2, data, len);
}

static void
pad(uint8_t out[FW_PIV_PIN_LEN], const char *pin)
{
	memset(out, 0xff, FW_PIV_PIN_LEN);
	memcpy(out, pin, strlen(pin));
}

unsigned int
pivrig_verify(const char *pin)
{
	uint8_t data[FW_PIV_PIN_LEN];

	pad(data, pin);
	return pivrig_send(FW_PIV_INS_VERIFY, 0, FW_PIV_PIN, data,
	    sizeof(data));
}

static unsigned int
send_two(uint8_t ins, uint8_t ref, const char *first, const char *second)
{
	uint8_t data[2 * FW_PIV_PIN_LEN];

	pad(data, first);
	pad(data + FW_PIV_PIN_LEN, second);
	return pivrig_send(ins, 0, ref, data, sizeof(data));
}

unsigned int
pivrig_change(uint8_t ref, const char *from, const char *to)
{
	return send_two(FW_PIV_INS_CHANGE, ref, from, to);
}

unsigned int
pivrig_unblock(const char *puk, const char *pin)
{
	return send_two(FW_PIV_INS_UNBLOCK, FW_PIV_PIN, puk, pin);
}

static const EVP_CIPHER *
cipher_of(uint8_t alg)
{
	switch (alg) {
	case FW_PIV_3DES:
		return EVP_des_ede3_ecb();
	case FW_PIV_AES128:
		return EVP_aes_128_ecb();
	case FW_PIV_AES192:
		return EVP_aes_192_ecb();
	default:
		return EVP_aes_256_ecb();
	}
}

void
pivrig_crypt(uint8_t *out, const uint8_t *in, uint8_t alg, const uint8_t *key,
    bool encrypt)
{
	int len = alg == FW_PIV_3DES ? 8 : 16, n = 0;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	assert_non_null(ctx);
	assert_int_equal(EVP_CipherInit_ex(ctx, cipher_of(alg), NULL, key, NULL,
			     encrypt),
	    1);
	assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
	assert_int_equal(EVP_CipherUpdate(ctx, out, &n, in, len), 1);
	assert_int_equal(n, len);
	EVP_CIPHER_CTX_free(ctx);
}

void
pivrig_admin(void)
{
	uint8_t data[4 + 16] = {0x7c, 18, 0x82, 16};

	assert_int_equal(pivrig_hex(FW_PIV_INS_AUTHENTICATE, FW_PIV_AES192,
			     FW_PIV_ADMIN, "7c028100"),
	    FW_SW_OK);
	assert_int_equal(pivrig.len, 20);
	pivrig_crypt(data + 4, pivrig.rsp + 4, FW_PIV_AES192, pivrig_key, true);
	assert_int_equal(pivrig_send(FW_PIV_INS_AUTHENTICATE, FW_PIV_AES192,
			     FW_PIV_ADMIN, data, sizeof(data)),
	    FW_SW_OK);
}

unsigned int
pivrig_generate(uint8_t slot, uint8_t alg, uint8_t pin, uint8_t touch)
{
	uint8_t data[] = {0xac, 9, 0x80, 1, alg, 0xaa, 1, pin, 0xab, 1, touch};

	return pivrig_send(FW_PIV_INS_GENERATE, 0, slot, data, sizeof(data));
}

/* 7F49 { 86 } */
void
pivrig_make(uint8_t slot, uint8_t alg, uint8_t pin, uint8_t touch)
{
	size_t len = alg == FW_PIV_P256 ? 65 : 32;

	assert_int_equal(pivrig_generate(slot, alg, pin, touch), FW_SW_OK);
	assert_int_equal(pivrig.len, len + 5);
	assert_int_equal(pivrig.rsp[0], 0x7f);
	assert_int_equal(pivrig.rsp[1], 0x49);
	assert_int_equal(pivrig.rsp[2], len + 2);
	assert_int_equal(pivrig.rsp[3], 0x86);
	assert_int_equal(pivrig.rsp[4], len);
	memcpy(pivrig.public, pivrig.rsp + 5, len);
	pivrig.public_len = len;
}

unsigned int
pivrig_use(uint8_t slot, uint8_t alg, uint8_t tag, const uint8_t *data,
    size_t len)
{
	uint8_t buf[FW_CARD_DATA_MAX];
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, sizeof(buf));
	fw_tlv_put(&wr, 0x82, NULL, 0);
	fw_tlv_put(&wr, tag, data, len);
	fw_tlv_wrap(&wr, 0, 0x7c);
	return pivrig_send(FW_PIV_INS_AUTHENTICATE, alg, slot, buf, wr.len);
}

const uint8_t pivrig_hash[64] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33};

unsigned int
pivrig_sign(uint8_t slot)
{
	return pivrig_use(slot, FW_PIV_P256, 0x81, pivrig_hash, 32);
}

unsigned int
pivrig_put(const char *object, const uint8_t *content, size_t len)
{
	uint8_t buf[FW_CARD_DATA_MAX + 64], tag[8];
	size_t tag_len = unhex(tag, sizeof(tag), object), start;
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, sizeof(buf));
	fw_tlv_put(&wr, 0x5c, tag, tag_len);
	start = wr.len;
	tsw_wr_bytes(&wr, content, len);
	fw_tlv_wrap(&wr, start, 0x53);
	return pivrig_send(FW_PIV_INS_PUT_DATA, 0x3f, 0xff, buf, wr.len);
}

unsigned int
pivrig_get(const char *object)
{
	uint8_t buf[16] = {0x5c};
	size_t len = unhex(buf + 2, sizeof(buf) - 2, object);

	buf[1] = (uint8_t)len;
	return pivrig_send(FW_PIV_INS_GET_DATA, 0x3f, 0xff, buf, len + 2);
}

unsigned int
pivrig_tries(uint8_t ref)
{
	assert_int_equal(pivrig_send(FW_PIV_INS_METADATA, 0, ref, NULL, 0),
	    FW_SW_OK);
	assert_int_equal(pivrig.len, 10);
	return pivrig.rsp[9];
}
