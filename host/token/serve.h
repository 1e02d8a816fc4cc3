/* SPDX-License-Identifier: BSD-2-Clause */
/* One request, one operation, one result, behind the walls. */
#ifndef TOKEN_SERVE_H
#define TOKEN_SERVE_H

#include "token/sandbox.h"

enum ts_exit { TS_EXIT_DONE = 0, TS_EXIT_FAILED = 1, TS_EXIT_USAGE = 2 };

/* On the device that is TS_TOKEN_FD_DEVICE. */
int ts_serve_token(void);

/* On a card that pcscd has. */
int ts_serve_card(void);

#endif
