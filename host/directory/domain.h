/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the domain of a label vouches for an identity: SPEC 14.4.
 *
 * The file is fetched by threads of its own, a few at once.  Strangers choose
 * the host, so only public addresses are asked, only on port 443, and a host
 * that says no is not asked the same again for a while.
 */
#ifndef HOST_DIRECTORY_DOMAIN_H
#define HOST_DIRECTORY_DOMAIN_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>
#include <touchstone/wire/limits.h>

#define TS_DOMAIN_FILE_MAX 65536
#define TS_DOMAIN_URL_MAX 128 /* with NUL */

/* TS_ERR_DOMAIN: the label has no host that could be asked. */
int ts_domain_url(char out[TS_DOMAIN_URL_MAX],
    struct tsw_slice label) TS_MUST_CHECK;
/* Whether a file has a line for the label with the code of this identity. */
bool ts_domain_vouches(struct tsw_slice file, struct tsw_slice label,
    const uint8_t id[TSW_ID_LEN]);

struct ts_domain_options {
	const char *ca_file;	/* NULL: the system's */
	const char *connect_to; /* NULL; else "HOST:PORT" for all: tests */
};

struct ts_domain;

int ts_domain_new(struct ts_domain **out,
    const struct ts_domain_options *options) TS_MUST_CHECK;
/* Ends what is under way: those who wait get TS_ERR_CANCELLED. */
void ts_domain_stop(struct ts_domain *domain);
void ts_domain_free(struct ts_domain **domain);

/* result: TS_OK; TS_ERR_DOMAIN: it does not vouch, or cannot be asked. */
typedef void ts_domain_done(void *ctx, int result);

/*
 * done is called once, from another thread.  On an error it is never called:
 * TS_ERR_DOMAIN, known already; TS_ERR_DIRECTORY_BUSY: too many wait.
 */
int ts_domain_ask(struct ts_domain *domain, struct tsw_slice label,
    const uint8_t id[TSW_ID_LEN], ts_domain_done *done,
    void *ctx) TS_MUST_CHECK;

#endif
