/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPEC 9.3.  A side shows its peer a nonce once per run: A opens only to the
 * first r_B it took, B answers one commitment.  Everything rests on that.
 */
#include <touchstone/wire/code.h>

#include <string.h>

/* The peer is somebody else, and both sides can be written down. */
static int
check_parties(const struct tsw_live_party *self,
    const struct tsw_live_party *peer)
{
	int r;

	if (memcmp(self->id, peer->id, sizeof(self->id)) == 0)
		return TSW_ERR_REFLECTED;
	r = tsw_live_party_check(self);
	return r == TSW_OK ? tsw_live_party_check(peer) : r;
}

/* Write one of our own moves. */
static int
send_move(const struct tsw_live *live, char out[TSW_LIVE_TEXT_MAX],
    uint8_t number, const uint8_t value[32])
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

/* Whether the sender of m sees what we see. */
static int
check_view(const struct tsw_live_party *self, const struct tsw_live_party *peer,
    const struct tsw_live_move *m)
{
	return m->seq_self == peer->seq && m->seq_peer == self->seq &&
		m->log_size == peer->log_size
	    ? TSW_OK
	    : TSW_ERR_STALE;
}

/* Take move number of the run. */
static int
take_move(struct tsw_live_move *out, const struct tsw_live *live,
    uint8_t number, struct tsw_slice text)
{
	struct tsw_live_move m;
	int r;

	r = tsw_live_move_decode(&m, text);
	if (r != TSW_OK)
		return r;
	if (m.move != number || m.session != live->session)
		return TSW_ERR_ORDER;
	r = check_view(&live->self, &live->peer, &m);
	if (r == TSW_OK)
		*out = m;
	return r;
}

static uint16_t
session_of(const uint8_t commitment[TSW_HASH_LEN])
{
	return (uint16_t)(commitment[0] << 8 | commitment[1]);
}

/* Both nonces are known. */
static void
derive(struct tsw_live *live)
{
	uint8_t r[2 * TSW_LIVE_NONCE_LEN]; /* not secret: both are sent */
	const struct tsw_live_party *a, *b;

	a = live->initiator ? &live->self : &live->peer;
	b = live->initiator ? &live->peer : &live->self;
	memcpy(r, live->initiator ? live->secret_nonce : live->peer_nonce,
	    TSW_LIVE_NONCE_LEN);
	memcpy(r + TSW_LIVE_NONCE_LEN,
	    live->initiator ? live->peer_nonce : live->secret_nonce,
	    TSW_LIVE_NONCE_LEN);
	tsw_live_code(live->code, a, b, live->commitment, r);
	live->state = TSW_LIVE_DONE;
}

static void
begin(struct tsw_live *live, const struct tsw_live_party *self,
    const struct tsw_live_party *peer,
    const uint8_t secret_nonce[TSW_LIVE_NONCE_LEN])
{
	memset(live, 0, sizeof(*live));
	live->self = *self;
	live->peer = *peer;
	memcpy(live->secret_nonce, secret_nonce, TSW_LIVE_NONCE_LEN);
}

int
tsw_live_start(struct tsw_live *live, char out[TSW_LIVE_TEXT_MAX],
    const struct tsw_live_party *self, const struct tsw_live_party *peer,
    const uint8_t secret_nonce[TSW_LIVE_NONCE_LEN])
{
	struct tsw_live m;
	int r;

	r = check_parties(self, peer);
	if (r != TSW_OK)
		return r;
	begin(&m, self, peer, secret_nonce);
	m.initiator = true;
	tsw_live_commit(m.commitment, self, peer, secret_nonce);
	m.session = session_of(m.commitment);
	m.state = TSW_LIVE_COMMITTED;
	r = send_move(&m, out, 1, m.commitment);
	if (r == TSW_OK)
		*live = m;
	tsw_live_wipe(&m);
	return r;
}

int
tsw_live_answer(struct tsw_live *live, char out[TSW_LIVE_TEXT_MAX],
    const struct tsw_live_party *self, const struct tsw_live_party *peer,
    struct tsw_slice move1, const uint8_t secret_nonce[TSW_LIVE_NONCE_LEN])
{
	struct tsw_live_move in;
	struct tsw_live m;
	int r;

	r = check_parties(self, peer);
	if (r == TSW_OK)
		r = tsw_live_move_decode(&in, move1);
	if (r != TSW_OK)
		return r;
	if (in.move != 1)
		return TSW_ERR_ORDER;
	if (in.session != session_of(in.value))
		return TSW_ERR_FORMAT;
	r = check_view(self, peer, &in);
	if (r != TSW_OK)
		return r;
	begin(&m, self, peer, secret_nonce);
	m.session = in.session;
	memcpy(m.commitment, in.value, sizeof(m.commitment));
	m.state = TSW_LIVE_ANSWERED;
	r = send_move(&m, out, 2, m.secret_nonce);
	if (r == TSW_OK)
		*live = m;
	tsw_live_wipe(&m);
	return r;
}

int
tsw_live_open(struct tsw_live *live, char out[TSW_LIVE_TEXT_MAX],
    struct tsw_slice move2)
{
	struct tsw_live_move in;
	int r;

	if (live->state != TSW_LIVE_COMMITTED)
		return TSW_ERR_ORDER;
	r = take_move(&in, live, 2, move2);
	if (r == TSW_OK)
		r = send_move(live, out, 3, live->secret_nonce);
	if (r != TSW_OK)
		return r;
	memcpy(live->peer_nonce, in.value, sizeof(live->peer_nonce));
	derive(live);
	return TSW_OK;
}

int
tsw_live_finish(struct tsw_live *live, struct tsw_slice move3)
{
	uint8_t commitment[TSW_HASH_LEN];
	struct tsw_live_move in;
	int r;

	if (live->state != TSW_LIVE_ANSWERED)
		return TSW_ERR_ORDER;
	r = take_move(&in, live, 3, move3);
	if (r != TSW_OK)
		return r;
	tsw_live_commit(commitment, &live->peer, &live->self, in.value);
	if (!tsw_ct_eq(commitment, live->commitment, sizeof(commitment))) {
		live->state = TSW_LIVE_FAILED;
		return TSW_ERR_COMMITMENT;
	}
	memcpy(live->peer_nonce, in.value, sizeof(live->peer_nonce));
	derive(live);
	return TSW_OK;
}

void
tsw_live_wipe(struct tsw_live *live)
{
	tsw_wipe(live, sizeof(*live));
}
