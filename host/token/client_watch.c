/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FD_ABOVE 16 /* all numbers that the helper knows */

int
ts_token_watch_start(struct ts_token_watch *watch, const char *helper)
{
	const struct ts_token_fds none = {-1, -1, -1};
	char mode[] = "--watch-cards";
	int pair[2], theirs;
	int r = TS_ERR_HELPER;

	memset(watch, 0, sizeof(*watch));
	watch->fd = -1;
	watch->pid = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return TS_ERR_HELPER;
	theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, FD_ABOVE);
	if (theirs >= 0) {
		r = ts_token_spawn(&watch->pid, helper, mode, theirs, &none);
		close(theirs);
	}
	close(pair[1]);
	if (r == TS_OK) {
		watch->fd = pair[0];
	} else {
		close(pair[0]);
		watch->pid = -1;
	}
	return r;
}

/* 1: a frame was taken, 0: there is no whole one yet. */
static int
take_frame(struct ts_token_watch *watch, struct ts_token_readers *out)
{
	struct tsw_rd rd;
	size_t len;

	if (watch->used < TS_TOKEN_HEAD_LEN)
		return 0;
	tsw_rd_init(&rd, watch->buf, TS_TOKEN_HEAD_LEN);
	len = tsw_rd_u32(&rd);
	if (len > sizeof(watch->buf) - TS_TOKEN_HEAD_LEN)
		return TS_ERR_HELPER;
	if (watch->used - TS_TOKEN_HEAD_LEN < len)
		return 0;
	if (ts_token_readers_decode(out, watch->buf + TS_TOKEN_HEAD_LEN, len) !=
	    TS_OK)
		return TS_ERR_HELPER;
	len += TS_TOKEN_HEAD_LEN;
	watch->used -= len;
	memmove(watch->buf, watch->buf + len, watch->used);
	return 1;
}

int
ts_token_watch_next(struct ts_token_watch *watch, struct ts_token_readers *out)
{
	ssize_t n;
	int r;

	if (watch->fd < 0)
		return TS_ERR_HELPER;
	for (;;) {
		r = take_frame(watch, out);
		if (r != 0)
			return r;
		n = recv(watch->fd, watch->buf + watch->used,
		    sizeof(watch->buf) - watch->used, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return TS_ERR_HELPER;
		watch->used += (size_t)n;
	}
}

void
ts_token_watch_close(struct ts_token_watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
	/* Its other process ends with it. */
	if (watch->pid > 0) {
		kill(watch->pid, SIGKILL);
		while (waitpid(watch->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	watch->pid = -1;
}
