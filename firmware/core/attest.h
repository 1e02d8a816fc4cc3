/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device key: what a token says of itself.  SPEC 12.6.
 *
 * An Ed25519 seed, FW_STORE_ATTEST [32], drawn at the first power-up and at
 * each reset, in one step with the device secret (ctap2.c).  It signs nothing
 * but attestations.
 */
#ifndef FW_ATTEST_H
#define FW_ATTEST_H

#include <touchstone/wire/attest.h>

#include "ctap2.h"

#define FW_ATTEST_SEED_LEN FW_ED25519_SEED_LEN

/* Append the attestation of an identity key; challenge [32] may be NULL. */
void fw_attest_write(struct tsw_wr *wr, struct fw_ctap2 *c,
    const struct tsw_pubkey *key, const uint8_t *challenge);

#endif
