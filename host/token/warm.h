/* SPDX-License-Identifier: BSD-2-Clause */
/* What libraries do once and could not do inside the sandbox. */
#ifndef TOKEN_WARM_H
#define TOKEN_WARM_H

#include <touchstone/error.h>

int ts_warm_up(void) TS_MUST_CHECK;

#endif
