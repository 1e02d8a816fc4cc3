/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#define PIV_SIGN 0x9c
#define PIV_AUTH 0x9a

static bool
is_place(uint8_t kind, uint8_t slot)
{
	if (kind == TS_OWN_PIV)
		return slot == PIV_SIGN || slot == PIV_AUTH;
	return kind == TS_OWN_OPENPGP && slot == 0;
}

/* Bytes of a public key of this algorithm; 0 for one that is of no card. */
static size_t
key_len(uint8_t alg)
{
	if (alg == TSW_ALG_ED25519)
		return 32;
	return alg == TSW_ALG_P256 ? 65 : 0;
}

size_t
ts_place_encode(uint8_t out[TS_PLACE_MAX], const struct ts_token *token)
{
	const struct tsw_pubkey *check = &token->check;
	struct tsw_wr wr;

	if (!is_place((uint8_t)token->kind, token->slot))
		return 0;
	tsw_wr_init(&wr, out, TS_PLACE_MAX);
	tsw_wr_u8(&wr, (uint8_t)token->kind);
	tsw_wr_u8(&wr, token->slot);
	tsw_wr_u8(&wr, (uint8_t)check->alg);
	tsw_wr_bytes(&wr, check->data, key_len((uint8_t)check->alg));
	return tsw_wr_len(&wr);
}

bool
ts_place_decode(struct ts_token *token, struct tsw_slice s)
{
	uint8_t kind, slot, alg;
	struct tsw_pubkey check = {0};
	struct tsw_rd rd;

	if (s.len == 0)
		return true;
	tsw_rd_init(&rd, s.p, s.len);
	kind = tsw_rd_u8(&rd);
	slot = tsw_rd_u8(&rd);
	alg = tsw_rd_u8(&rd);
	if (alg != 0 && key_len(alg) == 0)
		return false;
	check.alg = (enum tsw_alg)alg;
	check.len = (uint8_t)key_len(alg);
	tsw_rd_copy(&rd, check.data, check.len);
	if (!tsw_rd_done(&rd) || !is_place(kind, slot))
		return false;
	token->kind = (enum ts_own_kind)kind;
	token->slot = slot;
	token->check = check;
	return true;
}
