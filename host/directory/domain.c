/* SPDX-License-Identifier: BSD-2-Clause */
#include "domain.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/fetch.h"
#include "keyed.h"

#define THREADS_CNT 16 /* they wait for most of the time */
#define WAITING_MAX 256
#define TIMEOUT_MS 5000
#define KNOWN_CNT 1024 /* answers that are remembered */
#define KNOWN_S 30     /* and for so long */

struct job {
	struct job *next;
	uint8_t label[TSW_LABEL_MAX];
	size_t label_len;
	uint8_t id[TSW_ID_LEN];
	ts_domain_done *done;
	void *ctx;
};

struct known {
	uint8_t what[TS_KEYED_LEN];
	time_t until;
};

struct ts_domain {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	atomic_bool ending;
	struct job *first, **last;
	size_t waiting;
	struct ts_keyed key;
	struct known known[KNOWN_CNT];
	char *ca_file, *connect_to; /* or NULL */
	pthread_t thread[THREADS_CNT];
	size_t threads;
};

static time_t
now_s(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + 1; /* never 0 */
}

static struct known *
place(struct ts_domain *d, uint8_t what[TS_KEYED_LEN], struct tsw_slice label,
    const uint8_t id[TSW_ID_LEN])
{
	uint8_t both[TSW_LABEL_MAX + TSW_ID_LEN];

	memcpy(both, id, TSW_ID_LEN);
	memcpy(both + TSW_ID_LEN, label.p, label.len);
	ts_keyed_hash(what, &d->key, 0,
	    (struct tsw_slice){both, TSW_ID_LEN + label.len});
	return &d->known[ts_keyed_place(what, KNOWN_CNT)];
}

/* --- The threads --- */

static bool
is_ending(void *ctx)
{
	return atomic_load(&((struct ts_domain *)ctx)->ending);
}

static int
ask(struct ts_domain *d, struct ts_fetch *fetch, uint8_t *file,
    const struct job *job)
{
	const struct tsw_slice label = {job->label, job->label_len};
	struct ts_fetch_answer answer = {0};
	struct ts_fetch_request req = {.max = TS_DOMAIN_FILE_MAX,
	    .timeout_ms = TIMEOUT_MS,
	    .cancelled = is_ending,
	    .ctx = d};
	char url[TS_DOMAIN_URL_MAX];
	int r;

	r = ts_domain_url(url, label);
	if (r != TS_OK)
		return r;
	req.url = url;
	r = ts_fetch_do(fetch, &answer, file, &req);
	if (r == TS_ERR_CANCELLED)
		return r;
	if (r == TS_OK && answer.status == 200 &&
	    ts_domain_vouches((struct tsw_slice){file, answer.len}, label,
		job->id))
		return TS_OK;
	return TS_ERR_DOMAIN;
}

static void
remember_no(struct ts_domain *d, const struct job *job)
{
	uint8_t what[TS_KEYED_LEN];
	struct known *k;

	k = place(d, what, (struct tsw_slice){job->label, job->label_len},
	    job->id);
	pthread_mutex_lock(&d->lock);
	memcpy(k->what, what, sizeof(what));
	k->until = now_s() + KNOWN_S;
	pthread_mutex_unlock(&d->lock);
}

/* NULL: it ends. */
static struct job *
next_job(struct ts_domain *d)
{
	struct job *job;

	pthread_mutex_lock(&d->lock);
	while (d->first == NULL && !atomic_load(&d->ending))
		pthread_cond_wait(&d->wake, &d->lock);
	job = d->first;
	if (job != NULL) {
		d->first = job->next;
		if (d->first == NULL)
			d->last = &d->first;
		d->waiting--;
	}
	pthread_mutex_unlock(&d->lock);
	return job;
}

static void *
run(void *ctx)
{
	struct ts_domain *d = ctx;
	struct ts_fetch_options options = {.ca_file = d->ca_file,
	    .public_only = d->connect_to == NULL,
	    .user_agent = "touchstone-directory",
	    .connect_to = d->connect_to};
	uint8_t *file = malloc(TS_DOMAIN_FILE_MAX);
	struct ts_fetch *fetch = NULL;
	struct job *job;
	int r;

	while ((job = next_job(d)) != NULL) {
		/* Anew each time: hosts are strangers to each other. */
		r = TS_ERR_NO_MEMORY;
		if (atomic_load(&d->ending))
			r = TS_ERR_CANCELLED;
		else if (file != NULL)
			r = ts_fetch_new(&fetch, &options);
		if (r == TS_OK)
			r = ask(d, fetch, file, job);
		ts_fetch_free(&fetch);
		if (r == TS_ERR_DOMAIN)
			remember_no(d, job);
		job->done(job->ctx, r);
		free(job);
	}
	free(file);
	return NULL;
}

/* --- The outside --- */

static int
copy_text(char **out, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return TS_OK;
	*out = strdup(text);
	return *out == NULL ? TS_ERR_NO_MEMORY : TS_OK;
}

int
ts_domain_new(struct ts_domain **out, const struct ts_domain_options *options)
{
	struct ts_domain *d = calloc(1, sizeof(*d));
	int r;

	if (d == NULL)
		return TS_ERR_NO_MEMORY;
	(void)pthread_mutex_init(&d->lock, NULL);
	(void)pthread_cond_init(&d->wake, NULL);
	d->last = &d->first;
	r = ts_keyed_init(&d->key);
	if (r == TS_OK)
		r = copy_text(&d->ca_file, options->ca_file);
	if (r == TS_OK)
		r = copy_text(&d->connect_to, options->connect_to);
	while (r == TS_OK && d->threads < THREADS_CNT) {
		if (pthread_create(&d->thread[d->threads], NULL, run, d) != 0)
			r = TS_ERR_NO_MEMORY;
		else
			d->threads++;
	}
	if (r != TS_OK) {
		ts_domain_free(&d);
		return r;
	}
	*out = d;
	return TS_OK;
}

void
ts_domain_stop(struct ts_domain *domain)
{
	pthread_mutex_lock(&domain->lock);
	atomic_store(&domain->ending, true);
	pthread_cond_broadcast(&domain->wake);
	pthread_mutex_unlock(&domain->lock);
	while (domain->threads > 0)
		(void)pthread_join(domain->thread[--domain->threads], NULL);
}

void
ts_domain_free(struct ts_domain **domain)
{
	struct ts_domain *d = *domain;

	if (d == NULL)
		return;
	ts_domain_stop(d);
	(void)pthread_cond_destroy(&d->wake);
	(void)pthread_mutex_destroy(&d->lock);
	tsw_wipe(&d->key, sizeof(d->key));
	free(d->ca_file);
	free(d->connect_to);
	free(d);
	*domain = NULL;
}

static int
put(struct ts_domain *d, struct job *job)
{
	uint8_t what[TS_KEYED_LEN];
	struct known *k;
	int r = TS_OK;

	k = place(d, what, (struct tsw_slice){job->label, job->label_len},
	    job->id);
	pthread_mutex_lock(&d->lock);
	if (k->until > now_s() && memcmp(k->what, what, sizeof(what)) == 0) {
		r = TS_ERR_DOMAIN;
	} else if (d->waiting >= WAITING_MAX || atomic_load(&d->ending)) {
		r = TS_ERR_DIRECTORY_BUSY;
	} else {
		*d->last = job;
		d->last = &job->next;
		d->waiting++;
		pthread_cond_signal(&d->wake);
	}
	pthread_mutex_unlock(&d->lock);
	return r;
}

int
ts_domain_ask(struct ts_domain *domain, struct tsw_slice label,
    const uint8_t id[TSW_ID_LEN], ts_domain_done *done, void *ctx)
{
	char url[TS_DOMAIN_URL_MAX];
	struct job *job;
	int r;

	if (label.len > TSW_LABEL_MAX)
		return TS_ERR_DOMAIN;
	r = ts_domain_url(url, label);
	if (r != TS_OK)
		return r;
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return TS_ERR_NO_MEMORY;
	memcpy(job->label, label.p, label.len);
	job->label_len = label.len;
	memcpy(job->id, id, TSW_ID_LEN);
	job->done = done;
	job->ctx = ctx;
	r = put(domain, job);
	if (r != TS_OK)
		free(job);
	return r;
}
