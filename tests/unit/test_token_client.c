/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting a helper, and every way it can end. */
#include "token/client.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define V TS_TOKEN_PROTO_VERSION

static const struct ts_token_request info = {.op = TS_TOKEN_MSG_INFO,
    .transport = TS_TOKEN_STREAM,
    .budget_ms = 20000};

/* Start helper on a token whose end is *token. */
static int
start(struct ts_token_client *c, const char *helper, int *token)
{
	struct ts_token_fds fds = {-1, -1, -1};
	int pair[2], r;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     pair),
	    0);
	fds.device = pair[0];
	*token = pair[1];
	r = ts_token_start(c, helper, &info, &fds);
	assert_int_equal(fds.device, -1);
	return r;
}

/* All up to the RESULT; its error. */
static int
finish(struct ts_token_client *c)
{
	struct ts_token_result res;
	enum ts_token_what what;
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	for (;;) {
		what = ts_token_next(c, &res);
		if (what == TS_TOKEN_SAY_RESULT)
			break;
		if (what == TS_TOKEN_SAY_NOTHING)
			assert_int_equal(poll(&p, 1, 20000), 1);
	}
	assert_int_equal(res.op, TS_TOKEN_MSG_INFO);
	/* Once only. */
	assert_int_equal(ts_token_next(c, &res), TS_TOKEN_SAY_NOTHING);
	ts_token_close(c);
	assert_int_equal(c->fd, -1);
	assert_int_equal(c->pid, -1);
	ts_token_close(c);
	assert_int_equal(ts_token_next(c, &res), TS_TOKEN_SAY_NOTHING);
	return res.err;
}

static void
a_pulled_token_is_reported(void **state)
{
	struct ts_token_client c;
	int token;

	(void)state;
	assert_int_equal(start(&c, HELPER, &token), TS_OK);
	close(token);
	assert_int_equal(finish(&c), TS_ERR_TOKEN_PULLED);
}

static void
cancel_ends_the_wait(void **state)
{
	struct ts_token_client c;
	uint8_t report[64];
	int token;

	(void)state;
	assert_int_equal(start(&c, HELPER, &token), TS_OK);
	assert_int_equal(recv(token, report, 64, MSG_WAITALL), 64);
	ts_token_cancel(&c);
	assert_int_equal(finish(&c), TS_ERR_CANCELLED);
	ts_token_cancel(&c); /* too late does no harm */
	close(token);
}

static void
a_killed_helper_is_reported(void **state)
{
	struct ts_token_client c;
	uint8_t report[64];
	int token;

	(void)state;
	assert_int_equal(start(&c, HELPER, &token), TS_OK);
	assert_int_equal(recv(token, report, 64, MSG_WAITALL), 64);
	assert_int_equal(kill(c.pid, SIGKILL), 0);
	assert_int_equal(finish(&c), TS_ERR_HELPER);
	/* Nobody holds the token any more. */
	assert_int_equal(recv(token, report, 64, 0), 0);
	close(token);
}

#ifndef TS_NO_SANDBOX
/* cat stands in: a helper does not let its descriptors be looked at. */
static void
a_helper_has_no_terminal(void **state)
{
	struct ts_token_client c;
	char path[64], target[64];
	ssize_t n;
	int fd, token;

	(void)state;
	assert_int_equal(start(&c, "/bin/cat", &token), TS_OK);
	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		(void)snprintf(path, sizeof(path), "/proc/%ld/fd/%d",
		    (long)c.pid, fd);
		n = readlink(path, target, sizeof(target) - 1);
		assert_true(n > 0);
		target[n] = '\0';
		assert_string_equal(target, "/dev/null");
	}
	ts_token_close(&c);
	close(token);
}
#endif

static void
other_programs_are_no_helper(void **state)
{
	struct ts_token_client c;
	int token;

	(void)state;
	assert_int_equal(start(&c, "/nonexistent", &token), TS_ERR_HELPER);
	assert_int_equal(c.fd, -1);
	assert_int_equal(c.pid, -1);
	ts_token_close(&c);
	close(token);
	assert_int_equal(start(&c, "/bin/true", &token), TS_OK);
	assert_int_equal(finish(&c), TS_ERR_HELPER);
	close(token);
}

/* Bytes a helper might send, given to a client that has no process. */
static enum ts_token_what
hear(const uint8_t *bytes, size_t len, bool close_after,
    struct ts_token_result *res)
{
	struct ts_token_client c;
	enum ts_token_what what;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	memset(&c, 0, sizeof(c));
	c.fd = pair[0];
	c.pid = -1;
	c.op = TS_TOKEN_MSG_INFO;
	assert_int_equal(send(pair[1], bytes, len, 0), (ssize_t)len);
	if (close_after)
		close(pair[1]);
	what = ts_token_next(&c, res);
	if (!close_after)
		close(pair[1]);
	ts_token_close(&c);
	return what;
}

static void
nonsense_is_the_end(void **state)
{
	static const uint8_t too_long[] = {0, 0, 0x1f, 0xfd};
	static const uint8_t version[] = {0, 0, 0, 2, 9, 0x40};
	static const uint8_t request[] = {0, 0, 0, 12, V, 1, 2, 0, 0, 0, 1, 0,
	    0, 0, 0, 0};
	static const uint8_t cancel[] = {0, 0, 0, 2, V, 0x20};
	static const uint8_t other_op[] = {0, 0, 0, 6, V, 0x80, 8, 0, 100, 255};
	static const uint8_t empty[] = {0, 0, 0, 0};
	static const uint8_t no_channel[] = {0, 0, 0, 6, V, 0x42, 0, 0, 0, 0};
	static const uint8_t broadcast[] = {0, 0, 0, 6, V, 0x42, 255, 255, 255,
	    255};
	struct ts_token_result res;

	(void)state;
#define BAD(bytes)                                                             \
	do {                                                                   \
		res.err = 0;                                                   \
		assert_int_equal(hear(bytes, sizeof(bytes), false, &res),      \
		    TS_TOKEN_SAY_RESULT);                                      \
		assert_int_equal(res.err, TS_ERR_HELPER);                      \
	} while (0)
	BAD(too_long);
	BAD(version);
	BAD(request);
	BAD(cancel);
	BAD(other_op);
	BAD(empty);
	BAD(no_channel);
	BAD(broadcast);
#undef BAD
}

static void
frames_may_come_in_pieces(void **state)
{
	static const uint8_t touch[] = {0, 0, 0, 2, V, 0x40, 0, 0};
	static const uint8_t done[] = {0, 0, 0, 6, V, 0x80, 1, 0, 143, 255};
	struct ts_token_result res;
	size_t n;

	(void)state;
	assert_int_equal(hear(touch, sizeof(touch), false, &res),
	    TS_TOKEN_SAY_TOUCH);
	for (n = 0; n < sizeof(done); n++) {
		assert_int_equal(hear(done, n, false, &res),
		    TS_TOKEN_SAY_NOTHING);
		assert_int_equal(hear(done, n, true, &res),
		    TS_TOKEN_SAY_RESULT);
		assert_int_equal(res.err, TS_ERR_HELPER);
	}
	assert_int_equal(hear(done, sizeof(done), true, &res),
	    TS_TOKEN_SAY_RESULT);
	assert_int_equal(res.err, TS_ERR_TOKEN_PULLED);
}

/* The channel outlives a helper that gave no RESULT, and only that. */
static void
a_channel_is_kept_until_the_result(void **state)
{
	static const uint8_t said[] = {0, 0, 0, 6, V, 0x42, 1, 2, 3, 4, 0, 0, 0,
	    6, V, 0x42, 1, 2, 3, 5, 0, 0, 0, 2, V, 0x40, 0, 0, 0, 6, V, 0x80, 1,
	    0, 143, 255};
	const size_t results[] = {0, 10};
	struct ts_token_client c;
	struct ts_token_result res;
	int pair[2], i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		memset(&c, 0, sizeof(c));
		c.fd = pair[0];
		c.pid = -1;
		c.op = TS_TOKEN_MSG_INFO;
		/* All at once: nothing may be left lying in the buffer. */
		assert_true(send(pair[1], said, 26 + results[i], 0) > 0);
		close(pair[1]);
		assert_int_equal(ts_token_next(&c, &res), TS_TOKEN_SAY_CHANNEL);
		assert_int_equal(c.channel, 0x01020304);
		assert_int_equal(ts_token_next(&c, &res), TS_TOKEN_SAY_CHANNEL);
		assert_int_equal(ts_token_next(&c, &res), TS_TOKEN_SAY_TOUCH);
		assert_int_equal(c.channel, 0x01020305);
		assert_int_equal(ts_token_next(&c, &res), TS_TOKEN_SAY_RESULT);
		ts_token_close(&c);
		assert_int_equal(res.err,
		    i == 0 ? TS_ERR_HELPER : TS_ERR_TOKEN_PULLED);
		assert_int_equal(c.channel, i == 0 ? 0x01020305 : 0);
	}
}

/* Whatever goes wrong, the descriptors were given away. */
static void
descriptors_are_always_closed(void **state)
{
	struct ts_token_request req = info;
	struct ts_token_client c;
	struct ts_token_fds fds;
	int fd[3], i;

	(void)state;
	req.budget_ms = 0;
	for (i = 0; i < 3; i++) {
		fd[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		assert_true(fd[i] >= 0);
	}
	fds = (struct ts_token_fds){fd[0], fd[1], fd[2]};
	assert_int_equal(ts_token_start(&c, HELPER, &req, &fds),
	    TS_ERR_ARGUMENT);
	for (i = 0; i < 3; i++)
		assert_int_equal(fcntl(fd[i], F_GETFD), -1);
	assert_int_equal(fds.new_pin, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pulled_token_is_reported),
	    cmocka_unit_test(cancel_ends_the_wait),
	    cmocka_unit_test(a_killed_helper_is_reported),
	    cmocka_unit_test(other_programs_are_no_helper),
#ifndef TS_NO_SANDBOX
	    cmocka_unit_test(a_helper_has_no_terminal),
#endif
	    cmocka_unit_test(nonsense_is_the_end),
	    cmocka_unit_test(frames_may_come_in_pieces),
	    cmocka_unit_test(a_channel_is_kept_until_the_result),
	    cmocka_unit_test(descriptors_are_always_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
