/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The connection to a vpcd, which is a reader of pcscd that takes its card over
 * TCP.  It comes and goes with pcscd: after a failure the next try is made a
 * little later each time, until a connection carried a frame.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim.h"

#define FIRST_PAUSE_MS 20
#define LAST_PAUSE_MS 500
/* pcscd looks for the card about every 400 ms.  If it wants to switch it off
 * just now, vpcd drops the old connection at that, and takes a new one at the
 * next look: the card was never away then. */
#define OUT_MS 1000
#define PORT_DIGITS_MAX 5

static struct sockaddr_storage address;
static socklen_t address_len;
static int connect_fd = -1;
static bool plugged;
static uint64_t try_at; /* real time */
static int pause_ms = FIRST_PAUSE_MS;

static bool
parse_port(in_port_t *port, const char *s)
{
	unsigned int v = 0;
	size_t len = strspn(s, "0123456789");

	if (len == 0 || len > PORT_DIGITS_MAX || s[len] != '\0')
		return false;
	for (; *s != '\0'; s++)
		v = v * 10 + (unsigned int)(*s - '0');
	if (v == 0 || v > UINT16_MAX)
		return false;
	*port = htons((uint16_t)v);
	return true;
}

static bool
choose_ipv4(const char *host, in_port_t port)
{
	struct sockaddr_in sin;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = port;
	if (strcmp(host, "localhost") == 0)
		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (inet_pton(AF_INET, host, &sin.sin_addr) != 1 ||
	    ntohl(sin.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
		return false;
	memcpy(&address, &sin, sizeof(sin));
	address_len = sizeof(sin);
	return true;
}

static bool
choose_ipv6(const char *host, in_port_t port)
{
	struct sockaddr_in6 sin6;

	if (strcmp(host, "[::1]") != 0)
		return false;
	memset(&sin6, 0, sizeof(sin6));
	sin6.sin6_family = AF_INET6;
	sin6.sin6_port = port;
	sin6.sin6_addr = in6addr_loopback;
	memcpy(&address, &sin6, sizeof(sin6));
	address_len = sizeof(sin6);
	return true;
}

bool
sim_vpcd_choose(const char *where)
{
	char host[INET6_ADDRSTRLEN + 2];
	const char *colon = strrchr(where, ':');
	in_port_t port;
	size_t len;

	if (colon == NULL || !parse_port(&port, colon + 1))
		return false;
	len = (size_t)(colon - where);
	if (len >= sizeof(host))
		return false;
	memcpy(host, where, len);
	host[len] = '\0';
	return choose_ipv4(host, port) || choose_ipv6(host, port);
}

static void
try_later(void)
{
	if (connect_fd >= 0)
		(void)close(connect_fd);
	connect_fd = -1;
	try_at = sim_real_millis() + (uint64_t)pause_ms;
	pause_ms *= 2;
	if (pause_ms > LAST_PAUSE_MS)
		pause_ms = LAST_PAUSE_MS;
}

static void
try_now(void)
{
	connect_fd = socket(address.ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connect_fd < 0)
		sim_die("socket", "kernel");
	if (connect(connect_fd, (const struct sockaddr *)&address,
		address_len) != 0 &&
	    errno != EINPROGRESS)
		try_later();
}

void
sim_vpcd_plug(void)
{
	plugged = true;
	pause_ms = FIRST_PAUSE_MS;
	if (try_at == 0)
		try_now();
}

void
sim_vpcd_unplug(void)
{
	plugged = false;
	try_later();
	try_at = sim_real_millis() + OUT_MS;
}

void
sim_vpcd_lost(void)
{
	try_later();
}

void
sim_vpcd_works(void)
{
	pause_ms = FIRST_PAUSE_MS;
}

/* Segments are sent, and their arrival is confirmed, at once: vpcd sends a
 * frame in two, and the second would wait some 40 ms for that. */
void
sim_vpcd_hurry(int fd)
{
	int on = 1;

	if (fd < 0)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

void
sim_vpcd_poll(struct sim_poll *p)
{
	sim_poll_add(p, connect_fd, false, true);
}

int
sim_vpcd_serve(const struct sim_poll *p)
{
	int fd = connect_fd, err = 0;
	socklen_t len = sizeof(err);

	if (fd < 0) {
		if (plugged && sim_real_millis() >= try_at)
			try_now();
		return -1;
	}
	if (sim_poll_events(p, fd) == 0)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0 || err != 0) {
		try_later();
		return -1;
	}
	connect_fd = -1;
	sim_vpcd_hurry(fd);
	return fd;
}

int
sim_vpcd_next_ms(void)
{
	uint64_t now = sim_real_millis();

	if (!plugged || connect_fd >= 0)
		return -1;
	return try_at <= now ? 0 : (int)(try_at - now);
}
