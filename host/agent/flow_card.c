/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the flows need to know of cards: several applications on one, each with
 * a PIN and few tries.
 */
#include <string.h>

#include "flow.h"

#define TRIES_FEW 3 /* no card gives fewer */

/* --- Applications --- */

/* The device on which card's FIDO2 is to be used. */
static struct ts_device *
fido_of(struct ts_device *dev)
{
	struct ts_device *twin = ts_device_twin(dev);

	return twin != NULL ? twin : dev;
}

static bool
has(const struct ts_device *dev, enum ts_token_kind kind)
{
	switch (kind) {
	case TS_TOKEN_KIND_PIV:
		return dev->info.piv.present;
	case TS_TOKEN_KIND_OPENPGP:
		return dev->info.openpgp.present;
	case TS_TOKEN_KIND_FIDO:
	case TS_TOKEN_KIND_STATEMENT:
		break;
	}
	return !ts_device_is_card(dev) || dev->info.has_fido;
}

/* The card that is the same token as dev, to reach its other applications. */
static struct ts_device *
card_of(struct ts_device *dev)
{
	struct ts_devices *all = dev->all;
	size_t i;

	if (ts_device_is_card(dev))
		return dev;
	for (i = 0; i < TS_DEVICES_MAX_CNT; i++)
		if (all->dev[i].state == TS_DEVICE_READY &&
		    all->dev[i].problem == TS_OK &&
		    ts_device_twin(&all->dev[i]) == dev)
			return &all->dev[i];
	return NULL;
}

/* Nobody said which: where the own key is, or FIDO2, or what else there is. */
static int
guess(enum ts_token_kind *kind, const struct ts_device *dev)
{
	*kind = TS_TOKEN_KIND_FIDO;
	if (dev->has_key && ts_device_is_card(dev))
		*kind = dev->at.kind;
	if (*kind != TS_TOKEN_KIND_FIDO)
		return TS_OK;
	if (has(dev, TS_TOKEN_KIND_FIDO) && !dev->beside)
		return TS_OK;
	if (has(dev, TS_TOKEN_KIND_PIV) && has(dev, TS_TOKEN_KIND_OPENPGP))
		return TS_ERR_CARD_CHOICE;
	if (has(dev, TS_TOKEN_KIND_PIV))
		*kind = TS_TOKEN_KIND_PIV;
	else if (has(dev, TS_TOKEN_KIND_OPENPGP))
		*kind = TS_TOKEN_KIND_OPENPGP;
	return has(dev, *kind) ? TS_OK : TS_ERR_NO_APPLET;
}

static int
read_word(enum ts_token_kind *kind, const char *word)
{
	if (strcmp(word, "fido") == 0)
		*kind = TS_TOKEN_KIND_FIDO;
	else if (strcmp(word, "piv") == 0)
		*kind = TS_TOKEN_KIND_PIV;
	else if (strcmp(word, "openpgp") == 0)
		*kind = TS_TOKEN_KIND_OPENPGP;
	else
		return TS_ERR_ARGUMENT;
	return TS_OK;
}

int
ts_flow_applet(enum ts_token_kind *kind, struct ts_device **where,
    struct ts_op *op, const char *word)
{
	int r;

	*where = op->dev;
	r = word[0] == '\0' ? guess(kind, op->dev) : read_word(kind, word);
	if (r != TS_OK)
		return r;
	*where =
	    *kind == TS_TOKEN_KIND_FIDO ? fido_of(op->dev) : card_of(op->dev);
	return *where != NULL && has(*where, *kind) ? TS_OK : TS_ERR_NO_APPLET;
}

enum ts_token_kind
ts_flow_kind(const struct ts_op *op)
{
	return op->dev->has_key ? op->dev->at.kind : TS_TOKEN_KIND_FIDO;
}

/* --- Tries --- */

void
ts_flow_last_try(struct ts_op *op)
{
	op->last_try = ts_call_arg(&op->conn->call, "last_try")->b;
}

int
ts_flow_may_try(const struct ts_op *op, uint8_t tries)
{
	return tries == 1 && !op->last_try ? TS_ERR_LAST_TRY : TS_OK;
}

static uint8_t
tries_left(const struct ts_device *dev, enum ts_token_kind kind)
{
	switch (kind) {
	case TS_TOKEN_KIND_PIV:
		return dev->info.piv.tries;
	case TS_TOKEN_KIND_OPENPGP:
		return dev->info.openpgp.tries;
	case TS_TOKEN_KIND_FIDO:
	case TS_TOKEN_KIND_STATEMENT:
		break;
	}
	return dev->retries;
}

int
ts_flow_may_try_pin(const struct ts_op *op, enum ts_token_kind kind)
{
	/* FIDO2 tokens stop by themselves after three in a row. */
	return kind == TS_TOKEN_KIND_PIV || kind == TS_TOKEN_KIND_OPENPGP
	    ? ts_flow_may_try(op, tries_left(op->dev, kind))
	    : TS_OK;
}

/* Of the key or the PIN that the helper was asked about. */
static enum ts_token_kind
kind_of(const struct ts_token_request *req)
{
	return req->op == TS_TOKEN_MSG_SIGN ? req->key[0].kind : req->kind;
}

static uint8_t *
tries_of(struct ts_device *dev, enum ts_token_kind kind)
{
	if (kind == TS_TOKEN_KIND_PIV)
		return &dev->info.piv.tries;
	return kind == TS_TOKEN_KIND_OPENPGP ? &dev->info.openpgp.tries : NULL;
}

bool
ts_op_note_tries(struct ts_op *op, const struct ts_token_result *result)
{
	const enum ts_token_kind kind = kind_of(&op->req);
	uint8_t *tries = tries_of(op->dev, kind);

	if (tries == NULL)
		return false;
	switch (result->err) {
	case TS_ERR_PIN_WRONG:
		*tries = result->retries;
		break;
	case TS_ERR_CARD_PIN_BLOCKED:
		*tries = 0;
		break;
	case TS_ERR_CARD_PUK_WRONG:
		op->dev->info.piv.puk_tries = result->retries;
		break;
	case TS_ERR_ADMIN_WRONG:
		if (kind == TS_TOKEN_KIND_OPENPGP)
			op->dev->info.openpgp.admin_tries = result->retries;
		break;
	case TS_OK: /* the right PIN gave all tries back */
		if (op->req_pin_fd >= 0 && *tries < TRIES_FEW)
			*tries = TS_TOKEN_RETRIES_UNKNOWN;
		break;
	default:
		break;
	}
	return true;
}

/* --- For want of a PIN --- */

static int
judge(const struct ts_op *op, const struct ts_token_info *info, uint8_t tries)
{
	if (op->pin_kind == TS_TOKEN_KIND_PIV ||
	    op->pin_kind == TS_TOKEN_KIND_OPENPGP)
		return tries == 0 ? TS_ERR_CARD_PIN_BLOCKED
				  : TS_ERR_PIN_REQUIRED;
	if (info->pin == TS_TOKEN_PIN_BLOCKED)
		return TS_ERR_PIN_BLOCKED;
	return info->pin != TS_TOKEN_PIN_SET ? TS_ERR_PIN_NOT_SET
					     : TS_ERR_PIN_REQUIRED;
}

static int
pin_asked(struct ts_op *op, const struct ts_token_result *result)
{
	uint8_t tries;

	if (result->err != TS_OK) {
		ts_op_fail_token(op, result->err, result->retries);
		return TS_OK;
	}
	op->dev->info = result->u.info;
	op->dev->retries = result->retries;
	tries = tries_left(op->dev, op->pin_kind);
	ts_op_fail_token(op, judge(op, &result->u.info, tries), tries);
	return TS_OK;
}

int
ts_flow_need_pin(struct ts_op *op, enum ts_token_kind kind)
{
	struct ts_token_request req;

	op->pin_kind = kind;
	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_INFO;
	return ts_op_run(op, &req, -1, pin_asked);
}
