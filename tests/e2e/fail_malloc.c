/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded into a program under test: the n-th allocation from now on fails,
 * once.  n is the 64-bit number in the file that TS_FAIL_MALLOC names, shared
 * with the test; it counts down, and 0 is off.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* What glibc calls its own. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t cnt, size_t size);
void *__libc_realloc(void *p, size_t size);

static uint64_t *left;

__attribute__((constructor)) static void
map_counter(void)
{
	const char *path = getenv("TS_FAIL_MALLOC");
	void *p;
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	p = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	close(fd);
	if (p != MAP_FAILED)
		left = p;
}

static bool
fails(void)
{
	if (left == NULL || *left == 0 || --*left > 0)
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t cnt, size_t size)
{
	return fails() ? NULL : __libc_calloc(cnt, size);
}

void *
realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}
