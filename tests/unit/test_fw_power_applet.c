/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power cuts in the commands of the statement applet, at every flash
 * operation: fw_knife.h says what must hold.  Above all a signature that got
 * out of the token means that its head and its counter are in the flash.
 */
#include "fw_knife.h"

#include <string.h>

#include <touchstone/wire/code.h>
#include <touchstone/wire/sshsig.h>

#define RP TSW_APPLET_RP_ID

/* A statement as bytes. */
struct text {
	uint8_t p[TSW_STATEMENT_MAX];
	size_t len;
	uint8_t hash[32];
};

static struct tsw_pubkey key; /* of knife.known.key[0] */
static struct text genesis, update, confirm, import;
static struct applet_answer answer;

static void
encode(struct text *t, const struct tsw_statement *st)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, t->p, sizeof(t->p));
	assert_int_equal(tsw_statement_encode(&wr, st), TSW_OK);
	t->len = tsw_wr_len(&wr);
	tsw_statement_hash(t->hash, t->p, t->len);
}

static struct tsw_slice
words(const char *s)
{
	return (struct tsw_slice){(const uint8_t *)s, strlen(s)};
}

static void
write_genesis(void)
{
	struct tsw_statement st = {.kind = TSW_KIND_GENESIS, .time = 1};
	struct tsw_genesis *g = &st.u.genesis;

	g->label = words("alice@example.org");
	g->token[0].key = key;
	g->token[0].role = TSW_ROLE_SIGNER;
	g->token[0].evidence = TSW_EVIDENCE_FIDO_UV;
	g->token[0].name = words("daily");
	g->token_cnt = 1;
	g->threshold = 1;
	g->timelock_h = 72;
	encode(&genesis, &st);
}

static void
write_update(void)
{
	struct tsw_statement st = {.kind = TSW_KIND_UPDATE, .time = 2};
	struct tsw_update *u = &st.u.update;

	memcpy(u->identity, genesis.hash, 32);
	u->seq = 1;
	memcpy(u->prev, genesis.hash, 32);
	u->op[0].kind = TSW_OP_SET_POLICY;
	u->op[0].threshold = 1;
	u->op[0].timelock_h = 24;
	u->op_cnt = 1;
	encode(&update, &st);
}

static void
write_confirm(void)
{
	struct tsw_statement st = {.kind = TSW_KIND_CONFIRM, .time = 3};
	struct tsw_confirm *c = &st.u.confirm;

	memcpy(c->identity, genesis.hash, 32);
	memcpy(c->head, genesis.hash, 32);
	memset(c->contact, 7, 32);
	c->contact_label = words("bob@example.org");
	c->method = TSW_METHOD_PUBLIC_CODE;
	encode(&confirm, &st);
}

static void
write_import(void)
{
	struct tsw_statement st = {.kind = TSW_KIND_IMPORT, .time = 4};
	struct tsw_import *i = &st.u.import;

	memcpy(i->identity, genesis.hash, 32);
	memcpy(i->from_head, genesis.hash, 32);
	i->seq = 5;
	memset(i->head, 9, 32);
	encode(&import, &st);
}

static unsigned int
send(enum tsw_applet_cmd id, const struct text *t)
{
	struct applet_cmd cmd = {.cmd = id,
	    .handle = knife.known.key[0].handle,
	    .token = knife.token,
	    .proto = 2};

	if (t != NULL)
		cmd.statement = (struct tsw_slice){t->p, t->len};
	return view_applet(&answer, &cmd);
}

static unsigned int
create(void)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_CREATE,
	    .alg = TSW_ALG_SK_ED25519,
	    .token = knife.token,
	    .proto = 2};

	return view_applet(&answer, &cmd);
}

static unsigned int
sign_genesis(void)
{
	return send(TSW_APPLET_SIGN, &genesis);
}

static unsigned int
sign_update(void)
{
	return send(TSW_APPLET_SIGN, &update);
}

static unsigned int
sign_confirm(void)
{
	return send(TSW_APPLET_CONFIRM, &confirm);
}

static unsigned int
sign_import(void)
{
	return send(TSW_APPLET_IMPORT, &import);
}

static unsigned int
forget(void)
{
	return send(TSW_APPLET_FORGET, NULL);
}

static void
arm(void)
{
	assert_int_equal(knife_token(KNIFE_PIN, RP), FW_CTAP_OK);
}

/* An identity key that has signed nothing yet. */
static void
with_key(void)
{
	knife_settle_in();
	arm();
	assert_int_equal(create(), FW_CTAP_OK);
	key = answer.key;
	tsw_token_id(knife.known.key[0].handle, &key);
	write_genesis();
	write_update();
	write_confirm();
	write_import();
}

static void
with_genesis(void)
{
	with_key();
	arm();
	assert_int_equal(sign_genesis(), FW_CTAP_OK);
}

static void
with_update(void)
{
	with_genesis();
	arm();
	assert_int_equal(sign_update(), FW_CTAP_OK);
}

/* --- what the view shows afterwards --- */

static size_t
one_key_more(struct view *state)
{
	state[1] = state[0];
	state[1].keys++;
	return 1;
}

static size_t
has_genesis(struct view *state)
{
	struct view_key *k = &state[1].key[0];

	state[1] = state[0];
	state[1].used++;
	k->bound = true;
	k->role = TSW_ROLE_SIGNER;
	k->seq = 0;
	memcpy(k->identity, genesis.hash, 32);
	memcpy(k->head, genesis.hash, 32);
	return 1;
}

static size_t
has_update(struct view *state)
{
	state[1] = state[0];
	state[1].key[0].seq = 1;
	memcpy(state[1].key[0].head, update.hash, 32);
	return 1;
}

static size_t
has_import(struct view *state)
{
	state[1] = state[0];
	state[1].key[0].seq = 5;
	memset(state[1].key[0].head, 9, 32);
	return 1;
}

static size_t
is_forgotten(struct view *state)
{
	state[1] = state[0];
	state[1].used--;
	state[1].keys--;
	memset(&state[1].key[0], 0, sizeof(state[1].key[0]));
	memcpy(state[1].key[0].handle, knife.known.key[0].handle, 32);
	return 1;
}

static size_t
no_change(struct view *state)
{
	state[1] = state[0];
	return 1;
}

static size_t
one_run_less(struct view *state)
{
	state[1] = state[0];
	state[1].runs--;
	return 1;
}

static size_t
all_runs_then_one_less(struct view *state)
{
	state[1] = state[2] = state[0];
	state[1].runs = FW_LIVE_RUNS;
	state[2].runs = FW_LIVE_RUNS - 1;
	return 2;
}

/* --- what it does not show --- */

/* The signature, if it got out, is right and its counter was not used. */
static void
check_left(bool left, const struct text *t, enum tsw_ns ns)
{
	if (!left || rig.client.rsp_len == 0 || answer.counter == 0)
		return;
	assert_true(applet_verify(&answer, &key,
	    (struct tsw_slice){t->p, t->len}, ns, true));
	assert_true(answer.counter > knife.counter);
	knife.counter = answer.counter;
}

/* The same statement again is signed, with a higher counter; the rest of the
 * place stays closed. */
static void
again(unsigned int (*act)(void), const struct text *t, enum tsw_ns ns,
    bool left)
{
	check_left(left, t, ns);
	arm();
	assert_int_equal(act(), FW_CTAP_OK);
	check_left(true, t, ns);
}

static void
prove_genesis(size_t state, bool left)
{
	(void)state;
	again(sign_genesis, &genesis, TSW_NS_ID_STATEMENT, left);
}

static void
prove_update(size_t state, bool left)
{
	(void)state;
	again(sign_update, &update, TSW_NS_ID_STATEMENT, left);
	arm();
	assert_int_equal(sign_genesis(), TSW_APPLET_ST_REPLAY);
}

static void
prove_confirm(size_t state, bool left)
{
	(void)state;
	again(sign_confirm, &confirm, TSW_NS_ID_CONFIRM, left);
}

static void
prove_import(size_t state, bool left)
{
	(void)state;
	again(sign_import, &import, TSW_NS_ID_IMPORT, left);
	arm();
	assert_int_equal(sign_update(), TSW_APPLET_ST_REPLAY);
}

static void
prove_forgotten(size_t state, bool left)
{
	(void)left;
	arm();
	assert_int_equal(sign_update(),
	    state == 0 ? FW_CTAP_OK : FW_CTAP_NO_CREDENTIALS);
}

/* A PIN change keeps the keys: the new PIN or the old one opens them. */
static unsigned int
change_pin(void)
{
	return ctapclient_change_pin(&rig.client, FW_PINPROTO_TWO, KNIFE_PIN,
	    KNIFE_NEW_PIN);
}

static size_t
one_try_gone_between(struct view *state)
{
	state[1] = state[2] = state[0];
	state[1].tries--;
	return 2;
}

static void
prove_keys_open(size_t state, bool left)
{
	unsigned int st = knife_token(KNIFE_NEW_PIN, RP);

	(void)state;
	if (left)
		assert_int_equal(st, FW_CTAP_OK);
	if (st != FW_CTAP_OK)
		arm();
	assert_int_equal(sign_update(), FW_CTAP_OK);
	assert_true(applet_verify(&answer, &key,
	    (struct tsw_slice){update.p, update.len}, TSW_NS_ID_STATEMENT,
	    true));
}

/* --- live runs --- */

static uint8_t self[256], peer[256];

static unsigned int
begin_run(void)
{
	struct tsw_live_party a = {.log_size = 0}, b = {.seq = 3};
	struct applet_cmd cmd = {.cmd = TSW_APPLET_LIVE_BEGIN,
	    .handle = knife.known.key[0].handle,
	    .token = knife.token,
	    .proto = 2};
	struct tsw_wr wr;

	memcpy(a.id, genesis.hash, 32);
	memcpy(a.head, genesis.hash, 32);
	a.label = words("alice@example.org");
	memset(b.id, 7, 32);
	memset(b.head, 8, 32);
	b.label = words("bob@example.org");
	tsw_wr_init(&wr, self, sizeof(self));
	assert_int_equal(tsw_live_party_encode(&wr, &a), TSW_OK);
	cmd.self = (struct tsw_slice){self, tsw_wr_len(&wr)};
	tsw_wr_init(&wr, peer, sizeof(peer));
	assert_int_equal(tsw_live_party_encode(&wr, &b), TSW_OK);
	cmd.peer = (struct tsw_slice){peer, tsw_wr_len(&wr)};
	return view_applet(&answer, &cmd);
}

static void
without_runs(void)
{
	int i;

	with_genesis();
	arm();
	for (i = 0; i < FW_LIVE_RUNS; i++) {
		struct applet_cmd end = {.cmd = TSW_APPLET_LIVE_END};

		assert_int_equal(begin_run(), FW_CTAP_OK);
		assert_int_equal(view_applet(&answer, &end), FW_CTAP_OK);
	}
}

static const struct scene scenes[] = {
    {"CREATE", knife_settle_in, arm, create, one_key_more, NULL},
    {"SIGN genesis", with_key, arm, sign_genesis, has_genesis, prove_genesis},
    {"SIGN update", with_genesis, arm, sign_update, has_update, prove_update},
    {"SIGN repeat", with_update, arm, sign_update, no_change, prove_update},
    {"CONFIRM", with_genesis, arm, sign_confirm, no_change, prove_confirm},
    {"IMPORT", with_genesis, arm, sign_import, has_import, prove_import},
    {"FORGET", with_genesis, arm, forget, is_forgotten, prove_forgotten},
    {"LIVE_BEGIN", with_genesis, arm, begin_run, one_run_less, NULL},
    {"LIVE_BEGIN, touch", without_runs, arm, begin_run, all_runs_then_one_less,
	NULL},
    {"change PIN", with_genesis, NULL, change_pin, one_try_gone_between,
	prove_keys_open},
};
#define SCENES_CNT (sizeof(scenes) / sizeof(scenes[0]))

static void
test_roomy_flash(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SCENES_CNT; i++)
		knife_run(&scenes[i]);
}

static void
test_full_flash(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SCENES_CNT; i++)
		knife_run_full(&scenes[i], 0);
	knife_run_full(&scenes[SCENES_CNT - 1], 1);
}

static void
test_cuts_were_made(void **state)
{
	(void)state;
	print_message("%lu power cuts\n", knife_cuts);
	assert_true(knife_cuts > 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_roomy_flash),
	    cmocka_unit_test(test_full_flash),
	    cmocka_unit_test(test_cuts_were_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
