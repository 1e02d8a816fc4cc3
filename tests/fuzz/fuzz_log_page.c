/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of the directory, the first byte says which: what is accepted is
 * written back as it was, what is not changes nothing.
 */
#include "log/latest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* All kinds in one, so that one copy shows whether anything was changed. */
union message {
	struct ts_lookup lookup;
	struct ts_page page;
	struct ts_submit submit;
	uint64_t place, span[2];
	struct ts_consistency consistency;
	struct ts_refused refused;
	struct ts_box box;
	struct ts_proof_extra extra;
};

static int
decode(uint8_t kind, union message *m, struct tsw_slice s)
{
	switch (kind) {
	case 0:
		return ts_lookup_decode(&m->lookup, s);
	case 1:
		return ts_page_decode(&m->page, s);
	case 2:
		return ts_submit_decode(&m->submit, s);
	case 3:
		return ts_place_reply_decode(&m->place, s);
	case 4:
		return ts_span_decode(&m->span[0], &m->span[1], s);
	case 5:
		return ts_consistency_decode(&m->consistency, s);
	case 6:
		return ts_refused_decode(&m->refused, s);
	case 7:
		return ts_box_decode(&m->box, s);
	default:
		return ts_proof_extra_decode(&m->extra, s);
	}
}

static size_t
encode(uint8_t kind, uint8_t *out, size_t size, const union message *m)
{
	switch (kind) {
	case 0:
		return ts_lookup_encode(out, size, &m->lookup);
	case 1:
		return ts_page_encode(out, size, &m->page);
	case 2:
		return ts_submit_encode(out, size, &m->submit);
	case 3:
		return ts_place_reply_encode(out, size, m->place);
	case 4:
		return ts_span_encode(out, size, m->span[0], m->span[1]);
	case 5:
		return ts_consistency_encode(out, size, &m->consistency);
	case 6:
		return ts_refused_encode(out, size, &m->refused);
	case 7:
		return ts_box_encode(out, size, &m->box);
	default:
		return ts_proof_extra_encode(out, size, &m->extra);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static union message m, before;
	uint8_t *again;

	if (len == 0)
		return 0;
	memset(&m, 0xa5, sizeof(m));
	memcpy(&before, &m, sizeof(m));
	if (decode(data[0], &m, (struct tsw_slice){data + 1, len - 1}) !=
	    TS_OK) {
		assert(memcmp(&m, &before, sizeof(m)) == 0);
		return 0;
	}
	again = malloc(len);
	assert(again != NULL);
	assert(encode(data[0], again, len, &m) == len - 1);
	assert(memcmp(again, data + 1, len - 1) == 0);
	free(again);
	return 0;
}
