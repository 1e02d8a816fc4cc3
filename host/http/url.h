/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which URLs and which addresses may be fetched.
 */
#ifndef HOST_HTTP_URL_H
#define HOST_HTTP_URL_H

#include "http/fetch.h"

#include <sys/socket.h>

/* As ts_fetch_check_url(); *plain: it is http, for loopback only. */
int ts_url_check(bool *plain, const char *url) TS_MUST_CHECK;

/*
 * What a name turned out to be.  loopback: nothing else; public_only: nothing
 * but addresses of the public Internet.
 */
bool ts_url_may_connect(const struct sockaddr *to, bool loopback,
    bool public_only);

#endif
