/* SPDX-License-Identifier: BSD-2-Clause */
#include "enginerig.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

#include <touchstone/wire/crypto.h>

void
enginerig_init(struct enginerig *rig)
{
	memset(rig, 0, sizeof(*rig));
	(void)snprintf(rig->folder, sizeof(rig->folder), "%s",
	    "/tmp/enginerig.XXXXXX");
	if (mkdtemp(rig->folder) == NULL)
		abort();
	(void)pthread_mutex_init(&rig->lock, NULL);
	(void)pthread_cond_init(&rig->told, NULL);
	ts_config_init(&rig->config, rig->folder);
	(void)snprintf(rig->config.origin, sizeof(rig->config.origin),
	    "example.org/unit");
	rig->config.batch_ms = 1;
	ts_events_level(TS_EVENT_ERROR);
}

void
enginerig_start(struct enginerig *rig)
{
	char why[TS_ENGINE_WHY_MAX];

	if (ts_engine_start(&rig->engine, why, &rig->config) != TS_OK) {
		(void)fprintf(stderr, "%s\n", why);
		abort();
	}
}

void
enginerig_stop(struct enginerig *rig)
{
	if (rig->engine == NULL)
		return;
	ts_engine_stop(rig->engine);
	ts_engine_free(&rig->engine);
}

void
enginerig_end(struct enginerig *rig)
{
	char command[128];

	enginerig_stop(rig);
	(void)snprintf(command, sizeof(command), "rm -r %s", rig->folder);
	if (system(command) != 0)
		abort();
}

struct tsw_slice
enginerig_slice(const char *s)
{
	return (struct tsw_slice){(const uint8_t *)s, strlen(s)};
}

static void
done(void *ctx, int result, uint64_t leaf)
{
	struct enginerig *rig = ctx;

	(void)pthread_mutex_lock(&rig->lock);
	if (rig->result == TS_OK)
		rig->result = result;
	rig->leaf = leaf;
	rig->waiting--;
	(void)pthread_cond_signal(&rig->told);
	(void)pthread_mutex_unlock(&rig->lock);
}

static int
give(struct enginerig *rig, const char *label, uint32_t number,
    const char *statement)
{
	char envelope[128];
	struct ts_engine_record rec = {.number = number, .time = 7};
	struct tsw_slice s = enginerig_slice(statement);
	int r;

	(void)snprintf(envelope, sizeof(envelope), "envelope of %s %u %s",
	    label, (unsigned)number, statement);
	rec.label = enginerig_slice(label);
	rec.envelope = enginerig_slice(envelope);
	rec.invitation = rig->invitation;
	tsw_sha256(rec.hash, &s, 1);
	(void)pthread_mutex_lock(&rig->lock);
	rig->waiting++;
	(void)pthread_mutex_unlock(&rig->lock);
	r = ts_engine_submit(rig->engine, &rec, done, rig);
	if (r != TS_OK)
		done(rig, r, 0);
	return r;
}

static int
result(struct enginerig *rig)
{
	int r;

	(void)pthread_mutex_lock(&rig->lock);
	while (rig->waiting > 0)
		(void)pthread_cond_wait(&rig->told, &rig->lock);
	r = rig->result;
	rig->result = TS_OK;
	(void)pthread_mutex_unlock(&rig->lock);
	return r;
}

int
enginerig_submit(struct enginerig *rig, const char *label, uint32_t number,
    const char *statement)
{
	(void)give(rig, label, number, statement);
	return result(rig);
}

int
enginerig_fill(struct enginerig *rig, unsigned cnt)
{
	char label[32];
	unsigned i;

	for (i = 0; i < cnt; i++) {
		(void)snprintf(label, sizeof(label), "fill%u", i);
		(void)give(rig, label, 0, label);
	}
	return result(rig);
}

const struct ts_engine_view *
enginerig_view(struct enginerig *rig, uint64_t size)
{
	const struct timespec soon = {0, 1000000};
	const struct ts_engine_view *view;

	for (;;) {
		view = ts_engine_view(rig->engine);
		if (view != NULL && view->head.size >= size)
			return view;
		ts_engine_view_drop(rig->engine, view);
		(void)nanosleep(&soon, NULL);
	}
}

static bool
file_has(const char *path, const char *bytes)
{
	static char text[1 << 20];
	size_t len, i, n = strlen(bytes);
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return false;
	len = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	assert(len < sizeof(text));
	for (i = 0; i + n <= len; i++)
		if (memcmp(text + i, bytes, n) == 0)
			return true;
	return false;
}

bool
enginerig_has_bytes(const struct enginerig *rig, const char *bytes)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/directory.db", rig->folder);
	if (file_has(path, bytes))
		return true;
	(void)snprintf(path, sizeof(path), "%s/directory.db-wal", rig->folder);
	return file_has(path, bytes);
}

void
enginerig_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || fchmod(fd, 0600) != 0 ||
	    write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    close(fd) != 0)
		abort();
}
