/* SPDX-License-Identifier: BSD-2-Clause */
/* The flows with a directory that has a log, with each call failing in turn. */
#include <stdlib.h>
#include <string.h>

#include <touchstone/log.h>

#include "faults.h"
#include "faultwalk.h"
#include "logmodel.h"

static struct person *alice, *bob;
static struct logmodel *model, *other;
static struct ts_courier shown;

static int
relay(void *ctx, struct ts_carried *out, const struct ts_carry *req)
{
	int r;

	(void)ctx;
	fault_pause(true);
	r = shown.carry(shown.ctx, out, req);
	fault_pause(false);
	return r;
}

static int
setup(void **state)
{
	struct ts_courier courier = {relay, NULL};

	(void)state;
	world_begin();
	model = logmodel_new();
	shown = logmodel_courier(model);
	world_use_log(LOGMODEL_URL, model->policy, courier);
	world_people(&alice, &bob);
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	person_free(alice);
	person_free(bob);
	logmodel_free(&model);
	logmodel_free(&other);
	world_end();
	return 0;
}

static struct ts_log
known(void)
{
	struct ts_log log;

	ts_log_get(alice->store, &log);
	return log;
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
	    c.state == TS_CONTACT_VERIFIED && known().size == model->size &&
	    count_alerts(alice, TS_ALERT_KEY_ADDED, BOB) == 1;
}

static void
hearing_news(void **state)
{
	static const struct flow f = {"log news", flow_look, has_news, false};

	(void)state;
	person_add_key(bob, "phone", 51);
	person_sign(bob);
	fault_walk(alice, &f);
}

static int
flow_split(void)
{
	int r = ts_monitor_contact(alice->store, BOB);

	return r == TS_ERR_LOG_SPLIT ? TS_OK : r;
}

static int
count_bytes(void *arg, const uint8_t *p, size_t len)
{
	(void)p;
	*(size_t *)arg += len;
	return 0;
}

static bool
is_stopped(void)
{
	struct ts_contact c;
	size_t kept = 0;

	return ts_contact_get(alice->store, &c, BOB) == TS_OK && c.seq == 1 &&
	    c.state == TS_CONTACT_BLOCKED &&
	    count_alerts(alice, TS_ALERT_LOG_SPLIT, "") == 1 &&
	    count_all_alerts(alice) == 1 &&
	    ts_alert_proof(alice->store, 1, count_bytes, &kept) == TS_OK &&
	    kept > 1000 && known().size == model->size;
}

static void
meeting_a_split(void **state)
{
	static const struct flow f = {"split", flow_split, is_stopped, false};
	const struct logmodel_record *r;

	(void)state;
	other = logmodel_twin(model, model->record_cnt - 1);
	r = &model->record[model->record_cnt - 1];
	logmodel_put(other, "mallory", 0, r->envelope, r->len);
	shown = logmodel_courier(other);
	fault_walk(alice, &f);
}

static int
flow_contact(void)
{
	struct ts_contact c;
	int r;

	r = ts_contact_add(alice->store, &c, "carol", NULL);
	return r == TS_ERR_ALREADY ? TS_OK : r;
}

static bool
has_carol(void)
{
	struct ts_contact c;

	return ts_contact_get(alice->store, &c, "carol") == TS_OK &&
	    c.seq == 1 && c.state == TS_CONTACT_UNVERIFIED &&
	    count_all_alerts(alice) == 0;
}

static void
adding_a_contact(void **state)
{
	static const struct flow f = {"log contact", flow_contact, has_carol,
	    false};
	struct person *carol = person_new("carol", 70);

	(void)state;
	person_provision(carol, 1);
	person_add_key(carol, "desk", 71);
	person_sign(carol);
	person_free(carol);
	fault_walk(alice, &f);
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
	bool waiting = false, complete;
	struct ts_draft d;
	uint32_t n;
	int r;

	r = ts_queue_each(alice->store, waits, &waiting);
	if (r == TS_OK && !waiting && ts_own_chain(alice->store)->seq == 0)
		r = ts_queue_add_key(alice->store, NULL, &key);
	if (r != TS_OK)
		return r;
	while ((r = ts_draft_build(alice->store, &d)) == TS_OK) {
		r = person_sign_with(alice, 0, &complete);
		if (r != TS_OK && r != TS_ERR_ALREADY)
			return r;
	}
	if (r != TS_ERR_NOTHING_PENDING)
		return r;
	return ts_own_publish(alice->store, &n);
}

static bool
has_key(void)
{
	struct ts_own own;

	ts_own_get(alice->store, &own);
	return own.seq == 1 && own.published == 2 &&
	    logmodel_count(model, alice->label) == 2 &&
	    count_all_alerts(alice) == 0;
}

static void
publishing_a_key(void **state)
{
	static const struct flow f = {"log key", flow_key, has_key, false};

	(void)state;
	fault_walk(alice, &f);
}

static int
flow_move(void)
{
	return ts_log_set(alice->store, "https://elsewhere.example",
	    model->policy);
}

static bool
has_moved(void)
{
	struct ts_own own;

	ts_own_get(alice->store, &own);
	return strcmp(own.directory, "https://elsewhere.example") == 0 &&
	    own.published == 0 && known().set && !known().known;
}

static void
choosing_another(void **state)
{
	static const struct flow f = {"move", flow_move, has_moved, true};

	(void)state;
	fault_walk(alice, &f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(hearing_news),
	    T(meeting_a_split),
	    T(adding_a_contact),
	    T(publishing_a_key),
	    T(choosing_another),
	};

	fault_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
