/* SPDX-License-Identifier: BSD-2-Clause */
/* An accepted bundle is written back as it was; another changes nothing. */
#include <touchstone/wire/bundle.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t again[TSW_BUNDLE_MAX];
	struct tsw_bundle b, before;
	struct tsw_wr wr;
	size_t i;

	memset(&b, 0xa5, sizeof(b));
	memcpy(&before, &b, sizeof(b));
	if (tsw_bundle_decode(&b, data, len) != TSW_OK) {
		assert(memcmp(&b, &before, sizeof(b)) == 0);
		return 0;
	}
	assert(b.cert_cnt >= 1 && b.cert_cnt <= TSW_BUNDLE_CERTS_MAX_CNT);
	for (i = 0; i < b.cert_cnt; i++) {
		assert(b.cert[i].p > data && b.cert[i].len >= 1);
		assert(b.cert[i].p + b.cert[i].len <= data + len);
	}
	tsw_wr_init(&wr, again, sizeof(again));
	assert(tsw_bundle_encode(&wr, &b) == TSW_OK);
	assert(wr.len == len && memcmp(again, data, len) == 0);
	return 0;
}
