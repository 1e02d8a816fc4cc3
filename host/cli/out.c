/* SPDX-License-Identifier: BSD-2-Clause */
#include "out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/json.h"
#include "agent/jw.h"
#include "text.h"

#define FIELD_WIDTH 18

/* The formatted text, cleaned; NULL without memory.  Caller frees. */
__attribute__((format(printf, 2, 0))) static char *
format_clean(const struct cli *cli, const char *format, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, format, ap) < 0)
		return NULL;
	text_clean(text, TEXT_ONE_LINE, cli->term.utf8);
	return text;
}

/* f is standard output or error of cli. */
static void
paragraph(const struct cli *cli, FILE *f, enum tone tone, const char *text)
{
	bool out = f == stdout;
	bool color = out ? cli->term.out_color : cli->term.err_color;
	size_t indent = strspn(text, " ");

	fprintf(f, "%*s%s", (int)indent, "", term_on(color, tone));
	text_wrap(f, text + indent, indent, indent,
	    out ? cli->term.out_width : cli->term.err_width);
	fputs(term_off(color, tone), f);
}

static bool
is_json(const struct cli *cli)
{
	return args_has(&cli->args, OPT_JSON);
}

void
out_say(const struct cli *cli, enum tone tone, const char *format, ...)
{
	char *text;
	va_list ap;

	if (is_json(cli))
		return;
	va_start(ap, format);
	text = format_clean(cli, format, ap);
	va_end(ap);
	if (text != NULL)
		paragraph(cli, stdout, tone, text);
	free(text);
}

void
out_blank(const struct cli *cli)
{
	if (!is_json(cli))
		putchar('\n');
}

void
out_note(const struct cli *cli, enum tone tone, const char *format, ...)
{
	char *text;
	va_list ap;

	if (is_json(cli))
		return;
	fflush(stdout);
	va_start(ap, format);
	text = format_clean(cli, format, ap);
	va_end(ap);
	if (text != NULL)
		paragraph(cli, stderr, tone, text);
	free(text);
}

void
out_prompt(const struct cli *cli, const char *format, ...)
{
	char *text;
	va_list ap;

	if (is_json(cli) && !cli->term.in_tty)
		return; /* a program answers; it knows the order */
	fflush(stdout);
	va_start(ap, format);
	text = format_clean(cli, format, ap);
	va_end(ap);
	if (text != NULL)
		fprintf(stderr, "%s%s%s",
		    term_on(cli->term.err_color, TONE_BOLD), text,
		    term_off(cli->term.err_color, TONE_BOLD));
	if (!cli->term.in_tty)
		putc('\n', stderr); /* nobody echoes the answer's line end */
	free(text);
}

void
out_field(const struct cli *cli, const char *name, const char *format, ...)
{
	char *text;
	va_list ap;

	if (is_json(cli))
		return;
	va_start(ap, format);
	text = format_clean(cli, format, ap);
	va_end(ap);
	if (text != NULL) {
		printf("  %s%-*s%s", term_on(cli->term.out_color, TONE_DIM),
		    FIELD_WIDTH - 2, name,
		    term_off(cli->term.out_color, TONE_DIM));
		text_wrap(stdout, text, FIELD_WIDTH, FIELD_WIDTH,
		    cli->term.out_width);
	}
	free(text);
}

void
out_hint(const struct cli *cli, const char *before, const char *format, ...)
{
	bool color = cli->term.out_color;
	char *command;
	va_list ap;

	if (is_json(cli))
		return;
	va_start(ap, format);
	command = format_clean(cli, format, ap);
	va_end(ap);
	if (command != NULL)
		printf("%s %s%s%s\n", before, term_on(color, TONE_BOLD),
		    command, term_off(color, TONE_BOLD));
	free(command);
}

void
out_data(const struct cli *cli, const char *text)
{
	char *clean;

	if (!cli->term.out_tty) {
		fputs(text, stdout);
		return;
	}
	clean = strdup(text);
	if (clean == NULL)
		return;
	text_clean(clean, TEXT_KEEP_LINES, cli->term.utf8);
	fputs(clean, stdout);
	free(clean);
}

struct copy {
	struct ts_jw *w;
	struct json_t *object;
};

static void copy_value(struct ts_jw *w, const char *key, struct json_t *json);

static bool
copy_member(void *ctx, const char *key, const struct json_t *member)
{
	struct copy *copy = ctx;

	(void)member;
	copy_value(copy->w, key, ts_json_get(copy->object, key));
	return true;
}

/* Write json as a member of w; the parser has bounded its depth. */
static void
copy_value(struct ts_jw *w, const char *key, struct json_t *json)
{
	struct copy copy = {w, json};
	size_t i;

	switch (ts_json_type(json)) {
	case TS_JSON_STRING:
		ts_jw_str(w, key, ts_json_text(json));
		break;
	case TS_JSON_INT:
		ts_jw_int(w, key, ts_json_number(json));
		break;
	case TS_JSON_BOOL:
		ts_jw_bool(w, key, ts_json_truth(json));
		break;
	case TS_JSON_OBJECT:
		ts_jw_object(w, key);
		ts_json_each(json, copy_member, &copy);
		ts_jw_object_end(w);
		break;
	case TS_JSON_LIST:
		ts_jw_list(w, key);
		for (i = 0; i < ts_json_cnt(json); i++)
			copy_value(w, NULL, ts_json_at(json, i));
		ts_jw_list_end(w);
		break;
	case TS_JSON_NONE:
	case TS_JSON_NULL:
	case TS_JSON_OTHER:
		ts_jw_null(w, key);
		break;
	}
}

/* Print and wipe w; a terminal gets no characters that could harm it. */
static bool
print_jw(const struct cli *cli, FILE *f, bool tty, struct ts_jw *w)
{
	bool fine;

	ts_jw_raw(w, "", 1);
	fine = !w->failed;
	if (fine && tty)
		text_clean(w->p, TEXT_ONE_LINE, cli->term.utf8);
	if (fine)
		fprintf(f, "%s\n", w->p);
	fflush(f);
	ts_jw_wipe(w);
	return fine;
}

enum cli_exit
out_jw(const struct cli *cli, struct ts_jw *w)
{
	if (print_jw(cli, stdout, cli->term.out_tty, w))
		return CLI_DONE;
	fputs(CLI_NAME ": there is not enough memory\n", stderr);
	return CLI_FAILED;
}

void
out_jw_note(const struct cli *cli, struct ts_jw *w)
{
	(void)print_jw(cli, stderr, cli->term.err_tty, w);
}

enum cli_exit
out_json(const struct cli *cli, struct json_t *json)
{
	struct ts_jw w;

	memset(&w, 0, sizeof(w));
	if (json == NULL) {
		ts_jw_object(&w, NULL);
		ts_jw_object_end(&w);
	} else {
		copy_value(&w, NULL, json);
	}
	return out_jw(cli, &w);
}

const char *
out_text(const struct json_t *json)
{
	const char *text = ts_json_text(json);

	return text != NULL ? text : "";
}

const char *
out_str(const struct json_t *json, const char *key)
{
	return out_text(ts_json_get(json, key));
}

static void
error_text(const struct cli *cli, const struct out_error *error)
{
	const char *subject = error->subject, *name;
	size_t i;

	out_note(cli, TONE_BAD, CLI_NAME ": %s%s%s",
	    subject != NULL ? subject : "", subject != NULL ? ": " : "",
	    error->message);
	for (i = 0; i < ts_json_cnt(error->names); i++) {
		name = out_text(ts_json_at(error->names, i));
		if (subject == NULL || strcmp(name, subject) != 0)
			out_note(cli, TONE_PLAIN, "    %s", name);
	}
}

enum cli_exit
out_error(const struct cli *cli, const struct out_error *error)
{
	struct ts_jw w;
	size_t i;

	if (!is_json(cli)) {
		error_text(cli, error);
		return error->exit;
	}
	memset(&w, 0, sizeof(w));
	ts_jw_object(&w, NULL);
	ts_jw_object(&w, "error");
	ts_jw_str(&w, "code", error->code);
	ts_jw_str(&w, "message", error->message);
	ts_jw_list(&w, "names");
	for (i = 0; i < ts_json_cnt(error->names); i++)
		copy_value(&w, NULL, ts_json_at(error->names, i));
	ts_jw_list_end(&w);
	ts_jw_int(&w, "exit", error->exit);
	ts_jw_object_end(&w);
	ts_jw_object_end(&w);
	(void)out_jw(cli, &w);
	return error->exit;
}

enum cli_exit
out_fail(const struct cli *cli, enum cli_exit exit, const char *code,
    const char *format, ...)
{
	struct out_error error = {exit, code, NULL, NULL, NULL};
	char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	error.message = text != NULL ? text : "there is not enough memory";
	(void)out_error(cli, &error);
	free(text);
	return exit;
}

const char *
out_time(char out[OUT_TIME_MAX], int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds <= 0)
		return "never";
	if (localtime_r(&t, &tm) == NULL ||
	    strftime(out, OUT_TIME_MAX, "%Y-%m-%d %H:%M", &tm) == 0)
		return "?";
	return out;
}
