/* SPDX-License-Identifier: BSD-2-Clause */
#include "pin.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "hal.h"

#define FORMAT 1
#define VALUE_LEN (2 + FW_PIN_SALT_LEN + 32 + FW_IDENTITY_SECRET_LEN)
#define OLD_VALUE_LEN (2 + 32)

static void
save_tries(const struct fw_pin *pin, struct fw_store *s)
{
	if (fw_store_put(s, FW_STORE_TRIES, &pin->tries, 1) != FW_OK)
		hal_halt(HAL_FAULT_BUG); /* room is kept for it */
}

/* The whole record, and all tries back, in one step. */
static void
save_record(struct fw_pin *pin, struct fw_store *s)
{
	uint8_t value[VALUE_LEN];
	struct fw_store_item item[] = {{FW_STORE_PIN, value, sizeof(value)},
	    {FW_STORE_TRIES, &pin->tries, 1}};
	struct tsw_wr wr;

	pin->tries = FW_PIN_TRIES;
	tsw_wr_init(&wr, value, sizeof(value));
	tsw_wr_u8(&wr, FORMAT);
	tsw_wr_u8(&wr, pin->length);
	tsw_wr_bytes(&wr, pin->salt, sizeof(pin->salt));
	tsw_wr_bytes(&wr, pin->secret_check, sizeof(pin->secret_check));
	tsw_wr_bytes(&wr, pin->wrapped, sizeof(pin->wrapped));
	if (fw_store_commit(s, item, sizeof(item) / sizeof(item[0])) != FW_OK)
		hal_halt(HAL_FAULT_BUG); /* room is kept for it */
}

/* The record from before; its tries count until they have their own key. */
static void
decode_old(struct fw_pin *pin, const uint8_t value[OLD_VALUE_LEN])
{
	struct tsw_rd rd;

	tsw_rd_init(&rd, value, OLD_VALUE_LEN);
	pin->is_old = true;
	pin->tries = tsw_rd_u8(&rd);
	pin->length = tsw_rd_u8(&rd);
	tsw_rd_copy(&rd, pin->secret_check, sizeof(pin->secret_check));
}

static void
decode(struct fw_pin *pin, const uint8_t value[VALUE_LEN])
{
	struct tsw_rd rd;

	tsw_rd_init(&rd, value + 1, VALUE_LEN - 1); /* after the format */
	pin->length = tsw_rd_u8(&rd);
	tsw_rd_copy(&rd, pin->salt, sizeof(pin->salt));
	tsw_rd_copy(&rd, pin->secret_check, sizeof(pin->secret_check));
	tsw_rd_copy(&rd, pin->wrapped, sizeof(pin->wrapped));
}

/* A PIN is there, with or without tries. */
static int
load(struct fw_pin *pin, const struct fw_store *s, bool has_tries)
{
	uint8_t value[VALUE_LEN];
	int len = fw_store_get(s, value, sizeof(value), FW_STORE_PIN);

	if (len == OLD_VALUE_LEN) {
		decode_old(pin, value);
	} else {
		if (fw_store_peek(s, value, 1, FW_STORE_PIN) != FW_OK)
			return FW_ERR_CORRUPT;
		if (value[0] > FORMAT)
			return FW_ERR_NEWER;
		if (len != VALUE_LEN || value[0] != FORMAT || !has_tries)
			return FW_ERR_CORRUPT;
		decode(pin, value);
	}
	if (has_tries && fw_store_get(s, &pin->tries, 1, FW_STORE_TRIES) != 1)
		return FW_ERR_CORRUPT;
	return pin->tries <= FW_PIN_TRIES ? FW_OK : FW_ERR_CORRUPT;
}

int
fw_pin_load(struct fw_pin *pin, const struct fw_store *s)
{
	uint8_t b;
	bool has_pin = fw_store_peek(s, &b, 1, FW_STORE_PIN) != FW_ERR_NONE;
	bool has_tries = fw_store_peek(s, &b, 1, FW_STORE_TRIES) != FW_ERR_NONE;
	int r = FW_ERR_CORRUPT; /* tries without a PIN */

	tsw_wipe(pin, sizeof(*pin));
	if (has_pin)
		r = load(pin, s, has_tries);
	else if (!has_tries)
		r = FW_OK;
	if (r != FW_OK)
		tsw_wipe(pin, sizeof(*pin));
	pin->is_set = has_pin && r == FW_OK;
	if (!pin->is_set)
		pin->tries = FW_PIN_TRIES;
	return r;
}

static void
mac(uint8_t out[32], const uint8_t secret_key[32], const char *label,
    struct tsw_slice data)
{
	struct tsw_slice part[] = {{(const uint8_t *)label, strlen(label)},
	    data};

	tsw_hmac_sha256(out, (struct tsw_slice){secret_key, 32}, part, 2);
}

static void
derive_kek(uint8_t secret_kek[32], const struct fw_pin *pin,
    const uint8_t secret_hash[FW_PIN_HASH_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	uint8_t salt[FW_PIN_SALT_LEN + 32];

	memcpy(salt, pin->salt, FW_PIN_SALT_LEN);
	mac(salt + FW_PIN_SALT_LEN, secret_device, "pin salt",
	    (struct tsw_slice){NULL, 0});
	fw_pbkdf2_sha256(secret_kek,
	    (struct tsw_slice){secret_hash, FW_PIN_HASH_LEN},
	    (struct tsw_slice){salt, sizeof(salt)}, FW_PIN_ROUNDS);
	tsw_wipe(salt, sizeof(salt));
}

/* Wrap or unwrap: one pad for one kek. */
static void
apply_pad(uint8_t out[FW_IDENTITY_SECRET_LEN],
    const uint8_t in[FW_IDENTITY_SECRET_LEN], const uint8_t secret_kek[32])
{
	uint8_t secret_pad[FW_IDENTITY_SECRET_LEN];
	size_t i;

	mac(secret_pad, secret_kek, "wrap", (struct tsw_slice){NULL, 0});
	for (i = 0; i < sizeof(secret_pad); i++)
		out[i] = in[i] ^ secret_pad[i];
	tsw_wipe(secret_pad, sizeof(secret_pad));
}

/* Wrap the identity secret under this PIN, with a new salt. */
static void
seal(struct fw_pin *pin, struct fw_rng *rng,
    const uint8_t secret_hash[FW_PIN_HASH_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	uint8_t secret_kek[32];

	fw_rng_bytes(rng, pin->salt, sizeof(pin->salt));
	derive_kek(secret_kek, pin, secret_hash, secret_device);
	apply_pad(pin->wrapped, pin->secret_identity, secret_kek);
	mac(pin->secret_check, secret_kek, "check",
	    (struct tsw_slice){pin->wrapped, sizeof(pin->wrapped)});
	pin->is_old = false;
	tsw_wipe(secret_kek, sizeof(secret_kek));
}

/* True if this is the PIN; then the identity secret is open. */
static bool
open_record(struct fw_pin *pin, const uint8_t secret_hash[FW_PIN_HASH_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	uint8_t secret_kek[32], secret_check[32];
	bool right;

	derive_kek(secret_kek, pin, secret_hash, secret_device);
	mac(secret_check, secret_kek, "check",
	    (struct tsw_slice){pin->wrapped, sizeof(pin->wrapped)});
	right = tsw_ct_eq(secret_check, pin->secret_check, 32);
	if (right)
		apply_pad(pin->secret_identity, pin->wrapped, secret_kek);
	tsw_wipe(secret_kek, sizeof(secret_kek));
	tsw_wipe(secret_check, sizeof(secret_check));
	return right;
}

static bool
check_old(const struct fw_pin *pin, const uint8_t secret_hash[FW_PIN_HASH_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	uint8_t secret_check[32];
	bool right;

	mac(secret_check, secret_device, "pin ",
	    (struct tsw_slice){secret_hash, FW_PIN_HASH_LEN});
	right = tsw_ct_eq(secret_check, pin->secret_check, 32);
	tsw_wipe(secret_check, sizeof(secret_check));
	return right;
}

enum fw_status
fw_pin_may_try(const struct fw_pin *pin)
{
	if (!pin->is_set)
		return FW_CTAP_PIN_NOT_SET;
	if (pin->tries == 0)
		return FW_CTAP_PIN_BLOCKED;
	if (pin->wrong_row >= FW_PIN_TRIES_ROW)
		return FW_CTAP_PIN_AUTH_BLOCKED;
	return FW_CTAP_OK;
}

enum fw_status
fw_pin_try(struct fw_pin *pin, struct fw_store *s, struct fw_rng *rng,
    const uint8_t secret_hash[FW_PIN_HASH_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	enum fw_status st = fw_pin_may_try(pin);
	bool right;

	if (st != FW_CTAP_OK)
		return st;
	pin->tries--;
	pin->wrong_row++;
	save_tries(pin, s);
	if (pin->is_old)
		right = check_old(pin, secret_hash, secret_device);
	else
		right = open_record(pin, secret_hash, secret_device);
	if (!right) {
		st = fw_pin_may_try(pin);
		return st == FW_CTAP_OK ? FW_CTAP_PIN_INVALID : st;
	}
	pin->wrong_row = 0;
	if (pin->is_old) {
		fw_rng_bytes(rng, pin->secret_identity,
		    sizeof(pin->secret_identity));
		seal(pin, rng, secret_hash, secret_device);
		save_record(pin, s);
	} else {
		pin->tries = FW_PIN_TRIES;
		save_tries(pin, s);
	}
	pin->is_unlocked = true;
	return FW_CTAP_OK;
}

bool
fw_pin_is_unlocked(const struct fw_pin *pin)
{
	return pin->is_unlocked;
}

/* Bytes before the padding of zeros. */
static size_t
unpadded_len(const uint8_t secret_padded[FW_PIN_PADDED_LEN])
{
	size_t len = FW_PIN_PADDED_LEN;

	while (len > 0 && secret_padded[len - 1] == 0)
		len--;
	return len;
}

/* Length in code points: bytes that do not continue a UTF-8 character. */
static unsigned int
code_points(const uint8_t *secret_pin, size_t len)
{
	unsigned int cnt = 0;
	size_t i;

	for (i = 0; i < len; i++)
		cnt += (secret_pin[i] & 0xc0) != 0x80;
	return cnt;
}

enum fw_status
fw_pin_set(struct fw_pin *pin, struct fw_store *s, struct fw_rng *rng,
    const uint8_t secret_padded[FW_PIN_PADDED_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	size_t len = unpadded_len(secret_padded);
	struct tsw_slice secret_pin = {secret_padded, len};
	uint8_t secret_hash[32];

	if (len > FW_PIN_MAX_LEN ||
	    code_points(secret_padded, len) < FW_PIN_MIN_LEN)
		return FW_CTAP_PIN_POLICY_VIOLATION;
	if (pin->is_set && !pin->is_unlocked)
		hal_halt(HAL_FAULT_BUG); /* it would lose the keys */
	if (!pin->is_set)
		fw_rng_bytes(rng, pin->secret_identity,
		    sizeof(pin->secret_identity));
	tsw_sha256(secret_hash, &secret_pin, 1);
	seal(pin, rng, secret_hash, secret_device);
	tsw_wipe(secret_hash, sizeof(secret_hash));
	pin->is_set = true;
	pin->is_unlocked = true;
	pin->length = (uint8_t)code_points(secret_padded, len);
	save_record(pin, s);
	return FW_CTAP_OK;
}
