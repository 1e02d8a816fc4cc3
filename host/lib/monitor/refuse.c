/* SPDX-License-Identifier: BSD-2-Clause */
/* What a record that may not stand where it stands says about the directory. */
#include <string.h>

#include "look.h"

/* The own record has words of its own for some causes. */
static enum ts_alert_code
code_for(const struct ts_look *look, enum ts_alert_code code,
    const struct ts_record *rec)
{
	if (look->person.id != TS_OWN)
		return code;
	if (code == TS_ALERT_IDENTITY_REPLACED)
		return TS_ALERT_OWN_REPLACED;
	if (code != TS_ALERT_FORK)
		return code;
	/* In the place of one that never got there, or behind the last. */
	return rec->seq < look->known && rec->seq >= look->store->own.published
	    ? TS_ALERT_OWN_CONFLICT
	    : TS_ALERT_OWN_UNKNOWN_CHANGE;
}

int
ts_look_raise(struct ts_look *look, enum ts_alert_code code,
    const struct ts_record *rec)
{
	uint8_t ours[TSW_ENVELOPE_MAX];
	struct ts_raise raise;
	size_t len = 0;
	uint32_t seq;
	int r;

	look->bad = true;
	memset(&raise, 0, sizeof(raise));
	raise.code = code_for(look, code, rec);
	raise.person = look->person.id;
	tsw_statement_hash(raise.cause, rec->bytes.p, rec->bytes.len);
	raise.proof[1] = rec->bytes;
	if (code == TS_ALERT_FORK || code == TS_ALERT_IDENTITY_REPLACED) {
		seq = rec->seq < look->known ? rec->seq : look->known - 1;
		r = ts_rows_get(look->store, ours, &len, look->person.id, seq);
		if (r != TS_OK)
			return r;
		raise.proof[0].p = ours;
		raise.proof[0].len = len;
	}
	return ts_alert_raise(look->store, &raise);
}

/* Errors that say: not signed by who must sign. */
static bool
is_signature_error(int err)
{
	static const int list[] = {TSW_ERR_SSHSIG_MAGIC, TSW_ERR_SSHSIG_VERSION,
	    TSW_ERR_SSHSIG_ALG, TSW_ERR_SSHSIG_HASH, TSW_ERR_SSHSIG_RESERVED,
	    TSW_ERR_NAMESPACE, TSW_ERR_APPLICATION, TSW_ERR_NO_TOUCH,
	    TSW_ERR_NO_UV, TSW_ERR_BACKUP_KEY, TSW_ERR_FLAGS, TSW_ERR_BAD_POINT,
	    TSW_ERR_NOT_CANONICAL_SIG, TSW_ERR_BADSIG, TSW_ERR_UNKNOWN_SIGNER,
	    TSW_ERR_THRESHOLD, TSW_ERR_UNSIGNED_TOKEN, TSW_ERR_ROLE};
	size_t i;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (list[i] == err)
			return true;
	}
	return false;
}

/* A token that before lists has really signed the statement. */
static bool
is_signed(const struct tsw_chain *before, const struct tsw_envelope *env)
{
	uint8_t id[TSW_HASH_LEN];
	struct tsw_sshsig sig;
	size_t i;

	for (i = 0; i < env->sig_cnt; i++) {
		if (tsw_sshsig_decode(&sig, env->sig[i].p, env->sig[i].len) !=
		    TSW_OK)
			continue;
		tsw_token_id(id, &sig.key);
		if (tsw_chain_find_token(before, id) >= 0 &&
		    tsw_sshsig_verify(&sig, TSW_NS_ID_STATEMENT, true,
			env->statement) == TSW_OK)
			return true;
	}
	return false;
}

/* The statement is one that is known, standing at another place. */
static int
is_known(struct ts_look *look, bool *out, const struct ts_record *rec)
{
	uint8_t hash[TSW_HASH_LEN], mine[TSW_HASH_LEN];
	int r;

	*out = false;
	if (rec->st.kind != TSW_KIND_UPDATE)
		return TS_OK;
	r = ts_rows_hash(look->store, mine, look->person.id,
	    rec->st.u.update.seq);
	if (r == TS_ERR_NOT_FOUND)
		return TS_OK;
	if (r != TS_OK)
		return r;
	tsw_statement_hash(hash, rec->env.statement.p, rec->env.statement.len);
	*out = memcmp(hash, mine, sizeof(hash)) == 0;
	return TS_OK;
}

int
ts_look_refuse(struct ts_look *look, const struct tsw_chain *before,
    const struct ts_record *rec, int err)
{
	enum ts_alert_code code = TS_ALERT_RECORD_BROKEN;
	bool known;
	int r;

	if (err == TSW_ERR_INTERNAL || err <= -100)
		return err;
	r = is_known(look, &known, rec);
	if (r != TS_OK)
		return r;
	if (known)
		code = TS_ALERT_RECORD_BROKEN;
	else if (is_signature_error(err) || !is_signed(before, &rec->env))
		code = TS_ALERT_UNSIGNED_CHANGE;
	else if (err == TSW_ERR_SEQ || err == TSW_ERR_PREV ||
	    err == TSW_ERR_IDENTITY)
		code = TS_ALERT_FORK;
	return ts_look_raise(look, code, rec);
}
