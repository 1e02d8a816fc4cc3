/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole token and its cable: resets of the bus, the card beside a touch,
 * keepalives while it computes. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tokenrig.h"

#define LEN HAL_HID_REPORT_LEN

static const uint8_t selection[] = {FW_CTAP2_SELECTION};
static const uint8_t slot_status[] = {0x65, 0, 0, 0, 0, 0, 7, 0, 0, 0};
static const uint8_t card_on[] = {0x62, 0, 0, 0, 0, 0, 8, 0, 0, 0};
static const uint8_t card_select[] = {0x6f, 10, 0, 0, 0, 0, 9, 0, 0, 0, 0x00,
    0xa4, 4, 0, 5, 0xa0, 0, 0, 6, 0x47};

static int
new_token(void **state)
{
	(void)state;
	rig_new();
	return 0;
}

/* What a board does: the queues are empty, then the token is told. */
static void
link_reset(void)
{
	memboard.in_cnt = 0;
	memboard.out_cnt = 0;
	memboard.ccid_in.cnt = 0;
	memboard.ccid_out.cnt = 0;
	fw_token_link_reset(&rig.t);
	rig_settle();
}

/* INIT on the broadcast channel, after which the rig's channel is the new one.
 */
static void
new_channel(void)
{
	uint8_t r[LEN] = {0xff, 0xff, 0xff, 0xff, 0x86, 0, 8, 1, 2, 3, 4, 5, 6,
	    7, 8};

	memboard.out_cnt = 0;
	rig_report(r);
	rig_settle();
	assert_true(memboard_take_report(r));
	assert_int_equal(r[4], 0x86);
	memcpy(rig.cid, r + 15, sizeof(rig.cid));
}

static void
expect_packet(const uint8_t *want, size_t want_len)
{
	uint8_t p[HAL_PACKET_LEN];
	size_t len;

	assert_true(memboard_take_packet(p, &len));
	assert_int_equal(len, want_len);
	assert_memory_equal(p, want, want_len);
}

static void
test_channels_are_forgotten(void **state)
{
	uint8_t old[4], first[4];
	uint8_t info = FW_CTAP2_GET_INFO;

	(void)state;
	memcpy(first, rig.cid, 4);
	new_channel();
	memcpy(old, rig.cid, 4);
	link_reset();
	assert_int_equal(memboard.out_cnt, 0); /* nothing is said of it */
	assert_int_equal(rig_send(&info, 1), RIG_HID_ERROR);
	assert_int_equal(rig.hid_error, FW_CTAPHID_ERR_INVALID_CHANNEL);
	/* and their numbers are nobody else's */
	new_channel();
	assert_memory_not_equal(rig.cid, old, 4);
	assert_memory_not_equal(rig.cid, first, 4);
	assert_int_equal(rig_send(&info, 1), FW_CTAP_OK);
}

/* A host that resets the bus while its own message comes in. */
static void
test_half_a_message(void **state)
{
	uint8_t r[LEN] = {0};

	(void)state;
	memcpy(r, rig.cid, 4);
	r[4] = 0x90;
	r[5] = 1;
	rig_report(r);
	rig_settle();
	assert_int_equal(rig.t.hid.state, FW_CTAPHID_RECV);
	link_reset();
	assert_int_equal(rig.t.hid.state, FW_CTAPHID_IDLE);
	rig_wait_ms(1000);
	assert_int_equal(memboard.out_cnt, 0);
}

static void
ask_for_touch(void)
{
	rig.touch = RIG_ACT;
	rig.act = link_reset;
	memboard.out_cnt = 0;
	assert_int_equal(rig_send(selection, sizeof(selection)), RIG_SILENT);
	assert_true(rig.asked);
	rig.touch = RIG_TOUCH;
}

/* The question goes: a finger that comes late answers nothing. */
static void
test_waiting_ends(void **state)
{
	(void)state;
	ask_for_touch();
	assert_false(fw_ctap2_is_waiting(&rig.t.ctap2));
	assert_int_equal(memboard.led, HAL_LED_IDLE);
	assert_string_equal(memboard.display, "");
	new_channel();
	assert_int_equal(rig_send(selection, sizeof(selection)), FW_CTAP_OK);
}

/* A question soon after one that a reset took away wants the button up for a
 * while: the finger may be on its way to the other. */
static void
test_next_question_settles(void **state)
{
	(void)state;
	rig.touch = RIG_NONE;
	rig_report((const uint8_t[LEN]){rig.cid[0], rig.cid[1], rig.cid[2],
	    rig.cid[3], 0x90, 0, 1, FW_CTAP2_SELECTION});
	rig_settle();
	assert_true(fw_ctap2_is_waiting(&rig.t.ctap2));
	link_reset();
	new_channel();
	rig_report((const uint8_t[LEN]){rig.cid[0], rig.cid[1], rig.cid[2],
	    rig.cid[3], 0x90, 0, 1, FW_CTAP2_SELECTION});
	rig_settle();
	memboard.button = true;
	rig_settle();
	assert_true(fw_ctap2_is_waiting(&rig.t.ctap2));
	memboard.button = false;
}

static void
set_pin(void)
{
	assert_int_equal(ctapclient_set_pin(&rig.client, FW_PINPROTO_TWO,
			     "1234"),
	    FW_CTAP_OK);
}

static unsigned int
try_pin(const char *pin)
{
	uint8_t token[FW_PINPROTO_TOKEN_LEN];

	return ctapclient_token(&rig.client, token, FW_PINPROTO_TWO, pin, NULL);
}

/* Three wrong PINs need a power cycle, which a reset of the bus is not. */
static void
test_wrong_pins_stay(void **state)
{
	int i;

	(void)state;
	set_pin();
	for (i = 0; i < 2; i++)
		assert_int_equal(try_pin("9999"), FW_CTAP_PIN_INVALID);
	link_reset();
	new_channel();
	assert_int_equal(try_pin("9999"), FW_CTAP_PIN_AUTH_BLOCKED);
	link_reset();
	new_channel();
	assert_int_equal(try_pin("1234"), FW_CTAP_PIN_AUTH_BLOCKED);
	rig_plug();
	assert_int_equal(try_pin("1234"), FW_CTAP_OK);
}

/* The token of the PIN was that host's; what the PIN unlocked is the person's.
 */
static void
test_pin_token_goes(void **state)
{
	(void)state;
	set_pin();
	assert_int_equal(try_pin("1234"), FW_CTAP_OK);
	assert_true(rig.t.ctap2.puat.in_use);
	rig.t.ctap2.series.left = 2;
	rig.t.ctap2.listing.left = 2;
	link_reset();
	assert_false(rig.t.ctap2.puat.in_use);
	assert_int_equal(rig.t.ctap2.series.left, 0);
	assert_int_equal(rig.t.ctap2.listing.left, 0);
	assert_true(fw_pin_is_unlocked(&rig.t.ctap2.pin));
}

/* authenticatorReset wants to be soon after power-up, not after a reset that
 * any hub can make. */
static void
test_reset_window_stays(void **state)
{
	static const uint8_t reset[] = {FW_CTAP2_RESET};

	(void)state;
	rig_wait_ms(FW_CTAP2_RESET_WINDOW_MS + 1);
	link_reset();
	new_channel();
	assert_int_equal(rig_send(reset, sizeof(reset)), FW_CTAP_NOT_ALLOWED);
}

/* A code is shown on, but not typed into whatever is there now. */
static void
test_typing_stops(void **state)
{
	struct fw_show *show = &rig.t.ctap2.show;
	size_t typed;

	(void)state;
	rig.t.ctap2.live.state = FW_LIVE_SHOWN;
	rig.t.ctap2.live.deadline = memboard.millis + FW_LIVE_MS;
	fw_show_begin(show, "123456789", memboard.millis);
	memboard.keyboard_room = 3;
	fw_show_type(show);
	rig_settle();
	typed = memboard.typed_cnt;
	assert_int_equal(typed, 3);
	link_reset();
	memboard.keyboard_busy = false;
	memboard.keyboard_room = 0;
	rig_wait_ms(100);
	assert_int_equal(memboard.typed_cnt, typed);
	assert_true(show->is_on);
}

static void
test_card_goes_off(void **state)
{
	static const uint8_t on[] = {0x81, 0, 0, 0, 0, 0, 7, 0, 0, 0};
	static const uint8_t off[] = {0x81, 0, 0, 0, 0, 0, 7, 1, 0, 1};

	(void)state;
	memboard_put_packet(card_on, sizeof(card_on));
	rig_settle();
	memboard.ccid_out.cnt = 0;
	memboard_put_packet(slot_status, sizeof(slot_status));
	rig_settle();
	expect_packet(on, sizeof(on));
	/* half a message does not swallow the next host's first */
	memboard_put_packet((const uint8_t[HAL_PACKET_LEN]){0x6f, 0, 2}, 64);
	rig_settle();
	link_reset();
	memboard_put_packet(slot_status, sizeof(slot_status));
	rig_settle();
	expect_packet(off, sizeof(off));
}

static void
ask_card(void)
{
	static const uint8_t there[] = {0x80, 8, 0, 0, 0, 0, 9, 0, 0, 0, 'U',
	    '2', 'F', '_', 'V', '2', 0x90, 0x00};

	memboard_put_packet(card_on, sizeof(card_on));
	memboard_put_packet(card_select, sizeof(card_select));
	rig_settle();
	assert_int_equal(memboard.ccid_out.cnt, 2);
	memboard.ccid_out.cnt = 1; /* the second is what counts */
	memcpy(memboard.ccid_out.data[0], memboard.ccid_out.data[1],
	    HAL_PACKET_LEN);
	memboard.ccid_out.len[0] = memboard.ccid_out.len[1];
	expect_packet(there, sizeof(there));
	assert_true(fw_ctap2_is_waiting(&rig.t.ctap2));
	memboard.button = false;
	rig_settle();
	memboard.button = true;
	rig_settle();
}

/* The card is served while a touch is waited for, which goes on. */
static void
test_card_beside_touch(void **state)
{
	(void)state;
	rig.touch = RIG_ACT;
	rig.act = ask_card;
	assert_int_equal(rig_send(selection, sizeof(selection)), FW_CTAP_OK);
}

/* A host that reads nothing of one pipe blocks the other no more than that. */
static void
test_pipes_are_apart(void **state)
{
	uint8_t info = FW_CTAP2_GET_INFO;

	(void)state;
	memboard.ccid_busy = true;
	memboard_put_packet(slot_status, sizeof(slot_status));
	memboard_put_packet(slot_status, sizeof(slot_status));
	assert_int_equal(rig_send(&info, 1), FW_CTAP_OK);
	assert_int_equal(memboard.ccid_out.cnt, 0);
	assert_int_equal(memboard.ccid_in.cnt, 1); /* waits for its turn */
	memboard.can_send = false;
	memboard.ccid_busy = false;
	rig_settle();
	assert_int_equal(memboard.ccid_out.cnt, 2);
}

static const uint8_t *
repeated_now(void)
{
	assert_false(memboard.repeats); /* it ends with the computation */
	return memboard.repeated;
}

/* Each command, and each touch that ends a wait, may take its time: keepalives
 * go out meanwhile, on the command's channel, with the right status. */
static void
test_keepalives_around_computation(void **state)
{
	uint8_t info = FW_CTAP2_GET_INFO;
	long before = memboard.repeat_cnt;
	const uint8_t *r;

	(void)state;
	assert_int_equal(rig_send(&info, 1), FW_CTAP_OK);
	assert_int_equal(memboard.repeat_cnt, before + 1);
	r = repeated_now();
	assert_memory_equal(r, rig.cid, 4);
	assert_memory_equal(r + 4, "\xbb\0\1\1", 4); /* PROCESSING */
	before = memboard.repeat_cnt;
	memset(memboard.repeated, 0, sizeof(memboard.repeated));
	assert_int_equal(rig_send(selection, sizeof(selection)), FW_CTAP_OK);
	assert_int_equal(memboard.repeat_cnt, before + 2);
	r = repeated_now();
	assert_memory_equal(r, rig.cid, 4);
	assert_memory_equal(r + 4, "\xbb\0\1\1", 4);
}

/* WINK and what is refused compute nothing. */
static void
test_no_keepalives_else(void **state)
{
	long before = memboard.repeat_cnt;

	(void)state;
	rig_report((const uint8_t[LEN]){rig.cid[0], rig.cid[1], rig.cid[2],
	    rig.cid[3], 0x88, 0, 0});
	rig_settle();
	memboard_put_packet(slot_status, sizeof(slot_status));
	rig_settle();
	assert_int_equal(memboard.repeat_cnt, before);
	assert_false(memboard.repeats);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_channels_are_forgotten, new_token),
	    cmocka_unit_test_setup(test_half_a_message, new_token),
	    cmocka_unit_test_setup(test_waiting_ends, new_token),
	    cmocka_unit_test_setup(test_next_question_settles, new_token),
	    cmocka_unit_test_setup(test_wrong_pins_stay, new_token),
	    cmocka_unit_test_setup(test_pin_token_goes, new_token),
	    cmocka_unit_test_setup(test_reset_window_stays, new_token),
	    cmocka_unit_test_setup(test_typing_stops, new_token),
	    cmocka_unit_test_setup(test_card_goes_off, new_token),
	    cmocka_unit_test_setup(test_card_beside_touch, new_token),
	    cmocka_unit_test_setup(test_pipes_are_apart, new_token),
	    cmocka_unit_test_setup(test_keepalives_around_computation,
		new_token),
	    cmocka_unit_test_setup(test_no_keepalives_else, new_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
