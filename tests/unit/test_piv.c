/* SPDX-License-Identifier: BSD-2-Clause */
/* PIV: what the applet says of itself, its first use, its end. */
#include "pivrig.h"

#include <string.h>

static void
test_select(void **state)
{
	static const uint8_t template[] = {0x61, 33, 0x4f, 6, 0x00, 0x00, 0x10,
	    0x00, 0x01, 0x00, 0x79, 7, 0x4f, 5, 0xa0, 0x00, 0x00, 0x03, 0x08,
	    0x50, 14};

	(void)state;
	assert_int_equal(pivrig_select(), FW_SW_OK);
	assert_int_equal(pivrig.len, 35);
	assert_memory_equal(pivrig.rsp, template, sizeof(template));
}

static void
test_version(void **state)
{
	(void)state;
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERSION, 0, 0, ""), FW_SW_OK);
	assert_int_equal(pivrig.len, 3);
	assert_int_equal(pivrig.rsp[0], 5);
	assert_int_equal(pivrig.rsp[1], 7);
}

/* One number per token, of another one after it was reset. */
static void
test_serial(void **state)
{
	uint8_t first[4];

	(void)state;
	assert_int_equal(pivrig_hex(FW_PIV_INS_SERIAL, 0, 0, ""), FW_SW_OK);
	assert_int_equal(pivrig.len, 4);
	assert_int_equal(pivrig.rsp[0] & 0x80, 0);
	memcpy(first, pivrig.rsp, 4);
	assert_memory_not_equal(first, pivrig.c.secret_device, 4);
	pivrig_plug();
	assert_int_equal(pivrig_hex(FW_PIV_INS_SERIAL, 0, 0, ""), FW_SW_OK);
	assert_memory_equal(pivrig.rsp, first, 4);
	memboard.noise_state = 77;
	memset(memboard.flash, 0xff, sizeof(memboard.flash));
	pivrig_plug();
	assert_int_equal(pivrig_hex(FW_PIV_INS_SERIAL, 0, 0, ""), FW_SW_OK);
	assert_memory_not_equal(pivrig.rsp, first, 4);
}

static void
test_discovery(void **state)
{
	static const uint8_t object[] = {0x7e, 18, 0x4f, 11, 0xa0, 0x00, 0x00,
	    0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00, 0x5f, 0x2f, 2, 0x40,
	    0x00};

	(void)state;
	assert_int_equal(pivrig_get("7e"), FW_SW_OK);
	assert_int_equal(pivrig.len, sizeof(object));
	assert_memory_equal(pivrig.rsp, object, sizeof(object));
}

/* A GUID of its own, kept. */
static void
test_chuid(void **state)
{
	uint8_t guid[16];

	(void)state;
	assert_int_equal(pivrig_get("5fc102"), FW_SW_OK);
	assert_int_equal(pivrig.len, 2 + 27 + 18 + 10 + 2 + 2);
	assert_int_equal(pivrig.rsp[2 + 27], 0x34);
	memcpy(guid, pivrig.rsp + 2 + 27 + 2, sizeof(guid));
	pivrig_plug();
	assert_int_equal(pivrig_get("5fc102"), FW_SW_OK);
	assert_memory_equal(pivrig.rsp + 2 + 27 + 2, guid, sizeof(guid));
	assert_int_equal(pivrig_get("5fc107"), FW_SW_OK);
	assert_int_equal(pivrig.rsp[2], 0xf0);
	assert_int_equal(pivrig.rsp[3], 21);
	memboard.noise_state = 77;
	memset(memboard.second, 0xff, sizeof(memboard.second));
	pivrig_plug();
	assert_int_equal(pivrig_get("5fc102"), FW_SW_OK);
	assert_memory_not_equal(pivrig.rsp + 2 + 27 + 2, guid, sizeof(guid));
}

static void
test_classes_and_instructions(void **state)
{
	struct fw_apdu apdu = {.cla = 0x80, .ins = FW_PIV_INS_VERSION};
	struct tsw_wr wr;

	(void)state;
	tsw_wr_init(&wr, pivrig.rsp, sizeof(pivrig.rsp));
	assert_int_equal(pivrig.applet.run(pivrig.applet.applet, &wr, &apdu),
	    FW_SW_CLA);
	assert_int_equal(pivrig_hex(0x00, 0, 0, ""), FW_SW_INS);
	/* A key from elsewhere. */
	pivrig_admin();
	assert_int_equal(pivrig_hex(0xfe, 0x11, 0x9a, "0600"), FW_SW_INS);
}

/* Before it is selected for the first time nothing is written. */
static void
test_formatted_at_first_use(void **state)
{
	size_t i;

	(void)state;
	memboard_reset();
	pivrig_boot();
	for (i = 0; i < sizeof(memboard.second); i++)
		assert_int_equal(memboard.second[i], 0xff);
	assert_int_equal(pivrig_select(), FW_SW_OK);
	assert_int_not_equal(memboard.second[MEMBOARD_PAGE_LEN], 0xff);
}

static void
block_both(void)
{
	int i;

	for (i = 0; i < 3; i++) {
		(void)pivrig_verify("000000");
		(void)pivrig_unblock("00000000", "123456");
	}
}

static void
test_reset(void **state)
{
	(void)state;
	pivrig_admin();
	assert_int_equal(pivrig_generate(0x9a, FW_PIV_P256, 0, 0), FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_RESET, 0, 0, ""),
	    FW_SW_CONDITIONS);
	assert_false(pivrig.asked);
	while (pivrig_verify("000000") != FW_SW_BLOCKED)
		;
	assert_int_equal(pivrig_hex(FW_PIV_INS_RESET, 0, 0, ""),
	    FW_SW_CONDITIONS);
	block_both();
	pivrig.touch = FW_TOUCH_TIMEOUT;
	assert_int_equal(pivrig_hex(FW_PIV_INS_RESET, 0, 0, ""),
	    FW_SW_CONDITIONS);
	assert_true(pivrig.asked);
	assert_int_equal(pivrig.led, HAL_LED_TOUCH_RESET);
	assert_int_equal(pivrig_hex(FW_PIV_INS_METADATA, 0, 0x9a, ""),
	    FW_SW_OK);
	pivrig.touch = FW_TOUCH_GIVEN;
	assert_int_equal(pivrig_hex(FW_PIV_INS_RESET, 0, 0, ""), FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_METADATA, 0, 0x9a, ""),
	    FW_SW_REFERENCE);
	assert_int_equal(pivrig_generate(0x9a, FW_PIV_P256, 0, 0),
	    FW_SW_SECURITY);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	pivrig_admin();
}

/* authenticatorReset: what is here was the other owner's. */
static void
test_token_reset(void **state)
{
	uint8_t other[FW_DEVICE_SECRET_LEN] = {1};

	(void)state;
	pivrig_admin();
	assert_int_equal(pivrig_change(FW_PIV_PIN, PIVRIG_PIN, "654321"),
	    FW_SW_OK);
	assert_int_equal(pivrig_generate(0x9a, FW_PIV_P256, 0, 0), FW_SW_OK);
	memcpy(pivrig.c.secret_device, other, sizeof(other));
	assert_int_equal(pivrig_hex(FW_PIV_INS_METADATA, 0, 0x9a, ""),
	    FW_SW_REFERENCE);
	assert_int_equal(pivrig_generate(0x9a, FW_PIV_P256, 0, 0),
	    FW_SW_SECURITY);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(pivrig_get("5fff01"), FW_SW_OK);
}

/* Nor does what the other owner's management key began go on: with a challenge
 * that was given out before. */
static void
test_token_reset_between(void **state)
{
	uint8_t data[4 + 16] = {0x7c, 18, 0x82, 16};

	(void)state;
	assert_int_equal(pivrig_hex(FW_PIV_INS_AUTHENTICATE, FW_PIV_AES192,
			     FW_PIV_ADMIN, "7c028100"),
	    FW_SW_OK);
	pivrig_crypt(data + 4, pivrig.rsp + 4, FW_PIV_AES192, pivrig_key, true);
	pivrig.c.secret_device[0] ^= 1;
	assert_int_equal(pivrig_send(FW_PIV_INS_AUTHENTICATE, FW_PIV_AES192,
			     FW_PIV_ADMIN, data, sizeof(data)),
	    FW_SW_SECURITY);
	assert_int_equal(pivrig_generate(0x9a, FW_PIV_P256, 0, 0),
	    FW_SW_SECURITY);
	pivrig_admin();
}

/* The token knows no secret that what is here is sealed under. */
static void
test_fault(void **state)
{
	(void)state;
	pivrig.c.fault = FW_FAULT_STORE;
	assert_int_equal(pivrig_select(), FW_SW_MEMORY);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_MEMORY);
	pivrig.c.fault = FW_FAULT_NONE;
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
}

/* Damage: it says so, and only RESET helps. */
static void
test_damage(void **state)
{
	(void)state;
	memset(memboard.second, 0x5a, sizeof(memboard.second));
	pivrig_plug();
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_MEMORY);
	assert_int_equal(pivrig_get("5fc102"), FW_SW_MEMORY);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERSION, 0, 0, ""), FW_SW_OK);
	assert_int_equal(memboard.second[0], 0x5a);
	pivrig.touch = FW_TOUCH_CANCELLED;
	assert_int_equal(pivrig_hex(FW_PIV_INS_RESET, 0, 0, ""),
	    FW_SW_CONDITIONS);
	assert_int_equal(memboard.second[0], 0x5a);
	pivrig.touch = FW_TOUCH_GIVEN;
	assert_int_equal(pivrig_hex(FW_PIV_INS_RESET, 0, 0, ""), FW_SW_OK);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	pivrig_plug();
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
}

/* A record that another version or nobody wrote. */
static void
test_strange_records(void **state)
{
	static const unsigned int record[] = {FW_PIV_REC_PIN, FW_PIV_REC_PUK,
	    FW_PIV_REC_TRIES, FW_PIV_REC_ADMIN, FW_PIV_REC_KEY + 1};
	static const uint8_t value[7] = {9, 9, 9, 9, 9, 9, 9};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(record) / sizeof(record[0]); i++) {
		(void)pivrig_setup(state);
		assert_int_equal(fw_store_put(&pivrig.piv.store, record[i],
				     value, sizeof(value)),
		    FW_OK);
		pivrig_plug();
		assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_MEMORY);
	}
	(void)pivrig_setup(state);
	assert_int_equal(fw_store_put(&pivrig.piv.store, FW_PIV_REC_TRIES,
			     value, 4),
	    FW_OK);
	pivrig_plug();
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK); /* 9 of 9 */
}

/* What a later version wrote: it is left as it is. */
static void
test_newer(void **state)
{
	uint8_t root[1 + FW_PIV_GUID_LEN + 32];

	(void)state;
	assert_int_equal(fw_store_get(&pivrig.piv.store, root, sizeof(root),
			     FW_PIV_REC_ROOT),
	    sizeof(root));
	root[0]++;
	fw_piv_root_tag(&pivrig.piv, root + 1 + FW_PIV_GUID_LEN,
	    (struct tsw_slice){root, 1 + FW_PIV_GUID_LEN});
	assert_int_equal(fw_store_put(&pivrig.piv.store, FW_PIV_REC_ROOT, root,
			     sizeof(root)),
	    FW_OK);
	pivrig_plug();
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_MEMORY);
	assert_int_equal(fw_store_get(&pivrig.piv.store, root, sizeof(root),
			     FW_PIV_REC_ROOT),
	    sizeof(root));
	assert_int_equal(root[0], 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_select, pivrig_setup),
	    cmocka_unit_test_setup(test_version, pivrig_setup),
	    cmocka_unit_test_setup(test_serial, pivrig_setup),
	    cmocka_unit_test_setup(test_discovery, pivrig_setup),
	    cmocka_unit_test_setup(test_chuid, pivrig_setup),
	    cmocka_unit_test_setup(test_classes_and_instructions, pivrig_setup),
	    cmocka_unit_test_setup(test_formatted_at_first_use, pivrig_setup),
	    cmocka_unit_test_setup(test_reset, pivrig_setup),
	    cmocka_unit_test_setup(test_token_reset, pivrig_setup),
	    cmocka_unit_test_setup(test_token_reset_between, pivrig_setup),
	    cmocka_unit_test_setup(test_fault, pivrig_setup),
	    cmocka_unit_test_setup(test_damage, pivrig_setup),
	    cmocka_unit_test_setup(test_strange_records, pivrig_setup),
	    cmocka_unit_test_setup(test_newer, pivrig_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
