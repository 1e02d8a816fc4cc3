/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who uses the card: a program on DIR/apdu, or a vpcd.  Both speak in frames,
 * a length of 2 bytes, big-endian, and that many bytes.  A frame of one byte is
 * for the reader (enum control), all others are commands for the card, whose
 * answers are frames as well.
 *
 * phase | what happens
 * ------+---------------------------------------------------------------------
 * FREE  | nobody is there; the card is off
 * READ  | a frame is coming
 * WORK  | the token has it
 * WRITE | its answer goes out
 * LEAVE | the user went; the card is switched off when the token is done
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <touchstone/wire/bytes.h>
#include <unistd.h>

#include "sim.h"

enum control { CONTROL_OFF, CONTROL_ON, CONTROL_RESET, CONTROL_ATR = 4 };
#define LENGTH_LEN 2
#define ATR_MAX 33

/* What the reader was last asked for. */
enum job { JOB_POWER, JOB_READ_ATR, JOB_COMMAND };

static enum { FREE, READ, WORK, WRITE, LEAVE } phase;
static enum job job;
static bool is_vpcd;
static bool card_on;
static const char *listen_path; /* of DIR/apdu */
static int listen_fd = -1;
static int fd = -1; /* the user */
static uint8_t buf[LENGTH_LEN + SIM_CARD_FRAME_MAX];
static size_t buf_len; /* READ: bytes that came; WRITE: of the frame */
static size_t buf_pos; /* WRITE: of them, sent */
static uint8_t atr[ATR_MAX];
static size_t atr_len; /* 0: not known yet */

void
sim_card_plug(const char *path, bool joins_vpcd)
{
	is_vpcd = joins_vpcd;
	listen_path = path;
	sim_reader_plug();
	if (is_vpcd)
		sim_vpcd_plug();
	else
		listen_fd = sim_listen(path);
}

static void
begin_frame(void)
{
	tsw_wipe(buf, buf_len);
	buf_len = buf_pos = 0;
	phase = READ;
}

static void
hang_up(void)
{
	if (fd < 0)
		return;
	(void)close(fd);
	fd = -1;
	tsw_wipe(buf, buf_len);
	buf_len = 0;
	if (is_vpcd)
		sim_vpcd_lost();
}

/* Off, once the token has time for that; then somebody else may come. */
static void
switch_off(void)
{
	if (phase != LEAVE || !sim_reader_is_idle())
		return;
	if (!card_on) {
		phase = FREE;
		return;
	}
	card_on = false;
	job = JOB_POWER;
	sim_reader_power(false);
}

static void
leave(void)
{
	hang_up();
	phase = LEAVE;
	switch_off();
}

void
sim_card_unplug(void)
{
	hang_up();
	if (is_vpcd)
		sim_vpcd_unplug();
	if (listen_fd >= 0) {
		(void)unlink(listen_path);
		(void)close(listen_fd);
	}
	listen_fd = -1;
	sim_reader_plug();
	card_on = false;
	atr_len = 0;
	phase = FREE;
}

static void
write_out(void)
{
	ssize_t n;

	while (phase == WRITE && buf_pos < buf_len) {
		n = send(fd, buf + buf_pos, buf_len - buf_pos,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			leave();
			return;
		}
		buf_pos += (size_t)n;
	}
	if (is_vpcd)
		sim_vpcd_hurry(fd);
	begin_frame();
}

static void
reply(const uint8_t *p, size_t len)
{
	buf[0] = (uint8_t)(len >> 8);
	buf[1] = (uint8_t)len;
	if (len > 0)
		memcpy(buf + LENGTH_LEN, p, len);
	buf_len = LENGTH_LEN + len;
	buf_pos = 0;
	phase = WRITE;
	write_out();
}

static void
power(bool on, enum job why)
{
	card_on = on;
	job = why;
	phase = WORK;
	sim_reader_power(on);
}

static void
run_control(uint8_t control)
{
	switch (control) {
	case CONTROL_OFF:
		power(false, JOB_POWER);
		break;
	case CONTROL_ON:
	case CONTROL_RESET:
		power(true, JOB_POWER);
		break;
	case CONTROL_ATR:
		/* A card says it when it is switched on. */
		if (atr_len > 0)
			reply(atr, atr_len);
		else
			power(true, JOB_READ_ATR);
		break;
	default:
		reply(NULL, 0);
		break;
	}
}

static void
run_frame(void)
{
	if (is_vpcd)
		sim_vpcd_works();
	if (buf_len == LENGTH_LEN + 1) {
		run_control(buf[LENGTH_LEN]);
		return;
	}
	job = JOB_COMMAND;
	phase = WORK;
	sim_reader_transmit(buf + LENGTH_LEN, buf_len - LENGTH_LEN);
	tsw_wipe(buf, buf_len);
}

void
sim_card_done(bool ok, const uint8_t *p, size_t len)
{
	if (job != JOB_COMMAND && ok && len > 0 && len <= ATR_MAX) {
		memcpy(atr, p, len);
		atr_len = len;
	}
	if (phase == LEAVE)
		switch_off();
	else if (job == JOB_COMMAND)
		reply(p, len); /* nothing, if the card is off */
	else if (job == JOB_READ_ATR && card_on)
		power(false, JOB_READ_ATR);
	else if (job == JOB_READ_ATR)
		reply(atr, atr_len);
	else
		begin_frame();
}

void
sim_card_mute(void)
{
	(void)fprintf(stderr,
	    "touchstone-sim: the card neither answers nor asks for time\n");
	if (phase != LEAVE)
		leave();
}

/* Bytes of the frame that are still to come. */
static size_t
missing(void)
{
	size_t len = LENGTH_LEN;

	if (buf_len >= LENGTH_LEN)
		len += (size_t)buf[0] << 8 | buf[1];
	return len - buf_len;
}

static void
read_in(void)
{
	ssize_t n;

	while (phase == READ) {
		n = recv(fd, buf + buf_len, missing(), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > 0)
			buf_len += (size_t)n;
		if (is_vpcd)
			sim_vpcd_hurry(fd);
		/* A frame of no bytes is not one either. */
		if (n <= 0 || (buf_len == LENGTH_LEN && missing() == 0)) {
			leave();
			return;
		}
		if (buf_len > LENGTH_LEN && missing() == 0)
			run_frame();
	}
}

void
sim_card_poll(struct sim_poll *p)
{
	if (fd >= 0)
		sim_poll_add(p, fd, phase == READ, phase == WRITE);
	else if (phase == FREE && is_vpcd)
		sim_vpcd_poll(p);
	else if (phase == FREE)
		sim_poll_add(p, listen_fd, true, false);
}

static void
admit(const struct sim_poll *p)
{
	if (is_vpcd)
		fd = sim_vpcd_serve(p);
	else if (sim_poll_events(p, listen_fd) & POLLIN)
		fd = sim_accept(listen_fd);
	if (fd >= 0)
		begin_frame();
}

void
sim_card_serve(const struct sim_poll *p)
{
	short ev = sim_poll_events(p, fd);

	sim_reader_tick();
	if (fd < 0) {
		if (phase == FREE)
			admit(p);
		return;
	}
	if ((ev & POLLOUT) != 0)
		write_out();
	/* Nobody waits for the answer any more. */
	if (phase == WORK && (ev & (POLLHUP | POLLERR)) != 0)
		leave();
	if (phase == READ && (ev & (POLLIN | POLLHUP | POLLERR)) != 0)
		read_in();
}

static int
sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

int
sim_card_next_ms(int ms)
{
	ms = sooner(ms, sim_reader_next_ms());
	return phase == FREE && is_vpcd ? sooner(ms, sim_vpcd_next_ms()) : ms;
}
