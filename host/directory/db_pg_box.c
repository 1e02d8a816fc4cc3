/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mailbox of SPEC 15 for several front ends: an unlogged table, with the
 * bounds of mailbox.h.
 */
#include "db_pg.h"

#include <string.h>
#include <time.h>

#include "mailbox.h"

#define MESSAGES_MAX 65536 /* in all; hellos get half */
#define COUNT_MS 1000

enum { LIVE, HELLO };

/* Two numbers: another space of locks than that of whoever sequences. */
static const struct pg_statement lock_box = {"lock_box",
    "SELECT pg_advisory_xact_lock(1953460067, ($1::bigint)::integer)"};
static const struct pg_statement empty_box = {"empty_box",
    "DELETE FROM message WHERE box = $1::bytea AND ends < now()"};
/* Numbers rise even if the box ended in between: mailbox.h. */
static const struct pg_statement put = {"put",
    "INSERT INTO message SELECT $1::bytea,"
    " greatest(coalesce(max(number), 0) + 1,"
    "  extract(epoch FROM now())::bigint), $2::bytea, $3::bigint = 1, now()"
    " FROM message WHERE box = $1::bytea"
    " HAVING count(*) < 16 AND"
    "  ($3::bigint = 0 OR count(*) FILTER (WHERE hello) < 8)"};
static const struct pg_statement keep = {"keep",
    "UPDATE message SET ends = now() + $3::bigint * interval '1 second'"
    " WHERE box = $1::bytea AND hello = ($2::bigint = 1)"};
static const struct pg_statement list = {"list",
    "SELECT number, bytes FROM message WHERE box = $1::bytea"
    " AND number > $2::bigint AND ends >= now() ORDER BY number LIMIT 16"};
static const struct pg_statement sweep = {"sweep",
    "DELETE FROM message WHERE ends < now()"};
static const struct pg_statement count = {"count",
    "SELECT count(*), count(*) FILTER (WHERE hello) FROM message"};

static uint64_t
now_ms(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Once a second, so that a flood cannot make each message cost a count. */
static int
count_all(struct pgdb *db)
{
	struct pg_rows rows = {0};
	uint64_t all, hellos, now = now_ms();
	int r;

	if (db->boxes_counted_ms != 0 && now - db->boxes_counted_ms < COUNT_MS)
		return TS_OK;
	r = pg_run(db->pg, NULL, NULL, &sweep, NULL);
	if (r == TS_OK)
		r = pg_run(db->pg, &rows, NULL, &count, NULL);
	if (r != TS_OK)
		return r;
	all = pg_get_u64(&rows, 0, 0);
	hellos = pg_get_u64(&rows, 0, 1);
	r = pg_rows_done(&rows);
	pg_rows_free(&rows);
	db->boxes_full[LIVE] = all >= MESSAGES_MAX;
	db->boxes_full[HELLO] =
	    db->boxes_full[LIVE] || hellos >= MESSAGES_MAX / 2;
	db->boxes_counted_ms = now;
	return r;
}

static int
put_message(struct pg *pg, struct tsw_slice box, struct tsw_slice message,
    int class, uint32_t keep_s)
{
	struct pg_parameters lock, name, bytes, until;
	uint64_t written = 0;
	int r;

	pg_parameters_init(&lock);
	pg_add_u64(&lock, tsw_load_u64(box.p) >> 33);
	pg_parameters_init(&name);
	pg_add_bytes(&name, box);
	bytes = until = name;
	pg_add_bytes(&bytes, message);
	pg_add_u64(&bytes, (uint64_t) class);
	pg_add_u64(&until, (uint64_t) class);
	pg_add_u64(&until, keep_s);
	r = pg_run(pg, NULL, NULL, &lock_box, &lock);
	if (r == TS_OK)
		r = pg_run(pg, NULL, NULL, &empty_box, &name);
	if (r == TS_OK)
		r = pg_run(pg, NULL, &written, &put, &bytes);
	if (r == TS_OK && written == 0)
		r = TS_ERR_RATE;
	if (r == TS_OK)
		r = pg_run(pg, NULL, NULL, &keep, &until);
	return r;
}

int
pgdb_box_add(struct ts_dirdb *db, const uint8_t box[TSW_HASH_LEN],
    struct tsw_slice message, uint32_t keep_s)
{
	struct pgdb *me = (struct pgdb *)db;
	int class = keep_s > TS_BOX_LIVE_MS / 1000 ? HELLO : LIVE;
	int r;

	if (message.len == 0 || message.len > TS_BOX_MESSAGE_MAX)
		return TS_ERR_ARGUMENT;
	r = count_all(me);
	if (r == TS_OK && me->boxes_full[class])
		r = TS_ERR_DIRECTORY_BUSY;
	if (r == TS_OK)
		r = pg_begin(me->pg);
	if (r != TS_OK)
		return r;
	return pg_end(me->pg,
	    put_message(me->pg, (struct tsw_slice){box, TSW_HASH_LEN}, message,
		class, keep_s));
}

int
pgdb_box_list(struct ts_dirdb *db, struct ts_box *out, uint8_t *room,
    const uint8_t box[TSW_HASH_LEN], uint32_t after)
{
	struct pg_parameters p;
	struct pg_rows rows = {0};
	struct tsw_slice s;
	size_t i;
	int r;

	pg_parameters_init(&p);
	pg_add_bytes(&p, (struct tsw_slice){box, TSW_HASH_LEN});
	pg_add_u64(&p, after);
	r = pg_run(pg_of(db), &rows, NULL, &list, &p);
	if (r != TS_OK)
		return r;
	memset(out, 0, sizeof(*out));
	for (i = 0; i < rows.cnt && i < TS_BOX_MESSAGES_CNT; i++) {
		s = pg_get_bytes(&rows, i, 1);
		if (s.len > TS_BOX_MESSAGE_MAX || s.len == 0) {
			rows.bad = true;
			break;
		}
		memcpy(room, s.p, s.len);
		out->message[i].number = (uint32_t)pg_get_u64(&rows, i, 0);
		out->message[i].bytes = (struct tsw_slice){room, s.len};
		room += TS_BOX_MESSAGE_MAX;
		out->cnt++;
	}
	r = pg_rows_done(&rows);
	pg_rows_free(&rows);
	return r;
}
