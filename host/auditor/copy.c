/* SPDX-License-Identifier: BSD-2-Clause */
#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "directory/files.h"

#define BUFFER_LEN 1048576u
#define HEAD_LEN 2 /* u16: length of the leaf behind it */
#define NAME_MAX_LEN 200

struct ts_copy {
	int dir; /* of FILE */
	int fd;	 /* FILE.leaves */
	char name[NAME_MAX_LEN];
	off_t kept; /* ts_copy_rewind() */
	off_t end;  /* of what is in the file */
	size_t len; /* added and not yet written */
	uint8_t buffer[BUFFER_LEN];
};

static int
open_at(struct ts_copy *copy, const char *file)
{
	char path[NAME_MAX_LEN + 16], folder[4096];
	const char *slash = strrchr(file, '/');
	const char *name = slash == NULL ? file : slash + 1;
	const size_t len = slash == NULL ? 0 : (size_t)(slash - file) + 1;

	if (*name == '\0' || strlen(name) >= sizeof(copy->name) ||
	    len > sizeof(folder) - 2)
		return TS_ERR_ARGUMENT;
	memcpy(copy->name, name, strlen(name) + 1);
	memcpy(folder, file, len);
	memcpy(folder + len, ".", 2);
	copy->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (copy->dir < 0)
		return TS_ERR_IO;
	(void)snprintf(path, sizeof(path), "%s.leaves", name);
	copy->fd = openat(copy->dir, path,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (copy->fd < 0)
		return ts_files_error(errno);
	if (flock(copy->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? TS_ERR_DB_BUSY : TS_ERR_IO;
	return TS_OK;
}

int
ts_copy_open(struct ts_copy **out, const char *file)
{
	struct ts_copy *copy = calloc(1, sizeof(*copy));
	int r;

	if (copy == NULL)
		return TS_ERR_NO_MEMORY;
	copy->dir = copy->fd = -1;
	r = open_at(copy, file);
	if (r != TS_OK)
		ts_copy_close(&copy);
	else
		*out = copy;
	return r;
}

void
ts_copy_close(struct ts_copy **copy)
{
	if (*copy == NULL)
		return;
	if ((*copy)->fd >= 0)
		(void)close((*copy)->fd);
	if ((*copy)->dir >= 0)
		(void)close((*copy)->dir);
	free(*copy);
	*copy = NULL;
}

int
ts_copy_note(struct ts_copy *copy, uint8_t *out, size_t *len)
{
	return ts_files_read(copy->dir, copy->name, out, len);
}

/* Whole leaves of what was read; *used bytes of them. */
static int
each_of(const uint8_t *p, size_t len, size_t *used,
    int (*fn)(void *ctx, struct tsw_slice leaf), void *ctx)
{
	size_t n;
	int r;

	for (*used = 0; len - *used >= HEAD_LEN; *used += HEAD_LEN + n) {
		n = (size_t)p[*used] << 8 | p[*used + 1];
		if (n > len - *used - HEAD_LEN)
			break;
		r = fn(ctx, (struct tsw_slice){p + *used + HEAD_LEN, n});
		if (r != TS_OK)
			return r;
	}
	return TS_OK;
}

int
ts_copy_each(struct ts_copy *copy, int (*fn)(void *ctx, struct tsw_slice leaf),
    void *ctx)
{
	size_t have = 0, used;
	ssize_t n;
	int r = TS_OK;

	copy->end = 0;
	copy->len = 0;
	while (r == TS_OK) {
		n = pread(copy->fd, copy->buffer + have, BUFFER_LEN - have,
		    copy->end + (off_t)have);
		if (n < 0)
			return TS_ERR_IO;
		if (n == 0)
			break;
		have += (size_t)n;
		r = each_of(copy->buffer, have, &used, fn, ctx);
		copy->end += (off_t)used;
		have -= used;
		memmove(copy->buffer, copy->buffer + used, have);
	}
	copy->kept = copy->end;
	if (ftruncate(copy->fd, copy->end) != 0)
		return TS_ERR_IO;
	return r;
}

int
ts_copy_rewind(struct ts_copy *copy)
{
	copy->end = copy->kept;
	copy->len = 0;
	return ftruncate(copy->fd, copy->end) == 0 ? TS_OK : TS_ERR_IO;
}

int
ts_copy_clear(struct ts_copy *copy)
{
	copy->kept = 0;
	return ts_copy_rewind(copy);
}

static int
write_out(struct ts_copy *copy)
{
	size_t done = 0;
	ssize_t n;

	while (done < copy->len) {
		n = pwrite(copy->fd, copy->buffer + done, copy->len - done,
		    copy->end + (off_t)done);
		if (n <= 0)
			return n < 0 ? ts_files_error(errno) : TS_ERR_DISK_FULL;
		done += (size_t)n;
	}
	copy->end += (off_t)done;
	copy->len = 0;
	return TS_OK;
}

int
ts_copy_add(struct ts_copy *copy, struct tsw_slice leaf)
{
	int r;

	if (leaf.len > UINT16_MAX)
		return TS_ERR_ARGUMENT;
	if (HEAD_LEN + leaf.len > BUFFER_LEN - copy->len) {
		r = write_out(copy);
		if (r != TS_OK)
			return r;
	}
	copy->buffer[copy->len++] = (uint8_t)(leaf.len >> 8);
	copy->buffer[copy->len++] = (uint8_t)(leaf.len & 0xff);
	memcpy(copy->buffer + copy->len, leaf.p, leaf.len);
	copy->len += leaf.len;
	return TS_OK;
}

int
ts_copy_flush(struct ts_copy *copy)
{
	int r = write_out(copy);

	if (r == TS_OK && fdatasync(copy->fd) != 0)
		r = ts_files_error(errno);
	return r;
}

static int
put(struct ts_copy *copy, const char *name, struct tsw_slice bytes)
{
	int r = ts_files_write(copy->dir, name, bytes, 0600);

	return r == TS_OK ? ts_files_sync_parent(copy->dir, name) : r;
}

int
ts_copy_accept(struct ts_copy *copy, struct tsw_slice note)
{
	int r = ts_copy_flush(copy);

	if (r == TS_OK)
		r = put(copy, copy->name, note);
	if (r == TS_OK)
		copy->kept = copy->end;
	return r;
}

int
ts_copy_evidence(struct ts_copy *copy, struct tsw_slice known,
    struct tsw_slice shown)
{
	static uint8_t both[2 * TS_NOTE_MAX + 1];
	char name[NAME_MAX_LEN + 16];
	struct tsw_wr wr;

	tsw_wr_init(&wr, both, sizeof(both));
	tsw_wr_bytes(&wr, known.p, known.len);
	tsw_wr_u8(&wr, '\n');
	tsw_wr_bytes(&wr, shown.p, shown.len);
	(void)snprintf(name, sizeof(name), "%s.evidence", copy->name);
	return put(copy, name, (struct tsw_slice){both, tsw_wr_len(&wr)});
}
