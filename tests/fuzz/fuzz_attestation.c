/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An accepted attestation is written back as it was, another changes nothing;
 * none speaks of a key or a challenge that nobody attested.
 */
#include <touchstone/wire/attest.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t challenge[TSW_HASH_LEN] = {1};
	const struct tsw_pubkey nobody = {.alg = TSW_ALG_SK_ED25519, .len = 32};
	uint8_t again[TSW_SSHSIG_MAX];
	struct tsw_attestation a, before;
	struct tsw_sshsig sig;
	struct tsw_wr wr;

	memset(&a, 0xa5, sizeof(a));
	memcpy(&before, &a, sizeof(a));
	if (tsw_attestation_decode(&a, data, len) != TSW_OK) {
		assert(memcmp(&a, &before, sizeof(a)) == 0);
		return 0;
	}
	tsw_wr_init(&wr, again, TSW_ATTESTATION_LEN);
	assert(tsw_attestation_encode(&wr, &a) == TSW_OK);
	assert(wr.len == len && memcmp(again, data, len) == 0);
	assert(
	    tsw_attestation_verify(&a, &nobody, NULL) == TSW_ERR_ATTESTATION);
	assert(tsw_attestation_verify(&a, &nobody, challenge) ==
	    TSW_ERR_ATTESTATION);
	tsw_wr_init(&wr, again, sizeof(again));
	assert(tsw_attestation_sshsig(&wr, &a) == TSW_OK);
	assert(tsw_sshsig_decode(&sig, again, wr.len) == TSW_OK);
	assert(memcmp(sig.sig, a.sig, sizeof(a.sig)) == 0);
	return 0;
}
