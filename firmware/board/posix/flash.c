/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flash in a file.  Reads come from an image in memory; every write goes to
 * the file at once, so killing the process loses nothing, and hal_flash_sync()
 * waits for the disk.  The system may write the pages of a file in any order:
 * a unit waits until those in other pages are on the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim.h"

#define PAGE_LEN 4096 /* the sector of common NOR flash */
#define REGION_PAGES 32
#define REGION_LEN (PAGE_LEN * REGION_PAGES)
#define PAGE_CNT (REGION_PAGES * HAL_FLASH_REGION_CNT)
#define FLASH_LEN (PAGE_LEN * PAGE_CNT)

static uint8_t image[FLASH_LEN];
static int flash_fd = -1;
static const char *flash_path;
static bool dirty;		       /* something may not be on the disk */
static uint32_t dirty_page = PAGE_CNT; /* where it all is; PAGE_CNT: all over */

static void
write_out(uint32_t off, size_t len)
{
	ssize_t n;

	/* A short write is asked again: only that tells why. */
	for (; len > 0; off += (uint32_t)n, len -= (size_t)n) {
		do {
			n = pwrite(flash_fd, image + off, len, (off_t)off);
		} while (n < 0 && errno == EINTR);
		if (n <= 0)
			sim_die("cannot write", flash_path);
	}
}

/* A new flash appears under its name only when it is whole. */
static void
create(int dir_fd)
{
	int r;

	(void)unlinkat(dir_fd, "flash.new", 0);
	flash_fd = openat(dir_fd, "flash.new",
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (flash_fd < 0)
		sim_die("cannot create", flash_path);
	memset(image, 0xff, sizeof(image));
	write_out(0, sizeof(image));
	r = fsync(flash_fd);
	if (r == 0)
		r = renameat(dir_fd, "flash.new", dir_fd, "flash");
	if (r == 0)
		r = fsync(dir_fd);
	if (r != 0)
		sim_die("cannot create", flash_path);
}

/* Put an erased second region behind the first of a token from before there
 * were two.  Cut short, it is no flash image: it is grown on the next open. */
static void
grow(size_t len)
{
	memset(image + len, 0xff, sizeof(image) - len);
	write_out((uint32_t)len, sizeof(image) - len);
	hal_flash_sync();
}

void
sim_flash_open(int dir_fd, const char *path)
{
	struct stat st;
	ssize_t n;

	flash_path = path;
	flash_fd = openat(dir_fd, "flash", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (flash_fd < 0 && errno == ENOENT) {
		create(dir_fd);
		return;
	}
	if (flash_fd < 0 || fstat(flash_fd, &st) != 0)
		sim_die("cannot open", path);
	errno = 0;
	if (!S_ISREG(st.st_mode) || st.st_size < REGION_LEN ||
	    st.st_size > FLASH_LEN)
		sim_die("this is not a flash image; it was left as it is",
		    path);
	n = pread(flash_fd, image, sizeof(image), 0);
	if (n < REGION_LEN)
		sim_die("cannot read", path);
	if (n < FLASH_LEN)
		grow((size_t)n);
}

struct hal_flash
hal_flash_geometry(void)
{
	return (struct hal_flash){PAGE_LEN, REGION_PAGES};
}

static void
check_range(uint32_t off, size_t len)
{
	if (off > FLASH_LEN || len > FLASH_LEN - off)
		hal_halt(HAL_FAULT_BUG);
}

void
hal_flash_read(uint32_t off, uint8_t *out, size_t len)
{
	check_range(off, len);
	memcpy(out, image + off, len);
}

void
hal_flash_program(uint32_t off, const uint8_t unit[HAL_FLASH_UNIT_LEN])
{
	size_t i;

	check_range(off, HAL_FLASH_UNIT_LEN);
	if (off % HAL_FLASH_UNIT_LEN != 0)
		hal_halt(HAL_FAULT_BUG);
	for (i = 0; i < HAL_FLASH_UNIT_LEN; i++)
		if (image[off + i] != 0xff)
			hal_halt(HAL_FAULT_BUG); /* programmed twice */
	if (dirty && dirty_page != off / PAGE_LEN)
		hal_flash_sync();
	memcpy(image + off, unit, HAL_FLASH_UNIT_LEN);
	write_out(off, HAL_FLASH_UNIT_LEN);
	dirty = true;
	dirty_page = off / PAGE_LEN;
}

void
hal_flash_erase(uint32_t page)
{
	if (page >= PAGE_CNT)
		hal_halt(HAL_FAULT_BUG);
	memset(image + page * PAGE_LEN, 0xff, PAGE_LEN);
	write_out(page * PAGE_LEN, PAGE_LEN);
	dirty = true;
	dirty_page = PAGE_CNT;
}

void
hal_flash_sync(void)
{
	if (fdatasync(flash_fd) != 0)
		sim_die("cannot write", flash_path);
	dirty = false;
}

/* The simulator stands for the boards that are worth having: what it does for
 * a private flash is tested with it. */
bool
hal_flash_is_private(void)
{
	return true;
}
