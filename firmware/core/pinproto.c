/* SPDX-License-Identifier: BSD-2-Clause */
#include "pinproto.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "hal.h"

#define SEAL_MAX 64 /* the longest plaintext: a padded PIN, two salts */

bool
fw_pinproto_is_known(uint64_t proto)
{
	return proto == FW_PINPROTO_ONE || proto == FW_PINPROTO_TWO;
}

void
fw_ka_regenerate(struct fw_ka *ka, struct fw_rng *rng)
{
	unsigned int tries;

	for (tries = 0; tries < 8; tries++) {
		fw_rng_bytes(rng, ka->secret_scalar, sizeof(ka->secret_scalar));
		if (fw_p256_public(ka->point, ka->secret_scalar) == FW_OK)
			return;
	}
	/* All but one in 2^32 scalars are in range: no noise is so bad. */
	hal_halt(HAL_FAULT_BUG);
}

void
fw_ka_write(struct tsw_wr *wr, const struct fw_ka *ka)
{
	tsw_wr_cb_map(wr, 5);
	tsw_wr_cb_int(wr, 1); /* kty: EC2 */
	tsw_wr_cb_int(wr, 2);
	tsw_wr_cb_int(wr, 3); /* alg: ECDH-ES + HKDF-256, not used as such */
	tsw_wr_cb_int(wr, -25);
	tsw_wr_cb_int(wr, -1); /* crv: P-256 */
	tsw_wr_cb_int(wr, 1);
	tsw_wr_cb_int(wr, -2);
	tsw_wr_cb_bytes(wr, ka->point + 1, 32);
	tsw_wr_cb_int(wr, -3);
	tsw_wr_cb_bytes(wr, ka->point + 33, 32);
}

static void
expect_int(struct tsw_cb *cb, int64_t v)
{
	if (tsw_cb_int(cb) != v)
		tsw_cb_fail(cb, TSW_ERR_FORMAT);
}

void
fw_ka_read(uint8_t point[FW_P256_POINT_LEN], struct tsw_cb *cb)
{
	struct tsw_slice x, y;

	/* Exactly the five members of section 6.5.6, in canonical order. */
	if (tsw_cb_map(cb) != 5)
		tsw_cb_fail(cb, TSW_ERR_FORMAT);
	expect_int(cb, 1);
	expect_int(cb, 2);
	expect_int(cb, 3);
	expect_int(cb, -25);
	expect_int(cb, -1);
	expect_int(cb, 1);
	expect_int(cb, -2);
	x = tsw_cb_bytes(cb, 32, 32);
	expect_int(cb, -3);
	y = tsw_cb_bytes(cb, 32, 32);
	if (cb->err != TSW_OK)
		return;
	point[0] = 0x04;
	memcpy(point + 1, x.p, 32);
	memcpy(point + 33, y.p, 32);
}

int
fw_ka_decapsulate(struct fw_shared *shared, const struct fw_ka *ka,
    enum fw_pinproto proto, const uint8_t peer[FW_P256_POINT_LEN])
{
	static const char hmac_info[] = "CTAP2 HMAC key";
	static const char aes_info[] = "CTAP2 AES key";
	uint8_t secret_z[32];
	struct tsw_slice z = {secret_z, sizeof(secret_z)};

	if (fw_p256_ecdh(secret_z, peer, ka->secret_scalar) != FW_OK)
		return FW_ERR_RANGE;
	shared->proto = proto;
	if (proto == FW_PINPROTO_ONE) {
		tsw_sha256(shared->secret_hmac, &z, 1);
		memcpy(shared->secret_aes, shared->secret_hmac, 32);
	} else {
		fw_hkdf_sha256(shared->secret_hmac, secret_z, hmac_info,
		    sizeof(hmac_info) - 1);
		fw_hkdf_sha256(shared->secret_aes, secret_z, aes_info,
		    sizeof(aes_info) - 1);
	}
	tsw_wipe(secret_z, sizeof(secret_z));
	return FW_OK;
}

bool
fw_pinproto_verify(enum fw_pinproto proto, const uint8_t secret_key[32],
    struct tsw_slice sig, const struct tsw_slice *part, size_t cnt)
{
	uint8_t mac[32];
	size_t len = proto == FW_PINPROTO_ONE ? 16 : 32;

	if (sig.len != len)
		return false;
	tsw_hmac_sha256(mac, (struct tsw_slice){secret_key, 32}, part, cnt);
	return tsw_ct_eq(mac, sig.p, len);
}

static size_t
iv_len(enum fw_pinproto proto)
{
	return proto == FW_PINPROTO_ONE ? 0 : FW_AES_BLOCK_LEN;
}

size_t
fw_pinproto_opened_len(enum fw_pinproto proto, size_t sealed_len)
{
	size_t iv = iv_len(proto);

	if (sealed_len <= iv || (sealed_len - iv) % FW_AES_BLOCK_LEN != 0)
		return 0;
	return sealed_len - iv;
}

void
fw_pinproto_seal(struct tsw_wr *wr, const struct fw_shared *shared,
    struct fw_rng *rng, struct tsw_slice secret_plain)
{
	uint8_t buf[FW_AES_BLOCK_LEN + SEAL_MAX];
	size_t iv = iv_len(shared->proto);

	if (secret_plain.len > SEAL_MAX ||
	    secret_plain.len % FW_AES_BLOCK_LEN != 0)
		hal_halt(HAL_FAULT_BUG);
	memset(buf, 0, sizeof(buf)); /* protocol one: the IV is zero */
	if (iv > 0)
		fw_rng_bytes(rng, buf, iv);
	memcpy(buf + FW_AES_BLOCK_LEN, secret_plain.p, secret_plain.len);
	fw_aes256_cbc_encrypt(buf + FW_AES_BLOCK_LEN, secret_plain.len, buf,
	    shared->secret_aes);
	tsw_wr_cb_bytes(wr, buf + FW_AES_BLOCK_LEN - iv, iv + secret_plain.len);
}

int
fw_pinproto_open(uint8_t *secret_plain, size_t len,
    const struct fw_shared *shared, struct tsw_slice sealed)
{
	uint8_t iv[FW_AES_BLOCK_LEN] = {0};
	size_t n = iv_len(shared->proto);

	if (fw_pinproto_opened_len(shared->proto, sealed.len) != len)
		return FW_ERR_LENGTH;
	memcpy(iv, sealed.p, n);
	memcpy(secret_plain, sealed.p + n, len);
	fw_aes256_cbc_decrypt(secret_plain, len, iv, shared->secret_aes);
	return FW_OK;
}
