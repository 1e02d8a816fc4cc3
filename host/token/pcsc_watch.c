/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/pcsc_watch.h"

#include "token/pcsc.h"

#include <stdlib.h>
#include <string.h>

#include <winscard.h>

/*
 * This name stands for the list of readers itself.  pcscd before 2.3 compares
 * with what it had when the wait began: a reader that came after we listed them
 * and before that is missed, so look again after a while in any case.
 */
#define LIST_NAME "\\\\?PnP?\\Notification"
#define LOOK_AGAIN_MS 2000
#define NAMES_MAX                                                              \
	8192 /* of pcscd's list: 16 readers of 128 bytes are 2,064             \
	      */
#define EVENTS_SHIFT 16

struct ts_pcsc_watch {
	SCARDCONTEXT context;
	bool armed; /* state[] is from pcscd */
	uint8_t cnt;
	char name[TS_TOKEN_READERS_MAX_CNT][TS_TOKEN_READER_MAX + 1];
	/* Of the list, then of each reader. */
	SCARD_READERSTATE state[1 + TS_TOKEN_READERS_MAX_CNT];
};

int
ts_pcsc_watch_new(struct ts_pcsc_watch **out)
{
	struct ts_pcsc_watch *watch;
	int r;

	watch = calloc(1, sizeof(*watch));
	if (watch == NULL)
		return TS_ERR_NO_MEMORY;
	r = ts_pcsc_error(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL,
	    &watch->context));
	if (r == TS_ERR_NO_PCSCD || r == TS_ERR_TOKEN_IO)
		r = ts_pcsc_why_not();
	if (r == TS_OK)
		*out = watch;
	else
		free(watch);
	return r;
}

/* What is known of that reader; zero if it is new. */
static SCARD_READERSTATE
find_state(const struct ts_pcsc_watch *watch, const char *name)
{
	uint8_t i;

	for (i = 0; i < watch->cnt; i++) {
		if (strcmp(watch->name[i], name) == 0)
			return watch->state[1 + i];
	}
	return (SCARD_READERSTATE){.dwCurrentState = SCARD_STATE_UNAWARE};
}

/* names is pcscd's list: NUL-terminated ones, then an empty one. */
static void
take_names(struct ts_pcsc_watch *watch, const char *names, size_t len)
{
	struct ts_pcsc_watch next = {.context = watch->context,
	    .armed = watch->armed};
	size_t n;

	next.state[0] = watch->state[0];
	while (next.cnt < TS_TOKEN_READERS_MAX_CNT) {
		n = strnlen(names, len);
		if (n == 0 || n == len)
			break;
		if (ts_token_reader_is_ok(names)) {
			memcpy(next.name[next.cnt], names, n);
			next.state[1 + next.cnt] = find_state(watch, names);
			next.cnt++;
		}
		names += n + 1;
		len -= n + 1;
	}
	*watch = next;
}

static int
list(struct ts_pcsc_watch *watch)
{
	char names[NAMES_MAX + 1] = {0};
	DWORD len = NAMES_MAX;
	LONG rv;

	rv = SCardListReaders(watch->context, NULL, names, &len);
	if (rv == SCARD_E_NO_READERS_AVAILABLE)
		len = 0;
	else if (rv != SCARD_S_SUCCESS)
		return ts_pcsc_error(rv);
	if (len > NAMES_MAX)
		return TS_ERR_TOKEN_IO;
	take_names(watch, names, len);
	return TS_OK;
}

/* Have pcscd fill in the states, after ms or when they differ from ours. */
static int
get_states(struct ts_pcsc_watch *watch, DWORD ms)
{
	uint8_t i;
	LONG rv;

	watch->state[0].szReader = LIST_NAME;
	for (i = 0; i < watch->cnt; i++)
		watch->state[1 + i].szReader = watch->name[i];
	rv = SCardGetStatusChange(watch->context, ms, watch->state,
	    1U + watch->cnt);
	/* A reader that went is seen when they are listed again. */
	if (rv == SCARD_E_TIMEOUT || rv == SCARD_E_UNKNOWN_READER)
		return TS_OK;
	if (rv != SCARD_S_SUCCESS)
		return ts_pcsc_error(rv);
	for (i = 0; i <= watch->cnt; i++)
		watch->state[i].dwCurrentState =
		    watch->state[i].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
	return TS_OK;
}

static void
describe(struct ts_token_reader *out, const char *name,
    const SCARD_READERSTATE *state)
{
	DWORD s = state->dwEventState;

	memcpy(out->name, name, sizeof(out->name));
	out->present = (s & SCARD_STATE_PRESENT) != 0;
	out->exclusive = (s & SCARD_STATE_EXCLUSIVE) != 0;
	out->mute = (s & SCARD_STATE_MUTE) != 0;
	out->events = (uint32_t)(s >> EVENTS_SHIFT);
	if (!out->present || state->cbAtr > sizeof(out->atr))
		return;
	out->atr_len = (uint8_t)state->cbAtr;
	memcpy(out->atr, state->rgbAtr, out->atr_len);
}

int
ts_pcsc_watch_next(struct ts_pcsc_watch *watch, struct ts_token_readers *out)
{
	struct ts_token_readers now;
	uint8_t i;
	int r = TS_OK;

	if (watch->armed)
		r = get_states(watch, LOOK_AGAIN_MS);
	if (r == TS_OK)
		r = list(watch);
	if (r == TS_OK)
		r = get_states(watch, 0);
	if (r != TS_OK)
		return r;
	watch->armed = true;
	memset(&now, 0, sizeof(now));
	now.state = TS_TOKEN_PCSC_OK;
	now.cnt = watch->cnt;
	for (i = 0; i < watch->cnt; i++)
		describe(&now.reader[i], watch->name[i], &watch->state[1 + i]);
	*out = now;
	return TS_OK;
}
