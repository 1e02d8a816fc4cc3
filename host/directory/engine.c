/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "lib/secret.h"
#include "policies.h"

#define ADMIT_FAILED_S 60 /* so long it is said that records were not kept */

uint64_t
ts_engine_now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static bool
writes(const struct ts_engine *e)
{
	return e->config.role != TS_ROLE_FRONT;
}

/* One process for a folder, for as long as it lives. */
static int
lock(struct ts_engine *e, char why[TS_ENGINE_WHY_MAX])
{
	char path[TS_CONFIG_PATH_MAX + 8];

	if (mkdir(e->config.data, 0755) != 0 && errno != EEXIST) {
		(void)snprintf(why, TS_ENGINE_WHY_MAX,
		    "the folder cannot be made: %s", strerror(errno));
		return ts_files_error(errno);
	}
	if (!writes(e))
		return TS_OK;
	(void)snprintf(path, sizeof(path), "%s/lock", e->config.data);
	e->lock_fd =
	    open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (e->lock_fd < 0) {
		(void)snprintf(why, TS_ENGINE_WHY_MAX,
		    "the folder cannot be locked: %s", strerror(errno));
		return ts_files_error(errno);
	}
	if (flock(e->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return TS_OK;
	(void)snprintf(why, TS_ENGINE_WHY_MAX,
	    "another process uses this folder");
	return TS_ERR_DB_BUSY;
}

static int
open_db(struct ts_engine *e, char why[TS_ENGINE_WHY_MAX])
{
	int r = ts_dirdb_open(&e->db, e->db_url, writes(e));

	if (r == TS_OK)
		r = ts_dirdb_open(&e->admit_db, e->db_url, false);
	if (r == TS_OK && writes(e))
		r = ts_dirdb_lead(e->db);
	if (r != TS_OK)
		(void)snprintf(why, TS_ENGINE_WHY_MAX,
		    "the database cannot be opened: %s", ts_strerror(r));
	return r;
}

static const char *
keys_why(int r)
{
	switch (r) {
	case TS_ERR_NOT_FOUND:
		return "log.key or vrf.key is missing; only yours will do, "
		       "which are in your backup";
	case TS_ERR_KEYFILE:
		return "log.key or vrf.key is damaged";
	default:
		return ts_strerror(r);
	}
}

/* Keys are made for a log that has nothing yet, and never for another one. */
static int
open_keys(struct ts_engine *e, char why[TS_ENGINE_WHY_MAX])
{
	struct ts_dirdb_note note;
	int r = ts_dirdb_signed_note(e->db, &note);

	if (r == TS_OK)
		r = ts_keys_open(&e->keys, e->config.data, e->config.origin,
		    note.size == 0 && writes(e));
	if (r == TS_OK && writes(e) && !e->keys->has_log)
		r = TS_ERR_NOT_FOUND;
	if (r != TS_OK) {
		(void)snprintf(why, TS_ENGINE_WHY_MAX,
		    "the keys in keys/ cannot be used: %s", keys_why(r));
		return r;
	}
	if (writes(e) && e->config.origin_chosen &&
	    strcmp(e->config.origin, e->keys->log.vkey.name) != 0) {
		(void)snprintf(why, TS_ENGINE_WHY_MAX,
		    "the log here is %s, and --origin cannot change that",
		    e->keys->log.vkey.name);
		return TS_ERR_ARGUMENT;
	}
	r = ts_policies_log(&e->log, e->keys, &e->config);
	if (r == TS_OK)
		r = ts_dirdb_origin(e->db, e->log.name, e->keys->vrf);
	if (r != TS_OK)
		(void)snprintf(why, TS_ENGINE_WHY_MAX,
		    "the keys are not those of the log in the database: %s",
		    ts_strerror(r));
	return r;
}

static int
open_witnesses(struct ts_engine *e, char why[TS_ENGINE_WHY_MAX])
{
	struct ts_witnesses_options options = {
	    .deadline_ms = e->config.witness_ms};
	struct ts_dirdb_note note;
	struct tsw_slice s = {note.note, 0};
	int r;

	r = ts_policies_read(&e->policy, e->policy_text, &e->policy_len,
	    &e->config, &e->log);
	if (r != TS_OK) {
		(void)snprintf(why, TS_ENGINE_WHY_MAX,
		    "the policy of witnesses, %.96s, cannot be used: %.96s",
		    e->config.policy,
		    r == TS_ERR_NOT_FOUND ? "no such file" : ts_strerror(r));
		return r;
	}
	if (!writes(e))
		return TS_OK;
	options.policy = e->policy;
	options.ca_file =
	    e->config.ca_file[0] == '\0' ? NULL : e->config.ca_file;
	r = ts_witnesses_new(&e->witnesses, &options);
	if (r == TS_OK)
		r = ts_dirdb_published(e->db, &note);
	if (r != TS_OK)
		return r;
	s.len = note.len;
	if (note.size > 0)
		ts_witnesses_seen(e->witnesses, s, note.size);
	return TS_OK;
}

static void
db_close(void *db)
{
	struct ts_dirdb *own = db;

	ts_dirdb_free(&own);
}

/* A full tile: of the folder, or of the database. */
static int
load_tile(void *ctx, uint8_t out[TS_TILE_MAX], const struct ts_tile *tile)
{
	struct ts_engine *e = ctx;
	uint8_t bytes[TS_DIRDB_TILE_MAX];
	size_t len = 0;
	int r = ts_engine_tile(e, bytes, &len, tile);

	if (r == TS_OK && len != TS_TILE_MAX)
		r = TS_ERR_IO;
	if (r == TS_OK)
		memcpy(out, bytes, TS_TILE_MAX);
	return r;
}

static int
init(struct ts_engine *e)
{
	pthread_condattr_t monotonic;
	int r;

	e->queue.last = &e->queue.first;
	e->queue.wait_last = &e->queue.wait;
	if (pthread_condattr_init(&monotonic) != 0 ||
	    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0 ||
	    pthread_mutex_init(&e->queue.lock, NULL) != 0 ||
	    pthread_cond_init(&e->queue.more, NULL) != 0 ||
	    pthread_mutex_init(&e->wake_lock, NULL) != 0 ||
	    pthread_cond_init(&e->wake, &monotonic) != 0 ||
	    pthread_mutex_init(&e->view_lock, NULL) != 0 ||
	    pthread_key_create(&e->db_key, db_close) != 0)
		return TS_ERR_NO_MEMORY;
	e->has_db_key = true;
	(void)pthread_condattr_destroy(&monotonic);
	e->leaf = calloc(TS_BATCH_MAX + 2, sizeof(*e->leaf));
	e->edge = calloc(1, sizeof(*e->edge));
	if (e->leaf == NULL || e->edge == NULL)
		return TS_ERR_NO_MEMORY;
	r = ts_secret_init();
	return r == TS_OK ? ts_nodes_new(&e->nodes, load_tile, e) : r;
}

/* Where things are. */
static void
place(struct ts_engine *e, const struct ts_config *config)
{
	e->config = *config;
	e->lock_fd = -1;
	(void)snprintf(e->db_url, sizeof(e->db_url), "%s%s",
	    config->store[0] != '\0' ? config->store : config->data,
	    config->store[0] != '\0' ? "" : "/directory.db");
	if (!writes(e))
		return;
	(void)snprintf(e->folder, sizeof(e->folder), "%s%s",
	    config->folder[0] != '\0' ? config->folder : config->data,
	    config->folder[0] != '\0' ? "" : "/public");
}

static int
open_all(struct ts_engine *e, char why[TS_ENGINE_WHY_MAX])
{
	int r = lock(e, why);

	if (r == TS_OK)
		r = open_db(e, why);
	if (r == TS_OK)
		r = open_keys(e, why);
	if (r == TS_OK)
		r = open_witnesses(e, why);
	if (r == TS_OK)
		r = ts_vrfs_new(&e->vrfs, e->keys);
	return r == TS_OK ? ts_replay(e, why) : r;
}

static int
run(struct ts_engine *e)
{
	int r = TS_OK;

	if (e->config.role != TS_ROLE_SEQUENCER)
		r = ts_queue_start(e);
	else
		e->queue.closed = true;
	if (r == TS_OK &&
	    pthread_create(&e->thread, NULL,
		writes(e) ? ts_sequencer_run : ts_front_run, e) != 0)
		r = TS_ERR_NO_MEMORY;
	e->started = r == TS_OK;
	return r;
}

int
ts_engine_start(struct ts_engine **out, char why[TS_ENGINE_WHY_MAX],
    const struct ts_config *config)
{
	struct ts_engine *e = calloc(1, sizeof(*e));
	int r;

	why[0] = '\0';
	if (e == NULL)
		return TS_ERR_NO_MEMORY;
	place(e, config);
	r = init(e);
	if (r == TS_OK)
		r = open_all(e, why);
	if (r == TS_OK)
		r = run(e);
	if (r == TS_OK) {
		*out = e;
		return TS_OK;
	}
	if (why[0] == '\0')
		(void)snprintf(why, TS_ENGINE_WHY_MAX, "%s", ts_strerror(r));
	ts_engine_stop(e);
	ts_engine_free(&e);
	return r;
}

void
ts_engine_stop(struct ts_engine *engine)
{
	ts_queue_close(engine);
	(void)pthread_mutex_lock(&engine->wake_lock);
	engine->stopping = true;
	(void)pthread_cond_signal(&engine->wake);
	(void)pthread_mutex_unlock(&engine->wake_lock);
	if (engine->started)
		(void)pthread_join(engine->thread, NULL);
	engine->started = false;
	ts_queue_published(engine, atomic_load(&engine->counts.published_size),
	    true);
}

void
ts_engine_free(struct ts_engine **engine)
{
	struct ts_engine *e = *engine;

	if (e == NULL)
		return;
	ts_view_end(e);
	ts_witnesses_free(&e->witnesses);
	ts_nodes_free(&e->nodes);
	ts_tiles_free(&e->tiles);
	ts_index_free(&e->index);
	ts_vrfs_free(&e->vrfs);
	ts_policy_free(&e->policy);
	if (e->has_db_key) {
		db_close(pthread_getspecific(e->db_key));
		(void)pthread_key_delete(e->db_key);
	}
	ts_dirdb_free(&e->admit_db);
	ts_dirdb_free(&e->db);
	ts_keys_free(&e->keys);
	free(e->queue.job);
	free(e->queue.batch);
	free(e->leaf);
	free(e->edge);
	if (e->lock_fd >= 0)
		(void)close(e->lock_fd);
	free(e);
	*engine = NULL;
}

int
ts_engine_state(const struct ts_engine *engine)
{
	return atomic_load(&engine->state);
}

int
ts_engine_health(const struct ts_engine *engine)
{
	uint64_t failed = atomic_load(&engine->admit_failed);
	int r = ts_engine_state(engine);

	return r == TS_OK && failed != 0 &&
		(uint64_t)time(NULL) < failed + ADMIT_FAILED_S
	    ? atomic_load(&engine->admit_error)
	    : r;
}

int
ts_engine_k(struct ts_engine *engine, uint8_t k[32], struct tsw_slice label,
    uint32_t number)
{
	return ts_vrfs_get(engine->vrfs, k, NULL, label, number);
}

int
ts_engine_vrf(struct ts_engine *engine, uint8_t k[32],
    uint8_t proof[TS_VRF_PROOF_LEN], struct tsw_slice label, uint32_t number)
{
	return ts_vrfs_get(engine->vrfs, k, proof, label, number);
}

const uint8_t *
ts_engine_vrf_key(const struct ts_engine *engine)
{
	return engine->keys->vrf;
}

struct tsw_slice
ts_engine_policy(const struct ts_engine *engine)
{
	struct tsw_slice s = {(const uint8_t *)engine->policy_text,
	    engine->policy_len};

	return s;
}

const char *
ts_engine_public(const struct ts_engine *engine)
{
	return engine->folder[0] == '\0' ? NULL : engine->folder;
}

int
ts_engine_tile(struct ts_engine *engine, uint8_t out[TS_DIRDB_TILE_MAX],
    size_t *len, const struct ts_tile *tile)
{
	char path[TS_TILE_PATH_MAX],
	    whole[sizeof(engine->folder) + TS_TILE_PATH_MAX];
	struct ts_dirdb *db;

	if (engine->folder[0] == '\0') {
		db = ts_engine_db(engine);
		return db == NULL ? TS_ERR_DIRECTORY
				  : ts_dirdb_tile_get(db, out, len, tile);
	}
	ts_tile_path(path, tile);
	(void)snprintf(whole, sizeof(whole), "%s/%s", engine->folder, path);
	*len = TS_DIRDB_TILE_MAX;
	return ts_files_read(AT_FDCWD, whole, out, len);
}

struct ts_dirdb *
ts_engine_db(struct ts_engine *engine)
{
	struct ts_dirdb *db = pthread_getspecific(engine->db_key);

	if (db != NULL)
		return db;
	if (ts_dirdb_open(&db, engine->db_url, false) != TS_OK)
		return NULL;
	if (pthread_setspecific(engine->db_key, db) != 0)
		ts_dirdb_free(&db);
	return db;
}

const struct ts_engine_counts *
ts_engine_counts(const struct ts_engine *engine)
{
	return &engine->counts;
}
