/* SPDX-License-Identifier: BSD-2-Clause */
/* P-256 from BearSSL: keys, ECDSA, ECDH. */
#include <assert.h>
#include <string.h>

#include <bearssl_ec.h>

#include <touchstone/wire/crypto.h>

#include "bear_salt.h"
#include "fw_crypto.h"
#include "wire/canonical.h"

static const uint8_t order[FW_P256_SCALAR_LEN] = {0xff, 0xff, 0xff, 0xff, 0x00,
    0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc,
    0x63, 0x25, 0x51};

/* Of inner.h, which BearSSL does not install. */
void br_i31_decode(uint32_t *x, const void *src, size_t len);
__attribute__((visibility("default"))) void br_ecdsa_i31_bits2int(uint32_t *x,
    const void *src, size_t len, uint32_t order_bits);

/*
 * BearSSL's own makes room for a nonce that is longer than the order: it shifts
 * by no bit at all, in fewer steps if the first byte is zero.  A signer that
 * shows that loses its key after some thousand signatures.  The linker finds
 * this one first, in a shared library's place too.  order_bits counts 31 a
 * word, as decode() does.
 */
void
br_ecdsa_i31_bits2int(uint32_t *x, const void *src, size_t len,
    uint32_t order_bits)
{
	assert(len == FW_P256_SCALAR_LEN); /* all words are written */
	br_i31_decode(x, src, len);
	x[0] = order_bits;
}

/* Without a branch on its bytes. */
int
fw_p256_check(const uint8_t secret_scalar[FW_P256_SCALAR_LEN])
{
	uint32_t borrow = 0, any = 0;
	size_t i;

	for (i = FW_P256_SCALAR_LEN; i-- > 0;) {
		borrow = (uint32_t)secret_scalar[i] - order[i] - borrow;
		borrow = borrow >> 31;
		any |= secret_scalar[i];
	}
	return borrow == 1 && any != 0 ? FW_OK : FW_ERR_RANGE;
}

int
fw_p256_public(uint8_t point[FW_P256_POINT_LEN],
    const uint8_t secret_scalar[FW_P256_SCALAR_LEN])
{
	if (fw_p256_check(secret_scalar) != FW_OK)
		return FW_ERR_RANGE;
	(void)br_ec_get_default()->mulgen(point, secret_scalar,
	    FW_P256_SCALAR_LEN, BR_EC_secp256r1);
	return FW_OK;
}

static int
verify_own(const uint8_t sig[FW_P256_SIG_LEN], const uint8_t hash[32],
    const uint8_t secret_scalar[FW_P256_SCALAR_LEN])
{
	uint8_t point[FW_P256_POINT_LEN];

	if (fw_p256_public(point, secret_scalar) != FW_OK ||
	    tsw_p256_verify(sig, hash, point) != TSW_OK)
		return FW_ERR_FAULT;
	return FW_OK;
}

/* A multiple of the order, of which there are two. */
static bool
hash_is_zero(const uint8_t hash[32])
{
	static const uint8_t zero[32];

	return memcmp(hash, zero, sizeof(zero)) == 0 ||
	    memcmp(hash, order, sizeof(order)) == 0;
}

int
fw_p256_sign(uint8_t sig[FW_P256_SIG_LEN], const uint8_t hash[32],
    const uint8_t secret_scalar[FW_P256_SCALAR_LEN],
    const uint8_t secret_noise[FW_NOISE_LEN], enum fw_check check)
{
	uint8_t secret_x[FW_P256_SCALAR_LEN], raw[FW_P256_SIG_LEN];
	br_ec_private_key key = {BR_EC_secp256r1, secret_x, sizeof(secret_x)};
	int r = FW_ERR_RANGE;

	memcpy(secret_x, secret_scalar, sizeof(secret_x));
	if (fw_p256_check(secret_x) != FW_OK || hash_is_zero(hash))
		goto out;
	r = FW_ERR_FAULT;
	if (br_ecdsa_i31_sign_raw(br_ec_get_default(),
		fw_salt_begin(secret_noise), hash, &key, raw) != sizeof(raw))
		goto out;
	if (check == FW_CHECK_ALL && verify_own(raw, hash, secret_x) != FW_OK)
		goto out;
	tsw_p256_lower_s(raw);
	memcpy(sig, raw, sizeof(raw));
	r = FW_OK;
out:
	tsw_wipe(secret_x, sizeof(secret_x));
	tsw_wipe(raw, sizeof(raw));
	fw_salt_end();
	return r;
}

size_t
fw_p256_der(uint8_t der[FW_P256_DER_MAX], const uint8_t sig[FW_P256_SIG_LEN])
{
	uint8_t buf[FW_P256_SIG_LEN + 9]; /* the most that it may grow */
	size_t len;

	memcpy(buf, sig, FW_P256_SIG_LEN);
	len = br_ecdsa_raw_to_asn1(buf, FW_P256_SIG_LEN);
	memcpy(der, buf, len);
	return len;
}

int
fw_p256_ecdh(uint8_t secret_x[32], const uint8_t peer[FW_P256_POINT_LEN],
    const uint8_t secret_scalar[FW_P256_SCALAR_LEN])
{
	uint8_t secret_point[FW_P256_POINT_LEN];
	int r = FW_ERR_RANGE;

	memcpy(secret_point, peer, sizeof(secret_point));
	/* mul() checks that the point is on the curve. */
	if (fw_p256_check(secret_scalar) == FW_OK && peer[0] == 0x04 &&
	    br_ec_get_default()->mul(secret_point, sizeof(secret_point),
		secret_scalar, FW_P256_SCALAR_LEN, BR_EC_secp256r1) == 1) {
		memcpy(secret_x, secret_point + 1, 32);
		r = FW_OK;
	}
	tsw_wipe(secret_point, sizeof(secret_point));
	return r;
}

int
tsw_p256_verify(const uint8_t sig[64], const uint8_t hash[32],
    const uint8_t pk[65])
{
	uint8_t q[FW_P256_POINT_LEN];
	static const uint8_t one[1] = {1};
	const br_ec_impl *ec = br_ec_get_default();
	br_ec_public_key key = {BR_EC_secp256r1, q, sizeof(q)};

	memcpy(q, pk, sizeof(q));
	if (pk[0] != 0x04 ||
	    ec->mul(q, sizeof(q), one, sizeof(one), BR_EC_secp256r1) != 1)
		return TSW_ERR_BAD_POINT;
	memcpy(q, pk, sizeof(q));
	if (br_ecdsa_i31_vrfy_raw(ec, hash, 32, &key, sig, 64) != 1)
		return TSW_ERR_BADSIG;
	return TSW_OK;
}
