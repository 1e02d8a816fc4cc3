/* SPDX-License-Identifier: BSD-2-Clause */
/* From a call to the method that answers it. */
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "flow.h"
#include "methods.h"

#define SERVICE "org.varlink.service"

/*
 * No method takes bytes or a hash to be signed: tokens sign statements that
 * libtouchstone built from the state and from these typed arguments.
 */
const struct ts_method ts_methods[] = {
    {"GetStatus", NULL, ts_flow_status, TS_WITH_STORE},
    {"Init", ts_reply_init, NULL, TS_WITH_STORE},
    {"GetLog", ts_reply_log, NULL, TS_WITH_STORE},
    {"OfferPolicy", ts_reply_offer, NULL, TS_WITH_STORE},
    {"SetDirectory", ts_reply_set_directory, NULL, TS_WITH_STORE},
    {"SetInvitation", ts_reply_invitation, NULL, TS_WITH_STORE},
    {"LogProof", ts_reply_log_proof, NULL, TS_WITH_STORE},
    {"ListTokens", NULL, ts_flow_tokens, TS_WITH_STORE},
    {"TokenInfo", NULL, ts_flow_info, TS_WITH_STORE},
    {"Provision", NULL, ts_flow_provision, TS_WITH_STORE},
    {"Enrol", NULL, ts_flow_enrol, TS_WITH_STORE},
    {"Retire", ts_reply_retire, NULL, TS_WITH_STORE},
    {"SetPin", NULL, ts_flow_pin, TS_WITH_STORE},
    {"UnblockPin", NULL, ts_flow_unblock, TS_WITH_STORE},
    {"ResetToken", NULL, ts_flow_reset, TS_WITH_STORE},
    {"AttestToken", NULL, ts_flow_attest, TS_WITH_STORE},
    {"ForgetKey", NULL, ts_flow_forget, TS_WITH_STORE},
    {"Wink", NULL, ts_flow_wink, TS_WITH_STORE},
    {"AddKey", ts_reply_add_key, NULL, TS_WITH_STORE},
    {"ListKeys", ts_reply_keys, NULL, TS_WITH_STORE},
    {"RevokeKey", ts_reply_revoke_key, NULL, TS_WITH_STORE},
    {"SetVerification", ts_reply_verification, NULL, TS_WITH_STORE},
    {"SetPolicy", ts_reply_policy, NULL, TS_WITH_STORE},
    {"Recover", NULL, ts_flow_recover, TS_WITH_STORE},
    {"Veto", ts_reply_veto, NULL, TS_WITH_STORE},
    {"ListPending", ts_reply_pending, NULL, TS_WITH_STORE},
    {"DropPending", ts_reply_drop, NULL, TS_WITH_STORE},
    {"Sign", NULL, ts_flow_sign, TS_WITH_STORE},
    {"Publish", ts_reply_publish, NULL, TS_WITH_STORE},
    {"AddContact", ts_reply_contact_add, NULL, TS_WITH_STORE},
    {"ListContacts", ts_reply_contacts, NULL, TS_WITH_STORE},
    {"ShowContact", ts_reply_contact, NULL, TS_WITH_STORE},
    {"RemoveContact", ts_reply_contact_remove, NULL, TS_WITH_STORE},
    {"Refresh", ts_reply_refresh, NULL, TS_FOR_ALL},
    {"GetCodes", ts_reply_codes, NULL, TS_WITH_STORE},
    {"CheckQr", ts_reply_check_qr, NULL, TS_WITH_STORE},
    {"LiveStart", NULL, ts_flow_live_start, TS_WITH_STORE},
    {"LiveAnswer", NULL, ts_flow_live_answer, TS_WITH_STORE},
    {"LiveContinue", NULL, ts_flow_live_continue, TS_WITH_STORE},
    {"LiveResult", NULL, ts_flow_live_result, TS_WITH_STORE},
    {"LiveMeet", NULL, ts_flow_meet, TS_WITH_STORE},
    {"SayHello", NULL, ts_flow_hello, TS_WITH_STORE},
    {"GetHellos", NULL, ts_flow_hellos, TS_WITH_STORE},
    {"LiveType", NULL, ts_flow_live_type, TS_WITH_STORE},
    {"Confirm", NULL, ts_flow_confirm, TS_WITH_STORE},
    {"GetKeys", ts_reply_contact_keys, NULL, TS_WITH_STORE},
    {"AllowedSigners", ts_reply_allowed_signers, NULL, TS_WITH_STORE},
    {"ListAlerts", ts_reply_alerts, NULL, TS_WITH_STORE},
    {"CloseAlert", ts_reply_alert_close, NULL, TS_WITH_STORE},
    {"AlertProof", ts_reply_alert_proof, NULL, TS_WITH_STORE},
    {"SetLockdown", ts_reply_lockdown, NULL, TS_WITH_STORE},
    {"Export", ts_reply_export, NULL, TS_WITH_STORE},
    {"Watch", NULL, ts_start_watch, TS_WITHOUT_STORE},
    {"Stop", ts_reply_stop, NULL, TS_WITHOUT_STORE},
};

const size_t ts_methods_cnt = sizeof(ts_methods) / sizeof(ts_methods[0]);

int
ts_reply_stop(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	(void)c;
	(void)out;
	agent->stopping = true;
	ts_desk_close(&agent->desk);
	ts_ops_leave_mailbox(agent);
	ts_agent_settle(agent);
	return TS_OK;
}

int
ts_start_watch(struct ts_agent *agent, struct ts_conn *c)
{
	(void)agent;
	if (!c->call.more)
		ts_fault_service(c, "ExpectedMore", NULL, NULL);
	else
		c->watching = true;
	return TS_OK;
}

/* --- org.varlink.service --- */

static const char service_text[] =
    "# The Varlink Service Interface is provided by every varlink service.\n"
    "interface " SERVICE "\n"
    "\n"
    "method GetInfo() -> (\n"
    "  vendor: string, product: string, version: string, url: string,\n"
    "  interfaces: []string\n"
    ")\n"
    "method GetInterfaceDescription(interface: string) -> "
    "(description: string)\n"
    "\n"
    "error InterfaceNotFound (interface: string)\n"
    "error MethodNotFound (method: string)\n"
    "error MethodNotImplemented (method: string)\n"
    "error InvalidParameter (parameter: string)\n"
    "error PermissionDenied ()\n"
    "error ExpectedMore ()\n";

static void
reply_info(struct ts_conn *c)
{
	struct ts_jw *w = ts_conn_begin(c);

	ts_jw_str(w, "vendor", "Touchstone");
	ts_jw_str(w, "product", "touchstone-agent");
	ts_jw_str(w, "version", TS_VERSION);
	ts_jw_str(w, "url", "");
	ts_jw_list(w, "interfaces");
	ts_jw_str(w, NULL, SERVICE);
	ts_jw_str(w, NULL, TS_INTERFACE);
	ts_jw_list_end(w);
	ts_conn_end(c, NULL, false);
}

static void
reply_description(struct ts_conn *c)
{
	const char *name = ts_arg_str(c, "interface");
	const char *text = NULL;
	struct ts_jw *w;

	if (strcmp(name, TS_INTERFACE) == 0)
		text = ts_interface_text;
	else if (strcmp(name, SERVICE) == 0)
		text = service_text;
	if (text == NULL) {
		ts_fault_service(c, "InterfaceNotFound", "interface", name);
		return;
	}
	w = ts_conn_begin(c);
	ts_jw_str(w, "description", text);
	ts_conn_end(c, NULL, false);
}

/* --- Dispatch --- */

/* Check the arguments against idl; false: the caller was told what is wrong. */
static bool
check_call(struct ts_conn *c, const char *idl)
{
	struct ts_signature signature;

	if (ts_signature_read(&signature, idl, c->call.method) != TS_OK) {
		ts_fault_service(c, "MethodNotFound", "method", c->call.method);
		return false;
	}
	if (ts_call_check(&c->call, &signature) != TS_OK) {
		ts_fault_service(c, "InvalidParameter", "parameter",
		    c->call.bad);
		return false;
	}
	return true;
}

static bool
is_interface(const struct ts_call *call, const char *name)
{
	return call->interface_len == strlen(name) &&
	    memcmp(call->interface, name, call->interface_len) == 0;
}

static const struct ts_method *
find_method(const char *name)
{
	size_t i;

	for (i = 0; i < ts_methods_cnt; i++)
		if (strcmp(ts_methods[i].name, name) == 0)
			return &ts_methods[i];
	return NULL;
}

static void
fail(const struct ts_agent *agent, struct ts_conn *c, const struct ts_method *m,
    int err)
{
	struct ts_names file;
	int n;

	if (agent->store != NULL || m->needs == TS_WITHOUT_STORE) {
		ts_fault_reply(c, err,
		    agent->store == NULL ? NULL : ts_store_names(agent->store));
		return;
	}
	/* It could not be opened: the user may have to look at the file. */
	file.cnt = 1;
	n = snprintf(file.name[0], sizeof(file.name[0]), "%s/" TS_DATABASE,
	    agent->paths.state);
	if (n < 0 || (size_t)n >= sizeof(file.name[0]))
		memcpy(file.name[0], TS_DATABASE, sizeof(TS_DATABASE));
	ts_fault_reply(c, err, &file);
}

/* Also made again from the start, while the directory is waited for. */
static int
run_reply(void *ctx)
{
	struct ts_reply_call *call = ctx;
	struct ts_jw *w = ts_conn_begin(call->conn);
	int r;

	r = w->failed ? TS_ERR_NO_MEMORY
		      : call->method->reply(call->agent, call->conn, w);
	return r == TS_OK && w->failed ? TS_ERR_NO_MEMORY : r;
}

static void
reply_done(void *ctx, int r)
{
	const struct ts_reply_call *call = ctx;

	if (r == TS_OK)
		ts_conn_end(call->conn, NULL, false);
	else
		fail(call->agent, call->conn, call->method, r);
}

static void
reply_gone(void *ctx)
{
	struct ts_reply_call *call = ctx;

	ts_chore_kill(&call->chore);
	ts_agent_settle(call->agent);
}

static void
start_reply(struct ts_agent *agent, struct ts_conn *c,
    const struct ts_method *m)
{
	struct ts_reply_call *call = &agent->call[c - agent->server.conn];

	call->agent = agent;
	call->conn = c;
	call->method = m;
	call->chore.run = run_reply;
	call->chore.done = reply_done;
	call->chore.ctx = call;
	call->chore.for_all = m->needs == TS_FOR_ALL;
	c->gone = reply_gone;
	c->gone_ctx = call;
	ts_chore_start(&call->chore, &agent->desk);
}

static int
run(struct ts_agent *agent, struct ts_conn *c, const struct ts_method *m)
{
	int r;

	if (m->needs != TS_WITHOUT_STORE) {
		r = ts_agent_store(agent);
		if (r != TS_OK)
			return r;
	}
	if (m->start != NULL)
		return agent->stopping ? TS_ERR_CANCELLED : m->start(agent, c);
	start_reply(agent, c, m);
	return TS_OK;
}

static void
serve_service(struct ts_conn *c)
{
	if (!check_call(c, service_text))
		return;
	if (strcmp(c->call.method, "GetInfo") == 0)
		reply_info(c);
	else
		reply_description(c);
}

void
ts_dispatch(void *ctx, struct ts_conn *c)
{
	struct ts_agent *agent = ctx;
	const struct ts_method *m;
	char name[TS_METHOD_NAME_MAX + 1];
	int r;

	agent->called_ms = ts_loop_now_ms();
	if (c->broken != TS_OK) {
		ts_fault_reply(c, c->broken, NULL);
		return;
	}
	if (is_interface(&c->call, SERVICE)) {
		serve_service(c);
		return;
	}
	if (!is_interface(&c->call, TS_INTERFACE)) {
		memcpy(name, c->call.interface, c->call.interface_len);
		name[c->call.interface_len] = '\0';
		ts_fault_service(c, "InterfaceNotFound", "interface", name);
		return;
	}
	m = find_method(c->call.method);
	if (m == NULL) {
		ts_fault_service(c, "MethodNotFound", "method", c->call.method);
		return;
	}
	if (!check_call(c, ts_interface_text))
		return;
	r = run(agent, c, m);
	if (r != TS_OK)
		fail(agent, c, m, r);
}
