/* SPDX-License-Identifier: BSD-2-Clause */
#include "words.h"

#include <string.h>

#define COLUMNS HAL_DISPLAY_COLUMNS
#define ID_SHOWN_LEN 6 /* bytes of an id: 12 hex digits */
#define MANY_CNT 3     /* operations below the title */
#define DECIMAL_MAX 11 /* a u32 and a NUL */

struct words {
	char *out;
	size_t len;
	size_t column;
	unsigned int line;
};

static void
begin(struct words *w, char out[FW_WORDS_MAX])
{
	memset(out, 0, FW_WORDS_MAX);
	w->out = out;
	w->len = 0;
	w->column = 0;
	w->line = 0;
}

static void
put_char(struct words *w, char c)
{
	if (w->column == COLUMNS)
		return;
	w->out[w->len++] = c;
	w->column++;
}

/* The token's own words. */
static void
put(struct words *w, const char *text)
{
	while (*text != '\0')
		put_char(w, *text++);
}

static void
next_line(struct words *w)
{
	if (w->line + 1 == HAL_DISPLAY_LINES)
		return;
	w->line++;
	w->out[w->len++] = '\n';
	w->column = 0;
}

static void
put_line(struct words *w, const char *text)
{
	next_line(w);
	put(w, text);
}

/* Letters of names and labels; everything else could be made up to mislead. */
static char
tame(uint8_t c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != 0 && strchr("@.:_+-", (char)c) != NULL))
		return (char)c;
	return '?';
}

/* Names have single words' letters and spaces: tsw_name_check(). */
static void
put_bytes(struct words *w, const uint8_t *p, size_t len, bool is_name)
{
	size_t i;

	for (i = 0; i < len; i++)
		put_char(w, is_name && p[i] == ' ' ? ' ' : tame(p[i]));
}

/* s in room columns; what is too long is cut in its middle. */
static void
put_fit(struct words *w, struct tsw_slice s, size_t room, bool is_name)
{
	size_t tail = room / 2;

	if (s.len <= room) {
		put_bytes(w, s.p, s.len, is_name);
		return;
	}
	put_bytes(w, s.p, room - tail - 1, is_name);
	put_char(w, '~');
	put_bytes(w, s.p + s.len - tail, tail, is_name);
}

/* The same in one or two lines of its own. */
static void
put_lines(struct words *w, struct tsw_slice s)
{
	struct tsw_slice tail = {s.p, 0};

	next_line(w);
	if (s.len <= COLUMNS) {
		put_bytes(w, s.p, s.len, false);
		return;
	}
	if (s.len <= 2 * COLUMNS) {
		put_bytes(w, s.p, COLUMNS, false);
		tail.len = s.len - COLUMNS;
	} else {
		put_bytes(w, s.p, COLUMNS - 1, false);
		put_char(w, '~');
		tail.len = COLUMNS;
	}
	next_line(w);
	put_bytes(w, s.p + s.len - tail.len, tail.len, false);
}

static void
put_number(struct words *w, uint32_t v)
{
	char text[DECIMAL_MAX];
	size_t i = sizeof(text) - 1;

	text[i] = '\0';
	do {
		text[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	put_fit(w,
	    (struct tsw_slice){(const uint8_t *)text + i, sizeof(text) - 1 - i},
	    COLUMNS - w->column, false);
}

static void
put_id(struct words *w, const uint8_t id[TSW_HASH_LEN])
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < ID_SHOWN_LEN; i++) {
		put_char(w, digit[id[i] >> 4]);
		put_char(w, digit[id[i] & 0x0f]);
	}
}

static void
put_quoted(struct words *w, struct tsw_slice name)
{
	put_char(w, '"');
	put_fit(w, name, COLUMNS - w->column - 1, true);
	put_char(w, '"');
}

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
put_op(struct words *w, const struct tsw_op *op)
{
	next_line(w);
	switch (op->kind) {
	case TSW_OP_ADD_KEY:
		put(w, "+ ");
		put(w, tsw_app_word(op->key.app));
		break;
	case TSW_OP_REVOKE_KEY:
		put(w, "- key ");
		put_id(w, op->id);
		break;
	case TSW_OP_ENROL_TOKEN:
	case TSW_OP_RECOVER:
		put(w, token_word(op));
		break;
	case TSW_OP_RETIRE_TOKEN:
		put(w, "- token ");
		put_id(w, op->id);
		break;
	case TSW_OP_SET_VERIFICATION:
		put(w,
		    op->min_proto > 0 ? "verification on" : "verification OFF");
		break;
	case TSW_OP_SET_POLICY:
		put_number(w, op->threshold);
		put(w, " must sign, ");
		put_number(w, op->timelock_h);
		put(w, " h");
		break;
	case TSW_OP_VETO:
		put(w, "stop the recovery");
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
put_single(struct words *w, const struct tsw_op *op)
{
	struct tsw_slice name = op_name(op);
	uint8_t id[TSW_HASH_LEN];

	put_op(w, op);
	if (name.len == 0)
		return;
	next_line(w);
	put_quoted(w, name);
	next_line(w);
	if (op->kind == TSW_OP_ADD_KEY) {
		/* It was decoded, so it can be hashed. */
		if (tsw_key_id(id, &op->key) != TSW_OK)
			return;
		put(w, "key ");
	} else {
		tsw_token_id(id, &op->token.key);
		put(w, "token ");
	}
	put_id(w, id);
}

/* One of several: a line. */
static void
put_one(struct words *w, const struct tsw_op *op)
{
	struct tsw_slice name = op_name(op);

	put_op(w, op);
	if (name.len == 0)
		return;
	put_char(w, ' ');
	put_fit(w, name, COLUMNS - w->column, true);
}

/* What is worse to overlook comes first. */
static const enum tsw_op_kind rank[] = {TSW_OP_ENROL_TOKEN, TSW_OP_SET_POLICY,
    TSW_OP_RETIRE_TOKEN, TSW_OP_SET_VERIFICATION, TSW_OP_ADD_KEY,
    TSW_OP_REVOKE_KEY};
#define RANK_CNT (sizeof(rank) / sizeof(rank[0]))
#define RANK_LAST TSW_OP_VETO /* highest number of a kind */

/* "+2 tokens", behind what the line has already. */
static void
put_sum(struct words *w, const char *sign, unsigned int cnt, const char *what)
{
	if (cnt == 0)
		return;
	put(w, w->column > 0 ? ", " : "");
	put(w, sign);
	put_number(w, cnt);
	put(w, what);
	put(w, cnt == 1 ? "" : "s");
}

/* More than there are lines for: every kind is named, none hides another. */
static void
put_sums(struct words *w, const struct tsw_update *u)
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
		next_line(w);
	put_sum(w, "+", cnt[TSW_OP_ENROL_TOKEN], " token");
	put_sum(w, "-", cnt[TSW_OP_RETIRE_TOKEN], " token");
	if (cnt[TSW_OP_SET_POLICY] > 0)
		put_line(w, "policy");
	if (verify != NULL && cnt[TSW_OP_SET_POLICY] > 0)
		put(w, ", ");
	else if (verify != NULL)
		next_line(w);
	put(w, verify != NULL ? verify : "");
	if (cnt[TSW_OP_ADD_KEY] + cnt[TSW_OP_REVOKE_KEY] > 0)
		next_line(w);
	put_sum(w, "+", cnt[TSW_OP_ADD_KEY], " key");
	put_sum(w, "-", cnt[TSW_OP_REVOKE_KEY], " key");
}

static void
put_several(struct words *w, const struct tsw_update *u)
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
put_genesis(struct words *w, const struct tsw_genesis *g)
{
	put(w, "new identity");
	put_lines(w, g->label);
	next_line(w);
	put_number(w, g->token_cnt);
	put(w, g->token_cnt == 1 ? " token, " : " tokens, ");
	put_number(w, g->threshold);
	put(w, " must sign");
}

static void
put_update(struct words *w, const struct tsw_update *u)
{
	put(w, title(u));
	put_number(w, u->seq);
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
put_confirm(struct words *w, const struct tsw_confirm *confirm)
{
	put(w, "confirm contact");
	put_lines(w, confirm->contact_label);
	put_line(w, method_word(confirm->method));
	put_number(w, confirm->contact_seq);
}

static void
put_import(struct words *w, const struct tsw_import *import)
{
	put(w, "follow other tokens");
	put_line(w, "from #");
	put_number(w, import->from_seq);
	put_line(w, "to #");
	put_number(w, import->seq);
	put_line(w, "head ");
	put_id(w, import->head);
}

void
fw_words_statement(char out[FW_WORDS_MAX], const struct tsw_statement *st)
{
	struct words w;

	begin(&w, out);
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
	struct words w;

	begin(&w, out);
	put(&w, "new identity key");
	put_line(&w, alg == TSW_ALG_SK_P256 ? "P-256" : "Ed25519");
}

void
fw_words_attest(char out[FW_WORDS_MAX])
{
	struct words w;

	begin(&w, out);
	put(&w, "attest this token");
}

void
fw_words_forget(char out[FW_WORDS_MAX], const uint8_t handle[TSW_HASH_LEN])
{
	struct words w;

	begin(&w, out);
	put(&w, "erase key? hold 5 s");
	put_line(&w, "token ");
	put_id(&w, handle);
}

void
fw_words_reset(char out[FW_WORDS_MAX])
{
	struct words w;

	begin(&w, out);
	put(&w, "erase all? hold 5 s");
}

static void
put_rp(char out[FW_WORDS_MAX], const char *text, struct tsw_slice rp)
{
	struct words w;

	begin(&w, out);
	put(&w, text);
	put_lines(&w, rp);
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
	struct words w;

	begin(&w, out);
	put(&w, "use this token?");
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
	struct words w;
	size_t i;

	begin(&w, out);
	put(&w, asks ? "touch if codes match" : "compare live code of");
	put_lines(&w, label);
	next_line(&w);
	for (i = 0; secret_code[i] != '\0'; i++) {
		if (i > 0 && i % 3 == 0)
			put_char(&w, ' ');
		put_char(&w, secret_code[i]);
	}
}

void
fw_words_entropy(char out[FW_WORDS_MAX])
{
	struct words w;

	begin(&w, out);
	put(&w, "noise source failed");
	put_line(&w, "I sign nothing");
}

void
fw_words_store(char out[FW_WORDS_MAX])
{
	struct words w;

	begin(&w, out);
	put(&w, "memory unreadable");
	put_line(&w, "only a reset helps");
}
