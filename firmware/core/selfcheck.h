/* SPDX-License-Identifier: BSD-2-Clause */
/* How this board's signatures are checked before they leave. */
#ifndef FW_SELFCHECK_H
#define FW_SELFCHECK_H

#include "fw_crypto.h"
#include "hal.h"

/* Who can provoke a fault holds the board, and where that is enough to read
 * the flash there is nothing left that a fault would give away. */
static inline enum fw_check
fw_check_wanted(void)
{
	return hal_flash_is_private() ? FW_CHECK_ALL : FW_CHECK_LITTLE;
}

#endif
