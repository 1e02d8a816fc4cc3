/* SPDX-License-Identifier: BSD-2-Clause */
/* The messages of a live code and what is hashed: SPEC 9.3. */
#include <touchstone/wire/cbor.h>
#include <touchstone/wire/code.h>
#include <touchstone/wire/crypto.h>
#include <touchstone/wire/statement.h>

#include <string.h>

#include "bech32.h"

#define LIVE_VERSION 1
#define MOVE_LEN 48

#define TAG_LEN 20
#define TAG_A "touchstone live v1 A"
#define TAG_B "touchstone live v1 B"
#define TAG_COMMIT "touchstone live commit v1"
#define TAG_CODE "touchstone live code v1"

/* [id, seq, head, label, log size, root] with its CBOR heads. */
_Static_assert(TSW_LIVE_PARTY_MAX ==
	1 + 34 + 5 + 34 + 2 + TSW_LABEL_MAX + 5 + 34,
    "every party fits");
#define PARTY_FIELD_CNT 6
#define TRANSCRIPT_MAX (2 * (TAG_LEN + 2 + TSW_LIVE_PARTY_MAX))

int
tsw_live_move_encode(char out[TSW_LIVE_TEXT_MAX],
    const struct tsw_live_move *move)
{
	uint8_t b[MOVE_LEN];
	struct tsw_wr wr;

	if (move->move < 1 || move->move > 3)
		return TSW_ERR_RANGE;
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
wr_party(struct tsw_wr *wr, const struct tsw_live_party *party)
{
	tsw_wr_cb_array(wr, PARTY_FIELD_CNT);
	tsw_wr_cb_bytes(wr, party->id, sizeof(party->id));
	tsw_wr_cb_uint(wr, party->seq);
	tsw_wr_cb_bytes(wr, party->head, sizeof(party->head));
	tsw_wr_cb_text(wr, (const char *)party->label.p, party->label.len);
	tsw_wr_cb_uint(wr, party->log_size);
	tsw_wr_cb_bytes(wr, party->root, sizeof(party->root));
}

int
tsw_live_party_encode(struct tsw_wr *wr, const struct tsw_live_party *party)
{
	int r;

	r = tsw_live_party_check(party);
	if (r != TSW_OK)
		return r;
	wr_party(wr, party);
	return wr->full ? TSW_ERR_NO_SPACE : TSW_OK;
}

static uint32_t
cb_u32(struct tsw_cb *cb)
{
	uint64_t v = tsw_cb_uint(cb);

	if (v > UINT32_MAX)
		tsw_cb_fail(cb, TSW_ERR_RANGE);
	return (uint32_t)v;
}

static void
cb_hash(struct tsw_cb *cb, uint8_t out[TSW_HASH_LEN])
{
	struct tsw_slice s = tsw_cb_bytes(cb, TSW_HASH_LEN, TSW_HASH_LEN);

	if (s.p != NULL)
		memcpy(out, s.p, TSW_HASH_LEN);
}

int
tsw_live_party_decode(struct tsw_live_party *out, const uint8_t *p, size_t len)
{
	struct tsw_live_party m;
	struct tsw_cb cb;
	int r;

	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, p, len);
	if (tsw_cb_array(&cb) != PARTY_FIELD_CNT)
		tsw_cb_fail(&cb, TSW_ERR_FORMAT);
	cb_hash(&cb, m.id);
	m.seq = cb_u32(&cb);
	cb_hash(&cb, m.head);
	m.label = tsw_cb_text(&cb, 1, TSW_LABEL_MAX);
	m.log_size = cb_u32(&cb);
	cb_hash(&cb, m.root);
	r = tsw_cb_done(&cb);
	if (r == TSW_OK)
		r = tsw_live_party_check(&m);
	if (r == TSW_OK)
		*out = m;
	return r;
}

/* One side of T: its role's tag, its length, its m. */
static void
wr_side(struct tsw_wr *wr, const char *tag, const struct tsw_live_party *party)
{
	uint8_t m[TSW_LIVE_PARTY_MAX];
	struct tsw_wr sub;

	tsw_wr_init(&sub, m, sizeof(m));
	wr_party(&sub, party);
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
	wr_side(&wr, TAG_A, a);
	wr_side(&wr, TAG_B, b);
	s.len = tsw_wr_len(&wr);
	return s;
}

void
tsw_live_commit(uint8_t out[TSW_HASH_LEN], const struct tsw_live_party *a,
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
    const struct tsw_live_party *b, const uint8_t commitment[TSW_HASH_LEN],
    const uint8_t r[2 * TSW_LIVE_NONCE_LEN])
{
	const struct tsw_slice key = {r, 2 * TSW_LIVE_NONCE_LEN};
	uint8_t text[TRANSCRIPT_MAX], mac[32];
	struct tsw_slice part[] = {{(const uint8_t *)TAG_CODE,
				       sizeof(TAG_CODE) - 1},
	    {commitment, TSW_HASH_LEN}, transcript(text, a, b)};
	uint64_t v;
	size_t i;

	tsw_hmac_sha256(mac, key, part, 3);
	v = tsw_load_u64(mac) % 1000000000;
	tsw_wipe(mac, sizeof(mac));
	for (i = TSW_LIVE_DIGITS; i-- > 0; v /= 10)
		out[i] = (char)('0' + v % 10);
	out[TSW_LIVE_DIGITS] = '\0';
}
