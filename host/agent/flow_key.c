/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single keys of the statement applet: what the token says of itself
 * (AttestToken), and erasing one that is no longer used (ForgetKey).
 */
#include <string.h>
#include <sys/random.h>

#include <touchstone/export.h>
#include <touchstone/text.h>
#include <touchstone/wire/attest.h>

#include "flow.h"
#include "say.h"

#define DEVICE_NAME "touchstone-device" /* principal of the device key */

/* --- AttestToken --- */

static int
say_armored(struct ts_jw *w, const struct tsw_attestation *a)
{
	uint8_t blob[TSW_SSHSIG_MAX];
	struct ts_text text;
	struct tsw_wr wr;
	int r;

	ts_text_init(&text);
	tsw_wr_init(&wr, blob, sizeof(blob));
	r = tsw_attestation_sshsig(&wr, a);
	if (r == TSW_OK)
		r = ts_armor(&text, blob, tsw_wr_len(&wr));
	if (r == TS_OK)
		r = ts_text_done(&text);
	if (r == TS_OK)
		ts_jw_str(w, "armored", text.p);
	ts_text_wipe(&text);
	return r;
}

/* A line of ALLOWED SIGNERS (ssh-keygen(1)) for the device key. */
static int
say_signer(struct ts_jw *w, const struct tsw_attestation *a)
{
	struct tsw_pubkey key;
	uint8_t blob[128];
	struct ts_text text;
	struct tsw_wr wr;
	int r;

	memset(&key, 0, sizeof(key));
	key.alg = TSW_ALG_ED25519;
	key.len = sizeof(a->device);
	memcpy(key.data, a->device, sizeof(a->device));
	ts_text_init(&text);
	tsw_wr_init(&wr, blob, sizeof(blob));
	r = tsw_pubkey_encode(&wr, &key);
	ts_text_add(&text,
	    DEVICE_NAME " namespaces=\"" TSW_NS_ATTEST "\" ssh-ed25519 ");
	ts_text_add_base64(&text, blob, tsw_wr_len(&wr));
	ts_text_add(&text, "\n");
	if (r == TSW_OK)
		r = ts_text_done(&text);
	if (r == TS_OK)
		ts_jw_str(w, "allowed_signers", text.p);
	ts_text_wipe(&text);
	return r;
}

static int
say_attested(struct ts_op *op, struct ts_jw *w, const struct tsw_attestation *a)
{
	const struct ts_token *token = &op->signer;
	uint8_t document[TSW_ATTEST_MAX];
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, document, sizeof(document));
	r = tsw_attest_encode(&wr, a, &token->key, op->value);
	if (r != TSW_OK)
		return r;
	ts_jw_object(w, "result");
	ts_say_token(w, "key", token, true);
	ts_jw_hex(w, "model", a->model, sizeof(a->model));
	ts_jw_hex(w, "image", a->image, sizeof(a->image));
	ts_jw_hex(w, "device_key", a->device, sizeof(a->device));
	ts_jw_hex(w, "challenge", op->value, sizeof(op->value));
	ts_jw_bool(w, "same_device",
	    memcmp(a->device, token->device, sizeof(a->device)) == 0);
	ts_jw_bool(w, "same_image",
	    memcmp(a->image, token->image, sizeof(a->image)) == 0 &&
		memcmp(a->model, token->model, sizeof(a->model)) == 0);
	ts_jw_hex(w, "document", document, tsw_wr_len(&wr));
	r = say_armored(w, a);
	if (r == TS_OK)
		r = say_signer(w, a);
	ts_jw_object_end(w);
	return r;
}

static int
attested(struct ts_op *op, const struct ts_token_result *result)
{
	const struct ts_token_attestation *got = &result->u.attestation;
	struct tsw_attestation a;
	struct ts_jw *w;
	int r;

	if (result->err != TS_OK) {
		ts_op_fail_token(op, result->err, result->retries);
		return TS_OK;
	}
	r = tsw_attestation_decode(&a, got->cbor, got->len);
	if (r == TSW_OK)
		r = tsw_attestation_verify(&a, &op->signer.key, op->value);
	if (r != TSW_OK)
		return TS_ERR_TOKEN_LIED;
	w = ts_op_begin(op);
	if (w != NULL)
		r = say_attested(op, w, &a);
	if (r == TS_OK)
		ts_op_end(op, w);
	return r;
}

/* The own token on this device; only a key of the applet attests. */
static int
find_key(struct ts_op *op)
{
	char name[2 * TSW_HASH_LEN + 1];
	int r;

	if (!op->dev->has_key)
		return TS_ERR_WRONG_TOKEN;
	ts_hex_encode(name, op->dev->key_id, TSW_HASH_LEN);
	r = ts_own_token_find(op->agent->store, &op->signer, name);
	if (r != TS_OK)
		return r;
	return ts_token_is_applet(&op->signer) ? TS_OK
					       : TS_ERR_TOKEN_UNSUPPORTED;
}

static int
attest_arrived(struct ts_op *op)
{
	struct ts_token_request req;
	int r;

	r = find_key(op);
	if (r != TS_OK)
		return r;
	if (getrandom(op->value, sizeof(op->value), 0) !=
	    (ssize_t)sizeof(op->value))
		return TS_ERR_INTERNAL;
	ts_op_say(op, "working",
	    "The token signs what it is and which firmware it runs.");
	ts_flow_fill(&req, TS_TOKEN_MSG_ATTEST, op);
	memcpy(req.value, op->value, sizeof(req.value));
	return ts_op_run(op, &req, -1, attested);
}

static bool
attest_fits(struct ts_op *op, const struct ts_device *dev)
{
	(void)op;
	return dev->has_key && dev->info.applet.present && !dev->beside;
}

static int
attest(struct ts_op *op)
{
	int r;

	op->fits = attest_fits;
	r = ts_flow_text(op->target, sizeof(op->target), op, "token");
	return r == TS_OK ? ts_op_seize(op, attest_arrived) : r;
}

int
ts_flow_attest(struct ts_agent *agent, struct ts_conn *c)
{
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r == TS_OK)
		ts_op_step(op, attest(op));
	return r;
}

/* --- ForgetKey --- */

static int
forgotten(struct ts_op *op, const struct ts_token_result *result)
{
	struct ts_jw *w;
	int r;

	if (result->err != TS_OK) {
		ts_op_fail_token(op, result->err, result->retries);
		return TS_OK;
	}
	r = ts_own_token_drop(op->agent->store, op->signer.id);
	if (r != TS_OK)
		return r;
	if (op->dev->has_key &&
	    memcmp(op->dev->key_id, op->signer.id, TSW_HASH_LEN) == 0)
		op->dev->has_key = false;
	w = ts_op_begin(op);
	if (w != NULL)
		ts_say_token(w, "result", &op->signer, true);
	ts_op_end(op, w);
	return TS_OK;
}

static int
forget_arrived(struct ts_op *op)
{
	struct ts_token_request req;

	if (!op->dev->info.applet.present)
		return TS_ERR_TOKEN_UNSUPPORTED;
	if (op->pin_fd < 0)
		return ts_flow_need_pin(op, TS_TOKEN_KIND_FIDO);
	ts_op_say(op, "working", "Erase one key: it can never sign again.");
	ts_flow_fill(&req, TS_TOKEN_MSG_FORGET, op);
	return ts_op_run(op, &req, op->pin_fd, forgotten);
}

/* The token that has the key, as far as it was asked; else the only one. */
static bool
forget_fits(struct ts_op *op, const struct ts_device *dev)
{
	const struct ts_device *known =
	    ts_device_by_key(&op->agent->devices, op->signer.id);

	return known != NULL ? dev == known
			     : dev->info.applet.present && !dev->beside;
}

static int
forget(struct ts_op *op)
{
	struct ts_store *store = op->agent->store;
	int r;

	op->fits = forget_fits;
	r = ts_flow_text(op->target, sizeof(op->target), op, "token");
	if (r == TS_OK)
		r = ts_conn_take_fd(&op->pin_fd, op->conn, "pin_fd");
	if (r == TS_OK)
		r = ts_own_token_find(store, &op->signer,
		    ts_call_arg(&op->conn->call, "key")->s);
	if (r == TS_OK && !ts_token_is_applet(&op->signer))
		r = TS_ERR_TOKEN_UNSUPPORTED;
	if (r == TS_OK)
		r = ts_own_token_unused(store, op->signer.id);
	return r == TS_OK ? ts_op_seize(op, forget_arrived) : r;
}

int
ts_flow_forget(struct ts_agent *agent, struct ts_conn *c)
{
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r == TS_OK)
		ts_op_step(op, forget(op));
	return r;
}
