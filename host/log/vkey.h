/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of notes as note.c and policy.c need them, also of types not ours. */
#ifndef HOST_LOG_VKEY_H
#define HOST_LOG_VKEY_H

#include "note.h"

#define TS_VKEY_KEY_MAX 4096 /* bytes of a key of any type, with its type */

struct ts_vkey_parts {
	struct tsw_slice name; /* alias of the text */
	uint8_t id[4];
	uint8_t type;
	uint8_t key[TS_VKEY_KEY_MAX];
	size_t key_len;
};

/* TS_ERR_LOG_POLICY: not of the form of a vkey of any type. */
int ts_vkey_split(struct ts_vkey_parts *out,
    struct tsw_slice text) TS_MUST_CHECK;
bool ts_vkey_is_ours(const struct ts_vkey_parts *parts);
/* TS_ERR_LOG_POLICY: as ts_vkey_parse(). */
int ts_vkey_join(struct ts_vkey *out,
    const struct ts_vkey_parts *parts) TS_MUST_CHECK;

/* Of a key in a note, of any length. */
bool ts_vkey_name_holds(struct tsw_slice name);

/* Ed25519 over message.  The result has been verified. */
int ts_vkey_sign(uint8_t sig[TSW_SIG_LEN], struct tsw_slice message,
    const struct ts_skey *skey) TS_MUST_CHECK;

#endif
