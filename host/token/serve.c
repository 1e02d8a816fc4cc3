/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/serve.h"

#include "token/ops.h"
#include "token/pcsc.h"
#include "token/warm.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define REQUEST_WAIT_MS 5000 /* it is on the socket before we start */
#define PIN_WAIT_MS 10000    /* somebody has typed it already */

/* What carries out a request; pcsc is NULL unless it is for a card. */
struct host {
	struct ts_control control;
	struct ts_watchdog dog;
	struct ts_pcsc *pcsc;
	int no_pcsc; /* why there is none */
};

/* The walls go up before anything from outside is read. */
static int
lock_down(void)
{
	int flags, r;

	r = ts_sandbox_prepare(TS_TOKEN_FD_NEW_PIN + 1);
	if (r != TS_OK)
		return r;
	flags = fcntl(TS_TOKEN_FD_DEVICE, F_GETFL);
	if (flags < 0 ||
	    fcntl(TS_TOKEN_FD_DEVICE, F_SETFL, flags | O_NONBLOCK) != 0)
		return TS_ERR_ARGUMENT;
	r = ts_warm_up();
	if (r == TS_OK)
		r = ts_sandbox_close_paths();
	return r == TS_OK ? ts_sandbox_enter(TS_SANDBOX_TOKEN) : r;
}

/*
 * The connection to pcscd must get none of the numbers that PINs are read
 * from: where there is no PIN its number would be free.
 */
static int
connect_pcscd(struct host *host)
{
	bool filled[TS_TOKEN_FD_NEW_PIN + 1] = {false};
	int fd;

	for (fd = TS_TOKEN_FD_DEVICE; fd <= TS_TOKEN_FD_NEW_PIN; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (dup2(TS_TOKEN_FD_CONTROL, fd) != fd)
			return TS_ERR_INTERNAL;
		filled[fd] = true;
	}
	host->no_pcsc = ts_pcsc_new(&host->pcsc, &host->dog);
	for (fd = TS_TOKEN_FD_DEVICE; fd <= TS_TOKEN_FD_NEW_PIN; fd++) {
		if (filled[fd])
			close(fd);
	}
	return TS_OK;
}

/*
 * With a card there is a second thread, and a connection, before the filter:
 * what bytes come from pcscd until then are its own, not a card's.
 */
static int
lock_down_card(struct host *host)
{
	int r;

	r = ts_sandbox_prepare(TS_TOKEN_FD_NEW_PIN + 1);
	(void)close(TS_TOKEN_FD_DEVICE); /* of no use here, if it is open */
	if (r == TS_OK)
		r = ts_warm_up();
	if (r == TS_OK)
		r = ts_sandbox_close_paths();
	if (r == TS_OK)
		r = ts_watchdog_start(&host->dog, &host->control);
	if (r == TS_OK)
		r = connect_pcscd(host);
	return r == TS_OK ? ts_sandbox_enter(TS_SANDBOX_CARD) : r;
}

/* Which kind of PIN comes along. */
static enum ts_token_kind
pin_kind(const struct ts_token_request *req)
{
	if (req->op == TS_TOKEN_MSG_CREATE ||
	    req->op == TS_TOKEN_MSG_PIN_CHANGE ||
	    req->op == TS_TOKEN_MSG_PIN_UNBLOCK)
		return req->kind;
	return req->op == TS_TOKEN_MSG_SIGN ? req->key[0].kind
					    : TS_TOKEN_KIND_FIDO;
}

static int
run_token(struct ts_token_result *result, struct host *host,
    const struct ts_token_request *req, const struct ts_pins *pins)
{
	struct ts_hid hid;

	ts_hid_init(&hid, TS_TOKEN_FD_DEVICE, req->transport, &host->control,
	    req->budget_ms);
	ts_ops_run(result, req, &hid, pins);
	return result->err;
}

static int
run_card(struct ts_token_result *result, struct host *host,
    const struct ts_token_request *req, const struct ts_pins *pins)
{
	struct ts_card card;
	int r;

	if (host->pcsc == NULL)
		return host->no_pcsc;
	r = ts_ops_check(req, pins);
	if (r == TS_OK)
		r = ts_pcsc_take(host->pcsc, &card, req->reader);
	if (r == TS_OK) {
		ts_ops_run_card(result, req, &card, pins);
		r = result->err;
	}
	ts_pcsc_release(host->pcsc);
	return r;
}

static void
run_request(struct ts_token_result *result, struct host *host,
    const struct ts_token_request *req, bool card)
{
	struct ts_pins pins = {NULL, NULL};
	int r;

	result->op = req->op;
	if (card)
		ts_watchdog_request(&host->dog, req);
	if (card != (req->transport == TS_TOKEN_CARD)) {
		result->err = TS_ERR_ARGUMENT;
		return;
	}
	r = ts_pins_read(&pins, &host->control, pin_kind(req), PIN_WAIT_MS);
	if (r == TS_OK)
		r = card ? run_card(result, host, req, &pins)
			 : run_token(result, host, req, &pins);
	ts_pins_wipe(&pins);
	result->err = r;
}

static int
serve(struct host *host, bool card)
{
	struct ts_token_result result;
	struct ts_token_request req;
	int r;

	r = ts_control_request(&host->control, &req, REQUEST_WAIT_MS);
	memset(&result, 0, sizeof(result));
	result.op = TS_TOKEN_MSG_INFO;
	result.retries = TS_TOKEN_RETRIES_UNKNOWN;
	result.err = r;
	if (r == TS_OK)
		run_request(&result, host, &req, card);
	r = ts_control_result(&host->control, &result);
	/* The other thread has sent one, and is about to end the process. */
	if (r == TS_ERR_ALREADY) {
		for (;;)
			(void)poll(NULL, 0, -1);
	}
	return r == TS_OK ? TS_EXIT_DONE : TS_EXIT_FAILED;
}

int
ts_serve_token(void)
{
	static struct host host;

	if (lock_down() != TS_OK)
		return TS_EXIT_FAILED;
	ts_control_init(&host.control, TS_TOKEN_FD_CONTROL);
	return serve(&host, false);
}

int
ts_serve_card(void)
{
	static struct host host;

	ts_control_init(&host.control, TS_TOKEN_FD_CONTROL);
	if (lock_down_card(&host) != TS_OK)
		return TS_EXIT_FAILED;
	return serve(&host, true);
}
