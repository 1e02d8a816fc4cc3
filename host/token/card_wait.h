/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that a card may take its time for. */
#ifndef TOKEN_CARD_WAIT_H
#define TOKEN_CARD_WAIT_H

#include "token/card.h"

/* Send cmd, which has the card make a key. */
int ts_card_send_slow(struct ts_card *card, struct ts_card_reply *out,
    const struct ts_card_command *cmd) TS_MUST_CHECK;

/* Send cmd, which uses a key that wants a touch as touch says. */
int ts_card_send_touch(struct ts_card *card, struct ts_card_reply *out,
    const struct ts_card_command *cmd,
    enum ts_token_policy touch) TS_MUST_CHECK;

#endif
