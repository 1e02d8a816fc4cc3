/* SPDX-License-Identifier: BSD-2-Clause */
#include "page_cb.h"

#include <assert.h>
#include <string.h>

#include <touchstone/wire/statement.h>

#define MESSAGE_VERSION 1

struct ts_fields
ts_fields_open(struct tsw_cb *cb)
{
	struct ts_fields f = {tsw_cb_map(cb), -1, false};

	return f;
}

/* Whether the next field has this key; it stays to be asked for if not. */
static bool
is_next(struct tsw_cb *cb, struct ts_fields *f, uint64_t key)
{
	if (f->left == 0 || cb->err != TSW_OK)
		return false;
	if (!f->ahead)
		(void)tsw_cb_map_key(cb, &f->last);
	f->ahead = true;
	if (cb->err != TSW_OK || (uint64_t)f->last != key)
		return false;
	f->ahead = false;
	f->left--;
	return true;
}

void
ts_field(struct tsw_cb *cb, struct ts_fields *f, uint64_t key)
{
	if (!is_next(cb, f, key))
		tsw_cb_fail(cb, TSW_ERR_MISSING_FIELD);
}

bool
ts_field_optional(struct tsw_cb *cb, struct ts_fields *f, uint64_t key)
{
	return is_next(cb, f, key);
}

void
ts_fields_close(struct tsw_cb *cb, struct ts_fields *f)
{
	if (f->left == 0)
		return;
	if (!f->ahead)
		(void)tsw_cb_map_key(cb, &f->last); /* a repeat says so */
	tsw_cb_fail(cb, TSW_ERR_UNKNOWN_FIELD);
}

struct ts_fields
ts_fields_message(struct tsw_cb *cb)
{
	struct ts_fields f = ts_fields_open(cb);

	ts_field(cb, &f, 0);
	if (tsw_cb_uint(cb) != MESSAGE_VERSION)
		tsw_cb_fail(cb, TSW_ERR_VERSION);
	return f;
}

uint64_t
ts_cb_number(struct tsw_cb *cb, uint64_t min, uint64_t max)
{
	uint64_t v = tsw_cb_uint(cb);

	if (v < min || v > max) {
		tsw_cb_fail(cb, TSW_ERR_RANGE);
		return 0;
	}
	return v;
}

uint64_t
ts_cb_size(struct tsw_cb *cb)
{
	return ts_cb_number(cb, 0, TSW_LOG_SIZE_MAX);
}

uint32_t
ts_cb_u32(struct tsw_cb *cb)
{
	return (uint32_t)ts_cb_number(cb, 0, UINT32_MAX);
}

size_t
ts_cb_list(struct tsw_cb *cb, size_t min, size_t max)
{
	size_t cnt = tsw_cb_array(cb);

	if (cnt < min)
		tsw_cb_fail(cb, TSW_ERR_TOO_SHORT);
	if (cnt > max)
		tsw_cb_fail(cb, TSW_ERR_TOO_LONG);
	return cb->err == TSW_OK ? cnt : 0;
}

void
ts_cb_tuple(struct tsw_cb *cb, size_t cnt)
{
	(void)ts_cb_list(cb, cnt, cnt);
}

struct tsw_slice
ts_cb_label(struct tsw_cb *cb)
{
	struct tsw_slice label = tsw_cb_text(cb, 1, TSW_LABEL_MAX);

	if (cb->err == TSW_OK && tsw_label_check(label) != TSW_OK)
		tsw_cb_fail(cb, TSW_ERR_LABEL);
	return label;
}

void
ts_cb_copy(struct tsw_cb *cb, uint8_t *out, size_t len)
{
	struct tsw_slice s = tsw_cb_bytes(cb, len, len);

	if (cb->err == TSW_OK)
		memcpy(out, s.p, len);
}

struct tsw_slice
ts_cb_multiple(struct tsw_cb *cb, size_t unit, size_t max)
{
	struct tsw_slice s = tsw_cb_bytes(cb, 0, max);

	if (s.len % unit != 0)
		tsw_cb_fail(cb, TSW_ERR_FORMAT);
	return s;
}

void
ts_cb_record(struct tsw_cb *cb, struct ts_page_record *out)
{
	struct ts_fields f = ts_fields_open(cb);

	ts_field(cb, &f, 0);
	out->number = ts_cb_u32(cb);
	ts_field(cb, &f, 1);
	out->envelope = tsw_cb_bytes(cb, 1, TSW_ENVELOPE_MAX);
	out->proof.there = ts_field_optional(cb, &f, 2);
	if (out->proof.there) {
		ts_cb_tuple(cb, 3);
		ts_cb_copy(cb, out->proof.opening, TS_OPENING_LEN);
		ts_cb_copy(cb, out->proof.vrf, TS_VRF_PROOF_LEN);
		out->proof.path =
		    ts_cb_multiple(cb, TS_PATH_STEP_LEN, TS_INDEX_PATH_MAX);
	}
	ts_fields_close(cb, &f);
}

void
ts_cb_absence(struct tsw_cb *cb, struct ts_page_absence *out)
{
	out->there = true;
	ts_cb_tuple(cb, 3);
	ts_cb_copy(cb, out->vrf, TS_VRF_PROOF_LEN);
	out->path = ts_cb_multiple(cb, TS_PATH_STEP_LEN, TS_INDEX_PATH_MAX);
	out->leaf = ts_cb_multiple(cb, TS_LEAF_ENTRY_LEN, TS_LEAF_ENTRY_LEN);
}

void
ts_wr_message(struct tsw_wr *wr, size_t pairs)
{
	tsw_wr_cb_map(wr, pairs);
	ts_wr_uint(wr, 0, MESSAGE_VERSION);
}

void
ts_wr_uint(struct tsw_wr *wr, uint64_t key, uint64_t v)
{
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_uint(wr, v);
}

void
ts_wr_bytes(struct tsw_wr *wr, uint64_t key, const uint8_t *p, size_t len)
{
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_bytes(wr, p, len);
}

void
ts_wr_slice(struct tsw_wr *wr, uint64_t key, struct tsw_slice s)
{
	ts_wr_bytes(wr, key, s.p, s.len);
}

void
ts_wr_label(struct tsw_wr *wr, uint64_t key, struct tsw_slice label)
{
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_text(wr, (const char *)label.p, label.len);
}

static void
write_record(struct tsw_wr *wr, const struct ts_page_record *m)
{
	tsw_wr_cb_map(wr, m->proof.there ? 3 : 2);
	ts_wr_uint(wr, 0, m->number);
	ts_wr_slice(wr, 1, m->envelope);
	if (!m->proof.there)
		return;
	tsw_wr_cb_uint(wr, 2);
	tsw_wr_cb_array(wr, 3);
	tsw_wr_cb_bytes(wr, m->proof.opening, sizeof(m->proof.opening));
	tsw_wr_cb_bytes(wr, m->proof.vrf, sizeof(m->proof.vrf));
	tsw_wr_cb_bytes(wr, m->proof.path.p, m->proof.path.len);
}

void
ts_wr_records(struct tsw_wr *wr, uint64_t key, const struct ts_page *m)
{
	size_t i;

	assert(m->record_cnt <= TS_PAGE_RECORDS_CNT);
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_array(wr, m->record_cnt);
	for (i = 0; i < m->record_cnt; i++)
		write_record(wr, &m->record[i]);
}

void
ts_wr_absence(struct tsw_wr *wr, uint64_t key, const struct ts_page_absence *m)
{
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_array(wr, 3);
	tsw_wr_cb_bytes(wr, m->vrf, sizeof(m->vrf));
	tsw_wr_cb_bytes(wr, m->path.p, m->path.len);
	tsw_wr_cb_bytes(wr, m->leaf.p, m->leaf.len);
}
