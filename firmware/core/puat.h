/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pinUvAuthToken and its lifetime (CTAP 2.1 section 6.5.2.1).
 *
 * One token is in use at a time.  It dies 30 s after it was issued if it was
 * not used, 10 minutes after it was issued in any case, when the PIN is tried
 * again, and loses its permissions when a touch has been spent with it.
 */
#ifndef FW_PUAT_H
#define FW_PUAT_H

#include <stdbool.h>

#include "cred.h"
#include "pinproto.h"

#define FW_PUAT_FIRST_USE_MS 30000
#define FW_PUAT_LIFE_MS 600000

enum fw_permission { FW_PERM_MC = 0x01, FW_PERM_GA = 0x02, FW_PERM_CM = 0x04 };
#define FW_PERM_ALL (FW_PERM_MC | FW_PERM_GA | FW_PERM_CM)
/* be, lbw, acfg: of features that are not here.  All others are undefined in
 * CTAP 2.1 and ignored. */
#define FW_PERM_ABSENT (0x08 | 0x10 | 0x20)

struct fw_puat {
	bool in_use;
	bool used;	    /* at least once since it was issued */
	bool user_verified; /* false once a touch was spent */
	bool rp_bound;
	enum fw_pinproto proto;
	uint8_t permissions;
	uint64_t issued;
	uint8_t rp_hash[FW_RP_HASH_LEN];
	uint8_t secret_token[FW_PINPROTO_TOKEN_LEN];
};

/* Forget the token; the next one is another. */
void fw_puat_stop(struct fw_puat *t);
/* Make a new token and put it in use, without permissions yet. */
void fw_puat_begin(struct fw_puat *t, struct fw_rng *rng,
    enum fw_pinproto proto, uint64_t now);
/* Time passed: stop the token when its time is over. */
void fw_puat_tick(struct fw_puat *t, uint64_t now);
/* sig over the parts was made with the token in use, of this protocol. */
bool fw_puat_verify(struct fw_puat *t, enum fw_pinproto proto,
    struct tsw_slice sig, const struct tsw_slice *part, size_t cnt);
/* The token may do this for that relying party; binds it if it is not. */
bool fw_puat_allows(struct fw_puat *t, enum fw_permission perm,
    const uint8_t rp_hash[FW_RP_HASH_LEN]);
/* The token may manage credentials, of this relying party (it binds no token
 * that is not bound); NULL: of all, which a bound one may not. */
bool fw_puat_allows_cm(const struct fw_puat *t, const uint8_t *rp_hash);
/* A touch was spent: the token authorises nothing more. */
void fw_puat_spend(struct fw_puat *t);

#endif
