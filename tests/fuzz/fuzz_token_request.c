/* SPDX-License-Identifier: BSD-2-Clause */
/* A request that decodes encodes to the same bytes. */
#include "token/proto.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ts_token_request req;
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr wr;

	if (ts_token_request_decode(&req, data, len) != TS_OK)
		return 0;
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert(ts_token_request_encode(&wr, &req) == TS_OK);
	assert(tsw_wr_len(&wr) == len);
	assert(memcmp(buf, data, len) == 0);
	return 0;
}
