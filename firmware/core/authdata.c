/* SPDX-License-Identifier: BSD-2-Clause */
#include "authdata.h"

#include "hal.h"

void
fw_authdata_begin(struct fw_authdata *a, const uint8_t rp_hash[FW_RP_HASH_LEN],
    uint8_t flags, uint32_t count)
{
	tsw_wr_init(&a->wr, a->buf, sizeof(a->buf));
	tsw_wr_bytes(&a->wr, rp_hash, FW_RP_HASH_LEN);
	tsw_wr_u8(&a->wr, flags);
	tsw_wr_u32(&a->wr, count);
}

struct tsw_slice
fw_authdata_signed(struct fw_authdata *a, const uint8_t client_hash[32])
{
	tsw_wr_bytes(&a->wr, client_hash, 32);
	if (tsw_wr_len(&a->wr) == 0)
		hal_halt(HAL_FAULT_BUG); /* FW_AUTHDATA_MAX is wrong */
	return (struct tsw_slice){a->buf, tsw_wr_len(&a->wr)};
}
