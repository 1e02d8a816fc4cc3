/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sim.h"

int
sim_listen(const char *path)
{
	struct sockaddr_un sun;
	int fd;

	errno = 0;
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(sun.sun_path))
		sim_die("the path is too long for a socket", path);
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* The umask makes it 0600.  Whoever left one behind is gone: the
	 * lock on DIR is ours. */
	(void)unlink(path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) ||
	    chmod(path, 0600) != 0 || listen(fd, SOMAXCONN) != 0)
		sim_die("cannot listen on", path);
	return fd;
}

int
sim_accept(int listen_fd)
{
	return accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

void
sim_poll_add(struct sim_poll *p, int fd, bool in, bool out)
{
	if (fd < 0 || p->cnt == SIM_POLL_MAX)
		return;
	p->fd[p->cnt].fd = fd;
	p->fd[p->cnt].events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0));
	p->fd[p->cnt].revents = 0;
	p->cnt++;
}

short
sim_poll_events(const struct sim_poll *p, int fd)
{
	nfds_t i;

	for (i = 0; i < p->cnt; i++)
		if (fd >= 0 && p->fd[i].fd == fd)
			return p->fd[i].revents;
	return 0;
}
