/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever a statement says, its words are printable ASCII lines. */
#include <assert.h>

#include <touchstone/describe.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ts_text words;
	size_t i;

	ts_text_init(&words);
	if (ts_describe_statement(&words, NULL, data, len) == TS_OK) {
		assert(words.len > 0 && words.p[words.len - 1] == '\n');
		for (i = 0; i < words.len; i++)
			assert(words.p[i] == '\n' ||
			    (words.p[i] >= 0x20 && words.p[i] < 0x7f));
	}
	ts_text_wipe(&words);
	return 0;
}
