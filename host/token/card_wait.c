/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/card_wait.h"

static int
send_at(struct ts_card *card, struct ts_card_reply *out,
    const struct ts_card_command *cmd, enum ts_card_pace pace)
{
	int r;

	card->pace = pace;
	r = ts_card_send(card, out, cmd);
	card->pace = TS_CARD_QUICK;
	return r;
}

int
ts_card_send_slow(struct ts_card *card, struct ts_card_reply *out,
    const struct ts_card_command *cmd)
{
	return send_at(card, out, cmd, TS_CARD_SLOW);
}

int
ts_card_send_touch(struct ts_card *card, struct ts_card_reply *out,
    const struct ts_card_command *cmd, enum ts_token_policy touch)
{
	int r;

	if (touch == TS_TOKEN_POLICY_NEVER)
		return ts_card_send(card, out, cmd);
	/* One that remembers a touch may not ask for it now. */
	if (touch != TS_TOKEN_POLICY_ALWAYS)
		return send_at(card, out, cmd, TS_CARD_MAY_TOUCH);
	ts_card_touch(card, true);
	r = send_at(card, out, cmd, TS_CARD_SLOW);
	ts_card_touch(card, false);
	return r;
}
