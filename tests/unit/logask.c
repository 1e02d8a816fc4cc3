/* SPDX-License-Identifier: BSD-2-Clause */
#include "logask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct logworld *world;
struct logworld_page shown;
struct ts_log_view view;

struct tsw_slice
slice(const char *text)
{
	return (struct tsw_slice){(const uint8_t *)text, strlen(text)};
}

struct ts_lookup
asking(const char *label)
{
	const struct ts_lookup ask = {slice(label), 0, view.known,
	    view.head.size};

	return ask;
}

int
ask_set_up(void **state)
{
	size_t i;

	(void)state;
	world = logworld_new();
	logworld_add(world, "bob");
	logworld_add(world, "bob");
	for (i = 0; i < 5; i++)
		logworld_fill(world);
	logworld_seal(world);
	logworld_add(world, "bob");
	logworld_add(world, "carol");
	logworld_add(world, "bob");
	logworld_seal(world);
	memset(&view, 0, sizeof(view));
	return 0;
}

int
ask_tear_down(void **state)
{
	(void)state;
	logworld_free(&world);
	return 0;
}

int
judge(const struct ts_lookup *ask)
{
	const struct ts_log_view before = view;
	int r;

	r = ts_latest_check(&view, NULL, world->policy, ask, &shown.page, NOW);
	if (r != TS_OK)
		assert_memory_equal(&view, &before, sizeof(view));
	return r;
}

int
look(const char *label)
{
	const struct ts_lookup ask = asking(label);

	logworld_page(world, &shown, &ask);
	return judge(&ask);
}
