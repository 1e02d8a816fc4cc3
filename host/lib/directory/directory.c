/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/directory.h>

#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/bundle.h>

#include "backend.h"

static const struct ts_backend *const backends[] = {
    &ts_backend_file,
    &ts_backend_https,
    &ts_backend_http,
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
ts_directory_open(struct ts_directory **out, struct ts_store *store,
    const char *url)
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
	r = backend->open(&dir->state, store, url);
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
ts_directory_prepare(struct ts_directory *dir, struct tsw_slice label,
    uint32_t from)
{
	return dir->backend->prepare == NULL
	    ? TS_OK
	    : dir->backend->prepare(dir->state, label, from);
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

int
ts_directory_bundle(struct ts_directory *dir, struct tsw_slice label,
    const uint8_t hash[TSW_HASH_LEN], uint8_t out[TSW_BUNDLE_MAX], size_t *len)
{
	uint8_t buf[TSW_BUNDLE_MAX + 1], got[TSW_HASH_LEN];
	size_t n = 0;
	int r;

	r = dir->backend->bundle(dir->state, label, hash, buf, &n);
	if (r != TS_OK)
		return r;
	if (n == 0 || n > TSW_BUNDLE_MAX)
		return TS_ERR_NOT_FOUND;
	tsw_bundle_hash(got, buf, n);
	if (memcmp(got, hash, sizeof(got)) != 0)
		return TS_ERR_MISMATCH;
	memcpy(out, buf, n);
	*len = n;
	return TS_OK;
}

int
ts_directory_put_bundle(struct ts_directory *dir, struct tsw_slice label,
    const uint8_t *p, size_t len)
{
	uint8_t there[TSW_BUNDLE_MAX], hash[TSW_HASH_LEN];
	size_t n;
	int r;

	if (len == 0 || len > TSW_BUNDLE_MAX)
		return TS_ERR_ARGUMENT;
	tsw_bundle_hash(hash, p, len);
	r = dir->backend->put_bundle(dir->state, label, hash, p, len);
	if (r == TS_ERR_CONFLICT &&
	    ts_directory_bundle(dir, label, hash, there, &n) == TS_OK)
		return TS_OK;
	return r;
}
