/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Question and answer about a bundle: their bounds, and the helper process in
 * its sandbox.  How bundles are judged is vectors/evidence.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "token/evidence_client.h"

#define WAIT_MS 20000 /* for a slow machine; nothing is timed */

static struct ts_evidence_ask
question(void)
{
	static const uint8_t bytes[TSW_BUNDLE_MAX];
	struct ts_evidence_ask ask;

	memset(&ask, 0, sizeof(ask));
	ask.key.alg = TSW_ALG_ED25519;
	ask.key.len = 32;
	ask.bundle = (struct tsw_slice){bytes, 1};
	return ask;
}

static int
asked(const struct ts_evidence_ask *ask)
{
	static uint8_t b[TS_EVIDENCE_ASK_MAX];
	struct ts_evidence_ask read;
	struct tsw_wr wr;
	size_t i;
	int r;

	tsw_wr_init(&wr, b, sizeof(b));
	r = ts_evidence_ask_encode(&wr, ask);
	if (r != TS_OK)
		return r;
	for (i = 0; i < tsw_wr_len(&wr); i++)
		assert_int_not_equal(ts_evidence_ask_decode(&read, b, i),
		    TS_OK);
	assert_int_equal(ts_evidence_ask_decode(&read, b, i), TS_OK);
	assert_int_equal(read.root_cnt, ask->root_cnt);
	b[i] = 0;
	assert_int_equal(ts_evidence_ask_decode(&read, b, i + 1),
	    TSW_ERR_FORMAT);
	b[0]++;
	assert_int_equal(ts_evidence_ask_decode(&read, b, i), TSW_ERR_VERSION);
	return TS_OK;
}

static void
questions_are_bounded(void **state)
{
	static const uint8_t der[TS_EVIDENCE_ROOT_MAX + 1];
	struct ts_evidence_ask ask = question();
	size_t i;

	(void)state;
	assert_int_equal(asked(&ask), TS_OK);
	ask.bundle.len = 0;
	assert_int_equal(asked(&ask), TS_ERR_ARGUMENT);
	ask.bundle.len = TSW_BUNDLE_MAX + 1;
	assert_int_equal(asked(&ask), TS_ERR_ARGUMENT);
	ask = question();
	ask.key.alg = TSW_ALG_SK_ED25519;
	assert_int_equal(asked(&ask), TS_ERR_ARGUMENT);
	ask.key.alg = TSW_ALG_P256;
	assert_int_equal(asked(&ask), TS_ERR_ARGUMENT);
	ask = question();
	for (i = 0; i < TS_EVIDENCE_ROOTS_MAX_CNT; i++)
		ask.root[i] = (struct tsw_slice){der, TS_EVIDENCE_ROOT_MAX};
	ask.root_cnt = TS_EVIDENCE_ROOTS_MAX_CNT;
	assert_int_equal(asked(&ask), TS_OK);
	ask.root[3].len++;
	assert_int_equal(asked(&ask), TS_ERR_ARGUMENT);
	ask.root[3].len = 0;
	assert_int_equal(asked(&ask), TS_ERR_ARGUMENT);
	ask.root[3].len = 1;
	ask.root_cnt = TS_EVIDENCE_ROOTS_MAX_CNT + 1;
	assert_int_equal(asked(&ask), TS_ERR_ARGUMENT);
}

/* Key of an alg, then a count of roots, as a liar would write them. */
static void
questions_that_lie(void **state)
{
	static const uint8_t alg[] = {1, 9, 0};
	static const uint8_t roots[36 + 1 + 1] = {1, 3, [34] = 0, 1, 0, 5};
	struct ts_evidence_ask ask;

	(void)state;
	assert_int_equal(ts_evidence_ask_decode(&ask, alg, sizeof(alg)),
	    TSW_ERR_FORMAT);
	assert_int_equal(ts_evidence_ask_decode(&ask, roots, sizeof(roots)),
	    TSW_ERR_FORMAT);
}

static struct ts_evidence
good_answer(void)
{
	struct ts_evidence e;

	memset(&e, 0, sizeof(e));
	memcpy(e.maker, "YubiKey", 8);
	e.has_version = e.has_serial = true;
	e.version[0] = 5;
	e.serial = 4711;
	e.pin = TS_TOKEN_POLICY_ONCE;
	e.touch = TS_TOKEN_POLICY_ALWAYS;
	return e;
}

static int
answered(const struct ts_evidence *e)
{
	uint8_t b[TS_EVIDENCE_ANSWER_MAX + 1];
	struct ts_evidence read;
	struct tsw_wr wr;
	size_t i;
	int r;

	tsw_wr_init(&wr, b, TS_EVIDENCE_ANSWER_MAX);
	r = ts_evidence_answer_encode(&wr, e);
	if (r != TS_OK)
		return r;
	for (i = 0; i < tsw_wr_len(&wr); i++)
		assert_int_not_equal(ts_evidence_answer_decode(&read, b, i),
		    TS_OK);
	assert_int_equal(ts_evidence_answer_decode(&read, b, i), TS_OK);
	assert_memory_equal(&read, e, sizeof(read));
	b[i] = 0;
	assert_int_not_equal(ts_evidence_answer_decode(&read, b, i + 1), TS_OK);
	return TS_OK;
}

static void
answers_are_bounded(void **state)
{
	struct ts_evidence e = good_answer();

	(void)state;
	assert_int_equal(answered(&e), TS_OK);
	e.pin = TS_TOKEN_POLICY_NEVER;
	assert_int_equal(answered(&e), TS_ERR_ARGUMENT);
	e = good_answer();
	e.touch = TS_TOKEN_POLICY_ONCE;
	assert_int_equal(answered(&e), TS_ERR_ARGUMENT);
	e = good_answer();
	e.maker[0] = '\0';
	assert_int_equal(answered(&e), TS_ERR_ARGUMENT);
	e.maker[0] = '\x1b';
	assert_int_equal(answered(&e), TS_ERR_ARGUMENT);
	e = good_answer();
	memset(e.maker, 'm', TS_EVIDENCE_MAKER_MAX);
	assert_int_equal(answered(&e), TS_OK);
	e.why = TS_EVIDENCE_KEY;
	assert_int_equal(answered(&e), TS_ERR_ARGUMENT);
}

static void
errors_have_their_reason(void **state)
{
	struct ts_evidence e;
	int why;

	(void)state;
	memset(&e, 0, sizeof(e));
	for (why = 0; why <= TS_EVIDENCE_WHY_LAST + 1; why++) {
		bool known = why >= 1 && why <= TS_EVIDENCE_WHY_LAST;
		bool maker = why == TS_EVIDENCE_MAKER;

		e.why = (enum ts_evidence_why)why;
		e.err = TS_ERR_ATTESTATION;
		assert_int_equal(answered(&e) == TS_OK, known && !maker);
		e.err = TS_ERR_UNKNOWN_MAKER;
		assert_int_equal(answered(&e) == TS_OK, maker);
		e.err = TS_ERR_INTERNAL;
		assert_int_equal(answered(&e) == TS_OK, why == 0);
		assert_non_null(ts_evidence_why_text(e.why));
	}
	e.err = 1;
	e.why = TS_EVIDENCE_FINE;
	assert_int_equal(answered(&e), TS_ERR_ARGUMENT);
}

/* A NUL in the maker's name, as only a liar writes it. */
static void
makers_that_end_early(void **state)
{
	static const uint8_t b[] = {1, 0, 0, 0, 2, 'A', 0, 0, 0, 2, 3};
	struct ts_evidence e;

	(void)state;
	assert_int_equal(ts_evidence_answer_decode(&e, b, sizeof(b)),
	    TSW_ERR_FORMAT);
}

/* --- The helper --- */

static struct ts_evidence
wait_for(struct ts_evidence_client *c)
{
	struct pollfd pfd = {c->fd, POLLIN, 0};
	struct ts_evidence e;

	memset(&e, 0xa5, sizeof(e));
	do {
		assert_true(poll(&pfd, 1, WAIT_MS) > 0 || errno == EINTR);
	} while (!ts_evidence_next(c, &e));
	ts_evidence_close(c);
	ts_evidence_close(c);
	return e;
}

static struct tsw_slice
hex(const json_t *v)
{
	const char *text = json_string_value(v);
	size_t len = strlen(text) / 2;
	uint8_t *p = malloc(len > 0 ? len : 1);
	struct tsw_slice s = {p, len};

	assert_non_null(p);
	assert_int_equal(sodium_hex2bin(p, len, text, 2 * len, NULL, NULL,
			     NULL),
	    0);
	return s;
}

static void
helper_says(const json_t *v)
{
	struct ts_evidence_ask ask = question();
	struct ts_evidence_client c;
	json_t *roots = json_object_get(v, "roots");
	struct tsw_slice key = hex(json_object_get(v, "key"));
	struct ts_evidence e;
	size_t i;

	ask.key.alg =
	    (enum tsw_alg)json_integer_value(json_object_get(v, "alg"));
	ask.key.len = (uint8_t)key.len;
	memcpy(ask.key.data, key.p, key.len);
	ask.bundle = hex(json_object_get(v, "bundle"));
	ask.root_cnt = (uint8_t)json_array_size(roots);
	for (i = 0; i < ask.root_cnt; i++)
		ask.root[i] = hex(json_array_get(roots, i));
	assert_int_equal(ts_evidence_start(&c, HELPER, &ask), TS_OK);
	e = wait_for(&c);
	assert_int_equal(e.why, json_integer_value(json_object_get(v, "why")));
	assert_true(e.why != TS_EVIDENCE_FINE || e.err == TS_OK);
	for (i = 0; i < ask.root_cnt; i++)
		free((void *)(uintptr_t)ask.root[i].p);
	free((void *)(uintptr_t)ask.bundle.p);
	free((void *)(uintptr_t)key.p);
}

/* All of libcrypto's X.509 happens behind the walls. */
static void
the_helper_judges(void **state)
{
	json_t *root, *v;
	size_t i;

	(void)state;
	root = json_load_file(VECTORS "/evidence.json", 0, NULL);
	assert_non_null(root);
	json_array_foreach(json_object_get(root, "cases"), i, v)
	{
		if (i % 4 == 0)
			helper_says(v);
	}
	assert_true(i > 80);
	json_decref(root);
}

static void
no_helper(void **state)
{
	struct ts_evidence_ask ask = question();
	struct ts_evidence_client c;

	(void)state;
	assert_int_equal(ts_evidence_start(&c, "/nonexistent", &ask),
	    TS_ERR_HELPER);
	assert_int_equal(c.fd, -1);
	ask.bundle.len = 0;
	assert_int_equal(ts_evidence_start(&c, HELPER, &ask), TS_ERR_ARGUMENT);
	ask = question();
	assert_int_equal(ts_evidence_start(&c, "/bin/true", &ask), TS_OK);
	assert_int_equal(wait_for(&c).err, TS_ERR_HELPER);
}

static void
a_killed_helper(void **state)
{
	struct ts_evidence_ask ask = question();
	struct ts_evidence_client c;

	(void)state;
	assert_int_equal(ts_evidence_start(&c, "/bin/cat", &ask), TS_OK);
	kill(c.pid, SIGKILL);
	assert_int_equal(wait_for(&c).err, TS_ERR_HELPER);
}

/* Bytes a helper might send, given to a client that has no process. */
static int
hear(const uint8_t *bytes, size_t len)
{
	struct ts_evidence_client c;
	struct ts_evidence e;
	int pair[2];
	bool done;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	memset(&c, 0, sizeof(c));
	c.fd = pair[0];
	c.pid = -1;
	assert_int_equal(send(pair[1], bytes, len, 0), (ssize_t)len);
	done = ts_evidence_next(&c, &e);
	close(pair[1]);
	if (!done)
		assert_true(ts_evidence_next(&c, &e));
	ts_evidence_close(&c);
	return e.err;
}

static void
nonsense_is_the_end(void **state)
{
	static const uint8_t error[] = {0, 0, 0, 4, 1, 0, 222, 2};
	static const uint8_t longer[] = {0, 0, 0, 4, 1, 0, 222, 2, 0};
	static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff};
	static const uint8_t empty[] = {0, 0, 0, 0};
	static const uint8_t version[] = {0, 0, 0, 4, 2, 0, 222, 2};
	static const uint8_t weak[] = {0, 0, 0, 10, 1, 0, 0, 0, 1, 'Y', 0, 0, 2,
	    1};
	size_t n;

	(void)state;
	assert_int_equal(hear(error, sizeof(error)), TS_ERR_ATTESTATION);
	for (n = 0; n < sizeof(error); n++)
		assert_int_equal(hear(error, n), TS_ERR_HELPER);
	assert_int_equal(hear(longer, sizeof(longer)), TS_ERR_HELPER);
	assert_int_equal(hear(huge, sizeof(huge)), TS_ERR_HELPER);
	assert_int_equal(hear(empty, sizeof(empty)), TS_ERR_HELPER);
	assert_int_equal(hear(version, sizeof(version)), TS_ERR_HELPER);
	assert_int_equal(hear(weak, sizeof(weak)), TS_ERR_HELPER);
}

/* The helper's own end: what nobody of ours would ask. */
static int
served(const uint8_t *bytes, size_t len, uint8_t out[64], size_t *out_len)
{
	ssize_t n;
	int pair[2], r;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(send(pair[1], bytes, len, 0), (ssize_t)len);
	assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
	r = ts_evidence_serve(pair[0]);
	close(pair[0]);
	n = read(pair[1], out, 64);
	*out_len = n > 0 ? (size_t)n : 0;
	close(pair[1]);
	return r;
}

static void
bad_questions_are_answered(void **state)
{
	static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff};
	static const uint8_t cut[] = {0, 0, 0, 9, 1, 3};
	static const uint8_t nonsense[] = {0, 0, 0, 3, 1, 3, 0};
	const struct tsw_slice all[] = {{huge, sizeof(huge)},
	    {cut, sizeof(cut)}, {nonsense, sizeof(nonsense)}};
	struct ts_evidence e;
	uint8_t out[64];
	size_t i, len;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(served(all[i].p, all[i].len, out, &len),
		    TS_OK);
		assert_int_equal(ts_evidence_answer_decode(&e, out + 4,
				     len - 4),
		    TS_OK);
		assert_int_not_equal(e.err, TS_OK);
		assert_int_not_equal(e.err, TS_ERR_ATTESTATION);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(questions_are_bounded),
	    cmocka_unit_test(questions_that_lie),
	    cmocka_unit_test(answers_are_bounded),
	    cmocka_unit_test(errors_have_their_reason),
	    cmocka_unit_test(makers_that_end_early),
	    cmocka_unit_test(the_helper_judges),
	    cmocka_unit_test(no_helper),
	    cmocka_unit_test(a_killed_helper),
	    cmocka_unit_test(nonsense_is_the_end),
	    cmocka_unit_test(bad_questions_are_answered),
	};

	signal(SIGPIPE, SIG_IGN);
	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
