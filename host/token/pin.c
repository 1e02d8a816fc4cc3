/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/pin.h"

#include "token/deadline.h"
#include "token/locked.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define PIN_CHARS_MIN 4
/* The longest PIN, its line end, and one more to see that it is too long. */
#define PIPE_MAX (TS_PIN_CARD_MAX + 2)

/* Read fd to its end, at most PIPE_MAX bytes. */
static int
read_all(char *secret_buf, size_t *len, int fd, struct ts_control *control,
    int64_t deadline)
{
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
	    {.fd = control->fd, .events = POLLIN}};
	ssize_t n = 1;

	while (n != 0 && *len < PIPE_MAX) {
		if (poll(p, 2, ts_deadline_left(deadline)) == 0)
			return TS_ERR_IO;
		if (p[1].revents != 0 && ts_control_is_cancelled(control))
			return TS_ERR_CANCELLED;
		if (p[0].revents == 0)
			continue;
		n = read(fd, secret_buf + *len, PIPE_MAX - *len);
		if (n > 0)
			*len += (size_t)n;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return TS_ERR_IO;
	}
	return TS_OK;
}

/* What CTAP lets a PIN be; tokens may ask for more.  Cards have other rules,
 * each application its own. */
static bool
is_possible(const char *secret_pin, size_t len, enum ts_token_kind kind)
{
	bool card = kind == TS_TOKEN_KIND_PIV || kind == TS_TOKEN_KIND_OPENPGP;
	size_t i, chars = 0;

	if (len > (card ? TS_PIN_CARD_MAX : TS_PIN_MAX))
		return false;
	for (i = 0; i < len; i++) {
		if (secret_pin[i] == '\0')
			return false;
		if (((unsigned char)secret_pin[i] & 0xc0) != 0x80)
			chars++; /* not the rest of a UTF-8 sequence */
	}
	return chars >= (card ? 1 : PIN_CHARS_MIN);
}

int
ts_pin_read(char **out, int fd, struct ts_control *control,
    enum ts_token_kind kind, int64_t deadline)
{
	char *secret_buf;
	size_t len = 0;
	int r;

	secret_buf = ts_locked_new(PIPE_MAX + 1);
	if (secret_buf == NULL)
		return TS_ERR_NO_MEMORY;
	r = read_all(secret_buf, &len, fd, control, deadline);
	if (r != TS_OK)
		goto out;
	if (len > 0 && secret_buf[len - 1] == '\n')
		len--;
	if (!is_possible(secret_buf, len, kind)) {
		r = TS_ERR_PIN_POLICY;
		goto out;
	}
	tsw_wipe(secret_buf + len, PIPE_MAX + 1 - len);
	*out = secret_buf;
	secret_buf = NULL;
out:
	ts_locked_free(secret_buf);
	return r;
}

static int
read_and_close(char **out, int fd, struct ts_control *control,
    enum ts_token_kind kind, int64_t deadline)
{
	struct pollfd p = {.fd = fd};
	int r;

	/* fcntl(2) could tell as well, were it not beyond the sandbox. */
	if (poll(&p, 1, 0) == 1 && (p.revents & POLLNVAL) != 0)
		return TS_OK; /* not given */
	r = ts_pin_read(out, fd, control, kind, deadline);
	close(fd);
	return r;
}

int
ts_pins_read(struct ts_pins *out, struct ts_control *control,
    enum ts_token_kind kind, int ms)
{
	int64_t deadline = ts_deadline_in(ms);
	int r;

	r = ts_locked_init();
	if (r != TS_OK)
		return r;
	r = read_and_close(&out->secret_pin, TS_TOKEN_FD_PIN, control, kind,
	    deadline);
	if (r == TS_OK)
		r = read_and_close(&out->secret_new_pin, TS_TOKEN_FD_NEW_PIN,
		    control, kind, deadline);
	if (r != TS_OK)
		ts_pins_wipe(out);
	return r;
}

void
ts_pins_wipe(struct ts_pins *pins)
{
	ts_locked_free(pins->secret_pin);
	ts_locked_free(pins->secret_new_pin);
	pins->secret_pin = NULL;
	pins->secret_new_pin = NULL;
}
