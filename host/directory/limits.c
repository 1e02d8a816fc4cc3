/* SPDX-License-Identifier: BSD-2-Clause */
#include "limits.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "keyed.h"

#define WAYS 8		 /* places in which a hash may stand */
#define SETS_CNT 8192	 /* 65,536 askers, 3 MB */
#define LOCKS_CNT 64	 /* so that threads seldom meet */
#define TOKEN 3600000u	 /* parts of one: a ms at one per hour */
#define DAY_MS 86400000u /* longer silence counts as this */
#define PER_HOUR_MAX 1000000000u

struct place {
	uint8_t who[TS_KEYED_LEN];
	uint64_t last_ms; /* 0: empty */
	uint64_t level;	  /* parts of a token */
};

struct ts_limits {
	struct ts_keyed key;
	struct ts_limits_rules rules;
	pthread_mutex_t lock[LOCKS_CNT];
	struct place place[SETS_CNT][WAYS];
};

int
ts_limits_new(struct ts_limits **out, const struct ts_limits_rules *rules)
{
	struct ts_limits *l = calloc(1, sizeof(*l));
	size_t i;
	int r;

	if (l == NULL)
		return TS_ERR_NO_MEMORY;
	r = ts_keyed_init(&l->key);
	if (r != TS_OK) {
		free(l);
		return r;
	}
	l->rules = *rules;
	for (i = 0; i < LOCKS_CNT; i++)
		(void)pthread_mutex_init(&l->lock[i], NULL);
	*out = l;
	return TS_OK;
}

void
ts_limits_free(struct ts_limits **limits)
{
	size_t i;

	if (*limits == NULL)
		return;
	for (i = 0; i < LOCKS_CNT; i++)
		(void)pthread_mutex_destroy(&(*limits)->lock[i]);
	tsw_wipe(&(*limits)->key, sizeof((*limits)->key));
	free(*limits);
	*limits = NULL;
}

/* The place of who; the oldest of its set gives way with a full bucket. */
static struct place *
find(struct place set[WAYS], const uint8_t who[TS_KEYED_LEN],
    const struct ts_limit *rule, uint64_t now_ms)
{
	struct place *oldest = &set[0];
	size_t i;

	for (i = 0; i < WAYS; i++) {
		if (set[i].last_ms != 0 &&
		    memcmp(set[i].who, who, TS_KEYED_LEN) == 0)
			return &set[i];
		if (set[i].last_ms < oldest->last_ms)
			oldest = &set[i];
	}
	memcpy(oldest->who, who, TS_KEYED_LEN);
	oldest->last_ms = now_ms;
	oldest->level = (uint64_t)rule->burst * TOKEN;
	return oldest;
}

static unsigned
take(struct place *p, const struct ts_limit *rule, uint64_t now_ms)
{
	const uint64_t full = (uint64_t)rule->burst * TOKEN;
	uint64_t passed = now_ms > p->last_ms ? now_ms - p->last_ms : 0;
	uint64_t rate = rule->per_hour, wait;

	if (rate > PER_HOUR_MAX)
		rate = PER_HOUR_MAX;
	if (passed > DAY_MS)
		passed = DAY_MS;
	p->level += passed * rate;
	if (p->level > full)
		p->level = full;
	if (passed > 0)
		p->last_ms = now_ms;
	if (p->level >= TOKEN) {
		p->level -= TOKEN;
		return 0;
	}
	if (rate == 0)
		return DAY_MS / 1000;
	wait = (TOKEN - p->level) / rate / 1000 + 1;
	return wait < DAY_MS / 1000 ? (unsigned)wait : DAY_MS / 1000;
}

unsigned
ts_limits_take(struct ts_limits *limits, enum ts_limit_kind kind,
    struct tsw_slice who, uint64_t now_ms)
{
	const struct ts_limit *rule = &limits->rules.kind[kind];
	uint8_t hash[TS_KEYED_LEN];
	unsigned wait;
	size_t set;

	assert(kind < TS_LIMIT_KINDS_CNT);
	if (rule->burst == 0)
		return 0;
	if (now_ms == 0)
		now_ms = 1; /* 0 is an empty place */
	ts_keyed_hash(hash, &limits->key, (uint8_t)kind, who);
	set = ts_keyed_place(hash, SETS_CNT);
	pthread_mutex_lock(&limits->lock[set % LOCKS_CNT]);
	wait = take(find(limits->place[set], hash, rule, now_ms), rule, now_ms);
	pthread_mutex_unlock(&limits->lock[set % LOCKS_CNT]);
	return wait;
}
