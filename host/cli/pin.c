/* SPDX-License-Identifier: BSD-2-Clause */
#include "pin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/secret.h"
#include "out.h"
#include "pinentry.h"
#include "text.h"
#include "tty.h"

#define BUFFER_LEN                                                             \
	(PIN_SECRET_MAX + 2) /* one to see that it is too long, NUL */
#define PROMPT_MAX 256

void
pin_wipe(struct pin *pin)
{
	ts_secret_free(pin->secret_text);
	pin->secret_text = NULL;
	pin->len = 0;
}

/* An empty PIN with room for BUFFER_LEN bytes. */
static int
make_room(struct pin *pin)
{
	pin->len = 0;
	if (ts_secret_init() != TS_OK)
		return TS_ERR_INTERNAL;
	pin->secret_text = ts_secret_new(BUFFER_LEN);
	return pin->secret_text != NULL ? TS_OK : TS_ERR_NO_MEMORY;
}

static int
read_until_end(struct pin *pin, int fd)
{
	ssize_t n;

	while (pin->len < BUFFER_LEN - 1) {
		n = read(fd, pin->secret_text + pin->len, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return TS_ERR_IO;
		if (n == 0 || pin->secret_text[pin->len] == '\n')
			break;
		pin->len++;
	}
	pin->secret_text[pin->len] = '\0';
	if (pin->len == 0 || pin->len > PIN_SECRET_MAX)
		return TS_ERR_PIN_POLICY;
	return TS_OK;
}

int
pin_read(struct pin *out, int fd)
{
	int r = make_room(out);

	if (r == TS_OK)
		r = read_until_end(out, fd);
	if (r != TS_OK)
		pin_wipe(out);
	return r;
}

enum pin_way
pin_way(const struct cli *cli)
{
	if (!args_has(&cli->args, OPT_AUTO) && tty_is_there())
		return PIN_BY_TERMINAL;
	/* Whether a pinentry can be started is seen when it is needed. */
	return PIN_BY_PINENTRY;
}

static size_t
longest(const struct pin_question *question)
{
	return question->what == NULL ? PIN_LEN_MAX : PIN_SECRET_MAX;
}

/* One answer from the terminal or by pinentry. */
static int
ask_once(const struct cli *cli, struct pin *out,
    const struct pin_question *question, const char *what)
{
	struct pinentry_question by_pinentry;
	const char *problem = question->problem;
	char prompt[PROMPT_MAX];
	int n, r = make_room(out);

	if (r != TS_OK)
		return r;
	if (pin_way(cli) == PIN_BY_TERMINAL) {
		n = snprintf(prompt, sizeof(prompt), "%s%s",
		    problem != NULL ? problem : "",
		    problem != NULL ? "\n" : "");
		(void)snprintf(prompt + n, sizeof(prompt) - (size_t)n,
		    "%s of %s: ", what, question->token);
		text_clean(prompt + n, TEXT_ONE_LINE, cli->term.utf8);
		fflush(stdout);
		r = tty_read_secret(out->secret_text, &out->len, BUFFER_LEN,
		    prompt);
	} else {
		(void)snprintf(prompt, sizeof(prompt), "%s of %s:", what,
		    question->token);
		by_pinentry.text = question->text;
		by_pinentry.prompt = prompt;
		by_pinentry.problem = question->problem;
		r = pinentry_ask(out->secret_text, &out->len, BUFFER_LEN,
		    &by_pinentry);
	}
	if (r == TS_OK && out->len > longest(question))
		r = TS_ERR_ARGUMENT;
	if (r == TS_OK && out->len == 0)
		r = TS_ERR_CANCELLED;
	return r;
}

/* Say why there is no PIN; r is the result of ask_once, not TS_OK. */
static enum cli_exit
explain(const struct cli *cli, int r)
{
	if (r == TS_ERR_CANCELLED)
		return out_fail(cli, CLI_NO_TOUCH, "CANCELLED",
		    "no PIN was given; nothing was changed");
	if (r == TS_ERR_ARGUMENT)
		return out_fail(cli, CLI_FAILED, "PIN_POLICY",
		    "a PIN has at most %d bytes; no try was used up",
		    PIN_LEN_MAX);
	if (r == TS_ERR_NO_MEMORY || r == TS_ERR_INTERNAL)
		return out_fail(cli, CLI_FAILED, "NO_MEMORY",
		    "there is no locked memory for the PIN; see `ulimit -l`");
	return out_fail(cli, CLI_FAILED, "PIN_REQUIRED",
	    "the token needs its PIN, and there is neither a terminal nor a "
	    "working pinentry to ask for it; give it with --pin-fd");
}

enum cli_exit
pin_ask(const struct cli *cli, struct pin *out,
    const struct pin_question *question)
{
	const char *what = question->what;
	int r = ask_once(cli, out, question, what == NULL ? "PIN" : what);

	if (r == TS_OK)
		return CLI_DONE;
	pin_wipe(out);
	return explain(cli, r);
}

static size_t
characters(const char *text)
{
	uint32_t cp;
	size_t n, cnt = 0;

	while ((n = text_next(&cp, text)) != 0) {
		text += n;
		cnt++;
	}
	return cnt;
}

#define NEW_PIN_TRIES 3

static const struct {
	size_t least, most; /* characters */
	const char *text, *problem;
} rules[] = {
    [PIN_OF_FIDO] = {PIN_LEN_LEAST, PIN_LEN_MAX,
	"Choose a PIN for this token: 4 to 63 characters, letters too.",
	"A PIN has at least 4 characters."},
    [PIN_OF_PIV] = {6, 8, "Choose a PIN for this card: 6 to 8 digits.",
	"A PIN of PIV has 6 to 8 digits."},
    [PIN_OF_OPENPGP] = {6, PIN_LEN_MAX,
	"Choose a PIN for this card: at least 6 characters, letters too.",
	"A PIN of OpenPGP has at least 6 characters."},
};

enum cli_exit
pin_ask_new(const struct cli *cli, struct pin *out, const char *token,
    enum pin_rule rule)
{
	struct pin_question question = {token, rules[rule].text, NULL, NULL};
	struct pin again = {NULL, 0};
	size_t length;
	int i, r = TS_OK;

	for (i = 0; i < NEW_PIN_TRIES && r == TS_OK; i++) {
		pin_wipe(out);
		pin_wipe(&again);
		r = ask_once(cli, out, &question, "New PIN");
		length = r == TS_OK ? characters(out->secret_text) : 0;
		if (r == TS_OK &&
		    (length < rules[rule].least || length > rules[rule].most)) {
			question.problem = rules[rule].problem;
			continue;
		}
		if (r == TS_OK) {
			question.problem = NULL;
			r = ask_once(cli, &again, &question, "New PIN again");
		}
		if (r == TS_OK && out->len == again.len &&
		    memcmp(out->secret_text, again.secret_text, out->len) ==
			0) {
			pin_wipe(&again);
			return CLI_DONE;
		}
		question.problem = "The two are not the same; once more.";
	}
	pin_wipe(&again);
	pin_wipe(out);
	if (r != TS_OK)
		return explain(cli, r);
	return out_fail(cli, CLI_FAILED, "PIN_POLICY",
	    "no PIN was set: the two answers were never the same");
}

int
pin_pipe(const struct pin *pin)
{
	int ends[2];
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	n = write(ends[1], pin->secret_text, pin->len);
	(void)close(ends[1]);
	if (n == (ssize_t)pin->len)
		return ends[0];
	(void)close(ends[0]);
	return -1;
}
