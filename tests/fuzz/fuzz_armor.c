/* SPDX-License-Identifier: BSD-2-Clause */
/* SSH signature armor: what decodes is the same after a round trip. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/export.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t sig[TSW_SSHSIG_MAX], again[TSW_SSHSIG_MAX];
	size_t sig_len = sizeof(sig), again_len = sizeof(again);
	char *text = malloc(len + 1);
	struct ts_text armored;

	assert(text != NULL);
	memcpy(text, data, len);
	text[len] = '\0';
	if (ts_dearmor(sig, &sig_len, text) == TS_OK) {
		ts_text_init(&armored);
		assert(ts_armor(&armored, sig, sig_len) == TS_OK);
		assert(ts_dearmor(again, &again_len, armored.p) == TS_OK);
		assert(again_len == sig_len);
		assert(memcmp(again, sig, sig_len) == 0);
		ts_text_wipe(&armored);
	}
	free(text);
	return 0;
}
