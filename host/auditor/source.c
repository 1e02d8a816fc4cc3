/* SPDX-License-Identifier: BSD-2-Clause */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/fetch.h"

#define TIMEOUT_MS 60000
#define HTTP_OK 200
#define HTTP_NOT_FOUND 404
#define HTTP_GONE 410

struct ts_source {
	int folder; /* -1: it is a URL */
	struct ts_fetch *fetch;
	char url[TS_FETCH_URL_MAX + 1]; /* without a slash at its end */
	bool (*cancelled)(void);
	char error[256];
};

static int
open_folder(struct ts_source *source, const char *path)
{
	source->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return source->folder >= 0 ? TS_OK : TS_ERR_DIRECTORY;
}

static int
open_url(struct ts_source *source, const char *url, const char *ca_file)
{
	const struct ts_fetch_options options = {.ca_file = ca_file,
	    .user_agent = "touchstone-auditor"};
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	if (len >= sizeof(source->url))
		return TS_ERR_ARGUMENT;
	memcpy(source->url, url, len);
	source->url[len] = '\0';
	if (ts_fetch_check_url(source->url) != TS_OK)
		return TS_ERR_ARGUMENT;
	return ts_fetch_new(&source->fetch, &options);
}

int
ts_source_new(struct ts_source **out, const char *where, const char *ca_file,
    bool (*cancelled)(void))
{
	static const char file[] = "file://";
	struct ts_source *source = calloc(1, sizeof(*source));
	int r;

	if (source == NULL)
		return TS_ERR_NO_MEMORY;
	source->folder = -1;
	source->cancelled = cancelled;
	if (strncmp(where, file, strlen(file)) == 0)
		r = where[strlen(file)] == '/'
		    ? open_folder(source, where + strlen(file))
		    : TS_ERR_ARGUMENT;
	else if (strstr(where, "://") != NULL)
		r = open_url(source, where, ca_file);
	else
		r = open_folder(source, where);
	if (r != TS_OK)
		ts_source_free(&source);
	else
		*out = source;
	return r;
}

void
ts_source_free(struct ts_source **source)
{
	if (*source == NULL)
		return;
	ts_fetch_free(&(*source)->fetch);
	if ((*source)->folder >= 0)
		(void)close((*source)->folder);
	free(*source);
	*source = NULL;
}

const char *
ts_source_error(const struct ts_source *source)
{
	return source->error;
}

/* --- A folder: regular files only --- */

static int
read_all(int fd, struct ts_source_file *file)
{
	uint8_t more;
	ssize_t n;

	for (file->len = 0; file->len < file->max; file->len += (size_t)n) {
		n = read(fd, file->out + file->len, file->max - file->len);
		if (n < 0)
			return TS_ERR_DIRECTORY;
		if (n == 0)
			return TS_OK;
	}
	n = read(fd, &more, 1);
	return n == 0 ? TS_OK : n > 0 ? TSW_ERR_TOO_LONG : TS_ERR_DIRECTORY;
}

static void
read_file(struct ts_source *source, struct ts_source_file *file)
{
	struct stat st;
	int fd;

	file->len = 0;
	fd = openat(source->folder, file->path,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		file->result = TS_ERR_NOT_FOUND;
		return;
	}
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		file->result = TS_ERR_DIRECTORY;
	else
		file->result = read_all(fd, file);
	if (file->result == TS_ERR_DIRECTORY)
		(void)snprintf(source->error, sizeof(source->error),
		    "%s cannot be read", file->path);
	if (fd >= 0)
		(void)close(fd);
}

/* --- A server --- */

static bool
ask_cancelled(void *ctx)
{
	const struct ts_source *source = ctx;

	return source->cancelled();
}

static void
take_answer(struct ts_source *source, struct ts_source_file *file,
    const struct ts_fetch_many *many)
{
	const unsigned status = many->answer.status;

	file->len = many->answer.len;
	file->result = many->result;
	if (many->result == TS_OK && status == HTTP_OK)
		return;
	file->len = 0;
	if (many->result == TS_OK &&
	    (status == HTTP_NOT_FOUND || status == HTTP_GONE)) {
		file->result = TS_ERR_NOT_FOUND;
	} else if (many->result == TS_OK) {
		file->result = TS_ERR_DIRECTORY;
		(void)snprintf(source->error, sizeof(source->error),
		    "%s: HTTP status %u", file->path, status);
	} else if (many->result != TS_ERR_CANCELLED) {
		file->result = TS_ERR_DIRECTORY;
		(void)snprintf(source->error, sizeof(source->error),
		    "%.60s: %.150s", file->path, ts_fetch_error(source->fetch));
	}
}

static void
fetch_files(struct ts_source *source, struct ts_source_file *file, size_t cnt)
{
	static char url[TS_SOURCE_FILES_CNT][TS_FETCH_URL_MAX + 1];
	struct ts_fetch_many many[TS_SOURCE_FILES_CNT];
	size_t i;
	int n;

	memset(many, 0, sizeof(many));
	for (i = 0; i < cnt; i++) {
		n = snprintf(url[i], sizeof(url[i]), "%s/%s", source->url,
		    file[i].path);
		if (n < 0 || (size_t)n >= sizeof(url[i]))
			url[i][0] = '\0'; /* refused as no URL */
		many[i].req.url = url[i];
		many[i].req.max = file[i].max;
		many[i].req.timeout_ms = TIMEOUT_MS;
		if (source->cancelled != NULL)
			many[i].req.cancelled = ask_cancelled;
		many[i].req.ctx = source;
		many[i].out = file[i].out;
		many[i].result = TS_ERR_DIRECTORY;
	}
	ts_fetch_do_many(source->fetch, many, cnt);
	for (i = 0; i < cnt; i++)
		take_answer(source, &file[i], &many[i]);
}

void
ts_source_read(struct ts_source *source, struct ts_source_file *file,
    size_t cnt)
{
	size_t i;

	source->error[0] = '\0';
	if (source->folder < 0) {
		fetch_files(source, file, cnt);
		return;
	}
	for (i = 0; i < cnt; i++)
		read_file(source, &file[i]);
}
