/* SPDX-License-Identifier: BSD-2-Clause */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"

#define PATH_LEN 512

int
ts_files_error(int err)
{
	return err == ENOSPC || err == EDQUOT ? TS_ERR_DISK_FULL : TS_ERR_IO;
}

static int
sync_folder(int root, const char *path)
{
	int fd, r = TS_OK;

	fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ts_files_error(errno);
	if (fsync(fd) != 0)
		r = ts_files_error(errno);
	(void)close(fd);
	return r;
}

/* "." if path has no folder. */
static int
parent(char out[PATH_LEN], const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 1 : (size_t)(slash - path);

	if (len >= PATH_LEN)
		return TS_ERR_ARGUMENT;
	memcpy(out, slash == NULL ? "." : path, len);
	out[len] = '\0';
	return TS_OK;
}

int
ts_files_sync_parent(int root, const char *path)
{
	char folder[PATH_LEN];
	int r = parent(folder, path);

	return r == TS_OK ? sync_folder(root, folder) : r;
}

/* A new name is durable once the folder it is in is synced. */
static int
make_one(int root, const char *path, mode_t mode)
{
	if (mkdirat(root, path, mode) == 0)
		return ts_files_sync_parent(root, path);
	return errno == EEXIST ? TS_OK : ts_files_error(errno);
}

int
ts_files_folder(int root, const char *path, mode_t mode)
{
	char part[PATH_LEN];
	struct stat st;
	size_t i, len = strlen(path);
	int r = TS_OK;

	if (fstatat(root, path, &st, 0) == 0 && S_ISDIR(st.st_mode))
		return TS_OK;
	if (len >= sizeof(part))
		return TS_ERR_ARGUMENT;
	for (i = 1; r == TS_OK && i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		r = make_one(root, part, mode);
	}
	return r;
}

static int
write_all(int fd, struct tsw_slice s)
{
	ssize_t n;

	while (s.len > 0) {
		n = write(fd, s.p, s.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ts_files_error(n == 0 ? EIO : errno);
		s.p += n;
		s.len -= (size_t)n;
	}
	return TS_OK;
}

int
ts_files_write(int root, const char *path, struct tsw_slice bytes, mode_t mode)
{
	char tmp[PATH_LEN];
	int fd, r;

	if (snprintf(tmp, sizeof(tmp), "%s.tmp", path) >= (int)sizeof(tmp))
		return TS_ERR_ARGUMENT;
	fd = openat(root, tmp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return ts_files_error(errno);
	r = write_all(fd, bytes);
	if (r == TS_OK && fsync(fd) != 0)
		r = ts_files_error(errno);
	if (close(fd) != 0 && r == TS_OK)
		r = ts_files_error(errno);
	if (r == TS_OK && renameat(root, tmp, root, path) != 0)
		r = ts_files_error(errno);
	if (r != TS_OK)
		(void)unlinkat(root, tmp, 0);
	return r;
}

void
ts_files_init(struct ts_files *files, int root, mode_t mode)
{
	files->root = root;
	files->mode = mode;
	files->cnt = 0;
}

static void
tmp_name(char out[TS_FILES_PATH_MAX + 4], const char *path)
{
	(void)snprintf(out, TS_FILES_PATH_MAX + 4, "%s.tmp", path);
}

void
ts_files_drop(struct ts_files *files)
{
	char tmp[TS_FILES_PATH_MAX + 4];
	size_t i;

	for (i = 0; i < files->cnt; i++) {
		if (files->one[i].fd >= 0)
			(void)close(files->one[i].fd);
		tmp_name(tmp, files->one[i].path);
		(void)unlinkat(files->root, tmp, 0);
	}
	files->cnt = 0;
}

int
ts_files_add(struct ts_files *files, const char *path, struct tsw_slice bytes)
{
	char tmp[TS_FILES_PATH_MAX + 4], folder[PATH_LEN];
	int fd, r = TS_OK;

	if (files->cnt == TS_FILES_CNT)
		r = ts_files_end(files);
	if (r == TS_OK)
		r = parent(folder, path);
	if (r == TS_OK && strlen(path) >= TS_FILES_PATH_MAX)
		r = TS_ERR_ARGUMENT;
	if (r == TS_OK)
		r = ts_files_folder(files->root, folder, 0755);
	if (r != TS_OK)
		return r;
	tmp_name(tmp, path);
	fd = openat(files->root, tmp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, files->mode);
	if (fd < 0)
		return ts_files_error(errno);
	memcpy(files->one[files->cnt].path, path, strlen(path) + 1);
	files->one[files->cnt++].fd = fd;
	return write_all(fd, bytes);
}

/* All data, then all names, then the folders: each sync helps the next. */
static int
sync_all(struct ts_files *files)
{
	char tmp[TS_FILES_PATH_MAX + 4];
	int r = TS_OK;
	size_t i;

	for (i = 0; r == TS_OK && i < files->cnt; i++) {
		if (fsync(files->one[i].fd) != 0)
			r = ts_files_error(errno);
		if (close(files->one[i].fd) != 0 && r == TS_OK)
			r = ts_files_error(errno);
		files->one[i].fd = -1;
	}
	for (i = 0; r == TS_OK && i < files->cnt; i++) {
		tmp_name(tmp, files->one[i].path);
		ts_crash_point("tile");
		if (renameat(files->root, tmp, files->root,
			files->one[i].path) != 0)
			r = ts_files_error(errno);
	}
	return r;
}

static bool
same_folder(const char *a, const char *b)
{
	const char *x = strrchr(a, '/'), *y = strrchr(b, '/');

	return x != NULL && y != NULL && x - a == y - b &&
	    memcmp(a, b, (size_t)(x - a)) == 0;
}

int
ts_files_end(struct ts_files *files)
{
	int r = sync_all(files);
	size_t i, j;

	for (i = 0; r == TS_OK && i < files->cnt; i++) {
		for (j = 0; j < i; j++)
			if (same_folder(files->one[i].path, files->one[j].path))
				break;
		if (j == i)
			r = ts_files_sync_parent(files->root,
			    files->one[i].path);
	}
	if (r != TS_OK)
		ts_files_drop(files);
	files->cnt = 0;
	return r;
}

int
ts_files_read(int root, const char *path, uint8_t *out, size_t *len)
{
	size_t got = 0;
	struct stat st;
	ssize_t n = 1;
	int fd, r = TS_ERR_IO;

	fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? TS_ERR_NOT_FOUND
							   : TS_ERR_IO;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (size_t)st.st_size > *len)
		goto out;
	while (got < *len && n > 0) {
		n = read(fd, out + got, *len - got);
		if (n > 0)
			got += (size_t)n;
	}
	if (n < 0)
		goto out;
	*len = got;
	r = TS_OK;
out:
	(void)close(fd);
	return r;
}
