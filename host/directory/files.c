/* SPDX-License-Identifier: BSD-2-Clause */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	return fsync(fd) == 0 ? TS_OK : ts_files_error(errno);
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
	if (close(fd) != 0 && r == TS_OK)
		r = ts_files_error(errno);
	if (r == TS_OK && renameat(root, tmp, root, path) != 0)
		r = ts_files_error(errno);
	if (r != TS_OK)
		(void)unlinkat(root, tmp, 0);
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
