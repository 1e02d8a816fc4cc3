/* SPDX-License-Identifier: BSD-2-Clause */
/* touchstone-agent: options, hardening, and the life of the process. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

#define OTHER_START_MS 10000 /* for one that starts or ends just now */
#define IDLE_MAX_S 86400

struct options {
	bool daemon;
	int64_t idle_ms;
};

/* Big, and there is one: not on the stack. */
static struct ts_agent agent;

static void
complain(const char *what)
{
	fprintf(stderr, "touchstone-agent: %s\n", what);
}

static void
usage(FILE *out)
{
	fputs("usage: touchstone-agent [--daemon | --foreground]"
	      " [--idle-exit SECONDS]\n"
	      "       touchstone-agent --help | --version\n",
	    out);
}

static bool
read_seconds(int64_t *ms, const char *text)
{
	int64_t s = 0;

	if (text[0] == '\0' || strlen(text) > 5)
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		s = s * 10 + (*text - '0');
	if (*text != '\0' || s < 1 || s > IDLE_MAX_S)
		return false;
	*ms = s * 1000;
	return true;
}

/* Returns the exit status, or -1 to go on. */
static int
read_options(struct options *out, int argc, char **argv)
{
	static const struct option long_options[] = {
	    {"daemon", no_argument, NULL, 'd'},
	    {"foreground", no_argument, NULL, 'f'},
	    {"idle-exit", required_argument, NULL, 'i'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'v'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	while (
	    (option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (option) {
		case 'd':
			out->daemon = true;
			break;
		case 'f':
			out->daemon = false;
			break;
		case 'i':
			if (!read_seconds(&out->idle_ms, optarg)) {
				complain("--idle-exit takes 1 to 86400 "
					 "seconds");
				return 2;
			}
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'v':
			printf("touchstone-agent %s\n", TS_VERSION);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return 2;
	}
	return -1;
}

/* Nothing of this process is for others, alive or dead. */
static void
harden(void)
{
	const struct rlimit none = {0, 0};

	(void)umask(077);
	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef TS_NO_SANDBOX /* sanitizers look into the process */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a full disk is an error, no end */
	/* What the parent left open, a PIN pipe for example. */
	(void)close_range(getenv("LISTEN_FDS") != NULL ? 4 : 3, ~0U, 0);
}

/* TS_ERR_BUSY: another agent serves this state. */
static int
take_lock(const struct ts_paths *paths)
{
	char path[TS_PATH_MAX];
	int n, fd;

	n = snprintf(path, sizeof(path), "%s/agent.lock", paths->state);
	if (n < 0 || (size_t)n >= sizeof(path))
		return TS_ERR_ARGUMENT;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return TS_ERR_IO;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		n = errno;
		close(fd);
		return n == EWOULDBLOCK ? TS_ERR_BUSY : TS_ERR_IO;
	}
	/* Held until the process ends, so never closed. */
	return TS_OK;
}

/*
 * Become the one agent of this state.  If there is one already that answers,
 * *other is set.  One that has the lock but does not answer is about to
 * listen, or about to end: wait for either.
 */
static int
take_over(bool *other, const struct ts_paths *paths)
{
	const struct timespec pause = {0, 10 * 1000 * 1000};
	const int64_t end = ts_loop_now_ms() + OTHER_START_MS;
	int r, fd;

	*other = false;
	while ((r = take_lock(paths)) == TS_ERR_BUSY) {
		if (ts_paths_connect(&fd, paths) == TS_OK) {
			close(fd);
			*other = true;
			return TS_OK;
		}
		if (ts_loop_now_ms() >= end) {
			complain("another agent holds the lock but is silent");
			return TS_ERR_BUSY;
		}
		(void)nanosleep(&pause, NULL);
	}
	return r;
}

static void
terminated(void *ctx, short revents)
{
	struct ts_agent *a = ctx;

	(void)revents;
	a->loop.stop = true;
}

/* SIGTERM and SIGINT end the loop; what was reported as done is on disk. */
static int
watch_signals(struct ts_watch *watch)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return TS_ERR_IO;
	watch->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch->fd < 0)
		return TS_ERR_IO;
	watch->events = POLLIN;
	watch->ready = terminated;
	watch->ctx = &agent;
	return ts_loop_watch(&agent.loop, watch);
}

/* Tell the waiting parent how the start went, and let go of its terminal. */
static void
detach(int ready_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		close(null);
	}
	if (write(ready_fd, "", 1) != 1)
		complain("the parent has gone");
	close(ready_fd);
}

/* ready_fd: where to say that the socket listens, or -1. */
static int
serve(const struct options *options, int ready_fd)
{
	struct ts_watch signals;
	bool inherited = false, other = false;
	const char *at = agent.paths.state;
	int fd, r;

	memset(&signals, 0, sizeof(signals));
	r = ts_paths_init(&agent.paths);
	if (r != TS_OK) {
		complain("TOUCHSTONE_HOME or HOME must be an absolute path");
		return EXIT_FAILURE;
	}
	r = ts_paths_make(&at, &agent.paths);
	if (r == TS_OK)
		r = take_over(&other, &agent.paths);
	if (r == TS_OK && other) {
		complain("already running");
		return EXIT_SUCCESS;
	}
	if (r == TS_OK)
		r = ts_server_socket(&fd, &inherited, &agent.paths);
	if (r != TS_OK) {
		fprintf(stderr, "touchstone-agent: %s: %s\n", at,
		    ts_strerror(r));
		return EXIT_FAILURE;
	}
	agent.idle_ms = options->idle_ms;
	r = ts_agent_open(&agent, fd);
	if (r == TS_OK)
		r = watch_signals(&signals);
	if (r == TS_OK && ready_fd >= 0)
		detach(ready_fd);
	if (r == TS_OK)
		r = ts_loop_run(&agent.loop);
	if (!inherited)
		(void)unlink(agent.paths.socket);
	ts_agent_close(&agent);
	if (r != TS_OK)
		complain(ts_strerror(r));
	return r == TS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The child serves; the parent returns when it listens, or has failed. */
static int
serve_in_background(const struct options *options)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) != 0)
		return EXIT_FAILURE;
	pid = fork();
	if (pid < 0) {
		complain("cannot fork");
		return EXIT_FAILURE;
	}
	if (pid == 0) {
		close(ready[0]);
		(void)setsid();
		/* The folder it was started in may go away. */
		if (chdir("/") != 0)
			return EXIT_FAILURE;
		return serve(options, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) == 1)
		return EXIT_SUCCESS;
	/* It said why, unless another agent runs. */
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		return WEXITSTATUS(status);
	return EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	struct options options = {false, 0};
	int status;

	status = read_options(&options, argc, argv);
	if (status >= 0)
		return status;
	harden();
	return options.daemon ? serve_in_background(&options)
			      : serve(&options, -1);
}
