/* SPDX-License-Identifier: BSD-2-Clause */
#include "inquiry.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "roots.h"

static void
finish(struct ts_inquiry *inquiry, const struct ts_evidence *evidence)
{
	ts_inquiry_kill(inquiry);
	inquiry->done(inquiry->ctx, evidence);
}

static void
ready(void *ctx, short revents)
{
	struct ts_inquiry *inquiry = ctx;
	struct ts_evidence evidence;

	(void)revents;
	if (ts_evidence_next(&inquiry->client, &evidence))
		finish(inquiry, &evidence);
}

static void
too_late(void *ctx)
{
	struct ts_evidence evidence;

	memset(&evidence, 0, sizeof(evidence));
	evidence.err = TS_ERR_HELPER;
	finish(ctx, &evidence);
}

int
ts_inquiry_start(struct ts_inquiry *inquiry, const char *helper,
    const struct tsw_pubkey *key, struct tsw_slice bundle)
{
	struct ts_evidence_ask ask;
	struct ts_roots roots;
	size_t i;
	int r;

	if (inquiry->active)
		return TS_ERR_BUSY;
	ts_roots_read(&roots);
	memset(&ask, 0, sizeof(ask));
	ask.key = *key;
	ask.bundle = bundle;
	ask.root_cnt = roots.cnt;
	for (i = 0; i < roots.cnt; i++)
		ask.root[i] = (struct tsw_slice){roots.der[i], roots.len[i]};
	r = ts_evidence_start(&inquiry->client, helper, &ask);
	if (r != TS_OK)
		return r;
	inquiry->watch.fd = inquiry->client.fd;
	inquiry->watch.events = POLLIN;
	inquiry->watch.ready = ready;
	inquiry->watch.ctx = inquiry;
	inquiry->limit.fire = too_late;
	inquiry->limit.ctx = inquiry;
	inquiry->active = true;
	r = ts_loop_watch(inquiry->loop, &inquiry->watch);
	if (r == TS_OK)
		r = ts_loop_start(inquiry->loop, &inquiry->limit,
		    TS_EVIDENCE_MS);
	if (r != TS_OK)
		ts_inquiry_kill(inquiry);
	return r;
}

void
ts_inquiry_kill(struct ts_inquiry *inquiry)
{
	if (!inquiry->active)
		return;
	inquiry->active = false;
	ts_loop_cancel(inquiry->loop, &inquiry->limit);
	ts_loop_unwatch(inquiry->loop, &inquiry->watch);
	ts_evidence_close(&inquiry->client);
}

void
ts_inquiry_words(struct ts_proof *out, const struct ts_evidence *e)
{
	const char *pin =
	    e->pin == TS_TOKEN_POLICY_ALWAYS ? "PIN always" : "PIN once";

	memset(out, 0, sizeof(*out));
	if (e->err == TS_OK) {
		out->state = TS_PROOF_GOOD;
		if (e->has_version)
			(void)snprintf(out->text, sizeof(out->text),
			    "%s %d.%d, touch always, %s", e->maker,
			    e->version[0], e->version[1], pin);
		else
			(void)snprintf(out->text, sizeof(out->text),
			    "%s, touch always, %s", e->maker, pin);
		return;
	}
	out->state =
	    e->err == TS_ERR_ATTESTATION ? TS_PROOF_WRONG : TS_PROOF_UNKNOWN;
	(void)snprintf(out->text, sizeof(out->text), "%s",
	    e->why != TS_EVIDENCE_FINE ? ts_evidence_why_text(e->why)
				       : ts_strerror(e->err));
}

/* --- What the library wants to have judged --- */

static void
judged(void *ctx, const struct ts_evidence *evidence)
{
	struct ts_agent *agent = ctx;
	struct ts_proof proof;
	int r;

	ts_inquiry_words(&proof, evidence);
	r = agent->store == NULL
	    ? TS_OK
	    : ts_bundle_judged(agent->store, &agent->asked, &proof);
	if (r != TS_OK)
		fprintf(stderr, "touchstone-agent: bundle: %s\n",
		    ts_strerror(r));
	ts_agent_judge(agent);
}

void
ts_agent_judge(struct ts_agent *agent)
{
	struct ts_inquiry *inquiry = &agent->inquiry;
	struct tsw_slice bundle;
	struct ts_proof proof = {TS_PROOF_UNKNOWN,
	    "the helper could not be started"};

	inquiry->loop = &agent->loop;
	inquiry->done = judged;
	inquiry->ctx = agent;
	while (agent->store != NULL && !inquiry->active &&
	    ts_bundle_next(agent->store, &agent->asked) == TS_OK) {
		bundle.p = agent->asked.bytes;
		bundle.len = agent->asked.len;
		if (ts_inquiry_start(inquiry, agent->helper, &agent->asked.key,
			bundle) != TS_OK &&
		    ts_bundle_judged(agent->store, &agent->asked, &proof) !=
			TS_OK)
			return;
	}
}
