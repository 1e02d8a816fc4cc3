/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of a chore, and their answers. */
#ifndef TOUCHSTONE_AGENT_PARCEL_H
#define TOUCHSTONE_AGENT_PARCEL_H

#include "chore.h"

struct ts_parcel {
	struct ts_parcel *next;
	struct ts_net_request req; /* its body is ours */
	uint32_t turn;
	unsigned used; /* the run that asked for it last */
	bool there;    /* and then: */
	int err;
	unsigned status;
	uint8_t *answer;
	size_t len;
};

/* NULL: it was not asked before. */
struct ts_parcel *ts_parcel_find(const struct ts_chore *chore,
    const struct ts_carry *req);

/*
 * TS_ERR_ARGUMENT, _NO_MEMORY; TS_ERR_DIRECTORY: this run has asked for more
 * than a chore may keep.  What earlier runs asked for makes room.
 */
int ts_parcel_add(struct ts_parcel **out, struct ts_chore *chore,
    const struct ts_carry *req) TS_MUST_CHECK;

/* The reply has come. */
void ts_parcel_put(struct ts_chore *chore, struct ts_parcel *parcel,
    const struct ts_net_reply *reply);
void ts_parcel_drop(struct ts_chore *chore, struct ts_parcel *parcel);
void ts_parcel_drop_all(struct ts_chore *chore);

#endif
