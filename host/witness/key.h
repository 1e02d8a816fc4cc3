/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key of a witness: DIR/witness.key, mode 0600, one line
 * "PRIVATE+KEY+name+id+base64" of the type that cosigns.
 */
#ifndef HOST_WITNESS_KEY_H
#define HOST_WITNESS_KEY_H

#include "log/note.h"

#define TS_WITNESS_KEY_FILE "witness.key"

/*
 * In locked memory, for ts_secret_free().  TS_ERR_NOT_FOUND;
 * TS_ERR_PERMISSIONS: not a file of ours alone; TS_ERR_KEYFILE.
 */
int ts_witness_key_read(struct ts_skey **out, int dir) TS_MUST_CHECK;
/* Make one, durably.  TS_ERR_ALREADY: there is a file of this name;
 * TS_ERR_ARGUMENT: the name is none. */
int ts_witness_key_make(int dir, const char *name) TS_MUST_CHECK;

#endif
