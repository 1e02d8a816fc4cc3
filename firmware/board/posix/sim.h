/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The posix board: the token as a process.  Its USB port is the UNIX sockets
 * DIR/hid and DIR/apdu, its button, LED, plug and clock are behind DIR/control,
 * its flash is the file DIR/flash.  hal.h has no context argument, so the one
 * board there is lives in sim_ globals of each file.
 */
#ifndef SIM_H
#define SIM_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal.h"

#define SIM_HID_CONN_CNT 32
#define SIM_CONTROL_CONN_CNT 8
#define SIM_CARD_FRAME_MAX 65535
#define SIM_POLL_MAX (4 + SIM_HID_CONN_CNT + SIM_CONTROL_CONN_CNT)

/* Sets of descriptors to poll; entries are added in a fixed order and looked
 * at again after poll(). */
struct sim_poll {
	struct pollfd fd[SIM_POLL_MAX];
	nfds_t cnt;
};
void sim_poll_add(struct sim_poll *p, int fd, bool in, bool out);
/* Events of fd after poll(), 0 if it was not in the set. */
short sim_poll_events(const struct sim_poll *p, int fd);

/* Print "touchstone-sim: ..." with the text of errno if it is not 0, remove
 * the sockets and exit with 1. */
_Noreturn void sim_die(const char *what, const char *path);
/* Remove what this process put into DIR. */
void sim_cleanup(void);

/* flash.c: open DIR/flash, creating it erased. */
void sim_flash_open(int dir_fd, const char *path);

/* socket.c: listen on DIR/name; dies on failure. */
int sim_listen(const char *path);
/* Accept one connection, non-blocking; -1 if there is none. */
int sim_accept(int listen_fd);

/* hid.c */
void sim_hid_plug(const char *path);
void sim_hid_unplug(void);
void sim_hid_poll(struct sim_poll *p);
void sim_hid_serve(const struct sim_poll *p);
size_t sim_hid_recv(uint8_t packet[HAL_PACKET_LEN]); /* as hal_recv() */
void sim_hid_send(const uint8_t *report, size_t len);

/* card.c: who uses the card. */
/* Serve it on path, or take it to the vpcd that was chosen. */
void sim_card_plug(const char *path, bool joins_vpcd);
void sim_card_unplug(void);
void sim_card_poll(struct sim_poll *p);
void sim_card_serve(const struct sim_poll *p);
int sim_card_next_ms(int ms); /* or ms, if that is sooner; -1 is never */
/* The exchange ended: the ATR, the answer, or nothing. */
void sim_card_done(bool ok, const uint8_t *p, size_t len);
/* The exchange lasts, and the token does not say why. */
void sim_card_mute(void);

/* reader.c: exchanges with the card, one at a time, over the token's CCID. */
void sim_reader_plug(void); /* forget all */
bool sim_reader_is_idle(void);
void sim_reader_power(bool on);
/* len is 1 to SIM_CARD_FRAME_MAX. */
void sim_reader_transmit(const uint8_t *p, size_t len);
size_t sim_reader_recv(uint8_t packet[HAL_PACKET_LEN]); /* as hal_recv() */
void sim_reader_send(const uint8_t *packet, size_t len);
void sim_reader_tick(void);
int sim_reader_next_ms(void);

/* vpcd.c: the way to a vpcd. */
/* "HOST:PORT" of this machine; false if it is not that. */
bool sim_vpcd_choose(const char *where);
void sim_vpcd_plug(void);
void sim_vpcd_unplug(void);
void sim_vpcd_lost(void);  /* the connection; try again later */
void sim_vpcd_works(void); /* the connection carried a frame */
void sim_vpcd_hurry(int fd);
void sim_vpcd_poll(struct sim_poll *p);
int sim_vpcd_serve(const struct sim_poll *p); /* a connection, or -1 */
int sim_vpcd_next_ms(void);

/* control.c: commands act through sim_ functions of main.c. */
void sim_control_open(const char *path);
void sim_control_close(void);
void sim_control_poll(struct sim_poll *p);
void sim_control_serve(const struct sim_poll *p);

/* output.c: LED, display, keyboard. */
/* "display,led,keyboard" or a part of it; false if it is not that. */
bool sim_output_choose(const char *list);
void sim_output_open(void); /* show it on stdout from now on */
void sim_output_off(void);  /* the power went */
const char *sim_led(void);
const char *sim_display(void); /* its lines with " | " between */
const char *sim_typed(void);   /* since last asked */
bool sim_has_keyboard(void);
void sim_keyboard_send(const uint8_t *report, size_t len);

/* watch.c: counts flashes. */
void sim_watch(bool on); /* the LED goes on or off, as by HAL_LED_ON */
/* Let the clock run until the LED has blinked a code; "none" if it does not. */
const char *sim_blinks(void);

/* noise.c: "good", "stuck", "biased", "locked" or "repeat"; false if it is
 * none of them. */
bool sim_noise_choose(const char *name);

/* image.c: dies if the program cannot be read. */
void sim_image_measure(void);

/* main.c: what the commands do. */
bool sim_is_plugged(void);
void sim_plug(void);
void sim_unplug(void);
bool sim_touch(void); /* false if nothing waits for it */
void sim_button(bool down);
void sim_auto_touch(bool on);
bool sim_is_waiting(void); /* for a touch */
void sim_step(void);	   /* let the token work, once */
void sim_clock_forward(uint64_t ms);
uint64_t sim_real_millis(void); /* which no command moves */
void sim_quit(void);

#endif
