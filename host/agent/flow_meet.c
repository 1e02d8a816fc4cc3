/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory's mailbox: the texts of a live code on their way, and a first
 * word to somebody (SPEC 15).  What comes out of a box was put there by
 * anybody.
 */
#include <stdio.h>
#include <string.h>

#include <touchstone/meet.h>

#include "flow.h"
#include "log/page.h"

#define MEET_MS ((int64_t)10 * 60 * 1000)
#define POLL_S 25 /* how long the directory may keep a question */
#define POST_MS 15000
#define PAUSE_MS 250 /* from question to question, at least */
#define MESSAGE_TYPE "application/octet-stream"

/* --- Requests --- */

static int
box_url(char out[TS_NET_URL_MAX + 1], const struct ts_op *op, const char *box,
    const char *query)
{
	struct ts_own own;
	int n;

	ts_own_get(op->agent->store, &own);
	if (strncmp(own.directory, "http", 4) != 0)
		return TS_ERR_NO_MAILBOX;
	n = snprintf(out, TS_NET_URL_MAX + 1, "%s/v1/mailbox/%s%s",
	    own.directory, box, query);
	return n < 0 || n > TS_NET_URL_MAX ? TS_ERR_ARGUMENT : TS_OK;
}

static int
go(struct ts_op *op, const struct ts_net_request *req,
    void (*done)(void *ctx, const struct ts_net_reply *reply))
{
	op->errand.loop = &op->agent->loop;
	op->errand.done = done;
	op->errand.ctx = op;
	return ts_errand_start(&op->errand, op->agent->net_helper, req);
}

static int
post(struct ts_op *op, const char *box, struct tsw_slice message,
    void (*done)(void *ctx, const struct ts_net_reply *reply))
{
	struct ts_net_request req;
	int r;

	memset(&req, 0, sizeof(req));
	req.post = true;
	req.max = TS_REFUSAL_MAX;
	req.timeout_ms = POST_MS;
	req.body = message;
	memcpy(req.type, MESSAGE_TYPE, sizeof(MESSAGE_TYPE));
	r = box_url(req.url, op, box, "");
	return r == TS_OK ? go(op, &req, done) : r;
}

static int
get(struct ts_op *op, const char *box, uint32_t after, unsigned wait_s,
    void (*done)(void *ctx, const struct ts_net_reply *reply))
{
	struct ts_net_request req;
	char query[48];
	int r;

	memset(&req, 0, sizeof(req));
	req.max = TS_BOX_MAX;
	req.timeout_ms = wait_s * 1000 + POST_MS;
	(void)snprintf(query, sizeof(query), "?after=%lu&wait=%u",
	    (unsigned long)after, wait_s);
	r = box_url(req.url, op, box, query);
	return r == TS_OK ? go(op, &req, done) : r;
}

/* What a refusal means here. */
static int
outcome(const struct ts_net_reply *reply)
{
	struct ts_refused refused;

	if (reply->err != TS_OK)
		return reply->err == TS_ERR_ARGUMENT ? TS_ERR_ARGUMENT
						     : TS_ERR_DIRECTORY;
	if (reply->status == 200 || reply->status == 204)
		return TS_OK;
	if (ts_refused_decode(&refused, reply->body) != TSW_OK)
		return TS_ERR_DIRECTORY;
	if (refused.code == TS_REFUSAL_RATE)
		return TS_ERR_RATE;
	return refused.code == TS_REFUSAL_BUSY ||
		refused.code == TS_REFUSAL_FULL
	    ? TS_ERR_DIRECTORY_BUSY
	    : TS_ERR_DIRECTORY;
}

static void
end_with(struct ts_op *op, const char *key, const char *text)
{
	struct ts_jw *w = ts_op_begin(op);

	if (w != NULL) {
		ts_jw_object(w, "result");
		ts_jw_str(w, key, text);
		ts_jw_object_end(w);
	}
	ts_op_end(op, w);
}

/* --- A live code --- */

static int listen_on(struct ts_op *op);

static void
listen_now(void *ctx)
{
	struct ts_op *op = ctx;

	ts_op_step(op, listen_on(op));
}

/* One that answers at once, full or hostile, is not asked all the time. */
static int
listen_again(struct ts_op *op)
{
	int64_t left =
	    op->agent->meeting.asked_ms + PAUSE_MS - ts_loop_now_ms();

	if (left <= 0)
		return listen_on(op);
	op->timer.fire = listen_now;
	return ts_loop_start(&op->agent->loop, &op->timer, left);
}

static void
echoed(void *ctx, const struct ts_net_reply *reply)
{
	struct ts_op *op = ctx;
	int r = outcome(reply);

	if (r == TS_OK)
		ts_meet_echoed(&op->agent->meeting.meet);
	ts_op_step(op, r == TS_OK ? listen_again(op) : r);
}

/* The first thing in the box that is for this run, or an answer to a knock. */
static int
take(struct ts_op *op, const struct ts_box *box)
{
	struct ts_meet *meet = &op->agent->meeting.meet;
	uint8_t out[TS_MEET_MESSAGE_MAX], echo[TS_MEET_MESSAGE_MAX];
	char text[TSW_LIVE_TEXT_MAX] = "";
	size_t i, len, echo_len = 0;

	for (i = 0; i < box->cnt; i++) {
		switch (ts_meet_take(meet, box->message[i].number,
		    box->message[i].bytes, out, &len, text)) {
		case TS_MEET_NOTHING:
			break;
		case TS_MEET_KNOCK: /* the last one is who is there now */
			memcpy(echo, out, len);
			echo_len = len;
			break;
		case TS_MEET_ECHO:
		case TS_MEET_MOVE:
			end_with(op, "text", text);
			return TS_OK;
		}
	}
	if (echo_len > 0)
		return post(op, meet->give, (struct tsw_slice){echo, echo_len},
		    echoed);
	return listen_again(op);
}

static void
heard(void *ctx, const struct ts_net_reply *reply)
{
	struct ts_op *op = ctx;
	struct ts_box box;
	int r = outcome(reply);

	if (r == TS_OK && ts_box_decode(&box, reply->body) != TSW_OK)
		r = TS_ERR_DIRECTORY_FORMAT;
	ts_op_step(op, r == TS_OK ? take(op, &box) : r);
}

static int
listen_on(struct ts_op *op)
{
	struct ts_meeting *m = &op->agent->meeting;

	m->asked_ms = ts_loop_now_ms();
	if (m->asked_ms >= m->until_ms)
		return TS_ERR_NOBODY;
	return get(op, m->meet.take, m->meet.after, POLL_S, heard);
}

static void
sent(void *ctx, const struct ts_net_reply *reply)
{
	struct ts_op *op = ctx;
	int r = outcome(reply);

	if (r == TS_OK && op->conn != NULL &&
	    ts_call_arg(&op->conn->call, "last")->b)
		end_with(op, "text", "");
	else
		ts_op_step(op, r == TS_OK ? listen_on(op) : r);
}

static int
begin(struct ts_op *op, const char *contact)
{
	struct ts_meeting *m = &op->agent->meeting;
	uint8_t knock[TS_MEET_MESSAGE_MAX];
	struct tsw_slice s = {knock, 0};
	int r;

	r = ts_op_text(m->contact, sizeof(m->contact), contact);
	if (r == TS_OK)
		r = ts_meet_begin(op->agent->store, &m->meet, contact);
	if (r != TS_OK)
		return r;
	m->until_ms = ts_loop_now_ms() + MEET_MS;
	op->agent->live_until_ms = m->until_ms;
	if (!m->meet.first)
		return listen_on(op);
	s.len = ts_meet_knock(knock, &m->meet);
	return post(op, m->meet.give, s, sent);
}

static int
go_on(struct ts_op *op, const char *contact, const char *text)
{
	const struct ts_meeting *m = &op->agent->meeting;
	uint8_t move[TS_MEET_MESSAGE_MAX];
	struct tsw_slice s = {move, 0};
	int r;

	if (strcmp(m->contact, contact) != 0)
		return TS_ERR_NO_RUN;
	if (text[0] == '\0')
		return listen_on(op);
	r = ts_meet_move(move, &s.len, &m->meet, text);
	return r == TS_OK ? post(op, m->meet.give, s, sent) : r;
}

int
ts_flow_meet(struct ts_agent *agent, struct ts_conn *c)
{
	const char *contact = ts_call_arg(&c->call, "contact")->s;
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r != TS_OK)
		return r;
	if (ts_call_arg(&c->call, "begin")->b)
		r = begin(op, contact);
	else
		r = go_on(op, contact, ts_call_arg(&c->call, "text")->s);
	ts_op_step(op, r);
	return TS_OK;
}

/* --- A first word --- */

/* Names that the library said in another call are not of this one. */
static void
settle(struct ts_op *op, int r)
{
	if (r != TS_OK)
		ts_op_fail_names(op, r, NULL);
}

/* A reply that has no progress beside it, as these two are declared. */
static struct ts_jw *
begin_plain(struct ts_op *op)
{
	return op->conn == NULL ? NULL : ts_conn_begin(op->conn);
}

static void
said(void *ctx, const struct ts_net_reply *reply)
{
	struct ts_op *op = ctx;
	int r = outcome(reply);

	if (r == TS_OK)
		ts_op_end(op, begin_plain(op));
	else
		settle(op, r);
}

int
ts_flow_hello(struct ts_agent *agent, struct ts_conn *c)
{
	char box[TS_MEET_BOX_LEN];
	struct ts_own own;
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r != TS_OK)
		return r;
	ts_own_get(agent->store, &own);
	r = own.provisioned
	    ? ts_meet_hello_box(box, ts_call_arg(&c->call, "label")->s)
	    : TS_ERR_NOT_PROVISIONED;
	if (r == TS_OK)
		r = post(op, box,
		    (struct tsw_slice){(const uint8_t *)own.label,
			strlen(own.label)},
		    said);
	settle(op, r);
	return TS_OK;
}

static bool
is_among(const struct ts_box *box, size_t i)
{
	const struct tsw_slice *s = &box->message[i].bytes;
	size_t j;

	for (j = 0; j < i; j++)
		if (box->message[j].bytes.len == s->len &&
		    memcmp(box->message[j].bytes.p, s->p, s->len) == 0)
			return true;
	return false;
}

static void
read_out(void *ctx, const struct ts_net_reply *reply)
{
	char label[TSW_LABEL_MAX + 1];
	struct ts_op *op = ctx;
	struct ts_box box;
	struct ts_jw *w;
	int r = outcome(reply);
	size_t i;

	if (r == TS_OK && ts_box_decode(&box, reply->body) != TSW_OK)
		r = TS_ERR_DIRECTORY_FORMAT;
	if (r != TS_OK) {
		settle(op, r);
		return;
	}
	w = begin_plain(op);
	if (w != NULL)
		ts_jw_list(w, "labels");
	for (i = 0; w != NULL && i < box.cnt; i++)
		if (ts_meet_hello(label, box.message[i].bytes) == TSW_OK &&
		    !is_among(&box, i))
			ts_jw_str(w, NULL, label);
	if (w != NULL)
		ts_jw_list_end(w);
	ts_op_end(op, w);
}

int
ts_flow_hellos(struct ts_agent *agent, struct ts_conn *c)
{
	char box[TS_MEET_BOX_LEN];
	struct ts_own own;
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r != TS_OK)
		return r;
	ts_own_get(agent->store, &own);
	r = own.initialised ? ts_meet_hello_box(box, own.label)
			    : TS_ERR_NOT_INITIALISED;
	if (r == TS_OK)
		r = get(op, box, 0, 0, read_out);
	settle(op, r);
	return TS_OK;
}
