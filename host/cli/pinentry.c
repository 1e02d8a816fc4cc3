/* SPDX-License-Identifier: BSD-2-Clause */
#include "pinentry.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assuan.h"
#include "lib/secret.h"

#define GREETING_MS 10000 /* a desktop under load starts slowly */
#define LINES_MAX 200	  /* of one answer; a few are normal */

/* A running pinentry and the line that is being read from it. */
struct pinentry {
	pid_t pid;
	int fd;
	char *secret_line; /* ASSUAN_LINE_MAX + 1 bytes */
	size_t len;
};

/* Where the answer's data lines go. */
struct answer {
	char *secret;
	size_t len, size;
};

static int
start(struct pinentry *p)
{
	const char *program = getenv("TOUCHSTONE_PINENTRY");
	char *argv[2] = {NULL, NULL};
	posix_spawn_file_actions_t actions;
	int pair[2], r;

	if (program == NULL || *program == '\0')
		program = "pinentry";
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return TS_ERR_IO;
	argv[0] = strdup(program);
	r = argv[0] != NULL ? posix_spawn_file_actions_init(&actions) : ENOMEM;
	if (r == 0) {
		(void)posix_spawn_file_actions_adddup2(&actions, pair[1], 0);
		(void)posix_spawn_file_actions_adddup2(&actions, pair[1], 1);
		r = posix_spawnp(&p->pid, program, &actions, NULL, argv,
		    environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	free(argv[0]);
	(void)close(pair[1]);
	if (r != 0) {
		(void)close(pair[0]);
		return r == ENOMEM ? TS_ERR_NO_MEMORY : TS_ERR_NOT_FOUND;
	}
	p->fd = pair[0];
	return TS_OK;
}

static void
stop(struct pinentry *p)
{
	(void)close(p->fd);
	(void)kill(p->pid, SIGTERM);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Read one line byte by byte, so that nothing of it is kept elsewhere. */
static int
read_line(struct pinentry *p, int timeout_ms)
{
	struct pollfd pfd = {.fd = p->fd, .events = POLLIN};
	ssize_t n;
	int ready;

	for (p->len = 0; p->len <= ASSUAN_LINE_MAX;) {
		ready = poll(&pfd, 1, timeout_ms);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return TS_ERR_PROTOCOL;
		n = recv(p->fd, p->secret_line + p->len, 1, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return TS_ERR_NOT_FOUND;
		if (p->secret_line[p->len] == '\n')
			return TS_OK;
		p->len++;
	}
	return TS_ERR_PROTOCOL;
}

/* Lines up to OK or ERR; data goes to answer if it is not NULL. */
static int
read_answer(struct pinentry *p, struct answer *answer, int timeout_ms)
{
	struct assuan_line line;
	int i, r;

	for (i = 0; i < LINES_MAX; i++) {
		r = read_line(p, timeout_ms);
		if (r != TS_OK)
			return r;
		assuan_parse(&line, p->secret_line, p->len);
		if (line.kind == ASSUAN_OK)
			return TS_OK;
		if (line.kind == ASSUAN_ERR)
			return line.error == ASSUAN_CANCELED ||
				line.error == ASSUAN_FULLY_CANCELED
			    ? TS_ERR_CANCELLED
			    : TS_ERR_NOT_FOUND;
		if (line.kind != ASSUAN_DATA || answer == NULL)
			continue;
		r = assuan_unescape(answer->secret, &answer->len,
		    answer->size - 1, line.data, line.data_len);
		if (r != TS_OK)
			return r;
	}
	return TS_ERR_PROTOCOL;
}

static int
send_line(struct pinentry *p, const char *command, const char *text)
{
	char line[ASSUAN_LINE_MAX + 2];
	size_t len = assuan_command(line, command, text);

	return send(p->fd, line, len, MSG_NOSIGNAL) == (ssize_t)len
	    ? TS_OK
	    : TS_ERR_NOT_FOUND;
}

/* A command whose refusal does not matter: dialects differ. */
static int
set(struct pinentry *p, const char *command, const char *text)
{
	int r = send_line(p, command, text);

	if (r == TS_OK)
		r = read_answer(p, NULL, GREETING_MS);
	return r == TS_ERR_PROTOCOL ? r : TS_OK;
}

static int
dialogue(struct pinentry *p, struct answer *answer,
    const struct pinentry_question *question)
{
	int r;

	r = read_answer(p, NULL, GREETING_MS);
	if (r == TS_OK)
		r = set(p, "SETTITLE", "Touchstone");
	if (r == TS_OK)
		r = set(p, "SETDESC", question->text);
	if (r == TS_OK)
		r = set(p, "SETPROMPT", question->prompt);
	if (r == TS_OK && question->problem != NULL)
		r = set(p, "SETERROR", question->problem);
	if (r == TS_OK)
		r = send_line(p, "GETPIN", "");
	if (r == TS_OK)
		r = read_answer(p, answer, -1);
	return r;
}

int
pinentry_ask(char *secret, size_t *len, size_t size,
    const struct pinentry_question *question)
{
	struct answer answer = {secret, 0, size};
	struct pinentry p;
	int r;

	memset(&p, 0, sizeof(p));
	p.secret_line = ts_secret_new(ASSUAN_LINE_MAX + 1);
	if (p.secret_line == NULL)
		return TS_ERR_NO_MEMORY;
	r = start(&p);
	if (r != TS_OK)
		goto out;
	r = dialogue(&p, &answer, question);
	stop(&p);
	if (r != TS_OK)
		goto out;
	secret[answer.len] = '\0';
	*len = answer.len;
out:
	ts_secret_free(p.secret_line);
	return r;
}
