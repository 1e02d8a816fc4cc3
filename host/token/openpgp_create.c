/* SPDX-License-Identifier: BSD-2-Clause */
/* A new signature key of an OpenPGP card. */
#include "token/openpgp_ops.h"

#include "token/card_crypto.h"
#include "token/card_key.h"
#include "token/card_wait.h"
#include "token/openpgp.h"

#include <string.h>

#define INS_PUT_DATA 0xda
#define INS_GENERATE 0x47
#define GENERATE 0x80
#define ALL 256

#define TAG_ALG 0xc1
#define TAG_FINGERPRINT 0xc7
#define TAG_TIME 0xce
#define TAG_UIF 0xd6
#define BUTTON 0x20

struct creation {
	struct ts_openpgp pgp;
	const struct ts_token_request *req;
	const struct ts_pins *pins;
	uint8_t *retries;
	struct ts_token_created made;
};

/* Neither over a key, nor beside one of this identity. */
static int
check_slot(struct creation *c)
{
	struct tsw_pubkey key;
	uint8_t i;
	int r;

	r = ts_openpgp_key(&c->pgp, &key);
	if (r == TS_ERR_NOT_FOUND)
		/* A fingerprint without a key is somebody's all the same. */
		return c->pgp.data.has_fingerprint && !c->req->replace
		    ? TS_ERR_SLOT_USED
		    : TS_OK;
	if (r != TS_OK)
		return r;
	for (i = 0; i < c->req->key_cnt; i++) {
		if (c->req->key[i].kind == TS_TOKEN_KIND_OPENPGP &&
		    ts_card_key_equal(&key, &c->req->key[i].key))
			return TS_ERR_ALREADY;
	}
	return c->req->replace ? TS_OK : TS_ERR_SLOT_USED;
}

static int
put(struct creation *c, uint16_t tag, struct tsw_slice value)
{
	const struct ts_card_command cmd = {.ins = INS_PUT_DATA,
	    .p1 = (uint8_t)(tag >> 8),
	    .p2 = (uint8_t)tag,
	    .data = value};
	int r;

	r = ts_openpgp_run(&c->pgp, &cmd);
	if (r != TS_OK || c->pgp.reply.sw == 0x9000)
		return r;
	return ts_openpgp_refusal(c->pgp.reply.sw);
}

/* A touch for every signature.  What is permanent stays as it is. */
static int
switch_button_on(struct creation *c)
{
	static const uint8_t on[] = {TS_OPENPGP_UIF_ON, BUTTON};
	const enum ts_openpgp_uif uif = c->pgp.data.uif;

	if (!c->pgp.data.has_button ||
	    (uif != TS_OPENPGP_UIF_OFF && uif != TS_OPENPGP_UIF_CACHED))
		return TS_OK;
	return put(c, TAG_UIF, (struct tsw_slice){on, sizeof(on)});
}

static int
ask_generate(struct creation *c)
{
	static const uint8_t which[] = {TS_TOKEN_OPENPGP_SIGN, 0};
	const struct ts_card_command cmd = {.ins = INS_GENERATE,
	    .p1 = GENERATE,
	    .data = {which, sizeof(which)},
	    .ne = ALL};
	int r;

	r = ts_card_send_slow(c->pgp.card, &c->pgp.reply, &cmd);
	if (r != TS_OK || c->pgp.reply.sw == 0x9000)
		return r;
	return ts_openpgp_refusal(c->pgp.reply.sw);
}

/*
 * A card refuses attributes that it does not know, so the list of those that
 * it knows (FA), which not every card has, is not needed.
 */
static int
generate_as(struct creation *c, enum tsw_alg alg)
{
	int r = TS_OK;

	if (c->pgp.data.alg != alg) {
		if (!c->pgp.data.can_set_alg)
			return TS_ERR_TOKEN_UNSUPPORTED;
		r = put(c, TAG_ALG, ts_openpgp_alg_attributes(alg));
		if (r == TS_OK)
			c->pgp.data.alg = alg;
	}
	if (r == TS_OK)
		r = ask_generate(c);
	return r == TS_OK ? ts_openpgp_key_parse(&c->pgp, &c->made.key, alg)
			  : r;
}

static int
generate(struct creation *c)
{
	int r = TS_ERR_TOKEN_UNSUPPORTED;
	uint8_t i;

	for (i = 0; i < c->req->alg_cnt && r == TS_ERR_TOKEN_UNSUPPORTED; i++)
		r = generate_as(c, c->req->alg[i]);
	return r;
}

/* The new key is in no OpenPGP certificate; the old one's name must go. */
static int
clear_fingerprint(struct creation *c)
{
	static const uint8_t zeros[20];
	int r;

	if (!c->pgp.data.has_fingerprint)
		return TS_OK;
	r = put(c, TAG_FINGERPRINT, (struct tsw_slice){zeros, sizeof(zeros)});
	if (r == TS_OK)
		r = put(c, TAG_TIME, (struct tsw_slice){zeros, 4});
	return r;
}

/* What the card says of the new key by now. */
static int
compare(struct creation *c)
{
	struct tsw_pubkey key;
	int r;

	r = ts_openpgp_reload(&c->pgp);
	if (r == TS_OK)
		r = ts_openpgp_key(&c->pgp, &key);
	if (r == TS_ERR_NOT_FOUND)
		return TS_ERR_TOKEN_IO;
	if (r != TS_OK)
		return r;
	if (!ts_card_key_equal(&key, &c->made.key) ||
	    c->pgp.data.origin == TS_OPENPGP_KEY_IMPORTED)
		return TS_ERR_TOKEN_IO;
	c->made.pin = ts_openpgp_pin_policy(&c->pgp);
	c->made.touch = ts_openpgp_touch_policy(&c->pgp);
	return TS_OK;
}

/* One signature, over what nobody could take for a statement. */
static int
try_key(struct creation *c)
{
	static const uint8_t title[] = "Touchstone: is this the key?";
	uint8_t text[sizeof(title) + 32], sig[TSW_SIG_LEN];
	const struct tsw_slice msg = {text, sizeof(text)};
	int r;

	memcpy(text, title, sizeof(title));
	r = ts_card_random(text + sizeof(title), 32);
	if (r == TS_OK)
		r = ts_openpgp_verify(&c->pgp, c->retries, TS_OPENPGP_PW1,
		    c->pins->secret_pin);
	if (r == TS_ERR_PIN_WRONG || r == TS_ERR_CARD_PIN_BLOCKED)
		return TS_ERR_TOKEN_IO; /* a moment ago it was right */
	if (r == TS_OK)
		r = ts_openpgp_sign(&c->pgp, sig, c->made.key.alg, msg);
	return r == TS_OK ? ts_card_key_verify(&c->made.key, sig, msg) : r;
}

/*
 * Nothing is changed before the card has taken both PINs.  The PIN goes out a
 * second time, as making a key may end what the first had opened, but only to
 * a card that has just said it is right.
 */
static int
run(struct creation *c)
{
	int r;

	r = check_slot(c);
	if (r == TS_OK)
		r = ts_openpgp_verify(&c->pgp, c->retries, TS_OPENPGP_PW1,
		    c->pins->secret_pin);
	if (r == TS_OK)
		r = ts_openpgp_verify(&c->pgp, c->retries, TS_OPENPGP_PW3,
		    c->pins->secret_new_pin);
	if (r == TS_OK)
		r = switch_button_on(c);
	if (r == TS_OK)
		r = generate(c);
	if (r == TS_OK)
		r = clear_fingerprint(c);
	if (r == TS_OK)
		r = compare(c);
	return r == TS_OK ? try_key(c) : r;
}

int
ts_openpgp_op_create(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	struct creation c = {.req = req,
	    .pins = pins,
	    .retries = &out->retries};
	int r;

	if (pins->secret_pin == NULL)
		return TS_ERR_PIN_REQUIRED;
	if (pins->secret_new_pin == NULL)
		return TS_ERR_ADMIN_REQUIRED; /* never guessed: it has tries */
	r = ts_openpgp_open(&c.pgp, card);
	if (r == TS_OK)
		r = run(&c);
	if (r != TS_OK)
		return r;
	c.made.kind = TS_TOKEN_KIND_OPENPGP;
	c.made.id_len = 1;
	c.made.id[0] = TS_TOKEN_OPENPGP_SIGN;
	c.made.uv = true;
	out->u.created = c.made;
	return TS_OK;
}
