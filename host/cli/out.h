/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that the CLI prints.  Text goes through text_clean, so no value that the
 * agent reports can do more to a terminal than be read.
 *
 * With --json, standard output has one object and out_say and out_note print
 * nothing; what a person must answer is asked on standard error all the same.
 */
#ifndef TOUCHSTONE_CLI_OUT_H
#define TOUCHSTONE_CLI_OUT_H

#include "cli.h"

#define OUT_FORMAT(at) __attribute__((format(printf, at, at + 1)))

struct ts_jw;

/*
 * One paragraph, wrapped to the terminal, with a line end.  Blanks at its
 * beginning indent all of its lines.  say: standard output.  note: standard
 * error, for what is not the result.
 */
void out_say(const struct cli *cli, enum tone tone, const char *format, ...)
    OUT_FORMAT(3);
void out_note(const struct cli *cli, enum tone tone, const char *format, ...)
    OUT_FORMAT(3);

void out_blank(const struct cli *cli); /* an empty line of out_say */

/*
 * The same on standard error without a line end, and for a person who uses
 * --json too.
 */
void out_prompt(const struct cli *cli, const char *format, ...) OUT_FORMAT(2);

/* "  name          value": value wrapped in its column. */
void out_field(const struct cli *cli, const char *name, const char *format, ...)
    OUT_FORMAT(3);

/* What to do next: "before", then a command line that the user can copy. */
void out_hint(const struct cli *cli, const char *before, const char *format,
    ...) OUT_FORMAT(3);

/* Bytes for a program; cleaned only if standard output is a terminal. */
void out_data(const struct cli *cli, const char *text);

/* One JSON value and a line end on standard output.  Returns CLI_DONE. */
enum cli_exit out_json(const struct cli *cli, struct json_t *json);
/* What was written to w (wiped here), on standard output or error. */
enum cli_exit out_jw(const struct cli *cli, struct ts_jw *w);
void out_jw_note(const struct cli *cli, struct ts_jw *w);

/*
 * Say why the command failed, as text on standard error or as
 * {"error": {"code", "message", "names", "exit"}} on standard output.  code is
 * a name of err.def.  Returns exit.
 */
enum cli_exit out_fail(const struct cli *cli, enum cli_exit exit,
    const char *code, const char *format, ...) OUT_FORMAT(4);

struct out_error {
	enum cli_exit exit;
	const char *code;
	const char *message;
	const char *subject;  /* before the message; or NULL */
	struct json_t *names; /* list of strings, or NULL */
};
enum cli_exit out_error(const struct cli *cli, const struct out_error *error);

/* A string, or member key of an object; "" if it is none. */
const char *out_text(const struct json_t *json);
const char *out_str(const struct json_t *json, const char *key);

/* Seconds since 1970 as local time, "never" for 0. */
#define OUT_TIME_MAX 32
const char *out_time(char out[OUT_TIME_MAX], int64_t seconds);

#endif
