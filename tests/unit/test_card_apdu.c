/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands to a card whose every answer is written down beforehand. */
#include "token/atr.h"
#include "token/card.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(...)                                                             \
	((struct tsw_slice){(const uint8_t[]){__VA_ARGS__},                    \
	    sizeof((const uint8_t[]){__VA_ARGS__})})

/* What the card is to be told, and what it answers; len 0 of told: anything. */
struct step {
	struct tsw_slice told, answer;
	int err;
};

struct script {
	const struct step *step;
	size_t cnt, at;
};

static int
play(void *ctx, uint8_t *rsp, size_t *rsp_len, const uint8_t *apdu, size_t len)
{
	struct script *script = ctx;
	const struct step *step = &script->step[script->at];

	assert_true(script->at < script->cnt);
	script->at++;
	if (step->told.len > 0) {
		assert_int_equal(len, step->told.len);
		assert_memory_equal(apdu, step->told.p, len);
	}
	assert_true(step->answer.len <= *rsp_len);
	if (step->answer.len > 0)
		memcpy(rsp, step->answer.p, step->answer.len);
	*rsp_len = step->answer.len;
	return step->err;
}

static struct script script;
static struct ts_card card;
static struct ts_card_reply reply;

static int
run(const struct ts_card_command *cmd, const struct step *step, size_t cnt)
{
	int r;

	script = (struct script){step, cnt, 0};
	card.transmit = play;
	card.ctx = &script;
	r = ts_card_send(&card, &reply, cmd);
	assert_int_equal(script.at, cnt);
	return r;
}
#define RUN(cmd, ...)                                                          \
	run(cmd, (const struct step[]){__VA_ARGS__},                           \
	    sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step))

static int
set_up(void **state)
{
	(void)state;
	memset(&card, 0, sizeof(card));
	memset(&reply, 0xee, sizeof(reply));
	return 0;
}

static uint8_t long_data[TS_CARD_DATA_MAX + 1];

static void
the_four_cases(void **state)
{
	struct ts_card_command cmd = {.cla = 0x80, .ins = 1, .p1 = 2, .p2 = 3};

	(void)state;
	assert_int_equal(RUN(&cmd, {BYTES(0x80, 1, 2, 3), BYTES(0x90, 0), 0}),
	    TS_OK);
	assert_int_equal(reply.sw, 0x9000);
	assert_int_equal(reply.len, 0);
	cmd.ne = 256;
	assert_int_equal(
	    RUN(&cmd, {BYTES(0x80, 1, 2, 3, 0), BYTES(7, 8, 0x90, 0), 0}),
	    TS_OK);
	assert_int_equal(reply.len, 2);
	assert_int_equal(reply.data[1], 8);
	cmd.data = BYTES(9, 9);
	cmd.ne = 0;
	assert_int_equal(
	    RUN(&cmd, {BYTES(0x80, 1, 2, 3, 2, 9, 9), BYTES(0x6a, 0x80), 0}),
	    TS_OK);
	assert_int_equal(reply.sw, 0x6a80);
	cmd.ne = 5;
	assert_int_equal(
	    RUN(&cmd, {BYTES(0x80, 1, 2, 3, 2, 9, 9, 5), BYTES(0x90, 0), 0}),
	    TS_OK);
}

/* ISO 7816-3: P3 is always there, and with data there is no Le. */
static void
the_four_cases_with_t0(void **state)
{
	struct ts_card_command cmd = {.ins = 1};

	(void)state;
	card.t0 = true;
	assert_int_equal(RUN(&cmd, {BYTES(0, 1, 0, 0, 0), BYTES(0x90, 0), 0}),
	    TS_OK);
	cmd.ne = 4;
	assert_int_equal(RUN(&cmd, {BYTES(0, 1, 0, 0, 4), BYTES(0x90, 0), 0}),
	    TS_OK);
	cmd.data = BYTES(9);
	assert_int_equal(RUN(&cmd, {BYTES(0, 1, 0, 0, 1, 9), BYTES(0x61, 1), 0},
			     {BYTES(0, 0xc0, 0, 0, 1), BYTES(5, 0x90, 0), 0}),
	    TS_OK);
	assert_int_equal(reply.len, 1);
	assert_int_equal(reply.data[0], 5);
}

static void
answers_are_put_together(void **state)
{
	const struct ts_card_command cmd = {.ins = 1, .ne = 256};

	(void)state;
	assert_int_equal(RUN(&cmd, {BYTES(0, 1, 0, 0, 0), BYTES(1, 0x61, 2), 0},
			     {BYTES(0, 0xc0, 0, 0, 2), BYTES(2, 3, 0x61, 0), 0},
			     {BYTES(0, 0xc0, 0, 0, 0), BYTES(4, 0x90, 0), 0}),
	    TS_OK);
	assert_int_equal(reply.len, 4);
	assert_memory_equal(reply.data, "\1\2\3\4", 4);
	assert_int_equal(reply.sw, 0x9000);
	/* What follows may be bad news. */
	assert_int_equal(RUN(&cmd, {BYTES(0, 1, 0, 0, 0), BYTES(1, 0x61, 2), 0},
			     {BYTES(0, 0xc0, 0, 0, 2), BYTES(0x69, 0x82), 0}),
	    TS_OK);
	assert_int_equal(reply.sw, 0x6982);
	assert_int_equal(RUN(&cmd, {BYTES(0, 1, 0, 0, 0), BYTES(0x61, 2), 0},
			     {BYTES(0, 0xc0, 0, 0, 2), BYTES(0x6c, 1), 0},
			     {BYTES(0, 0xc0, 0, 0, 1), BYTES(4, 0x90, 0), 0}),
	    TS_OK);
	assert_int_equal(reply.len, 1);
}

static void
another_le_is_tried_once(void **state)
{
	struct ts_card_command cmd = {.ins = 1, .ne = 256};

	(void)state;
	assert_int_equal(RUN(&cmd, {BYTES(0, 1, 0, 0, 0), BYTES(0x6c, 2), 0},
			     {BYTES(0, 1, 0, 0, 2), BYTES(7, 8, 0x90, 0), 0}),
	    TS_OK);
	assert_int_equal(reply.len, 2);
	assert_int_equal(RUN(&cmd, {BYTES(0, 1, 0, 0, 0), BYTES(0x6c, 2), 0},
			     {BYTES(0, 1, 0, 0, 2), BYTES(0x6c, 3), 0}),
	    TS_OK);
	assert_int_equal(reply.sw, 0x6c03);
	/* Nothing to change: it had no Le. */
	cmd.ne = 0;
	assert_int_equal(RUN(&cmd, {BYTES(0, 1, 0, 0), BYTES(0x6c, 2), 0}),
	    TS_OK);
	assert_int_equal(reply.sw, 0x6c02);
}

static void
long_commands_are_chained(void **state)
{
	struct ts_card_command cmd = {.cla = 0x80, .ins = 1, .ne = 256};
	uint8_t first[5 + 255] = {0x90, 1, 0, 0, 255};

	(void)state;
	memset(long_data, 0x55, sizeof(long_data));
	memset(first + 5, 0x55, 255);
	cmd.data = (struct tsw_slice){long_data, 256};
	assert_int_equal(RUN(&cmd, {{first, sizeof(first)}, BYTES(0x90, 0), 0},
			     {BYTES(0x80, 1, 0, 0, 1, 0x55, 0),
				 BYTES(1, 0x90, 0), 0}),
	    TS_OK);
	assert_int_equal(reply.len, 1);
	/* One part refused: the rest stays here. */
	assert_int_equal(RUN(&cmd,
			     {{first, sizeof(first)}, BYTES(0x68, 0x84), 0}),
	    TS_OK);
	assert_int_equal(reply.sw, 0x6884);
	assert_int_equal(reply.len, 0);
	cmd.data.len = 255;
	first[0] = 0x80;
	cmd.ne = 0;
	assert_int_equal(RUN(&cmd, {{first, sizeof(first)}, BYTES(0x90, 0), 0}),
	    TS_OK);
	cmd.data.len = TS_CARD_DATA_MAX + 1;
	assert_int_equal(run(&cmd, NULL, 0), TS_ERR_INTERNAL);
}

static void
extended_length_where_it_is_allowed(void **state)
{
	struct ts_card_command cmd = {.ins = 1, .ne = 256};
	uint8_t whole[7 + 256 + 2] = {0, 1, 0, 0, 0, 1, 0};

	(void)state;
	card.extended = true;
	memset(long_data, 0x55, sizeof(long_data));
	memset(whole + 7, 0x55, 256);
	whole[sizeof(whole) - 2] = 1; /* Le 256 */
	cmd.data = (struct tsw_slice){long_data, 256};
	assert_int_equal(RUN(&cmd, {{whole, sizeof(whole)}, BYTES(0x90, 0), 0}),
	    TS_OK);
	cmd.data.len = 1;
	assert_int_equal(
	    RUN(&cmd, {BYTES(0, 1, 0, 0, 1, 0x55, 0), BYTES(0x90, 0), 0}),
	    TS_OK);
	cmd.ne = 257;
	assert_int_equal(RUN(&cmd,
			     {BYTES(0, 1, 0, 0, 0, 0, 1, 0x55, 0, 0),
				 BYTES(0x90, 0), 0}),
	    TS_OK);
	cmd.data.len = 0;
	assert_int_equal(RUN(&cmd,
			     {BYTES(0, 1, 0, 0, 0, 0, 0), BYTES(0x90, 0), 0}),
	    TS_OK);
}

static void
answers_that_are_none(void **state)
{
	const struct ts_card_command cmd = {.ins = 1, .ne = 256};

	(void)state;
	assert_int_equal(RUN(&cmd, {BYTES(0, 1, 0, 0, 0), {NULL, 0}, 0}),
	    TS_ERR_TOKEN_IO);
	assert_int_equal(RUN(&cmd, {BYTES(0, 1, 0, 0, 0), BYTES(0x90), 0}),
	    TS_ERR_TOKEN_IO);
	assert_int_equal(RUN(&cmd,
			     {BYTES(0, 1, 0, 0, 0), BYTES(0x90, 0),
				 TS_ERR_CARD_RESET}),
	    TS_ERR_CARD_RESET);
	assert_int_equal(RUN(&cmd, {BYTES(0, 1, 0, 0, 0), BYTES(0x61, 1), 0},
			     {{NULL, 0}, {NULL, 0}, TS_ERR_TOKEN_PULLED}),
	    TS_ERR_TOKEN_PULLED);
}

/* A card that never comes to an end. */
struct endless {
	size_t each, calls;
};

static int
go_on(void *ctx, uint8_t *rsp, size_t *rsp_len, const uint8_t *apdu, size_t len)
{
	struct endless *endless = ctx;

	(void)apdu;
	(void)len;
	endless->calls++;
	assert_true(endless->each + 2 <= *rsp_len);
	memset(rsp, 1, endless->each);
	rsp[endless->each] = 0x61;
	rsp[endless->each + 1] = 0xff;
	*rsp_len = endless->each + 2;
	return TS_OK;
}

static void
answers_without_end(void **state)
{
	const struct ts_card_command cmd = {.ins = 1, .ne = 256};
	struct endless endless = {0, 0};

	(void)state;
	card.transmit = go_on;
	card.ctx = &endless;
	assert_int_equal(ts_card_send(&card, &reply, &cmd), TS_ERR_TOKEN_IO);
	assert_in_range(endless.calls, 17, 1000);
	endless = (struct endless){255, 0};
	assert_int_equal(ts_card_send(&card, &reply, &cmd), TS_ERR_TOKEN_IO);
	assert_in_range(endless.calls, 16, 18);
	endless = (struct endless){TS_CARD_DATA_MAX, 0};
	assert_int_equal(ts_card_send(&card, &reply, &cmd), TS_ERR_TOKEN_IO);
	assert_int_equal(endless.calls, 2);
}

/* Whether an operation may be repeated hangs on this. */
static void
secrets_are_noted(void **state)
{
	struct ts_card_command cmd = {.ins = 0x20, .data = BYTES(1)};

	(void)state;
	assert_int_equal(RUN(&cmd, {{NULL, 0}, BYTES(0x63, 0xc2), 0}), TS_OK);
	assert_false(card.secret_sent || card.in_doubt);
	cmd.is_secret = true;
	assert_int_equal(RUN(&cmd, {{NULL, 0}, BYTES(0x90, 0), 0}), TS_OK);
	assert_true(card.secret_sent && !card.in_doubt);
	assert_int_equal(RUN(&cmd, {{NULL, 0}, BYTES(0x63, 0xc2), 0}), TS_OK);
	assert_true(card.in_doubt);
	card.in_doubt = false;
	assert_int_equal(RUN(&cmd, {{NULL, 0}, {NULL, 0}, TS_ERR_CARD_RESET}),
	    TS_ERR_CARD_RESET);
	assert_true(card.in_doubt);
}

static int
select_with(uint8_t sw1, uint8_t sw2)
{
	const uint8_t answer[] = {sw1, sw2};
	const struct step step = {BYTES(0, 0xa4, 4, 0, 2, 0xa0, 1, 0),
	    {answer, 2}, 0};

	script = (struct script){&step, 1, 0};
	card.transmit = play;
	card.ctx = &script;
	return ts_card_select(&card, &reply, BYTES(0xa0, 1));
}

static void
selecting(void **state)
{
	(void)state;
	assert_int_equal(select_with(0x90, 0), TS_OK);
	assert_int_equal(select_with(0x6a, 0x82), TS_ERR_NO_APPLET);
	assert_int_equal(select_with(0x6d, 0x00), TS_ERR_NO_APPLET);
	assert_int_equal(select_with(0x69, 0x82), TS_ERR_TOKEN_IO);
	assert_int_equal(select_with(0x6f, 0x00), TS_ERR_TOKEN_IO);
}

static void
extended_length_in_the_atr(void **state)
{
	const struct {
		struct tsw_slice atr;
		bool extended;
	} atrs[] = {
	    /* No interface bytes; capabilities with and without the bit. */
	    {{(const uint8_t[]){0x3b, 0x05, 0x80, 0x73, 0, 0, 0x40}, 7}, true},
	    {{(const uint8_t[]){0x3b, 0x05, 0x80, 0x73, 0, 0, 0xbf}, 7}, false},
	    /* YubiKey 5: TD1 and TD2, another object first. */
	    {{(const uint8_t[]){0x3b, 0xfd, 0x13, 0, 0, 0x81, 0x31, 0xfe, 0x15,
		  0x80, 0x73, 0xc0, 0x21, 0xc0, 0x57, 0x59, 0x75, 0x62, 0x69,
		  0x4b, 0x65, 0x79, 0x40},
		 23},
		true},
	    {{(const uint8_t[]){0x3b, 0x06, 0x80, 0x31, 9, 0x72, 0, 0x40}, 8},
		false},
	    /* Category 00 ends with a status. */
	    {{(const uint8_t[]){0x3b, 0x08, 0, 0x73, 0, 0, 0x40, 0, 0, 0}, 10},
		true},
	    {{(const uint8_t[]){0x3b, 0x05, 0, 0x73, 0, 0, 0x40}, 7}, false},
	    {{(const uint8_t[]){0x3b, 0x05, 0x10, 0x73, 0, 0, 0x40}, 7}, false},
	    {{(const uint8_t[]){0x3b, 0x00}, 2}, false},
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(atrs) / sizeof(atrs[0]); i++) {
		assert_int_equal(ts_atr_has_extended(atrs[i].atr),
		    atrs[i].extended);
		/* Cut anywhere before its checksum it is not understood. */
		for (n = 0; n < atrs[i].atr.len - 1; n++)
			assert_false(ts_atr_has_extended(
			    (struct tsw_slice){atrs[i].atr.p, n}));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(the_four_cases, set_up),
	    cmocka_unit_test_setup(the_four_cases_with_t0, set_up),
	    cmocka_unit_test_setup(answers_are_put_together, set_up),
	    cmocka_unit_test_setup(another_le_is_tried_once, set_up),
	    cmocka_unit_test_setup(long_commands_are_chained, set_up),
	    cmocka_unit_test_setup(extended_length_where_it_is_allowed, set_up),
	    cmocka_unit_test_setup(answers_that_are_none, set_up),
	    cmocka_unit_test_setup(answers_without_end, set_up),
	    cmocka_unit_test_setup(secrets_are_noted, set_up),
	    cmocka_unit_test_setup(selecting, set_up),
	    cmocka_unit_test(extended_length_in_the_atr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
