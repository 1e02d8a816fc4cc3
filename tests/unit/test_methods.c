/* SPDX-License-Identifier: BSD-2-Clause */
/* The method table against the interface file, and what refusals are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/agent.h"
#include "agent/fault.h"
#include "agent/say.h"

static void
test_every_row_is_declared(void **state)
{
	struct ts_signature s;
	size_t i;

	(void)state;
	for (i = 0; i < ts_methods_cnt; i++) {
		if (ts_signature_read(&s, ts_interface_text,
			ts_methods[i].name) != TS_OK)
			fail_msg("%s is not declared", ts_methods[i].name);
		assert_true((ts_methods[i].reply == NULL) !=
		    (ts_methods[i].start == NULL));
	}
}

static void
test_every_declaration_has_a_row(void **state)
{
	const char *p = ts_interface_text;
	size_t i, len, cnt = 0;

	(void)state;
	while ((p = strstr(p, "\nmethod ")) != NULL) {
		p += 8;
		len = strcspn(p, "(");
		for (i = 0; i < ts_methods_cnt; i++)
			if (strlen(ts_methods[i].name) == len &&
			    memcmp(ts_methods[i].name, p, len) == 0)
				break;
		if (i == ts_methods_cnt)
			fail_msg("no row for %.*s", (int)len, p);
		cnt++;
	}
	assert_int_equal(cnt, ts_methods_cnt);
}

/*
 * The whole list of what callers may send.  The agent signs only statements
 * that it built itself: whoever adds a parameter adds it here, and thinks.
 */
static void
test_no_method_takes_something_to_sign(void **state)
{
	static const char *const known[] = {"admin_fd", "algorithm", "all",
	    "app", "applet", "attest", "backup", "backup_admin_fd", "begin",
	    "backup_applet", "backup_name", "backup_pin_fd", "code", "contact",
	    "device", "directory", "expires", "file", "id", "invitation", "key",
	    "label", "last", "last_try", "match", "method", "name",
	    "new_pin_fd", "number", "on", "on_computer", "pin_fd", "policy",
	    "proof", "protocol", "puk_fd", "qr", "replace", "role", "run",
	    "slot", "text", "threshold", "timelock", "token", "wait", "yield"};
	struct ts_signature s;
	size_t i, j, k;

	(void)state;
	for (i = 0; i < ts_methods_cnt; i++) {
		assert_int_equal(ts_signature_read(&s, ts_interface_text,
				     ts_methods[i].name),
		    TS_OK);
		for (j = 0; j < s.cnt; j++) {
			for (k = 0; k < sizeof(known) / sizeof(known[0]); k++)
				if (strcmp(known[k], s.param[j].name) == 0)
					break;
			if (k == sizeof(known) / sizeof(known[0]))
				fail_msg("%s takes %s", ts_methods[i].name,
				    s.param[j].name);
		}
	}
	/* The three that reach a token's signature name things, no bytes. */
	assert_int_equal(ts_signature_read(&s, ts_interface_text, "Sign"),
	    TS_OK);
	assert_int_equal(s.cnt, 4);
}

static void
test_every_error_kind_is_declared(void **state)
{
	static const int errors[] = {
#define X(name, number, text) -(number),
#include <touchstone/err.def>
#include <touchstone/wire/err.def>
#undef X
	};
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		(void)snprintf(text, sizeof(text), "\nerror %s (",
		    ts_fault_kind(errors[i]));
		assert_non_null(strstr(ts_interface_text, text));
	}
	assert_string_equal(ts_fault_kind(TS_ERR_BLOCKED), "Refused");
	assert_string_equal(ts_fault_kind(TS_ERR_UNVERIFIED), "Refused");
	assert_string_equal(ts_fault_kind(TS_ERR_NO_TOKEN), "NoToken");
	assert_string_equal(ts_fault_kind(TS_ERR_NO_TOUCH), "NoTouch");
	assert_string_equal(ts_fault_kind(TS_ERR_ARGUMENT), "Usage");
	assert_string_equal(ts_fault_kind(TS_ERR_PIN_WRONG), "Failed");
}

static void
test_words(void **state)
{
	enum tsw_method method = TSW_METHOD_QR;
	enum tsw_role role = TSW_ROLE_RECOVERY;

	(void)state;
	assert_int_equal(ts_say_method_read(&method, "live"), TS_OK);
	assert_int_equal(method, TSW_METHOD_LIVE);
	assert_int_equal(ts_say_method_read(&method, ""), TS_ERR_ARGUMENT);
	assert_int_equal(ts_say_method_read(&method, "guess"), TS_ERR_ARGUMENT);
	assert_int_equal(ts_say_role_read(&role, "signer"), TS_OK);
	assert_int_equal(role, TSW_ROLE_SIGNER);
	assert_int_equal(ts_say_role_read(&role, "owner"), TS_ERR_ARGUMENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_row_is_declared),
	    cmocka_unit_test(test_every_declaration_has_a_row),
	    cmocka_unit_test(test_no_method_takes_something_to_sign),
	    cmocka_unit_test(test_every_error_kind_is_declared),
	    cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
