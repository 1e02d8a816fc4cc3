/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory's database in memory, for tests: what admission reads of it, and
 * errors on demand.
 */
#ifndef TESTS_UNIT_MEMDB_H
#define TESTS_UNIT_MEMDB_H

#include "directory/dirdb.h"

#define MEMDB_RECORDS_CNT 64
#define MEMDB_INVITATIONS_CNT 8

struct memdb {
	struct ts_dirdb db; /* first: ops cast back */
	struct {
		uint8_t label[TSW_LABEL_MAX];
		size_t label_len;
		uint32_t number, genesis;
		uint64_t time;
		uint8_t hash[TSW_HASH_LEN];
		uint8_t envelope[TSW_ENVELOPE_MAX];
		size_t len;
	} record[MEMDB_RECORDS_CNT];
	size_t cnt;
	uint8_t invitation[MEMDB_INVITATIONS_CNT][TSW_HASH_LEN];
	size_t invitation_cnt;
	int fail;     /* what every call returns, if not TS_OK */
	size_t reads; /* records given out */
};

void memdb_init(struct memdb *m);
/* false: there is no room. */
bool memdb_add(struct memdb *m, const struct ts_dirdb_record *rec);
void memdb_invite(struct memdb *m, const char *text);

#endif
