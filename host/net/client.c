/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/client.h"

#include "token/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FD_PARKING 16  /* above every descriptor of the helper */
#define IN_FIRST 4096U /* room for a reply at first */

static void
clear(struct ts_net_client *client)
{
	memset(client, 0, sizeof(*client));
	client->fd = -1;
	client->pid = -1;
}

static int
encode(struct ts_net_client *client, const struct ts_net_request *req)
{
	const size_t size = TS_NET_HEAD_LEN + TS_NET_REQUEST_MAX -
	    TS_NET_BODY_MAX + req->body.len;
	struct tsw_wr wr, head;
	int r;

	if (req->body.len > TS_NET_BODY_MAX)
		return TS_ERR_ARGUMENT;
	client->out = malloc(size);
	if (client->out == NULL)
		return TS_ERR_NO_MEMORY;
	tsw_wr_init(&wr, client->out + TS_NET_HEAD_LEN, size - TS_NET_HEAD_LEN);
	r = ts_net_request_encode(&wr, req);
	if (r != TS_OK)
		return r;
	tsw_wr_init(&head, client->out, TS_NET_HEAD_LEN);
	tsw_wr_u32(&head, (uint32_t)tsw_wr_len(&wr));
	client->out_len = TS_NET_HEAD_LEN + tsw_wr_len(&wr);
	client->max = req->max;
	return TS_OK;
}

static int
spawn(struct ts_net_client *client, const char *helper)
{
	static const struct ts_token_fds none = {-1, -1, -1};
	int pair[2], parked, r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return TS_ERR_HELPER;
	client->fd = pair[0];
	parked = fcntl(pair[1], F_DUPFD_CLOEXEC, FD_PARKING);
	close(pair[1]);
	if (parked < 0)
		return TS_ERR_HELPER;
	r = ts_token_spawn(&client->pid, helper, NULL, parked, &none);
	close(parked);
	if (r != TS_OK)
		client->pid = -1;
	return r;
}

int
ts_net_start(struct ts_net_client *client, const char *helper,
    const struct ts_net_request *req)
{
	int r;

	clear(client);
	r = encode(client, req);
	if (r == TS_OK)
		r = spawn(client, helper);
	if (r != TS_OK)
		ts_net_close(client);
	client->events = POLLIN | POLLOUT;
	return r;
}

/* What a helper does not take, it may still have an answer to. */
static void
send_rest(struct ts_net_client *client)
{
	ssize_t n;

	while (client->out != NULL) {
		n = send(client->fd, client->out + client->out_at,
		    client->out_len - client->out_at,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n > 0)
			client->out_at += (size_t)n;
		if (n <= 0 || client->out_at == client->out_len) {
			free(client->out);
			client->out = NULL;
		}
	}
	client->events = POLLIN;
}

/* TS_ERR_NOT_FOUND: not all of it is there. */
static int
take_reply(const struct ts_net_client *client, struct ts_net_reply *out)
{
	struct tsw_rd rd;
	size_t len;

	if (client->in_len < TS_NET_HEAD_LEN)
		return TS_ERR_NOT_FOUND;
	tsw_rd_init(&rd, client->in, TS_NET_HEAD_LEN);
	len = tsw_rd_u32(&rd);
	if (len > TS_NET_REPLY_HEAD_MAX + (size_t)client->max)
		return TSW_ERR_TOO_LONG;
	if (client->in_len - TS_NET_HEAD_LEN < len)
		return TS_ERR_NOT_FOUND;
	if (client->in_len - TS_NET_HEAD_LEN > len)
		return TSW_ERR_TRAILING;
	return ts_net_reply_decode(out, client->max,
	    client->in + TS_NET_HEAD_LEN, len);
}

static bool
make_room(struct ts_net_client *client)
{
	const size_t most =
	    TS_NET_HEAD_LEN + TS_NET_REPLY_HEAD_MAX + client->max + 1U;
	size_t size = client->in_size == 0 ? IN_FIRST : client->in_size * 4;
	uint8_t *p;

	if (client->in_len < client->in_size)
		return true;
	if (client->in_size == most)
		return false;
	if (size > most)
		size = most;
	p = realloc(client->in, size);
	if (p == NULL)
		return false;
	client->in = p;
	client->in_size = size;
	return true;
}

static bool
end_badly(struct ts_net_reply *out)
{
	memset(out, 0, sizeof(*out));
	out->err = TS_ERR_HELPER;
	return true;
}

bool
ts_net_next(struct ts_net_client *client, struct ts_net_reply *out)
{
	ssize_t n;
	int r;

	if (client->fd < 0)
		return end_badly(out);
	send_rest(client);
	for (;;) {
		r = take_reply(client, out);
		if (r == TS_OK)
			return true;
		if (r != TS_ERR_NOT_FOUND || !make_room(client))
			return end_badly(out);
		n = recv(client->fd, client->in + client->in_len,
		    client->in_size - client->in_len, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n <= 0)
			return end_badly(out);
		client->in_len += (size_t)n;
	}
}

void
ts_net_close(struct ts_net_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	if (client->pid > 0) {
		kill(client->pid, SIGKILL);
		while (waitpid(client->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(client->out);
	free(client->in);
	clear(client);
}

static int64_t
now_ms(void)
{
	struct timespec ts = {0, 0};

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
ts_net_run(struct ts_net_client *client, struct ts_net_reply *out,
    const char *helper, const struct ts_net_request *req)
{
	const int64_t until = now_ms() + req->timeout_ms + TS_NET_GRACE_MS;
	struct pollfd p;
	int64_t left;
	int r;

	r = ts_net_start(client, helper, req);
	if (r != TS_OK)
		return r;
	while (!ts_net_next(client, out)) {
		left = until - now_ms();
		p = (struct pollfd){client->fd, client->events, 0};
		if (left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR))
			return TS_ERR_HELPER;
	}
	return out->err;
}
