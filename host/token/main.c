/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * touchstone-token: one operation on one token, in a process that can do
 * nothing else.  See touchstone-token(8).
 */
#include "token/evidence.h"
#include "token/ops.h"
#include "token/sandbox.h"
#include "token/warm.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define REQUEST_WAIT_MS 5000 /* it is on the socket before we start */
#define PIN_WAIT_MS 10000    /* somebody has typed it already */

/* The walls go up before anything from outside is read. */
static int
lock_down(void)
{
	int flags, r;

	r = ts_sandbox_prepare(TS_TOKEN_FD_NEW_PIN + 1);
	if (r != TS_OK)
		return r;
	flags = fcntl(TS_TOKEN_FD_DEVICE, F_GETFL);
	if (flags < 0 ||
	    fcntl(TS_TOKEN_FD_DEVICE, F_SETFL, flags | O_NONBLOCK) != 0)
		return TS_ERR_ARGUMENT;
	r = ts_warm_up();
	return r == TS_OK ? ts_sandbox_enter() : r;
}

static void
run_request(struct ts_token_result *result, struct ts_control *control,
    const struct ts_token_request *req)
{
	struct ts_pins pins = {NULL, NULL};
	struct ts_hid hid;
	int r;

	result->op = req->op;
	r = ts_pins_read(&pins, control, PIN_WAIT_MS);
	if (r != TS_OK) {
		result->err = r;
		return;
	}
	ts_hid_init(&hid, TS_TOKEN_FD_DEVICE, req->transport, control,
	    req->budget_ms);
	ts_ops_run(result, req, &hid, &pins);
	ts_pins_wipe(&pins);
}

static int
serve(void)
{
	struct ts_token_result result;
	struct ts_token_request req;
	struct ts_control control;
	int r;

	ts_control_init(&control, TS_TOKEN_FD_CONTROL);
	r = ts_control_request(&control, &req, REQUEST_WAIT_MS);
	memset(&result, 0, sizeof(result));
	result.op = TS_TOKEN_MSG_INFO;
	result.retries = TS_TOKEN_RETRIES_UNKNOWN;
	result.err = r;
	if (r == TS_OK)
		run_request(&result, &control, &req);
	r = ts_control_result(&control, &result);
	return r == TS_OK ? EXIT_DONE : EXIT_FAILED;
}

/* No device and no PIN: a question and its answer. */
static int
evidence(void)
{
	if (ts_sandbox_prepare(STDERR_FILENO + 1) != TS_OK ||
	    ts_warm_up() != TS_OK || ts_sandbox_enter() != TS_OK)
		return EXIT_FAILED;
	return ts_evidence_serve(TS_TOKEN_FD_CONTROL) == TS_OK ? EXIT_DONE
							       : EXIT_FAILED;
}

static int
version(void)
{
	printf("touchstone-token %s%s\n", TS_VERSION,
	    ts_sandbox_is_built_in() ? "" : " (no sandbox: sanitizer build)");
	return EXIT_DONE;
}

/* Tell whether the walls hold on this kernel. */
static int
self_test(void)
{
	const char *hole;
	int landlock = ts_sandbox_landlock();

	if (ts_sandbox_prepare(STDERR_FILENO + 1) != TS_OK ||
	    ts_warm_up() != TS_OK || ts_sandbox_enter() != TS_OK) {
		printf("sandbox: cannot be entered\n");
		return EXIT_FAILED;
	}
	hole = ts_sandbox_probe();
	if (hole != NULL) {
		printf("sandbox: leaks: it can %s\n", hole);
		return EXIT_FAILED;
	}
	printf("sandbox: holds (seccomp, Landlock %d)\n", landlock);
	return EXIT_DONE;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return version();
	if (argc == 2 && strcmp(argv[1], "--self-test") == 0)
		return self_test();
	if (argc == 2 && strcmp(argv[1], "--evidence") == 0)
		return evidence();
	if (argc > 1) {
		fprintf(stderr,
		    "usage: touchstone-token [--version | --self-test]\n"
		    "It is started by touchstone-agent.\n");
		return EXIT_USAGE;
	}
	if (lock_down() != TS_OK)
		return EXIT_FAILED;
	return serve();
}
