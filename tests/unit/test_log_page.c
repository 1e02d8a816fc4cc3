/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC 14.1, 14.6 and 15: one form each. */
#include "pagerig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <touchstone/wire/cbor.h>

#define ROOM 32768

/* Each kind of message: one with all there can be, and decode with encode. */

static size_t
make_lookup(uint8_t *out, size_t size)
{
	const struct ts_lookup m = {text("bob@example.org"), 7, true,
	    TSW_LOG_SIZE_MAX};

	return ts_lookup_encode(out, size, &m);
}

static int
again_lookup(uint8_t *out, size_t *len, struct tsw_slice s)
{
	struct ts_lookup m;
	int r = ts_lookup_decode(&m, s);

	*len = r == TSW_OK ? ts_lookup_encode(out, *len, &m) : 0;
	return r;
}

static size_t
make_page(uint8_t *out, size_t size)
{
	const struct ts_page m = whole_page();

	return ts_page_encode(out, size, &m);
}

static int
again_page(uint8_t *out, size_t *len, struct tsw_slice s)
{
	struct ts_page m;
	int r = ts_page_decode(&m, s);

	*len = r == TSW_OK ? ts_page_encode(out, *len, &m) : 0;
	return r;
}

static size_t
make_submit(uint8_t *out, size_t size)
{
	const struct ts_submit m = whole_submit();

	return ts_submit_encode(out, size, &m);
}

static int
again_submit(uint8_t *out, size_t *len, struct tsw_slice s)
{
	struct ts_submit m;
	int r = ts_submit_decode(&m, s);

	*len = r == TSW_OK ? ts_submit_encode(out, *len, &m) : 0;
	return r;
}

static size_t
make_place(uint8_t *out, size_t size)
{
	return ts_place_reply_encode(out, size, 70000);
}

static int
again_place(uint8_t *out, size_t *len, struct tsw_slice s)
{
	uint64_t index = 0;
	int r = ts_place_reply_decode(&index, s);

	*len = r == TSW_OK ? ts_place_reply_encode(out, *len, index) : 0;
	return r;
}

static size_t
make_span(uint8_t *out, size_t size)
{
	return ts_span_encode(out, size, 0, 300);
}

static int
again_span(uint8_t *out, size_t *len, struct tsw_slice s)
{
	uint64_t from = 0, to = 0;
	int r = ts_span_decode(&from, &to, s);

	*len = r == TSW_OK ? ts_span_encode(out, *len, from, to) : 0;
	return r;
}

static size_t
make_consistency(uint8_t *out, size_t size)
{
	const struct ts_consistency m = {{9}, fill(64)};

	return ts_consistency_encode(out, size, &m);
}

static int
again_consistency(uint8_t *out, size_t *len, struct tsw_slice s)
{
	struct ts_consistency m;
	int r = ts_consistency_decode(&m, s);

	*len = r == TSW_OK ? ts_consistency_encode(out, *len, &m) : 0;
	return r;
}

static size_t
make_refused(uint8_t *out, size_t size)
{
	const struct ts_refused m = {TS_REFUSAL_REFUSED, 33, "no ~ way"};

	return ts_refused_encode(out, size, &m);
}

static int
again_refused(uint8_t *out, size_t *len, struct tsw_slice s)
{
	struct ts_refused m;
	int r = ts_refused_decode(&m, s);

	*len = r == TSW_OK ? ts_refused_encode(out, *len, &m) : 0;
	return r;
}

static size_t
make_box(uint8_t *out, size_t size)
{
	const struct ts_box m = {{{1, fill(256)}, {9, fill(1)}}, 2};

	return ts_box_encode(out, size, &m);
}

static int
again_box(uint8_t *out, size_t *len, struct tsw_slice s)
{
	struct ts_box m;
	int r = ts_box_decode(&m, s);

	*len = r == TSW_OK ? ts_box_encode(out, *len, &m) : 0;
	return r;
}

static const struct kind {
	const char *name;
	size_t (*make)(uint8_t *out, size_t size);
	/* Decode and encode again; *len: room, then bytes. */
	int (*again)(uint8_t *out, size_t *len, struct tsw_slice s);
	size_t fields; /* required ones, the version among them */
} kind[] = {{"lookup", make_lookup, again_lookup, 3},
    {"page", make_page, again_page, 5},
    {"submit", make_submit, again_submit, 4},
    {"place", make_place, again_place, 2}, {"span", make_span, again_span, 3},
    {"consistency", make_consistency, again_consistency, 3},
    {"refusal", make_refused, again_refused, 4},
    {"messages", make_box, again_box, 2}};

#define KINDS (sizeof(kind) / sizeof(kind[0]))

static uint8_t bytes[ROOM], other[ROOM];

static int
decode(const struct kind *k, const uint8_t *p, size_t len)
{
	static uint8_t out[ROOM];
	size_t out_len = sizeof(out);
	int r = k->again(out, &out_len, (struct tsw_slice){p, len});

	if (r == TSW_OK) {
		assert_int_equal(out_len, len);
		assert_memory_equal(out, p, len);
	}
	return r;
}

static void
there_and_back(void **state)
{
	size_t i, j, len;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		len = kind[i].make(bytes, sizeof(bytes));
		assert_true(len > 0);
		assert_int_equal(decode(&kind[i], bytes, len), TSW_OK);
		for (j = 0; j < len; j++)
			assert_int_equal(kind[i].make(other, j), 0);
		assert_int_equal(kind[i].make(other, len), len);
	}
}

static void
cut_or_longer(void **state)
{
	size_t i, j, len;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		len = kind[i].make(bytes, sizeof(bytes));
		for (j = 0; j < len; j++)
			assert_int_equal(decode(&kind[i], bytes, j),
			    TSW_ERR_TRUNCATED);
		bytes[len] = 0;
		assert_int_equal(decode(&kind[i], bytes, len + 1),
		    TSW_ERR_TRAILING);
	}
}

/* A flipped bit is refused, or it is another message in its one form. */
static void
every_bit(void **state)
{
	size_t i, j, len, refused = 0;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		len = kind[i].make(bytes, sizeof(bytes));
		for (j = 0; j < 8 * len; j++) {
			bytes[j / 8] ^= (uint8_t)(1U << j % 8);
			refused += decode(&kind[i], bytes, len) != TSW_OK;
			bytes[j / 8] ^= (uint8_t)(1U << j % 8);
		}
	}
	assert_true(refused > 100);
}

/* A map of the first cnt fields, then one of this key. */
static size_t
fields(const struct kind *k, size_t cnt, bool more, uint64_t key)
{
	struct tsw_cb cb;
	struct tsw_wr wr;
	size_t i, len = k->make(bytes, sizeof(bytes));

	tsw_cb_init(&cb, bytes, len);
	(void)tsw_cb_map(&cb);
	len -= cb.rd.left;
	for (i = 0; i < 2 * cnt; i++)
		tsw_cb_skip(&cb);
	assert_int_equal(cb.err, TSW_OK);
	tsw_wr_init(&wr, other, sizeof(other));
	tsw_wr_cb_map(&wr, cnt + more);
	tsw_wr_bytes(&wr, bytes + len, (size_t)(cb.rd.p - bytes) - len);
	if (more) {
		tsw_wr_cb_uint(&wr, key);
		tsw_wr_cb_uint(&wr, 0);
	}
	return tsw_wr_len(&wr);
}

static void
wrong_fields(void **state)
{
	size_t i, j, len;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		for (j = 0; j < kind[i].fields; j++) {
			len = fields(&kind[i], j, false, 0);
			assert_int_equal(decode(&kind[i], other, len),
			    TSW_ERR_MISSING_FIELD);
			len = fields(&kind[i], j, true, 20);
			assert_int_equal(decode(&kind[i], other, len),
			    TSW_ERR_MISSING_FIELD);
		}
		len = fields(&kind[i], j, false, 0);
		assert_int_equal(decode(&kind[i], other, len), TSW_OK);
		len = fields(&kind[i], j, true, 20);
		assert_int_equal(decode(&kind[i], other, len),
		    TSW_ERR_UNKNOWN_FIELD);
		len = fields(&kind[i], j, true, j - 1);
		assert_int_equal(decode(&kind[i], other, len),
		    TSW_ERR_DUPLICATE);
		len = kind[i].make(bytes, sizeof(bytes));
		bytes[2] = 2;
		assert_int_equal(decode(&kind[i], bytes, len), TSW_ERR_VERSION);
	}
}

static int
lookup(struct tsw_slice label, uint64_t size)
{
	const struct ts_lookup m = {label, UINT32_MAX, true, size};
	size_t len = ts_lookup_encode(bytes, sizeof(bytes), &m);

	return decode(&kind[0], bytes, len);
}

static void
lookup_limits(void **state)
{
	char longest[66];
	size_t len;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[65] = '\0';
	assert_int_equal(lookup(text(longest + 1), 0), TSW_OK);
	assert_int_equal(lookup(text(longest), 0), TSW_ERR_TOO_LONG);
	assert_int_equal(lookup(text(""), 0), TSW_ERR_TOO_SHORT);
	assert_int_equal(lookup(text("Bob"), 0), TSW_ERR_LABEL);
	assert_int_equal(lookup(text("bob"), (uint64_t)TSW_LOG_SIZE_MAX + 1),
	    TSW_ERR_RANGE);
	len = ts_span_encode(bytes, sizeof(bytes), 1, UINT64_MAX);
	assert_int_equal(decode(&kind[4], bytes, len), TSW_ERR_RANGE);
	len = ts_place_reply_encode(bytes, sizeof(bytes), UINT64_MAX);
	assert_int_equal(decode(&kind[3], bytes, len), TSW_ERR_RANGE);
}

/* 65 records cannot be encoded, so the head of their array is written over. */
static void
page_too_many_records(void **state)
{
	struct ts_page m = whole_page();
	size_t i, len;

	(void)state;
	m.record_cnt = TS_PAGE_RECORDS_CNT;
	for (i = 0; i < m.record_cnt; i++)
		m.record[i] = m.record[0];
	len = ts_page_encode(bytes, sizeof(bytes), &m);
	for (i = 0; i < len; i++) {
		if (memcmp(bytes + i, "\x04\x98\x40", 3) == 0)
			break;
	}
	assert_true(i < len);
	bytes[i + 2]++;
	assert_int_equal(decode(&kind[1], bytes, len), TSW_ERR_TOO_LONG);
}

static void
refusals(void **state)
{
	struct ts_refused m = {TS_REFUSAL_RATE, 0, ""};
	size_t i, len;

	(void)state;
	len = ts_refused_encode(bytes, sizeof(bytes), &m);
	assert_int_equal(decode(&kind[6], bytes, len), TSW_OK);
	memset(m.text, '!', 200);
	len = ts_refused_encode(bytes, sizeof(bytes), &m);
	assert_true(len <= TS_REFUSAL_MAX);
	assert_int_equal(decode(&kind[6], bytes, len), TSW_OK);
	for (i = 0; i < 256; i++) {
		m.text[0] = (char)i;
		if (i >= 0x20 && i < 0x7f)
			continue;
		len = ts_refused_encode(bytes, sizeof(bytes), &m);
		if (i == 0)
			bytes[len - 1] = 0x78; /* not the empty text */
		assert_int_not_equal(decode(&kind[6], bytes, len), TSW_OK);
	}
	assert_int_equal(ts_refusal_http(TS_REFUSAL_GONE), 410);
	assert_int_equal(ts_refusal_http((enum ts_refusal)200), 500);
	assert_string_equal(ts_refusal_sentence(TS_REFUSAL_CONFLICT),
	    "another record is in this place");
	assert_non_null(ts_refusal_sentence((enum ts_refusal)200));
}

static void
full_box(void **state)
{
	struct ts_box m;
	size_t i, len;

	(void)state;
	m.cnt = TS_BOX_MESSAGES_CNT;
	for (i = 0; i < m.cnt; i++) {
		m.message[i].number = UINT32_MAX;
		m.message[i].bytes = fill(TS_BOX_MESSAGE_MAX);
	}
	len = ts_box_encode(bytes, TS_BOX_MAX, &m);
	assert_true(len > 0);
	assert_int_equal(decode(&kind[7], bytes, len), TSW_OK);
	m.message[3].bytes = fill(TS_BOX_MESSAGE_MAX + 1);
	len = ts_box_encode(bytes, sizeof(bytes), &m);
	assert_int_equal(decode(&kind[7], bytes, len), TSW_ERR_TOO_LONG);
	m.message[3].bytes = fill(0);
	len = ts_box_encode(bytes, sizeof(bytes), &m);
	assert_int_equal(decode(&kind[7], bytes, len), TSW_ERR_TOO_SHORT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(there_and_back),
	    cmocka_unit_test(cut_or_longer),
	    cmocka_unit_test(every_bit),
	    cmocka_unit_test(wrong_fields),
	    cmocka_unit_test(lookup_limits),
	    cmocka_unit_test(page_too_many_records),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(full_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
