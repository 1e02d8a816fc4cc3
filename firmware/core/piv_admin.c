/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The card management key (SP 800-73-5 part 2 section 3.2.4, appendix A.1).
 *
 * Two ways to prove it.  The host encrypts a challenge of ours; or it decrypts
 * a witness of ours and has us encrypt a challenge of its own.  Each block of
 * ours serves once, for the way that it was given out for, and for the very
 * next command only.  Nothing is encrypted for a host that has not proven the
 * key: else it could have its answer made here.
 */
#include "piv_int.h"

#include <string.h>

#define TOUCH_ALWAYS_P2 0xfe
#define TOUCH_NEVER_P2 0xff
#define SET_P1 0xff
#define KEY_TAG 0x9b

static const uint8_t factory_key[24] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5,
    6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};

/* 0: no such algorithm. */
static size_t
key_len(uint8_t alg)
{
	switch (alg) {
	case FW_PIV_AES128:
		return 16;
	case FW_PIV_3DES:
	case FW_PIV_AES192:
		return 24;
	case FW_PIV_AES256:
		return 32;
	default:
		return 0;
	}
}

static size_t
block_len(uint8_t alg)
{
	return alg == FW_PIV_3DES ? FW_DES3_BLOCK_LEN : FW_AES_BLOCK_LEN;
}

static void
encrypt(uint8_t *block, uint8_t alg, const uint8_t *secret_key)
{
	struct tsw_slice key = {secret_key, key_len(alg)};

	if (alg == FW_PIV_3DES)
		fw_des3_block_encrypt(block, secret_key);
	else
		fw_aes_block_encrypt(block, key);
}

static void
put_record(struct fw_piv *piv, uint8_t out[FW_PIV_ADMIN_REC_LEN],
    const struct fw_piv_admin *admin,
    const uint8_t secret_key[FW_PIV_ADMIN_KEY_MAX])
{
	out[0] = admin->alg;
	out[1] = admin->touch;
	out[2] = admin->is_default;
	fw_piv_seal(piv, out + 3, secret_key, FW_PIV_REC_ADMIN,
	    (struct tsw_slice){out, 3});
}

void
fw_piv_admin_default(struct fw_piv *piv, uint8_t out[FW_PIV_ADMIN_REC_LEN])
{
	const struct fw_piv_admin admin = {FW_PIV_AES192, FW_PIV_TOUCH_NEVER,
	    true};
	uint8_t secret_key[FW_PIV_ADMIN_KEY_MAX] = {0};

	memcpy(secret_key, factory_key, sizeof(factory_key));
	put_record(piv, out, &admin, secret_key);
}

int
fw_piv_admin_load(const struct fw_piv *piv, struct fw_piv_admin *admin,
    uint8_t secret_key[FW_PIV_ADMIN_KEY_MAX])
{
	uint8_t record[FW_PIV_ADMIN_REC_LEN];

	fw_piv_load(piv, record, sizeof(record), FW_PIV_REC_ADMIN);
	admin->alg = record[0];
	admin->touch = record[1];
	admin->is_default = record[2] != 0;
	if (key_len(admin->alg) == 0 ||
	    fw_piv_unseal(piv, secret_key, record + 3, FW_PIV_REC_ADMIN,
		(struct tsw_slice){record, 3}) != FW_OK)
		return FW_ERR_CORRUPT;
	return FW_OK;
}

static void
load(const struct fw_piv *piv, struct fw_piv_admin *admin,
    uint8_t secret_key[FW_PIV_ADMIN_KEY_MAX])
{
	if (fw_piv_admin_load(piv, admin, secret_key) != FW_OK)
		hal_halt(HAL_FAULT_STORE_CORRUPT); /* open() saw it */
}

static void
put_dynamic(struct tsw_wr *rsp, uint32_t tag, const uint8_t *p, size_t len)
{
	size_t start = rsp->len;

	fw_tlv_put(rsp, tag, p, len);
	fw_tlv_wrap(rsp, start, FW_PIV_TAG_DYNAMIC);
}

/* Give out a block of ours: plain as a challenge, encrypted as a witness. */
static enum fw_sw
give(struct fw_piv *piv, struct tsw_wr *rsp, enum fw_piv_step step)
{
	uint8_t secret_key[FW_PIV_ADMIN_KEY_MAX], block[FW_PIV_BLOCK_MAX];
	struct fw_piv_admin admin;
	size_t len;

	load(piv, &admin, secret_key);
	len = block_len(admin.alg);
	fw_rng_bytes(&piv->c->rng, piv->auth.secret_block, len);
	memcpy(block, piv->auth.secret_block, len);
	piv->auth.step = step;
	if (step == FW_PIV_STEP_WITNESS)
		encrypt(block, admin.alg, secret_key);
	else /* what is expected back */
		encrypt(piv->auth.secret_block, admin.alg, secret_key);
	tsw_wipe(secret_key, sizeof(secret_key));
	put_dynamic(rsp,
	    step == FW_PIV_STEP_WITNESS ? FW_PIV_TAG_WITNESS
					: FW_PIV_TAG_CHALLENGE,
	    block, len);
	return FW_SW_OK;
}

static bool
is_block(struct tsw_slice s, size_t len)
{
	return s.p != NULL && s.len == len;
}

/* The template in the command; false if it is none. */
static bool
fields_read(struct fw_tlv field[3], const struct fw_apdu *apdu)
{
	struct tsw_slice data;

	field[0].tag = FW_PIV_TAG_WITNESS;
	field[1].tag = FW_PIV_TAG_CHALLENGE;
	field[2].tag = FW_PIV_TAG_RESPONSE;
	return fw_tlv_only(&data, apdu->data, FW_PIV_TAG_DYNAMIC) &&
	    fw_tlv_fields(field, 3, data);
}

/* It was proven: the second half, at once or after a touch. */
static enum fw_sw
opened(struct fw_piv *piv, struct tsw_wr *rsp, struct tsw_slice challenge)
{
	uint8_t secret_key[FW_PIV_ADMIN_KEY_MAX], block[FW_PIV_BLOCK_MAX];
	struct fw_piv_admin admin;

	piv->admin_ok = true;
	if (challenge.p == NULL)
		return FW_SW_OK;
	load(piv, &admin, secret_key);
	memcpy(block, challenge.p, challenge.len);
	encrypt(block, admin.alg, secret_key);
	tsw_wipe(secret_key, sizeof(secret_key));
	put_dynamic(rsp, FW_PIV_TAG_RESPONSE, block, challenge.len);
	return FW_SW_OK;
}

/* What was given back to our block: right for the step that it belongs to. */
static bool
is_proof(const struct fw_piv *piv, enum fw_piv_step step,
    const uint8_t *secret_answer, size_t len)
{
	return piv->last_auth.step == step &&
	    tsw_ct_eq(secret_answer, piv->last_auth.secret_block, len);
}

/* 00 is another name of 3DES (SP 800-78-5 table 5); OpenSC uses it. */
static uint8_t
named(uint8_t alg)
{
	return alg == 0 ? FW_PIV_3DES : alg;
}

enum fw_sw
fw_piv_admin_authenticate(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu)
{
	struct fw_tlv field[3] = {0};
	struct tsw_slice *witness = &field[0].value;
	struct tsw_slice *challenge = &field[1].value;
	struct tsw_slice *response = &field[2].value;
	uint8_t secret_key[FW_PIV_ADMIN_KEY_MAX];
	struct fw_piv_admin admin;
	bool proven;
	size_t len;

	load(piv, &admin, secret_key);
	tsw_wipe(secret_key, sizeof(secret_key));
	len = block_len(admin.alg);
	if (named(apdu->p1) != admin.alg)
		return FW_SW_WRONG_P1P2;
	if (!fields_read(field, apdu))
		return FW_SW_DATA;
	if (is_block(*witness, 0) && challenge->p == NULL &&
	    response->p == NULL)
		return give(piv, rsp, FW_PIV_STEP_WITNESS);
	if (is_block(*challenge, 0) && witness->p == NULL &&
	    response->p == NULL)
		return give(piv, rsp, FW_PIV_STEP_CHALLENGE);
	piv->admin_ok = false;
	if (is_block(*response, len) && witness->p == NULL &&
	    challenge->p == NULL)
		proven = is_proof(piv, FW_PIV_STEP_CHALLENGE, response->p, len);
	else if (is_block(*witness, len) && is_block(*challenge, len) &&
	    response->len == 0)
		proven = is_proof(piv, FW_PIV_STEP_WITNESS, witness->p, len);
	else
		return FW_SW_DATA;
	if (!proven)
		return FW_SW_SECURITY;
	if (admin.touch == FW_PIV_TOUCH_ALWAYS)
		return fw_piv_wait(piv, apdu, FW_PIV_WAIT_ADMIN);
	return opened(piv, rsp, *challenge);
}

enum fw_sw
fw_piv_admin_finish(struct fw_piv *piv, struct tsw_wr *rsp)
{
	struct fw_tlv field[3];

	if (!fields_read(field, &piv->waiting))
		hal_halt(HAL_FAULT_BUG); /* it was read before */
	return opened(piv, rsp, field[1].value);
}

/* algorithm | 9B | length | key */
enum fw_sw
fw_piv_set_admin(struct fw_piv *piv, const struct fw_apdu *apdu)
{
	uint8_t secret_key[FW_PIV_ADMIN_KEY_MAX] = {0};
	uint8_t record[FW_PIV_ADMIN_REC_LEN];
	struct fw_store_item item = {FW_PIV_REC_ADMIN, record, sizeof(record)};
	struct fw_piv_admin admin = {.touch = FW_PIV_TOUCH_NEVER};
	struct tsw_slice key;
	struct tsw_rd rd;

	if (!piv->admin_ok)
		return FW_SW_SECURITY;
	if (apdu->p1 != SET_P1 ||
	    (apdu->p2 != TOUCH_NEVER_P2 && apdu->p2 != TOUCH_ALWAYS_P2))
		return FW_SW_WRONG_P1P2;
	tsw_rd_init(&rd, apdu->data.p, apdu->data.len);
	admin.alg = tsw_rd_u8(&rd);
	if (rd.bad ||
	    !fw_tlv_only(&key, (struct tsw_slice){rd.p, rd.left}, KEY_TAG) ||
	    key.len == 0 || key.len != key_len(admin.alg))
		return FW_SW_DATA;
	if (apdu->p2 == TOUCH_ALWAYS_P2)
		admin.touch = FW_PIV_TOUCH_ALWAYS;
	admin.is_default = key.len == sizeof(factory_key) &&
	    tsw_ct_eq(key.p, factory_key, sizeof(factory_key));
	memcpy(secret_key, key.p, key.len);
	put_record(piv, record, &admin, secret_key);
	tsw_wipe(secret_key, sizeof(secret_key));
	fw_piv_save(piv, &item, 1);
	return FW_SW_OK;
}
