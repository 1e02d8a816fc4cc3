/* SPDX-License-Identifier: BSD-2-Clause */
/* PIV: power cuts; objects, keys, its beginning and end. */
#include "pivknife.h"

#include <string.h>

static uint8_t content[FW_PIV_OBJECT_MAX], other[FW_PIV_OBJECT_MAX];

static bool
content_is(const char *object, const uint8_t *p, size_t len)
{
	struct tsw_slice value;

	return pivrig_get(object) == FW_SW_OK &&
	    fw_tlv_only(&value, (struct tsw_slice){pivrig.rsp, pivrig.len},
		0x53) &&
	    value.len == len && memcmp(value.p, p, len) == 0;
}

static int
setup(void **state)
{
	memset(content, 0xc5, sizeof(content));
	memset(other, 0x3a, sizeof(other));
	return pivrig_setup(state);
}

/* --- an object --- */

static unsigned int
put_other(void)
{
	return pivrig_put("5fc105", other, 700);
}

static int
object_state(void)
{
	if (content_is("5fc105", content, FW_PIV_OBJECT_MAX))
		return 0;
	return content_is("5fc105", other, 700) ? 1 : -1;
}

static unsigned int
delete_it(void)
{
	return pivrig_put("5fc105", NULL, 0);
}

static int
deleted_state(void)
{
	if (content_is("5fc105", content, FW_PIV_OBJECT_MAX))
		return 0;
	return pivrig_get("5fc105") == FW_SW_FILE_NOT_FOUND ? 1 : -1;
}

static void
test_object(void **state)
{
	static const struct scene put = {1, pivrig_admin, put_other,
	    object_state};
	static const struct scene drop = {1, pivrig_admin, delete_it,
	    deleted_state};

	(void)state;
	pivrig_admin();
	assert_int_equal(pivrig_put("5fc105", content, sizeof(content)),
	    FW_SW_OK);
	pivknife_run(&put);
	pivknife_restart(0);
	pivknife_run(&drop);
}

/* --- keys --- */

static uint8_t old_key[65];

static unsigned int
generate(void)
{
	return pivrig_generate(0x9a, FW_PIV_P256, FW_PIV_PIN_NEVER, 0);
}

/* Whichever it is, it signs. */
static int
key_state(void)
{
	static const uint8_t hash[32] = {1};

	if (pivrig_use(0x9a, FW_PIV_P256, 0x81, hash, 32) != FW_SW_OK ||
	    pivrig_send(FW_PIV_INS_METADATA, 0, 0x9a, NULL, 0) != FW_SW_OK)
		return -1;
	return memcmp(pivrig.rsp + 14, old_key, 65) != 0;
}

static unsigned int
delete_key(void)
{
	return pivrig_hex(FW_PIV_INS_MOVE, 0xff, 0x9a, "");
}

static int
deleted_key_state(void)
{
	return pivrig_send(FW_PIV_INS_METADATA, 0, 0x9a, NULL, 0) != FW_SW_OK;
}

static void
test_key(void **state)
{
	static const struct scene making = {1, pivrig_admin, generate,
	    key_state};
	static const struct scene dropping = {1, pivrig_admin, delete_key,
	    deleted_key_state};

	(void)state;
	pivrig_admin();
	assert_int_equal(generate(), FW_SW_OK);
	memcpy(old_key, pivrig.rsp + 5, sizeof(old_key));
	pivknife_run(&making);
	pivknife_restart(0);
	pivknife_run(&dropping);
}

static const uint8_t new_key[16] = {5, 5, 5};

static unsigned int
set_admin(void)
{
	return pivrig_hex(FW_PIV_INS_SET_ADMIN, 0xff, 0xff,
	    "089b10 05050500000000000000000000000000");
}

static int
admin_state(void)
{
	uint8_t data[4 + 16] = {0x7c, 18, 0x82, 16};

	if (pivrig_hex(FW_PIV_INS_AUTHENTICATE, FW_PIV_AES192, 0x9b,
		"7c028100") == FW_SW_OK) {
		pivrig_admin();
		return 0;
	}
	if (pivrig_hex(FW_PIV_INS_AUTHENTICATE, FW_PIV_AES128, 0x9b,
		"7c028100") != FW_SW_OK)
		return -1;
	pivrig_crypt(data + 4, pivrig.rsp + 4, FW_PIV_AES128, new_key, true);
	return pivrig_send(FW_PIV_INS_AUTHENTICATE, FW_PIV_AES128, 0x9b, data,
		   sizeof(data)) == FW_SW_OK
	    ? 1
	    : -1;
}

static void
test_admin(void **state)
{
	static const struct scene setting = {1, pivrig_admin, set_admin,
	    admin_state};

	(void)state;
	pivknife_run(&setting);
}

/* A new F9, and the certificate that goes with it. */
static unsigned int
generate_root(void)
{
	return pivrig_generate(0xf9, FW_PIV_P256, 0, 0);
}

static int
root_state(void)
{
	uint8_t key[65];
	size_t i;

	if (pivrig_send(FW_PIV_INS_METADATA, 0, 0xf9, NULL, 0) != FW_SW_OK)
		return -1;
	memcpy(key, pivrig.rsp + 14, sizeof(key));
	if (pivrig_get("5fff01") != FW_SW_OK)
		return -1;
	for (i = 0; i + sizeof(key) < pivrig.len; i++)
		if (memcmp(pivrig.rsp + i, key, sizeof(key)) == 0)
			return memcmp(key, old_key, sizeof(key)) != 0;
	return -1;
}

static void
test_root(void **state)
{
	static const struct scene making = {1, pivrig_admin, generate_root,
	    root_state};

	(void)state;
	assert_int_equal(pivrig_hex(FW_PIV_INS_METADATA, 0, 0xf9, ""),
	    FW_SW_OK);
	memcpy(old_key, pivrig.rsp + 14, sizeof(old_key));
	pivknife_run(&making);
}

/* --- the beginning and the end --- */

/* All of it, and nothing else; or, with 1, before. */
static int
new_state(void)
{
	if (pivrig_get("5fc105") == FW_SW_OK)
		return 0;
	pivrig_admin();
	if (pivrig_verify(PIVRIG_PIN) != FW_SW_OK ||
	    pivrig_tries(FW_PIV_PIN) != 3 || pivrig_tries(FW_PIV_PUK) != 3 ||
	    pivrig_get("5fc102") != FW_SW_OK ||
	    pivrig_get("5fc107") != FW_SW_OK || root_state() < 0)
		return -1;
	return 1;
}

static unsigned int
reset(void)
{
	return pivrig_hex(FW_PIV_INS_RESET, 0, 0, "");
}

static void
test_reset(void **state)
{
	static const struct scene resetting = {PIVKNIFE_LONG, NULL, reset,
	    new_state};
	int i;

	(void)state;
	pivrig_admin();
	assert_int_equal(pivrig_put("5fc105", content, 100), FW_SW_OK);
	for (i = 0; i < 4; i++) {
		(void)pivrig_verify("000000");
		(void)pivrig_unblock("00000000", "123456");
	}
	pivknife_run(&resetting);
}

/* First SELECT: whatever is cut, the next one begins anew and ends whole. */
static void
test_first_use(void **state)
{
	int cut;
	long n;

	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1 + cut % PIVKNIFE_LONG;; n += PIVKNIFE_LONG) {
			memboard_reset();
			pivrig_boot();
			memboard.cut_seed = (uint64_t)n;
			if (memboard_run(pivknife_plug, NULL, n,
				(enum memboard_cut)cut) == MEMBOARD_DONE)
				break;
			pivknife_power_up(n);
			assert_int_equal(new_state(), 1);
			pivrig_plug();
			assert_int_equal(new_state(), 1);
		}
	(void)state;
	assert_true(n > 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_object, setup),
	    cmocka_unit_test_setup(test_key, setup),
	    cmocka_unit_test_setup(test_admin, setup),
	    cmocka_unit_test_setup(test_root, setup),
	    cmocka_unit_test_setup(test_reset, setup),
	    cmocka_unit_test_setup(test_first_use, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
