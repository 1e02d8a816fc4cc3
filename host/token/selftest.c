/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/selftest.h"

#include "token/sandbox.h"
#include "token/warm.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* The second thread, as there is one beside a card. */
struct second {
	sem_t runs, walls_up, done;
	const char *hole;
};

static void *
look_around(void *arg)
{
	struct second *second = arg;

	sem_post(&second->runs);
	while (sem_wait(&second->walls_up) != 0)
		;
	second->hole = ts_sandbox_probe();
	sem_post(&second->done);
	for (;;)
		while (sem_wait(&second->walls_up) != 0)
			;
	return NULL;
}

static int
start_second(struct second *second)
{
	pthread_t thread;

	if (sem_init(&second->runs, 0, 0) != 0 ||
	    sem_init(&second->walls_up, 0, 0) != 0 ||
	    sem_init(&second->done, 0, 0) != 0 ||
	    pthread_create(&thread, NULL, look_around, second) != 0)
		return TS_ERR_INTERNAL;
	while (sem_wait(&second->runs) != 0)
		;
	return TS_OK;
}

static int
raise_walls(enum ts_sandbox mode, struct second *second)
{
	int r;

	r = ts_sandbox_prepare(STDERR_FILENO + 1);
	if (r == TS_OK)
		r = ts_warm_up();
	if (r == TS_OK)
		r = ts_sandbox_close_paths();
	if (r == TS_OK && mode == TS_SANDBOX_CARD)
		r = start_second(second);
	return r == TS_OK ? ts_sandbox_enter(mode) : r;
}

static const char *
find_hole(enum ts_sandbox mode)
{
	static struct second second;
	const char *hole;

	if (raise_walls(mode, &second) != TS_OK)
		return "not be entered";
	hole = ts_sandbox_probe();
	if (hole != NULL || mode != TS_SANDBOX_CARD)
		return hole;
	sem_post(&second.walls_up);
	while (sem_wait(&second.done) != 0)
		;
	return second.hole;
}

/* In a process of its own, as there is no way back. */
static int
try_mode(enum ts_sandbox mode)
{
	const char *hole;
	int status = -1;
	pid_t pid = fork();

	if (pid < 0)
		return TS_ERR_INTERNAL;
	if (pid == 0) {
		hole = find_hole(mode);
		if (hole != NULL) {
			printf("sandbox %d: leaks: it can %s\n", (int)mode,
			    hole);
			fflush(stdout);
		}
		_exit(hole == NULL ? 0 : 1);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? TS_OK
							     : TS_ERR_INTERNAL;
}

int
ts_selftest(void)
{
	int r;

	r = try_mode(TS_SANDBOX_TOKEN);
	if (r == TS_OK)
		r = try_mode(TS_SANDBOX_CARD);
	return r == TS_OK ? try_mode(TS_SANDBOX_WATCH) : r;
}
