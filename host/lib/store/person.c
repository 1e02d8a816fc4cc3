/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "rows.h"

#define COLUMNS "id, label, identity, base, added, checked"

static int
read_person(struct ts_person *out, const struct ts_query *q)
{
	const char *label = ts_query_get_text(q, 1);
	struct tsw_slice id = ts_query_get_blob(q, 2);
	struct tsw_slice s = {(const uint8_t *)label, strlen(label)};
	struct ts_person p;

	memset(&p, 0, sizeof(p));
	if (tsw_label_check(s) != TSW_OK)
		return TS_ERR_DB_FORGED;
	memcpy(p.label, label, s.len);
	p.id = ts_query_get_int(q, 0);
	if (id.p != NULL) {
		if (id.len != sizeof(p.identity))
			return TS_ERR_DB_FORGED;
		p.pinned = true;
		memcpy(p.identity, id.p, id.len);
	}
	p.base = (uint32_t)ts_query_get_int(q, 3);
	p.added = (uint64_t)ts_query_get_int(q, 4);
	p.checked = (uint64_t)ts_query_get_int(q, 5);
	*out = p;
	return TS_OK;
}

static int
one(struct ts_query *q, struct ts_person *out)
{
	int r = ts_query_one(q);

	if (r == TS_OK)
		r = read_person(out, q);
	ts_query_end(q);
	return r;
}

int
ts_person_get(struct ts_store *store, struct ts_person *out, int64_t id)
{
	struct ts_query q;

	ts_query_init(&q, store->db,
	    "SELECT " COLUMNS " FROM person WHERE id = ?");
	ts_query_int(&q, id);
	return one(&q, out);
}

int
ts_person_find(struct ts_store *store, struct ts_person *out, const char *label)
{
	struct tsw_slice text = {(const uint8_t *)label, strlen(label)};
	char norm[TSW_LABEL_MAX + 1] = {0};
	size_t len = TSW_LABEL_MAX;
	struct ts_query q;
	int r;

	r = tsw_label_normalise((uint8_t *)norm, &len, text);
	if (r != TSW_OK)
		return r;
	norm[len] = '\0';
	ts_query_init(&q, store->db,
	    "SELECT " COLUMNS " FROM person WHERE label = ? AND id <> 0");
	ts_query_text(&q, norm);
	return one(&q, out);
}

/*
 * The next contact by label; an unreadable label sorts and is passed over.
 * One with a NUL inside would be met again and again: length() ends there, the
 * bytes do not.
 */
static int
next_person(struct ts_store *store, struct ts_person *out, char *after,
    size_t size)
{
	struct ts_query q;
	const char *label;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT " COLUMNS " FROM person WHERE id <> 0 AND label > ?"
	    " AND length(CAST(label AS BLOB)) = length(label)"
	    " AND length(label) <= 64 ORDER BY label LIMIT 1");
	ts_query_text(&q, after);
	r = ts_query_one(&q);
	if (r == TS_OK) {
		label = ts_query_get_text(&q, 1);
		r = strlen(label) < size ? TS_OK : TS_ERR_DB_CORRUPT;
	}
	if (r == TS_OK) {
		memcpy(after, label, strlen(label) + 1);
		r = read_person(out, &q);
	}
	ts_query_end(&q);
	return r;
}

int
ts_person_each(struct ts_store *store,
    int (*fn)(struct ts_store *store, void *arg, const struct ts_person *p),
    void *arg)
{
	char after[TSW_LABEL_MAX + 1] = "";
	struct ts_person p;
	int r;

	for (;;) {
		r = next_person(store, &p, after, sizeof(after));
		if (r == TS_ERR_NOT_FOUND)
			return TS_OK;
		if (r == TS_ERR_DB_FORGED)
			continue;
		if (r == TS_OK)
			r = fn(store, arg, &p);
		if (r != TS_OK)
			return r;
	}
}

struct tsw_slice
ts_person_label(const struct ts_person *p)
{
	struct tsw_slice s = {(const uint8_t *)p->label, strlen(p->label)};

	return s;
}
