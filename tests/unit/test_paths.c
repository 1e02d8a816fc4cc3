/* SPDX-License-Identifier: BSD-2-Clause */
/* Where state and socket are, and which folders are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/paths.h"

static char root[64];

static int
make_root(void **state)
{
	(void)state;
	strcpy(root, "/tmp/ts-paths-XXXXXX");
	unsetenv("TOUCHSTONE_HOME");
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	setenv("HOME", "/home/someone", 1);
	return mkdtemp(root) == NULL ? -1 : 0;
}

static int
remove_root(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void
test_home_holds_all(void **state)
{
	struct ts_paths p;

	(void)state;
	setenv("TOUCHSTONE_HOME", "/x/y", 1);
	setenv("XDG_STATE_HOME", "/state", 1);
	setenv("XDG_RUNTIME_DIR", "/run", 1);
	assert_int_equal(ts_paths_init(&p), TS_OK);
	assert_string_equal(p.state, "/x/y");
	assert_string_equal(p.run, "/x/y");
	assert_string_equal(p.socket, "/x/y/agent");
}

static void
test_xdg(void **state)
{
	struct ts_paths p;

	(void)state;
	setenv("XDG_STATE_HOME", "/state", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	assert_int_equal(ts_paths_init(&p), TS_OK);
	assert_string_equal(p.state, "/state/touchstone");
	assert_string_equal(p.socket, "/run/user/7/touchstone/agent");
	/* Relative ones are ignored, as the XDG specification has it. */
	setenv("XDG_STATE_HOME", "state", 1);
	setenv("XDG_RUNTIME_DIR", "run", 1);
	assert_int_equal(ts_paths_init(&p), TS_OK);
	assert_string_equal(p.state, "/home/someone/.local/state/touchstone");
	assert_string_equal(p.socket,
	    "/home/someone/.local/state/touchstone/agent");
}

static void
test_refused(void **state)
{
	struct ts_paths p, before;
	char path[200];

	(void)state;
	memset(&p, 0x5a, sizeof(p));
	before = p;
	setenv("TOUCHSTONE_HOME", "relative", 1);
	assert_int_equal(ts_paths_init(&p), TS_ERR_ARGUMENT);
	/* 108 bytes of a socket address, with "/agent" and its NUL. */
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[102] = '\0';
	setenv("TOUCHSTONE_HOME", path, 1);
	assert_int_equal(ts_paths_init(&p), TS_ERR_ARGUMENT);
	unsetenv("TOUCHSTONE_HOME");
	unsetenv("HOME");
	assert_int_equal(ts_paths_init(&p), TS_ERR_ARGUMENT);
	assert_memory_equal(&p, &before, sizeof(p));
	path[101] = '\0';
	setenv("TOUCHSTONE_HOME", path, 1);
	assert_int_equal(ts_paths_init(&p), TS_OK);
}

static void
test_folders(void **state)
{
	char path[100];
	const char *bad = NULL;
	struct ts_paths p;
	struct stat st;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/a/b", root);
	setenv("TOUCHSTONE_HOME", path, 1);
	assert_int_equal(ts_paths_init(&p), TS_OK);
	assert_int_equal(ts_paths_make(&bad, &p), TS_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(ts_paths_make(&bad, &p), TS_OK);
	/* Others could put a socket there. */
	assert_null(bad);
	assert_int_equal(chmod(path, 0770), 0);
	assert_int_equal(ts_paths_make(&bad, &p), TS_ERR_PERMISSIONS);
	assert_ptr_equal(bad, p.state);
	/* The folder of the socket, where it is another. */
	(void)snprintf(p.state, sizeof(p.state), "%s/c", root);
	assert_int_equal(ts_paths_make(&bad, &p), TS_ERR_PERMISSIONS);
	assert_ptr_equal(bad, p.run);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(ts_paths_make(&bad, &p), TS_ERR_IO);
}

static void
test_programs(void **state)
{
	char out[TS_PATH_MAX];

	(void)state;
	setenv("TOUCHSTONE_AGENT", "/bin/sh", 1);
	assert_int_equal(ts_paths_program(out, TS_PROGRAM_AGENT), TS_OK);
	assert_string_equal(out, "/bin/sh");
	/* A choice that cannot be run is an error, not a reason to guess. */
	setenv("TOUCHSTONE_AGENT", "/nonexistent", 1);
	assert_int_equal(ts_paths_program(out, TS_PROGRAM_AGENT),
	    TS_ERR_NOT_FOUND);
	unsetenv("TOUCHSTONE_AGENT");
}

static void
test_connect_to_nobody(void **state)
{
	struct ts_paths p;
	int fd = -7;

	(void)state;
	setenv("TOUCHSTONE_HOME", root, 1);
	assert_int_equal(ts_paths_init(&p), TS_OK);
	assert_int_equal(ts_paths_connect(&fd, &p), TS_ERR_NOT_FOUND);
	assert_int_equal(fd, -7);
	/* An agent that cannot be started, or says that it failed. */
	setenv("TOUCHSTONE_AGENT", "/nonexistent", 1);
	assert_int_equal(ts_paths_connect_or_start(&fd, &p), TS_ERR_NOT_FOUND);
	setenv("TOUCHSTONE_AGENT", "/bin/false", 1);
	assert_int_equal(ts_paths_connect_or_start(&fd, &p), TS_ERR_IO);
	unsetenv("TOUCHSTONE_AGENT");
	assert_int_equal(fd, -7);
}

int
main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(test_##name, make_root, remove_root)
	const struct CMUnitTest tests[] = {
	    TEST(home_holds_all),
	    TEST(xdg),
	    TEST(refused),
	    TEST(folders),
	    TEST(programs),
	    TEST(connect_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
