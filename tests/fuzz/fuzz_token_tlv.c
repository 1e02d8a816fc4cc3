/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects of a card: what is read is inside, and is the same once written. */
#include "token/tlv.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_rewritten(const struct ts_tlv *tlv)
{
	static uint8_t text[70000];
	struct tsw_slice value;
	struct tsw_wr wr;

	tsw_wr_init(&wr, text, sizeof(text));
	ts_tlv_put(&wr, tlv->tag, tlv->value);
	assert(tsw_wr_len(&wr) == ts_tlv_size(tlv->tag, tlv->value.len));
	assert(ts_tlv_only(&value, (struct tsw_slice){text, tsw_wr_len(&wr)},
		   tlv->tag) == TS_OK);
	assert(value.len == tlv->value.len);
	assert(value.len == 0 || memcmp(value.p, tlv->value.p, value.len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tsw_slice value;
	struct ts_tlv tlv;
	struct tsw_rd rd;
	size_t sum = 0;
	int r;

	tsw_rd_init(&rd, data, len);
	while (ts_tlv_next(&tlv, &rd)) {
		assert(tlv.value.p >= data && tlv.value.len <= len);
		sum += tlv.value.len + 2;
		check_rewritten(&tlv);
		r = ts_tlv_find(&value, (struct tsw_slice){data, len}, tlv.tag);
		assert(r == TS_OK || r == TS_ERR_TOKEN_IO);
	}
	assert(sum <= len);
	assert(rd.bad || rd.left == 0);
	assert(tlv.tag == 0 && tlv.value.p == NULL);
	return 0;
}
