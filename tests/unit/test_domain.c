/* SPDX-License-Identifier: BSD-2-Clause */
/* What a domain's file says, and which domains are asked: SPEC 14.4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <touchstone/wire/code.h>

#include "directory/domain.h"

static struct tsw_slice
slice(const char *text)
{
	return (struct tsw_slice){(const uint8_t *)text, strlen(text)};
}

static void
test_urls(void **state)
{
	static const char *const bad[] = {"alice", "alice@localhost",
	    "alice@127.0.0.1", "alice@10.1", "a@-x.org", "a@x-.org", "a@x..org",
	    "a@x_y.org", "a@x+y.org", "a@.org", "a@org.", "a@"};
	char url[TS_DOMAIN_URL_MAX];
	size_t i;

	(void)state;
	assert_int_equal(ts_domain_url(url, slice("alice@example.org")), TS_OK);
	assert_string_equal(url, "https://example.org/.well-known/touchstone");
	assert_int_equal(ts_domain_url(url, slice("a@9.x-1.4a")), TS_OK);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ts_domain_url(url, slice(bad[i])),
		    TS_ERR_DOMAIN);
}

static const uint8_t id[TSW_ID_LEN] = {1, 2, 3};
static char code[TSW_PUBLIC_CODE_LEN];

static bool
vouches(const char *before, const char *after)
{
	char file[1024];

	(void)snprintf(file, sizeof(file), "%s%s%s", before, code, after);
	return ts_domain_vouches(slice(file), slice("alice@example.org"), id);
}

static void
test_files(void **state)
{
	uint8_t other[TSW_ID_LEN] = {9};
	char text[TSW_PUBLIC_CODE_LEN + 32];

	(void)state;
	assert_int_equal(tsw_public_code(code, id), TSW_OK);
	assert_true(vouches("alice@example.org ", ""));
	assert_true(vouches("alice@example.org ", "\n"));
	assert_true(vouches("# people\r\nbob@example.org x\n\n"
			    "alice@example.org ",
	    "\r\nzoe@example.org y"));
	assert_true(
	    vouches("alice@example.org old\nalice@example.org\t", "\n"));
	assert_false(vouches("#alice@example.org ", ""));
	assert_false(vouches(" alice@example.org ", ""));
	assert_false(vouches("alice@example.org", ""));
	assert_false(vouches("alice@example.org\n", ""));
	assert_false(vouches("malice@example.org ", ""));
	assert_false(vouches("alice@example.orgx ", ""));
	assert_false(vouches("Alice@example.org ", ""));
	assert_false(vouches("alice@example.org ", "x"));
	assert_false(vouches("", ""));
	assert_int_equal(tsw_public_code(code, other), TSW_OK);
	assert_false(vouches("alice@example.org ", ""));
	/* A byte 0 ends nothing. */
	assert_int_equal(tsw_public_code(code, id), TSW_OK);
	(void)snprintf(text, sizeof(text), "x\nalice@example.org %s", code);
	text[0] = '\0';
	assert_true(ts_domain_vouches((struct tsw_slice){(const uint8_t *)text,
					  2 + 18 + 64},
	    slice("alice@example.org"), id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_urls),
	    cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
