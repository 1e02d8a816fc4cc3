/* SPDX-License-Identifier: BSD-2-Clause */
/* Ed25519 and SHA-512 from libsodium. */
#include <sodium.h>

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
	if (crypto_sign_verify_detached(sig, msg, len, pk) != 0)
		return TSW_ERR_BADSIG;
	return TSW_OK;
}

void
fw_ed25519_public(uint8_t pk[FW_ED25519_PUBLIC_LEN],
    const uint8_t secret_seed[FW_ED25519_SEED_LEN])
{
	uint8_t sk_pair[crypto_sign_SECRETKEYBYTES];

	(void)crypto_sign_seed_keypair(pk, sk_pair, secret_seed);
	tsw_wipe(sk_pair, sizeof(sk_pair));
}

void
fw_ed25519_sign(uint8_t sig[FW_ED25519_SIG_LEN], const uint8_t *msg, size_t len,
    const uint8_t secret_seed[FW_ED25519_SEED_LEN])
{
	uint8_t sk_pair[crypto_sign_SECRETKEYBYTES];
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];

	(void)crypto_sign_seed_keypair(pk, sk_pair, secret_seed);
	(void)crypto_sign_detached(sig, NULL, msg, len, sk_pair);
	tsw_wipe(sk_pair, sizeof(sk_pair));
}
