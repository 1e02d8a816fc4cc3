/* SPDX-License-Identifier: BSD-2-Clause */
#include "op.h"

#include <string.h>

#include "../clock.h"

static int
encode(struct ts_bytes *out, const struct tsw_statement *st)
{
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, out->p, sizeof(out->p));
	r = tsw_statement_encode(&wr, st);
	if (r != TSW_OK)
		return r;
	out->len = tsw_wr_len(&wr);
	return out->len > 0 ? TS_OK : TSW_ERR_NO_SPACE;
}

int
ts_op_encode(struct ts_bytes *out, const struct tsw_op *op)
{
	struct tsw_statement st;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_UPDATE;
	st.u.update.seq = 1;
	st.u.update.op[0] = *op;
	st.u.update.op_cnt = 1;
	return encode(out, &st);
}

int
ts_op_decode(struct tsw_op *out, const uint8_t *p, size_t len)
{
	struct tsw_statement st;
	int r;

	r = tsw_statement_decode(&st, p, len);
	if (r != TSW_OK)
		return r;
	if (st.kind != TSW_KIND_UPDATE || st.u.update.op_cnt != 1)
		return TSW_ERR_KIND;
	*out = st.u.update.op[0];
	return TS_OK;
}

int
ts_op_update(struct ts_bytes *out, const struct tsw_chain *chain,
    const struct tsw_op *op, size_t cnt, uint64_t time,
    const struct tsw_checkpoint *cp)
{
	struct tsw_statement st;
	struct tsw_update *u = &st.u.update;

	if (cnt > TSW_OPS_MAX_CNT)
		return TSW_ERR_TOO_LONG;
	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_UPDATE;
	/* A clock set back must not keep the user from signing. */
	st.time = time > chain->time ? time : chain->time;
	memcpy(u->identity, chain->id, sizeof(u->identity));
	u->seq = chain->seq + 1;
	memcpy(u->prev, chain->head, sizeof(u->prev));
	memcpy(u->op, op, cnt * sizeof(op[0]));
	u->op_cnt = (uint8_t)cnt;
	if (cp != NULL) {
		u->has_checkpoint = true;
		u->checkpoint = *cp;
	}
	return encode(out, &st);
}

int
ts_op_try(struct tsw_chain *chain, const struct tsw_op *op)
{
	struct ts_bytes b;
	struct tsw_slice s;
	int r;

	r = ts_op_update(&b, chain, op, 1, ts_clock_now(), NULL);
	if (r != TS_OK)
		return r;
	s.p = b.p;
	s.len = b.len;
	return tsw_chain_preview(chain, s, ts_clock_now());
}
