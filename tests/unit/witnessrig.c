/* SPDX-License-Identifier: BSD-2-Clause */
#include "witnessrig.h"

#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/secret.h"
#include "log/base64.h"
#include "witness/book.h"

/* --- A log with two futures --- */

char witness_dir[64];
struct ts_skey witness_log;
static uint8_t leaf[2][WITNESS_LEAVES][TSW_HASH_LEN]; /* equal up to 100 */

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

struct ts_checkpoint
witness_checkpoint(unsigned branch, uint64_t size)
{
	const struct ts_tree_source src = {leaf_source, &branch};
	struct ts_checkpoint cp = {.head = {.size = size}};

	strcpy(cp.origin, witness_log.vkey.name);
	assert_int_equal(ts_tree_root(cp.head.root, &src, size), TS_OK);
	return cp;
}

size_t
witness_note(char *out, const struct ts_checkpoint *cp,
    const struct ts_skey *key)
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

struct ts_witness_answer
witness_ask(struct ts_witness *w, struct asked a)
{
	struct ts_checkpoint cp = witness_checkpoint(a.branch, a.size);
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
	n += witness_note(body + n, &cp, a.key != NULL ? a.key : &witness_log);
	ts_witness_add_checkpoint(w, &answer,
	    (struct tsw_slice){(uint8_t *)body, n});
	return answer;
}

unsigned
witness_status(struct ts_witness *w, struct asked a)
{
	return witness_ask(w, a).status;
}

/* --- A folder for each test --- */

static uint64_t
now(void)
{
	return WITNESS_NOW;
}

static void
wipe_folder(void)
{
	const struct dirent *e;
	char path[512];
	DIR *d = opendir(witness_dir);

	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", witness_dir, e->d_name);
		(void)unlink(path);
	}
	if (d != NULL)
		closedir(d);
	(void)rmdir(witness_dir);
}

int
witness_setup(void **state)
{
	size_t i;

	(void)state;
	strcpy(witness_dir, "/tmp/ts-witness-XXXXXX");
	if (ts_secret_init() != TS_OK || mkdtemp(witness_dir) == NULL ||
	    ts_skey_init(&witness_log, "o.example/log", TS_NOTE_ED25519,
		(const uint8_t[32]){1}) != TS_OK)
		return -1;
	for (i = 0; i < WITNESS_LEAVES; i++) {
		leaf[0][i][0] = leaf[1][i][0] = (uint8_t)(i & 0xff);
		leaf[0][i][1] = leaf[1][i][1] = (uint8_t)(i >> 8);
		leaf[1][i][2] = i >= 100;
	}
	return 0;
}

int
witness_teardown(void **state)
{
	(void)state;
	wipe_folder();
	return 0;
}

struct ts_witness *
witness_open_witness(void)
{
	struct ts_witness *w = NULL;

	assert_int_equal(ts_witness_new(&w, witness_dir, "w.example/one"),
	    TS_OK);
	ts_witness_set_clock(w, now);
	return w;
}

void
witness_add_log(const struct ts_vkey *vkey)
{
	struct ts_book *book = NULL;

	assert_int_equal(ts_book_open(&book, witness_dir, false), TS_OK);
	assert_int_equal(ts_book_add_log(book, vkey), TS_OK);
	assert_int_equal(ts_book_add_log(book, vkey), TS_ERR_ALREADY);
	ts_book_free(&book);
}

struct ts_witness *
witness_with_log(void)
{
	struct ts_witness *w = witness_open_witness();

	witness_add_log(&witness_log.vkey);
	return w;
}

void
witness_verify_answer(const struct ts_witness *w,
    const struct ts_witness_answer *answer, unsigned branch, uint64_t size)
{
	struct ts_checkpoint cp = witness_checkpoint(branch, size);
	char bytes[2048];
	struct ts_note n;
	uint64_t time;
	size_t len;

	assert_int_equal(answer->status, 200);
	len = witness_note(bytes, &cp, &witness_log);
	memcpy(bytes + len, answer->body, answer->len);
	assert_int_equal(ts_note_parse(&n,
			     (struct tsw_slice){(uint8_t *)bytes,
				 len + answer->len}),
	    TS_OK);
	assert_int_equal(ts_note_verify(&n, ts_witness_vkey(w), &time), TS_OK);
	assert_int_equal(time, WITNESS_NOW);
}

void
witness_conflict(struct ts_witness_answer answer, const char *size)
{
	assert_int_equal(answer.status, 409);
	assert_string_equal(answer.type, "text/x.tlog.size");
	assert_int_equal(answer.len, strlen(size));
	assert_memory_equal(answer.body, size, answer.len);
}
