/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define UNIX "unix:"
#define BACKLOG 1024
#define KIND (SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK)

struct place {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un un;
	} to;
	socklen_t len;
};

const char *
ts_http_listen_path(const char *text)
{
	const size_t n = sizeof(UNIX) - 1;

	return strncmp(text, UNIX, n) == 0 ? text + n : NULL;
}

/* Decimal, 0 to 65535, nothing else. */
static int
read_port(in_port_t *out, const char *p)
{
	unsigned port = 0;
	size_t i;

	for (i = 0; p[i] >= '0' && p[i] <= '9' && i < 5; i++)
		port = port * 10 + (unsigned)(p[i] - '0');
	if (i == 0 || p[i] != '\0' || port > 65535)
		return TS_ERR_ARGUMENT;
	*out = htons((uint16_t)port);
	return TS_OK;
}

static int
read_inet(struct place *out, const char *text)
{
	const bool v6 = text[0] == '[';
	const char *end = v6 ? strchr(text, ']') : strchr(text, ':');
	const char *host = v6 ? text + 1 : text;
	char buf[INET6_ADDRSTRLEN];
	size_t len;

	if (end == NULL || (v6 && end[1] != ':'))
		return TS_ERR_ARGUMENT;
	len = (size_t)(end - host);
	if (len >= sizeof(buf))
		return TS_ERR_ARGUMENT;
	memcpy(buf, host, len);
	buf[len] = '\0';
	if (v6) {
		out->len = sizeof(out->to.v6);
		out->to.v6.sin6_family = AF_INET6;
		if (inet_pton(AF_INET6, buf, &out->to.v6.sin6_addr) != 1)
			return TS_ERR_ARGUMENT;
		return read_port(&out->to.v6.sin6_port, end + 2);
	}
	out->len = sizeof(out->to.v4);
	out->to.v4.sin_family = AF_INET;
	if (inet_pton(AF_INET, buf, &out->to.v4.sin_addr) != 1)
		return TS_ERR_ARGUMENT;
	return read_port(&out->to.v4.sin_port, end + 1);
}

static int
read_place(struct place *out, const char *text)
{
	const char *path = ts_http_listen_path(text);

	memset(out, 0, sizeof(*out));
	if (path == NULL)
		return read_inet(out, text);
	if (path[0] != '/' || strlen(path) >= sizeof(out->to.un.sun_path) ||
	    strlen(text) >= TS_HTTP_LISTEN_MAX)
		return TS_ERR_ARGUMENT;
	out->len = sizeof(out->to.un);
	out->to.un.sun_family = AF_UNIX;
	(void)snprintf(out->to.un.sun_path, sizeof(out->to.un.sun_path), "%s",
	    path);
	return TS_OK;
}

/* What a server left behind that was killed: a socket that refuses. */
static void
clear_stale(const struct place *place)
{
	struct stat st;
	int fd;

	if (lstat(place->to.un.sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, KIND, 0);
	if (fd >= 0 && connect(fd, &place->to.any, place->len) != 0 &&
	    errno == ECONNREFUSED)
		(void)unlink(place->to.un.sun_path);
	if (fd >= 0)
		close(fd);
}

static int
open_place(const struct place *place)
{
	const int one = 1;
	int fd, err;

	if (place->to.any.sa_family == AF_UNIX)
		clear_stale(place);
	fd = socket(place->to.any.sa_family, KIND, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (place->to.any.sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
		    sizeof(one));
	if (bind(fd, &place->to.any, place->len) != 0 ||
	    (place->to.any.sa_family == AF_UNIX &&
		chmod(place->to.un.sun_path, 0666) != 0) ||
	    listen(fd, BACKLOG) != 0) {
		err = errno; /* says why, to who asked */
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

static int
say_bound(char bound[TS_HTTP_LISTEN_MAX], int fd, const char *text)
{
	struct place at;
	char host[INET6_ADDRSTRLEN];

	memset(&at, 0, sizeof(at));
	at.len = sizeof(at.to);
	if (getsockname(fd, &at.to.any, &at.len) != 0)
		return TS_ERR_IO;
	if (at.to.any.sa_family == AF_INET &&
	    inet_ntop(AF_INET, &at.to.v4.sin_addr, host, sizeof(host)) != NULL)
		(void)snprintf(bound, TS_HTTP_LISTEN_MAX, "%s:%u", host,
		    ntohs(at.to.v4.sin_port));
	else if (at.to.any.sa_family == AF_INET6 &&
	    inet_ntop(AF_INET6, &at.to.v6.sin6_addr, host, sizeof(host)) !=
		NULL)
		(void)snprintf(bound, TS_HTTP_LISTEN_MAX, "[%s]:%u", host,
		    ntohs(at.to.v6.sin6_port));
	else
		(void)snprintf(bound, TS_HTTP_LISTEN_MAX, "%s", text);
	return TS_OK;
}

int
ts_http_listen(int *out, char bound[TS_HTTP_LISTEN_MAX], const char *text)
{
	struct place place;
	int fd, r;

	r = read_place(&place, text);
	if (r != TS_OK)
		return r;
	fd = open_place(&place);
	if (fd < 0)
		return TS_ERR_IO;
	r = say_bound(bound, fd, text);
	if (r != TS_OK) {
		close(fd);
		return r;
	}
	*out = fd;
	return TS_OK;
}

unsigned long
ts_http_raise_files(unsigned long cnt)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return 0;
	if (r.rlim_cur < cnt) {
		r.rlim_cur = r.rlim_max < cnt ? r.rlim_max : cnt;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	return r.rlim_cur;
}
