/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoint 0: every request in every state, stages, effects. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "usb_control.h"

#define DEFAULT 1u
#define ADDRESS 2u
#define CONFIGURED 4u
#define ANY (DEFAULT | ADDRESS | CONFIGURED)
#define LATER (ADDRESS | CONFIGURED)
#define NO_DATA 0

/* Requests that are served, and in which states.  Those to the host are served
 * whatever they say they can take; len is what they get. */
static const struct request {
	uint8_t type, request;
	uint16_t value, index, len;
	unsigned int states;
} served[] = {
    {0x80, 6, 0x0100, 0, 18, ANY},
    {0x80, 6, 0x0200, 0, 143, ANY},
    {0x80, 6, 0x0300, 0, 4, ANY},
    {0x80, 6, 0x0301, 0x0409, 22, ANY},
    {0x80, 6, 0x0302, 0x0409, 34, ANY},
    {0x00, 5, 5, 0, NO_DATA, DEFAULT | ADDRESS},
    {0x80, 0, 0, 0, 2, LATER},
    {0x80, 8, 0, 0, 1, LATER},
    {0x00, 9, 0, 0, NO_DATA, LATER},
    {0x00, 9, 1, 0, NO_DATA, LATER},
    {0x82, 0, 0, 0x00, 2, LATER},
    {0x82, 0, 0, 0x80, 2, LATER},
    {0x02, 1, 0, 0x00, NO_DATA, LATER},
    {0x02, 1, 0, 0x80, NO_DATA, LATER},
    /* endpoints */
    {0x82, 0, 0, 0x01, 2, CONFIGURED},
    {0x82, 0, 0, 0x81, 2, CONFIGURED},
    {0x82, 0, 0, 0x02, 2, CONFIGURED},
    {0x82, 0, 0, 0x82, 2, CONFIGURED},
    {0x82, 0, 0, 0x83, 2, CONFIGURED},
    {0x02, 1, 0, 0x01, NO_DATA, CONFIGURED},
    {0x02, 1, 0, 0x81, NO_DATA, CONFIGURED},
    {0x02, 1, 0, 0x02, NO_DATA, CONFIGURED},
    {0x02, 1, 0, 0x82, NO_DATA, CONFIGURED},
    {0x02, 1, 0, 0x83, NO_DATA, CONFIGURED},
    {0x02, 3, 0, 0x01, NO_DATA, CONFIGURED},
    {0x02, 3, 0, 0x81, NO_DATA, CONFIGURED},
    {0x02, 3, 0, 0x02, NO_DATA, CONFIGURED},
    {0x02, 3, 0, 0x82, NO_DATA, CONFIGURED},
    {0x02, 3, 0, 0x83, NO_DATA, CONFIGURED},
    /* interfaces */
    {0x81, 0, 0, 0, 2, CONFIGURED},
    {0x81, 0, 0, 1, 2, CONFIGURED},
    {0x81, 0, 0, 2, 2, CONFIGURED},
    {0x81, 10, 0, 0, 1, CONFIGURED},
    {0x81, 10, 0, 1, 1, CONFIGURED},
    {0x81, 10, 0, 2, 1, CONFIGURED},
    {0x01, 11, 0, 0, NO_DATA, CONFIGURED},
    {0x01, 11, 0, 1, NO_DATA, CONFIGURED},
    {0x01, 11, 0, 2, NO_DATA, CONFIGURED},
    {0x81, 6, 0x2100, 0, 9, CONFIGURED},
    {0x81, 6, 0x2200, 0, 34, CONFIGURED},
    {0x81, 6, 0x2100, 2, 9, CONFIGURED},
    {0x81, 6, 0x2200, 2, 63, CONFIGURED},
    /* HID */
    {0xa1, 1, 0x0100, 0, 64, CONFIGURED},
    {0xa1, 1, 0x0100, 2, 8, CONFIGURED},
    {0xa1, 1, 0x0200, 2, 1, CONFIGURED},
    {0xa1, 2, 0, 0, 1, CONFIGURED},
    {0xa1, 2, 0, 2, 1, CONFIGURED},
    {0xa1, 3, 0, 2, 1, CONFIGURED},
    {0x21, 9, 0x0200, 2, 1, CONFIGURED},
    {0x21, 10, 0, 0, NO_DATA, CONFIGURED},
    {0x21, 10, 0, 2, NO_DATA, CONFIGURED},
    {0x21, 11, 0, 2, NO_DATA, CONFIGURED},
    {0x21, 11, 1, 2, NO_DATA, CONFIGURED},
    /* CCID */
    {0x21, 1, 0x4200, 1, NO_DATA, CONFIGURED},
};
#define SERVED_CNT (sizeof(served) / sizeof(served[0]))

/* What hosts ask and must not get; also fuel for the walk of all pairs. */
static const struct request refused[] = {
    {0x80, 6, 0x0101, 0, 18, 0},       /* a second device */
    {0x80, 6, 0x0201, 0, 9, 0},	       /* a second configuration */
    {0x80, 6, 0x0303, 0x0409, 255, 0}, /* serial number */
    {0x80, 6, 0x0301, 0x0407, 255, 0}, /* another language */
    {0x80, 6, 0x03ee, 0, 18, 0},       /* Microsoft's own string */
    {0x80, 6, 0x0600, 0, 10, 0},       /* qualifier: no high speed */
    {0x80, 6, 0x0700, 0, 9, 0},	       /* other speed */
    {0x80, 6, 0x0f00, 0, 5, 0},	       /* BOS */
    {0x80, 6, 0x0a00, 0, 4, 0},	       /* debug */
    {0x00, 5, 128, 0, NO_DATA, 0},     /* addresses have 7 bits */
    {0x00, 5, 5, 0, 1, 0},	       /* with data */
    {0x00, 9, 2, 0, NO_DATA, 0},       /* one configuration */
    {0x00, 3, 1, 0, NO_DATA, 0},       /* remote wakeup */
    {0x00, 3, 2, 0x0100, NO_DATA, 0},  /* test mode */
    {0x00, 1, 1, 0, NO_DATA, 0},
    {0x02, 3, 0, 0x00, NO_DATA, 0}, /* halt of endpoint 0 */
    {0x02, 3, 0, 0x03, NO_DATA, 0}, /* the keyboard has no OUT */
    {0x02, 3, 0, 0x84, NO_DATA, 0}, /* no such endpoint */
    {0x02, 3, 0, 0x181, NO_DATA, 0},
    {0x02, 3, 1, 0x81, NO_DATA, 0},
    {0x82, 12, 0, 0x81, 2, 0},	  /* SYNCH_FRAME */
    {0x01, 11, 1, 0, NO_DATA, 0}, /* one setting */
    {0x81, 0, 0, 3, 2, 0},	  /* no such interface */
    {0x81, 6, 0x2200, 1, 64, 0},  /* CCID is no HID */
    {0x81, 6, 0x2201, 0, 64, 0},  /* one report descriptor */
    {0xa1, 1, 0x0101, 0, 64, 0},  /* report ids */
    {0xa1, 1, 0x0200, 0, 64, 0},
    {0xa1, 1, 0x0300, 2, 8, 0},	 /* features */
    {0xa1, 3, 0, 0, 1, 0},	 /* the FIDO interface is no boot one */
    {0x21, 9, 0x0200, 0, 64, 0}, /* reports come by the endpoint */
    {0x21, 9, 0x0200, 2, 2, 0},
    {0x21, 9, 0x0200, 2, NO_DATA, 0},
    {0x21, 10, 0x7d00, 2, NO_DATA, 0}, /* an idle rate */
    {0x21, 11, 2, 2, NO_DATA, 0},
    {0x21, 1, 0x0001, 1, NO_DATA, 0}, /* slot 1 */
    {0xa1, 2, 0, 1, 4, 0},	      /* GET_CLOCK_FREQUENCIES */
    {0xa1, 3, 0, 1, 4, 0},	      /* GET_DATA_RATES */
    {0xc0, 6, 0x0100, 0, 18, 0},      /* vendor */
    {0xff, 0xff, 0xffff, 0xffff, 0xffff, 0},
};
#define REFUSED_CNT (sizeof(refused) / sizeof(refused[0]))

static struct fw_usb usb;

static struct fw_usb_turn
setup(uint8_t type, uint8_t request, uint16_t value, uint16_t index,
    uint16_t len)
{
	const uint8_t p[FW_USB_SETUP_LEN] = {type, request,
	    (uint8_t)(value & 0xff), (uint8_t)(value >> 8),
	    (uint8_t)(index & 0xff), (uint8_t)(index >> 8),
	    (uint8_t)(len & 0xff), (uint8_t)(len >> 8)};

	return fw_usb_setup(&usb, p);
}

static struct fw_usb_turn
ask(const struct request *r)
{
	return setup(r->type, r->request, r->value, r->index, r->len);
}

static void
be(unsigned int state)
{
	fw_usb_reset(&usb);
	if (state == DEFAULT)
		return;
	(void)setup(0x00, 5, 9, 0, 0);
	(void)fw_usb_sent(&usb);
	assert_int_equal(usb.state, FW_USB_ADDRESS);
	if (state == ADDRESS)
		return;
	(void)setup(0x00, 9, 1, 0, 0);
	(void)fw_usb_sent(&usb);
	assert_int_equal(usb.state, FW_USB_CONFIGURED);
}

/* Two requests take more values than those that are listed. */
static bool
is_value(const struct request *s, uint16_t value)
{
	if (s->type == 0x00 && s->request == 5)
		return value <= 127; /* addresses */
	if (s->type == 0x21 && s->request == 1)
		return (value & 0xff) == 0; /* slot 0, any number */
	return s->value == value;
}

static bool
is_served(const struct request *r, unsigned int state)
{
	const struct request *s;
	size_t i;

	for (i = 0; i < SERVED_CNT; i++) {
		s = &served[i];
		if (s->type == r->type && s->request == r->request &&
		    is_value(s, r->value) && s->index == r->index &&
		    (s->states & state) != 0 &&
		    ((s->type & 0x80) != 0 || s->len == r->len))
			return true;
	}
	return false;
}

static void
check_one(const struct request *r, unsigned int state,
    const struct fw_usb *before)
{
	struct fw_usb_turn turn;

	usb = *before;
	turn = ask(r);
	if (is_served(r, state)) {
		assert_false(turn.stall);
		assert_true(turn.send || turn.recv);
		return;
	}
	if (!turn.stall)
		fail_msg("%02x %02x %04x %04x %04x", r->type, r->request,
		    r->value, r->index, r->len);
	assert_false(turn.send || turn.recv);
	assert_int_equal(turn.effect, FW_USB_EFFECT_NONE);
	assert_int_equal(usb.state, before->state);
	assert_int_equal(usb.halted, before->halted);
	assert_int_equal(usb.protocol, before->protocol);
	assert_false(usb.addressed);
}

/* All types and requests, with the arguments of all that is listed. */
static void
test_every_request_in_every_state(void **state)
{
	static const unsigned int states[] = {DEFAULT, ADDRESS, CONFIGURED};
	struct fw_usb before;
	struct request r;
	unsigned int s, kind;
	size_t i;

	(void)state;
	for (s = 0; s < 3; s++) {
		be(states[s]);
		before = usb;
		for (i = 0; i < SERVED_CNT + REFUSED_CNT; i++) {
			r = i < SERVED_CNT ? served[i]
					   : refused[i - SERVED_CNT];
			for (kind = 0; kind <= 0xffff; kind++) {
				r.type = (uint8_t)(kind >> 8);
				r.request = (uint8_t)(kind & 0xff);
				check_one(&r, states[s], &before);
			}
		}
	}
}

static void
test_refused(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < REFUSED_CNT; i++) {
		be(CONFIGURED);
		assert_true(ask(&refused[i]).stall);
	}
}

/* What a host gets that asks for len bytes; -1: a STALL. */
static int
read_in(uint8_t *out, const struct request *r, uint16_t len)
{
	struct fw_usb_turn turn =
	    setup(r->type, r->request, r->value, r->index, len);
	size_t got = 0;

	if (turn.stall)
		return -1;
	assert_true(turn.recv); /* the status may come at any time */
	for (;;) {
		assert_true(turn.send);
		assert_in_range(turn.packet.len, 0, FW_USB_PACKET_LEN);
		if (turn.packet.len > 0)
			memcpy(out + got, turn.packet.p, turn.packet.len);
		got += turn.packet.len;
		assert_in_range(got, 0, len);
		if (got == len || turn.packet.len < FW_USB_PACKET_LEN)
			break;
		turn = fw_usb_sent(&usb);
	}
	turn = fw_usb_sent(&usb);
	assert_false(turn.send || turn.stall);
	turn = fw_usb_received(&usb, NULL, 0);
	assert_false(turn.send || turn.stall || turn.recv);
	assert_int_equal(usb.stage, FW_USB_STAGE_IDLE);
	return (int)got;
}

/* Each answer is as long as it says, or as the host wants it. */
static void
test_lengths(void **state)
{
	static uint8_t whole[512], part[512];
	const struct request *r;
	uint16_t len;
	size_t i;

	(void)state;
	for (i = 0; i < SERVED_CNT; i++) {
		r = &served[i];
		if ((r->type & 0x80) == 0)
			continue;
		be(CONFIGURED);
		assert_int_equal(read_in(whole, r, sizeof(whole)), r->len);
		for (len = 1; len < 200; len++) {
			assert_int_equal(read_in(part, r, len),
			    len < r->len ? len : r->len);
			assert_memory_equal(part, whole,
			    len < r->len ? len : r->len);
		}
	}
}

/* 64 bytes to a host that would take more: an empty packet says that is all. */
static void
test_empty_packet(void **state)
{
	struct fw_usb_turn turn;

	(void)state;
	be(CONFIGURED);
	turn = setup(0xa1, 1, 0x0100, 0, 100);
	assert_int_equal(turn.packet.len, 64);
	turn = fw_usb_sent(&usb);
	assert_true(turn.send);
	assert_int_equal(turn.packet.len, 0);
	assert_false(fw_usb_sent(&usb).send);
	turn = setup(0xa1, 1, 0x0100, 0, 64);
	assert_int_equal(turn.packet.len, 64);
	assert_false(fw_usb_sent(&usb).send);
}

/* A request to the host for no bytes has no data stage. */
static void
test_no_length(void **state)
{
	struct fw_usb_turn turn;

	(void)state;
	be(CONFIGURED);
	turn = setup(0x80, 6, 0x0100, 0, 0);
	assert_true(turn.send && !turn.recv);
	assert_int_equal(turn.packet.len, 0);
	assert_int_equal(usb.stage, FW_USB_STAGE_STATUS_IN);
}

static void
test_address_after_status(void **state)
{
	struct fw_usb_turn turn;

	(void)state;
	be(DEFAULT);
	turn = setup(0x00, 5, 77, 0, 0);
	assert_int_equal(turn.effect, FW_USB_EFFECT_NONE);
	assert_int_equal(usb.state, FW_USB_DEFAULT);
	turn = fw_usb_sent(&usb);
	assert_int_equal(turn.effect, FW_USB_EFFECT_SET_ADDRESS);
	assert_int_equal(turn.address, 77);
	assert_int_equal(usb.state, FW_USB_ADDRESS);
	/* once */
	assert_int_equal(fw_usb_sent(&usb).effect, FW_USB_EFFECT_NONE);
	/* 0 leads back */
	(void)setup(0x00, 5, 0, 0, 0);
	turn = fw_usb_sent(&usb);
	assert_int_equal(turn.effect, FW_USB_EFFECT_SET_ADDRESS);
	assert_int_equal(turn.address, 0);
	assert_int_equal(usb.state, FW_USB_DEFAULT);
	/* another SETUP before the status: it was not meant */
	(void)setup(0x00, 5, 77, 0, 0);
	(void)setup(0x80, 6, 0x0100, 0, 18);
	assert_int_equal(fw_usb_sent(&usb).effect, FW_USB_EFFECT_NONE);
	assert_int_equal(usb.state, FW_USB_DEFAULT);
}

static void
test_configuration(void **state)
{
	static const struct request get = {0x80, 8, 0, 0, 1, 0};
	struct fw_usb_turn turn;
	uint8_t n = 99;

	(void)state;
	be(ADDRESS);
	assert_int_equal(read_in(&n, &get, 1), 1);
	assert_int_equal(n, 0);
	turn = setup(0x00, 9, 1, 0, 0);
	assert_int_equal(turn.effect, FW_USB_EFFECT_CONFIGURE);
	assert_int_equal(turn.eps, FW_USB_EPS);
	assert_int_equal(read_in(&n, &get, 1), 1);
	assert_int_equal(n, 1);
	(void)setup(0x21, 11, 0, 2, 0);
	(void)setup(0x02, 3, 0, 0x82, 0);
	assert_int_equal(usb.halted, FW_USB_IN(FW_USB_EP_CCID));
	assert_int_equal(usb.protocol, 0);
	/* the same again begins anew */
	turn = setup(0x00, 9, 1, 0, 0);
	assert_int_equal(turn.effect, FW_USB_EFFECT_CONFIGURE);
	assert_int_equal(usb.halted, 0);
	assert_int_equal(usb.protocol, 1);
	turn = setup(0x00, 9, 0, 0, 0);
	assert_int_equal(turn.effect, FW_USB_EFFECT_DISABLE);
	assert_int_equal(turn.eps, FW_USB_EPS);
	assert_int_equal(usb.state, FW_USB_ADDRESS);
}

static void
test_halt(void **state)
{
	static const uint8_t address[] = {0x01, 0x81, 0x02, 0x82, 0x83};
	struct request status = {0x82, 0, 0, 0, 2, 0};
	struct fw_usb_turn turn;
	unsigned int ep;
	uint8_t s[2];
	size_t i;

	(void)state;
	be(CONFIGURED);
	for (i = 0; i < sizeof(address); i++) {
		ep = address[i] & 0x80 ? FW_USB_IN(address[i] & 15u)
				       : FW_USB_OUT(address[i] & 15u);
		status.index = address[i];
		turn = setup(0x02, 3, 0, address[i], 0);
		assert_int_equal(turn.effect, FW_USB_EFFECT_HALT);
		assert_int_equal(turn.eps, ep);
		assert_int_equal(read_in(s, &status, 2), 2);
		assert_memory_equal(s, "\1\0", 2);
		turn = setup(0x02, 1, 0, address[i], 0);
		assert_int_equal(turn.effect, FW_USB_EFFECT_CLEAR);
		assert_int_equal(turn.eps, ep);
		assert_int_equal(read_in(s, &status, 2), 2);
		assert_memory_equal(s, "\0\0", 2);
		/* and without a halt: the toggle */
		turn = setup(0x02, 1, 0, address[i], 0);
		assert_int_equal(turn.effect, FW_USB_EFFECT_CLEAR);
	}
}

static void
test_interface_ends_halts(void **state)
{
	struct fw_usb_turn turn;

	(void)state;
	be(CONFIGURED);
	(void)setup(0x02, 3, 0, 0x82, 0);
	(void)setup(0x02, 3, 0, 0x81, 0);
	turn = setup(0x01, 11, 0, 1, 0);
	assert_int_equal(turn.effect, FW_USB_EFFECT_CLEAR);
	assert_int_equal(turn.eps, FW_USB_EPS_CCID);
	assert_int_equal(usb.halted, FW_USB_IN(FW_USB_EP_FIDO));
}

static void
test_keyboard(void **state)
{
	static const struct request leds = {0xa1, 1, 0x0200, 2, 1, 0};
	static const struct request protocol = {0xa1, 3, 0, 2, 1, 0};
	struct fw_usb_turn turn;
	uint8_t b = 2;

	(void)state;
	be(CONFIGURED);
	turn = setup(0x21, 9, 0x0200, 2, 1);
	assert_true(turn.recv && !turn.send && !turn.stall);
	turn = fw_usb_received(&usb, &b, 1);
	assert_true(turn.send);
	assert_int_equal(turn.packet.len, 0);
	(void)fw_usb_sent(&usb);
	b = 0;
	assert_int_equal(read_in(&b, &leds, 1), 1);
	assert_int_equal(b, 2);
	assert_int_equal(read_in(&b, &protocol, 1), 1);
	assert_int_equal(b, 1);
	(void)setup(0x21, 11, 0, 2, 0);
	assert_int_equal(read_in(&b, &protocol, 1), 1);
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
		be(CONFIGURED);
		(void)setup(0x21, 9, 0x0200, 2, 1);
		assert_true(fw_usb_received(&usb, data, len).stall);
		assert_int_equal(usb.leds, 0);
		/* and the next transfer is served */
		assert_false(setup(0x80, 0, 0, 0, 2).stall);
	}
}

static void
test_early_status(void **state)
{
	static const uint8_t data[1];
	struct fw_usb_turn turn;

	(void)state;
	be(CONFIGURED);
	(void)setup(0x80, 6, 0x0200, 0, 143);
	(void)fw_usb_sent(&usb);
	turn = fw_usb_received(&usb, NULL, 0);
	assert_false(turn.stall || turn.send || turn.recv);
	assert_int_equal(usb.stage, FW_USB_STAGE_IDLE);
	assert_false(fw_usb_sent(&usb).send);
	/* a status that has bytes is none */
	(void)setup(0x80, 6, 0x0200, 0, 143);
	assert_true(fw_usb_received(&usb, data, 1).stall);
	/* nor does anything follow a STALL, or nothing */
	assert_false(fw_usb_received(&usb, data, 1).send);
	assert_false(fw_usb_sent(&usb).send);
}

static void
test_bus_reset(void **state)
{
	(void)state;
	be(CONFIGURED);
	(void)setup(0x02, 3, 0, 0x81, 0);
	(void)setup(0x00, 5, 3, 0, 0);
	fw_usb_reset(&usb);
	assert_int_equal(usb.state, FW_USB_DEFAULT);
	assert_int_equal(usb.halted, 0);
	assert_int_equal(fw_usb_sent(&usb).effect, FW_USB_EFFECT_NONE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_request_in_every_state),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_lengths),
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
