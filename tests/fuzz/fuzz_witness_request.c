/* SPDX-License-Identifier: BSD-2-Clause */
/* What is taken as a request is put together again, byte for byte. */
#include "witness/request.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "log/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct ts_witness_request m;
	static char again[TS_WITNESS_BODY_MAX + 64];
	size_t i, n;

	memset(&m, 0xa5, sizeof(m));
	if (ts_witness_request_decode(&m, (struct tsw_slice){data, len}) !=
	    TS_OK) {
		assert(m.proof_len == (size_t)0xa5a5a5a5a5a5a5a5);
		return 0;
	}
	n = (size_t)sprintf(again, "old %" PRIu64 "\n", m.old);
	for (i = 0; i < m.proof_len; i += TSW_HASH_LEN) {
		n += ts_base64_encode(again + n, m.proof + i, TSW_HASH_LEN);
		again[n++] = '\n';
	}
	again[n++] = '\n';
	assert(n + m.note.bytes.len == len);
	assert(memcmp(again, data, n) == 0);
	assert(m.note.bytes.p == data + n);
	return 0;
}
