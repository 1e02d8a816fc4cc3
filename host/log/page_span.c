/* SPDX-License-Identifier: BSD-2-Clause */
/* Consistency between two checkpoints, and what is in a mailbox. */
#include "page_cb.h"

#include <assert.h>
#include <string.h>

size_t
ts_span_encode(uint8_t *out, size_t size, uint64_t from, uint64_t to)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, size);
	ts_wr_message(&wr, 3);
	ts_wr_uint(&wr, 1, from);
	ts_wr_uint(&wr, 2, to);
	return tsw_wr_len(&wr);
}

int
ts_span_decode(uint64_t *from, uint64_t *to, struct tsw_slice s)
{
	struct ts_fields f;
	struct tsw_cb cb;
	uint64_t a, b;
	int r;

	tsw_cb_init(&cb, s.p, s.len);
	f = ts_fields_message(&cb);
	ts_field(&cb, &f, 1);
	a = ts_cb_size(&cb);
	ts_field(&cb, &f, 2);
	b = ts_cb_size(&cb);
	ts_fields_close(&cb, &f);
	r = tsw_cb_done(&cb);
	if (r != TSW_OK)
		return r;
	*from = a;
	*to = b;
	return TSW_OK;
}

size_t
ts_consistency_encode(uint8_t *out, size_t size, const struct ts_consistency *m)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, size);
	ts_wr_message(&wr, 3);
	ts_wr_bytes(&wr, 1, m->root, sizeof(m->root));
	ts_wr_slice(&wr, 2, m->proof);
	return tsw_wr_len(&wr);
}

int
ts_consistency_decode(struct ts_consistency *out, struct tsw_slice s)
{
	struct ts_consistency m;
	struct ts_fields f;
	struct tsw_cb cb;
	int r;

	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, s.p, s.len);
	f = ts_fields_message(&cb);
	ts_field(&cb, &f, 1);
	ts_cb_copy(&cb, m.root, sizeof(m.root));
	ts_field(&cb, &f, 2);
	m.proof = ts_cb_multiple(&cb, TSW_HASH_LEN, TS_PAGE_HASHES_MAX);
	ts_fields_close(&cb, &f);
	r = tsw_cb_done(&cb);
	if (r == TSW_OK)
		*out = m;
	return r;
}

size_t
ts_box_encode(uint8_t *out, size_t size, const struct ts_box *m)
{
	struct tsw_wr wr;
	size_t i;

	assert(m->cnt <= TS_BOX_MESSAGES_CNT);
	tsw_wr_init(&wr, out, size);
	ts_wr_message(&wr, 2);
	tsw_wr_cb_uint(&wr, 1);
	tsw_wr_cb_array(&wr, m->cnt);
	for (i = 0; i < m->cnt; i++) {
		tsw_wr_cb_array(&wr, 2);
		tsw_wr_cb_uint(&wr, m->message[i].number);
		tsw_wr_cb_bytes(&wr, m->message[i].bytes.p,
		    m->message[i].bytes.len);
	}
	return tsw_wr_len(&wr);
}

int
ts_box_decode(struct ts_box *out, struct tsw_slice s)
{
	struct ts_fields f;
	struct ts_box m;
	struct tsw_cb cb;
	size_t i;
	int r;

	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, s.p, s.len);
	f = ts_fields_message(&cb);
	ts_field(&cb, &f, 1);
	m.cnt = ts_cb_list(&cb, 0, TS_BOX_MESSAGES_CNT);
	for (i = 0; i < m.cnt; i++) {
		ts_cb_tuple(&cb, 2);
		m.message[i].number = ts_cb_u32(&cb);
		m.message[i].bytes = tsw_cb_bytes(&cb, 1, TS_BOX_MESSAGE_MAX);
	}
	ts_fields_close(&cb, &f);
	r = tsw_cb_done(&cb);
	if (r == TSW_OK)
		*out = m;
	return r;
}
