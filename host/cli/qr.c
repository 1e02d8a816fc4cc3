/* SPDX-License-Identifier: BSD-2-Clause */
#include "qr.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <qrencode.h>

#include "out.h"

#define MARGIN 4 /* ISO/IEC 18004 asks for it */

/* Whether the module is dark; what is outside of the code is light. */
static bool
is_dark(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return (code->data[y * code->width + x] & 1) != 0;
}

/* Upper and lower module as one character, drawn in the foreground. */
static const char *
half_block(bool upper, bool lower)
{
	if (upper && lower)
		return "█";
	if (upper)
		return "▀";
	return lower ? "▄" : " ";
}

/* Real columns: a QR code may be wider than text should be. */
static bool
fits(const struct cli *cli, int width)
{
	struct winsize size;

	if (!cli->term.out_tty ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return true;
	return width <= size.ws_col;
}

static void
draw(const struct cli *cli, const QRcode *code)
{
	bool color = cli->term.out_color, upper, lower;
	int x, y, end = code->width + MARGIN;

	for (y = -MARGIN; y < end; y += 2) {
		/* Black on white, or on bright white where that is known. */
		fputs(color ? "\033[30;47;107m" : "", stdout);
		for (x = -MARGIN; x < end; x++) {
			upper = is_dark(code, x, y);
			lower = is_dark(code, x, y + 1);
			fputs(color ? half_block(upper, lower)
				    : half_block(!upper, !lower),
			    stdout);
		}
		fputs(color ? "\033[0m\n" : "\n", stdout);
	}
}

void
qr_print(const struct cli *cli, const char *text)
{
	QRcode *code;

	if (args_has(&cli->args, OPT_NO_QR) || args_has(&cli->args, OPT_JSON))
		return;
	if (!cli->term.utf8) {
		out_say(cli, TONE_DIM,
		    "(No QR code: the terminal's locale is not UTF-8.)");
		return;
	}
	code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (code == NULL)
		out_say(cli, TONE_DIM, "(No QR code: it cannot be made.)");
	else if (!fits(cli, code->width + 2 * MARGIN))
		out_say(cli, TONE_DIM,
		    "(No QR code: the terminal is narrower than %d columns.)",
		    code->width + 2 * MARGIN);
	else
		draw(cli, code);
	QRcode_free(code);
}
