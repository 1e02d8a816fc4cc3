/* SPDX-License-Identifier: BSD-2-Clause */
/* The folder directory: publishing, reading, and hostile folders. */
#include "libworld.h"

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct ts_directory *dir;

static int
setup(void **state)
{
	(void)state;
	world_begin();
	assert_int_equal(ts_directory_open(&dir, NULL, world_url()), TS_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ts_directory_free(&dir);
	world_end();
	return 0;
}

static int
publish(const char *label, uint32_t number, const char *text)
{
	return ts_directory_publish(dir, soft_slice(label), number,
	    (const uint8_t *)text, strlen(text));
}

struct got {
	size_t cnt;
	uint32_t last;
	size_t last_len;
	char text[64];
	int stop; /* returned for each record */
};

static int
take(void *arg, uint32_t number, const uint8_t *p, size_t len)
{
	struct got *g = arg;

	g->cnt++;
	g->last = number;
	g->last_len = len;
	if (len < sizeof(g->text)) {
		memcpy(g->text, p, len);
		g->text[len] = '\0';
	}
	return g->stop;
}

static struct got
fetch(const char *label, uint32_t from)
{
	struct got g;

	memset(&g, 0, sizeof(g));
	assert_int_equal(ts_directory_fetch(dir, soft_slice(label), from, take,
			     &g),
	    TS_OK);
	return g;
}

static void
urls_choose_the_backend(void **state)
{
	struct ts_directory *other = NULL;

	(void)state;
	assert_int_equal(ts_directory_open(&other, NULL, ""), TS_ERR_ARGUMENT);
	assert_int_equal(ts_directory_open(&other, NULL, "file:/x"),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_directory_open(&other, NULL, "file://host/x"),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_directory_open(&other, NULL, "https://x"),
	    TS_ERR_ARGUMENT);
	assert_null(other);
}

static void
records_come_back_in_order(void **state)
{
	struct got g;

	(void)state;
	assert_int_equal(fetch("a", 0).cnt, 0);
	assert_int_equal(publish("a", 0, "zero"), TS_OK);
	assert_int_equal(publish("a", 1, "one"), TS_OK);
	assert_int_equal(publish("b", 0, "other"), TS_OK);
	g = fetch("a", 0);
	assert_int_equal(g.cnt, 2);
	assert_string_equal(g.text, "one");
	assert_int_equal(fetch("a", 1).cnt, 1);
	assert_int_equal(fetch("a", 2).cnt, 0);
	assert_string_equal(fetch("b", 0).text, "other");
}

static void
callers_end_the_walk(void **state)
{
	struct got g = {.stop = 5};

	(void)state;
	assert_int_equal(publish("a", 0, "zero"), TS_OK);
	assert_int_equal(publish("a", 1, "one"), TS_OK);
	assert_int_equal(ts_directory_fetch(dir, soft_slice("a"), 0, take, &g),
	    5);
	assert_int_equal(g.cnt, 1);
	g.stop = TS_ERR_NOT_FOUND;
	assert_int_equal(ts_directory_fetch(dir, soft_slice("a"), 0, take, &g),
	    TS_ERR_NOT_FOUND);
}

static void
places_are_taken_once(void **state)
{
	(void)state;
	assert_int_equal(publish("a", 1, "gap"), TS_ERR_CONFLICT);
	assert_int_equal(publish("a", 0, "zero"), TS_OK);
	assert_int_equal(publish("a", 0, "again"), TS_ERR_CONFLICT);
	assert_string_equal(fetch("a", 0).text, "zero");
	assert_int_equal(publish("a", 0, ""), TS_ERR_ARGUMENT);
	assert_int_equal(publish("a", TS_RECORDS_MAX, "x"), TS_ERR_ARGUMENT);
}

static void
publishing_leaves_no_litter(void **state)
{
	char path[256], command[400];

	(void)state;
	assert_int_equal(publish("a", 0, "zero"), TS_OK);
	assert_int_equal(publish("a", 0, "again"), TS_ERR_CONFLICT);
	record_path(path, "a", 0);
	*strrchr(path, '/') = '\0';
	(void)snprintf(command, sizeof(command),
	    "test \"$(ls -A '%s')\" = 00000000.rec", path);
	/* NOLINTNEXTLINE(cert-env33-c): a test */
	assert_int_equal(system(command), 0);
}

static void
others_may_read(void **state)
{
	mode_t before = umask(077);
	char path[256];
	struct stat st;

	(void)state;
	assert_int_equal(publish("a", 0, "zero"), TS_OK);
	(void)umask(before);
	record_path(path, "a", 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	*strrchr(path, '/') = '\0';
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	*strrchr(path, '/') = '\0';
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700); /* as its parent's */
}

static void
size_is_bounded(void **state)
{
	static uint8_t big[TSW_ENVELOPE_MAX + 1];
	struct got g;

	(void)state;
	assert_int_equal(ts_directory_publish(dir, soft_slice("a"), 0, big,
			     TSW_ENVELOPE_MAX + 1),
	    TSW_ERR_TOO_LONG);
	assert_int_equal(ts_directory_publish(dir, soft_slice("a"), 0, big,
			     TSW_ENVELOPE_MAX),
	    TS_OK);
	assert_int_equal(fetch("a", 0).last_len, TSW_ENVELOPE_MAX);
	record_write("a", 0, big, TSW_ENVELOPE_MAX + 1);
	assert_int_equal(publish("a", 1, "one"), TS_OK);
	g = fetch("a", 0);
	assert_int_equal(g.cnt, 1); /* given as nothing, and the last */
	assert_int_equal(g.last_len, 0);
}

static void
nothing_is_followed(void **state)
{
	char path[256], target[128], secret[128];
	FILE *f;

	(void)state;
	f = fopen(world_path(secret, "secret"), "w");
	assert_non_null(f);
	assert_true(fputs("not for you", f) >= 0);
	(void)fclose(f);
	assert_int_equal(publish("a", 0, "zero"), TS_OK);
	record_path(path, "a", 1);
	assert_int_equal(symlink(secret, path), 0);
	assert_int_equal(fetch("a", 0).last_len, 0);
	assert_int_equal(publish("a", 1, "one"), TS_ERR_CONFLICT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(fetch("a", 0).last_len, 0);
	assert_int_equal(rmdir(path), 0);
	/* The whole folder of the label somewhere else. */
	record_path(path, "b", 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(mkdir(world_path(target, "elsewhere"), 0700), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(publish("b", 0, "zero"), TS_ERR_DIRECTORY);
}

/* Whether modes of files bind this process: root's do not, unless asked. */
static void
obey_modes(bool on)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct cap[2];
	const unsigned int dac =
	    1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH;

	assert_int_equal(syscall(SYS_capget, &head, cap), 0);
	if (on)
		cap[0].effective &= ~dac;
	else
		cap[0].effective |= cap[0].permitted & dac;
	assert_int_equal(syscall(SYS_capset, &head, cap), 0);
}

/* Given as one record that is nothing, at the place asked for. */
static void
assert_hidden(const char *label, uint32_t from, uint32_t number)
{
	struct got g = fetch(label, from);

	assert_int_equal(g.cnt, number - from + 1);
	assert_int_equal(g.last, number);
	assert_int_equal(g.last_len, 0);
}

static void
what_cannot_be_read_is_no_outage(void **state)
{
	char path[256];

	(void)state;
	assert_int_equal(publish("a", 0, "zero"), TS_OK);
	assert_int_equal(publish("a", 1, "one"), TS_OK);
	assert_int_equal(publish("a", 2, "two"), TS_OK);
	record_path(path, "a", 1);
	assert_int_equal(chmod(path, 0), 0);
	obey_modes(true);
	assert_hidden("a", 0, 1);
	/* The folder of the label, then that of all labels. */
	*strrchr(path, '/') = '\0';
	assert_int_equal(chmod(path, 0), 0);
	assert_hidden("a", 1, 1);
	*strrchr(path, '/') = '\0';
	assert_int_equal(chmod(path, 0), 0);
	assert_hidden("a", 2, 2);
	obey_modes(false);
	assert_int_equal(chmod(path, 0700), 0);
}

static void
folder_that_is_none_is_no_outage(void **state)
{
	char path[256], away[128];

	(void)state;
	assert_int_equal(publish("a", 0, "zero"), TS_OK);
	record_path(path, "a", 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rename(path, world_path(away, "away")), 0);
	assert_int_equal(fetch("a", 0).cnt, 0);
	assert_int_equal(symlink(away, path), 0);
	assert_hidden("a", 0, 0);
	assert_hidden("a", 7, 7);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_hidden("a", 0, 0);
	assert_int_equal(unlink(path), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink(away, path), 0);
	assert_hidden("a", 0, 0);
}

/* Nobody is to blame for what this process lacks. */
static void
own_lack_is_an_error(void **state)
{
	struct rlimit before, none;
	struct got g = {.cnt = 0};
	int fd, r, spare;

	(void)state;
	assert_int_equal(publish("a", 0, "zero"), TS_OK);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	fd = dup(0);
	assert_true(fd > 0);
	assert_int_equal(close(fd), 0);
	/* Files for nothing, for DIR, for v1 too; not for the label's folder.
	 */
	for (spare = 0; spare < 3; spare++) {
		none.rlim_cur = (rlim_t)(fd + spare);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
		r = ts_directory_fetch(dir, soft_slice("a"), 0, take, &g);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(r, TS_ERR_DIRECTORY);
	}
	assert_int_equal(g.cnt, 0);
	assert_int_equal(fetch("a", 0).cnt, 1);
}

static void
missing_folder_is_out_of_reach(void **state)
{
	struct ts_directory *other = NULL;
	char url[160], path[128];
	struct got g = {.cnt = 0};

	(void)state;
	(void)snprintf(url, sizeof(url), "file://%s",
	    world_path(path, "not-there"));
	assert_int_equal(ts_directory_open(&other, NULL, url), TS_OK);
	assert_int_equal(ts_directory_fetch(other, soft_slice("a"), 0, take,
			     &g),
	    TS_ERR_DIRECTORY);
	assert_int_equal(ts_directory_publish(other, soft_slice("a"), 0,
			     (const uint8_t *)"x", 1),
	    TS_ERR_DIRECTORY);
	ts_directory_free(&other);
	assert_null(other);
	ts_directory_free(&other);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(urls_choose_the_backend),
	    T(records_come_back_in_order),
	    T(callers_end_the_walk),
	    T(places_are_taken_once),
	    T(publishing_leaves_no_litter),
	    T(others_may_read),
	    T(size_is_bounded),
	    T(nothing_is_followed),
	    T(what_cannot_be_read_is_no_outage),
	    T(folder_that_is_none_is_no_outage),
	    T(own_lack_is_an_error),
	    T(missing_folder_is_out_of_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
