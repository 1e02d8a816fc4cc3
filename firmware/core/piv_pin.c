/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PIN and PUK (SP 800-73-5 part 2 section 3.2): a try is taken and durable
 * before what was given is looked at; only the right one gives it back.
 */
#include "piv_int.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

#define PIN_MIN_LEN 6 /* bytes before the padding */
#define PAD 0xff
#define SALT_LEN 16
#define P1_DROP 0xff

void
fw_piv_default_pin(uint8_t pin[FW_PIV_PIN_LEN], enum fw_piv_which which)
{
	static const uint8_t factory[2][FW_PIV_PIN_LEN] = {{'1', '2', '3', '4',
							       '5', '6', PAD,
							       PAD},
	    {'1', '2', '3', '4', '5', '6', '7', '8'}};

	memcpy(pin, factory[which], FW_PIV_PIN_LEN);
}

static unsigned int
record_of(enum fw_piv_which which)
{
	return which == FW_PIV_THE_PIN ? FW_PIV_REC_PIN : FW_PIV_REC_PUK;
}

static void
derive_check(const struct fw_piv *piv, uint8_t secret_check[32],
    const uint8_t secret_pin[FW_PIV_PIN_LEN], const uint8_t salt[SALT_LEN])
{
	static const char label[] = "piv pin", check[] = "check";
	struct tsw_slice part = {(const uint8_t *)label, sizeof(label) - 1};
	uint8_t long_salt[SALT_LEN + 32], secret_kek[32];

	memcpy(long_salt, salt, SALT_LEN);
	tsw_hmac_sha256(long_salt + SALT_LEN,
	    (struct tsw_slice){piv->c->secret_device, FW_DEVICE_SECRET_LEN},
	    &part, 1);
	fw_pbkdf2_sha256(secret_kek,
	    (struct tsw_slice){secret_pin, FW_PIV_PIN_LEN},
	    (struct tsw_slice){long_salt, sizeof(long_salt)}, FW_PIN_ROUNDS);
	part = (struct tsw_slice){(const uint8_t *)check, sizeof(check) - 1};
	tsw_hmac_sha256(secret_check,
	    (struct tsw_slice){secret_kek, sizeof(secret_kek)}, &part, 1);
	tsw_wipe(long_salt, sizeof(long_salt));
	tsw_wipe(secret_kek, sizeof(secret_kek));
}

void
fw_piv_pin_record(struct fw_piv *piv, uint8_t out[FW_PIV_PIN_REC_LEN],
    const uint8_t secret_pin[FW_PIV_PIN_LEN], enum fw_piv_which which)
{
	uint8_t secret_default[FW_PIV_PIN_LEN];

	fw_piv_default_pin(secret_default, which);
	out[0] = tsw_ct_eq(secret_pin, secret_default, FW_PIV_PIN_LEN);
	fw_rng_bytes(&piv->c->rng, out + 1, SALT_LEN);
	derive_check(piv, out + 1 + SALT_LEN, secret_pin, out + 1);
}

bool
fw_piv_pin_is_default(const struct fw_piv *piv, enum fw_piv_which which)
{
	uint8_t record[FW_PIV_PIN_REC_LEN];

	fw_piv_load(piv, record, sizeof(record), record_of(which));
	return record[0] != 0;
}

void
fw_piv_tries_load(const struct fw_piv *piv, struct fw_piv_tries *tries)
{
	uint8_t value[4];
	struct tsw_rd rd;

	fw_piv_load(piv, value, sizeof(value), FW_PIV_REC_TRIES);
	tsw_rd_init(&rd, value, sizeof(value));
	tsw_rd_copy(&rd, tries->left, sizeof(tries->left));
	tsw_rd_copy(&rd, tries->of, sizeof(tries->of));
}

void
fw_piv_tries_encode(uint8_t out[4], const struct fw_piv_tries *tries)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, 4);
	tsw_wr_bytes(&wr, tries->left, sizeof(tries->left));
	tsw_wr_bytes(&wr, tries->of, sizeof(tries->of));
}

static void
tries_save(struct fw_piv *piv, const struct fw_piv_tries *tries)
{
	uint8_t value[4];
	struct fw_store_item item = {FW_PIV_REC_TRIES, value, sizeof(value)};

	fw_piv_tries_encode(value, tries);
	fw_piv_save(piv, &item, 1);
}

static bool
is_right(const struct fw_piv *piv, enum fw_piv_which which,
    const uint8_t secret_pin[FW_PIV_PIN_LEN])
{
	uint8_t record[FW_PIV_PIN_REC_LEN], secret_check[32];
	bool right;

	fw_piv_load(piv, record, sizeof(record), record_of(which));
	derive_check(piv, secret_check, secret_pin, record + 1);
	right = tsw_ct_eq(secret_check, record + 1 + SALT_LEN,
	    sizeof(secret_check));
	tsw_wipe(secret_check, sizeof(secret_check));
	return right;
}

static enum fw_sw
tries_left(const struct fw_piv_tries *tries, enum fw_piv_which which)
{
	return (enum fw_sw)(FW_SW_TRIES + tries->left[which]);
}

/* What closes, whatever was open, when a PIN or PUK was wrong. */
static enum fw_sw
try(struct fw_piv *piv, enum fw_piv_which which,
    const uint8_t secret_pin[FW_PIV_PIN_LEN])
{
	struct fw_piv_tries tries;

	if (which == FW_PIV_THE_PIN)
		piv->pin_ok = false;
	fw_piv_tries_load(piv, &tries);
	if (tries.left[which] == 0)
		return FW_SW_BLOCKED;
	tries.left[which]--;
	tries_save(piv, &tries);
	if (!is_right(piv, which, secret_pin))
		return tries_left(&tries, which);
	tries.left[which] = tries.of[which];
	tries_save(piv, &tries);
	return FW_SW_OK;
}

/* A new PIN or PUK, and all its tries, in one step. */
static void
set(struct fw_piv *piv, enum fw_piv_which which,
    const uint8_t secret_pin[FW_PIV_PIN_LEN])
{
	uint8_t record[FW_PIV_PIN_REC_LEN], value[4];
	struct fw_store_item item[] = {{record_of(which), record,
					   sizeof(record)},
	    {FW_PIV_REC_TRIES, value, sizeof(value)}};
	struct fw_piv_tries tries;

	fw_piv_pin_record(piv, record, secret_pin, which);
	fw_piv_tries_load(piv, &tries);
	tries.left[which] = tries.of[which];
	fw_piv_tries_encode(value, &tries);
	fw_piv_save(piv, item, 2);
}

/* 6 to 8 bytes, padded to 8. */
static bool
is_pin(const uint8_t secret_pin[FW_PIV_PIN_LEN])
{
	size_t i, len = 0;

	while (len < FW_PIV_PIN_LEN && secret_pin[len] != PAD)
		len++;
	for (i = len; i < FW_PIV_PIN_LEN; i++)
		if (secret_pin[i] != PAD)
			return false;
	return len >= PIN_MIN_LEN;
}

/* The state, if nothing was given (section 3.2.1). */
static enum fw_sw
verify_state(const struct fw_piv *piv)
{
	struct fw_piv_tries tries;

	if (piv->pin_ok)
		return FW_SW_OK;
	fw_piv_tries_load(piv, &tries);
	if (tries.left[FW_PIV_THE_PIN] == 0)
		return FW_SW_BLOCKED;
	return tries_left(&tries, FW_PIV_THE_PIN);
}

enum fw_sw
fw_piv_verify(struct fw_piv *piv, const struct fw_apdu *apdu)
{
	enum fw_sw sw;

	if (apdu->p2 != FW_PIV_PIN)
		return FW_SW_REFERENCE;
	if (apdu->p1 == P1_DROP && apdu->data.len == 0) {
		piv->pin_ok = false;
		return FW_SW_OK;
	}
	if (apdu->p1 != 0)
		return FW_SW_WRONG_P1P2;
	if (apdu->data.len == 0)
		return verify_state(piv);
	if (apdu->data.len != FW_PIV_PIN_LEN)
		return FW_SW_DATA;
	sw = try(piv, FW_PIV_THE_PIN, apdu->data.p);
	piv->pin_ok = piv->pin_fresh = sw == FW_SW_OK;
	return sw;
}

enum fw_sw
fw_piv_change(struct fw_piv *piv, const struct fw_apdu *apdu)
{
	enum fw_piv_which which =
	    apdu->p2 == FW_PIV_PIN ? FW_PIV_THE_PIN : FW_PIV_THE_PUK;
	enum fw_sw sw;

	if (apdu->p2 != FW_PIV_PIN && apdu->p2 != FW_PIV_PUK)
		return FW_SW_REFERENCE;
	if (apdu->p1 != 0)
		return FW_SW_WRONG_P1P2;
	if (apdu->data.len != 2 * FW_PIV_PIN_LEN)
		return FW_SW_DATA;
	sw = try(piv, which, apdu->data.p);
	if (sw != FW_SW_OK)
		return sw;
	if (!is_pin(apdu->data.p + FW_PIV_PIN_LEN))
		return FW_SW_DATA;
	set(piv, which, apdu->data.p + FW_PIV_PIN_LEN);
	if (which == FW_PIV_THE_PIN)
		piv->pin_ok = true;
	return FW_SW_OK;
}

/* RESET RETRY COUNTER: the PUK opens a new PIN. */
enum fw_sw
fw_piv_unblock(struct fw_piv *piv, const struct fw_apdu *apdu)
{
	enum fw_sw sw;

	if (apdu->p2 != FW_PIV_PIN)
		return FW_SW_REFERENCE;
	if (apdu->p1 != 0)
		return FW_SW_WRONG_P1P2;
	if (apdu->data.len != 2 * FW_PIV_PIN_LEN)
		return FW_SW_DATA;
	sw = try(piv, FW_PIV_THE_PUK, apdu->data.p);
	if (sw != FW_SW_OK)
		return sw;
	if (!is_pin(apdu->data.p + FW_PIV_PIN_LEN))
		return FW_SW_DATA;
	set(piv, FW_PIV_THE_PIN, apdu->data.p + FW_PIV_PIN_LEN);
	piv->pin_ok = false;
	return FW_SW_OK;
}

/* Other numbers of tries; PIN and PUK are those of the factory again. */
enum fw_sw
fw_piv_set_tries(struct fw_piv *piv, const struct fw_apdu *apdu)
{
	uint8_t secret_pin[FW_PIV_PIN_LEN], pin[FW_PIV_PIN_REC_LEN];
	uint8_t puk[FW_PIV_PIN_REC_LEN], value[4];
	struct fw_store_item item[] = {{FW_PIV_REC_PIN, pin, sizeof(pin)},
	    {FW_PIV_REC_PUK, puk, sizeof(puk)},
	    {FW_PIV_REC_TRIES, value, sizeof(value)}};
	struct fw_piv_tries tries = {{apdu->p1, apdu->p2},
	    {apdu->p1, apdu->p2}};

	if (!piv->admin_ok || !piv->pin_ok)
		return FW_SW_SECURITY;
	if (apdu->p1 == 0 || apdu->p1 > FW_PIV_TRIES_MAX || apdu->p2 == 0 ||
	    apdu->p2 > FW_PIV_TRIES_MAX)
		return FW_SW_WRONG_P1P2;
	if (apdu->data.len != 0)
		return FW_SW_WRONG_LENGTH;
	fw_piv_default_pin(secret_pin, FW_PIV_THE_PIN);
	fw_piv_pin_record(piv, pin, secret_pin, FW_PIV_THE_PIN);
	fw_piv_default_pin(secret_pin, FW_PIV_THE_PUK);
	fw_piv_pin_record(piv, puk, secret_pin, FW_PIV_THE_PUK);
	fw_piv_tries_encode(value, &tries);
	fw_piv_save(piv, item, sizeof(item) / sizeof(item[0]));
	piv->pin_ok = false;
	return FW_SW_OK;
}
