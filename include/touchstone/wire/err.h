/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Results of every tsw_ function: TSW_OK or one negative error.
 */
#ifndef TOUCHSTONE_WIRE_ERR_H
#define TOUCHSTONE_WIRE_ERR_H

enum tsw_err {
	TSW_OK = 0,
#define X(name, number, text) TSW_ERR_##name = -(number),
#include <touchstone/wire/err.def>
#undef X
};

#define TSW_MUST_CHECK __attribute__((warn_unused_result))

/* One sentence for err, in English, without a full stop; never NULL. */
const char *tsw_strerror(int err);

#endif
