/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Data objects: each in one to five records of the pool, which name the object
 * and their place in it.  An object is written in one step; so a power cut
 * leaves the old one whole, or the new one.
 */
#include "piv_int.h"

#include <string.h>

#define PART_HEAD_LEN 2
#define PART_DATA_MAX (FW_STORE_VALUE_MAX - PART_HEAD_LEN)
#define PART_LAST 0x80
#define POOL_CNT (FW_STORE_KEY_CNT - FW_PIV_REC_PART)
#define TAG_LIST 0x5c
#define TAG_CONTENT 0x53
#define TAG_DISCOVERY 0x7e
#define P1_CURRENT 0x3f
#define P2_CURRENT 0xff

_Static_assert(FW_PIV_OBJECT_MAX <= FW_PIV_PARTS_MAX * PART_DATA_MAX,
    "an object fits its parts");
_Static_assert(FW_PIV_PARTS_MAX *(8 + FW_STORE_VALUE_MAX) <=
	FW_STORE_COMMIT_MAX,
    "an object is one commit");

/* SP 800-73-5 part 1 table 3; 5FFF00 is ykman's, 5FFF01 the certificate of F9,
 * 5FFF10 to 15 are those of a minidriver.  -1: no object of ours. */
static int
object_of(struct tsw_slice tag)
{
	uint8_t last;

	if (tag.len != 3 || tag.p[0] != 0x5f)
		return -1;
	last = tag.p[2];
	if (tag.p[1] == 0xc1 && last >= 0x01 && last <= 0x23 && last != 0x04)
		return last;
	if (tag.p[1] == 0xff &&
	    (last <= 0x01 || (last >= 0x10 && last <= 0x15)))
		return 0x80 | last;
	return -1;
}

/* What only its owner is to read (part 1 table 2). */
static bool
needs_pin(int object)
{
	return object == FW_PIV_OBJ_FINGERPRINTS || object == FW_PIV_OBJ_FACE ||
	    object == FW_PIV_OBJ_PRINTED || object == FW_PIV_OBJ_IRIS;
}

/* The records of an object by part; returns how many. */
static size_t
parts_find(const struct fw_piv *piv, unsigned int record[FW_PIV_PARTS_MAX],
    uint8_t object)
{
	uint8_t head[PART_HEAD_LEN], part;
	unsigned int i;
	size_t cnt = 0;

	for (i = 0; i < FW_PIV_PARTS_MAX; i++)
		record[i] = FW_STORE_KEY_CNT; /* none */
	for (i = FW_PIV_REC_PART; i < FW_STORE_KEY_CNT; i++) {
		if (fw_store_peek(&piv->store, head, sizeof(head), i) !=
			FW_OK ||
		    head[0] != object)
			continue;
		part = head[1] & (uint8_t)~PART_LAST;
		if (part < FW_PIV_PARTS_MAX)
			record[part] = i;
		else
			hal_halt(HAL_FAULT_STORE_CORRUPT);
		cnt++;
	}
	return cnt;
}

int
fw_piv_object_place(const struct fw_piv *piv,
    struct fw_store_item item[FW_PIV_PARTS_MAX], uint8_t object, size_t parts)
{
	unsigned int record[FW_PIV_PARTS_MAX];
	size_t cnt = parts_find(piv, record, object), i;
	unsigned int next = FW_PIV_REC_PART;

	memset(item, 0, FW_PIV_PARTS_MAX * sizeof(*item)); /* all deleted */
	for (i = 0; i < cnt && i < FW_PIV_PARTS_MAX; i++)
		item[i].key = record[i];
	for (; i < parts; i++) {
		while (next < FW_STORE_KEY_CNT &&
		    fw_store_peek(&piv->store, NULL, 0, next) == FW_OK)
			next++;
		if (next == FW_STORE_KEY_CNT)
			return FW_ERR_FULL;
		item[i].key = next++;
	}
	return (int)i;
}

void
fw_piv_part_begin(struct tsw_wr *wr, uint8_t object, size_t part, bool is_last)
{
	tsw_wr_u8(wr, object);
	tsw_wr_u8(wr, (uint8_t)(part | (is_last ? PART_LAST : 0)));
}

static bool
object_read(const struct fw_piv *piv, struct tsw_wr *wr, uint8_t object)
{
	uint8_t value[FW_STORE_VALUE_MAX];
	unsigned int record[FW_PIV_PARTS_MAX];
	size_t cnt = parts_find(piv, record, object), i;
	int len;

	for (i = 0; i < cnt && i < FW_PIV_PARTS_MAX; i++) {
		len =
		    fw_store_get(&piv->store, value, sizeof(value), record[i]);
		if (len < PART_HEAD_LEN)
			hal_halt(HAL_FAULT_STORE_CORRUPT);
		tsw_wr_bytes(wr, value + PART_HEAD_LEN,
		    (size_t)len - PART_HEAD_LEN);
	}
	return cnt > 0;
}

/* Section 3.3.2 of part 1: this application's name, and that its PIN is the one
 * that is asked for. */
static void
put_discovery(struct tsw_wr *rsp)
{
	static const uint8_t policy[] = {0x5f, 0x2f, 0x02, 0x40, 0x00};
	size_t start = rsp->len;

	fw_tlv_put(rsp, 0x4f, fw_piv_aid, FW_PIV_AID_LEN);
	tsw_wr_bytes(rsp, policy, sizeof(policy));
	fw_tlv_wrap(rsp, start, TAG_DISCOVERY);
}

enum fw_sw
fw_piv_get_data(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu)
{
	size_t start = rsp->len;
	struct tsw_slice tag;
	int object;

	if (apdu->p1 != P1_CURRENT || apdu->p2 != P2_CURRENT)
		return FW_SW_WRONG_P1P2;
	if (!fw_tlv_only(&tag, apdu->data, TAG_LIST))
		return FW_SW_DATA;
	if (tag.len == 1 && tag.p[0] == TAG_DISCOVERY) {
		put_discovery(rsp);
		return FW_SW_OK;
	}
	object = object_of(tag);
	if (object < 0)
		return FW_SW_FILE_NOT_FOUND;
	if (needs_pin(object) && !piv->pin_ok)
		return FW_SW_SECURITY;
	if (!object_read(piv, rsp, (uint8_t)object))
		return FW_SW_FILE_NOT_FOUND;
	fw_tlv_wrap(rsp, start, TAG_CONTENT);
	return FW_SW_OK;
}

/* The object to write, and what; false if the command is none. */
static bool
put_read(struct tsw_slice *tag, struct tsw_slice *content,
    const struct fw_apdu *apdu)
{
	struct fw_tlv t;
	struct tsw_rd rd;

	tsw_rd_init(&rd, apdu->data.p, apdu->data.len);
	if (!fw_tlv_read(&t, &rd) || t.tag != TAG_LIST)
		return false;
	*tag = t.value;
	return fw_tlv_only(content, (struct tsw_slice){rd.p, rd.left},
	    TAG_CONTENT);
}

/* The parts are put together where an answer would be: PUT DATA has none. */
static enum fw_sw
object_write(struct fw_piv *piv, struct tsw_wr *rsp, uint8_t object,
    struct tsw_slice content)
{
	size_t parts = (content.len + PART_DATA_MAX - 1) / PART_DATA_MAX;
	struct fw_store_item item[FW_PIV_PARTS_MAX];
	size_t begin = rsp->len, i, n;
	int cnt = fw_piv_object_place(piv, item, object, parts);

	if (cnt < 0)
		return FW_SW_NO_ROOM;
	for (i = 0; i < parts; i++) {
		n = content.len < PART_DATA_MAX ? content.len : PART_DATA_MAX;
		item[i].value = rsp->p + rsp->len;
		item[i].len = PART_HEAD_LEN + n;
		fw_piv_part_begin(rsp, object, i, i + 1 == parts);
		tsw_wr_bytes(rsp, content.p, n);
		content.p += n;
		content.len -= n;
	}
	if (rsp->full)
		hal_halt(HAL_FAULT_BUG); /* FW_CARD_DATA_MAX is wrong */
	if (cnt > 0)
		fw_piv_save(piv, item, (size_t)cnt);
	rsp->len = begin;
	return FW_SW_OK;
}

enum fw_sw
fw_piv_put_data(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu)
{
	struct tsw_slice tag, content;
	int object;

	if (!piv->admin_ok)
		return FW_SW_SECURITY;
	if (apdu->p1 != P1_CURRENT || apdu->p2 != P2_CURRENT)
		return FW_SW_WRONG_P1P2;
	if (!put_read(&tag, &content, apdu))
		return FW_SW_DATA;
	object = object_of(tag);
	if (object < 0)
		return FW_SW_FILE_NOT_FOUND;
	if (content.len > FW_PIV_OBJECT_MAX)
		return FW_SW_NO_ROOM;
	return object_write(piv, rsp, (uint8_t)object, content);
}
