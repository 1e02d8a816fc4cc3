/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of a label's last identity, from its records, and a small memory
 * of such states.  Signatures are not checked: they were when a record came.
 */
#ifndef HOST_DIRECTORY_CHAINS_H
#define HOST_DIRECTORY_CHAINS_H

#include <touchstone/wire/chain.h>

#include "dirdb.h"

struct ts_chains; /* for several threads */

int ts_chains_new(struct ts_chains **out) TS_MUST_CHECK;
void ts_chains_free(struct ts_chains **chains);

struct ts_chain_at {
	uint32_t cnt;	  /* records of the label that it covers */
	uint32_t genesis; /* number of the identity's first */
	uint64_t seen;	  /* of the last record */
	struct tsw_chain chain;
};

/*
 * As head says.  TS_ERR_DB_CORRUPT: the records are no chain.  TS_ERR_DB_BUSY:
 * they were erased meanwhile.
 */
int ts_chains_load(struct ts_chains *chains, struct ts_chain_at *out,
    struct ts_dirdb *db, struct tsw_slice label,
    const struct ts_dirdb_head *head) TS_MUST_CHECK;

#endif
