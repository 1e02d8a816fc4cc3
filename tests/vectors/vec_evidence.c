/* SPDX-License-Identifier: BSD-2-Clause */
#include "vec.h"

#include "token/evidence.h"

#include <stdlib.h>
#include <string.h>

struct question {
	struct ts_evidence_ask ask;
	struct tsw_slice bundle;
	struct tsw_slice root[TS_EVIDENCE_ROOTS_MAX_CNT];
};

static void
load(struct question *q, const json_t *v)
{
	struct tsw_slice key = vec_bytes(v, "key");
	const json_t *roots = vec_get(v, "roots"), *one;
	json_t *holder;
	size_t i;

	memset(q, 0, sizeof(*q));
	q->ask.key.alg = (enum tsw_alg)vec_uint(v, "alg");
	q->ask.key.len = (uint8_t)key.len;
	memcpy(q->ask.key.data, key.p, key.len);
	vec_free(&key);
	q->bundle = vec_bytes(v, "bundle");
	q->ask.bundle = q->bundle;
	json_array_foreach(roots, i, one)
	{
		holder = json_pack("{s:O}", "root", one);
		q->root[i] = vec_bytes(holder, "root");
		q->ask.root[i] = q->root[i];
		q->ask.root_cnt++;
		json_decref(holder);
	}
}

static void
unload(struct question *q)
{
	size_t i;

	vec_free(&q->bundle);
	for (i = 0; i < TS_EVIDENCE_ROOTS_MAX_CNT; i++)
		vec_free(&q->root[i]);
}

static void
check_good(const json_t *v, const struct ts_evidence *e)
{
	bool has = json_object_get(v, "version") != NULL;
	struct tsw_slice version;

	vec_check(strcmp(e->maker, vec_text(v, "maker")) == 0, vec_name(v),
	    e->maker);
	vec_check(e->has_version == has, vec_name(v), "version or none");
	if (has) {
		version = vec_bytes(v, "version");
		vec_check(vec_same(version, e->version, sizeof(e->version)),
		    vec_name(v), "another version");
		vec_free(&version);
	}
	has = json_object_get(v, "serial") != NULL;
	vec_check(e->has_serial == has, vec_name(v), "serial number or none");
	vec_check(!has || e->serial == vec_uint(v, "serial"), vec_name(v),
	    "another serial number");
	vec_check(e->pin == vec_uint(v, "pin") &&
		e->touch == vec_uint(v, "touch"),
	    vec_name(v), "another policy");
}

/* What the helper would read is what was asked, and the answer comes back. */
static void
check_messages(const json_t *v, const struct ts_evidence_ask *ask,
    const struct ts_evidence *e)
{
	static uint8_t b[TS_EVIDENCE_ASK_MAX];
	struct ts_evidence_ask read;
	struct ts_evidence again;
	struct tsw_wr wr;

	tsw_wr_init(&wr, b, sizeof(b));
	vec_check(ts_evidence_ask_encode(&wr, ask) == TS_OK, vec_name(v),
	    "cannot be asked");
	vec_check(ts_evidence_ask_decode(&read, b, tsw_wr_len(&wr)) == TS_OK &&
		read.root_cnt == ask->root_cnt &&
		vec_same(read.bundle, ask->bundle.p, ask->bundle.len),
	    vec_name(v), "is asked otherwise");
	tsw_wr_init(&wr, b, TS_EVIDENCE_ANSWER_MAX);
	vec_check(ts_evidence_answer_encode(&wr, e) == TS_OK, vec_name(v),
	    "cannot be answered");
	vec_check(ts_evidence_answer_decode(&again, b, tsw_wr_len(&wr)) ==
		    TS_OK &&
		memcmp(&again, e, sizeof(again)) == 0,
	    vec_name(v), "is answered otherwise");
}

static void
check_case(const json_t *v)
{
	uint64_t why = vec_uint(v, "why");
	struct ts_evidence e;
	struct question q;
	int err = TS_OK;

	if (why == TS_EVIDENCE_MAKER)
		err = TS_ERR_UNKNOWN_MAKER;
	else if (why != TS_EVIDENCE_FINE)
		err = TS_ERR_ATTESTATION;
	load(&q, v);
	memset(&e, 0xa5, sizeof(e));
	ts_evidence_check(&e, &q.ask);
	vec_check(e.err == err && e.why == why, vec_name(v),
	    ts_evidence_why_text(e.why));
	if (why == TS_EVIDENCE_FINE && e.err == TS_OK)
		check_good(v, &e);
	check_messages(v, &q.ask, &e);
	unload(&q);
}

/* No bundle with one bit changed proves anything. */
static void
check_damage(const json_t *v)
{
	struct ts_evidence_ask ask;
	struct ts_evidence e;
	struct question q;
	uint8_t *copy;
	size_t i;

	load(&q, v);
	copy = malloc(q.bundle.len);
	if (copy == NULL)
		exit(EXIT_FAILURE);
	memcpy(copy, q.bundle.p, q.bundle.len);
	ask = q.ask;
	ask.bundle.p = copy;
	for (i = 0; i < q.bundle.len; i++) {
		copy[i] = (uint8_t)(copy[i] ^ 1u << i % 8);
		ts_evidence_check(&e, &ask);
		vec_check(e.err == TS_ERR_ATTESTATION ||
			e.err == TS_ERR_UNKNOWN_MAKER,
		    vec_name(v), "a flipped bit is accepted");
		copy[i] = (uint8_t)(copy[i] ^ 1u << i % 8);
	}
	free(copy);
	unload(&q);
}

void
vec_evidence(const json_t *root)
{
	const json_t *cases = vec_get(root, "cases"), *v;
	size_t i;

	json_array_foreach(cases, i, v) check_case(v);
	check_damage(json_array_get(cases, 0)); /* a real card */
}
