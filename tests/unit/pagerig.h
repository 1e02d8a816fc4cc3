/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages that the tests of their encoding share. */
#ifndef TESTS_UNIT_PAGERIG_H
#define TESTS_UNIT_PAGERIG_H

#include "log/page.h"

/* Bytes without a meaning; 32768 at most. */
struct tsw_slice fill(size_t len);
struct tsw_slice text(const char *s);
/* All that there can be in one. */
struct ts_page whole_page(void);
struct ts_submit whole_submit(void);

#endif
