/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The database of a directory, driven without the rest of it; any backend.
 *
 *   dirdb_check URL all            every function, on an empty database
 *   dirdb_check URL flood SEED N   admit N records; print those that are
 *                                  certain: "label number id"; "! ERROR"
 *                                  for a batch that failed
 *   dirdb_check URL sequence MS    give places for so long; print "size" of
 *                                  each checkpoint that was accepted
 *   dirdb_check URL verify         what flood and sequence left behind
 *   dirdb_check URL open           connect, and say how it went
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "directory/dirdb.h"
#include "directory/mailbox.h"

#define LABELS_CNT 8 /* few, so that floods meet */
#define BATCH_CNT 24
#define PLACES_CNT 64

static int failures;

#define EXPECT(is, wanted)                                                     \
	expect(__LINE__, #is, (int64_t)(is), (int64_t)(wanted))
static void
expect(int line, const char *what, int64_t is, int64_t wanted)
{
	if (is == wanted)
		return;
	printf("line %d: %s is %" PRId64 ", not %" PRId64 "\n", line, what, is,
	    wanted);
	failures++;
}

static struct tsw_slice
text(const char *s)
{
	return (struct tsw_slice){(const uint8_t *)s, strlen(s)};
}

static void
fill(uint8_t *out, size_t len, uint64_t seed)
{
	size_t i;

	for (i = 0; i < len; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		out[i] = (uint8_t)(seed >> 56);
	}
}

/* A record with all that makes it this one drawn from seed. */
static struct ts_dirdb_admit
admit_of(const char *label, uint32_t number, uint64_t seed)
{
	static const uint8_t envelope[600] = {7};
	struct ts_dirdb_admit a = {.record = {.label = text(label)}};

	a.record.number = number;
	a.record.time = 1700000000 + number;
	fill(a.record.hash, sizeof(a.record.hash), seed);
	fill(a.record.opening, sizeof(a.record.opening), seed + 1);
	fill(a.record.entry.k, 32, seed + 2);
	fill(a.record.entry.c, 32, seed + 3);
	a.record.envelope = (struct tsw_slice){envelope, sizeof(envelope)};
	a.result = TS_ERR_INTERNAL;
	return a;
}

struct seen {
	size_t cnt;
	struct ts_dirdb_record rec[PLACES_CNT];
};

static int
see(void *ctx, const struct ts_dirdb_record *rec)
{
	struct seen *seen = ctx;

	if (seen->cnt < PLACES_CNT)
		seen->rec[seen->cnt] = *rec;
	seen->cnt++;
	return TS_OK;
}

static struct ts_dirdb_leaf
leaf_of(const struct ts_entry *entry, uint64_t id)
{
	struct ts_dirdb_leaf leaf = {.len = TS_LEAF_ENTRY_LEN, .id = id};

	memcpy(leaf.bytes, entry->k, 32);
	memcpy(leaf.bytes + 32, entry->c, 32);
	return leaf;
}

/* All that waits, and a root behind it. */
static int
sequence_once(struct ts_dirdb *db, uint64_t *size)
{
	struct ts_dirdb_leaf leaf[PLACES_CNT + 2];
	struct ts_dirdb_note note = {0};
	struct seen seen = {0};
	struct ts_dirdb_batch b = {.leaf = leaf};
	char line[64];
	size_t i;
	int r = ts_dirdb_signed_note(db, &note);

	if (r != TS_OK)
		return r;
	r = ts_dirdb_pending(db, PLACES_CNT, see, &seen);
	if (r != TS_OK)
		return r;
	memset(leaf, 0, sizeof(leaf));
	b.size = note.size;
	if (note.size == 0)
		leaf[b.cnt++].len = TS_LEAF_PARAMETERS_LEN;
	for (i = 0; i < seen.cnt; i++)
		leaf[b.cnt++] = leaf_of(&seen.rec[i].entry, seen.rec[i].id);
	leaf[b.cnt++].len = TS_LEAF_ROOT_LEN;
	(void)snprintf(line, sizeof(line), "note of %" PRIu64, b.size + b.cnt);
	b.note = text(line);
	r = ts_dirdb_sequence(db, &b);
	if (r == TS_OK)
		*size = b.size + b.cnt;
	return r;
}

static void
check_admit(struct ts_dirdb *db)
{
	struct ts_dirdb_admit batch[6], one;
	struct ts_dirdb_head head;
	struct seen seen = {0};
	uint64_t leaf = 7;

	batch[0] = admit_of("alice@example.org", 0, 1);
	batch[1] = admit_of("alice@example.org", 1, 2);
	batch[2] = admit_of("alice@example.org", 3, 3); /* a gap */
	batch[3] = admit_of("bob@example.org", 0, 4);
	batch[4] = batch[3];			      /* twice in a batch */
	batch[5] = admit_of("bob@example.org", 0, 5); /* two in a place */
	EXPECT(ts_dirdb_admit(db, batch, 6), TS_OK);
	EXPECT(batch[0].result, TS_OK);
	EXPECT(batch[1].result, TS_OK);
	EXPECT(batch[2].result, TS_ERR_CONFLICT);
	EXPECT(batch[3].result, TS_OK);
	EXPECT(batch[4].result, TS_ERR_ALREADY);
	EXPECT(batch[4].record.id == batch[3].record.id, true);
	EXPECT(batch[5].result, TS_ERR_CONFLICT);
	EXPECT(batch[0].record.id < batch[1].record.id, true);
	EXPECT(batch[1].record.id < batch[3].record.id, true);
	one = admit_of("alice@example.org", 1, 2);
	EXPECT(ts_dirdb_admit(db, &one, 1), TS_OK);
	EXPECT(one.result, TS_ERR_ALREADY);
	EXPECT(one.record.id == batch[1].record.id, true);
	one = admit_of("alice@example.org", 0, 99);
	EXPECT(ts_dirdb_admit(db, &one, 1), TS_OK);
	EXPECT(one.result, TS_ERR_CONFLICT);
	EXPECT(ts_dirdb_head(db, &head, text("alice@example.org")), TS_OK);
	EXPECT(head.cnt, 2);
	EXPECT(head.first, 0);
	EXPECT(ts_dirdb_head(db, &head, text("nobody")), TS_OK);
	EXPECT(head.cnt, 0);
	EXPECT(ts_dirdb_records(db, text("alice@example.org"), 1, 9, see,
		   &seen),
	    TS_OK);
	EXPECT(seen.cnt, 1);
	EXPECT(seen.rec[0].number, 1);
	EXPECT(memcmp(seen.rec[0].hash, batch[1].record.hash, 32), 0);
	EXPECT(seen.rec[0].time, 1700000001);
	seen.cnt = 0;
	EXPECT(ts_dirdb_every(db, batch[0].record.id, 9, see, &seen), TS_OK);
	EXPECT(seen.cnt, 2);
	EXPECT(seen.rec[1].id == batch[3].record.id, true);
	EXPECT(seen.rec[0].number, 1);
	seen.cnt = 0;
	EXPECT(ts_dirdb_every(db, 0, 1, see, &seen), TS_OK);
	EXPECT(seen.cnt, 1);
	EXPECT(ts_dirdb_leaf_of(db, &leaf, batch[0].record.id), TS_OK);
	EXPECT(leaf, 0);
	EXPECT(ts_dirdb_leaf_of(db, &leaf, 123456), TS_ERR_NOT_FOUND);
}

static int
count_leaf(void *ctx, uint64_t index, struct tsw_slice leaf)
{
	uint64_t *cnt = ctx;

	EXPECT(index == *cnt, true);
	EXPECT(leaf.len == TS_LEAF_ENTRY_LEN || leaf.len == TS_LEAF_ROOT_LEN ||
		leaf.len == TS_LEAF_PARAMETERS_LEN,
	    true);
	++*cnt;
	return TS_OK;
}

static void
check_log(struct ts_dirdb *db)
{
	struct ts_dirdb_batch stale = {.size = 0, .cnt = 1};
	struct ts_dirdb_leaf leaf = {.len = TS_LEAF_ROOT_LEN};
	struct ts_dirdb_note note = {0};
	struct ts_dirdb_head head;
	struct seen seen = {0};
	uint64_t size = 0, cnt = 0;

	EXPECT(ts_dirdb_published(db, &note), TS_OK);
	EXPECT(note.size, 0);
	EXPECT(sequence_once(db, &size), TS_OK);
	EXPECT(size, 5); /* parameters, three entries, a root */
	EXPECT(ts_dirdb_signed_note(db, &note), TS_OK);
	EXPECT(note.size, 5);
	EXPECT(memcmp(note.note, "note of 5", note.len), 0);
	EXPECT(ts_dirdb_pending(db, 9, see, &seen), TS_OK);
	EXPECT(seen.cnt, 0);
	stale.leaf = &leaf;
	stale.note = text("another one of 1");
	EXPECT(ts_dirdb_sequence(db, &stale), TS_ERR_CONFLICT);
	stale.size = 9; /* nobody has come so far */
	EXPECT(ts_dirdb_sequence(db, &stale), TS_ERR_CONFLICT);
	/* A record that has its place gets no second one. */
	stale.size = 5;
	leaf.len = TS_LEAF_ENTRY_LEN;
	leaf.id = 1;
	EXPECT(ts_dirdb_sequence(db, &stale) == TS_OK, false);
	EXPECT(ts_dirdb_signed_note(db, &note), TS_OK);
	EXPECT(note.size, 5);
	EXPECT(ts_dirdb_head(db, &head, text("alice@example.org")), TS_OK);
	EXPECT(head.first, 1);
	EXPECT(head.last, 2);
	EXPECT(ts_dirdb_leaves(db, 0, 5, count_leaf, &cnt), TS_OK);
	EXPECT(cnt, 5);
	cnt = 4;
	EXPECT(ts_dirdb_leaves(db, 4, 6, count_leaf, &cnt), TS_ERR_DB_CORRUPT);
	EXPECT(ts_dirdb_publish(db, 5, text("cosigned 5")), TS_OK);
	EXPECT(ts_dirdb_publish(db, 5, text("cosigned 5 anew")), TS_OK);
	EXPECT(ts_dirdb_publish(db, 4, text("cosigned 4")), TS_ERR_CONFLICT);
	EXPECT(ts_dirdb_published(db, &note), TS_OK);
	EXPECT(note.size, 5);
	EXPECT(note.len, 15);
}

static void
check_people(struct ts_dirdb *db)
{
	struct ts_dirdb_admit a[2];
	struct ts_dirdb_head head;
	struct ts_dirdb_figures figures = {0};
	uint8_t hash[2][TSW_HASH_LEN] = {{1}, {2}}, out[TSW_BUNDLE_MAX];
	size_t len = 0;
	uint64_t size;

	EXPECT(ts_dirdb_invite(db, (const uint8_t(*)[TSW_HASH_LEN])hash, 1),
	    TS_OK);
	EXPECT(ts_dirdb_invited(db, hash[0]), TS_OK);
	EXPECT(ts_dirdb_invited(db, hash[1]), TS_ERR_INVITATION);
	a[0] = admit_of("carol@example.org", 0, 10);
	a[1] = admit_of("dave@example.org", 0, 11);
	a[0].invitation = a[1].invitation = hash[0];
	a[0].bundle[0] = text("bundle");
	memcpy(a[0].bundle_hash[0], hash[1], TSW_HASH_LEN);
	a[0].bundle_cnt = 1;
	EXPECT(ts_dirdb_admit(db, a, 2), TS_OK);
	EXPECT(a[0].result, TS_OK);
	EXPECT(a[1].result, TS_ERR_INVITATION);
	EXPECT(ts_dirdb_invited(db, hash[0]), TS_ERR_INVITATION);
	EXPECT(ts_dirdb_bundle(db, out, &len, hash[1]), TS_OK);
	EXPECT(len, 6);
	EXPECT(ts_dirdb_bundle(db, out, &len, hash[0]), TS_ERR_NOT_FOUND);
	EXPECT(ts_dirdb_erase(db, text("carol@example.org")), TS_ERR_BUSY);
	EXPECT(sequence_once(db, &size), TS_OK);
	EXPECT(ts_dirdb_erase(db, text("carol@example.org")), TS_OK);
	EXPECT(ts_dirdb_erase(db, text("carol@example.org")), TS_ERR_NOT_FOUND);
	EXPECT(ts_dirdb_head(db, &head, text("carol@example.org")), TS_OK);
	EXPECT(head.cnt, 0);
	EXPECT(ts_dirdb_bundle(db, out, &len, hash[1]), TS_ERR_NOT_FOUND);
	a[0] = admit_of("carol@example.org", 0, 10);
	EXPECT(ts_dirdb_admit(db, a, 1), TS_OK);
	EXPECT(a[0].result, TS_OK);
	EXPECT(ts_dirdb_drop(db, a[0].record.id), TS_OK);
	EXPECT(ts_dirdb_head(db, &head, text("carol@example.org")), TS_OK);
	EXPECT(head.cnt, 0);
	EXPECT(ts_dirdb_figures(db, &figures), TS_OK);
	EXPECT(figures.records, 3);
	EXPECT(figures.labels, 2);
	EXPECT(figures.leaves, 7);
	EXPECT(figures.pending, 0);
	EXPECT(figures.invitations, 0);
}

static void
check_tiles(struct ts_dirdb *db)
{
	struct ts_tile tile = {.level = 0, .index = 3, .width = 4};
	uint8_t out[TS_DIRDB_TILE_MAX], bytes[256] = {9};
	size_t len = 0;

	EXPECT(ts_dirdb_tile_get(db, out, &len, &tile), TS_ERR_NOT_FOUND);
	EXPECT(ts_dirdb_tile_put(db, &tile, (struct tsw_slice){bytes, 128}),
	    TS_OK);
	EXPECT(ts_dirdb_tile_get(db, out, &len, &tile), TS_OK);
	EXPECT(len, 128);
	tile.width = 2; /* an old one does not replace it */
	EXPECT(ts_dirdb_tile_put(db, &tile, (struct tsw_slice){bytes, 64}),
	    TS_OK);
	EXPECT(ts_dirdb_tile_get(db, out, &len, &tile), TS_OK);
	EXPECT(len, 128);
	tile.width = 5;
	EXPECT(ts_dirdb_tile_get(db, out, &len, &tile), TS_ERR_NOT_FOUND);
}

static void
check_boxes(struct ts_dirdb *db)
{
	uint8_t box[TSW_HASH_LEN] = {0xff, 1}, other[TSW_HASH_LEN] = {0};
	struct ts_mailbox_room room;
	struct ts_box out = {0};
	uint32_t first;
	int i;

	for (i = 0; i < 8; i++)
		EXPECT(db->ops->box_add(db, box, text("hello"), 7 * 86400),
		    TS_OK);
	EXPECT(db->ops->box_add(db, box, text("hello"), 7 * 86400),
	    TS_ERR_RATE);
	for (i = 8; i < 16; i++)
		EXPECT(db->ops->box_add(db, box, text("move"), 600), TS_OK);
	EXPECT(db->ops->box_add(db, box, text("move"), 600), TS_ERR_RATE);
	EXPECT(db->ops->box_add(db, other, text("short"), 0), TS_OK);
	EXPECT(db->ops->box_list(db, &out, room.bytes[0], box, 0), TS_OK);
	EXPECT(out.cnt, 16);
	first = out.message[0].number;
	EXPECT(first > 1700000000, 1); /* seconds: they rise for ever */
	EXPECT(out.message[15].number >= first + 15, 1);
	EXPECT(memcmp(out.message[15].bytes.p, "move", 4), 0);
	EXPECT(db->ops->box_list(db, &out, room.bytes[0], box,
		   out.message[14].number),
	    TS_OK);
	EXPECT(out.cnt, 1);
	EXPECT(db->ops->box_list(db, &out, room.bytes[0], other, 0), TS_OK);
	EXPECT(out.cnt, 0); /* over already */
}

static int
all(struct ts_dirdb *db)
{
	const uint8_t vrf[TS_VRF_KEY_LEN] = {3}, another[TS_VRF_KEY_LEN] = {4};

	EXPECT(ts_dirdb_origin(db, "example.org/log", vrf), TS_OK);
	EXPECT(ts_dirdb_origin(db, "example.org/log", vrf), TS_OK);
	EXPECT(ts_dirdb_origin(db, "example.org/log", another),
	    TS_ERR_LOG_BROKEN);
	EXPECT(ts_dirdb_origin(db, "example.org/other", vrf),
	    TS_ERR_LOG_BROKEN);
	check_admit(db);
	check_log(db);
	check_people(db);
	if (db->ops->tiles_in_db)
		check_tiles(db);
	if (db->ops->box_add != NULL)
		check_boxes(db);
	EXPECT(ts_dirdb_lead(db), TS_OK);
	EXPECT(ts_dirdb_wait(db, 1), TS_OK);
	EXPECT(ts_dirdb_wait(db, 1), TS_OK);
	return failures == 0 ? 0 : 1;
}

static void
nap(void)
{
	const struct timespec ts = {.tv_nsec = 20000000};

	(void)nanosleep(&ts, NULL);
}

/* Each batch begins with what the labels have now, as a handler would. */
static size_t
draw(struct ts_dirdb *db, struct ts_dirdb_admit batch[BATCH_CNT],
    char label[LABELS_CNT][32], uint64_t *seed)
{
	struct ts_dirdb_head head[LABELS_CNT];
	size_t i, at;

	for (i = 0; i < LABELS_CNT; i++) {
		(void)snprintf(label[i], sizeof(label[i]), "label-%zu", i);
		if (ts_dirdb_head(db, &head[i], text(label[i])) != TS_OK)
			return 0;
	}
	for (i = 0; i < BATCH_CNT; i++) {
		*seed += 1000;
		at = (size_t)(*seed / 1000 % 7919 * 31 % LABELS_CNT);
		batch[i] = admit_of(label[at], head[at].cnt++, *seed);
	}
	return BATCH_CNT;
}

static int
flood(struct ts_dirdb *db, uint64_t seed, size_t wanted)
{
	struct ts_dirdb_admit batch[BATCH_CNT];
	char label[LABELS_CNT][32];
	size_t i, cnt, done = 0;
	int r;

	while (done < wanted) {
		cnt = draw(db, batch, label, &seed);
		r = cnt == 0 ? TS_ERR_DIRECTORY
			     : ts_dirdb_admit(db, batch, cnt);
		if (r != TS_OK) {
			printf("! %d\n", r);
			(void)fflush(stdout);
			nap();
			continue;
		}
		for (i = 0; i < cnt; i++) {
			if (batch[i].result != TS_OK)
				continue;
			printf("%.*s %" PRIu32 " %" PRIu64 "\n",
			    (int)batch[i].record.label.len,
			    (const char *)batch[i].record.label.p,
			    batch[i].record.number, batch[i].record.id);
			done++;
		}
		(void)fflush(stdout);
	}
	return 0;
}

static int
sequence(struct ts_dirdb *db, long ms)
{
	struct timespec begin, now;
	uint64_t size = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		if (sequence_once(db, &size) == TS_OK) {
			printf("%" PRIu64 "\n", size);
			(void)fflush(stdout);
		} else {
			nap();
		}
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - begin.tv_sec) * 1000 +
		(now.tv_nsec - begin.tv_nsec) / 1000000 <
	    ms);
	return 0;
}

/* The log has no gap, and all is in it; what is printed is compared. */
static int
verify(struct ts_dirdb *db)
{
	struct ts_dirdb_note note = {0};
	struct seen seen = {0};
	uint64_t cnt = 0, size;

	while (ts_dirdb_pending(db, 1, see, &seen) == TS_OK && seen.cnt > 0) {
		EXPECT(sequence_once(db, &size), TS_OK);
		seen.cnt = 0;
	}
	EXPECT(ts_dirdb_signed_note(db, &note), TS_OK);
	EXPECT(ts_dirdb_leaves(db, 0, note.size, count_leaf, &cnt), TS_OK);
	EXPECT(cnt == note.size, true);
	printf("size %" PRIu64 "\n", note.size);
	return failures == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct ts_dirdb *db = NULL;
	const char *verb = argc > 2 ? argv[2] : "";
	int r, status = 2;

	if (argc < 3)
		return 2;
	r = ts_dirdb_open(&db, argv[1], true);
	if (strcmp(verb, "open") == 0)
		status = printf("%d\n", r) < 0;
	else if (r != TS_OK)
		status = 3;
	else if (strcmp(verb, "all") == 0)
		status = all(db);
	else if (strcmp(verb, "flood") == 0 && argc == 5)
		status = flood(db, strtoull(argv[3], NULL, 10) * 1000000000,
		    strtoull(argv[4], NULL, 10));
	else if (strcmp(verb, "sequence") == 0 && argc == 4)
		status = sequence(db, strtol(argv[3], NULL, 10));
	else if (strcmp(verb, "verify") == 0)
		status = verify(db);
	ts_dirdb_free(&db);
	return status;
}
