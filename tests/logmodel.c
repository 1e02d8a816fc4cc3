/* SPDX-License-Identifier: BSD-2-Clause */
#include "logmodel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/text.h>
#include <touchstone/wire/bundle.h>
#include <touchstone/wire/crypto.h>

#include "logmodel_page.h"

/* Not assert(), of which a build without asserts would drop the call. */
void
logmodel_check(bool ok)
{
	if (!ok)
		abort();
}

#define CHECK(x) logmodel_check((x) == TS_OK)

/* --- Making --- */

static void
make_keys(struct logmodel *m)
{
	static const char *const names[LOGMODEL_WITNESSES] = {"one.example/w",
	    "two.example/w", "three.example/w"};
	char key[LOGMODEL_WITNESSES + 1][TS_VKEY_MAX];
	uint8_t seed[32] = {1};
	size_t i;

	CHECK(ts_skey_init(&m->log, "directory.example/t", TS_NOTE_ED25519,
	    seed));
	ts_vkey_format(key[0], &m->log.vkey);
	for (i = 0; i < LOGMODEL_WITNESSES; i++) {
		seed[0]++;
		CHECK(ts_skey_init(&m->witness[i], names[i],
		    TS_NOTE_COSIGNATURE, seed));
		ts_vkey_format(key[i + 1], &m->witness[i].vkey);
	}
	seed[0]++;
	CHECK(ts_skey_init(&m->other, "directory.example/t", TS_NOTE_ED25519,
	    seed));
	(void)snprintf(m->policy, sizeof(m->policy),
	    "log %s\nwitness one %s\nwitness two %s\nwitness three %s\n"
	    "group all 2 one two three\nquorum all\n",
	    key[0], key[1], key[2], key[3]);
}

static void
append(struct logmodel *m, const struct ts_leaf *leaf)
{
	uint8_t bytes[TS_LEAF_MAX];

	m->leaf = realloc(m->leaf, (m->size + 1) * sizeof(m->leaf[0]));
	logmodel_check(m->leaf != NULL);
	ts_tree_leaf(m->leaf[m->size++], bytes, ts_leaf_encode(bytes, leaf));
}

struct logmodel *
logmodel_new(void)
{
	struct logmodel *m = calloc(1, sizeof(*m));
	struct ts_leaf leaf;

	logmodel_check(m != NULL);
	make_keys(m);
	m->page_max = TS_PAGE_RECORDS_CNT;
	m->sk_vrf[0] = 9;
	CHECK(ts_vrf_public(m->vrf, m->sk_vrf));
	memset(&leaf, 0, sizeof(leaf));
	leaf.kind = TS_LEAF_PARAMETERS;
	memcpy(leaf.vrf, m->vrf, sizeof(leaf.vrf));
	append(m, &leaf);
	logmodel_seal(m);
	return m;
}

void
logmodel_free(struct logmodel **model)
{
	struct logmodel *m = *model;
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->record_cnt; i++)
		free(m->record[i].envelope);
	free(m->record);
	free(m->leaf);
	free(m->answer);
	ts_index_free(&m->index);
	free(m);
	*model = NULL;
}

/* --- Records --- */

static struct tsw_slice
slice(const char *s)
{
	struct tsw_slice text = {(const uint8_t *)s, strlen(s)};

	return text;
}

void
logmodel_key(const struct logmodel *m, uint8_t k[32], struct tsw_slice label,
    uint32_t number)
{
	uint8_t in[TS_ALPHA_MAX], beta[TS_VRF_OUT_LEN];
	struct tsw_slice alpha = {in, ts_leaf_alpha(in, label, number)};

	CHECK(ts_vrf_output(beta, m->sk_vrf, m->vrf, alpha));
	memcpy(k, beta, 32);
}

struct logmodel_record *
logmodel_find(const struct logmodel *model, const char *label, uint32_t number)
{
	size_t i;

	for (i = 0; i < model->record_cnt; i++) {
		if (model->record[i].number == number &&
		    strcmp(model->record[i].label, label) == 0)
			return &model->record[i];
	}
	return NULL;
}

size_t
logmodel_count(const struct logmodel *model, const char *label)
{
	uint32_t n = 0;

	while (logmodel_find(model, label, n) != NULL)
		n++;
	return n;
}

/* What the record's statement is, for bytes that are none too. */
static void
statement_hash(uint8_t out[TSW_HASH_LEN], const uint8_t *p, size_t len)
{
	struct tsw_envelope env;

	if (tsw_envelope_decode(&env, p, len) == TSW_OK)
		tsw_statement_hash(out, env.statement.p, env.statement.len);
	else
		tsw_statement_hash(out, p, len);
}

/* Without publishing it; in the place of one that is there, say. */
static void
add(struct logmodel *m, const char *label, uint32_t number, const uint8_t *p,
    size_t len)
{
	struct logmodel_record *r = logmodel_find(m, label, number);
	struct tsw_slice bytes = {p, len};
	uint8_t hash[TSW_HASH_LEN];

	if (r == NULL) {
		m->record = realloc(m->record,
		    (m->record_cnt + 1) * sizeof(m->record[0]));
		logmodel_check(m->record != NULL);
		r = &m->record[m->record_cnt++];
		memset(r, 0, sizeof(*r));
	}
	free(r->envelope);
	r->envelope = malloc(len + 1);
	logmodel_check(r->envelope != NULL);
	memcpy(r->envelope, p, len);
	r->len = len;
	r->number = number;
	(void)snprintf(r->label, sizeof(r->label), "%s", label);
	/* Of the bytes, so that twins agree. */
	tsw_sha256(r->opening, &bytes, 1);
	logmodel_key(m, r->entry.k, slice(label), number);
	statement_hash(hash, p, len);
	ts_leaf_commit(r->entry.c, r->opening, slice(label), number, hash);
	r->logged = false;
}

void
logmodel_seal(struct logmodel *model)
{
	struct logmodel_record *r;
	struct ts_leaf leaf;
	size_t i;

	ts_index_free(&model->index);
	CHECK(ts_index_new(&model->index));
	for (i = 0; i < model->record_cnt; i++) {
		r = &model->record[i];
		CHECK(ts_index_add(model->index, &r->entry));
		if (r->logged)
			continue;
		memset(&leaf, 0, sizeof(leaf));
		leaf.kind = TS_LEAF_ENTRY;
		leaf.entry = r->entry;
		append(model, &leaf);
		r->logged = true;
	}
	memset(&leaf, 0, sizeof(leaf));
	leaf.kind = TS_LEAF_ROOT;
	ts_index_root(model->index, leaf.index_root);
	leaf.entries = ts_index_cnt(model->index);
	append(model, &leaf);
	CHECK(ts_index_publish(model->index));
}

void
logmodel_put(struct logmodel *model, const char *label, uint32_t number,
    const uint8_t *p, size_t len)
{
	add(model, label, number, p, len);
	logmodel_seal(model);
}

void
logmodel_forget(struct logmodel *model, const char *label)
{
	size_t cnt = logmodel_count(model, label);
	struct logmodel_record *r;

	logmodel_check(cnt > 0);
	r = logmodel_find(model, label, (uint32_t)cnt - 1);
	free(r->envelope);
	*r = model->record[--model->record_cnt];
	logmodel_seal(model);
}

struct logmodel *
logmodel_twin(const struct logmodel *model, size_t cnt)
{
	struct logmodel *twin = logmodel_new();
	size_t i;

	for (i = 0; i < cnt && i < model->record_cnt; i++)
		logmodel_put(twin, model->record[i].label,
		    model->record[i].number, model->record[i].envelope,
		    model->record[i].len);
	return twin;
}

/* --- Answering --- */

unsigned
logmodel_refuse(struct logmodel *m, enum ts_refusal code, uint32_t err)
{
	struct ts_refused refused;

	memset(&refused, 0, sizeof(refused));
	refused.code = code;
	refused.err = err;
	(void)snprintf(refused.text, sizeof(refused.text), "%s",
	    ts_refusal_sentence(code));
	m->len = ts_refused_encode(m->answer, TS_PAGE_MAX, &refused);
	return ts_refusal_http(code);
}

static void
take_bundles(struct logmodel *m, const struct ts_submit *req)
{
	size_t i;

	m->bundles = req->bundle_cnt;
	for (i = 0; i < req->bundle_cnt; i++) {
		if (m->bundle_cnt == TS_SUBMIT_BUNDLES_CNT)
			return;
		m->bundle[m->bundle_cnt].len = req->bundle[i].len;
		memcpy(m->bundle[m->bundle_cnt++].bytes, req->bundle[i].p,
		    req->bundle[i].len);
	}
}

static unsigned
bundle(struct logmodel *m, const char *hex)
{
	uint8_t hash[TSW_HASH_LEN];
	char name[2 * TSW_HASH_LEN + 1];
	size_t i;

	for (i = 0; i < m->bundle_cnt; i++) {
		tsw_bundle_hash(hash, m->bundle[i].bytes, m->bundle[i].len);
		ts_hex_encode(name, hash, sizeof(hash));
		if (strcmp(name, hex) != 0)
			continue;
		memcpy(m->answer, m->bundle[i].bytes, m->bundle[i].len);
		m->len = m->bundle[i].len;
		return 200;
	}
	return logmodel_refuse(m, TS_REFUSAL_NOT_FOUND, 0);
}

static unsigned
submit(struct logmodel *m, struct tsw_slice body)
{
	char label[TSW_LABEL_MAX + 1] = {0};
	uint8_t ours[TSW_HASH_LEN], theirs[TSW_HASH_LEN];
	struct logmodel_record *r;
	struct ts_submit req;

	CHECK(ts_submit_decode(&req, body));
	memcpy(label, req.label.p, req.label.len);
	memset(m->invited, 0, sizeof(m->invited));
	if (req.invitation.len > 0)
		memcpy(m->invited, req.invitation.p, req.invitation.len);
	take_bundles(m, &req);
	r = logmodel_find(m, label, req.number);
	if (r != NULL) {
		statement_hash(ours, r->envelope, r->len);
		statement_hash(theirs, req.envelope.p, req.envelope.len);
		if (memcmp(ours, theirs, sizeof(ours)) != 0)
			return logmodel_refuse(m, TS_REFUSAL_CONFLICT, 0);
	} else if (req.number != logmodel_count(m, label)) {
		return logmodel_refuse(m, TS_REFUSAL_CONFLICT, 0);
	} else {
		add(m, label, req.number, req.envelope.p, req.envelope.len);
	}
	m->len = ts_place_reply_encode(m->answer, TS_PAGE_MAX, m->size);
	if (m->lie == LIE_HOLD)
		return 202;
	if (r == NULL || !r->logged)
		logmodel_seal(m);
	return 200;
}

static unsigned
consistency(struct logmodel *m, struct tsw_slice body)
{
	uint8_t hashes[TS_TREE_PROOF_MAX];
	struct ts_tree_source s = logmodel_source(m);
	struct ts_consistency c = {{0}, {hashes, 0}};
	uint64_t from, to;

	CHECK(ts_span_decode(&from, &to, body));
	if (from > to || to > m->size)
		return logmodel_refuse(m, TS_REFUSAL_NOT_FOUND, 0);
	CHECK(ts_tree_root(c.root, &s, from));
	CHECK(ts_tree_consistency(hashes, &c.proof.len, &s, from, to));
	if ((m->lie == LIE_CONSISTENCY || m->lie == LIE_SPAN) &&
	    c.proof.len > 0)
		hashes[c.proof.len - 1] ^= 1;
	m->len = ts_consistency_encode(m->answer, TS_PAGE_MAX, &c);
	return 200;
}

static unsigned
text(struct logmodel *m, const char *p, size_t len)
{
	memcpy(m->answer, p, len);
	m->len = len;
	return 200;
}

static unsigned
route(struct logmodel *m, const char *path, struct tsw_slice body)
{
	char note[TS_NOTE_MAX];

	if (strcmp(path, "/v1/lookup") == 0)
		return logmodel_lookup(m, body);
	if (strcmp(path, "/v1/submit") == 0)
		return submit(m, body);
	if (strcmp(path, "/v1/consistency") == 0)
		return consistency(m, body);
	if (strcmp(path, "/v1/policy") == 0)
		return text(m, m->policy, strlen(m->policy));
	if (strncmp(path, "/v1/bundle/", 11) == 0)
		return bundle(m, path + 11);
	if (strcmp(path, "/checkpoint") == 0)
		return text(m, note, logmodel_note(m, note));
	return logmodel_refuse(m, TS_REFUSAL_NOT_FOUND, 0);
}

/* Lies that need no page. */
static bool
answer_badly(struct logmodel *m, unsigned *status)
{
	*status = 200;
	switch ((int)m->lie) {
	case LIE_GARBAGE:
		(void)text(m, "<html>hello</html>", 18);
		return true;
	case LIE_EMPTY:
		m->len = 0;
		return true;
	case LIE_LONG:
		memset(m->answer, 0, TS_PAGE_MAX + 1);
		m->len = TS_PAGE_MAX + 1;
		return true;
	case LIE_STATUS:
		(void)text(m, "teapot", 6);
		*status = 418;
		return true;
	case LIE_BUSY:
		*status = logmodel_refuse(m, TS_REFUSAL_BUSY, 0);
		return true;
	case LIE_REFUSED:
		*status = logmodel_refuse(m, m->refusal, 0);
		return true;
	case LIE_GONE:
		*status = logmodel_refuse(m, TS_REFUSAL_GONE, 0);
		return true;
	default:
		return false;
	}
}

static int
carry(void *ctx, struct ts_carried *out, const struct ts_carry *req)
{
	const size_t base = strlen(LOGMODEL_URL);
	struct logmodel *m = ctx;

	m->requests++;
	if (m->lie == LIE_AWAY || strncmp(req->url, LOGMODEL_URL, base) != 0)
		return TS_ERR_DIRECTORY;
	if (m->answer == NULL)
		m->answer = malloc(TS_PAGE_MAX + 1);
	logmodel_check(m->answer != NULL);
	if (!answer_badly(m, &out->status))
		out->status = route(m, req->url + base, req->body);
	out->body.p = m->answer;
	out->body.len = m->len;
	return TS_OK;
}

struct ts_courier
logmodel_courier(struct logmodel *model)
{
	struct ts_courier courier = {carry, model};

	return courier;
}
