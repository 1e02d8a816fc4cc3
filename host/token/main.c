/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * touchstone-token: one operation on one token, in a process that can do
 * nothing else.  See touchstone-token(8).
 */
#include "token/evidence.h"
#include "token/selftest.h"
#include "token/serve.h"
#include "token/warm.h"
#include "token/watch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Behind the walls of a process without PINs or a device. */
static int
raise_walls(enum ts_sandbox mode)
{
	int r;

	r = ts_sandbox_prepare(STDERR_FILENO + 1);
	if (r == TS_OK)
		r = ts_warm_up();
	if (r == TS_OK)
		r = ts_sandbox_close_paths();
	return r == TS_OK ? ts_sandbox_enter(mode) : r;
}

/* No device and no PIN: a question and its answer. */
static int
evidence(void)
{
	if (raise_walls(TS_SANDBOX_TOKEN) != TS_OK ||
	    ts_evidence_serve(TS_TOKEN_FD_CONTROL) != TS_OK)
		return TS_EXIT_FAILED;
	return TS_EXIT_DONE;
}

static int
version(void)
{
	printf("touchstone-token %s%s\n", TS_VERSION,
	    ts_sandbox_is_built_in() ? "" : " (no sandbox: sanitizer build)");
	return TS_EXIT_DONE;
}

/* Tell whether the walls hold on this kernel. */
static int
self_test(void)
{
	if (ts_selftest() != TS_OK) {
		printf("sandbox: does not hold\n");
		return TS_EXIT_FAILED;
	}
	printf("sandbox: holds (seccomp, Landlock %d)\n",
	    ts_sandbox_landlock());
	return TS_EXIT_DONE;
}

static int
usage(void)
{
	fprintf(stderr,
	    "usage: touchstone-token [--card | --watch-cards | --evidence]\n"
	    "       touchstone-token --version | --self-test\n"
	    "It is started by touchstone-agent.\n");
	return TS_EXIT_USAGE;
}

static const struct mode {
	const char *option;
	int (*run)(void);
} modes[] = {
    {"--card", ts_serve_card},
    {"--watch-cards", ts_watch_cards},
    {"--evidence", evidence},
    {"--version", version},
    {"--self-test", self_test},
};

int
main(int argc, char **argv)
{
	size_t i;

	if (argc == 1)
		return ts_serve_token();
	for (i = 0; argc == 2 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[1], modes[i].option) == 0)
			return modes[i].run();
	}
	return usage();
}
