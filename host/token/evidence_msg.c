/* SPDX-License-Identifier: BSD-2-Clause */
/* Question and answer as bytes, for both sides. */
#include "token/evidence.h"

#include "token/proto_rules.h"

#include <string.h>

#define EVIDENCE_VERSION 1
#define ERR_MAX 999 /* both error tables stay below */

const char *
ts_evidence_why_text(enum ts_evidence_why why)
{
	switch (why) {
	case TS_EVIDENCE_FINE:
		return "it is fine";
	case TS_EVIDENCE_FORM:
		return "it cannot be read";
	case TS_EVIDENCE_KEY:
		return "it is of another key";
	case TS_EVIDENCE_CHAIN:
		return "its signatures do not hold";
	case TS_EVIDENCE_MAKER:
		return "its maker is not trusted here";
	case TS_EVIDENCE_POLICY:
		return "it does not say when the card asks for PIN and touch";
	case TS_EVIDENCE_WEAK:
		return "the card signs without PIN or without a touch each "
		       "time";
	default:
		return "of something unknown";
	}
}

static bool
ask_is_ok(const struct ts_evidence_ask *ask)
{
	size_t i;

	if (!ts_token_key_is_ok(&ask->key, TS_TOKEN_KIND_PIV) ||
	    ask->bundle.len < 1 || ask->bundle.len > TSW_BUNDLE_MAX ||
	    ask->root_cnt > TS_EVIDENCE_ROOTS_MAX_CNT)
		return false;
	for (i = 0; i < ask->root_cnt; i++) {
		if (ask->root[i].len < 1 ||
		    ask->root[i].len > TS_EVIDENCE_ROOT_MAX)
			return false;
	}
	return true;
}

static void
put_slice(struct tsw_wr *wr, struct tsw_slice s)
{
	tsw_wr_u16(wr, (uint16_t)s.len);
	tsw_wr_bytes(wr, s.p, s.len);
}

static struct tsw_slice
get_slice(struct tsw_rd *rd)
{
	struct tsw_slice s;

	s.len = tsw_rd_u16(rd);
	s.p = tsw_rd_view(rd, s.len);
	return s;
}

int
ts_evidence_ask_encode(struct tsw_wr *wr, const struct ts_evidence_ask *ask)
{
	size_t i;

	if (!ask_is_ok(ask))
		return TS_ERR_ARGUMENT;
	tsw_wr_u8(wr, EVIDENCE_VERSION);
	ts_token_key_put(wr, &ask->key);
	put_slice(wr, ask->bundle);
	tsw_wr_u8(wr, ask->root_cnt);
	for (i = 0; i < ask->root_cnt; i++)
		put_slice(wr, ask->root[i]);
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

int
ts_evidence_ask_decode(struct ts_evidence_ask *out, const uint8_t *p,
    size_t len)
{
	struct ts_evidence_ask m;
	struct tsw_rd rd;
	size_t i;

	memset(&m, 0, sizeof(m));
	tsw_rd_init(&rd, p, len);
	if (tsw_rd_u8(&rd) != EVIDENCE_VERSION)
		return TSW_ERR_VERSION;
	ts_token_key_get(&m.key, &rd);
	m.bundle = get_slice(&rd);
	m.root_cnt = tsw_rd_u8(&rd);
	if (m.root_cnt > TS_EVIDENCE_ROOTS_MAX_CNT)
		tsw_rd_fail(&rd);
	for (i = 0; !rd.bad && i < m.root_cnt; i++)
		m.root[i] = get_slice(&rd);
	if (!tsw_rd_done(&rd))
		return TSW_ERR_FORMAT;
	if (!ask_is_ok(&m))
		return TSW_ERR_RANGE;
	*out = m;
	return TS_OK;
}

static bool
maker_is_ok(const char maker[TS_EVIDENCE_MAKER_MAX + 1])
{
	size_t i, len = strnlen(maker, TS_EVIDENCE_MAKER_MAX + 1);

	if (len < 1 || len > TS_EVIDENCE_MAKER_MAX)
		return false;
	for (i = 0; i < len; i++) {
		if (maker[i] < 0x20 || maker[i] > 0x7e)
			return false;
	}
	return true;
}

static bool
answer_is_ok(const struct ts_evidence *a)
{
	if (a->err > 0 || a->err < -ERR_MAX ||
	    (unsigned)a->why > TS_EVIDENCE_WHY_LAST)
		return false;
	if (a->err == TS_ERR_ATTESTATION)
		return a->why != TS_EVIDENCE_FINE &&
		    a->why != TS_EVIDENCE_MAKER;
	if (a->err == TS_ERR_UNKNOWN_MAKER)
		return a->why == TS_EVIDENCE_MAKER;
	if (a->why != TS_EVIDENCE_FINE)
		return false;
	if (a->err != TS_OK)
		return true;
	/* What the class demands: an answer cannot be good without it. */
	return maker_is_ok(a->maker) && a->touch == TS_TOKEN_POLICY_ALWAYS &&
	    (a->pin == TS_TOKEN_POLICY_ONCE ||
		a->pin == TS_TOKEN_POLICY_ALWAYS);
}

static void
put_good(struct tsw_wr *wr, const struct ts_evidence *a)
{
	size_t len = strlen(a->maker);

	tsw_wr_u8(wr, (uint8_t)len);
	tsw_wr_bytes(wr, (const uint8_t *)a->maker, len);
	tsw_wr_u8(wr, a->has_version ? 1 : 0);
	if (a->has_version)
		tsw_wr_bytes(wr, a->version, sizeof(a->version));
	tsw_wr_u8(wr, a->has_serial ? 1 : 0);
	if (a->has_serial)
		tsw_wr_u32(wr, a->serial);
	tsw_wr_u8(wr, (uint8_t)a->pin);
	tsw_wr_u8(wr, (uint8_t)a->touch);
}

static void
get_good(struct ts_evidence *a, struct tsw_rd *rd)
{
	size_t len = tsw_rd_u8(rd);

	if (len > TS_EVIDENCE_MAKER_MAX) {
		tsw_rd_fail(rd);
		return;
	}
	tsw_rd_copy(rd, (uint8_t *)a->maker, len);
	if (strlen(a->maker) != len)
		tsw_rd_fail(rd); /* a NUL inside would shorten it */
	a->has_version = ts_token_bool_get(rd);
	if (a->has_version)
		tsw_rd_copy(rd, a->version, sizeof(a->version));
	a->has_serial = ts_token_bool_get(rd);
	if (a->has_serial)
		a->serial = tsw_rd_u32(rd);
	a->pin = (enum ts_token_policy)tsw_rd_u8(rd);
	a->touch = (enum ts_token_policy)tsw_rd_u8(rd);
}

int
ts_evidence_answer_encode(struct tsw_wr *wr, const struct ts_evidence *answer)
{
	if (!answer_is_ok(answer))
		return TS_ERR_ARGUMENT;
	tsw_wr_u8(wr, EVIDENCE_VERSION);
	tsw_wr_u16(wr, (uint16_t)-answer->err);
	tsw_wr_u8(wr, (uint8_t)answer->why);
	if (answer->err == TS_OK)
		put_good(wr, answer);
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

int
ts_evidence_answer_decode(struct ts_evidence *out, const uint8_t *p, size_t len)
{
	struct ts_evidence m;
	struct tsw_rd rd;

	memset(&m, 0, sizeof(m));
	tsw_rd_init(&rd, p, len);
	if (tsw_rd_u8(&rd) != EVIDENCE_VERSION)
		return TSW_ERR_VERSION;
	m.err = -(int)tsw_rd_u16(&rd);
	m.why = (enum ts_evidence_why)tsw_rd_u8(&rd);
	if (m.err == TS_OK)
		get_good(&m, &rd);
	if (!tsw_rd_done(&rd))
		return TSW_ERR_FORMAT;
	if (!answer_is_ok(&m))
		return TSW_ERR_RANGE;
	*out = m;
	return TS_OK;
}
