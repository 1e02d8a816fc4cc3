/* SPDX-License-Identifier: BSD-2-Clause */
/* Which application of a card an operation is for, and when it is repeated. */
#include "token/ops_card.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A card that has nothing, and what its FIDO part returns, call by call. */
static int fido_says[4];
static unsigned fido_calls, apdus;
static bool is_wrong; /* the PIN was sent, and was not right */
static struct ts_card card;
static struct ts_token_request req;
static struct ts_token_result res;
static const struct ts_pins no_pins;

static int
refuse(void *ctx, uint8_t *rsp, size_t *rsp_len, const uint8_t *apdu,
    size_t len)
{
	(void)ctx;
	(void)apdu;
	(void)len;
	apdus++;
	rsp[0] = 0x6a;
	rsp[1] = 0x82;
	*rsp_len = 2;
	return TS_OK;
}

static int
fido(const struct ts_card_job *job, struct ts_token_result *out)
{
	(void)out;
	job->card->in_doubt = is_wrong;
	assert_true(fido_calls < 4);
	return fido_says[fido_calls++];
}

static int
run(enum ts_token_message op, int first, int second)
{
	const struct ts_card_job job = {&card, &req, &no_pins, fido};

	memset(&card, 0, sizeof(card));
	card.transmit = refuse;
	req.op = op;
	fido_says[0] = first;
	fido_says[1] = second;
	fido_calls = apdus = 0;
	return ts_ops_card(&job, &res);
}

static void
what_reads_is_repeated_once(void **state)
{
	(void)state;
	assert_int_equal(run(TS_TOKEN_MSG_KEY_INFO, TS_ERR_CARD_RESET, TS_OK),
	    TS_OK);
	assert_int_equal(fido_calls, 2);
	assert_int_equal(run(TS_TOKEN_MSG_KEY_INFO, TS_ERR_CARD_RESET,
			     TS_ERR_CARD_RESET),
	    TS_ERR_CARD_RESET);
	assert_int_equal(fido_calls, 2);
	assert_int_equal(run(TS_TOKEN_MSG_KEY_INFO, TS_ERR_TOKEN_PULLED, TS_OK),
	    TS_ERR_TOKEN_PULLED);
	assert_int_equal(fido_calls, 1);
}

/* A PIN that may have been wrong is not sent a second time. */
static void
a_pin_in_doubt_is_not_repeated(void **state)
{
	(void)state;
	is_wrong = true;
	assert_int_equal(run(TS_TOKEN_MSG_SIGN, TS_ERR_CARD_RESET, TS_OK),
	    TS_ERR_CARD_RESET);
	assert_int_equal(fido_calls, 1);
	is_wrong = false;
	assert_int_equal(run(TS_TOKEN_MSG_SIGN, TS_ERR_CARD_RESET, TS_OK),
	    TS_OK);
	assert_int_equal(fido_calls, 2);
}

static int
fido_with_secret(const struct ts_card_job *job, struct ts_token_result *out)
{
	job->card->secret_sent = true;
	return fido(job, out);
}

/* What changes the card may have been done. */
static void
what_changes_the_card_is_not_repeated(void **state)
{
	const struct ts_card_job job = {&card, &req, &no_pins,
	    fido_with_secret};

	(void)state;
	assert_int_equal(run(TS_TOKEN_MSG_CREATE, TS_ERR_CARD_RESET, TS_OK),
	    TS_OK);
	assert_int_equal(fido_calls, 2); /* nothing had been sent */
	fido_calls = 0;
	assert_int_equal(ts_ops_card(&job, &res), TS_ERR_CARD_RESET);
	assert_int_equal(fido_calls, 1);
}

static void
cards_without_fido(void **state)
{
	static const int no_answers[] = {TS_ERR_NO_APPLET,
	    TS_ERR_TOKEN_UNSUPPORTED, TS_ERR_TOKEN_IO};
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		memset(&res, 0xee, sizeof(res));
		assert_int_equal(run(TS_TOKEN_MSG_INFO, no_answers[i], TS_OK),
		    TS_OK);
		assert_false(res.u.info.has_fido || res.u.info.piv.present);
		assert_int_equal(res.u.info.remaining, -1);
		assert_int_equal(res.retries, TS_TOKEN_RETRIES_UNKNOWN);
		assert_true(apdus > 0); /* the others were asked for */
	}
	assert_int_equal(run(TS_TOKEN_MSG_INFO, TS_ERR_TOKEN_PULLED, TS_OK),
	    TS_ERR_TOKEN_PULLED);
	assert_int_equal(run(TS_TOKEN_MSG_PIN_SET, TS_ERR_NO_APPLET, TS_OK),
	    TS_ERR_TOKEN_UNSUPPORTED);
}

/* Each kind of key is looked for where it can be, and nowhere else. */
static void
probing(void **state)
{
	static const uint8_t slot = TS_TOKEN_PIV_SIGN;

	(void)state;
	memset(&req, 0, sizeof(req));
	req.key_cnt = 2;
	req.key[0].kind = TS_TOKEN_KIND_FIDO;
	req.key[1].kind = TS_TOKEN_KIND_PIV;
	req.key[1].id = (struct tsw_slice){&slot, 1};
	assert_int_equal(run(TS_TOKEN_MSG_PROBE, TS_OK, TS_OK), TS_OK);
	assert_int_equal(apdus, 0);
	assert_int_equal(run(TS_TOKEN_MSG_PROBE, TS_ERR_WRONG_TOKEN, TS_OK),
	    TS_ERR_WRONG_TOKEN);
	assert_true(fido_calls == 1 && apdus > 0);
	assert_int_equal(run(TS_TOKEN_MSG_PROBE, TS_ERR_NO_APPLET, TS_OK),
	    TS_ERR_WRONG_TOKEN);
	req.key_cnt = 1;
	req.key[0] = req.key[1];
	assert_int_equal(run(TS_TOKEN_MSG_PROBE, TS_OK, TS_OK),
	    TS_ERR_WRONG_TOKEN);
	assert_int_equal(fido_calls, 0);
	memset(&req, 0, sizeof(req));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_reads_is_repeated_once),
	    cmocka_unit_test(a_pin_in_doubt_is_not_repeated),
	    cmocka_unit_test(what_changes_the_card_is_not_repeated),
	    cmocka_unit_test(cards_without_fido),
	    cmocka_unit_test(probing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
