/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two keys of a log: DIR/keys/log.key signs checkpoints, DIR/keys/vrf.key
 * hides labels.  Files of one line, mode 0600; whoever has them is the log.
 */
#ifndef HOST_DIRECTORY_KEYS_H
#define HOST_DIRECTORY_KEYS_H

#include "log/note.h"
#include "log/vrf.h"

struct ts_keys {
	struct ts_skey log;
	bool has_log; /* a front end needs only the other one */
	uint8_t sk_vrf[TS_VRF_KEY_LEN];
	uint8_t vrf[TS_VRF_KEY_LEN];
};

/*
 * In locked memory.  origin: name of a new log.  make: make keys that are not
 * there.  TS_ERR_NOT_FOUND: vrf.key is not there; TS_ERR_PERMISSIONS: others
 * can read one; TS_ERR_KEYFILE: it is none.
 */
int ts_keys_open(struct ts_keys **out, const char *data, const char *origin,
    bool make) TS_MUST_CHECK;
void ts_keys_free(struct ts_keys **keys);

#endif
