/* SPDX-License-Identifier: BSD-2-Clause */
#include "pin.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "hal.h"

#define VALUE_LEN (2 + 32)

static void
save(const struct fw_pin *pin, struct fw_store *s)
{
	uint8_t value[VALUE_LEN];
	struct tsw_wr wr;

	tsw_wr_init(&wr, value, sizeof(value));
	tsw_wr_u8(&wr, pin->tries);
	tsw_wr_u8(&wr, pin->length);
	tsw_wr_bytes(&wr, pin->secret_check, sizeof(pin->secret_check));
	if (fw_store_put(s, FW_STORE_PIN, value, tsw_wr_len(&wr)) != FW_OK)
		hal_halt(HAL_FAULT_BUG); /* room is kept for it */
}

void
fw_pin_load(struct fw_pin *pin, const struct fw_store *s)
{
	uint8_t value[VALUE_LEN];
	struct tsw_rd rd;
	int len;

	memset(pin, 0, sizeof(*pin));
	pin->tries = FW_PIN_TRIES;
	len = fw_store_get(s, value, sizeof(value), FW_STORE_PIN);
	if (len == FW_ERR_NONE)
		return;
	if (len != VALUE_LEN)
		hal_halt(HAL_FAULT_STORE_CORRUPT);
	tsw_rd_init(&rd, value, sizeof(value));
	pin->is_set = true;
	pin->tries = tsw_rd_u8(&rd);
	pin->length = tsw_rd_u8(&rd);
	tsw_rd_copy(&rd, pin->secret_check, sizeof(pin->secret_check));
}

static void
check_value(uint8_t secret_out[32], const uint8_t secret_hash[FW_PIN_HASH_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	struct tsw_slice part[] = {{(const uint8_t *)"pin ", 4},
	    {secret_hash, FW_PIN_HASH_LEN}};

	tsw_hmac_sha256(secret_out,
	    (struct tsw_slice){secret_device, FW_DEVICE_SECRET_LEN}, part, 2);
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
fw_pin_try(struct fw_pin *pin, struct fw_store *s,
    const uint8_t secret_hash[FW_PIN_HASH_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	enum fw_status st = fw_pin_may_try(pin);
	uint8_t secret_check[32];
	bool right;

	if (st != FW_CTAP_OK)
		return st;
	pin->tries--;
	pin->wrong_row++;
	save(pin, s);
	check_value(secret_check, secret_hash, secret_device);
	right = tsw_ct_eq(secret_check, pin->secret_check, 32);
	tsw_wipe(secret_check, sizeof(secret_check));
	if (!right) {
		st = fw_pin_may_try(pin);
		return st == FW_CTAP_OK ? FW_CTAP_PIN_INVALID : st;
	}
	pin->tries = FW_PIN_TRIES;
	pin->wrong_row = 0;
	save(pin, s);
	return FW_CTAP_OK;
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
fw_pin_set(struct fw_pin *pin, struct fw_store *s,
    const uint8_t secret_padded[FW_PIN_PADDED_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	size_t len = unpadded_len(secret_padded);
	struct tsw_slice secret_pin = {secret_padded, len};
	uint8_t secret_hash[32];

	if (len > FW_PIN_MAX_LEN ||
	    code_points(secret_padded, len) < FW_PIN_MIN_LEN)
		return FW_CTAP_PIN_POLICY_VIOLATION;
	tsw_sha256(secret_hash, &secret_pin, 1);
	check_value(pin->secret_check, secret_hash, secret_device);
	tsw_wipe(secret_hash, sizeof(secret_hash));
	pin->is_set = true;
	pin->tries = FW_PIN_TRIES;
	pin->length = (uint8_t)code_points(secret_padded, len);
	save(pin, s);
	return FW_CTAP_OK;
}
