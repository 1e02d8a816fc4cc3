/* SPDX-License-Identifier: BSD-2-Clause */
/* An accepted statement is written back as it was, another changes nothing. */
#include <touchstone/wire/statement.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tsw_statement st, before;
	uint8_t again[TSW_STATEMENT_MAX];
	struct tsw_wr wr;

	memset(&st, 0xa5, sizeof(st));
	memcpy(&before, &st, sizeof(st));
	if (tsw_statement_decode(&st, data, len) != TSW_OK) {
		assert(memcmp(&st, &before, sizeof(st)) == 0);
		return 0;
	}
	tsw_wr_init(&wr, again, sizeof(again));
	assert(tsw_statement_encode(&wr, &st) == TSW_OK);
	assert(wr.len == len && memcmp(again, data, len) == 0);
	return 0;
}
