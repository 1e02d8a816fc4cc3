/* SPDX-License-Identifier: BSD-2-Clause */
#include "run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A full bundle has at most 256 * 66 bytes; a wrong one is read so far that
 * what is wrong with it can be said. */
#define BUNDLE_MAX 65536

struct ts_run {
	struct ts_run_options o;
	struct ts_audit *audit;
	struct ts_tree_head known;	   /* accepted; size 0: nothing */
	char origin[TS_NOTE_NAME_MAX + 1]; /* of that */
	uint8_t known_note[TS_NOTE_MAX];
	size_t known_len;
	bool begun, writes; /* what is read goes into the copy */
	struct ts_run_result *result;
	uint8_t bundle[TS_SOURCE_FILES_CNT][BUNDLE_MAX];
};

int
ts_run_new(struct ts_run **out, const struct ts_run_options *options)
{
	struct ts_run *run = calloc(1, sizeof(*run));
	int r;

	if (run == NULL)
		return TS_ERR_NO_MEMORY;
	run->o = *options;
	r = ts_audit_new(&run->audit);
	if (r != TS_OK)
		ts_run_free(&run);
	else
		*out = run;
	return r;
}

void
ts_run_free(struct ts_run **run)
{
	if (*run == NULL)
		return;
	ts_audit_free(&(*run)->audit);
	free(*run);
	*run = NULL;
}

__attribute__((format(printf, 3, 4))) static int
because(struct ts_run *run, int err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(run->result->why, sizeof(run->result->why), format, ap);
	va_end(ap);
	return err;
}

static int
at_leaf(struct ts_run *run, int err, const char *path, const char *why)
{
	run->result->at_leaf = true;
	run->result->leaf = ts_audit_size(run->audit);
	return because(run, err, "leaf %" PRIu64 " (%s): %s", run->result->leaf,
	    path, why);
}

/* From nothing, and yet to pass through what was accepted. */
static int
start_over(struct ts_run *run)
{
	struct ts_audit *audit = NULL;
	int r = ts_audit_new(&audit);

	if (r != TS_OK)
		return r;
	ts_audit_expect(audit, &run->known);
	ts_audit_free(&run->audit);
	run->audit = audit;
	run->result->at_leaf = false;
	return TS_OK;
}

/* --- Leaves of the log --- */

static int
take_leaf(struct ts_run *run, const char *path, struct tsw_slice leaf)
{
	int r = ts_audit_leaf(run->audit, leaf);

	if (r == TS_ERR_LOG_BROKEN)
		return at_leaf(run, r, path, ts_audit_why(run->audit));
	if (r == TS_ERR_LOG_SPLIT)
		return because(run, r, "%s", ts_audit_why(run->audit));
	if (r != TS_OK)
		return because(run, r, "%s", ts_strerror(r));
	run->result->read++;
	if (!run->writes)
		return TS_OK;
	r = ts_copy_add(run->o.copy, leaf);
	return r == TS_OK ? r : because(run, r, "the copy: %s", ts_strerror(r));
}

/* width leaves; longer: there may be more behind them. */
static int
take_bundle(struct ts_run *run, const struct ts_source_file *file,
    unsigned width, bool longer)
{
	const unsigned skip =
	    (unsigned)(ts_audit_size(run->audit) % TS_TILE_WIDTH);
	struct tsw_slice leaf;
	struct tsw_rd rd;
	unsigned i;
	int r;

	tsw_rd_init(&rd, file->out, file->len);
	for (i = 0; i < width; i++) {
		leaf.len = tsw_rd_u16(&rd);
		leaf.p = tsw_rd_view(&rd, leaf.len);
		if (leaf.p == NULL && i >= skip)
			return at_leaf(run, TS_ERR_LOG_BROKEN, file->path,
			    "the bundle ends before it");
		if (i < skip)
			continue;
		r = take_leaf(run, file->path, leaf);
		if (r != TS_OK)
			return r;
	}
	if (!longer && !tsw_rd_done(&rd))
		return because(run, TS_ERR_LOG_BROKEN,
		    "%s: there are bytes behind its last leaf", file->path);
	return TS_OK;
}

static int
unread(struct ts_run *run, const struct ts_source_file *file)
{
	switch (file->result) {
	case TS_ERR_NOT_FOUND:
		return at_leaf(run, TS_ERR_LOG_BROKEN, file->path,
		    "the log does not have its bundle");
	case TSW_ERR_TOO_LONG:
		return at_leaf(run, TS_ERR_LOG_BROKEN, file->path,
		    "the bundle is longer than any");
	case TS_ERR_CANCELLED:
		return because(run, TS_ERR_CANCELLED, "ended");
	default:
		return because(run, TS_ERR_DIRECTORY, "%s",
		    ts_source_error(run->o.source));
	}
}

/* A narrow bundle may be gone once there is a full one. */
static int
read_full(struct ts_run *run, struct ts_source_file *file, struct ts_tile tile)
{
	const unsigned width = tile.width;
	struct ts_source_file full = *file;
	char path[TS_TILE_PATH_MAX];

	tile.width = TS_TILE_WIDTH;
	ts_tile_path(path, &tile);
	full.path = path;
	ts_source_read(run->o.source, &full, 1);
	if (full.result == TS_ERR_NOT_FOUND)
		return unread(run, file);
	return full.result == TS_OK ? take_bundle(run, &full, width, true)
				    : unread(run, &full);
}

/* The next bundles, some at once. */
static int
read_some(struct ts_run *run, uint64_t size)
{
	uint64_t index = ts_audit_size(run->audit) / TS_TILE_WIDTH;
	struct ts_source_file file[TS_SOURCE_FILES_CNT];
	char path[TS_SOURCE_FILES_CNT][TS_TILE_PATH_MAX];
	struct ts_tile tile[TS_SOURCE_FILES_CNT];
	size_t i, cnt;
	int r = TS_OK;

	for (cnt = 0; cnt < TS_SOURCE_FILES_CNT; cnt++, index++) {
		tile[cnt].level = TS_TILE_ENTRIES;
		tile[cnt].index = index;
		tile[cnt].width = ts_tile_width(TS_TILE_ENTRIES, index, size);
		if (tile[cnt].width == 0)
			break;
		ts_tile_path(path[cnt], &tile[cnt]);
		file[cnt] = (struct ts_source_file){.path = path[cnt],
		    .out = run->bundle[cnt],
		    .max = BUNDLE_MAX};
	}
	ts_source_read(run->o.source, file, cnt);
	for (i = 0; r == TS_OK && i < cnt; i++) {
		if (file[i].result == TS_ERR_NOT_FOUND &&
		    tile[i].width < TS_TILE_WIDTH)
			r = read_full(run, &file[i], tile[i]);
		else if (file[i].result != TS_OK)
			r = unread(run, &file[i]);
		else
			r = take_bundle(run, &file[i], tile[i].width, false);
	}
	return r;
}

static int
read_to(struct ts_run *run, const struct ts_tree_head *head)
{
	int r = TS_OK;

	while (r == TS_OK && ts_audit_size(run->audit) < head->size) {
		if (run->o.cancelled != NULL && run->o.cancelled())
			return because(run, TS_ERR_CANCELLED, "ended");
		r = read_some(run, head->size);
		if (run->o.progress != NULL)
			run->o.progress(run->o.ctx, ts_audit_size(run->audit),
			    head->size);
	}
	if (r != TS_OK)
		return r;
	r = ts_audit_head(run->audit, head);
	if (r != TS_OK)
		return because(run, r, "%s", ts_audit_why(run->audit));
	return TS_OK;
}

/* --- Our own copy --- */

struct replay {
	struct ts_run *run;
	uint64_t limit;
};

static int
replay_leaf(void *ctx, struct tsw_slice leaf)
{
	struct replay *replay = ctx;

	if (replay->run->o.cancelled != NULL && replay->run->o.cancelled())
		return TS_ERR_CANCELLED;
	return ts_audit_leaf(replay->run->audit, leaf);
}

/* What was accepted before, if a log of the policy signed it. */
static int
load_note(struct ts_run *run)
{
	size_t len = sizeof(run->known_note);
	struct ts_seen seen;
	struct ts_note note;
	int r;

	r = ts_copy_note(run->o.copy, run->known_note, &len);
	if (r == TS_ERR_NOT_FOUND)
		return TS_OK;
	if (r != TS_OK)
		return because(run, r, "the state file cannot be read");
	r = ts_note_parse(&note, (struct tsw_slice){run->known_note, len});
	if (r == TS_OK)
		r = ts_policy_check(&seen, run->o.policy, &note, 0);
	if (r != TS_OK && r != TS_ERR_LOG_QUORUM && r != TS_ERR_LOG_STALE)
		return because(run, TS_ERR_ARGUMENT,
		    "the state file is no checkpoint of this log");
	run->known = seen.cp.head;
	memcpy(run->origin, seen.cp.origin, sizeof(run->origin));
	run->known_len = len;
	return TS_OK;
}

/*
 * The copy is audited like a log.  If it leads to another place than what was
 * accepted, it is damaged, and dropped.
 */
static int
load_copy(struct ts_run *run)
{
	struct replay replay = {.run = run};
	int r;

	if (run->o.copy == NULL)
		return TS_OK;
	r = load_note(run);
	if (r != TS_OK)
		return r;
	ts_audit_expect(run->audit, &run->known);
	r = ts_copy_each(run->o.copy, replay_leaf, &replay);
	/* What is missing is read, and what follows cannot be worse than that.
	 */
	if (r == TS_OK ||
	    (r == TS_ERR_LOG_BROKEN &&
		ts_audit_size(run->audit) >= run->known.size))
		return TS_OK;
	if (r == TS_ERR_CANCELLED || r == TS_ERR_NO_MEMORY || r == TS_ERR_IO)
		return because(run, r, "the copy: %s", ts_strerror(r));
	r = ts_copy_clear(run->o.copy);
	if (r == TS_OK)
		r = start_over(run);
	return r == TS_OK ? r : because(run, r, "the copy: %s", ts_strerror(r));
}

/* --- A whole audit --- */

/*
 * If it goes wrong upon leaves of before, look at all of them: then it can be
 * said whether the log changed them, or the copy was wrong, and where.
 */
static int
catch_up(struct ts_run *run, const struct ts_tree_head *head)
{
	const bool again = ts_audit_size(run->audit) > 0;
	int r, old;

	run->writes = run->o.copy != NULL;
	old = r = ts_audit_size(run->audit) > head->size ? TS_ERR_LOG_BROKEN
							 : read_to(run, head);
	if (!again || (r != TS_ERR_LOG_BROKEN && r != TS_ERR_LOG_SPLIT))
		return r;
	run->writes = false;
	r = run->o.copy == NULL ? TS_OK : ts_copy_rewind(run->o.copy);
	if (r == TS_OK)
		r = start_over(run);
	if (r == TS_OK)
		r = read_to(run, head);
	if (r != TS_OK || run->o.copy == NULL || old == TS_OK)
		return r;
	run->writes = true;
	r = ts_copy_clear(run->o.copy);
	if (r == TS_OK)
		r = start_over(run);
	return r == TS_OK ? read_to(run, head)
			  : because(run, r, "the copy: %s", ts_strerror(r));
}

static int
contradicts(struct ts_run *run, int err, struct tsw_slice note)
{
	const struct tsw_slice known = {run->known_note, run->known_len};
	int r;

	if (run->o.copy == NULL)
		return err;
	r = ts_copy_evidence(run->o.copy, known, note);
	return r == TS_OK ? err
			  : because(run, r, "the evidence: %s", ts_strerror(r));
}

/* The leaves of a checkpoint that a log of the policy signed. */
static int
audit_head(struct ts_run *run, struct tsw_slice note)
{
	const struct ts_tree_head *head = &run->result->seen.cp.head;
	int r;

	if (head->size < run->known.size)
		return contradicts(run,
		    because(run, TS_ERR_LOG_ROLLBACK,
			"the log has %" PRIu64 " leaves, and had %" PRIu64,
			head->size, run->known.size),
		    note);
	if (run->known_len > 0 && head->size == run->known.size &&
	    memcmp(head->root, run->known.root, TSW_HASH_LEN) != 0)
		return contradicts(run,
		    because(run, TS_ERR_LOG_SPLIT,
			"two checkpoints of %" PRIu64
			" leaves have different roots",
			head->size),
		    note);
	r = catch_up(run, head);
	if (r == TS_ERR_LOG_SPLIT)
		return contradicts(run, r, note);
	if (r == TS_OK && run->o.copy != NULL) {
		r = ts_copy_accept(run->o.copy, note);
		if (r != TS_OK)
			return because(run, r, "the state file: %s",
			    ts_strerror(r));
	}
	if (r != TS_OK)
		return r;
	run->known = *head;
	memcpy(run->origin, run->result->seen.cp.origin, sizeof(run->origin));
	memcpy(run->known_note, note.p, note.len);
	run->known_len = note.len;
	run->result->entries = ts_audit_entries(run->audit);
	return TS_OK;
}

static int
audit(struct ts_run *run, uint64_t now)
{
	struct ts_source_file file = {.path = "checkpoint",
	    .out = run->bundle[0],
	    .max = TS_NOTE_MAX};
	uint8_t bytes[TS_NOTE_MAX];
	struct ts_note note;
	int r, finding;

	if (!run->begun) {
		r = load_copy(run);
		if (r != TS_OK)
			return r;
		run->begun = true;
	}
	ts_source_read(run->o.source, &file, 1);
	if (file.result == TS_ERR_NOT_FOUND)
		return because(run, TS_ERR_DIRECTORY, "there is no checkpoint");
	if (file.result != TS_OK && file.result != TSW_ERR_TOO_LONG)
		return unread(run, &file);
	/* Bundles are read into where it is. */
	memcpy(bytes, file.out, file.len);
	r = ts_note_parse(&note, (struct tsw_slice){bytes, file.len});
	if (r == TS_OK && file.result == TS_OK)
		r = ts_policy_check(&run->result->seen, run->o.policy, &note,
		    now);
	if (r != TS_OK && r != TS_ERR_LOG_QUORUM && r != TS_ERR_LOG_STALE)
		return because(run, TS_ERR_LOG_NOTE, "checkpoint: %s",
		    ts_strerror(r));
	finding = r;
	/* A policy can have several logs, none of which answers for another. */
	if (run->known_len > 0 &&
	    strcmp(run->result->seen.cp.origin, run->origin) != 0)
		return because(run, TS_ERR_LOG_NOTE,
		    "checkpoint: it is of another log than before");
	r = audit_head(run, note.bytes);
	if (r == TS_OK && finding != TS_OK)
		r = because(run, finding, "%s", ts_strerror(finding));
	return r;
}

void
ts_run_once(struct ts_run *run, struct ts_run_result *out, uint64_t now)
{
	memset(out, 0, sizeof(*out));
	run->result = out;
	out->err = audit(run, now);
	run->result = NULL;
	/* Keep what was read, for the next start. */
	if ((out->err == TS_ERR_CANCELLED || out->err == TS_ERR_DIRECTORY) &&
	    run->writes && ts_copy_flush(run->o.copy) != TS_OK)
		out->err = TS_ERR_IO;
}
