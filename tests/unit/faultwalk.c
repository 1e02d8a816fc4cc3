/* SPDX-License-Identifier: BSD-2-Clause */
#include "faultwalk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"

static struct person *walker;

/* Open the store and run f, with the fault armed. */
static int
run_armed(const struct flow *f, enum fault_mode mode, size_t n)
{
	int r;

	if (f->opening)
		fault_arm(mode, n);
	r = ts_store_open(&walker->store, walker->path);
	if (r == TS_OK)
		person_connect(walker);
	if (!f->opening)
		fault_arm(mode, n);
	return r == TS_OK ? f->run() : r;
}

/* The folder as it is before the flow. */
static void
snapshot(const char *what)
{
	char path[128], command[512];

	(void)world_path(path, "");
	path[strlen(path) - 1] = '\0';
	if (strcmp(what, "save") == 0)
		(void)snprintf(command, sizeof(command),
		    "rm -rf '%s.saved' && cp -a '%s' '%s.saved'", path, path,
		    path);
	else if (strcmp(what, "restore") == 0)
		(void)snprintf(command, sizeof(command),
		    "rm -rf '%s' && cp -a '%s.saved' '%s'", path, path, path);
	else
		(void)snprintf(command, sizeof(command), "rm -rf '%s.saved'",
		    path);
	/* NOLINTNEXTLINE(cert-env33-c): a test */
	assert_int_equal(system(command), 0);
}

static void
fail_at(const struct flow *f, enum fault_mode mode, size_t n, int r)
{
	fail_msg("%s, mode %d, call %zu: %s", f->name, (int)mode, n,
	    ts_errname(r));
}

/* After whatever happened: run it to its end, and look again after opening. */
static void
check_end(const struct flow *f, enum fault_mode mode, size_t n)
{
	int r;

	if (walker->store == NULL && person_reopen(walker) != TS_OK)
		fail_at(f, mode, n, TS_ERR_IO);
	r = f->run();
	if (r == TS_ERR_IO || r == TS_ERR_NO_MEMORY) {
		/* The store gave up until it is opened again. */
		r = person_reopen(walker);
		if (r == TS_OK)
			r = f->run();
	}
	if (r != TS_OK || !f->done())
		fail_at(f, mode, n, r);
	r = person_reopen(walker);
	if (r != TS_OK || !f->done())
		fail_at(f, mode, n, r);
}

/* False when there is no call n any more. */
static bool
inject(const struct flow *f, enum fault_mode mode, size_t n)
{
	bool hit;
	int r;

	snapshot("restore");
	walker->store = NULL;
	r = run_armed(f, mode, n);
	hit = fault_disarm();
	/* Not one error is taken for an attack or for a damaged file. */
	if (r == TS_ERR_DB_CORRUPT || r == TS_ERR_DB_FORGED ||
	    r == TS_ERR_DB_NEWER || (!hit && r != TS_OK))
		fail_at(f, mode, n, r);
	/* What was reported as done is done. */
	if (r == TS_OK && !f->done())
		fail_at(f, mode, n, r);
	check_end(f, mode, n);
	ts_store_free(&walker->store);
	return hit;
}

static bool
crash(const struct flow *f, size_t n)
{
	int status;
	pid_t pid;
	int r;

	snapshot("restore");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		r = run_armed(f, FAULT_CRASH, n);
		_exit(r == TS_OK ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0 && WEXITSTATUS(status) != FAULT_EXIT)
		fail_at(f, FAULT_CRASH, n, TS_ERR_INTERNAL);
	walker->counter += 10; /* the child's touches */
	walker->store = NULL;
	check_end(f, FAULT_CRASH, n);
	ts_store_free(&walker->store);
	return status != 0;
}

void
fault_walk(struct person *person, const struct flow *f)
{
	size_t n, total = 0;

	walker = person;
	ts_store_free(&walker->store);
	snapshot("save");
	for (n = 1; inject(f, FAULT_ERROR, n); n++)
		total++;
	assert_true(n > 10);
	for (n = 1; inject(f, FAULT_LATE, n); n++)
		total++;
	for (n = 1; crash(f, n); n += 3)
		total++;
	/* Thousands: every so many, by a stride that meets all places. */
	for (n = 1; inject(f, FAULT_MEMORY, n); n += 1 + n / 8)
		total++;
	print_message("%s: %zu faults\n", f->name, total);
	snapshot("forget");
	assert_int_equal(person_reopen(walker), TS_OK);
}
