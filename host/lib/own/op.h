/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations outside a statement of the chain.
 *
 * A waiting operation is kept as the bytes of an update statement with this
 * one operation and zeros around it: the wire format is defined once.
 */
#ifndef HOST_LIB_OWN_OP_H
#define HOST_LIB_OWN_OP_H

#include <touchstone/wire/chain.h>

#include <touchstone/error.h>

struct ts_bytes {
	size_t len;
	uint8_t p[TSW_STATEMENT_MAX];
};

int ts_op_encode(struct ts_bytes *out, const struct tsw_op *op) TS_MUST_CHECK;
/* Views into p. */
int ts_op_decode(struct tsw_op *out, const uint8_t *p,
    size_t len) TS_MUST_CHECK;

/*
 * The update that follows chain and holds these operations; time in seconds
 * since 1970, or that of the chain if it is later.  cp: a checkpoint that the
 * signer knows, or NULL.
 */
int ts_op_update(struct ts_bytes *out, const struct tsw_chain *chain,
    const struct tsw_op *op, size_t cnt, uint64_t time,
    const struct tsw_checkpoint *cp) TS_MUST_CHECK;

/* Apply op to chain as a statement of its own, unsigned. */
int ts_op_try(struct tsw_chain *chain, const struct tsw_op *op) TS_MUST_CHECK;

#endif
