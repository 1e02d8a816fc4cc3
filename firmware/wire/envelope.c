/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC section 7. */
#include <touchstone/wire/cbor.h>
#include <touchstone/wire/statement.h>

#include <string.h>

int
tsw_envelope_decode(struct tsw_envelope *out, const uint8_t *p, size_t len)
{
	struct tsw_envelope m;
	struct tsw_cb cb;
	size_t i, cnt;
	int r;

	if (len > TSW_ENVELOPE_MAX)
		return TSW_ERR_TOO_LONG;
	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, p, len);
	if (tsw_cb_array(&cb) != 2)
		tsw_cb_fail(&cb, TSW_ERR_FORMAT);
	m.statement = tsw_cb_bytes(&cb, 1, TSW_STATEMENT_MAX);
	cnt = tsw_cb_array(&cb);
	if (cnt < 1)
		tsw_cb_fail(&cb, TSW_ERR_TOO_SHORT);
	if (cnt > TSW_SIGS_MAX_CNT)
		tsw_cb_fail(&cb, TSW_ERR_TOO_LONG);
	for (i = 0; i < cnt && cb.err == TSW_OK; i++)
		m.sig[i] = tsw_cb_bytes(&cb, 1, TSW_SSHSIG_MAX);
	m.sig_cnt = (uint8_t)i;
	r = tsw_cb_done(&cb);
	if (r == TSW_OK)
		*out = m;
	return r;
}

static int
string_check(struct tsw_slice s, size_t max)
{
	if (s.len < 1)
		return TSW_ERR_TOO_SHORT;
	return s.len <= max ? TSW_OK : TSW_ERR_TOO_LONG;
}

int
tsw_envelope_encode(struct tsw_wr *wr, const struct tsw_envelope *env)
{
	size_t i;
	int r;

	if (env->sig_cnt < 1)
		return TSW_ERR_TOO_SHORT;
	if (env->sig_cnt > TSW_SIGS_MAX_CNT)
		return TSW_ERR_TOO_LONG;
	r = string_check(env->statement, TSW_STATEMENT_MAX);
	for (i = 0; r == TSW_OK && i < env->sig_cnt; i++)
		r = string_check(env->sig[i], TSW_SSHSIG_MAX);
	if (r != TSW_OK)
		return r;
	tsw_wr_cb_array(wr, 2);
	tsw_wr_cb_bytes(wr, env->statement.p, env->statement.len);
	tsw_wr_cb_array(wr, env->sig_cnt);
	for (i = 0; i < env->sig_cnt; i++)
		tsw_wr_cb_bytes(wr, env->sig[i].p, env->sig[i].len);
	return wr->full ? TSW_ERR_NO_SPACE : TSW_OK;
}
