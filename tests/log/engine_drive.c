/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An engine without a front: submits records of made-up statements and says
 * what became of each.
 *
 *   engine_drive RUN COUNT WINDOW [OPTIONS of touchstone-directory]
 *
 * RUN names the labels, "RUN-<i>@example.org" with records 0 and 1 each, COUNT
 * records in all and WINDOW of them on their way at once.  One line each:
 * "ok|kept LABEL NUMBER LEAF STATEMENT-HASH" or "no LABEL NUMBER ERROR".
 * At the end, or when standard input ends, it stops and says "end STATE".
 * COUNT 0: only waits for the end of standard input.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <touchstone/wire/crypto.h>

#include "directory/engine.h"

#define THREADS 2
#define ENVELOPE_LEN 700 /* about a genesis of one key */

struct run {
	struct ts_engine *engine;
	const char *name;
	unsigned long cnt, next, window;
	bool quiet;
	pthread_mutex_t lock;
	pthread_cond_t less;
	unsigned long flying;
};

struct one {
	struct run *run;
	char label[80];
	uint32_t number;
	uint8_t hash[TSW_HASH_LEN];
};

static void
say(const struct one *one, const char *word, uint64_t leaf, int result)
{
	char line[256];
	size_t i;
	int n;

	n = snprintf(line, sizeof(line), "%s %s %" PRIu32 " ", word, one->label,
	    one->number);
	if (result != TS_OK && result != TS_ERR_NOT_WITNESSED) {
		n += snprintf(line + n, sizeof(line) - (size_t)n, "%s\n",
		    ts_errname(result));
	} else {
		n += snprintf(line + n, sizeof(line) - (size_t)n,
		    "%" PRIu64 " ", leaf);
		for (i = 0; i < TSW_HASH_LEN; i++)
			n += snprintf(line + n, sizeof(line) - (size_t)n,
			    "%02x", one->hash[i]);
		n += snprintf(line + n, sizeof(line) - (size_t)n, "\n");
	}
	if (write(1, line, (size_t)n) != n)
		_exit(1);
}

static void
landed(struct run *run)
{
	(void)pthread_mutex_lock(&run->lock);
	run->flying--;
	(void)pthread_cond_broadcast(&run->less);
	(void)pthread_mutex_unlock(&run->lock);
}

static void
done(void *ctx, int result, uint64_t leaf)
{
	struct one *one = ctx;

	if (!one->run->quiet)
		say(one,
		    result == TS_OK			 ? "ok"
			: result == TS_ERR_NOT_WITNESSED ? "kept"
							 : "no",
		    leaf, result);
	landed(one->run);
	free(one);
}

static void
submit(struct run *run, unsigned long i)
{
	struct one *one = calloc(1, sizeof(*one));
	uint8_t envelope[ENVELOPE_LEN] = {0};
	struct ts_engine_record rec = {
	    .envelope = {envelope, sizeof(envelope)}};
	struct tsw_slice s;
	int r;

	if (one == NULL)
		exit(1);
	one->run = run;
	one->number = i % 2;
	(void)snprintf(one->label, sizeof(one->label), "%s-%lu@example.org",
	    run->name, i / 2);
	(void)snprintf((char *)envelope, sizeof(envelope), "%s %u", one->label,
	    one->number);
	s.p = envelope;
	s.len = sizeof(envelope);
	tsw_sha256(one->hash, &s, 1);
	memcpy(rec.hash, one->hash, sizeof(rec.hash));
	rec.label.p = (const uint8_t *)one->label;
	rec.label.len = strlen(one->label);
	rec.number = one->number;
	rec.time = 1;
	r = ts_engine_submit(run->engine, &rec, done, one);
	if (r != TS_OK)
		done(one, r, 0);
}

/* Records of a label go in order: one thread has both. */
static void *
drive(void *ctx)
{
	struct run *run = ctx;
	unsigned long i;

	for (;;) {
		(void)pthread_mutex_lock(&run->lock);
		while (run->flying + 2 > run->window)
			(void)pthread_cond_wait(&run->less, &run->lock);
		i = run->next;
		run->next += 2;
		if (i < run->cnt)
			run->flying += 2;
		(void)pthread_mutex_unlock(&run->lock);
		if (i >= run->cnt)
			return NULL;
		submit(run, i);
		submit(run, i + 1);
	}
}

int
main(int argc, char **argv)
{
	struct run run = {.lock = PTHREAD_MUTEX_INITIALIZER,
	    .less = PTHREAD_COND_INITIALIZER};
	static struct ts_config config;
	char why[TS_ENGINE_WHY_MAX], byte;
	pthread_t thread[THREADS];
	int i, used;

	if (argc < 4)
		return 2;
	run.name = argv[1];
	run.cnt = strtoul(argv[2], NULL, 10);
	run.window = strtoul(argv[3], NULL, 10);
	run.quiet = getenv("TS_QUIET") != NULL;
	if (ts_config_read(&config, why, &used, argc - 3, argv + 3) != TS_OK ||
	    ts_engine_start(&run.engine, why, &config) != TS_OK) {
		(void)printf("failed %s\n", why);
		return 1;
	}
	for (i = 0; run.cnt > 0 && i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, drive, &run) != 0)
			return 1;
	for (i = 0; run.cnt > 0 && i < THREADS; i++)
		(void)pthread_join(thread[i], NULL);
	(void)pthread_mutex_lock(&run.lock);
	while (run.flying > 0)
		(void)pthread_cond_wait(&run.less, &run.lock);
	(void)pthread_mutex_unlock(&run.lock);
	if (run.cnt == 0)
		while (read(0, &byte, 1) > 0)
			;
	ts_engine_stop(run.engine);
	(void)printf("end %s\n", ts_errname(ts_engine_state(run.engine)));
	ts_engine_free(&run.engine);
	return 0;
}
