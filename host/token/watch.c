/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/watch.h"

#include "token/control.h"
#include "token/pcsc_watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAUSE_MIN_MS 100 /* before pcscd is looked for again */
#define PAUSE_MAX_MS 2000

/* How the process with the connection ends. */
enum eye {
	EYE_LOST = 10, /* there was a connection */
	EYE_ABSENT = 11,
	EYE_REFUSED = 12
};

static bool
is_same_reader(const struct ts_token_reader *a, const struct ts_token_reader *b)
{
	return strcmp(a->name, b->name) == 0 && a->present == b->present &&
	    a->exclusive == b->exclusive && a->mute == b->mute &&
	    a->events == b->events && a->atr_len == b->atr_len &&
	    memcmp(a->atr, b->atr, a->atr_len) == 0;
}

static bool
is_same(const struct ts_token_readers *a, const struct ts_token_readers *b)
{
	uint8_t i;

	if (a->state != b->state || a->cnt != b->cnt)
		return false;
	for (i = 0; i < a->cnt; i++) {
		if (!is_same_reader(&a->reader[i], &b->reader[i]))
			return false;
	}
	return true;
}

/* The process with the connection: tell what changes until it breaks. */
static enum eye
look(struct ts_control *control)
{
	static struct ts_token_readers last, now;
	struct ts_pcsc_watch *watch = NULL;
	bool told = false;
	int r;

	r = ts_pcsc_watch_new(&watch);
	if (r != TS_OK)
		return r == TS_ERR_PCSCD_ACCESS ? EYE_REFUSED : EYE_ABSENT;
	if (ts_sandbox_enter(TS_SANDBOX_CARD) != TS_OK)
		return EYE_LOST;
	for (;;) {
		r = ts_pcsc_watch_next(watch, &now);
		if (r != TS_OK)
			return EYE_LOST;
		if (told && is_same(&now, &last))
			continue;
		if (ts_control_readers(control, &now) != TS_OK)
			return EYE_LOST;
		last = now;
		told = true;
	}
}

static pid_t
start_eye(struct ts_control *control)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(EYE_LOST);
	_exit((int)look(control));
}

/* Until the other end has gone, ms are over, or the process pidfd has. */
static bool
is_over(const struct ts_control *control, int pidfd, int ms)
{
	struct pollfd p[2] = {{.fd = control->fd, .events = POLLIN},
	    {.fd = pidfd, .events = POLLIN}};

	while (poll(p, 2, ms) < 0 && errno == EINTR)
		;
	/* There is nothing to say to us, so whatever it is: stop. */
	return p[0].revents != 0;
}

/* Wait for the process to end; false if we are to end ourselves. */
static bool
mind_eye(const struct ts_control *control, pid_t pid, enum eye *how)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0U);
	bool over = pidfd < 0 || is_over(control, pidfd, -1);
	int status = 0;

	if (over)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pidfd >= 0)
		close(pidfd);
	*how = WIFEXITED(status) ? (enum eye)WEXITSTATUS(status) : EYE_LOST;
	return !over;
}

/* No readers, for this reason; once, until there are some again. */
static int
tell(struct ts_control *control, enum eye how, enum eye *told)
{
	static struct ts_token_readers none;

	none.state =
	    how == EYE_REFUSED ? TS_TOKEN_PCSC_REFUSED : TS_TOKEN_PCSC_ABSENT;
	if (how == *told)
		return TS_OK;
	*told = how;
	return ts_control_readers(control, &none);
}

static void
mind(struct ts_control *control)
{
	enum eye how = EYE_LOST, told = EYE_LOST;
	int pause_ms = PAUSE_MIN_MS;
	pid_t pid;

	for (;;) {
		pid = start_eye(control);
		if (pid < 0 || !mind_eye(control, pid, &how))
			return;
		if (how == EYE_LOST) {
			/* It told of readers; what is now is told next. */
			told = EYE_LOST;
			pause_ms = PAUSE_MIN_MS;
		} else if (tell(control, how, &told) != TS_OK) {
			return;
		}
		if (is_over(control, -1, pause_ms))
			return;
		if (how != EYE_LOST && pause_ms < PAUSE_MAX_MS)
			pause_ms *= 2;
		if (pause_ms > PAUSE_MAX_MS)
			pause_ms = PAUSE_MAX_MS;
	}
}

int
ts_watch_cards(void)
{
	static struct ts_control control;

	ts_control_init(&control, TS_TOKEN_FD_CONTROL);
	if (ts_sandbox_prepare(STDERR_FILENO + 1) != TS_OK ||
	    ts_sandbox_close_paths() != TS_OK ||
	    ts_sandbox_enter(TS_SANDBOX_WATCH) != TS_OK)
		return TS_EXIT_FAILED;
	mind(&control);
	return TS_EXIT_DONE;
}
