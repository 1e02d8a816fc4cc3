/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods for comparing codes with a contact. */
#include <touchstone/code.h>

#include "methods.h"

#define LIVE_MS ((int64_t)3600 * 1000) /* how long a run may last, code.h */

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

/* Runs end with the process: it must not end by itself now. */
static void
keep_alive(struct ts_agent *agent)
{
	agent->live_until_ms = ts_loop_now_ms() + LIVE_MS;
}

static int
run_argument(uint32_t *out, const struct ts_conn *c)
{
	const int64_t run = ts_arg_int(c, "run");

	if (run < 1 || run > UINT32_MAX)
		return TS_ERR_NO_RUN;
	*out = (uint32_t)run;
	return TS_OK;
}

int
ts_reply_live_start(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	char text[TSW_LIVE_TEXT_MAX];
	uint32_t run;
	int r;

	r = ts_live_start(agent->store, &run, text, ts_arg_str(c, "contact"));
	if (r != TS_OK)
		return r;
	keep_alive(agent);
	ts_jw_int(out, "run", run);
	ts_jw_str(out, "text", text);
	return TS_OK;
}

int
ts_reply_live_answer(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	char text[TSW_LIVE_TEXT_MAX];
	uint32_t run;
	int r;

	r = ts_live_answer(agent->store, &run, text, ts_arg_str(c, "contact"),
	    ts_arg_str(c, "text"));
	if (r != TS_OK)
		return r;
	keep_alive(agent);
	ts_jw_int(out, "run", run);
	ts_jw_str(out, "text", text);
	return TS_OK;
}

int
ts_reply_live_continue(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	char text[TSW_LIVE_TEXT_MAX];
	char code[TSW_LIVE_DIGITS + 1];
	uint32_t run;
	int r;

	r = run_argument(&run, c);
	if (r == TS_OK)
		r = ts_live_continue(agent->store, text, code, run,
		    ts_arg_str(c, "text"));
	if (r != TS_OK)
		return r;
	ts_jw_str(out, "text", text);
	ts_jw_str(out, "code", code);
	return TS_OK;
}

int
ts_reply_live_result(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	uint32_t run;
	int r;

	(void)out;
	r = run_argument(&run, c);
	if (r == TS_OK)
		r = ts_live_result(agent->store, run,
		    ts_call_arg(&c->call, "match")->b);
	return r;
}
