/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokenmodel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const model_pin[MODEL_PINS_CNT] = {"1234", "naught", "a1b2c3d4"};

_Noreturn void
model_fail(const char *what)
{
	(void)fprintf(stderr, "token: %s\n", what);
	abort();
}

void
model_new(struct model *m)
{
	size_t i;

	memset(m, 0, sizeof(*m));
	for (i = 0; i < FW_STORE_IDENTITY_CNT; i++)
		m->slot[i] = MODEL_EMPTY;
	m->pin = -1;
	m->tries = FW_PIN_TRIES;
	m->runs = FW_LIVE_RUNS;
}

void
model_plug(struct model *m)
{
	m->wrong_row = 0;
	m->unlocked = false;
	m->auth = false;
	m->live = MODEL_IDLE;
	m->deaf = memboard.noise != MEMBOARD_NOISE_GOOD;
}

int
model_create(struct model *m)
{
	int i, k, place = -1;

	/* The first empty one, or else the first that is not bound. */
	for (i = FW_STORE_IDENTITY_CNT - 1; i >= 0; i--)
		if (m->slot[i] < 0 || !m->key[m->slot[i]].bound)
			place = i;
	for (i = FW_STORE_IDENTITY_CNT - 1; i >= 0; i--)
		if (m->slot[i] == MODEL_EMPTY)
			place = i;
	if (place < 0)
		return -1;
	k = m->slot[place];
	if (k >= 0)
		model_forget(m, k);
	m->slot[place] = MODEL_ORPHAN;
	return place;
}

void
model_forget(struct model *m, int i)
{
	struct model_key *k = &m->key[i];
	struct model_key gone = {.here = false};
	size_t s;

	memcpy(gone.handle, k->handle, sizeof(gone.handle));
	*k = gone;
	for (s = 0; s < FW_STORE_IDENTITY_CNT; s++)
		if (m->slot[s] == i)
			m->slot[s] = MODEL_EMPTY;
}

static bool
same(const uint8_t a[32], const uint8_t b[32])
{
	return memcmp(a, b, 32) == 0;
}

/* Its entry in a statement that lists it, or NULL. */
static const struct tsw_token *
own_entry(const struct model_key *k, const struct tsw_statement *st)
{
	const struct tsw_token *t;
	size_t i;

	if (st->kind == TSW_KIND_GENESIS) {
		for (i = 0; i < st->u.genesis.token_cnt; i++) {
			t = &st->u.genesis.token[i];
			if (t->key.len == k->key.len &&
			    memcmp(t->key.data, k->key.data, k->key.len) == 0)
				return t;
		}
		return NULL;
	}
	for (i = 0; i < st->u.update.op_cnt; i++) {
		t = &st->u.update.op[i].token;
		if ((st->u.update.op[i].kind == TSW_OP_ENROL_TOKEN ||
			st->u.update.op[i].kind == TSW_OP_RECOVER) &&
		    t->key.len == k->key.len &&
		    memcmp(t->key.data, k->key.data, k->key.len) == 0)
			return t;
	}
	return NULL;
}

static bool
recovers(const struct tsw_update *u)
{
	return u->op[0].kind == TSW_OP_RECOVER; /* alone, SPEC 5 */
}

unsigned int
model_sign(const struct model_key *k, const struct tsw_statement *st,
    const uint8_t hash[32])
{
	const struct tsw_update *u = &st->u.update;
	bool genesis = st->kind == TSW_KIND_GENESIS;
	uint32_t seq = genesis ? 0 : u->seq;
	bool listed;

	if (st->kind != TSW_KIND_GENESIS && st->kind != TSW_KIND_UPDATE)
		return TSW_APPLET_ST_KIND;
	listed = own_entry(k, st) != NULL;
	if (!k->bound)
		return listed ? 0 : TSW_APPLET_ST_MAY_NOT;
	if (!same(genesis ? hash : u->identity, k->identity))
		return TSW_APPLET_ST_IDENTITY;
	if (seq < k->seq)
		return TSW_APPLET_ST_REPLAY;
	if (seq == k->seq && (k->imported || !same(hash, k->head)))
		return TSW_APPLET_ST_FORK;
	if (seq > k->seq && seq - k->seq > 1)
		return TSW_APPLET_ST_SKIP;
	if (seq > k->seq && !same(u->prev, k->head))
		return TSW_APPLET_ST_PREV;
	if (listed)
		return 0;
	return k->role == (recovers(u) ? TSW_ROLE_RECOVERY : TSW_ROLE_SIGNER)
	    ? 0
	    : TSW_APPLET_ST_MAY_NOT;
}

/* Where (seq, hash) of its own identity stands to the head. */
static unsigned int
place(const struct model_key *k, const uint8_t identity[32], uint32_t seq,
    const uint8_t hash[32])
{
	if (!k->bound)
		return TSW_APPLET_ST_MAY_NOT;
	if (!same(identity, k->identity))
		return TSW_APPLET_ST_IDENTITY;
	if (seq != k->seq)
		return seq < k->seq ? TSW_APPLET_ST_REPLAY : TSW_APPLET_ST_SKIP;
	return same(hash, k->head) ? 0 : TSW_APPLET_ST_FORK;
}

unsigned int
model_confirm(const struct model_key *k, const struct tsw_confirm *c)
{
	unsigned int st = place(k, c->identity, c->seq, c->head);

	if (st == 0 && k->role != TSW_ROLE_SIGNER)
		st = TSW_APPLET_ST_MAY_NOT;
	return st;
}

unsigned int
model_import(const struct model_key *k, const struct tsw_import *i)
{
	if (place(k, i->identity, i->seq, i->head) == 0)
		return 0; /* a repeat */
	return place(k, i->identity, i->from_seq, i->from_head);
}

void
model_moves(struct model_key *k, const struct tsw_statement *st,
    const uint8_t hash[32])
{
	const struct tsw_token *own;

	if (st->kind == TSW_KIND_IMPORT) {
		if (k->seq == st->u.import.seq &&
		    same(k->head, st->u.import.head))
			return; /* a repeat */
		k->imported = true;
		k->seq = st->u.import.seq;
		memcpy(k->head, st->u.import.head, 32);
		return;
	}
	own = own_entry(k, st);
	k->bound = true;
	k->imported = false;
	if (own != NULL)
		k->role = own->role;
	memcpy(k->identity,
	    st->kind == TSW_KIND_GENESIS ? hash : st->u.update.identity, 32);
	k->seq = st->kind == TSW_KIND_GENESIS ? 0 : st->u.update.seq;
	memcpy(k->head, hash, 32);
}

void
model_signature(struct model *m, uint32_t counter)
{
	if (m->deaf)
		model_fail("a signature without noise");
	if (counter <= m->counter)
		model_fail("the counter did not rise");
	if (rig.taken <= m->touches)
		model_fail("a signature without a touch of its own");
	m->counter = counter;
	m->touches = rig.taken;
}

void
model_said(struct model *m, const struct model_key *k, uint32_t seq,
    const uint8_t hash[32])
{
	struct model_signed *s;
	size_t i;

	for (i = 0; i < m->said_cnt; i++) {
		s = &m->said[i];
		if (!same(s->handle, k->handle) || s->seq != seq)
			continue;
		if (!same(s->hash, hash))
			model_fail("two statements signed at one place");
		return;
	}
	if (m->said_cnt == MODEL_SIGNED_CNT)
		return; /* longer sequences are not made */
	s = &m->said[m->said_cnt++];
	memcpy(s->handle, k->handle, 32);
	s->seq = seq;
	memcpy(s->hash, hash, 32);
}

void
model_view(struct view *v, const struct model *m)
{
	size_t i;

	memset(v, 0, sizeof(*v));
	v->pin_set = m->pin >= 0;
	v->tries = m->tries;
	v->runs = m->runs;
	v->creds = m->creds;
	for (i = 0; i < FW_STORE_IDENTITY_CNT; i++)
		v->keys += m->slot[i] != MODEL_EMPTY;
	for (i = 0; i < MODEL_KEYS_CNT; i++) {
		const struct model_key *k = &m->key[i];
		struct view_key *vk = &v->key[i];

		memcpy(vk->handle, k->handle, 32);
		if (!k->here)
			continue; /* the token must not know it either */
		vk->here = true;
		vk->bound = k->bound;
		if (!k->bound)
			continue;
		v->used++;
		memcpy(vk->identity, k->identity, 32);
		vk->seq = k->seq;
		memcpy(vk->head, k->head, 32);
		vk->role = k->role;
	}
}
