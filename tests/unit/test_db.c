/* SPDX-License-Identifier: BSD-2-Clause */
/* A database that is damaged, newer, in use, or none of ours. */
#include "libworld.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

static struct person *alice;

static int
setup(void **state)
{
	(void)state;
	world_begin();
	alice = person_new("alice@example.org", 10);
	person_provision(alice, 2);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	person_free(alice);
	world_end();
	return 0;
}

/* Run sql on alice's database behind her back; the result of opening it. */
static int
edit(const char *sql)
{
	sqlite3 *db;

	ts_store_free(&alice->store);
	assert_int_equal(sqlite3_open(alice->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return person_reopen(alice);
}

static void
strange_tables_are_refused(void **state)
{
	(void)state;
	assert_int_equal(edit("CREATE TRIGGER t AFTER INSERT ON alert BEGIN "
			      "DELETE FROM alert; END"),
	    TS_ERR_DB_CORRUPT);
	assert_int_equal(edit("DROP TRIGGER t"), TS_OK);
	assert_int_equal(edit("CREATE TABLE extra (x)"), TS_ERR_DB_CORRUPT);
	assert_int_equal(edit("DROP TABLE extra"), TS_OK);
}

static void
newer_database_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(edit("PRAGMA user_version = 5"), TS_ERR_DB_NEWER);
	assert_int_equal(person_reopen(alice), TS_ERR_DB_NEWER);
	assert_int_equal(edit("PRAGMA user_version = 4"), TS_OK);
	assert_int_equal(edit("PRAGMA application_id = 1"), TS_ERR_DB_CORRUPT);
}

/* What version 1 had: no attestations, and no drafts that are final. */
#define VERSION_1                                                              \
	"DROP TABLE log; DROP TABLE draft_note;"                               \
	"DROP TABLE bundle; DROP TABLE draft_asked;"                           \
	"ALTER TABLE token RENAME TO t;"                                       \
	"CREATE TABLE token (\n id BLOB PRIMARY KEY,\n"                        \
	" alg INTEGER NOT NULL,\n key BLOB NOT NULL,\n"                        \
	" role INTEGER NOT NULL,\n evidence INTEGER NOT NULL,\n"               \
	" name TEXT NOT NULL,\n credential BLOB NOT NULL\n) STRICT;"           \
	"INSERT INTO token SELECT id, alg, key, role, evidence, name,"         \
	" credential FROM t; DROP TABLE t; PRAGMA user_version = 1"

static void
version_1_is_upgraded(void **state)
{
	struct ts_token token;
	struct ts_own own;

	(void)state;
	assert_int_equal(edit(VERSION_1), TS_OK);
	ts_own_get(alice->store, &own);
	assert_true(own.provisioned);
	assert_int_equal(ts_own_token_find(alice->store, &token, "daily"),
	    TS_OK);
	assert_int_equal(token.credential_len, 64);
	assert_int_equal(token.attestation_len, 0);
	/* It is of version 4 now, and works. */
	person_add_key(alice, "laptop", 40);
	person_sign(alice);
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(edit("PRAGMA user_version = 4"), TS_OK);
}

/* What version 2 had: no bundles of cards. */
static void
version_2_is_upgraded(void **state)
{
	struct ts_own own;

	(void)state;
	assert_int_equal(edit("DROP TABLE log; DROP TABLE draft_note;"
			      "DROP TABLE bundle; PRAGMA user_version = 2"),
	    TS_OK);
	ts_own_get(alice->store, &own);
	assert_true(own.provisioned);
	assert_int_equal(edit("SELECT hash, bytes FROM bundle"), TS_OK);
	assert_int_equal(edit("PRAGMA user_version = 2"), TS_ERR_DB_CORRUPT);
	assert_int_equal(edit("PRAGMA user_version = 4"), TS_OK);
}

/* What version 3 had: no logs. */
static void
version_3_is_upgraded(void **state)
{
	struct ts_own own;

	(void)state;
	assert_int_equal(edit("DROP TABLE log; DROP TABLE draft_note;"
			      "PRAGMA user_version = 3"),
	    TS_OK);
	ts_own_get(alice->store, &own);
	assert_true(own.provisioned);
	assert_int_equal(edit("SELECT policy, note FROM log"), TS_OK);
	assert_int_equal(edit("SELECT note FROM draft_note"), TS_OK);
	person_add_key(alice, "laptop", 40);
	person_sign(alice);
	assert_int_equal(edit("PRAGMA user_version = 3"), TS_ERR_DB_CORRUPT);
	assert_int_equal(edit("PRAGMA user_version = 4"), TS_OK);
}

static void
version_1_that_is_not_is_left_alone(void **state)
{
	struct ts_token token;

	(void)state;
	assert_int_equal(edit(VERSION_1 "; CREATE TABLE extra (x)"),
	    TS_ERR_DB_CORRUPT);
	assert_int_equal(person_reopen(alice), TS_ERR_DB_CORRUPT);
	/* Nothing was upgraded: without the stranger it is of version 1. */
	assert_int_equal(edit("DROP TABLE extra"), TS_OK);
	assert_int_equal(ts_own_token_find(alice->store, &token, "backup"),
	    TS_OK);
	assert_int_equal(edit(VERSION_1 "; PRAGMA user_version = 0"),
	    TS_ERR_DB_CORRUPT);
	assert_int_equal(edit("DROP TABLE token; PRAGMA user_version = 1"),
	    TS_ERR_DB_CORRUPT);
}

static uint8_t good[1 << 20], before[1 << 20], after[1 << 20];

static size_t
slurp(uint8_t *buf)
{
	FILE *f = fopen(alice->path, "rb");
	size_t len;

	assert_non_null(f);
	len = fread(buf, 1, sizeof(before), f);
	(void)fclose(f);
	return len;
}

/* Overwrite len bytes at offset. */
static void
damage(long offset, size_t len)
{
	FILE *f = fopen(alice->path, "r+b");

	assert_non_null(f);
	assert_int_equal(fseek(f, offset, SEEK_SET), 0);
	while (len-- > 0)
		assert_int_equal(fputc(0xa5, f), 0xa5);
	(void)fclose(f);
}

/* Put back what damage() overwrote at offset. */
static void
restore(size_t offset)
{
	FILE *f = fopen(alice->path, "r+b");

	assert_non_null(f);
	assert_int_equal(fseek(f, (long)offset, SEEK_SET), 0);
	assert_int_equal(fwrite(good + offset, 1, 64, f), 64);
	(void)fclose(f);
}

static void
damaged_database_is_left_alone(void **state)
{
	size_t len, at = 0, pages;

	(void)state;
	ts_store_free(&alice->store);
	pages = slurp(before) / 4096;
	assert_in_range(pages, 10, sizeof(before) / 4096 - 1);
	/* The head of each page; the first also behind the file's own. */
	for (; at < pages * 4096; at += at == 0 ? 100 : 4096 - at % 4096) {
		ts_store_free(&alice->store);
		len = slurp(before);
		memcpy(good, before, len);
		damage((long)at, 64);
		assert_int_equal(slurp(after), len);
		assert_int_equal(ts_store_open(&alice->store, alice->path),
		    TS_ERR_DB_CORRUPT);
		assert_null(alice->store);
		/* Not a byte was changed. */
		memcpy(before + at, after + at, 64);
		assert_int_equal(slurp(after), len);
		assert_memory_equal(before, after, len);
		restore(at);
		assert_int_equal(person_reopen(alice), TS_OK);
	}
}

static void
text_file_is_no_database(void **state)
{
	char path[128];
	struct ts_store *store = NULL;
	FILE *f = fopen(world_path(path, "notes.txt"), "w");

	(void)state;
	assert_non_null(f);
	assert_true(
	    fputs("these are my notes, do not overwrite them\n", f) >= 0);
	(void)fclose(f);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(ts_store_open(&store, path), TS_ERR_DB_CORRUPT);
	assert_null(store);
}

static void
files_of_others_are_refused(void **state)
{
	char path[128], link_path[128];
	struct ts_store *store = NULL;

	(void)state;
	assert_int_equal(ts_store_open(&store, world_path(path, "a.db")),
	    TS_OK);
	ts_store_free(&store);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(ts_store_open(&store, path), TS_ERR_PERMISSIONS);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(symlink(path, world_path(link_path, "b.db")), 0);
	assert_int_equal(ts_store_open(&store, link_path), TS_ERR_PERMISSIONS);
	assert_int_equal(link(path, world_path(link_path, "c.db")), 0);
	assert_int_equal(ts_store_open(&store, path), TS_ERR_PERMISSIONS);
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(mkdir(world_path(link_path, "d.db"), 0700), 0);
	assert_int_equal(ts_store_open(&store, link_path), TS_ERR_IO);
	assert_int_equal(ts_store_open(&store, "/nonexistent/x"), TS_ERR_IO);
	assert_null(store);
}

static void
second_opener_is_told(void **state)
{
	struct ts_store *store = NULL;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(ts_store_open(&store, alice->path), TS_ERR_DB_BUSY);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(ts_store_open(&store, alice->path) == TS_ERR_DB_BUSY ? 0
									   : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* And the first one goes on. */
	person_add_key(alice, "laptop", 50);
	person_sign(alice);
}

static void
stump_is_left_alone(void **state)
{
	(void)state;
	ts_store_free(&alice->store);
	assert_int_equal(truncate(alice->path, 1), 0);
	assert_int_equal(person_reopen(alice), TS_ERR_DB_CORRUPT);
	assert_int_equal(slurp(after), 1);
	assert_int_equal(truncate(alice->path, 99), 0);
	assert_int_equal(person_reopen(alice), TS_ERR_DB_CORRUPT);
	assert_int_equal(slurp(after), 99);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(strange_tables_are_refused),
	    T(newer_database_is_left_alone),
	    T(version_1_is_upgraded),
	    T(version_2_is_upgraded),
	    T(version_3_is_upgraded),
	    T(version_1_that_is_not_is_left_alone),
	    T(damaged_database_is_left_alone),
	    T(stump_is_left_alone),
	    T(text_file_is_no_database),
	    T(files_of_others_are_refused),
	    T(second_opener_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
