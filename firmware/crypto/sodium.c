/* SPDX-License-Identifier: BSD-2-Clause */
/* Ed25519, X25519 and SHA-512 from libsodium. */
#include <string.h>

#include <sodium/crypto_core_ed25519.h>
#include <sodium/crypto_hash_sha512.h>
#include <sodium/crypto_scalarmult_curve25519.h>
#include <sodium/crypto_scalarmult_ed25519.h>
#include <sodium/crypto_sign_ed25519.h>

#include <touchstone/wire/crypto.h>

#include "fw_crypto.h"

void
tsw_sha512(uint8_t out[64], const struct tsw_slice *part, size_t cnt)
{
	crypto_hash_sha512_state st;
	size_t i;

	crypto_hash_sha512_init(&st);
	for (i = 0; i < cnt; i++)
		crypto_hash_sha512_update(&st, part[i].p, part[i].len);
	crypto_hash_sha512_final(&st, out);
	tsw_wipe(&st, sizeof(st));
}

/* libsodium refuses S >= L, points of small order and non-canonical ones. */
int
tsw_ed25519_verify(const uint8_t sig[64], const uint8_t *msg, size_t len,
    const uint8_t pk[32])
{
	if (crypto_core_ed25519_is_valid_point(pk) != 1)
		return TSW_ERR_BAD_POINT;
	if (crypto_sign_ed25519_verify_detached(sig, msg, len, pk) != 0)
		return TSW_ERR_BADSIG;
	return TSW_OK;
}

void
fw_ed25519_public(uint8_t pk[FW_ED25519_PUBLIC_LEN],
    const uint8_t secret_seed[FW_ED25519_SEED_LEN])
{
	uint8_t sk_pair[crypto_sign_ed25519_SECRETKEYBYTES];

	(void)crypto_sign_ed25519_seed_keypair(pk, sk_pair, secret_seed);
	tsw_wipe(sk_pair, sizeof(sk_pair));
}

/* The nonce of draft-irtf-cfrg-det-sigs-with-noise, section 4: SHA-512 over
 * noise, prefix and zeros to the end of the first block, then the message; ours
 * has the public key in front. */
static void
hedged_nonce(uint8_t secret_r[32], const uint8_t secret_prefix[32],
    const uint8_t secret_noise[FW_NOISE_LEN], const struct tsw_slice signs[2])
{
	static const uint8_t zero[64];
	struct tsw_slice part[] = {{secret_noise, FW_NOISE_LEN},
	    {secret_prefix, 32}, {zero, sizeof(zero)}, signs[0], signs[1]};
	uint8_t secret_hash[64];

	tsw_sha512(secret_hash, part, sizeof(part) / sizeof(part[0]));
	crypto_core_ed25519_scalar_reduce(secret_r, secret_hash);
	tsw_wipe(secret_hash, sizeof(secret_hash));
}

/* S = r + SHA-512(R || A || msg) * a (RFC 8032 section 5.1.6, steps 4, 5). */
static void
respond(uint8_t s[32], const uint8_t secret_r[32], const uint8_t secret_a[32],
    const struct tsw_slice part[3])
{
	uint8_t hash[64], k[32], secret_ka[32];

	tsw_sha512(hash, part, 3);
	crypto_core_ed25519_scalar_reduce(k, hash);
	crypto_core_ed25519_scalar_mul(secret_ka, k, secret_a);
	crypto_core_ed25519_scalar_add(s, secret_r, secret_ka);
	tsw_wipe(secret_ka, sizeof(secret_ka));
}

int
fw_ed25519_sign(uint8_t sig[FW_ED25519_SIG_LEN], struct tsw_slice msg,
    const struct fw_ed25519_pair *pair,
    const uint8_t secret_noise[FW_NOISE_LEN], enum fw_check check)
{
	uint8_t secret_h[64], secret_r[32];
	uint8_t out[FW_ED25519_SIG_LEN], secret_again[32];
	struct tsw_slice seed = {pair->secret_seed, FW_ED25519_SEED_LEN};
	struct tsw_slice part[3] = {{out, 32}, {pair->pk, 32}, msg};
	int r = FW_ERR_FAULT;

	tsw_sha512(secret_h, &seed, 1);
	secret_h[0] &= 0xf8; /* RFC 8032 section 5.1.5, step 2 */
	secret_h[31] = (secret_h[31] & 0x7f) | 0x40;
	hedged_nonce(secret_r, secret_h + 32, secret_noise, part + 1);
	if (crypto_scalarmult_ed25519_base_noclamp(out, secret_r) != 0)
		goto out;
	respond(out + 32, secret_r, secret_h, part);
	respond(secret_again, secret_r, secret_h, part);
	if (!tsw_ct_eq(out + 32, secret_again, sizeof(secret_again)))
		goto out;
	if (check == FW_CHECK_ALL &&
	    tsw_ed25519_verify(out, msg.p, msg.len, pair->pk) != TSW_OK)
		goto out;
	memcpy(sig, out, sizeof(out));
	r = FW_OK;
out:
	tsw_wipe(out, sizeof(out));
	tsw_wipe(secret_again, sizeof(secret_again));
	tsw_wipe(secret_h, sizeof(secret_h));
	tsw_wipe(secret_r, sizeof(secret_r));
	return r;
}

void
fw_x25519_public(uint8_t public[FW_X25519_LEN],
    const uint8_t secret_scalar[FW_X25519_LEN])
{
	(void)crypto_scalarmult_curve25519_base(public, secret_scalar);
}

int
fw_x25519(uint8_t secret_shared[FW_X25519_LEN],
    const uint8_t peer[FW_X25519_LEN],
    const uint8_t secret_scalar[FW_X25519_LEN])
{
	uint8_t secret_out[FW_X25519_LEN];
	int r = FW_ERR_RANGE;

	if (crypto_scalarmult_curve25519(secret_out, secret_scalar, peer) ==
	    0) {
		memcpy(secret_shared, secret_out, sizeof(secret_out));
		r = FW_OK;
	}
	tsw_wipe(secret_out, sizeof(secret_out));
	return r;
}
