/* SPDX-License-Identifier: BSD-2-Clause */
/* The operations on a card: which of its applications each is for. */
#ifndef TOKEN_OPS_CARD_H
#define TOKEN_OPS_CARD_H

#include "token/card.h"
#include "token/pin.h"

struct ts_card_job {
	struct ts_card *card;
	const struct ts_token_request *req;
	const struct ts_pins *pins;
	/*
	 * Do it as with any token that speaks CTAP2.  TS_ERR_NO_APPLET if the
	 * card does not.
	 */
	int (*fido)(const struct ts_card_job *job, struct ts_token_result *out);
};

/* The request is checked.  One that another program's reset broke is done once
 * more where that is safe, else it is TS_ERR_CARD_RESET. */
int ts_ops_card(const struct ts_card_job *job,
    struct ts_token_result *out) TS_MUST_CHECK;

#endif
