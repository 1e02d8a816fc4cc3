/* SPDX-License-Identifier: BSD-2-Clause */
#include "attest.h"

#include <string.h>

#include "selfcheck.h"

/* SPEC 6.1, for a key that is no sk key: the signature is over T. */
static void
sign(struct tsw_attestation *a, struct fw_ctap2 *c, struct tsw_slice document,
    const uint8_t secret_seed[FW_ATTEST_SEED_LEN])
{
	uint8_t text[TSW_SSHSIG_TBS_MAX], secret_noise[FW_NOISE_LEN];
	struct tsw_wr wr;

	tsw_wr_init(&wr, text, sizeof(text));
	if (tsw_sshsig_tbs(&wr, TSW_NS_ID_ATTEST, document.p, document.len) !=
	    TSW_OK)
		hal_halt(HAL_FAULT_BUG);
	fw_rng_bytes(&c->rng, secret_noise, sizeof(secret_noise));
	if (fw_ed25519_sign(a->sig, (struct tsw_slice){text, tsw_wr_len(&wr)},
		&(struct fw_ed25519_pair){secret_seed, a->device}, secret_noise,
		fw_check_wanted()) != FW_OK)
		hal_halt(HAL_FAULT_BUG);
	tsw_wipe(secret_noise, sizeof(secret_noise));
}

void
fw_attest_write(struct tsw_wr *wr, struct fw_ctap2 *c,
    const struct tsw_pubkey *key, const uint8_t *challenge)
{
	uint8_t secret_seed[FW_ATTEST_SEED_LEN], document[TSW_ATTEST_MAX];
	struct tsw_attestation a;
	struct tsw_wr doc;

	if (fw_store_get(&c->store, secret_seed, sizeof(secret_seed),
		FW_STORE_ATTEST) != FW_ATTEST_SEED_LEN)
		hal_halt(HAL_FAULT_STORE_CORRUPT);
	memset(&a, 0, sizeof(a));
	memcpy(a.model, fw_aaguid, sizeof(a.model));
	hal_image_hash(a.image);
	fw_ed25519_public(a.device, secret_seed);
	tsw_wr_init(&doc, document, sizeof(document));
	if (tsw_attest_encode(&doc, &a, key, challenge) != TSW_OK)
		hal_halt(HAL_FAULT_BUG);
	sign(&a, c, (struct tsw_slice){document, tsw_wr_len(&doc)},
	    secret_seed);
	tsw_wipe(secret_seed, sizeof(secret_seed));
	if (tsw_attestation_encode(wr, &a) != TSW_OK)
		hal_halt(HAL_FAULT_BUG); /* FW_CTAP2_RSP_MAX is wrong */
}
