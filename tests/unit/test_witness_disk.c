/* SPDX-License-Identifier: BSD-2-Clause */
/* The witness when its disk is full, fails, or goes back in time. */
#include "witnessrig.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

int __real_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_step(sqlite3_stmt *stmt);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
ssize_t __real_pwrite(int fd, const void *p, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *p, size_t len, off_t at);

/* Writes of the mark that fail, and one call of SQLite. */
static struct {
	bool sync, write;
	int sync_cnt;
	unsigned long step; /* steps of SQLite until one fails; 0: none does */
} fault;

int
__wrap_sqlite3_step(sqlite3_stmt *stmt)
{
	if (fault.step > 0 && --fault.step == 0)
		return SQLITE_FULL;
	return __real_sqlite3_step(stmt);
}

int
__wrap_fdatasync(int fd)
{
	fault.sync_cnt++;
	if (fault.sync) {
		errno = EIO;
		return -1;
	}
	return __real_fdatasync(fd);
}

ssize_t
__wrap_pwrite(int fd, const void *p, size_t len, off_t at)
{
	if (fault.write) {
		errno = ENOSPC;
		return -1;
	}
	return __real_pwrite(fd, p, len, at);
}

/* Whichever call of SQLite fails: no cosignature, and the state before. */
static void
full_disk(void **state)
{
	struct ts_witness *w = witness_with_log();
	struct ts_witness_answer answer;
	unsigned long n;

	(void)state;
	assert_int_equal(witness_status(w, (struct asked){.size = 5}), 200);
	for (n = 1;; n++) {
		fault.step = n;
		answer = witness_ask(w, (struct asked){.old = 5, .size = 120});
		if (fault.step != 0)
			break;
		assert_int_equal(answer.status, 500);
		assert_int_equal(ts_witness_counts(w)->failed, n);
		assert_int_equal(witness_status(w,
				     (struct asked){.old = 5, .size = 5}),
		    200);
	}
	fault.step = 0;
	assert_int_equal(answer.status, 200);
	assert_true(n > 5);
	/* The same for evidence: the answer is a conflict at least. */
	for (n = 1;; n++) {
		fault.step = n;
		answer = witness_ask(w,
		    (struct asked){.branch = 1, .old = 120, .size = 120});
		if (fault.step != 0)
			break;
		assert_true(answer.status == 500 || answer.status == 409);
	}
	fault.step = 0;
	witness_conflict(answer, "120\n");
	ts_witness_free(&w);
}

/* No cosignature without the disk, and the state before or after. */
static void
bad_disk(void **state)
{
	struct ts_witness *w = witness_with_log();

	(void)state;
	assert_int_equal(witness_status(w, (struct asked){.size = 5}), 200);
	fault.sync = true;
	assert_int_equal(witness_status(w, (struct asked){.old = 5, .size = 9}),
	    500);
	fault.sync = false;
	fault.write = true;
	assert_int_equal(witness_status(w,
			     (struct asked){.old = 9, .size = 10}),
	    500);
	fault.write = false;
	assert_int_equal(ts_witness_counts(w)->failed, 2);
	ts_witness_free(&w);
	w = witness_open_witness();
	/* Whatever of these it kept, it is on one history and says where. */
	witness_conflict(witness_ask(w, (struct asked){.old = 5, .size = 300}),
	    "10\n");
	fault.sync_cnt = 0;
	assert_int_equal(witness_status(w,
			     (struct asked){.old = 10, .size = 300}),
	    200);
	/* The mark's; SQLite's own are in its library. */
	assert_int_equal(fault.sync_cnt, 1);
	ts_witness_free(&w);
}

static void
copy(const char *from, const char *to)
{
	char a[128], b[128], bytes[65536];
	ssize_t n;
	int in, out;

	snprintf(a, sizeof(a), "%s/%s", witness_dir, from);
	snprintf(b, sizeof(b), "%s/%s", witness_dir, to);
	in = open(a, O_RDONLY);
	out = open(b, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(out, bytes, (size_t)n), n);
	close(in);
	close(out);
}

static void
gone(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", witness_dir, name);
	assert_int_equal(unlink(path), 0);
}

static void
backups(void **state)
{
	struct ts_witness *w = witness_with_log();

	(void)state;
	assert_int_equal(witness_status(w, (struct asked){.size = 5}), 200);
	ts_witness_free(&w);
	copy("witness.db", "old.db");
	copy("witness.mark", "old.mark");
	w = witness_open_witness();
	assert_int_equal(witness_status(w,
			     (struct asked){.old = 5, .size = 120}),
	    200);
	ts_witness_free(&w);
	copy("witness.db", "new.db");
	/* An older database under a newer mark; no mark; no database. */
	copy("old.db", "witness.db");
	assert_int_equal(ts_witness_new(&w, witness_dir, NULL), TS_ERR_SEALED);
	copy("new.db", "witness.db");
	w = witness_open_witness();
	ts_witness_free(&w);
	copy("witness.mark", "new.mark");
	gone("witness.mark");
	assert_int_equal(ts_witness_new(&w, witness_dir, NULL), TS_ERR_SEALED);
	copy("new.mark", "witness.mark");
	gone("witness.db");
	assert_int_equal(ts_witness_new(&w, witness_dir, NULL), TS_ERR_SEALED);
	copy("new.db", "witness.db");
	/* A crash after the commit and before the mark. */
	copy("old.mark", "witness.mark");
	w = witness_open_witness();
	witness_conflict(witness_ask(w,
			     (struct asked){.branch = 1, .size = 300}),
	    "120\n");
	ts_witness_free(&w);
	copy("old.db", "witness.db");
	assert_int_equal(ts_witness_new(&w, witness_dir, NULL), TS_ERR_SEALED);
	assert_null(w);
}

static void
key_files(void **state)
{
	struct ts_witness *w = witness_open_witness(), *second = NULL;
	struct ts_vkey vkey = *ts_witness_vkey(w);
	char path[128];
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(vkey.type, TS_NOTE_COSIGNATURE);
	assert_int_equal(ts_witness_new(&second, witness_dir, NULL),
	    TS_ERR_DB_BUSY);
	ts_witness_free(&w);
	assert_int_equal(ts_witness_new(&w, witness_dir, "w.example/two"),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_witness_new(&w, witness_dir, NULL), TS_OK);
	assert_memory_equal(&vkey, ts_witness_vkey(w), sizeof(vkey));
	ts_witness_free(&w);
	snprintf(path, sizeof(path), "%s/witness.key", witness_dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(ts_witness_new(&w, witness_dir, NULL),
	    TS_ERR_PERMISSIONS);
	assert_int_equal(chmod(path, 0600), 0);
	copy("witness.key", "kept");
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "Q", 1, 20), 1);
	close(fd);
	assert_int_equal(ts_witness_new(&w, witness_dir, NULL), TS_ERR_KEYFILE);
	assert_int_equal(truncate(path, 30), 0);
	assert_int_equal(ts_witness_new(&w, witness_dir, NULL), TS_ERR_KEYFILE);
	gone("witness.key");
	assert_int_equal(symlink("kept", path), 0);
	assert_int_equal(ts_witness_new(&w, witness_dir, NULL),
	    TS_ERR_PERMISSIONS);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ts_witness_new(&w, witness_dir, "a b"),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_witness_new(&w, "/nowhere/at/all", NULL),
	    TS_ERR_IO);
}

int
main(void)
{
#define SCENE(name)                                                            \
	cmocka_unit_test_setup_teardown(name, witness_setup, witness_teardown)
	const struct CMUnitTest tests[] = {
	    SCENE(full_disk),
	    SCENE(bad_disk),
	    SCENE(backups),
	    SCENE(key_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
