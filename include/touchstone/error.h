/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Results of every ts_ function: TS_OK, a TS_ERR_ of this list, or a TSW_ERR_
 * of <touchstone/wire/err.h>, all negative and disjoint.
 */
#ifndef TOUCHSTONE_ERROR_H
#define TOUCHSTONE_ERROR_H

#include <touchstone/wire/err.h>

enum ts_err {
	TS_OK = 0,
#define X(name, number, text) TS_ERR_##name = -(number),
#include <touchstone/err.def>
#undef X
};

#define TS_MUST_CHECK __attribute__((warn_unused_result))

/* One English sentence without a full stop; never NULL. */
const char *ts_strerror(int err);

/* The error's name, like "PIN_WRONG": stable, for programs; never NULL. */
const char *ts_errname(int err);

#endif
