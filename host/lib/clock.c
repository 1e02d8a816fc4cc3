/* SPDX-License-Identifier: BSD-2-Clause */
#include "clock.h"

#include <time.h>

uint64_t
ts_clock_now(void)
{
	time_t t = time(NULL);

	return t > 0 ? (uint64_t)t : 0;
}
