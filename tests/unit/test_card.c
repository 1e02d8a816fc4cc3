/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands in parts, answers in pieces, applets that wait or are left. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "apdu.h"

#define BYTES(...)                                                             \
	((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})
#define ROOM 300 /* of the reader */

/* An applet that says what reached it. */
struct probe {
	unsigned int runs, deselects, begins, finishes;
	enum fw_sw sw, finish_sw;
	enum fw_touch touch;
	size_t rsp_len;
	struct fw_apdu apdu;
	uint8_t data[FW_CARD_DATA_MAX];
};

static struct probe probe[2];
static struct fw_card card;
static uint8_t out[ROOM];
static size_t out_len;

static void
write_out(const struct probe *p, struct tsw_wr *rsp)
{
	size_t i;

	for (i = 0; i < p->rsp_len; i++)
		tsw_wr_u8(rsp, (uint8_t)(i * 3));
}

static enum fw_sw
on_select(void *applet, struct tsw_wr *rsp)
{
	(void)applet;
	tsw_wr_u8(rsp, 0x77);
	return FW_SW_OK;
}

static void
on_deselect(void *applet)
{
	((struct probe *)applet)->deselects++;
}

static enum fw_sw
on_run(void *applet, struct tsw_wr *rsp, const struct fw_apdu *apdu)
{
	struct probe *p = applet;

	p->runs++;
	p->apdu = *apdu;
	if (apdu->data.len > 0)
		memcpy(p->data, apdu->data.p, apdu->data.len);
	write_out(p, rsp);
	return p->sw;
}

static enum fw_sw
on_finish(void *applet, struct tsw_wr *rsp, enum fw_touch touch)
{
	struct probe *p = applet;

	p->finishes++;
	p->touch = touch;
	/* its data is where it was */
	if (p->apdu.data.len > 0)
		assert_memory_equal(p->apdu.data.p, p->data, p->apdu.data.len);
	write_out(p, rsp);
	return p->finish_sw;
}

static void
on_begin(void *applet, const struct fw_apdu *apdu)
{
	(void)apdu;
	((struct probe *)applet)->begins++;
}

static const uint8_t aid_a[] = {0xa0, 0, 0, 6, 0x47};
static const uint8_t aid_b[] = {0xa0, 0, 0, 3, 8};
static const struct fw_applet applets[] = {
    {{aid_a, sizeof(aid_a)}, on_select, on_deselect, on_run, on_finish,
	&probe[0], on_begin},
    {{aid_b, sizeof(aid_b)}, on_select, on_deselect, on_run, on_finish,
	&probe[1], NULL},
};

static bool
try_run(const uint8_t *p, size_t len, unsigned int *sw)
{
	struct tsw_wr rsp;
	bool done;

	tsw_wr_init(&rsp, out, sizeof(out));
	done = fw_card_run(&card, &rsp, (struct tsw_slice){p, len});
	out_len = tsw_wr_len(&rsp);
	if (!done) {
		assert_int_equal(out_len, 0);
		return false;
	}
	assert_in_range(out_len, FW_APDU_SW_LEN, sizeof(out));
	out_len -= FW_APDU_SW_LEN;
	*sw = (unsigned int)out[out_len] << 8 | out[out_len + 1];
	return true;
}

static unsigned int
run(const uint8_t *p, size_t len)
{
	unsigned int sw;

	assert_true(try_run(p, len, &sw));
	return sw;
}

static int
new_card(void **state)
{
	(void)state;
	memset(probe, 0, sizeof(probe));
	probe[0].sw = probe[0].finish_sw = FW_SW_OK;
	probe[1].sw = probe[1].finish_sw = FW_SW_OK;
	fw_card_init(&card, applets, 2);
	assert_int_equal(run(BYTES(0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 6, 0x47, 0)),
	    FW_SW_OK);
	return 0;
}

/* A part of len bytes of value v. */
static unsigned int
part(uint8_t cla, uint8_t ins, uint8_t v, uint8_t len)
{
	uint8_t p[5 + 255] = {cla, ins, 1, 2, len};

	memset(p + 5, v, len);
	return run(p, 5 + (size_t)len);
}

static bool
is_blank(const uint8_t *p, size_t len)
{
	while (len > 0 && *p == 0) {
		p++;
		len--;
	}
	return len == 0;
}

static void
test_chain(void **state)
{
	(void)state;
	assert_int_equal(part(0x10, 9, 0xaa, 200), FW_SW_OK);
	assert_int_equal(part(0x10, 9, 0xbb, 1), FW_SW_OK);
	assert_int_equal(out_len, 0);
	assert_int_equal(probe[0].runs, 0);
	assert_int_equal(part(0x00, 9, 0xcc, 100), FW_SW_OK);
	assert_int_equal(probe[0].runs, 1);
	assert_int_equal(probe[0].apdu.cla, 0);
	assert_int_equal(probe[0].apdu.ins, 9);
	assert_int_equal(probe[0].apdu.data.len, 301);
	assert_int_equal(probe[0].data[199], 0xaa);
	assert_int_equal(probe[0].data[200], 0xbb);
	assert_int_equal(probe[0].data[300], 0xcc);
	assert_true(is_blank(card.in, sizeof(card.in)));
	/* and of FIDO's class; the last part may be empty, its Le counts */
	probe[0].rsp_len = 3;
	assert_int_equal(part(0x90, 0x10, 1, 5), FW_SW_OK);
	assert_int_equal(run(BYTES(0x80, 0x10, 1, 2, 0)), FW_SW_OK);
	assert_int_equal(out_len, 3);
	assert_int_equal(probe[0].apdu.cla, 0x80);
	assert_int_equal(probe[0].apdu.data.len, 5);
	assert_int_equal(probe[0].runs, 2);
}

/* What is not the next part ends a chain; nothing of it reaches a command. */
static void
test_chain_aborted(void **state)
{
	static const uint8_t other[][5] = {{0x80, 9, 1, 2, 1}, {0, 8, 1, 2, 1},
	    {0, 9, 0, 2, 1}, {0, 9, 1, 0, 1}};
	uint8_t p[6];
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(part(0x10, 9, 0xaa, 7), FW_SW_OK);
		memcpy(p, other[i], 5);
		p[5] = 0x55;
		assert_int_equal(run(p, sizeof(p)), FW_SW_OK);
		assert_int_equal(probe[0].apdu.data.len, 1);
		assert_int_equal(probe[0].data[0], 0x55);
		assert_true(is_blank(card.in, sizeof(card.in)));
	}
	/* a chain that another chain follows */
	assert_int_equal(part(0x10, 9, 0xaa, 7), FW_SW_OK);
	assert_int_equal(part(0x10, 8, 0xbb, 2), FW_SW_OK);
	assert_int_equal(part(0x00, 8, 0xcc, 1), FW_SW_OK);
	assert_int_equal(probe[0].apdu.data.len, 3);
	assert_int_equal(probe[0].data[0], 0xbb);
	/* GET RESPONSE, and what is no command at all */
	assert_int_equal(part(0x10, 9, 0xaa, 7), FW_SW_OK);
	assert_int_equal(run(BYTES(0, 0xc0, 0, 0, 0)), FW_SW_CONDITIONS);
	assert_int_equal(part(0x00, 9, 0xcc, 1), FW_SW_OK);
	assert_int_equal(probe[0].apdu.data.len, 1);
	assert_int_equal(part(0x10, 9, 0xaa, 7), FW_SW_OK);
	assert_int_equal(run(BYTES(0, 9, 1)), FW_SW_WRONG_LENGTH);
	assert_true(is_blank(card.in, sizeof(card.in)));
	assert_int_equal(part(0x00, 9, 0xcc, 1), FW_SW_OK);
	assert_int_equal(probe[0].apdu.data.len, 1);
	/* the power */
	assert_int_equal(part(0x10, 9, 0xaa, 7), FW_SW_OK);
	fw_card_reset(&card);
	assert_true(is_blank(card.in, sizeof(card.in)));
	assert_int_equal(part(0x00, 9, 0xcc, 1), FW_SW_INS);
}

/* To the last byte, and not one more. */
static void
test_chain_too_long(void **state)
{
	size_t left = FW_CARD_DATA_MAX;

	(void)state;
	for (; left > 250; left -= 250)
		assert_int_equal(part(0x10, 9, 0xaa, 250), FW_SW_OK);
	assert_int_equal(part(0, 9, 0xbb, (uint8_t)left), FW_SW_OK);
	assert_int_equal(probe[0].apdu.data.len, FW_CARD_DATA_MAX);
	assert_int_equal(probe[0].data[FW_CARD_DATA_MAX - 1], 0xbb);
	for (left = FW_CARD_DATA_MAX; left > 250; left -= 250)
		assert_int_equal(part(0x10, 9, 0xaa, 250), FW_SW_OK);
	assert_int_equal(part(0x10, 9, 0xbb, (uint8_t)(left + 1)),
	    FW_SW_WRONG_LENGTH);
	assert_true(is_blank(card.in, sizeof(card.in)));
	assert_int_equal(part(0, 9, 0xcc, 2), FW_SW_OK);
	assert_int_equal(probe[0].apdu.data.len, 2);
}

static void
test_chain_refused(void **state)
{
	(void)state;
	assert_int_equal(run(BYTES(0x10, 0xa4, 4, 0, 5, 0xa0, 0, 0, 3, 8)),
	    FW_SW_CHAINING);
	/* another class has that bit for something else */
	probe[0].sw = FW_SW_CLA;
	assert_int_equal(part(0x50, 9, 1, 1), FW_SW_CLA);
	assert_int_equal(probe[0].apdu.cla, 0x50);
	fw_card_reset(&card);
	assert_int_equal(part(0x10, 9, 1, 1), FW_SW_CLA);
}

/* An answer of n bytes, which arrives in pieces of ne. */
static void
take_pieces(size_t n, uint8_t ne)
{
	size_t at = 0, step = ne == 0 ? 256 : ne, left;
	unsigned int sw;

	probe[0].rsp_len = n;
	sw = run(BYTES(0, 9, 1, 2, ne));
	for (;;) {
		left = n - at;
		assert_int_equal(out_len, left < step ? left : step);
		for (left = 0; left < out_len; left++)
			assert_int_equal(out[left], (uint8_t)((at + left) * 3));
		at += out_len;
		left = n - at;
		if (left == 0)
			break;
		assert_int_equal(sw, 0x6100 | (left < 256 ? left : 0));
		sw = run(BYTES(0, 0xc0, 0, 0, ne));
	}
	assert_int_equal(sw, FW_SW_OK);
	assert_true(is_blank(card.out, sizeof(card.out)));
	assert_int_equal(run(BYTES(0, 0xc0, 0, 0, ne)), FW_SW_CONDITIONS);
}

static void
test_get_response(void **state)
{
	(void)state;
	take_pieces(3, 0);
	take_pieces(256, 0);
	take_pieces(257, 0);
	take_pieces(513, 1);
	take_pieces(FW_CARD_DATA_MAX, 0);
	take_pieces(FW_CARD_DATA_MAX, 7);
	assert_int_equal(probe[0].runs, 6);
}

/* The rest is for who asks for it at once, and rightly. */
static void
test_rest_dropped(void **state)
{
	static const struct {
		uint8_t p[6];
		size_t len;
		unsigned int sw;
	} bad[] = {{{0, 0xc0, 1, 0, 0}, 5, FW_SW_WRONG_P1P2},
	    {{0, 0xc0, 0, 1, 0}, 5, FW_SW_WRONG_P1P2},
	    {{0, 0xc0, 0, 0}, 4, FW_SW_WRONG_LENGTH},
	    {{0, 0xc0, 0, 0, 1, 1}, 6, FW_SW_WRONG_LENGTH},
	    {{0, 0xa4, 4, 0, 1, 9}, 6, FW_SW_FILE_NOT_FOUND},
	    {{0x10, 9, 1, 2, 1, 9}, 6, FW_SW_OK},
	    {{0, 9, 1, 2, 9}, 5, FW_SW_FILE_NOT_FOUND},
	    {{0, 9, 1}, 3, FW_SW_WRONG_LENGTH}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		probe[0].rsp_len = 300;
		probe[0].sw = FW_SW_OK;
		assert_int_equal(run(BYTES(0, 8, 1, 2, 0)), 0x612c);
		probe[0].sw = FW_SW_FILE_NOT_FOUND;
		assert_int_equal(run(bad[i].p, bad[i].len), bad[i].sw);
		assert_true(is_blank(card.out, sizeof(card.out)));
		assert_int_equal(run(BYTES(0, 0xc0, 0, 0, 0)),
		    FW_SW_CONDITIONS);
	}
	/* an applet does not see it, and the next one has nothing of it */
	probe[0].sw = FW_SW_OK;
	assert_int_equal(run(BYTES(0, 8, 1, 2, 0)), 0x612c);
	assert_int_equal(run(BYTES(0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 3, 8, 0)),
	    FW_SW_OK);
	assert_int_equal(out_len, 1);
	assert_int_equal(run(BYTES(0x80, 0xc0, 0, 0, 0)), FW_SW_CONDITIONS);
	assert_int_equal(probe[1].runs, 0);
}

/* More than the reader takes at once, extended. */
static void
test_long_answer(void **state)
{
	(void)state;
	probe[0].rsp_len = 600;
	assert_int_equal(run(BYTES(0, 8, 1, 2, 0, 0, 0)), 0x6100);
	assert_int_equal(out_len, ROOM - FW_APDU_SW_LEN);
	assert_int_equal(run(BYTES(0, 0xc0, 0, 0, 0, 0, 0)), 0x6104);
	assert_int_equal(run(BYTES(0, 0xc0, 0, 0, 4)), FW_SW_OK);
	assert_int_equal(out_len, 4);
	assert_int_equal(out[3], (uint8_t)(599 * 3));
}

/* What a PIN opened is closed by who goes elsewhere, not by who selects again
 * or selects nothing. */
static void
test_deselect(void **state)
{
	(void)state;
	assert_int_equal(run(BYTES(0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 6, 0x47, 0)),
	    FW_SW_OK);
	assert_int_equal(run(BYTES(0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 6, 0x48, 0)),
	    FW_SW_FILE_NOT_FOUND);
	assert_int_equal(probe[0].deselects, 0);
	assert_int_equal(run(BYTES(0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 3, 8, 0)),
	    FW_SW_OK);
	assert_int_equal(probe[0].deselects, 1);
	fw_card_reset(&card);
	assert_int_equal(probe[1].deselects, 1);
	fw_card_reset(&card);
	assert_int_equal(probe[1].deselects, 1);
	assert_int_equal(probe[0].deselects, 1);
}

static void
begin_wait(void)
{
	unsigned int sw, finishes = probe[0].finishes;

	probe[0].sw = FW_SW_WAIT_TOUCH;
	assert_false(try_run(BYTES(0, 9, 1, 2, 3, 7, 8, 9, 2), &sw));
	assert_true(card.waits);
	assert_int_equal(probe[0].finishes, finishes);
}

static unsigned int
finish(enum fw_touch touch)
{
	struct tsw_wr rsp;

	tsw_wr_init(&rsp, out, sizeof(out));
	fw_card_finish(&card, &rsp, touch);
	out_len = tsw_wr_len(&rsp) - FW_APDU_SW_LEN;
	assert_false(card.waits);
	return (unsigned int)out[out_len] << 8 | out[out_len + 1];
}

static void
test_wait(void **state)
{
	(void)state;
	begin_wait();
	probe[0].rsp_len = 3;
	assert_int_equal(finish(FW_TOUCH_GIVEN), 0x6101);
	assert_int_equal(out_len, 2);
	assert_int_equal(probe[0].touch, FW_TOUCH_GIVEN);
	assert_int_equal(run(BYTES(0, 0xc0, 0, 0, 1)), FW_SW_OK);
	begin_wait();
	probe[0].finish_sw = FW_SW_CONDITIONS;
	assert_int_equal(finish(FW_TOUCH_TIMEOUT), FW_SW_CONDITIONS);
	assert_int_equal(out_len, 0);
	assert_int_equal(probe[0].touch, FW_TOUCH_TIMEOUT);
	assert_true(is_blank(card.in, sizeof(card.in)));
	assert_true(is_blank(card.out, sizeof(card.out)));
}

/* A wait that the host or the power ends is told to the applet, once. */
static void
test_wait_ended(void **state)
{
	(void)state;
	begin_wait();
	fw_card_abort(&card);
	assert_int_equal(probe[0].finishes, 1);
	assert_int_equal(probe[0].touch, FW_TOUCH_CANCELLED);
	assert_int_equal(probe[0].deselects, 0);
	fw_card_abort(&card);
	assert_int_equal(probe[0].finishes, 1);
	begin_wait();
	fw_card_reset(&card);
	assert_int_equal(probe[0].finishes, 2);
	assert_int_equal(probe[0].deselects, 1);
	assert_true(is_blank(card.in, sizeof(card.in)));
}

/* A command that goes on keeps its data until another one begins. */
static void
test_goes_on(void **state)
{
	(void)state;
	probe[0].begins = 0;
	probe[0].sw = FW_SW_GOES_ON;
	probe[0].rsp_len = 2;
	assert_int_equal(run(BYTES(0x80, 9, 1, 2, 3, 7, 8, 9, 1)), 0x6101);
	assert_int_equal(run(BYTES(0, 0xc0, 0, 0, 0)), FW_SW_GOES_ON);
	assert_int_equal(out_len, 1);
	assert_int_equal(probe[0].begins, 1);
	assert_memory_equal(card.in, "\7\10\11", 3);
	assert_int_equal(run(BYTES(0x80, 10, 1, 2, 0)), FW_SW_GOES_ON);
	assert_memory_equal(card.in, "\7\10\11", 3);
	assert_int_equal(probe[0].begins, 2);
	/* also a part that is not run */
	assert_int_equal(run(BYTES(0x90, 10, 1, 2, 1, 0x42)), FW_SW_OK);
	assert_int_equal(probe[0].begins, 3);
	assert_int_equal(card.in[0], 0x42);
	probe[0].sw = FW_SW_OK;
	assert_int_equal(run(BYTES(0x80, 10, 1, 2, 0)), FW_SW_OK);
	assert_true(is_blank(card.in, sizeof(card.in)));
}

static void
test_busy(void **state)
{
	(void)state;
	card.busy = true;
	assert_int_equal(run(BYTES(0, 9, 1, 2)), FW_SW_CONDITIONS);
	assert_int_equal(probe[0].runs, 0);
	card.busy = false;
	assert_int_equal(run(BYTES(0, 9, 1, 2)), FW_SW_OK);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_chain, new_card),
	    cmocka_unit_test_setup(test_chain_aborted, new_card),
	    cmocka_unit_test_setup(test_chain_too_long, new_card),
	    cmocka_unit_test_setup(test_chain_refused, new_card),
	    cmocka_unit_test_setup(test_get_response, new_card),
	    cmocka_unit_test_setup(test_rest_dropped, new_card),
	    cmocka_unit_test_setup(test_long_answer, new_card),
	    cmocka_unit_test_setup(test_deselect, new_card),
	    cmocka_unit_test_setup(test_wait, new_card),
	    cmocka_unit_test_setup(test_wait_ended, new_card),
	    cmocka_unit_test_setup(test_goes_on, new_card),
	    cmocka_unit_test_setup(test_busy, new_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
