/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of the statement applet: drafts that are final, heads, and giving way.
 */
#include "libworld.h"

#include <string.h>

#include <touchstone/sync.h>
#include <touchstone/wire/attest.h>

static struct person *alice;

/* Token i as an applet key, attested by a device key of its own. */
static struct ts_token
applet_token(const struct person *p, size_t i, const char *name)
{
	struct soft_token device =
	    soft_token_new(TSW_ALG_ED25519, (uint8_t)(90 + i));
	struct ts_token t = person_token(p, i, name);
	uint8_t document[TSW_ATTEST_MAX];
	struct tsw_attestation a;
	struct tsw_sshsig sig;
	struct tsw_slice msg;
	struct tsw_wr wr;

	memset(&a, 7, sizeof(a));
	memcpy(a.device, device.key.data, sizeof(a.device));
	tsw_wr_init(&wr, document, sizeof(document));
	assert_int_equal(tsw_attest_encode(&wr, &a, &t.key, NULL), TSW_OK);
	msg.p = document;
	msg.len = tsw_wr_len(&wr);
	sig = soft_token_sign(&device, TSW_NS_ID_ATTEST, msg, 0, 0);
	memcpy(a.sig, sig.sig, sizeof(a.sig));
	tsw_wr_init(&wr, t.attestation, sizeof(t.attestation));
	assert_int_equal(tsw_attestation_encode(&wr, &a), TSW_OK);
	t.attestation_len = tsw_wr_len(&wr);
	t.evidence = TSW_EVIDENCE_TOKEN_STATEMENT;
	t.credential_len = 0;
	return t;
}

static void
provision(struct person *p)
{
	struct ts_token token[2] = {applet_token(p, 0, "blue"),
	    applet_token(p, 1, "green")};
	bool complete = false;
	uint32_t published;

	assert_int_equal(ts_own_genesis(p->store, token, 2, 1, 72), TS_OK);
	assert_int_equal(person_sign_with(p, 0, &complete), TS_OK);
	assert_int_equal(person_sign_with(p, 1, &complete), TS_OK);
	assert_true(complete);
	assert_int_equal(ts_own_publish(p->store, &published), TS_OK);
}

static int
setup(void **state)
{
	(void)state;
	world_begin();
	alice = person_new("alice@example.org", 10);
	provision(alice);
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

static struct ts_token
token_named(const char *name)
{
	struct ts_token t;

	assert_int_equal(ts_own_token_find(alice->store, &t, name), TS_OK);
	return t;
}

/* The head of the chain as a token has it that signed its last statement. */
static struct ts_token_head
head_now(void)
{
	struct ts_token_head head;
	struct ts_own own;

	ts_own_get(alice->store, &own);
	memset(&head, 0, sizeof(head));
	head.bound = true;
	memcpy(head.identity, own.id, sizeof(head.identity));
	head.seq = own.seq;
	memcpy(head.head, own.head, sizeof(head.head));
	return head;
}

static int
plan(enum ts_sync *out, struct ts_import *import, const char *name,
    const struct ts_token_head *head)
{
	struct ts_token token = token_named(name);

	return ts_sync_plan(alice->store, out, import, &token, head,
	    TS_SYNC_LAST);
}

static void
applet_key_is_known_with_its_image(void **state)
{
	struct ts_token t = token_named("blue");
	uint8_t image[TSW_HASH_LEN];

	(void)state;
	memset(image, 7, sizeof(image));
	assert_true(ts_token_is_applet(&t));
	assert_int_equal(t.attestation_len, TSW_ATTESTATION_LEN);
	assert_memory_equal(t.image, image, sizeof(image));
	assert_int_equal(person_reopen(alice), TS_OK);
	t = token_named("blue");
	assert_true(ts_token_is_applet(&t));
	assert_memory_equal(t.image, image, sizeof(image));
}

static void
draft_that_was_asked_for_is_final(void **state)
{
	struct ts_token blue = token_named("blue");
	struct ts_draft first, again;
	bool complete = false;

	(void)state;
	assert_int_equal(ts_draft_ask(alice->store, blue.id),
	    TS_ERR_NOTHING_PENDING);
	person_add_key(alice, "laptop", 40);
	assert_int_equal(ts_draft_build(alice->store, &first), TS_OK);
	assert_false(first.final);
	assert_int_equal(ts_draft_ask(alice->store, blue.id), TS_OK);
	/* The reply was lost, the agent died, the clock went on. */
	world_now += 1000;
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(ts_queue_drop(alice->store, NULL, 1), TS_ERR_FINAL);
	assert_int_equal(ts_draft_discard(alice->store), TS_ERR_FINAL);
	person_add_key(alice, "phone", 41);
	assert_int_equal(ts_draft_build(alice->store, &again), TS_OK);
	assert_true(again.final);
	assert_int_equal(again.len, first.len);
	assert_memory_equal(again.statement, first.statement, first.len);
	/* What came later can go, and waits for the next statement. */
	assert_int_equal(person_sign_with(alice, 0, &complete), TS_OK);
	assert_true(complete);
	assert_int_equal(ts_draft_build(alice->store, &again), TS_OK);
	assert_int_equal(again.seq, 2);
	assert_false(again.final);
	assert_int_equal(ts_queue_drop(alice->store, NULL, 2), TS_OK);
}

/* The clock was wrong when the token signed; a free draft is made anew. */
static void
clock_set_back_leaves_a_final_draft(void **state)
{
	struct ts_token blue = token_named("blue");
	struct ts_draft first, again;

	(void)state;
	world_now += 10 * 86400;
	person_add_key(alice, "laptop", 40);
	assert_int_equal(ts_draft_build(alice->store, &first), TS_OK);
	world_now -= 5 * 86400;
	assert_int_equal(ts_draft_build(alice->store, &first), TS_OK);
	assert_int_equal(ts_draft_ask(alice->store, blue.id), TS_OK);
	world_now -= 5 * 86400;
	assert_int_equal(ts_draft_build(alice->store, &again), TS_OK);
	assert_true(again.final);
	assert_memory_equal(again.hash, first.hash, sizeof(first.hash));
}

static void
draft_that_was_not_signed_is_free_again(void **state)
{
	struct ts_token blue = token_named("blue");
	struct ts_draft d;

	(void)state;
	person_add_key(alice, "laptop", 40);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	assert_int_equal(ts_draft_ask(alice->store, blue.id), TS_OK);
	assert_int_equal(ts_draft_unask(alice->store, blue.id), TS_OK);
	assert_int_equal(ts_queue_drop(alice->store, NULL, 1), TS_OK);
}

static void
recovery_goes_before_a_final_draft(void **state)
{
	struct ts_token blue = token_named("blue");
	struct ts_token new = person_token(alice, 3, "new");
	struct ts_token vault = person_token(alice, 2, "vault");
	struct ts_change change;
	bool complete = false;
	struct ts_draft d;

	(void)state;
	vault.role = TSW_ROLE_RECOVERY;
	assert_int_equal(ts_queue_enrol(alice->store, NULL, &vault), TS_OK);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	assert_int_equal(person_sign_with(alice, 2, &complete), TS_OK);
	assert_int_equal(person_sign_with(alice, 0, &complete), TS_OK);
	assert_true(complete);
	person_add_key(alice, "laptop", 40);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	assert_int_equal(ts_draft_ask(alice->store, blue.id), TS_OK);
	assert_int_equal(ts_queue_recover(alice->store, &change, &new), TS_OK);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	assert_false(d.final);
	assert_int_equal(ts_queue_drop(alice->store, NULL, change.number),
	    TS_OK);
}

/* A key that was made for a change is in use until that is dropped. */
static void
unused_keys_can_be_dropped(void **state)
{
	struct ts_token spare = applet_token(alice, 2, "spare"), t;
	uint8_t id[TSW_HASH_LEN];
	struct ts_change change;

	(void)state;
	tsw_token_id(id, &spare.key);
	assert_int_equal(ts_own_token_drop(alice->store, id), TS_OK);
	assert_int_equal(ts_own_token_unused(alice->store,
			     token_named("blue").id),
	    TS_ERR_IN_USE);
	assert_int_equal(ts_queue_enrol(alice->store, &change, &spare), TS_OK);
	assert_int_equal(ts_own_token_drop(alice->store, id), TS_ERR_IN_USE);
	assert_int_equal(ts_queue_drop(alice->store, NULL, change.number),
	    TS_OK);
	assert_int_equal(ts_own_token_drop(alice->store, id), TS_OK);
	assert_int_equal(ts_queue_retire(alice->store, NULL, "green"), TS_OK);
	person_sign(alice);
	t = token_named("green");
	assert_int_equal(ts_own_token_drop(alice->store, t.id), TS_OK);
	/* The history remembers it. */
	assert_int_equal(token_named("green").state, TS_TOKEN_RETIRED);
}

/* It is bound to a draft that is no more, and signs nothing else. */
static void
new_key_of_a_draft_that_is_gone_is_told(void **state)
{
	struct ts_token spare = applet_token(alice, 2, "spare");
	struct ts_token_head head = head_now();
	struct ts_import import;
	enum ts_sync sync;
	struct ts_draft d;

	(void)state;
	assert_int_equal(ts_queue_enrol(alice->store, NULL, &spare), TS_OK);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	head.seq = d.seq;
	memcpy(head.head, d.hash, sizeof(head.head));
	assert_int_equal(plan(&sync, &import, "spare", &head), TS_OK);
	assert_int_equal(sync, TS_SYNC_SIGNED);
	assert_int_equal(ts_draft_get(alice->store, &d), TS_OK);
	assert_false(d.final);
	assert_int_equal(ts_draft_discard(alice->store), TS_OK);
	world_now += 5; /* the next draft is another one */
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	assert_int_equal(plan(&sync, &import, "spare", &head),
	    TS_ERR_ENROL_AGAIN);
	assert_int_equal(count_all_alerts(alice), 0);
}

static void
unfinished_signature_is_found_out(void **state)
{
	struct ts_token_head head = head_now();
	enum ts_sync sync;
	struct ts_import import;
	struct ts_draft d;

	(void)state;
	person_add_key(alice, "laptop", 40);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	assert_int_equal(ts_draft_ask(alice->store, token_named("blue").id),
	    TS_OK);
	/* It has not signed. */
	assert_int_equal(plan(&sync, &import, "blue", &head), TS_OK);
	assert_int_equal(sync, TS_SYNC_SAME);
	assert_int_equal(ts_draft_get(alice->store, &d), TS_OK);
	assert_false(d.final);
	/* It has. */
	head.seq = d.seq;
	memcpy(head.head, d.hash, sizeof(head.head));
	assert_int_equal(plan(&sync, &import, "blue", &head), TS_OK);
	assert_int_equal(sync, TS_SYNC_SIGNED);
	assert_int_equal(ts_draft_get(alice->store, &d), TS_OK);
	assert_true(d.final);
}

static void
token_that_was_away_gets_an_import(void **state)
{
	struct ts_token_head old = head_now(), now;
	struct tsw_statement st;
	struct ts_import import;
	enum ts_sync sync;

	(void)state;
	person_add_key(alice, "laptop", 40);
	person_sign(alice);
	person_add_key(alice, "phone", 41);
	person_sign(alice);
	now = head_now();
	assert_int_equal(plan(&sync, &import, "green", &old), TS_OK);
	assert_int_equal(sync, TS_SYNC_BEHIND);
	assert_int_equal(import.from, 1);
	assert_int_equal(import.to, 2);
	assert_int_equal(tsw_statement_decode(&st, import.statement,
			     import.len),
	    TSW_OK);
	assert_int_equal(st.kind, TSW_KIND_IMPORT);
	assert_int_equal(st.u.import.from_seq, 0);
	assert_memory_equal(st.u.import.from_head, old.head, TSW_HASH_LEN);
	assert_int_equal(st.u.import.seq, 2);
	assert_memory_equal(st.u.import.head, now.head, TSW_HASH_LEN);
	assert_memory_equal(st.u.import.identity, now.identity, TSW_HASH_LEN);
	assert_int_equal(plan(&sync, &import, "blue", &now), TS_OK);
	assert_int_equal(sync, TS_SYNC_SAME);
}

static void
key_of_another_identity_is_refused(void **state)
{
	struct ts_token_head head = head_now();
	struct ts_import import;
	enum ts_sync sync;

	(void)state;
	head.identity[0] ^= 1;
	assert_int_equal(plan(&sync, &import, "blue", &head),
	    TS_ERR_TOKEN_IDENTITY);
	memset(&head, 0, sizeof(head));
	assert_int_equal(plan(&sync, &import, "blue", &head), TS_OK);
	assert_int_equal(sync, TS_SYNC_UNBOUND);
}

static void
token_ahead_is_told_of(void **state)
{
	struct ts_token blue = token_named("blue");
	struct ts_token_head head = head_now();
	struct ts_import import;
	enum ts_sync sync;

	(void)state;
	head.seq = 3;
	memset(head.head, 0xab, sizeof(head.head));
	/* First the directory may know more. */
	assert_int_equal(ts_sync_plan(alice->store, &sync, &import, &blue,
			     &head, TS_SYNC_FIRST),
	    TS_ERR_ASTRAY);
	assert_int_equal(count_all_alerts(alice), 0);
	assert_int_equal(plan(&sync, &import, "blue", &head), TS_ERR_ASTRAY);
	assert_int_equal(count_alerts(alice, TS_ALERT_TOKEN_ASTRAY, ""), 1);
	/* Closing the alert is not enough: nothing is newer yet. */
	close_alerts(alice);
	assert_int_equal(plan(&sync, &import, "blue", &head), TS_ERR_ASTRAY);
	assert_int_equal(count_alerts(alice, TS_ALERT_TOKEN_ASTRAY, ""), 1);
}

static void
token_beside_follows_once_the_user_knows(void **state)
{
	struct ts_token_head head;
	struct ts_import import;
	enum ts_sync sync;

	(void)state;
	person_add_key(alice, "laptop", 40);
	person_sign(alice);
	head = head_now();
	memset(head.head, 0xab, sizeof(head.head));
	assert_int_equal(plan(&sync, &import, "blue", &head), TS_ERR_ASTRAY);
	close_alerts(alice);
	assert_int_equal(plan(&sync, &import, "blue", &head), TS_OK);
	assert_int_equal(sync, TS_SYNC_BEHIND);
	assert_true(import.beside);
	assert_int_equal(import.from, 1);
	assert_int_equal(import.to, 1);
	person_add_key(alice, "phone", 41);
	person_sign(alice);
	assert_int_equal(plan(&sync, &import, "blue", &head), TS_OK);
	assert_int_equal(sync, TS_SYNC_BEHIND);
	assert_false(import.beside);
	assert_int_equal(import.from, 2);
	assert_int_equal(import.to, 2);
}

/* Statement 1 of the directory, made elsewhere, while ours is not there. */
static void
conflict(void)
{
	struct tsw_chain past = world_past("alice@example.org");
	uint8_t rec[TSW_ENVELOPE_MAX];
	bool complete = false;
	struct ts_draft d;
	size_t len;

	person_add_key(alice, "laptop", 40);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	assert_int_equal(person_sign_with(alice, 0, &complete), TS_OK);
	assert_true(complete);
	len = world_update(rec, &past, "elsewhere", &alice->token[1]);
	record_write("alice@example.org", 1, rec, len);
}

static void
conflict_is_told_and_can_be_yielded(void **state)
{
	struct ts_own own;
	uint32_t cnt = 0;

	(void)state;
	assert_int_equal(ts_own_yield(alice->store, &cnt),
	    TS_ERR_NOTHING_PENDING);
	conflict();
	assert_int_equal(ts_own_publish(alice->store, &cnt), TS_ERR_CONFLICT);
	assert_int_equal(count_alerts(alice, TS_ALERT_OWN_CONFLICT, ""), 1);
	assert_int_equal(ts_own_yield(alice->store, &cnt), TS_OK);
	assert_int_equal(cnt, 1);
	assert_int_equal(count_alerts(alice, TS_ALERT_OWN_UNKNOWN_CHANGE, ""),
	    1);
	ts_own_get(alice->store, &own);
	assert_int_equal(own.seq, 1);
	assert_int_equal(own.published, 2);
	/* What was given up waits, and goes behind the other. */
	alice->plugged = 2;
	person_sign(alice);
	assert_int_equal(ts_own_chain(alice->store)->key_cnt, 2);
	assert_int_equal(person_reopen(alice), TS_OK);
	ts_own_get(alice->store, &own);
	assert_int_equal(own.seq, 2);
	assert_false(own.forged);
}

static void
nothing_is_yielded_to_an_empty_place(void **state)
{
	struct ts_own own;
	uint32_t cnt = 0;

	(void)state;
	conflict();
	record_remove("alice@example.org", 1);
	assert_int_equal(ts_own_yield(alice->store, &cnt), TS_ERR_ALREADY);
	record_write("alice@example.org", 1, (const uint8_t *)"x", 1);
	assert_int_equal(ts_own_yield(alice->store, &cnt), TS_ERR_ALREADY);
	ts_own_get(alice->store, &own);
	assert_int_equal(own.seq, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(applet_key_is_known_with_its_image),
	    T(draft_that_was_asked_for_is_final),
	    T(clock_set_back_leaves_a_final_draft),
	    T(draft_that_was_not_signed_is_free_again),
	    T(recovery_goes_before_a_final_draft),
	    T(unused_keys_can_be_dropped),
	    T(new_key_of_a_draft_that_is_gone_is_told),
	    T(unfinished_signature_is_found_out),
	    T(token_that_was_away_gets_an_import),
	    T(key_of_another_identity_is_refused),
	    T(token_ahead_is_told_of),
	    T(token_beside_follows_once_the_user_knows),
	    T(conflict_is_told_and_can_be_yielded),
	    T(nothing_is_yielded_to_an_empty_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
