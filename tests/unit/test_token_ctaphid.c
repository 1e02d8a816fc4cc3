/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages cut into reports and put together again, with a token that is only
 * the other end of a socket: all it will say is there before it is asked.
 */
#include "token/ctaphid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define CID 0x01020304U
#define CBOR 0x90
#define KEEPALIVE 0xbb
#define ERROR 0xbf

struct bench {
	struct ts_hid hid;
	struct ts_control control;
	int token, agent, near_device, near_control;
	struct ts_ctaphid_reply reply;
};

static void
start(struct bench *b, uint32_t budget_ms)
{
	int device[2], control[2];

	memset(b, 0, sizeof(*b));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
			     device),
	    0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, control), 0);
	b->near_device = device[0];
	b->token = device[1];
	b->near_control = control[0];
	b->agent = control[1];
	ts_control_init(&b->control, control[0]);
	ts_hid_init(&b->hid, device[0], TS_TOKEN_STREAM, &b->control,
	    budget_ms);
	b->hid.cid = CID;
}

static void
stop(struct bench *b)
{
	close(b->near_device);
	close(b->near_control);
	if (b->token >= 0)
		close(b->token);
	close(b->agent);
}

/* A report: head (seq, or command and length), then data. */
static void
say(struct bench *b, struct tsw_slice head, const uint8_t *data, size_t len)
{
	uint8_t report[64] = {0};
	struct tsw_wr wr;

	tsw_wr_init(&wr, report, sizeof(report));
	tsw_wr_u32(&wr, CID);
	tsw_wr_bytes(&wr, head.p, head.len);
	tsw_wr_bytes(&wr, data, len);
	assert_int_equal(send(b->token, report, 64, MSG_NOSIGNAL), 64);
}

static void
say_first(struct bench *b, uint8_t cmd, size_t total, const uint8_t *data,
    size_t len)
{
	const uint8_t head[] = {cmd, (uint8_t)(total >> 8), (uint8_t)total};

	say(b, (struct tsw_slice){head, sizeof(head)}, data, len);
}

static void
say_more(struct bench *b, uint8_t seq, const uint8_t *data, size_t len)
{
	say(b, (struct tsw_slice){&seq, 1}, data, len);
}

/* A whole message. */
static void
say_message(struct bench *b, const uint8_t *p, size_t len)
{
	size_t at = len < 57 ? len : 57, n;
	uint8_t seq = 0;

	say_first(b, CBOR, len, p, at);
	while (at < len) {
		n = len - at < 59 ? len - at : 59;
		say_more(b, seq++, p + at, n);
		at += n;
	}
}

/* What the token gets of a message of len bytes, put together by hand. */
static void
hear_message(struct bench *b, const uint8_t *p, size_t len)
{
	uint8_t report[64], seq = 0;
	size_t at = 0, n, head = 7;

	while (at < len || head == 7) {
		assert_int_equal(recv(b->token, report, 64, MSG_DONTWAIT), 64);
		assert_int_equal(report[3], 4); /* the channel */
		if (head == 7) {
			assert_int_equal(report[4], CBOR);
			assert_int_equal(report[5] << 8 | report[6], len);
		} else {
			assert_int_equal(report[4], seq++);
		}
		n = 64 - head < len - at ? 64 - head : len - at;
		assert_memory_equal(report + head, p + at, n);
		at += n;
		head = 5;
	}
	assert_int_equal(recv(b->token, report, 64, MSG_DONTWAIT), -1);
}

static int
ask(struct bench *b)
{
	static const uint8_t msg[] = {0x50};

	return ts_ctaphid_cbor(&b->hid, &b->reply, msg, sizeof(msg));
}

static void
messages_of_every_length_pass(void **state)
{
	static const size_t lens[] = {1, 2, 56, 57, 58, 115, 116, 117, 1024,
	    1025};
	uint8_t msg[TS_CTAPHID_REPLY_MAX + 1];
	struct bench b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(msg); i++)
		msg[i] = (uint8_t)(i * 7 + i / 256);
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		start(&b, 5000);
		say_message(&b, msg, lens[i]);
		assert_int_equal(ts_ctaphid_cbor(&b.hid, &b.reply, msg,
				     lens[i]),
		    TS_OK);
		assert_int_equal(b.reply.status, msg[0]);
		assert_int_equal(b.reply.len, lens[i] - 1);
		assert_memory_equal(b.reply.cbor, msg + 1, lens[i] - 1);
		hear_message(&b, msg, lens[i]);
		stop(&b);
	}
}

static void
a_message_needs_a_channel_and_a_command(void **state)
{
	static const uint8_t msg[7610];
	struct bench b;

	(void)state;
	start(&b, 5000);
	assert_int_equal(ts_ctaphid_cbor(&b.hid, &b.reply, msg, 0),
	    TS_ERR_INTERNAL);
	assert_int_equal(ts_ctaphid_cbor(&b.hid, &b.reply, msg, sizeof(msg)),
	    TS_ERR_INTERNAL);
	b.hid.cid = TS_TOKEN_CHANNEL_BROADCAST;
	assert_int_equal(ts_ctaphid_cbor(&b.hid, &b.reply, msg, 1),
	    TS_ERR_INTERNAL);
	stop(&b);
}

static void
replies_in_disorder_are_refused(void **state)
{
	static const uint8_t data[59];
	struct bench b;
	int n;

	(void)state;
	for (n = 0; n < 6; n++) {
		start(&b, 5000);
		b.reply.status = 0xee;
		if (n == 0) /* a continuation first */
			say_more(&b, 0, data, 59);
		if (n == 1) /* no status */
			say_first(&b, CBOR, 0, data, 0);
		if (n == 2) /* longer than anybody needs */
			say_first(&b, CBOR, TS_CTAPHID_REPLY_MAX + 2, data, 57);
		if (n == 3) /* another command */
			say_first(&b, 0x83, 1, data, 1);
		if (n == 4) { /* a gap */
			say_first(&b, CBOR, 57 + 59, data, 57);
			say_more(&b, 1, data, 59);
		}
		if (n == 5) { /* begun anew */
			say_first(&b, CBOR, 57 + 59, data, 57);
			say_first(&b, CBOR, 57 + 59, data, 57);
		}
		assert_int_equal(ask(&b), TS_ERR_TOKEN_IO);
		assert_int_equal(b.reply.status, 0xee);
		stop(&b);
	}
}

static void
errors_have_names(void **state)
{
	static const struct {
		uint8_t code;
		int err;
	} cases[] = {{0x01, TS_ERR_TOKEN_UNSUPPORTED},
	    {0x06, TS_ERR_TOKEN_BUSY}, {0x7f, TS_ERR_TOKEN_IO}};
	struct bench b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(&b, 5000);
		say_first(&b, ERROR, 1, &cases[i].code, 1);
		assert_int_equal(ask(&b), cases[i].err);
		stop(&b);
	}
}

/* The wait for a touch is told; the reply comes after it. */
static void
keepalives_become_events(void **state)
{
	static const uint8_t touch = 2, processing = 1, ok = 0;
	const uint8_t expected[] = {0, 0, 0, 2, TS_TOKEN_PROTO_VERSION,
	    TS_TOKEN_MSG_TOUCH_NEEDED, 0, 0, 0, 2, TS_TOKEN_PROTO_VERSION,
	    TS_TOKEN_MSG_TOUCH_DONE};
	uint8_t events[32];
	struct bench b;

	(void)state;
	start(&b, 5000);
	say_first(&b, KEEPALIVE, 1, &processing, 1);
	say_first(&b, KEEPALIVE, 1, &touch, 1);
	say_first(&b, KEEPALIVE, 1, &touch, 1);
	say_first(&b, CBOR, 1, &ok, 1);
	assert_int_equal(ask(&b), TS_OK);
	assert_int_equal(recv(b.agent, events, sizeof(events), MSG_DONTWAIT),
	    sizeof(expected));
	assert_memory_equal(events, expected, sizeof(expected));
	stop(&b);
}

static void
a_cancelled_command_says_so(void **state)
{
	static const uint8_t cancelled = 0x2d;
	struct bench b;

	(void)state;
	start(&b, 5000);
	b.hid.cause = TS_OK;
	say_first(&b, CBOR, 1, &cancelled, 1);
	assert_int_equal(ask(&b), TS_OK);
	/* By somebody at the token; by us. */
	assert_int_equal(ts_ctaphid_outcome(&b.hid, b.reply.status),
	    TS_ERR_CANCELLED);
	b.hid.cause = TS_ERR_NO_TOUCH;
	assert_int_equal(ts_ctaphid_outcome(&b.hid, b.reply.status),
	    TS_ERR_NO_TOUCH);
	assert_int_equal(ts_ctaphid_outcome(&b.hid, 0), TS_OK);
	assert_int_equal(ts_ctaphid_outcome(&b.hid, 0xf0), TS_ERR_TOKEN_FORK);
	stop(&b);
}

static void
a_wish_to_stop_comes_before_the_next_message(void **state)
{
	static const uint8_t frame[] = {0, 0, 0, 2, TS_TOKEN_PROTO_VERSION,
	    TS_TOKEN_MSG_CANCEL};
	uint8_t report[64];
	struct bench b;

	(void)state;
	start(&b, 5000);
	assert_int_equal(send(b.agent, frame, sizeof(frame), 0), sizeof(frame));
	assert_int_equal(ask(&b), TS_ERR_CANCELLED);
	assert_int_equal(recv(b.token, report, 64, MSG_DONTWAIT), -1);
	stop(&b);
}

static void
a_token_that_is_gone_is_seen(void **state)
{
	static const uint8_t data[57];
	struct bench b;

	(void)state;
	start(&b, 5000);
	close(b.token);
	b.token = -1;
	assert_int_equal(ask(&b), TS_ERR_TOKEN_PULLED);
	stop(&b);

	start(&b, 5000); /* in the middle of its reply */
	say_first(&b, CBOR, 200, data, 57);
	assert_int_equal(shutdown(b.token, SHUT_WR), 0);
	assert_int_equal(ask(&b), TS_ERR_TOKEN_PULLED);
	stop(&b);
}

static void
the_budget_ends_the_wait(void **state)
{
	struct bench b;

	(void)state;
	start(&b, 20);
	assert_int_equal(ask(&b), TS_ERR_TOKEN_IO);
	stop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_of_every_length_pass),
	    cmocka_unit_test(a_message_needs_a_channel_and_a_command),
	    cmocka_unit_test(replies_in_disorder_are_refused),
	    cmocka_unit_test(errors_have_names),
	    cmocka_unit_test(keepalives_become_events),
	    cmocka_unit_test(a_cancelled_command_says_so),
	    cmocka_unit_test(a_wish_to_stop_comes_before_the_next_message),
	    cmocka_unit_test(a_token_that_is_gone_is_seen),
	    cmocka_unit_test(the_budget_ends_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
