/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory's engine while the n-th call of SQLite, of malloc or of the
 * file system fails, in whatever thread that is, or ends the process.  Who was
 * told that a record is kept finds it afterwards, and at the same leaf.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "enginerig.h"
#include "faults.h"

#define RECORDS_CNT 3

struct told {
	int result[RECORDS_CNT];
	uint64_t leaf[RECORDS_CNT];
	bool hit;
};

static struct enginerig rig;

static void
submit_all(struct told *out)
{
	uint32_t i;

	for (i = 0; i < RECORDS_CNT; i++) {
		out->result[i] = enginerig_submit(&rig, "a", i, "statement");
		out->leaf[i] = rig.leaf;
	}
}

/* In a process of its own, which may end there. */
static void
child(int pipe, enum fault_mode mode, size_t n)
{
	char why[TS_ENGINE_WHY_MAX];
	struct told told = {.hit = false};
	uint32_t i;

	for (i = 0; i < RECORDS_CNT; i++)
		told.result[i] = TS_ERR_INTERNAL;
	ts_events_level(TS_EVENT_ERROR);
	if (freopen("/dev/null", "w", stderr) == NULL)
		_exit(1);
	fault_arm(mode, n);
	if (ts_engine_start(&rig.engine, why, &rig.config) == TS_OK) {
		submit_all(&told);
		enginerig_stop(&rig);
	}
	told.hit = fault_disarm();
	if (write(pipe, &told, sizeof(told)) != sizeof(told))
		_exit(1);
	_exit(0);
}

/* What the child was told before it ended; false: the fault was not reached. */
static bool
run(struct told *out, enum fault_mode mode, size_t n)
{
	int ends[2], status = 0;
	pid_t pid;

	memset(out, 0, sizeof(*out));
	out->result[0] = TS_ERR_INTERNAL;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(ends[1], mode, n);
	(void)close(ends[1]);
	if (read(ends[0], out, sizeof(*out)) != sizeof(*out))
		out->result[0] = out->result[1] = out->result[2] =
		    TS_ERR_INTERNAL;
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == FAULT_EXIT)
		return true;
	assert_int_equal(WEXITSTATUS(status), 0);
	return out->hit;
}

/* All of it is there, and what was told holds. */
static void
check(const struct told *told)
{
	struct told now;
	size_t i;

	enginerig_start(&rig);
	submit_all(&now);
	for (i = 0; i < RECORDS_CNT; i++) {
		assert_int_equal(now.result[i], TS_OK);
		if (told->result[i] == TS_OK)
			assert_int_equal(told->leaf[i], now.leaf[i]);
	}
	assert_int_equal(atomic_load(&ts_engine_counts(rig.engine)->entries),
	    RECORDS_CNT);
	enginerig_stop(&rig);
}

static void
walk(enum fault_mode mode, bool fresh)
{
	struct told told;
	bool hit = true;
	size_t n;

	for (n = 1; hit; n += 1 + n / 6) {
		enginerig_init(&rig);
		if (!fresh) {
			enginerig_start(&rig);
			enginerig_stop(&rig);
		}
		hit = run(&told, mode, n);
		check(&told);
		enginerig_end(&rig);
	}
	assert_true(n > 20);
}

static void
test_errors(void **state)
{
	(void)state;
	walk(FAULT_ERROR, true);
	walk(FAULT_ERROR, false);
}

static void
test_late_errors(void **state)
{
	(void)state;
	walk(FAULT_LATE, true);
	walk(FAULT_LATE, false);
}

static void
test_memory(void **state)
{
	(void)state;
	walk(FAULT_MEMORY, false);
}

static void
test_crash(void **state)
{
	(void)state;
	walk(FAULT_CRASH, true);
	walk(FAULT_CRASH, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_late_errors),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_crash),
	};

	fault_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
