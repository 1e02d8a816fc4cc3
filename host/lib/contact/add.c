/* SPDX-License-Identifier: BSD-2-Clause */
/* A new contact: what the directory shows, checked from the first byte. */
#include <string.h>

#include <touchstone/code.h>
#include <touchstone/directory.h>
#include <touchstone/monitor.h>

#include "../bundle/bundle.h"
#include "../clock.h"
#include "../directory/backend.h"
#include "../log/round.h"
#include "../log/state.h"
#include "check.h"

/* The records of a label on their way into the database. */
struct adding {
	struct ts_store *store;
	struct ts_person person;
	struct tsw_chain chain;
	uint32_t records;
	bool waits;	     /* the rest is for after the recovery that pends */
	bool has_checkpoint; /* the last that the contact signed */
	struct tsw_checkpoint checkpoint;
};

static int
forget_statements(struct ts_store *store, int64_t person)
{
	struct ts_query q;

	ts_query_init(&q, store->db, "DELETE FROM statement WHERE person = ?");
	ts_query_int(&q, person);
	return ts_query_run(&q);
}

/* A genesis replaces whoever was there before: the last one counts. */
static int
start_identity(struct adding *a, uint32_t number)
{
	tsw_chain_init(&a->chain);
	a->waits = false;
	a->has_checkpoint = false;
	a->person.base = number;
	return forget_statements(a->store, a->person.id);
}

static int
add_record(void *arg, uint32_t number, const uint8_t *p, size_t len)
{
	struct tsw_slice label;
	struct tsw_statement st;
	struct adding *a = arg;
	struct ts_row row;
	int r;

	if (++a->records > TS_LOOK_MAX)
		return TS_ERR_TOO_MANY_RECORDS;
	memset(&row, 0, sizeof(row));
	row.bytes.p = p;
	row.bytes.len = len;
	r = tsw_envelope_decode(&row.env, p, len);
	if (r == TSW_OK)
		r = tsw_statement_decode(&st, row.env.statement.p,
		    row.env.statement.len);
	if (r != TSW_OK)
		return r == TSW_ERR_INTERNAL ? r : TS_ERR_DIRECTORY_FORMAT;
	if (st.kind == TSW_KIND_GENESIS)
		r = start_identity(a, number);
	if (r != TS_OK || a->waits)
		return r;
	row.seen = ts_clock_now();
	r = tsw_chain_step(&a->chain, NULL, &row.env, row.seen);
	a->waits = r == TSW_ERR_RECOVERY_PENDING &&
	    ts_chain_awaits(&a->chain, &row.env);
	if (r != TS_OK)
		return a->waits ? TS_OK : r;
	label = ts_person_label(&a->person);
	if (a->chain.label_len != label.len ||
	    memcmp(a->chain.label, label.p, label.len) != 0)
		return TSW_ERR_LABEL;
	if (st.kind == TSW_KIND_UPDATE && st.u.update.has_checkpoint) {
		a->has_checkpoint = true;
		a->checkpoint = st.u.update.checkpoint;
	}
	row.seq = a->chain.seq;
	return ts_rows_add(a->store, a->person.id, &row);
}

static int
insert_person(struct adding *a)
{
	struct ts_query q;
	int r;

	a->person.added = a->person.checked = ts_clock_now();
	ts_query_init(&q, a->store->db,
	    "INSERT INTO person (label, base, directory, published, added,"
	    " checked) VALUES (?, 0, '', 0, ?, ?)");
	ts_query_text(&q, a->person.label);
	ts_query_int(&q, (int64_t)a->person.added);
	ts_query_int(&q, (int64_t)a->person.checked);
	r = ts_query_run(&q);
	a->person.id = ts_db_last_id(a->store->db);
	return r;
}

static int
pin_person(struct adding *a)
{
	struct ts_query q;

	memcpy(a->person.identity, a->chain.id, TSW_ID_LEN);
	a->person.pinned = true;
	ts_query_init(&q, a->store->db,
	    "UPDATE person SET identity = ?, base = ? WHERE id = ?");
	ts_query_blob(&q, a->person.identity, TSW_ID_LEN);
	ts_query_int(&q, a->person.base);
	ts_query_int(&q, a->person.id);
	return ts_query_run(&q);
}

static int
check_code(const struct adding *a, const char *code)
{
	uint8_t id[TSW_ID_LEN];
	struct tsw_slice text;
	int r;

	if (code == NULL || code[0] == '\0')
		return TS_OK;
	text.p = (const uint8_t *)code;
	text.len = strlen(code);
	r = tsw_public_code_parse(id, text);
	if (r != TSW_OK)
		return r;
	return memcmp(id, a->chain.id, sizeof(id)) == 0 ? TS_OK
							: TS_ERR_MISMATCH;
}

static int
fetch(struct adding *a, struct ts_directory *dir, const char *code)
{
	int r;

	r = insert_person(a);
	if (r == TS_OK)
		r = ts_directory_fetch(dir, ts_person_label(&a->person), 0,
		    add_record, a);
	if (r == TS_OK && a->records == 0)
		r = TS_ERR_UNKNOWN_LABEL;
	if (r == TS_OK)
		r = check_code(a, code);
	if (r == TS_OK && a->has_checkpoint)
		r = ts_log_compare(a->store, &a->checkpoint);
	return r == TS_OK ? pin_person(a) : r;
}

/* The label in its normal form; neither the user's nor known already. */
static int
check_label(struct adding *a, const char *label)
{
	struct tsw_slice text = {(const uint8_t *)label, strlen(label)};
	size_t len = TSW_LABEL_MAX;
	struct ts_person known;
	int r;

	if (!a->store->own.initialised)
		return TS_ERR_NOT_INITIALISED;
	r = tsw_label_normalise((uint8_t *)a->person.label, &len, text);
	if (r != TSW_OK)
		return r;
	a->person.label[len] = '\0';
	if (strcmp(a->person.label, a->store->own.label) == 0)
		return TSW_ERR_REFLECTED;
	r = ts_person_find(a->store, &known, a->person.label);
	if (r == TS_ERR_NOT_FOUND)
		return TS_OK;
	return r == TS_OK ? TS_ERR_ALREADY : r;
}

/* An earlier run of this call got as far as its bundles. */
static int
is_added(struct adding *a, const char *label)
{
	const struct ts_round *round = a->store->round;

	if (round == NULL || !round->done)
		return TS_ERR_NOT_FOUND;
	return ts_person_find(a->store, &a->person, label);
}

static int
add(struct adding *a, struct ts_directory *dir, const char *label,
    const char *code)
{
	int r;

	r = is_added(a, label);
	if (r == TS_ERR_NOT_FOUND) {
		r = check_label(a, label);
		if (r == TS_OK)
			r = ts_directory_prepare(dir,
			    ts_person_label(&a->person), 0);
		if (r == TS_OK)
			r = ts_store_begin(a->store);
		if (r == TS_OK)
			r = ts_store_end(a->store, fetch(a, dir, code));
		if (r == TS_OK && a->store->round != NULL)
			a->store->round->done = true;
	}
	return r == TS_OK ? ts_bundle_look(a->store, &a->person, dir) : r;
}

int
ts_contact_add(struct ts_store *store, struct ts_contact *out,
    const char *label, const char *code)
{
	struct ts_directory *dir = NULL;
	struct adding a;
	int r;

	ts_names_clear(store);
	memset(&a, 0, sizeof(a));
	a.store = store;
	tsw_chain_init(&a.chain);
	if (!store->own.initialised)
		return TS_ERR_NOT_INITIALISED;
	r = ts_directory_open(&dir, store, store->own.directory);
	if (r == TS_OK)
		r = ts_round_begin(store, "add", label);
	if (r == TS_OK)
		r = ts_round_end(store, add(&a, dir, label, code));
	ts_directory_free(&dir);
	return r == TS_OK ? ts_contact_view(store, out, NULL, &a.person) : r;
}
