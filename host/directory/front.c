/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine_int.h"

#include <string.h>

#define POLL_MS 100

/* Our own index, brought to where the sequencer's is, and checked. */
static int
follow(struct ts_engine *e)
{
	struct ts_dirdb_note note;
	struct tsw_slice s = {note.note, 0};
	uint64_t entries = 0;
	int r = ts_dirdb_published(e->db, &note);

	if (r != TS_OK || note.size == 0)
		return r;
	s.len = note.len;
	if (note.size == e->size && e->view != NULL &&
	    s.len == e->view->public.note.len &&
	    memcmp(s.p, e->view->public.note.p, s.len) == 0)
		return TS_OK;
	r = ts_follow_note(&e->follow, &entries, e->db, &note, &e->log);
	if (r == TS_OK)
		r = ts_view_publish(e, s, ts_tiles_edge(e->tiles), entries);
	if (r != TS_OK)
		return r;
	ts_tiles_mark(e->tiles);
	e->size = note.size;
	e->entries = entries;
	atomic_store(&e->counts.size, e->size);
	atomic_store(&e->counts.entries, e->entries);
	r = ts_queue_look(e, e->db);
	ts_queue_published(e, e->size, false);
	return r;
}

void *
ts_front_run(void *ctx)
{
	struct ts_engine *e = ctx;
	bool stop = false;
	int r;

	while (!stop) {
		r = follow(e);
		if (r != TS_OK && atomic_load(&e->state) == TS_OK)
			TS_EVENT(TS_EVENT_ERROR, "following failed",
			    {"error", -r}, {"size", (int64_t)e->size});
		atomic_store(&e->state, r);
		if (ts_dirdb_wait(e->db, POLL_MS) != TS_OK)
			stop = ts_sequencer_sleep(e, POLL_MS);
		else
			stop = ts_sequencer_sleep(e, 0);
	}
	(void)!follow(e);
	return NULL;
}
