/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The methods that answer at once: see struct ts_method.  Each writes the
 * output parameters of its method into out, or returns an error.
 */
#ifndef TOUCHSTONE_AGENT_METHODS_H
#define TOUCHSTONE_AGENT_METHODS_H

#include "agent.h"

#define TS_REPLY(name)                                                         \
	int ts_reply_##name(struct ts_agent *agent, struct ts_conn *c,         \
	    struct ts_jw *out) TS_MUST_CHECK

/* own.c: the own identity */

TS_REPLY(init);

TS_REPLY(keys);
TS_REPLY(publish);
TS_REPLY(export);

/* ... and what waits for tokens to settle first (flow_token.c) */
int ts_say_status(struct ts_agent *agent, struct ts_jw *out) TS_MUST_CHECK;
int ts_say_tokens(struct ts_agent *agent, struct ts_jw *out) TS_MUST_CHECK;

/* pending.c: changes that wait */
TS_REPLY(add_key);
TS_REPLY(revoke_key);
TS_REPLY(verification);
TS_REPLY(policy);
TS_REPLY(retire);
TS_REPLY(veto);
TS_REPLY(pending);
TS_REPLY(drop);

/* people.c: contacts */
TS_REPLY(contact_add);
TS_REPLY(contacts);
TS_REPLY(contact);
TS_REPLY(contact_remove);
TS_REPLY(refresh);
TS_REPLY(contact_keys);
TS_REPLY(allowed_signers);
TS_REPLY(alerts);
TS_REPLY(alert_close);
TS_REPLY(lockdown);

/* log.c: the directory and its log */
TS_REPLY(log);
TS_REPLY(offer);
TS_REPLY(set_directory);
TS_REPLY(invitation);
TS_REPLY(log_proof);
TS_REPLY(alert_proof);

/* codes.c: comparing */
TS_REPLY(codes);
TS_REPLY(check_qr);

/* service.c: the agent itself */
TS_REPLY(stop);
int ts_start_watch(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;

/* Shorthands for what every method does. */
static inline const char *
ts_arg_str(const struct ts_conn *c, const char *name)
{
	return ts_call_arg(&c->call, name)->s;
}

static inline int64_t
ts_arg_int(const struct ts_conn *c, const char *name)
{
	return ts_call_arg(&c->call, name)->n;
}

#endif
