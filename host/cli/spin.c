/* SPDX-License-Identifier: BSD-2-Clause */
#include "spin.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/json.h"
#include "agent/jw.h"
#include "out.h"
#include "text.h"

#define ERASE_LINE "\r\033[K"
#define QUIET_MS 1000 /* shorter waits are not worth a line */

/* Ctrl-C while a line is drawn: take it away, then die of it as usual. */
static void
erase_and_die(int number)
{
	if (write(STDERR_FILENO, ERASE_LINE, sizeof(ERASE_LINE) - 1) < 0)
		_exit(1);
	(void)raise(number); /* SA_RESETHAND: now the default */
}

static void
set_signals(void (*handler)(int))
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action, old;
	size_t i;

	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	action.sa_flags = (int)SA_RESETHAND;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (sigaction(numbers[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			(void)sigaction(numbers[i], &action, NULL);
	}
}

static long
ms_since(const struct timespec *then)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - then->tv_sec) * 1000 +
	    (now.tv_nsec - then->tv_nsec) / 1000000;
}

static void
erase(struct spin *spin)
{
	if (!spin->shown)
		return;
	fputs(ERASE_LINE, stderr);
	fflush(stderr);
	spin->shown = false;
}

static void
set_text(struct spin *spin, enum tone tone, bool at_once, const char *text)
{
	erase(spin);
	spin->tone = tone;
	spin->at_once = at_once;
	(void)snprintf(spin->text, sizeof(spin->text), "%s", text);
	(void)clock_gettime(CLOCK_MONOTONIC, &spin->since);
}

void
spin_begin(struct spin *out, const struct cli *cli)
{
	memset(out, 0, sizeof(*out));
	out->cli = cli;
	set_text(out, TONE_DIM, false, "waiting for the agent");
	if (cli->term.err_moves)
		set_signals(erase_and_die);
}

/* One row of the terminal: cut the text, keep whole characters. */
static void
cut(char *text, size_t width)
{
	size_t n, used = 0;
	uint32_t cp;

	if (text_columns(text) <= width)
		return;
	while (used + 3 < width && (n = text_next(&cp, text + used)) != 0)
		used += n;
	memcpy(text + used, "...", 4);
}

static void
draw(struct spin *spin)
{
	static const char *const braille[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦",
	    "⠧", "⠇", "⠏"};
	static const char *const ascii[] = {"|", "/", "-", "\\"};
	const struct term *term = &spin->cli->term;
	char line[SPIN_TEXT_MAX + 4];

	(void)snprintf(line, sizeof(line), "%s", spin->text);
	text_clean(line, TEXT_ONE_LINE, term->utf8);
	cut(line, term->err_width - 3);
	fprintf(stderr, ERASE_LINE "%s%s %s%s",
	    term_on(term->err_color, spin->tone),
	    term->utf8 ? braille[spin->frame % 10] : ascii[spin->frame % 4],
	    line, term_off(term->err_color, spin->tone));
	fflush(stderr);
	spin->shown = true;
	spin->frame++;
}

void
spin_tick(struct spin *spin)
{
	const struct cli *cli = spin->cli;

	if (args_has(&cli->args, OPT_JSON) || !cli->term.err_moves)
		return;
	if (spin->text[0] != '\0' &&
	    (spin->at_once || ms_since(&spin->since) >= QUIET_MS))
		draw(spin);
}

static void
print_json(const struct spin *spin, struct json_t *progress)
{
	static const char *const keys[] = {"state", "token", "text"};
	struct ts_jw w;
	size_t i;

	memset(&w, 0, sizeof(w));
	ts_jw_object(&w, NULL);
	ts_jw_object(&w, "progress");
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		ts_jw_str(&w, keys[i], out_str(progress, keys[i]));
	ts_jw_object_end(&w);
	ts_jw_object_end(&w);
	out_jw_note(spin->cli, &w);
}

static void
compose(char out[SPIN_TEXT_MAX], const char *what, struct json_t *progress)
{
	const char *token = out_str(progress, "token");

	(void)snprintf(out, SPIN_TEXT_MAX, "%s%s%s", what,
	    *token != '\0' ? " " : "", token);
}

void
spin_progress(struct spin *spin, struct json_t *progress)
{
	const char *state = out_str(progress, "state");
	char text[SPIN_TEXT_MAX];

	if (args_has(&spin->cli->args, OPT_JSON)) {
		print_json(spin, progress);
		return;
	}
	if (strcmp(state, "touch") == 0) {
		compose(text, "Touch your token now:", progress);
		set_text(spin, TONE_WARN, true, text);
	} else if (strcmp(state, "hold") == 0) {
		compose(text,
		    "Touch your token and hold it for 5 seconds:", progress);
		set_text(spin, TONE_WARN, true, text);
	} else if (strcmp(state, "plug-in") == 0) {
		compose(text, "Plug in your token", progress);
		set_text(spin, TONE_BOLD, true, text);
	} else if (strcmp(state, "publishing") == 0) {
		set_text(spin, TONE_DIM, false, "publishing");
	} else {
		compose(text, "working with", progress);
		set_text(spin, TONE_DIM, false, text);
	}
	if (spin->at_once && spin->cli->term.err_moves)
		draw(spin);
	else if (spin->at_once)
		out_note(spin->cli, TONE_PLAIN, "%s", spin->text);
}

void
spin_end(struct spin *spin)
{
	erase(spin);
	if (spin->cli->term.err_moves)
		set_signals(SIG_DFL);
}
