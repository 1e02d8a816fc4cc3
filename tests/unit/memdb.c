/* SPDX-License-Identifier: BSD-2-Clause */
#include "memdb.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

static bool
is_label(const struct memdb *m, size_t i, struct tsw_slice label)
{
	return m->record[i].label_len == label.len &&
	    memcmp(m->record[i].label, label.p, label.len) == 0;
}

static int
head(struct ts_dirdb *db, struct ts_dirdb_head *out, struct tsw_slice label)
{
	struct memdb *m = (struct memdb *)db;
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < m->cnt; i++) {
		if (!is_label(m, i, label))
			continue;
		out->cnt++;
		out->genesis = m->record[i].genesis;
	}
	return m->fail;
}

static int
records(struct ts_dirdb *db, struct tsw_slice label, uint32_t from,
    uint32_t cnt, ts_dirdb_record_fn *fn, void *ctx)
{
	struct memdb *m = (struct memdb *)db;
	struct ts_dirdb_record rec;
	int r = m->fail;
	size_t i;

	for (i = 0; r == TS_OK && i < m->cnt; i++) {
		if (!is_label(m, i, label) || m->record[i].number < from ||
		    m->record[i].number - from >= cnt)
			continue;
		memset(&rec, 0, sizeof(rec));
		rec.label = label;
		rec.number = m->record[i].number;
		rec.genesis = m->record[i].genesis;
		rec.time = m->record[i].time;
		memcpy(rec.hash, m->record[i].hash, sizeof(rec.hash));
		rec.envelope.p = m->record[i].envelope;
		rec.envelope.len = m->record[i].len;
		m->reads++;
		r = fn(ctx, &rec);
	}
	return r;
}

static int
invited(struct ts_dirdb *db, const uint8_t hash[TSW_HASH_LEN])
{
	struct memdb *m = (struct memdb *)db;
	size_t i;

	for (i = 0; i < m->invitation_cnt; i++) {
		if (memcmp(m->invitation[i], hash, TSW_HASH_LEN) == 0)
			return m->fail;
	}
	return m->fail != TS_OK ? m->fail : TS_ERR_INVITATION;
}

static const struct ts_dirdb_ops memdb_ops = {.head = head,
    .records = records,
    .invited = invited};

void
memdb_init(struct memdb *m)
{
	memset(m, 0, sizeof(*m));
	m->db.ops = &memdb_ops;
}

bool
memdb_add(struct memdb *m, const struct ts_dirdb_record *rec)
{
	size_t i = m->cnt;

	if (i >= MEMDB_RECORDS_CNT)
		return false;
	memcpy(m->record[i].label, rec->label.p, rec->label.len);
	m->record[i].label_len = rec->label.len;
	m->record[i].number = rec->number;
	m->record[i].genesis = rec->genesis;
	m->record[i].time = rec->time;
	memcpy(m->record[i].hash, rec->hash, sizeof(rec->hash));
	memcpy(m->record[i].envelope, rec->envelope.p, rec->envelope.len);
	m->record[i].len = rec->envelope.len;
	m->cnt++;
	return true;
}

void
memdb_invite(struct memdb *m, const char *text)
{
	const struct tsw_slice s = {(const uint8_t *)text, strlen(text)};

	tsw_sha256(m->invitation[m->invitation_cnt++], &s, 1);
}
