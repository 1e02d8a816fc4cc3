/* SPDX-License-Identifier: BSD-2-Clause */
/* Checkpoint, tiles, consistency, policy and bundles: what anybody may read. */
#include <stdio.h>
#include <string.h>

#include "api_int.h"

#define FOR_EVER "public, max-age=31536000, immutable"
#define ASK_AGAIN "no-cache"
#define BYTES_TYPE "application/octet-stream"
#define TEXT_TYPE "text/plain; charset=utf-8"

void
ts_api_checkpoint(const struct ts_ask *ask, const struct ts_http_request *req,
    const char *rest)
{
	const struct ts_engine_view *view = ts_engine_view(ask->api->engine);
	struct ts_http_answer answer = {.status = 200,
	    .type = TEXT_TYPE,
	    .cache = ASK_AGAIN};

	(void)req;
	(void)rest;
	if (view == NULL) {
		ts_ask_failed(ask, TS_ERR_DIRECTORY_BUSY);
		return;
	}
	answer.body = view->note;
	ts_ask_answer(ask, &answer);
	ts_engine_view_drop(ask->api->engine, view);
}

void
ts_api_tile(const struct ts_ask *ask, const struct ts_http_request *req,
    const char *rest)
{
	struct ts_http_answer answer = {.status = 200,
	    .type = BYTES_TYPE,
	    .cache = FOR_EVER};
	const char *folder = ts_engine_public(ask->api->engine);
	char path[TS_CONFIG_PATH_MAX + TS_TILE_PATH_MAX];
	uint8_t bytes[TS_DIRDB_TILE_MAX];
	struct ts_tile tile;
	size_t len = 0;
	int r, n;

	(void)rest;
	/* Exactly the names that are written: nothing else comes to a file. */
	if (ts_tile_parse(&tile, req->path + 1) != TS_OK) {
		ts_ask_refuse(ask, TS_REFUSAL_NOT_FOUND, 0, 0);
		return;
	}
	if (folder != NULL) {
		n = snprintf(path, sizeof(path), "%s%s", folder, req->path);
		if (n > 0 && (size_t)n < sizeof(path))
			ts_ask_file(ask, path, &answer);
		else
			ts_ask_failed(ask, TS_ERR_INTERNAL);
		return;
	}
	r = ts_engine_tile(ask->api->engine, bytes, &len, &tile);
	if (r != TS_OK) {
		ts_ask_failed(ask, r);
		return;
	}
	answer.body = (struct tsw_slice){bytes, len};
	ts_ask_answer(ask, &answer);
}

void
ts_api_policy(const struct ts_ask *ask, const struct ts_http_request *req,
    const char *rest)
{
	(void)req;
	(void)rest;
	ts_ask_text(ask, 200, ts_engine_policy(ask->api->engine));
}

void
ts_api_bundle(const struct ts_ask *ask, const struct ts_http_request *req,
    const char *rest)
{
	struct ts_dirdb *db = ts_engine_db(ask->api->engine);
	struct ts_http_answer answer = {.status = 200,
	    .type = "application/cbor"}; /* kept by nobody: it may be erased */
	uint8_t hash[TSW_HASH_LEN], bytes[TSW_BUNDLE_MAX];
	size_t len = 0;
	int r;

	(void)req;
	if (ts_box_name(hash, rest, strlen(rest)) != TS_OK) {
		ts_ask_refuse(ask, TS_REFUSAL_NOT_FOUND, 0, 0);
		return;
	}
	r = db == NULL ? TS_ERR_DIRECTORY
		       : ts_dirdb_bundle(db, bytes, &len, hash);
	if (r != TS_OK) {
		ts_ask_failed(ask, r);
		return;
	}
	answer.body = (struct tsw_slice){bytes, len};
	ts_ask_answer(ask, &answer);
}

void
ts_api_consistency(const struct ts_ask *ask, const struct ts_http_request *req,
    const char *rest)
{
	uint8_t body[TS_TREE_PROOF_MAX + 128];
	struct ts_consistency m;
	struct ts_engine_span span;
	uint64_t from = 0, to = 0;
	int r;

	(void)rest;
	if (ts_span_decode(&from, &to, req->body) != TS_OK) {
		ts_ask_refuse(ask, TS_REFUSAL_FORMAT, 0, 0);
		return;
	}
	r = ts_engine_span(ask->api->engine, &span, from, to);
	if (r == TS_ERR_ARGUMENT) {
		ts_ask_refuse(ask, TS_REFUSAL_NOT_FOUND, 0, 0);
		return;
	}
	if (r != TS_OK) {
		ts_ask_failed(ask, r);
		return;
	}
	memcpy(m.root, span.root, sizeof(m.root));
	m.proof = (struct tsw_slice){span.proof, span.len};
	ts_ask_cbor(ask, 200, body,
	    ts_consistency_encode(body, sizeof(body), &m));
}
