/* SPDX-License-Identifier: BSD-2-Clause */
#include "live_move.h"

#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>
#include <touchstone/wire/statement.h>

#include <string.h>

#include "bech32.h"

#define LIVE_VERSION 1

#define TAG_LEN 20
#define TAG_A "touchstone live v1 A"
#define TAG_B "touchstone live v1 B"
#define TAG_COMMIT "touchstone live commit v1"
#define TAG_CODE "touchstone live code v1"

/* [id, seq, head, label, log size, root] with its CBOR heads. */
#define M_MAX (1 + 34 + 5 + 34 + 2 + TSW_LABEL_MAX + 5 + 34)
#define TRANSCRIPT_MAX (2 * (TAG_LEN + 2 + M_MAX))

int
tsw_live_move_encode(char out[TSW_LIVE_TEXT_MAX],
    const struct tsw_live_move *move)
{
	uint8_t b[TSW_LIVE_MOVE_LEN];
	struct tsw_wr wr;

	tsw_wr_init(&wr, b, sizeof(b));
	tsw_wr_u8(&wr, LIVE_VERSION);
	tsw_wr_u8(&wr, move->move);
	tsw_wr_u16(&wr, move->session);
	tsw_wr_u32(&wr, move->seq_self);
	tsw_wr_u32(&wr, move->seq_peer);
	tsw_wr_u32(&wr, move->log_size);
	tsw_wr_bytes(&wr, move->value, sizeof(move->value));
	return tsw_bech32m_encode(out, TSW_LIVE_HRP, b, tsw_wr_len(&wr));
}

int
tsw_live_move_decode(struct tsw_live_move *out, struct tsw_slice text)
{
	uint8_t tidy[TSW_BECH32_TEXT_MAX], b[TSW_BECH32_TEXT_MAX];
	struct tsw_slice s = {tidy, 0};
	struct tsw_live_move m;
	size_t len = sizeof(b);
	struct tsw_rd rd;
	uint8_t version;
	int r;

	r = tsw_bech32m_tidy(tidy, &s.len, text);
	if (r == TSW_OK)
		r = tsw_bech32m_decode(b, &len, TSW_LIVE_HRP, s);
	if (r != TSW_OK)
		return r;
	tsw_rd_init(&rd, b, len);
	version = tsw_rd_u8(&rd);
	m.move = tsw_rd_u8(&rd);
	m.session = tsw_rd_u16(&rd);
	m.seq_self = tsw_rd_u32(&rd);
	m.seq_peer = tsw_rd_u32(&rd);
	m.log_size = tsw_rd_u32(&rd);
	tsw_rd_copy(&rd, m.value, sizeof(m.value));
	if (!tsw_rd_done(&rd))
		return rd.bad ? TSW_ERR_TRUNCATED : TSW_ERR_TRAILING;
	if (version != LIVE_VERSION)
		return TSW_ERR_VERSION;
	if (m.move < 1 || m.move > 3)
		return TSW_ERR_RANGE;
	*out = m;
	return TSW_OK;
}

int
tsw_live_party_check(const struct tsw_live_party *party)
{
	static const uint8_t zero[TSW_HASH_LEN];

	if (party->log_size == 0 &&
	    memcmp(party->root, zero, sizeof(zero)) != 0)
		return TSW_ERR_RANGE;
	return tsw_label_check(party->label);
}

static void
wr_party(struct tsw_wr *wr, const char *tag, const struct tsw_live_party *party)
{
	uint8_t m[M_MAX];
	struct tsw_wr sub;

	tsw_wr_init(&sub, m, sizeof(m));
	tsw_wr_cb_array(&sub, 6);
	tsw_wr_cb_bytes(&sub, party->id, sizeof(party->id));
	tsw_wr_cb_uint(&sub, party->seq);
	tsw_wr_cb_bytes(&sub, party->head, sizeof(party->head));
	tsw_wr_cb_text(&sub, (const char *)party->label.p, party->label.len);
	tsw_wr_cb_uint(&sub, party->log_size);
	tsw_wr_cb_bytes(&sub, party->root, sizeof(party->root));

	tsw_wr_bytes(wr, (const uint8_t *)tag, TAG_LEN);
	tsw_wr_u16(wr, (uint16_t)tsw_wr_len(&sub));
	tsw_wr_bytes(wr, m, tsw_wr_len(&sub));
}

/* T: each side under its role's tag, with its length. */
static struct tsw_slice
transcript(uint8_t out[TRANSCRIPT_MAX], const struct tsw_live_party *a,
    const struct tsw_live_party *b)
{
	struct tsw_slice s = {out, 0};
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, TRANSCRIPT_MAX);
	wr_party(&wr, TAG_A, a);
	wr_party(&wr, TAG_B, b);
	s.len = tsw_wr_len(&wr);
	return s;
}

void
tsw_live_commit(uint8_t out[32], const struct tsw_live_party *a,
    const struct tsw_live_party *b,
    const uint8_t secret_nonce[TSW_LIVE_NONCE_LEN])
{
	const struct tsw_slice secret_key = {secret_nonce, TSW_LIVE_NONCE_LEN};
	uint8_t text[TRANSCRIPT_MAX]; /* not secret */
	struct tsw_slice part[] = {{(const uint8_t *)TAG_COMMIT,
				       sizeof(TAG_COMMIT) - 1},
	    transcript(text, a, b)};

	tsw_hmac_sha256(out, secret_key, part, 2);
}

void
tsw_live_code(char out[TSW_LIVE_DIGITS + 1], const struct tsw_live_party *a,
    const struct tsw_live_party *b, const uint8_t commitment[32],
    const uint8_t r[2 * TSW_LIVE_NONCE_LEN])
{
	const struct tsw_slice key = {r, 2 * TSW_LIVE_NONCE_LEN};
	uint8_t text[TRANSCRIPT_MAX], mac[32];
	struct tsw_slice part[] = {{(const uint8_t *)TAG_CODE,
				       sizeof(TAG_CODE) - 1},
	    {commitment, 32}, transcript(text, a, b)};
	uint64_t v;
	size_t i;

	tsw_hmac_sha256(mac, key, part, 3);
	v = tsw_load_u64(mac) % 1000000000;
	tsw_wipe(mac, sizeof(mac));
	for (i = TSW_LIVE_DIGITS; i-- > 0; v /= 10)
		out[i] = (char)('0' + v % 10);
	out[TSW_LIVE_DIGITS] = '\0';
}
