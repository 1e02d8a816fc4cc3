/* SPDX-License-Identifier: BSD-2-Clause */
#include "witness.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "book.h"
#include "directory/events.h"
#include "key.h"
#include "lib/secret.h"
#include "request.h"

struct ts_witness {
	pthread_mutex_t mutex; /* of book, and of the order of cosignatures */
	struct ts_book *book;
	struct ts_skey *sk_key;
	const struct ts_policy *policy; /* NULL: none */
	uint64_t (*now)(void);
	int lock; /* descriptor of the folder */
	struct ts_witness_counts counts;
};

static uint64_t
clock_now(void)
{
	return (uint64_t)time(NULL);
}

/* --- Opening --- */

static int
lock_folder(struct ts_witness *witness, const char *dir)
{
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return TS_ERR_IO;
	witness->lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (witness->lock < 0)
		return TS_ERR_IO;
	if (flock(witness->lock, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? TS_ERR_DB_BUSY : TS_ERR_IO;
	return TS_OK;
}

static int
make_key(struct ts_witness *witness, const char *name)
{
	char host[TS_NOTE_NAME_MAX - sizeof("/witness")];
	char own[TS_NOTE_NAME_MAX + 1];
	int r;

	if (name == NULL) {
		if (gethostname(host, sizeof(host)) != 0)
			return TS_ERR_ARGUMENT;
		host[sizeof(host) - 1] = '\0';
		(void)snprintf(own, sizeof(own), "%s/witness", host);
		name = own;
	}
	if (!ts_note_is_name(name))
		return TS_ERR_ARGUMENT;
	r = ts_witness_key_make(witness->lock, name);
	return r == TS_OK ? ts_witness_key_read(&witness->sk_key, witness->lock)
			  : r;
}

/* A key that has signed needs the book that it signed by. */
static int
open_state(struct ts_witness *witness, const char *dir, const char *name)
{
	int r, found;

	found = ts_witness_key_read(&witness->sk_key, witness->lock);
	if (found != TS_OK && found != TS_ERR_NOT_FOUND)
		return found;
	r = ts_book_open(&witness->book, dir, found == TS_ERR_NOT_FOUND);
	if (r == TS_OK && found == TS_ERR_NOT_FOUND)
		r = make_key(witness, name);
	if (r == TS_OK && name != NULL &&
	    strcmp(name, witness->sk_key->vkey.name) != 0)
		r = TS_ERR_ARGUMENT;
	return r;
}

int
ts_witness_new(struct ts_witness **out, const char *dir, const char *name)
{
	struct ts_witness *witness;
	int r;

	r = ts_secret_init();
	if (r != TS_OK)
		return r;
	witness = calloc(1, sizeof(*witness));
	if (witness == NULL)
		return TS_ERR_NO_MEMORY;
	(void)pthread_mutex_init(&witness->mutex, NULL);
	witness->now = clock_now;
	witness->lock = -1;
	r = lock_folder(witness, dir);
	if (r == TS_OK)
		r = open_state(witness, dir, name);
	if (r != TS_OK)
		ts_witness_free(&witness);
	else
		*out = witness;
	return r;
}

void
ts_witness_free(struct ts_witness **witness)
{
	if (*witness == NULL)
		return;
	ts_book_free(&(*witness)->book);
	ts_secret_free((*witness)->sk_key);
	if ((*witness)->lock >= 0)
		(void)close((*witness)->lock);
	(void)pthread_mutex_destroy(&(*witness)->mutex);
	free(*witness);
	*witness = NULL;
}

const struct ts_vkey *
ts_witness_vkey(const struct ts_witness *witness)
{
	return &witness->sk_key->vkey;
}

void
ts_witness_take(struct ts_witness *witness, const struct ts_policy *policy)
{
	witness->policy = policy;
}

void
ts_witness_set_clock(struct ts_witness *witness, uint64_t (*now)(void))
{
	witness->now = now;
}

const struct ts_witness_counts *
ts_witness_counts(const struct ts_witness *witness)
{
	return &witness->counts;
}

/* --- Answers --- */

static void
answer(struct ts_witness_answer *out, atomic_ulong *count, unsigned status,
    const char *sentence)
{
	out->status = status;
	out->type = "text/plain; charset=utf-8";
	out->len =
	    (size_t)snprintf(out->body, sizeof(out->body), "%s\n", sentence);
	(void)atomic_fetch_add(count, 1);
}

/* Which size the next request has to begin at. */
static void
conflict(struct ts_witness *witness, struct ts_witness_answer *out,
    uint64_t size)
{
	out->status = 409;
	out->type = "text/x.tlog.size";
	out->len = (size_t)snprintf(out->body, sizeof(out->body),
	    "%" PRIu64 "\n", size);
	(void)atomic_fetch_add(&witness->counts.conflicts, 1);
}

static void
failed(struct ts_witness *witness, struct ts_witness_answer *out, int err)
{
	TS_EVENT(TS_EVENT_ERROR, "failed", {"error", -err});
	answer(out, &witness->counts.failed, 500,
	    "the witness cannot write its state");
}

/* --- Who may ask --- */

/* TS_ERR_NOT_FOUND: no log has this origin; TS_ERR_BADSIG: not by its keys. */
static int
verify_log(struct ts_witness *witness, const struct ts_witness_request *m)
{
	const struct ts_policy *policy = witness->policy;
	int r = TS_ERR_NOT_FOUND, found;
	const struct ts_vkey *log;
	struct ts_vkey vkey;
	size_t i;

	for (i = 0; policy != NULL && i < ts_policy_log_cnt(policy); i++) {
		log = ts_policy_log(policy, i, NULL);
		if (strcmp(log->name, m->cp.origin) != 0)
			continue;
		if (ts_note_verify(&m->note, log, NULL) == TS_OK)
			return TS_OK;
		r = TSW_ERR_BADSIG;
	}
	for (i = 0;; i++) {
		(void)pthread_mutex_lock(&witness->mutex);
		found = ts_book_log(witness->book, &vkey, m->cp.origin, i);
		(void)pthread_mutex_unlock(&witness->mutex);
		if (found == TS_ERR_NOT_FOUND)
			return r;
		if (found != TS_OK)
			return found;
		if (ts_note_verify(&m->note, &vkey, NULL) == TS_OK)
			return TS_OK;
		r = TSW_ERR_BADSIG;
	}
}

/* --- What is cosigned --- */

static void
keep_evidence(struct ts_witness *witness, const struct ts_witness_request *m)
{
	int r = ts_book_evidence(witness->book, &m->cp, m->note.bytes,
	    witness->now());

	if (r == TS_ERR_ALREADY)
		return;
	(void)atomic_fetch_add(&witness->counts.forks, 1);
	TS_EVENT(TS_EVENT_ERROR, "fork", {"size", (int64_t)m->cp.head.size},
	    {"kept", r == TS_OK});
}

static void
cosign(struct ts_witness *witness, struct ts_witness_answer *out,
    const struct ts_witness_request *m)
{
	int r = ts_note_sign(out->body, m->note.text, witness->sk_key,
	    witness->now());

	if (r != TS_OK) {
		failed(witness, out, r);
		return;
	}
	out->status = 200;
	out->type = "text/plain; charset=utf-8";
	out->len = strlen(out->body);
	(void)atomic_fetch_add(&witness->counts.cosigned, 1);
}

/* With the mutex held: look, write and sign as one step. */
static void
decide(struct ts_witness *witness, struct ts_witness_answer *out,
    const struct ts_witness_request *m)
{
	struct ts_tree_head known = {.size = 0};
	int r, found;

	found = ts_book_head(witness->book, &known, m->cp.origin);
	if (found == TS_ERR_NOT_FOUND) {
		ts_tree_empty(known.root);
	} else if (found != TS_OK) {
		failed(witness, out, found);
		return;
	} else if (known.size == m->cp.head.size &&
	    memcmp(known.root, m->cp.head.root, TSW_HASH_LEN) != 0) {
		keep_evidence(witness, m);
		conflict(witness, out, known.size);
		return;
	}
	if (m->old != known.size) {
		conflict(witness, out, known.size);
		return;
	}
	if (ts_tree_check_consistency(&known, &m->cp.head,
		(struct tsw_slice){m->proof, m->proof_len}) != TS_OK) {
		answer(out, &witness->counts.inconsistent, 422,
		    "the consistency proof does not hold");
		return;
	}
	if (found != TS_OK || m->cp.head.size > known.size) {
		r = ts_book_advance(witness->book,
		    found == TS_OK ? &known : NULL, &m->cp, m->note.bytes);
		if (r != TS_OK) {
			failed(witness, out, r);
			return;
		}
	}
	cosign(witness, out, m);
}

void
ts_witness_add_checkpoint(struct ts_witness *witness,
    struct ts_witness_answer *out, struct tsw_slice body)
{
	struct ts_witness_counts *counts = &witness->counts;
	struct ts_witness_request m;
	int r;

	memset(out, 0, sizeof(*out));
	if (ts_witness_request_decode(&m, body) != TS_OK) {
		answer(out, &counts->malformed, 400,
		    "this is not the body of add-checkpoint");
		return;
	}
	r = verify_log(witness, &m);
	if (r == TS_ERR_NOT_FOUND)
		answer(out, &counts->unknown, 404,
		    "this witness does not know the log");
	else if (r == TSW_ERR_BADSIG)
		answer(out, &counts->forbidden, 403,
		    "no known key of the log signed this");
	else if (r != TS_OK)
		failed(witness, out, r);
	else if (m.old > m.cp.head.size)
		answer(out, &counts->malformed, 400,
		    "the old size is larger than the checkpoint's");
	if (out->status != 0)
		return;
	(void)pthread_mutex_lock(&witness->mutex);
	decide(witness, out, &m);
	(void)pthread_mutex_unlock(&witness->mutex);
}
