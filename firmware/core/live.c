/* SPDX-License-Identifier: BSD-2-Clause */
#include "live.h"

#include <string.h>

#include "hal.h"

#define RUNS_LEN 1

static bool
same_id(const uint8_t a[TSW_ID_LEN], const uint8_t b[TSW_ID_LEN])
{
	return memcmp(a, b, TSW_ID_LEN) == 0; /* not secret */
}

static bool
same_text(struct tsw_slice a, struct tsw_slice b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

enum fw_status
fw_live_pair_decode(struct fw_live_pair *out, struct tsw_slice self,
    struct tsw_slice peer)
{
	struct fw_live_pair m;

	if (tsw_live_party_decode(&m.self, self.p, self.len) != TSW_OK ||
	    tsw_live_party_decode(&m.peer, peer.p, peer.len) != TSW_OK)
		return FW_ST_LIVE_PARTY;
	if (same_id(m.self.id, m.peer.id) ||
	    m.self.log_size != m.peer.log_size ||
	    !same_id(m.self.root, m.peer.root))
		return FW_ST_LIVE_PARTY;
	*out = m;
	return FW_CTAP_OK;
}

unsigned int
fw_live_runs(const struct fw_store *s)
{
	uint8_t runs[RUNS_LEN];
	int len = fw_store_get(s, runs, sizeof(runs), FW_STORE_LIVE);

	if (len == FW_ERR_NONE)
		return FW_LIVE_RUNS; /* a new token, or one that was reset */
	return len == RUNS_LEN && runs[0] <= FW_LIVE_RUNS ? runs[0] : 0;
}

static void
runs_put(struct fw_store *s, unsigned int cnt)
{
	const uint8_t runs[RUNS_LEN] = {(uint8_t)cnt};

	if (fw_store_put(s, FW_STORE_LIVE, runs, sizeof(runs)) != FW_OK)
		hal_halt(HAL_FAULT_BUG); /* room is kept for it */
}

void
fw_live_refill(struct fw_store *s)
{
	if (fw_live_runs(s) != FW_LIVE_RUNS)
		runs_put(s, FW_LIVE_RUNS);
}

static void
keep_label(struct tsw_slice *label, uint8_t buf[TSW_LABEL_MAX])
{
	memcpy(buf, label->p, label->len); /* tsw_label_check: it fits */
	label->p = buf;
}

/* A run with a fresh nonce, paid for. */
static enum fw_status
start(struct fw_live *l, const struct fw_live_env *env,
    const struct fw_live_pair *pair)
{
	unsigned int runs;

	if (l->state != FW_LIVE_IDLE)
		return FW_ST_LIVE_BUSY;
	runs = fw_live_runs(env->store);
	if (runs == 0)
		return FW_ST_LIVE_BUDGET;
	runs_put(env->store, runs - 1);
	fw_live_end(l);
	l->deadline = env->now + FW_LIVE_MS;
	l->pair = *pair;
	keep_label(&l->pair.self.label, l->label[0]);
	keep_label(&l->pair.peer.label, l->label[1]);
	fw_rng_bytes(env->rng, l->secret_nonce, sizeof(l->secret_nonce));
	return FW_CTAP_OK;
}

enum fw_status
fw_live_begin(struct fw_live *l, uint8_t out[FW_LIVE_VALUE_LEN],
    const struct fw_live_env *env, const struct fw_live_pair *pair)
{
	enum fw_status st = start(l, env, pair);

	if (st != FW_CTAP_OK)
		return st;
	tsw_live_commit(l->commitment, &l->pair.self, &l->pair.peer,
	    l->secret_nonce);
	memcpy(out, l->commitment, FW_LIVE_VALUE_LEN);
	l->state = FW_LIVE_COMMITTED;
	return FW_CTAP_OK;
}

enum fw_status
fw_live_answer(struct fw_live *l, uint8_t out[FW_LIVE_VALUE_LEN],
    const struct fw_live_env *env, const struct fw_live_pair *pair,
    const uint8_t commitment[FW_LIVE_VALUE_LEN])
{
	enum fw_status st = start(l, env, pair);

	if (st != FW_CTAP_OK)
		return st;
	memcpy(l->commitment, commitment, FW_LIVE_VALUE_LEN);
	memcpy(out, l->secret_nonce, FW_LIVE_VALUE_LEN);
	l->state = FW_LIVE_ANSWERED;
	return FW_CTAP_OK;
}

/* Both nonces are known; a began. */
static void
show(struct fw_live *l, const struct tsw_live_party *a,
    const struct tsw_live_party *b, const uint8_t *r_a, const uint8_t *r_b)
{
	uint8_t secret_r[2 * TSW_LIVE_NONCE_LEN];

	memcpy(secret_r, r_a, TSW_LIVE_NONCE_LEN);
	memcpy(secret_r + TSW_LIVE_NONCE_LEN, r_b, TSW_LIVE_NONCE_LEN);
	tsw_live_code(l->secret_code, a, b, l->commitment, secret_r);
	tsw_wipe(secret_r, sizeof(secret_r));
	tsw_wipe(l->secret_nonce, sizeof(l->secret_nonce));
	l->state = FW_LIVE_SHOWN;
}

/* A takes r_B, and has no other nonce for another r_B. */
static void
open_as_a(struct fw_live *l, uint8_t out[FW_LIVE_VALUE_LEN],
    const uint8_t r_b[FW_LIVE_VALUE_LEN])
{
	memcpy(out, l->secret_nonce, FW_LIVE_VALUE_LEN);
	show(l, &l->pair.self, &l->pair.peer, out, r_b);
}

/* B takes r_A, if it is the one that A was bound to when it saw r_B. */
static enum fw_status
open_as_b(struct fw_live *l, const uint8_t r_a[FW_LIVE_VALUE_LEN])
{
	uint8_t c[FW_LIVE_VALUE_LEN];

	tsw_live_commit(c, &l->pair.peer, &l->pair.self, r_a);
	if (!tsw_ct_eq(c, l->commitment, sizeof(c))) {
		fw_live_end(l);
		return FW_ST_LIVE_COMMITMENT;
	}
	show(l, &l->pair.peer, &l->pair.self, r_a, l->secret_nonce);
	return FW_CTAP_OK;
}

enum fw_status
fw_live_open(struct fw_live *l, bool *opens, uint8_t out[FW_LIVE_VALUE_LEN],
    const uint8_t value[FW_LIVE_VALUE_LEN])
{
	*opens = l->state == FW_LIVE_COMMITTED;
	switch (l->state) {
	case FW_LIVE_COMMITTED:
		open_as_a(l, out, value);
		return FW_CTAP_OK;
	case FW_LIVE_ANSWERED:
		return open_as_b(l, value);
	case FW_LIVE_IDLE:
	case FW_LIVE_SHOWN:
	default:
		return FW_ST_LIVE_EARLY;
	}
}

enum fw_status
fw_live_check(const struct fw_live *l, const struct tsw_confirm *confirm)
{
	const struct tsw_live_party *self = &l->pair.self;
	const struct tsw_live_party *peer = &l->pair.peer;

	if (l->state != FW_LIVE_SHOWN)
		return FW_ST_LIVE_EARLY;
	if (confirm->method != TSW_METHOD_LIVE ||
	    !same_id(confirm->identity, self->id) ||
	    confirm->seq != self->seq || !same_id(confirm->head, self->head))
		return FW_ST_LIVE_PARTY;
	if (!same_id(confirm->contact, peer->id) ||
	    !same_text(confirm->contact_label, peer->label) ||
	    confirm->contact_seq != peer->seq ||
	    !same_id(confirm->contact_head, peer->head))
		return FW_ST_LIVE_PARTY;
	/* A checkpoint may be left out, but not be another, nor come from
	 * nowhere. */
	if (confirm->has_checkpoint &&
	    (peer->log_size == 0 ||
		confirm->checkpoint.size != peer->log_size ||
		!same_id(confirm->checkpoint.root, peer->root)))
		return FW_ST_LIVE_PARTY;
	return FW_CTAP_OK;
}

void
fw_live_end(struct fw_live *l)
{
	tsw_wipe(l, sizeof(*l));
}

void
fw_live_tick(struct fw_live *l, uint64_t now)
{
	if (l->state != FW_LIVE_IDLE && now >= l->deadline)
		fw_live_end(l);
}
