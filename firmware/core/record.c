/* SPDX-License-Identifier: BSD-2-Clause */
/* Discoverable credentials in the store: fw_record_ of cred.h. */
#include <assert.h>
#include <string.h>

#include "cred.h"
#include "hal.h"

/*
 * Value: id [68], rpIdHash [32], created u32, then four strings with a length
 * byte each: user id, user name, display name, rpId.
 */
#define HEAD_LEN (FW_CRED_ID_LEN + FW_RP_HASH_LEN + 4)

static_assert(HEAD_LEN + 4 + FW_USER_ID_MAX + 2 * FW_USER_TEXT_MAX +
	    FW_RP_ID_KEEP_MAX <=
	FW_STORE_VALUE_MAX,
    "a full record fits");

/* The first fields, enough to select by. */
struct head {
	uint8_t id[FW_CRED_ID_LEN];
	uint8_t rp_hash[FW_RP_HASH_LEN];
	uint32_t created;
};

static bool
head_read(struct head *h, const struct fw_store *s, unsigned int slot)
{
	uint8_t buf[HEAD_LEN];
	struct tsw_rd rd;
	int r = fw_store_peek(s, buf, sizeof(buf), FW_STORE_CRED + slot);

	if (r == FW_ERR_NONE)
		return false;
	if (r != FW_OK)
		hal_halt(HAL_FAULT_STORE_CORRUPT);
	tsw_rd_init(&rd, buf, sizeof(buf));
	tsw_rd_copy(&rd, h->id, sizeof(h->id));
	tsw_rd_copy(&rd, h->rp_hash, sizeof(h->rp_hash));
	h->created = tsw_rd_u32(&rd);
	return true;
}

/* Length of text cut to max bytes without splitting a UTF-8 character. */
static size_t
utf8_cut(struct tsw_slice text, size_t max)
{
	size_t n = text.len;

	if (n <= max)
		return n;
	n = max;
	while (n > 0 && (text.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void
put_string(struct tsw_wr *wr, struct tsw_slice text, size_t max)
{
	size_t len = utf8_cut(text, max);

	tsw_wr_u8(wr, (uint8_t)len);
	tsw_wr_bytes(wr, text.p, len);
}

/* An rpId that is too long loses its beginning, not the domain (CTAP 2.1
 * section 6.8.7). */
static void
put_rp_id(struct tsw_wr *wr, struct tsw_slice rp_id)
{
	static const uint8_t dots[] = {0xe2, 0x80, 0xa6}; /* U+2026 */
	size_t skip;

	if (rp_id.len <= FW_RP_ID_KEEP_MAX) {
		put_string(wr, rp_id, FW_RP_ID_KEEP_MAX);
		return;
	}
	skip = rp_id.len - (FW_RP_ID_KEEP_MAX - sizeof(dots));
	while (skip < rp_id.len && (rp_id.p[skip] & 0xc0) == 0x80)
		skip++;
	tsw_wr_u8(wr, (uint8_t)(sizeof(dots) + rp_id.len - skip));
	tsw_wr_bytes(wr, dots, sizeof(dots));
	tsw_wr_bytes(wr, rp_id.p + skip, rp_id.len - skip);
}

int
fw_record_put(struct fw_store *s, unsigned int slot,
    const struct fw_record *rec)
{
	uint8_t buf[FW_STORE_VALUE_MAX];
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, sizeof(buf));
	tsw_wr_bytes(&wr, rec->id, sizeof(rec->id));
	tsw_wr_bytes(&wr, rec->rp_hash, sizeof(rec->rp_hash));
	tsw_wr_u32(&wr, rec->created);
	put_string(&wr, rec->user.id, FW_USER_ID_MAX);
	put_string(&wr, rec->user.name, FW_USER_TEXT_MAX);
	put_string(&wr, rec->user.display, FW_USER_TEXT_MAX);
	put_rp_id(&wr, rec->rp_id);
	return fw_store_put(s, FW_STORE_CRED + slot, buf, tsw_wr_len(&wr));
}

static struct tsw_slice
get_string(struct tsw_rd *rd)
{
	struct tsw_slice text;

	text.len = tsw_rd_u8(rd);
	text.p = tsw_rd_view(rd, text.len);
	return text;
}

static int
load(struct fw_record *rec, const struct fw_store *s, unsigned int slot)
{
	struct tsw_rd rd;
	int len;

	len = fw_store_get(s, rec->buf, sizeof(rec->buf), FW_STORE_CRED + slot);
	if (len < 0)
		return len == FW_ERR_NONE ? FW_ERR_NONE : FW_ERR_CORRUPT;
	tsw_rd_init(&rd, rec->buf, (size_t)len);
	tsw_rd_copy(&rd, rec->id, sizeof(rec->id));
	tsw_rd_copy(&rd, rec->rp_hash, sizeof(rec->rp_hash));
	rec->created = tsw_rd_u32(&rd);
	rec->user.id = get_string(&rd);
	rec->user.name = get_string(&rd);
	rec->user.display = get_string(&rd);
	rec->rp_id = get_string(&rd);
	return tsw_rd_done(&rd) ? FW_OK : FW_ERR_CORRUPT;
}

int
fw_record_check_store(const struct fw_store *s)
{
	struct fw_record rec;
	unsigned int i;

	for (i = 0; i < FW_STORE_CRED_CNT; i++)
		if (load(&rec, s, i) == FW_ERR_CORRUPT)
			return FW_ERR_CORRUPT;
	return FW_OK;
}

int
fw_record_get(struct fw_record *rec, const struct fw_store *s,
    unsigned int slot)
{
	int r = load(rec, s, slot);

	if (r == FW_ERR_CORRUPT)
		hal_halt(HAL_FAULT_STORE_CORRUPT);
	return r;
}

int
fw_record_find(const struct fw_store *s, const uint8_t id[FW_CRED_ID_LEN])
{
	struct head h;
	unsigned int slot;

	for (slot = 0; slot < FW_STORE_CRED_CNT; slot++)
		if (head_read(&h, s, slot) &&
		    memcmp(h.id, id, sizeof(h.id)) == 0) /* not secret */
			return (int)slot;
	return FW_ERR_NONE;
}

int
fw_record_slot(const struct fw_store *s, const uint8_t rp_hash[FW_RP_HASH_LEN],
    struct tsw_slice user_id)
{
	struct fw_record rec;
	struct head h;
	unsigned int slot;
	int free_slot = FW_ERR_FULL;

	for (slot = 0; slot < FW_STORE_CRED_CNT; slot++) {
		if (!head_read(&h, s, slot)) {
			if (free_slot < 0)
				free_slot = (int)slot;
			continue;
		}
		if (memcmp(h.rp_hash, rp_hash, sizeof(h.rp_hash)) != 0 ||
		    fw_record_get(&rec, s, slot) != FW_OK)
			continue;
		if (rec.user.id.len == user_id.len &&
		    tsw_ct_eq(rec.user.id.p, user_id.p, user_id.len))
			return (int)slot;
	}
	return free_slot;
}

int
fw_record_newest(uint32_t *created, const struct fw_store *s,
    const uint8_t rp_hash[FW_RP_HASH_LEN], uint32_t before, bool no_uv)
{
	struct head h;
	unsigned int slot;
	int best = FW_ERR_NONE;

	for (slot = 0; slot < FW_STORE_CRED_CNT; slot++) {
		if (!head_read(&h, s, slot) ||
		    memcmp(h.rp_hash, rp_hash, sizeof(h.rp_hash)) != 0)
			continue;
		if (no_uv && h.id[2] != FW_PROTECT_NONE)
			continue;
		if (h.created >= before || (best >= 0 && h.created < *created))
			continue;
		*created = h.created;
		best = (int)slot;
	}
	return best;
}

void
fw_record_rp(uint8_t rp_hash[FW_RP_HASH_LEN], const struct fw_store *s,
    unsigned int slot)
{
	struct head h;

	if (!head_read(&h, s, slot))
		hal_halt(HAL_FAULT_BUG);
	memcpy(rp_hash, h.rp_hash, sizeof(h.rp_hash));
}

int
fw_record_next_rp(const struct fw_store *s, unsigned int slot)
{
	struct head h, other;
	unsigned int i;

	for (; slot < FW_STORE_CRED_CNT; slot++) {
		if (!head_read(&h, s, slot))
			continue;
		for (i = 0; i < slot; i++)
			if (head_read(&other, s, i) &&
			    memcmp(h.rp_hash, other.rp_hash,
				sizeof(h.rp_hash)) == 0)
				break;
		if (i == slot)
			return (int)slot;
	}
	return FW_ERR_NONE;
}

unsigned int
fw_record_free_cnt(const struct fw_store *s)
{
	unsigned int slot, cnt = 0;

	for (slot = 0; slot < FW_STORE_CRED_CNT; slot++)
		cnt += s->pos[FW_STORE_CRED + slot] == 0;
	return cnt;
}
