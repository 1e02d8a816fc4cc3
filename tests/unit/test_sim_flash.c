/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulator's flash file, on a disk that fills up or is slow to write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim.h"

static long room; /* bytes that the disk still takes */
static int syncs;
static jmp_buf died;
static int died_of;

ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t off);
ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t off);
int __wrap_fdatasync(int fd);

ssize_t
__wrap_pwrite(int fd, const void *buf, size_t len, off_t off)
{
	if (room == 0) {
		errno = ENOSPC;
		return -1;
	}
	if (len > (size_t)room)
		len = (size_t)room;
	room -= (long)len;
	return __real_pwrite(fd, buf, len, off);
}

int
__wrap_fdatasync(int fd)
{
	(void)fd;
	syncs++;
	return 0;
}

void
sim_die(const char *what, const char *path)
{
	(void)what;
	(void)path;
	died_of = errno;
	longjmp(died, 1);
}

void
hal_halt(enum hal_fault fault)
{
	(void)fault;
	abort();
}

/* A new flash in a folder of its own; 0, or what the simulator died of. */
static int
open_new(void)
{
	char dir[] = "/tmp/tsXXXXXX";
	int fd, r;

	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	r = setjmp(died);
	if (r == 0)
		sim_flash_open(fd, dir);
	(void)unlinkat(fd, "flash", 0);
	(void)unlinkat(fd, "flash.new", 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(rmdir(dir), 0);
	return r == 0 ? 0 : died_of;
}

/* It said "No such file or directory", left over from looking for the file. */
static void
test_full_disk_is_named(void **state)
{
	(void)state;
	room = 1000;
	assert_int_equal(open_new(), ENOSPC);
}

/* Pages of a file reach the disk in any order: after a crash of the machine
 * the end of a record could be there without its beginning. */
static void
test_units_reach_the_disk_in_order(void **state)
{
	static const uint8_t unit[HAL_FLASH_UNIT_LEN] = {1};
	uint32_t page = hal_flash_geometry().page_len;

	(void)state;
	room = 10000000;
	assert_int_equal(open_new(), 0);
	syncs = 0;
	hal_flash_program(page - 2 * HAL_FLASH_UNIT_LEN, unit);
	hal_flash_program(page - HAL_FLASH_UNIT_LEN, unit);
	assert_int_equal(syncs, 0);
	hal_flash_program(page, unit);
	assert_int_equal(syncs, 1);
	hal_flash_erase(2);
	hal_flash_erase(3);
	assert_int_equal(syncs, 1);
	hal_flash_program(3 * page, unit);
	assert_int_equal(syncs, 2);
	hal_flash_sync();
	hal_flash_program(4 * page, unit);
	assert_int_equal(syncs, 3);
}

/* The flash of a simulator from before there was a second region. */
static void
test_old_flash_grows(void **state)
{
	uint8_t old[4096], got[4096];
	char dir[] = "/tmp/tsXXXXXX";
	uint32_t region, off;
	struct stat st;
	int dir_fd, fd;

	(void)state;
	region = hal_flash_geometry().page_len * hal_flash_geometry().page_cnt;
	room = 10000000;
	assert_non_null(mkdtemp(dir));
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = openat(dir_fd, "flash", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(dir_fd >= 0 && fd >= 0);
	memset(old, 0x42, sizeof(old));
	for (off = 0; off < region; off += (uint32_t)sizeof(old))
		assert_int_equal(__real_pwrite(fd, old, sizeof(old), off),
		    sizeof(old));
	if (setjmp(died) != 0)
		fail();
	sim_flash_open(dir_fd, dir);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 2 * region);
	hal_flash_read(region - 4096, got, sizeof(got));
	assert_memory_equal(got, old, sizeof(got));
	hal_flash_read(region, got, sizeof(got));
	memset(old, 0xff, sizeof(old));
	assert_memory_equal(got, old, sizeof(got));
	assert_int_equal(pread(fd, got, sizeof(got), 2 * region - 4096),
	    sizeof(got));
	assert_memory_equal(got, old, sizeof(got));
	/* One that ends within a region is none of ours. */
	assert_int_equal(ftruncate(fd, region - 1), 0);
	if (setjmp(died) == 0) {
		sim_flash_open(dir_fd, dir);
		fail();
	}
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, region - 1);
	(void)unlinkat(dir_fd, "flash", 0);
	(void)close(fd);
	(void)close(dir_fd);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_full_disk_is_named),
	    cmocka_unit_test(test_units_reach_the_disk_in_order),
	    cmocka_unit_test(test_old_flash_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
