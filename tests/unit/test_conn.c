/* SPDX-License-Identifier: BSD-2-Clause */
/* One client of the agent over a socket pair: bytes, descriptors, manners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/conn.h"

/* A client and the agent's side of its connection. */
struct pair {
	struct ts_loop loop;
	struct ts_conn conn;
	int client;
	int calls;
	int broken;    /* of the last call */
	bool later;    /* leave calls open */
	size_t answer; /* bytes in each reply */
	int fds[2];    /* taken from the last call, -1 if none */
	int fd_err;
	int gone;
};

static void
gone(void *ctx)
{
	((struct pair *)ctx)->gone++;
}

static void
reply(struct pair *p, bool continues)
{
	struct ts_jw *w = ts_conn_begin(&p->conn);
	size_t i;

	ts_jw_list(w, "x");
	for (i = 0; i < p->answer; i += 8)
		ts_jw_str(w, NULL, "12345");
	ts_jw_list_end(w);
	ts_conn_end(&p->conn, NULL, continues);
}

static void
serve(void *ctx, struct ts_conn *c)
{
	static const char idl[] = "\nmethod Do(a_fd: ?int, b_fd: ?int)";
	struct ts_signature signature;
	struct pair *p = ctx;

	assert_ptr_equal(c, &p->conn);
	p->calls++;
	p->broken = c->broken;
	p->fds[0] = p->fds[1] = -1;
	if (c->broken == TS_OK) {
		assert_int_equal(ts_signature_read(&signature, idl, "Do"),
		    TS_OK);
		assert_int_equal(ts_call_check(&c->call, &signature), TS_OK);
		p->fd_err = ts_conn_take_fd(&p->fds[0], c, "a_fd");
		if (p->fd_err == TS_OK)
			p->fd_err = ts_conn_take_fd(&p->fds[1], c, "b_fd");
	}
	if (p->later) {
		c->gone = gone;
		c->gone_ctx = p;
	} else {
		reply(p, false);
	}
}

static int
open_pair(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	int fd[2];

	if (p == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		fd) != 0)
		return -1;
	ts_conn_init(&p->conn);
	p->conn.serve = serve;
	p->conn.ctx = p;
	p->client = fd[1];
	*state = p;
	return ts_conn_open(&p->conn, &p->loop, fd[0]);
}

static int
close_pair(void **state)
{
	struct pair *p = *state;

	ts_conn_close(&p->conn);
	close(p->client);
	free(p);
	return 0;
}

static void
turn(struct pair *p)
{
	int i;

	for (i = 0; i < 8; i++)
		assert_int_equal(ts_loop_turn(&p->loop, 0), TS_OK);
}

static void
say(struct pair *p, const char *bytes, size_t len)
{
	assert_int_equal(send(p->client, bytes, len, 0), len);
	turn(p);
}

#define CALL "{\"method\":\"a.Do\"}"

/* Bytes up to and with the next NUL; 0 at the end of the connection. */
static size_t
hear(struct pair *p, char *out, size_t size)
{
	size_t n = 0;
	ssize_t r;

	while (n < size) {
		r = recv(p->client, out + n, 1, 0);
		if (r <= 0)
			return 0;
		if (out[n++] == '\0')
			return n;
	}
	return n;
}

static void
test_call(void **state)
{
	struct pair *p = *state;
	char text[100];

	say(p, CALL, sizeof(CALL) - 1);
	assert_int_equal(p->calls, 0);
	say(p, "", 1);
	assert_int_equal(p->calls, 1);
	assert_true(hear(p, text, sizeof(text)) > 0);
	assert_string_equal(text, "{\"parameters\":{\"x\":[]}}");
	assert_null(p->conn.queue.p);
	assert_null(p->conn.in.p);
}

static void
test_calls_run_one_after_the_other(void **state)
{
	static const char two[] = CALL "\0" CALL "\0";
	struct pair *p = *state;
	char text[100];

	p->later = true;
	say(p, two, sizeof(two) - 1);
	assert_int_equal(p->calls, 1);
	p->later = false;
	reply(p, true);
	assert_int_equal(p->calls, 1);
	reply(p, false);
	assert_int_equal(p->calls, 2);
	assert_true(hear(p, text, sizeof(text)) > 0);
	assert_string_equal(text,
	    "{\"parameters\":{\"x\":[]},\"continues\":true}");
	assert_true(hear(p, text, sizeof(text)) > 0);
	assert_true(hear(p, text, sizeof(text)) > 0);
	assert_int_equal(hear(p, text, sizeof(text)), 0);
}

static void
test_oneway_is_not_answered(void **state)
{
	static const char call[] = "{\"method\":\"a.Do\",\"oneway\":true}";
	struct pair *p = *state;
	char text[100];

	say(p, call, sizeof(call));
	assert_int_equal(p->calls, 1);
	assert_int_equal(hear(p, text, sizeof(text)), 0);
	assert_true(ts_conn_is_open(&p->conn));
}

static void
test_nonsense_is_answered_once(void **state)
{
	static const char bad[] = "{nonsense\0" CALL;
	struct pair *p = *state;
	char text[100];

	say(p, bad, sizeof(bad));
	assert_int_equal(p->calls, 1);
	assert_int_equal(p->broken, TS_ERR_PROTOCOL);
	assert_true(hear(p, text, sizeof(text)) > 0);
	assert_false(ts_conn_is_open(&p->conn));
	assert_int_equal(hear(p, text, sizeof(text)), 0);
}

static void
test_oversized_message(void **state)
{
	static char block[4096];
	struct pair *p = *state;
	char text[100];
	size_t i;

	memset(block, 'x', sizeof(block));
	for (i = 0; i < TS_MESSAGE_MAX / sizeof(block); i++) {
		say(p, block, sizeof(block));
		assert_int_equal(p->calls, 0);
	}
	say(p, "x", 1);
	assert_int_equal(p->calls, 1);
	assert_int_equal(p->broken, TS_ERR_PROTOCOL);
	assert_false(ts_conn_is_open(&p->conn));
	assert_true(hear(p, text, sizeof(text)) > 0);
}

static void
test_client_gone_while_a_call_runs(void **state)
{
	static const char call[] = CALL;
	struct pair *p = *state;

	p->later = true;
	say(p, call, sizeof(call));
	assert_int_equal(p->gone, 0);
	close(p->client);
	turn(p);
	assert_int_equal(p->gone, 1);
	assert_false(ts_conn_is_open(&p->conn));
	p->client = -1;
}

/* Half closed is no cancel: `printf ... | nc -U` reads its answer. */
static void
test_half_closed_client_is_answered(void **state)
{
	static const char call[] = CALL;
	struct pair *p = *state;
	char text[100];

	p->later = true;
	say(p, call, sizeof(call));
	assert_int_equal(shutdown(p->client, SHUT_WR), 0);
	turn(p);
	assert_int_equal(p->gone, 0);
	reply(p, false);
	assert_true(hear(p, text, sizeof(text)) > 0);
	turn(p);
	assert_false(ts_conn_is_open(&p->conn));
}

/* --- A client that does not read --- */

static void
test_slow_reader_gets_no_new_calls(void **state)
{
	static char calls[200 * sizeof(CALL)];
	static char text[TS_CONN_QUEUE_FULL * 2];
	struct pair *p = *state;
	int heard = 0;
	size_t i;

	for (i = 0; i < 200; i++)
		memcpy(calls + i * sizeof(CALL), CALL, sizeof(CALL));
	p->answer = 30000;
	say(p, calls, sizeof(calls));
	assert_in_range(p->calls, 1, 100);
	assert_true(p->conn.queue.len - p->conn.sent <=
	    TS_CONN_QUEUE_FULL + p->answer * 2);
	/* Reading brings the rest, each once and whole. */
	while (heard < 200) {
		if (hear(p, text, sizeof(text)) > 0)
			heard++;
		turn(p);
		assert_true(ts_conn_is_open(&p->conn));
	}
	assert_int_equal(p->calls, 200);
}

/* What was asked for before the client half closed still reaches it, whole. */
static void
test_half_closed_slow_reader(void **state)
{
	static const char call[] = CALL;
	static char text[TS_CONN_QUEUE_MAX];
	struct pair *p = *state;
	size_t n;

	p->answer = 600000;
	say(p, call, sizeof(call));
	assert_true(p->conn.queue.len > p->conn.sent);
	assert_int_equal(shutdown(p->client, SHUT_WR), 0);
	p->conn.watch.events |= POLLIN;
	turn(p);
	assert_true(ts_conn_is_open(&p->conn));
	n = 0;
	while (n == 0 || text[n - 1] != '\0') {
		if (recv(p->client, text + n, 1, 0) == 1)
			n++;
		else
			turn(p);
		assert_true(n < sizeof(text));
	}
	assert_true(n > 600000);
	turn(p);
	assert_false(ts_conn_is_open(&p->conn));
}

static void
test_events_pile_up_until_closed(void **state)
{
	static const char call[] = CALL;
	struct pair *p = *state;
	int i;

	p->later = true;
	say(p, call, sizeof(call));
	p->answer = 30000;
	for (i = 0; i < 1000 && ts_conn_is_open(&p->conn); i++)
		reply(p, true);
	assert_in_range(i, 20, 200);
	assert_int_equal(p->gone, 1);
}

/* --- Descriptors --- */

static void
send_fds(struct pair *p, const char *text, size_t len, size_t cnt)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(64 * sizeof(int))];
	} control;
	struct iovec iov;
	struct msghdr msg;
	struct cmsghdr *cm;
	size_t i;
	char *copy = malloc(len);
	int fd = open("/dev/null", O_RDONLY);

	assert_true(copy != NULL && fd >= 0 && cnt > 0 && cnt <= 64);
	memcpy(copy, text, len);
	iov.iov_base = copy;
	iov.iov_len = len;
	memset(&msg, 0, sizeof(msg));
	memset(&control, 0, sizeof(control));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = &control;
	msg.msg_controllen = CMSG_SPACE(cnt * sizeof(int));
	cm = CMSG_FIRSTHDR(&msg);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(cnt * sizeof(int));
	for (i = 0; i < cnt; i++)
		memcpy(CMSG_DATA(cm) + i * sizeof(int), &fd, sizeof(fd));
	assert_int_equal(sendmsg(p->client, &msg, 0), len);
	close(fd);
	free(copy);
	turn(p);
}

static size_t
open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t cnt = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		cnt++;
	closedir(dir);
	return cnt;
}

static void
test_fds_are_taken_or_closed(void **state)
{
	static const char call[] =
	    "{\"method\":\"a.Do\",\"parameters\":{\"a_fd\":1}}";
	struct pair *p = *state;
	size_t before = open_fds();

	send_fds(p, call, sizeof(call), 3);
	assert_int_equal(p->fd_err, TS_OK);
	assert_true(p->fds[0] >= 0);
	assert_int_equal(fcntl(p->fds[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(p->fds[1], -1);
	close(p->fds[0]);
	assert_int_equal(open_fds(), before);
}

static void
test_fd_indexes_are_checked(void **state)
{
	static const char *const bad[] = {
	    "{\"method\":\"a.Do\",\"parameters\":{\"a_fd\":2}}",
	    "{\"method\":\"a.Do\",\"parameters\":{\"a_fd\":-1}}",
	    "{\"method\":\"a.Do\",\"parameters\":{\"a_fd\":4294967296}}",
	    "{\"method\":\"a.Do\",\"parameters\":{\"a_fd\":0,\"b_fd\":0}}",
	};
	struct pair *p = *state;
	size_t i, before = open_fds();

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		send_fds(p, bad[i], strlen(bad[i]) + 1, 2);
		assert_int_equal(p->fd_err, TS_ERR_ARGUMENT);
		if (p->fds[0] >= 0)
			close(p->fds[0]);
		assert_int_equal(open_fds(), before);
	}
}

static void
test_fd_flood_closes(void **state)
{
	struct pair *p = *state;
	size_t before = open_fds();

	send_fds(p, "x", 1, 64);
	assert_int_equal(p->calls, 1);
	assert_int_equal(p->broken, TS_ERR_PROTOCOL);
	assert_false(ts_conn_is_open(&p->conn));
	assert_int_equal(open_fds(), before - 1);
}

/* The flood in small drops, each within the limit. */
static void
test_fd_drops_close(void **state)
{
	struct pair *p = *state;
	size_t before = open_fds();
	int i;

	for (i = 0; i < TS_CONN_FDS_MAX_CNT; i++) {
		send_fds(p, "x", 1, 1);
		assert_int_equal(p->calls, 0);
	}
	send_fds(p, "x", 1, 1);
	assert_int_equal(p->broken, TS_ERR_PROTOCOL);
	assert_false(ts_conn_is_open(&p->conn));
	assert_int_equal(open_fds(), before - 1);
}

int
main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(test_##name, open_pair, close_pair)
	const struct CMUnitTest tests[] = {
	    TEST(call),
	    TEST(calls_run_one_after_the_other),
	    TEST(oneway_is_not_answered),
	    TEST(nonsense_is_answered_once),
	    TEST(oversized_message),
	    TEST(client_gone_while_a_call_runs),
	    TEST(half_closed_client_is_answered),
	    TEST(slow_reader_gets_no_new_calls),
	    TEST(half_closed_slow_reader),
	    TEST(events_pile_up_until_closed),
	    TEST(fds_are_taken_or_closed),
	    TEST(fd_indexes_are_checked),
	    TEST(fd_flood_closes),
	    TEST(fd_drops_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
