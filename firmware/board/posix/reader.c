/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The computer's side of the token's smartcard reader: one exchange with the
 * card becomes messages of CCID 1.1, as a driver sends them, and these become
 * packets.  It is a host that trusts the token to keep to the standard; one
 * that does not is a fault to be found, and ends the simulator.
 */
#include <errno.h>
#include <string.h>
#include <touchstone/wire/bytes.h>

#include "sim.h"
#include "usb_desc.h"

/* bMessageType. */
enum {
	POWER_ON = 0x62,
	POWER_OFF = 0x63,
	XFR_BLOCK = 0x6f,
	DATA_BLOCK = 0x80,
	SLOT_STATUS = 0x81
};

/* Places in a header. */
enum {
	AT_TYPE = 0,
	AT_LENGTH = 1,
	AT_SEQ = 6,
	AT_STATUS = 7, /* of an answer */
	AT_LEVEL = 8,  /* of a command */
	AT_CHAIN = 9,  /* of an answer */
	HEADER_LEN = 10
};

/* bmCommandStatus in bStatus. */
enum {
	STATUS_MASK = 0xc0,
	STATUS_DONE = 0x00,
	STATUS_FAILED = 0x40,
	STATUS_MORE_TIME = 0x80
};

/* wLevelParameter and bChainParameter. */
enum {
	WHOLE = 0x00,
	FIRST = 0x01,
	LAST = 0x02,
	MIDDLE = 0x03,
	GO_ON = 0x10 /* nothing; the next part, please */
};

#define MESSAGE_MAX FW_USB_CCID_MESSAGE_MAX
#define PART_MAX (MESSAGE_MAX - HEADER_LEN)
/* How long drivers wait for a card that does not ask for more time. */
#define SILENCE_MS 3000

static enum { IDLE, BUSY, MUTE } state;
static uint8_t seq;
static uint8_t command[SIM_CARD_FRAME_MAX];
static size_t command_len, command_pos;
static uint8_t out[MESSAGE_MAX]; /* message to the token */
static size_t out_len, out_pos;
static uint8_t in[MESSAGE_MAX]; /* its answer */
static size_t in_len;
static uint8_t answer[SIM_CARD_FRAME_MAX];
static size_t answer_len;
static uint64_t heard_at;

static _Noreturn void
nonsense(const char *what)
{
	errno = 0;
	sim_die(what, "the token's smartcard reader");
}

static void
forget(void)
{
	tsw_wipe(command, command_len);
	tsw_wipe(out, sizeof(out));
	tsw_wipe(in, sizeof(in));
	tsw_wipe(answer, answer_len);
	command_len = command_pos = 0;
	out_len = out_pos = 0;
	in_len = 0;
	answer_len = 0;
	state = IDLE;
}

void
sim_reader_plug(void)
{
	forget();
	seq = 0;
}

bool
sim_reader_is_idle(void)
{
	return state == IDLE;
}

static void
post(uint8_t type, uint8_t level, const uint8_t *data, size_t len)
{
	memset(out, 0, HEADER_LEN);
	out[AT_TYPE] = type;
	out[AT_LENGTH] = (uint8_t)len;
	out[AT_LENGTH + 1] = (uint8_t)(len >> 8);
	out[AT_SEQ] = ++seq;
	out[AT_LEVEL] = level;
	if (len > 0)
		memcpy(out + HEADER_LEN, data, len);
	out_len = HEADER_LEN + len;
	out_pos = 0;
	heard_at = sim_real_millis();
	if (state == IDLE)
		state = BUSY;
}

void
sim_reader_power(bool on)
{
	post(on ? POWER_ON : POWER_OFF, WHOLE, NULL, 0);
}

/* The next part of the command. */
static void
post_part(void)
{
	size_t left = command_len - command_pos;
	size_t n = left < PART_MAX ? left : PART_MAX;
	uint8_t level = command_pos == 0 ? FIRST : MIDDLE;

	if (n == left)
		level = command_pos == 0 ? WHOLE : LAST;
	post(XFR_BLOCK, level, command + command_pos, n);
	command_pos += n;
}

void
sim_reader_transmit(const uint8_t *p, size_t len)
{
	memcpy(command, p, len);
	command_len = len;
	command_pos = 0;
	post_part();
}

static void
done(bool ok)
{
	static uint8_t copy[SIM_CARD_FRAME_MAX];
	size_t len = answer_len;

	memcpy(copy, answer, len);
	forget(); /* what comes now may begin the next exchange */
	sim_card_done(ok, copy, len);
	tsw_wipe(copy, len);
}

/* A part of the card's answer. */
static void
take_part(uint8_t chain, const uint8_t *data, size_t len)
{
	if (chain == GO_ON) {
		if (command_pos == command_len || len > 0)
			nonsense("it wants more of a command that ended");
		post_part();
		return;
	}
	if (command_pos != command_len)
		nonsense("it answers half a command");
	if (chain > MIDDLE)
		nonsense("an answer is chained in no known way");
	if ((chain == LAST || chain == MIDDLE) != (answer_len > 0))
		nonsense("the parts of an answer are out of order");
	if (len > sizeof(answer) - answer_len)
		nonsense("an answer is too long");
	memcpy(answer + answer_len, data, len);
	answer_len += len;
	if (chain == FIRST || chain == MIDDLE)
		post(XFR_BLOCK, GO_ON, NULL, 0);
	else
		done(true);
}

static void
take_message(void)
{
	uint8_t want = out[AT_TYPE] == POWER_OFF ? SLOT_STATUS : DATA_BLOCK;
	size_t len = in_len;

	in_len = 0;
	if (len < HEADER_LEN || in[AT_TYPE] != want || in[AT_SEQ] != seq ||
	    in[AT_LENGTH] != (uint8_t)(len - HEADER_LEN) ||
	    in[AT_LENGTH + 1] != (uint8_t)((len - HEADER_LEN) >> 8))
		nonsense("this is no answer to what it was asked");
	heard_at = sim_real_millis();
	switch (in[AT_STATUS] & STATUS_MASK) {
	case STATUS_MORE_TIME:
		break;
	case STATUS_DONE:
		take_part(want == DATA_BLOCK ? in[AT_CHAIN] : WHOLE,
		    in + HEADER_LEN, len - HEADER_LEN);
		break;
	case STATUS_FAILED:
		answer_len = 0;
		done(false);
		break;
	default:
		nonsense("a status is none");
	}
}

size_t
sim_reader_recv(uint8_t packet[HAL_PACKET_LEN])
{
	size_t n = out_len - out_pos;

	if (n > HAL_PACKET_LEN)
		n = HAL_PACKET_LEN;
	memcpy(packet, out + out_pos, n);
	out_pos += n;
	return n;
}

void
sim_reader_send(const uint8_t *packet, size_t len)
{
	if (state == IDLE || out_pos != out_len)
		nonsense("it talks unasked");
	if (len > sizeof(in) - in_len)
		nonsense("a message is too long");
	memcpy(in + in_len, packet, len);
	in_len += len;
	/* A transfer ends with a packet that is not full. */
	if (len < HAL_PACKET_LEN)
		take_message();
}

/* A driver gives up.  The token may still answer: until then nothing else is
 * sent to it. */
void
sim_reader_tick(void)
{
	if (state != BUSY || sim_real_millis() - heard_at < SILENCE_MS)
		return;
	state = MUTE;
	sim_card_mute();
}

int
sim_reader_next_ms(void)
{
	uint64_t ms = sim_real_millis() - heard_at;

	if (state != BUSY)
		return -1;
	return ms < SILENCE_MS ? (int)(SILENCE_MS - ms) : 0;
}
