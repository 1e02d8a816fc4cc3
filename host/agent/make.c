/* SPDX-License-Identifier: BSD-2-Clause */
#include "make.h"

#include <string.h>

#include <touchstone/text.h>

#include "flow.h"

/* --- Arguments --- */

int
ts_make_read_algorithm(struct ts_op *op)
{
	const char *word = ts_call_arg(&op->conn->call, "algorithm")->s;

	op->ed25519 = word[0] == '\0' || strcmp(word, "ed25519") == 0;
	op->p256 = word[0] == '\0' || strcmp(word, "p256") == 0;
	return op->ed25519 || op->p256 ? TS_OK : TS_ERR_ARGUMENT;
}

void
ts_make_algorithms(struct ts_token_request *req, const struct ts_op *op)
{
	const bool card = req->kind == TS_TOKEN_KIND_PIV ||
	    req->kind == TS_TOKEN_KIND_OPENPGP;

	if (op->ed25519)
		req->alg[req->alg_cnt++] =
		    card ? TSW_ALG_ED25519 : TSW_ALG_SK_ED25519;
	if (op->p256)
		req->alg[req->alg_cnt++] =
		    card ? TSW_ALG_P256 : TSW_ALG_SK_P256;
}

/* The arguments that are of one of the two tokens. */
struct make_args {
	const char *token, *name, *applet, *pin_fd, *admin_fd;
};
static const struct make_args first_args = {"token", "name", "applet", "pin_fd",
    "admin_fd"};
static const struct make_args backup_args = {"backup", "backup_name",
    "backup_applet", "backup_pin_fd", "backup_admin_fd"};

/* An optional text. */
static const char *
text_or_empty(const struct ts_op *op, const char *argument)
{
	const char *s = ts_call_arg(&op->conn->call, argument)->s;

	return s == NULL ? "" : s;
}

static int
read_slot(struct ts_make *make, const char *word)
{
	if (strcmp(word, "") == 0 || strcmp(word, "9c") == 0)
		make->slot = TS_TOKEN_PIV_SIGN;
	else if (strcmp(word, "9a") == 0)
		make->slot = TS_TOKEN_PIV_AUTH;
	else
		return TS_ERR_ARGUMENT;
	return TS_OK;
}

/* What is of cards; slot and replace are those of the first token. */
static int
read_card(struct ts_op *op, struct ts_make *make, const struct make_args *args)
{
	const char *applet = text_or_empty(op, args->applet);
	int r;

	r = ts_op_text(make->applet, sizeof(make->applet), applet);
	if (r == TS_OK && args == &first_args)
		make->replace = ts_call_arg(&op->conn->call, "replace")->b;
	if (r == TS_OK)
		r = read_slot(make,
		    args == &first_args ? text_or_empty(op, "slot") : "");
	if (r == TS_OK)
		r = ts_conn_take_fd(&make->admin_fd, op->conn, args->admin_fd);
	return r;
}

int
ts_make_read(struct ts_op *op, enum ts_make_which which)
{
	const struct make_args *args =
	    which == TS_MAKE_FIRST ? &first_args : &backup_args;
	struct ts_make *make = &op->make[op->make_cnt];
	struct tsw_slice view;
	struct ts_token known;
	int r;

	ts_flow_last_try(op);
	op->attest = ts_call_arg(&op->conn->call, "attest")->b;
	r = ts_flow_text(make->token, sizeof(make->token), op, args->token);
	if (r == TS_OK)
		r = ts_flow_text(make->name, sizeof(make->name), op,
		    args->name);
	if (r == TS_OK)
		r = ts_conn_take_fd(&make->pin_fd, op->conn, args->pin_fd);
	if (r == TS_OK)
		r = read_card(op, make, args);
	if (r != TS_OK)
		return r;
	view.p = (const uint8_t *)make->name;
	view.len = strlen(make->name);
	r = tsw_name_check(view);
	if (r != TS_OK)
		return r;
	if (ts_own_token_find(op->agent->store, &known, make->name) == TS_OK &&
	    known.state == TS_TOKEN_ACTIVE)
		return TS_ERR_ALREADY;
	op->make_cnt++;
	return TS_OK;
}

/* --- What was made --- */

/* What the token says of itself, checked here too. */
static int
take_attestation(struct ts_token *token, const struct ts_token_created *new)
{
	struct tsw_attestation a;
	int r;

	r = tsw_attestation_decode(&a, new->attestation.cbor,
	    new->attestation.len);
	if (r == TSW_OK)
		r = tsw_attestation_verify(&a, &new->key, NULL);
	if (r != TSW_OK || new->attestation.len != sizeof(token->attestation))
		return TS_ERR_TOKEN_LIED;
	token->evidence = TSW_EVIDENCE_TOKEN_STATEMENT;
	token->attestation_len = new->attestation.len;
	memcpy(token->attestation, new->attestation.cbor,
	    token->attestation_len);
	return TS_OK;
}

static int
take_fido(struct ts_token *token, const struct ts_token_created *new)
{
	token->evidence = new->uv ? TSW_EVIDENCE_FIDO_UV : TSW_EVIDENCE_FIDO_UP;
	token->credential_len = new->id_len;
	memcpy(token->credential, new->id, new->id_len);
	return TS_OK;
}

/* It is where it was asked for; the card's own key 9E is remembered. */
static int
take_card(struct ts_token *token, const struct ts_token_created *new,
    const struct ts_make *make)
{
	if (new->kind != make->kind)
		return TS_ERR_TOKEN_LIED;
	token->evidence = TSW_EVIDENCE_CARD;
	token->kind =
	    new->kind == TS_TOKEN_KIND_PIV ? TS_OWN_PIV : TS_OWN_OPENPGP;
	token->slot = new->kind == TS_TOKEN_KIND_PIV ? make->slot : 0;
	if (new->has_check)
		token->check = new->check;
	return TS_OK;
}

/* What the owner has to know of the card that now has a key. */
static void
say_about_card(struct ts_op *op, const struct ts_token_created *new)
{
	if (new->factory_admin)
		ts_op_say(op, "warning",
		    "The management key of this card is the one that cards "
		    "leave the factory with: any program on this computer can "
		    "replace the keys on the card. Change it, for example with "
		    "`ykman piv access change-management-key --generate "
		    "--protect` or `yubico-piv-tool -a set-mgm-key`.");
	if (new->factory_pin)
		ts_op_say(op, "warning",
		    "The PIN of this card is the one that cards leave the "
		    "factory with: whoever has the card can sign. Change it "
		    "with `touchstone token pin --applet piv`.");
	if (new->factory_puk)
		ts_op_say(op, "warning",
		    "The PUK of this card is the one that cards leave the "
		    "factory with: whoever has the card can give it another "
		    "PIN, and sign. Change it, for example with `ykman piv "
		    "access change-puk` or `yubico-piv-tool -a change-puk`.");
	if (new->touch == TS_TOKEN_POLICY_ONCE)
		ts_op_say(op, "warning",
		    "One touch is good for several signatures within some "
		    "seconds on this card.");
	else if (new->touch != TS_TOKEN_POLICY_ALWAYS)
		ts_op_say(op, "warning",
		    "This card signs without a touch: a program that has "
		    "learned the PIN can sign as long as the card is in the "
		    "reader. Take it out after use.");
}

int
ts_make_take(struct ts_op *op, struct ts_token *token,
    const struct ts_token_created *new)
{
	const struct ts_make *make = &op->make[op->make_at];

	memset(token, 0, sizeof(*token));
	token->key = new->key;
	token->role = op->role;
	memcpy(token->name, make->name, sizeof(token->name));
	switch (new->kind) {
	case TS_TOKEN_KIND_STATEMENT:
		return take_attestation(token, new);
	case TS_TOKEN_KIND_FIDO:
		return take_fido(token, new);
	case TS_TOKEN_KIND_PIV:
	case TS_TOKEN_KIND_OPENPGP:
		break;
	}
	say_about_card(op, new);
	return take_card(token, new, make);
}
