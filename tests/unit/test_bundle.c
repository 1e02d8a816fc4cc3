/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bundles of attested cards: their way from the owner through the directory to
 * contacts, and what a claim counts until somebody judged it.
 */
#include "libworld.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include <touchstone/bundle.h>
#include <touchstone/text.h>

static struct person *alice, *bob;
static uint8_t bytes[2][TSW_BUNDLE_MAX];
static size_t len[2];

static const struct ts_proof good = {TS_PROOF_GOOD,
    "YubiKey 5.7, touch always, PIN once"};
static const struct ts_proof wrong = {TS_PROOF_WRONG, "it is of another key"};
static const struct ts_proof unknown = {TS_PROOF_UNKNOWN,
    "its maker is not trusted here"};

/* Bundle i: nobody in the library looks inside. */
static void
make_bundle(size_t i)
{
	uint8_t cert[300];
	struct tsw_bundle b = {2, {{cert, sizeof(cert)}, {cert, 17}}};
	struct tsw_wr wr;

	memset(cert, (int)(i + 1), sizeof(cert));
	tsw_wr_init(&wr, bytes[i], sizeof(bytes[i]));
	assert_int_equal(tsw_bundle_encode(&wr, &b), TSW_OK);
	len[i] = tsw_wr_len(&wr);
}

static struct ts_token
attested(const struct person *p, size_t token, size_t bundle, const char *name)
{
	struct ts_token t = person_token(p, token, name);

	t.evidence = TSW_EVIDENCE_CARD_ATTESTED;
	t.credential_len = 0;
	t.kind = TS_OWN_PIV;
	t.slot = 0x9c;
	tsw_bundle_hash(t.attestation, bytes[bundle], len[bundle]);
	t.attestation_len = TSW_HASH_LEN;
	return t;
}

static void
publish(struct person *p)
{
	uint32_t published;

	assert_int_equal(ts_own_publish(p->store, &published), TS_OK);
}

/* Bob has one attested card, and a key on his laptop. */
static void
provision(void)
{
	struct ts_token t = attested(bob, 0, 0, "card");
	bool complete = false;

	assert_int_equal(ts_bundle_keep(bob->store, &t.key, bytes[0], len[0],
			     &good),
	    TS_OK);
	assert_int_equal(ts_own_genesis(bob->store, &t, 1, 1, 72), TS_OK);
	assert_int_equal(person_sign_with(bob, 0, &complete), TS_OK);
	assert_true(complete);
	publish(bob);
	person_add_key(bob, "laptop", 33);
	person_sign(bob);
}

static int
setup(void **state)
{
	(void)state;
	world_begin();
	alice = person_new("alice@example.org", 10);
	bob = person_new(BOB, 50);
	bob->token[0] = soft_token_new(TSW_ALG_P256, 77);
	bob->token[1] = soft_token_new(TSW_ALG_ED25519, 78);
	make_bundle(0);
	make_bundle(1);
	person_provision(alice, 2);
	provision();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	person_free(alice);
	person_free(bob);
	world_end();
	return 0;
}

static void
bundle_path(char out[512], size_t i)
{
	char record[256], hex[2 * TSW_HASH_LEN + 1];
	uint8_t hash[TSW_HASH_LEN];

	record_path(record, BOB, 0);
	*strrchr(record, '/') = '\0';
	tsw_bundle_hash(hash, bytes[i], len[i]);
	ts_hex_encode(hex, hash, sizeof(hash));
	(void)snprintf(out, 512, "%s/att-%s.cbor", record, hex);
}

static void
write_bundle(size_t i, const uint8_t *p, size_t n)
{
	char path[512];
	FILE *f;

	bundle_path(path, i);
	(void)unlink(path);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void
remove_bundle(size_t i)
{
	char path[512];

	bundle_path(path, i);
	assert_int_equal(unlink(path), 0);
}

/* What alice knows of bob's key i, said to be proved by bundle b. */
static struct ts_proof
proof(size_t i, size_t b)
{
	uint8_t hash[TSW_HASH_LEN];
	struct ts_proof out;

	memset(&out, 0xa5, sizeof(out));
	tsw_bundle_hash(hash, bytes[b], len[b]);
	ts_bundle_proof(alice->store, &out, &bob->token[i].key, hash);
	return out;
}

static void
judge(const struct ts_proof *verdict)
{
	struct ts_bundle_ask ask;

	assert_int_equal(ts_bundle_next(alice->store, &ask), TS_OK);
	assert_int_equal(ask.len, len[0]);
	assert_memory_equal(ask.bytes, bytes[0], len[0]);
	assert_int_equal(ask.key.alg, TSW_ALG_P256);
	assert_memory_equal(ask.key.data, bob->token[0].key.data, 65);
	assert_int_equal(ts_bundle_judged(alice->store, &ask, verdict), TS_OK);
	assert_int_equal(ts_bundle_next(alice->store, &ask), TS_ERR_NOT_FOUND);
}

static int
count_key(void *arg, const struct tsw_key *key)
{
	(void)key;
	(*(size_t *)arg)++;
	return 0;
}

/* What alice gets when she wants bob's keys. */
static int
keys(void)
{
	size_t cnt = 0;
	int r;

	r = ts_contact_keys(alice->store, BOB, TSW_APP_SSH, count_key, &cnt);
	assert_int_equal(cnt, r == TS_OK ? 1 : 0);
	return r;
}

static void
a_bundle_reaches_contacts(void **state)
{
	(void)state;
	assert_int_equal(proof(0, 0).state, TS_PROOF_MISSING);
	person_add(alice, bob);
	assert_int_equal(proof(0, 0).state, TS_PROOF_WAITS);
	judge(&good);
	assert_int_equal(proof(0, 0).state, TS_PROOF_GOOD);
	assert_string_equal(proof(0, 0).text, good.text);
	/* Of this key and this bundle only. */
	assert_int_equal(proof(1, 0).state, TS_PROOF_MISSING);
	assert_int_equal(proof(0, 1).state, TS_PROOF_MISSING);
	assert_int_equal(count_all_alerts(alice), 0);
}

static void
lockdown_wants_a_judged_bundle(void **state)
{
	(void)state;
	person_add(alice, bob);
	person_verify(alice, bob, 0);
	assert_int_equal(keys(), TS_OK);
	assert_int_equal(ts_store_set_lockdown(alice->store, true), TS_OK);
	assert_int_equal(keys(), TS_ERR_LOCKDOWN);
	judge(&good);
	assert_int_equal(keys(), TS_OK);
	/* Judged again at each look, and not always alike. */
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(keys(), TS_OK);
	judge(&unknown);
	assert_int_equal(keys(), TS_ERR_LOCKDOWN);
	assert_int_equal(ts_store_set_lockdown(alice->store, false), TS_OK);
	assert_int_equal(keys(), TS_OK);
	assert_int_equal(count_all_alerts(alice), 0);
}

static void
nothing_judged_survives_a_restart(void **state)
{
	(void)state;
	person_add(alice, bob);
	judge(&good);
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(proof(0, 0).state, TS_PROOF_WAITS);
	judge(&good);
	assert_int_equal(proof(0, 0).state, TS_PROOF_GOOD);
	/* The owner's own too. */
	assert_int_equal(person_reopen(bob), TS_OK);
	{
		struct ts_bundle_ask ask;

		assert_int_equal(ts_bundle_next(bob->store, &ask), TS_OK);
		assert_memory_equal(ask.bytes, bytes[0], len[0]);
	}
}

static void
a_missing_bundle_is_news(void **state)
{
	(void)state;
	remove_bundle(0);
	person_add(alice, bob);
	assert_int_equal(proof(0, 0).state, TS_PROOF_MISSING);
	assert_int_equal(count_alerts(alice, TS_ALERT_PROOF_MISSING, BOB), 1);
	assert_int_equal(count_all_alerts(alice), 1);
	close_alerts(alice);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(count_all_alerts(alice), 0); /* told once */
	write_bundle(0, bytes[0], len[0]);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(proof(0, 0).state, TS_PROOF_WAITS);
	/* Once seen, it may go. */
	remove_bundle(0);
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	judge(&good);
}

static void
what_cannot_be_read_is_missing(void **state)
{
	static const uint8_t huge[TSW_BUNDLE_MAX + 1];
	char path[512], target[512 + 16];

	(void)state;
	bundle_path(path, 0);
	write_bundle(0, huge, 0);
	person_add(alice, bob);
	assert_int_equal(count_alerts(alice, TS_ALERT_PROOF_MISSING, BOB), 1);
	write_bundle(0, huge, sizeof(huge));
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	(void)snprintf(target, sizeof(target), "%s.elsewhere", path);
	write_bundle(0, bytes[0], len[0]);
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(proof(0, 0).state, TS_PROOF_MISSING);
	assert_int_equal(count_all_alerts(alice), 1);
}

static void
other_bytes_are_a_warning(void **state)
{
	(void)state;
	write_bundle(0, bytes[1], len[1]);
	person_add(alice, bob);
	person_verify(alice, bob, 0);
	assert_int_equal(proof(0, 0).state, TS_PROOF_MISSING);
	assert_int_equal(count_alerts(alice, TS_ALERT_PROOF_WRONG, BOB), 1);
	assert_int_equal(keys(), TS_OK); /* it blocks nothing */
	close_alerts(alice);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_PROOF_WRONG, BOB), 1);
	write_bundle(0, bytes[0], len[0]);
	close_alerts(alice);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(count_all_alerts(alice), 0);
	judge(&good);
}

static void
a_wrong_bundle_is_a_warning(void **state)
{
	(void)state;
	person_add(alice, bob);
	person_verify(alice, bob, 0);
	judge(&wrong);
	assert_int_equal(proof(0, 0).state, TS_PROOF_WRONG);
	assert_int_equal(count_alerts(alice, TS_ALERT_PROOF_WRONG, BOB), 1);
	assert_int_equal(keys(), TS_OK);
	close_alerts(alice);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	judge(&wrong);
	assert_int_equal(count_alerts(alice, TS_ALERT_PROOF_WRONG, BOB), 1);
}

/* Run sql on alice's database behind her back. */
static void
edit(const char *sql)
{
	sqlite3 *db;

	ts_store_free(&alice->store);
	assert_int_equal(sqlite3_open(alice->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(person_reopen(alice), TS_OK);
}

static void
an_edited_row_counts_as_none(void **state)
{
	static const char *const sql[] = {
	    "UPDATE bundle SET bytes = x'81413a'",
	    "UPDATE bundle SET bytes = x''",
	    "UPDATE bundle SET bytes = zeroblob(6145)",
	    "DELETE FROM bundle",
	};
	size_t i;

	(void)state;
	person_add(alice, bob);
	for (i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		edit(sql[i]);
		assert_int_equal(proof(0, 0).state, TS_PROOF_MISSING);
		assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
		judge(&good);
	}
	assert_int_equal(count_all_alerts(alice), 0);
}

static void
enrolments_bring_theirs(void **state)
{
	struct ts_token t = attested(bob, 1, 1, "other card");
	struct ts_bundle_ask ask;
	char path[512];
	bool complete;

	(void)state;
	bundle_path(path, 1);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(ts_bundle_keep(bob->store, &t.key, bytes[1], len[1],
			     &good),
	    TS_OK);
	assert_int_equal(ts_queue_enrol(bob->store, NULL, &t), TS_OK);
	{
		struct ts_draft d;

		assert_int_equal(ts_draft_build(bob->store, &d), TS_OK);
	}
	assert_int_equal(person_sign_with(bob, 0, &complete), TS_OK);
	assert_int_equal(person_sign_with(bob, 1, &complete), TS_OK);
	assert_true(complete);
	assert_int_equal(access(path, F_OK), -1);
	publish(bob);
	assert_int_equal(access(path, F_OK), 0);
	person_add(alice, bob);
	assert_int_equal(ts_bundle_next(alice->store, &ask), TS_OK);
	assert_int_equal(ts_bundle_next(alice->store, &ask), TS_OK);
	assert_int_equal(ts_bundle_next(alice->store, &ask), TS_ERR_NOT_FOUND);
	assert_int_equal(proof(1, 1).state, TS_PROOF_WAITS);
}

/* Somebody took the name first: the record has to go out all the same. */
static void
a_squatter_stops_no_record(void **state)
{
	struct ts_token t = attested(bob, 1, 1, "other card");
	struct ts_draft d;
	bool complete;

	(void)state;
	write_bundle(1, bytes[0], len[0]);
	assert_int_equal(ts_bundle_keep(bob->store, &t.key, bytes[1], len[1],
			     &good),
	    TS_OK);
	assert_int_equal(ts_queue_enrol(bob->store, NULL, &t), TS_OK);
	assert_int_equal(ts_draft_build(bob->store, &d), TS_OK);
	assert_int_equal(person_sign_with(bob, 0, &complete), TS_OK);
	assert_int_equal(person_sign_with(bob, 1, &complete), TS_OK);
	publish(bob);
	person_add(alice, bob);
	assert_int_equal(count_alerts(alice, TS_ALERT_PROOF_WRONG, BOB), 1);
}

static void
what_is_no_bundle_is_not_kept(void **state)
{
	static const uint8_t text[] = {0x81, 0x61, 'a'};
	struct ts_bundle_ask ask;

	(void)state;
	assert_int_equal(ts_bundle_keep(alice->store, &bob->token[0].key, text,
			     sizeof(text), &good),
	    TSW_ERR_FORMAT);
	memset(&ask, 0, sizeof(ask));
	assert_int_equal(ts_bundle_judged(alice->store, &ask, &good),
	    TS_ERR_NOT_FOUND);
}

static void
putting_twice_is_success(void **state)
{
	struct ts_directory *dir;
	uint8_t out[TSW_BUNDLE_MAX], hash[TSW_HASH_LEN];
	struct tsw_slice label = soft_slice("carol");
	size_t n = 0;

	(void)state;
	tsw_bundle_hash(hash, bytes[0], len[0]);
	assert_int_equal(ts_directory_open(&dir, NULL, world_url()), TS_OK);
	assert_int_equal(ts_directory_bundle(dir, label, hash, out, &n),
	    TS_ERR_NOT_FOUND);
	assert_int_equal(ts_directory_put_bundle(dir, label, bytes[0], len[0]),
	    TS_OK);
	assert_int_equal(ts_directory_put_bundle(dir, label, bytes[0], len[0]),
	    TS_OK);
	assert_int_equal(ts_directory_bundle(dir, label, hash, out, &n), TS_OK);
	assert_int_equal(n, len[0]);
	assert_memory_equal(out, bytes[0], n);
	assert_int_equal(ts_directory_put_bundle(dir, label, bytes[0], 0),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_directory_put_bundle(dir, label, bytes[0],
			     TSW_BUNDLE_MAX + 1),
	    TS_ERR_ARGUMENT);
	write_bundle(1, bytes[0], len[0]);
	assert_int_equal(ts_directory_put_bundle(dir, soft_slice(BOB), bytes[1],
			     len[1]),
	    TS_ERR_CONFLICT);
	ts_directory_free(&dir);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_bundle_reaches_contacts),
	    T(lockdown_wants_a_judged_bundle),
	    T(nothing_judged_survives_a_restart),
	    T(a_missing_bundle_is_news),
	    T(what_cannot_be_read_is_missing),
	    T(other_bytes_are_a_warning),
	    T(a_wrong_bundle_is_a_warning),
	    T(an_edited_row_counts_as_none),
	    T(enrolments_bring_theirs),
	    T(a_squatter_stops_no_record),
	    T(what_is_no_bundle_is_not_kept),
	    T(putting_twice_is_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
