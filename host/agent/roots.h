/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom the user trusts to vouch for cards, beside those that the helper has
 * compiled in: one PEM certificate in each file of a folder of the user's own,
 * $XDG_CONFIG_HOME/touchstone/attestation-roots/NAME.pem (~/.config), or
 * $TOUCHSTONE_HOME/attestation-roots/NAME.pem.
 *
 * Nothing is parsed here but the PEM around it.
 */
#ifndef TOUCHSTONE_AGENT_ROOTS_H
#define TOUCHSTONE_AGENT_ROOTS_H

#include "token/evidence.h"

struct ts_roots {
	uint8_t cnt;
	size_t len[TS_EVIDENCE_ROOTS_MAX_CNT];
	uint8_t der[TS_EVIDENCE_ROOTS_MAX_CNT][TS_EVIDENCE_ROOT_MAX];
};

/*
 * The first of them by name; none if there is no such folder.  A file that
 * others may write, or that is no such certificate, is passed over, and named
 * on stderr.
 */
void ts_roots_read(struct ts_roots *out);

/* The certificate in text; TSW_ERR_FORMAT, TSW_ERR_TOO_LONG. */
int ts_roots_from_pem(uint8_t out[TS_EVIDENCE_ROOT_MAX], size_t *len,
    const char *text) TS_MUST_CHECK;

#endif
