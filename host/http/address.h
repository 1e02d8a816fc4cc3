/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whoever asks, as far as limits go: an IPv4 address, or the first 64 bits of
 * an IPv6 address, because whoever has one has as many as fit behind them.
 */
#ifndef HOST_HTTP_ADDRESS_H
#define HOST_HTTP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define TS_HTTP_ADDRESS_KEY_LEN 9   /* family, then the address or its half */
#define TS_HTTP_ADDRESS_TEXT_LEN 48 /* with the NUL */

struct ts_http_address {
	uint8_t key[TS_HTTP_ADDRESS_KEY_LEN];
	char text[TS_HTTP_ADDRESS_TEXT_LEN];
};

/* Neither IPv4 nor IPv6: "unix", all with one key. */
void ts_http_address_of(struct ts_http_address *out,
    const struct sockaddr *peer);

/*
 * The last address of a list "a, b, c", which is what the proxy next to us
 * wrote.  False, and *out as it was, if that is no address.
 */
bool ts_http_address_forwarded(struct ts_http_address *out, const char *list);

#endif
