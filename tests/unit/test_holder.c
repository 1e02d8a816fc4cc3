/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may hold a card, in a folder that stands for /proc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "agent/holder.h"

static char root[64];

static int
setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/ts-proc-XXXXXX");
	return mkdtemp(root) == NULL;
}

static int
teardown(void **state)
{
	char command[96];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void
process(const char *pid, const char *comm)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", root, pid);
	assert_int_equal(mkdir(path, 0700), 0);
	if (comm == NULL)
		return;
	(void)snprintf(path, sizeof(path), "%s/%s/comm", root, pid);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fprintf(f, "%s\n", comm);
	assert_int_equal(fclose(f), 0);
}

static void
nobody_is_known(void **state)
{
	struct ts_holder h;

	(void)state;
	assert_false(ts_holder_find(&h, root));
	process("1", "init");
	process("12", NULL);
	process("13", "");
	process("14", "scdaemon2");
	process("self", "scdaemon");
	assert_false(ts_holder_find(&h, root));
	assert_false(ts_holder_find(&h, "/nonexistent"));
}

static void
scdaemon_is_named(void **state)
{
	struct ts_holder h;

	(void)state;
	process("41", "bash");
	process("4242", "scdaemon");
	assert_true(ts_holder_find(&h, root));
	assert_int_equal(h.pid, 4242);
	assert_string_equal(h.name, "scdaemon");
	assert_non_null(strstr(h.remedy, "gpgconf --kill scdaemon"));
}

static void
likeliest_goes_first(void **state)
{
	struct ts_holder h;

	(void)state;
	process("10", "ykman");
	process("11", "scdaemon");
	process("12", "yubikey-agent");
	assert_true(ts_holder_find(&h, root));
	assert_int_equal(h.pid, 11);
}

/* The kernel cuts names to 15 bytes. */
static void
long_names_are_cut(void **state)
{
	struct ts_holder h;

	(void)state;
	process("10", "yubico-piv-tool");
	assert_true(ts_holder_find(&h, root));
	assert_string_equal(h.name, "yubico-piv-tool");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(nobody_is_known),
	    T(scdaemon_is_named),
	    T(likeliest_goes_first),
	    T(long_names_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
