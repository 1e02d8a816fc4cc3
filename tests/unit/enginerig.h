/* SPDX-License-Identifier: BSD-2-Clause */
/* An engine in a temporary folder, and somebody who waits for its answers. */
#ifndef TESTS_UNIT_ENGINERIG_H
#define TESTS_UNIT_ENGINERIG_H

#include <pthread.h>

#include "directory/engine.h"

struct enginerig {
	char folder[64];
	struct ts_config config;
	struct ts_engine *engine; /* NULL: stopped */
	const uint8_t *invitation;
	pthread_mutex_t lock;
	pthread_cond_t told;
	unsigned waiting;
	int result;
	uint64_t leaf; /* of the last answer */
};

void enginerig_init(struct enginerig *rig);
void enginerig_start(struct enginerig *rig);
void enginerig_stop(struct enginerig *rig);
void enginerig_end(struct enginerig *rig); /* and the folder goes */

struct tsw_slice enginerig_slice(const char *s);
/* One record of a made-up statement; what the engine says in the end. */
int enginerig_submit(struct enginerig *rig, const char *label, uint32_t number,
    const char *statement);
/* So many labels at once; the first result that is not TS_OK. */
int enginerig_fill(struct enginerig *rig, unsigned cnt);
/* The first view of at least this size. */
const struct ts_engine_view *enginerig_view(struct enginerig *rig,
    uint64_t size);
/* In a file of the database. */
bool enginerig_has_bytes(const struct enginerig *rig, const char *bytes);
/* A private file. */
void enginerig_write(const char *path, const char *text);

#endif
