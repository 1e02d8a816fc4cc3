/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a key is on its card, as the column `credential` of its row has it:
 * u8 kind, u8 slot, u8 algorithm of the card authentication key (0: none), and
 * that key.  Empty: not known here.
 */
#ifndef HOST_LIB_OWN_PLACE_H
#define HOST_LIB_OWN_PLACE_H

#include <touchstone/own.h>

#define TS_PLACE_MAX (3 + TSW_PUBKEY_MAX)

/* Of token->kind, slot and check; 0 bytes where the kind is not known. */
size_t ts_place_encode(uint8_t out[TS_PLACE_MAX], const struct ts_token *token);

/* False, and *token unchanged, for bytes that are no place. */
bool ts_place_decode(struct ts_token *token, struct tsw_slice s);

#endif
