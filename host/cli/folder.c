/* SPDX-License-Identifier: BSD-2-Clause */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out.h"

static bool
is_empty(int folder)
{
	const struct dirent *e;
	int copy = dup(folder);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	bool empty = dir != NULL;

	while (empty && (e = readdir(dir)) != NULL)
		empty =
		    strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	if (dir != NULL)
		(void)closedir(dir);
	else if (copy >= 0)
		(void)close(copy);
	return empty;
}

enum cli_exit
folder_open(const struct cli *cli, int *out, const char *path)
{
	int fd;

	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		return out_fail(cli, CLI_FAILED, "IO",
		    "%s: the folder cannot be made: %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return out_fail(cli, CLI_FAILED, "IO",
		    "%s: the folder cannot be opened: %s", path,
		    strerror(errno));
	if (!is_empty(fd)) {
		(void)close(fd);
		return out_fail(cli, CLI_FAILED, "ALREADY",
		    "%s: the folder is not empty; name one that is, or a new "
		    "one",
		    path);
	}
	*out = fd;
	return CLI_DONE;
}

enum cli_exit
folder_write(const struct cli *cli, int folder, const char *name, const void *p,
    size_t len)
{
	const char *next = p;
	ssize_t n = 0;
	int fd;

	fd = openat(folder, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	while (fd >= 0 && len > 0) {
		n = write(fd, next, len);
		if (n < 0 && errno != EINTR)
			break;
		next += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0 && close(fd) == 0 && len == 0)
		return CLI_DONE;
	return out_fail(cli, CLI_FAILED, errno == ENOSPC ? "DISK_FULL" : "IO",
	    "%s cannot be written: %s; what is in the folder is not complete",
	    name, strerror(errno));
}
