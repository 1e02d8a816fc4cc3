/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What strangers submit: u8 policy, then u16 length and a submit body, again
 * and again.  What is let in is kept; it has to be the next record of its label
 * and, read again from the store, a chain.
 */
#include "directory/admission.h"
#include "directory/chains.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct memdb db;

static int
erased(void *ctx, uint8_t k[32], struct tsw_slice label)
{
	(void)ctx;
	memset(k, 0, 32);
	return label.p[0] == 'z' ? TS_OK : TS_ERR_NOT_FOUND;
}

/* The record as the engine keeps it, and the chain as it is read again. */
static void
keep(const struct ts_engine_record *rec)
{
	static struct ts_chain_at at;
	struct ts_dirdb_record kept;
	struct ts_dirdb_head head;
	struct ts_chains *chains = NULL;

	memset(&kept, 0, sizeof(kept));
	kept.label = rec->label;
	kept.number = rec->number;
	kept.genesis = rec->genesis;
	kept.time = rec->time;
	memcpy(kept.hash, rec->hash, sizeof(kept.hash));
	kept.envelope = rec->envelope;
	if (!memdb_add(&db, &kept))
		return;
	assert(ts_dirdb_head(&db.db, &head, rec->label) == TS_OK);
	assert(head.cnt == rec->number + 1 && head.genesis == rec->genesis);
	assert(ts_chains_new(&chains) == TS_OK);
	assert(ts_chains_load(chains, &at, &db.db, rec->label, &head) == TS_OK);
	assert(memcmp(at.chain.head, rec->hash, TSW_HASH_LEN) == 0);
	ts_chains_free(&chains);
}

static void
give(struct ts_admission *admission, struct tsw_slice body)
{
	static struct ts_admission_result out;
	const struct ts_admission_source source = {&db.db, erased, NULL};
	struct ts_dirdb_head head;
	struct ts_submit m;

	if (ts_submit_decode(&m, body) != TS_OK)
		return;
	assert(ts_admission_check(admission, &out, &source, &m, 1800000000) ==
	    TS_OK);
	assert(out.ok == (out.refused.code == 0));
	if (!out.ok) {
		assert(out.refused.text[0] != '\0');
		return;
	}
	assert(tsw_label_check(out.record.label) == TSW_OK);
	assert(ts_dirdb_head(&db.db, &head, m.label) == TS_OK);
	assert(out.again ? m.number < head.cnt : m.number == head.cnt);
	if (!out.again)
		keep(&out.record);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ts_admission_rules rules = {.evidence = UINT32_MAX};
	struct ts_admission *admission = NULL;
	const uint8_t *p;
	struct tsw_rd rd;
	uint8_t policy;
	size_t n;

	memdb_init(&db);
	memdb_invite(&db, "welcome");
	tsw_rd_init(&rd, data, len);
	policy = tsw_rd_u8(&rd);
	rules.genesis = (enum ts_config_genesis)(policy % 3);
	rules.replace = (enum ts_config_replace)(policy / 3 % 3);
	assert(ts_admission_new(&admission, &rules) == TS_OK);
	while (!rd.bad && rd.left > 0) {
		n = tsw_rd_u16(&rd);
		p = tsw_rd_view(&rd, n);
		if (p != NULL)
			give(admission, (struct tsw_slice){p, n});
	}
	ts_admission_free(&admission);
	return 0;
}
