/* SPDX-License-Identifier: BSD-2-Clause */
#include "pinrig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "memboard.h"

const uint8_t pinrig_device[FW_DEVICE_SECRET_LEN] = {9, 8, 7};
struct fw_store pinrig_store;
struct fw_pin pinrig_pin;
struct fw_rng pinrig_rng;

/* Power-up: all that is not in flash is gone. */
void
pinrig_boot(void)
{
	assert_int_equal(fw_store_open(&pinrig_store), FW_OK);
	assert_int_equal(fw_pin_load(&pinrig_pin, &pinrig_store), FW_OK);
	assert_int_equal(fw_rng_init(&pinrig_rng, NULL), FW_OK);
}

int
pinrig_setup(void **state)
{
	(void)state;
	memboard_reset();
	pinrig_boot();
	return 0;
}

enum fw_status
pinrig_set(const char *text)
{
	uint8_t padded[FW_PIN_PADDED_LEN] = {0};

	memcpy(padded, text, strlen(text));
	return fw_pin_set(&pinrig_pin, &pinrig_store, &pinrig_rng, padded,
	    pinrig_device);
}

enum fw_status
pinrig_try(const char *text)
{
	struct tsw_slice part = {(const uint8_t *)text, strlen(text)};
	uint8_t hash[32];

	tsw_sha256(hash, &part, 1);
	return fw_pin_try(&pinrig_pin, &pinrig_store, &pinrig_rng, hash,
	    pinrig_device);
}

/* The record of the version before, for the PIN 1234. */
void
pinrig_put_old(uint8_t tries)
{
	struct tsw_slice text = {(const uint8_t *)"1234", 4}, part[2];
	uint8_t value[34] = {tries, 4}, hash[32];

	tsw_sha256(hash, &text, 1);
	part[0] = (struct tsw_slice){(const uint8_t *)"pin ", 4};
	part[1] = (struct tsw_slice){hash, 16};
	tsw_hmac_sha256(value + 2,
	    (struct tsw_slice){pinrig_device, sizeof(pinrig_device)}, part, 2);
	assert_int_equal(fw_store_put(&pinrig_store, FW_STORE_PIN, value,
			     sizeof(value)),
	    FW_OK);
}
