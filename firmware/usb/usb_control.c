/* SPDX-License-Identifier: BSD-2-Clause */
#include "usb_control.h"

#include <string.h>

/* bmRequestType (USB 2.0 table 9-2), bit 7 apart. */
enum {
	TO_DEVICE = 0x00,
	TO_INTERFACE = 0x01,
	TO_ENDPOINT = 0x02,
	TO_CLASS = 0x21, /* an interface, by its class */
	FROM_HOST = 0x00,
	FROM_DEVICE = 0x80
};

/* bRequest (USB 2.0 table 9-4; HID 1.11 7.2; CCID 1.1 5.3). */
enum {
	GET_STATUS = 0,
	CLEAR_FEATURE = 1,
	SET_FEATURE = 3,
	SET_ADDRESS = 5,
	GET_DESCRIPTOR = 6,
	GET_CONFIGURATION = 8,
	SET_CONFIGURATION = 9,
	GET_INTERFACE = 10,
	SET_INTERFACE = 11,
	HID_GET_REPORT = 1,
	HID_GET_IDLE = 2,
	HID_GET_PROTOCOL = 3,
	HID_SET_REPORT = 9,
	HID_SET_IDLE = 10,
	HID_SET_PROTOCOL = 11,
	CCID_ABORT = 1
};

#define ENDPOINT_HALT 0
#define ADDRESS_MAX 127
#define REPORT_INPUT 0x0100 /* wValue: type and id of a report */
#define REPORT_OUTPUT 0x0200
#define PROTOCOL_REPORT 1
#define LEDS_LEN 1

struct setup {
	uint8_t type; /* without FROM_DEVICE */
	bool to_host;
	uint8_t request;
	uint16_t value;
	uint16_t index;
	uint16_t len;
};

/* What a request came to. */
enum answer {
	ANSWER_STALL,
	ANSWER_REPLY, /* with u->reply, perhaps empty */
	ANSWER_TAKE   /* once the data that follows is here */
};

static const struct fw_usb_turn nothing;

static uint16_t
le16(const uint8_t p[2])
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static enum answer
done(struct fw_usb *u)
{
	u->reply.len = 0;
	return ANSWER_REPLY;
}

/* Reply with len bytes of u->buf, the first of which is v, others 0. */
static enum answer
reply(struct fw_usb *u, uint8_t v, size_t len)
{
	memset(u->buf, 0, len);
	u->buf[0] = v;
	u->reply = (struct tsw_slice){u->buf, len};
	return ANSWER_REPLY;
}

/* The endpoint that wIndex names, as a bit; 0 if there is none but endpoint 0,
 * which has no halt. */
static unsigned int
endpoint(uint16_t index)
{
	unsigned int ep = index & 0x0f;
	unsigned int bit = index & 0x80 ? FW_USB_IN(ep) : FW_USB_OUT(ep);

	return (index & ~0x8fu) == 0 ? bit & FW_USB_EPS : 0;
}

static bool
is_endpoint_0(uint16_t index)
{
	return (index & ~0x80u) == FW_USB_EP_CONTROL;
}

static unsigned int
endpoints_of(uint16_t interface)
{
	static const uint16_t eps[FW_USB_IF_CNT] = {
	    [FW_USB_IF_FIDO] = FW_USB_EPS_FIDO,
	    [FW_USB_IF_CCID] = FW_USB_EPS_CCID,
	    [FW_USB_IF_KEYBOARD] = FW_USB_EPS_KEYBOARD,
	};

	return eps[interface];
}

/* In DEFAULT and ADDRESS; takes effect after the status stage (USB 2.0 9.4.6),
 * so that the status still comes from the old address. */
static enum answer
set_address(struct fw_usb *u, const struct setup *s)
{
	if (u->state == FW_USB_CONFIGURED || s->value > ADDRESS_MAX ||
	    s->index != 0)
		return ANSWER_STALL;
	u->addressed = true;
	u->address = (uint8_t)s->value;
	return done(u);
}

/* In ADDRESS and CONFIGURED.  All endpoints begin anew, also if the number is
 * the one that is set already (USB 2.0 9.1.1.5). */
static enum answer
set_configuration(struct fw_usb *u, const struct setup *s,
    struct fw_usb_turn *turn)
{
	if (s->value > FW_USB_CONFIGURATION || s->index != 0)
		return ANSWER_STALL;
	turn->eps = FW_USB_EPS;
	turn->effect = s->value == FW_USB_CONFIGURATION
	    ? FW_USB_EFFECT_CONFIGURE
	    : FW_USB_EFFECT_DISABLE;
	u->state = s->value == FW_USB_CONFIGURATION ? FW_USB_CONFIGURED
						    : FW_USB_ADDRESS;
	u->halted = 0;
	u->protocol = PROTOCOL_REPORT;
	u->leds = 0;
	return done(u);
}

static enum answer
device_get(struct fw_usb *u, const struct setup *s)
{
	if (s->request == GET_DESCRIPTOR)
		return fw_usb_desc_device(&u->reply, s->value, s->index, u->buf)
		    ? ANSWER_REPLY
		    : ANSWER_STALL;
	if (u->state == FW_USB_DEFAULT || s->value != 0 || s->index != 0)
		return ANSWER_STALL;
	if (s->request == GET_STATUS) /* power from the bus, no wakeup */
		return reply(u, 0, 2);
	if (s->request == GET_CONFIGURATION)
		return reply(u,
		    u->state == FW_USB_CONFIGURED ? FW_USB_CONFIGURATION : 0,
		    1);
	return ANSWER_STALL;
}

static enum answer
device_set(struct fw_usb *u, const struct setup *s, struct fw_usb_turn *turn)
{
	if (s->request == SET_ADDRESS)
		return set_address(u, s);
	if (s->request == SET_CONFIGURATION && u->state != FW_USB_DEFAULT)
		return set_configuration(u, s, turn);
	return ANSWER_STALL; /* features: no wakeup, no test modes */
}

static enum answer
interface_get(struct fw_usb *u, const struct setup *s)
{
	if (s->request == GET_DESCRIPTOR)
		return fw_usb_desc_interface(&u->reply, s->value, s->index)
		    ? ANSWER_REPLY
		    : ANSWER_STALL;
	if (s->value != 0)
		return ANSWER_STALL;
	if (s->request == GET_STATUS)
		return reply(u, 0, 2);
	if (s->request == GET_INTERFACE)
		return reply(u, 0, 1);
	return ANSWER_STALL;
}

/* Each interface has one setting; to choose it resets the toggles. */
static enum answer
interface_set(struct fw_usb *u, const struct setup *s, struct fw_usb_turn *turn)
{
	if (s->request != SET_INTERFACE || s->value != 0)
		return ANSWER_STALL;
	turn->effect = FW_USB_EFFECT_CLEAR;
	turn->eps = endpoints_of(s->index);
	u->halted &= ~turn->eps;
	return done(u);
}

static enum answer
endpoint_get(struct fw_usb *u, const struct setup *s)
{
	unsigned int ep = endpoint(s->index);

	if (s->request != GET_STATUS || s->value != 0 ||
	    (ep == 0 && !is_endpoint_0(s->index)))
		return ANSWER_STALL;
	return reply(u, (u->halted & ep) != 0, 2);
}

static enum answer
endpoint_set(struct fw_usb *u, const struct setup *s, struct fw_usb_turn *turn)
{
	unsigned int ep = endpoint(s->index);

	if (s->value != ENDPOINT_HALT)
		return ANSWER_STALL;
	if (s->request == CLEAR_FEATURE && is_endpoint_0(s->index))
		return done(u);
	if (ep == 0)
		return ANSWER_STALL;
	if (s->request == CLEAR_FEATURE) {
		u->halted &= ~ep;
		turn->effect = FW_USB_EFFECT_CLEAR;
	} else if (s->request == SET_FEATURE) {
		u->halted |= ep;
		turn->effect = FW_USB_EFFECT_HALT;
	} else {
		return ANSWER_STALL;
	}
	turn->eps = ep;
	return done(u);
}

/* Between two reports there is none: the input report is empty. */
static enum answer
hid_get(struct fw_usb *u, const struct setup *s)
{
	bool keyboard = s->index == FW_USB_IF_KEYBOARD;

	if (s->request == HID_GET_REPORT && s->value == REPORT_INPUT)
		return reply(u, 0,
		    keyboard ? FW_USB_KEYBOARD_LEN : FW_USB_PACKET_LEN);
	if (s->request == HID_GET_REPORT && s->value == REPORT_OUTPUT &&
	    keyboard)
		return reply(u, u->leds, LEDS_LEN);
	if (s->request == HID_GET_IDLE && s->value == 0)
		return reply(u, 0, 1);
	if (s->request == HID_GET_PROTOCOL && s->value == 0 && keyboard)
		return reply(u, u->protocol, 1);
	return ANSWER_STALL;
}

static enum answer
hid_set(struct fw_usb *u, const struct setup *s)
{
	bool keyboard = s->index == FW_USB_IF_KEYBOARD;

	if (s->request == HID_SET_REPORT && s->value == REPORT_OUTPUT &&
	    keyboard && s->len == LEDS_LEN)
		return ANSWER_TAKE;
	if (s->len != 0)
		return ANSWER_STALL;
	if (s->request == HID_SET_IDLE && s->value == 0)
		return done(u);
	if (s->request == HID_SET_PROTOCOL && s->value <= PROTOCOL_REPORT &&
	    keyboard) {
		u->protocol = (uint8_t)s->value;
		return done(u);
	}
	return ANSWER_STALL;
}

/* ABORT of slot 0 comes with a message of the same meaning on the bulk pipe,
 * where it is answered (CCID 1.1 5.3.1); no other request is for us. */
static enum answer
ccid_set(struct fw_usb *u, const struct setup *s)
{
	if (s->request != CCID_ABORT || (s->value & 0xff) != 0 || s->len != 0)
		return ANSWER_STALL;
	return done(u);
}

static enum answer
class_request(struct fw_usb *u, const struct setup *s)
{
	if (s->index == FW_USB_IF_CCID)
		return s->to_host ? ANSWER_STALL : ccid_set(u, s);
	return s->to_host ? hid_get(u, s) : hid_set(u, s);
}

static enum answer
request(struct fw_usb *u, const struct setup *s, struct fw_usb_turn *turn)
{
	bool configured = u->state == FW_USB_CONFIGURED;

	/* Nothing takes data from the host but SET_REPORT. */
	if (!s->to_host && s->len != 0 && s->type != TO_CLASS)
		return ANSWER_STALL;
	switch (s->type) {
	case TO_DEVICE:
		return s->to_host ? device_get(u, s) : device_set(u, s, turn);
	case TO_ENDPOINT:
		if (!configured &&
		    (u->state == FW_USB_DEFAULT || !is_endpoint_0(s->index)))
			return ANSWER_STALL;
		return s->to_host ? endpoint_get(u, s)
				  : endpoint_set(u, s, turn);
	case TO_INTERFACE:
		if (!configured || s->index >= FW_USB_IF_CNT)
			return ANSWER_STALL;
		return s->to_host ? interface_get(u, s)
				  : interface_set(u, s, turn);
	case TO_CLASS:
		if (!configured || s->index >= FW_USB_IF_CNT)
			return ANSWER_STALL;
		return class_request(u, s);
	default:
		return ANSWER_STALL;
	}
}

static void
stall(struct fw_usb *u, struct fw_usb_turn *turn)
{
	u->stage = FW_USB_STAGE_STALLED;
	turn->stall = true;
}

static void
send_status(struct fw_usb *u, struct fw_usb_turn *turn)
{
	u->stage = FW_USB_STAGE_STATUS_IN;
	turn->send = true;
}

static void
send_next(struct fw_usb *u, struct fw_usb_turn *turn)
{
	size_t n = u->reply.len;

	if (n > FW_USB_PACKET_LEN)
		n = FW_USB_PACKET_LEN;
	turn->send = true;
	turn->packet = (struct tsw_slice){u->reply.p, n};
	u->reply.p += n;
	u->reply.len -= n;
	if (n < FW_USB_PACKET_LEN)
		u->zlp = false;
}

static void
take_address(struct fw_usb *u, struct fw_usb_turn *turn)
{
	u->addressed = false;
	u->state = u->address == 0 ? FW_USB_DEFAULT : FW_USB_ADDRESS;
	turn->effect = FW_USB_EFFECT_SET_ADDRESS;
	turn->address = u->address;
}

void
fw_usb_reset(struct fw_usb *u)
{
	memset(u, 0, sizeof(*u));
	u->protocol = PROTOCOL_REPORT;
}

struct fw_usb_turn
fw_usb_setup(struct fw_usb *u, const uint8_t setup[FW_USB_SETUP_LEN])
{
	struct fw_usb_turn turn = nothing;
	struct setup s;

	s.type = setup[0] & (FROM_DEVICE - 1);
	s.to_host = (setup[0] & FROM_DEVICE) != 0;
	s.request = setup[1];
	s.value = le16(setup + 2);
	s.index = le16(setup + 4);
	s.len = le16(setup + 6);
	u->addressed = false;
	u->stage = FW_USB_STAGE_IDLE;
	switch (request(u, &s, &turn)) {
	case ANSWER_STALL:
		stall(u, &turn);
		break;
	case ANSWER_TAKE:
		u->stage = FW_USB_STAGE_DATA_OUT;
		turn.recv = true;
		break;
	case ANSWER_REPLY:
		if (s.len == 0) {
			send_status(u, &turn);
			break;
		}
		/* Shorter than asked for: a short packet must say so. */
		u->zlp = u->reply.len < s.len;
		if (u->reply.len > s.len)
			u->reply.len = s.len;
		u->stage = FW_USB_STAGE_DATA_IN;
		turn.recv = true; /* a host may have read enough */
		send_next(u, &turn);
		break;
	}
	return turn;
}

struct fw_usb_turn
fw_usb_sent(struct fw_usb *u)
{
	struct fw_usb_turn turn = nothing;

	if (u->stage == FW_USB_STAGE_DATA_IN) {
		if (u->reply.len > 0 || u->zlp)
			send_next(u, &turn);
		else
			u->stage = FW_USB_STAGE_STATUS_OUT;
	} else if (u->stage == FW_USB_STAGE_STATUS_IN) {
		u->stage = FW_USB_STAGE_IDLE;
		if (u->addressed)
			take_address(u, &turn);
	}
	return turn;
}

struct fw_usb_turn
fw_usb_received(struct fw_usb *u, const uint8_t *data, size_t len)
{
	struct fw_usb_turn turn = nothing;

	switch (u->stage) {
	case FW_USB_STAGE_DATA_OUT:
		if (len != LEDS_LEN) {
			stall(u, &turn);
			break;
		}
		u->leds = data[0];
		send_status(u, &turn);
		break;
	case FW_USB_STAGE_DATA_IN:
	case FW_USB_STAGE_STATUS_OUT:
		if (len != 0)
			stall(u, &turn);
		else
			u->stage = FW_USB_STAGE_IDLE;
		break;
	case FW_USB_STAGE_IDLE:
	case FW_USB_STAGE_STATUS_IN:
	case FW_USB_STAGE_STALLED:
		break; /* not asked for: no endpoint was open for it */
	}
	return turn;
}
