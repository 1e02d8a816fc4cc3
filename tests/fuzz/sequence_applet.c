/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys, statements and live runs of a sequence. */
#include "sequence.h"

#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/code.h>
#include <touchstone/wire/sshsig.h>

static struct tsw_slice
words(const char *s)
{
	return (struct tsw_slice){(const uint8_t *)s, strlen(s)};
}

static struct model_key *
key_of(uint8_t a)
{
	return &seq.now.key[a % MODEL_KEYS_CNT];
}

static struct applet_cmd
command(enum tsw_applet_cmd id, uint8_t a)
{
	return (struct applet_cmd){.cmd = id, .handle = key_of(a)->handle};
}

static void
begin(void)
{
	seq.mid = seq.next = seq.now;
}

void
seq_create(uint8_t a, uint8_t b)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_CREATE,
	    .alg = b % 8 == 7 ? TSW_ALG_SK_P256 : TSW_ALG_SK_ED25519};
	struct seq_rule rule = {SEQ_PIN, true, FW_CTAP_OK};
	struct model_key *k = key_of(a);
	int slot;

	begin();
	slot = model_create(&seq.next);
	if (slot < 0)
		rule.wanted = FW_CTAP_KEY_STORE_FULL;
	if (!seq_applet(&cmd, &rule) || k->here)
		return;
	seq.now.slot[slot] = a % MODEL_KEYS_CNT;
	memset(k, 0, sizeof(*k));
	k->here = true;
	k->key = seq.answer.key;
	tsw_token_id(k->handle, &k->key);
}

void
seq_forget(uint8_t a)
{
	struct applet_cmd cmd = command(TSW_APPLET_FORGET, a);
	struct model_key *k = key_of(a);
	struct seq_rule rule = {SEQ_PIN, true,
	    k->here ? FW_CTAP_OK : FW_CTAP_NO_CREDENTIALS};

	begin();
	if (k->here)
		model_forget(&seq.next, a % MODEL_KEYS_CNT);
	(void)seq_applet(&cmd, &rule);
}

void
seq_attest(uint8_t a)
{
	struct applet_cmd cmd = command(TSW_APPLET_ATTEST, a);
	struct seq_rule rule = {SEQ_NO_PIN, true,
	    key_of(a)->here ? FW_CTAP_OK : FW_CTAP_NO_CREDENTIALS};
	static const uint8_t challenge[32] = {1};

	cmd.value = challenge;
	begin();
	(void)seq_applet(&cmd, &rule);
}

/* --- statements --- */

/* Send this statement with the command it takes; wanted: by its rules. */
static void
statement(enum tsw_applet_cmd id, uint8_t a, const struct tsw_statement *st,
    struct tsw_slice text)
{
	struct applet_cmd cmd = command(id, a);
	struct model_key *k = key_of(a);
	struct model_key *after = &seq.next.key[a % MODEL_KEYS_CNT];
	struct seq_rule rule = {id == TSW_APPLET_CONFIRM ? SEQ_UNLOCKED
							 : SEQ_PIN,
	    true, FW_CTAP_NO_CREDENTIALS};
	bool chain = id == TSW_APPLET_SIGN;
	uint8_t hash[32];

	begin();
	cmd.statement = text;
	tsw_statement_hash(hash, text.p, text.len);
	if (k->here && id == TSW_APPLET_SIGN)
		rule.wanted = model_sign(k, st, hash);
	else if (k->here && id == TSW_APPLET_IMPORT)
		rule.wanted = model_import(k, &st->u.import);
	else if (k->here)
		rule.wanted = model_confirm(k, &st->u.confirm);
	if (rule.wanted == FW_CTAP_OK && id != TSW_APPLET_CONFIRM)
		model_moves(after, st, hash);
	if (!seq_applet(&cmd, &rule))
		return;
	model_signature(&seq.now, seq.answer.counter);
	if (chain)
		model_said(&seq.now, k, k->seq, hash);
	if (!applet_verify(&seq.answer, &k->key, text,
		chain			      ? TSW_NS_ID_STATEMENT
		    : id == TSW_APPLET_IMPORT ? TSW_NS_ID_IMPORT
					      : TSW_NS_ID_CONFIRM,
		id != TSW_APPLET_CONFIRM))
		model_fail("a signature that does not verify");
}

/* Encode and send; the text is kept to be repeated. */
static void
encode_and_send(enum tsw_applet_cmd id, uint8_t a,
    const struct tsw_statement *st)
{
	uint8_t *text = seq.text[a % MODEL_KEYS_CNT];
	struct tsw_wr wr;

	tsw_wr_init(&wr, text, TSW_STATEMENT_MAX);
	if (tsw_statement_encode(&wr, st) != TSW_OK)
		return; /* not a statement at all */
	seq.text_len[a % MODEL_KEYS_CNT] = tsw_wr_len(&wr);
	statement(id, a, st, (struct tsw_slice){text, tsw_wr_len(&wr)});
}

void
seq_genesis(uint8_t a, uint8_t b)
{
	struct tsw_statement st = {.kind = TSW_KIND_GENESIS, .time = b};
	struct tsw_genesis *g = &st.u.genesis;
	const struct model_key *k = key_of(b & 0x80 ? (uint8_t)(a + 1) : a);

	if (!k->here)
		return;
	g->label = words("alice@example.org");
	g->token[0].key = k->key;
	g->token[0].role = b & 0x40 ? TSW_ROLE_RECOVERY : TSW_ROLE_SIGNER;
	g->token[0].evidence = TSW_EVIDENCE_FIDO_UV;
	g->token[0].name = words("daily");
	g->token_cnt = 1;
	g->threshold = 1;
	g->timelock_h = 72;
	encode_and_send(TSW_APPLET_SIGN, a, &st);
}

static void
operation(struct tsw_op *op, uint8_t a, unsigned int kind)
{
	memset(op, 0, sizeof(*op));
	switch (kind % 4) {
	case 0:
		op->kind = TSW_OP_SET_POLICY;
		op->threshold = 1;
		op->timelock_h = 24;
		break;
	case 1:
		op->kind = TSW_OP_VETO;
		break;
	default:
		op->kind = kind % 4 == 2 ? TSW_OP_ENROL_TOKEN : TSW_OP_RECOVER;
		op->token.key = key_of(a)->key;
		op->token.role = TSW_ROLE_SIGNER;
		op->token.evidence = TSW_EVIDENCE_FIDO_UV;
		op->token.name = words("spare");
	}
}

/* b: operation 2 bits, step 2, wrong prev, wrong identity, content 2. */
void
seq_update(uint8_t a, uint8_t b)
{
	struct tsw_statement st = {.kind = TSW_KIND_UPDATE, .time = b >> 6};
	struct tsw_update *u = &st.u.update;
	const struct model_key *k = key_of(a);

	if (!k->here)
		return;
	memcpy(u->identity, k->identity, 32);
	memcpy(u->prev, k->head, 32);
	u->seq = k->seq + 2 - (b >> 2 & 3); /* one after, here, before, skip */
	if ((b >> 2 & 3) == 0)
		u->seq = k->seq + 1;
	else if ((b >> 2 & 3) == 1)
		u->seq = k->seq + 2;
	u->prev[0] ^= b >> 4 & 1;
	u->identity[0] ^= b >> 5 & 1;
	operation(&u->op[0], a, b);
	u->op_cnt = 1;
	encode_and_send(TSW_APPLET_SIGN, a, &st);
}

/* What was sent for this key last but imports, as SIGN. */
void
seq_repeat(uint8_t a)
{
	uint8_t copy[TSW_STATEMENT_MAX];
	size_t len = seq.text_len[a % MODEL_KEYS_CNT];
	struct tsw_statement st;

	memcpy(copy, seq.text[a % MODEL_KEYS_CNT], len);
	if (tsw_statement_decode(&st, copy, len) == TSW_OK)
		statement(TSW_APPLET_SIGN, a, &st,
		    (struct tsw_slice){copy, len});
}

void
seq_confirm(uint8_t a, uint8_t b)
{
	struct tsw_statement st = {.kind = TSW_KIND_CONFIRM, .time = b};
	struct tsw_confirm *c = &st.u.confirm;
	const struct model_key *k = key_of(a);

	memcpy(c->identity, k->identity, 32);
	memcpy(c->head, k->head, 32);
	c->seq = k->seq + (b & 1) - (k->seq > 0 ? b >> 1 & 1 : 0);
	c->head[0] ^= b >> 2 & 1;
	c->identity[0] ^= b >> 3 & 1;
	memset(c->contact, 7, 32);
	c->contact_label = words("bob@example.org");
	c->method = TSW_METHOD_PUBLIC_CODE;
	encode_and_send(TSW_APPLET_CONFIRM, a, &st);
}

/* b: step 2, wrong head, wrong identity, seq 2 (3: beside), head 2 (3: of the
 * statement that was sent for this key last, which stays that). */
void
seq_import(uint8_t a, uint8_t b)
{
	const uint8_t *last = seq.text[a % MODEL_KEYS_CNT];
	uint8_t text[TSW_STATEMENT_MAX];
	struct tsw_wr wr;
	struct tsw_statement st = {.kind = TSW_KIND_IMPORT, .time = 1};
	struct tsw_import *i = &st.u.import;
	const struct model_key *k = key_of(a);

	memcpy(i->identity, k->identity, 32);
	memcpy(i->from_head, k->head, 32);
	i->from_seq = k->seq + (b & 1) - (k->seq > 0 ? b >> 1 & 1 : 0);
	i->from_head[0] ^= b >> 2 & 1;
	i->identity[0] ^= b >> 3 & 1;
	i->seq = i->from_seq + (1U + (b >> 4 & 3)) % 4;
	memset(i->head, b >> 6, 32);
	if (b >> 6 == 3)
		tsw_statement_hash(i->head, last,
		    seq.text_len[a % MODEL_KEYS_CNT]);
	tsw_wr_init(&wr, text, sizeof(text));
	if (tsw_statement_encode(&wr, &st) == TSW_OK)
		statement(TSW_APPLET_IMPORT, a, &st,
		    (struct tsw_slice){text, tsw_wr_len(&wr)});
}

/* --- live runs --- */

static bool
runs_out(void)
{
	return seq.now.live != MODEL_IDLE &&
	    memboard.millis - seq.now.live_since + 120000 >= FW_LIVE_MS;
}

/* No command of a run is sent when nobody can tell whether it has ended. */
static void
tidy(void)
{
	if (!runs_out())
		return;
	rig_wait_ms(FW_LIVE_MS);
	seq.now.live = MODEL_IDLE;
}

static void
parties(struct applet_cmd *cmd, uint8_t a, uint8_t b)
{
	static uint8_t buf[2][TSW_LIVE_PARTY_MAX];
	const struct model_key *k = key_of(a);
	struct tsw_wr wr;

	memset(&seq.self, 0, sizeof(seq.self));
	memcpy(seq.self.id, k->identity, 32);
	memcpy(seq.self.head, k->head, 32);
	seq.self.seq = k->seq + (b & 1);
	seq.self.label = words("alice@example.org");
	seq.peer = seq.self;
	memset(seq.peer.id, 7, 32);
	seq.peer.seq = b >> 4;
	seq.peer.label = words("bob@example.org");
	if ((b & 2) != 0)
		memcpy(seq.peer.id, seq.self.id, 32);
	tsw_wr_init(&wr, buf[0], sizeof(buf[0]));
	if (tsw_live_party_encode(&wr, &seq.self) != TSW_OK)
		abort();
	cmd->self = (struct tsw_slice){buf[0], tsw_wr_len(&wr)};
	tsw_wr_init(&wr, buf[1], sizeof(buf[1]));
	if (tsw_live_party_encode(&wr, &seq.peer) != TSW_OK)
		abort();
	cmd->peer = (struct tsw_slice){buf[1], tsw_wr_len(&wr)};
}

/* The rules of BEGIN and ANSWER but for the PIN. */
static unsigned int
may_run(uint8_t a, uint8_t b)
{
	const struct model_key *k = key_of(a);

	if (!k->here)
		return FW_CTAP_NO_CREDENTIALS;
	if (seq.now.live != MODEL_IDLE)
		return TSW_APPLET_ST_LIVE_BUSY;
	if ((b & 3) != 0 || !k->bound)
		return TSW_APPLET_ST_LIVE_PARTY;
	if (k->role != TSW_ROLE_SIGNER)
		return TSW_APPLET_ST_MAY_NOT;
	if (seq.now.runs == 0 && seq.auth == SEQ_AUTH_NONE)
		return TSW_APPLET_ST_LIVE_BUDGET;
	return FW_CTAP_OK;
}

static void
run(struct applet_cmd *cmd, uint8_t a, uint8_t b, enum model_live then)
{
	struct tsw_live_party self = seq.self, peer = seq.peer;
	struct seq_rule rule = {SEQ_UNLOCKED, seq.now.runs == 0, 0};

	begin();
	rule.wanted = may_run(a, b);
	if (seq.now.live == MODEL_IDLE)
		parties(cmd, a, b);
	else
		parties(cmd, a, 0);
	if (seq.now.runs == 0) {
		seq.mid.runs = FW_LIVE_RUNS;
		seq.next.runs = FW_LIVE_RUNS;
	}
	seq.next.runs--;
	seq.next.live = then;
	seq.next.live_since = memboard.millis;
	if (!seq_applet(cmd, &rule)) {
		if (seq.now.live != MODEL_IDLE) {
			seq.self = self;
			seq.peer = peer;
		}
		return;
	}
	seq.live_key = a;
	if (then == MODEL_COMMITTED)
		memcpy(seq.commitment, seq.answer.value, 32);
	else
		memcpy(seq.nonce, seq.answer.value, 32);
}

void
seq_live_begin(uint8_t a, uint8_t b)
{
	struct applet_cmd cmd = command(TSW_APPLET_LIVE_BEGIN, a);

	tidy();
	run(&cmd, a, b, MODEL_COMMITTED);
}

/* The other side is A and holds a nonce of threes. */
void
seq_live_answer(uint8_t a, uint8_t b)
{
	struct applet_cmd cmd = command(TSW_APPLET_LIVE_ANSWER, a);
	struct applet_cmd probe = cmd;
	uint8_t threes[32], commitment[32];

	tidy();
	if (seq.now.live != MODEL_IDLE) {
		cmd.value = seq.commitment;
		run(&cmd, a, b, MODEL_ANSWERED);
		return;
	}
	parties(&probe, a, b);
	memset(threes, 3, sizeof(threes));
	tsw_live_commit(commitment, &seq.peer, &seq.self, threes);
	cmd.value = commitment;
	run(&cmd, a, b, MODEL_ANSWERED);
}

/* b: 0 the right value, 1 a wrong one, 2 none. */
void
seq_live_open(uint8_t b)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_LIVE_OPEN};
	struct seq_rule rule = {SEQ_NO_PIN, false, FW_CTAP_OK};
	uint8_t value[32], commitment[32];
	bool opens = seq.now.live == MODEL_COMMITTED;

	tidy();
	begin();
	memset(value, b % 3 == 1 ? 4 : 3, sizeof(value));
	cmd.value = b % 3 == 2 ? NULL : value;
	seq.next.live = MODEL_SHOWN;
	if ((seq.now.live != MODEL_COMMITTED &&
		seq.now.live != MODEL_ANSWERED) ||
	    cmd.value == NULL)
		rule.wanted = TSW_APPLET_ST_LIVE_EARLY;
	else if (seq.now.live == MODEL_ANSWERED && b % 3 == 1)
		rule.wanted = TSW_APPLET_ST_LIVE_COMMITMENT;
	if (!seq_applet(&cmd, &rule)) {
		if (seq.status == TSW_APPLET_ST_LIVE_COMMITMENT)
			seq.now.live = MODEL_IDLE;
		return;
	}
	if (!opens)
		return;
	/* What it opens is what it committed to before it knew our value. */
	tsw_live_commit(commitment, &seq.self, &seq.peer, seq.answer.value);
	if (memcmp(commitment, seq.commitment, 32) != 0)
		model_fail("opened another nonce than it committed to");
}

void
seq_live_confirm(uint8_t b)
{
	struct tsw_statement st = {.kind = TSW_KIND_CONFIRM, .time = b};
	struct applet_cmd cmd = {.cmd = TSW_APPLET_LIVE_CONFIRM};
	struct seq_rule rule = {SEQ_NO_PIN, true, FW_CTAP_OK};
	struct tsw_confirm *c = &st.u.confirm;
	const struct model_key *k = key_of(seq.live_key);
	uint8_t text[TSW_STATEMENT_MAX];
	struct tsw_wr wr;

	tidy();
	if (seq.self.label.len == 0)
		parties(&cmd, seq.live_key, 0);
	cmd.self.len = cmd.peer.len = 0;
	begin();
	memcpy(c->identity, seq.self.id, 32);
	memcpy(c->head, seq.self.head, 32);
	c->seq = seq.self.seq;
	memcpy(c->contact, seq.peer.id, 32);
	memcpy(c->contact_head, seq.peer.head, 32);
	c->contact_seq = seq.peer.seq + (b & 1);
	c->contact_label = seq.peer.label;
	c->method = TSW_METHOD_LIVE;
	tsw_wr_init(&wr, text, sizeof(text));
	if (tsw_statement_encode(&wr, &st) != TSW_OK)
		return;
	cmd.statement = (struct tsw_slice){text, tsw_wr_len(&wr)};
	if (seq.now.live != MODEL_SHOWN)
		rule.wanted = TSW_APPLET_ST_LIVE_EARLY;
	else if ((b & 1) != 0)
		rule.wanted = TSW_APPLET_ST_LIVE_PARTY;
	else if (!k->here)
		rule.wanted = FW_CTAP_NO_CREDENTIALS;
	else
		rule.wanted = model_confirm(k, c);
	seq.next.live = MODEL_IDLE;
	seq.next.runs = FW_LIVE_RUNS;
	if (!seq_applet(&cmd, &rule))
		return;
	model_signature(&seq.now, seq.answer.counter);
	if (!applet_verify(&seq.answer, &k->key, cmd.statement,
		TSW_NS_ID_CONFIRM, false))
		model_fail("a signature that does not verify");
}

void
seq_live_end(uint8_t a)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_LIVE_END};
	struct seq_rule rule = {SEQ_NO_PIN, false, FW_CTAP_OK};

	(void)a;
	begin();
	seq.next.live = MODEL_IDLE;
	(void)seq_applet(&cmd, &rule);
}
