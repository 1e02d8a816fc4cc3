/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/describe.h>

#include <string.h>
#include <time.h>

#include <touchstone/keyfile.h>
#include <touchstone/wire/attest.h>
#include <touchstone/wire/code.h>

#define ID_DIGITS 8 /* bytes of an id shown, as 16 hex digits */

static void
add_slice(struct ts_text *out, struct tsw_slice s)
{
	size_t i;

	/* Names and labels were checked; this holds for whatever comes. */
	for (i = 0; i < s.len; i++) {
		char c = s.p[i] >= 0x20 && s.p[i] < 0x7f ? (char)s.p[i] : '?';

		ts_text_add_len(out, &c, 1);
	}
}

static void
add_quoted(struct ts_text *out, struct tsw_slice s)
{
	ts_text_add(out, "\"");
	add_slice(out, s);
	ts_text_add(out, "\"");
}

static void
add_date(struct ts_text *out, uint64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char date[32];

	if (gmtime_r(&t, &tm) != NULL &&
	    strftime(date, sizeof(date), "%Y-%m-%d", &tm) > 0)
		ts_text_add(out, date);
	else
		ts_text_add_uint(out, seconds);
}

struct tsw_key
ts_key_of(const struct tsw_chain_key *key)
{
	struct tsw_key k;

	memset(&k, 0, sizeof(k));
	k.app = key->app;
	k.device.p = key->device;
	k.device.len = key->device_len;
	k.type = key->type;
	k.data.p = key->data;
	k.data.len = key->data_len;
	k.proto = key->proto;
	k.expires = key->expires;
	return k;
}

int
ts_describe_key(struct ts_text *out, const struct tsw_key *key)
{
	const char *app = tsw_app_word(key->app);

	ts_text_add(out, app == NULL ? "?" : app);
	ts_text_add(out, " on ");
	add_slice(out, key->device);
	ts_text_add(out, ", ");
	if (ts_key_fingerprint(out, key) != TS_OK)
		ts_text_add(out, "of a kind not known here");
	if (key->expires != 0) {
		ts_text_add(out, ", valid until ");
		add_date(out, key->expires);
	}
	if (key->proto == 0)
		ts_text_add(out, ", device too old for verification");
	return ts_text_done(out);
}

/* What a token that is ours says of itself, and what is said of a card. */
static void
add_attestation(struct ts_text *out, const struct tsw_token *token)
{
	struct tsw_attestation a;

	if (token->attestation.len == 0)
		return;
	if (token->evidence == TSW_EVIDENCE_CARD_ATTESTED) {
		ts_text_add(out, ", attested by its card in bundle ");
		ts_text_add_hex(out, token->attestation.p, ID_DIGITS);
		return;
	}
	if (tsw_attestation_decode(&a, token->attestation.p,
		token->attestation.len) != TSW_OK)
		return;
	ts_text_add(out, ", attests firmware ");
	ts_text_add_hex(out, a.image, ID_DIGITS);
}

static void
add_token(struct ts_text *out, const struct tsw_token *token)
{
	const char *alg = tsw_alg_word(token->key.alg);
	uint8_t id[TSW_HASH_LEN];

	add_quoted(out, token->name);
	ts_text_add(out,
	    token->role == TSW_ROLE_RECOVERY ? " for recovery, "
					     : " as signer, ");
	ts_text_add(out, alg == NULL ? "?" : alg);
	ts_text_add(out, " SHA256:");
	tsw_token_id(id, &token->key);
	ts_text_add_base64(out, id, sizeof(id));
	if (!out->bad) /* the one "=", which ssh-keygen omits */
		out->p[--out->len] = '\0';
	add_attestation(out, token);
}

static int
revoked(struct ts_text *out, const struct tsw_chain *chain, const uint8_t *id)
{
	int i = chain == NULL ? -1 : tsw_chain_find_key(chain, id);
	struct tsw_key key;

	ts_text_add(out, "revoke key: ");
	if (i < 0) {
		ts_text_add_hex(out, id, ID_DIGITS);
		return ts_text_done(out);
	}
	key = ts_key_of(&chain->key[i]);
	return ts_describe_key(out, &key);
}

static void
retired(struct ts_text *out, const struct tsw_chain *chain, const uint8_t *id)
{
	int i = chain == NULL ? -1 : tsw_chain_find_token(chain, id);
	struct tsw_slice name;

	ts_text_add(out, "retire token ");
	if (i < 0) {
		ts_text_add_hex(out, id, ID_DIGITS);
		return;
	}
	name.p = chain->token[i].name;
	name.len = chain->token[i].name_len;
	add_quoted(out, name);
}

static void
policy(struct ts_text *out, const struct tsw_op *op)
{
	ts_text_add(out, "set policy: ");
	ts_text_add_uint(out, op->threshold);
	ts_text_add(out, " token(s) must sign, a recovery waits ");
	ts_text_add_uint(out, op->timelock_h);
	ts_text_add(out, " hours");
}

int
ts_describe_op(struct ts_text *out, const struct tsw_chain *chain,
    const struct tsw_op *op)
{
	switch (op->kind) {
	case TSW_OP_ADD_KEY:
		ts_text_add(out, "add key: ");
		return ts_describe_key(out, &op->key);
	case TSW_OP_REVOKE_KEY:
		return revoked(out, chain, op->id);
	case TSW_OP_ENROL_TOKEN:
		ts_text_add(out, "enrol token ");
		add_token(out, &op->token);
		break;
	case TSW_OP_RETIRE_TOKEN:
		retired(out, chain, op->id);
		break;
	case TSW_OP_SET_VERIFICATION:
		ts_text_add(out,
		    op->min_proto > 0
			? "turn verification ON: contacts take only signed keys"
			: "turn verification OFF: contacts will be alerted");
		break;
	case TSW_OP_SET_POLICY:
		policy(out, op);
		break;
	case TSW_OP_RECOVER:
		ts_text_add(out, "RECOVER: replace every signer by token ");
		add_token(out, &op->token);
		break;
	case TSW_OP_VETO:
		ts_text_add(out, "veto: stop the recovery that is pending");
		break;
	default:
		return TSW_ERR_RANGE;
	}
	return ts_text_done(out);
}

static int
genesis(struct ts_text *out, const struct tsw_genesis *g)
{
	size_t i;

	ts_text_add(out, "create the identity ");
	add_slice(out, g->label);
	ts_text_add(out, ": ");
	ts_text_add_uint(out, g->threshold);
	ts_text_add(out, " token(s) must sign, a recovery waits ");
	ts_text_add_uint(out, g->timelock_h);
	ts_text_add(out, " hours\n");
	for (i = 0; i < g->token_cnt; i++) {
		ts_text_add(out, "list token ");
		add_token(out, &g->token[i]);
		ts_text_add(out, "\n");
	}
	return ts_text_done(out);
}

static int
update(struct ts_text *out, const struct tsw_chain *chain,
    const struct tsw_update *u)
{
	size_t i;
	int r = TS_OK;

	for (i = 0; r == TS_OK && i < u->op_cnt; i++) {
		r = ts_describe_op(out, chain, &u->op[i]);
		ts_text_add(out, "\n");
	}
	return r == TS_OK ? ts_text_done(out) : r;
}

static int
confirm(struct ts_text *out, const struct tsw_confirm *c)
{
	char code[TSW_PUBLIC_CODE_LEN];
	const char *method = tsw_method_word(c->method);
	int r;

	r = tsw_public_code(code, c->contact);
	if (r != TSW_OK)
		return r;
	ts_text_add(out, "confirm that ");
	add_slice(out, c->contact_label);
	ts_text_add(out, " is ");
	ts_text_add(out, code);
	ts_text_add(out, ", compared by ");
	ts_text_add(out, method == NULL ? "?" : method);
	ts_text_add(out, "\n");
	return ts_text_done(out);
}

static int
import(struct ts_text *out, const struct tsw_import *m)
{
	ts_text_add(out, "take over the head of statement ");
	ts_text_add_uint(out, m->seq);
	ts_text_add(out, ", ");
	ts_text_add_hex(out, m->head, ID_DIGITS);
	ts_text_add(out,
	    m->seq == m->from_seq ? ", and leave another statement "
				  : ", and leave that of statement ");
	ts_text_add_uint(out, m->from_seq);
	ts_text_add(out, "\n");
	return ts_text_done(out);
}

int
ts_describe_statement(struct ts_text *out, const struct tsw_chain *chain,
    const uint8_t *p, size_t len)
{
	struct tsw_statement st;
	int r;

	r = tsw_statement_decode(&st, p, len);
	if (r != TSW_OK)
		return r;
	switch (st.kind) {
	case TSW_KIND_GENESIS:
		return genesis(out, &st.u.genesis);
	case TSW_KIND_UPDATE:
		return update(out, chain, &st.u.update);
	case TSW_KIND_CONFIRM:
		return confirm(out, &st.u.confirm);
	case TSW_KIND_IMPORT:
		return import(out, &st.u.import);
	default:
		return TSW_ERR_KIND;
	}
}
