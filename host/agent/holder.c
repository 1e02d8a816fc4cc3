/* SPDX-License-Identifier: BSD-2-Clause */
#include "holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The likeliest first. */
static const struct {
	const char *name, *remedy;
} known[] = {
    {"scdaemon",
	"`gpgconf --kill scdaemon` makes GnuPG let go of it; it comes back "
	"with the next use of gpg."},
    {"yubikey-agent", "End it while you use the card here."},
    {"pivy-agent", "End it while you use the card here."},
    {"ykman", "Wait until it is done."},
    {"piv-tool", "Wait until it is done."},
    {"yubico-piv-tool", "Wait until it is done."},
};
#define KNOWN_CNT (sizeof(known) / sizeof(known[0]))

/* Index into known, or KNOWN_CNT. */
static size_t
which(const char *proc, const char *pid)
{
	char path[320], name[32];
	struct stat st;
	ssize_t n;
	size_t i;
	int fd;

	(void)snprintf(path, sizeof(path), "%.200s/%.32s/comm", proc, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return KNOWN_CNT;
	n = fstat(fd, &st) == 0 && st.st_uid == getuid()
	    ? read(fd, name, sizeof(name) - 1)
	    : 0;
	close(fd);
	name[n > 0 ? n : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	for (i = 0; i < KNOWN_CNT; i++)
		/* The kernel keeps the first 15 bytes of a name. */
		if (name[0] != '\0' && strncmp(known[i].name, name, 15) == 0)
			break;
	return i;
}

bool
ts_holder_find(struct ts_holder *out, const char *proc)
{
	const struct dirent *e;
	size_t i, best = KNOWN_CNT;
	DIR *dir = opendir(proc);

	if (dir == NULL)
		return false;
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		i = which(proc, e->d_name);
		if (i >= best)
			continue;
		best = i;
		out->pid = (pid_t)strtol(e->d_name, NULL, 10);
		out->name = known[i].name;
		out->remedy = known[i].remedy;
	}
	closedir(dir);
	return best < KNOWN_CNT;
}
