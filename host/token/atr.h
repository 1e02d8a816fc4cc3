/* SPDX-License-Identifier: BSD-2-Clause */
/* What a card says of itself when it is switched on (ISO 7816-3 section 8). */
#ifndef TOKEN_ATR_H
#define TOKEN_ATR_H

#include <touchstone/wire/bytes.h>

/*
 * Whether its historical bytes (ISO 7816-4 section 12.1.1) promise commands of
 * extended length.  False for whatever is not understood.
 */
bool ts_atr_has_extended(struct tsw_slice atr);

#endif
