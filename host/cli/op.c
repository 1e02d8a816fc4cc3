/* SPDX-License-Identifier: BSD-2-Clause */
#include "op.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/json.h"
#include "agent/method.h"
#include "op_ask.h"
#include "out.h"
#include "spin.h"

void
op_init(struct op *out, const char *method, enum op_kind kind)
{
	memset(out, 0, sizeof(*out));
	out->method = method;
	out->kind = kind;
}

void
op_wipe(struct op *op)
{
	size_t i;

	for (i = 0; i < op->pin_cnt; i++)
		pin_wipe(&op->pin[i].pin);
	ts_jw_wipe(&op->params);
}

/* The PIN that a script gives on the descriptor of fd_opt. */
enum cli_exit
op_read_pin(const struct cli *cli, struct op_pin *slot, enum opt fd_opt)
{
	const int most = slot->is_admin ? PIN_SECRET_MAX : PIN_LEN_MAX;
	int r;

	slot->by_script = true;
	r = pin_read(&slot->pin, (int)cli->args.number[fd_opt]);
	if (r == TS_OK && slot->pin.len > (size_t)most) {
		pin_wipe(&slot->pin);
		r = TS_ERR_PIN_POLICY;
	}
	if (r == TS_OK)
		return CLI_DONE;
	if (r == TS_ERR_IO)
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "--%s %ld: this descriptor cannot be read",
		    option_info[fd_opt].name, cli->args.number[fd_opt]);
	if (r == TS_ERR_PIN_POLICY)
		return out_fail(cli, CLI_FAILED, "PIN_POLICY",
		    "--%s %ld: there must be 1 to %d bytes",
		    option_info[fd_opt].name, cli->args.number[fd_opt], most);
	return out_fail(cli, CLI_FAILED, "NO_MEMORY",
	    "there is no locked memory for the PIN; see `ulimit -l`");
}

enum cli_exit
op_take_pin(const struct cli *cli, struct op *op, const char *param,
    const char *token, enum opt fd_opt)
{
	struct op_pin *slot = &op->pin[op->pin_cnt++];

	slot->param = param;
	slot->token = token;
	slot->is_new = fd_opt == OPT_NEW_PIN_FD;
	slot->is_admin = fd_opt == OPT_ADMIN_FD ||
	    fd_opt == OPT_BACKUP_ADMIN_FD || fd_opt == OPT_PUK_FD;
	if (!args_has(&cli->args, fd_opt))
		return CLI_DONE;
	return op_read_pin(cli, slot, fd_opt);
}

void
op_take_pin_later(const struct cli *cli, struct op *op, const char *param,
    const char *token, enum opt fd_opt)
{
	struct op_pin *slot = &op->pin[op->pin_cnt++];

	slot->param = param;
	slot->token = token;
	slot->later = args_has(&cli->args, fd_opt);
	slot->fd_opt = fd_opt;
}

/* Transport errors; err is of client.h. */
static enum cli_exit
report_client(const struct cli *cli, int err)
{
	switch (err) {
	case TS_ERR_NOT_FOUND:
		return out_fail(cli, CLI_FAILED, "NOT_FOUND",
		    "touchstone-agent does not run and could not be started; "
		    "`touchstone-agent` in a terminal shows why");
	case TS_ERR_ARGUMENT:
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "TOUCHSTONE_HOME (or HOME, XDG_STATE_HOME, "
		    "XDG_RUNTIME_DIR) must be an absolute path of at most "
		    "about 90 bytes");
	case TS_ERR_HELPER:
		return out_fail(cli, CLI_FAILED, "HELPER",
		    "the agent ended while it worked; what it had reported as "
		    "done is done, run the command again for the rest");
	case TS_ERR_PROTOCOL:
		return out_fail(cli, CLI_FAILED, "PROTOCOL",
		    "what listens at the agent's socket does not speak its "
		    "protocol; is it of another version?");
	case TS_ERR_NO_MEMORY:
		return out_fail(cli, CLI_FAILED, "NO_MEMORY",
		    "there is not enough memory");
	default:
		return out_fail(cli, CLI_FAILED, "IO",
		    "the agent cannot be reached at its socket; check the "
		    "owner and mode of its folder (see FILES in "
		    "touchstone(1))");
	}
}

enum cli_exit
op_connect(struct cli *cli)
{
	int r = client_open(&cli->client, CLIENT_MAY_START);

	return r == TS_OK ? CLI_DONE : report_client(cli, r);
}

/* The message for one attempt; descriptors are opened into fds. */
static bool
compose(struct ts_jw *w, int fds[OP_PINS_MAX_CNT], size_t *fd_cnt,
    const struct op *op)
{
	char name[64];
	size_t i;

	(void)snprintf(name, sizeof(name), TS_INTERFACE ".%s", op->method);
	ts_jw_object(w, NULL);
	ts_jw_str(w, "method", name);
	if (op->kind == OP_TOKEN)
		ts_jw_bool(w, "more", true);
	ts_jw_object(w, "parameters");
	if (op->params.len > 0)
		ts_jw_raw(w, op->params.p, op->params.len);
	w->comma = op->params.len > 0;
	if (op->last_try)
		ts_jw_bool(w, "last_try", true);
	for (i = 0; i < op->pin_cnt; i++) {
		if (op->pin[i].pin.secret_text == NULL)
			continue;
		fds[*fd_cnt] = pin_pipe(&op->pin[i].pin);
		if (fds[*fd_cnt] < 0)
			return false;
		ts_jw_int(w, op->pin[i].param, (int64_t)*fd_cnt);
		(*fd_cnt)++;
	}
	ts_jw_object_end(w);
	ts_jw_object_end(w);
	ts_jw_raw(w, "", 1);
	return !w->failed && !op->params.failed;
}

static int
send_once(struct cli *cli, const struct op *op)
{
	int fds[OP_PINS_MAX_CNT];
	size_t i, fd_cnt = 0;
	struct ts_jw w;
	int r = TS_ERR_NO_MEMORY;

	memset(&w, 0, sizeof(w));
	if (compose(&w, fds, &fd_cnt, op))
		r = client_send(&cli->client, w.p, w.len, fds, fd_cnt);
	for (i = 0; i < fd_cnt; i++)
		(void)close(fds[i]);
	ts_jw_wipe(&w);
	return r;
}

static void
tick(void *ctx)
{
	spin_tick(ctx);
}

/*
 * Say what a touch will sign: once, before the first PIN or progress.  A call
 * that is refused at once says nothing of it.
 */
void
op_say_words(const struct cli *cli, struct op *op)
{
	if (op->words != NULL && !op->said)
		out_note(cli, TONE_PLAIN, "%s", op->words);
	op->said = true;
}

/* Whether op->words has this line, as join_words() makes one of a change. */
static bool
was_said(const struct op *op, const char *line, size_t len)
{
	static const char item[] = "\n- ";
	const char *p = op->words == NULL ? NULL : strstr(op->words, item);

	for (; p != NULL; p = strstr(p, item)) {
		p += sizeof(item) - 1;
		if (strncmp(p, line, len) == 0 &&
		    (p[len] == '\n' || p[len] == '\0'))
			return true;
	}
	return false;
}

/*
 * The agent tells what the very bytes say that the token is about to sign:
 * whatever of it was not announced is shown before the touch.
 */
static void
say_text(const struct cli *cli, const struct op *op, struct json_t *progress)
{
	const char *text = out_str(progress, "text");
	size_t len;

	if (strcmp(out_str(progress, "state"), "warning") == 0)
		out_note(cli, TONE_WARN, "%s", text);
	if (strcmp(out_str(progress, "state"), "working") != 0)
		return;
	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (len > 0 && !was_said(op, text, len))
			out_note(cli, TONE_PLAIN, "  %.*s", (int)len, text);
	}
}

/* Replies up to the last one; progress is shown. */
static int
receive(struct cli *cli, struct reply *out, struct op *op)
{
	struct spin spin;
	struct reply reply;
	int r;

	memset(&reply, 0, sizeof(reply));
	spin_begin(&spin, cli);
	for (;;) {
		r = client_next(&cli->client, &reply, tick, &spin);
		if (r != TS_OK || !reply.continues)
			break;
		op_say_words(cli, op);
		spin_progress(&spin, ts_json_get(reply.params, "progress"));
		say_text(cli, op, ts_json_get(reply.params, "progress"));
		reply_wipe(&reply);
	}
	spin_end(&spin);
	if (r == TS_OK)
		*out = reply;
	return r;
}

static int
call_once(struct cli *cli, struct reply *out, struct op *op)
{
	int r;

	reply_wipe(out);
	r = send_once(cli, op);
	if (r == TS_OK)
		r = receive(cli, out, op);
	if (r != TS_OK || out->error != NULL || op->kind == OP_PLAIN)
		return r;
	out->params = ts_json_get(out->params, "result");
	if (ts_json_type(out->params) != TS_JSON_OBJECT) {
		reply_wipe(out);
		return TS_ERR_PROTOCOL;
	}
	return TS_OK;
}

enum cli_exit
op_try(struct cli *cli, struct reply *out, struct op *op)
{
	enum cli_exit exit;
	bool wrong = false, again;
	int r;

	memset(out, 0, sizeof(*out));
	op->last_try = op->last_try ||
	    (op->takes_last_try && args_has(&cli->args, OPT_LAST_TRY));
	exit = op_connect(cli);
	while (exit == CLI_DONE) {
		r = call_once(cli, out, op);
		if (r != TS_OK)
			return report_client(cli, r);
		if (out->error == NULL)
			return CLI_DONE;
		if (strcmp(out->error, "PinRequired") == 0 && op->pin_cnt > 0) {
			exit = op_ask_pin(cli, op, out, wrong);
			wrong = false;
			continue;
		}
		exit = op_mend(cli, out, op, &again);
		if (exit != CLI_DONE || again)
			continue;
		if (!op_forget_wrong_pin(op, out))
			return CLI_DONE;
		wrong =
		    true; /* without PIN, it tells how many tries are left */
	}
	return exit;
}

enum cli_exit
op_report(const struct cli *cli, const struct reply *reply, const char *subject)
{
	static const struct {
		const char *name;
		enum cli_exit exit;
	} table[] = {{"Refused", CLI_REFUSED}, {"NoToken", CLI_NO_TOKEN},
	    {"NoTouch", CLI_NO_TOUCH}, {"Usage", CLI_USAGE}};
	struct out_error error;
	size_t i;

	memset(&error, 0, sizeof(error));
	error.exit = CLI_FAILED;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(reply->error, table[i].name) == 0)
			error.exit = table[i].exit;
	error.subject = subject;
	error.code = reply_str(reply, "code");
	error.message = reply_str(reply, "message");
	error.names = ts_json_get(reply->params, "names");
	if (*error.code == '\0')
		error.code = "PROTOCOL";
	if (*error.message == '\0') /* org.varlink.service errors have none */
		return out_fail(cli, CLI_FAILED, "PROTOCOL",
		    "the agent answers %s; is it of another version?",
		    reply->error);
	return out_error(cli, &error);
}

enum cli_exit
op_run(struct cli *cli, struct reply *out, struct op *op)
{
	enum cli_exit exit = op_try(cli, out, op);

	if (exit == CLI_DONE && out->error != NULL)
		exit = op_report(cli, out, op->subject);
	return exit;
}

enum cli_exit
op_get(struct cli *cli, struct reply *out, const char *method, const char *key,
    const char *value)
{
	enum cli_exit exit;
	struct op op;

	op_init(&op, method, OP_PLAIN);
	if (key != NULL)
		ts_jw_str(&op.params, key, value);
	if (key != NULL && *value != '\0')
		op.subject = value;
	exit = op_run(cli, out, &op);
	op_wipe(&op);
	return exit;
}

enum cli_exit
op_stream(struct cli *cli, const char *method,
    void (*each)(const struct cli *cli, const struct reply *reply))
{
	enum cli_exit exit;
	struct reply reply;
	struct op op;
	int r;

	memset(&reply, 0, sizeof(reply));
	op_init(&op, method, OP_TOKEN);
	exit = op_connect(cli);
	if (exit != CLI_DONE)
		return exit;
	r = send_once(cli, &op);
	while (r == TS_OK) {
		reply_wipe(&reply);
		r = client_next(&cli->client, &reply, NULL, NULL);
		if (r != TS_OK)
			break;
		if (reply.error != NULL) {
			exit = op_report(cli, &reply, NULL);
			break;
		}
		each(cli, &reply);
		if (!reply.continues)
			break;
	}
	reply_wipe(&reply);
	op_wipe(&op);
	return r == TS_OK ? exit : report_client(cli, r);
}
