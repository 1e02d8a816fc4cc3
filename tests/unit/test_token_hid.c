/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports in and out, with a token that is only the other end of a socket: all
 * it will say is in the socket's buffer before it is asked.
 */
#include "token/deadline.h"
#include "token/hid.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CID 0x01020304U
#define OTHER 0x0a0b0c0dU
#define BROADCAST 0xffffffffU

enum { INIT = 0x86, WINK = 0x88, CBOR = 0x90, KEEPALIVE = 0xbb, ERROR = 0xbf };

struct bench {
	struct ts_hid hid;
	struct ts_control control;
	int token; /* the token's end */
	int agent; /* the agent's end */
	int near_device, near_control;
};

static void
start(struct bench *b, enum ts_token_transport transport, uint32_t budget_ms)
{
	int device[2], control[2];
	int type = transport == TS_TOKEN_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;

	assert_int_equal(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, device),
	    0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, control), 0);
	b->near_device = device[0];
	b->token = device[1];
	b->near_control = control[0];
	b->agent = control[1];
	ts_control_init(&b->control, control[0]);
	ts_hid_init(&b->hid, device[0], transport, &b->control, budget_ms);
	b->hid.cid = CID;
}

static void
stop(struct bench *b)
{
	close(b->near_device);
	close(b->near_control);
	if (b->token >= 0)
		close(b->token);
	if (b->agent >= 0)
		close(b->agent);
}

/* The token says something. */
static void
say(struct bench *b, uint32_t cid, uint8_t cmd, uint8_t data)
{
	uint8_t report[64] = {(uint8_t)(cid >> 24), (uint8_t)(cid >> 16),
	    (uint8_t)(cid >> 8), (uint8_t)cid, cmd, 0, 1, data};

	assert_int_equal(send(b->token, report, 64, MSG_NOSIGNAL), 64);
}

/* What the token got: the command of the next report, or -1. */
static int
heard(struct bench *b, uint32_t *cid)
{
	uint8_t report[65];
	size_t at = b->hid.transport == TS_TOKEN_HIDRAW ? 1 : 0;
	ssize_t n = recv(b->token, report, 64 + at, MSG_DONTWAIT);

	if (n < 0)
		return -1;
	assert_int_equal(n, 64 + at);
	*cid = (uint32_t)report[at] << 24 | (uint32_t)report[at + 1] << 16 |
	    (uint32_t)report[at + 2] << 8 | report[at + 3];
	return report[at + 4];
}

/* What the agent got: the next event, or -1. */
static int
event(struct bench *b)
{
	uint8_t frame[6];

	if (recv(b->agent, frame, sizeof(frame), MSG_DONTWAIT) != 6)
		return -1;
	return frame[5];
}

static const uint8_t cancel_frame[] = {0, 0, 0, 2, TS_TOKEN_PROTO_VERSION,
    TS_TOKEN_MSG_CANCEL};

static void
only_our_channel_is_seen(void **state)
{
	struct bench b;
	uint8_t buf[64];

	(void)state;
	start(&b, TS_TOKEN_STREAM, 5000);
	say(&b, OTHER, CBOR, 1);
	say(&b, BROADCAST, INIT, 2);
	say(&b, OTHER, KEEPALIVE, 2);
	say(&b, CID, CBOR, 3);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), 64);
	assert_int_equal(buf[7], 3);
	assert_int_equal(event(&b), -1);
	stop(&b);
}

static void
init_needs_our_nonce(void **state)
{
	uint8_t out[65] = {0, 0xff, 0xff, 0xff, 0xff, INIT, 0, 8, 1, 2, 3, 4, 5,
	    6, 7, 8};
	uint8_t reply[64] = {0xff, 0xff, 0xff, 0xff, INIT, 0, 17, 1, 2, 3, 4, 5,
	    6, 7, 9, 0x0a, 0x0b, 0x0c, 0x0d};
	const uint8_t channel[] = {0, 0, 0, 6, TS_TOKEN_PROTO_VERSION,
	    TS_TOKEN_MSG_CHANNEL, 0x01, 0x02, 0x03, 0x04};
	uint8_t buf[64];
	struct bench b;

	(void)state;
	start(&b, TS_TOKEN_STREAM, 5000);
	assert_int_equal(ts_hid_write(&b.hid, out, sizeof(out)), 65);
	assert_int_equal(send(b.token, reply, 64, 0), 64);
	reply[14] = 8;
	memcpy(reply + 15, channel + 6, 4);
	assert_int_equal(send(b.token, reply, 64, 0), 64);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), 64);
	assert_int_equal(buf[14], 8);
	/* The agent hears of our channel before anything is asked on it. */
	assert_int_equal(recv(b.agent, buf, sizeof(buf), MSG_DONTWAIT),
	    sizeof(channel));
	assert_memory_equal(buf, channel, sizeof(channel));
	stop(&b);
}

/* Nothing to be cancelled later: no such channel, or no answer to INIT. */
static void
impossible_channels_are_not_told(void **state)
{
	uint8_t out[65] = {0, 0xff, 0xff, 0xff, 0xff, INIT, 0, 8};
	uint8_t reply[64] = {0xff, 0xff, 0xff, 0xff, INIT, 0, 17};
	uint8_t buf[64];
	struct bench b;

	(void)state;
	start(&b, TS_TOKEN_STREAM, 5000);
	assert_int_equal(ts_hid_write(&b.hid, out, sizeof(out)), 65);
	assert_int_equal(send(b.token, reply, 64, 0), 64);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), 64);
	memset(reply + 15, 0xff, 4);
	assert_int_equal(send(b.token, reply, 64, 0), 64);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), 64);
	reply[18] = 1;
	reply[6] = 16; /* too short to have a channel */
	assert_int_equal(send(b.token, reply, 64, 0), 64);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), 64);
	assert_int_equal(event(&b), -1);
	stop(&b);
}

/* CANCEL on the channel that a killed helper left, and on no other. */
static void
an_orphan_is_cancelled(void **state)
{
	uint8_t buf[64];
	struct bench b;
	uint32_t cid = 0;

	(void)state;
	start(&b, TS_TOKEN_STREAM, 5000);
	assert_int_equal(ts_hid_disown(&b.hid, TS_TOKEN_CHANNEL_NONE), TS_OK);
	assert_int_equal(ts_hid_disown(&b.hid, TS_TOKEN_CHANNEL_BROADCAST),
	    TS_OK);
	assert_int_equal(heard(&b, &cid), -1);
	assert_int_equal(ts_hid_disown(&b.hid, OTHER), TS_OK);
	assert_int_equal(heard(&b, &cid), 0x91);
	assert_int_equal(cid, OTHER);
	assert_int_equal(heard(&b, &cid), -1);
	/* Nothing waits for an answer, and a late one is not ours. */
	say(&b, OTHER, KEEPALIVE, 2);
	say(&b, OTHER, CBOR, 0x2d);
	say(&b, CID, CBOR, 0);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), 64);
	assert_int_equal(buf[7], 0);
	assert_int_equal(event(&b), -1);
	close(b.token);
	b.token = -1;
	assert_int_equal(ts_hid_disown(&b.hid, OTHER), TS_ERR_TOKEN_PULLED);
	stop(&b);
}

static void
silence_after_init_may_be_tried_again(void **state)
{
	uint8_t out[65] = {0, 0xff, 0xff, 0xff, 0xff, INIT, 0, 8};
	uint8_t buf[64];
	struct bench b;

	(void)state;
	start(&b, TS_TOKEN_STREAM, 60000);
	assert_int_equal(ts_hid_write(&b.hid, out, sizeof(out)), 65);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), -1);
	assert_int_equal(b.hid.cause, TS_OK);
	assert_false(ts_hid_is_retried(&b.hid, ts_deadline_in(0)));
	assert_true(ts_hid_is_retried(&b.hid, ts_deadline_in(5000)));
	assert_int_equal(ts_hid_write(&b.hid, out, sizeof(out)), 65);
	stop(&b);
}

static void
keepalives_become_events(void **state)
{
	struct bench b;
	uint8_t buf[64];

	(void)state;
	start(&b, TS_TOKEN_STREAM, 5000);
	say(&b, CID, KEEPALIVE, 1);
	say(&b, CID, KEEPALIVE, 2);
	say(&b, CID, KEEPALIVE, 2);
	say(&b, CID, KEEPALIVE, 1);
	say(&b, CID, KEEPALIVE, 2);
	say(&b, CID, CBOR, 0);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), 64);
	assert_int_equal(buf[4], CBOR);
	assert_int_equal(event(&b), TS_TOKEN_MSG_TOUCH_NEEDED);
	assert_int_equal(event(&b), TS_TOKEN_MSG_TOUCH_DONE);
	assert_int_equal(event(&b), TS_TOKEN_MSG_TOUCH_NEEDED);
	assert_int_equal(event(&b), TS_TOKEN_MSG_TOUCH_DONE);
	assert_int_equal(event(&b), -1);
	stop(&b);
}

static void
a_pulled_token_is_seen(void **state)
{
	struct bench b;
	uint8_t buf[64];

	(void)state;
	start(&b, TS_TOKEN_STREAM, 60000);
	say(&b, CID, KEEPALIVE, 2);
	assert_int_equal(send(b.token, "half a report", 13, 0), 13);
	close(b.token);
	b.token = -1;
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), -1);
	assert_int_equal(b.hid.cause, TS_ERR_TOKEN_PULLED);
	/* Who waits for a touch hears that it is over. */
	ts_hid_finish(&b.hid);
	assert_int_equal(event(&b), TS_TOKEN_MSG_TOUCH_NEEDED);
	assert_int_equal(event(&b), TS_TOKEN_MSG_TOUCH_DONE);
	stop(&b);
}

static void
writing_to_a_pulled_token_fails(void **state)
{
	uint8_t out[65] = {0, 1, 2, 3, 4, CBOR};
	struct bench b;

	(void)state;
	start(&b, TS_TOKEN_STREAM, 60000);
	close(b.token);
	b.token = -1;
	assert_int_equal(ts_hid_write(&b.hid, out, sizeof(out)), -1);
	assert_int_equal(b.hid.cause, TS_ERR_TOKEN_PULLED);
	stop(&b);
}

/* CANCEL goes out at once; the reply is still read, whatever it is. */
static void
cancel_reaches_the_token(void **state)
{
	struct bench b;
	uint8_t buf[64];
	uint32_t cid = 0;

	(void)state;
	start(&b, TS_TOKEN_STREAM, 60000);
	assert_int_equal(send(b.agent, cancel_frame, sizeof(cancel_frame), 0),
	    sizeof(cancel_frame));
	say(&b, OTHER, CBOR, 0); /* wakes it; not ours */
	say(&b, CID, KEEPALIVE, 2);
	say(&b, CID, CBOR, 0x2d);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), 64);
	assert_int_equal(buf[7], 0x2d);
	assert_int_equal(heard(&b, &cid), 0x91);
	assert_int_equal(cid, CID);
	assert_int_equal(heard(&b, &cid), -1);
	assert_int_equal(b.hid.cause, TS_ERR_CANCELLED);
	stop(&b);
}

static void
the_end_of_the_agent_cancels_too(void **state)
{
	struct bench b;
	uint8_t buf[64];
	uint32_t cid = 0;

	(void)state;
	start(&b, TS_TOKEN_STREAM, 60000);
	close(b.agent);
	b.agent = -1;
	/* A token that does not answer CANCEL: the wait is bounded. */
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), -1);
	assert_int_equal(heard(&b, &cid), 0x91);
	assert_int_equal(b.hid.cause, TS_ERR_CANCELLED);
	stop(&b);
}

static void
after_cancel_no_request_begins(void **state)
{
	uint8_t first[65] = {0, 1, 2, 3, 4, CBOR},
		next[65] = {0, 1, 2, 3, 4, 0};
	struct bench b;
	uint32_t cid;

	(void)state;
	start(&b, TS_TOKEN_STREAM, 60000);
	assert_int_equal(ts_hid_write(&b.hid, first, sizeof(first)), 65);
	assert_int_equal(heard(&b, &cid), CBOR);
	assert_int_equal(send(b.agent, cancel_frame, sizeof(cancel_frame), 0),
	    sizeof(cancel_frame));
	/* A message is sent to its end: half of one would block the token. */
	assert_int_equal(ts_hid_write(&b.hid, next, sizeof(next)), 65);
	assert_int_equal(heard(&b, &cid), 0);
	assert_int_equal(ts_hid_write(&b.hid, first, sizeof(first)), -1);
	assert_int_equal(heard(&b, &cid), -1);
	assert_int_equal(b.hid.cause, TS_ERR_CANCELLED);
	stop(&b);
}

/* The budget ends, although the token never stops talking. */
static void
a_flood_does_not_outlast_the_budget(void **state)
{
	struct bench b;
	uint8_t buf[64];
	uint32_t cid = 0;
	pid_t pid;

	(void)state;
	start(&b, TS_TOKEN_STREAM, 100);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		uint8_t report[64] = {1, 2, 3, 4, KEEPALIVE, 0, 1, 2};

		close(b.near_device);
		while (send(b.token, report, 64, MSG_NOSIGNAL) == 64 ||
		    usleep(1000) == 0)
			if (getppid() == 1)
				_exit(0);
		_exit(0);
	}
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), -1);
	assert_int_equal(b.hid.cause, TS_ERR_NO_TOUCH);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(heard(&b, &cid), 0x91);
	assert_int_equal(heard(&b, &cid), -1);
	stop(&b);
}

static void
a_silent_token_uses_up_the_budget(void **state)
{
	struct bench b;
	uint8_t buf[64];

	(void)state;
	start(&b, TS_TOKEN_STREAM, 50);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), -1);
	assert_int_equal(b.hid.cause, TS_ERR_TOKEN_IO);
	stop(&b);
}

static void
busy_has_its_own_name(void **state)
{
	struct bench b;
	uint8_t buf[64];

	(void)state;
	start(&b, TS_TOKEN_STREAM, 5000);
	say(&b, CID, ERROR, 0x06);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), 64);
	assert_int_equal(b.hid.cause, TS_ERR_TOKEN_BUSY);
	assert_false(ts_hid_is_retried(&b.hid, ts_deadline_in(0)));
	assert_int_equal(b.hid.cause, TS_ERR_TOKEN_BUSY);
	assert_true(ts_hid_is_retried(&b.hid, ts_deadline_in(5000)));
	assert_int_equal(b.hid.cause, TS_OK);
	assert_false(ts_hid_is_retried(&b.hid, ts_deadline_in(5000)));
	stop(&b);
}

static void
winking(void **state)
{
	struct bench b;
	uint32_t cid = 0;

	(void)state;
	start(&b, TS_TOKEN_STREAM, 5000);
	say(&b, CID, WINK, 0);
	assert_int_equal(ts_hid_wink(&b.hid), TS_OK);
	assert_int_equal(heard(&b, &cid), WINK);
	assert_int_equal(cid, CID);
	say(&b, CID, ERROR, 0x01);
	assert_int_equal(ts_hid_wink(&b.hid), TS_ERR_TOKEN_UNSUPPORTED);
	say(&b, CID, CBOR, 0x00);
	assert_int_equal(ts_hid_wink(&b.hid), TS_ERR_TOKEN_IO);
	stop(&b);
}

/* hidraw gives and takes whole reports, written with a leading id. */
static void
hidraw_has_report_ids(void **state)
{
	uint8_t out[65] = {0, 1, 2, 3, 4, CBOR}, buf[64];
	struct bench b;
	uint32_t cid = 0;

	(void)state;
	start(&b, TS_TOKEN_HIDRAW, 5000);
	assert_int_equal(ts_hid_write(&b.hid, out, sizeof(out)), 65);
	assert_int_equal(heard(&b, &cid), CBOR);
	assert_int_equal(cid, CID);
	say(&b, CID, CBOR, 9);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), 64);
	assert_int_equal(buf[7], 9);
	assert_int_equal(send(b.token, "short", 5, 0), 5);
	assert_int_equal(ts_hid_read(&b.hid, buf, sizeof(buf)), -1);
	assert_int_equal(b.hid.cause, TS_ERR_TOKEN_IO);
	stop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_our_channel_is_seen),
	    cmocka_unit_test(init_needs_our_nonce),
	    cmocka_unit_test(impossible_channels_are_not_told),
	    cmocka_unit_test(an_orphan_is_cancelled),
	    cmocka_unit_test(silence_after_init_may_be_tried_again),
	    cmocka_unit_test(keepalives_become_events),
	    cmocka_unit_test(a_pulled_token_is_seen),
	    cmocka_unit_test(writing_to_a_pulled_token_fails),
	    cmocka_unit_test(cancel_reaches_the_token),
	    cmocka_unit_test(the_end_of_the_agent_cancels_too),
	    cmocka_unit_test(after_cancel_no_request_begins),
	    cmocka_unit_test(a_flood_does_not_outlast_the_budget),
	    cmocka_unit_test(a_silent_token_uses_up_the_budget),
	    cmocka_unit_test(busy_has_its_own_name),
	    cmocka_unit_test(winking),
	    cmocka_unit_test(hidraw_has_report_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
