/* SPDX-License-Identifier: BSD-2-Clause */
/* Smartcard commands: lengths, selection, what reaches an applet. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "apdu.h"

#define BYTES(...)                                                             \
	((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

static void
good(const uint8_t *p, size_t len, size_t data_at, size_t data_len, uint32_t ne)
{
	struct fw_apdu a;

	assert_true(fw_apdu_parse(&a, p, len));
	assert_int_equal(a.cla, p[0]);
	assert_int_equal(a.ins, p[1]);
	assert_int_equal(a.p1, p[2]);
	assert_int_equal(a.p2, p[3]);
	assert_int_equal(a.data.len, data_len);
	if (data_len > 0)
		assert_ptr_equal(a.data.p, p + data_at);
	assert_int_equal(a.ne, ne);
}

static void
bad(const uint8_t *p, size_t len)
{
	struct fw_apdu a, before;

	memset(&a, 0x5a, sizeof(a));
	before = a;
	assert_false(fw_apdu_parse(&a, p, len));
	assert_memory_equal(&a, &before, sizeof(a));
}

/* ISO 7816-4 section 5.1, each case. */
static void
test_cases(void **state)
{
	(void)state;
	good(BYTES(0, 1, 2, 3), 0, 0, 0);    /* 1 */
	good(BYTES(0, 1, 2, 3, 5), 0, 0, 5); /* 2S */
	good(BYTES(0, 1, 2, 3, 0), 0, 0, 256);
	good(BYTES(0, 1, 2, 3, 0, 0, 0), 0, 0, 65536); /* 2E */
	good(BYTES(0, 1, 2, 3, 0, 1, 2), 0, 0, 258);
	good(BYTES(0, 1, 2, 3, 2, 8, 9), 5, 2, 0);	 /* 3S */
	good(BYTES(0, 1, 2, 3, 0, 0, 2, 8, 9), 7, 2, 0); /* 3E */
	good(BYTES(0, 1, 2, 3, 2, 8, 9, 7), 5, 2, 7);	 /* 4S */
	good(BYTES(0, 1, 2, 3, 2, 8, 9, 0), 5, 2, 256);
	good(BYTES(0, 1, 2, 3, 0, 0, 2, 8, 9, 1, 0), 7, 2, 256); /* 4E */
	good(BYTES(0, 1, 2, 3, 0, 0, 2, 8, 9, 0, 0), 7, 2, 65536);
}

static void
test_bad_lengths(void **state)
{
	(void)state;
	bad(BYTES(0, 1, 2));
	bad(BYTES(0, 1, 2, 3, 2, 8));		  /* data cut off */
	bad(BYTES(0, 1, 2, 3, 2, 8, 9, 1, 1));	  /* short Le of two bytes */
	bad(BYTES(0, 1, 2, 3, 0, 1));		  /* extended Le cut off */
	bad(BYTES(0, 1, 2, 3, 0, 0, 0, 1));	  /* Lc of no data */
	bad(BYTES(0, 1, 2, 3, 0, 0, 2, 8));	  /* data cut off */
	bad(BYTES(0, 1, 2, 3, 0, 0, 2, 8, 9, 1)); /* extended Le of one */
	bad(BYTES(0, 1, 2, 3, 0, 0, 2, 8, 9, 1, 1, 1)); /* and of three */
	bad(NULL, 0);
}

/* A long command, and all that are cut off it. */
static void
test_long(void **state)
{
	static uint8_t p[4 + 3 + 1024 + 2] = {0, 1, 2, 3, 0, 4, 0};
	size_t len;

	(void)state;
	good(p, sizeof(p), 7, 1024, 65536);
	good(p, sizeof(p) - 2, 7, 1024, 0);
	for (len = 0; len < sizeof(p) - 2; len++)
		if (len != 4 && len != 5 && len != 7)
			bad(p, len);
}

/* An applet that says what reached it. */
struct probe {
	unsigned int selects, runs;
	enum fw_sw sw;
	size_t rsp_len;
	struct fw_apdu apdu;
};

static struct probe probe[2];
static struct fw_card card;
static uint8_t out[300];

static void
write_out(const struct probe *p, struct tsw_wr *rsp)
{
	size_t i;

	for (i = 0; i < p->rsp_len; i++)
		tsw_wr_u8(rsp, (uint8_t)i);
}

static enum fw_sw
probe_select(void *applet, struct tsw_wr *rsp)
{
	struct probe *p = applet;

	p->selects++;
	write_out(p, rsp);
	return p->sw;
}

static enum fw_sw
probe_run(void *applet, struct tsw_wr *rsp, const struct fw_apdu *apdu)
{
	struct probe *p = applet;

	p->runs++;
	p->apdu = *apdu;
	write_out(p, rsp);
	return p->sw;
}

static const uint8_t aid_a[] = {0xa0, 0, 0, 6, 0x47, 0x2f, 0, 1};
static const uint8_t aid_b[] = {0xa0, 0, 0, 3, 8};
static const struct fw_applet applets[] = {
    {{aid_a, sizeof(aid_a)}, probe_select, NULL, probe_run, NULL, &probe[0],
	NULL},
    {{aid_b, sizeof(aid_b)}, probe_select, NULL, probe_run, NULL, &probe[1],
	NULL},
};

static int
new_card(void **state)
{
	(void)state;
	memset(probe, 0, sizeof(probe));
	probe[0].sw = probe[1].sw = FW_SW_OK;
	fw_card_init(&card, applets, 2);
	return 0;
}

/* The status word; *len is that of the data before it. */
static unsigned int
run(const uint8_t *p, size_t len, size_t *data_len)
{
	struct tsw_wr rsp;
	size_t n;

	tsw_wr_init(&rsp, out, sizeof(out));
	assert_true(fw_card_run(&card, &rsp, (struct tsw_slice){p, len}));
	n = tsw_wr_len(&rsp);
	assert_in_range(n, FW_APDU_SW_LEN, sizeof(out));
	*data_len = n - FW_APDU_SW_LEN;
	return (unsigned int)out[n - 2] << 8 | out[n - 1];
}

static unsigned int
sw(const uint8_t *p, size_t len)
{
	size_t data_len;
	unsigned int r = run(p, len, &data_len);

	assert_int_equal(data_len, 0);
	return r;
}

static void
test_empty_card(void **state)
{
	(void)state;
	fw_card_init(&card, NULL, 0);
	assert_int_equal(sw(BYTES(0, 0xa4, 4, 0, 8, 0xa0, 0, 0, 6, 0x47, 0x2f,
			     0, 1, 0)),
	    FW_SW_FILE_NOT_FOUND);
	assert_int_equal(sw(BYTES(0, 0xa4, 4, 0)), FW_SW_FILE_NOT_FOUND);
	assert_int_equal(sw(BYTES(0, 0xa4, 0, 0)), FW_SW_INS);
	assert_int_equal(sw(BYTES(0, 0xca, 0, 0)), FW_SW_INS);
	assert_int_equal(sw(BYTES(0x80, 0xa4, 4, 0)), FW_SW_CLA);
	assert_int_equal(sw(BYTES(0x10, 0xa4, 4, 0)), FW_SW_CLA);
	assert_int_equal(sw(BYTES(0, 0xa4, 4)), FW_SW_WRONG_LENGTH);
}

static void
test_select(void **state)
{
	(void)state;
	/* whole, and a beginning of it: the first that fits */
	assert_int_equal(sw(BYTES(0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 3, 8)),
	    FW_SW_OK);
	assert_ptr_equal(card.selected, &applets[1]);
	assert_int_equal(sw(BYTES(0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 6, 0x47)),
	    FW_SW_OK);
	assert_ptr_equal(card.selected, &applets[0]);
	/* others leave it selected */
	assert_int_equal(sw(BYTES(0, 0xa4, 4, 0, 4, 0xa0, 0, 0, 3)),
	    FW_SW_FILE_NOT_FOUND);
	assert_int_equal(sw(BYTES(0, 0xa4, 4, 0, 6, 0xa0, 0, 0, 3, 8, 0)),
	    FW_SW_FILE_NOT_FOUND);
	assert_int_equal(sw(BYTES(0, 0xa4, 4, 2, 5, 0xa0, 0, 0, 3, 8)),
	    FW_SW_WRONG_P1P2);
	probe[1].sw = FW_SW_INS;
	assert_int_equal(sw(BYTES(0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 3, 8)),
	    FW_SW_INS);
	assert_ptr_equal(card.selected, &applets[0]);
	fw_card_reset(&card);
	assert_null(card.selected);
	assert_int_equal(sw(BYTES(0, 1, 2, 3)), FW_SW_INS);
	assert_int_equal(probe[0].runs, 0);
}

static void
test_applet_runs(void **state)
{
	size_t n;

	(void)state;
	(void)sw(BYTES(0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 6, 0x47));
	probe[0].rsp_len = 3;
	assert_int_equal(run(BYTES(0x80, 0x10, 1, 2, 1, 9, 0), &n), FW_SW_OK);
	assert_int_equal(n, 3);
	assert_memory_equal(out, "\0\1\2", 3);
	assert_int_equal(probe[0].runs, 1);
	assert_int_equal(probe[0].apdu.cla, 0x80);
	assert_int_equal(probe[0].apdu.data.len, 1);
	assert_int_equal(probe[0].apdu.ne, 256);
	/* other kinds of SELECT are the applet's */
	assert_int_equal(run(BYTES(0, 0xa4, 0, 0, 5), &n), FW_SW_OK);
	assert_int_equal(probe[0].runs, 2);
	assert_int_equal(probe[0].selects, 1);
	/* SELECT without an answer */
	assert_int_equal(sw(BYTES(0, 0xa4, 4, 0x0c, 5, 0xa0, 0, 0, 6, 0x47)),
	    FW_SW_OK);
}

/* No more data than is asked for or fits; none with an error. */
static void
test_answer_lengths(void **state)
{
	size_t n;

	(void)state;
	(void)sw(BYTES(0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 6, 0x47));
	probe[0].rsp_len = 3;
	assert_int_equal(run(BYTES(0, 1, 2, 3, 2), &n), 0x6101);
	assert_int_equal(n, 2);
	assert_int_equal(run(BYTES(0, 1, 2, 3, 3), &n), FW_SW_OK);
	assert_int_equal(n, 3);
	/* without Le: the most that the command's form holds */
	assert_int_equal(run(BYTES(0, 1, 2, 3), &n), FW_SW_OK);
	assert_int_equal(n, 3);
	probe[0].rsp_len = 290;
	assert_int_equal(run(BYTES(0, 1, 2, 3, 1, 9), &n), 0x6122);
	assert_int_equal(n, 256);
	assert_int_equal(run(BYTES(0, 1, 2, 3, 0, 0, 1, 9), &n), FW_SW_OK);
	assert_int_equal(n, 290);
	probe[0].rsp_len = sizeof(out) - 1; /* no room for the status word */
	assert_int_equal(run(BYTES(0, 1, 2, 3, 0, 0, 0), &n), 0x6101);
	assert_int_equal(n, sizeof(out) - FW_APDU_SW_LEN);
	probe[0].rsp_len = FW_CARD_DATA_MAX + 1;
	assert_int_equal(sw(BYTES(0, 1, 2, 3, 0, 0, 0)), FW_SW_WRONG_LENGTH);
	probe[0].rsp_len = 3;
	probe[0].sw = FW_SW_FILE_NOT_FOUND;
	assert_int_equal(sw(BYTES(0, 1, 2, 3, 3)), FW_SW_FILE_NOT_FOUND);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_bad_lengths),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test_setup(test_empty_card, new_card),
	    cmocka_unit_test_setup(test_select, new_card),
	    cmocka_unit_test_setup(test_applet_runs, new_card),
	    cmocka_unit_test_setup(test_answer_lengths, new_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
