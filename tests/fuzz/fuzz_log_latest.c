/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory that says what it likes about bob, whose two records are in a
 * witnessed log.  Whoever believes that these are all has to have both.  The
 * first byte: 0 a page to who comes for the first time, 1 to who knows the
 * log, else a proof file.
 */
#include "unit/logworld.h"

#include <assert.h>
#include <string.h>

#include <touchstone/wire/statement.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct logworld *world;
static struct ts_log_view known;

static const struct tsw_slice bob = {(const uint8_t *)"bob", 3};

/* The statements are those of the log; signatures are for the chain. */
static void
check_records(const struct ts_page *page, uint32_t from)
{
	uint8_t hash[TSW_HASH_LEN];
	struct tsw_envelope env;
	size_t i;

	assert(!page->absence.there || from + page->record_cnt == 2);
	for (i = 0; i < page->record_cnt; i++) {
		assert(from + i < 2);
		assert(tsw_envelope_decode(&env, page->record[i].envelope.p,
			   page->record[i].envelope.len) == TSW_OK);
		tsw_statement_hash(hash, env.statement.p, env.statement.len);
		assert(memcmp(hash, world->record[from + i].hash,
			   sizeof(hash)) == 0);
	}
}

static void
page(struct tsw_slice s, bool first)
{
	const struct ts_lookup ask = {bob, 0, !first, known.head.size};
	struct ts_log_view view, before;
	struct ts_page m;
	struct ts_seen seen;

	memset(&view, 0, sizeof(view));
	if (!first)
		view = known;
	before = view;
	if (ts_page_decode(&m, s) != TS_OK)
		return;
	if (ts_latest_check(&view, &seen, world->policy, &ask, &m,
		LOGWORLD_NOW) != TS_OK) {
		assert(memcmp(&view, &before, sizeof(view)) == 0);
		return;
	}
	assert(view.known && view.head.size == world->size);
	check_records(&m, 0);
}

static void
proof_file(struct tsw_slice s)
{
	static uint8_t scratch[TS_PAGE_MAX];
	struct ts_proof_extra m;

	if (ts_proof_file_check(&m, NULL, scratch, world->policy, s) != TS_OK)
		return;
	if (m.label.len != bob.len || memcmp(m.label.p, bob.p, bob.len) != 0)
		return;
	check_records(&m.page, m.page.record[0].number);
}

static void
prepare(void)
{
	static const struct ts_lookup ask = {{(const uint8_t *)"bob", 3}, 0,
	    false, 0};
	static struct logworld_page shown;
	struct ts_log_view view;
	int r;

	memset(&view, 0, sizeof(view));
	world = logworld_new();
	logworld_add(world, "bob");
	logworld_seal(world);
	known.known = true;
	known.head = logworld_head(world);
	logworld_add(world, "bob");
	logworld_fill(world);
	logworld_seal(world);
	memcpy(known.vrf, world->vrf, sizeof(known.vrf));
	logworld_page(world, &shown, &ask);
	r = ts_latest_check(&view, NULL, world->policy, &ask, &shown.page,
	    LOGWORLD_NOW);
	assert(r == TS_OK);
	memcpy(known.origin, view.origin, sizeof(known.origin));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (world == NULL)
		prepare();
	if (len == 0)
		return 0;
	if (data[0] < 2)
		page((struct tsw_slice){data + 1, len - 1}, data[0] == 0);
	else
		proof_file((struct tsw_slice){data + 1, len - 1});
	return 0;
}
