/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC 14.1, 14.6, 15: each message as its fields, and back. */
#include "vec.h"

#include "log/page.h"

#include <stdlib.h>
#include <string.h>

static json_t *
hex(struct tsw_slice s)
{
	return vec_hex(s.p, s.len);
}

static json_t *
text(struct tsw_slice s)
{
	return json_stringn((const char *)s.p, s.len);
}

static json_t *
integer(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static json_t *
message(void)
{
	return json_pack("{s:i}", "0", 1);
}

static void
set(json_t *m, const char *key, json_t *value)
{
	if (json_object_set_new(m, key, value) != 0)
		exit(EXIT_FAILURE);
}

static void
append(json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) != 0)
		exit(EXIT_FAILURE);
}

/* Each decodes, says what it found, and writes it again. */

static int
lookup(json_t **out, uint8_t *again, size_t *len, struct tsw_slice s)
{
	struct ts_lookup m;
	int r = ts_lookup_decode(&m, s);

	if (r != TS_OK)
		return r;
	*out = message();
	set(*out, "1", text(m.label));
	set(*out, "2", integer(m.from));
	if (m.has_size)
		set(*out, "3", integer(m.size));
	*len = ts_lookup_encode(again, *len, &m);
	return r;
}

static json_t *
record(const struct ts_page_record *m)
{
	json_t *out = json_object(), *proof = json_array();

	set(out, "0", integer(m->number));
	set(out, "1", hex(m->envelope));
	if (m->proof.there) {
		append(proof,
		    vec_hex(m->proof.opening, sizeof(m->proof.opening)));
		append(proof, vec_hex(m->proof.vrf, sizeof(m->proof.vrf)));
		append(proof, hex(m->proof.path));
		set(out, "2", json_incref(proof));
	}
	json_decref(proof);
	return out;
}

static json_t *
absence(const struct ts_page_absence *m)
{
	json_t *out = json_array();

	append(out, vec_hex(m->vrf, sizeof(m->vrf)));
	append(out, hex(m->path));
	append(out, hex(m->leaf));
	return out;
}

static int
page(json_t **out, uint8_t *again, size_t *len, struct tsw_slice s)
{
	json_t *records = NULL;
	struct ts_page m;
	size_t i;
	int r = ts_page_decode(&m, s);

	if (r != TS_OK)
		return r;
	records = json_array();
	for (i = 0; i < m.record_cnt; i++)
		append(records, record(&m.record[i]));
	*out = message();
	set(*out, "1", hex(m.note));
	set(*out, "2", integer(m.entries));
	set(*out, "3", hex(m.inclusion));
	set(*out, "4", records);
	if (m.absence.there)
		set(*out, "5", absence(&m.absence));
	if (m.has_consistency)
		set(*out, "6", hex(m.consistency));
	if (m.has_parameters)
		set(*out, "7",
		    json_pack("[o, o]", vec_hex(m.vrf, sizeof(m.vrf)),
			hex(m.parameters)));
	*len = ts_page_encode(again, *len, &m);
	return r;
}

static int
submit(json_t **out, uint8_t *again, size_t *len, struct tsw_slice s)
{
	json_t *bundles = NULL;
	struct ts_submit m;
	size_t i;
	int r = ts_submit_decode(&m, s);

	if (r != TS_OK)
		return r;
	*out = message();
	set(*out, "1", text(m.label));
	set(*out, "2", integer(m.number));
	set(*out, "3", hex(m.envelope));
	if (m.invitation.len > 0)
		set(*out, "4", text(m.invitation));
	if (m.bundle_cnt > 0) {
		bundles = json_array();
		for (i = 0; i < m.bundle_cnt; i++)
			append(bundles, hex(m.bundle[i]));
		set(*out, "5", bundles);
	}
	*len = ts_submit_encode(again, *len, &m);
	return r;
}

static int
place(json_t **out, uint8_t *again, size_t *len, struct tsw_slice s)
{
	uint64_t index;
	int r = ts_place_reply_decode(&index, s);

	if (r != TS_OK)
		return r;
	*out = message();
	set(*out, "1", integer(index));
	*len = ts_place_reply_encode(again, *len, index);
	return r;
}

static int
span(json_t **out, uint8_t *again, size_t *len, struct tsw_slice s)
{
	uint64_t from, to;
	int r = ts_span_decode(&from, &to, s);

	if (r != TS_OK)
		return r;
	*out = message();
	set(*out, "1", integer(from));
	set(*out, "2", integer(to));
	*len = ts_span_encode(again, *len, from, to);
	return r;
}

static int
consistency(json_t **out, uint8_t *again, size_t *len, struct tsw_slice s)
{
	struct ts_consistency m;
	int r = ts_consistency_decode(&m, s);

	if (r != TS_OK)
		return r;
	*out = message();
	set(*out, "1", vec_hex(m.root, sizeof(m.root)));
	set(*out, "2", hex(m.proof));
	*len = ts_consistency_encode(again, *len, &m);
	return r;
}

static int
refusal(json_t **out, uint8_t *again, size_t *len, struct tsw_slice s)
{
	struct ts_refused m;
	int r = ts_refused_decode(&m, s);

	if (r != TS_OK)
		return r;
	*out = message();
	set(*out, "1", integer((uint64_t)m.code));
	set(*out, "2", integer(m.err));
	set(*out, "3", json_string(m.text));
	*len = ts_refused_encode(again, *len, &m);
	return r;
}

static int
messages(json_t **out, uint8_t *again, size_t *len, struct tsw_slice s)
{
	struct ts_box m;
	json_t *list = NULL;
	size_t i;
	int r = ts_box_decode(&m, s);

	if (r != TS_OK)
		return r;
	list = json_array();
	for (i = 0; i < m.cnt; i++)
		append(list,
		    json_pack("[o, o]", integer(m.message[i].number),
			hex(m.message[i].bytes)));
	*out = message();
	set(*out, "1", list);
	*len = ts_box_encode(again, *len, &m);
	return r;
}

static int
decode(const json_t *v, json_t **out, uint8_t *again, size_t *len)
{
	static const struct {
		const char *kind;
		int (*decode)(json_t **out, uint8_t *again, size_t *len,
		    struct tsw_slice s);
	} t[] = {{"lookup", lookup}, {"page", page}, {"submit", submit},
	    {"place", place}, {"span", span}, {"consistency", consistency},
	    {"refusal", refusal}, {"messages", messages}};
	struct tsw_slice s = vec_bytes(v, "bytes");
	int r = TS_ERR_INTERNAL;
	size_t i;

	*out = NULL;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (strcmp(t[i].kind, vec_text(v, "kind")) != 0)
			continue;
		r = t[i].decode(out, again, len, s);
		if (r == TS_OK) {
			vec_check(json_equal(*out, vec_get(v, "fields")) == 1,
			    vec_name(v), "other fields");
			vec_check(vec_same(s, again, *len), vec_name(v),
			    "written otherwise");
		}
	}
	json_decref(*out);
	vec_free(&s);
	return r;
}

void
vec_log_messages(const json_t *root)
{
	uint8_t again[4096];
	json_t *out;
	const json_t *v;
	size_t i, len;

	json_array_foreach(vec_get(root, "messages"), i, v)
	{
		len = sizeof(again);
		vec_check_err(decode(v, &out, again, &len), NULL, vec_name(v));
	}
	json_array_foreach(vec_get(root, "bad_messages"), i, v)
	{
		len = sizeof(again);
		vec_check_err(decode(v, &out, again, &len), vec_error(v),
		    vec_name(v));
	}
}
