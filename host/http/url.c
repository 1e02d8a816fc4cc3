/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define HOST_MAX 253 /* RFC 1035 */

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* An IPv4 address as inet_pton reads it, or a name that can be none. */
static bool
host_is_ok(const char *host, size_t len)
{
	struct in_addr addr;
	char text[HOST_MAX + 1];
	const char *last;
	size_t i;

	if (len == 0 || len > HOST_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!is_one_of(host[i], DIGITS LETTERS ".-"))
			return false;
	memcpy(text, host, len);
	text[len] = '\0';
	last = strrchr(text, '.');
	last = last == NULL ? text : last + 1;
	/* "127.1", "0x7f000001": other ways to write an address. */
	if (is_one_of(last[0], DIGITS))
		return inet_pton(AF_INET, text, &addr) == 1;
	return is_one_of(last[0], LETTERS);
}

static bool
host_is_v6(const char *host, size_t len)
{
	struct in6_addr addr;
	char text[INET6_ADDRSTRLEN];

	if (len >= sizeof(text))
		return false;
	memcpy(text, host, len);
	text[len] = '\0';
	return inet_pton(AF_INET6, text, &addr) == 1;
}

static bool
host_is_loopback(const char *host, size_t len)
{
	struct in_addr addr;
	char text[16] = "";

	if (len >= sizeof(text))
		return false;
	memcpy(text, host, len);
	text[len] = '\0';
	if (strcmp(text, "localhost") == 0 || strcmp(text, "::1") == 0)
		return true;
	return inet_pton(AF_INET, text, &addr) == 1 &&
	    ntohl(addr.s_addr) >> 24 == 127;
}

/* "" or ":PORT", up to the path, the query or the end. */
static bool
port_is_ok(const char *p, const char *end)
{
	unsigned port = 0;
	const char *d;

	if (p == end)
		return true;
	if (*p != ':' || end - p < 2 || end - p > 6)
		return false;
	for (d = p + 1; d < end; d++) {
		if (!is_one_of(*d, DIGITS))
			return false;
		port = port * 10 + (unsigned)(*d - '0');
	}
	return port != 0 && port <= 65535;
}

static bool
is_printable(const char *url)
{
	size_t i;

	for (i = 0; url[i] != '\0'; i++)
		if (i == TS_FETCH_URL_MAX || url[i] <= ' ' || url[i] > '~' ||
		    is_one_of(url[i], "#\\\"<>^`{|}"))
			return false;
	return true;
}

int
ts_url_check(bool *plain, const char *url)
{
	const bool http = strncmp(url, "http://", 7) == 0;
	const char *host, *end, *host_end;
	bool ok;

	if (!http && strncmp(url, "https://", 8) != 0)
		return TS_ERR_ARGUMENT;
	if (!is_printable(url))
		return TS_ERR_ARGUMENT;
	host = url + (http ? 7 : 8);
	end = host + strcspn(host, "/?");
	if (*host == '[') {
		host++;
		host_end = memchr(host, ']', (size_t)(end - host));
		ok = host_end != NULL &&
		    host_is_v6(host, (size_t)(host_end - host)) &&
		    port_is_ok(host_end + 1, end);
	} else {
		host_end = memchr(host, ':', (size_t)(end - host));
		if (host_end == NULL)
			host_end = end;
		ok = host_is_ok(host, (size_t)(host_end - host)) &&
		    port_is_ok(host_end, end);
	}
	if (!ok || (http && !host_is_loopback(host, (size_t)(host_end - host))))
		return TS_ERR_ARGUMENT;
	*plain = http;
	return TS_OK;
}

int
ts_fetch_check_url(const char *url)
{
	bool plain;

	return ts_url_check(&plain, url);
}

/* IPv4 networks that are not the public Internet (RFC 6890 and others). */
static const struct {
	uint32_t net;
	unsigned bits;
} special[] = {
    {0x00000000U, 8},  /* 0.0.0.0: this host */
    {0x0a000000U, 8},  /* 10 */
    {0x64400000U, 10}, /* 100.64: shared by a provider */
    {0x7f000000U, 8},  /* 127 */
    {0xa9fe0000U, 16}, /* 169.254: link-local */
    {0xac100000U, 12}, /* 172.16 */
    {0xc0000000U, 24}, /* 192.0.0: protocols */
    {0xc0000200U, 24}, /* 192.0.2: documentation */
    {0xc0586300U, 24}, /* 192.88.99: 6to4 relays */
    {0xc0a80000U, 16}, /* 192.168 */
    {0xc6120000U, 15}, /* 198.18: benchmarks */
    {0xc6336400U, 24}, /* 198.51.100: documentation */
    {0xcb007100U, 24}, /* 203.0.113: documentation */
    {0xe0000000U, 3},  /* 224: multicast, 240: reserved, broadcast */
};

static bool
v4_is_public(uint32_t addr)
{
	size_t i;

	for (i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (((addr ^ special[i].net) >> (32 - special[i].bits)) == 0)
			return false;
	return true;
}

/* Of 2000::/3, without what carries an IPv4 address or goes nowhere. */
static bool
v6_is_public(const uint8_t a[16])
{
	if ((a[0] & 0xe0U) != 0x20U)
		return false;
	if (a[0] == 0x20 && a[1] == 0x02)
		return false; /* 2002: 6to4 */
	if (a[0] == 0x20 && a[1] == 0x01 && a[2] < 0x02)
		return false; /* 2001::/23: Teredo and other protocols */
	return !(a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8);
}

bool
ts_url_may_connect(const struct sockaddr *to, bool loopback, bool public_only)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	uint32_t addr;

	if (to->sa_family == AF_INET) {
		memcpy(&v4, to, sizeof(v4));
		addr = ntohl(v4.sin_addr.s_addr);
		if (loopback && addr >> 24 != 127)
			return false;
		return !public_only || v4_is_public(addr);
	}
	if (to->sa_family != AF_INET6)
		return false;
	memcpy(&v6, to, sizeof(v6));
	if (loopback && !IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr))
		return false;
	return !public_only || v6_is_public(v6.sin6_addr.s6_addr);
}
