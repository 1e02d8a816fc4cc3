/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VRF proofs that were asked for, kept: they are a function of label and
 * number, and the dearest part of a lookup.  Any thread.
 */
#ifndef HOST_DIRECTORY_VRFS_H
#define HOST_DIRECTORY_VRFS_H

#include "keys.h"
#include "log/leaf.h"

struct ts_vrfs;

int ts_vrfs_new(struct ts_vrfs **out, const struct ts_keys *keys) TS_MUST_CHECK;
void ts_vrfs_free(struct ts_vrfs **vrfs);
/* proof: NULL if only k is wanted. */
int ts_vrfs_get(struct ts_vrfs *vrfs, uint8_t k[32], uint8_t *proof,
    struct tsw_slice label, uint32_t number) TS_MUST_CHECK;

#endif
