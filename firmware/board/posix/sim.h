/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The posix board: the token as a process.  Its USB port is the UNIX socket
 * DIR/hid, its button, LED, plug and clock are behind DIR/control, its flash
 * is the file DIR/flash.  hal.h has no context argument, so the one board
 * there is lives in sim_ globals of each file.
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
#define SIM_POLL_MAX (3 + SIM_HID_CONN_CNT + SIM_CONTROL_CONN_CNT)

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

/* control.c: commands act through sim_ functions of main.c. */
void sim_control_open(const char *path);
void sim_control_close(void);
void sim_control_poll(struct sim_poll *p);
void sim_control_serve(const struct sim_poll *p);

/* main.c: what the commands do. */
bool sim_is_plugged(void);
void sim_plug(void);
void sim_unplug(void);
bool sim_touch(void); /* false if nothing waits for it */
void sim_auto_touch(bool on);
bool sim_is_waiting(void); /* for a touch */
const char *sim_led(void);
void sim_clock_forward(uint64_t ms);
void sim_quit(void);

#endif
