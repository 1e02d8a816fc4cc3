/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/piv_admin.h"

#include "token/card_crypto.h"
#include "token/card_wait.h"
#include "token/locked.h"
#include "token/tlv.h"

#include <string.h>

#define INS_AUTHENTICATE 0x87
#define ALL 256

#define TAG_AUTHENTICATE 0x7c
#define TAG_WITNESS 0x80
#define TAG_CHALLENGE 0x81
#define TAG_RESPONSE 0x82

/* Ciphers by their number in GENERAL AUTHENTICATE, likelier ones first. */
static const struct cipher {
	enum ts_piv_alg alg;
	enum ts_card_cipher cipher;
	size_t key_len, block_len;
} ciphers[] = {
    {TS_PIV_ALG_3DES, TS_CARD_3DES, 24, 8},
    {TS_PIV_ALG_AES192, TS_CARD_AES192, 24, 16},
    {TS_PIV_ALG_AES128, TS_CARD_AES128, 16, 16},
    {TS_PIV_ALG_AES256, TS_CARD_AES256, 32, 16},
};
#define CIPHER_CNT (sizeof(ciphers) / sizeof(ciphers[0]))

/* -1 for what is no digit. */
static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int
parse_hex(struct ts_piv_admin *out, const char *secret_hex)
{
	size_t i, len = strlen(secret_hex);
	int high, low;

	if (len != 32 && len != 48 && len != 64)
		return TS_ERR_ADMIN_WRONG;
	for (i = 0; i < len / 2; i++) {
		high = digit(secret_hex[2 * i]);
		low = digit(secret_hex[2 * i + 1]);
		if (high < 0 || low < 0)
			return TS_ERR_ADMIN_WRONG;
		out->secret_key[i] = (uint8_t)(high * 16 + low);
	}
	out->len = len / 2;
	return TS_OK;
}

/* 01 to 08, three times: what cards leave the factory with. */
static void
make_factory(struct ts_piv_admin *out)
{
	out->len = 24;
	for (uint8_t i = 0; i < 24; i++)
		out->secret_key[i] = (uint8_t)(i % 8 + 1);
}

static int
fill(struct ts_piv_admin *out, struct ts_piv *piv, const char *secret_hex)
{
	struct ts_piv_metadata meta;
	struct ts_piv_admin factory;
	int r;

	make_factory(&factory);
	if (secret_hex != NULL) {
		r = parse_hex(out, secret_hex);
		out->is_factory = r == TS_OK && out->len == factory.len &&
		    tsw_ct_eq(out->secret_key, factory.secret_key, out->len);
		return r;
	}
	r = ts_piv_metadata(piv, &meta, TS_PIV_ADMIN);
	if (r == TS_OK && !meta.is_factory)
		return TS_ERR_ADMIN_REQUIRED;
	if (r == TS_ERR_TOKEN_UNSUPPORTED || r == TS_ERR_NOT_FOUND)
		r = TS_OK; /* it does not say */
	*out = factory;
	out->is_factory = true;
	return r;
}

int
ts_piv_admin_new(struct ts_piv_admin **out, struct ts_piv *piv,
    const char *secret_hex)
{
	int r;

	*out = ts_locked_new(sizeof(**out));
	if (*out == NULL)
		return TS_ERR_NO_MEMORY;
	r = fill(*out, piv, secret_hex);
	if (r != TS_OK) {
		ts_locked_free(*out);
		*out = NULL;
	}
	return r;
}

/* One step; value is empty to ask for it.  TS_OK with any status word. */
static int
step(struct ts_piv *piv, const struct cipher *c, struct tsw_slice witness,
    struct tsw_slice challenge, enum ts_token_policy touch)
{
	struct ts_card_command cmd = {.ins = INS_AUTHENTICATE,
	    .p1 = (uint8_t)c->alg,
	    .p2 = TS_PIV_ADMIN,
	    .ne = ALL};
	uint8_t data[2 * (TS_CARD_BLOCK_MAX + 2) + 2];
	struct tsw_wr wr;
	size_t inner = ts_tlv_size(TAG_WITNESS, witness.len);
	int r;

	if (challenge.len > 0)
		inner += ts_tlv_size(TAG_CHALLENGE, challenge.len);
	tsw_wr_init(&wr, data, sizeof(data));
	ts_tlv_head(&wr, TAG_AUTHENTICATE, inner);
	ts_tlv_put(&wr, TAG_WITNESS, witness);
	if (challenge.len > 0)
		ts_tlv_put(&wr, TAG_CHALLENGE, challenge);
	if (wr.full)
		return TS_ERR_INTERNAL;
	cmd.data = (struct tsw_slice){data, tsw_wr_len(&wr)};
	cmd.is_secret = challenge.len > 0; /* what the witness says in plain */
	r = ts_card_send_touch(piv->card, &piv->reply, &cmd, touch);
	tsw_wipe(data, sizeof(data));
	return r;
}

/* One block out of the last answer. */
static int
get_block(struct tsw_slice *out, const struct ts_piv *piv, uint32_t tag,
    size_t len)
{
	struct tsw_slice value = {piv->reply.data, piv->reply.len};

	if (ts_tlv_only(&value, value, TAG_AUTHENTICATE) != TS_OK ||
	    ts_tlv_only(out, value, tag) != TS_OK || out->len != len)
		return TS_ERR_TOKEN_IO;
	return TS_OK;
}

static int
refusal(uint16_t sw, uint8_t *retries)
{
	switch (sw) {
	case 0x6983:
		*retries = 0;
		return TS_ERR_ADMIN_BLOCKED;
	case 0x6985:
		return TS_ERR_NO_TOUCH; /* the key may want one */
	case 0x6982:
	case 0x6a80:
		return TS_ERR_ADMIN_WRONG;
	default:
		if ((sw & 0xfff0) == 0x63c0)
			*retries = (uint8_t)(sw & 0x0f);
		return sw >> 8 == 0x63 ? TS_ERR_ADMIN_WRONG
				       : ts_piv_refusal(sw);
	}
}

/* The card gave its witness: show what it says, and have ours encrypted. */
static int
prove(struct ts_piv *piv, uint8_t *retries, const struct cipher *c,
    const struct ts_piv_admin *admin, enum ts_token_policy touch)
{
	uint8_t plain[TS_CARD_BLOCK_MAX], challenge[TS_CARD_BLOCK_MAX],
	    expected[TS_CARD_BLOCK_MAX];
	struct tsw_slice block;
	int r;

	r = get_block(&block, piv, TAG_WITNESS, c->block_len);
	if (r == TS_OK)
		r = ts_card_crypt_block(plain, c->cipher, admin->secret_key,
		    block.p, false);
	if (r == TS_OK)
		r = ts_card_random(challenge, sizeof(challenge));
	if (r != TS_OK)
		return r;
	r = step(piv, c, (struct tsw_slice){plain, c->block_len},
	    (struct tsw_slice){challenge, c->block_len}, touch);
	tsw_wipe(plain, sizeof(plain));
	if (r != TS_OK)
		return r;
	if (piv->reply.sw != 0x9000)
		return refusal(piv->reply.sw, retries);
	r = get_block(&block, piv, TAG_RESPONSE, c->block_len);
	if (r == TS_OK)
		r = ts_card_crypt_block(expected, c->cipher, admin->secret_key,
		    challenge, true);
	if (r == TS_OK && !tsw_ct_eq(expected, block.p, c->block_len))
		r = TS_ERR_TOKEN_IO;
	tsw_wipe(expected, sizeof(expected));
	return r;
}

/* What the card says its key is for, or 0. */
static int
find_alg(uint8_t *alg, enum ts_token_policy *touch, struct ts_piv *piv)
{
	struct ts_piv_metadata meta;
	int r;

	r = ts_piv_metadata(piv, &meta, TS_PIV_ADMIN);
	*alg = meta.alg;
	*touch = meta.touch;
	if (*touch == TS_TOKEN_POLICY_UNKNOWN)
		*touch = TS_TOKEN_POLICY_NEVER; /* there is no such thing */
	if (r == TS_ERR_TOKEN_UNSUPPORTED || r == TS_ERR_NOT_FOUND)
		return TS_OK;
	return r;
}

int
ts_piv_admin_prove(struct ts_piv *piv, uint8_t *retries,
    const struct ts_piv_admin *admin)
{
	static const struct tsw_slice none = {NULL, 0};
	enum ts_token_policy touch;
	bool fits = false;
	uint8_t alg;
	size_t i;
	int r;

	r = find_alg(&alg, &touch, piv);
	for (i = 0; r == TS_OK && i < CIPHER_CNT; i++) {
		if (ciphers[i].key_len != admin->len ||
		    (alg != 0 && alg != (uint8_t)ciphers[i].alg))
			continue;
		fits = true;
		/* Nothing is compared yet: a card refuses what it has not. */
		r = step(piv, &ciphers[i], none, none, TS_TOKEN_POLICY_NEVER);
		if (r != TS_OK || piv->reply.sw != 0x9000)
			continue;
		return prove(piv, retries, &ciphers[i], admin, touch);
	}
	if (r != TS_OK)
		return r;
	if (!fits)
		return TS_ERR_ADMIN_WRONG; /* not even as long */
	return piv->reply.sw == 0x6983 ? TS_ERR_ADMIN_BLOCKED
				       : TS_ERR_TOKEN_UNSUPPORTED;
}
