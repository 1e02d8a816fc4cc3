/* SPDX-License-Identifier: BSD-2-Clause */
#include "livepair.h"

#include <stdlib.h>
#include <string.h>

#include "tokenview.h"

struct pair_side alice, bob;

static struct pair_side *in_use;

static void
need(bool ok)
{
	if (!ok)
		abort();
}

void
pair_use(struct pair_side *s)
{
	if (s == in_use)
		return;
	in_use->rig = rig;
	in_use->board = memboard;
	/* Time is one. */
	if (s->board.millis < memboard.millis)
		s->board.millis = memboard.millis;
	rig = s->rig;
	memboard = s->board;
	in_use = s;
}

static void
side_new(struct pair_side *s, const char *label)
{
	in_use = s;
	s->label = label;
	world_new();
	/* The noise of a new board is always the same: make it another's. */
	memboard.noise_state = s == &bob ? 4242 : 1717;
	rig_plug();
	s->key = world_bound(&s->at, TSW_ALG_SK_ED25519, TSW_ROLE_SIGNER);
	s->rig = rig;
	s->board = memboard;
}

void
pair_new(void)
{
	side_new(&bob, "bob@example.org");
	side_new(&alice, "alice@example.org");
	rig.touch = RIG_TOUCH;
}

struct tsw_live_party
pair_party(const struct pair_side *s)
{
	struct tsw_live_party p;

	memset(&p, 0, sizeof(p));
	memcpy(p.id, s->at.identity, sizeof(p.id));
	p.seq = s->at.seq;
	memcpy(p.head, s->at.hash, sizeof(p.head));
	p.label.p = (const uint8_t *)s->label;
	p.label.len = strlen(s->label);
	return p;
}

void
pair_m(struct pair_m *m, const struct tsw_live_party *p)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, m->p, sizeof(m->p));
	need(tsw_live_party_encode(&wr, p) == TSW_OK);
	m->len = tsw_wr_len(&wr);
}

static unsigned int
send(uint8_t out[32], struct applet_cmd cmd, bool with_pin)
{
	struct applet_answer a;
	unsigned int st = world_do(&a, cmd, with_pin);

	if (st == 0 && (a.present & 1u << TSW_APPLET_A_VALUE) != 0)
		memcpy(out, a.value, sizeof(a.value));
	return st;
}

unsigned int
pair_begin(uint8_t out[32], const struct pair_side *who,
    const struct tsw_live_party *self, const struct tsw_live_party *peer,
    bool with_pin)
{
	struct pair_m s, p;

	pair_m(&s, self);
	pair_m(&p, peer);
	return send(out,
	    (struct applet_cmd){.cmd = TSW_APPLET_LIVE_BEGIN,
		.handle = who->key.handle,
		.self = {s.p, s.len},
		.peer = {p.p, p.len}},
	    with_pin);
}

unsigned int
pair_answer(uint8_t out[32], const struct pair_side *who,
    const struct tsw_live_party *self, const struct tsw_live_party *peer,
    const uint8_t value[32])
{
	struct pair_m s, p;

	pair_m(&s, self);
	pair_m(&p, peer);
	return send(out,
	    (struct applet_cmd){.cmd = TSW_APPLET_LIVE_ANSWER,
		.handle = who->key.handle,
		.self = {s.p, s.len},
		.peer = {p.p, p.len},
		.value = value},
	    false);
}

unsigned int
pair_open(uint8_t out[32], const uint8_t value[32])
{
	return send(out,
	    (struct applet_cmd){.cmd = TSW_APPLET_LIVE_OPEN, .value = value},
	    false);
}

unsigned int
pair_plain(enum tsw_applet_cmd cmd)
{
	uint8_t none[32];

	return send(none, (struct applet_cmd){.cmd = cmd}, false);
}

unsigned int
pair_confirm(struct applet_answer *a, struct saying *s,
    const struct tsw_live_party *self, const struct tsw_live_party *peer)
{
	struct tsw_statement st;
	struct tsw_confirm *c = &st.u.confirm;
	struct tsw_wr wr;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_CONFIRM;
	st.time = 5;
	memcpy(c->identity, self->id, sizeof(c->identity));
	c->seq = self->seq;
	memcpy(c->head, self->head, sizeof(c->head));
	memcpy(c->contact, peer->id, sizeof(c->contact));
	c->contact_label = peer->label;
	c->contact_seq = peer->seq;
	memcpy(c->contact_head, peer->head, sizeof(c->contact_head));
	c->method = TSW_METHOD_LIVE;
	tsw_wr_init(&wr, s->p, sizeof(s->p));
	need(tsw_statement_encode(&wr, &st) == TSW_OK);
	s->len = tsw_wr_len(&wr);
	return world_do(a,
	    (struct applet_cmd){.cmd = TSW_APPLET_LIVE_CONFIRM,
		.statement = said(s)},
	    false);
}

unsigned int
pair_runs(void)
{
	struct applet_answer a;

	need(world_do(&a, (struct applet_cmd){.cmd = TSW_APPLET_INFO}, false) ==
	    FW_CTAP_OK);
	return a.runs;
}

const char *
pair_display(void)
{
	static char code[10];
	const char *p, *line = memboard.display;
	size_t i, n;

	for (;; line = p + 1) {
		p = strchr(line, '\n');
		n = p != NULL ? (size_t)(p - line) : strlen(line);
		for (i = 0; i < n; i++)
			if (i % 4 == 3 ? line[i] != ' '
				       : line[i] < '0' || line[i] > '9')
				break;
		if (n == 11 && i == n)
			break;
		if (p == NULL)
			return "";
	}
	for (i = 0, n = 0; i < 11; i++)
		if (line[i] != ' ')
			code[n++] = line[i];
	return code;
}
