/* SPDX-License-Identifier: BSD-2-Clause */
#include "faults.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

static struct {
	bool armed, hit, paused;
	enum fault_mode mode;
	size_t left; /* calls until it happens */
	size_t n;
} fault;

void
fault_arm(enum fault_mode mode, size_t n)
{
	fault.armed = true;
	fault.hit = false;
	fault.mode = mode;
	fault.left = fault.n = n;
}

void
fault_pause(bool on)
{
	if (on && fault.armed)
		fault.armed = !(fault.paused = true);
	else if (!on && fault.paused)
		fault.armed = !(fault.paused = false);
}

bool
fault_disarm(void)
{
	fault.armed = false;
	return fault.hit;
}

static bool
now(void)
{
	if (!fault.armed || fault.hit || --fault.left > 0)
		return false;
	fault.hit = true;
	return true;
}

/* A call that can fail without having been made. */
static bool
fails(void)
{
	if (!fault.armed || fault.mode == FAULT_MEMORY ||
	    fault.mode == FAULT_LATE || !now())
		return false;
	if (fault.mode == FAULT_CRASH)
		_exit(FAULT_EXIT);
	return true;
}

/* A call that was made and says that it failed. */
static bool
fails_late(void)
{
	return fault.armed && fault.mode == FAULT_LATE && now();
}

/* Errors of SQLite take turns. */
static int
sqlite_error(void)
{
	static const int rc[] = {SQLITE_IOERR, SQLITE_FULL, SQLITE_NOMEM,
	    SQLITE_IOERR_FSYNC};

	return rc[fault.n % (sizeof(rc) / sizeof(rc[0]))];
}

#define WRAP(type, name, params)                                               \
	type __real_##name params;                                             \
	type __wrap_##name params;                                             \
	type __wrap_##name params

WRAP(int, sqlite3_step, (sqlite3_stmt * stmt))
{
	int rc;

	if (fails())
		return sqlite_error();
	rc = __real_sqlite3_step(stmt);
	return fails_late() ? SQLITE_IOERR : rc;
}

WRAP(int, sqlite3_prepare_v2,
    (sqlite3 * db, const char *sql, int len, sqlite3_stmt **stmt,
	const char **tail))
{
	return fails() ? sqlite_error()
		       : __real_sqlite3_prepare_v2(db, sql, len, stmt, tail);
}

WRAP(int, sqlite3_exec,
    (sqlite3 * db, const char *sql, int (*fn)(void *, int, char **, char **),
	void *arg, char **error))
{
	int rc;

	/* A rollback that fails leaves SQLite to do it itself at closing. */
	if (strcmp(sql, "ROLLBACK") != 0 && fails())
		return sqlite_error();
	rc = __real_sqlite3_exec(db, sql, fn, arg, error);
	return fails_late() ? SQLITE_IOERR_FSYNC : rc;
}

WRAP(int, sqlite3_bind_blob64,
    (sqlite3_stmt * stmt, int i, const void *p, sqlite3_uint64 len,
	void (*fn)(void *)))
{
	return fails() ? SQLITE_NOMEM
		       : __real_sqlite3_bind_blob64(stmt, i, p, len, fn);
}

WRAP(void *, calloc, (size_t cnt, size_t size))
{
	return fails() ? NULL : __real_calloc(cnt, size);
}

WRAP(void *, realloc, (void *p, size_t size))
{
	return fails() ? NULL : __real_realloc(p, size);
}

WRAP(char *, strdup, (const char *s))
{
	return fails() ? NULL : __real_strdup(s);
}

WRAP(void *, ts_secret_new, (size_t size))
{
	return fails() ? NULL : __real_ts_secret_new(size);
}

#define FAIL_WITH(error)                                                       \
	do {                                                                   \
		errno = (error);                                               \
		return -1;                                                     \
	} while (0)

WRAP(int, fsync, (int fd))
{
	if (fails())
		FAIL_WITH(EIO);
	return __real_fsync(fd);
}

WRAP(ssize_t, write, (int fd, const void *p, size_t len))
{
	if (fails())
		FAIL_WITH(ENOSPC);
	return __real_write(fd, p, len);
}

WRAP(int, linkat,
    (int from, const char *old, int to, const char *name, int flags))
{
	int r;

	if (fails())
		FAIL_WITH(EIO);
	r = __real_linkat(from, old, to, name, flags);
	if (r == 0 && fails_late())
		FAIL_WITH(EIO);
	return r;
}

WRAP(int, mkdirat, (int fd, const char *name, mode_t mode))
{
	if (fails())
		FAIL_WITH(ENOSPC);
	return __real_mkdirat(fd, name, mode);
}

/* SQLite's own memory, on top of malloc: it keeps sizes in front. */
static void *
mem_malloc(int size)
{
	uint64_t *p;

	if (fault.armed && fault.mode == FAULT_MEMORY && now())
		return NULL;
	p = malloc((size_t)size + sizeof(*p));
	if (p == NULL)
		return NULL;
	*p = (uint64_t)size;
	return p + 1;
}

static void
mem_free(void *p)
{
	if (p != NULL)
		free((uint64_t *)p - 1);
}

static int
mem_size(void *p)
{
	return p == NULL ? 0 : (int)*((uint64_t *)p - 1);
}

static void *
mem_realloc(void *p, int size)
{
	void *q = mem_malloc(size);
	int old = mem_size(p);

	if (q == NULL)
		return NULL;
	memcpy(q, p, (size_t)(old < size ? old : size));
	mem_free(p);
	return q;
}

static int
mem_round(int size)
{
	return (size + 7) & ~7;
}

static int
mem_init(void *arg)
{
	(void)arg;
	return SQLITE_OK;
}

static void
mem_shutdown(void *arg)
{
	(void)arg;
}

void
fault_init(void)
{
	static const sqlite3_mem_methods methods = {mem_malloc, mem_free,
	    mem_realloc, mem_size, mem_round, mem_init, mem_shutdown, NULL};

	assert(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
}
