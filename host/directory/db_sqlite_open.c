/* SPDX-License-Identifier: BSD-2-Clause */
#include "db_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION 0x74736472 /* "tsdr" */
#define VERSION 1

static const char SCHEMA[] =
    "CREATE TABLE state ("
    " only INTEGER PRIMARY KEY CHECK (only = 1),"
    " origin BLOB NOT NULL, vrf BLOB NOT NULL,"
    " size INTEGER NOT NULL, note BLOB NOT NULL,"
    " published INTEGER NOT NULL, cosigned BLOB NOT NULL) STRICT;"
    "CREATE TABLE leaf (idx INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE record ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " label BLOB NOT NULL, number INTEGER NOT NULL,"
    " genesis INTEGER NOT NULL, time INTEGER NOT NULL,"
    " hash BLOB NOT NULL, opening BLOB NOT NULL,"
    " k BLOB NOT NULL, c BLOB NOT NULL, envelope BLOB NOT NULL,"
    " UNIQUE (label, number)) STRICT;"
    /* In order of ids: what is behind the last one has no leaf yet. */
    "CREATE TABLE place (id INTEGER PRIMARY KEY, leaf INTEGER NOT NULL) STRICT;"
    "CREATE TABLE bundle ("
    " hash BLOB NOT NULL, label BLOB NOT NULL, bytes BLOB NOT NULL,"
    " PRIMARY KEY (hash, label)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE invitation ("
    " hash BLOB PRIMARY KEY, used INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

/* Ours alone, before SQLite sees it. */
static int
open_error(void)
{
	if (errno == ENOENT)
		return TS_ERR_NOT_FOUND;
	if (errno == ENOSPC || errno == EDQUOT)
		return TS_ERR_DISK_FULL;
	return errno == ELOOP || errno == EACCES ? TS_ERR_PERMISSIONS
						 : TS_ERR_IO;
}

/*
 * A file that is there is looked at and not opened: to close it would drop the
 * locks that other connections of this process hold on it, and who opens it
 * next from outside would take the log of SQLite away under them.
 */
static int
file_check(const char *path, bool make)
{
	struct stat st;
	int fd;

	if (make) {
		fd = open(path,
		    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0)
			(void)close(fd);
		else if (errno != EEXIST)
			return open_error();
	}
	if (lstat(path, &st) != 0)
		return open_error();
	if (!S_ISREG(st.st_mode))
		return TS_ERR_IO;
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return TS_ERR_PERMISSIONS;
	return TS_OK;
}

/* Tables that are new, or exactly ours. */
static int
identify(struct ts_sql *sql)
{
	int64_t application = 0, version = 0, tables = 0;
	int r;

	r = ts_sql_number(sql, &application, "PRAGMA application_id");
	if (r == TS_OK)
		r = ts_sql_number(sql, &version, "PRAGMA user_version");
	if (r == TS_OK)
		r = ts_sql_number(sql, &tables,
		    "SELECT count(*) FROM sqlite_schema");
	if (r != TS_OK)
		return r;
	if (application == 0 && version == 0 && tables == 0)
		return TS_ERR_NOT_FOUND;
	if (application != APPLICATION)
		return TS_ERR_DB_CORRUPT;
	return version > VERSION ? TS_ERR_DB_NEWER
	    : version == VERSION ? TS_OK
				 : TS_ERR_DB_CORRUPT;
}

static int
create(struct ts_sql *sql)
{
	int r = ts_sqlite_begin(sql);

	if (r != TS_OK)
		return r;
	r = identify(sql);
	if (r != TS_ERR_NOT_FOUND)
		return ts_sqlite_end(sql, r);
	r = ts_sql_exec(sql, SCHEMA);
	if (r == TS_OK)
		r = ts_sql_exec(sql,
		    "PRAGMA application_id = 0x74736472;"
		    "PRAGMA user_version = 1");
	return ts_sqlite_end(sql, r);
}

static int
setup(struct ts_sql *sql, bool make)
{
	int r;

	/* Erased means overwritten. */
	r = ts_sql_exec(sql,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	    "PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON;"
	    "PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000");
	if (r == TS_OK)
		r = identify(sql);
	return r == TS_ERR_NOT_FOUND && make ? create(sql) : r;
}

int
ts_dirdb_open_sqlite(struct ts_dirdb **out, const char *path, bool make)
{
	struct ts_sqlite *self;
	int r;

	r = file_check(path, make);
	if (r != TS_OK)
		return r;
	self = calloc(1, sizeof(*self));
	if (self == NULL)
		return TS_ERR_NO_MEMORY;
	self->db.ops = &ts_sqlite_ops;
	r = ts_sql_open(&self->sql, path, make, ts_sqlite_text);
	if (r == TS_OK)
		r = setup(&self->sql, make);
	if (r != TS_OK)
		ts_sqlite_ops.free(&self->db);
	else
		*out = &self->db;
	return r;
}
