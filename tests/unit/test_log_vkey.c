/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of notes and their names: what is one, and what almost is. */
#include "log/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

/* The documentation of golang.org/x/mod/sumdb/note. */
static const char neumann_vkey[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

static struct tsw_slice
text(const char *s)
{
	return (struct tsw_slice){(const uint8_t *)s, strlen(s)};
}

static void
keys(void **state)
{
	static const char *const bad[] = {"", "+", "++", "PeterNeumann",
	    "PeterNeumann+c74f20a3", "PeterNeumann+c74f20a3+",
	    "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	    /* An id that is not its own; upper case; one digit less. */
	    "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
	    "TW",
	    "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
	    "TW",
	    "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
	    "TW",
	    "PeterNeumann+c74f20a3 ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
	    "TW",
	    /* Another name, type, one bit of the key, a byte more or less. */
	    "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
	    "TW",
	    "PeterNeumann+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
	    "TW",
	    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
	    "TX",
	    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
	    "TWAA==",
	    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
	    "==",
	    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
	    "TW\n",
	    "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy1"
	    "0TW"};
	struct ts_vkey k = {.type = TS_NOTE_ED25519};
	char again[TS_VKEY_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ts_vkey_parse(&k, text(bad[i])),
		    TS_ERR_LOG_POLICY);
	assert_string_equal(k.name, "");
	assert_int_equal(ts_vkey_parse(&k, text(neumann_vkey)), TS_OK);
	assert_string_equal(k.name, "PeterNeumann");
	assert_int_equal(k.type, TS_NOTE_ED25519);
	ts_vkey_format(again, &k);
	assert_string_equal(again, neumann_vkey);
}

static void
names(void **state)
{
	static const char *const good[] = {"a", "example.com/log", "!",
	    "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\x91", "a\x7f"};
	static const char *const bad[] = {"", " ", "a b", "a+b", "a\n", "\x1f",
	    "a\tb", "\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80",
	    "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
	    "\xe2\x81\x9f", "\xe3\x80\x80",
	    /* Not UTF-8: alone, cut off, too long, a surrogate, too large. */
	    "\x80", "\xc3", "\xe2\x82", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80",
	    "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xed\xa0\x80", "\xed\xbf\xbf",
	    "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff"};
	uint8_t seed[32] = {1};
	struct ts_skey k;
	char longest[TS_NOTE_NAME_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(ts_note_is_name(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(ts_note_is_name(bad[i]));
		assert_int_equal(ts_skey_init(&k, bad[i], TS_NOTE_ED25519,
				     seed),
		    TS_ERR_ARGUMENT);
	}
	memset(longest, 'n', sizeof(longest));
	longest[TS_NOTE_NAME_MAX + 1] = '\0';
	assert_false(ts_note_is_name(longest));
	longest[TS_NOTE_NAME_MAX] = '\0';
	assert_true(ts_note_is_name(longest));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys),
	    cmocka_unit_test(names),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
