/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the display says: text for hal_display(), at most HAL_DISPLAY_LINES
 * lines of HAL_DISPLAY_COLUMNS characters.
 *
 * The first line is always the token's own: what a touch would mean.  What the
 * host chose stands below it, in a form that cannot pass for anything else: it
 * is cut where it is too long with '~', which no label or name has, in the
 * middle, so that neither its beginning nor its end can be pushed out of
 * sight; characters of a relying party that a name does not have are '?'; and
 * only a live code has digits in groups with spaces as a whole line.
 */
#ifndef FW_WORDS_H
#define FW_WORDS_H

#include <touchstone/wire/statement.h>

#include "hal.h"

/* Room for a text with its line ends and a NUL. */
#define FW_WORDS_MAX (HAL_DISPLAY_LINES * (HAL_DISPLAY_COLUMNS + 1))

/* SIGN, CONFIRM, IMPORT. */
void fw_words_statement(char out[FW_WORDS_MAX], const struct tsw_statement *st);
/* CREATE, ATTEST, FORGET (handle: of the key), authenticatorReset. */
void fw_words_create(char out[FW_WORDS_MAX], enum tsw_alg alg);
void fw_words_attest(char out[FW_WORDS_MAX]);
void fw_words_forget(char out[FW_WORDS_MAX],
    const uint8_t handle[TSW_HASH_LEN]);
void fw_words_reset(char out[FW_WORDS_MAX]);
/* authenticatorMakeCredential, also where the key is there already;
 * authenticatorGetAssertion; authenticatorSelection.  rp: the rpId, any bytes.
 */
void fw_words_register(char out[FW_WORDS_MAX], struct tsw_slice rp);
void fw_words_login(char out[FW_WORDS_MAX], struct tsw_slice rp);
void fw_words_select(char out[FW_WORDS_MAX]);

/* A live code with label: what LIVE_BEGIN and LIVE_ANSWER ask when there is no
 * run left, what LIVE_TYPE asks. */
void fw_words_live_more(char out[FW_WORDS_MAX], struct tsw_slice label);
void fw_words_live_type(char out[FW_WORDS_MAX], struct tsw_slice label);
/* The code; asks: LIVE_CONFIRM waits. */
void fw_words_live_code(char out[FW_WORDS_MAX], struct tsw_slice label,
    const char *secret_code, bool asks);

/* PIV: to use the key of a slot, to sign or else to decrypt; to prove the
 * management key; to erase it all. */
void fw_words_card_key(char out[FW_WORDS_MAX], uint8_t slot, bool signs);
void fw_words_card_admin(char out[FW_WORDS_MAX]);
void fw_words_card_reset(char out[FW_WORDS_MAX]);

/* ENTROPY, STORE: what is wrong and what helps. */
void fw_words_entropy(char out[FW_WORDS_MAX]);
void fw_words_store(char out[FW_WORDS_MAX]);

#endif
