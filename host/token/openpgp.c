/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/openpgp.h"

#include "token/card_key.h"
#include "token/card_wait.h"
#include "token/tlv.h"

#include <touchstone/wire/crypto.h>

#include <string.h>

#define INS_GET_DATA 0xca
#define INS_GENERATE 0x47
#define INS_SIGN 0x2a
#define READ_PUBLIC 0x81
#define ALL 256

#define TAG_DATA 0x6e
#define TAG_KDF 0xf9
#define TAG_KEY 0x7f49
#define TAG_POINT 0x86

int
ts_openpgp_run(struct ts_openpgp *pgp, const struct ts_card_command *cmd)
{
	return ts_card_send(pgp->card, &pgp->reply, cmd);
}

int
ts_openpgp_refusal(uint16_t sw)
{
	switch (sw) {
	case 0x6600: /* the button was not pressed */
	case 0x6985:
		return TS_ERR_NO_TOUCH;
	case 0x6581:
	case 0x6a84:
		return TS_ERR_TOKEN_FULL;
	case 0x6700:
	case 0x6a80:
	case 0x6a81:
	case 0x6a86:
	case 0x6b00:
	case 0x6d00:
	case 0x6e00:
		return TS_ERR_TOKEN_UNSUPPORTED;
	default:
		return TS_ERR_TOKEN_IO;
	}
}

/* With the object's own tag around the value, as some cards do, or without. */
static int
unwrap(struct tsw_slice *out, const struct ts_card_reply *reply, uint32_t tag)
{
	const struct tsw_slice data = {reply->data, reply->len};
	struct ts_tlv tlv;
	struct tsw_rd rd;

	tsw_rd_init(&rd, data.p, data.len);
	*out = data;
	if (!ts_tlv_next(&tlv, &rd) || tlv.tag != tag)
		return TS_OK;
	*out = tlv.value;
	return tsw_rd_done(&rd) ? TS_OK : TS_ERR_TOKEN_IO;
}

int
ts_openpgp_get(struct ts_openpgp *pgp, struct tsw_slice *out, uint16_t tag)
{
	const struct ts_card_command cmd = {.ins = INS_GET_DATA,
	    .p1 = (uint8_t)(tag >> 8),
	    .p2 = (uint8_t)tag,
	    .ne = ALL};
	int r;

	*out = (struct tsw_slice){NULL, 0};
	r = ts_openpgp_run(pgp, &cmd);
	if (r != TS_OK)
		return r;
	if (pgp->reply.sw == 0x6a82 || pgp->reply.sw == 0x6a88)
		return TS_ERR_NOT_FOUND;
	if (pgp->reply.sw != 0x9000)
		return TS_ERR_TOKEN_IO;
	return unwrap(out, &pgp->reply, tag);
}

int
ts_openpgp_reload(struct ts_openpgp *pgp)
{
	struct tsw_slice value;

	int r = ts_openpgp_get(pgp, &value, TAG_DATA);

	if (r == TS_OK)
		r = ts_openpgp_data_parse(&pgp->data, value);
	return r == TS_ERR_NOT_FOUND ? TS_ERR_TOKEN_IO : r;
}

static int
load_kdf(struct ts_openpgp *pgp)
{
	struct tsw_slice value;
	int r;

	if (!pgp->data.has_kdf)
		return TS_OK;
	r = ts_openpgp_get(pgp, &value, TAG_KDF);
	/* It could have one, but nobody has written it. */
	if (r == TS_ERR_NOT_FOUND || (r == TS_OK && value.len == 0)) {
		pgp->data.has_kdf = false;
		return TS_OK;
	}
	if (r == TS_OK)
		r = ts_kdf_parse(&pgp->kdf, value);
	if (r == TS_OK)
		pgp->data.has_kdf = pgp->kdf.hash != TS_KDF_NONE;
	return r;
}

int
ts_openpgp_open(struct ts_openpgp *pgp, struct ts_card *card)
{
	static const uint8_t aid[] = {0xd2, 0x76, 0x00, 0x01, 0x24, 0x01};
	int r;

	memset(pgp, 0, sizeof(*pgp));
	pgp->card = card;
	r = ts_card_select(card, &pgp->reply,
	    (struct tsw_slice){aid, sizeof(aid)});
	if (r == TS_OK)
		r = ts_openpgp_reload(pgp);
	return r == TS_OK ? load_kdf(pgp) : r;
}

int
ts_openpgp_key_parse(const struct ts_openpgp *pgp, struct tsw_pubkey *out,
    enum tsw_alg alg)
{
	struct tsw_slice value = {pgp->reply.data, pgp->reply.len};

	if (ts_tlv_only(&value, value, TAG_KEY) != TS_OK ||
	    ts_tlv_find(&value, value, TAG_POINT) != TS_OK)
		return TS_ERR_TOKEN_IO;
	return ts_card_key_from_point(out, alg, value);
}

int
ts_openpgp_key(struct ts_openpgp *pgp, struct tsw_pubkey *out)
{
	static const uint8_t which[] = {TS_TOKEN_OPENPGP_SIGN, 0};
	const struct ts_card_command cmd = {.ins = INS_GENERATE,
	    .p1 = READ_PUBLIC,
	    .data = {which, sizeof(which)},
	    .ne = ALL};
	int r;

	memset(out, 0, sizeof(*out));
	if (pgp->data.origin == TS_OPENPGP_KEY_NONE)
		return TS_ERR_NOT_FOUND;
	r = ts_openpgp_run(pgp, &cmd);
	if (r != TS_OK)
		return r;
	switch (pgp->reply.sw) {
	case 0x9000:
		if (pgp->data.alg == (enum tsw_alg)0)
			return TS_OK;
		return ts_openpgp_key_parse(pgp, out, pgp->data.alg);
	case 0x6a82:
	case 0x6a83:
	case 0x6a88:
	case 0x6985:
	case 0x6581: /* as some cards say that there is none */
		return TS_ERR_NOT_FOUND;
	default:
		return TS_ERR_TOKEN_IO;
	}
}

enum ts_token_policy
ts_openpgp_pin_policy(const struct ts_openpgp *pgp)
{
	return pgp->data.pin_once ? TS_TOKEN_POLICY_ALWAYS
				  : TS_TOKEN_POLICY_ONCE;
}

enum ts_token_policy
ts_openpgp_touch_policy(const struct ts_openpgp *pgp)
{
	switch (pgp->data.uif) {
	case TS_OPENPGP_UIF_OFF:
		return TS_TOKEN_POLICY_NEVER;
	case TS_OPENPGP_UIF_ON:
	case TS_OPENPGP_UIF_PERMANENT:
		return TS_TOKEN_POLICY_ALWAYS;
	case TS_OPENPGP_UIF_CACHED:
	case TS_OPENPGP_UIF_CACHED_PERMANENT:
		return TS_TOKEN_POLICY_ONCE;
	case TS_OPENPGP_UIF_NONE:
	default:
		return TS_TOKEN_POLICY_UNKNOWN;
	}
}

int
ts_openpgp_sign(struct ts_openpgp *pgp, uint8_t sig[TSW_SIG_LEN],
    enum tsw_alg alg, struct tsw_slice msg)
{
	const enum ts_token_policy touch = ts_openpgp_touch_policy(pgp);
	struct ts_card_command cmd = {.ins = INS_SIGN,
	    .p1 = 0x9e,
	    .p2 = 0x9a,
	    .data = msg,
	    .ne = ALL};
	uint8_t hash[TSW_HASH_LEN];
	int r;

	if (alg == TSW_ALG_P256) {
		tsw_sha256(hash, &msg, 1);
		cmd.data = (struct tsw_slice){hash, sizeof(hash)};
	}
	if (touch)
		ts_card_touch(pgp->card, true);
	r = ts_openpgp_run(pgp, &cmd);
	if (touch)
		ts_card_touch(pgp->card, false);
	if (r != TS_OK)
		return r;
	/* The PIN was right: what is missing is the touch, if anything. */
	if (pgp->reply.sw == 0x6982 && touch != TS_TOKEN_POLICY_NEVER)
		return TS_ERR_NO_TOUCH;
	if (pgp->reply.sw != 0x9000)
		return ts_openpgp_refusal(pgp->reply.sw);
	if (pgp->reply.len != TSW_SIG_LEN)
		return TS_ERR_TOKEN_IO;
	memcpy(sig, pgp->reply.data, TSW_SIG_LEN);
	return TS_OK;
}
