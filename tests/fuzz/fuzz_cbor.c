/* SPDX-License-Identifier: BSD-2-Clause */
/* Items that the reader accepts are written back as they were. */
#include <touchstone/wire/cbor.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
copy_simple(struct tsw_cb *in, struct tsw_wr *out)
{
	struct tsw_cb ahead = *in;

	tsw_cb_null(&ahead);
	if (ahead.err == TSW_OK) {
		tsw_cb_null(in);
		tsw_wr_cb_null(out);
	} else {
		tsw_wr_cb_bool(out, tsw_cb_bool(in));
	}
}

/* Heads and strings one after the other: nesting needs no looking at. */
static void
copy_one(struct tsw_cb *in, struct tsw_wr *out)
{
	struct tsw_slice s;

	switch (tsw_cb_peek(in)) {
	case TSW_CB_UINT:
		tsw_wr_cb_uint(out, tsw_cb_uint(in));
		break;
	case TSW_CB_NINT:
		tsw_wr_cb_int(out, tsw_cb_int(in));
		break;
	case TSW_CB_BYTES:
		s = tsw_cb_bytes(in, 0, SIZE_MAX);
		tsw_wr_cb_bytes(out, s.p, s.len);
		break;
	case TSW_CB_TEXT:
		s = tsw_cb_text(in, 0, SIZE_MAX);
		tsw_wr_cb_text(out, (const char *)s.p, s.len);
		break;
	case TSW_CB_ARRAY:
		tsw_wr_cb_array(out, tsw_cb_array(in));
		break;
	case TSW_CB_MAP:
		tsw_wr_cb_map(out, tsw_cb_map(in));
		break;
	case TSW_CB_SIMPLE:
		copy_simple(in, out);
		break;
	case TSW_CB_TAG:
	case TSW_CB_NONE:
	default:
		tsw_cb_skip(in);
		break;
	}
}

static void
walk_map(const uint8_t *data, size_t len)
{
	struct tsw_slice last = {NULL, 0};
	struct tsw_cb cb;
	size_t i, cnt;

	tsw_cb_init(&cb, data, len);
	cnt = tsw_cb_map(&cb);
	for (i = 0; i < cnt && cb.err == TSW_OK; i++) {
		tsw_cb_map_next(&cb, &last);
		tsw_cb_skip(&cb);
		tsw_cb_skip(&cb);
	}
	assert(tsw_cb_done(&cb) <= TSW_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *again = malloc(len + 16);
	struct tsw_cb cb, whole;
	struct tsw_wr wr;

	assert(again != NULL);
	tsw_cb_init(&whole, data, len);
	tsw_cb_skip(&whole);
	tsw_wr_init(&wr, again, len + 16);
	tsw_cb_init(&cb, data, len);
	while (cb.err == TSW_OK && cb.rd.left > 0)
		copy_one(&cb, &wr);
	if (cb.err == TSW_OK) {
		assert(wr.len == len);
		assert(len == 0 || memcmp(again, data, len) == 0);
	}
	walk_map(data, len);
	free(again);
	return 0;
}
