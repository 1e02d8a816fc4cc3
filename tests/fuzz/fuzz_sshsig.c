/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An accepted signature is written back as it was, another changes nothing;
 * no input is a valid signature over a text that nobody signed.
 */
#include <touchstone/wire/sshsig.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
try_pubkey(const uint8_t *data, size_t len)
{
	struct tsw_pubkey key;
	uint8_t again[256];
	struct tsw_wr wr;

	if (tsw_pubkey_decode(&key, data, len) != TSW_OK)
		return;
	tsw_wr_init(&wr, again, sizeof(again));
	assert(tsw_pubkey_encode(&wr, &key) == TSW_OK);
	assert(wr.len == len && memcmp(again, data, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct tsw_slice unsigned_text = {
	    (const uint8_t *)"nobody signed this", 18};
	uint8_t again[TSW_SSHSIG_MAX];
	struct tsw_sshsig sig, before;
	struct tsw_wr wr;

	try_pubkey(data, len);
	memset(&sig, 0xa5, sizeof(sig));
	memcpy(&before, &sig, sizeof(sig));
	if (tsw_sshsig_decode(&sig, data, len) != TSW_OK) {
		assert(memcmp(&sig, &before, sizeof(sig)) == 0);
		return 0;
	}
	tsw_wr_init(&wr, again, sizeof(again));
	assert(tsw_sshsig_encode(&wr, &sig) == TSW_OK);
	assert(wr.len == len && memcmp(again, data, len) == 0);
	assert(tsw_sshsig_verify(&sig, sig.ns, false, unsigned_text) != TSW_OK);
	tsw_sshsig_canonicalise(&sig);
	before = sig;
	tsw_sshsig_canonicalise(&sig);
	assert(memcmp(&sig, &before, sizeof(sig)) == 0);
	return 0;
}
