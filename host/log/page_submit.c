/* SPDX-License-Identifier: BSD-2-Clause */
/* What is handed in, and where it stands then. */
#include "page_cb.h"

#include <assert.h>
#include <string.h>

size_t
ts_submit_encode(uint8_t *out, size_t size, const struct ts_submit *m)
{
	struct tsw_wr wr;
	size_t i;

	assert(m->bundle_cnt <= TS_SUBMIT_BUNDLES_CNT);
	tsw_wr_init(&wr, out, size);
	ts_wr_message(&wr, 4U + (m->invitation.len > 0) + (m->bundle_cnt > 0));
	ts_wr_label(&wr, 1, m->label);
	ts_wr_uint(&wr, 2, m->number);
	ts_wr_slice(&wr, 3, m->envelope);
	if (m->invitation.len > 0)
		ts_wr_label(&wr, 4, m->invitation);
	if (m->bundle_cnt > 0) {
		tsw_wr_cb_uint(&wr, 5);
		tsw_wr_cb_array(&wr, m->bundle_cnt);
	}
	for (i = 0; i < m->bundle_cnt; i++)
		tsw_wr_cb_bytes(&wr, m->bundle[i].p, m->bundle[i].len);
	return tsw_wr_len(&wr);
}

int
ts_submit_decode(struct ts_submit *out, struct tsw_slice s)
{
	struct ts_submit m;
	struct ts_fields f;
	struct tsw_cb cb;
	size_t i;
	int r;

	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, s.p, s.len);
	f = ts_fields_message(&cb);
	ts_field(&cb, &f, 1);
	m.label = ts_cb_label(&cb);
	ts_field(&cb, &f, 2);
	m.number = ts_cb_u32(&cb);
	ts_field(&cb, &f, 3);
	m.envelope = tsw_cb_bytes(&cb, 1, TSW_ENVELOPE_MAX);
	if (ts_field_optional(&cb, &f, 4))
		m.invitation = tsw_cb_text(&cb, 1, TS_INVITATION_MAX);
	if (ts_field_optional(&cb, &f, 5))
		m.bundle_cnt = ts_cb_list(&cb, 1, TS_SUBMIT_BUNDLES_CNT);
	for (i = 0; i < m.bundle_cnt; i++)
		m.bundle[i] = tsw_cb_bytes(&cb, 1, TSW_BUNDLE_MAX);
	ts_fields_close(&cb, &f);
	r = tsw_cb_done(&cb);
	if (r == TSW_OK)
		*out = m;
	return r;
}

size_t
ts_place_reply_encode(uint8_t *out, size_t size, uint64_t index)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, size);
	ts_wr_message(&wr, 2);
	ts_wr_uint(&wr, 1, index);
	return tsw_wr_len(&wr);
}

int
ts_place_reply_decode(uint64_t *index, struct tsw_slice s)
{
	struct ts_fields f;
	struct tsw_cb cb;
	uint64_t v;
	int r;

	tsw_cb_init(&cb, s.p, s.len);
	f = ts_fields_message(&cb);
	ts_field(&cb, &f, 1);
	v = ts_cb_size(&cb);
	ts_fields_close(&cb, &f);
	r = tsw_cb_done(&cb);
	if (r == TSW_OK)
		*index = v;
	return r;
}

size_t
ts_refused_encode(uint8_t *out, size_t size, const struct ts_refused *m)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, size);
	ts_wr_message(&wr, 4);
	ts_wr_uint(&wr, 1, (uint64_t)m->code);
	ts_wr_uint(&wr, 2, m->err);
	tsw_wr_cb_uint(&wr, 3);
	tsw_wr_cb_text(&wr, m->text, strnlen(m->text, sizeof(m->text) - 1));
	return tsw_wr_len(&wr);
}

/* A directory's words go to a terminal: no control bytes, no tricks. */
static bool
is_printable(struct tsw_slice s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	}
	return true;
}

int
ts_refused_decode(struct ts_refused *out, struct tsw_slice s)
{
	struct ts_refused m;
	struct tsw_slice text;
	struct ts_fields f;
	struct tsw_cb cb;
	int r;

	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, s.p, s.len);
	f = ts_fields_message(&cb);
	ts_field(&cb, &f, 1);
	m.code = (enum ts_refusal)ts_cb_number(&cb, 1, UINT8_MAX);
	ts_field(&cb, &f, 2);
	m.err = ts_cb_u32(&cb);
	ts_field(&cb, &f, 3);
	text = tsw_cb_text(&cb, 0, sizeof(m.text) - 1);
	if (cb.err == TSW_OK && !is_printable(text))
		tsw_cb_fail(&cb, TSW_ERR_FORMAT);
	ts_fields_close(&cb, &f);
	r = tsw_cb_done(&cb);
	if (r != TSW_OK)
		return r;
	if (text.len > 0)
		memcpy(m.text, text.p, text.len);
	*out = m;
	return TSW_OK;
}

unsigned
ts_refusal_http(enum ts_refusal code)
{
	switch (code) {
#define X(name, number, http, sentence)                                        \
	case TS_REFUSAL_##name:                                                \
		return (http);
#include "refusal.def"
#undef X
	}
	return 500;
}

const char *
ts_refusal_sentence(enum ts_refusal code)
{
	switch (code) {
#define X(name, number, http, sentence)                                        \
	case TS_REFUSAL_##name:                                                \
		return (sentence);
#include "refusal.def"
#undef X
	}
	return "the directory refuses, for a reason that is not known here";
}
