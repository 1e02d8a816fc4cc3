/* SPDX-License-Identifier: BSD-2-Clause */
/* Lookup and page. */
#include "page_cb.h"

#include <string.h>

size_t
ts_lookup_encode(uint8_t *out, size_t size, const struct ts_lookup *m)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, size);
	ts_wr_message(&wr, m->has_size ? 4 : 3);
	ts_wr_label(&wr, 1, m->label);
	ts_wr_uint(&wr, 2, m->from);
	if (m->has_size)
		ts_wr_uint(&wr, 3, m->size);
	return tsw_wr_len(&wr);
}

int
ts_lookup_decode(struct ts_lookup *out, struct tsw_slice s)
{
	struct ts_lookup m;
	struct ts_fields f;
	struct tsw_cb cb;
	int r;

	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, s.p, s.len);
	f = ts_fields_message(&cb);
	ts_field(&cb, &f, 1);
	m.label = ts_cb_label(&cb);
	ts_field(&cb, &f, 2);
	m.from = ts_cb_u32(&cb);
	m.has_size = ts_field_optional(&cb, &f, 3);
	if (m.has_size)
		m.size = ts_cb_size(&cb);
	ts_fields_close(&cb, &f);
	r = tsw_cb_done(&cb);
	if (r == TSW_OK)
		*out = m;
	return r;
}

size_t
ts_page_encode(uint8_t *out, size_t size, const struct ts_page *m)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, size);
	ts_wr_message(&wr,
	    5U + m->absence.there + m->has_consistency + m->has_parameters);
	ts_wr_slice(&wr, 1, m->note);
	ts_wr_uint(&wr, 2, m->entries);
	ts_wr_slice(&wr, 3, m->inclusion);
	ts_wr_records(&wr, 4, m);
	if (m->absence.there)
		ts_wr_absence(&wr, 5, &m->absence);
	if (m->has_consistency)
		ts_wr_slice(&wr, 6, m->consistency);
	if (m->has_parameters) {
		tsw_wr_cb_uint(&wr, 7);
		tsw_wr_cb_array(&wr, 2);
		tsw_wr_cb_bytes(&wr, m->vrf, sizeof(m->vrf));
		tsw_wr_cb_bytes(&wr, m->parameters.p, m->parameters.len);
	}
	return tsw_wr_len(&wr);
}

static struct tsw_slice
hashes(struct tsw_cb *cb)
{
	return ts_cb_multiple(cb, TSW_HASH_LEN, TS_PAGE_HASHES_MAX);
}

int
ts_page_decode(struct ts_page *out, struct tsw_slice s)
{
	struct ts_page m;
	struct ts_fields f;
	struct tsw_cb cb;
	size_t i;
	int r;

	if (s.len > TS_PAGE_MAX)
		return TSW_ERR_TOO_LONG;
	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, s.p, s.len);
	f = ts_fields_message(&cb);
	ts_field(&cb, &f, 1);
	m.note = tsw_cb_bytes(&cb, 1, TS_NOTE_MAX);
	ts_field(&cb, &f, 2);
	m.entries = ts_cb_size(&cb);
	ts_field(&cb, &f, 3);
	m.inclusion = hashes(&cb);
	ts_field(&cb, &f, 4);
	m.record_cnt = ts_cb_list(&cb, 0, TS_PAGE_RECORDS_CNT);
	for (i = 0; i < m.record_cnt; i++)
		ts_cb_record(&cb, &m.record[i]);
	if (ts_field_optional(&cb, &f, 5))
		ts_cb_absence(&cb, &m.absence);
	m.has_consistency = ts_field_optional(&cb, &f, 6);
	if (m.has_consistency)
		m.consistency = hashes(&cb);
	m.has_parameters = ts_field_optional(&cb, &f, 7);
	if (m.has_parameters) {
		ts_cb_tuple(&cb, 2);
		ts_cb_copy(&cb, m.vrf, sizeof(m.vrf));
		m.parameters = hashes(&cb);
	}
	ts_fields_close(&cb, &f);
	r = tsw_cb_done(&cb);
	if (r == TSW_OK)
		*out = m;
	return r;
}
