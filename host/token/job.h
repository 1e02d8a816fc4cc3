/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operation of the helper works with. */
#ifndef TOKEN_JOB_H
#define TOKEN_JOB_H

#include "token/fido2.h"
#include "token/pin.h"

struct ts_job {
	struct ts_fido2 *session; /* open */
	const struct ts_link *link;
	const struct ts_token_request *req;
	const struct ts_pins *pins;
};

#endif
