/* SPDX-License-Identifier: BSD-2-Clause */
#include "tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Signals that would leave the terminal without echo if they took effect. */
static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGPIPE,
    SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};
#define CAUGHT_CNT (sizeof(caught) / sizeof(caught[0]))

/* The signal that came, 0 if none. */
static volatile sig_atomic_t came;

static void
note_signal(int number)
{
	came = number;
}

/* What has to be put back. */
struct saved {
	struct sigaction action[CAUGHT_CNT];
	sigset_t mask;
	struct termios terminal;
};

bool
tty_is_there(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

/* Signals are blocked but while ppoll waits, so that none is missed. */
static void
catch_signals(struct saved *saved)
{
	struct sigaction action;
	sigset_t block;
	size_t i;

	memset(&action, 0, sizeof(action));
	action.sa_handler = note_signal;
	(void)sigemptyset(&block);
	for (i = 0; i < CAUGHT_CNT; i++)
		(void)sigaddset(&block, caught[i]);
	(void)sigprocmask(SIG_BLOCK, &block, &saved->mask);
	for (i = 0; i < CAUGHT_CNT; i++)
		(void)sigaction(caught[i], &action, &saved->action[i]);
}

static void
restore_signals(const struct saved *saved)
{
	size_t i;

	for (i = 0; i < CAUGHT_CNT; i++)
		(void)sigaction(caught[i], &saved->action[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &saved->mask, NULL);
}

/* Take one line byte by byte, so that no byte of it is kept elsewhere. */
static int
read_line(int fd, char *secret, size_t *len, size_t size, const sigset_t *mask)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	bool fits = true;
	size_t n = 0;
	ssize_t got;

	for (;;) {
		if (ppoll(&pfd, 1, NULL, mask) < 0 && errno != EINTR)
			return TS_ERR_NOT_FOUND;
		if (came != 0)
			return TS_ERR_CANCELLED;
		/* The slot of the NUL takes bytes too many, too. */
		got = read(fd, secret + n, 1);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return TS_ERR_NOT_FOUND;
		if (secret[n] == '\n')
			break;
		if (n + 1 < size)
			n++;
		else
			fits = false;
	}
	secret[n] = '\0';
	*len = n;
	return fits ? TS_OK : TS_ERR_ARGUMENT;
}

static int
ask_once(int fd, char *secret, size_t *len, size_t size, const char *prompt)
{
	struct termios quiet;
	struct saved saved;
	int r = TS_ERR_NOT_FOUND;

	came = 0;
	catch_signals(&saved);
	if (tcgetattr(fd, &saved.terminal) != 0)
		goto out;
	quiet = saved.terminal;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	quiet.c_lflag |= ICANON | ISIG;
	if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0)
		goto out;
	if (write(fd, prompt, strlen(prompt)) >= 0)
		r = read_line(fd, secret, len, size, &saved.mask);
	if (write(fd, "\n", 1) < 0 && r == TS_OK)
		r = TS_ERR_NOT_FOUND;
	(void)tcsetattr(fd, TCSAFLUSH, &saved.terminal);
out:
	restore_signals(&saved);
	return r;
}

int
tty_read_secret(char *secret, size_t *len, size_t size, const char *prompt)
{
	int fd, number, r;

	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return TS_ERR_NOT_FOUND;
	do {
		r = ask_once(fd, secret, len, size, prompt);
		number = came;
		if (number != 0)
			(void)raise(number);
	} while (number == SIGTSTP || number == SIGTTIN || number == SIGTTOU);
	(void)close(fd);
	return r;
}
