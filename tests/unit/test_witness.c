/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The witness without a network: every status of tlog-witness, what is on disk
 * before an answer, forks, backups, and disks that fail.
 */
#include "witness/witness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "lib/secret.h"
#include "log/base64.h"
#include "witness/book.h"
#include "witness/request.h"

#define LEAVES 300
#define NOW 1800000000u

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

/* --- A log with two futures --- */

static char dir[64];
static struct ts_skey log_key;
static uint8_t leaf[2][LEAVES][TSW_HASH_LEN]; /* equal up to 100 */

static int
leaf_source(void *ctx, uint8_t out[TSW_HASH_LEN], unsigned level,
    uint64_t index)
{
	const unsigned *branch = ctx;
	uint8_t right[TSW_HASH_LEN];

	if (level == 0) {
		memcpy(out, leaf[*branch][index], TSW_HASH_LEN);
		return TS_OK;
	}
	assert_int_equal(leaf_source(ctx, out, level - 1, 2 * index), TS_OK);
	assert_int_equal(leaf_source(ctx, right, level - 1, 2 * index + 1),
	    TS_OK);
	ts_tree_node(out, out, right);
	return TS_OK;
}

static struct ts_checkpoint
checkpoint(unsigned branch, uint64_t size)
{
	const struct ts_tree_source src = {leaf_source, &branch};
	struct ts_checkpoint cp = {.head = {.size = size}};

	strcpy(cp.origin, log_key.vkey.name);
	assert_int_equal(ts_tree_root(cp.head.root, &src, size), TS_OK);
	return cp;
}

static size_t
note(char *out, const struct ts_checkpoint *cp, const struct ts_skey *key)
{
	size_t len;

	ts_checkpoint_format(out, &len, cp);
	out[len++] = '\n';
	assert_int_equal(ts_note_sign(out + len,
			     (struct tsw_slice){(uint8_t *)out, len - 1}, key,
			     0),
	    TS_OK);
	return strlen(out);
}

struct asked {
	unsigned branch;
	uint64_t old, size;
	const struct ts_skey *key; /* NULL: the log's */
	uint64_t proof_from;	   /* if not old */
	bool wrong_root;
};

static struct ts_witness_answer
ask(struct ts_witness *w, struct asked a)
{
	struct ts_checkpoint cp = checkpoint(a.branch, a.size);
	const struct ts_tree_source src = {leaf_source, &a.branch};
	const uint64_t from = a.proof_from != 0 ? a.proof_from : a.old;
	uint8_t proof[TS_TREE_PROOF_MAX];
	struct ts_witness_answer answer;
	size_t n, i, len = 0;
	char body[8192];

	if (a.wrong_root)
		cp.head.root[0] ^= 1;
	n = (size_t)sprintf(body, "old %" PRIu64 "\n", a.old);
	if (from <= a.size)
		assert_int_equal(ts_tree_consistency(proof, &len, &src, from,
				     a.size),
		    TS_OK);
	for (i = 0; i < len; i += TSW_HASH_LEN) {
		n += ts_base64_encode(body + n, proof + i, TSW_HASH_LEN);
		body[n++] = '\n';
	}
	body[n++] = '\n';
	n += note(body + n, &cp, a.key != NULL ? a.key : &log_key);
	ts_witness_add_checkpoint(w, &answer,
	    (struct tsw_slice){(uint8_t *)body, n});
	return answer;
}

static unsigned
status(struct ts_witness *w, struct asked a)
{
	return ask(w, a).status;
}

/* --- A folder for each test --- */

static uint64_t
now(void)
{
	return NOW;
}

static void
wipe_folder(void)
{
	const struct dirent *e;
	char path[512];
	DIR *d = opendir(dir);

	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		(void)unlink(path);
	}
	if (d != NULL)
		closedir(d);
	(void)rmdir(dir);
}

static int
setup(void **state)
{
	size_t i;

	(void)state;
	memset(&fault, 0, sizeof(fault));
	strcpy(dir, "/tmp/ts-witness-XXXXXX");
	if (ts_secret_init() != TS_OK || mkdtemp(dir) == NULL ||
	    ts_skey_init(&log_key, "o.example/log", TS_NOTE_ED25519,
		(const uint8_t[32]){1}) != TS_OK)
		return -1;
	for (i = 0; i < LEAVES; i++) {
		leaf[0][i][0] = leaf[1][i][0] = (uint8_t)(i & 0xff);
		leaf[0][i][1] = leaf[1][i][1] = (uint8_t)(i >> 8);
		leaf[1][i][2] = i >= 100;
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	wipe_folder();
	return 0;
}

static struct ts_witness *
open_witness(void)
{
	struct ts_witness *w = NULL;

	assert_int_equal(ts_witness_new(&w, dir, "w.example/one"), TS_OK);
	ts_witness_set_clock(w, now);
	return w;
}

static void
add_log(const struct ts_vkey *vkey)
{
	struct ts_book *book = NULL;

	assert_int_equal(ts_book_open(&book, dir, false), TS_OK);
	assert_int_equal(ts_book_add_log(book, vkey), TS_OK);
	assert_int_equal(ts_book_add_log(book, vkey), TS_ERR_ALREADY);
	ts_book_free(&book);
}

static struct ts_witness *
with_log(void)
{
	struct ts_witness *w = open_witness();

	add_log(&log_key.vkey);
	return w;
}

/* The answer is a line that verifies on the checkpoint it was asked for. */
static void
verify_answer(const struct ts_witness *w,
    const struct ts_witness_answer *answer, unsigned branch, uint64_t size)
{
	struct ts_checkpoint cp = checkpoint(branch, size);
	char bytes[2048];
	struct ts_note n;
	uint64_t time;
	size_t len;

	assert_int_equal(answer->status, 200);
	len = note(bytes, &cp, &log_key);
	memcpy(bytes + len, answer->body, answer->len);
	assert_int_equal(ts_note_parse(&n,
			     (struct tsw_slice){(uint8_t *)bytes,
				 len + answer->len}),
	    TS_OK);
	assert_int_equal(ts_note_verify(&n, ts_witness_vkey(w), &time), TS_OK);
	assert_int_equal(time, NOW);
}

static void
assert_conflict(struct ts_witness_answer answer, const char *size)
{
	assert_int_equal(answer.status, 409);
	assert_string_equal(answer.type, "text/x.tlog.size");
	assert_int_equal(answer.len, strlen(size));
	assert_memory_equal(answer.body, size, answer.len);
}

/* --- Scenes --- */

static void
growth(void **state)
{
	struct ts_witness *w = with_log();
	static const uint64_t size[] = {0, 0, 1, 2, 2, 100, 256, 257, 300};
	struct ts_witness_answer answer;
	uint64_t old = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		answer = ask(w, (struct asked){.old = old, .size = size[i]});
		verify_answer(w, &answer, 0, size[i]);
		old = size[i];
	}
	/* It remembers without its process. */
	ts_witness_free(&w);
	w = open_witness();
	assert_conflict(ask(w, (struct asked){.old = 0, .size = 300}), "300\n");
	assert_int_equal(status(w, (struct asked){.old = 300, .size = 300}),
	    200);
	assert_int_equal(ts_witness_counts(w)->cosigned, 1);
	ts_witness_free(&w);
}

static void
refusals(void **state)
{
	struct ts_witness *w = open_witness();
	struct ts_skey same_name, other_name;

	(void)state;
	assert_int_equal(ts_skey_init(&same_name, "o.example/log",
			     TS_NOTE_ED25519, (const uint8_t[32]){2}),
	    TS_OK);
	assert_int_equal(ts_skey_init(&other_name, "p.example/log",
			     TS_NOTE_ED25519, (const uint8_t[32]){1}),
	    TS_OK);
	assert_int_equal(status(w, (struct asked){.size = 5}), 404);
	add_log(&log_key.vkey);
	assert_int_equal(status(w,
			     (struct asked){.size = 5, .key = &same_name}),
	    403);
	/* The right key under another name. */
	assert_int_equal(status(w,
			     (struct asked){.size = 5, .key = &other_name}),
	    403);
	assert_int_equal(status(w, (struct asked){.old = 6, .size = 5}), 400);
	assert_conflict(ask(w, (struct asked){.old = 4, .size = 5}), "0\n");
	/* A proof where there must be none. */
	assert_int_equal(
	    status(w, (struct asked){.old = 0, .size = 5, .proof_from = 3}),
	    422);
	/* Nothing of these was taken. */
	assert_int_equal(status(w, (struct asked){.size = 100}), 200);
	assert_int_equal(status(w, (struct asked){.old = 101, .size = 100}),
	    400);
	assert_conflict(ask(w, (struct asked){.old = 99, .size = 300}),
	    "100\n");
	assert_conflict(ask(w, (struct asked){.old = 50, .size = 60}), "100\n");
	assert_int_equal(
	    status(w,
		(struct asked){.old = 100, .size = 300, .proof_from = 99}),
	    422);
	assert_int_equal(
	    status(w,
		(struct asked){.old = 100, .size = 300, .wrong_root = true}),
	    422);
	assert_int_equal(
	    status(w,
		(struct asked){.old = 100, .size = 100, .proof_from = 99}),
	    422);
	assert_int_equal(status(w, (struct asked){.old = 100, .size = 300}),
	    200);
	assert_int_equal(ts_witness_counts(w)->inconsistent, 4);
	assert_int_equal(ts_witness_counts(w)->forbidden, 2);
	assert_int_equal(ts_witness_counts(w)->unknown, 1);
	assert_int_equal(ts_witness_counts(w)->malformed, 2);
	assert_int_equal(ts_witness_counts(w)->conflicts, 3);
	assert_int_equal(ts_witness_counts(w)->forks, 0);
	ts_witness_free(&w);
}

/* Two keys of one origin, and a policy beside the book. */
static void
two_keys(void **state)
{
	struct ts_witness *w = with_log();
	struct ts_policy *policy = NULL;
	struct ts_skey next, third;
	char vkey[TS_VKEY_MAX], text[512];

	(void)state;
	assert_int_equal(ts_skey_init(&next, "o.example/log", TS_NOTE_ED25519,
			     (const uint8_t[32]){2}),
	    TS_OK);
	assert_int_equal(ts_skey_init(&third, "o.example/log", TS_NOTE_ED25519,
			     (const uint8_t[32]){3}),
	    TS_OK);
	add_log(&next.vkey);
	ts_vkey_format(vkey, &third.vkey);
	sprintf(text, "log %s\nquorum none\n", vkey);
	assert_int_equal(ts_policy_new(&policy,
			     (struct tsw_slice){(uint8_t *)text, strlen(text)},
			     NULL),
	    TS_OK);
	assert_int_equal(status(w, (struct asked){.size = 5}), 200);
	assert_int_equal(status(w,
			     (struct asked){.old = 5, .size = 6, .key = &next}),
	    200);
	assert_int_equal(
	    status(w, (struct asked){.old = 6, .size = 7, .key = &third}), 403);
	ts_witness_take(w, policy);
	/* One history, whoever of them signs. */
	assert_conflict(ask(w, (struct asked){.size = 7, .key = &third}),
	    "6\n");
	assert_int_equal(
	    status(w, (struct asked){.old = 6, .size = 7, .key = &third}), 200);
	assert_int_equal(status(w, (struct asked){.old = 7, .size = 8}), 200);
	ts_witness_free(&w);
	ts_policy_free(&policy);
}

struct found {
	size_t cnt;
	struct ts_checkpoint known, shown;
};

static int
find(void *ctx, struct tsw_slice known, struct tsw_slice shown)
{
	struct found *f = ctx;
	struct ts_note n;

	f->cnt++;
	assert_int_equal(ts_note_parse(&n, known), TS_OK);
	assert_int_equal(ts_note_verify(&n, &log_key.vkey, NULL), TS_OK);
	assert_int_equal(ts_checkpoint_parse(&f->known, n.text), TS_OK);
	assert_int_equal(ts_note_parse(&n, shown), TS_OK);
	assert_int_equal(ts_note_verify(&n, &log_key.vkey, NULL), TS_OK);
	assert_int_equal(ts_checkpoint_parse(&f->shown, n.text), TS_OK);
	return TS_OK;
}

static void
forks(void **state)
{
	struct ts_witness *w = with_log();
	struct found f = {.cnt = 0};
	struct ts_book *book = NULL;

	(void)state;
	assert_int_equal(status(w, (struct asked){.size = 120}), 200);
	/* The other future, by whatever way. */
	assert_conflict(
	    ask(w, (struct asked){.branch = 1, .old = 120, .size = 120}),
	    "120\n");
	assert_conflict(
	    ask(w, (struct asked){.branch = 1, .old = 100, .size = 120}),
	    "120\n");
	assert_conflict(ask(w, (struct asked){.branch = 1, .size = 300}),
	    "120\n");
	assert_int_equal(
	    status(w, (struct asked){.branch = 1, .old = 120, .size = 300}),
	    422);
	assert_int_equal(ts_witness_counts(w)->forks, 1);
	assert_int_equal(ts_book_open(&book, dir, false), TS_OK);
	assert_int_equal(ts_book_each_evidence(book, find, &f), TS_OK);
	ts_book_free(&book);
	assert_int_equal(f.cnt, 1);
	assert_int_equal(f.known.head.size, 120);
	assert_int_equal(f.shown.head.size, 120);
	assert_memory_not_equal(f.known.head.root, f.shown.head.root, 32);
	/* The true log goes on. */
	assert_int_equal(status(w, (struct asked){.old = 120, .size = 300}),
	    200);
	ts_witness_free(&w);
}

/* A log that signs as many roots as it likes fills no disk. */
static void
many_forks(void **state)
{
	struct ts_witness *w = with_log();
	struct ts_book *book = NULL;
	struct found f = {.cnt = 0};
	struct ts_witness_answer answer;
	struct ts_checkpoint cp;
	char body[2048];
	size_t i, n;

	(void)state;
	assert_int_equal(status(w, (struct asked){.size = 7}), 200);
	for (i = 1; i < 40; i++) {
		cp = checkpoint(0, 7);
		cp.head.root[0] ^= (uint8_t)i;
		n = (size_t)sprintf(body, "old 7\n\n");
		n += note(body + n, &cp, &log_key);
		ts_witness_add_checkpoint(w, &answer,
		    (struct tsw_slice){(uint8_t *)body, n});
		assert_conflict(answer, "7\n");
	}
	assert_int_equal(ts_book_open(&book, dir, false), TS_OK);
	assert_int_equal(ts_book_each_evidence(book, find, &f), TS_OK);
	assert_int_equal(f.cnt, TS_BOOK_EVIDENCE_CNT);
	ts_book_free(&book);
	ts_witness_free(&w);
}

/* A size-0 checkpoint with the root of some tree. */
static void
empty_tree(void **state)
{
	struct ts_witness *w = with_log();

	(void)state;
	assert_int_equal(status(w, (struct asked){.wrong_root = true}), 422);
	assert_int_equal(status(w, (struct asked){.size = 0}), 200);
	assert_conflict(ask(w, (struct asked){.wrong_root = true}), "0\n");
	assert_int_equal(status(w, (struct asked){.size = 9}), 200);
	ts_witness_free(&w);
}

static void
malformed(void **state)
{
	struct ts_witness *w = with_log();
	const struct ts_checkpoint cp = checkpoint(0, 5);
	static const char *const head[] = {"", "old 0\n", "old 0", "0\n\n",
	    "old 00\n\n", "old 01\n\n", "old -1\n\n", "old  0\n\n", "Old 0\n\n",
	    "old 0 \n\n", "old\n\n", "old 9007199254740992\n\n",
	    "old 18446744073709551616\n\n", "old 0\r\n\r\n", "\nold 0\n\n",
	    "old 0\nx\n\n", "old 0\nAAAA\n\n",
	    "old 0\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpka==\n\n",
	    "old 0\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkax=\n\n",
	    "old 0\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"};
	struct ts_witness_answer answer;
	char body[TS_WITNESS_BODY_MAX + 2];
	size_t i, j, n;

	(void)state;
	for (i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
		n = (size_t)sprintf(body, "%s", head[i]);
		n += note(body + n, &cp, &log_key);
		ts_witness_add_checkpoint(w, &answer,
		    (struct tsw_slice){(uint8_t *)body, n});
		assert_int_equal(answer.status, 400);
	}
	/* Each prefix of a good one; 63 hashes are a request, 64 are none. */
	n = (size_t)sprintf(body, "old 0\n\n");
	n += note(body + n, &cp, &log_key);
	for (i = 0; i < n; i++) {
		ts_witness_add_checkpoint(w, &answer,
		    (struct tsw_slice){(uint8_t *)body, i});
		assert_int_equal(answer.status, 400);
	}
	for (i = 63; i <= 64; i++) {
		n = (size_t)sprintf(body, "old 1\n");
		for (j = 0; j < i; j++)
			n += (size_t)sprintf(body + n,
			    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n");
		body[n++] = '\n';
		n += note(body + n, &cp, &log_key);
		ts_witness_add_checkpoint(w, &answer,
		    (struct tsw_slice){(uint8_t *)body, n});
		assert_int_equal(answer.status, i == 63 ? 409 : 400);
	}
	memset(body, 'a', sizeof(body));
	ts_witness_add_checkpoint(w, &answer,
	    (struct tsw_slice){(uint8_t *)body, sizeof(body)});
	assert_int_equal(answer.status, 400);
	ts_witness_free(&w);
}

/* Whichever call of SQLite fails: no cosignature, and the state before. */
static void
full_disk(void **state)
{
	struct ts_witness *w = with_log();
	struct ts_witness_answer answer;
	unsigned long n;

	(void)state;
	assert_int_equal(status(w, (struct asked){.size = 5}), 200);
	for (n = 1;; n++) {
		fault.step = n;
		answer = ask(w, (struct asked){.old = 5, .size = 120});
		if (fault.step != 0)
			break;
		assert_int_equal(answer.status, 500);
		assert_int_equal(ts_witness_counts(w)->failed, n);
		assert_int_equal(status(w, (struct asked){.old = 5, .size = 5}),
		    200);
	}
	fault.step = 0;
	assert_int_equal(answer.status, 200);
	assert_true(n > 5);
	/* The same for evidence: the answer is a conflict at least. */
	for (n = 1;; n++) {
		fault.step = n;
		answer = ask(w,
		    (struct asked){.branch = 1, .old = 120, .size = 120});
		if (fault.step != 0)
			break;
		assert_true(answer.status == 500 || answer.status == 409);
	}
	fault.step = 0;
	assert_conflict(answer, "120\n");
	ts_witness_free(&w);
}

/* No cosignature without the disk, and the state before or after. */
static void
bad_disk(void **state)
{
	struct ts_witness *w = with_log();

	(void)state;
	assert_int_equal(status(w, (struct asked){.size = 5}), 200);
	fault.sync = true;
	assert_int_equal(status(w, (struct asked){.old = 5, .size = 9}), 500);
	fault.sync = false;
	fault.write = true;
	assert_int_equal(status(w, (struct asked){.old = 9, .size = 10}), 500);
	fault.write = false;
	assert_int_equal(ts_witness_counts(w)->failed, 2);
	ts_witness_free(&w);
	w = open_witness();
	/* Whatever of these it kept, it is on one history and says where. */
	assert_conflict(ask(w, (struct asked){.old = 5, .size = 300}), "10\n");
	fault.sync_cnt = 0;
	assert_int_equal(status(w, (struct asked){.old = 10, .size = 300}),
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

	snprintf(a, sizeof(a), "%s/%s", dir, from);
	snprintf(b, sizeof(b), "%s/%s", dir, to);
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

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(unlink(path), 0);
}

static void
backups(void **state)
{
	struct ts_witness *w = with_log();

	(void)state;
	assert_int_equal(status(w, (struct asked){.size = 5}), 200);
	ts_witness_free(&w);
	copy("witness.db", "old.db");
	copy("witness.mark", "old.mark");
	w = open_witness();
	assert_int_equal(status(w, (struct asked){.old = 5, .size = 120}), 200);
	ts_witness_free(&w);
	copy("witness.db", "new.db");
	/* An older database under a newer mark; no mark; no database. */
	copy("old.db", "witness.db");
	assert_int_equal(ts_witness_new(&w, dir, NULL), TS_ERR_SEALED);
	copy("new.db", "witness.db");
	w = open_witness();
	ts_witness_free(&w);
	copy("witness.mark", "new.mark");
	gone("witness.mark");
	assert_int_equal(ts_witness_new(&w, dir, NULL), TS_ERR_SEALED);
	copy("new.mark", "witness.mark");
	gone("witness.db");
	assert_int_equal(ts_witness_new(&w, dir, NULL), TS_ERR_SEALED);
	copy("new.db", "witness.db");
	/* A crash after the commit and before the mark. */
	copy("old.mark", "witness.mark");
	w = open_witness();
	assert_conflict(ask(w, (struct asked){.branch = 1, .size = 300}),
	    "120\n");
	ts_witness_free(&w);
	copy("old.db", "witness.db");
	assert_int_equal(ts_witness_new(&w, dir, NULL), TS_ERR_SEALED);
	assert_null(w);
}

static void
key_files(void **state)
{
	struct ts_witness *w = open_witness(), *second = NULL;
	struct ts_vkey vkey = *ts_witness_vkey(w);
	char path[128];
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(vkey.type, TS_NOTE_COSIGNATURE);
	assert_int_equal(ts_witness_new(&second, dir, NULL), TS_ERR_DB_BUSY);
	ts_witness_free(&w);
	assert_int_equal(ts_witness_new(&w, dir, "w.example/two"),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_witness_new(&w, dir, NULL), TS_OK);
	assert_memory_equal(&vkey, ts_witness_vkey(w), sizeof(vkey));
	ts_witness_free(&w);
	snprintf(path, sizeof(path), "%s/witness.key", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(ts_witness_new(&w, dir, NULL), TS_ERR_PERMISSIONS);
	assert_int_equal(chmod(path, 0600), 0);
	copy("witness.key", "kept");
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "Q", 1, 20), 1);
	close(fd);
	assert_int_equal(ts_witness_new(&w, dir, NULL), TS_ERR_KEYFILE);
	assert_int_equal(truncate(path, 30), 0);
	assert_int_equal(ts_witness_new(&w, dir, NULL), TS_ERR_KEYFILE);
	gone("witness.key");
	assert_int_equal(symlink("kept", path), 0);
	assert_int_equal(ts_witness_new(&w, dir, NULL), TS_ERR_PERMISSIONS);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ts_witness_new(&w, dir, "a b"), TS_ERR_ARGUMENT);
	assert_int_equal(ts_witness_new(&w, "/nowhere/at/all", NULL),
	    TS_ERR_IO);
}

/* Many at once: one history, each step of it cosigned at most once. */
struct racer {
	struct ts_witness *w;
	unsigned branch;
	size_t won;
};

static void *
race(void *arg)
{
	struct racer *r = arg;
	uint64_t size, old = 100;

	for (size = 101; size < 160; size++) {
		if (status(r->w,
			(struct asked){.branch = r->branch,
			    .old = old,
			    .size = size}) == 200) {
			r->won++;
			old = size;
		}
	}
	return NULL;
}

static void
races(void **state)
{
	struct racer r[4];
	pthread_t thread[4];
	size_t i;

	(void)state;
	r[0].w = with_log();
	assert_int_equal(status(r[0].w, (struct asked){.size = 100}), 200);
	for (i = 0; i < 4; i++) {
		r[i] = (struct racer){r[0].w, i & 1, 0};
		assert_int_equal(pthread_create(&thread[i], NULL, race, &r[i]),
		    0);
	}
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	/* Whoever was first has the history; the other future got nothing. */
	assert_true(r[0].won + r[2].won == 0 || r[1].won + r[3].won == 0);
	assert_true(r[0].won + r[1].won + r[2].won + r[3].won >= 59);
	ts_witness_free(&r[0].w);
}

int
main(void)
{
#define SCENE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    SCENE(growth),
	    SCENE(refusals),
	    SCENE(two_keys),
	    SCENE(forks),
	    SCENE(many_forks),
	    SCENE(empty_tree),
	    SCENE(malformed),
	    SCENE(full_disk),
	    SCENE(bad_disk),
	    SCENE(backups),
	    SCENE(key_files),
	    SCENE(races),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
