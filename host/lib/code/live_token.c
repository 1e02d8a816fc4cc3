/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs that a token makes.  Its host composes and reads the moves, and checks
 * what it can so that a slip costs no run; what counts the token checks itself.
 */
#include <string.h>

#include "live.h"

static uint16_t
session_of(const uint8_t commitment[TSW_HASH_LEN])
{
	return (uint16_t)(commitment[0] << 8 | commitment[1]);
}

/* Move 1 of the other side, in form. */
static int
read_first(struct tsw_live_move *out, const char *theirs)
{
	struct tsw_slice in = {(const uint8_t *)theirs, strlen(theirs)};
	int r;

	r = tsw_live_move_decode(out, in);
	if (r != TSW_OK)
		return r;
	if (out->move != 1)
		return TSW_ERR_ORDER;
	return out->session == session_of(out->value) ? TSW_OK : TSW_ERR_FORMAT;
}

static int
check_view(const struct tsw_live *live, const struct tsw_live_move *m)
{
	return m->seq_self == live->peer.seq && m->seq_peer == live->self.seq &&
		m->log_size == live->peer.log_size
	    ? TSW_OK
	    : TSW_ERR_STALE;
}

static int
encode_party(uint8_t out[TSW_APPLET_PARTY_MAX], size_t *len,
    const struct tsw_live_party *party)
{
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, out, TSW_APPLET_PARTY_MAX);
	r = tsw_live_party_encode(&wr, party);
	*len = tsw_wr_len(&wr);
	return r;
}

static int
fill_ask(struct ts_live_ask *ask, struct ts_live_run *run,
    const struct tsw_live_move *first)
{
	struct tsw_live *live = &run->live;
	int r;

	if (memcmp(live->self.id, live->peer.id, TSW_ID_LEN) == 0)
		return TSW_ERR_REFLECTED;
	memset(ask, 0, sizeof(*ask));
	live->initiator = first == NULL;
	if (first != NULL) {
		r = check_view(live, first);
		if (r != TSW_OK)
			return r;
		live->session = first->session;
		memcpy(live->commitment, first->value, TSW_HASH_LEN);
		memcpy(ask->commitment, first->value, TSW_HASH_LEN);
		ask->answer = true;
	}
	r = encode_party(ask->self, &ask->self_len, &live->self);
	if (r == TSW_OK)
		r = encode_party(ask->peer, &ask->peer_len, &live->peer);
	return r;
}

/* One token makes one run at a time: a later one ends those before. */
static void
end_others(struct ts_store *store, const uint8_t key[TSW_HASH_LEN])
{
	struct ts_live_run *run = store->live, *next;

	for (; run != NULL; run = next) {
		next = run->next;
		if (run->on_token && memcmp(run->token, key, TSW_HASH_LEN) == 0)
			ts_live_end(store, run->number);
	}
}

int
ts_live_token_start(struct ts_store *store, struct ts_live_ask *out,
    const char *label, const uint8_t key[TSW_HASH_LEN], const char *theirs)
{
	struct ts_live_run *run = NULL;
	struct tsw_live_move first;
	struct ts_live_start b;
	struct ts_live_ask ask;
	int r = TS_OK;

	if (theirs != NULL)
		r = read_first(&first, theirs);
	memset(&b, 0, sizeof(b));
	if (r == TS_OK)
		r = ts_live_prepare(store, &b, label, theirs);
	if (r != TS_OK)
		return r;
	run = ts_live_run_new(store, &b);
	if (run == NULL)
		return TS_ERR_NO_MEMORY;
	run->on_token = true;
	memcpy(run->token, key, sizeof(run->token));
	r = fill_ask(&ask, run, theirs == NULL ? NULL : &first);
	if (r != TS_OK) {
		ts_live_run_free(run);
		return r;
	}
	end_others(store, key);
	ask.run = ts_live_run_keep(store, run);
	*out = ask;
	return TS_OK;
}

static int
send_move(char out[TSW_LIVE_TEXT_MAX], const struct tsw_live *live,
    uint8_t number, const uint8_t value[TSW_HASH_LEN])
{
	struct tsw_live_move m;

	m.move = number;
	m.session = live->session;
	m.seq_self = live->self.seq;
	m.seq_peer = live->peer.seq;
	m.log_size = live->self.log_size;
	memcpy(m.value, value, sizeof(m.value));
	return tsw_live_move_encode(out, &m);
}

static struct ts_live_run *
find(struct ts_store *store, uint32_t number, enum tsw_live_state state)
{
	struct ts_live_run *run = ts_live_run_find(store, number);

	return run != NULL && run->on_token && run->live.state == state ? run
									: NULL;
}

int
ts_live_token_started(struct ts_store *store, char text[TSW_LIVE_TEXT_MAX],
    uint32_t number, const uint8_t value[TSW_HASH_LEN])
{
	struct ts_live_run *run = find(store, number, TSW_LIVE_IDLE);
	struct tsw_live *live;
	int r;

	if (run == NULL)
		return TS_ERR_NO_RUN;
	live = &run->live;
	if (live->initiator) {
		memcpy(live->commitment, value, TSW_HASH_LEN);
		live->session = session_of(value);
	}
	r = send_move(text, live, live->initiator ? 1 : 2, value);
	if (r == TSW_OK)
		live->state =
		    live->initiator ? TSW_LIVE_COMMITTED : TSW_LIVE_ANSWERED;
	return r;
}

/* The run, if it waits for the other side. */
static struct ts_live_run *
find_waiting(struct ts_store *store, uint32_t number)
{
	struct ts_live_run *run = find(store, number, TSW_LIVE_COMMITTED);

	return run != NULL ? run : find(store, number, TSW_LIVE_ANSWERED);
}

int
ts_live_token_take(struct ts_store *store, uint8_t value[TSW_HASH_LEN],
    uint32_t number, const char *theirs)
{
	struct tsw_slice in = {(const uint8_t *)theirs, strlen(theirs)};
	const struct ts_live_run *run = find_waiting(store, number);
	struct tsw_live_move m;
	int r;

	ts_names_clear(store);
	if (run == NULL)
		return TS_ERR_NO_RUN;
	r = tsw_live_move_decode(&m, in);
	if (r != TSW_OK)
		return r;
	if (m.move != (run->live.initiator ? 2 : 3) ||
	    m.session != run->live.session)
		return TSW_ERR_ORDER;
	r = check_view(&run->live, &m);
	if (r == TSW_OK)
		memcpy(value, m.value, TSW_HASH_LEN);
	return r;
}

int
ts_live_token_shown(struct ts_store *store, char text[TSW_LIVE_TEXT_MAX],
    uint32_t number, const uint8_t *value)
{
	struct ts_live_run *run = find_waiting(store, number);
	int r = TSW_OK;

	if (run == NULL)
		return TS_ERR_NO_RUN;
	if (run->live.initiator != (value != NULL))
		return TS_ERR_TOKEN_IO;
	text[0] = '\0';
	if (value != NULL)
		r = send_move(text, &run->live, 3, value);
	if (r == TSW_OK)
		run->live.state = TSW_LIVE_DONE;
	return r;
}

int
ts_live_token_lied(struct ts_store *store, uint32_t number)
{
	const struct ts_live_run *run = ts_live_run_find(store, number);
	int r;

	ts_names_clear(store);
	if (run == NULL)
		return TS_ERR_NO_RUN;
	r = ts_live_mismatch(store, run);
	ts_live_end(store, number);
	return r;
}

bool
ts_live_is_on_token(struct ts_store *store, uint8_t key[TSW_HASH_LEN],
    uint32_t number)
{
	const struct ts_live_run *run = ts_live_run_find(store, number);

	if (run == NULL || !run->on_token)
		return false;
	memcpy(key, run->token, TSW_HASH_LEN);
	return true;
}

void
ts_live_drop(struct ts_store *store, uint32_t number)
{
	ts_live_end(store, number);
}
