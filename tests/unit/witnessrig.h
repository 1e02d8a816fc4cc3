/* SPDX-License-Identifier: BSD-2-Clause */
/* A witness in a folder of its own, and a log with two futures that asks it. */
#ifndef TESTS_UNIT_WITNESSRIG_H
#define TESTS_UNIT_WITNESSRIG_H

#include "witness/witness.h"

#define WITNESS_LEAVES 300
#define WITNESS_NOW 1800000000u

extern char witness_dir[64];
extern struct ts_skey witness_log; /* the log's key */

/* For cmocka: a folder, which is gone afterwards. */
int witness_setup(void **state);
int witness_teardown(void **state);

/* A witness that knows no log; its clock stands at WITNESS_NOW. */
struct ts_witness *witness_open_witness(void);
void witness_add_log(const struct ts_vkey *vkey);
struct ts_witness *witness_with_log(void);

/* The futures are equal up to 100 leaves. */
struct ts_checkpoint witness_checkpoint(unsigned branch, uint64_t size);
/* Signed; its length. */
size_t witness_note(char *out, const struct ts_checkpoint *cp,
    const struct ts_skey *key);

struct asked {
	unsigned branch;
	uint64_t old, size;
	const struct ts_skey *key; /* NULL: the log's */
	uint64_t proof_from;	   /* if not old */
	bool wrong_root;
};
struct ts_witness_answer witness_ask(struct ts_witness *w, struct asked a);
unsigned witness_status(struct ts_witness *w, struct asked a);

/* The answer is a line that verifies on the checkpoint it was asked for. */
void witness_verify_answer(const struct ts_witness *w,
    const struct ts_witness_answer *answer, unsigned branch, uint64_t size);
void witness_conflict(struct ts_witness_answer answer, const char *size);

#endif
