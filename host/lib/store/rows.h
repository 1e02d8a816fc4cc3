/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Persons and their chains as the database has them.
 *
 * Nothing read here is trusted: a chain that does not verify, is not of the
 * pinned identity or not of the label is TS_ERR_DB_FORGED.
 */
#ifndef HOST_LIB_STORE_ROWS_H
#define HOST_LIB_STORE_ROWS_H

#include "state.h"

struct ts_person {
	int64_t id; /* TS_OWN: the user */
	char label[TSW_LABEL_MAX + 1];
	bool pinned; /* identity is known */
	uint8_t identity[TSW_ID_LEN];
	uint32_t base; /* number of the genesis in the directory */
	uint64_t added, checked;
};

/* label as typed; TS_ERR_NOT_FOUND, TSW_ERR_LABEL.  Never the user. */
int ts_person_find(struct ts_store *store, struct ts_person *out,
    const char *label) TS_MUST_CHECK;
int ts_person_get(struct ts_store *store, struct ts_person *out,
    int64_t id) TS_MUST_CHECK;
/* Every contact, by label.  fn may change the store. */
int ts_person_each(struct ts_store *store,
    int (*fn)(struct ts_store *store, void *arg, const struct ts_person *p),
    void *arg) TS_MUST_CHECK;

struct tsw_slice ts_person_label(const struct ts_person *p);

/* A statement of a chain; views that end with the call. */
struct ts_row {
	uint32_t seq;
	uint64_t seen;
	struct tsw_slice bytes; /* the envelope as stored */
	struct tsw_envelope env;
};

/* Rows of person with seq from 0 to last, in order and without a gap. */
int ts_rows_each(struct ts_store *store, int64_t person, uint32_t last,
    int (*fn)(void *arg, const struct ts_row *row), void *arg) TS_MUST_CHECK;
#define TS_ROWS_ALL UINT32_MAX

/* The statement hash at seq: TS_ERR_NOT_FOUND if the chain is shorter. */
int ts_rows_hash(struct ts_store *store, uint8_t out[TSW_HASH_LEN],
    int64_t person, uint32_t seq) TS_MUST_CHECK;

/* The envelope at seq: *len bytes of out. */
int ts_rows_get(struct ts_store *store, uint8_t out[TSW_ENVELOPE_MAX],
    size_t *len, int64_t person, uint32_t seq) TS_MUST_CHECK;

int ts_rows_add(struct ts_store *store, int64_t person,
    const struct ts_row *row) TS_MUST_CHECK;

/*
 * The chain of p up to statement `last`.  A chain already checked in this
 * process is only hashed again, unless all is true: then signature counters
 * are right too.  TS_ERR_NOT_FOUND if there is no statement.
 */
struct ts_load {
	uint32_t last;
	bool all;
	bool raw; /* a recovery whose time came has not taken effect yet */
};
int ts_chain_load(struct ts_store *store, struct tsw_chain *out,
    const struct ts_person *p, struct ts_load how) TS_MUST_CHECK;

/*
 * The envelope follows chain as soon as the recovery that pends has taken
 * effect.  Who made it saw the recovery earlier than we did (SPEC 10.3): it is
 * for a later look, and no lie.
 */
bool ts_chain_awaits(const struct tsw_chain *chain,
    const struct tsw_envelope *env);

#endif
