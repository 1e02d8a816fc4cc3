/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bundles: the X.509 certificates by which a card attests a key.  SPEC 4.4.
 *
 * Only the wrapping is looked at here: what the certificates say is for the
 * sandboxed helper, because X.509 from strangers is read by no other process.
 */
#ifndef TOUCHSTONE_WIRE_BUNDLE_H
#define TOUCHSTONE_WIRE_BUNDLE_H

#include <touchstone/wire/bytes.h>
#include <touchstone/wire/err.h>
#include <touchstone/wire/limits.h>

struct tsw_bundle {
	uint8_t cert_cnt; /* 1..TSW_BUNDLE_CERTS_MAX_CNT */
	struct tsw_slice cert[TSW_BUNDLE_CERTS_MAX_CNT]; /* the leaf first */
};

/* *out is written only on TSW_OK, and holds views into p. */
int tsw_bundle_decode(struct tsw_bundle *out, const uint8_t *p,
    size_t len) TSW_MUST_CHECK;

/*
 * What this writes is always accepted.  TSW_ERR_TOO_LONG if no bundle can hold
 * it, TSW_ERR_NO_SPACE if wr cannot.
 */
int tsw_bundle_encode(struct tsw_wr *wr,
    const struct tsw_bundle *bundle) TSW_MUST_CHECK;

/* SHA-256 of the bundle's bytes: what a token entry names. */
void tsw_bundle_hash(uint8_t out[TSW_HASH_LEN], const uint8_t *p, size_t len);

#endif
