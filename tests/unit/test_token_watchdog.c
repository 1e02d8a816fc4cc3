/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread that ends a process which is stuck: each time in a child. */
#include "token/watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FAR_MS 60000
#define OWN_EXIT 7 /* the first thread ended the process itself */

static struct ts_control control;
static struct ts_watchdog dog;
static int near; /* the agent's end */
static pid_t pid;

static const struct ts_token_request request = {.op = TS_TOKEN_MSG_SIGN,
    .budget_ms = FAR_MS};

/* Runs in the child, which is stuck afterwards. */
typedef void scene(void);

static void
begin(scene *play)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	near = pair[0];
	pid = fork();
	assert_true(pid >= 0);
	if (pid != 0) {
		close(pair[1]);
		return;
	}
	close(pair[0]);
	ts_control_init(&control, pair[1]);
	if (ts_watchdog_start(&dog, &control) != TS_OK)
		_exit(99);
	play();
	for (;;)
		pause();
}

/* One whole frame; its id. */
static int
hear(uint8_t *body, size_t size, size_t *len)
{
	uint8_t head[TS_TOKEN_HEAD_LEN];

	assert_int_equal(recv(near, head, sizeof(head), MSG_WAITALL),
	    sizeof(head));
	*len = (size_t)head[2] << 8 | head[3];
	assert_true(*len >= 2 && *len <= size);
	assert_int_equal(recv(near, body, *len, MSG_WAITALL), (ssize_t)*len);
	return body[1];
}

static void
expect_event(enum ts_token_message id)
{
	uint8_t body[TS_TOKEN_FRAME_MAX];
	size_t len;

	assert_int_equal(hear(body, sizeof(body), &len), id);
}

static void
expect_result(enum ts_token_message op, int err)
{
	static struct ts_token_result res;
	uint8_t body[TS_TOKEN_FRAME_MAX];
	size_t len;

	assert_int_equal(hear(body, sizeof(body), &len), TS_TOKEN_MSG_RESULT);
	assert_int_equal(ts_token_result_decode(&res, body, len), TS_OK);
	assert_int_equal(res.op, op);
	assert_int_equal(res.err, err);
	assert_int_equal(res.retries, TS_TOKEN_RETRIES_UNKNOWN);
}

/* Nothing more is said, and that is how it ended. */
static void
expect_end(int code)
{
	uint8_t more;
	int status;

	assert_int_equal(recv(near, &more, 1, 0), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
	close(near);
}

static void
call_too_long(void)
{
	ts_watchdog_request(&dog, &request);
	ts_watchdog_begin(&dog, FAR_MS, TS_ERR_INTERNAL);
	ts_watchdog_end(&dog);
	ts_watchdog_begin(&dog, 100, TS_ERR_CARD_HELD);
}

static void
a_call_that_takes_too_long(void **state)
{
	(void)state;
	begin(call_too_long);
	expect_result(TS_TOKEN_MSG_SIGN, TS_ERR_CARD_HELD);
	expect_end(0);
}

static void
call_without_request(void)
{
	ts_watchdog_begin(&dog, 100, TS_ERR_NO_PCSCD);
}

/* The result is for the request that waits on the socket. */
static void
stuck_before_the_request_is_read(void **state)
{
	static const uint8_t wink[] = {0, 0, 0, 12, TS_TOKEN_PROTO_VERSION,
	    TS_TOKEN_MSG_WINK, TS_TOKEN_STREAM, 0, 0, 0, 1, 0, 0, 0, 0, 0};

	(void)state;
	begin(call_without_request);
	assert_int_equal(send(near, wink, sizeof(wink), 0), sizeof(wink));
	expect_result(TS_TOKEN_MSG_WINK, TS_ERR_NO_PCSCD);
	expect_end(0);
}

static void
guess(void)
{
	ts_watchdog_request(&dog, &request);
	ts_watchdog_begin(&dog, 0, TS_ERR_TOKEN_IO);
	ts_watchdog_touch(&dog);
}

static void
cancelled_in_a_call(void **state)
{
	(void)state;
	begin(guess);
	expect_event(TS_TOKEN_MSG_TOUCH_NEEDED);
	assert_int_equal(send(near, "x", 1, 0), 1);
	expect_event(TS_TOKEN_MSG_TOUCH_DONE);
	expect_result(TS_TOKEN_MSG_SIGN, TS_ERR_CANCELLED);
	expect_end(0);
}

static void
nobody_is_there_any_more(void **state)
{
	int status;

	(void)state;
	begin(guess);
	close(near);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void
guess_and_end(void)
{
	guess();
	while (!ts_control_is_touching(&control))
		usleep(1000);
	ts_watchdog_end(&dog);
	_exit(OWN_EXIT);
}

static void
a_guess_ends_with_the_call(void **state)
{
	(void)state;
	begin(guess_and_end);
	expect_event(TS_TOKEN_MSG_TOUCH_NEEDED);
	expect_event(TS_TOKEN_MSG_TOUCH_DONE);
	expect_end(OWN_EXIT);
}

static void
use_up_budget(void)
{
	struct ts_token_request req = request;

	req.budget_ms = 1;
	ts_watchdog_request(&dog, &req);
	ts_control_touch(&control, true);
}

static void
a_budget_that_is_used_up(void **state)
{
	(void)state;
	begin(use_up_budget);
	expect_event(TS_TOKEN_MSG_TOUCH_NEEDED);
	expect_event(TS_TOKEN_MSG_TOUCH_DONE);
	expect_result(TS_TOKEN_MSG_SIGN, TS_ERR_NO_TOUCH);
	expect_end(0);
}

/* The first thread was faster: the other one says nothing and ends nothing. */
static void
answer_then_be_late(void)
{
	struct ts_token_result res;

	memset(&res, 0, sizeof(res));
	res.op = TS_TOKEN_MSG_SIGN;
	res.err = TS_ERR_WRONG_TOKEN;
	res.retries = TS_TOKEN_RETRIES_UNKNOWN;
	ts_watchdog_request(&dog, &request);
	if (ts_control_result(&control, &res) != TS_OK)
		_exit(99);
	ts_watchdog_begin(&dog, 1, TS_ERR_TOKEN_IO);
	usleep(300000); /* six looks of the other thread */
	ts_control_touch(&control, true);
	if (ts_control_result(&control, &res) != TS_ERR_ALREADY)
		_exit(98);
	_exit(OWN_EXIT);
}

static void
one_result_and_no_more(void **state)
{
	(void)state;
	begin(answer_then_be_late);
	expect_result(TS_TOKEN_MSG_SIGN, TS_ERR_WRONG_TOKEN);
	expect_end(OWN_EXIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_call_that_takes_too_long),
	    cmocka_unit_test(stuck_before_the_request_is_read),
	    cmocka_unit_test(cancelled_in_a_call),
	    cmocka_unit_test(nobody_is_there_any_more),
	    cmocka_unit_test(a_guess_ends_with_the_call),
	    cmocka_unit_test(a_budget_that_is_used_up),
	    cmocka_unit_test(one_result_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
