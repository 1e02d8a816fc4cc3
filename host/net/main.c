/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * touchstone-net: one HTTP request, in a process that can do nothing else.
 * See touchstone-net(8).
 */
#include "net/sandbox.h"
#include "net/serve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DONE = 0, FAILED = 1, USAGE = 2 };

static int
raise_walls(void)
{
	int r = ts_net_sandbox_prepare();

	if (r == TS_OK)
		r = ts_net_warm_up();
	return r == TS_OK ? ts_net_sandbox_enter() : r;
}

static int
serve(void)
{
	int r = raise_walls();

	if (r == TS_OK)
		r = ts_net_serve(STDIN_FILENO);
	/* A thread that still asks for a name is not waited for. */
	_exit(r == TS_OK ? DONE : FAILED);
}

static int
version(void)
{
	printf("touchstone-net %s%s\n", TS_VERSION,
	    ts_net_sandbox_is_built_in() ? ""
					 : " (no sandbox: sanitizer build)");
	return DONE;
}

/* In a process of its own, as there is no way back. */
static int
try_walls(void)
{
	const char *hole;
	int status = -1;
	pid_t pid = fork();

	if (pid < 0)
		return TS_ERR_INTERNAL;
	if (pid == 0) {
		hole = raise_walls() == TS_OK ? ts_net_sandbox_probe()
					      : "not be entered";
		if (hole != NULL)
			printf("sandbox: leaks: it can %s\n", hole);
		fflush(stdout);
		_exit(hole == NULL ? DONE : FAILED);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == DONE
	    ? TS_OK
	    : TS_ERR_INTERNAL;
}

static int
self_test(void)
{
	if (try_walls() != TS_OK) {
		printf("sandbox: does not hold\n");
		return FAILED;
	}
	printf("sandbox: holds (seccomp, Landlock %d)\n",
	    ts_net_sandbox_landlock());
	return DONE;
}

int
main(int argc, char **argv)
{
	if (argc == 1)
		return serve();
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return version();
	if (argc == 2 && strcmp(argv[1], "--self-test") == 0)
		return self_test();
	fprintf(stderr,
	    "usage: touchstone-net [--version | --self-test]\n"
	    "It is started by touchstone-agent.\n");
	return USAGE;
}
