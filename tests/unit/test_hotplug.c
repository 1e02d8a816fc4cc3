/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens that come and go, places that are remembered, PINs that are copied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/hotplug.h"
#include "agent/op.h"

static char root[64];

/* What hotplug told us. */
static struct {
	int changes, gone, found;
	char name[TS_DEVICE_NAME_MAX];
} seen;

static void
on_changed(void *ctx)
{
	(void)ctx;
	seen.changes++;
}

static void
on_gone(void *ctx, const char *name)
{
	(void)ctx;
	seen.gone++;
	strcpy(seen.name, name);
}

static void
on_found(void *ctx, const char *name)
{
	(void)ctx;
	/* The machine that runs the tests may have a token plugged in. */
	if (strncmp(name, "sim:", 4) != 0)
		return;
	seen.found++;
	strcpy(seen.name, name);
}

static int
make_root(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	strcpy(root, "/tmp/ts-plug-XXXXXX");
	return mkdtemp(root) == NULL ? -1 : 0;
}

static int
remove_root(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void
open_hotplug(struct ts_hotplug *h, struct ts_loop *loop)
{
	memset(h, 0, sizeof(*h));
	h->changed = on_changed;
	h->gone = on_gone;
	assert_int_equal(ts_hotplug_open(h, loop, root), TS_OK);
}

/* A socket at DIR/hid that somebody listens on: a simulator's port. */
static int
plug(const char *dir)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%.90s/hid", dir);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void
test_plug_and_unplug(void **state)
{
	struct ts_loop loop = {0};
	struct ts_hotplug h;
	char dir[80], path[96], name[96];
	int port, fd;
	bool stream = false;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/token", root);
	(void)snprintf(path, sizeof(path), "%s/hid", dir);
	(void)snprintf(name, sizeof(name), "sim:%s", dir);
	open_hotplug(&h, &loop);
	/* Learnt before it exists: found once it does. */
	assert_int_equal(ts_hotplug_learn(&h, dir), TS_OK);
	assert_int_equal(mkdir(dir, 0700), 0);
	ts_hotplug_scan(&h, on_found);
	assert_int_equal(seen.found, 0);
	assert_int_equal(ts_hotplug_device(&fd, &stream, name),
	    TS_ERR_NO_TOKEN);

	port = plug(dir);
	assert_int_equal(ts_loop_turn(&loop, 1000), TS_OK);
	assert_true(seen.changes > 0);
	ts_hotplug_scan(&h, on_found);
	assert_int_equal(seen.found, 1);
	assert_string_equal(seen.name, name);
	assert_int_equal(ts_hotplug_device(&fd, &stream, name), TS_OK);
	assert_true(stream);
	close(fd);

	/* Killed: the file is still there, but nobody answers. */
	close(port);
	ts_hotplug_scan(&h, on_found);
	assert_int_equal(seen.found, 1);
	assert_int_equal(seen.gone, 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ts_loop_turn(&loop, 1000), TS_OK);
	assert_int_equal(seen.gone, 1);
	assert_string_equal(seen.name, name);
	ts_hotplug_close(&h);
}

static void
test_places_are_remembered(void **state)
{
	struct ts_loop loop = {0};
	struct ts_hotplug h;
	char dir[80];
	int i;

	(void)state;
	open_hotplug(&h, &loop);
	for (i = 0; i < TS_PLACES_MAX_CNT + 3; i++) {
		(void)snprintf(dir, sizeof(dir), "%s/t%d", root, i);
		assert_int_equal(ts_hotplug_learn(&h, dir), TS_OK);
		assert_int_equal(ts_hotplug_learn(&h, dir), TS_OK);
	}
	ts_hotplug_close(&h);

	open_hotplug(&h, &loop);
	assert_int_equal(h.place_cnt, TS_PLACES_MAX_CNT);
	assert_string_equal(h.place[TS_PLACES_MAX_CNT - 1].dir, dir);
	(void)snprintf(dir, sizeof(dir), "%s/t3", root);
	assert_string_equal(h.place[0].dir, dir);
	ts_hotplug_close(&h);
}

static void
test_bad_names(void **state)
{
	static const struct {
		const char *name;
		int err;
	} bad[] = {
	    {"", TS_ERR_TOKEN_UNSUPPORTED},
	    {"sim:relative", TS_ERR_TOKEN_UNSUPPORTED},
	    {"card:reader", TS_ERR_TOKEN_UNSUPPORTED},
	    {"fido:/etc/passwd", TS_ERR_TOKEN_UNSUPPORTED},
	    {"fido:/dev/hidraw99999", TS_ERR_NO_TOKEN},
	    {"sim:/nonexistent", TS_ERR_NO_TOKEN},
	    {"sim:/dev/null", TS_ERR_NO_TOKEN},
	};
	struct ts_loop loop = {0};
	struct ts_hotplug h;
	char longer[TS_SIM_DIR_MAX + 1];
	bool stream;
	size_t i;
	int fd = -7;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ts_hotplug_device(&fd, &stream, bad[i].name),
		    bad[i].err);
		assert_int_equal(fd, -7);
	}
	open_hotplug(&h, &loop);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(ts_hotplug_learn(&h, longer), TS_ERR_ARGUMENT);
	assert_int_equal(ts_hotplug_learn(&h, "/a\nb"), TS_ERR_ARGUMENT);
	assert_int_equal(ts_hotplug_learn(&h, "a"), TS_ERR_ARGUMENT);
	assert_int_equal(h.place_cnt, 0);
	ts_hotplug_close(&h);
}

static void
test_pin_copies(void **state)
{
	char text[16];
	int fd[2], copy, i;

	(void)state;
	assert_int_equal(ts_pin_copy(&copy, -1), TS_OK);
	assert_int_equal(copy, -1);
	assert_int_equal(pipe(fd), 0);
	/* Not written yet: an error now, not a helper that waits. */
	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(ts_pin_copy(&copy, fd[0]), TS_ERR_ARGUMENT);
	assert_int_equal(write(fd[1], "1234", 4), 4);
	close(fd[1]);
	for (i = 0; i < 3; i++) {
		assert_int_equal(ts_pin_copy(&copy, fd[0]), TS_OK);
		assert_int_equal(read(copy, text, sizeof(text)), 4);
		assert_memory_equal(text, "1234", 4);
		assert_int_equal(read(copy, text, sizeof(text)), 0);
		close(copy);
	}
	close(fd[0]);
	/* Only pipes are taken: a file could be anything. */
	fd[0] = open("/dev/null", O_RDONLY);
	assert_int_equal(ts_pin_copy(&copy, fd[0]), TS_ERR_ARGUMENT);
	assert_int_equal(copy, -1);
	close(fd[0]);
}

int
main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(test_##name, make_root, remove_root)
	const struct CMUnitTest tests[] = {
	    TEST(plug_and_unplug),
	    TEST(places_are_remembered),
	    TEST(bad_names),
	    TEST(pin_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
