/* SPDX-License-Identifier: BSD-2-Clause */
/* HID report descriptors: one of four answers, and always the same. */
#include "token/hidraw.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int r = ts_token_descriptor_check(data, len);

	assert(r == TS_OK || r == TS_ERR_NOT_FOUND ||
	    r == TS_ERR_TOKEN_UNSUPPORTED || r == TS_ERR_TOKEN_IO);
	assert(ts_token_descriptor_check(data, len) == r);
	return 0;
}
