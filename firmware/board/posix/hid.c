/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The HID endpoints as a stream socket.  Connections are like several opens of
 * one hidraw node: each report the token sends goes to all of them, reports
 * from any of them reach the token in the order they came.  Who does not read
 * is cut off before it can hold up the others.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim.h"

#define LEN HAL_HID_REPORT_LEN
#define IN_CNT 64	     /* reports on their way to the token */
#define OUT_MAX (LEN * 1024) /* about seven of the longest messages */

struct conn {
	int fd; /* -1: free */
	size_t in_len;
	uint8_t in[LEN];
	size_t out_len;
	uint8_t out[OUT_MAX];
};

static int listen_fd = -1;
static const char *listen_path;
static struct conn conn[SIM_HID_CONN_CNT];
static uint8_t in[IN_CNT][LEN];
static size_t in_first, in_cnt;

static void
conn_close(struct conn *cn)
{
	if (cn->fd >= 0)
		(void)close(cn->fd);
	cn->fd = -1;
	cn->in_len = 0;
	cn->out_len = 0;
}

void
sim_hid_plug(const char *path)
{
	size_t i;

	for (i = 0; i < SIM_HID_CONN_CNT; i++)
		conn[i].fd = -1;
	in_cnt = 0;
	listen_path = path;
	listen_fd = sim_listen(path);
}

void
sim_hid_unplug(void)
{
	size_t i;

	if (listen_fd < 0)
		return;
	(void)unlink(listen_path);
	(void)close(listen_fd);
	listen_fd = -1;
	for (i = 0; i < SIM_HID_CONN_CNT; i++)
		conn_close(&conn[i]);
	in_cnt = 0;
}

void
sim_hid_poll(struct sim_poll *p)
{
	size_t i;

	if (listen_fd < 0)
		return;
	sim_poll_add(p, listen_fd, true, false);
	for (i = 0; i < SIM_HID_CONN_CNT; i++)
		sim_poll_add(p, conn[i].fd, in_cnt<IN_CNT, conn[i].out_len> 0);
}

static void
accept_all(void)
{
	size_t i;
	int fd;

	while ((fd = sim_accept(listen_fd)) >= 0) {
		for (i = 0; i < SIM_HID_CONN_CNT && conn[i].fd >= 0; i++)
			;
		if (i == SIM_HID_CONN_CNT) {
			(void)close(fd);
			continue;
		}
		conn[i].fd = fd;
	}
}

static void
conn_read(struct conn *cn)
{
	ssize_t n;

	while (in_cnt < IN_CNT) {
		n = recv(cn->fd, cn->in + cn->in_len, LEN - cn->in_len, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			conn_close(cn);
			return;
		}
		cn->in_len += (size_t)n;
		if (cn->in_len < LEN)
			continue;
		memcpy(in[(in_first + in_cnt) % IN_CNT], cn->in, LEN);
		in_cnt++;
		cn->in_len = 0;
	}
}

static void
conn_write(struct conn *cn)
{
	ssize_t n;

	while (cn->out_len > 0) {
		n = send(cn->fd, cn->out, cn->out_len, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			conn_close(cn);
			return;
		}
		cn->out_len -= (size_t)n;
		memmove(cn->out, cn->out + n, cn->out_len);
	}
}

void
sim_hid_serve(const struct sim_poll *p)
{
	short ev;
	size_t i;

	for (i = 0; i < SIM_HID_CONN_CNT; i++) {
		ev = sim_poll_events(p, conn[i].fd);
		if ((ev & POLLOUT) != 0)
			conn_write(&conn[i]);
		if (conn[i].fd >= 0 && (ev & (POLLIN | POLLHUP | POLLERR)))
			conn_read(&conn[i]);
	}
	if (sim_poll_events(p, listen_fd) & POLLIN)
		accept_all();
}

size_t
sim_hid_recv(uint8_t packet[LEN])
{
	if (in_cnt == 0)
		return 0;
	memcpy(packet, in[in_first], LEN);
	in_first = (in_first + 1) % IN_CNT;
	in_cnt--;
	return LEN;
}

void
sim_hid_send(const uint8_t *report, size_t len)
{
	struct conn *cn;
	size_t i;

	if (len != LEN)
		return;
	for (i = 0; i < SIM_HID_CONN_CNT; i++) {
		cn = &conn[i];
		if (cn->fd < 0)
			continue;
		if (cn->out_len > OUT_MAX - LEN) {
			conn_close(cn);
			continue;
		}
		memcpy(cn->out + cn->out_len, report, LEN);
		cn->out_len += LEN;
		conn_write(cn);
	}
}
