/* SPDX-License-Identifier: BSD-2-Clause */
/* PINs from pipes. */
#include "token/deadline.h"
#include "token/pin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include <cmocka.h>

static struct ts_control control;
static enum ts_token_kind kind; /* FIDO, unless a test says otherwise */
static int agent;

static int
set_up(void **state)
{
	int pair[2];

	(void)state;
	if (sodium_init() < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return -1;
	ts_control_init(&control, pair[0]);
	agent = pair[1];
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(control.fd);
	close(agent);
	return 0;
}

/* Read text from a pipe; *out is for ts_pin_read to fill. */
static int
read_pin(char **out, const char *text, size_t len)
{
	int p[2], r;

	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], text, len), (ssize_t)len);
	close(p[1]);
	*out = NULL;
	r = ts_pin_read(out, p[0], &control, kind, ts_deadline_in(5000));
	close(p[0]);
	if (r != TS_OK)
		assert_null(*out);
	return r;
}

static void
good_pins_are_read(void **state)
{
	static const struct {
		const char *text, *pin;
	} good[] = {
	    {"1234", "1234"},
	    {"1234\n", "1234"},
	    {"12 34\n\n", "12 34\n"},
	    {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"},
	    {"123456789012345678901234567890123456789012345678901234567890123"
	     "\n",
		"12345678901234567890123456789012345678901234567890123456789012"
		"3"},
	};
	char *secret_pin;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(read_pin(&secret_pin, good[i].text,
				     strlen(good[i].text)),
		    TS_OK);
		assert_string_equal(secret_pin, good[i].pin);
		sodium_free(secret_pin);
	}
}

/* None of these may cost a try on the token. */
static void
impossible_pins_are_refused(void **state)
{
	char text[70], *secret_pin;

	(void)state;
	memset(text, '1', sizeof(text));
	assert_int_equal(read_pin(&secret_pin, text, 0), TS_ERR_PIN_POLICY);
	assert_int_equal(read_pin(&secret_pin, "\n", 1), TS_ERR_PIN_POLICY);
	assert_int_equal(read_pin(&secret_pin, text, 3), TS_ERR_PIN_POLICY);
	assert_int_equal(read_pin(&secret_pin, "\xc3\xa9\xc3\xa9\xc3\xa9", 6),
	    TS_ERR_PIN_POLICY);
	assert_int_equal(read_pin(&secret_pin, text, 64), TS_ERR_PIN_POLICY);
	assert_int_equal(read_pin(&secret_pin, text, 65), TS_ERR_PIN_POLICY);
	assert_int_equal(read_pin(&secret_pin, text, sizeof(text)),
	    TS_ERR_PIN_POLICY);
	assert_int_equal(read_pin(&secret_pin, "12\0003456", 7),
	    TS_ERR_PIN_POLICY);
}

/* Cards have keys in hex among their secrets, and each has its own rules. */
static void
cards_have_other_limits(void **state)
{
	char text[TS_PIN_CARD_MAX + 1], *secret_pin;

	(void)state;
	memset(text, 'f', sizeof(text));
	for (kind = TS_TOKEN_KIND_PIV; kind <= TS_TOKEN_KIND_OPENPGP; kind++) {
		assert_int_equal(read_pin(&secret_pin, text, TS_PIN_CARD_MAX),
		    TS_OK);
		assert_int_equal(strlen(secret_pin), TS_PIN_CARD_MAX);
		sodium_free(secret_pin);
		assert_int_equal(read_pin(&secret_pin, text, 1), TS_OK);
		sodium_free(secret_pin);
		assert_int_equal(read_pin(&secret_pin, text, sizeof(text)),
		    TS_ERR_PIN_POLICY);
		assert_int_equal(read_pin(&secret_pin, "\n", 1),
		    TS_ERR_PIN_POLICY);
		assert_int_equal(read_pin(&secret_pin, "1\0002", 3),
		    TS_ERR_PIN_POLICY);
	}
	kind = TS_TOKEN_KIND_STATEMENT;
	assert_int_equal(read_pin(&secret_pin, text, 64), TS_ERR_PIN_POLICY);
	kind = TS_TOKEN_KIND_FIDO;
}

/* A writer that never closes: time or the agent ends it. */
static void
an_open_pipe_is_not_waited_for(void **state)
{
	char *secret_pin = NULL;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "1234", 4), 4);
	assert_int_equal(ts_pin_read(&secret_pin, p[0], &control, kind,
			     ts_deadline_in(50)),
	    TS_ERR_IO);
	assert_int_equal(shutdown(agent, SHUT_WR), 0);
	assert_int_equal(ts_pin_read(&secret_pin, p[0], &control, kind,
			     ts_deadline_in(60000)),
	    TS_ERR_CANCELLED);
	assert_null(secret_pin);
	close(p[0]);
	close(p[1]);
}

static void
what_is_no_pipe_is_an_error(void **state)
{
	char *secret_pin = NULL;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	/* The writing end cannot be read. */
	assert_int_equal(ts_pin_read(&secret_pin, p[1], &control, kind,
			     ts_deadline_in(50)),
	    TS_ERR_IO);
	assert_null(secret_pin);
	close(p[0]);
	close(p[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(good_pins_are_read, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(impossible_pins_are_refused, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(cards_have_other_limits, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(an_open_pipe_is_not_waited_for,
		set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_is_no_pipe_is_an_error, set_up,
		tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
