/* SPDX-License-Identifier: BSD-2-Clause */
#include "ccid.h"

#include <string.h>

#include "ccid_msg.h"

#define PROTOCOL_T1 1
/* Section 6.2.3, T=1: ISO 7816-3's defaults, LRC.  Nothing is behind them. */
static const uint8_t parameters[] = {0x11, 0x10, 0x00, 0x4d, 0x00, 0x20, 0x00};

/* ISO 7816-3 and 7816-4 section 8.1: T=1; historical bytes that say: selection
 * by full and partial name, extended lengths. */
static const uint8_t atr[] = {0x3b, 0x85, 0x01, 0x80, 0x73, 0xc0, 0x01, 0x40,
    0xf6};

static const uint8_t sw_wrong_length[] = {0x67, 0x00};

static uint16_t
le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t
le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static void
put_le32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static void
to_idle(struct fw_ccid *c)
{
	tsw_wipe(c->msg, sizeof(c->msg));
	c->state = FW_CCID_IDLE;
	c->waits = false;
	c->skips = false;
	c->extends = false;
}

void
fw_ccid_init(struct fw_ccid *c)
{
	tsw_wipe(c, sizeof(*c));
	c->power_moved = true; /* whatever the card was about is over */
}

static uint8_t
answer_type(uint8_t type)
{
	switch (type) {
	case POWER_ON:
	case XFR_BLOCK:
	case SECURE:
		return DATA_BLOCK;
	case GET_PARAMETERS:
	case RESET_PARAMETERS:
	case SET_PARAMETERS:
		return PARAMETERS;
	case ESCAPE:
		return ESCAPED;
	case SET_DATA_RATE:
		return DATA_RATE;
	default:
		return SLOT_STATUS;
	}
}

static uint8_t
icc_status(const struct fw_ccid *c)
{
	if (c->slot != 0)
		return ICC_ABSENT;
	return c->powered ? ICC_ACTIVE : ICC_INACTIVE;
}

/* Answer the message; last is what its answer has in the header's last byte. */
static void
answer(struct fw_ccid *c, enum error error, uint8_t last, const uint8_t *data,
    size_t len)
{
	uint8_t type = answer_type(c->msg[AT_TYPE]);
	uint8_t *h = c->msg;

	tsw_wipe(c->msg, sizeof(c->msg));
	h[AT_TYPE] = type;
	put_le32(h + AT_LENGTH, (uint32_t)len);
	h[AT_SLOT] = c->slot;
	h[AT_SEQ] = c->seq;
	h[AT_STATUS] = icc_status(c);
	if (error != NO_ERROR) {
		h[AT_STATUS] |= STATUS_FAILED;
		h[AT_ERROR] = (uint8_t)error;
	}
	h[AT_LAST] = last;
	if (len > 0)
		memcpy(h + FW_CCID_HEADER_LEN, data, len);
	c->len = FW_CCID_HEADER_LEN + len;
	c->pos = 0;
	c->waits = false;
	c->extends = false;
	c->state = FW_CCID_SEND;
}

static void
fail(struct fw_ccid *c, int error)
{
	c->chained = false;
	answer(c, (enum error)error, 0, NULL, 0);
}

static void
answer_slot_status(struct fw_ccid *c)
{
	answer(c, NO_ERROR, c->powered ? 0 : CLOCK_STOPPED_LOW, NULL, 0);
}

static void
answer_parameters(struct fw_ccid *c)
{
	if (!c->powered)
		fail(c, ERROR_ICC_MUTE);
	else
		answer(c, NO_ERROR, PROTOCOL_T1, parameters,
		    sizeof(parameters));
}

static void
power(struct fw_ccid *c, bool on)
{
	if (on && c->msg[AT_POWER_SELECT] > POWER_SELECT_MAX) {
		fail(c, AT_POWER_SELECT);
		return;
	}
	c->powered = on;
	c->power_moved = true;
	if (on)
		answer(c, NO_ERROR, 0, atr, sizeof(atr));
	else
		answer_slot_status(c);
}

/* Values are taken from no one: there are no contacts that they would change.
 * Another protocol is refused. */
static void
set_parameters(struct fw_ccid *c)
{
	if (c->msg[AT_PROTOCOL] != PROTOCOL_T1)
		fail(c, AT_PROTOCOL);
	else if (c->data_len != sizeof(parameters))
		fail(c, AT_LENGTH);
	else
		answer_parameters(c);
}

/* A part of a command: none is kept, the card's answer to all is that they are
 * too long for it. */
static void
xfr_part(struct fw_ccid *c, uint16_t level)
{
	if (level == LEVEL_FIRST)
		c->chained = true;
	if (!c->chained || level > LEVEL_MIDDLE) {
		fail(c, AT_LEVEL);
	} else if (level == LEVEL_LAST) {
		c->chained = false;
		answer(c, NO_ERROR, 0, sw_wrong_length,
		    sizeof(sw_wrong_length));
	} else {
		answer(c, NO_ERROR, CHAIN_GO_ON, NULL, 0);
	}
}

static void
xfr_block(struct fw_ccid *c)
{
	uint16_t level = le16(c->msg + AT_LEVEL);

	if (!c->powered) {
		fail(c, ERROR_ICC_MUTE);
	} else if (level != LEVEL_WHOLE) {
		xfr_part(c, level);
	} else if (c->data_len == 0) {
		fail(c, AT_LENGTH);
	} else {
		c->chained = false;
		c->taken = false;
		c->state = FW_CCID_BUSY;
	}
}

/* These have nothing after the header. */
static bool
has_no_data(uint8_t type)
{
	return type == POWER_ON || type == POWER_OFF ||
	    type == GET_SLOT_STATUS || type == GET_PARAMETERS ||
	    type == RESET_PARAMETERS || type == ABORT;
}

static void
complete(struct fw_ccid *c)
{
	uint8_t type = c->msg[AT_TYPE];

	if (type != XFR_BLOCK)
		c->chained = false;
	if (c->slot != 0) {
		fail(c, AT_SLOT);
		return;
	}
	if (has_no_data(type) && c->data_len != 0) {
		fail(c, AT_LENGTH);
		return;
	}
	switch (type) {
	case POWER_ON:
	case POWER_OFF:
		power(c, type == POWER_ON);
		break;
	case GET_SLOT_STATUS:
	case ABORT: /* nothing is under way when a message is looked at */
		answer_slot_status(c);
		break;
	case GET_PARAMETERS:
	case RESET_PARAMETERS:
		answer_parameters(c);
		break;
	case SET_PARAMETERS:
		set_parameters(c);
		break;
	case XFR_BLOCK:
		xfr_block(c);
		break;
	default:
		fail(c, ERROR_NOT_SUPPORTED);
		break;
	}
}

/* n bytes of the message's data; they end the transfer, or more may come. */
static void
append(struct fw_ccid *c, const uint8_t *p, size_t n, bool ends)
{
	if (n > c->left) {
		c->state = FW_CCID_SKIP;
		c->left = UINT32_MAX; /* until the transfer ends */
		n = 0;
	}
	if (c->state == FW_CCID_RECV && n > 0) {
		memcpy(c->msg + c->len, p, n);
		c->len += n;
	}
	c->left -= (uint32_t)n;
	if (c->left == 0 && c->state == FW_CCID_RECV)
		complete(c);
	else if (c->left == 0 || ends)
		fail(c, AT_LENGTH);
}

static void
begin(struct fw_ccid *c, const uint8_t *packet, size_t len)
{
	if (len < FW_CCID_HEADER_LEN)
		return; /* nothing in it says whom to answer */
	memcpy(c->msg, packet, FW_CCID_HEADER_LEN);
	c->len = FW_CCID_HEADER_LEN;
	c->slot = packet[AT_SLOT];
	c->seq = packet[AT_SEQ];
	c->data_len = le32(packet + AT_LENGTH);
	c->left = c->data_len;
	c->state =
	    c->data_len <= FW_CCID_DATA_MAX ? FW_CCID_RECV : FW_CCID_SKIP;
	append(c, packet + FW_CCID_HEADER_LEN, len - FW_CCID_HEADER_LEN,
	    len < FW_CCID_PACKET_LEN);
}

/* While a command waits: these end it. */
static bool
ends_command(const uint8_t *packet)
{
	return packet[AT_SLOT] == 0 &&
	    (packet[AT_TYPE] == ABORT || packet[AT_TYPE] == POWER_ON ||
		packet[AT_TYPE] == POWER_OFF);
}

static void
refuse(struct fw_ccid *c, const uint8_t *packet)
{
	memset(c->aux, 0, sizeof(c->aux));
	c->aux[AT_TYPE] = answer_type(packet[AT_TYPE]);
	c->aux[AT_SLOT] = packet[AT_SLOT];
	c->aux[AT_SEQ] = packet[AT_SEQ];
	c->aux[AT_STATUS] =
	    STATUS_FAILED | (packet[AT_SLOT] == 0 ? icc_status(c) : ICC_ABSENT);
	c->aux[AT_ERROR] =
	    packet[AT_SLOT] == 0 ? ERROR_SLOT_BUSY : (uint8_t)AT_SLOT;
	c->aux_len = sizeof(c->aux);
}

/* A packet while a command waits for a touch. */
static void
rx_waiting(struct fw_ccid *c, const uint8_t *packet, size_t len, uint64_t now)
{
	bool begins = !c->skips || now >= c->skip_until;

	c->skips = len == FW_CCID_PACKET_LEN;
	c->skip_until = now + FW_CCID_PACKET_TIMEOUT_MS;
	if (!begins || len < FW_CCID_HEADER_LEN)
		return;
	if (ends_command(packet)) {
		to_idle(c);
		begin(c, packet, len);
		c->deadline = now + FW_CCID_PACKET_TIMEOUT_MS;
	} else {
		refuse(c, packet);
	}
}

bool
fw_ccid_can_rx(const struct fw_ccid *c)
{
	if (c->state == FW_CCID_BUSY)
		return c->waits && c->aux_len == 0;
	return c->state != FW_CCID_SEND && c->aux_len == 0;
}

void
fw_ccid_rx(struct fw_ccid *c, const uint8_t *packet, size_t len, uint64_t now)
{
	fw_ccid_tick(c, now);
	if (!fw_ccid_can_rx(c))
		return;
	if (c->state == FW_CCID_BUSY) {
		rx_waiting(c, packet, len, now);
		return;
	}
	if (c->state == FW_CCID_IDLE)
		begin(c, packet, len);
	else
		append(c, packet, len, len < FW_CCID_PACKET_LEN);
	c->deadline = now +
	    (c->state == FW_CCID_BUSY ? FW_CCID_EXTEND_MS
				      : FW_CCID_PACKET_TIMEOUT_MS);
}

void
fw_ccid_tick(struct fw_ccid *c, uint64_t now)
{
	if (now < c->deadline)
		return;
	if (c->state == FW_CCID_RECV || c->state == FW_CCID_SKIP)
		to_idle(c);
	if (c->state != FW_CCID_BUSY)
		return;
	c->extends = true;
	c->deadline = now + FW_CCID_EXTEND_MS;
}

size_t
fw_ccid_extension(const struct fw_ccid *c, uint8_t packet[FW_CCID_PACKET_LEN])
{
	memset(packet, 0, FW_CCID_HEADER_LEN);
	packet[AT_TYPE] = DATA_BLOCK;
	packet[AT_SLOT] = c->slot;
	packet[AT_SEQ] = c->seq;
	packet[AT_STATUS] = STATUS_MORE_TIME | icc_status(c);
	packet[AT_ERROR] = MORE_TIME_FACTOR;
	return FW_CCID_HEADER_LEN;
}

/* Next packet of the answer. */
static size_t
tx_msg(struct fw_ccid *c, uint8_t packet[FW_CCID_PACKET_LEN])
{
	size_t n = c->len - c->pos;

	if (n > FW_CCID_PACKET_LEN)
		n = FW_CCID_PACKET_LEN;
	memcpy(packet, c->msg + c->pos, n);
	c->pos += n;
	/* A host that asked for more reads on until a packet is not full. */
	if (n < FW_CCID_PACKET_LEN)
		to_idle(c);
	return n;
}

bool
fw_ccid_tx(struct fw_ccid *c, uint8_t packet[FW_CCID_PACKET_LEN], size_t *len)
{
	if (c->aux_len > 0) {
		memcpy(packet, c->aux, c->aux_len);
		*len = c->aux_len;
		c->aux_len = 0;
		return true;
	}
	if (c->extends) {
		c->extends = false;
		*len = fw_ccid_extension(c, packet);
		return true;
	}
	if (c->state != FW_CCID_SEND)
		return false;
	*len = tx_msg(c, packet);
	return true;
}

bool
fw_ccid_take_power(struct fw_ccid *c)
{
	bool moved = c->power_moved;

	c->power_moved = false;
	return moved;
}

bool
fw_ccid_request(struct fw_ccid *c, struct tsw_slice *command)
{
	if (c->state != FW_CCID_BUSY || c->taken)
		return false;
	c->taken = true;
	command->p = c->msg + FW_CCID_HEADER_LEN;
	command->len = c->len - FW_CCID_HEADER_LEN;
	return true;
}

bool
fw_ccid_wants_reply(const struct fw_ccid *c)
{
	return c->state == FW_CCID_BUSY && c->taken;
}

void
fw_ccid_set_waiting(struct fw_ccid *c, bool waits)
{
	if (fw_ccid_wants_reply(c))
		c->waits = waits;
}

void
fw_ccid_reply(struct fw_ccid *c, const uint8_t *data, size_t len)
{
	if (!fw_ccid_wants_reply(c) || len > FW_CCID_DATA_MAX)
		return;
	answer(c, NO_ERROR, 0, data, len);
}

uint32_t
fw_ccid_next_ms(const struct fw_ccid *c, uint64_t now)
{
	if (c->state == FW_CCID_IDLE || c->state == FW_CCID_SEND)
		return UINT32_MAX;
	return c->deadline <= now ? 0 : (uint32_t)(c->deadline - now);
}
