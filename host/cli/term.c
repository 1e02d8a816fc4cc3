/* SPDX-License-Identifier: BSD-2-Clause */
#include "term.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "args.h"
#include "text.h"

#define WIDTH_DEFAULT 80
#define WIDTH_LEAST 40
#define WIDTH_MOST 100 /* longer lines are hard to read */

static size_t
width_of(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long n = WIDTH_DEFAULT;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
		n = size.ws_col;
	else if (columns != NULL)
		if (args_number(&n, columns, 1, 10000) != TS_OK)
			n = WIDTH_DEFAULT;
	return (size_t)(n < WIDTH_LEAST ? WIDTH_LEAST
		: n > WIDTH_MOST	? WIDTH_MOST
					: n);
}

static bool
is_set(const char *variable)
{
	const char *v = getenv(variable);

	return v != NULL && *v != '\0';
}

void
term_init(struct term *out)
{
	const char *kind = getenv("TERM");
	bool dumb = kind == NULL || *kind == '\0' || strcmp(kind, "dumb") == 0;
	bool color = !dumb && !is_set("NO_COLOR");

	memset(out, 0, sizeof(*out));
	out->in_tty = isatty(STDIN_FILENO) == 1;
	out->out_tty = isatty(STDOUT_FILENO) == 1;
	out->err_tty = isatty(STDERR_FILENO) == 1;
	out->out_color = color && out->out_tty;
	out->err_color = color && out->err_tty;
	out->err_moves = !dumb && out->err_tty;
	out->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	out->out_width = out->out_tty ? width_of(STDOUT_FILENO) : 0;
	out->err_width = out->err_tty ? width_of(STDERR_FILENO) : 0;
}

const char *
term_on(bool color, enum tone tone)
{
	static const char *const on[] = {
	    [TONE_PLAIN] = "",
	    [TONE_BOLD] = "\033[1m",
	    [TONE_GOOD] = "\033[32m",
	    [TONE_WARN] = "\033[1;33m",
	    [TONE_BAD] = "\033[1;31m",
	    [TONE_DIM] = "\033[2m",
	};

	return color ? on[tone] : "";
}

const char *
term_off(bool color, enum tone tone)
{
	return color && tone != TONE_PLAIN ? "\033[0m" : "";
}

int
term_read_line(char *out, size_t size)
{
	size_t len = 0;
	bool fits = true;
	int c;

	while ((c = getc(stdin)) != EOF && c != '\n') {
		if (len + 1 < size && c != '\0')
			out[len++] = (char)c;
		else
			fits = false;
	}
	if (c == EOF && len == 0)
		return TS_ERR_NOT_FOUND;
	if (len > 0 && out[len - 1] == '\r')
		len--;
	out[len] = '\0';
	return fits && text_is_utf8(out) ? TS_OK : TS_ERR_ARGUMENT;
}

int
term_read_all(char *out, size_t size)
{
	size_t n = fread(out, 1, size, stdin);

	if (ferror(stdin) || n == size || memchr(out, '\0', n) != NULL)
		return TS_ERR_ARGUMENT;
	out[n] = '\0';
	return text_is_utf8(out) ? TS_OK : TS_ERR_ARGUMENT;
}
