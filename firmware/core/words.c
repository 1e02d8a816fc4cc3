/* SPDX-License-Identifier: BSD-2-Clause */
#include "words.h"

#include <string.h>

#include "lines.h"

#define MANY_CNT 3 /* operations below the title */

static const char *
token_word(const struct tsw_op *op)
{
	if (op->kind == TSW_OP_RECOVER)
		return "new signer";
	return op->token.role == TSW_ROLE_RECOVERY ? "+ recovery token"
						   : "+ token";
}

/* What an operation does, without the name that it gives to a key. */
static void
put_op(struct fw_lines *w, const struct tsw_op *op)
{
	fw_lines_next(w);
	switch (op->kind) {
	case TSW_OP_ADD_KEY:
		fw_lines_text(w, "+ ");
		fw_lines_text(w, tsw_app_word(op->key.app));
		break;
	case TSW_OP_REVOKE_KEY:
		fw_lines_text(w, "- key ");
		fw_lines_id(w, op->id);
		break;
	case TSW_OP_ENROL_TOKEN:
	case TSW_OP_RECOVER:
		fw_lines_text(w, token_word(op));
		break;
	case TSW_OP_RETIRE_TOKEN:
		fw_lines_text(w, "- token ");
		fw_lines_id(w, op->id);
		break;
	case TSW_OP_SET_VERIFICATION:
		fw_lines_text(w,
		    op->min_proto > 0 ? "verification on" : "verification OFF");
		break;
	case TSW_OP_SET_POLICY:
		fw_lines_number(w, op->threshold);
		fw_lines_text(w, " must sign, ");
		fw_lines_number(w, op->timelock_h);
		fw_lines_text(w, " h");
		break;
	case TSW_OP_VETO:
		fw_lines_text(w, "stop the recovery");
		break;
	}
}

/* The name that goes with it; empty if there is none. */
static struct tsw_slice
op_name(const struct tsw_op *op)
{
	if (op->kind == TSW_OP_ADD_KEY)
		return op->key.device;
	if (op->kind == TSW_OP_ENROL_TOKEN || op->kind == TSW_OP_RECOVER)
		return op->token.name;
	return (struct tsw_slice){NULL, 0};
}

/* The only operation: all of it. */
static void
put_single(struct fw_lines *w, const struct tsw_op *op)
{
	struct tsw_slice name = op_name(op);
	uint8_t id[TSW_HASH_LEN];

	put_op(w, op);
	if (name.len == 0)
		return;
	fw_lines_next(w);
	fw_lines_quoted(w, name);
	fw_lines_next(w);
	if (op->kind == TSW_OP_ADD_KEY) {
		/* It was decoded, so it can be hashed. */
		if (tsw_key_id(id, &op->key) != TSW_OK)
			return;
		fw_lines_text(w, "key ");
	} else {
		tsw_token_id(id, &op->token.key);
		fw_lines_text(w, "token ");
	}
	fw_lines_id(w, id);
}

/* One of several: a line. */
static void
put_one(struct fw_lines *w, const struct tsw_op *op)
{
	struct tsw_slice name = op_name(op);

	put_op(w, op);
	if (name.len == 0)
		return;
	fw_lines_char(w, ' ');
	fw_lines_fit(w, name, FW_LINES_COLUMNS - w->column, true);
}

/* What is worse to overlook comes first. */
static const enum tsw_op_kind rank[] = {TSW_OP_ENROL_TOKEN, TSW_OP_SET_POLICY,
    TSW_OP_RETIRE_TOKEN, TSW_OP_SET_VERIFICATION, TSW_OP_ADD_KEY,
    TSW_OP_REVOKE_KEY};
#define RANK_CNT (sizeof(rank) / sizeof(rank[0]))
#define RANK_LAST TSW_OP_VETO /* highest number of a kind */

/* "+2 tokens", behind what the line has already. */
static void
put_sum(struct fw_lines *w, const char *sign, unsigned int cnt,
    const char *what)
{
	if (cnt == 0)
		return;
	fw_lines_text(w, w->column > 0 ? ", " : "");
	fw_lines_text(w, sign);
	fw_lines_number(w, cnt);
	fw_lines_text(w, what);
	fw_lines_text(w, cnt == 1 ? "" : "s");
}

/* More than there are lines for: every kind is named, none hides another. */
static void
put_sums(struct fw_lines *w, const struct tsw_update *u)
{
	unsigned int cnt[RANK_LAST + 1] = {0};
	const char *verify = NULL;
	size_t i;

	for (i = 0; i < u->op_cnt; i++) {
		cnt[u->op[i].kind]++;
		if (u->op[i].kind == TSW_OP_SET_VERIFICATION)
			verify = u->op[i].min_proto == 0 ? "verify OFF"
							 : "verify on";
	}
	if (cnt[TSW_OP_ENROL_TOKEN] + cnt[TSW_OP_RETIRE_TOKEN] > 0)
		fw_lines_next(w);
	put_sum(w, "+", cnt[TSW_OP_ENROL_TOKEN], " token");
	put_sum(w, "-", cnt[TSW_OP_RETIRE_TOKEN], " token");
	if (cnt[TSW_OP_SET_POLICY] > 0)
		fw_lines_line(w, "policy");
	if (verify != NULL && cnt[TSW_OP_SET_POLICY] > 0)
		fw_lines_text(w, ", ");
	else if (verify != NULL)
		fw_lines_next(w);
	fw_lines_text(w, verify != NULL ? verify : "");
	if (cnt[TSW_OP_ADD_KEY] + cnt[TSW_OP_REVOKE_KEY] > 0)
		fw_lines_next(w);
	put_sum(w, "+", cnt[TSW_OP_ADD_KEY], " key");
	put_sum(w, "-", cnt[TSW_OP_REVOKE_KEY], " key");
}

static void
put_several(struct fw_lines *w, const struct tsw_update *u)
{
	size_t i, j;

	if (u->op_cnt > MANY_CNT) {
		put_sums(w, u);
		return;
	}
	for (i = 0; i < RANK_CNT; i++)
		for (j = 0; j < u->op_cnt; j++)
			if (u->op[j].kind == rank[i])
				put_one(w, &u->op[j]);
}

/* SPEC 12.1, 5: keys, or who signs. */
static const char *
title(const struct tsw_update *u)
{
	const char *text = "change keys #";
	size_t i;

	for (i = 0; i < u->op_cnt; i++) {
		if (u->op[i].kind == TSW_OP_RECOVER)
			return "recover #";
		if (u->op[i].kind == TSW_OP_VETO)
			return "veto #";
		if (u->op[i].kind == TSW_OP_ENROL_TOKEN ||
		    u->op[i].kind == TSW_OP_RETIRE_TOKEN ||
		    u->op[i].kind == TSW_OP_SET_POLICY)
			text = "change signers #";
	}
	return text;
}

static void
put_genesis(struct fw_lines *w, const struct tsw_genesis *g)
{
	fw_lines_text(w, "new identity");
	fw_lines_wrap(w, g->label);
	fw_lines_next(w);
	fw_lines_number(w, g->token_cnt);
	fw_lines_text(w, g->token_cnt == 1 ? " token, " : " tokens, ");
	fw_lines_number(w, g->threshold);
	fw_lines_text(w, " must sign");
}

static void
put_update(struct fw_lines *w, const struct tsw_update *u)
{
	fw_lines_text(w, title(u));
	fw_lines_number(w, u->seq);
	if (u->op_cnt == 1)
		put_single(w, &u->op[0]);
	else
		put_several(w, u);
}

static const char *
method_word(enum tsw_method method)
{
	switch (method) {
	case TSW_METHOD_LIVE:
		return "by live code #";
	case TSW_METHOD_PUBLIC_CODE:
		return "by public code #";
	case TSW_METHOD_PAIR_NUMBER:
		return "by pair number #";
	case TSW_METHOD_QR:
	default:
		return "by QR code #";
	}
}

static void
put_confirm(struct fw_lines *w, const struct tsw_confirm *confirm)
{
	fw_lines_text(w, "confirm contact");
	fw_lines_wrap(w, confirm->contact_label);
	fw_lines_line(w, method_word(confirm->method));
	fw_lines_number(w, confirm->contact_seq);
}

static void
put_import(struct fw_lines *w, const struct tsw_import *import)
{
	bool beside = import->seq == import->from_seq;

	fw_lines_text(w, "follow other tokens");
	fw_lines_line(w, beside ? "leave my #" : "from #");
	fw_lines_number(w, import->from_seq);
	fw_lines_line(w, beside ? "for other #" : "to #");
	fw_lines_number(w, import->seq);
	fw_lines_line(w, "head ");
	fw_lines_id(w, import->head);
}

void
fw_words_statement(char out[FW_WORDS_MAX], const struct tsw_statement *st)
{
	struct fw_lines w;

	fw_lines_begin(&w, out);
	switch (st->kind) {
	case TSW_KIND_GENESIS:
		put_genesis(&w, &st->u.genesis);
		break;
	case TSW_KIND_UPDATE:
		put_update(&w, &st->u.update);
		break;
	case TSW_KIND_CONFIRM:
		put_confirm(&w, &st->u.confirm);
		break;
	case TSW_KIND_IMPORT:
		put_import(&w, &st->u.import);
		break;
	}
}

void
fw_words_create(char out[FW_WORDS_MAX], enum tsw_alg alg)
{
	struct fw_lines w;

	fw_lines_begin(&w, out);
	fw_lines_text(&w, "new identity key");
	fw_lines_line(&w, alg == TSW_ALG_SK_P256 ? "P-256" : "Ed25519");
}

void
fw_words_attest(char out[FW_WORDS_MAX])
{
	struct fw_lines w;

	fw_lines_begin(&w, out);
	fw_lines_text(&w, "attest this token");
}

void
fw_words_forget(char out[FW_WORDS_MAX], const uint8_t handle[TSW_HASH_LEN])
{
	struct fw_lines w;

	fw_lines_begin(&w, out);
	fw_lines_text(&w, "erase key? hold 5 s");
	fw_lines_line(&w, "token ");
	fw_lines_id(&w, handle);
}

void
fw_words_reset(char out[FW_WORDS_MAX])
{
	struct fw_lines w;

	fw_lines_begin(&w, out);
	fw_lines_text(&w, "erase all? hold 5 s");
}

static void
put_rp(char out[FW_WORDS_MAX], const char *text, struct tsw_slice rp)
{
	struct fw_lines w;

	fw_lines_begin(&w, out);
	fw_lines_text(&w, text);
	fw_lines_wrap(&w, rp);
}

void
fw_words_register(char out[FW_WORDS_MAX], struct tsw_slice rp)
{
	put_rp(out, "new login key", rp);
}

void
fw_words_login(char out[FW_WORDS_MAX], struct tsw_slice rp)
{
	put_rp(out, "log in", rp);
}

void
fw_words_select(char out[FW_WORDS_MAX])
{
	struct fw_lines w;

	fw_lines_begin(&w, out);
	fw_lines_text(&w, "use this token?");
}

void
fw_words_live_more(char out[FW_WORDS_MAX], struct tsw_slice label)
{
	put_rp(out, "more live codes with", label);
}

void
fw_words_live_type(char out[FW_WORDS_MAX], struct tsw_slice label)
{
	put_rp(out, "type the live code of", label);
}

void
fw_words_live_code(char out[FW_WORDS_MAX], struct tsw_slice label,
    const char *secret_code, bool asks)
{
	struct fw_lines w;
	size_t i;

	fw_lines_begin(&w, out);
	fw_lines_text(&w,
	    asks ? "touch if codes match" : "compare live code of");
	fw_lines_wrap(&w, label);
	fw_lines_next(&w);
	for (i = 0; secret_code[i] != '\0'; i++) {
		if (i > 0 && i % 3 == 0)
			fw_lines_char(&w, ' ');
		fw_lines_char(&w, secret_code[i]);
	}
}

static const char *
slot_word(uint8_t slot)
{
	switch (slot) {
	case 0x9a:
		return "9A, log in";
	case 0x9c:
		return "9C, signature";
	case 0x9d:
		return "9D, decryption";
	default:
		return "9E, card check";
	}
}

void
fw_words_card_key(char out[FW_WORDS_MAX], uint8_t slot, bool signs)
{
	struct fw_lines w;

	fw_lines_begin(&w, out);
	fw_lines_text(&w, signs ? "sign as a smartcard" : "decrypt with card");
	fw_lines_line(&w, "PIV ");
	fw_lines_text(&w, slot_word(slot));
}

void
fw_words_card_admin(char out[FW_WORDS_MAX])
{
	struct fw_lines w;

	fw_lines_begin(&w, out);
	fw_lines_text(&w, "change PIV card?");
}

void
fw_words_card_reset(char out[FW_WORDS_MAX])
{
	struct fw_lines w;

	fw_lines_begin(&w, out);
	fw_lines_text(&w, "erase PIV? hold 5 s");
}

void
fw_words_entropy(char out[FW_WORDS_MAX])
{
	struct fw_lines w;

	fw_lines_begin(&w, out);
	fw_lines_text(&w, "noise source failed");
	fw_lines_line(&w, "I sign nothing");
}

void
fw_words_store(char out[FW_WORDS_MAX])
{
	struct fw_lines w;

	fw_lines_begin(&w, out);
	fw_lines_text(&w, "memory unreadable");
	fw_lines_line(&w, "only a reset helps");
}
