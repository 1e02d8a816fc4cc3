/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The management key of a PIV card: who has it may make keys and write
 * objects.
 */
#ifndef TOKEN_PIV_ADMIN_H
#define TOKEN_PIV_ADMIN_H

#include "token/piv.h"

#define TS_PIV_ADMIN_MAX 32 /* bytes of AES-256 */

struct ts_piv_admin {
	uint8_t secret_key[TS_PIV_ADMIN_MAX];
	size_t len;	 /* 16, 24 or 32 */
	bool is_factory; /* the one that everybody knows */
};

/*
 * The key that is given in hexadecimal digits, or, with NULL, the factory's:
 * TS_ERR_ADMIN_REQUIRED if the card says that it has another by now.
 * TS_ERR_ADMIN_WRONG for digits that are no key.  *out is in locked memory,
 * for ts_locked_free(); NULL unless TS_OK.
 */
int ts_piv_admin_new(struct ts_piv_admin **out, struct ts_piv *piv,
    const char *secret_hex) TS_MUST_CHECK;

/*
 * GENERAL AUTHENTICATE, both ways: the card sees that we have the key without
 * seeing it, and we see that the card has it.  TS_ERR_ADMIN_WRONG with
 * *retries, TS_ERR_ADMIN_BLOCKED, TS_ERR_TOKEN_IO if the card has not the key,
 * TS_ERR_TOKEN_UNSUPPORTED if it takes none of this length.
 */
int ts_piv_admin_prove(struct ts_piv *piv, uint8_t *retries,
    const struct ts_piv_admin *admin) TS_MUST_CHECK;

#endif
