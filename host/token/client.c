/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Above every descriptor of the helper, so that placing one hits no other. */
#define FD_PARKING 16

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Move *fd out of the way of the helper's own numbers. */
static int
park_fd(int *fd)
{
	int moved;

	if (*fd < 0)
		return TS_OK;
	moved = fcntl(*fd, F_DUPFD_CLOEXEC, FD_PARKING);
	if (moved < 0)
		return TS_ERR_HELPER;
	close_fd(fd);
	*fd = moved;
	return TS_OK;
}

static int
place_fd(posix_spawn_file_actions_t *actions, int fd, int target)
{
	if (fd < 0)
		return posix_spawn_file_actions_addclose(actions, target);
	return posix_spawn_file_actions_adddup2(actions, fd, target);
}

/*
 * A caller that was started from a terminal still has it as descriptor 2, to
 * write to and to read from: nothing for a process that a token may have taken
 * over.  Only a sanitizer has something to say there.
 */
static int
hide_terminal(posix_spawn_file_actions_t *actions)
{
#ifdef TS_NO_SANDBOX
	(void)actions;
	return 0;
#else
	return posix_spawn_file_actions_addopen(actions, STDERR_FILENO,
	    "/dev/null", O_WRONLY, 0);
#endif
}

static int
set_actions(posix_spawn_file_actions_t *actions, int control,
    const struct ts_token_fds *fds)
{
	if (place_fd(actions, control, TS_TOKEN_FD_CONTROL) != 0 ||
	    posix_spawn_file_actions_addopen(actions, STDOUT_FILENO,
		"/dev/null", O_WRONLY, 0) != 0 ||
	    hide_terminal(actions) != 0 ||
	    place_fd(actions, fds->device, TS_TOKEN_FD_DEVICE) != 0 ||
	    place_fd(actions, fds->pin, TS_TOKEN_FD_PIN) != 0 ||
	    place_fd(actions, fds->new_pin, TS_TOKEN_FD_NEW_PIN) != 0 ||
	    posix_spawn_file_actions_addclosefrom_np(actions,
		TS_TOKEN_FD_NEW_PIN + 1) != 0)
		return TS_ERR_NO_MEMORY;
	return TS_OK;
}

/* No signal of ours is blocked or ignored there, and no terminal is near. */
static int
set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	if (posix_spawnattr_setsigmask(attr, &none) != 0 ||
	    posix_spawnattr_setsigdefault(attr, &all) != 0 ||
	    posix_spawnattr_setflags(attr,
		POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		    POSIX_SPAWN_SETSID) != 0)
		return TS_ERR_INTERNAL;
	return TS_OK;
}

int
ts_token_spawn(pid_t *pid, const char *helper, char *mode, int control,
    const struct ts_token_fds *fds)
{
	const char *base = strrchr(helper, '/');
	char name[32];
	char *const argv[] = {name, mode, NULL};
	char *const no_env[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r;

	(void)snprintf(name, sizeof(name), "%s",
	    base == NULL ? helper : base + 1);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return TS_ERR_NO_MEMORY;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return TS_ERR_NO_MEMORY;
	}
	r = set_actions(&actions, control, fds);
	if (r == TS_OK)
		r = set_attributes(&attr);
	if (r == TS_OK &&
	    posix_spawn(pid, helper, &actions, &attr, argv, no_env) != 0)
		r = TS_ERR_HELPER;
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

/* The body in buf after the head becomes a frame and is sent whole. */
static int
send_frame(int fd, uint8_t *buf, size_t body_len)
{
	size_t len = TS_TOKEN_HEAD_LEN + body_len;
	struct tsw_wr head;

	tsw_wr_init(&head, buf, TS_TOKEN_HEAD_LEN);
	tsw_wr_u32(&head, (uint32_t)body_len);
	if (send(fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
		return TS_ERR_HELPER;
	return TS_OK;
}

static int
send_request(int fd, const struct ts_token_request *req)
{
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, buf + TS_TOKEN_HEAD_LEN,
	    sizeof(buf) - TS_TOKEN_HEAD_LEN);
	r = ts_token_request_encode(&wr, req);
	return r == TS_OK ? send_frame(fd, buf, tsw_wr_len(&wr)) : r;
}

int
ts_token_start(struct ts_token_client *client, const char *helper,
    const struct ts_token_request *req, struct ts_token_fds *fds)
{
	char card[] = "--card";
	int pair[2] = {-1, -1};
	int r = TS_ERR_HELPER;

	memset(client, 0, sizeof(*client));
	client->fd = -1;
	client->pid = -1;
	client->op = req->op;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		goto out;
	r = send_request(pair[0], req);
	if (r != TS_OK)
		goto out;
	if (park_fd(&pair[1]) != TS_OK || park_fd(&fds->device) != TS_OK ||
	    park_fd(&fds->pin) != TS_OK || park_fd(&fds->new_pin) != TS_OK) {
		r = TS_ERR_HELPER;
		goto out;
	}
	r = ts_token_spawn(&client->pid, helper,
	    req->transport == TS_TOKEN_CARD ? card : NULL, pair[1], fds);
	if (r != TS_OK) {
		client->pid = -1;
		goto out;
	}
	client->fd = pair[0];
	pair[0] = -1;
out:
	close_fd(&pair[0]);
	close_fd(&pair[1]);
	close_fd(&fds->device);
	close_fd(&fds->pin);
	close_fd(&fds->new_pin);
	return r;
}

/* The helper is of no more use: that is the result. */
static enum ts_token_what
end_badly(struct ts_token_client *client, struct ts_token_result *out)
{
	memset(out, 0, sizeof(*out));
	out->op = client->op;
	out->err = TS_ERR_HELPER;
	out->retries = TS_TOKEN_RETRIES_UNKNOWN;
	client->ended = true;
	return TS_TOKEN_SAY_RESULT;
}

static enum ts_token_what
take_body(struct ts_token_client *client, struct ts_token_result *out,
    const uint8_t *body, size_t len)
{
	enum ts_token_message id;

	if (ts_token_peek(&id, body, len) != TS_OK)
		return end_badly(client, out);
	if (id == TS_TOKEN_MSG_TOUCH_NEEDED)
		return TS_TOKEN_SAY_TOUCH;
	if (id == TS_TOKEN_MSG_TOUCH_DONE)
		return TS_TOKEN_SAY_TOUCHED;
	if (id == TS_TOKEN_MSG_CHANNEL &&
	    ts_token_channel_decode(&client->channel, body, len) == TS_OK)
		return TS_TOKEN_SAY_CHANNEL;
	if (ts_token_result_decode(out, body, len) != TS_OK ||
	    out->op != client->op)
		return end_badly(client, out);
	client->ended = true;
	client->channel = TS_TOKEN_CHANNEL_NONE;
	return TS_TOKEN_SAY_RESULT;
}

/* Take one whole frame out of the buffer; NOTHING if there is none yet. */
static enum ts_token_what
take_frame(struct ts_token_client *client, struct ts_token_result *out)
{
	enum ts_token_what what;
	struct tsw_rd rd;
	size_t len;

	if (client->used < TS_TOKEN_HEAD_LEN)
		return TS_TOKEN_SAY_NOTHING;
	tsw_rd_init(&rd, client->buf, TS_TOKEN_HEAD_LEN);
	len = tsw_rd_u32(&rd);
	if (len > sizeof(client->buf) - TS_TOKEN_HEAD_LEN)
		return end_badly(client, out);
	if (client->used - TS_TOKEN_HEAD_LEN < len)
		return TS_TOKEN_SAY_NOTHING;

	what = take_body(client, out, client->buf + TS_TOKEN_HEAD_LEN, len);
	len += TS_TOKEN_HEAD_LEN;
	client->used -= len;
	memmove(client->buf, client->buf + len, client->used);
	return what;
}

enum ts_token_what
ts_token_next(struct ts_token_client *client, struct ts_token_result *out)
{
	enum ts_token_what what;
	ssize_t n;

	while (!client->ended && client->fd >= 0) {
		what = take_frame(client, out);
		if (what != TS_TOKEN_SAY_NOTHING)
			return what;
		n = recv(client->fd, client->buf + client->used,
		    sizeof(client->buf) - client->used, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return TS_TOKEN_SAY_NOTHING;
		if (n <= 0)
			return end_badly(client, out);
		client->used += (size_t)n;
	}
	return TS_TOKEN_SAY_NOTHING;
}

void
ts_token_cancel(struct ts_token_client *client)
{
	uint8_t buf[TS_TOKEN_HEAD_LEN + 2];
	struct tsw_wr wr;

	if (client->fd < 0 || client->ended)
		return;
	tsw_wr_init(&wr, buf + TS_TOKEN_HEAD_LEN, 2);
	/* If the helper is gone its result, or HELPER, comes all the same. */
	if (ts_token_plain_encode(&wr, TS_TOKEN_MSG_CANCEL) == TS_OK &&
	    send_frame(client->fd, buf, tsw_wr_len(&wr)) != TS_OK)
		return;
}

void
ts_token_close(struct ts_token_client *client)
{
	close_fd(&client->fd);
	if (client->pid > 0) {
		kill(client->pid, SIGKILL);
		while (waitpid(client->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	client->pid = -1;
}
