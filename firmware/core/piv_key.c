/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys in their slots: made, read, deleted. */
#include "piv_int.h"

#include <string.h>

#define TAG_CONTROL 0xac /* control reference template of GENERATE */
#define TAG_ALG 0x80
#define TAG_PIN_POLICY 0xaa
#define TAG_TOUCH_POLICY 0xab
#define TAG_PUBLIC 0x7f49
#define TAG_VALUE 0x86
#define MOVE_AWAY 0xff

int
fw_piv_slot(uint8_t ref)
{
	static const uint8_t slots[FW_PIV_SLOT_CNT] = {FW_PIV_9A, FW_PIV_9C,
	    FW_PIV_9D, FW_PIV_9E, FW_PIV_F9};
	int i;

	for (i = 0; i < FW_PIV_SLOT_CNT; i++)
		if (slots[i] == ref)
			return i;
	return -1;
}

static unsigned int
record_of(int slot)
{
	return FW_PIV_REC_KEY + (unsigned int)slot;
}

/* 0: none that is made here. */
static size_t
public_len(uint8_t alg)
{
	switch (alg) {
	case FW_PIV_P256:
		return FW_P256_POINT_LEN;
	case FW_PIV_ED25519:
	case FW_PIV_X25519:
		return FW_X25519_LEN; /* both are */
	default:
		return 0;
	}
}

/* Policies and algorithm are those that a key can have. */
static bool
is_sound(const struct fw_piv_key *key)
{
	return key->public_len != 0 && key->pin >= FW_PIV_PIN_NEVER &&
	    key->pin <= FW_PIV_PIN_ALWAYS && key->touch >= FW_PIV_TOUCH_NEVER &&
	    key->touch <= FW_PIV_TOUCH_CACHED;
}

int
fw_piv_key_load(const struct fw_piv *piv, struct fw_piv_key *key,
    uint8_t secret[FW_PIV_SECRET_LEN], int slot)
{
	static const uint8_t refs[FW_PIV_SLOT_CNT] = {FW_PIV_9A, FW_PIV_9C,
	    FW_PIV_9D, FW_PIV_9E, FW_PIV_F9};
	uint8_t record[FW_PIV_KEY_REC_MAX], secret_here[FW_PIV_SECRET_LEN];
	struct tsw_slice fields = {record, 0};
	struct tsw_rd rd;
	int len, r;

	len =
	    fw_store_get(&piv->store, record, sizeof(record), record_of(slot));
	if (len == FW_ERR_NONE)
		return FW_ERR_NONE;
	if (len < FW_PIV_KEY_HEAD_LEN)
		return FW_ERR_CORRUPT;
	tsw_rd_init(&rd, record, (size_t)len);
	key->ref = refs[slot];
	key->alg = tsw_rd_u8(&rd);
	key->pin = tsw_rd_u8(&rd);
	key->touch = tsw_rd_u8(&rd);
	key->origin = tsw_rd_u8(&rd);
	key->public_len = public_len(key->alg);
	tsw_rd_copy(&rd, key->public, key->public_len);
	if (!is_sound(key) || rd.left != FW_PIV_SEALED_LEN)
		return FW_ERR_CORRUPT;
	fields.len = FW_PIV_KEY_HEAD_LEN + key->public_len;
	r = fw_piv_unseal(piv, secret_here, rd.p, record_of(slot), fields);
	if (r == FW_OK && secret != NULL)
		memcpy(secret, secret_here, sizeof(secret_here));
	tsw_wipe(secret_here, sizeof(secret_here));
	return r == FW_OK ? FW_OK : FW_ERR_CORRUPT;
}

static void
draw(struct fw_piv *piv, struct fw_piv_key *key,
    uint8_t secret[FW_PIV_SECRET_LEN])
{
	fw_rng_bytes(&piv->c->rng, secret, FW_PIV_SECRET_LEN);
	switch (key->alg) {
	case FW_PIV_P256:
		while (fw_p256_public(key->public, secret) != FW_OK)
			fw_rng_bytes(&piv->c->rng, secret, FW_PIV_SECRET_LEN);
		break;
	case FW_PIV_ED25519:
		fw_ed25519_public(key->public, secret);
		break;
	case FW_PIV_X25519:
		fw_x25519_public(key->public, secret);
		break;
	default:
		hal_halt(HAL_FAULT_BUG);
	}
	key->public_len = public_len(key->alg);
}

size_t
fw_piv_key_make(struct fw_piv *piv, uint8_t out[FW_PIV_KEY_REC_MAX],
    struct fw_piv_key *key, uint8_t secret[FW_PIV_SECRET_LEN])
{
	struct tsw_wr wr;

	draw(piv, key, secret);
	tsw_wr_init(&wr, out, FW_PIV_KEY_REC_MAX);
	tsw_wr_u8(&wr, key->alg);
	tsw_wr_u8(&wr, key->pin);
	tsw_wr_u8(&wr, key->touch);
	tsw_wr_u8(&wr, key->origin);
	tsw_wr_bytes(&wr, key->public, key->public_len);
	fw_piv_seal(piv, out + wr.len, secret, record_of(fw_piv_slot(key->ref)),
	    (struct tsw_slice){out, wr.len});
	return wr.len + FW_PIV_SEALED_LEN;
}

void
fw_piv_key_put(struct tsw_wr *rsp, const struct fw_piv_key *key)
{
	fw_tlv_put(rsp, TAG_VALUE, key->public, key->public_len);
}

/* What a slot's key is for, unless the host says otherwise. */
static uint8_t
default_pin_policy(uint8_t ref)
{
	switch (ref) {
	case FW_PIV_9C:
		return FW_PIV_PIN_ALWAYS;
	case FW_PIV_9E:
	case FW_PIV_F9:
		return FW_PIV_PIN_NEVER;
	default:
		return FW_PIV_PIN_ONCE;
	}
}

/* One byte; 0 if it is not there, or is 0, which means the same. */
static bool
byte_of(uint8_t *out, struct tsw_slice value)
{
	*out = 0;
	if (value.p == NULL)
		return true;
	if (value.len != 1)
		return false;
	*out = value.p[0];
	return true;
}

/* What GENERATE asks for. */
static bool
request_read(struct fw_piv_key *key, const struct fw_apdu *apdu)
{
	struct fw_tlv field[] = {{.tag = TAG_ALG}, {.tag = TAG_PIN_POLICY},
	    {.tag = TAG_TOUCH_POLICY}};
	struct tsw_slice data;

	if (!fw_tlv_only(&data, apdu->data, TAG_CONTROL) ||
	    !fw_tlv_fields(field, 3, data) ||
	    !byte_of(&key->alg, field[0].value) ||
	    !byte_of(&key->pin, field[1].value) ||
	    !byte_of(&key->touch, field[2].value))
		return false;
	key->ref = apdu->p2;
	key->origin = FW_PIV_ORIGIN_HERE;
	key->public_len = public_len(key->alg);
	if (key->pin == 0)
		key->pin = default_pin_policy(key->ref);
	if (key->touch == 0)
		key->touch = FW_PIV_TOUCH_NEVER;
	return is_sound(key);
}

/* A new F9 brings a new certificate, in the same step. */
static enum fw_sw
generate_root(struct fw_piv *piv, struct tsw_wr *rsp, struct fw_piv_key *key)
{
	uint8_t record[FW_PIV_KEY_REC_MAX], part[FW_STORE_VALUE_MAX];
	struct fw_store_item item[1 + FW_PIV_PARTS_MAX];
	struct tsw_wr wr;
	int cnt, slot = fw_piv_slot(FW_PIV_F9);

	if (key->alg != FW_PIV_P256 || key->pin != FW_PIV_PIN_NEVER ||
	    key->touch != FW_PIV_TOUCH_NEVER)
		return FW_SW_DATA;
	cnt = fw_piv_object_place(piv, item + 1, FW_PIV_OBJ_CERT_F9, 1);
	if (cnt < 0)
		return FW_SW_NO_ROOM;
	tsw_wr_init(&wr, part, sizeof(part));
	item[0] = (struct fw_store_item){record_of(slot), record,
	    fw_piv_root_make(piv, record, &wr)};
	item[1].value = part;
	item[1].len = tsw_wr_len(&wr);
	fw_piv_save(piv, item, (size_t)cnt + 1);
	if (fw_piv_key_load(piv, key, NULL, slot) != FW_OK)
		hal_halt(HAL_FAULT_BUG);
	fw_piv_key_put(rsp, key);
	return FW_SW_OK;
}

static void
generate_key(struct fw_piv *piv, struct tsw_wr *rsp, struct fw_piv_key *key)
{
	uint8_t record[FW_PIV_KEY_REC_MAX], secret[FW_PIV_SECRET_LEN];
	struct fw_store_item item = {record_of(fw_piv_slot(key->ref)), record,
	    0};

	item.len = fw_piv_key_make(piv, record, key, secret);
	tsw_wipe(secret, sizeof(secret));
	fw_piv_save(piv, &item, 1);
	piv->touched_slot = 0; /* that was for another key */
	fw_piv_key_put(rsp, key);
}

enum fw_sw
fw_piv_generate(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu)
{
	size_t start = rsp->len;
	struct fw_piv_key key;
	enum fw_sw sw = FW_SW_OK;

	if (!piv->admin_ok)
		return FW_SW_SECURITY;
	if (apdu->p1 != 0 || fw_piv_slot(apdu->p2) < 0)
		return FW_SW_WRONG_P1P2;
	if (!request_read(&key, apdu))
		return FW_SW_DATA;
	if (key.ref == FW_PIV_F9)
		sw = generate_root(piv, rsp, &key);
	else
		generate_key(piv, rsp, &key);
	fw_tlv_wrap(rsp, start, TAG_PUBLIC);
	return sw;
}

/* Keys go away; to another slot they do not, as they are sealed for theirs. */
enum fw_sw
fw_piv_move(struct fw_piv *piv, const struct fw_apdu *apdu)
{
	struct fw_store_item item = {0};
	int slot = fw_piv_slot(apdu->p2);

	if (!piv->admin_ok)
		return FW_SW_SECURITY;
	if (apdu->p1 != MOVE_AWAY || slot < 0)
		return FW_SW_WRONG_P1P2;
	if (apdu->data.len != 0)
		return FW_SW_WRONG_LENGTH;
	item.key = record_of(slot);
	if (fw_store_peek(&piv->store, NULL, 0, item.key) != FW_OK)
		return FW_SW_REFERENCE;
	fw_piv_save(piv, &item, 1);
	return FW_SW_OK;
}
