/* SPDX-License-Identifier: BSD-2-Clause */
/* Two ways to a token that waits for one touch: what each gets meanwhile, and
 * all that ends a wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "cardhost.h"

#define FIDO 0xa0, 0, 0, 6, 0x47, 0x2f, 0, 1
#define STATEMENTS 0xf0, 'T', 'o', 'u', 'c', 'h', 's', 't', 'o', 'n', 'e'
#define PIV 0xa0, 0, 0, 3, 8
#define SELECTION 0x80, 0x10, 0, 0, 1, 0x0b, 0
#define SELECTION_POLLED 0x80, 0x10, 0x80, 0, 1, 0x0b, 0
#define POLL 0x80, 0x11, 0, 0, 0
#define CANCEL 0x80, 0x11, 0x11, 0, 0
#define INFO 0x80, 0x10, 0, 0, 1, 0x04, 0
#define RESET_AT_ONCE 0x80, 0x10, 0, 0, 1, 0x07, 0

static const uint8_t selection[] = {FW_CTAP2_SELECTION};
static const uint8_t info[] = {FW_CTAP2_GET_INFO};

static int
new_token(void **state)
{
	(void)state;
	rig_new();
	memset(&cardhost, 0, sizeof(cardhost));
	CARDHOST_SELECT(FIDO);
	return 0;
}

static bool
waits(void)
{
	return fw_ctap2_is_waiting(&rig.t.ctap2);
}

static void
assert_status(enum fw_status st)
{
	assert_int_equal(cardhost.len, 1);
	assert_int_equal(cardhost.data[0], st);
}

/* What the card is asked while CTAPHID waits. */
static void
ask_card(void)
{
	assert_int_equal(CARDHOST_APDU(SELECTION), FW_SW_CONDITIONS);
	assert_int_equal(CARDHOST_APDU(SELECTION_POLLED), FW_SW_CONDITIONS);
	assert_int_equal(CARDHOST_APDU(INFO), FW_SW_CONDITIONS);
	assert_int_equal(CARDHOST_APDU(POLL), FW_SW_CONDITIONS);
	assert_int_equal(CARDHOST_APDU(CANCEL), FW_SW_CONDITIONS);
	assert_int_equal(CARDHOST_APDU(0, 3, 0, 0, 0), FW_SW_CONDITIONS);
	/* coming and going, and the power, are the card's own matter */
	CARDHOST_SELECT(PIV);
	assert_int_equal(CARDHOST_APDU(0, 0xca, 0, 0, 0), FW_SW_CONDITIONS);
	CARDHOST_SELECT(FIDO);
	cardhost_power(false);
	cardhost_power(true);
	assert_true(waits());
	assert_int_not_equal(rig.t.ctap2.op.cid, FW_CTAP2_CID_CARD);
	rig_touch();
}

static void
test_card_beside_hid(void **state)
{
	(void)state;
	rig.touch = RIG_ACT;
	rig.act = ask_card;
	assert_int_equal(rig_send(selection, sizeof(selection)), FW_CTAP_OK);
	rig.touch = RIG_TOUCH;
	CARDHOST_SELECT(FIDO);
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
}

/* What CTAPHID is asked while the card waits, blocking or polled. */
static void
ask_hid(void)
{
	static const uint8_t version[] = {0, 3, 0, 0, 0, 0, 0};
	static const uint8_t reset[] = {FW_CTAP2_RESET};

	assert_int_equal(rig_send(selection, sizeof(selection)),
	    FW_CTAP_CHANNEL_BUSY);
	assert_int_equal(rig_send(reset, sizeof(reset)), FW_CTAP_CHANNEL_BUSY);
	assert_int_equal(rig_send(info, sizeof(info)), FW_CTAP_OK);
	assert_int_equal(rig_u2f(version, sizeof(version)), FW_SW_CONDITIONS);
	assert_true(fw_ctap2_is_busy(&rig.t.ctap2));
}

static void
test_hid_beside_card(void **state)
{
	(void)state;
	rig.touch = RIG_NONE;
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
	ask_hid();
	assert_true(waits());
	rig_touch();
	assert_int_equal(cardhost_answer(), FW_SW_OK);
	assert_status(FW_CTAP_OK);
	assert_int_equal(CARDHOST_APDU(SELECTION_POLLED), FW_SW_GOES_ON);
	ask_hid();
	rig_touch();
	ask_hid(); /* also between the touch and the poll */
	assert_int_equal(CARDHOST_APDU(POLL), FW_SW_OK);
	rig.touch = RIG_TOUCH;
	assert_int_equal(rig_send(selection, sizeof(selection)), FW_CTAP_OK);
}

/* A finger that lies on the button since one command answers no other one. */
static void
test_touch_is_spent(void **state)
{
	(void)state;
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
	rig_wait_ms(100);
	memboard.button = true;
	rig_settle();
	assert_int_equal(cardhost_answer(), FW_SW_OK);
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
	rig_wait_ms(1000);
	assert_int_equal(cardhost_answer(), 0);
	cardhost_send(0x72, NULL, 0);
	assert_true(cardhost_take());
	rig.touch = RIG_NONE;
	assert_int_equal(rig_send(selection, sizeof(selection)),
	    FW_CTAP_USER_ACTION_TIMEOUT);
}

/* The host takes a command back: only the abort is answered, and the next
 * command is one like others. */
static void
test_abort(void **state)
{
	(void)state;
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
	cardhost_send(0x72, NULL, 0);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
	assert_true(cardhost_take());
	assert_int_equal(cardhost.type, 0x81);
	assert_int_equal(cardhost.number, cardhost.seq);
	assert_int_equal(cardhost.status, 0);
	rig_wait_ms(FW_CTAP2_TOUCH_MS);
	assert_false(cardhost_take());
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
	rig_touch();
	assert_int_equal(cardhost_answer(), FW_SW_OK);
}

/* Another message gets an error of its own, and disturbs nothing. */
static void
test_slot_busy(void **state)
{
	uint8_t seq;

	(void)state;
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
	seq = cardhost.seq;
	cardhost_send(0x6f, (const uint8_t[200]){INFO}, 200);
	assert_true(cardhost_take());
	assert_int_equal(cardhost.type, 0x80);
	assert_int_equal(cardhost.number, seq + 1);
	assert_int_equal(cardhost.status, 0x40);
	assert_int_equal(cardhost.error, 0xe0);
	assert_false(cardhost_take());
	cardhost_send(0x65, NULL, 0);
	assert_true(cardhost_take());
	assert_int_equal(cardhost.type, 0x81);
	assert_int_equal(cardhost.error, 0xe0);
	assert_true(waits());
	rig_touch();
	assert_int_equal(cardhost_answer(), FW_SW_OK);
}

/* The power ends everything of the card, and nothing of CTAPHID. */
static void
test_power(void **state)
{
	int on, polled;

	(void)state;
	for (on = 0; on < 2; on++)
		for (polled = 0; polled < 2; polled++) {
			CARDHOST_SELECT(FIDO);
			assert_int_equal(polled
				? CARDHOST_APDU(SELECTION_POLLED)
				: CARDHOST_APDU(SELECTION),
			    polled ? FW_SW_GOES_ON : 0);
			cardhost_power(on);
			assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
			assert_true(rig.t.settles_at > memboard.millis);
			assert_null(rig.t.card.selected);
			rig_wait_ms(FW_CTAP2_TOUCH_MS);
			assert_false(cardhost_take());
			cardhost_power(true);
			assert_int_equal(CARDHOST_APDU(POLL), FW_SW_CLA);
		}
}

static void
test_link_reset(void **state)
{
	(void)state;
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
	fw_token_link_reset(&rig.t);
	rig_settle();
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
	assert_false(cardhost_take());
	assert_null(rig.t.card.selected);
	CARDHOST_SELECT(FIDO);
	assert_int_equal(CARDHOST_APDU(SELECTION_POLLED), FW_SW_GOES_ON);
	fw_token_link_reset(&rig.t);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
}

/* The next question wants the button up for half a second, if one went. */
static void
test_next_question_settles(void **state)
{
	(void)state;
	assert_int_equal(CARDHOST_APDU(SELECTION_POLLED), FW_SW_GOES_ON);
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
	memboard.button = false;
	rig_wait_ms(FW_TOKEN_SETTLE_MS - 100);
	assert_false(rig.t.button_armed);
	rig_wait_ms(100);
	assert_true(rig.t.button_armed);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_card_beside_hid, new_token),
	    cmocka_unit_test_setup(test_hid_beside_card, new_token),
	    cmocka_unit_test_setup(test_touch_is_spent, new_token),
	    cmocka_unit_test_setup(test_abort, new_token),
	    cmocka_unit_test_setup(test_slot_busy, new_token),
	    cmocka_unit_test_setup(test_power, new_token),
	    cmocka_unit_test_setup(test_link_reset, new_token),
	    cmocka_unit_test_setup(test_next_question_settles, new_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
