/* SPDX-License-Identifier: BSD-2-Clause */
#include "book.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory/files.h"
#include "directory/sql.h"

#define FILE_DB "witness.db"
#define FILE_MARK "witness.mark"
#define VERSION 1
#define PATH_MAX_LEN 4096

enum { BEGIN, COMMIT, ADD_LOG, LOG, HEAD, FIRST, NEXT, COUNT, EVIDENCE, EACH };
static const char *const text[TS_SQL_CNT] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ADD_LOG] = "INSERT INTO log(origin, vkey) VALUES(?, ?)",
    [LOG] = "SELECT vkey FROM log WHERE origin = ? ORDER BY rowid "
	    "LIMIT 1 OFFSET ?",
    [HEAD] = "SELECT size, root FROM head WHERE origin = ?",
    [FIRST] = "INSERT INTO head(size, root, note, origin) VALUES(?, ?, ?, ?) "
	      "ON CONFLICT DO NOTHING",
    [NEXT] = "UPDATE head SET size = ?, root = ?, note = ? "
	     "WHERE origin = ? AND size = ? AND root = ?",
    [COUNT] = "UPDATE mark SET count = count + 1",
    [EVIDENCE] = "INSERT INTO evidence(origin, size, root, time, known, shown) "
		 "SELECT h.origin, h.size, ?2, ?3, h.note, ?4 FROM head h "
		 "WHERE h.origin = ?1 AND h.root <> ?2 AND h.size = ?5 AND "
		 "(SELECT count(*) FROM evidence WHERE origin = ?1) < ?6 "
		 "ON CONFLICT DO NOTHING",
    [EACH] = "SELECT known, shown FROM evidence ORDER BY id",
};

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE log(origin BLOB NOT NULL, vkey BLOB NOT NULL UNIQUE);"
    "CREATE TABLE head(origin BLOB PRIMARY KEY, size INTEGER NOT NULL, "
    "root BLOB NOT NULL, note BLOB NOT NULL);"
    "CREATE TABLE mark(count INTEGER NOT NULL);"
    "INSERT INTO mark VALUES(0);"
    "CREATE TABLE evidence(id INTEGER PRIMARY KEY, origin BLOB NOT NULL, "
    "size INTEGER NOT NULL, root BLOB NOT NULL, time INTEGER NOT NULL, "
    "known BLOB NOT NULL, shown BLOB NOT NULL, UNIQUE(origin, size, root));"
    "PRAGMA application_id = 1414747988;" /* "TSWT" */
    "PRAGMA user_version = 1;"
    "COMMIT";

struct ts_book {
	struct ts_sql sql;
	int mark; /* descriptor */
};

/* --- Opening --- */

static int
prepare(struct ts_book *book, bool make)
{
	int64_t version = -1;
	int r;

	r = ts_sql_exec(&book->sql,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
	if (r == TS_OK)
		r = ts_sql_number(&book->sql, &version, "PRAGMA user_version");
	if (r == TS_OK && version == 0 && make)
		r = ts_sql_exec(&book->sql, schema);
	else if (r == TS_OK && version == 0)
		r = TS_ERR_DB_CORRUPT;
	else if (r == TS_OK && version != VERSION)
		r = TS_ERR_DB_NEWER;
	return r;
}

/* Commits as the mark has them; -1: there is none. */
static int
read_mark(int64_t *out, int fd)
{
	uint8_t bytes[8];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

	if (n < 0)
		return TS_ERR_IO;
	*out = n == (ssize_t)sizeof(bytes) ? (int64_t)tsw_load_u64(bytes) : -1;
	return TS_OK;
}

static int
write_mark(int fd, int64_t count)
{
	uint8_t bytes[8];
	ssize_t n;

	tsw_store_u64(bytes, (uint64_t)count);
	n = pwrite(fd, bytes, sizeof(bytes), 0);
	if (n != (ssize_t)sizeof(bytes))
		return n < 0 ? ts_files_error(errno) : TS_ERR_DISK_FULL;
	return fdatasync(fd) == 0 ? TS_OK : ts_files_error(errno);
}

/* The database must be at least as new as the mark. */
static int
compare_mark(struct ts_book *book, int dir, bool is_new)
{
	int64_t count = 0, mark = -1;
	int r;

	book->mark = openat(dir, FILE_MARK,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (book->mark < 0)
		return ts_files_error(errno);
	/* In this order: another process may commit in between. */
	r = read_mark(&mark, book->mark);
	if (r == TS_OK)
		r = ts_sql_number(&book->sql, &count, "SELECT count FROM mark");
	if (r != TS_OK)
		return r;
	/* Without a mark only a database that never counted can be trusted. */
	if (mark > count || (mark < 0 && count > 0))
		return TS_ERR_SEALED;
	if (mark != count)
		r = write_mark(book->mark, count);
	return r == TS_OK && is_new ? ts_files_sync_parent(dir, FILE_MARK) : r;
}

static int
open_files(struct ts_book *book, const char *path, int dir, bool make)
{
	char file[PATH_MAX_LEN];
	const int n = snprintf(file, sizeof(file), "%s/" FILE_DB, path);
	bool is_new = false;
	int fd, r;

	if (n < 0 || (size_t)n >= sizeof(file))
		return TS_ERR_ARGUMENT;
	fd = openat(dir, FILE_DB, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT && make) {
		is_new = true;
		fd = openat(dir, FILE_DB,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	} else if (fd < 0 && errno == ENOENT) {
		return TS_ERR_SEALED;
	}
	if (fd < 0)
		return ts_files_error(errno);
	(void)close(fd);
	r = ts_sql_open(&book->sql, file, false, text);
	if (r == TS_OK)
		r = prepare(book, make);
	return r == TS_OK ? compare_mark(book, dir, is_new) : r;
}

int
ts_book_open(struct ts_book **out, const char *dir, bool make)
{
	struct ts_book *book;
	int fd, r;

	book = calloc(1, sizeof(*book));
	if (book == NULL)
		return TS_ERR_NO_MEMORY;
	book->mark = -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = fd < 0 ? TS_ERR_IO : open_files(book, dir, fd, make);
	if (fd >= 0)
		(void)close(fd);
	if (r != TS_OK)
		ts_book_free(&book);
	else
		*out = book;
	return r;
}

void
ts_book_free(struct ts_book **book)
{
	if (*book == NULL)
		return;
	if ((*book)->sql.db != NULL)
		ts_sql_close(&(*book)->sql);
	if ((*book)->mark >= 0)
		(void)close((*book)->mark);
	free(*book);
	*book = NULL;
}

/* --- Logs and heads --- */

int
ts_book_add_log(struct ts_book *book, const struct ts_vkey *vkey)
{
	struct ts_sql_use use;
	char line[TS_VKEY_MAX];

	ts_vkey_format(line, vkey);
	ts_sql_use(&use, &book->sql, ADD_LOG);
	ts_sql_blob(&use, vkey->name, strlen(vkey->name));
	ts_sql_blob(&use, line, strlen(line));
	return ts_sql_run(&use);
}

int
ts_book_log(struct ts_book *book, struct ts_vkey *out, const char *origin,
    size_t i)
{
	struct ts_sql_use use;
	int r;

	ts_sql_use(&use, &book->sql, LOG);
	ts_sql_blob(&use, origin, strlen(origin));
	ts_sql_int(&use, i);
	r = ts_sql_step(&use);
	if (r == TS_SQL_ROW)
		r = ts_vkey_parse(out, ts_sql_get_blob(&use, 0)) == TS_OK
		    ? TS_OK
		    : TS_ERR_DB_CORRUPT;
	else if (r == TS_OK)
		r = TS_ERR_NOT_FOUND;
	ts_sql_end(&use);
	return r;
}

int
ts_book_head(struct ts_book *book, struct ts_tree_head *out, const char *origin)
{
	struct ts_tree_head head;
	struct ts_sql_use use;
	int r;

	ts_sql_use(&use, &book->sql, HEAD);
	ts_sql_blob(&use, origin, strlen(origin));
	r = ts_sql_step(&use);
	if (r == TS_SQL_ROW) {
		head.size = ts_sql_get_int(&use, 0);
		r = ts_sql_copy(&use, 1, head.root, TSW_HASH_LEN);
		if (r == TS_OK && head.size > TSW_LOG_SIZE_MAX)
			r = TS_ERR_DB_CORRUPT;
		if (r == TS_OK)
			*out = head;
	} else if (r == TS_OK) {
		r = TS_ERR_NOT_FOUND;
	}
	ts_sql_end(&use);
	return r;
}

static int
run(struct ts_book *book, size_t i)
{
	struct ts_sql_use use;

	ts_sql_use(&use, &book->sql, i);
	return ts_sql_run(&use);
}

static int
replace(struct ts_book *book, const struct ts_tree_head *older,
    const struct ts_checkpoint *cp, struct tsw_slice note)
{
	struct ts_sql_use use;
	int r;

	ts_sql_use(&use, &book->sql, older == NULL ? FIRST : NEXT);
	ts_sql_int(&use, cp->head.size);
	ts_sql_blob(&use, cp->head.root, TSW_HASH_LEN);
	ts_sql_blob(&use, note.p, note.len);
	ts_sql_blob(&use, cp->origin, strlen(cp->origin));
	if (older != NULL) {
		ts_sql_int(&use, older->size);
		ts_sql_blob(&use, older->root, TSW_HASH_LEN);
	}
	r = ts_sql_run(&use);
	if (r == TS_OK && ts_sql_changes(&book->sql) != 1)
		r = TS_ERR_CONFLICT;
	return r;
}

int
ts_book_advance(struct ts_book *book, const struct ts_tree_head *older,
    const struct ts_checkpoint *cp, struct tsw_slice note)
{
	int64_t count = 0;
	int r;

	r = run(book, BEGIN);
	if (r == TS_OK)
		r = replace(book, older, cp, note);
	if (r == TS_OK)
		r = run(book, COUNT);
	if (r == TS_OK)
		r = ts_sql_number(&book->sql, &count, "SELECT count FROM mark");
	if (r == TS_OK)
		r = run(book, COMMIT);
	if (r != TS_OK) {
		ts_sql_rollback(&book->sql);
		return r;
	}
	return write_mark(book->mark, count);
}

/* --- Evidence --- */

int
ts_book_evidence(struct ts_book *book, const struct ts_checkpoint *cp,
    struct tsw_slice note, uint64_t now)
{
	struct ts_sql_use use;
	int r;

	ts_sql_use(&use, &book->sql, EVIDENCE);
	ts_sql_blob(&use, cp->origin, strlen(cp->origin));
	ts_sql_blob(&use, cp->head.root, TSW_HASH_LEN);
	ts_sql_int(&use, now);
	ts_sql_blob(&use, note.p, note.len);
	ts_sql_int(&use, cp->head.size);
	ts_sql_int(&use, TS_BOOK_EVIDENCE_CNT);
	r = ts_sql_run(&use);
	if (r == TS_OK && ts_sql_changes(&book->sql) != 1)
		r = TS_ERR_ALREADY;
	return r;
}

int
ts_book_each_evidence(struct ts_book *book,
    int (*fn)(void *ctx, struct tsw_slice known, struct tsw_slice shown),
    void *ctx)
{
	struct ts_sql_use use;
	int r;

	ts_sql_use(&use, &book->sql, EACH);
	while ((r = ts_sql_step(&use)) == TS_SQL_ROW) {
		r = fn(ctx, ts_sql_get_blob(&use, 0), ts_sql_get_blob(&use, 1));
		if (r != TS_OK)
			break;
	}
	ts_sql_end(&use);
	return r;
}
