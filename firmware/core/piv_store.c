/* SPDX-License-Identifier: BSD-2-Clause */
/* The region of the flash: opened, checked, begun anew. */
#include "piv_int.h"

#include <string.h>

#define FORMAT 1
#define ROOT_HEAD_LEN (1 + FW_PIV_GUID_LEN)
#define ROOT_LEN (ROOT_HEAD_LEN + 32)
#define PART_MAX 64 /* CHUID, CCC */

void
fw_piv_load(const struct fw_piv *piv, uint8_t *out, size_t len,
    unsigned int record)
{
	int have = fw_store_get(&piv->store, out, len, record);

	if (have < 0 || (size_t)have != len)
		hal_halt(HAL_FAULT_STORE_CORRUPT); /* open() saw it */
}

void
fw_piv_save(struct fw_piv *piv, const struct fw_store_item *item, size_t cnt)
{
	if (fw_store_commit(&piv->store, item, cnt) != FW_OK)
		hal_halt(HAL_FAULT_BUG); /* room is kept for it */
}

/* FW_ERR_NONE: new, or not finished, or another device's, which this one was
 * before it was reset. */
static int
root_check(const struct fw_piv *piv)
{
	uint8_t root[ROOT_LEN], tag[32];
	int len =
	    fw_store_get(&piv->store, root, sizeof(root), FW_PIV_REC_ROOT);

	if (len == FW_ERR_NONE)
		return FW_ERR_NONE;
	if (len != ROOT_LEN)
		return FW_ERR_CORRUPT;
	fw_piv_root_tag(piv, tag, (struct tsw_slice){root, ROOT_HEAD_LEN});
	if (!tsw_ct_eq(tag, root + ROOT_HEAD_LEN, sizeof(tag)))
		return FW_ERR_NONE;
	return root[0] == FORMAT ? FW_OK : FW_ERR_NEWER;
}

static bool
has_length(const struct fw_piv *piv, unsigned int record, int len)
{
	uint8_t secret_value[FW_PIV_KEY_REC_MAX];
	int have = fw_store_get(&piv->store, secret_value, sizeof(secret_value),
	    record);

	tsw_wipe(secret_value, sizeof(secret_value));
	return have == len;
}

/* Every record that a command relies on later. */
static int
records_check(const struct fw_piv *piv)
{
	uint8_t secret[FW_PIV_ADMIN_KEY_MAX];
	struct fw_piv_tries tries;
	struct fw_piv_admin admin;
	struct fw_piv_key key;
	int slot, r;

	if (!has_length(piv, FW_PIV_REC_PIN, FW_PIV_PIN_REC_LEN) ||
	    !has_length(piv, FW_PIV_REC_PUK, FW_PIV_PIN_REC_LEN) ||
	    !has_length(piv, FW_PIV_REC_TRIES, 4) ||
	    !has_length(piv, FW_PIV_REC_ADMIN, FW_PIV_ADMIN_REC_LEN))
		return FW_ERR_CORRUPT;
	fw_piv_tries_load(piv, &tries);
	if (tries.left[0] > tries.of[0] || tries.left[1] > tries.of[1] ||
	    tries.of[0] > FW_PIV_TRIES_MAX || tries.of[1] > FW_PIV_TRIES_MAX)
		return FW_ERR_CORRUPT;
	r = fw_piv_admin_load(piv, &admin, secret);
	for (slot = 0; r == FW_OK && slot < FW_PIV_SLOT_CNT; slot++) {
		r = fw_piv_key_load(piv, &key, secret, slot);
		if (r == FW_ERR_NONE)
			r = FW_OK;
	}
	tsw_wipe(secret, sizeof(secret));
	return r;
}

void
fw_piv_open(struct fw_piv *piv)
{
	int r = FW_OK;

	if (!piv->is_open)
		r = fw_store_open_region(&piv->store, FW_STORE_PIV);
	else if (piv->is_broken)
		return;
	if (r == FW_OK)
		r = root_check(piv);
	if (r == FW_OK && piv->is_open)
		return; /* as it was at the last command */
	piv->is_open = true;
	fw_piv_close(piv);
	if (r == FW_OK)
		r = records_check(piv);
	else if (r == FW_ERR_NONE)
		fw_piv_wipe(piv);
	piv->is_broken = r != FW_OK && r != FW_ERR_NONE;
}

/* What there was goes; F9 and its certificate come. */
static void
begin_with_root(struct fw_piv *piv)
{
	uint8_t record[FW_PIV_KEY_REC_MAX], part[FW_STORE_VALUE_MAX];
	struct fw_store_item item[] = {{FW_PIV_REC_KEY, record, 0},
	    {FW_PIV_REC_PART, part, 0}};
	struct tsw_wr wr;

	item[0].key += (unsigned int)fw_piv_slot(FW_PIV_F9);
	tsw_wr_init(&wr, part, sizeof(part));
	item[0].len = fw_piv_root_make(piv, record, &wr);
	item[1].len = tsw_wr_len(&wr);
	fw_store_reset(&piv->store, item, 2);
}

static void
put_root(const struct fw_piv *piv, uint8_t root[ROOT_LEN],
    const uint8_t guid[FW_PIV_GUID_LEN])
{
	root[0] = FORMAT;
	memcpy(root + 1, guid, FW_PIV_GUID_LEN);
	fw_piv_root_tag(piv, root + ROOT_HEAD_LEN,
	    (struct tsw_slice){root, ROOT_HEAD_LEN});
}

static void
put_pin(struct fw_piv *piv, uint8_t out[FW_PIV_PIN_REC_LEN],
    enum fw_piv_which which)
{
	uint8_t secret_pin[FW_PIV_PIN_LEN];

	fw_piv_default_pin(secret_pin, which);
	fw_piv_pin_record(piv, out, secret_pin, which);
}

/* The rest; the root, in the same step, says that all is there. */
static void
finish_new(struct fw_piv *piv)
{
	const struct fw_piv_tries all = {{FW_PIV_TRIES, FW_PIV_TRIES},
	    {FW_PIV_TRIES, FW_PIV_TRIES}};
	uint8_t root[ROOT_LEN], tries[4], admin[FW_PIV_ADMIN_REC_LEN];
	uint8_t guid[FW_PIV_GUID_LEN], chuid[PART_MAX], ccc[PART_MAX];
	uint8_t pin[FW_PIV_PIN_REC_LEN], puk[FW_PIV_PIN_REC_LEN];
	struct fw_store_item item[] = {
	    {FW_PIV_REC_ROOT, root, sizeof(root)},
	    {FW_PIV_REC_PIN, pin, sizeof(pin)},
	    {FW_PIV_REC_PUK, puk, sizeof(puk)},
	    {FW_PIV_REC_TRIES, tries, sizeof(tries)},
	    {FW_PIV_REC_ADMIN, admin, sizeof(admin)},
	    {FW_PIV_REC_PART + 1, chuid, 0},
	    {FW_PIV_REC_PART + 2, ccc, 0},
	};
	struct tsw_wr wr;

	fw_rng_bytes(&piv->c->rng, guid, sizeof(guid));
	put_root(piv, root, guid);
	put_pin(piv, pin, FW_PIV_THE_PIN);
	put_pin(piv, puk, FW_PIV_THE_PUK);
	fw_piv_tries_encode(tries, &all);
	fw_piv_admin_default(piv, admin);
	tsw_wr_init(&wr, chuid, sizeof(chuid));
	fw_piv_put_chuid(&wr, guid);
	item[5].len = tsw_wr_len(&wr);
	tsw_wr_init(&wr, ccc, sizeof(ccc));
	fw_piv_put_ccc(&wr, guid);
	item[6].len = tsw_wr_len(&wr);
	fw_piv_save(piv, item, sizeof(item) / sizeof(item[0]));
}

void
fw_piv_wipe(struct fw_piv *piv)
{
	fw_piv_close(piv);
	begin_with_root(piv);
	finish_new(piv);
	piv->is_broken = false;
}
