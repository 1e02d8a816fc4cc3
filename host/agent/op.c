/* SPDX-License-Identifier: BSD-2-Clause */
#include "op.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "fault.h"

#define RESCAN_MS 1000	 /* for what inotify does not tell while one waits */
#define PIN_BYTES 4096	 /* a page: more than any PIN */
#define PATIENCE_MS 2000 /* with whoever else uses the token */
#define AGAIN_MS 50	 /* doubled each time */
#define NOTICE_MS 800	 /* pcscd looks at its readers every 400 */

static int run(struct ts_op *op);

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int
ts_pin_copy(int *out, int pin_fd)
{
	int fd[2];
	ssize_t n;

	*out = -1;
	if (pin_fd < 0)
		return TS_OK;
	if (pipe2(fd, O_CLOEXEC) != 0)
		return TS_ERR_IO;
	/* tee(2) copies inside the kernel: this process never sees the PIN. */
	n = tee(pin_fd, fd[1], PIN_BYTES, SPLICE_F_NONBLOCK);
	close(fd[1]);
	if (n < 0) {
		close(fd[0]);
		return TS_ERR_ARGUMENT;
	}
	*out = fd[0];
	return TS_OK;
}

int
ts_op_text(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		return TS_ERR_ARGUMENT;
	memcpy(out, text, len + 1);
	return TS_OK;
}

/* --- Life --- */

void
ts_op_release(struct ts_op *op)
{
	struct ts_device *dev = op->dev;

	if (dev == NULL)
		return;
	op->dev = NULL;
	dev->user = NULL;
}

/* The operation is over; what it held is free for others. */
static void
end(struct ts_op *op)
{
	struct ts_agent *agent = op->agent;
	size_t i;

	ts_job_kill(&op->job);
	ts_inquiry_kill(&op->inquiry);
	ts_chore_kill(&op->chore);
	ts_errand_kill(&op->errand);
	ts_loop_cancel(&agent->loop, &op->timer);
	op->waiting = false;
	op->used = false;
	ts_op_release(op);
	if (op->make_at > 0)
		ts_devices_look_for_twins(&agent->devices);
	close_fd(&op->pin_fd);
	close_fd(&op->new_pin_fd);
	for (i = 0; i < TS_MAKES_MAX_CNT; i++) {
		close_fd(&op->make[i].pin_fd);
		close_fd(&op->make[i].admin_fd);
	}
	ts_ops_wake(agent);
	ts_agent_settle(agent);
}

static void
client_gone(void *ctx)
{
	struct ts_op *op = ctx;

	op->conn = NULL;
	if (op->waiting || op->errand.active) {
		end(op);
		return;
	}
	ts_job_cancel(&op->job);
	if (!op->keep_on)
		ts_chore_cancel(&op->chore);
}

/* Our firmware erases nothing for a short touch (SPEC 12.1). */
static bool
wants_hold(const struct ts_op *op)
{
	return op->dev->info.applet.present &&
	    (op->req.op == TS_TOKEN_MSG_RESET ||
		op->req.op == TS_TOKEN_MSG_FORGET);
}

static void
touch(void *ctx, bool waiting)
{
	struct ts_op *op = ctx;

	if (!waiting)
		ts_op_say(op, "touched", "");
	else if (wants_hold(op))
		ts_op_say(op, "hold",
		    "Touch the token and hold it for 5 "
		    "seconds.");
	else
		ts_op_say(op, "touch", "Touch the token now.");
}

/*
 * Another program has the token, or the helper of an agent that was killed
 * has not noticed yet.  True: it will be asked again.
 */
static bool
wait_while_busy(struct ts_op *op)
{
	if (ts_loop_now_ms() >= op->patience_until_ms ||
	    ts_loop_start(&op->agent->loop, &op->timer, op->again_ms) != TS_OK)
		return false;
	op->again = true;
	op->again_ms *= 2;
	return true;
}

static bool
is_busy(int err)
{
	return err == TS_ERR_TOKEN_BUSY || err == TS_ERR_CARD_HELD;
}

static void
conclude(struct ts_op *op, const struct ts_token_result *result)
{
	op->touching = false;
	if (!ts_op_note_tries(op, result) &&
	    result->retries != TS_TOKEN_RETRIES_UNKNOWN)
		op->dev->retries = result->retries;
	ts_op_step(op, op->next(op, result));
}

/*
 * A card that is pulled out is noticed by pcscd a moment after it has ceased
 * to answer: the watcher is given time to say so.
 */
static bool
doubt(struct ts_op *op, const struct ts_token_result *result)
{
	if (result->err != TS_ERR_TOKEN_IO || !ts_device_is_card(op->dev) ||
	    ts_loop_start(&op->agent->loop, &op->timer, NOTICE_MS) != TS_OK)
		return false;
	op->doubting = true;
	op->doubted = *result;
	return true;
}

static void
done(void *ctx, const struct ts_token_result *result)
{
	struct ts_op *op = ctx;

	if (is_busy(result->err) && wait_while_busy(op))
		return;
	if (!doubt(op, result))
		conclude(op, result);
}

static void
timer_fired(void *ctx)
{
	struct ts_op *op = ctx;

	if (op->doubting) {
		op->doubting = false;
		if (op->dev->state == TS_DEVICE_ABSENT)
			op->doubted.err = TS_ERR_TOKEN_PULLED;
		conclude(op, &op->doubted);
		return;
	}
	if (!op->again) {
		ts_op_wait_on(op);
		return;
	}
	op->again = false;
	ts_op_step(op, run(op));
}

int
ts_op_new(struct ts_op **out, struct ts_agent *agent, struct ts_conn *c)
{
	struct ts_op *op;
	size_t i;

	for (i = 0; i < TS_OPS_MAX_CNT && agent->op[i].used; i++)
		continue;
	if (i == TS_OPS_MAX_CNT)
		return TS_ERR_BUSY;
	op = &agent->op[i];
	memset(op, 0, sizeof(*op));
	op->used = true;
	op->agent = agent;
	op->conn = c;
	op->pin_fd = -1;
	op->new_pin_fd = -1;
	for (i = 0; i < TS_MAKES_MAX_CNT; i++) {
		op->make[i].pin_fd = -1;
		op->make[i].admin_fd = -1;
	}
	op->job.loop = &agent->loop;
	op->job.touch = touch;
	op->job.done = done;
	op->job.ctx = op;
	op->timer.fire = timer_fired;
	op->timer.ctx = op;
	c->gone = client_gone;
	c->gone_ctx = op;
	*out = op;
	return TS_OK;
}

void
ts_op_step(struct ts_op *op, int result)
{
	if (result != TS_OK && op->used)
		ts_op_fail(op, result);
}

size_t
ts_ops_cnt(const struct ts_agent *agent)
{
	size_t i, cnt = 0;

	for (i = 0; i < TS_OPS_MAX_CNT; i++)
		if (agent->op[i].used)
			cnt++;
	return cnt;
}

void
ts_ops_kill(struct ts_agent *agent)
{
	size_t i;

	for (i = 0; i < TS_OPS_MAX_CNT; i++) {
		ts_job_kill(&agent->op[i].job);
		ts_inquiry_kill(&agent->op[i].inquiry);
		ts_chore_kill(&agent->op[i].chore);
		ts_errand_kill(&agent->op[i].errand);
	}
}

void
ts_ops_leave_mailbox(struct ts_agent *agent)
{
	size_t i;

	for (i = 0; i < TS_OPS_MAX_CNT; i++)
		if (agent->op[i].used && agent->op[i].errand.active)
			ts_op_fail(&agent->op[i], TS_ERR_CANCELLED);
}

/* --- At work --- */

static bool
needs_touch(enum ts_token_message op)
{
	return op == TS_TOKEN_MSG_CREATE || op == TS_TOKEN_MSG_SIGN ||
	    op == TS_TOKEN_MSG_RESET || op == TS_TOKEN_MSG_IMPORT ||
	    op == TS_TOKEN_MSG_ATTEST || op == TS_TOKEN_MSG_LIVE_BEGIN ||
	    op == TS_TOKEN_MSG_LIVE_ANSWER || op == TS_TOKEN_MSG_LIVE_CONFIRM ||
	    op == TS_TOKEN_MSG_LIVE_TYPE || op == TS_TOKEN_MSG_FORGET;
}

static bool
changes_pin(enum ts_token_message op)
{
	return op == TS_TOKEN_MSG_PIN_SET || op == TS_TOKEN_MSG_PIN_CHANGE ||
	    op == TS_TOKEN_MSG_PIN_UNBLOCK;
}

static uint32_t
budget_ms(enum ts_token_message op)
{
	if (needs_touch(op))
		return TS_JOB_TOUCH_MS;
	return changes_pin(op) ? TS_JOB_PIN_MS : TS_JOB_QUICK_MS;
}

/* Start a helper on op->req. */
static int
run(struct ts_op *op)
{
	struct ts_token_fds fds = {-1, -1, -1};
	int r;

	if (op->conn == NULL && !op->settling)
		return TS_ERR_CANCELLED;
	if (op->dev->state == TS_DEVICE_ABSENT)
		return TS_ERR_TOKEN_PULLED;
	r = ts_pin_copy(&fds.pin, op->req_pin_fd);
	if (r == TS_OK)
		r = ts_pin_copy(&fds.new_pin, op->req_new_pin_fd);
	if (r == TS_OK)
		r = ts_device_lend(op->dev, &op->req, &fds);
	if (r == TS_OK)
		return ts_job_start(&op->job, op->agent->helper, &op->req,
		    &fds);
	close_fd(&fds.pin);
	close_fd(&fds.new_pin);
	return is_busy(r) && wait_while_busy(op) ? TS_OK : r;
}

int
ts_op_run(struct ts_op *op, const struct ts_token_request *req, int pin_fd,
    int (*next)(struct ts_op *op, const struct ts_token_result *result))
{
	return ts_op_run_two(op, req, pin_fd, -1, next);
}

int
ts_op_run_two(struct ts_op *op, const struct ts_token_request *req, int pin_fd,
    int new_pin_fd,
    int (*next)(struct ts_op *op, const struct ts_token_result *result))
{
	op->req = *req;
	op->req_pin_fd = pin_fd;
	op->req_new_pin_fd = new_pin_fd;
	op->next = next;
	op->touching = needs_touch(req->op);
	op->req.budget_ms = budget_ms(req->op);
	op->again_ms = AGAIN_MS;
	op->patience_until_ms = ts_loop_now_ms() + PATIENCE_MS;
	return run(op);
}

/* --- What the client hears --- */

struct called {
	const uint8_t *id; /* of a token key */
	char name[TS_DEVICE_NAME_MAX];
};

static int
is_called(void *arg, const struct ts_token *token)
{
	struct called *called = arg;

	if (memcmp(token->id, called->id, sizeof(token->id)) == 0)
		(void)snprintf(called->name, sizeof(called->name), "%s",
		    token->name);
	return TS_OK;
}

/* The token as its owner calls it, or else where it is plugged in. */
static void
name_token(const struct ts_op *op, char out[TS_DEVICE_NAME_MAX])
{
	const struct ts_device *dev = op->dev;
	struct called called;

	memset(&called, 0, sizeof(called));
	if (dev != NULL && dev->has_key && op->agent->store != NULL) {
		called.id = dev->key_id;
		if (ts_own_token_each(op->agent->store, is_called, &called) !=
		    TS_OK)
			called.name[0] = '\0';
	}
	if (called.name[0] != '\0')
		memcpy(out, called.name, TS_DEVICE_NAME_MAX);
	else
		memcpy(out, dev == NULL ? op->target : dev->name,
		    TS_DEVICE_NAME_MAX);
}

void
ts_op_say(struct ts_op *op, const char *state, const char *text)
{
	char token[TS_DEVICE_NAME_MAX];
	struct ts_jw *w;

	if (op->conn == NULL || !op->conn->call.more)
		return;
	name_token(op, token);
	w = ts_conn_begin(op->conn);
	ts_jw_object(w, "progress");
	ts_jw_str(w, "state", state);
	ts_jw_str(w, "token", token);
	ts_jw_str(w, "text", text);
	ts_jw_object_end(w);
	ts_jw_null(w, "result");
	/* This may close the connection, and so call client_gone(). */
	ts_conn_end(op->conn, NULL, true);
}

struct ts_jw *
ts_op_begin(struct ts_op *op)
{
	struct ts_jw *w;

	if (op->conn == NULL)
		return NULL;
	w = ts_conn_begin(op->conn);
	ts_jw_null(w, "progress");
	return w;
}

/*
 * The operation ends before its reply goes out: the next call of the same
 * client may want the same token.
 */
void
ts_op_end(struct ts_op *op, struct ts_jw *w)
{
	struct ts_conn *c = op->conn;

	end(op);
	if (w != NULL && c != NULL)
		ts_conn_end(c, NULL, false);
}

void
ts_op_fail_names(struct ts_op *op, int err, const struct ts_names *names)
{
	struct ts_conn *c = op->conn;

	end(op);
	if (c != NULL)
		ts_fault_reply(c, err, names);
}

void
ts_op_fail_token(struct ts_op *op, int err, uint8_t retries)
{
	struct ts_conn *c = op->conn;
	char token[TS_DEVICE_NAME_MAX];

	name_token(op, token);
	end(op);
	if (c != NULL)
		ts_fault_token(c, err, token, retries);
}

void
ts_op_fail(struct ts_op *op, int err)
{
	struct ts_names names;

	memset(&names, 0, sizeof(names));
	if (op->agent->store != NULL)
		names = *ts_store_names(op->agent->store);
	if (names.cnt > 0)
		ts_op_fail_names(op, err, &names);
	else
		ts_op_fail_token(op, err, TS_TOKEN_RETRIES_UNKNOWN);
}
