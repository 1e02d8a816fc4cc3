/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cards in readers, with functions in place of pcscd's that answer what is
 * written down, and note what they were asked.
 */
#include "token/pcsc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <winscard.h>

/* What the next calls return, by function; then SUCCESS. */
enum call { CONNECT, RECONNECT, BEGIN, TRANSMIT, STATUS, END, DISCONNECT };
static struct {
	LONG rv[16];
	size_t cnt, at;
} plan[DISCONNECT + 1];
static char asked[256]; /* a letter for each call, in order */

static LONG
next(enum call call)
{
	static const char letters[] = "crbtsed";
	size_t len = strlen(asked);

	assert_true(len + 1 < sizeof(asked));
	asked[len] = letters[call];
	asked[len + 1] = '\0';
	if (plan[call].at == plan[call].cnt)
		return SCARD_S_SUCCESS;
	return plan[call].rv[plan[call].at++];
}

static void
will(enum call call, LONG rv)
{
	plan[call].rv[plan[call].cnt++] = rv;
}

LONG
SCardEstablishContext(DWORD scope, LPCVOID a, LPCVOID b, LPSCARDCONTEXT out)
{
	(void)scope;
	(void)a;
	(void)b;
	*out = 1;
	return SCARD_S_SUCCESS;
}

LONG
SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD mode, DWORD protocols,
    LPSCARDHANDLE out, LPDWORD protocol)
{
	(void)context;
	assert_string_equal(reader, "Reader");
	assert_int_equal(mode, SCARD_SHARE_SHARED);
	assert_int_equal(protocols, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1);
	*out = 2;
	*protocol = SCARD_PROTOCOL_T1;
	return next(CONNECT);
}

LONG
SCardReconnect(SCARDHANDLE card, DWORD mode, DWORD protocols, DWORD init,
    LPDWORD protocol)
{
	(void)card;
	(void)protocols;
	assert_int_equal(mode, SCARD_SHARE_SHARED);
	assert_int_equal(init, SCARD_LEAVE_CARD);
	*protocol = SCARD_PROTOCOL_T0;
	return next(RECONNECT);
}

LONG
SCardBeginTransaction(SCARDHANDLE card)
{
	(void)card;
	return next(BEGIN);
}

LONG
SCardEndTransaction(SCARDHANDLE card, DWORD how)
{
	(void)card;
	assert_int_equal(how, SCARD_LEAVE_CARD);
	return next(END);
}

LONG
SCardDisconnect(SCARDHANDLE card, DWORD how)
{
	(void)card;
	assert_int_equal(how, SCARD_LEAVE_CARD);
	return next(DISCONNECT);
}

LONG
SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *pci, LPCBYTE apdu,
    DWORD len, SCARD_IO_REQUEST *none, LPBYTE rsp, LPDWORD rsp_len)
{
	(void)card;
	(void)pci;
	(void)apdu;
	(void)len;
	(void)none;
	assert_true(*rsp_len >= 2);
	rsp[0] = 0x90;
	rsp[1] = 0;
	*rsp_len = 2;
	return next(TRANSMIT);
}

LONG
SCardStatus(SCARDHANDLE card, LPSTR name, LPDWORD name_len, LPDWORD state,
    LPDWORD protocol, LPBYTE atr, LPDWORD atr_len)
{
	(void)card;
	(void)name;
	(void)name_len;
	(void)state;
	(void)protocol;
	if (atr == NULL)
		return next(STATUS);
	*atr_len = 0;
	return SCARD_S_SUCCESS;
}

static LONG list_says;

LONG
SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR names, LPDWORD len)
{
	(void)context;
	(void)groups;
	(void)names;
	(void)len;
	return list_says;
}

LONG
SCardControl(SCARDHANDLE card, DWORD code, LPCVOID in, DWORD in_len, LPVOID out,
    DWORD out_len, LPDWORD got)
{
	(void)card;
	(void)code;
	(void)in;
	(void)in_len;
	(void)out;
	(void)out_len;
	(void)got;
	return SCARD_E_UNSUPPORTED_FEATURE;
}

static struct ts_control control;
static struct ts_watchdog dog; /* without its thread: nothing is stuck here */
static struct ts_pcsc *pcsc;
static struct ts_card card;
static struct ts_card_reply reply;
static int agent;

static int
set_up(void **state)
{
	const struct ts_token_request req = {.op = TS_TOKEN_MSG_INFO,
	    .budget_ms = 60000};
	int pair[2];

	(void)state;
	memset(plan, 0, sizeof(plan));
	asked[0] = '\0';
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	agent = pair[1];
	ts_control_init(&control, pair[0]);
	memset(&dog, 0, sizeof(dog));
	dog.control = &control;
	pthread_mutex_init(&dog.lock, NULL);
	ts_watchdog_request(&dog, &req);
	assert_int_equal(ts_pcsc_new(&pcsc, &dog), TS_OK);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	ts_pcsc_free(&pcsc);
	close(agent);
	close(control.fd);
	return 0;
}

static int
send_one(void)
{
	const struct ts_card_command cmd = {.ins = 1};

	return ts_card_send(&card, &reply, &cmd);
}

static void
a_card_is_taken_and_left_as_it_is(void **state)
{
	(void)state;
	assert_int_equal(ts_pcsc_take(pcsc, &card, "Reader"), TS_OK);
	assert_int_equal(send_one(), TS_OK);
	assert_int_equal(reply.sw, 0x9000);
	ts_pcsc_release(pcsc);
	ts_pcsc_release(pcsc); /* does no harm */
	assert_string_equal(asked, "cbted");
	assert_int_equal(card.generation, 0);
	assert_false(card.t0);
}

static void
a_card_that_is_held_is_tried_again(void **state)
{
	(void)state;
	will(CONNECT, SCARD_E_SHARING_VIOLATION);
	will(CONNECT, SCARD_E_SHARING_VIOLATION);
	assert_int_equal(ts_pcsc_take(pcsc, &card, "Reader"), TS_OK);
	assert_string_equal(asked, "cccb");
}

static void
a_refusal_is_told_from_a_pcscd_that_died(void **state)
{
	(void)state;
	will(CONNECT, SCARD_W_SECURITY_VIOLATION);
	will(CONNECT, SCARD_W_SECURITY_VIOLATION);
	list_says = SCARD_S_SUCCESS;
	assert_int_equal(ts_pcsc_take(pcsc, &card, "Reader"),
	    TS_ERR_PCSCD_ACCESS);
	list_says = SCARD_E_NO_SERVICE;
	assert_int_equal(ts_pcsc_take(pcsc, &card, "Reader"), TS_ERR_NO_PCSCD);
	list_says = SCARD_S_SUCCESS;
}

static void
a_wish_to_stop_ends_the_wait(void **state)
{
	(void)state;
	will(CONNECT, SCARD_E_SHARING_VIOLATION);
	assert_int_equal(send(agent, "x", 1, 0), 1);
	assert_int_equal(ts_pcsc_take(pcsc, &card, "Reader"), TS_ERR_CANCELLED);
	ts_pcsc_release(pcsc);
	assert_string_equal(asked, "");
}

/* Nothing was selected or verified yet, so nothing is lost. */
static void
a_reset_before_the_first_command(void **state)
{
	(void)state;
	will(BEGIN, SCARD_W_RESET_CARD);
	assert_int_equal(ts_pcsc_take(pcsc, &card, "Reader"), TS_OK);
	assert_string_equal(asked, "cbrb");
	assert_int_equal(card.generation, 1);
	assert_true(card.t0); /* what it was reconnected with */
	will(TRANSMIT, SCARD_W_RESET_CARD);
	assert_int_equal(send_one(), TS_OK);
	assert_string_equal(asked, "cbrbtrbt");
	assert_int_equal(card.generation, 2);
}

static void
a_reset_in_the_middle(void **state)
{
	(void)state;
	assert_int_equal(ts_pcsc_take(pcsc, &card, "Reader"), TS_OK);
	assert_int_equal(send_one(), TS_OK);
	will(TRANSMIT, SCARD_W_RESET_CARD);
	assert_int_equal(send_one(), TS_ERR_CARD_RESET);
	assert_string_equal(asked, "cbttrb");
	assert_int_equal(card.generation, 1);
	/* It works again for who begins anew. */
	assert_int_equal(send_one(), TS_OK);
}

static void
resets_without_end(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 10; i++)
		will(BEGIN, SCARD_W_RESET_CARD);
	assert_int_equal(ts_pcsc_take(pcsc, &card, "Reader"),
	    TS_ERR_CARD_RESET);
	assert_true(plan[BEGIN].at < 10);
	ts_pcsc_release(pcsc);
	assert_int_equal(asked[strlen(asked) - 1], 'd');
}

static void
causes(void **state)
{
	static const struct {
		LONG transmit, status;
		int err;
	} cases[] = {
	    {SCARD_W_REMOVED_CARD, SCARD_S_SUCCESS, TS_ERR_TOKEN_PULLED},
	    {SCARD_E_READER_UNAVAILABLE, SCARD_S_SUCCESS, TS_ERR_TOKEN_PULLED},
	    {SCARD_E_NO_SERVICE, SCARD_S_SUCCESS, TS_ERR_NO_PCSCD},
	    {SCARD_F_COMM_ERROR, SCARD_S_SUCCESS, TS_ERR_NO_PCSCD},
	    {SCARD_E_INVALID_HANDLE, SCARD_S_SUCCESS, TS_ERR_NO_PCSCD},
	    /* So it says, too, when pcscd has died. */
	    {SCARD_W_SECURITY_VIOLATION, SCARD_S_SUCCESS, TS_ERR_NO_PCSCD},
	    {SCARD_E_SHARING_VIOLATION, SCARD_S_SUCCESS, TS_ERR_CARD_HELD},
	    /* What went wrong may be that it is gone. */
	    {SCARD_E_NOT_TRANSACTED, SCARD_S_SUCCESS, TS_ERR_TOKEN_IO},
	    {SCARD_E_NOT_TRANSACTED, SCARD_W_REMOVED_CARD, TS_ERR_TOKEN_PULLED},
	    {SCARD_E_NOT_TRANSACTED, SCARD_E_NO_SERVICE, TS_ERR_NO_PCSCD},
	    {SCARD_E_INSUFFICIENT_BUFFER, SCARD_S_SUCCESS, TS_ERR_TOKEN_IO},
	    {0x7fffffff, SCARD_S_SUCCESS, TS_ERR_TOKEN_IO},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ts_pcsc_take(pcsc, &card, "Reader"), TS_OK);
		will(TRANSMIT, cases[i].transmit);
		will(STATUS, cases[i].status);
		assert_int_equal(send_one(), cases[i].err);
		ts_pcsc_release(pcsc);
		tear_down(state);
		set_up(state);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_card_is_taken_and_left_as_it_is,
		set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_card_that_is_held_is_tried_again,
		set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_refusal_is_told_from_a_pcscd_that_died, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_wish_to_stop_ends_the_wait,
		set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_reset_before_the_first_command,
		set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_reset_in_the_middle, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(resets_without_end, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(causes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
