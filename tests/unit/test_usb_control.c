/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoint 0: stages, and what changes with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "usbrig.h"

/* 64 bytes to a host that would take more: an empty packet says that is all. */
static void
test_empty_packet(void **state)
{
	struct fw_usb_turn turn;

	(void)state;
	usb_be(CONFIGURED);
	turn = usb_setup(0xa1, 1, 0x0100, 0, 100);
	assert_int_equal(turn.packet.len, 64);
	turn = fw_usb_sent(&usb);
	assert_true(turn.send);
	assert_int_equal(turn.packet.len, 0);
	assert_false(fw_usb_sent(&usb).send);
	turn = usb_setup(0xa1, 1, 0x0100, 0, 64);
	assert_int_equal(turn.packet.len, 64);
	assert_false(fw_usb_sent(&usb).send);
}

/* A request to the host for no bytes has no data stage. */
static void
test_no_length(void **state)
{
	struct fw_usb_turn turn;

	(void)state;
	usb_be(CONFIGURED);
	turn = usb_setup(0x80, 6, 0x0100, 0, 0);
	assert_true(turn.send && !turn.recv);
	assert_int_equal(turn.packet.len, 0);
	assert_int_equal(usb.stage, FW_USB_STAGE_STATUS_IN);
}

static void
test_address_after_status(void **state)
{
	struct fw_usb_turn turn;

	(void)state;
	usb_be(DEFAULT);
	turn = usb_setup(0x00, 5, 77, 0, 0);
	assert_int_equal(turn.effect, FW_USB_EFFECT_NONE);
	assert_int_equal(usb.state, FW_USB_DEFAULT);
	turn = fw_usb_sent(&usb);
	assert_int_equal(turn.effect, FW_USB_EFFECT_SET_ADDRESS);
	assert_int_equal(turn.address, 77);
	assert_int_equal(usb.state, FW_USB_ADDRESS);
	/* once */
	assert_int_equal(fw_usb_sent(&usb).effect, FW_USB_EFFECT_NONE);
	/* 0 leads back */
	(void)usb_setup(0x00, 5, 0, 0, 0);
	turn = fw_usb_sent(&usb);
	assert_int_equal(turn.effect, FW_USB_EFFECT_SET_ADDRESS);
	assert_int_equal(turn.address, 0);
	assert_int_equal(usb.state, FW_USB_DEFAULT);
	/* another SETUP before the status: it was not meant */
	(void)usb_setup(0x00, 5, 77, 0, 0);
	(void)usb_setup(0x80, 6, 0x0100, 0, 18);
	assert_int_equal(fw_usb_sent(&usb).effect, FW_USB_EFFECT_NONE);
	(void)usb_setup(0x00, 5, 77, 0, 0);
	(void)usb_setup(0x80, 6, 0x0100, 0, 0); /* with a status of its own */
	assert_int_equal(fw_usb_sent(&usb).effect, FW_USB_EFFECT_NONE);
	assert_int_equal(usb.state, FW_USB_DEFAULT);
}

static void
test_configuration(void **state)
{
	static const struct usb_request get = {0x80, 8, 0, 0, 1, 0};
	struct fw_usb_turn turn;
	uint8_t n = 99;

	(void)state;
	usb_be(ADDRESS);
	assert_int_equal(usb_read(&n, &get, 1), 1);
	assert_int_equal(n, 0);
	turn = usb_setup(0x00, 9, 1, 0, 0);
	assert_int_equal(turn.effect, FW_USB_EFFECT_CONFIGURE);
	assert_int_equal(turn.eps, FW_USB_EPS);
	assert_int_equal(usb_read(&n, &get, 1), 1);
	assert_int_equal(n, 1);
	(void)usb_setup(0x21, 11, 0, 2, 0);
	(void)usb_setup(0x02, 3, 0, 0x82, 0);
	assert_int_equal(usb.halted, FW_USB_IN(FW_USB_EP_CCID));
	assert_int_equal(usb.protocol, 0);
	/* the same again begins anew */
	turn = usb_setup(0x00, 9, 1, 0, 0);
	assert_int_equal(turn.effect, FW_USB_EFFECT_CONFIGURE);
	assert_int_equal(usb.halted, 0);
	assert_int_equal(usb.protocol, 1);
	turn = usb_setup(0x00, 9, 0, 0, 0);
	assert_int_equal(turn.effect, FW_USB_EFFECT_DISABLE);
	assert_int_equal(turn.eps, FW_USB_EPS);
	assert_int_equal(usb.state, FW_USB_ADDRESS);
}

static void
test_halt(void **state)
{
	static const uint8_t address[] = {0x01, 0x81, 0x02, 0x82, 0x83};
	struct usb_request status = {0x82, 0, 0, 0, 2, 0};
	struct fw_usb_turn turn;
	unsigned int ep;
	uint8_t s[2];
	size_t i;

	(void)state;
	usb_be(CONFIGURED);
	for (i = 0; i < sizeof(address); i++) {
		ep = address[i] & 0x80 ? FW_USB_IN(address[i] & 15u)
				       : FW_USB_OUT(address[i] & 15u);
		status.index = address[i];
		turn = usb_setup(0x02, 3, 0, address[i], 0);
		assert_int_equal(turn.effect, FW_USB_EFFECT_HALT);
		assert_int_equal(turn.eps, ep);
		assert_int_equal(usb_read(s, &status, 2), 2);
		assert_memory_equal(s, "\1\0", 2);
		turn = usb_setup(0x02, 1, 0, address[i], 0);
		assert_int_equal(turn.effect, FW_USB_EFFECT_CLEAR);
		assert_int_equal(turn.eps, ep);
		assert_int_equal(usb_read(s, &status, 2), 2);
		assert_memory_equal(s, "\0\0", 2);
		/* and without a halt: the toggle */
		turn = usb_setup(0x02, 1, 0, address[i], 0);
		assert_int_equal(turn.effect, FW_USB_EFFECT_CLEAR);
	}
}

static void
test_interface_ends_halts(void **state)
{
	struct fw_usb_turn turn;

	(void)state;
	usb_be(CONFIGURED);
	(void)usb_setup(0x02, 3, 0, 0x82, 0);
	(void)usb_setup(0x02, 3, 0, 0x81, 0);
	turn = usb_setup(0x01, 11, 0, 1, 0);
	assert_int_equal(turn.effect, FW_USB_EFFECT_CLEAR);
	assert_int_equal(turn.eps, FW_USB_EPS_CCID);
	assert_int_equal(usb.halted, FW_USB_IN(FW_USB_EP_FIDO));
}

static void
test_keyboard(void **state)
{
	static const struct usb_request leds = {0xa1, 1, 0x0200, 2, 1, 0};
	static const struct usb_request protocol = {0xa1, 3, 0, 2, 1, 0};
	struct fw_usb_turn turn;
	uint8_t b = 2;

	(void)state;
	usb_be(CONFIGURED);
	turn = usb_setup(0x21, 9, 0x0200, 2, 1);
	assert_true(turn.recv && !turn.send && !turn.stall);
	turn = fw_usb_received(&usb, &b, 1);
	assert_true(turn.send);
	assert_int_equal(turn.packet.len, 0);
	(void)fw_usb_sent(&usb);
	b = 0;
	assert_int_equal(usb_read(&b, &leds, 1), 1);
	assert_int_equal(b, 2);
	assert_int_equal(usb_read(&b, &protocol, 1), 1);
	assert_int_equal(b, 1);
	(void)usb_setup(0x21, 11, 0, 2, 0);
	assert_int_equal(usb_read(&b, &protocol, 1), 1);
	assert_int_equal(b, 0);
}

/* Data that is not as long as the host said. */
static void
test_wrong_data(void **state)
{
	static const uint8_t data[64] = {7};
	size_t len;

	(void)state;
	for (len = 0; len <= sizeof(data); len++) {
		if (len == 1)
			continue;
		usb_be(CONFIGURED);
		(void)usb_setup(0x21, 9, 0x0200, 2, 1);
		assert_true(fw_usb_received(&usb, data, len).stall);
		assert_int_equal(usb.leds, 0);
		/* and the next transfer is served */
		assert_false(usb_setup(0x80, 0, 0, 0, 2).stall);
	}
}

static void
test_early_status(void **state)
{
	static const uint8_t data[1];
	struct fw_usb_turn turn;

	(void)state;
	usb_be(CONFIGURED);
	(void)usb_setup(0x80, 6, 0x0200, 0, 143);
	(void)fw_usb_sent(&usb);
	turn = fw_usb_received(&usb, NULL, 0);
	assert_false(turn.stall || turn.send || turn.recv);
	assert_int_equal(usb.stage, FW_USB_STAGE_IDLE);
	assert_false(fw_usb_sent(&usb).send);
	/* a status that has bytes is none */
	(void)usb_setup(0x80, 6, 0x0200, 0, 143);
	assert_true(fw_usb_received(&usb, data, 1).stall);
	/* nor does anything follow a STALL, or nothing */
	assert_false(fw_usb_received(&usb, data, 1).send);
	assert_false(fw_usb_sent(&usb).send);
}

static void
test_bus_reset(void **state)
{
	(void)state;
	usb_be(CONFIGURED);
	(void)usb_setup(0x02, 3, 0, 0x81, 0);
	(void)usb_setup(0x00, 5, 3, 0, 0);
	fw_usb_reset(&usb);
	assert_int_equal(usb.state, FW_USB_DEFAULT);
	assert_int_equal(usb.halted, 0);
	assert_int_equal(fw_usb_sent(&usb).effect, FW_USB_EFFECT_NONE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty_packet),
	    cmocka_unit_test(test_no_length),
	    cmocka_unit_test(test_address_after_status),
	    cmocka_unit_test(test_configuration),
	    cmocka_unit_test(test_halt),
	    cmocka_unit_test(test_interface_ends_halts),
	    cmocka_unit_test(test_keyboard),
	    cmocka_unit_test(test_wrong_data),
	    cmocka_unit_test(test_early_status),
	    cmocka_unit_test(test_bus_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
