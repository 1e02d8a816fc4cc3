/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoint 0: every request in every state. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "usbrig.h"

#define NO_DATA 0

/* Requests that are served, and in which states.  Those to the host are served
 * whatever they say they can take; len is what they get. */
static const struct usb_request served[] = {
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
static const struct usb_request refused[] = {
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

/* Two requests take more values than those that are listed. */
static bool
is_value(const struct usb_request *s, uint16_t value)
{
	if (s->type == 0x00 && s->request == 5)
		return value <= 127; /* addresses */
	if (s->type == 0x21 && s->request == 1)
		return (value & 0xff) == 0; /* slot 0, any number */
	return s->value == value;
}

static bool
is_served(const struct usb_request *r, unsigned int state)
{
	const struct usb_request *s;
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
check_one(const struct usb_request *r, unsigned int state,
    const struct fw_usb *before)
{
	struct fw_usb_turn turn;

	usb = *before;
	turn = usb_ask(r);
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
	struct usb_request r;
	unsigned int s, kind, last;
	size_t i;

	(void)state;
	for (s = 0; s < 3; s++) {
		usb_be(states[s]);
		before = usb;
		for (i = 0; i < SERVED_CNT + REFUSED_CNT; i++) {
			r = i < SERVED_CNT ? served[i]
					   : refused[i - SERVED_CNT];
			/* No standard has a request above 15 here: for those
			 * one set of arguments will do. */
			last = i == 0 ? 0xffff : 0xfff;
			for (kind = 0; kind <= last; kind++) {
				r.type = (uint8_t)(kind & 0xff);
				r.request = (uint8_t)(kind >> 8);
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
		usb_be(CONFIGURED);
		assert_true(usb_ask(&refused[i]).stall);
	}
}

/* Each answer is as long as it says, or as the host wants it. */
static void
test_lengths(void **state)
{
	static uint8_t whole[512], part[512];
	const struct usb_request *r;
	uint16_t len;
	size_t i;

	(void)state;
	for (i = 0; i < SERVED_CNT; i++) {
		r = &served[i];
		if ((r->type & 0x80) == 0)
			continue;
		usb_be(CONFIGURED);
		assert_int_equal(usb_read(whole, r, sizeof(whole)), r->len);
		for (len = 1; len < 200; len++) {
			assert_int_equal(usb_read(part, r, len),
			    len < r->len ? len : r->len);
			assert_memory_equal(part, whole,
			    len < r->len ? len : r->len);
		}
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_request_in_every_state),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
