/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QR codes on a terminal, two modules a character.
 */
#ifndef TOUCHSTONE_CLI_QR_H
#define TOUCHSTONE_CLI_QR_H

#include "cli.h"

/*
 * Draw text as a QR code (error correction M, four modules of margin) on
 * standard output, dark on light whatever the terminal's colors are.  Without
 * color the light modules are drawn, which is right on a dark terminal.
 * If that cannot be done (not UTF-8, too narrow, text too long) it says so.
 */
void qr_print(const struct cli *cli, const char *text);

#endif
