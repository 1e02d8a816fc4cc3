/* SPDX-License-Identifier: BSD-2-Clause */
/* touchstone-sim: options, the event loop, and the rest of the board. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"
#include "token.h"

static struct fw_token token;
static enum fw_profile profile = FW_PROFILE_FULL;
static bool plugged;
static bool quit;
static bool auto_touch;
static bool button;
static uint64_t clock_offset; /* milliseconds */
static bool joins_vpcd;
static char *hid_path, *apdu_path, *control_path, *flash_path;

void
sim_cleanup(void)
{
	sim_hid_unplug();
	sim_card_unplug();
	sim_control_close();
}

void
sim_die(const char *what, const char *path)
{
	int err = errno;

	(void)fprintf(stderr, "touchstone-sim: %s: %s%s%s\n", path, what,
	    err != 0 ? ": " : "", err != 0 ? strerror(err) : "");
	sim_cleanup();
	exit(EXIT_FAILURE);
}

uint64_t
sim_real_millis(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t
hal_millis(void)
{
	return sim_real_millis() + clock_offset;
}

/* A long touch has begun. */
static bool
is_held(void)
{
	return token.button_down && fw_token_wants_long_touch(&token);
}

bool
hal_button(void)
{
	/* Automatic touch: up until that was noticed, then down for as long as
	 * is asked. */
	if (auto_touch && !is_held())
		button = token.button_armed && !button;
	return button;
}

void
hal_halt(enum hal_fault fault)
{
	const char *what = "the token contradicts itself";

	errno = 0;
	switch (fault) {
	case HAL_FAULT_STORE_CORRUPT:
		what = "the flash image is damaged; it was left as it is";
		break;
	case HAL_FAULT_STORE_SIZE:
		what = "the flash is too small";
		break;
	case HAL_FAULT_BUG:
		break;
	}
	sim_die(what, flash_path);
}

bool
sim_is_plugged(void)
{
	return plugged;
}

void
sim_plug(void)
{
	fw_token_init(&token, profile);
	sim_hid_plug(hid_path);
	sim_card_plug(apdu_path, joins_vpcd);
	plugged = true;
}

void
sim_unplug(void)
{
	if (!plugged)
		return;
	plugged = false;
	sim_hid_unplug();
	sim_card_unplug();
	explicit_bzero(&token, sizeof(token));
	sim_output_off();
}

bool
sim_is_waiting(void)
{
	return plugged && fw_ctap2_is_waiting(&token.ctap2);
}

/* The token waits until the button has been up for a while. */
static bool
is_settling(void)
{
	return sim_is_waiting() && !token.button_armed;
}

bool
sim_touch(void)
{
	if (!sim_is_waiting())
		return false;
	if (is_settling()) {
		sim_clock_forward(FW_TOKEN_SETTLE_MS);
		sim_step();
	}
	button = true;
	sim_step();
	if (is_held()) {
		sim_clock_forward(FW_TOKEN_LONG_TOUCH_MS);
		sim_step();
	}
	button = false;
	return true;
}

void
sim_button(bool down)
{
	auto_touch = false;
	button = down;
}

void
sim_auto_touch(bool on)
{
	auto_touch = on;
	button = false;
}

void
sim_step(void)
{
	if (plugged)
		(void)fw_token_step(&token);
}

void
sim_clock_forward(uint64_t ms)
{
	clock_offset += ms;
}

void
sim_quit(void)
{
	quit = true;
}

/* Let the token work until it waits for something; poll timeout in ms. */
static int
step(void)
{
	uint32_t ms = UINT32_MAX;
	int i;

	/* A few rounds, then look at the sockets again. */
	for (i = 0; plugged && i < 16; i++) {
		ms = fw_token_step(&token);
		if (auto_touch && is_held())
			sim_clock_forward(FW_TOKEN_LONG_TOUCH_MS);
		if (auto_touch && is_settling())
			sim_clock_forward(FW_TOKEN_SETTLE_MS);
		if (ms > 0 && !(auto_touch && sim_is_waiting()))
			break;
	}
	if (auto_touch && sim_is_waiting())
		return 0;
	return ms > INT32_MAX ? -1 : (int)ms;
}

static void
loop(int signal_fd)
{
	struct signalfd_siginfo info;
	struct sim_poll p;
	int timeout;

	while (!quit) {
		timeout = sim_card_next_ms(step());
		p.cnt = 0;
		sim_poll_add(&p, signal_fd, true, false);
		sim_hid_poll(&p);
		sim_card_poll(&p);
		sim_control_poll(&p);
		if (poll(p.fd, p.cnt, timeout) < 0 && errno != EINTR)
			sim_die("poll", "kernel");
		if (sim_poll_events(&p, signal_fd) != 0 &&
		    read(signal_fd, &info, sizeof(info)) > 0)
			quit = true;
		sim_hid_serve(&p);
		sim_card_serve(&p);
		/* What came before a control command is done before it. */
		(void)step();
		sim_control_serve(&p);
	}
}

static char *
join(const char *dir, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		sim_die("no memory", dir);
	return path;
}

/* DIR, made if it is missing, and ours alone. */
static int
open_dir(const char *dir)
{
	int fd;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		sim_die("cannot create", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		sim_die("cannot open", dir);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		errno = 0;
		sim_die("another simulator uses this folder", dir);
	}
	return fd;
}

static int
block_signals(void)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN); /* nobody reads stdout: no matter */
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		sim_die("signalfd", "kernel");
	return fd;
}

/*
 * Go on in a child.  The parent ends when the child says that it is ready, or
 * fails when the child does.  Returns where to say so.
 */
static int
to_background(void)
{
	int pipe_fd[2];
	pid_t pid;
	char c;

	if (pipe2(pipe_fd, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		sim_die("fork", "kernel");
	if (pid > 0) {
		(void)close(pipe_fd[1]);
		if (read(pipe_fd[0], &c, 1) != 1)
			_exit(EXIT_FAILURE);
		_exit(EXIT_SUCCESS);
	}
	(void)close(pipe_fd[0]);
	(void)setsid();
	return pipe_fd[1];
}

static void
say_ready(int ready_fd)
{
	int null_fd;

	(void)printf("touchstone-sim: ready\n");
	(void)fflush(stdout);
	if (ready_fd < 0)
		return;
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(null_fd, 1) < 0 ||
	    dup2(null_fd, 2) < 0 || write(ready_fd, "", 1) != 1)
		sim_die("cannot go to the background", "kernel");
	(void)close(null_fd);
	(void)close(ready_fd);
}

static const char usage[] =
    "usage: touchstone-sim --dir DIR [--foreground] [--fido-only]\n"
    "           [--outputs LIST] [--vpcd HOST:PORT]\n"
    "\n"
    "A FIDO2 token as a process, for tests and for trying things out.\n"
    "\n"
    "  --dir DIR      where the token lives; made if missing\n"
    "  --foreground   stay in the foreground and show the token\n"
    "  --fido-only    without the statement applet, as other tokens are\n"
    "  --outputs LIST what it can show codes with, of display,led,keyboard;\n"
    "                 all if not given\n"
    "  --vpcd HOST:PORT\n"
    "                 be the card of a vpcd on this machine, not DIR/apdu\n"
    "  --help         print this text\n"
    "  --version      print the version\n"
    "\n"
    "DIR/hid      64-byte HID reports, both ways\n"
    "DIR/apdu     the token as a smartcard: frames of 2 bytes of length, and "
    "a\n"
    "             command or its answer\n"
    "DIR/flash    what the token keeps\n"
    "DIR/control  one command a line, one line in reply:\n"
    "  touch               touch the token, as long as it asks; \"idle\" if\n"
    "                      it does not wait\n"
    "  hold, release       press the button, let it go\n"
    "  wait-touch          reply when the token waits for a touch\n"
    "  auto-touch on|off   touch whenever it waits\n"
    "  unplug, plug        pull the token out, put it back in\n"
    "  power-cycle         both\n"
    "  led                 what the LED shows: off, idle, busy, wink,\n"
    "                      touch-register, touch-login, touch-select,\n"
    "                      touch-reset, touch-keys, touch-tokens,\n"
    "                      touch-confirm, touch-device, on, fault-entropy,\n"
    "                      fault-store\n"
    "  display             what the display shows, lines split by \" | \"\n"
    "  blinks              move the clock until the LED has blinked a code,\n"
    "                      and say its digits; \"none\" if it blinks none\n"
    "  keyboard            what the token typed since last asked\n"
    "  clock +SECONDS      move the token's clock forward\n"
    "  entropy KIND        be a noise source that is good, stuck, biased,\n"
    "                      locked or repeat\n"
    "  quit                end the simulator\n";

struct options {
	const char *dir;
	bool foreground;
};

static _Noreturn void
wrong_option(const char *why)
{
	(void)fprintf(stderr, "touchstone-sim: %s\n", why);
	exit(2);
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	static const struct option option[] = {
	    {"dir", required_argument, NULL, 'd'},
	    {"foreground", no_argument, NULL, 'f'},
	    {"fido-only", no_argument, NULL, 'F'},
	    {"outputs", required_argument, NULL, 'o'},
	    {"vpcd", required_argument, NULL, 'v'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", option, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->dir = optarg;
			break;
		case 'f':
			o->foreground = true;
			break;
		case 'F':
			profile = FW_PROFILE_FIDO_ONLY;
			break;
		case 'o':
			if (sim_output_choose(optarg))
				break;
			wrong_option("--outputs takes some of "
				     "display,led,keyboard");
		case 'v':
			joins_vpcd = sim_vpcd_choose(optarg);
			if (joins_vpcd)
				break;
			wrong_option("--vpcd takes HOST:PORT, where HOST is "
				     "localhost, 127.0.0.1 or [::1]");
		case 'h':
			(void)fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		case 'V':
			(void)puts("touchstone-sim " SIM_VERSION);
			exit(EXIT_SUCCESS);
		default:
			exit(2);
		}
	}
	if (o->dir == NULL || optind != argc) {
		(void)fputs(usage, stderr);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	struct options o = {NULL, false};
	int dir_fd, signal_fd, ready_fd = -1;

	parse_options(&o, argc, argv);
	(void)umask(077);
	hid_path = join(o.dir, "hid");
	apdu_path = join(o.dir, "apdu");
	control_path = join(o.dir, "control");
	flash_path = join(o.dir, "flash");
	if (!o.foreground)
		ready_fd = to_background();
	signal_fd = block_signals();
	dir_fd = open_dir(o.dir);
	sim_image_measure();
	sim_flash_open(dir_fd, flash_path);
	sim_plug();
	sim_control_open(control_path);
	say_ready(ready_fd);
	if (o.foreground)
		sim_output_open();
	loop(signal_fd);
	sim_unplug();
	sim_cleanup();
	free(hid_path);
	free(apdu_path);
	free(control_path);
	free(flash_path);
	return EXIT_SUCCESS;
}
