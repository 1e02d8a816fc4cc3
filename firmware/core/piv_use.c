/* SPDX-License-Identifier: BSD-2-Clause */
/* GENERAL AUTHENTICATE with a slot's key: signatures and agreements. */
#include "piv_int.h"

#include <string.h>

#include "selfcheck.h"

#define HASH_LEN 32

/* What is asked of a key: one of both is there. */
struct request {
	struct tsw_slice message, point;
};

static bool
request_read(struct request *out, const struct fw_apdu *apdu)
{
	struct fw_tlv field[] = {{.tag = FW_PIV_TAG_RESPONSE},
	    {.tag = FW_PIV_TAG_CHALLENGE}, {.tag = FW_PIV_TAG_POINT}};
	struct tsw_slice data;

	if (!fw_tlv_only(&data, apdu->data, FW_PIV_TAG_DYNAMIC) ||
	    !fw_tlv_fields(field, 3, data) || field[0].value.len != 0 ||
	    (field[1].value.p == NULL) == (field[2].value.p == NULL))
		return false;
	out->message = field[1].value;
	out->point = field[2].value;
	return true;
}

/* The key can do it. */
static bool
request_fits(const struct request *req, const struct fw_piv_key *key)
{
	switch (key->alg) {
	case FW_PIV_P256:
		return req->point.p == NULL
		    ? req->message.len > 0
		    : req->point.len == FW_P256_POINT_LEN;
	case FW_PIV_ED25519:
		return req->point.p == NULL;
	case FW_PIV_X25519:
		return req->point.len == FW_X25519_LEN;
	default:
		return false;
	}
}

/* The left 256 bits of a hash (FIPS 186-5 section 6.4.1); a shorter one is that
 * number. */
static void
hash_fit(uint8_t hash[HASH_LEN], struct tsw_slice message)
{
	size_t len = message.len < HASH_LEN ? message.len : HASH_LEN;

	memset(hash, 0, HASH_LEN);
	memcpy(hash + HASH_LEN - len, message.p, len);
}

static enum fw_sw
sign_p256(struct fw_piv *piv, struct tsw_wr *rsp, struct tsw_slice message,
    const uint8_t secret[FW_PIV_SECRET_LEN])
{
	uint8_t hash[HASH_LEN], secret_noise[FW_NOISE_LEN];
	uint8_t sig[FW_P256_SIG_LEN], der[FW_P256_DER_MAX];
	int r;

	hash_fit(hash, message);
	fw_rng_bytes(&piv->c->rng, secret_noise, sizeof(secret_noise));
	r = fw_p256_sign(sig, hash, secret, secret_noise, fw_check_wanted());
	tsw_wipe(secret_noise, sizeof(secret_noise));
	if (r == FW_ERR_RANGE)
		return FW_SW_DATA; /* a hash of nothing; the key is good */
	if (r != FW_OK)
		hal_halt(HAL_FAULT_BUG);
	fw_tlv_put(rsp, FW_PIV_TAG_RESPONSE, der, fw_p256_der(der, sig));
	return FW_SW_OK;
}

static void
sign_ed25519(struct fw_piv *piv, struct tsw_wr *rsp, struct tsw_slice message,
    const struct fw_ed25519_pair *pair)
{
	uint8_t secret_noise[FW_NOISE_LEN], sig[FW_ED25519_SIG_LEN];

	fw_rng_bytes(&piv->c->rng, secret_noise, sizeof(secret_noise));
	if (fw_ed25519_sign(sig, message, pair, secret_noise,
		fw_check_wanted()) != FW_OK)
		hal_halt(HAL_FAULT_BUG);
	tsw_wipe(secret_noise, sizeof(secret_noise));
	fw_tlv_put(rsp, FW_PIV_TAG_RESPONSE, sig, sizeof(sig));
}

static enum fw_sw
agree(struct tsw_wr *rsp, const struct fw_piv_key *key, const uint8_t *point,
    const uint8_t secret[FW_PIV_SECRET_LEN])
{
	uint8_t secret_shared[32];
	int r = key->alg == FW_PIV_P256
	    ? fw_p256_ecdh(secret_shared, point, secret)
	    : fw_x25519(secret_shared, point, secret);

	if (r == FW_OK)
		fw_tlv_put(rsp, FW_PIV_TAG_RESPONSE, secret_shared,
		    sizeof(secret_shared));
	tsw_wipe(secret_shared, sizeof(secret_shared));
	return r == FW_OK ? FW_SW_OK : FW_SW_DATA;
}

static enum fw_sw
use(struct fw_piv *piv, struct tsw_wr *rsp, const struct request *req, int slot)
{
	uint8_t secret[FW_PIV_SECRET_LEN];
	struct fw_piv_key key;
	struct fw_ed25519_pair pair = {secret, key.public};
	enum fw_sw sw = FW_SW_OK;
	size_t start = rsp->len;

	if (fw_piv_key_load(piv, &key, secret, slot) != FW_OK)
		hal_halt(HAL_FAULT_STORE_CORRUPT); /* open() saw it */
	if (req->point.p != NULL)
		sw = agree(rsp, &key, req->point.p, secret);
	else if (key.alg == FW_PIV_P256)
		sw = sign_p256(piv, rsp, req->message, secret);
	else
		sign_ed25519(piv, rsp, req->message, &pair);
	tsw_wipe(secret, sizeof(secret));
	fw_tlv_wrap(rsp, start, FW_PIV_TAG_DYNAMIC);
	return sw;
}

static bool
pin_is_given(const struct fw_piv *piv, const struct fw_piv_key *key)
{
	switch (key->pin) {
	case FW_PIV_PIN_NEVER:
		return true;
	case FW_PIV_PIN_ONCE:
		return piv->pin_ok;
	default:
		return piv->pin_ok && piv->was_fresh;
	}
}

static bool
wants_touch(const struct fw_piv *piv, const struct fw_piv_key *key)
{
	if (key->touch == FW_PIV_TOUCH_CACHED)
		return piv->touched_slot != key->ref ||
		    piv->c->now >= piv->touched_until;
	return key->touch != FW_PIV_TOUCH_NEVER;
}

enum fw_sw
fw_piv_authenticate(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu)
{
	int slot = fw_piv_slot(apdu->p2);
	struct fw_piv_key key;
	struct request req;

	if (apdu->p2 == FW_PIV_ADMIN)
		return fw_piv_admin_authenticate(piv, rsp, apdu);
	if (slot < 0 || apdu->p2 == FW_PIV_F9)
		return FW_SW_WRONG_P1P2; /* F9 signs certificates only */
	if (fw_piv_key_load(piv, &key, NULL, slot) != FW_OK)
		return FW_SW_REFERENCE;
	if (apdu->p1 != key.alg)
		return FW_SW_WRONG_P1P2;
	if (!request_read(&req, apdu) || !request_fits(&req, &key))
		return FW_SW_DATA;
	if (!pin_is_given(piv, &key))
		return FW_SW_SECURITY;
	if (!wants_touch(piv, &key))
		return use(piv, rsp, &req, slot);
	fw_words_card_key(piv->c->op.text, key.ref, req.point.p == NULL);
	return fw_piv_wait(piv, apdu, FW_PIV_WAIT_KEY);
}

enum fw_sw
fw_piv_use_finish(struct fw_piv *piv, struct tsw_wr *rsp)
{
	struct request req;

	if (!request_read(&req, &piv->waiting))
		hal_halt(HAL_FAULT_BUG); /* it was read before */
	piv->touched_slot = piv->waiting.p2;
	piv->touched_until = piv->c->now + FW_PIV_CACHE_MS;
	return use(piv, rsp, &req, fw_piv_slot(piv->waiting.p2));
}
