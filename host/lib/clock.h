/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place where the library asks for the time; tests wrap it. */
#ifndef HOST_LIB_CLOCK_H
#define HOST_LIB_CLOCK_H

#include <stdint.h>

#define TS_DAY_S 86400 /* seconds of a day */

/* Seconds since 1970, UTC; 0 if there is no clock. */
uint64_t ts_clock_now(void);

#endif
