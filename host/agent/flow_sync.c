/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key of the statement applet signs what follows its head and nothing else:
 * before it is asked, its head is, and it is brought up to date.
 */
#include <stdio.h>
#include <string.h>

#include "flow.h"

static int
ask_head(struct ts_op *op,
    int (*next)(struct ts_op *op, const struct ts_token_result *result))
{
	struct ts_token_request req;

	ts_flow_fill(&req, TS_TOKEN_MSG_KEY_INFO, op);
	return ts_op_run(op, &req, -1, next);
}

static struct ts_token_head
head_of(const struct ts_token_key_info *info)
{
	struct ts_token_head head;

	memset(&head, 0, sizeof(head));
	head.bound = info->bound;
	memcpy(head.identity, info->identity, sizeof(head.identity));
	head.seq = info->seq;
	memcpy(head.head, info->head, sizeof(head.head));
	return head;
}

static int
imported(struct ts_op *op, const struct ts_token_result *result)
{
	if (result->err != TS_OK) {
		ts_op_fail_token(op, result->err, result->retries);
		return TS_OK;
	}
	op->sync = TS_SYNC_SAME;
	return op->synced(op);
}

static int
import(struct ts_op *op)
{
	const struct ts_import *m = &op->import;
	struct ts_token_request req;
	char text[TSW_NAME_MAX + 96];

	if (op->sync_pin_fd < 0)
		return ts_flow_need_pin(op, TS_TOKEN_KIND_FIDO);
	if (m->beside)
		(void)snprintf(text, sizeof(text),
		    "%s signed another change %lu: touch to give that up for "
		    "ever and follow your history.",
		    op->signer.name, (unsigned long)m->to);
	else if (m->from == m->to)
		(void)snprintf(text, sizeof(text),
		    "%s has not seen change %lu: touch to bring it up to date.",
		    op->signer.name, (unsigned long)m->to);
	else
		(void)snprintf(text, sizeof(text),
		    "%s has not seen changes %lu to %lu: touch to bring it up "
		    "to date.",
		    op->signer.name, (unsigned long)m->from,
		    (unsigned long)m->to);
	ts_op_say(op, "working", text);
	ts_flow_fill(&req, TS_TOKEN_MSG_IMPORT, op);
	req.statement.p = m->statement;
	req.statement.len = m->len;
	req.ns = TSW_NS_ID_IMPORT;
	req.need_uv = true;
	return ts_op_run(op, &req, op->sync_pin_fd, imported);
}

static int
looked(struct ts_op *op, int r)
{
	if (r == TS_OK)
		r = ts_sync_plan(op->agent->store, &op->sync, &op->import,
		    &op->signer, &op->head, TS_SYNC_LAST);
	if (r != TS_OK)
		return r;
	return op->sync == TS_SYNC_BEHIND ? import(op) : op->synced(op);
}

static int
head_known(struct ts_op *op, const struct ts_token_result *result)
{
	if (result->err != TS_OK) {
		ts_op_fail_token(op, result->err, result->retries);
		return TS_OK;
	}
	op->head = head_of(&result->u.key_info);
	/* Another computer may have published what must not be signed over. */
	return ts_flow_look_own(op, looked);
}

int
ts_flow_sync(struct ts_op *op, int pin_fd, int (*synced)(struct ts_op *op))
{
	op->sync = TS_SYNC_SAME;
	op->sync_pin_fd = pin_fd;
	op->synced = synced;
	return ts_token_is_applet(&op->signer) ? ask_head(op, head_known)
					       : synced(op);
}

/* Its head says whether it signed: what plan() does with it is all. */
static int
settled(struct ts_op *op, const struct ts_token_result *result)
{
	struct ts_token_head head;
	int r = TS_OK;

	if (result->err == TS_OK) {
		head = head_of(&result->u.key_info);
		r = ts_sync_plan(op->agent->store, &op->sync, &op->import,
		    &op->signer, &head, TS_SYNC_FIRST);
	}
	if (r != TS_OK && r != TS_ERR_ASTRAY)
		op->err = r;
	ts_op_fail_token(op, op->err, op->retries);
	return TS_OK;
}

int
ts_flow_settle(struct ts_op *op, int err, uint8_t retries)
{
	op->err = err;
	op->retries = retries;
	op->settling = true;
	if (ts_token_is_applet(&op->signer) && op->dev != NULL &&
	    op->dev->state != TS_DEVICE_ABSENT &&
	    ask_head(op, settled) == TS_OK)
		return TS_OK;
	ts_op_fail_token(op, err, retries);
	return TS_OK;
}
