/* SPDX-License-Identifier: BSD-2-Clause */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/paths.h"

int
client_open(struct client *client, enum client_start start)
{
	struct ts_paths paths;
	int r;

	if (client->open)
		return TS_OK;
	r = ts_paths_init(&paths);
	if (r != TS_OK)
		return r;
	r = start == CLIENT_MAY_START
	    ? ts_paths_connect_or_start(&client->fd, &paths)
	    : ts_paths_connect(&client->fd, &paths);
	client->open = r == TS_OK;
	return r;
}

void
client_close(struct client *client)
{
	if (client->open)
		(void)close(client->fd);
	client->open = false;
	reply_buffer_wipe(&client->in);
}

/* The first sendmsg carries the descriptors. */
static ssize_t
send_some(const struct client *client, const char *p, size_t len,
    const int *fds, size_t fd_cnt)
{
	union {
		char space[CMSG_SPACE(CLIENT_FDS_MAX_CNT * sizeof(int))];
		struct cmsghdr head; /* the first, and the only one */
	} control;
	struct iovec iov;
	struct msghdr msg;
	struct cmsghdr *head = &control.head;

	memset(&msg, 0, sizeof(msg));
	memset(&control, 0, sizeof(control));
	memcpy(&iov.iov_base, &p, sizeof(iov.iov_base)); /* it is not const */
	iov.iov_len = len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (fd_cnt > 0) {
		msg.msg_control = control.space;
		msg.msg_controllen = CMSG_SPACE(fd_cnt * sizeof(int));
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(fd_cnt * sizeof(int));
		memcpy(CMSG_DATA(head), fds, fd_cnt * sizeof(int));
	}
	return sendmsg(client->fd, &msg, MSG_NOSIGNAL);
}

int
client_send(struct client *client, const char *p, size_t len, const int *fds,
    size_t fd_cnt)
{
	ssize_t n;

	if (fd_cnt > CLIENT_FDS_MAX_CNT)
		return TS_ERR_INTERNAL;
	while (len > 0) {
		n = send_some(client, p, len, fds, fd_cnt);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			client_close(client);
			return TS_ERR_HELPER;
		}
		p += n;
		len -= (size_t)n;
		fd_cnt = 0;
	}
	return TS_OK;
}

/* Wait for bytes and add them to the buffer. */
static int
receive(struct client *client, void (*tick)(void *ctx), void *ctx)
{
	struct pollfd pfd = {.fd = client->fd, .events = POLLIN};
	char chunk[16384];
	ssize_t n;
	int ready;

	ready = poll(&pfd, 1, CLIENT_TICK_MS);
	if (ready == 0 && tick != NULL)
		tick(ctx);
	if (ready == 0 || (ready < 0 && errno == EINTR))
		return TS_OK;
	if (ready < 0)
		return TS_ERR_IO;
	n = recv(client->fd, chunk, sizeof(chunk), 0);
	if (n < 0 && errno == EINTR)
		return TS_OK;
	if (n <= 0)
		return TS_ERR_HELPER;
	return reply_buffer_add(&client->in, chunk, (size_t)n);
}

int
client_next(struct client *client, struct reply *out, void (*tick)(void *ctx),
    void *ctx)
{
	const char *message;
	size_t len = 0;
	int r = TS_OK;

	while ((message = reply_buffer_next(&client->in, &len)) == NULL) {
		r = receive(client, tick, ctx);
		if (r != TS_OK)
			break;
	}
	if (r == TS_OK)
		r = reply_parse(out, message, len);
	if (r != TS_OK)
		client_close(client);
	return r;
}
