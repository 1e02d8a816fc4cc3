/* SPDX-License-Identifier: BSD-2-Clause */
/* bech32m below the level of bytes: 5-bit symbols (BIP 173, BIP 350). */
#ifndef FIRMWARE_WIRE_BECH32_H
#define FIRMWARE_WIRE_BECH32_H

#include <touchstone/wire/code.h>

#define TSW_BECH32_TEXT_MAX 90 /* beyond it the checksum promises nothing */

/*
 * The symbols between separator and checksum, each below 32; *cnt of them.
 * hrp is in lower case.
 */
int tsw_bech32m_symbols(uint8_t out[TSW_BECH32_TEXT_MAX], size_t *cnt,
    const char *hrp, struct tsw_slice text) TSW_MUST_CHECK;

/*
 * Copy text without ASCII blanks and line ends, in lower case, as people
 * paste it.  TSW_ERR_TOO_LONG beyond TSW_BECH32_TEXT_MAX.
 */
int tsw_bech32m_tidy(uint8_t out[TSW_BECH32_TEXT_MAX], size_t *len,
    struct tsw_slice text) TSW_MUST_CHECK;

#endif
