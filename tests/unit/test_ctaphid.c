/* SPDX-License-Identifier: BSD-2-Clause */
/* CTAPHID: every state meets every kind of packet, and the rules one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <touchstone/wire/bytes.h>

#include "ctaphid.h"

#define LEN FW_CTAPHID_REPORT_LEN
#define BROADCAST UINT32_C(0xffffffff)

static struct fw_ctaphid h;
static uint64_t now;

/* What a report says. */
struct seen {
	uint32_t cid;
	uint8_t cmd;
	uint16_t len;
	uint8_t data[57];
};

static int
setup(void **state)
{
	(void)state;
	now = 5000;
	fw_ctaphid_init(&h, 0x1000);
	return 0;
}

static void
feed_initial(uint32_t cid, uint8_t cmd, uint16_t len, const char *data)
{
	uint8_t r[LEN] = {0};
	struct tsw_wr wr;

	tsw_wr_init(&wr, r, sizeof(r));
	tsw_wr_u32(&wr, cid);
	tsw_wr_u8(&wr, cmd | 0x80);
	tsw_wr_u16(&wr, len);
	tsw_wr_bytes(&wr, (const uint8_t *)data, strlen(data));
	fw_ctaphid_rx(&h, r, now);
}

static void
feed_cont(uint32_t cid, uint8_t seq)
{
	uint8_t r[LEN] = {0};
	struct tsw_wr wr;

	tsw_wr_init(&wr, r, sizeof(r));
	tsw_wr_u32(&wr, cid);
	tsw_wr_u8(&wr, seq);
	fw_ctaphid_rx(&h, r, now);
}

static bool
take(struct seen *s)
{
	uint8_t r[LEN];
	struct tsw_rd rd;

	if (!fw_ctaphid_tx(&h, r))
		return false;
	tsw_rd_init(&rd, r, sizeof(r));
	s->cid = tsw_rd_u32(&rd);
	s->cmd = tsw_rd_u8(&rd) & 0x7f;
	s->len = tsw_rd_u16(&rd);
	tsw_rd_copy(&rd, s->data, sizeof(s->data));
	return true;
}

static void
assert_silent(void)
{
	struct seen s;

	assert_false(take(&s));
}

static void
assert_error(uint32_t cid, uint8_t code)
{
	struct seen s;

	assert_true(take(&s));
	assert_int_equal(s.cid, cid);
	assert_int_equal(s.cmd, FW_CTAPHID_ERROR);
	assert_int_equal(s.len, 1);
	assert_int_equal(s.data[0], code);
	assert_silent();
}

static uint32_t
new_channel(void)
{
	struct seen s;
	struct tsw_rd rd;

	feed_initial(BROADCAST, FW_CTAPHID_INIT, 8, "nonce678");
	assert_true(take(&s));
	assert_int_equal(s.cid, BROADCAST);
	assert_int_equal(s.cmd, FW_CTAPHID_INIT);
	assert_int_equal(s.len, 17);
	assert_memory_equal(s.data, "nonce678", 8);
	assert_int_equal(s.data[12], 2);    /* protocol version */
	assert_int_equal(s.data[16], 0x05); /* WINK, CBOR, not NMSG */
	tsw_rd_init(&rd, s.data + 8, 4);
	return tsw_rd_u32(&rd);
}

/* Bring channel cid into a state. */
static void
enter(enum fw_ctaphid_state state, uint32_t cid)
{
	struct fw_ctaphid_req req;

	switch (state) {
	case FW_CTAPHID_IDLE:
		break;
	case FW_CTAPHID_RECV:
		feed_initial(cid, FW_CTAPHID_CBOR, 200, "x");
		break;
	case FW_CTAPHID_BUSY:
	case FW_CTAPHID_SEND:
		feed_initial(cid, FW_CTAPHID_CBOR, 1, "\4");
		assert_true(fw_ctaphid_request(&h, &req));
		assert_int_equal(req.cid, cid);
		assert_int_equal(req.len, 1);
		if (state == FW_CTAPHID_SEND)
			fw_ctaphid_reply(&h, (const uint8_t *)"ok", 2);
		break;
	}
	assert_int_equal(h.state, state);
}

/* One row of the table in ctaphid.h: what a packet does in a state. */
enum reply {
	SILENT,
	INIT_ANSWER,
	BUSY_ERR,
	SEQ_ERR,
	LEN_ERR,
	CMD_ERR,
	STARTS /* the packet begins or continues a message */
};

static const struct row {
	uint8_t cmd; /* 0: a CONT packet with sequence 0 */
	uint16_t len;
	enum reply own[4];   /* by state, on the channel of the transaction */
	enum reply other[4]; /* on another one */
} rows[] = {
    {0, 0, {SILENT, STARTS, SILENT, SILENT}, {SILENT, SILENT, SILENT, SILENT}},
    {FW_CTAPHID_PING, 80, {STARTS, SEQ_ERR, BUSY_ERR, BUSY_ERR},
	{STARTS, BUSY_ERR, BUSY_ERR, BUSY_ERR}},
    {FW_CTAPHID_CBOR, 80, {STARTS, SEQ_ERR, BUSY_ERR, BUSY_ERR},
	{STARTS, BUSY_ERR, BUSY_ERR, BUSY_ERR}},
    {FW_CTAPHID_CBOR, 0, {LEN_ERR, SEQ_ERR, BUSY_ERR, BUSY_ERR},
	{LEN_ERR, BUSY_ERR, BUSY_ERR, BUSY_ERR}},
    {FW_CTAPHID_WINK, 1, {LEN_ERR, SEQ_ERR, BUSY_ERR, BUSY_ERR},
	{LEN_ERR, BUSY_ERR, BUSY_ERR, BUSY_ERR}},
    {FW_CTAPHID_PING, 7610, {LEN_ERR, SEQ_ERR, BUSY_ERR, BUSY_ERR},
	{LEN_ERR, BUSY_ERR, BUSY_ERR, BUSY_ERR}},
    {FW_CTAPHID_MSG, 80, {STARTS, SEQ_ERR, BUSY_ERR, BUSY_ERR},
	{STARTS, BUSY_ERR, BUSY_ERR, BUSY_ERR}},
    {FW_CTAPHID_MSG, 0, {LEN_ERR, SEQ_ERR, BUSY_ERR, BUSY_ERR},
	{LEN_ERR, BUSY_ERR, BUSY_ERR, BUSY_ERR}},
    {0x7f, 7, {CMD_ERR, SEQ_ERR, BUSY_ERR, BUSY_ERR},
	{CMD_ERR, BUSY_ERR, BUSY_ERR, BUSY_ERR}},
    {FW_CTAPHID_KEEPALIVE, 1, {CMD_ERR, SEQ_ERR, BUSY_ERR, BUSY_ERR},
	{CMD_ERR, BUSY_ERR, BUSY_ERR, BUSY_ERR}},
    {FW_CTAPHID_CANCEL, 0, {SILENT, SEQ_ERR, SILENT, SILENT},
	{SILENT, SILENT, SILENT, SILENT}},
    {FW_CTAPHID_INIT, 8, {INIT_ANSWER, INIT_ANSWER, INIT_ANSWER, INIT_ANSWER},
	{INIT_ANSWER, INIT_ANSWER, INIT_ANSWER, INIT_ANSWER}},
    {FW_CTAPHID_INIT, 7, {LEN_ERR, LEN_ERR, LEN_ERR, LEN_ERR},
	{LEN_ERR, LEN_ERR, LEN_ERR, LEN_ERR}},
};

static void
expect(enum reply reply, uint32_t cid)
{
	static const uint8_t code[] =
	    {[BUSY_ERR] = 6, [SEQ_ERR] = 4, [LEN_ERR] = 3, [CMD_ERR] = 1};
	struct seen s;

	switch (reply) {
	case SILENT:
		assert_int_equal(h.aux_cnt, 0);
		break;
	case STARTS:
		assert_int_equal(h.aux_cnt, 0);
		assert_int_equal(h.state, FW_CTAPHID_RECV);
		assert_int_equal(h.cid, cid);
		break;
	case INIT_ANSWER:
		assert_true(take(&s));
		assert_int_equal(s.cid, cid);
		assert_int_equal(s.cmd, FW_CTAPHID_INIT);
		break;
	case BUSY_ERR:
	case SEQ_ERR:
	case LEN_ERR:
	case CMD_ERR:
		assert_true(take(&s));
		assert_int_equal(s.cid, cid);
		assert_int_equal(s.cmd, FW_CTAPHID_ERROR);
		assert_int_equal(s.data[0], code[reply]);
		break;
	}
}

static void
walk_one(const struct row *row, enum fw_ctaphid_state state, bool own)
{
	uint32_t a, b, cid;
	enum fw_ctaphid_state before;

	setup(NULL);
	a = new_channel();
	b = new_channel();
	enter(state, a);
	before = h.state;
	cid = own ? a : b;
	if (row->cmd == 0)
		feed_cont(cid, 0);
	else
		feed_initial(cid, row->cmd, row->len, "12345678");
	expect((own ? row->own : row->other)[state], cid);
	if (!own && state != FW_CTAPHID_IDLE) {
		/* Nobody disturbs the transaction of another channel. */
		assert_int_equal(h.state, before);
		assert_int_equal(h.cid, a);
	}
	if (own && row->cmd == FW_CTAPHID_INIT && row->len == 8)
		assert_int_equal(h.state, FW_CTAPHID_IDLE);
	if (row->cmd == FW_CTAPHID_CANCEL)
		assert_true(fw_ctaphid_cancelled(&h) ==
		    (own && state == FW_CTAPHID_BUSY));
}

static void
test_every_state_and_packet(void **state)
{
	size_t i;
	int s;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (s = FW_CTAPHID_IDLE; s <= FW_CTAPHID_SEND; s++) {
			walk_one(&rows[i], (enum fw_ctaphid_state)s, true);
			walk_one(&rows[i], (enum fw_ctaphid_state)s, false);
		}
}

static void
test_channels(void **state)
{
	uint32_t a, b;

	(void)state;
	a = new_channel();
	b = new_channel();
	assert_int_not_equal(a, b);
	assert_int_not_equal(a, 0);
	feed_initial(0, FW_CTAPHID_PING, 1, "x");
	assert_error(0, FW_CTAPHID_ERR_INVALID_CHANNEL);
	feed_initial(BROADCAST, FW_CTAPHID_PING, 1, "x");
	assert_error(BROADCAST, FW_CTAPHID_ERR_INVALID_CHANNEL);
	feed_initial(b + 1, FW_CTAPHID_PING, 1, "x"); /* never given out */
	assert_error(b + 1, FW_CTAPHID_ERR_INVALID_CHANNEL);
	feed_initial(b + 1, FW_CTAPHID_INIT, 8, "12345678");
	assert_error(b + 1, FW_CTAPHID_ERR_INVALID_CHANNEL);
	feed_initial(BROADCAST, FW_CTAPHID_INIT, 8, "12345678");
	assert_int_equal(h.aux_cnt, 1);
}

static void
test_first_channel_is_never_reserved(void **state)
{
	(void)state;
	fw_ctaphid_init(&h, 0);
	assert_int_not_equal(new_channel(), 0);
	fw_ctaphid_init(&h, 0xffffffff);
	assert_int_not_equal(new_channel(), BROADCAST);
	assert_int_not_equal(new_channel(), BROADCAST);
}

/* The longest PING comes back byte by byte. */
static void
test_longest_ping(void **state)
{
	uint8_t r[LEN];
	uint32_t cid;
	size_t i, n = 0;

	(void)state;
	cid = new_channel();
	feed_initial(cid, FW_CTAPHID_PING, FW_CTAPHID_MSG_MAX, "start");
	for (i = 0; i < 128; i++) {
		assert_int_equal(h.state, FW_CTAPHID_RECV);
		feed_cont(cid, (uint8_t)i);
	}
	assert_int_equal(h.state, FW_CTAPHID_SEND);
	while (fw_ctaphid_tx(&h, r)) {
		if (n == 0)
			assert_memory_equal(r + 7, "start", 5);
		else
			assert_int_equal(r[4], n - 1);
		n++;
	}
	assert_int_equal(n, 129);
	assert_int_equal(h.state, FW_CTAPHID_IDLE);
}

static void
test_wrong_sequence(void **state)
{
	uint32_t cid;

	(void)state;
	cid = new_channel();
	feed_initial(cid, FW_CTAPHID_PING, 200, "x");
	feed_cont(cid, 0);
	feed_cont(cid, 2);
	assert_error(cid, FW_CTAPHID_ERR_INVALID_SEQ);
	feed_cont(cid, 3); /* the rest is stray */
	assert_silent();
	feed_initial(cid, FW_CTAPHID_PING, 1, "y");
	assert_int_equal(h.state, FW_CTAPHID_SEND);
}

static void
test_packet_timeout(void **state)
{
	uint32_t cid;

	(void)state;
	cid = new_channel();
	feed_initial(cid, FW_CTAPHID_PING, 200, "x");
	now += FW_CTAPHID_PACKET_TIMEOUT_MS - 1;
	fw_ctaphid_tick(&h, now);
	assert_silent();
	feed_cont(cid, 0); /* the time starts anew */
	assert_int_equal(fw_ctaphid_next_ms(&h, now),
	    FW_CTAPHID_PACKET_TIMEOUT_MS);
	now += FW_CTAPHID_PACKET_TIMEOUT_MS;
	fw_ctaphid_tick(&h, now);
	assert_error(cid, FW_CTAPHID_ERR_MSG_TIMEOUT);
	assert_int_equal(h.state, FW_CTAPHID_IDLE);
}

/* A late packet is answered by the timeout, also when nobody ticked. */
static void
test_late_packet(void **state)
{
	uint32_t cid;

	(void)state;
	cid = new_channel();
	feed_initial(cid, FW_CTAPHID_PING, 200, "x");
	now += 10000;
	feed_cont(cid, 0);
	assert_error(cid, FW_CTAPHID_ERR_MSG_TIMEOUT);
}

/* Timeout and the answer to the packet that brought it: both get out. */
static void
test_late_packet_of_another(void **state)
{
	uint32_t a, b;
	struct seen s;

	(void)state;
	a = new_channel();
	b = new_channel();
	feed_initial(a, FW_CTAPHID_PING, 200, "x");
	now += 10000;
	feed_initial(b, 0x7f, 1, "x");
	assert_false(fw_ctaphid_can_rx(&h));
	assert_true(take(&s));
	assert_int_equal(s.cid, a);
	assert_int_equal(s.data[0], FW_CTAPHID_ERR_MSG_TIMEOUT);
	assert_error(b, FW_CTAPHID_ERR_INVALID_CMD);
	assert_true(fw_ctaphid_can_rx(&h));
}

static void
assert_keepalive(uint8_t status)
{
	struct seen s;

	assert_true(take(&s));
	assert_int_equal(s.cmd, FW_CTAPHID_KEEPALIVE);
	assert_int_equal(s.len, 1);
	assert_int_equal(s.data[0], status);
	assert_silent();
}

static void
test_keepalive(void **state)
{
	int i;

	(void)state;
	enter(FW_CTAPHID_BUSY, new_channel());
	fw_ctaphid_tick(&h, now);
	assert_silent();
	now += 100;
	fw_ctaphid_tick(&h, now);
	assert_keepalive(FW_CTAPHID_PROCESSING);
	fw_ctaphid_set_status(&h, FW_CTAPHID_UPNEEDED, now);
	assert_keepalive(FW_CTAPHID_UPNEEDED); /* a change, at once */
	fw_ctaphid_set_status(&h, FW_CTAPHID_UPNEEDED, now);
	assert_silent();
	for (i = 0; i < 5; i++) {
		assert_true(fw_ctaphid_next_ms(&h, now) <= 100);
		now += fw_ctaphid_next_ms(&h, now);
		fw_ctaphid_tick(&h, now);
		assert_keepalive(FW_CTAPHID_UPNEEDED);
	}
	fw_ctaphid_reply(&h, (const uint8_t *)"r", 1);
	now += 1000;
	fw_ctaphid_tick(&h, now);
	assert_int_equal(h.aux_cnt, 0);
}

static void
test_no_keepalive_while_idle(void **state)
{
	(void)state;
	(void)new_channel();
	now += 100000;
	fw_ctaphid_tick(&h, now);
	assert_silent();
	assert_int_equal(fw_ctaphid_next_ms(&h, now), UINT32_MAX);
}

/* INIT on the channel of the transaction: no reply may follow. */
static void
test_abort(void **state)
{
	uint32_t cid;
	struct seen s;

	(void)state;
	cid = new_channel();
	enter(FW_CTAPHID_BUSY, cid);
	feed_initial(cid, FW_CTAPHID_INIT, 8, "12345678");
	assert_true(take(&s));
	assert_false(fw_ctaphid_wants_reply(&h));
	fw_ctaphid_reply(&h, (const uint8_t *)"late", 4);
	assert_silent();
}

/* PINs and salts do not stay in the buffer. */
static void
test_request_is_wiped(void **state)
{
	uint32_t cid;
	struct fw_ctaphid_req req;

	(void)state;
	cid = new_channel();
	feed_initial(cid, FW_CTAPHID_CBOR, 6, "secret");
	assert_true(fw_ctaphid_request(&h, &req));
	assert_memory_equal(req.data, "secret", 6);
	assert_false(fw_ctaphid_request(&h, &req)); /* it is given once */
	fw_ctaphid_reply(&h, (const uint8_t *)"r", 1);
	assert_memory_equal(h.msg + 1, "\0\0\0\0\0", 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_every_state_and_packet, setup),
	    cmocka_unit_test_setup(test_channels, setup),
	    cmocka_unit_test_setup(test_first_channel_is_never_reserved, setup),
	    cmocka_unit_test_setup(test_longest_ping, setup),
	    cmocka_unit_test_setup(test_wrong_sequence, setup),
	    cmocka_unit_test_setup(test_packet_timeout, setup),
	    cmocka_unit_test_setup(test_late_packet, setup),
	    cmocka_unit_test_setup(test_late_packet_of_another, setup),
	    cmocka_unit_test_setup(test_keepalive, setup),
	    cmocka_unit_test_setup(test_no_keepalive_while_idle, setup),
	    cmocka_unit_test_setup(test_abort, setup),
	    cmocka_unit_test_setup(test_request_is_wiped, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
