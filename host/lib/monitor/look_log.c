/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks at a directory with a log.  What was seen there once is there for ever,
 * or the log is caught: so a look begins where the last one ended.
 */
#include <string.h>

#include <touchstone/log.h>
#include <touchstone/monitor.h>

#include "../clock.h"
#include "../log/state.h"
#include "look.h"

#define ENOUGH 1 /* ends a walk without being an error */

/* --- Where to look --- */

uint32_t
ts_look_from(struct ts_look *look)
{
	const struct ts_own *own = &look->store->own;
	uint32_t known = look->known;

	/* What was never published has nothing to be seen. */
	if (look->person.id == TS_OWN && own->published < known)
		known = own->published;
	if (look->store->log == NULL || look->person.checked == 0 || known == 0)
		return look->person.base;
	look->seen = known - 1;
	return look->person.base + known - 1;
}

struct place {
	const uint8_t *id;
	bool found;
	uint32_t number;
};

static int
find_genesis(void *arg, uint32_t number, const uint8_t *p, size_t len)
{
	uint8_t hash[TSW_HASH_LEN];
	struct place *place = arg;
	struct tsw_envelope env;

	if (tsw_envelope_decode(&env, p, len) != TSW_OK)
		return TS_OK; /* not theirs, whatever it is */
	tsw_statement_hash(hash, env.statement.p, env.statement.len);
	if (memcmp(hash, place->id, sizeof(hash)) != 0)
		return TS_OK;
	place->found = true;
	place->number = number;
	return ENOUGH;
}

static int
put_base(struct ts_look *look, uint32_t base)
{
	struct ts_query q;
	int r;

	r = ts_store_begin(look->store);
	if (r != TS_OK)
		return r;
	ts_query_init(&q, look->store->db,
	    "UPDATE person SET base = ? WHERE id = ?");
	ts_query_int(&q, base);
	ts_query_int(&q, look->person.id);
	return ts_store_end(look->store, ts_query_run(&q));
}

int
ts_look_place(struct ts_look *look, struct ts_directory *dir)
{
	struct place place = {look->person.identity, false, 0};
	int r;

	if (look->person.id == TS_OWN || look->person.checked != 0)
		return TS_OK;
	r = ts_directory_fetch(dir, ts_person_label(&look->person), 0,
	    find_genesis, &place);
	if (r < 0)
		return r;
	/* Not there at all: what is there instead is for the walk to say. */
	if (place.number != look->person.base)
		r = put_base(look, place.number);
	else
		r = TS_OK;
	look->person.base = place.number;
	return r;
}

/* --- What a contact has seen of the log --- */

static int
find_witness(void *arg, uint32_t number, const uint8_t *p, size_t len)
{
	struct ts_look *look = arg;
	struct tsw_statement st;
	struct tsw_envelope env;

	if (tsw_envelope_decode(&env, p, len) == TSW_OK &&
	    tsw_statement_decode(&st, env.statement.p, env.statement.len) ==
		TSW_OK &&
	    st.kind == TSW_KIND_UPDATE && st.u.update.has_checkpoint &&
	    ts_log_is_ours(look->store, &st.u.update.checkpoint)) {
		look->has_witness = true;
		look->witness = number - look->person.base;
	}
	return TS_OK;
}

int
ts_look_witness(struct ts_look *look, struct ts_directory *dir, uint32_t from)
{
	int r;

	if (look->store->log == NULL || look->person.id == TS_OWN)
		return TS_OK;
	r = ts_directory_fetch(dir, ts_person_label(&look->person), from,
	    find_witness, look);
	return r == TS_ERR_TOO_MANY_RECORDS ? TS_OK : r;
}

/*
 * The log did not sign what a contact says of it, so that it is said about the
 * contact, and stops nobody else.
 */
static int
raise_split(struct ts_look *look, const struct ts_record *rec)
{
	const struct ts_log_state *log = look->store->log;
	struct ts_raise raise;

	memset(&raise, 0, sizeof(raise));
	raise.code = TS_ALERT_LOG_SPLIT;
	raise.person = look->person.id;
	raise.detail = "the checkpoint that they signed is of another log";
	tsw_statement_hash(raise.cause, rec->env.statement.p,
	    rec->env.statement.len);
	raise.proof[0].p = log->note;
	raise.proof[0].len = log->note_len;
	raise.proof[1] = rec->bytes;
	return ts_alert_raise(look->store, &raise);
}

/* What is held back by a proof that does not hold is not held back silently. */
static int
compare(struct ts_look *look, const struct ts_record *rec)
{
	const struct ts_log_shown shown = {look->person.label, {NULL, 0},
	    rec->bytes};
	int r;

	r = ts_log_compare(look->store, &rec->st.u.update.checkpoint);
	return r == TS_ERR_LOG_PROOF ? ts_log_wrong(look->store, r, &shown) : r;
}

int
ts_look_compare(struct ts_look *look, const struct ts_record *rec)
{
	int r, alert;

	if (!look->has_witness || look->witness != rec->seq)
		return TS_OK;
	r = compare(look, rec);
	if (r != TS_ERR_LOG_SPLIT)
		return r;
	alert = raise_split(look, rec);
	return alert == TS_OK ? r : alert;
}

/* --- Nobody there --- */

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A time that is yet to come, by as much, was told by a clock gone wrong. */
static bool
is_longer(uint64_t last, uint64_t now, uint64_t seconds)
{
	return (now > last ? now - last : last - now) > seconds;
}

static bool
is_long_away(const struct ts_store *store, uint64_t now)
{
	return is_longer(later(store->log->looked, store->log->since), now,
	    TS_LOG_AWAY_S);
}

/* News of the directory as a whole, once for each time it is away. */
static int
raise_away(struct ts_store *store)
{
	uint64_t last = later(store->log->looked, store->log->since);
	struct ts_raise raise;

	memset(&raise, 0, sizeof(raise));
	raise.code = TS_ALERT_DIRECTORY_AWAY;
	raise.person = TS_OWN;
	raise.once = true;
	tsw_store_u64(raise.cause, last);
	return ts_alert_raise(store, &raise);
}

static bool
is_away(const struct ts_store *store, int err)
{
	return err == TS_ERR_DIRECTORY ||
	    (store->log != NULL &&
		(err == TS_ERR_DIRECTORY_BUSY || err == TS_ERR_RATE ||
		    err == TS_ERR_REFUSED || err == TS_ERR_DIRECTORY_FORMAT));
}

/*
 * One server of many that has not seen our checkpoint yet says that it is busy.
 * If that lasts it is no delay: its own checkpoint tells.
 */
static int
ask_checkpoint(struct ts_store *store, int err)
{
	int r;

	if (err != TS_ERR_DIRECTORY_BUSY || !store->log->view.known)
		return TS_OK;
	r = ts_log_refresh(store);
	return r == TS_ERR_WAITING || r == TS_ERR_LOG_ROLLBACK ||
		r == TS_ERR_LOG_SPLIT
	    ? r
	    : TS_OK;
}

int
ts_look_away(struct ts_look *look, int err)
{
	static const uint8_t cause[TSW_HASH_LEN];
	const struct ts_person *p = &look->person;
	uint64_t now = ts_clock_now(), last = later(p->checked, p->added);
	int r = TS_OK;

	if (!is_away(look->store, err))
		return err;
	if (look->store->log != NULL) {
		last = later(last, look->store->log->since);
		if (is_long_away(look->store, now)) {
			r = ask_checkpoint(look->store, err);
			if (r == TS_OK)
				r = raise_away(look->store);
		}
	}
	if (r == TS_OK && is_longer(last, now, TS_UNREACHABLE_S))
		r = ts_alert_simple(look->store, TS_ALERT_UNREACHABLE, p->id,
		    cause);
	return r == TS_OK ? err : r;
}
