/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define V6_KEPT_LEN 8

static void
set_v4(struct ts_http_address *out, const uint8_t addr[4])
{
	memset(out, 0, sizeof(*out));
	out->key[0] = 4;
	memcpy(out->key + 1, addr, 4);
	(void)snprintf(out->text, sizeof(out->text), "%d.%d.%d.%d", addr[0],
	    addr[1], addr[2], addr[3]);
}

static void
set_v6(struct ts_http_address *out, const struct in6_addr *addr)
{
	struct in6_addr net;
	char text[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED(addr)) {
		set_v4(out, addr->s6_addr + 12);
		return;
	}
	memset(out, 0, sizeof(*out));
	memset(&net, 0, sizeof(net));
	memcpy(&net, addr, V6_KEPT_LEN);
	out->key[0] = 6;
	memcpy(out->key + 1, addr, V6_KEPT_LEN);
	if (inet_ntop(AF_INET6, &net, text, sizeof(text)) == NULL)
		text[0] = '\0';
	(void)snprintf(out->text, sizeof(out->text), "%s", text);
}

void
ts_http_address_of(struct ts_http_address *out, const struct sockaddr *peer)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memset(out, 0, sizeof(*out));
	if (peer != NULL && peer->sa_family == AF_INET) {
		memcpy(&v4, peer, sizeof(v4));
		set_v4(out, (const uint8_t *)&v4.sin_addr);
	} else if (peer != NULL && peer->sa_family == AF_INET6) {
		memcpy(&v6, peer, sizeof(v6));
		set_v6(out, &v6.sin6_addr);
	} else {
		(void)snprintf(out->text, sizeof(out->text), "unix");
	}
}

bool
ts_http_address_forwarded(struct ts_http_address *out, const char *list)
{
	const char *last = strrchr(list, ',');
	struct in6_addr v6;
	struct in_addr v4;
	char text[INET6_ADDRSTRLEN];
	size_t len;

	last = last == NULL ? list : last + 1;
	last += strspn(last, " \t");
	len = strcspn(last, " \t");
	if (len >= sizeof(text) || last[len + strspn(last + len, " \t")] != 0)
		return false;
	memcpy(text, last, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, &v4) == 1)
		set_v4(out, (const uint8_t *)&v4);
	else if (inet_pton(AF_INET6, text, &v6) == 1)
		set_v6(out, &v6);
	else
		return false;
	return true;
}
