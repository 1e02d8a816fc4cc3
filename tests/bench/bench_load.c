/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: bench_load ROUNDS STATEMENTS FOLDER
 *
 * How long the store takes to open when it holds long chains: every signature
 * is checked again.  The rows are written behind its back; that it accepts
 * them shows that they are what it would have written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include <touchstone/alert.h>
#include <touchstone/contact.h>
#include <touchstone/own.h>

#include "bench.h"
#include "history.h"

#define ALICE "alice@example.org"
#define BOB "bob@example.org"

static void
exec(sqlite3 *db, const char *sql)
{
	bench_need(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

/* One row: the numbers, then the bytes as ?3. */
static void
put(sqlite3 *db, const char *sql, const int64_t number[2],
    struct tsw_slice bytes)
{
	sqlite3_stmt *stmt = NULL;

	bench_need(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
		sqlite3_bind_int64(stmt, 1, number[0]) == SQLITE_OK &&
		sqlite3_bind_int64(stmt, 2, number[1]) == SQLITE_OK &&
		sqlite3_bind_blob(stmt, 3, bytes.p, (int)bytes.len,
		    SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_step(stmt) == SQLITE_DONE,
	    sql);
	(void)sqlite3_finalize(stmt);
}

static void
put_chain(sqlite3 *db, int64_t person, const struct history *h)
{
	struct tsw_slice s = {h->id, sizeof(h->id)};
	int64_t number[2] = {person, 0};

	put(db, "UPDATE person SET identity = ?3, published = ?2 WHERE id = ?1",
	    number, s);
	for (; (size_t)number[1] < h->cnt; number[1]++) {
		s.p = h->row[number[1]].bytes;
		s.len = h->row[number[1]].len;
		put(db,
		    "INSERT INTO statement (person, seq, envelope, seen)"
		    " VALUES (?1, ?2, ?3, 1800000000)",
		    number, s);
	}
}

/* A store of alice with these chains; NULL: none. */
static void
make(const char *path, const struct history *own, const struct history *contact)
{
	struct ts_store *store = NULL;
	sqlite3 *db = NULL;

	bench_need(ts_store_open(&store, path) == TS_OK &&
		ts_own_init(store, ALICE, "file:///nowhere", NULL) == TS_OK,
	    "no store");
	ts_store_free(&store);
	bench_need(sqlite3_open(path, &db) == SQLITE_OK, "no database");
	exec(db, "BEGIN");
	if (own != NULL)
		put_chain(db, 0, own);
	if (contact != NULL) {
		exec(db,
		    "INSERT INTO person VALUES (1, '" BOB
		    "', NULL, 0, '', 0, 0, 0)");
		put_chain(db, 1, contact);
	}
	exec(db, "COMMIT");
	bench_need(sqlite3_close(db) == SQLITE_OK, "no database");
}

static int
complain(void *arg, const struct ts_alert *alert)
{
	(void)arg;
	bench_need(false, alert->what);
	return TS_OK;
}

/* Nothing was passed over: the chains are there to their end, unalarmed. */
static void
check(struct ts_store *store, size_t own_cnt, size_t contact_cnt)
{
	struct ts_contact contact;
	struct ts_own own;

	ts_own_get(store, &own);
	bench_need(own.statements == own_cnt && !own.forged,
	    "the own chain was not loaded");
	bench_need(ts_alert_each(store, true, complain, NULL) == TS_OK,
	    "no alerts");
	if (contact_cnt > 0)
		bench_need(ts_contact_get(store, &contact, BOB) == TS_OK &&
			contact.seq == contact_cnt - 1 && !contact.forged,
		    "the contact's chain was not loaded");
}

static void
measure(const char *const name[2], const char *path, size_t rounds,
    const size_t cnt[2])
{
	static struct bench_samples wall, cpu;
	struct ts_store *store = NULL;
	double start, start_cpu;

	bench_init(&wall, name[0]);
	bench_init(&cpu, name[1]);
	for (; rounds > 0; rounds--) {
		start = bench_now();
		start_cpu = bench_cpu();
		bench_need(ts_store_open(&store, path) == TS_OK, "no store");
		bench_add(&cpu, bench_cpu() - start_cpu);
		(void)bench_lap(&wall, start);
		check(store, cnt[0], cnt[1]);
		ts_store_free(&store);
	}
	bench_report(&wall, "us");
	bench_report(&cpu, "us");
}

int
main(int argc, char **argv)
{
	static const char *const name[][2] = {{"load.empty", "load.empty.cpu"},
	    {"load.own.ed25519", "load.own.ed25519.cpu"},
	    {"load.own.p256", "load.own.p256.cpu"},
	    {"load.both.ed25519", "load.both.ed25519.cpu"}};
	struct history *ed25519, *p256, *bob;
	size_t i, rounds, cnt;
	char path[4][512];

	bench_need(argc == 4, "usage: bench_load ROUNDS STATEMENTS FOLDER");
	rounds = bench_number(argv[1]);
	cnt = bench_number(argv[2]);
	for (i = 0; i < 4; i++)
		(void)snprintf(path[i], sizeof(path[i]), "%s/%s.db", argv[3],
		    name[i][0]);
	ed25519 = history_new(TSW_ALG_SK_ED25519, ALICE, cnt, 10);
	p256 = history_new(TSW_ALG_SK_P256, ALICE, cnt, 10);
	bob = history_new(TSW_ALG_SK_ED25519, BOB, cnt, 10);
	make(path[0], NULL, NULL);
	make(path[1], ed25519, NULL);
	make(path[2], p256, NULL);
	make(path[3], ed25519, bob);
	measure(name[0], path[0], rounds, (const size_t[]){0, 0});
	measure(name[1], path[1], rounds, (const size_t[]){cnt, 0});
	measure(name[2], path[2], rounds, (const size_t[]){cnt, 0});
	measure(name[3], path[3], rounds, (const size_t[]){cnt, cnt});
	for (i = 0; i < 4; i++)
		bench_need(unlink(path[i]) == 0, "cannot clean up");
	free(ed25519);
	free(p256);
	free(bob);
	return EXIT_SUCCESS;
}
