/* SPDX-License-Identifier: BSD-2-Clause */
#include "alerts.h"

#include <string.h>

#include "../clock.h"

/* One row of alert.def; NULL in all for a code not known. */
struct kind {
	const char *name, *what, *means, *todo;
	enum ts_alert_level level;
};

static struct kind
kind_of(int64_t code)
{
	static const struct kind none = {NULL, NULL, NULL, NULL, TS_LEVEL_STOP};

	switch (code) {
#define X(name_, number_, level_, what_, means_, todo_)                        \
	case number_:                                                          \
		return (struct kind){#name_, what_, means_, todo_,             \
		    TS_LEVEL_##level_};
#include <touchstone/alert.def>
#undef X
	default:
		return none;
	}
}

const char *
ts_level_word(enum ts_alert_level level)
{
	switch (level) {
	case TS_LEVEL_NEWS:
		return "news";
	case TS_LEVEL_WARNING:
		return "warning";
	case TS_LEVEL_STOP:
		return "stop";
	default:
		return NULL;
	}
}

/* Append s to out, printable ASCII only: it may come from an edited row. */
static void
append(char out[TS_WHAT_MAX], const char *s, size_t len)
{
	size_t at = strlen(out), i;

	for (i = 0; i < len && at < TS_WHAT_MAX - 1; i++)
		out[at++] = s[i] >= 0x20 && s[i] < 0x7f ? s[i] : '?';
	out[at] = '\0';
}

/* "%s added a key", the label and the change. */
static void
sentence(char out[TS_WHAT_MAX], const char *what, const char *label,
    const char *detail)
{
	const char *at = strstr(what, "%s");
	size_t head = at == NULL ? strlen(what) : (size_t)(at - what);

	out[0] = '\0';
	append(out, what, head);
	if (at != NULL) {
		append(out, label, strlen(label));
		append(out, at + 2, strlen(at + 2));
	}
	if (detail[0] != '\0') {
		append(out, ": ", 2);
		append(out, detail, strlen(detail));
	}
}

#define COLUMNS "id, code, person, label, time, detail, open"

/* False for a code that this version does not know. */
static bool
read_alert(struct ts_alert *out, const struct ts_query *q)
{
	const char *label = ts_query_get_text(q, 3);
	struct kind kind = kind_of(ts_query_get_int(q, 1));

	if (kind.name == NULL || strlen(label) > TSW_LABEL_MAX)
		return false;
	memset(out, 0, sizeof(*out));
	out->id = (uint32_t)ts_query_get_int(q, 0);
	out->code = (enum ts_alert_code)ts_query_get_int(q, 1);
	out->level = kind.level;
	if (ts_query_get_int(q, 2) != TS_OWN)
		memcpy(out->contact, label, strlen(label));
	out->time = (uint64_t)ts_query_get_int(q, 4);
	out->open = ts_query_get_int(q, 6) != 0;
	sentence(out->what, kind.what, label, ts_query_get_text(q, 5));
	out->name = kind.name;
	out->means = kind.means;
	out->todo = kind.todo;
	return true;
}

static int
get_alert(struct ts_store *store, struct ts_alert *out, uint32_t id)
{
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT " COLUMNS " FROM alert WHERE id = ?");
	ts_query_int(&q, id);
	r = ts_query_one(&q);
	if (r == TS_OK && !read_alert(out, &q))
		r = TS_ERR_NOT_FOUND;
	ts_query_end(&q);
	return r;
}

int
ts_alert_each(struct ts_store *store, bool all,
    int (*fn)(void *arg, const struct ts_alert *alert), void *arg)
{
	struct ts_alert alert;
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT " COLUMNS " FROM alert WHERE open <> 0 OR ? ORDER BY id");
	ts_query_int(&q, all);
	while ((r = ts_query_step(&q)) == TS_ROW) {
		if (!read_alert(&alert, &q))
			continue;
		r = fn(arg, &alert);
		if (r != TS_OK)
			break;
	}
	ts_query_end(&q);
	return r;
}

static int
set_closed(struct ts_store *store, uint32_t id)
{
	struct ts_query q;

	ts_query_init(&q, store->db, "UPDATE alert SET open = 0 WHERE id = ?");
	ts_query_int(&q, id);
	return ts_query_run(&q);
}

int
ts_alert_close(struct ts_store *store, struct ts_alert *out, uint32_t id)
{
	struct ts_alert alert;
	int r;

	ts_names_clear(store);
	r = get_alert(store, &alert, id);
	if (r != TS_OK)
		return r;
	if (!alert.open)
		return TS_ERR_ALREADY;
	r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	r = ts_store_end(store, set_closed(store, id));
	alert.open = false;
	if (r == TS_OK && out != NULL)
		*out = alert;
	return r;
}

void
ts_alert_watch(struct ts_store *store,
    void (*fn)(void *arg, const struct ts_alert *alert), void *arg)
{
	store->watch = fn;
	store->watch_arg = arg;
}

void
ts_alert_tell(struct ts_store *store)
{
	struct ts_alert alert;
	size_t i;

	if (store->watch == NULL)
		return;
	for (i = 0; i < store->raised_cnt; i++) {
		if (get_alert(store, &alert, store->raised[i]) == TS_OK)
			store->watch(store->watch_arg, &alert);
	}
}

int
ts_alert_proof(struct ts_store *store, uint32_t id,
    int (*fn)(void *arg, const uint8_t *envelope, size_t len), void *arg)
{
	struct tsw_slice s;
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT envelope FROM proof WHERE alert = ? ORDER BY number");
	ts_query_int(&q, id);
	while ((r = ts_query_step(&q)) == TS_ROW) {
		s = ts_query_get_blob(&q, 0);
		r = fn(arg, s.p, s.len);
		if (r != TS_OK)
			break;
	}
	ts_query_end(&q);
	return r;
}

/* TS_ERR_ALREADY: the same is open, or too many of its kind are. */
static int
is_new(struct ts_store *store, const struct ts_raise *raise)
{
	const bool news = kind_of(raise->code).level == TS_LEVEL_NEWS;
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT coalesce(sum(open <> 0), 0), coalesce(sum(cause = ?1 AND"
	    " (open <> 0 OR ?2)), 0) FROM alert WHERE code = ?3 AND person = "
	    "?4");
	ts_query_blob(&q, raise->cause, sizeof(raise->cause));
	ts_query_int(&q, raise->once);
	ts_query_int(&q, raise->code);
	ts_query_int(&q, raise->person);
	r = ts_query_one(&q);
	if (r == TS_OK &&
	    (ts_query_get_int(&q, 1) > 0 ||
		ts_query_get_int(&q, 0) >=
		    (news ? TS_NEWS_OPEN_MAX : TS_ALERTS_OPEN_MAX)))
		r = TS_ERR_ALREADY;
	ts_query_end(&q);
	return r;
}

static int
insert(struct ts_store *store, const struct ts_raise *raise)
{
	struct ts_query q;

	ts_query_init(&q, store->db,
	    "INSERT INTO alert (code, person, label, time, cause, detail, open)"
	    " VALUES (?1, ?2, coalesce((SELECT label FROM person"
	    " WHERE id = ?2), ''), ?3, ?4, ?5, 1)");
	ts_query_int(&q, raise->code);
	ts_query_int(&q, raise->person);
	ts_query_int(&q, (int64_t)ts_clock_now());
	ts_query_blob(&q, raise->cause, sizeof(raise->cause));
	ts_query_text(&q, raise->detail == NULL ? "" : raise->detail);
	return ts_query_run(&q);
}

static int
keep_proof(struct ts_store *store, int64_t id, const struct ts_raise *raise)
{
	struct ts_query q;
	size_t i;
	int r = TS_OK;

	for (i = 0; r == TS_OK && i < TS_PROOFS_CNT; i++) {
		if (raise->proof[i].len == 0)
			continue;
		ts_query_init(&q, store->db,
		    "INSERT INTO proof (alert, number, envelope)"
		    " VALUES (?, ?, ?)");
		ts_query_int(&q, id);
		ts_query_int(&q, (int64_t)i);
		ts_query_blob(&q, raise->proof[i].p, raise->proof[i].len);
		r = ts_query_run(&q);
	}
	return r;
}

static int
raise_new(struct ts_store *store, const struct ts_raise *raise)
{
	int64_t id;
	int r;

	r = is_new(store, raise);
	if (r == TS_ERR_ALREADY)
		return TS_OK;
	if (r == TS_OK)
		r = insert(store, raise);
	if (r != TS_OK)
		return r;
	id = ts_db_last_id(store->db);
	if (store->raised_cnt < TS_RAISED_MAX)
		store->raised[store->raised_cnt++] = (uint32_t)id;
	return keep_proof(store, id, raise);
}

int
ts_alert_raise(struct ts_store *store, const struct ts_raise *raise)
{
	int r = ts_store_begin(store);

	return r == TS_OK ? ts_store_end(store, raise_new(store, raise)) : r;
}

int
ts_alert_simple(struct ts_store *store, enum ts_alert_code code, int64_t person,
    const uint8_t cause[TSW_HASH_LEN])
{
	struct ts_raise raise;

	memset(&raise, 0, sizeof(raise));
	raise.code = code;
	raise.person = person;
	memcpy(raise.cause, cause, sizeof(raise.cause));
	return ts_alert_raise(store, &raise);
}

int
ts_alert_closed(struct ts_store *store, enum ts_alert_code code,
    const uint8_t cause[TSW_HASH_LEN])
{
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT 1 FROM alert WHERE code = ?1 AND cause = ?2"
	    " GROUP BY cause HAVING max(open) = 0");
	ts_query_int(&q, code);
	ts_query_blob(&q, cause, TSW_HASH_LEN);
	r = ts_query_one(&q);
	ts_query_end(&q);
	return r;
}

int
ts_alert_blocks(struct ts_store *store, int64_t person)
{
	struct ts_query q;
	struct kind kind;
	int r, blocked = TS_OK;

	ts_query_init(&q, store->db,
	    "SELECT DISTINCT code FROM alert WHERE open <> 0 AND (person = ?1"
	    " OR (person = 0 AND code IN (?2, ?3))) ORDER BY code");
	ts_query_int(&q, person);
	/* A log that cannot be trusted is nobody's in particular. */
	ts_query_int(&q, TS_ALERT_LOG_SPLIT);
	ts_query_int(&q, TS_ALERT_LOG_ROLLBACK);
	while ((r = ts_query_step(&q)) == TS_ROW) {
		kind = kind_of(ts_query_get_int(&q, 0));
		if (kind.level != TS_LEVEL_STOP)
			continue;
		/* A code of a newer version blocks too. */
		blocked = TS_ERR_BLOCKED;
		if (kind.name != NULL)
			ts_names_add(store, kind.name, strlen(kind.name));
	}
	ts_query_end(&q);
	return r == TS_OK ? blocked : r;
}
