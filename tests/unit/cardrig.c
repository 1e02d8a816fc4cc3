/* SPDX-License-Identifier: BSD-2-Clause */
#include "cardrig.h"

#include "token/locked.h"

#include <touchstone/wire/sshsig.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
make_statement(struct card_rig *rig)
{
	struct soft_token token = soft_token_new(TSW_ALG_SK_ED25519, 1);
	struct tsw_statement st;
	struct tsw_wr wr;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_GENESIS;
	st.time = 1767225600;
	st.u.genesis.label = soft_slice("alice@example.org");
	st.u.genesis.token[0] = soft_token_entry(&token, "daily");
	st.u.genesis.token_cnt = 1;
	st.u.genesis.threshold = 1;
	st.u.genesis.timelock_h = TSW_TIMELOCK_DEFAULT_H;
	tsw_wr_init(&wr, rig->statement, sizeof(rig->statement));
	assert_int_equal(tsw_statement_encode(&wr, &st), TSW_OK);
	rig->statement_len = tsw_wr_len(&wr);
}

void
card_rig_init(struct card_rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	assert_int_equal(ts_locked_init(), TS_OK);
	card_model_init(&rig->m);
	make_statement(rig);
}

static void
begin(struct card_rig *rig, const char *pin, const char *new_pin,
    struct ts_pins *pins)
{
	rig->card = card_model_open(&rig->m);
	memset(&rig->out, 0, sizeof(rig->out));
	rig->out.retries = TS_TOKEN_RETRIES_UNKNOWN;
	strncpy(rig->pin, pin, sizeof(rig->pin) - 1);
	strncpy(rig->new_pin, new_pin, sizeof(rig->new_pin) - 1);
	*pins = (struct ts_pins){*pin == '\0' ? NULL : rig->pin,
	    *new_pin == '\0' ? NULL : rig->new_pin};
	rig->m.pins_seen = 0;
	rig->m.transmissions = 0;
	rig->m.count = 0;
}

void
card_rig_ask(struct card_rig *rig, uint8_t slot)
{
	const struct model_key *key = card_model_slot(&rig->m, slot);
	struct ts_token_cred *cred = &rig->req.key[0];

	assert_non_null(key);
	rig->slot = slot;
	rig->req.key_cnt = 1;
	cred->kind = slot == TS_TOKEN_OPENPGP_SIGN ? TS_TOKEN_KIND_OPENPGP
						   : TS_TOKEN_KIND_PIV;
	cred->id = (struct tsw_slice){&rig->slot, 1};
	cred->key = key->token.key;
	rig->req.ns = TSW_NS_ID_STATEMENT;
	rig->req.need_uv = true;
	rig->req.statement =
	    (struct tsw_slice){rig->statement, rig->statement_len};
}

int
card_rig_info(struct card_rig *rig)
{
	struct ts_pins pins;

	begin(rig, "", "", &pins);
	return ts_card_op_info(&rig->card, &rig->req, &pins, &rig->out);
}

int
card_rig_probe(struct card_rig *rig)
{
	struct ts_pins pins;

	begin(rig, "", "", &pins);
	return ts_card_op_probe(&rig->card, &rig->req.key[0], &rig->out);
}

int
card_rig_sign(struct card_rig *rig, const char *pin)
{
	struct ts_pins pins;

	begin(rig, pin, "", &pins);
	return ts_card_op_sign(&rig->card, &rig->req, &pins, &rig->out);
}

int
card_rig_create(struct card_rig *rig, uint8_t slot, const char *pin,
    const char *admin)
{
	struct ts_pins pins;

	begin(rig, pin, admin, &pins);
	rig->req.kind = slot == TS_TOKEN_OPENPGP_SIGN ? TS_TOKEN_KIND_OPENPGP
						      : TS_TOKEN_KIND_PIV;
	rig->req.slot = slot;
	if (rig->req.alg_cnt == 0) {
		rig->req.alg_cnt = 2;
		rig->req.alg[0] = TSW_ALG_ED25519;
		rig->req.alg[1] = TSW_ALG_P256;
	}
	return ts_card_op_create(&rig->card, &rig->req, &pins, &rig->out);
}

int
card_rig_change(struct card_rig *rig, enum ts_token_kind kind, const char *pin,
    const char *new_pin)
{
	struct ts_pins pins;

	begin(rig, pin, new_pin, &pins);
	rig->req.kind = kind;
	return ts_card_op_pin_change(&rig->card, &rig->req, &pins, &rig->out);
}

int
card_rig_unblock(struct card_rig *rig, enum ts_token_kind kind, const char *puk,
    const char *new_pin)
{
	struct ts_pins pins;

	begin(rig, puk, new_pin, &pins);
	rig->req.kind = kind;
	return ts_card_op_pin_unblock(&rig->card, &rig->req, &pins, &rig->out);
}

static struct card_rig_saying saying;

static void
twist_say(struct card_model *m, const struct model_command *cmd,
    struct model_answer *answer)
{
	if (cmd->ins != saying.ins || (saying.p2 >= 0 && cmd->p2 != saying.p2))
		return;
	if (saying.nth == 0 || ++m->count == saying.nth)
		card_model_say(answer, saying.sw, saying.p, saying.len);
}

struct card_rig_saying *
card_rig_say(struct card_rig *rig, uint8_t ins, int p2, uint16_t sw)
{
	saying = (struct card_rig_saying){.ins = ins, .p2 = p2, .sw = sw};
	rig->m.twist = twist_say;
	return &saying;
}

void
card_rig_verify(const struct card_rig *rig)
{
	const struct ts_token_signed *signature = &rig->out.u.signature;
	struct tsw_sshsig sig;

	assert_int_equal(tsw_sshsig_decode(&sig, signature->sshsig,
			     signature->len),
	    TSW_OK);
	assert_memory_equal(&sig.key, &rig->req.key[0].key, sizeof(sig.key));
	assert_int_equal(tsw_sshsig_verify(&sig, rig->req.ns, true,
			     rig->req.statement),
	    TSW_OK);
}
