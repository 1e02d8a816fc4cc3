/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stand-in for libFuzzer: gives every file of the named folders to the fuzz
 * target once, so that any compiler and sanitizer walks the same inputs.
 *
 * usage: fuzz_X [-option...] FOLDER...	 (options are libFuzzer's, ignored)
 * Fails when a folder is missing or holds no file: a replay of nothing would
 * look like success.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Feed one file; its copy has no byte to spare, so ASan sees any over-read. */
static int
replay_file(int dir, const char *name)
{
	struct stat st;
	uint8_t *data = NULL;
	size_t len = 0;
	ssize_t n;
	int fd, r = -1;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		goto out;
	data = malloc(st.st_size > 0 ? (size_t)st.st_size : 1);
	if (data == NULL)
		goto out;
	while (len < (size_t)st.st_size) {
		n = read(fd, data + len, (size_t)st.st_size - len);
		if (n <= 0)
			goto out;
		len += (size_t)n;
	}
	(void)LLVMFuzzerTestOneInput(data, len);
	r = 0;
out:
	free(data);
	if (fd >= 0)
		close(fd);
	return r;
}

/* Returns the number of files fed, or -1 when one could not be read. */
static long
replay_folder(const char *path)
{
	const struct dirent *e;
	long count = 0;
	DIR *dir;

	dir = opendir(path);
	if (dir == NULL)
		return -1;
	while (count >= 0 && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (replay_file(dirfd(dir), e->d_name) != 0) {
			fprintf(stderr, "%s/%s: not readable\n", path,
			    e->d_name);
			count = -1;
		} else {
			count++;
		}
	}
	closedir(dir);
	return count;
}

int
main(int argc, char **argv)
{
	long count, total = 0;
	int i;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			continue;
		count = replay_folder(argv[i]);
		if (count <= 0) {
			fprintf(stderr, "%s: no corpus\n", argv[i]);
			return EXIT_FAILURE;
		}
		total += count;
	}
	printf("%ld inputs\n", total);
	return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
