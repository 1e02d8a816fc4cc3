/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A token key in software, for tests only: signs what a FIDO token or a card
 * would sign, with any flags and counter, so that verifiers can be shown what
 * an honest token never makes.
 */
#ifndef TESTS_SOFTTOKEN_H
#define TESTS_SOFTTOKEN_H

#include <touchstone/wire/attest.h>

#define SOFT_UP TSW_FLAG_UP
#define SOFT_UP_UV (TSW_FLAG_UP | TSW_FLAG_UV)

struct soft_token {
	struct tsw_pubkey key;
	uint8_t sk_seed[32]; /* Ed25519 seed, or the P-256 scalar */
};

/* The same alg and seed give the same key.  Aborts on failure. */
struct soft_token soft_token_new(enum tsw_alg alg, uint8_t seed);

/*
 * Sign msg for ns.  flags and counter only matter for sk keys.  The result is
 * canonical.  Aborts on failure.
 */
struct tsw_sshsig soft_token_sign(const struct soft_token *token,
    enum tsw_ns ns, struct tsw_slice msg, uint8_t flags, uint32_t counter);

/*
 * As a card signs: the message with Ed25519, its SHA-256 with P-256, whose s
 * may be in either half.
 */
void soft_token_sign_raw(uint8_t out[TSW_SIG_LEN],
    const struct soft_token *token, struct tsw_slice input);

/* As it stands in a statement: role signer, honest evidence, a name. */
struct tsw_token soft_token_entry(const struct soft_token *token,
    const char *name);

/*
 * The word of a token of ours: device, any Ed25519 key, attests that it holds
 * the key of token.  The model is sixteen bytes 11, the image 32 bytes 22.
 */
struct tsw_attestation soft_token_attest(const struct soft_token *token,
    const struct soft_token *device, const uint8_t *challenge);

/*
 * As soft_token_entry, with evidence token-statement and the attestation of
 * device, which is written to room and must outlive the entry.
 */
struct tsw_token soft_token_attested(uint8_t room[TSW_ATTESTATION_LEN],
    const struct soft_token *token, const struct soft_token *device,
    const char *name);

struct tsw_slice soft_slice(const char *text);

#endif
