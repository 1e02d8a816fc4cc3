/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new key on a card that attests it: the bundle is judged as contacts will
 * judge it before the key is listed as card-attested.
 */
#include <stdio.h>
#include <string.h>

#include "flow.h"

/* The owner asked for more than there is; the key is good all the same. */
static void
say_not(struct ts_op *op, const char *why)
{
	char text[TS_PROOF_TEXT_MAX + 160];

	(void)snprintf(text, sizeof(text),
	    "The card's attestation is of no use: %s. Contacts will see the "
	    "key as one of a card that proves nothing.",
	    why);
	ts_op_say(op, "warning", text);
}

static int
take_proof(struct ts_op *op, const struct ts_proof *proof)
{
	struct ts_token *token = op->proving;
	char text[TS_PROOF_TEXT_MAX + 64];
	int r;

	if (proof->state != TS_PROOF_GOOD) {
		say_not(op, proof->text);
		return TS_OK;
	}
	r = ts_bundle_keep(op->agent->store, &token->key, op->bundle.cbor,
	    op->bundle.len, proof);
	if (r != TS_OK)
		return r;
	token->evidence = TSW_EVIDENCE_CARD_ATTESTED;
	tsw_bundle_hash(token->attestation, op->bundle.cbor, op->bundle.len);
	token->attestation_len = TSW_HASH_LEN;
	(void)snprintf(text, sizeof(text), "The card attests the key: %s.",
	    proof->text);
	ts_op_say(op, "working", text);
	return TS_OK;
}

static void
judged(void *ctx, const struct ts_evidence *evidence)
{
	struct ts_proof proof;
	struct ts_op *op = ctx;
	int r;

	ts_inquiry_words(&proof, evidence);
	r = take_proof(op, &proof);
	ts_op_step(op, r == TS_OK ? op->proved(op) : r);
}

int
ts_flow_prove(struct ts_op *op, struct ts_token *token,
    const struct ts_token_bundle *bundle, int (*proved)(struct ts_op *op))
{
	struct tsw_slice s = {op->bundle.cbor, bundle->len};
	int r;

	op->proving = token;
	op->proved = proved;
	op->bundle = *bundle;
	op->inquiry.loop = &op->agent->loop;
	op->inquiry.done = judged;
	op->inquiry.ctx = op;
	if (bundle->len == 0) {
		say_not(op, "it gave none");
		return proved(op);
	}
	r = ts_inquiry_start(&op->inquiry, op->agent->helper, &token->key, s);
	if (r == TS_OK)
		return TS_OK;
	say_not(op, ts_strerror(r));
	return proved(op);
}
