/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Somebody who asks a directory: bob has four records, the last two in another
 * batch, and carol has one.
 */
#ifndef TESTS_UNIT_LOGASK_H
#define TESTS_UNIT_LOGASK_H

#include "logworld.h"

#define NOW LOGWORLD_NOW

extern struct logworld *world;
extern struct logworld_page shown;
extern struct ts_log_view view; /* of who asks; it knows nothing at first */

int ask_set_up(void **state);
int ask_tear_down(void **state);

struct tsw_slice slice(const char *text);
struct ts_lookup asking(const char *label);
/* What is said of what is shown; a view is changed only on success. */
int judge(const struct ts_lookup *ask);
/* Ask an honest directory. */
int look(const char *label);

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, ask_set_up, ask_tear_down)

#endif
