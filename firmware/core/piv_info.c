/* SPDX-License-Identifier: BSD-2-Clause */
/* GET METADATA and GET VERSION, as YubiKeys answer them. */
#include "piv_int.h"

#define TAG_ALG 0x01
#define TAG_POLICY 0x02
#define TAG_ORIGIN 0x03
#define TAG_PUBLIC 0x04
#define TAG_DEFAULT 0x05
#define TAG_TRIES 0x06
#define ALG_PIN 0xff

/* The YubiKey whose commands these are: the first with Ed25519, the deletion of
 * keys, and a management key that is AES. */
void
fw_piv_put_version(struct tsw_wr *wr)
{
	static const uint8_t version[] = {5, 7, 4};

	tsw_wr_bytes(wr, version, sizeof(version));
}

static void
put_byte(struct tsw_wr *rsp, uint8_t tag, uint8_t value)
{
	fw_tlv_put(rsp, tag, &value, 1);
}

static void
put_pair(struct tsw_wr *rsp, uint8_t tag, uint8_t first, uint8_t second)
{
	const uint8_t value[] = {first, second};

	fw_tlv_put(rsp, tag, value, sizeof(value));
}

static void
put_pin(const struct fw_piv *piv, struct tsw_wr *rsp, enum fw_piv_which which)
{
	struct fw_piv_tries tries;

	fw_piv_tries_load(piv, &tries);
	put_byte(rsp, TAG_ALG, ALG_PIN);
	put_byte(rsp, TAG_DEFAULT, fw_piv_pin_is_default(piv, which));
	put_pair(rsp, TAG_TRIES, tries.of[which], tries.left[which]);
}

static void
put_admin(const struct fw_piv *piv, struct tsw_wr *rsp)
{
	uint8_t secret_key[FW_PIV_ADMIN_KEY_MAX];
	struct fw_piv_admin admin;

	if (fw_piv_admin_load(piv, &admin, secret_key) != FW_OK)
		hal_halt(HAL_FAULT_STORE_CORRUPT); /* open() saw it */
	tsw_wipe(secret_key, sizeof(secret_key));
	put_byte(rsp, TAG_ALG, admin.alg);
	put_pair(rsp, TAG_POLICY, 0, admin.touch);
	put_byte(rsp, TAG_DEFAULT, admin.is_default);
}

static void
put_key(struct tsw_wr *rsp, const struct fw_piv_key *key)
{
	size_t start;

	put_byte(rsp, TAG_ALG, key->alg);
	put_pair(rsp, TAG_POLICY, key->pin, key->touch);
	put_byte(rsp, TAG_ORIGIN, key->origin);
	start = rsp->len;
	fw_piv_key_put(rsp, key);
	fw_tlv_wrap(rsp, start, TAG_PUBLIC);
}

enum fw_sw
fw_piv_metadata(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu)
{
	struct fw_piv_key key;
	int slot = fw_piv_slot(apdu->p2);

	if (apdu->p1 != 0)
		return FW_SW_WRONG_P1P2;
	if (apdu->data.len != 0)
		return FW_SW_WRONG_LENGTH;
	if (apdu->p2 == FW_PIV_PIN) {
		put_pin(piv, rsp, FW_PIV_THE_PIN);
		return FW_SW_OK;
	}
	if (apdu->p2 == FW_PIV_PUK) {
		put_pin(piv, rsp, FW_PIV_THE_PUK);
		return FW_SW_OK;
	}
	if (apdu->p2 == FW_PIV_ADMIN) {
		put_admin(piv, rsp);
		return FW_SW_OK;
	}
	if (slot < 0 || fw_piv_key_load(piv, &key, NULL, slot) != FW_OK)
		return FW_SW_REFERENCE;
	put_key(rsp, &key);
	return FW_SW_OK;
}
