/* SPDX-License-Identifier: BSD-2-Clause */
/* Proof files: their text, and that each is believed or refused. */
#include "logworld.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

static struct logworld *world;
static struct logworld_page shown;
static char text[65536];
static size_t len;
static uint8_t extra[TS_PAGE_MAX];

/* --- Memory that is refused --- */

static bool refuse;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *
__wrap_malloc(size_t size)
{
	return refuse ? NULL : __real_malloc(size);
}

static struct tsw_slice
slice(const char *s)
{
	return (struct tsw_slice){(const uint8_t *)s, strlen(s)};
}

static struct ts_lookup
asking(const char *label, uint32_t from)
{
	const struct ts_lookup ask = {slice(label), from, false, 0};

	return ask;
}

static int
make(void)
{
	return ts_proof_file_make(text, sizeof(text), &len, slice("bob"),
	    &shown.page);
}

static int
set_up(void **state)
{
	const struct ts_lookup ask = asking("bob", 0);

	(void)state;
	world = logworld_new();
	logworld_add(world, "bob");
	logworld_fill(world);
	logworld_seal(world);
	logworld_add(world, "bob");
	logworld_fill(world);
	logworld_seal(world);
	logworld_page(world, &shown, &ask);
	assert_int_equal(make(), TS_OK);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	logworld_free(&world);
	return 0;
}

static int
judge(struct ts_proof_extra *out, struct ts_seen *seen)
{
	return ts_proof_file_check(out, seen, extra, world->policy,
	    (struct tsw_slice){(const uint8_t *)text, len});
}

static void
believed(void **state)
{
	struct ts_proof_extra m;
	struct ts_lookup ask;
	struct ts_seen seen;
	uint32_t from;

	(void)state;
	assert_int_equal(judge(&m, &seen), TS_OK);
	assert_int_equal(m.label.len, 3);
	assert_memory_equal(m.label.p, "bob", 3);
	assert_int_equal(m.page.record_cnt, 2);
	assert_int_equal(seen.time, LOGWORLD_NOW);
	assert_int_equal(seen.cosigned, 1);
	assert_int_equal(seen.cp.head.size, world->size);
	assert_int_equal(judge(&m, NULL), TS_OK);
	for (from = 0; from < 2; from++) {
		ask = asking("bob", from);
		logworld_page(world, &shown, &ask);
		assert_int_equal(make(), TS_OK);
		assert_int_equal(judge(&m, &seen), TS_OK);
		assert_int_equal(m.page.record[0].number, from);
	}
}

/* Only what shows the last record can be kept. */
static void
not_made(void **state)
{
	const struct ts_lookup none = asking("nobody", 0);
	size_t i;

	(void)state;
	for (i = 0; i < len; i += 97)
		assert_int_equal(ts_proof_file_make(text, i, &(size_t){0},
				     slice("bob"), &shown.page),
		    TSW_ERR_NO_SPACE);
	refuse = true;
	assert_int_equal(make(), TS_ERR_NO_MEMORY);
	refuse = false;
	shown.page.has_parameters = false;
	assert_int_equal(make(), TS_ERR_LOG_PROOF);
	shown.page.has_parameters = true;
	shown.page.absence.there = false;
	assert_int_equal(make(), TS_ERR_LOG_PROOF);
	logworld_page(world, &shown, &none);
	assert_int_equal(make(), TS_ERR_LOG_PROOF);
	shown.page.note = slice("x");
	shown.page.record_cnt = 1;
	assert_int_equal(make(), TS_ERR_LOG_NOTE);
}

/* A file of what is shown now, and what check says. */
static int
again(void)
{
	struct ts_proof_extra m;

	assert_int_equal(make(), TS_OK);
	return judge(&m, NULL);
}

static void
lies(void **state)
{
	const struct ts_tree_head head = logworld_head(world);
	char room[2048];

	(void)state;
	shown.page.record[1].proof.opening[0] ^= 1;
	assert_int_equal(again(), TS_ERR_LOG_PROOF);
	shown.page.record[1].proof.opening[0] ^= 1;
	shown.leaf[0] ^= 1;
	assert_int_equal(again(), TS_ERR_LOG_LATEST);
	shown.leaf[0] ^= 1;
	shown.hashes[0][0] ^= 1;
	assert_int_equal(again(), TS_ERR_LOG_PROOF);
	shown.hashes[0][0] ^= 1;
	shown.hashes[2][0] ^= 1; /* of the parameters */
	assert_int_equal(again(), TS_ERR_LOG_PROOF);
	shown.hashes[2][0] ^= 1;
	shown.page.entries++;
	assert_int_equal(again(), TS_ERR_LOG_PROOF);
	shown.page.entries--;
	shown.page.note = logworld_note(world, room, &head, 0);
	assert_int_equal(again(), TS_ERR_LOG_QUORUM);
	shown.page.note = logworld_note(world, room, &head, 1);
	assert_int_equal(again(), TS_OK); /* age is not checked */
	shown.page.record_cnt = 1;
	logworld_prove(world, &shown, 0);
	logworld_absence(world, &shown, slice("bob"), 1);
	assert_int_equal(again(), TS_ERR_LOG_LATEST);
}

/* The right hashes, said to be of another leaf. */
static void
another_index(void **state)
{
	struct ts_proof_extra m;
	char *at = strstr(text, "\nindex ");

	(void)state;
	assert_non_null(at);
	at += strlen("\nindex ");
	assert_int_equal((uint64_t)(*at - '0'), world->size - 1);
	for (*at = '0'; *at <= '9'; (*at)++)
		assert_int_equal(judge(&m, NULL),
		    (uint64_t)(*at - '0') == world->size - 1
			? TS_OK
			: TS_ERR_LOG_PROOF);
}

static int
parse(const char *s, struct ts_proof_file *out)
{
	return ts_proof_file_parse(out, extra, slice(s));
}

#define FIRST "c2sp.org/tlog-proof@v1\n"
#define HASH "sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n"

static const struct {
	const char *text;
	int want;
} t[] = {
    {FIRST "index 0\n\nnote", TS_OK},
    {FIRST "extra AA==\nindex 7\n" HASH HASH "\nnote", TS_OK},
    {FIRST "index 9007199254740991\n\nnote", TS_OK},
    {"", TSW_ERR_FORMAT},
    {"c2sp.org/tlog-proof@v2\nindex 0\n\nnote", TSW_ERR_FORMAT},
    {"c2sp.org/tlog-proof@v1\r\nindex 0\n\nnote", TSW_ERR_FORMAT},
    {FIRST, TSW_ERR_TRUNCATED},
    {FIRST "extra AA==\n", TSW_ERR_TRUNCATED},
    {FIRST "extra AA==", TSW_ERR_TRUNCATED},
    {FIRST "index 0\n", TSW_ERR_TRUNCATED},
    {FIRST "index 0\n" HASH, TSW_ERR_TRUNCATED},
    {FIRST "index 0\n\n", TSW_ERR_TRUNCATED},
    {FIRST "extra \nindex 0\n\nnote", TSW_ERR_FORMAT},
    {FIRST "extra A\nindex 0\n\nnote", TSW_ERR_FORMAT},
    {FIRST "extra AB==\nindex 0\n\nnote", TSW_ERR_FORMAT},
    {FIRST "extra AA==\nextra AA==\nindex 0\n\nnote", TSW_ERR_FORMAT},
    {FIRST "index 0\nextra AA==\n\nnote", TSW_ERR_FORMAT},
    {FIRST "index\n\nnote", TSW_ERR_FORMAT},
    {FIRST "index \n\nnote", TSW_ERR_FORMAT},
    {FIRST "index 00\n\nnote", TSW_ERR_FORMAT},
    {FIRST "index 01\n\nnote", TSW_ERR_FORMAT},
    {FIRST "index +1\n\nnote", TSW_ERR_FORMAT},
    {FIRST "index 1 \n\nnote", TSW_ERR_FORMAT},
    {FIRST "index  1\n\nnote", TSW_ERR_FORMAT},
    {FIRST "Index 1\n\nnote", TSW_ERR_FORMAT},
    {FIRST "index 9007199254740992\n\nnote", TSW_ERR_RANGE},
    {FIRST "index 99999999999999999999\n\nnote", TSW_ERR_RANGE},
    {FIRST "index 0\nAA==\n\nnote", TSW_ERR_FORMAT},
    {FIRST "index 0\n " HASH "\nnote", TSW_ERR_FORMAT},
};

static void
forms(void **state)
{
	struct ts_proof_file file, before;
	size_t i;

	(void)state;
	memset(&file, 0xa5, sizeof(file));
	memcpy(&before, &file, sizeof(file));
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (t[i].want == TS_OK)
			continue;
		assert_int_equal(parse(t[i].text, &file), t[i].want);
		assert_memory_equal(&file, &before, sizeof(file));
	}
	for (i = 0; i < 3; i++) {
		size_t n;

		assert_int_equal(parse(t[i].text, &file), TS_OK);
		assert_int_equal(file.note.len, 4);
		assert_int_equal(file.hashes_len, i == 1 ? 64 : 0);
		assert_int_equal(file.extra_len, i == 1 ? 1 : 0);
		n = ts_proof_file_format(text, sizeof(text), &file,
		    (struct tsw_slice){extra, file.extra_len});
		assert_int_equal(n, strlen(t[i].text));
		assert_memory_equal(text, t[i].text, n);
	}
	assert_int_equal(ts_proof_file_parse(&file, NULL, slice(t[1].text)),
	    TS_OK);
	assert_int_equal(file.extra_len, 0);
}

static void
too_long(void **state)
{
	static char big[TS_PROOF_FILE_MAX + 2];
	struct ts_proof_file file;
	size_t i, n;

	(void)state;
	n = (size_t)snprintf(big, sizeof(big), FIRST "index 0\n");
	for (i = 0; i < TS_TREE_PROOF_CNT + 1; i++)
		n += (size_t)snprintf(big + n, sizeof(big) - n, HASH);
	snprintf(big + n, sizeof(big) - n, "\nnote");
	assert_int_equal(parse(big, &file), TSW_ERR_TOO_LONG);
	/* One byte more than there is room for: 4 digits for 3 bytes. */
	n = (size_t)snprintf(big, sizeof(big), FIRST "extra ");
	memset(big + n, 'A', TS_PAGE_MAX / 3 * 4 + 4);
	n += TS_PAGE_MAX / 3 * 4 + 4;
	snprintf(big + n, sizeof(big) - n, "\nindex 0\n\nnote");
	assert_int_equal(parse(big, &file), TSW_ERR_TOO_LONG);
	memset(big, 'A', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(parse(big, &file), TSW_ERR_TOO_LONG);
}

/* One bit of each byte of the file. */
static void
every_byte(void **state)
{
	struct ts_proof_extra m;
	size_t i, unsaid = 0;

	(void)state;
	for (i = 0; i < len; i++) {
		text[i] = (char)((unsigned char)text[i] ^ 1U << i % 7);
		unsaid += judge(&m, NULL) == TS_OK;
		text[i] = (char)((unsigned char)text[i] ^ 1U << i % 7);
	}
	/*
	 * Signatures in two envelopes, 9 bytes each: the chain checks them.
	 * They are 12 digits at most.
	 */
	assert_in_range(unsaid, 1, 24);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(believed),
	    TEST(not_made),
	    TEST(lies),
	    TEST(another_index),
	    TEST(forms),
	    TEST(too_long),
	    TEST(every_byte),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
