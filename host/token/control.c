/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/control.h"

#include "token/deadline.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

void
ts_control_init(struct ts_control *control, int fd)
{
	memset(control, 0, sizeof(*control));
	pthread_mutex_init(&control->lock, NULL);
	control->fd = fd;
}

/* Read until want bytes are in buf. */
static int
fill(struct ts_control *control, size_t want, int64_t deadline)
{
	struct pollfd p = {.fd = control->fd, .events = POLLIN};
	ssize_t n;

	while (control->used < want) {
		if (poll(&p, 1, ts_deadline_left(deadline)) == 0)
			return TS_ERR_IO;
		n = recv(control->fd, control->buf + control->used,
		    want - control->used, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return TS_ERR_CANCELLED;
		control->used += (size_t)n;
	}
	return TS_OK;
}

int
ts_control_request(struct ts_control *control, struct ts_token_request *out,
    int ms)
{
	int64_t deadline = ts_deadline_in(ms);
	struct tsw_rd rd;
	size_t len;
	int r;

	r = fill(control, TS_TOKEN_HEAD_LEN, deadline);
	if (r != TS_OK)
		return r;
	tsw_rd_init(&rd, control->buf, TS_TOKEN_HEAD_LEN);
	len = tsw_rd_u32(&rd);
	if (len > sizeof(control->buf) - TS_TOKEN_HEAD_LEN)
		return TSW_ERR_TOO_LONG;
	r = fill(control, TS_TOKEN_HEAD_LEN + len, deadline);
	if (r != TS_OK)
		return r;
	return ts_token_request_decode(out, control->buf + TS_TOKEN_HEAD_LEN,
	    len);
}

bool
ts_control_is_cancelled(struct ts_control *control)
{
	uint8_t rest[64]; /* a CANCEL, with room for impatience */
	ssize_t n;

	if (control->cancelled)
		return true;
	/*
	 * After the request there is only CANCEL to say, so anything, and the
	 * end, mean the same: stop.
	 */
	n = recv(control->fd, rest, sizeof(rest), MSG_DONTWAIT);
	if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		control->cancelled = true;
	return control->cancelled;
}

/* Send the frame in buf (head and body), waiting up to ms for room. */
static int
send_all(int fd, const uint8_t *buf, size_t len, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int64_t deadline = ts_deadline_in(ms);
	ssize_t n;

	while (len > 0) {
		n = send(fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			buf += n;
			len -= (size_t)n;
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR) ||
		    poll(&p, 1, ts_deadline_left(deadline)) == 0) {
			return TS_ERR_IO;
		}
	}
	return TS_OK;
}

/*
 * A short frame, dropped if the other side does not read: so short a one never
 * goes out in part.
 */
static void
send_short(const struct ts_control *control, const struct tsw_wr *wr)
{
	if (!control->ended &&
	    send_all(control->fd, wr->p, tsw_wr_len(wr), 0) != TS_OK)
		return;
}

static void
send_event(const struct ts_control *control, enum ts_token_message id)
{
	uint8_t buf[TS_TOKEN_HEAD_LEN + 2];
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, sizeof(buf));
	tsw_wr_u32(&wr, 2);
	if (ts_token_plain_encode(&wr, id) == TS_OK)
		send_short(control, &wr);
}

void
ts_control_event(struct ts_control *control, enum ts_token_message id)
{
	pthread_mutex_lock(&control->lock);
	send_event(control, id);
	pthread_mutex_unlock(&control->lock);
}

void
ts_control_touch(struct ts_control *control, bool touching)
{
	pthread_mutex_lock(&control->lock);
	if (control->touching != touching)
		send_event(control,
		    touching ? TS_TOKEN_MSG_TOUCH_NEEDED
			     : TS_TOKEN_MSG_TOUCH_DONE);
	control->touching = touching;
	pthread_mutex_unlock(&control->lock);
}

bool
ts_control_is_touching(struct ts_control *control)
{
	bool touching;

	pthread_mutex_lock(&control->lock);
	touching = control->touching;
	pthread_mutex_unlock(&control->lock);
	return touching;
}

void
ts_control_channel(struct ts_control *control, uint32_t channel)
{
	uint8_t buf[TS_TOKEN_HEAD_LEN + 6];
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, sizeof(buf));
	tsw_wr_u32(&wr, 6);
	if (ts_token_channel_encode(&wr, channel) != TS_OK)
		return;
	pthread_mutex_lock(&control->lock);
	send_short(control, &wr);
	pthread_mutex_unlock(&control->lock);
}

/* The body in buf after the head becomes a frame. */
static int
send_body(const struct ts_control *control, uint8_t *buf,
    const struct tsw_wr *body, int ms)
{
	size_t len = tsw_wr_len(body);
	struct tsw_wr head;

	tsw_wr_init(&head, buf, TS_TOKEN_HEAD_LEN);
	tsw_wr_u32(&head, (uint32_t)len);
	return send_all(control->fd, buf, TS_TOKEN_HEAD_LEN + len, ms);
}

static int
send_result(const struct ts_control *control, const struct ts_token_result *res)
{
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, buf + TS_TOKEN_HEAD_LEN,
	    sizeof(buf) - TS_TOKEN_HEAD_LEN);
	r = ts_token_result_encode(&wr, res);
	return r == TS_OK ? send_body(control, buf, &wr, 1000) : r;
}

int
ts_control_readers(struct ts_control *control,
    const struct ts_token_readers *readers)
{
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, buf + TS_TOKEN_HEAD_LEN,
	    sizeof(buf) - TS_TOKEN_HEAD_LEN);
	r = ts_token_readers_encode(&wr, readers);
	return r == TS_OK ? send_body(control, buf, &wr, 5000) : r;
}

int
ts_control_result(struct ts_control *control, const struct ts_token_result *res)
{
	int r = TS_ERR_ALREADY;

	pthread_mutex_lock(&control->lock);
	if (!control->ended) {
		control->ended = true;
		r = send_result(control, res);
	}
	pthread_mutex_unlock(&control->lock);
	return r;
}
