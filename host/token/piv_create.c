/* SPDX-License-Identifier: BSD-2-Clause */
/* A new key in a slot of a PIV card, and all that shows it is one. */
#include "token/piv_ops.h"

#include "token/card_crypto.h"
#include "token/card_key.h"
#include "token/card_wait.h"
#include "token/locked.h"
#include "token/piv_admin.h"
#include "token/piv_cert.h"
#include "token/tlv.h"

#include <touchstone/wire/bundle.h>

#include <string.h>

#define INS_GENERATE 0x47
#define INS_PUT_DATA 0xdb
#define INS_ATTEST 0xf9
#define ALL 256

#define TAG_CONTROL 0xac
#define TAG_ALG 0x80
#define TAG_PIN_POLICY 0xaa
#define TAG_TOUCH_POLICY 0xab
#define TAG_KEY 0x7f49
#define TAG_POINT 0x86
#define TAG_OBJECT_ID 0x5c
#define TAG_OBJECT 0x53
#define TAG_CERT 0x70
#define TAG_CERT_INFO 0x71
#define TAG_CHECKSUM 0xfe

enum policy { PIN_ONCE = 2, PIN_ALWAYS = 3, TOUCH_ALWAYS = 2 };

struct creation {
	struct ts_piv piv;
	const struct ts_token_request *req;
	const struct ts_pins *pins;
	uint8_t *retries;
	struct ts_piv_admin *admin;
	bool goes_on; /* made.key is there already: see is_left_behind() */
	struct ts_token_created made;
};

/* Keys of this identity that may be on no new token. */
static int
check_excluded(struct creation *c)
{
	struct ts_piv_metadata meta;
	uint8_t i;
	int r;

	for (i = 0; i < c->req->key_cnt; i++) {
		if (c->req->key[i].kind != TS_TOKEN_KIND_PIV)
			continue;
		r = ts_piv_slot(&c->piv, &meta, c->req->key[i].id.p[0]);
		if (r == TS_ERR_NOT_FOUND)
			continue;
		if (r != TS_OK)
			return r;
		if (ts_card_key_equal(&meta.key, &c->req->key[i].key))
			return TS_ERR_ALREADY;
	}
	return TS_OK;
}

static enum ts_token_policy
wanted_pin_policy(const struct creation *c)
{
	return c->req->slot == TS_TOKEN_PIV_SIGN ? TS_TOKEN_POLICY_ALWAYS
						 : TS_TOKEN_POLICY_ONCE;
}

/*
 * Could it be a key that CREATE made here before it failed, for want of a touch
 * or with the card pulled?  One that the card made, as we would have it made.
 */
static bool
is_left_behind(const struct creation *c, const struct ts_piv_metadata *meta)
{
	bool wanted = false;
	uint8_t i;

	for (i = 0; i < c->req->alg_cnt; i++)
		wanted = wanted || meta->key.alg == c->req->alg[i];
	return wanted && meta->is_generated &&
	    meta->pin == wanted_pin_policy(c) &&
	    meta->touch == TS_TOKEN_POLICY_ALWAYS;
}

/*
 * Anything there?  A certificate alone means a key that nobody can see.  A key
 * alone, of the kind that we leave behind, is gone on with: nothing is
 * overwritten, and whoever made it for something else still has it.
 */
static int
check_empty(struct creation *c)
{
	struct ts_piv_metadata meta;
	struct tsw_slice der;
	bool has_key;
	int r;

	if (c->req->replace)
		return TS_OK;
	r = ts_piv_metadata(&c->piv, &meta, c->req->slot);
	has_key = r == TS_OK;
	if (has_key && !is_left_behind(c, &meta))
		return TS_ERR_SLOT_USED;
	if (!has_key && r != TS_ERR_NOT_FOUND && r != TS_ERR_TOKEN_UNSUPPORTED)
		return r;
	r = ts_piv_cert(&c->piv, &der, c->req->slot);
	if (r == TS_OK || r == TS_ERR_TOKEN_UNSUPPORTED)
		return TS_ERR_SLOT_USED;
	if (r != TS_ERR_NOT_FOUND)
		return r;
	c->goes_on = has_key;
	if (has_key)
		c->made.key = meta.key;
	return TS_OK;
}

/* Older YubiKeys have no metadata, but attest a key that has no certificate. */
static int
check_unattested(struct creation *c)
{
	const struct ts_card_command cmd = {.ins = INS_ATTEST,
	    .p1 = c->req->slot,
	    .ne = ALL};
	int r;

	if (c->req->replace || c->piv.has_metadata)
		return TS_OK;
	r = ts_piv_run(&c->piv, &cmd);
	if (r != TS_OK)
		return r;
	return c->piv.reply.sw == 0x9000 ? TS_ERR_SLOT_USED : TS_OK;
}

/*
 * The card authentication key, if it has one that signs as the standard wants
 * it to; a card that names a key and has another gets no PIN.
 */
static int
find_check(struct creation *c)
{
	struct ts_piv_metadata meta;
	int r;

	r = ts_piv_slot(&c->piv, &meta, TS_PIV_CARD);
	if (r == TS_ERR_NOT_FOUND)
		return TS_OK;
	if (r != TS_OK || meta.key.alg == (enum tsw_alg)0)
		return r;
	/* A key that asks each time is no use. */
	if ((meta.pin != TS_TOKEN_POLICY_NEVER &&
		meta.pin != TS_TOKEN_POLICY_UNKNOWN) ||
	    meta.touch == TS_TOKEN_POLICY_ALWAYS ||
	    meta.touch == TS_TOKEN_POLICY_ONCE)
		return TS_OK;
	r = ts_piv_check(&c->piv, &meta.key);
	if (r != TS_OK)
		return r;
	c->made.has_check = true;
	c->made.check = meta.key;
	return TS_OK;
}

/* GENERATE ASYMMETRIC KEY PAIR.  TS_OK with any status word. */
static int
ask_generate(struct creation *c, enum ts_piv_alg alg, bool with_policies)
{
	struct ts_card_command cmd = {.ins = INS_GENERATE,
	    .p2 = c->req->slot,
	    .ne = ALL};
	uint8_t data[16];
	struct tsw_wr wr;

	tsw_wr_init(&wr, data, sizeof(data));
	ts_tlv_head(&wr, TAG_CONTROL, with_policies ? 9 : 3);
	ts_tlv_head(&wr, TAG_ALG, 1);
	tsw_wr_u8(&wr, (uint8_t)alg);
	if (with_policies) {
		ts_tlv_head(&wr, TAG_PIN_POLICY, 1);
		tsw_wr_u8(&wr,
		    c->req->slot == TS_TOKEN_PIV_SIGN ? PIN_ALWAYS : PIN_ONCE);
		ts_tlv_head(&wr, TAG_TOUCH_POLICY, 1);
		tsw_wr_u8(&wr, TOUCH_ALWAYS);
	}
	cmd.data = (struct tsw_slice){data, tsw_wr_len(&wr)};
	return ts_card_send_slow(c->piv.card, &c->piv.reply, &cmd);
}

static int
parse_generated(struct creation *c, enum tsw_alg alg)
{
	struct tsw_slice value = {c->piv.reply.data, c->piv.reply.len};

	if (ts_tlv_only(&value, value, TAG_KEY) != TS_OK ||
	    ts_tlv_find(&value, value, TAG_POINT) != TS_OK)
		return TS_ERR_TOKEN_IO;
	return ts_card_key_from_point(&c->made.key, alg, value);
}

/* A card may not have the algorithm, or may not know of policies. */
static bool
is_declined(uint16_t sw)
{
	return sw == 0x6700 || sw == 0x6d00 ||
	    ts_piv_refusal(sw) == TS_ERR_TOKEN_UNSUPPORTED;
}

static int
generate_as(struct creation *c, enum tsw_alg alg)
{
	enum ts_piv_alg number =
	    alg == TSW_ALG_P256 ? TS_PIV_ALG_P256 : TS_PIV_ALG_ED25519;
	bool with_policies = true;
	int r;

	r = ask_generate(c, number, with_policies);
	if (r == TS_OK && is_declined(c->piv.reply.sw)) {
		with_policies = false;
		r = ask_generate(c, number, with_policies);
	}
	if (r != TS_OK)
		return r;
	if (c->piv.reply.sw == 0x9000) {
		c->made.pin = wanted_pin_policy(c);
		/* A card may take policies and not heed them: only what it
		 * says itself counts, see compare(). */
		c->made.touch = TS_TOKEN_POLICY_UNKNOWN;
		return parse_generated(c, alg);
	}
	if (is_declined(c->piv.reply.sw))
		return TS_ERR_TOKEN_UNSUPPORTED;
	return c->piv.reply.sw == 0x6982 ? TS_ERR_ADMIN_REQUIRED
					 : ts_piv_refusal(c->piv.reply.sw);
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

/* What the card says it made, where it says it: the same key, made here. */
static int
compare(struct creation *c)
{
	struct ts_piv_metadata meta;
	int r;

	r = ts_piv_metadata(&c->piv, &meta, c->req->slot);
	if (r == TS_ERR_TOKEN_UNSUPPORTED)
		return TS_OK;
	if (r == TS_ERR_NOT_FOUND)
		return TS_ERR_TOKEN_IO;
	if (r != TS_OK)
		return r;
	if (!ts_card_key_equal(&meta.key, &c->made.key) || !meta.is_generated)
		return TS_ERR_TOKEN_IO;
	if (meta.pin != TS_TOKEN_POLICY_UNKNOWN)
		c->made.pin = meta.pin;
	c->made.touch = meta.touch;
	return TS_OK;
}

static int
make_cert(struct creation *c, struct tsw_wr *wr)
{
	uint8_t serial[TS_PIV_SERIAL_LEN], sig[TSW_SIG_LEN];
	uint8_t text[TS_PIV_CERT_MAX];
	struct tsw_slice body;
	struct tsw_wr inner;
	int r;

	tsw_wr_init(&inner, text, sizeof(text));
	r = ts_card_random(serial, sizeof(serial));
	serial[0] |= 1; /* not zero, with all its bytes */
	if (r == TS_OK)
		r = ts_piv_cert_body(&inner, &c->made.key, serial);
	if (r != TS_OK)
		return r;
	body = (struct tsw_slice){text, tsw_wr_len(&inner)};
	r = ts_piv_verify(&c->piv, c->retries, c->pins->secret_pin);
	if (r == TS_ERR_PIN_WRONG || r == TS_ERR_CARD_PIN_BLOCKED)
		return TS_ERR_TOKEN_IO; /* a moment ago it was right */
	if (r == TS_OK)
		r = ts_piv_sign(&c->piv, sig, c->req->slot, c->made.key.alg,
		    body, c->made.touch);
	if (r == TS_OK)
		r = ts_card_key_verify(&c->made.key, sig, body);
	if (r == TS_OK)
		r = ts_piv_cert_write(wr, body, c->made.key.alg, sig);
	return r;
}

static int
put_cert(struct creation *c, struct tsw_slice der)
{
	static const uint8_t uncompressed[] = {TAG_CERT_INFO, 1, 0,
	    TAG_CHECKSUM, 0};
	struct ts_card_command cmd = {.ins = INS_PUT_DATA,
	    .p1 = 0x3f,
	    .p2 = 0xff};
	uint8_t data[TS_PIV_CERT_MAX + 32];
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, data, sizeof(data));
	ts_tlv_head(&wr, TAG_OBJECT_ID, 3);
	tsw_wr_u16(&wr, 0x5fc1);
	tsw_wr_u8(&wr, c->req->slot == TS_TOKEN_PIV_SIGN ? 0x0a : 0x05);
	ts_tlv_head(&wr, TAG_OBJECT,
	    ts_tlv_size(TAG_CERT, der.len) + sizeof(uncompressed));
	ts_tlv_put(&wr, TAG_CERT, der);
	tsw_wr_bytes(&wr, uncompressed, sizeof(uncompressed));
	if (wr.full)
		return TS_ERR_INTERNAL;
	cmd.data = (struct tsw_slice){data, tsw_wr_len(&wr)};
	r = ts_piv_run(&c->piv, &cmd);
	if (r != TS_OK || c->piv.reply.sw == 0x9000)
		return r;
	return ts_piv_refusal(c->piv.reply.sw);
}

/* So that the key is found again, and has been seen to sign. */
static int
write_cert(struct creation *c)
{
	uint8_t der[TS_PIV_CERT_MAX];
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, der, sizeof(der));
	r = make_cert(c, &wr);
	if (r != TS_OK)
		return r;
	return put_cert(c, (struct tsw_slice){der, tsw_wr_len(&wr)});
}

/* The card's certificate of the key; *len is 0 if it makes none. */
static int
attest(struct creation *c, uint8_t *leaf, size_t *len)
{
	const struct ts_card_command cmd = {.ins = INS_ATTEST,
	    .p1 = c->req->slot,
	    .ne = ALL};
	struct tsw_pubkey key;
	int r;

	*len = 0;
	r = ts_piv_run(&c->piv, &cmd);
	if (r != TS_OK || c->piv.reply.sw != 0x9000)
		return r;
	r = ts_card_key_from_cert(&key,
	    (struct tsw_slice){c->piv.reply.data, c->piv.reply.len});
	if (r != TS_OK || !ts_card_key_equal(&key, &c->made.key))
		return r == TS_ERR_TOKEN_IO ? r : TS_ERR_ATTESTATION;
	*len = c->piv.reply.len;
	memcpy(leaf, c->piv.reply.data, *len);
	return TS_OK;
}

/* Leaf, and the certificate of the key that made it. */
static int
bundle(struct creation *c)
{
	uint8_t leaf[TS_CARD_DATA_MAX];
	struct tsw_bundle certs;
	struct tsw_wr wr;
	size_t len;
	int r;

	r = attest(c, leaf, &len);
	if (r != TS_OK || len == 0)
		return r;
	memset(&certs, 0, sizeof(certs));
	certs.cert_cnt = 1;
	certs.cert[0] = (struct tsw_slice){leaf, len};
	r = ts_piv_cert(&c->piv, &certs.cert[1], TS_PIV_ATTEST);
	if (r == TS_OK)
		certs.cert_cnt++;
	else if (r != TS_ERR_NOT_FOUND && r != TS_ERR_TOKEN_UNSUPPORTED)
		return r;
	tsw_wr_init(&wr, c->made.bundle.cbor, sizeof(c->made.bundle.cbor));
	if (tsw_bundle_encode(&wr, &certs) != TSW_OK)
		return TS_ERR_ATTESTATION;
	c->made.bundle.len = (uint16_t)tsw_wr_len(&wr);
	return TS_OK;
}

/* A card may say that a PIN or PUK is the one that it came with. */
static int
find_factory(struct creation *c, bool *is_factory, enum ts_piv_ref ref)
{
	struct ts_piv_metadata meta;
	int r = ts_piv_metadata(&c->piv, &meta, (uint8_t)ref);

	*is_factory = r == TS_OK && meta.is_factory;
	return r == TS_ERR_NOT_FOUND || r == TS_ERR_TOKEN_UNSUPPORTED ? TS_OK
								      : r;
}

static int
prove_admin(struct creation *c)
{
	int r = ts_piv_admin_prove(&c->piv, c->retries, c->admin);

	/* It was a guess: nobody gave one. */
	if (r == TS_ERR_ADMIN_WRONG && c->pins->secret_new_pin == NULL)
		return TS_ERR_ADMIN_REQUIRED;
	return r;
}

/*
 * Nothing is changed before the card has taken both PIN and management key.
 * The PIN goes out a second time, directly before the signature as 9C wants
 * it, but only to a card that has just said it is right.
 */
static int
run(struct creation *c)
{
	int r;

	r = check_excluded(c);
	if (r == TS_OK)
		r = check_empty(c);
	if (r == TS_OK)
		r = check_unattested(c);
	if (r == TS_OK)
		r = ts_piv_admin_new(&c->admin, &c->piv,
		    c->pins->secret_new_pin);
	if (r == TS_OK)
		r = find_check(c);
	if (r == TS_OK)
		r = find_factory(c, &c->made.factory_pin, TS_PIV_PIN);
	if (r == TS_OK)
		r = find_factory(c, &c->made.factory_puk, TS_PIV_PUK);
	if (r == TS_OK)
		r = ts_piv_verify(&c->piv, c->retries, c->pins->secret_pin);
	if (r == TS_OK)
		r = prove_admin(c);
	if (r == TS_OK && !c->goes_on)
		r = generate(c);
	if (r == TS_OK)
		r = compare(c);
	if (r == TS_OK)
		r = write_cert(c);
	return r == TS_OK ? bundle(c) : r;
}

int
ts_piv_op_create(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	struct creation c = {.req = req,
	    .pins = pins,
	    .retries = &out->retries};
	int r;

	if (pins->secret_pin == NULL)
		return TS_ERR_PIN_REQUIRED;
	r = ts_piv_open(&c.piv, card);
	if (r == TS_OK)
		r = run(&c);
	if (r == TS_OK) {
		c.made.kind = TS_TOKEN_KIND_PIV;
		c.made.id_len = 1;
		c.made.id[0] = req->slot;
		c.made.uv = true;
		c.made.factory_admin = c.admin->is_factory;
		out->u.created = c.made;
	}
	ts_locked_free(c.admin);
	return r;
}
