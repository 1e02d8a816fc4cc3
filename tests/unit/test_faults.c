/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main flows, with the n-th call failing for every n: the flow says that
 * it failed, leaves the state as before or after, and repeating it without a
 * fault leads to the end.  The same with a crash at every call.
 */
#include "faultwalk.h"
#include "faults.h"

static struct person *alice, *bob;

static struct ts_own
own(void)
{
	struct ts_own o;

	ts_own_get(alice->store, &o);
	return o;
}

/* Flows: may be called again after a failure, like an agent does. */

static int
sign_all(void)
{
	struct ts_draft d;
	uint32_t n;
	bool complete;
	size_t i;
	int r;

	while ((r = ts_draft_build(alice->store, &d)) == TS_OK) {
		complete = false;
		for (i = 0; i < WORLD_TOKENS && !complete; i++) {
			r = person_sign_with(alice, i, &complete);
			if (r != TS_OK && r != TS_ERR_ALREADY &&
			    r != TSW_ERR_UNKNOWN_SIGNER)
				return r;
		}
	}
	if (r != TS_ERR_NOTHING_PENDING)
		return r;
	return ts_own_publish(alice->store, &n);
}

static int
flow_provision(void)
{
	struct ts_token token[2];
	struct ts_draft d;
	int r = TS_OK;

	token[0] = person_token(alice, 0, "daily");
	token[1] = person_token(alice, 1, "backup");
	if (!own().initialised)
		r = ts_own_init(alice->store, alice->label, world_url(), NULL);
	if (r == TS_OK && !own().provisioned &&
	    ts_draft_get(alice->store, &d) != TS_OK)
		r = ts_own_genesis(alice->store, token, 2, 1, 72);
	return r == TS_OK ? sign_all() : r;
}

static bool
provisioned(void)
{
	return own().provisioned && own().published == 1 &&
	    record_count(alice->label) == 1;
}

static int
waits(void *arg, const struct ts_change *c)
{
	(void)c;
	*(bool *)arg = true;
	return 0;
}

static int
flow_key(void)
{
	uint8_t buf[64];
	struct tsw_key key = world_ssh_key(buf, "laptop", 50);
	bool waiting = false;
	int r;

	r = ts_queue_each(alice->store, waits, &waiting);
	if (r == TS_OK && !waiting && own().seq == 0)
		r = ts_queue_add_key(alice->store, NULL, &key);
	return r == TS_OK ? sign_all() : r;
}

static bool
has_key(void)
{
	return own().seq == 1 && own().published == 2 &&
	    ts_own_chain(alice->store)->key_cnt == 1 &&
	    record_count(alice->label) == 2;
}

static int
flow_contact(void)
{
	uint8_t sig[TSW_SSHSIG_MAX];
	char code[TSW_PUBLIC_CODE_LEN];
	struct ts_confirm confirm;
	struct ts_contact c;
	struct tsw_slice msg;
	size_t len;
	int r;

	r = ts_contact_get(alice->store, &c, BOB);
	if (r == TS_ERR_NOT_FOUND)
		r = ts_contact_add(alice->store, &c, BOB, NULL);
	if (r != TS_OK || c.state == TS_CONTACT_VERIFIED)
		return r;
	r = tsw_public_code(code, c.id);
	if (r == TS_OK)
		r = ts_confirm_build(alice->store, &confirm, BOB,
		    TSW_METHOD_PUBLIC_CODE, code);
	if (r != TS_OK)
		return r;
	msg.p = confirm.statement;
	msg.len = confirm.len;
	len = person_sig(alice, 0, TSW_NS_ID_CONFIRM, msg, sig);
	return ts_confirm_store(alice->store, &confirm, sig, len);
}

static bool
verified(void)
{
	struct ts_contact c;

	return ts_contact_get(alice->store, &c, BOB) == TS_OK &&
	    c.state == TS_CONTACT_VERIFIED;
}

static int
flow_look(void)
{
	return ts_monitor_all(alice->store);
}

static bool
has_news(void)
{
	struct ts_contact c;

	return ts_contact_get(alice->store, &c, BOB) == TS_OK && c.seq == 2 &&
	    c.state == TS_CONTACT_VERIFIED &&
	    count_alerts(alice, TS_ALERT_KEY_ADDED, BOB) == 1;
}

static bool
is_stopped(void)
{
	struct ts_contact c;

	return ts_contact_get(alice->store, &c, BOB) == TS_OK && c.seq == 1 &&
	    c.state == TS_CONTACT_BLOCKED &&
	    count_alerts(alice, TS_ALERT_UNSIGNED_CHANGE, BOB) == 1;
}

static int
flow_live(void)
{
	char text[TSW_LIVE_TEXT_MAX];
	uint32_t run;

	return ts_live_start(alice->store, &run, text, BOB);
}

static bool
always(void)
{
	return true;
}

static int
setup(void **state)
{
	(void)state;
	world_pair(&alice, &bob);
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
provisioning(void **state)
{
	static const struct flow f = {"provision", flow_provision, provisioned,
	    true};
	struct person *old = alice;

	(void)state;
	alice = person_new("carol", 90);
	fault_walk(alice, &f);
	person_free(alice);
	alice = old;
}

static void
adding_a_key(void **state)
{
	static const struct flow f = {"key", flow_key, has_key, false};

	(void)state;
	fault_walk(alice, &f);
}

static void
adding_a_contact(void **state)
{
	static const struct flow f = {"contact", flow_contact, verified, false};

	(void)state;
	assert_int_equal(ts_contact_remove(alice->store, BOB), TS_OK);
	fault_walk(alice, &f);
}

static void
hearing_news(void **state)
{
	static const struct flow f = {"news", flow_look, has_news, false};

	(void)state;
	person_add_key(bob, "phone", 51);
	person_sign(bob);
	fault_walk(alice, &f);
}

static void
meeting_an_attack(void **state)
{
	static const struct flow f = {"attack", flow_look, is_stopped, false};
	struct soft_token thief = soft_token_new(TSW_ALG_SK_ED25519, 77);
	uint8_t rec[TSW_ENVELOPE_MAX];
	size_t len;

	(void)state;
	len = world_update(rec, ts_own_chain(bob->store), "ghost", &thief);
	record_write(BOB, 2, rec, len);
	fault_walk(alice, &f);
}

static void
starting_a_live_code(void **state)
{
	static const struct flow f = {"live", flow_live, always, false};

	(void)state;
	fault_walk(alice, &f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(provisioning),
	    T(adding_a_key),
	    T(adding_a_contact),
	    T(hearing_news),
	    T(meeting_an_attack),
	    T(starting_a_live_code),
	};

	fault_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
