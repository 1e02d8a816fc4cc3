/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods about the directory and its log. */
#include <string.h>

#include <touchstone/log.h>

#include "methods.h"

static void
say_terms(struct ts_jw *out, const struct ts_log *log)
{
	ts_jw_str(out, "origin", log->origin);
	ts_jw_int(out, "witnesses", (int64_t)log->witnesses);
	ts_jw_bool(out, "alone", log->alone);
}

/* A text of the library, or "" if it has none. */
static int
say_text(struct ts_jw *out, const char *key, struct ts_store *store,
    int (*get)(struct ts_store *store, struct ts_text *text))
{
	struct ts_text text;
	int r;

	ts_text_init(&text);
	r = get(store, &text);
	if (r == TS_OK)
		ts_jw_strn(out, key, text.p, text.len);
	else if (r == TS_ERR_NOT_FOUND)
		ts_jw_str(out, key, "");
	ts_text_wipe(&text);
	return r == TS_ERR_NOT_FOUND ? TS_OK : r;
}

int
ts_reply_log(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	struct ts_own own;
	struct ts_log log;
	int r;

	(void)c;
	ts_own_get(agent->store, &own);
	ts_log_get(agent->store, &log);
	ts_jw_str(out, "directory", own.directory);
	say_terms(out, &log);
	ts_jw_int(out, "size", (int64_t)log.size);
	ts_jw_hex(out, "root", log.root, log.known ? TSW_HASH_LEN : 0);
	ts_jw_int(out, "witnessed", (int64_t)log.time);
	ts_jw_int(out, "looked", (int64_t)log.looked);
	ts_jw_bool(out, "fresh", log.fresh);
	r = say_text(out, "policy", agent->store, ts_log_policy);
	if (r == TS_OK)
		r = say_text(out, "checkpoint", agent->store, ts_log_note);
	return r;
}

int
ts_reply_offer(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	struct ts_text text;
	int r;

	ts_text_init(&text);
	r = ts_log_offer(agent->store, &text, ts_arg_str(c, "directory"));
	if (r == TS_OK)
		ts_jw_strn(out, "policy", text.p, text.len);
	ts_text_wipe(&text);
	return r;
}

int
ts_reply_set_directory(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	const char *policy = ts_arg_str(c, "policy");
	struct ts_own own;
	int r;

	r = ts_log_set(agent->store, ts_arg_str(c, "directory"),
	    policy[0] == '\0' ? NULL : policy);
	if (r != TS_OK)
		return r;
	ts_own_get(agent->store, &own);
	ts_jw_str(out, "directory", own.directory);
	return TS_OK;
}

int
ts_reply_invitation(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	(void)out;
	return ts_log_invitation(agent->store, ts_arg_str(c, "text"));
}

int
ts_reply_log_proof(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	struct ts_text text;
	int r;

	ts_text_init(&text);
	r = ts_log_proof(agent->store, &text, ts_arg_str(c, "label"));
	if (r == TS_OK)
		ts_jw_strn(out, "proof", text.p, text.len);
	ts_text_wipe(&text);
	return r;
}

struct proof_list {
	struct ts_jw *out;
};

static int
list_proof(void *arg, const uint8_t *p, size_t len)
{
	ts_jw_hex(((struct proof_list *)arg)->out, NULL, p, len);
	return TS_OK;
}

int
ts_reply_alert_proof(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	const int64_t id = ts_arg_int(c, "id");
	struct proof_list list = {out};
	int r;

	if (id < 1 || id > UINT32_MAX)
		return TS_ERR_ARGUMENT;
	ts_jw_list(out, "proofs");
	r = ts_alert_proof(agent->store, (uint32_t)id, list_proof, &list);
	ts_jw_list_end(out);
	return r;
}
