/* SPDX-License-Identifier: BSD-2-Clause */
/* DIR/control: one command a line, one line in reply. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim.h"

#define LINE_MAX_LEN 128
#define CLOCK_MAX_S 1000000 /* about eleven days in one step */

struct conn {
	int fd;		 /* -1: free */
	bool wait_touch; /* its reply comes when the token waits for a touch */
	size_t len;
	char line[LINE_MAX_LEN];
};

static int listen_fd = -1;
static const char *listen_path;
static struct conn conn[SIM_CONTROL_CONN_CNT];

static void
conn_close(struct conn *cn)
{
	if (cn->fd >= 0)
		(void)close(cn->fd);
	cn->fd = -1;
	cn->len = 0;
	cn->wait_touch = false;
}

void
sim_control_open(const char *path)
{
	size_t i;

	for (i = 0; i < SIM_CONTROL_CONN_CNT; i++)
		conn[i].fd = -1;
	listen_path = path;
	listen_fd = sim_listen(path);
}

void
sim_control_close(void)
{
	size_t i;

	if (listen_fd < 0)
		return;
	(void)unlink(listen_path);
	(void)close(listen_fd);
	listen_fd = -1;
	for (i = 0; i < SIM_CONTROL_CONN_CNT; i++)
		conn_close(&conn[i]);
}

static void
reply(struct conn *cn, const char *text)
{
	char buf[LINE_MAX_LEN];
	int len = snprintf(buf, sizeof(buf), "%s\n", text);

	/* A socket that does not take one line is not read by anybody. */
	if (send(cn->fd, buf, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) != len)
		conn_close(cn);
}

/* "+SECONDS" or "+SECONDS.mmm" as milliseconds; false if it is not that. */
static bool
parse_seconds(uint64_t *ms, const char *s)
{
	uint64_t v = 0, scale = 100;

	if (*s++ != '+' || *s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (uint64_t)(*s - '0');
		if (v > CLOCK_MAX_S)
			return false;
	}
	v *= 1000;
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9' && scale > 0; s++) {
			v += (uint64_t)(*s - '0') * scale;
			scale /= 10;
		}
	*ms = v;
	return *s == '\0';
}

static const char *
do_touch(void)
{
	return sim_touch() ? "ok" : "idle";
}

static const char *
do_auto_on(void)
{
	sim_auto_touch(true);
	return "ok";
}

static const char *
do_auto_off(void)
{
	sim_auto_touch(false);
	return "ok";
}

static const char *
do_hold(void)
{
	sim_button(true);
	return "ok";
}

static const char *
do_release(void)
{
	sim_button(false);
	return "ok";
}

static const char *
do_unplug(void)
{
	if (!sim_is_plugged())
		return "error: not plugged in";
	sim_unplug();
	return "ok";
}

static const char *
do_plug(void)
{
	if (sim_is_plugged())
		return "error: already plugged in";
	sim_plug();
	return "ok";
}

static const char *
do_power_cycle(void)
{
	sim_unplug();
	sim_plug();
	return "ok";
}

static const char *
do_quit(void)
{
	sim_quit();
	return "ok";
}

static const struct {
	const char *name;
	const char *(*run)(void);
} command[] = {
    {"touch", do_touch},
    {"auto-touch on", do_auto_on},
    {"auto-touch off", do_auto_off},
    {"unplug", do_unplug},
    {"plug", do_plug},
    {"power-cycle", do_power_cycle},
    {"hold", do_hold},
    {"release", do_release},
    {"led", sim_led},
    {"display", sim_display},
    {"blinks", sim_blinks},
    {"keyboard", sim_typed},
    {"quit", do_quit},
};

static void
run_line(struct conn *cn, const char *line)
{
	uint64_t ms;
	size_t i;

	for (i = 0; i < sizeof(command) / sizeof(command[0]); i++)
		if (strcmp(line, command[i].name) == 0) {
			reply(cn, command[i].run());
			return;
		}
	if (strcmp(line, "wait-touch") == 0) {
		cn->wait_touch = true;
		return;
	}
	if (strncmp(line, "clock ", 6) == 0 && parse_seconds(&ms, line + 6)) {
		sim_clock_forward(ms);
		reply(cn, "ok");
		return;
	}
	if (strncmp(line, "entropy ", 8) == 0 && sim_noise_choose(line + 8)) {
		reply(cn, "ok");
		return;
	}
	reply(cn, "error: unknown command");
}

/* Run the lines that are complete; later ones wait for a deferred reply. */
static void
run_lines(struct conn *cn)
{
	char line[LINE_MAX_LEN];
	char *end;
	size_t len;

	while (cn->fd >= 0 && !cn->wait_touch &&
	    (end = memchr(cn->line, '\n', cn->len)) != NULL) {
		len = (size_t)(end - cn->line);
		memcpy(line, cn->line, len);
		line[len] = '\0';
		cn->len -= len + 1;
		memmove(cn->line, end + 1, cn->len);
		run_line(cn, line);
	}
	if (cn->fd >= 0 && cn->len == sizeof(cn->line) &&
	    memchr(cn->line, '\n', cn->len) == NULL) {
		reply(cn, "error: line too long");
		conn_close(cn);
	}
}

static void
conn_read(struct conn *cn)
{
	ssize_t n = recv(cn->fd, cn->line + cn->len, sizeof(cn->line) - cn->len,
	    MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_close(cn);
		return;
	}
	cn->len += (size_t)n;
	run_lines(cn);
}

void
sim_control_poll(struct sim_poll *p)
{
	size_t i;

	sim_poll_add(p, listen_fd, true, false);
	for (i = 0; i < SIM_CONTROL_CONN_CNT; i++)
		sim_poll_add(p, conn[i].fd, conn[i].len < sizeof(conn[i].line),
		    false);
}

static void
accept_all(void)
{
	size_t i;
	int fd;

	while ((fd = sim_accept(listen_fd)) >= 0) {
		for (i = 0; i < SIM_CONTROL_CONN_CNT && conn[i].fd >= 0; i++)
			;
		if (i == SIM_CONTROL_CONN_CNT) {
			(void)close(fd);
			continue;
		}
		conn[i].fd = fd;
	}
}

void
sim_control_serve(const struct sim_poll *p)
{
	struct conn *cn;
	size_t i;

	for (i = 0; i < SIM_CONTROL_CONN_CNT; i++) {
		cn = &conn[i];
		if (sim_poll_events(p, cn->fd) != 0)
			conn_read(cn);
		if (cn->wait_touch && sim_is_waiting()) {
			cn->wait_touch = false;
			reply(cn, "ok");
			run_lines(cn);
		}
	}
	if (sim_poll_events(p, listen_fd) & POLLIN)
		accept_all();
}
