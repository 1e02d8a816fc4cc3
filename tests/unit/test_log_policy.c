/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policies: their text, and which checkpoints count.  The quorum is compared
 * with a slow reading of the rule, for every subset of witnesses.
 */
#include "log/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#define NOW 1800000000u
#define WITNESSES 6

static struct ts_skey log_key, peer[WITNESSES];
static char log_vkey[TS_VKEY_MAX], vkey[WITNESSES][TS_VKEY_MAX];

static const char body[] = "o.example/log\n7\n"
			   "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

static int
setup(void **state)
{
	uint8_t seed[32] = {0};
	char name[16];
	size_t i;

	(void)state;
	assert_int_equal(ts_skey_init(&log_key, "o.example/log",
			     TS_NOTE_ED25519, seed),
	    TS_OK);
	ts_vkey_format(log_vkey, &log_key.vkey);
	for (i = 0; i < WITNESSES; i++) {
		snprintf(name, sizeof(name), "w%zu.example", i);
		seed[0] = (uint8_t)(i + 1);
		assert_int_equal(ts_skey_init(&peer[i], name,
				     TS_NOTE_COSIGNATURE, seed),
		    TS_OK);
		ts_vkey_format(vkey[i], &peer[i].vkey);
	}
	return 0;
}

/* %L is the log's key, %0 to %5 those of the witnesses, %X one of ML-DSA. */
static const char *
expand(const char *s)
{
	static char out[16384];
	size_t n = 0, i;

	for (; *s != '\0'; s++) {
		if (*s != '%') {
			out[n++] = *s;
			continue;
		}
		s++;
		if (*s == 'L') {
			n += (size_t)sprintf(out + n, "%s", log_vkey);
		} else if (*s == 'X') {
			n += (size_t)sprintf(out + n, "x.example+0badcafe+Bg");
			for (i = 0; i < 1750; i++)
				out[n++] = 'A';
		} else {
			n += (size_t)sprintf(out + n, "%s", vkey[*s - '0']);
		}
	}
	out[n] = '\0';
	return out;
}

static int
parse(struct ts_policy **out, const char *s, size_t *line)
{
	const char *text = expand(s);

	return ts_policy_new(out,
	    (struct tsw_slice){(const uint8_t *)text, strlen(text)}, line);
}

static struct ts_policy *
policy(const char *s)
{
	struct ts_policy *p = NULL;
	size_t line = 77;

	assert_int_equal(parse(&p, s, &line), TS_OK);
	assert_int_equal(line, 0);
	return p;
}

#define SIX                                                                    \
	"witness X1 %0\nwitness X2 %1\nwitness X3 %2\n"                        \
	"witness Y1 %3\nwitness Y2 %4\nwitness Y3 %5\n"

static void
reading(void **state)
{
	struct ts_policy *p;
	const char *name, *url;

	(void)state;
	p = policy("# a comment\n\n \t\n\tlog\t %L  https://o.example/ \n"
		   "  # another\nwitness one %0 https://w.example/x\n"
		   "witness none-of-us %X\nwitness \xc3\xa9 %1\n"
		   "group all 2 one none-of-us \xc3\xa9\nquorum all\n");
	assert_int_equal(ts_policy_log_cnt(p), 1);
	assert_string_equal(ts_policy_log(p, 0, &url)->name, "o.example/log");
	assert_string_equal(url, "https://o.example/");
	assert_int_equal(ts_policy_witness_cnt(p), 3);
	assert_memory_equal(ts_policy_witness(p, 0, &name, &url)->key,
	    peer[0].vkey.key, 32);
	assert_string_equal(name, "one");
	assert_string_equal(url, "https://w.example/x");
	assert_null(ts_policy_witness(p, 1, &name, &url));
	assert_string_equal(name, "none-of-us");
	assert_string_equal(url, "");
	assert_string_equal(ts_policy_witness(p, 2, &name, NULL)->name,
	    "w1.example");
	assert_string_equal(name, "\xc3\xa9");
	assert_false(ts_policy_is_alone(p));
	ts_policy_free(&p);
	assert_null(p);
	p = policy("log %L\nquorum none\n");
	assert_true(ts_policy_is_alone(p));
	ts_policy_free(&p);
	/* Logs may be left out, and so may be what is not needed. */
	p = policy(SIX "quorum X2\n");
	assert_int_equal(ts_policy_log_cnt(p), 0);
	ts_policy_free(&p);
	p = policy("log %X\nquorum none\n");
	assert_int_equal(ts_policy_log_cnt(p), 0);
	ts_policy_free(&p);
}

static const struct {
	const char *text;
	size_t line;
} bad[] = {
    {"", 0},
    {"log %L\n", 0},
    {"log %L\nquorum none", 2},
    {"quorum none\nquorum none\n", 2},
    {"quorum nobody\n", 1},
    {"quorum W\nwitness W %0\n", 1},
    {"quorum\n", 1},
    {"quorum none none\n", 1},
    {"quorum None\n", 1},
    {"Quorum none\n", 1},
    {"quorum none # why\n", 1},
    {"logs %L\n", 1},
    {"log\nquorum none\n", 1},
    {"log %L a b\nquorum none\n", 1},
    {"log %L\nlog %L\nquorum none\n", 2},
    {"log %X\nlog %X\nquorum none\n", 2},
    {"log L\nquorum none\n", 1},
    {"log %Lx\nquorum none\n", 1},
    {"witness W\nquorum none\n", 1},
    {"witness W %0 a b\nquorum none\n", 1},
    {"witness W %0\nwitness V %0\nquorum none\n", 2},
    {"witness W %X\nwitness V %X\nquorum none\n", 2},
    {"witness W %0\nwitness W %1\nquorum none\n", 2},
    {"witness none %0\nquorum none\n", 1},
    {"witness W %L\nquorum none\n", 1},
    {"witness W %0\ngroup W any W\nquorum none\n", 2},
    {"witness W %0\ngroup none any W\nquorum none\n", 2},
    {"witness W %0\ngroup G any\nquorum none\n", 2},
    {"witness W %0\ngroup G W\nquorum none\n", 2},
    {"witness W %0\ngroup G 0 W\nquorum none\n", 2},
    {"witness W %0\ngroup G 2 W\nquorum none\n", 2},
    {"witness W %0\ngroup G 01 W\nquorum none\n", 2},
    {"witness W %0\ngroup G 1x W\nquorum none\n", 2},
    {"witness W %0\ngroup G +1 W\nquorum none\n", 2},
    {"witness W %0\ngroup G 18446744073709551617 W\nquorum none\n", 2},
    {"witness W %0\ngroup G any none\nquorum none\n", 2},
    {"witness W %0\ngroup G any G\nquorum none\n", 2},
    {"witness W %0\ngroup G any W W\nquorum none\n", 2},
    {"witness W %0\ngroup G any W\ngroup H any W\nquorum none\n", 3},
    {"group G any W\nwitness W %0\nquorum none\n", 1},
    {"log %L\r\nquorum none\n", 1},
    {"\n\n\x7f\nquorum none\n", 3},
    {"quorum\vnone\n", 1},
    {"# \x01\nquorum none\n", 1},
};

static void
misreadings(void **state)
{
	struct ts_policy *p = NULL;
	size_t i, line;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(&p, bad[i].text, &line),
		    TS_ERR_LOG_POLICY);
		assert_int_equal(line, bad[i].line);
		assert_null(p);
		assert_int_equal(parse(&p, bad[i].text, NULL),
		    TS_ERR_LOG_POLICY);
	}
	assert_int_equal(ts_policy_new(&p,
			     (struct tsw_slice){(const uint8_t *)"quorum none"
								 "\0\n",
				 13},
			     &line),
	    TS_ERR_LOG_POLICY);
	assert_int_equal(line, 1);
}

/* As many logs, witnesses and groups as there may be, and one more each. */
static size_t
many(char *out, char kind, size_t cnt)
{
	uint8_t seed[32] = {0x77, (uint8_t)kind};
	char key[TS_VKEY_MAX];
	struct ts_skey k;
	size_t i, n = 0;

	for (i = 0; i < cnt; i++) {
		seed[2] = (uint8_t)i;
		assert_int_equal(ts_skey_init(&k, "m.example",
				     kind == 'l' ? TS_NOTE_ED25519
						 : TS_NOTE_COSIGNATURE,
				     seed),
		    TS_OK);
		ts_vkey_format(key, &k.vkey);
		if (kind == 'l')
			n += (size_t)sprintf(out + n, "log %s\n", key);
		else if (kind == 'w')
			n += (size_t)sprintf(out + n, "witness w%zu %s\n", i,
			    key);
		else
			n += (size_t)sprintf(out + n, "group g%zu any %c%zu\n",
			    i, i == 0 ? 'w' : 'g', i == 0 ? 0 : i - 1);
	}
	return n;
}

static void
limits(void **state)
{
	static const struct {
		size_t logs, witnesses, groups;
	} over[] = {{32, 64, 64}, {33, 64, 64}, {32, 65, 64}, {32, 64, 65}};
	static char text[TS_POLICY_MAX + 2];
	struct ts_policy *p = NULL;
	size_t i, n;

	(void)state;
	for (i = 0; i < 4; i++) {
		n = many(text, 'l', over[i].logs);
		n += many(text + n, 'w', over[i].witnesses);
		n += many(text + n, 'g', over[i].groups);
		n += (size_t)sprintf(text + n, "quorum g0\n");
		assert_int_equal(ts_policy_new(&p,
				     (struct tsw_slice){(uint8_t *)text, n},
				     NULL),
		    i == 0 ? TS_OK : TS_ERR_LOG_POLICY);
		if (i == 0)
			ts_policy_free(&p);
	}
	for (i = 0; i < 2; i++) {
		memset(text, '#', sizeof(text));
		n = TS_POLICY_MAX + i;
		memcpy(text + n - 13, "\nquorum none\n", 13);
		assert_int_equal(ts_policy_new(&p,
				     (struct tsw_slice){(uint8_t *)text, n},
				     NULL),
		    i == 0 ? TS_OK : TS_ERR_LOG_POLICY);
		ts_policy_free(&p);
	}
}

/* A note by the log and by each witness whose time is not 0. */
static int
check(struct ts_seen *seen, const struct ts_policy *p,
    const uint64_t time[WITNESSES], uint64_t now)
{
	const struct tsw_slice text = {(const uint8_t *)body, strlen(body)};
	char bytes[4096];
	struct ts_note note;
	size_t i;

	sprintf(bytes, "%s\n", body);
	assert_int_equal(ts_note_sign(bytes + strlen(bytes), text, &log_key, 0),
	    TS_OK);
	for (i = 0; i < WITNESSES; i++) {
		if (time[i] != 0)
			assert_int_equal(ts_note_sign(bytes + strlen(bytes),
					     text, &peer[i], time[i]),
			    TS_OK);
	}
	assert_int_equal(ts_note_parse(&note,
			     (struct tsw_slice){(const uint8_t *)bytes,
				 strlen(bytes)}),
	    TS_OK);
	return ts_policy_check(seen, p, &note, now);
}

static bool
slow_rule(unsigned who)
{
	const unsigned x = (who & 1) + (who >> 1 & 1) + (who >> 2 & 1),
		       y = (who >> 3 & 1) + (who >> 4 & 1) + (who >> 5 & 1);

	return x >= 2 && y >= 1;
}

/* The example of tlog-policy, each subset, each time of each witness. */
static void
example(void **state)
{
	struct ts_policy *p =
	    policy("log %L\n" SIX "group X-witnesses 2 X1 X2 X3\n"
		   "group Y-witnesses any Y1 Y2 Y3\n"
		   "group X-and-Y all X-witnesses Y-witnesses\n"
		   "quorum X-and-Y\n");
	uint64_t time[WITNESSES], best, t;
	struct ts_seen seen;
	unsigned who, since, i, n;
	int r;

	(void)state;
	for (who = 0; who < 64; who++) {
		for (i = n = 0; i < WITNESSES; i++) {
			time[i] =
			    (who >> i & 1) == 0 ? 0 : NOW - 7 * (i * 5 % 6);
			n += time[i] != 0;
		}
		r = check(&seen, p, time, NOW);
		assert_int_equal(r, slow_rule(who) ? TS_OK : TS_ERR_LOG_QUORUM);
		assert_int_equal(seen.cosigned, n);
		assert_ptr_equal(seen.log, ts_policy_log(p, 0, NULL));
		assert_int_equal(seen.cp.head.size, 7);
		/* The latest moment: look at every one. */
		best = 0;
		for (t = NOW - 50; t <= NOW; t++) {
			for (i = since = 0; i < WITNESSES; i++)
				since |= (unsigned)(time[i] >= t) << i;
			if (slow_rule(since))
				best = t;
		}
		assert_int_equal(seen.time, best);
	}
	ts_policy_free(&p);
}

static void
ages(void **state)
{
	struct ts_policy *p = policy("log %L\n" SIX "group G 2 X1 X2 X3\n"
				     "quorum G\n");
	const uint64_t old = NOW - TS_LOG_FRESH_S - 1, ahead = NOW + 301;
	struct ts_seen seen;

	(void)state;
#define AT(...) (const uint64_t[WITNESSES]){__VA_ARGS__}
	assert_int_equal(check(&seen, p, AT(old + 1, NOW + 300), NOW), TS_OK);
	assert_int_equal(seen.time, old + 1);
	assert_int_equal(check(&seen, p, AT(old, NOW), NOW), TS_ERR_LOG_STALE);
	assert_int_equal(seen.cosigned, 2);
	assert_int_equal(check(&seen, p, AT(old, NOW), 0), TS_OK);
	assert_int_equal(seen.time, old);
	assert_int_equal(check(&seen, p, AT(old, NOW, NOW), NOW), TS_OK);
	/* One of the future does not count, and is there. */
	assert_int_equal(check(&seen, p, AT(ahead, NOW), NOW),
	    TS_ERR_LOG_STALE);
	assert_int_equal(check(&seen, p, AT(ahead, NOW), 0), TS_OK);
	assert_int_equal(check(&seen, p, AT(ahead, NOW, NOW - 9), NOW), TS_OK);
	assert_int_equal(seen.time, NOW - 9);
	/* Too few, however fresh, are not stale. */
	assert_int_equal(check(&seen, p, AT(NOW, 0), NOW), TS_ERR_LOG_QUORUM);
	assert_int_equal(check(&seen, p, AT(0, 0, 0, NOW, NOW, NOW), NOW),
	    TS_ERR_LOG_QUORUM);
	assert_int_equal(check(&seen, p, AT(old, 0), 0), TS_ERR_LOG_QUORUM);
	/* A clock that was never set. */
	assert_int_equal(check(&seen, p, AT(5, 6), 7), TS_OK);
	assert_int_equal(seen.time, 5);
	assert_int_equal(check(&seen, p, AT(5, 6), (uint64_t)INT64_MAX + 1),
	    TS_ERR_ARGUMENT);
	ts_policy_free(&p);
}

static void
alone(void **state)
{
	struct ts_policy *p = policy("log %L\n" SIX "quorum none\n");
	struct ts_seen seen;

	(void)state;
	assert_int_equal(check(&seen, p, AT(0), NOW), TS_OK);
	assert_int_equal(seen.time, 0);
	assert_int_equal(check(&seen, p, AT(1, 1), NOW), TS_OK);
	assert_int_equal(seen.cosigned, 2);
	assert_int_equal(seen.time, 0);
	ts_policy_free(&p);
}

static void
foreign(void **state)
{
	struct ts_policy *p = policy("log %L\nwitness X %X\nwitness W %0\n"
				     "group G any X W\nquorum G\n");
	struct ts_seen seen;

	(void)state;
	assert_int_equal(check(&seen, p, AT(NOW), NOW), TS_OK);
	assert_int_equal(check(&seen, p, AT(0), NOW), TS_ERR_LOG_QUORUM);
	ts_policy_free(&p);
	p = policy("log %L\nwitness X %X\nwitness W %0\n"
		   "group G all X W\nquorum G\n");
	assert_int_equal(check(&seen, p, AT(NOW), NOW), TS_ERR_LOG_QUORUM);
	ts_policy_free(&p);
}

/* Signed by the log and of another origin; or not by the log. */
static void
origins(void **state)
{
	struct ts_policy *p = policy("log %L\nquorum none\n"), *none;
	const char other[] = "p.example/log\n7\n"
			     "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
	struct ts_seen seen = {.cosigned = 44};
	char bytes[1024];
	struct ts_note note;

	(void)state;
	sprintf(bytes, "%s\n", other);
	assert_int_equal(ts_note_sign(bytes + strlen(bytes),
			     (struct tsw_slice){(const uint8_t *)other,
				 strlen(other)},
			     &log_key, 0),
	    TS_OK);
	assert_int_equal(ts_note_parse(&note,
			     (struct tsw_slice){(const uint8_t *)bytes,
				 strlen(bytes)}),
	    TS_OK);
	assert_int_equal(ts_policy_check(&seen, p, &note, NOW),
	    TS_ERR_LOG_NOTE);
	none = policy("quorum none\n");
	assert_int_equal(check(&seen, none, AT(0), NOW), TS_ERR_LOG_NOTE);
	assert_int_equal(seen.cosigned, 44);
	ts_policy_free(&p);
	ts_policy_free(&none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reading),
	    cmocka_unit_test(misreadings),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(example),
	    cmocka_unit_test(ages),
	    cmocka_unit_test(alone),
	    cmocka_unit_test(foreign),
	    cmocka_unit_test(origins),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, setup, NULL);
}
