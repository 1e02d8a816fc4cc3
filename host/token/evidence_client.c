/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/evidence_client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FD_PARKING 16 /* above every descriptor of the helper */

/* The whole question fits the socket's buffer: nobody reads it yet. */
static int
send_question(int fd, const struct ts_evidence_ask *ask)
{
	uint8_t buf[TS_TOKEN_HEAD_LEN + TS_EVIDENCE_ASK_MAX];
	struct tsw_wr wr, head;
	size_t len;
	int r;

	tsw_wr_init(&wr, buf + TS_TOKEN_HEAD_LEN,
	    sizeof(buf) - TS_TOKEN_HEAD_LEN);
	r = ts_evidence_ask_encode(&wr, ask);
	if (r != TS_OK)
		return r;
	len = TS_TOKEN_HEAD_LEN + tsw_wr_len(&wr);
	tsw_wr_init(&head, buf, TS_TOKEN_HEAD_LEN);
	tsw_wr_u32(&head, (uint32_t)tsw_wr_len(&wr));
	return send(fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len
	    ? TS_OK
	    : TS_ERR_HELPER;
}

int
ts_evidence_start(struct ts_evidence_client *client, const char *helper,
    const struct ts_evidence_ask *ask)
{
	static const struct ts_token_fds none = {-1, -1, -1};
	char mode[] = "--evidence";
	int pair[2] = {-1, -1};
	int parked = -1, r;

	memset(client, 0, sizeof(*client));
	client->fd = -1;
	client->pid = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return TS_ERR_HELPER;
	r = send_question(pair[0], ask);
	if (r == TS_OK) {
		parked = fcntl(pair[1], F_DUPFD_CLOEXEC, FD_PARKING);
		r = parked < 0
		    ? TS_ERR_HELPER
		    : ts_token_spawn(&client->pid, helper, mode, parked, &none);
	}
	close(pair[1]);
	if (parked >= 0)
		close(parked);
	if (r != TS_OK) {
		client->pid = -1;
		close(pair[0]);
		return r;
	}
	client->fd = pair[0];
	return TS_OK;
}

/* TS_ERR_NOT_FOUND: not all of it is there. */
static int
take_answer(const struct ts_evidence_client *client, struct ts_evidence *out)
{
	struct tsw_rd rd;
	size_t len;

	if (client->used < TS_TOKEN_HEAD_LEN)
		return TS_ERR_NOT_FOUND;
	tsw_rd_init(&rd, client->buf, TS_TOKEN_HEAD_LEN);
	len = tsw_rd_u32(&rd);
	if (len > TS_EVIDENCE_ANSWER_MAX)
		return TSW_ERR_TOO_LONG;
	if (client->used - TS_TOKEN_HEAD_LEN < len)
		return TS_ERR_NOT_FOUND;
	if (client->used - TS_TOKEN_HEAD_LEN > len)
		return TSW_ERR_TRAILING;
	return ts_evidence_answer_decode(out, client->buf + TS_TOKEN_HEAD_LEN,
	    len);
}

static bool
end_badly(struct ts_evidence *out)
{
	memset(out, 0, sizeof(*out));
	out->err = TS_ERR_HELPER;
	return true;
}

bool
ts_evidence_next(struct ts_evidence_client *client, struct ts_evidence *out)
{
	ssize_t n;
	int r;

	for (;;) {
		r = take_answer(client, out);
		if (r == TS_OK)
			return true;
		if (r != TS_ERR_NOT_FOUND || client->fd < 0)
			return end_badly(out);
		n = recv(client->fd, client->buf + client->used,
		    sizeof(client->buf) - client->used, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n <= 0)
			return end_badly(out);
		client->used += (size_t)n;
	}
}

void
ts_evidence_close(struct ts_evidence_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	if (client->pid > 0) {
		kill(client->pid, SIGKILL);
		while (waitpid(client->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	client->pid = -1;
}
