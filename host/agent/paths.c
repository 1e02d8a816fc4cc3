/* SPDX-License-Identifier: BSD-2-Clause */
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM (128 << 10)

static const struct {
	const char *name;
	const char *variable;
	const char *part; /* its folder under host/ in a build tree */
	const char *installed;
} programs[] = {
    [TS_PROGRAM_CLI] = {"touchstone", "TOUCHSTONE_CLI", "cli", TS_BINDIR},
    [TS_PROGRAM_AGENT] = {"touchstone-agent", "TOUCHSTONE_AGENT", "agent",
	TS_BINDIR},
    [TS_PROGRAM_HELPER] = {"touchstone-token", "TOUCHSTONE_HELPER", "token",
	TS_HELPERDIR},
    [TS_PROGRAM_NET] = {"touchstone-net", "TOUCHSTONE_NET", "net",
	TS_HELPERDIR},
};

__attribute__((format(printf, 3, 4))) static int
join(char *out, size_t size, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(out, size, format, ap);
	va_end(ap);
	return n < 0 || (size_t)n >= size ? TS_ERR_ARGUMENT : TS_OK;
}

/* A variable that holds an absolute path, or NULL (XDG: others are ignored). */
static const char *
absolute(const char *variable)
{
	const char *v = getenv(variable);

	return v != NULL && v[0] == '/' ? v : NULL;
}

static int
xdg_paths(struct ts_paths *p)
{
	const char *state = absolute("XDG_STATE_HOME");
	const char *run = absolute("XDG_RUNTIME_DIR");
	const char *home = absolute("HOME");
	int r;

	if (state != NULL)
		r = join(p->state, sizeof(p->state), "%s/touchstone", state);
	else if (home != NULL)
		r = join(p->state, sizeof(p->state),
		    "%s/.local/state/touchstone", home);
	else
		r = TS_ERR_ARGUMENT;
	if (r != TS_OK)
		return r;
	if (run != NULL)
		return join(p->run, sizeof(p->run), "%s/touchstone", run);
	return join(p->run, sizeof(p->run), "%s", p->state);
}

int
ts_paths_init(struct ts_paths *out)
{
	const char *home = getenv("TOUCHSTONE_HOME");
	struct ts_paths p;
	int r;

	memset(&p, 0, sizeof(p));
	if (home != NULL && home[0] != '\0') {
		if (home[0] != '/')
			return TS_ERR_ARGUMENT;
		r = join(p.state, sizeof(p.state), "%s", home);
		if (r == TS_OK)
			r = join(p.run, sizeof(p.run), "%s", home);
	} else {
		r = xdg_paths(&p);
	}
	if (r == TS_OK)
		r = join(p.socket, sizeof(p.socket), "%s/agent", p.run);
	if (r == TS_OK)
		*out = p;
	return r;
}

/* mkdir -p; what exists already keeps its mode. */
static int
make_folders(const char *path)
{
	char part[TS_PATH_MAX];
	size_t i, len = strlen(path);

	if (len >= sizeof(part))
		return TS_ERR_ARGUMENT;
	for (i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return TS_ERR_IO;
	}
	return TS_OK;
}

/* Ours, a folder, and nobody else can put files into it. */
static int
check_folder(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return TS_ERR_IO;
	return st.st_uid == geteuid() && (st.st_mode & 022) == 0
	    ? TS_OK
	    : TS_ERR_PERMISSIONS;
}

static int
make_private(const char **bad, const char *path)
{
	int r = make_folders(path);

	if (r == TS_OK)
		r = check_folder(path);
	if (r != TS_OK)
		*bad = path;
	return r;
}

int
ts_paths_make(const char **bad, const struct ts_paths *paths)
{
	int r = make_private(bad, paths->state);

	return r == TS_OK ? make_private(bad, paths->run) : r;
}

int
ts_paths_program(char out[TS_PATH_MAX], enum ts_program which)
{
	const char *chosen = absolute(programs[which].variable);
	const char *name = programs[which].name;
	char self[TS_PATH_MAX];
	char *slash;
	ssize_t n;

	if (chosen != NULL)
		return access(chosen, X_OK) == 0
		    ? join(out, TS_PATH_MAX, "%s", chosen)
		    : TS_ERR_NOT_FOUND;

	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash != NULL)
			*slash = '\0';
		if (join(out, TS_PATH_MAX, "%s/%s", self, name) == TS_OK &&
		    access(out, X_OK) == 0)
			return TS_OK;
		if (join(out, TS_PATH_MAX, "%s/../%s/%s", self,
			programs[which].part, name) == TS_OK &&
		    access(out, X_OK) == 0)
			return TS_OK;
	}
	if (join(out, TS_PATH_MAX, "%s/%s", programs[which].installed, name) ==
		TS_OK &&
	    access(out, X_OK) == 0)
		return TS_OK;
	return TS_ERR_NOT_FOUND;
}

bool
ts_paths_same_user(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	memset(&cred, 0xff, sizeof(cred));
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
	    len == sizeof(cred) && cred.uid == geteuid();
}

int
ts_paths_connect(int *out, const struct ts_paths *paths)
{
	struct sockaddr_un sa;
	int fd, error;

	memset(&sa, 0, sizeof(sa));
	sa.sun_family = AF_UNIX;
	memcpy(sa.sun_path, paths->socket, sizeof(sa.sun_path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return TS_ERR_IO;
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0) {
		error = errno;
		close(fd);
		return error == ENOENT || error == ECONNREFUSED
		    ? TS_ERR_NOT_FOUND
		    : TS_ERR_IO;
	}
	if (!ts_paths_same_user(fd)) {
		close(fd);
		return TS_ERR_IO;
	}
	*out = fd;
	return TS_OK;
}

/* `touchstone-agent --daemon` returns once it listens, or says why not. */
static int
start_agent(void)
{
	char program[TS_PATH_MAX];
	char daemon_option[] = "--daemon";
	char *argv[] = {program, daemon_option, NULL};
	int r, status;
	pid_t pid;

	r = ts_paths_program(program, TS_PROGRAM_AGENT);
	if (r != TS_OK)
		return r;
	pid = fork();
	if (pid < 0)
		return TS_ERR_IO;
	if (pid == 0) {
		execv(program, argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return TS_ERR_IO;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? TS_OK
							     : TS_ERR_IO;
}

int
ts_paths_connect_or_start(int *out, const struct ts_paths *paths)
{
	int r;

	r = ts_paths_connect(out, paths);
	if (r != TS_ERR_NOT_FOUND)
		return r;
	r = start_agent();
	if (r != TS_OK)
		return r;
	return ts_paths_connect(out, paths);
}

int
ts_paths_room(const struct ts_paths *paths)
{
	int fd = open(paths->state, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	int err;

	if (fd < 0)
		return errno == ENOSPC || errno == EDQUOT ? TS_ERR_DISK_FULL
							  : TS_OK;
	err = posix_fallocate(fd, 0, ROOM);
	close(fd);
	return err == ENOSPC || err == EDQUOT || err == EFBIG ? TS_ERR_DISK_FULL
							      : TS_OK;
}
