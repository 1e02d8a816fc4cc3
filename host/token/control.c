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

void
ts_control_event(const struct ts_control *control, enum ts_token_message id)
{
	uint8_t buf[TS_TOKEN_HEAD_LEN + 2];
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, sizeof(buf));
	tsw_wr_u32(&wr, 2);
	/* All or nothing: so short a frame never goes out in part. */
	if (ts_token_plain_encode(&wr, id) == TS_OK &&
	    send_all(control->fd, buf, tsw_wr_len(&wr), 0) != TS_OK)
		return;
}

void
ts_control_channel(const struct ts_control *control, uint32_t channel)
{
	uint8_t buf[TS_TOKEN_HEAD_LEN + 6];
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, sizeof(buf));
	tsw_wr_u32(&wr, 6);
	if (ts_token_channel_encode(&wr, channel) == TS_OK &&
	    send_all(control->fd, buf, tsw_wr_len(&wr), 0) != TS_OK)
		return;
}

int
ts_control_result(const struct ts_control *control,
    const struct ts_token_result *res)
{
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr head, wr;
	int r;

	tsw_wr_init(&wr, buf + TS_TOKEN_HEAD_LEN,
	    sizeof(buf) - TS_TOKEN_HEAD_LEN);
	r = ts_token_result_encode(&wr, res);
	if (r != TS_OK)
		return r;
	tsw_wr_init(&head, buf, TS_TOKEN_HEAD_LEN);
	tsw_wr_u32(&head, (uint32_t)tsw_wr_len(&wr));
	return send_all(control->fd, buf, TS_TOKEN_HEAD_LEN + tsw_wr_len(&wr),
	    1000);
}
