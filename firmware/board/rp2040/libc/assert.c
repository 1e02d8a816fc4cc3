/* SPDX-License-Identifier: BSD-2-Clause */
#include <assert.h>

#include "hal.h"

void
assert_failed(void)
{
	hal_halt(HAL_FAULT_BUG);
}
