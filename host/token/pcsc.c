/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/pcsc.h"

#include "token/atr.h"
#include "token/deadline.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <winscard.h>

#define PCSCD_SOCKET "/run/pcscd/pcscd.comm"
#define ANSWER_WAIT_MS                                                         \
	5000		  /* pcscd, or a card that has nothing to think of     \
			   */
#define HELD_WAIT_MS 2000 /* another program has it for itself */
#define TURN_WAIT_MS 5000 /* another program is in the middle of something */
#define RETRY_PAUSE_MS 100
#define NOTICE_MS 700 /* pcscd looks every 400 ms whether a card is there */
#define RESETS_MAX 4  /* in a row, before the first command */
#define PROTOCOLS (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)

/* PC/SC part 10, sections 2.2 and 2.6: what a reader can do. */
#define GET_FEATURES (0x42000000U + 3400)
#define FEATURE_PROPERTIES 0x12
#define PROPERTY_MAX_APDU 0x0a

struct ts_pcsc {
	struct ts_watchdog *dog;
	SCARDCONTEXT context;
	SCARDHANDLE handle;
	bool connected;
	bool fresh; /* no command went out since the card was taken */
	DWORD protocol;
	struct ts_card *card;
};

int
ts_pcsc_error(long rv)
{
	switch (rv) {
	case SCARD_S_SUCCESS:
		return TS_OK;
	case SCARD_E_NO_SERVICE:
	case SCARD_E_SERVICE_STOPPED:
	case SCARD_F_COMM_ERROR:
	case SCARD_E_INVALID_HANDLE: /* pcscd was started anew */
		return TS_ERR_NO_PCSCD;
	case SCARD_W_SECURITY_VIOLATION:
	case SCARD_E_NO_ACCESS:
		return TS_ERR_PCSCD_ACCESS;
	case SCARD_E_SHARING_VIOLATION:
		return TS_ERR_CARD_HELD;
	case SCARD_W_RESET_CARD:
		return TS_ERR_CARD_RESET;
	case SCARD_W_REMOVED_CARD:
	case SCARD_E_NO_SMARTCARD:
	case SCARD_E_UNKNOWN_READER:
	case SCARD_E_READER_UNAVAILABLE:
	case SCARD_E_NO_READERS_AVAILABLE:
		return TS_ERR_TOKEN_PULLED;
	case SCARD_E_NO_MEMORY:
		return TS_ERR_NO_MEMORY;
	default:
		return TS_ERR_TOKEN_IO;
	}
}

int
ts_pcsc_why_not(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX,
	    .sun_path = PCSCD_SOCKET};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r = TS_ERR_NO_PCSCD;

	if (fd < 0)
		return TS_ERR_NO_PCSCD;
	if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0 ||
	    errno == EACCES || errno == EPERM)
		r = TS_ERR_PCSCD_ACCESS;
	close(fd);
	return r;
}

int
ts_pcsc_new(struct ts_pcsc **out, struct ts_watchdog *dog)
{
	struct ts_pcsc *pcsc;
	int r;

	pcsc = calloc(1, sizeof(*pcsc));
	if (pcsc == NULL)
		return TS_ERR_NO_MEMORY;
	pcsc->dog = dog;
	ts_watchdog_begin(dog, ANSWER_WAIT_MS, TS_ERR_NO_PCSCD);
	r = ts_pcsc_error(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL,
	    &pcsc->context));
	ts_watchdog_end(dog);
	if (r == TS_ERR_NO_PCSCD || r == TS_ERR_TOKEN_IO)
		r = ts_pcsc_why_not();
	if (r != TS_OK)
		ts_pcsc_free(&pcsc);
	else
		*out = pcsc;
	return r;
}

void
ts_pcsc_free(struct ts_pcsc **pcsc)
{
	free(*pcsc);
	*pcsc = NULL;
}

/*
 * With a card in hand a refusal is what libpcsclite makes of a connection that
 * pcscd closed when it died.
 */
static int
later_error(LONG rv)
{
	int r = ts_pcsc_error(rv);

	return r == TS_ERR_PCSCD_ACCESS ? TS_ERR_NO_PCSCD : r;
}

/* Refused, or has pcscd gone? */
static int
connect_error(struct ts_pcsc *pcsc, LONG rv)
{
	int r = ts_pcsc_error(rv);
	DWORD len = 0;

	if (r != TS_ERR_PCSCD_ACCESS)
		return r;
	rv = SCardListReaders(pcsc->context, NULL, NULL, &len);
	if (rv == SCARD_S_SUCCESS || rv == SCARD_E_NO_READERS_AVAILABLE)
		return r;
	return TS_ERR_NO_PCSCD;
}

/* TS_OK, or why there is no point in another call. */
static int
check_time(struct ts_pcsc *pcsc)
{
	if (ts_control_is_cancelled(pcsc->dog->control))
		return TS_ERR_CANCELLED;
	if (ts_watchdog_left(pcsc->dog) > 0)
		return TS_OK;
	return ts_control_is_touching(pcsc->dog->control) ? TS_ERR_NO_TOUCH
							  : TS_ERR_TOKEN_IO;
}

static void
pause_a_little(struct ts_pcsc *pcsc)
{
	struct pollfd p = {.fd = pcsc->dog->control->fd, .events = POLLIN};

	(void)poll(&p, 1, RETRY_PAUSE_MS);
}

/* Connect, and again for a while if somebody has the card for himself. */
static int
connect_card(struct ts_pcsc *pcsc, const char *reader)
{
	int64_t deadline = ts_deadline_in(HELD_WAIT_MS);
	int r;

	for (;;) {
		r = check_time(pcsc);
		if (r != TS_OK)
			return r;
		/* It waits as well while another program has its turn. */
		ts_watchdog_begin(pcsc->dog, TURN_WAIT_MS, TS_ERR_CARD_HELD);
		r = connect_error(pcsc,
		    SCardConnect(pcsc->context, reader, SCARD_SHARE_SHARED,
			PROTOCOLS, &pcsc->handle, &pcsc->protocol));
		ts_watchdog_end(pcsc->dog);
		if (r != TS_ERR_CARD_HELD || ts_deadline_left(deadline) == 0)
			return r;
		pause_a_little(pcsc);
	}
}

/* The card is itself again, but has forgotten what was before. */
static int
reconnect(struct ts_pcsc *pcsc)
{
	int r;

	ts_watchdog_begin(pcsc->dog, ANSWER_WAIT_MS, TS_ERR_NO_PCSCD);
	r = later_error(SCardReconnect(pcsc->handle, SCARD_SHARE_SHARED,
	    PROTOCOLS, SCARD_LEAVE_CARD, &pcsc->protocol));
	ts_watchdog_end(pcsc->dog);
	pcsc->card->generation++;
	pcsc->card->t0 = pcsc->protocol == SCARD_PROTOCOL_T0;
	return r;
}

/* Wait for our turn; others may have reset the card meanwhile. */
static int
begin(struct ts_pcsc *pcsc)
{
	unsigned resets;
	int r;

	for (resets = 0;; resets++) {
		r = check_time(pcsc);
		if (r != TS_OK)
			return r;
		ts_watchdog_begin(pcsc->dog, TURN_WAIT_MS, TS_ERR_CARD_HELD);
		r = later_error(SCardBeginTransaction(pcsc->handle));
		ts_watchdog_end(pcsc->dog);
		if (r != TS_ERR_CARD_RESET || resets == RESETS_MAX)
			return r;
		r = reconnect(pcsc);
		if (r != TS_OK)
			return r;
	}
}

static int
ask_status(struct ts_pcsc *pcsc)
{
	int r;

	ts_watchdog_begin(pcsc->dog, ANSWER_WAIT_MS, TS_ERR_NO_PCSCD);
	r = later_error(
	    SCardStatus(pcsc->handle, NULL, NULL, NULL, NULL, NULL, NULL));
	ts_watchdog_end(pcsc->dog);
	return r;
}

/*
 * Answers of other kinds can be because the card, or its reader, is gone: which
 * pcscd knows only after it has looked again.
 */
static int
find_cause(struct ts_pcsc *pcsc, int err)
{
	int64_t deadline = ts_deadline_in(NOTICE_MS);
	int r = TS_OK;

	if (err != TS_ERR_TOKEN_IO)
		return err;
	while (r == TS_OK && check_time(pcsc) == TS_OK) {
		r = ask_status(pcsc);
		if (ts_deadline_left(deadline) == 0)
			break;
		if (r == TS_OK)
			pause_a_little(pcsc);
	}
	return r == TS_OK ? err : r;
}

static void
begin_call(struct ts_pcsc *pcsc)
{
	bool slow = pcsc->card->touching || pcsc->card->pace == TS_CARD_SLOW;

	ts_watchdog_begin(pcsc->dog, slow ? 0 : ANSWER_WAIT_MS,
	    TS_ERR_TOKEN_IO);
	if (!pcsc->card->touching && pcsc->card->pace == TS_CARD_MAY_TOUCH)
		ts_watchdog_touch(pcsc->dog);
}

static int
transmit_once(struct ts_pcsc *pcsc, uint8_t *rsp, size_t *rsp_len,
    const uint8_t *apdu, size_t len)
{
	const SCARD_IO_REQUEST *pci =
	    pcsc->card->t0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
	DWORD n = (DWORD)*rsp_len;
	int r;

	r = pcsc->card->stopping ? TS_OK : check_time(pcsc);
	if (r != TS_OK)
		return r;
	begin_call(pcsc);
	r = later_error(
	    SCardTransmit(pcsc->handle, pci, apdu, (DWORD)len, NULL, rsp, &n));
	ts_watchdog_end(pcsc->dog);
	*rsp_len = n;
	if (r == TS_OK && n < 2)
		r = TS_ERR_TOKEN_IO; /* no status word: so says a card that left
				      */
	return find_cause(pcsc, r);
}

/*
 * A reset that came before our first command has cost us nothing.  One in the
 * middle has: the caller has to begin anew, if that is safe.
 */
static int
transmit(void *ctx, uint8_t *rsp, size_t *rsp_len, const uint8_t *apdu,
    size_t len)
{
	struct ts_pcsc *pcsc = ctx;
	int r, after;

	r = transmit_once(pcsc, rsp, rsp_len, apdu, len);
	if (r == TS_ERR_CARD_RESET) {
		after = reconnect(pcsc);
		if (after == TS_OK)
			after = begin(pcsc);
		if (after != TS_OK)
			return after;
		if (pcsc->fresh)
			r = transmit_once(pcsc, rsp, rsp_len, apdu, len);
	}
	pcsc->fresh = false;
	return r;
}

/* The number of a control code for the reader's properties; 0: has none. */
static uint32_t
find_properties(struct ts_pcsc *pcsc)
{
	uint8_t buf[256];
	struct tsw_rd rd;
	uint32_t code;
	DWORD n = 0;
	uint8_t tag;

	if (SCardControl(pcsc->handle, GET_FEATURES, NULL, 0, buf, sizeof(buf),
		&n) != SCARD_S_SUCCESS ||
	    n > sizeof(buf))
		return 0;
	tsw_rd_init(&rd, buf, n);
	while (rd.left > 0) {
		tag = tsw_rd_u8(&rd);
		if (tsw_rd_u8(&rd) != 4)
			return 0;
		code = tsw_rd_u32(&rd);
		if (tag == FEATURE_PROPERTIES && !rd.bad)
			return code;
	}
	return 0;
}

/* Bytes of data that the reader takes at once; 0: it does not say. */
static uint32_t
find_max_apdu(struct ts_pcsc *pcsc)
{
	uint32_t code = find_properties(pcsc);
	uint8_t buf[256];
	const uint8_t *v;
	struct tsw_rd rd;
	DWORD n = 0;
	uint8_t tag, len;

	if (code == 0 ||
	    SCardControl(pcsc->handle, code, NULL, 0, buf, sizeof(buf), &n) !=
		SCARD_S_SUCCESS ||
	    n > sizeof(buf))
		return 0;
	tsw_rd_init(&rd, buf, n);
	while (rd.left > 0) {
		tag = tsw_rd_u8(&rd);
		len = tsw_rd_u8(&rd);
		v = tsw_rd_view(&rd, len);
		if (v == NULL)
			return 0;
		/* Numbers are in the order of USB here. */
		if (tag == PROPERTY_MAX_APDU && len == 4)
			return (uint32_t)v[3] << 24 | (uint32_t)v[2] << 16 |
			    (uint32_t)v[1] << 8 | v[0];
	}
	return 0;
}

/* Extended length: if both the card and the reader say that they can. */
static bool
has_extended(struct ts_pcsc *pcsc)
{
	uint8_t atr[MAX_ATR_SIZE];
	DWORD n = sizeof(atr);
	bool yes = false;

	ts_watchdog_begin(pcsc->dog, ANSWER_WAIT_MS, TS_ERR_NO_PCSCD);
	if (SCardStatus(pcsc->handle, NULL, NULL, NULL, NULL, atr, &n) ==
		SCARD_S_SUCCESS &&
	    n <= sizeof(atr) && ts_atr_has_extended((struct tsw_slice){atr, n}))
		yes = find_max_apdu(pcsc) >= TS_CARD_DATA_MAX;
	ts_watchdog_end(pcsc->dog);
	return yes;
}

int
ts_pcsc_take(struct ts_pcsc *pcsc, struct ts_card *card, const char *reader)
{
	int r;

	memset(card, 0, sizeof(*card));
	card->transmit = transmit;
	card->ctx = pcsc;
	card->control = pcsc->dog->control;
	pcsc->card = card;
	pcsc->fresh = true;
	r = connect_card(pcsc, reader);
	if (r != TS_OK)
		return r;
	pcsc->connected = true;
	card->t0 = pcsc->protocol == SCARD_PROTOCOL_T0;
	card->extended = has_extended(pcsc);
	return begin(pcsc);
}

void
ts_pcsc_release(struct ts_pcsc *pcsc)
{
	if (!pcsc->connected)
		return;
	ts_watchdog_begin(pcsc->dog, ANSWER_WAIT_MS, TS_ERR_NO_PCSCD);
	/* What they say does not change the result any more. */
	(void)SCardEndTransaction(pcsc->handle, SCARD_LEAVE_CARD);
	(void)SCardDisconnect(pcsc->handle, SCARD_LEAVE_CARD);
	ts_watchdog_end(pcsc->dog);
	pcsc->connected = false;
}
