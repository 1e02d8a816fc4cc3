/* SPDX-License-Identifier: BSD-2-Clause */
/* An accepted envelope is written back as it was, another changes nothing. */
#include <touchstone/wire/statement.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tsw_envelope env, before;
	uint8_t again[TSW_ENVELOPE_MAX];
	struct tsw_wr wr;

	memset(&env, 0xa5, sizeof(env));
	memcpy(&before, &env, sizeof(env));
	if (tsw_envelope_decode(&env, data, len) != TSW_OK) {
		assert(memcmp(&env, &before, sizeof(env)) == 0);
		return 0;
	}
	tsw_wr_init(&wr, again, sizeof(again));
	assert(tsw_envelope_encode(&wr, &env) == TSW_OK);
	assert(wr.len == len && memcmp(again, data, len) == 0);
	return 0;
}
