/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "http/address.h"
#include "http/body.h"

static unsigned
expect(struct ts_http_body *body, bool post, const char *const *lines)
{
	struct ts_http_head head = {0};

	for (; *lines != NULL; lines += 2)
		ts_http_head_add(&head, lines[0], lines[1]);
	return ts_http_body_expect(body, &head, post, 1000);
}

#define HEAD(...) ((const char *const[]){__VA_ARGS__, NULL})
#define CL "Content-Length"
#define TE "Transfer-Encoding"

static void
test_one_way_to_end(void **state)
{
	struct ts_http_body b;

	(void)state;
	assert_int_equal(expect(&b, true, HEAD(CL, "1000")), 0);
	assert_false(b.too_large);
	assert_int_equal(expect(&b, true, HEAD("content-length", "0")), 0);
	assert_int_equal(expect(&b, true, HEAD(TE, "Chunked")), 0);
	assert_int_equal(expect(&b, false, HEAD("Host", "x")), 0);
	assert_int_equal(expect(&b, false, HEAD(CL, "0")), 0);

	assert_int_equal(expect(&b, true, HEAD("Host", "x")), 411);
	assert_int_equal(expect(&b, true, HEAD(CL, "5", TE, "chunked")), 400);
	assert_int_equal(expect(&b, true, HEAD(CL, "5", CL, "5")), 400);
	assert_int_equal(expect(&b, true, HEAD(TE, "chunked", TE, "chunked")),
	    400);
	assert_int_equal(expect(&b, true, HEAD(TE, "gzip, chunked")), 400);
	assert_int_equal(expect(&b, true, HEAD(TE, "identity")), 400);
	assert_int_equal(expect(&b, true, HEAD(CL, "")), 400);
	assert_int_equal(expect(&b, true, HEAD(CL, "+5")), 400);
	assert_int_equal(expect(&b, true, HEAD(CL, "-1")), 400);
	assert_int_equal(expect(&b, true, HEAD(CL, "5 ")), 400);
	assert_int_equal(expect(&b, true, HEAD(CL, "5, 5")), 400);
	assert_int_equal(expect(&b, true, HEAD(CL, "0x5")), 400);
	assert_int_equal(expect(&b, true, HEAD(CL, "1000000000000000")), 400);
	assert_int_equal(expect(&b, true, HEAD(CL, "999999999999999")), 413);
	assert_int_equal(expect(&b, false, HEAD(CL, "1")), 400);
	assert_int_equal(expect(&b, false, HEAD(TE, "chunked")), 400);

	assert_int_equal(expect(&b, true, HEAD(CL, "1001")), 0);
	assert_true(b.too_large); /* read, and then refused */
}

static void
test_grows_to_its_bound(void **state)
{
	static const char part[700] = {0};
	struct ts_http_head head = {0};
	struct ts_http_body b;
	size_t i, total = 0;

	(void)state;
	ts_http_head_add(&head, TE, "chunked");
	assert_int_equal(ts_http_body_expect(&b, &head, true, 10000), 0);
	for (i = 0; i < 14; i++)
		assert_true(ts_http_body_add(&b, part, sizeof(part)));
	assert_int_equal(b.len, 9800);
	assert_int_equal(b.size, 10000);
	assert_true(ts_http_body_add(&b, part, 200));
	assert_false(b.too_large);
	assert_true(ts_http_body_add(&b, part, 1));
	assert_true(b.too_large);
	assert_int_equal(b.len, 10000);
	while (ts_http_body_add(&b, part, sizeof(part)))
		total += sizeof(part);
	assert_in_range(total, 200000, 262144);
	assert_int_equal(b.size, 10000);
	ts_http_body_free(&b);
	assert_null(b.p);
}

static void
test_no_room(void **state)
{
	struct ts_http_head head = {0};
	struct ts_http_body b;

	(void)state;
	ts_http_head_add(&head, CL, "1");
	assert_int_equal(ts_http_body_expect(&b, &head, true, 0), 0);
	assert_true(ts_http_body_add(&b, "x", 1));
	assert_true(b.too_large);
	ts_http_body_free(&b);
}

static void
peer(struct ts_http_address *out, const char *text)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a;

	memset(&a, 0, sizeof(a));
	a.v4.sin_family = AF_INET;
	if (inet_pton(AF_INET, text, &a.v4.sin_addr) != 1) {
		a.v6.sin6_family = AF_INET6;
		assert_int_equal(inet_pton(AF_INET6, text, &a.v6.sin6_addr), 1);
	}
	ts_http_address_of(out, &a.any);
}

static void
test_addresses(void **state)
{
	struct ts_http_address a, b;

	(void)state;
	peer(&a, "192.0.2.7");
	assert_string_equal(a.text, "192.0.2.7");
	peer(&b, "::ffff:192.0.2.7");
	assert_memory_equal(a.key, b.key, sizeof(a.key));
	peer(&a, "2001:db8:1:2:3:4:5:6");
	assert_string_equal(a.text, "2001:db8:1:2::");
	peer(&b, "2001:db8:1:2:ffff::1");
	assert_memory_equal(a.key, b.key, sizeof(a.key));
	peer(&b, "2001:db8:1:3:3:4:5:6");
	assert_memory_not_equal(a.key, b.key, sizeof(a.key));
	ts_http_address_of(&a, NULL);
	assert_string_equal(a.text, "unix");
}

static void
test_forwarded(void **state)
{
	static const char *const bad[] = {"", "unknown", "1.2.3", "1.2.3.4 x",
	    "1.2.3.4,", "1.2.3.4:80", "[::1]",
	    "1.2.3.4, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct ts_http_address a;
	size_t i;

	(void)state;
	assert_true(ts_http_address_forwarded(&a, "10.0.0.1, 192.0.2.9"));
	assert_string_equal(a.text, "192.0.2.9");
	assert_true(ts_http_address_forwarded(&a, "192.0.2.8 "));
	assert_string_equal(a.text, "192.0.2.8");
	assert_true(ts_http_address_forwarded(&a, "x,2001:db8::1"));
	assert_string_equal(a.text, "2001:db8::");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ts_http_address_forwarded(&a, bad[i]));
	assert_string_equal(a.text, "2001:db8::");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_way_to_end),
	    cmocka_unit_test(test_grows_to_its_bound),
	    cmocka_unit_test(test_no_room),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_forwarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
