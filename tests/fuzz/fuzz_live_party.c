/* SPDX-License-Identifier: BSD-2-Clause */
/* An accepted party is written back as it was, another changes nothing. */
#include <touchstone/wire/code.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tsw_live_party party, before;
	uint8_t again[TSW_LIVE_PARTY_MAX];
	struct tsw_wr wr;

	memset(&party, 0xa5, sizeof(party));
	memcpy(&before, &party, sizeof(party));
	if (tsw_live_party_decode(&party, data, len) != TSW_OK) {
		assert(memcmp(&party, &before, sizeof(party)) == 0);
		return 0;
	}
	assert(tsw_live_party_check(&party) == TSW_OK);
	tsw_wr_init(&wr, again, sizeof(again));
	assert(tsw_live_party_encode(&wr, &party) == TSW_OK);
	assert(wr.len == len && memcmp(again, data, len) == 0);
	return 0;
}
