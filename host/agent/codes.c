/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods for comparing codes with a contact. */
#include <touchstone/code.h>

#include "methods.h"

int
ts_reply_codes(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	struct ts_codes codes;
	int r;

	r = ts_code_get(agent->store, &codes, ts_arg_str(c, "contact"));
	if (r != TS_OK)
		return r;
	ts_jw_str(out, "own", codes.own);
	ts_jw_str(out, "theirs", codes.theirs);
	ts_jw_str(out, "pair", codes.pair);
	ts_jw_str(out, "qr", codes.qr);
	return TS_OK;
}

int
ts_reply_check_qr(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	int r;

	r = ts_code_check(agent->store, ts_arg_str(c, "contact"), TSW_METHOD_QR,
	    ts_arg_str(c, "qr"));
	if (r != TS_OK && r != TS_ERR_MISMATCH)
		return r;
	ts_jw_bool(out, "match", r == TS_OK);
	return TS_OK;
}
