/* SPDX-License-Identifier: BSD-2-Clause */
#include "vec.h"

#include <touchstone/wire/attest.h>
#include <touchstone/wire/statement.h>

#include <stdlib.h>
#include <string.h>

static void
put_uint(json_t *o, const char *key, uint64_t v)
{
	(void)json_object_set_new(o, key, json_integer((json_int_t)v));
}

static void
put_hex(json_t *o, const char *key, const uint8_t *p, size_t len)
{
	(void)json_object_set_new(o, key, vec_hex(p, len));
}

static void
put_text(json_t *o, const char *key, struct tsw_slice s)
{
	(void)json_object_set_new(o, key,
	    json_stringn((const char *)s.p, s.len));
}

static json_t *
attestation_json(struct tsw_slice s)
{
	json_t *list = json_array();
	struct tsw_attestation a;

	if (tsw_attestation_decode(&a, s.p, s.len) != TSW_OK)
		return list;
	(void)json_array_append_new(list, vec_hex(a.model, sizeof(a.model)));
	(void)json_array_append_new(list, vec_hex(a.image, sizeof(a.image)));
	(void)json_array_append_new(list, vec_hex(a.device, sizeof(a.device)));
	(void)json_array_append_new(list, vec_hex(a.sig, sizeof(a.sig)));
	return list;
}

static json_t *
token_json(const struct tsw_token *t)
{
	json_t *o = json_object();

	put_uint(o, "alg", t->key.alg);
	put_hex(o, "key", t->key.data, t->key.len);
	put_uint(o, "role", t->role);
	put_uint(o, "evidence", t->evidence);
	put_text(o, "name", t->name);
	if (t->evidence == TSW_EVIDENCE_CARD_ATTESTED)
		put_hex(o, "attestation", t->attestation.p, t->attestation.len);
	else if (t->attestation.len > 0)
		(void)json_object_set_new(o, "attestation",
		    attestation_json(t->attestation));
	return o;
}

static json_t *
key_json(const struct tsw_key *k)
{
	json_t *o = json_object();

	put_uint(o, "app", k->app);
	put_text(o, "device", k->device);
	put_uint(o, "type", k->type);
	put_hex(o, "data", k->data.p, k->data.len);
	put_uint(o, "proto", k->proto);
	if (k->expires > 0)
		put_uint(o, "expires", k->expires);
	return o;
}

static json_t *
op_json(const struct tsw_op *op)
{
	json_t *o = json_object();

	put_uint(o, "kind", op->kind);
	switch (op->kind) {
	case TSW_OP_ADD_KEY:
		(void)json_object_set_new(o, "key", key_json(&op->key));
		break;
	case TSW_OP_REVOKE_KEY:
	case TSW_OP_RETIRE_TOKEN:
		put_hex(o, "id", op->id, sizeof(op->id));
		break;
	case TSW_OP_ENROL_TOKEN:
	case TSW_OP_RECOVER:
		(void)json_object_set_new(o, "token", token_json(&op->token));
		break;
	case TSW_OP_SET_VERIFICATION:
		put_uint(o, "min_proto", op->min_proto);
		break;
	case TSW_OP_SET_POLICY:
		put_uint(o, "threshold", op->threshold);
		put_uint(o, "timelock_h", op->timelock_h);
		break;
	case TSW_OP_VETO:
	default:
		break;
	}
	return o;
}

static void
put_checkpoint(json_t *o, bool has, const struct tsw_checkpoint *cp)
{
	json_t *list;

	if (!has)
		return;
	list = json_array();
	(void)json_array_append_new(list,
	    vec_hex(cp->origin, sizeof(cp->origin)));
	(void)json_array_append_new(list, json_integer((json_int_t)cp->size));
	(void)json_array_append_new(list, vec_hex(cp->root, sizeof(cp->root)));
	(void)json_object_set_new(o, "checkpoint", list);
}

static void
put_genesis(json_t *o, const struct tsw_genesis *g)
{
	json_t *list = json_array();
	size_t i;

	put_text(o, "label", g->label);
	for (i = 0; i < g->token_cnt; i++)
		(void)json_array_append_new(list, token_json(&g->token[i]));
	(void)json_object_set_new(o, "tokens", list);
	put_uint(o, "threshold", g->threshold);
	put_uint(o, "timelock_h", g->timelock_h);
}

static void
put_update(json_t *o, const struct tsw_update *u)
{
	json_t *list = json_array();
	size_t i;

	put_hex(o, "identity", u->identity, sizeof(u->identity));
	put_uint(o, "seq", u->seq);
	put_hex(o, "prev", u->prev, sizeof(u->prev));
	for (i = 0; i < u->op_cnt; i++)
		(void)json_array_append_new(list, op_json(&u->op[i]));
	(void)json_object_set_new(o, "ops", list);
	put_checkpoint(o, u->has_checkpoint, &u->checkpoint);
}

static void
put_confirm(json_t *o, const struct tsw_confirm *c)
{
	put_hex(o, "identity", c->identity, sizeof(c->identity));
	put_uint(o, "seq", c->seq);
	put_hex(o, "head", c->head, sizeof(c->head));
	put_hex(o, "contact", c->contact, sizeof(c->contact));
	put_text(o, "contact_label", c->contact_label);
	put_uint(o, "contact_seq", c->contact_seq);
	put_hex(o, "contact_head", c->contact_head, sizeof(c->contact_head));
	put_uint(o, "method", c->method);
	put_checkpoint(o, c->has_checkpoint, &c->checkpoint);
}

static void
put_import(json_t *o, const struct tsw_import *m)
{
	put_hex(o, "identity", m->identity, sizeof(m->identity));
	put_uint(o, "from_seq", m->from_seq);
	put_hex(o, "from_head", m->from_head, sizeof(m->from_head));
	put_uint(o, "seq", m->seq);
	put_hex(o, "head", m->head, sizeof(m->head));
}

static json_t *
statement_json(const struct tsw_statement *st)
{
	json_t *o = json_object();

	put_uint(o, "version", 1);
	put_uint(o, "kind", st->kind);
	put_uint(o, "time", st->time);
	if (st->kind == TSW_KIND_GENESIS)
		put_genesis(o, &st->u.genesis);
	else if (st->kind == TSW_KIND_UPDATE)
		put_update(o, &st->u.update);
	else if (st->kind == TSW_KIND_CONFIRM)
		put_confirm(o, &st->u.confirm);
	else
		put_import(o, &st->u.import);
	return o;
}

/* Whatever is accepted is written back as it was; what is not, leaves out. */
static bool
is_consistent(const uint8_t *p, size_t len)
{
	struct tsw_statement st, before;
	uint8_t again[TSW_STATEMENT_MAX];
	struct tsw_wr wr;

	memset(&st, 0xa5, sizeof(st));
	before = st;
	if (tsw_statement_decode(&st, p, len) != TSW_OK)
		return memcmp(&st, &before, sizeof(st)) == 0;
	tsw_wr_init(&wr, again, sizeof(again));
	return tsw_statement_encode(&wr, &st) == TSW_OK &&
	    tsw_wr_len(&wr) == len && memcmp(again, p, len) == 0;
}

/* Every shorter statement is refused; every flipped bit is noticed or kept. */
static void
check_damage(const char *name, struct tsw_slice s)
{
	struct tsw_statement st;
	uint8_t *copy;
	size_t i;

	for (i = 0; i < s.len; i++) {
		copy = malloc(i > 0 ? i : 1);
		if (copy == NULL)
			exit(EXIT_FAILURE);
		memcpy(copy, s.p, i);
		vec_check(tsw_statement_decode(&st, copy, i) != TSW_OK, name,
		    "a shorter one is accepted");
		vec_check(is_consistent(copy, i), name,
		    "a shorter one changes the output");
		free(copy);
	}
	copy = malloc(s.len);
	if (copy == NULL)
		exit(EXIT_FAILURE);
	memcpy(copy, s.p, s.len);
	for (i = 0; i < s.len * 8; i++) {
		copy[i / 8] = (uint8_t)(copy[i / 8] ^ 1u << i % 8);
		vec_check(is_consistent(copy, s.len), name,
		    "a flipped bit is accepted and not kept");
		copy[i / 8] = (uint8_t)(copy[i / 8] ^ 1u << i % 8);
	}
	free(copy);
}

static void
check_valid(const json_t *v)
{
	struct tsw_slice s = vec_bytes(v, "hex"), want = vec_bytes(v, "hash");
	uint8_t hash[TSW_HASH_LEN];
	struct tsw_statement st;
	json_t *fields = NULL;
	int r;

	r = tsw_statement_decode(&st, s.p, s.len);
	vec_check_err(r, NULL, vec_name(v));
	if (r == TSW_OK) {
		fields = statement_json(&st);
		vec_check(json_equal(fields, vec_get(v, "fields")), vec_name(v),
		    "other fields");
		vec_check(is_consistent(s.p, s.len), vec_name(v),
		    "encoded otherwise");
		tsw_statement_hash(hash, s.p, s.len);
		vec_check(vec_same(want, hash, sizeof(hash)), vec_name(v),
		    "another hash");
		check_damage(vec_name(v), s);
	}
	json_decref(fields);
	vec_free(&want);
	vec_free(&s);
}

static void
check_invalid(const json_t *v)
{
	struct tsw_slice s = vec_bytes(v, "hex");
	struct tsw_statement st;

	vec_check_err(tsw_statement_decode(&st, s.p, s.len), vec_error(v),
	    vec_name(v));
	vec_check(is_consistent(s.p, s.len), vec_name(v),
	    "the output is changed");
	vec_free(&s);
}

static void
check_envelope(const json_t *v)
{
	struct tsw_slice s = vec_bytes(v, "hex");
	struct tsw_envelope env, before;
	uint8_t again[TSW_ENVELOPE_MAX];
	struct tsw_wr wr;
	int r;

	memset(&env, 0xa5, sizeof(env));
	before = env;
	r = tsw_envelope_decode(&env, s.p, s.len);
	vec_check_err(r, vec_error(v), vec_name(v));
	if (r != TSW_OK) {
		vec_check(memcmp(&env, &before, sizeof(env)) == 0, vec_name(v),
		    "the output is changed");
	} else {
		tsw_wr_init(&wr, again, sizeof(again));
		vec_check_err(tsw_envelope_encode(&wr, &env), NULL,
		    vec_name(v));
		vec_check(vec_same(s, again, tsw_wr_len(&wr)), vec_name(v),
		    "encoded otherwise");
	}
	vec_free(&s);
}

static void
check_key_id(const json_t *v)
{
	const json_t *k = vec_get(v, "key");
	struct tsw_slice data = vec_bytes(k, "data"), id = vec_bytes(v, "id");
	const char *device = vec_text(k, "device");
	uint8_t got[TSW_HASH_LEN];
	struct tsw_key key;

	memset(&key, 0, sizeof(key));
	key.app = (enum tsw_app)vec_uint(k, "app");
	key.device.p = (const uint8_t *)device;
	key.device.len = strlen(device);
	key.type = (enum tsw_key_type)vec_uint(k, "type");
	key.data = data;
	vec_check_err(tsw_key_id(got, &key), NULL, vec_name(v));
	vec_check(vec_same(id, got, sizeof(got)), vec_name(v), "another id");
	vec_free(&id);
	vec_free(&data);
}

void
vec_statements(const json_t *root)
{
	const json_t *env = vec_get(root, "envelope"), *v;
	size_t i;

	json_array_foreach(vec_get(root, "valid"), i, v) check_valid(v);
	json_array_foreach(vec_get(root, "invalid"), i, v) check_invalid(v);
	json_array_foreach(vec_get(env, "valid"), i, v) check_envelope(v);
	json_array_foreach(vec_get(env, "invalid"), i, v) check_envelope(v);
	json_array_foreach(vec_get(root, "key_id"), i, v) check_key_id(v);
}
