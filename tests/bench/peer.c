/* SPDX-License-Identifier: BSD-2-Clause */
#include "peer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <touchstone/wire/bytes.h>

#include "rig.h"

#define SSH_REQUEST_IDENTITIES 11
#define SSH_IDENTITIES_ANSWER 12
#define SSH_SIGN_REQUEST 13
#define SSH_SIGN_RESPONSE 14
#define TEXT_LEN 115 /* as long as what a statement's signature is over */

static void
put(int fd, const void *p, size_t len)
{
	bench_need(send(fd, p, len, MSG_NOSIGNAL) == (ssize_t)len,
	    "an agent does not listen");
}

static void
get(int fd, void *p, size_t len)
{
	bench_need(recv(fd, p, len, MSG_WAITALL) == (ssize_t)len,
	    "an agent does not answer");
}

/* The body of a reply of this type; its length. */
static size_t
ssh_reply(int fd, uint8_t out[PEER_MAX], uint8_t type)
{
	struct tsw_rd rd;
	uint8_t head[5];
	size_t len;

	get(fd, head, sizeof(head));
	tsw_rd_init(&rd, head, sizeof(head));
	len = tsw_rd_u32(&rd);
	bench_need(len > 1 && len <= PEER_MAX && head[4] == type,
	    "ssh-agent refuses");
	get(fd, out, len - 1);
	return len - 1;
}

void
ssh_peer_open(struct ssh_peer *peer, const char *path)
{
	const uint8_t ask[] = {0, 0, 0, 1, SSH_REQUEST_IDENTITIES};
	static uint8_t reply[PEER_MAX];
	static const uint8_t text[TEXT_LEN];
	const uint8_t *key;
	struct tsw_rd rd;
	struct tsw_wr wr;
	size_t len;

	peer->fd = rig_connect(path);
	put(peer->fd, ask, sizeof(ask));
	len = ssh_reply(peer->fd, reply, SSH_IDENTITIES_ANSWER);
	tsw_rd_init(&rd, reply, len);
	bench_need(tsw_rd_u32(&rd) == 1, "ssh-agent has not one key");
	len = tsw_rd_u32(&rd);
	key = tsw_rd_view(&rd, len);
	bench_need(key != NULL && len < 1024, "ssh-agent has no key");

	tsw_wr_init(&wr, peer->request, sizeof(peer->request));
	tsw_wr_u32(&wr, (uint32_t)(1 + 4 + len + 4 + TEXT_LEN + 4));
	tsw_wr_u8(&wr, SSH_SIGN_REQUEST);
	tsw_wr_u32(&wr, (uint32_t)len);
	tsw_wr_bytes(&wr, key, len);
	tsw_wr_u32(&wr, TEXT_LEN);
	tsw_wr_bytes(&wr, text, sizeof(text));
	tsw_wr_u32(&wr, 0);
	peer->len = tsw_wr_len(&wr);
}

void
ssh_peer_sign(struct ssh_peer *peer)
{
	static uint8_t reply[PEER_MAX];

	put(peer->fd, peer->request, peer->len);
	(void)ssh_reply(peer->fd, reply, SSH_SIGN_RESPONSE);
}

void
ssh_peer_close(struct ssh_peer *peer)
{
	(void)close(peer->fd);
}

void
agent_peer_open(struct agent_peer *peer, const char *path, const char *pin)
{
	peer->fd = rig_connect(path);
	peer->pin = pin;
}

/* The message, and with it the reading end of a pipe that holds the PIN. */
static void
put_pin(const struct agent_peer *peer, size_t len)
{
	_Alignas(struct cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {0};
	char text[PEER_MAX];
	struct iovec iov = {text, len};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = space,
	    .msg_controllen = sizeof(space)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	ssize_t pin_len = (ssize_t)strlen(peer->pin);
	int fd[2];

	memcpy(text, peer->buf, len);
	bench_need(pipe2(fd, O_CLOEXEC) == 0 &&
		write(fd[1], peer->pin, (size_t)pin_len) == pin_len,
	    "no pipe");
	(void)close(fd[1]);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd[0], sizeof(int));
	bench_need(sendmsg(peer->fd, &msg, MSG_NOSIGNAL) == (ssize_t)len,
	    "the agent does not listen");
	(void)close(fd[0]);
}

/* Without `more` only the final reply comes. */
static void
wait_reply(struct agent_peer *peer)
{
	size_t used = 0;
	ssize_t n;

	do {
		bench_need(used < sizeof(peer->buf), "a reply is too long");
		n = recv(peer->fd, peer->buf + used, sizeof(peer->buf) - used,
		    0);
		bench_need(n > 0, "the agent does not answer");
		used += (size_t)n;
	} while (peer->buf[used - 1] != '\0');
	if (strstr(peer->buf, "\"error\":") != NULL)
		(void)fprintf(stderr, "bench: %s\n", peer->buf);
	bench_need(strstr(peer->buf, "\"error\":") == NULL,
	    "the agent refuses");
}

static size_t
write_call(struct agent_peer *peer, const char *method, const char *parameters)
{
	int len = snprintf(peer->buf, sizeof(peer->buf),
	    "{\"method\": \"org.touchstone.Agent.%s\", \"parameters\": %s}",
	    method, parameters);

	bench_need(len > 0 && len < PEER_MAX, "a call is too long");
	return (size_t)len + 1; /* with its NUL */
}

void
agent_peer_call(struct agent_peer *peer, const char *method,
    const char *parameters)
{
	put(peer->fd, peer->buf, write_call(peer, method, parameters));
	wait_reply(peer);
}

void
agent_peer_call_pin(struct agent_peer *peer, const char *method,
    const char *parameters)
{
	put_pin(peer, write_call(peer, method, parameters));
	wait_reply(peer);
}

void
agent_peer_close(struct agent_peer *peer)
{
	(void)close(peer->fd);
}
