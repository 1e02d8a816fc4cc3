/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/directory.h>

#include <stdlib.h>
#include <string.h>

#include "backend.h"

static const struct ts_backend *const backends[] = {
    &ts_backend_file,
};

struct ts_directory {
	const struct ts_backend *backend;
	void *state;
};

static const struct ts_backend *
find(const char *url)
{
	size_t i;

	for (i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		if (strncmp(url, backends[i]->scheme,
			strlen(backends[i]->scheme)) == 0)
			return backends[i];
	}
	return NULL;
}

int
ts_directory_open(struct ts_directory **out, const char *url)
{
	const struct ts_backend *backend = find(url);
	struct ts_directory *dir;
	int r;

	if (backend == NULL)
		return TS_ERR_ARGUMENT;
	dir = calloc(1, sizeof(*dir));
	if (dir == NULL)
		return TS_ERR_NO_MEMORY;
	dir->backend = backend;
	r = backend->open(&dir->state, url + strlen(backend->scheme));
	if (r != TS_OK) {
		free(dir);
		return r;
	}
	*out = dir;
	return TS_OK;
}

void
ts_directory_free(struct ts_directory **dir)
{
	if (*dir == NULL)
		return;
	(*dir)->backend->free((*dir)->state);
	free(*dir);
	*dir = NULL;
}

int
ts_directory_fetch(struct ts_directory *dir, struct tsw_slice label,
    uint32_t from,
    int (*fn)(void *arg, uint32_t number, const uint8_t *p, size_t len),
    void *arg)
{
	return dir->backend->fetch(dir->state, label, from, fn, arg);
}

int
ts_directory_publish(struct ts_directory *dir, struct tsw_slice label,
    uint32_t number, const uint8_t *p, size_t len)
{
	if (number >= TS_RECORDS_MAX || len == 0)
		return TS_ERR_ARGUMENT;
	return dir->backend->publish(dir->state, label, number, p, len);
}
