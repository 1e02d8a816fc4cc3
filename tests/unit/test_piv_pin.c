/* SPDX-License-Identifier: BSD-2-Clause */
/* PIV: PIN and PUK. */
#include "pivrig.h"

#include <string.h>

static void
test_verify(void **state)
{
	(void)state;
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x80, ""), 0x63c3);
	assert_int_equal(pivrig_verify("000000"), 0x63c2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x80, ""), 0x63c2);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x80, ""), FW_SW_OK);
	assert_int_equal(pivrig_tries(FW_PIV_PIN), 3);
	/* A wrong one closes what was open. */
	assert_int_equal(pivrig_verify("000000"), 0x63c2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x80, ""), 0x63c2);
}

static void
test_verify_bounds(void **state)
{
	(void)state;
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x00,
			     "313233343536ffff"),
	    FW_SW_REFERENCE);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x81,
			     "3132333435363738"),
	    FW_SW_REFERENCE);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 1, 0x80,
			     "313233343536ffff"),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x80, "313233343536"),
	    FW_SW_DATA);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x80,
			     "313233343536ffffff"),
	    FW_SW_DATA);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0xff, 0x80,
			     "313233343536ffff"),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_tries(FW_PIV_PIN), 3);
	/* None at all costs a try. */
	assert_int_equal(pivrig_verify(""), 0x63c2);
}

/* What a PIN opened is closed by deselection, by power, and by asking. */
static void
test_closed(void **state)
{
	(void)state;
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0xff, 0x80, ""),
	    FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x80, ""), 0x63c3);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	pivrig_admin();
	pivrig.applet.deselect(pivrig.applet.applet);
	assert_int_equal(pivrig_select(), FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x80, ""), 0x63c3);
	assert_int_equal(pivrig_put("5fc105", NULL, 0), FW_SW_SECURITY);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	pivrig_plug();
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x80, ""), 0x63c3);
}

static void
test_blocked(void **state)
{
	(void)state;
	assert_int_equal(pivrig_verify("000000"), 0x63c2);
	assert_int_equal(pivrig_verify("000000"), 0x63c1);
	assert_int_equal(pivrig_verify("000000"), 0x63c0);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_BLOCKED);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x80, ""),
	    FW_SW_BLOCKED);
	assert_int_equal(pivrig_change(FW_PIV_PIN, PIVRIG_PIN, "654321"),
	    FW_SW_BLOCKED);
	pivrig_plug();
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_BLOCKED);
	assert_int_equal(pivrig_unblock(PIVRIG_PUK, "654321"), FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x80, ""), 0x63c3);
	assert_int_equal(pivrig_verify("654321"), FW_SW_OK);
}

static void
test_blocked_puk(void **state)
{
	(void)state;
	assert_int_equal(pivrig_unblock("00000000", "654321"), 0x63c2);
	assert_int_equal(pivrig_change(FW_PIV_PUK, "00000000", "87654321"),
	    0x63c1);
	assert_int_equal(pivrig_unblock("00000000", "654321"), 0x63c0);
	assert_int_equal(pivrig_unblock(PIVRIG_PUK, "654321"), FW_SW_BLOCKED);
	assert_int_equal(pivrig_change(FW_PIV_PUK, PIVRIG_PUK, "87654321"),
	    FW_SW_BLOCKED);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(pivrig_tries(FW_PIV_PUK), 0);
}

static void
test_change(void **state)
{
	(void)state;
	assert_int_equal(pivrig_change(FW_PIV_PIN, "000000", "654321"), 0x63c2);
	assert_int_equal(pivrig_change(FW_PIV_PIN, PIVRIG_PIN, "abcdefgh"),
	    FW_SW_OK);
	assert_int_equal(pivrig_tries(FW_PIV_PIN), 3);
	pivrig_plug();
	assert_int_equal(pivrig_verify(PIVRIG_PIN), 0x63c2);
	assert_int_equal(pivrig_verify("abcdefgh"), FW_SW_OK);
	assert_int_equal(pivrig_change(FW_PIV_PUK, PIVRIG_PUK, "87654321"),
	    FW_SW_OK);
	assert_int_equal(pivrig_unblock(PIVRIG_PUK, "654321"), 0x63c2);
	assert_int_equal(pivrig_unblock("87654321", "654321"), FW_SW_OK);
	assert_int_equal(pivrig_tries(FW_PIV_PUK), 3);
	assert_int_equal(pivrig_verify("654321"), FW_SW_OK);
}

/* New ones that are none: nothing changes, and the old one keeps its tries. */
static void
test_new_pin_bounds(void **state)
{
	(void)state;
	assert_int_equal(pivrig_change(FW_PIV_PIN, PIVRIG_PIN, "12345"),
	    FW_SW_DATA);
	assert_int_equal(pivrig_hex(FW_PIV_INS_CHANGE, 0, 0x80,
			     "313233343536ffff 3132ff3334353637"),
	    FW_SW_DATA);
	assert_int_equal(pivrig_unblock(PIVRIG_PUK, ""), FW_SW_DATA);
	assert_int_equal(pivrig_change(0x9b, PIVRIG_PIN, "654321"),
	    FW_SW_REFERENCE);
	assert_int_equal(pivrig_hex(FW_PIV_INS_UNBLOCK, 0, 0x81,
			     "3132333435363738 313233343536ffff"),
	    FW_SW_REFERENCE);
	assert_int_equal(pivrig_hex(FW_PIV_INS_CHANGE, 0, 0x80,
			     "313233343536ffff"),
	    FW_SW_DATA);
	assert_int_equal(pivrig_hex(FW_PIV_INS_CHANGE, 0, 0x80, ""),
	    FW_SW_DATA);
	assert_int_equal(pivrig_tries(FW_PIV_PIN), 3);
	assert_int_equal(pivrig_tries(FW_PIV_PUK), 3);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
}

static void
test_set_tries(void **state)
{
	(void)state;
	assert_int_equal(pivrig_hex(FW_PIV_INS_SET_TRIES, 5, 7, ""),
	    FW_SW_SECURITY);
	pivrig_admin();
	assert_int_equal(pivrig_hex(FW_PIV_INS_SET_TRIES, 5, 7, ""),
	    FW_SW_SECURITY);
	assert_int_equal(pivrig_change(FW_PIV_PIN, PIVRIG_PIN, "654321"),
	    FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_SET_TRIES, 0, 7, ""),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_SET_TRIES, 5, 16, ""),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_SET_TRIES, 15, 7, ""), FW_SW_OK);
	assert_int_equal(pivrig_verify("654321"), 0x63ce);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(pivrig_tries(FW_PIV_PIN), 15);
	assert_int_equal(pivrig_tries(FW_PIV_PUK), 7);
	pivrig_plug();
	assert_int_equal(pivrig_tries(FW_PIV_PIN), 15);
}

static void
test_metadata(void **state)
{
	static const uint8_t before[] = {1, 1, 0xff, 5, 1, 1, 6, 2, 3, 3};
	static const uint8_t after[] = {1, 1, 0xff, 5, 1, 0, 6, 2, 3, 2};

	(void)state;
	assert_int_equal(pivrig_hex(FW_PIV_INS_METADATA, 0, 0x80, ""),
	    FW_SW_OK);
	assert_int_equal(pivrig.len, sizeof(before));
	assert_memory_equal(pivrig.rsp, before, sizeof(before));
	assert_int_equal(pivrig_change(FW_PIV_PUK, PIVRIG_PUK, "87654321"),
	    FW_SW_OK);
	assert_int_equal(pivrig_unblock(PIVRIG_PUK, "654321"), 0x63c2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_METADATA, 0, 0x81, ""),
	    FW_SW_OK);
	assert_memory_equal(pivrig.rsp, after, sizeof(after));
}

/* No PIN, PUK or key is in the flash as it is. */
static void
test_nothing_in_the_clear(void **state)
{
	uint8_t secret[FW_PIV_SECRET_LEN];
	struct fw_piv_key key;
	size_t i;

	(void)state;
	pivrig_admin();
	assert_int_equal(pivrig_generate(0x9a, FW_PIV_P256, 0, 0), FW_SW_OK);
	assert_int_equal(pivrig_change(FW_PIV_PIN, PIVRIG_PIN, "84029374"),
	    FW_SW_OK);
	assert_int_equal(fw_piv_key_load(&pivrig.piv, &key, secret, 0), FW_OK);
	for (i = 0; i + sizeof(secret) < sizeof(memboard.second); i++) {
		assert_memory_not_equal(memboard.second + i, "84029374", 8);
		assert_memory_not_equal(memboard.second + i, pivrig_key, 24);
		assert_memory_not_equal(memboard.second + i, secret,
		    sizeof(secret));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_verify, pivrig_setup),
	    cmocka_unit_test_setup(test_verify_bounds, pivrig_setup),
	    cmocka_unit_test_setup(test_closed, pivrig_setup),
	    cmocka_unit_test_setup(test_blocked, pivrig_setup),
	    cmocka_unit_test_setup(test_blocked_puk, pivrig_setup),
	    cmocka_unit_test_setup(test_change, pivrig_setup),
	    cmocka_unit_test_setup(test_new_pin_bounds, pivrig_setup),
	    cmocka_unit_test_setup(test_set_tries, pivrig_setup),
	    cmocka_unit_test_setup(test_metadata, pivrig_setup),
	    cmocka_unit_test_setup(test_nothing_in_the_clear, pivrig_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
