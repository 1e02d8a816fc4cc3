/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/hid.h"

#include "token/deadline.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#define INIT_REPLY_LEN 17
#define INIT_WAIT_MS 1000   /* a token answers INIT in a few ms */
#define CANCEL_WAIT_MS 1000 /* and CANCEL too, or never */
#define LOCK_WAIT_MS 5000
#define RETRY_PAUSE_MS 50

/* CTAPHID commands with the bit of an initialisation packet set. */
enum cmd {
	CMD_INIT = 0x86,
	CMD_WINK = 0x88,
	CMD_CANCEL = 0x91,
	CMD_KEEPALIVE = 0xbb,
	CMD_ERROR = 0xbf
};
#define KEEPALIVE_TOUCH 2
#define ERROR_INVALID_CMD 0x01
#define ERROR_CHANNEL_BUSY 0x06

void
ts_hid_init(struct ts_hid *hid, int fd, enum ts_token_transport transport,
    struct ts_control *control, uint32_t budget_ms)
{
	memset(hid, 0, sizeof(*hid));
	hid->fd = fd;
	hid->transport = transport;
	hid->control = control;
	hid->deadline = ts_deadline_in(budget_ms);
	hid->cid = TS_TOKEN_CHANNEL_BROADCAST;
}

/* The first cause stays. */
static int
fail(struct ts_hid *hid, int cause)
{
	if (hid->cause == TS_OK)
		hid->cause = cause;
	return -1;
}

static void
set_touching(struct ts_hid *hid, bool touching)
{
	if (hid->touching == touching)
		return;
	hid->touching = touching;
	ts_control_event(hid->control,
	    touching ? TS_TOKEN_MSG_TOUCH_NEEDED : TS_TOKEN_MSG_TOUCH_DONE);
}

void
ts_hid_finish(struct ts_hid *hid)
{
	set_touching(hid, false);
}

int
ts_hid_lock(struct ts_hid *hid)
{
	struct pollfd p = {.fd = hid->control->fd, .events = POLLIN};
	int64_t deadline = ts_deadline_in(LOCK_WAIT_MS);

	if (hid->transport != TS_TOKEN_HIDRAW)
		return TS_OK;
	while (flock(hid->fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return TS_ERR_TOKEN_IO;
		(void)poll(&p, 1, RETRY_PAUSE_MS);
		if (ts_control_is_cancelled(hid->control))
			return TS_ERR_CANCELLED;
		if (ts_deadline_left(deadline) == 0 ||
		    ts_deadline_left(hid->deadline) == 0)
			return TS_ERR_TOKEN_BUSY;
	}
	return TS_OK;
}

/* A send or write of n bytes gave an error that is not "try again". */
static bool
is_gone(ssize_t n)
{
	return n == 0 || (errno != EAGAIN && errno != EINTR);
}

/* One report without the checks of ts_hid_write(). */
static int
put_report(struct ts_hid *hid, const uint8_t *buf)
{
	struct pollfd p = {.fd = hid->fd, .events = POLLOUT};
	int64_t deadline = ts_deadline_in(INIT_WAIT_MS);
	bool stream = hid->transport == TS_TOKEN_STREAM;
	size_t done = stream ? 1 : 0; /* the report id is not on the stream */
	ssize_t n;

	while (done < TS_HID_OUT_LEN) {
		if (stream)
			n = send(hid->fd, buf + done, TS_HID_OUT_LEN - done,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		else
			n = write(hid->fd, buf, TS_HID_OUT_LEN);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (is_gone(n))
			return fail(hid, TS_ERR_TOKEN_PULLED);
		if (poll(&p, 1, ts_deadline_left(deadline)) == 0)
			return fail(hid, TS_ERR_TOKEN_IO);
	}
	return TS_HID_OUT_LEN;
}

/* A request without data. */
static int
put_command(struct ts_hid *hid, uint32_t cid, enum cmd cmd)
{
	uint8_t buf[TS_HID_OUT_LEN] = {0};
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf + 1, TS_HID_REPORT_LEN);
	tsw_wr_u32(&wr, cid);
	tsw_wr_u8(&wr, (uint8_t)cmd);
	return put_report(hid, buf);
}

int
ts_hid_disown(struct ts_hid *hid, uint32_t channel)
{
	if (channel == TS_TOKEN_CHANNEL_NONE ||
	    channel == TS_TOKEN_CHANNEL_BROADCAST)
		return TS_OK;
	return put_command(hid, channel, CMD_CANCEL) < 0 ? hid->cause : TS_OK;
}

int
ts_hid_write(struct ts_hid *hid, const uint8_t *buf, size_t len)
{
	struct tsw_rd rd;

	if (len != TS_HID_OUT_LEN || hid->cause != TS_OK)
		return fail(hid, TS_ERR_INTERNAL);
	/* A message that was begun is sent to its end. */
	if ((buf[5] & 0x80) != 0) {
		if (ts_control_is_cancelled(hid->control))
			return fail(hid, TS_ERR_CANCELLED);
		if (ts_deadline_left(hid->deadline) == 0)
			return fail(hid, TS_ERR_TOKEN_IO);
	}
	tsw_rd_init(&rd, buf + 1, 4);
	hid->cid = tsw_rd_u32(&rd);
	if (buf[5] == CMD_INIT)
		memcpy(hid->nonce, buf + 8, sizeof(hid->nonce));
	return put_report(hid, buf);
}

/*
 * Nobody wants the answer any more: say so to the token, then wait for its
 * reply a little longer, so that the next operation does not get it.
 */
static int
give_up(struct ts_hid *hid, int cause)
{
	(void)fail(hid, cause);
	if (hid->cancel_sent || hid->cid == TS_TOKEN_CHANNEL_BROADCAST)
		return -1;
	hid->cancel_sent = true;
	hid->deadline = ts_deadline_in(CANCEL_WAIT_MS);
	return put_command(hid, hid->cid, CMD_CANCEL) < 0 ? -1 : 0;
}

/* Read what is there; 1: a whole report is in part[], 0: not yet. */
static int
take_bytes(struct ts_hid *hid)
{
	ssize_t n;

	n = read(hid->fd, hid->part + hid->used, sizeof(hid->part) - hid->used);
	if (n < 0 && !is_gone(n))
		return 0;
	if (n <= 0)
		return fail(hid, TS_ERR_TOKEN_PULLED);
	if (hid->transport == TS_TOKEN_HIDRAW && n != TS_HID_REPORT_LEN)
		return fail(hid, TS_ERR_TOKEN_IO);
	hid->used += (size_t)n;
	if (hid->used < sizeof(hid->part))
		return 0;
	hid->used = 0;
	return 1;
}

/*
 * Wait for the next report of any channel; 0, or -1.  With CANCEL sent the
 * control socket is left alone: it has nothing more to say.
 */
static int
wait_report(struct ts_hid *hid, int64_t init_deadline)
{
	struct pollfd p[2] = {{.fd = hid->fd, .events = POLLIN},
	    {.fd = hid->control->fd, .events = POLLIN}};
	int left, init_left, r;

	for (;;) {
		left = ts_deadline_left(hid->deadline);
		if (left == 0) {
			r = give_up(hid,
			    hid->touching ? TS_ERR_NO_TOUCH : TS_ERR_TOKEN_IO);
			if (r < 0)
				return r;
			continue;
		}
		if (hid->cid == TS_TOKEN_CHANNEL_BROADCAST) {
			init_left = ts_deadline_left(init_deadline);
			if (init_left == 0)
				return -1;
			left = left < init_left ? left : init_left;
		}
		p[1].fd = hid->cancel_sent ? -1 : hid->control->fd;
		if (poll(p, 2, left) <= 0)
			continue;
		if (p[1].revents != 0 &&
		    ts_control_is_cancelled(hid->control) &&
		    give_up(hid, TS_ERR_CANCELLED) < 0)
			return -1;
		if (p[0].revents == 0)
			continue;
		r = take_bytes(hid);
		if (r != 0)
			return r < 0 ? -1 : 0;
	}
}

/* Several programs may have the node open: see only what is meant for us. */
static bool
is_ours(const struct ts_hid *hid, const uint8_t *report)
{
	struct tsw_rd rd;

	tsw_rd_init(&rd, report, 4);
	if (tsw_rd_u32(&rd) != hid->cid)
		return false;
	return hid->cid != TS_TOKEN_CHANNEL_BROADCAST ||
	    (report[4] == CMD_INIT &&
		memcmp(report + 7, hid->nonce, sizeof(hid->nonce)) == 0);
}

/*
 * The answer to INIT is in part[]: who sees to the token if we are killed has
 * to know the channel before there is anything to cancel on it.
 */
static void
tell_channel(const struct ts_hid *hid)
{
	uint32_t channel;
	struct tsw_rd rd;

	tsw_rd_init(&rd, hid->part, sizeof(hid->part));
	(void)tsw_rd_view(&rd, 5);
	if (tsw_rd_u16(&rd) != INIT_REPLY_LEN)
		return;
	(void)tsw_rd_view(&rd, sizeof(hid->nonce));
	channel = tsw_rd_u32(&rd);
	ts_control_channel(hid->control, channel);
}

int
ts_hid_read(struct ts_hid *hid, uint8_t *buf, size_t len)
{
	int64_t init_deadline = ts_deadline_in(INIT_WAIT_MS);

	if (len < TS_HID_REPORT_LEN)
		return fail(hid, TS_ERR_INTERNAL);
	for (;;) {
		if (wait_report(hid, init_deadline) < 0)
			return -1;
		if (!is_ours(hid, hid->part))
			continue;
		if (hid->part[4] != CMD_KEEPALIVE)
			break;
		set_touching(hid, hid->part[7] == KEEPALIVE_TOUCH);
	}
	set_touching(hid, false);
	if (hid->part[4] == CMD_ERROR && hid->part[7] == ERROR_CHANNEL_BUSY)
		(void)fail(hid, TS_ERR_TOKEN_BUSY);
	if (hid->cid == TS_TOKEN_CHANNEL_BROADCAST)
		tell_channel(hid);
	memcpy(buf, hid->part, TS_HID_REPORT_LEN);
	return TS_HID_REPORT_LEN;
}

bool
ts_hid_is_retried(struct ts_hid *hid, int64_t deadline)
{
	struct pollfd p = {.fd = hid->control->fd, .events = POLLIN};
	bool silent =
	    hid->cause == TS_OK && hid->cid == TS_TOKEN_CHANNEL_BROADCAST;

	if (!silent && hid->cause != TS_ERR_TOKEN_BUSY)
		return false;
	if (ts_deadline_left(deadline) == 0)
		return false;
	(void)poll(&p, 1, RETRY_PAUSE_MS);
	hid->cause = TS_OK;
	if (!ts_control_is_cancelled(hid->control))
		return true;
	(void)fail(hid, TS_ERR_CANCELLED);
	return false;
}

int
ts_hid_wink(struct ts_hid *hid)
{
	uint8_t buf[TS_HID_REPORT_LEN];

	if (hid->cid == TS_TOKEN_CHANNEL_BROADCAST)
		return TS_ERR_INTERNAL;
	if (put_command(hid, hid->cid, CMD_WINK) < 0 ||
	    ts_hid_read(hid, buf, sizeof(buf)) < 0)
		return hid->cause;
	if (buf[4] == CMD_WINK)
		return TS_OK;
	if (buf[4] == CMD_ERROR && buf[7] == ERROR_INVALID_CMD)
		return TS_ERR_TOKEN_UNSUPPORTED;
	return hid->cause != TS_OK ? hid->cause : TS_ERR_TOKEN_IO;
}
