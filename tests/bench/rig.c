/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "history.h"
#include "token/deadline.h"

#define LABEL "alice@example.org"
#define BUDGET_MS 60000

int
rig_connect(const char *path)
{
	struct sockaddr_un sun;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	bench_need(strlen(path) < sizeof(sun.sun_path), "path too long");
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bench_need(fd >= 0 &&
		connect(fd, (const struct sockaddr *)(const void *)&sun,
		    sizeof(sun)) == 0,
	    path);
	return fd;
}

/* --- By a fresh helper ---------------------------------------------------- */

/* The reading end of a pipe that holds the PIN. */
static int
pin_pipe(const char *pin)
{
	ssize_t len = (ssize_t)strlen(pin);
	int fd[2];

	bench_need(pipe2(fd, O_CLOEXEC) == 0 &&
		write(fd[1], pin, (size_t)len) == len,
	    "no pipe");
	(void)close(fd[1]);
	return fd[0];
}

static void
run_helper(const struct rig *rig, struct ts_token_result *out,
    const struct ts_token_request *req, struct ts_token_fds *fds)
{
	static struct ts_token_client client;
	enum ts_token_what what;
	struct pollfd p;

	fds->device = rig_connect(rig->path);
	bench_need(ts_token_start(&client, rig->helper, req, fds) == TS_OK,
	    "the helper does not start");
	do {
		p.fd = client.fd;
		p.events = POLLIN;
		bench_need(poll(&p, 1, BUDGET_MS) == 1, "the helper hangs");
		while ((what = ts_token_next(&client, out)) !=
			TS_TOKEN_SAY_NOTHING &&
		    what != TS_TOKEN_SAY_RESULT)
			continue;
	} while (what != TS_TOKEN_SAY_RESULT);
	ts_token_close(&client);
	if (out->err != TS_OK)
		(void)fprintf(stderr, "bench: helper error %d\n", out->err);
	bench_need(out->err == TS_OK, "the helper failed");
}

void
rig_fresh(struct rig *rig, enum rig_what what)
{
	struct ts_token_fds fds = {-1, -1, -1};
	static struct ts_token_result result;

	if (what == RIG_PIN)
		fds.pin = pin_pipe(rig->pin);
	run_helper(rig, &result, &rig->req[what], &fds);
}

void
rig_spawn(const char *program, const char *argument)
{
	char name[RIG_PATH_MAX], word[32];
	char *const argv[] = {name, argument == NULL ? NULL : word, NULL};
	char *const no_env[] = {NULL};
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t pid = -1;

	(void)snprintf(name, sizeof(name), "%s", program);
	(void)snprintf(word, sizeof(word), "%s",
	    argument == NULL ? "" : argument);
	bench_need(posix_spawn_file_actions_init(&actions) == 0 &&
		posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
		    "/dev/null", O_WRONLY, 0) == 0 &&
		posix_spawn(&pid, program, &actions, NULL, argv, no_env) == 0,
	    program);
	posix_spawn_file_actions_destroy(&actions);
	bench_need(waitpid(pid, &status, 0) == pid && status == 0, program);
}

/* --- In this process ------------------------------------------------------ */

void
rig_open(struct rig *rig)
{
	ts_hid_init(&rig->hid, rig_connect(rig->path), TS_TOKEN_STREAM,
	    &rig->control, BUDGET_MS);
	rig->link = (struct ts_link){.hid = &rig->hid};
	bench_need(fcntl(rig->hid.fd, F_SETFL, O_NONBLOCK) == 0,
	    "the socket blocks");
	bench_need(ts_fido2_open(&rig->session, &rig->link) == TS_OK,
	    "the token does not answer");
}

void
rig_close(struct rig *rig)
{
	ts_fido2_close(&rig->session);
	(void)close(rig->hid.fd);
}

void
rig_warm(struct rig *rig, struct bench_samples *token,
    struct bench_samples *check, enum rig_what what)
{
	static struct ts_token_signed signature;
	struct ts_reply_assertion reply;
	double start = bench_now();

	rig->hid.deadline = ts_deadline_in(BUDGET_MS);
	bench_need(ts_fido2_sign(rig->session, &reply, &rig->req[what],
		       what == RIG_PIN ? rig->pin : NULL) == TS_OK,
	    "the token does not sign");
	start = bench_lap(token, start);
	bench_need(ts_reply_statement_check(&rig->req[what]) == TS_OK &&
		ts_reply_sign(&signature, &rig->req[what], &reply) == TS_OK,
	    "the token's signature is refused");
	(void)bench_lap(check, start);
}

/* --- Setting up ----------------------------------------------------------- */

/* An update as an agent would have it signed. */
static size_t
update_text(uint8_t out[TSW_STATEMENT_MAX])
{
	struct history *h = history_new(TSW_ALG_SK_ED25519, LABEL, 2, 1);
	struct tsw_envelope env;
	size_t len;

	bench_need(tsw_envelope_decode(&env, h->row[1].bytes, h->row[1].len) ==
		TSW_OK,
	    "no update");
	len = env.statement.len;
	memcpy(out, env.statement.p, len);
	free(h);
	return len;
}

static size_t
confirm_text(uint8_t out[TSW_STATEMENT_MAX])
{
	struct tsw_statement st;
	struct tsw_wr wr;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_CONFIRM;
	st.time = 1800000000;
	st.u.confirm.contact_label = soft_slice("bob@example.org");
	st.u.confirm.contact[0] = 1; /* not the own identity */
	st.u.confirm.method = TSW_METHOD_PUBLIC_CODE;
	tsw_wr_init(&wr, out, TSW_STATEMENT_MAX);
	bench_need(tsw_statement_encode(&wr, &st) == TSW_OK, "no confirmation");
	return tsw_wr_len(&wr);
}

static void
make_request(struct rig *rig, enum rig_what what, size_t len)
{
	struct ts_token_request *req = &rig->req[what];

	req->op = TS_TOKEN_MSG_SIGN;
	req->transport = TS_TOKEN_STREAM;
	req->budget_ms = BUDGET_MS;
	req->key_cnt = 1;
	req->key[0].id.p = rig->key.id;
	req->key[0].id.len = rig->key.id_len;
	req->key[0].key = rig->key.key;
	req->ns = what == RIG_PIN ? TSW_NS_ID_STATEMENT : TSW_NS_ID_CONFIRM;
	req->need_uv = what == RIG_PIN;
	req->statement.p = rig->statement[what];
	req->statement.len = len;
}

static void
make_key(struct rig *rig)
{
	struct ts_token_fds fds = {-1, -1, -1};
	static struct ts_token_result result;
	struct ts_token_request req;

	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_PIN_SET;
	req.transport = TS_TOKEN_STREAM;
	req.budget_ms = BUDGET_MS;
	fds.new_pin = pin_pipe(rig->pin);
	run_helper(rig, &result, &req, &fds);

	req.op = TS_TOKEN_MSG_CREATE;
	req.alg_cnt = 1;
	req.alg[0] = TSW_ALG_SK_ED25519;
	req.label = soft_slice(LABEL);
	fds.pin = pin_pipe(rig->pin);
	run_helper(rig, &result, &req, &fds);
	rig->key = result.u.created;
}

void
rig_begin(struct rig *rig, const char *dir, const char *helper, const char *pin)
{
	int pair[2];

	memset(rig, 0, sizeof(*rig));
	rig->helper = helper;
	rig->pin = pin;
	bench_need(snprintf(rig->path, sizeof(rig->path), "%s/hid", dir) <
		(int)sizeof(rig->path),
	    "path too long");
	make_key(rig);
	make_request(rig, RIG_TOUCH, confirm_text(rig->statement[RIG_TOUCH]));
	make_request(rig, RIG_PIN, update_text(rig->statement[RIG_PIN]));

	bench_need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ==
		0,
	    "no sockets");
	ts_control_init(&rig->control, pair[0]);
	rig->control_peer = pair[1];
	ts_fido2_init();
	rig_open(rig);
}

void
rig_end(struct rig *rig)
{
	rig_close(rig);
	(void)close(rig->control.fd);
	(void)close(rig->control_peer);
}
