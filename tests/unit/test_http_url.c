/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "http/url.h"

static void
test_may_be_fetched(void **state)
{
	static const char *const good[] = {
	    "https://keys.example.org",
	    "https://keys.example.org/a/b?c=d&e=%20",
	    "https://keys.example.org:8443/",
	    "https://192.0.2.1/x",
	    "https://[2001:db8::1]:443/x",
	    "https://xn--bcher-kva.example/",
	    "http://localhost",
	    "http://localhost:1/",
	    "http://127.0.0.1:8440/v1/lookup",
	    "http://127.99.1.2?q",
	    "http://[::1]:8440/",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (ts_fetch_check_url(good[i]) != TS_OK)
			fail_msg("%s", good[i]);
}

static void
test_may_not_be_fetched(void **state)
{
	static const char *const bad[] = {
	    "",
	    "keys.example.org",
	    "//keys.example.org",
	    "HTTPS://keys.example.org",
	    "ftp://localhost/",
	    "file:///etc/passwd",
	    "https:/keys.example.org",
	    "https://",
	    "https:///x",
	    "https://user@keys.example.org/",
	    "https://user:word@keys.example.org/",
	    "https://keys.example.org#x",
	    "https://keys.example.org/a b",
	    "https://keys.example.org/a\r\nX: y",
	    "https://keys.example.org/\x7f",
	    "https://keys.example.org\\@evil.example/",
	    "https://b\xc3\xbc.example/",
	    "https://keys.example.org:/",
	    "https://keys.example.org:0/",
	    "https://keys.example.org:65536/",
	    "https://keys.example.org:443x/",
	    "https://keys.example.org:+443/",
	    "https://127.1/",
	    "https://0x7f000001/",
	    "https://2130706433/",
	    "https://0177.0.0.1/",
	    "https://keys.example.0/",
	    "https://keys.example.org./",
	    "https://[::1/",
	    "https://[]/",
	    "https://[::1%25lo]/",
	    "https://[::1]x/",
	    "https://::1/",
	    "http://keys.example.org/",
	    "http://127.0.0.1.example.org/",
	    "http://localhost.example.org/",
	    "http://128.0.0.1/",
	    "http://0.0.0.0/",
	    "http://[::]/",
	    "http://[::ffff:127.0.0.1]/",
	    "http://[::1]@evil.example/",
	    "http://LOCALHOST/",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ts_fetch_check_url(bad[i]) != TS_ERR_ARGUMENT)
			fail_msg("%s", bad[i]);
}

static void
test_length(void **state)
{
	char url[TS_FETCH_URL_MAX + 2];

	(void)state;
	memset(url, 'a', sizeof(url));
	memcpy(url, "https://a/", 10);
	url[TS_FETCH_URL_MAX] = '\0';
	assert_int_equal(ts_fetch_check_url(url), TS_OK);
	url[TS_FETCH_URL_MAX] = 'a';
	url[TS_FETCH_URL_MAX + 1] = '\0';
	assert_int_equal(ts_fetch_check_url(url), TS_ERR_ARGUMENT);
}

static bool
may(const char *text, bool loopback, bool public_only)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to;

	memset(&to, 0, sizeof(to));
	if (inet_pton(AF_INET, text, &to.v4.sin_addr) == 1) {
		to.v4.sin_family = AF_INET;
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &to.v6.sin6_addr),
		    1);
		to.v6.sin6_family = AF_INET6;
	}
	return ts_url_may_connect(&to.any, loopback, public_only);
}

static void
test_addresses(void **state)
{
	static const char *const inside[] = {"0.0.0.0", "0.1.2.3", "10.1.2.3",
	    "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1",
	    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.0.1",
	    "192.0.0.170", "192.0.2.1", "192.88.99.1", "198.18.0.1",
	    "198.19.255.255", "198.51.100.1", "203.0.113.9", "224.0.0.1",
	    "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1",
	    "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "100::1",
	    "fe80::1", "fec0::1", "fc00::1", "fd12::1", "ff02::1", "2001::1",
	    "2001:10::1", "2001:db8::1", "2002:7f00:1::1"};
	static const char *const outside[] = {"8.8.8.8", "1.1.1.1",
	    "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1",
	    "192.0.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.255",
	    "2001:200::1", "2606:4700::1", "2a00:1450::1"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		if (may(inside[i], false, true))
			fail_msg("%s", inside[i]);
	for (i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		if (!may(outside[i], false, true))
			fail_msg("%s", outside[i]);
		assert_false(may(outside[i], true, false));
		assert_true(may(outside[i], false, false));
	}
	assert_true(may("127.0.0.1", true, false));
	assert_true(may("::1", true, false));
	assert_false(may("::", true, false));
	assert_false(may("10.0.0.1", true, false));
	assert_false(may("127.0.0.1", true, true));
}

static void
test_other_families(void **state)
{
	struct sockaddr un = {.sa_family = AF_UNIX};

	(void)state;
	assert_false(ts_url_may_connect(&un, false, false));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_may_be_fetched),
	    cmocka_unit_test(test_may_not_be_fetched),
	    cmocka_unit_test(test_length),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_other_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
