/* SPDX-License-Identifier: BSD-2-Clause */
/* A courier that brings each answer only when it is asked for again. */
#include <stdlib.h>
#include <string.h>

#include "logmodel_page.h"

struct logmodel_kept {
	struct logmodel_kept *next;
	char *url;
	uint32_t turn;
	size_t req_len, len;
	uint8_t *req, *bytes;
	unsigned status;
	int result;
};

static void *
copy(const void *p, size_t len)
{
	void *to = malloc(len + 1);

	logmodel_check(to != NULL);
	if (len > 0)
		memcpy(to, p, len);
	return to;
}

static struct logmodel_kept *
find_kept(const struct logmodel_slow *slow, const struct ts_carry *req)
{
	struct logmodel_kept *k = slow->kept;

	for (; k != NULL; k = k->next) {
		if (k->turn == req->turn && k->req_len == req->body.len &&
		    strcmp(k->url, req->url) == 0 &&
		    (k->req_len == 0 ||
			memcmp(k->req, req->body.p, k->req_len) == 0))
			return k;
	}
	return NULL;
}

static int
carry_later(void *ctx, struct ts_carried *out, const struct ts_carry *req)
{
	struct logmodel_slow *slow = ctx;
	struct logmodel_kept *k = find_kept(slow, req);
	struct ts_carried answer;

	if (k != NULL) {
		out->status = k->status;
		out->body.p = k->bytes;
		out->body.len = k->len;
		return k->result;
	}
	k = calloc(1, sizeof(*k));
	logmodel_check(k != NULL);
	memset(&answer, 0, sizeof(answer));
	k->result = slow->to.carry(slow->to.ctx, &answer, req);
	k->url = copy(req->url, strlen(req->url) + 1);
	k->turn = req->turn;
	k->req_len = req->body.len;
	k->req = copy(req->body.p, req->body.len);
	k->status = answer.status;
	k->len = answer.body.len;
	k->bytes = copy(answer.body.p, answer.body.len);
	k->next = slow->kept;
	slow->kept = k;
	slow->waits++;
	return TS_ERR_WAITING;
}

struct ts_courier
logmodel_slow(struct logmodel_slow *slow)
{
	struct ts_courier courier = {carry_later, slow};

	return courier;
}

void
logmodel_forget_answers(struct logmodel_slow *slow)
{
	struct logmodel_kept *k;

	while ((k = slow->kept) != NULL) {
		slow->kept = k->next;
		free(k->url);
		free(k->req);
		free(k->bytes);
		free(k);
	}
}
