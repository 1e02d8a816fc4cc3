/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and sentences of both error lists. */
#include <touchstone/error.h>

const char *
ts_strerror(int err)
{
	switch (err) {
#define X(name, number, text)                                                  \
	case TS_ERR_##name:                                                    \
		return text;
#include <touchstone/err.def>
#undef X
	default:
		return tsw_strerror(err);
	}
}

const char *
ts_errname(int err)
{
	switch (err) {
	case TS_OK:
		return "OK";
#define X(name, number, text)                                                  \
	case TS_ERR_##name:                                                    \
		return #name;
#include <touchstone/err.def>
#undef X
#define X(name, number, text)                                                  \
	case TSW_ERR_##name:                                                   \
		return #name;
#include <touchstone/wire/err.def>
#undef X
	default:
		return "UNKNOWN";
	}
}
