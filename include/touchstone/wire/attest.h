/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestations: a token's own word, by its device key, that it holds an
 * identity key and which image it runs.  SPEC section 12.6.
 *
 * No maker vouches for the device key.  What is checked here is that whoever
 * holds the device key spoke of this identity key, and nothing more.
 */
#ifndef TOUCHSTONE_WIRE_ATTEST_H
#define TOUCHSTONE_WIRE_ATTEST_H

#include <touchstone/wire/sshsig.h>

struct tsw_attestation {
	uint8_t model[TSW_MODEL_LEN]; /* AAGUID */
	uint8_t image[TSW_HASH_LEN];  /* SHA-256 of the running firmware */
	uint8_t device[TSW_HASH_LEN]; /* Ed25519 key of the token itself */
	uint8_t sig[TSW_SIG_LEN];     /* R || S, by the device key */
};

/* Exactly this long: an array of four, each with its head. */
#define TSW_ATTESTATION_LEN (1 + 17 + 34 + 34 + 66)

/* The array of SPEC 12.6.  Only its form is looked at. */
int tsw_attestation_decode(struct tsw_attestation *out, const uint8_t *p,
    size_t len) TSW_MUST_CHECK;
int tsw_attestation_encode(struct tsw_wr *wr,
    const struct tsw_attestation *a) TSW_MUST_CHECK;

/* Room for the longest document: its head, and six fields. */
#define TSW_ATTEST_MAX (1 + 2 + 2 + 18 + 35 + 2 + 68 + 35)

/*
 * The document that the device key signs, in namespace attest.v1@touchstone:
 * the message of tsw_sshsig_tbs().  Of a, model and image are used.  key is
 * the identity key, an sk key (else TSW_ERR_RANGE); challenge has 32 bytes, or
 * is NULL for the attestation of a token entry.
 */
int tsw_attest_encode(struct tsw_wr *wr, const struct tsw_attestation *a,
    const struct tsw_pubkey *key, const uint8_t *challenge) TSW_MUST_CHECK;

/*
 * Check that the device key signed the document of key and challenge (as
 * above).  TSW_ERR_ATTESTATION if it did not, whatever is wrong with device
 * key or signature.
 */
int tsw_attestation_verify(const struct tsw_attestation *a,
    const struct tsw_pubkey *key, const uint8_t *challenge) TSW_MUST_CHECK;

/* The same signature as stock ssh-keygen takes it: SPEC 6.2, not armored. */
int tsw_attestation_sshsig(struct tsw_wr *wr,
    const struct tsw_attestation *a) TSW_MUST_CHECK;

#endif
