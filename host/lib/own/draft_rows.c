/* SPDX-License-Identifier: BSD-2-Clause */
#include "draft_rows.h"

#include <string.h>

static bool
read_waiting(struct ts_waiting *w, const struct ts_query *q)
{
	struct tsw_slice op = ts_query_get_blob(q, 1);

	w->number = (uint32_t)ts_query_get_int(q, 0);
	w->drafted = ts_query_get_int(q, 2) != 0;
	if (op.p == NULL || op.len > sizeof(w->bytes.p))
		return false;
	memcpy(w->bytes.p, op.p, op.len);
	w->bytes.len = op.len;
	return ts_op_decode(&w->op, w->bytes.p, w->bytes.len) == TS_OK;
}

int
ts_waiting_each(struct ts_store *store,
    int (*fn)(void *arg, const struct ts_waiting *w), void *arg)
{
	struct ts_waiting w;
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT number, op, drafted FROM queue"
	    " ORDER BY drafted DESC, number");
	while ((r = ts_query_step(&q)) == TS_ROW) {
		if (!read_waiting(&w, &q))
			continue;
		r = fn(arg, &w);
		if (r != TS_OK)
			break;
	}
	ts_query_end(&q);
	return r;
}

int
ts_waiting_add(struct ts_store *store, uint32_t *number,
    const struct ts_bytes *op)
{
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "INSERT INTO queue (op, drafted) VALUES (?, 0)");
	ts_query_blob(&q, op->p, op->len);
	r = ts_query_run(&q);
	if (r == TS_OK)
		*number = (uint32_t)ts_db_last_id(store->db);
	return r;
}

static int
run(struct ts_store *store, const char *sql)
{
	struct ts_query q;

	ts_query_init(&q, store->db, sql);
	return ts_query_run(&q);
}

int
ts_draft_put(struct ts_store *store, const struct ts_bytes *statement)
{
	struct ts_query q;

	ts_query_init(&q, store->db,
	    "INSERT INTO draft (id, statement) VALUES (1, ?)");
	ts_query_blob(&q, statement->p, statement->len);
	return ts_query_run(&q);
}

int
ts_draft_put_note(struct ts_store *store, const uint8_t *p, size_t len)
{
	struct ts_query q;

	ts_query_init(&q, store->db,
	    "INSERT INTO draft_note (id, note) VALUES (1, ?)");
	ts_query_blob(&q, p, len);
	return ts_query_run(&q);
}

int
ts_draft_end(struct ts_store *store, bool done)
{
	int r;

	r = run(store, "DELETE FROM draft_sig");
	if (r == TS_OK)
		r = run(store, "DELETE FROM draft_asked");
	if (r == TS_OK)
		r = run(store, "DELETE FROM draft_note");
	if (r == TS_OK)
		r = run(store, "DELETE FROM draft");
	if (r == TS_OK)
		r = run(store,
		    done ? "DELETE FROM queue WHERE drafted <> 0"
			 : "UPDATE queue SET drafted = 0");
	return r;
}
