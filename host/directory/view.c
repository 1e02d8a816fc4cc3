/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine_int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void
release(struct ts_view *view)
{
	if (view != NULL && --view->users == 0)
		free(view);
}

const struct ts_engine_view *
ts_engine_view(struct ts_engine *engine)
{
	struct ts_view *view;

	(void)pthread_mutex_lock(&engine->view_lock);
	view = engine->view;
	if (view != NULL)
		view->users++;
	(void)pthread_mutex_unlock(&engine->view_lock);
	return view == NULL ? NULL : &view->public;
}

void
ts_engine_view_drop(struct ts_engine *engine, const struct ts_engine_view *view)
{
	if (view == NULL)
		return;
	(void)pthread_mutex_lock(&engine->view_lock);
	/* The first member of what ts_engine_view() counted. */
	release((struct ts_view *)(uintptr_t)view);
	(void)pthread_mutex_unlock(&engine->view_lock);
}

/* Proofs that every page has; by source, which is of the view's tree. */
static int
view_proofs(struct ts_view *view, struct ts_nodes *nodes)
{
	struct ts_nodes_at at = {nodes, &view->edge};
	struct ts_tree_source source = ts_nodes_source(&at);
	struct ts_engine_view *v = &view->public;
	size_t len = 0;
	int r;

	r = ts_tree_inclusion(view->inclusion, &len, &source, v->head.size - 1,
	    v->head.size);
	v->inclusion.p = view->inclusion;
	v->inclusion.len = len;
	if (r == TS_OK)
		r = ts_tree_inclusion(view->parameters, &len, &source, 0,
		    v->head.size);
	v->parameters.p = view->parameters;
	v->parameters.len = len;
	return r;
}

static int
view_new(struct ts_view **out, struct ts_engine *engine, struct tsw_slice note,
    const struct ts_tiles_edge *edge)
{
	struct ts_view *view = calloc(1, sizeof(*view));
	int r;

	if (view == NULL)
		return TS_ERR_NO_MEMORY;
	view->users = 1;
	memcpy(view->note, note.p, note.len);
	view->public.note.p = view->note;
	view->public.note.len = note.len;
	view->public.time = (uint64_t)time(NULL);
	view->public.head.size = edge->tree.size;
	ts_tree_edge_root(view->public.head.root, &edge->tree);
	ts_nodes_edge_init(&view->edge, edge);
	r = view_proofs(view, engine->nodes);
	if (r != TS_OK)
		free(view);
	else
		*out = view;
	return r;
}

int
ts_view_publish(struct ts_engine *engine, struct tsw_slice note,
    const struct ts_tiles_edge *edge, uint64_t entries)
{
	struct ts_view *view = NULL, *old = NULL;
	uint64_t time;
	int r;

	r = view_new(&view, engine, note, edge);
	if (r != TS_OK)
		return r;
	view->public.entries = entries;
	time = view->public.time;
	(void)pthread_mutex_lock(&engine->view_lock);
	/* Together: a proof is of the index that the view's root leaf names. */
	if (engine->indexed != edge->tree.size)
		r = ts_index_publish(engine->index);
	if (r == TS_OK) {
		old = engine->view;
		engine->view = view;
		engine->indexed = edge->tree.size;
		release(old);
	}
	(void)pthread_mutex_unlock(&engine->view_lock);
	if (r != TS_OK) {
		free(view);
		return r;
	}
	atomic_fetch_add(&engine->counts.published, 1);
	atomic_store(&engine->counts.published_time, time);
	atomic_store(&engine->counts.published_size, edge->tree.size);
	atomic_store(&engine->counts.index_bytes,
	    ts_index_memory(engine->index));
	return TS_OK;
}

void
ts_view_end(struct ts_engine *engine)
{
	(void)pthread_mutex_lock(&engine->view_lock);
	release(engine->view);
	engine->view = NULL;
	(void)pthread_mutex_unlock(&engine->view_lock);
}

int
ts_engine_prove(struct ts_engine *engine, struct ts_index_proof *out,
    const struct ts_engine_view *view, const uint8_t k[32])
{
	int r = ts_index_prove(engine->index, out, k);

	if (r != TS_OK)
		return r;
	/* Each publish but a renewal adds entries. */
	return out->cnt == view->entries ? TS_OK : TS_ERR_CONFLICT;
}

/* Root at a size: that of the right edge there. */
static int
root_at(uint8_t out[TSW_HASH_LEN], const struct ts_tree_source *source,
    uint64_t size)
{
	if (size > 0)
		return ts_tree_root(out, source, size);
	ts_tree_empty(out);
	return TS_OK;
}

int
ts_engine_span(struct ts_engine *engine, struct ts_engine_span *out,
    uint64_t from, uint64_t to)
{
	const struct ts_engine_view *view = ts_engine_view(engine);
	const struct ts_view *own = (const struct ts_view *)(const void *)view;
	struct ts_nodes_at at = {engine->nodes, NULL};
	struct ts_tree_source source = ts_nodes_source(&at);
	int r = TS_ERR_ARGUMENT;

	if (view == NULL)
		return r;
	at.edge = &own->edge;
	if (from <= to && to <= view->head.size)
		r = root_at(out->root, &source, from);
	if (r == TS_OK)
		r = ts_tree_consistency(out->proof, &out->len, &source, from,
		    to);
	ts_engine_view_drop(engine, view);
	return r;
}
