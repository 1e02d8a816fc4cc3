/* SPDX-License-Identifier: BSD-2-Clause */
#include "parcel.h"

#include <stdlib.h>
#include <string.h>

static const char *
type_of(const struct ts_carry *req)
{
	return req->type == NULL ? "" : req->type;
}

struct ts_parcel *
ts_parcel_find(const struct ts_chore *chore, const struct ts_carry *req)
{
	struct ts_parcel *p;

	for (p = chore->parcels; p != NULL; p = p->next) {
		if (p->turn == req->turn && p->req.post == req->post &&
		    p->req.max == req->max &&
		    p->req.body.len == req->body.len &&
		    strcmp(p->req.url, req->url) == 0 &&
		    strcmp(p->req.type, type_of(req)) == 0 &&
		    (req->body.len == 0 ||
			memcmp(p->req.body.p, req->body.p, req->body.len) == 0))
			return p;
	}
	return NULL;
}

static void
release(struct ts_parcel *p)
{
	union {
		const uint8_t *given;
		uint8_t *ours;
	} body = {p->req.body.p}; /* made by ts_parcel_add() */

	free(body.ours);
	free(p->answer);
	free(p);
}

void
ts_parcel_drop(struct ts_chore *chore, struct ts_parcel *parcel)
{
	struct ts_parcel **p = &chore->parcels;

	while (*p != NULL && *p != parcel)
		p = &(*p)->next;
	if (*p == NULL)
		return;
	*p = parcel->next;
	chore->parcel_cnt--;
	chore->bytes -= parcel->len;
	if (chore->wanted == parcel)
		chore->wanted = NULL;
	release(parcel);
}

void
ts_parcel_drop_all(struct ts_chore *chore)
{
	while (chore->parcels != NULL)
		ts_parcel_drop(chore, chore->parcels);
}

/* What this run did not ask for again is of no more use. */
static int
make_room(struct ts_chore *chore)
{
	struct ts_parcel *p, *next;

	if (chore->parcel_cnt < TS_CHORE_PARCELS_CNT &&
	    chore->bytes < TS_CHORE_BYTES_MAX)
		return TS_OK;
	for (p = chore->parcels; p != NULL; p = next) {
		next = p->next;
		if (p->used != chore->runs)
			ts_parcel_drop(chore, p);
	}
	return chore->parcel_cnt < TS_CHORE_PARCELS_CNT &&
		chore->bytes < TS_CHORE_BYTES_MAX
	    ? TS_OK
	    : TS_ERR_DIRECTORY;
}

static int
fill(struct ts_net_request *out, const struct ts_carry *req)
{
	const size_t url_len = strlen(req->url);
	const size_t type_len = strlen(type_of(req));
	uint8_t *body;

	if (url_len > TS_NET_URL_MAX || type_len > TS_NET_TYPE_MAX ||
	    req->body.len > TS_NET_BODY_MAX || req->max > TS_NET_ANSWER_MAX ||
	    req->timeout_ms <= 0 || req->timeout_ms > TS_NET_TIMEOUT_MAX_MS)
		return TS_ERR_ARGUMENT;
	memcpy(out->url, req->url, url_len + 1);
	memcpy(out->type, type_of(req), type_len + 1);
	out->post = req->post;
	out->max = (uint32_t)req->max;
	out->timeout_ms = (uint32_t)req->timeout_ms;
	if (req->body.len == 0)
		return TS_OK;
	body = malloc(req->body.len);
	if (body == NULL)
		return TS_ERR_NO_MEMORY;
	memcpy(body, req->body.p, req->body.len);
	out->body = (struct tsw_slice){body, req->body.len};
	/* cppcheck-suppress memleak ; release() frees it */
	return TS_OK;
}

int
ts_parcel_add(struct ts_parcel **out, struct ts_chore *chore,
    const struct ts_carry *req)
{
	struct ts_parcel *p;
	int r;

	r = make_room(chore);
	if (r != TS_OK)
		return r;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return TS_ERR_NO_MEMORY;
	r = fill(&p->req, req);
	if (r != TS_OK) {
		free(p);
		return r;
	}
	p->turn = req->turn;
	p->used = chore->runs;
	p->next = chore->parcels;
	chore->parcels = p;
	chore->parcel_cnt++;
	*out = p;
	return TS_OK;
}

void
ts_parcel_put(struct ts_chore *chore, struct ts_parcel *parcel,
    const struct ts_net_reply *reply)
{
	parcel->there = true;
	/* To the library a helper that died is a directory out of reach. */
	parcel->err =
	    reply->err == TS_ERR_HELPER || reply->err == TS_ERR_INTERNAL
	    ? TS_ERR_DIRECTORY
	    : reply->err;
	parcel->status = reply->status;
	if (parcel->err != TS_OK || reply->body.len == 0)
		return;
	parcel->answer = malloc(reply->body.len);
	if (parcel->answer == NULL) {
		parcel->err = TS_ERR_NO_MEMORY;
		return;
	}
	memcpy(parcel->answer, reply->body.p, reply->body.len);
	parcel->len = reply->body.len;
	chore->bytes += parcel->len;
}
