/* SPDX-License-Identifier: BSD-2-Clause */
/* Codes that do not need a run: public code, pair number, QR. */
#include <touchstone/code.h>

#include <string.h>

#include "../store/rows.h"

#define QR_MARK "TOUCHSTONE1:"

int
ts_code_own(struct ts_store *store, char out[TSW_PUBLIC_CODE_LEN])
{
	struct tsw_chain own;
	int r;

	ts_names_clear(store);
	r = ts_own_now(store, &own);
	return r == TS_OK ? tsw_public_code(out, own.id) : r;
}

/* Upper case: QR codes hold it in half the room. */
static char *
put_upper(char *out, const char *s)
{
	for (; *s != '\0'; s++)
		*out++ = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;
	*out = '\0';
	return out;
}

static void
qr_text(char out[TS_QR_LEN], const char *sender, const char *reader)
{
	out = put_upper(out, QR_MARK);
	out = put_upper(out, sender);
	*out++ = ':';
	(void)put_upper(out, reader);
}

static void
pair_half(char out[TSW_PAIR_DIGITS / 2], const uint8_t id[TSW_ID_LEN],
    const char *label)
{
	struct tsw_slice key = {id, TSW_ID_LEN};
	struct tsw_slice name = {(const uint8_t *)label, strlen(label)};

	tsw_pair_half(out, key, name);
}

/* The codes that cost nothing; *p is the contact. */
static int
get_public(struct ts_store *store, struct ts_codes *out, struct ts_person *p,
    const char *label)
{
	int r;

	ts_names_clear(store);
	memset(out, 0, sizeof(*out));
	r = ts_person_find(store, p, label);
	if (r == TS_OK && !p->pinned)
		r = TS_ERR_DB_FORGED;
	if (r == TS_OK)
		r = ts_code_own(store, out->own);
	return r == TS_OK ? tsw_public_code(out->theirs, p->identity) : r;
}

/* Twice 5,200 hashes: some milliseconds. */
static void
get_pair(const struct ts_store *store, struct ts_codes *out,
    const struct ts_person *p)
{
	char ours[TSW_PAIR_DIGITS / 2], theirs[TSW_PAIR_DIGITS / 2];

	pair_half(ours, store->own.id, store->own.label);
	pair_half(theirs, p->identity, p->label);
	tsw_pair_number(out->pair, ours, theirs);
}

int
ts_code_get(struct ts_store *store, struct ts_codes *out, const char *label)
{
	struct ts_person p;
	struct ts_codes c;
	int r;

	r = get_public(store, &c, &p, label);
	if (r != TS_OK)
		return r;
	get_pair(store, &c, &p);
	qr_text(c.qr, c.own, c.theirs);
	*out = c;
	return TS_OK;
}

static int
check_public(const struct ts_codes *c, const char *text)
{
	uint8_t id[TSW_ID_LEN], want[TSW_ID_LEN];
	struct tsw_slice s = {(const uint8_t *)text, strlen(text)};
	struct tsw_slice theirs = {(const uint8_t *)c->theirs,
	    strlen(c->theirs)};
	int r;

	r = tsw_public_code_parse(id, s);
	if (r == TSW_OK)
		r = tsw_public_code_parse(want, theirs);
	if (r != TSW_OK)
		return r;
	return memcmp(id, want, sizeof(id)) == 0 ? TS_OK : TS_ERR_MISMATCH;
}

static int
check_pair(const struct ts_codes *c, const char *text)
{
	char digits[TSW_PAIR_DIGITS + 1] = {0};
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text == ' ' || *text == '\n' || *text == '\t' ||
		    *text == '\r')
			continue;
		if (*text < '0' || *text > '9')
			return TSW_ERR_FORMAT;
		if (n == TSW_PAIR_DIGITS)
			return TSW_ERR_TOO_LONG;
		digits[n++] = *text;
	}
	if (n < TSW_PAIR_DIGITS)
		return TSW_ERR_TOO_SHORT;
	return strcmp(digits, c->pair) == 0 ? TS_OK : TS_ERR_MISMATCH;
}

/* Theirs names them as the sender and us as the reader. */
static int
check_qr(const struct ts_codes *c, const char *text)
{
	char want[TS_QR_LEN], got[TS_QR_LEN];
	uint8_t id[TSW_ID_LEN];
	struct tsw_slice s;
	size_t i;
	int r;

	if (strlen(text) != TS_QR_LEN - 1)
		return TSW_ERR_FORMAT;
	(void)put_upper(got, text);
	if (memcmp(got, QR_MARK, strlen(QR_MARK)) != 0)
		return TSW_ERR_HRP;
	/* A misread code is told from one of somebody else. */
	for (i = 0; i < 2; i++) {
		s.p = (const uint8_t *)got + strlen(QR_MARK) +
		    i * TSW_PUBLIC_CODE_LEN;
		s.len = TSW_PUBLIC_CODE_LEN - 1;
		r = tsw_public_code_parse(id, s);
		if (r != TSW_OK)
			return r;
	}
	qr_text(want, c->theirs, c->own);
	return strcmp(got, want) == 0 ? TS_OK : TS_ERR_MISMATCH;
}

int
ts_code_check(struct ts_store *store, const char *label, enum tsw_method method,
    const char *text)
{
	struct ts_person p;
	struct ts_codes c;
	int r;

	r = get_public(store, &c, &p, label);
	if (r != TS_OK)
		return r;
	switch (method) {
	case TSW_METHOD_PUBLIC_CODE:
		return check_public(&c, text);
	case TSW_METHOD_PAIR_NUMBER:
		get_pair(store, &c, &p);
		return check_pair(&c, text);
	case TSW_METHOD_QR:
		return check_qr(&c, text);
	case TSW_METHOD_LIVE:
	default:
		return TS_ERR_ARGUMENT;
	}
}
