/* SPDX-License-Identifier: BSD-2-Clause */
#include "vec.h"

#include <touchstone/wire/chain.h>

#include <stdlib.h>
#include <string.h>

static const char *const state_word[] = {"empty", "active", "recovering"};

static json_t *
token_json(const struct tsw_chain_token *t)
{
	json_t *o = json_pack("{s:o, s:i, s:i, s:o}", "id",
	    vec_hex(t->id, sizeof(t->id)), "role", (int)t->role, "evidence",
	    (int)t->evidence, "name",
	    json_stringn((const char *)t->name, t->name_len));

	if (t->evidence == TSW_EVIDENCE_CARD_ATTESTED)
		(void)json_object_set_new(o, "bundle",
		    vec_hex(t->bundle, sizeof(t->bundle)));
	if (t->evidence != TSW_EVIDENCE_TOKEN_STATEMENT)
		return o;
	(void)json_object_set_new(o, "model",
	    vec_hex(t->model, sizeof(t->model)));
	(void)json_object_set_new(o, "image",
	    vec_hex(t->image, sizeof(t->image)));
	(void)json_object_set_new(o, "device",
	    vec_hex(t->device, sizeof(t->device)));
	return o;
}

static json_t *
tokens_json(const struct tsw_chain *chain)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < chain->token_cnt; i++)
		(void)json_array_append_new(list, token_json(&chain->token[i]));
	return list;
}

static json_t *
keys_json(const struct tsw_chain *chain)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < chain->key_cnt; i++) {
		const struct tsw_chain_key *k = &chain->key[i];

		(void)json_array_append_new(list,
		    json_pack("{s:o, s:o, s:i, s:I}", "id",
			vec_hex(k->id, sizeof(k->id)), "device",
			json_stringn((const char *)k->device, k->device_len),
			"proto", (int)k->proto, "expires",
			(json_int_t)k->expires));
	}
	return list;
}

static json_t *
state_json(const struct tsw_chain *chain, const struct tsw_step *step)
{
	return json_pack("{s:s, s:o, s:o, s:I, s:I, s:o, s:i, s:i, s:i, s:o, "
			 "s:o, s:b, s:b}",
	    "state", state_word[chain->state], "id",
	    vec_hex(chain->id, sizeof(chain->id)), "head",
	    vec_hex(chain->head, sizeof(chain->head)), "seq",
	    (json_int_t)chain->seq, "time", (json_int_t)chain->time, "label",
	    json_stringn((const char *)chain->label, chain->label_len),
	    "threshold", (int)chain->threshold, "timelock_h",
	    (int)chain->timelock_h, "min_proto", (int)chain->min_proto,
	    "tokens", tokens_json(chain), "keys", keys_json(chain), "recovered",
	    (int)step->recovered, "counter_stale", (int)step->counter_stale);
}

static int
step_bytes(struct tsw_chain *chain, struct tsw_step *step,
    struct tsw_slice bytes, uint64_t seen)
{
	struct tsw_envelope env;
	int r;

	r = tsw_envelope_decode(&env, bytes.p, bytes.len);
	return r == TSW_OK ? tsw_chain_step(chain, step, &env, seen) : r;
}

/* Nothing but the envelope itself moves the chain: every bit counts. */
static void
check_damage(const char *name, const struct tsw_chain *chain,
    struct tsw_slice bytes, uint64_t seen)
{
	struct tsw_chain copy = *chain;
	uint8_t b[TSW_ENVELOPE_MAX];
	struct tsw_slice s = {b, 0};
	size_t i;

	memcpy(b, bytes.p, bytes.len);
	for (s.len = 0; s.len < bytes.len; s.len++)
		vec_check(step_bytes(&copy, NULL, s, seen) != TSW_OK, name,
		    "a shorter envelope is accepted");
	for (i = 0; i < s.len * 8; i++) {
		b[i / 8] = (uint8_t)(b[i / 8] ^ 1u << i % 8);
		vec_check(step_bytes(&copy, NULL, s, seen) != TSW_OK, name,
		    "a flipped bit is accepted");
		b[i / 8] = (uint8_t)(b[i / 8] ^ 1u << i % 8);
	}
	vec_check(memcmp(&copy, chain, sizeof(copy)) == 0, name,
	    "a refused envelope changes the chain");
}

static void
check_step(struct tsw_chain *chain, const char *name, const json_t *v)
{
	struct tsw_slice bytes = vec_bytes(v, "envelope");
	uint64_t seen = vec_uint(v, "seen");
	struct tsw_chain before = *chain;
	struct tsw_step step, untouched;
	json_t *state;
	int r;

	/* Two of the chains are enough: it takes a verification a bit. */
	if (vec_error(v) == NULL && chain->state == TSW_CHAIN_RECOVERING)
		check_damage(name, chain, bytes, seen);
	memset(&step, 0xa5, sizeof(step));
	untouched = step;
	r = step_bytes(chain, &step, bytes, seen);
	vec_check_err(r, vec_error(v), name);
	if (r != TSW_OK) {
		vec_check(memcmp(chain, &before, sizeof(before)) == 0, name,
		    "a refused step changes the chain");
		vec_check(memcmp(&step, &untouched, sizeof(step)) == 0, name,
		    "a refused step changes the output");
	} else if (json_object_get(v, "state") != NULL) {
		state = state_json(chain, &step);
		vec_check(json_equal(state, vec_get(v, "state")), name,
		    "another state");
		json_decref(state);
	}
	vec_free(&bytes);
}

void
vec_chains(const json_t *root)
{
	const json_t *chain_v, *v;
	struct tsw_chain chain;
	size_t i, j;

	json_array_foreach(vec_get(root, "chains"), i, chain_v)
	{
		tsw_chain_init(&chain);
		json_array_foreach(vec_get(chain_v, "steps"), j, v)
		    check_step(&chain, vec_name(chain_v), v);
	}
}
