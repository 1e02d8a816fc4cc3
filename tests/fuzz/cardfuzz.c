/* SPDX-License-Identifier: BSD-2-Clause */
#include "cardfuzz.h"

#include "token/locked.h"

#include <assert.h>
#include <string.h>

enum { SAY_OK = 0, SAY_NOT_FOUND = 1, SAY_LONG = 255 };
enum { DO_INFO, DO_PROBE, DO_SIGN, DO_CREATE, DO_CHANGE, DO_UNBLOCK, DO_CNT };
enum { WITH_CHECK = 0x40, REPLACE = 0x80 };

static bool
holds(const uint8_t *p, size_t len, const char *text)
{
	const size_t n = strlen(text);
	size_t i;

	for (i = 0; i + n <= len; i++) {
		if (memcmp(p + i, text, n) == 0)
			return true;
	}
	return false;
}

static int
transmit(void *ctx, uint8_t *rsp, size_t *rsp_len, const uint8_t *apdu,
    size_t len)
{
	static const uint8_t ok[] = {0x90, 0x00}, not_found[] = {0x6a, 0x82};
	struct cardfuzz *f = ctx;
	struct tsw_slice answer;

	if (holds(apdu, len, CARDFUZZ_PIN)) {
		f->pins++;
		f->changes += apdu[1] != 0x20;
	}
	f->admins += holds(apdu, len, CARDFUZZ_ADMIN);
	if (f->rd.left == 0)
		return TS_ERR_TOKEN_PULLED;
	answer.len = tsw_rd_u8(&f->rd);
	if (answer.len == SAY_LONG)
		answer.len = tsw_rd_u16(&f->rd);
	if (answer.len > f->rd.left)
		answer.len = f->rd.left;
	answer.p = tsw_rd_view(&f->rd, answer.len > 1 ? answer.len : 0);
	if (answer.len == SAY_OK)
		answer = (struct tsw_slice){ok, sizeof(ok)};
	else if (answer.len == SAY_NOT_FOUND)
		answer = (struct tsw_slice){not_found, sizeof(not_found)};
	if (answer.len > *rsp_len)
		answer.len = *rsp_len; /* as SCardTransmit would */
	memcpy(rsp, answer.p, answer.len);
	*rsp_len = answer.len;
	return TS_OK;
}

/* A key that nobody has, and a genesis. */
static void
make_request(struct cardfuzz *f, enum ts_token_kind kind, uint8_t first)
{
	static const uint8_t text[] = {0xa1, 0x01, 0x01};
	struct ts_token_request *req = &f->req;
	struct ts_token_cred *cred = &req->key[0];

	f->id = kind == TS_TOKEN_KIND_PIV ? TS_TOKEN_PIV_SIGN
					  : TS_TOKEN_OPENPGP_SIGN;
	req->kind = kind;
	req->slot = f->id;
	req->replace = (first & REPLACE) != 0;
	req->alg_cnt = 2;
	req->alg[0] = TSW_ALG_ED25519;
	req->alg[1] = TSW_ALG_P256;
	req->ns = TSW_NS_ID_STATEMENT;
	req->statement = (struct tsw_slice){text, sizeof(text)};
	req->key_cnt = 1;
	cred->kind = kind;
	cred->id = (struct tsw_slice){&f->id, 1};
	cred->key =
	    (struct tsw_pubkey){.alg = TSW_ALG_ED25519, .len = 32, .data = {1}};
	cred->has_check = (first & WITH_CHECK) != 0;
	cred->check = cred->key;
}

static int
operate(struct cardfuzz *f, uint8_t what, const struct ts_pins *pins)
{
	switch (what) {
	case DO_INFO:
		return ts_card_op_info(&f->card, &f->req, pins, &f->out);
	case DO_PROBE:
		return ts_card_op_probe(&f->card, &f->req.key[0], &f->out);
	case DO_SIGN:
		return ts_card_op_sign(&f->card, &f->req, pins, &f->out);
	case DO_CREATE:
		f->req.key_cnt = 0;
		return ts_card_op_create(&f->card, &f->req, pins, &f->out);
	case DO_CHANGE:
		f->req.key_cnt = 0;
		return ts_card_op_pin_change(&f->card, &f->req, pins, &f->out);
	default:
		f->req.key_cnt = 0;
		return ts_card_op_pin_unblock(&f->card, &f->req, pins, &f->out);
	}
}

void
cardfuzz_run(struct cardfuzz *f, enum ts_token_kind kind, const uint8_t *data,
    size_t len)
{
	char pin[] = CARDFUZZ_PIN, admin[] = CARDFUZZ_ADMIN, other[] = "161803";
	char hex[] = "010203040506070801020304050607080102030405060708";
	struct ts_pins pins = {pin, other};
	uint8_t first, what;
	int r;

	memset(f, 0, sizeof(*f));
	assert(ts_locked_init() == TS_OK);
	tsw_rd_init(&f->rd, data, len);
	f->card = (struct ts_card){.transmit = transmit, .ctx = f};
	first = tsw_rd_u8(&f->rd);
	what = (uint8_t)((first & 0x0f) % DO_CNT);
	make_request(f, kind, first);
	if (what == DO_CREATE)
		pins.secret_new_pin = kind == TS_TOKEN_KIND_PIV ? hex : admin;
	else if (what == DO_UNBLOCK)
		pins = (struct ts_pins){admin, pin};
	r = operate(f, what, &pins);

	/* Whatever the card said, */
	if (what == DO_INFO || what == DO_PROBE)
		assert(f->pins == 0 && f->admins == 0);
	if (what == DO_SIGN || what == DO_CHANGE || what == DO_UNBLOCK)
		assert(f->pins <= 1 && f->admins <= 1);
	if (what == DO_CREATE)
		assert(f->pins <= 2 && f->admins <= 1 && f->changes == 0);
	/* nobody signs with a key that nobody has, nor passes its check. */
	if (what == DO_SIGN)
		assert(r != TS_OK);
	if (first & WITH_CHECK && kind == TS_TOKEN_KIND_PIV && what == DO_SIGN)
		assert(f->pins == 0);
	if (what == DO_CREATE && r == TS_OK)
		assert(f->out.u.created.kind == kind &&
		    f->out.u.created.bundle.len <= TS_TOKEN_BUNDLE_MAX);
}
