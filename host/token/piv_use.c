/* SPDX-License-Identifier: BSD-2-Clause */
/* What a PIV card does for who knows its PIN, or its PUK. */
#include "token/piv.h"

#include "token/card_crypto.h"
#include "token/card_key.h"
#include "token/card_wait.h"
#include "token/locked.h"
#include "token/reply.h"
#include "token/tlv.h"

#include <touchstone/wire/crypto.h>

#include <string.h>

#define INS_VERIFY 0x20
#define INS_CHANGE_PIN 0x24
#define INS_UNBLOCK_PIN 0x2c
#define INS_AUTHENTICATE 0x87
#define ALL 256
#define PAD 0xff /* no byte of UTF-8 */

#define TAG_AUTHENTICATE 0x7c
#define TAG_CHALLENGE 0x81
#define TAG_RESPONSE 0x82

#define SW_OK 0x9000
#define SW_BLOCKED 0x6983
#define SW_SECURITY 0x6982

/* 63Cx tells them; an old card may say 63xx and mean no number. */
static uint8_t
tries_of(uint16_t sw)
{
	if ((sw & 0xfff0) == 0x63c0)
		return (uint8_t)(sw & 0x0f);
	return sw == SW_BLOCKED ? 0 : TS_TOKEN_RETRIES_UNKNOWN;
}

static bool
is_wrong(uint16_t sw)
{
	return sw >> 8 == 0x63;
}

int
ts_piv_tries(struct ts_piv *piv, uint8_t *tries)
{
	/* Without data it asks, and compares nothing. */
	const struct ts_card_command cmd = {.ins = INS_VERIFY,
	    .p2 = TS_PIV_PIN};
	struct ts_piv_metadata meta;
	int r;

	r = ts_piv_metadata(piv, &meta, TS_PIV_PIN);
	*tries = meta.tries;
	if (*tries != TS_TOKEN_RETRIES_UNKNOWN ||
	    (r != TS_OK && r != TS_ERR_TOKEN_UNSUPPORTED &&
		r != TS_ERR_NOT_FOUND))
		return r;
	r = ts_piv_run(piv, &cmd);
	if (r == TS_OK)
		*tries = tries_of(piv->reply.sw);
	return r;
}

/* Append a PIN as it goes over the wire. */
static int
put_pin(struct tsw_wr *wr, const char *secret_pin)
{
	size_t len = strlen(secret_pin);
	size_t i;

	if (len < TS_PIV_PIN_MIN || len > TS_PIV_PIN_LEN)
		return TS_ERR_PIN_POLICY;
	for (i = 0; i < TS_PIV_PIN_LEN; i++)
		tsw_wr_u8(wr, i < len ? (uint8_t)secret_pin[i] : PAD);
	return wr->full ? TS_ERR_INTERNAL : TS_OK;
}

/*
 * Send one PIN, or two, of which the first is the one that is compared, and
 * set *retries.  TS_OK with any status word.
 */
static int
send_pins(struct ts_piv *piv, uint8_t *retries, struct ts_card_command *cmd,
    const char *secret_first, const char *secret_second)
{
	const size_t room = (size_t)2 * TS_PIV_PIN_LEN;
	uint8_t *secret_data;
	struct tsw_wr wr;
	int r;

	secret_data = ts_locked_new(room);
	if (secret_data == NULL)
		return TS_ERR_NO_MEMORY;
	tsw_wr_init(&wr, secret_data, room);
	r = put_pin(&wr, secret_first);
	if (r == TS_OK && secret_second != NULL)
		r = put_pin(&wr, secret_second);
	if (r == TS_OK) {
		cmd->is_secret = true;
		cmd->data = (struct tsw_slice){secret_data, tsw_wr_len(&wr)};
		r = ts_piv_run(piv, cmd);
	}
	ts_locked_free(secret_data);
	if (r == TS_OK && piv->reply.sw != SW_OK)
		*retries = tries_of(piv->reply.sw);
	return r;
}

/* Of a PIN that was compared. */
static int
outcome(uint16_t sw, int wrong, int blocked)
{
	if (sw == SW_OK)
		return TS_OK;
	if (sw == SW_BLOCKED || (is_wrong(sw) && tries_of(sw) == 0))
		return blocked;
	if (is_wrong(sw))
		return wrong;
	/* Not of digits only, or too simple for this card. */
	if (sw == 0x6a80 || sw == 0x6985)
		return TS_ERR_PIN_POLICY;
	return ts_piv_refusal(sw);
}

int
ts_piv_verify(struct ts_piv *piv, uint8_t *retries, const char *secret_pin)
{
	struct ts_card_command cmd = {.ins = INS_VERIFY, .p2 = TS_PIV_PIN};
	int r;

	r = send_pins(piv, retries, &cmd, secret_pin, NULL);
	if (r != TS_OK)
		return r;
	return outcome(piv->reply.sw, TS_ERR_PIN_WRONG,
	    TS_ERR_CARD_PIN_BLOCKED);
}

int
ts_piv_pin_change(struct ts_piv *piv, uint8_t *retries, const char *secret_pin,
    const char *secret_new)
{
	struct ts_card_command cmd = {.ins = INS_CHANGE_PIN, .p2 = TS_PIV_PIN};
	int r;

	r = send_pins(piv, retries, &cmd, secret_pin, secret_new);
	if (r != TS_OK)
		return r;
	r = outcome(piv->reply.sw, TS_ERR_PIN_WRONG, TS_ERR_CARD_PIN_BLOCKED);
	/* Some cards say only that it was wrong (6300). */
	if (r == TS_ERR_PIN_WRONG && *retries == TS_TOKEN_RETRIES_UNKNOWN &&
	    ts_piv_tries(piv, retries) != TS_OK)
		*retries = TS_TOKEN_RETRIES_UNKNOWN;
	return r;
}

int
ts_piv_pin_unblock(struct ts_piv *piv, uint8_t *retries, const char *secret_puk,
    const char *secret_new)
{
	struct ts_card_command cmd = {.ins = INS_UNBLOCK_PIN, .p2 = TS_PIV_PIN};
	int r;

	r = send_pins(piv, retries, &cmd, secret_puk, secret_new);
	if (r != TS_OK)
		return r;
	return outcome(piv->reply.sw, TS_ERR_CARD_PUK_WRONG,
	    TS_ERR_ADMIN_BLOCKED);
}

/* The card signs the message itself, or its SHA-256. */
static int
put_message(struct tsw_wr *wr, enum tsw_alg alg, struct tsw_slice msg)
{
	uint8_t hash[TSW_HASH_LEN];
	struct tsw_slice value = msg;
	size_t inner;

	if (alg == TSW_ALG_P256) {
		tsw_sha256(hash, &msg, 1);
		value = (struct tsw_slice){hash, sizeof(hash)};
	}
	inner = ts_tlv_size(TAG_RESPONSE, 0) +
	    ts_tlv_size(TAG_CHALLENGE, value.len);
	ts_tlv_head(wr, TAG_AUTHENTICATE, inner);
	ts_tlv_head(wr, TAG_RESPONSE, 0);
	ts_tlv_put(wr, TAG_CHALLENGE, value);
	return wr->full ? TS_ERR_INTERNAL : TS_OK;
}

static int
parse_signature(uint8_t sig[TSW_SIG_LEN], enum tsw_alg alg,
    const struct ts_card_reply *reply)
{
	struct tsw_slice value;

	if (ts_tlv_only(&value, (struct tsw_slice){reply->data, reply->len},
		TAG_AUTHENTICATE) != TS_OK ||
	    ts_tlv_only(&value, value, TAG_RESPONSE) != TS_OK)
		return TS_ERR_TOKEN_IO;
	if (alg == TSW_ALG_P256)
		return ts_reply_der(sig, value.p, value.len) == TSW_OK
		    ? TS_OK
		    : TS_ERR_TOKEN_IO;
	if (value.len != TSW_SIG_LEN)
		return TS_ERR_TOKEN_IO;
	memcpy(sig, value.p, TSW_SIG_LEN);
	return TS_OK;
}

/* Have the card answer; TS_OK with any status word. */
static int
ask(struct ts_piv *piv, uint8_t slot, enum tsw_alg alg, struct tsw_slice msg,
    enum ts_token_policy touch)
{
	struct ts_card_command cmd = {.ins = INS_AUTHENTICATE,
	    .p2 = slot,
	    .ne = ALL};
	uint8_t data[TS_CARD_DATA_MAX];
	struct tsw_wr wr;
	int r;

	cmd.p1 = alg == TSW_ALG_P256 ? TS_PIV_ALG_P256 : TS_PIV_ALG_ED25519;
	tsw_wr_init(&wr, data, sizeof(data));
	r = put_message(&wr, alg, msg);
	if (r != TS_OK)
		return r;
	cmd.data = (struct tsw_slice){data, tsw_wr_len(&wr)};
	return ts_card_send_touch(piv->card, &piv->reply, &cmd, touch);
}

int
ts_piv_sign(struct ts_piv *piv, uint8_t sig[TSW_SIG_LEN], uint8_t slot,
    enum tsw_alg alg, struct tsw_slice msg, enum ts_token_policy touch)
{
	int r;

	r = ask(piv, slot, alg, msg, touch);
	if (r != TS_OK)
		return r;
	if (piv->reply.sw == SW_OK)
		return parse_signature(sig, alg, &piv->reply);
	/* The PIN was right: what is missing is the touch, if anything. */
	if (piv->reply.sw == SW_SECURITY && touch != TS_TOKEN_POLICY_NEVER)
		return TS_ERR_NO_TOUCH;
	return ts_piv_refusal(piv->reply.sw);
}

int
ts_piv_check(struct ts_piv *piv, const struct tsw_pubkey *key)
{
	uint8_t challenge[32], sig[TSW_SIG_LEN];
	const struct tsw_slice msg = {challenge, sizeof(challenge)};
	int r;

	r = ts_card_random(challenge, sizeof(challenge));
	if (r == TS_OK)
		r = ask(piv, TS_PIV_CARD, key->alg, msg, TS_TOKEN_POLICY_NEVER);
	if (r != TS_OK)
		return r;
	if (piv->reply.sw != SW_OK ||
	    parse_signature(sig, key->alg, &piv->reply) != TS_OK ||
	    ts_card_key_verify(key, sig, msg) != TS_OK)
		return TS_ERR_CARD_STRANGE;
	return TS_OK;
}
