/* SPDX-License-Identifier: BSD-2-Clause */
/* A token that speaks CTAP2, whichever way it is reached. */
#ifndef TOKEN_LINK_H
#define TOKEN_LINK_H

#include "token/ctapcard.h"
#include "token/ctaphid.h"

/* One of them, the other is NULL. */
struct ts_link {
	struct ts_hid *hid;
	struct ts_ctapcard *card;
};

/* Why bytes do not pass any more; TS_OK: they do. */
int ts_link_cause(const struct ts_link *link) TS_MUST_CHECK;

/* As ts_hid_is_retried(); never with a card. */
bool ts_link_is_retried(const struct ts_link *link, int64_t deadline);

/* As ts_ctaphid_cbor() and ts_ctaphid_outcome(). */
int ts_link_cbor(const struct ts_link *link, struct ts_ctaphid_reply *out,
    const uint8_t *msg, size_t len) TS_MUST_CHECK;
int ts_link_outcome(const struct ts_link *link, uint8_t status) TS_MUST_CHECK;

/* As ts_hid_wink(); cards cannot. */
int ts_link_wink(const struct ts_link *link) TS_MUST_CHECK;

#endif
