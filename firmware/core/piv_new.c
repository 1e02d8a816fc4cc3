/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that are there from the beginning (SP 800-73-5 part 1 section 3.1).
 */
#include "piv_int.h"

#define TAG_FASCN 0x30
#define TAG_GUID 0x34
#define TAG_EXPIRES 0x35
#define TAG_SIGNATURE 0x3e
#define TAG_CHECK 0xfe
#define TAG_CARD 0xf0

void
fw_piv_put_chuid(struct tsw_wr *wr, const uint8_t guid[FW_PIV_GUID_LEN])
{
	/* Agency 9999, all digits 9 or 0: not of the government. */
	static const uint8_t fascn[] = {0xd4, 0xe7, 0x39, 0xda, 0x73, 0x9c,
	    0xed, 0x39, 0xce, 0x73, 0x9d, 0x83, 0x68, 0x58, 0x21, 0x08, 0x42,
	    0x10, 0x84, 0x21, 0xc8, 0x42, 0x10, 0xc3, 0xeb};
	static const char expires[] = "99991231";

	fw_piv_part_begin(wr, FW_PIV_OBJ_CHUID, 0, true);
	fw_tlv_put(wr, TAG_FASCN, fascn, sizeof(fascn));
	fw_tlv_put(wr, TAG_GUID, guid, FW_PIV_GUID_LEN);
	fw_tlv_put(wr, TAG_EXPIRES, expires, sizeof(expires) - 1);
	fw_tlv_put(wr, TAG_SIGNATURE, NULL, 0);
	fw_tlv_put(wr, TAG_CHECK, NULL, 0);
}

void
fw_piv_put_ccc(struct tsw_wr *wr, const uint8_t guid[FW_PIV_GUID_LEN])
{
	/* Registered id of GSC, manufacturer, card type; then the card's own
	 * number. */
	static const uint8_t card[] = {0xa0, 0x00, 0x00, 0x01, 0x16, 0xff,
	    0x02};
	/* Versions, and what is empty. */
	static const uint8_t rest[] = {0xf1, 1, 0x21, 0xf2, 1, 0x21, 0xf3, 0,
	    0xf4, 1, 0x00, 0xf5, 1, 0x10, 0xf6, 0, 0xf7, 0, 0xfa, 0, 0xfb, 0,
	    0xfc, 0, 0xfd, 0, 0xfe, 0};
	size_t start;

	fw_piv_part_begin(wr, FW_PIV_OBJ_CCC, 0, true);
	start = wr->len;
	tsw_wr_bytes(wr, card, sizeof(card));
	tsw_wr_bytes(wr, guid, FW_PIV_GUID_LEN - 2); /* 21 bytes in all */
	fw_tlv_wrap(wr, start, TAG_CARD);
	tsw_wr_bytes(wr, rest, sizeof(rest));
}
