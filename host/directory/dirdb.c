/* SPDX-License-Identifier: BSD-2-Clause */
#include "dirdb.h"

#include <string.h>

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

int
ts_dirdb_open(struct ts_dirdb **out, const char *url, bool make)
{
	if (!begins(url, "postgresql://") && !begins(url, "postgres://"))
		return ts_dirdb_open_sqlite(out, url, make);
#ifdef TS_POSTGRES
	return ts_dirdb_open_postgres(out, url, make);
#else
	return TS_ERR_ARGUMENT;
#endif
}

void
ts_dirdb_free(struct ts_dirdb **db)
{
	if (*db != NULL)
		(*db)->ops->free(*db);
	*db = NULL;
}

int
ts_dirdb_lead(struct ts_dirdb *db)
{
	return db->ops->lead(db);
}

int
ts_dirdb_wait(struct ts_dirdb *db, int ms)
{
	return db->ops->wait(db, ms);
}

int
ts_dirdb_origin(struct ts_dirdb *db, const char *origin,
    const uint8_t vrf[TS_VRF_KEY_LEN])
{
	return db->ops->origin(db, origin, vrf);
}

int
ts_dirdb_admit(struct ts_dirdb *db, struct ts_dirdb_admit *batch, size_t cnt)
{
	return db->ops->admit(db, batch, cnt);
}

int
ts_dirdb_head(struct ts_dirdb *db, struct ts_dirdb_head *out,
    struct tsw_slice label)
{
	return db->ops->head(db, out, label);
}

int
ts_dirdb_records(struct ts_dirdb *db, struct tsw_slice label, uint32_t from,
    uint32_t cnt, ts_dirdb_record_fn *fn, void *ctx)
{

	return db->ops->records(db, label, from, cnt, fn, ctx);
}

int
ts_dirdb_every(struct ts_dirdb *db, uint64_t after, uint32_t cnt,
    ts_dirdb_record_fn *fn, void *ctx)
{
	return db->ops->every(db, after, cnt, fn, ctx);
}

int
ts_dirdb_pending(struct ts_dirdb *db, size_t max, ts_dirdb_record_fn *fn,
    void *ctx)
{
	return db->ops->pending(db, max, fn, ctx);
}

int
ts_dirdb_drop(struct ts_dirdb *db, uint64_t id)
{
	return db->ops->drop(db, id);
}

int
ts_dirdb_leaf_of(struct ts_dirdb *db, uint64_t *leaf, uint64_t id)
{
	return db->ops->leaf_of(db, leaf, id);
}

int
ts_dirdb_sequence(struct ts_dirdb *db, const struct ts_dirdb_batch *batch)
{
	return db->ops->sequence(db, batch);
}

int
ts_dirdb_signed_note(struct ts_dirdb *db, struct ts_dirdb_note *out)
{
	return db->ops->signed_note(db, out);
}

int
ts_dirdb_publish(struct ts_dirdb *db, uint64_t size, struct tsw_slice note)
{
	return db->ops->publish(db, size, note);
}

int
ts_dirdb_published(struct ts_dirdb *db, struct ts_dirdb_note *out)
{
	return db->ops->published(db, out);
}

int
ts_dirdb_leaves(struct ts_dirdb *db, uint64_t from, uint64_t to,
    ts_dirdb_leaf_fn *fn, void *ctx)
{
	return db->ops->leaves(db, from, to, fn, ctx);
}

int
ts_dirdb_tile_put(struct ts_dirdb *db, const struct ts_tile *tile,
    struct tsw_slice bytes)
{
	return db->ops->tile_put(db, tile, bytes);
}

int
ts_dirdb_tile_get(struct ts_dirdb *db, uint8_t out[TS_DIRDB_TILE_MAX],
    size_t *len, const struct ts_tile *tile)
{
	return db->ops->tile_get(db, out, len, tile);
}

int
ts_dirdb_bundle(struct ts_dirdb *db, uint8_t *out, size_t *len,
    const uint8_t hash[TSW_HASH_LEN])
{
	return db->ops->bundle(db, out, len, hash);
}

int
ts_dirdb_invite(struct ts_dirdb *db, const uint8_t (*hash)[TSW_HASH_LEN],
    size_t cnt)
{
	return db->ops->invite(db, hash, cnt);
}

int
ts_dirdb_invited(struct ts_dirdb *db, const uint8_t hash[TSW_HASH_LEN])
{
	return db->ops->invited(db, hash);
}

int
ts_dirdb_erase(struct ts_dirdb *db, struct tsw_slice label)
{
	return db->ops->erase(db, label);
}

int
ts_dirdb_figures(struct ts_dirdb *db, struct ts_dirdb_figures *out)
{
	return db->ops->figures(db, out);
}
