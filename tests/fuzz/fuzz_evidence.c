/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the helper may be asked about X.509 by whoever writes to a directory,
 * and what a helper that was taken over may answer.
 */
#include "token/evidence.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
answer(const uint8_t *data, size_t len)
{
	uint8_t again[TS_EVIDENCE_ANSWER_MAX];
	struct ts_evidence e;
	struct tsw_wr wr;

	if (ts_evidence_answer_decode(&e, data, len) != TS_OK)
		return;
	assert(e.err != TS_OK || e.touch == TS_TOKEN_POLICY_ALWAYS);
	assert(strlen(e.maker) <= TS_EVIDENCE_MAKER_MAX);
	tsw_wr_init(&wr, again, sizeof(again));
	assert(ts_evidence_answer_encode(&wr, &e) == TS_OK);
	assert(wr.len == len && memcmp(again, data, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t again[TS_EVIDENCE_ASK_MAX];
	uint8_t text[TS_EVIDENCE_ANSWER_MAX];
	struct ts_evidence_ask ask;
	struct ts_evidence e;
	struct tsw_wr wr;

	answer(data, len);
	if (ts_evidence_ask_decode(&ask, data, len) != TS_OK)
		return 0;
	tsw_wr_init(&wr, again, sizeof(again));
	assert(ts_evidence_ask_encode(&wr, &ask) == TS_OK);
	assert(wr.len == len && memcmp(again, data, len) == 0);
	memset(&e, 0xa5, sizeof(e));
	ts_evidence_check(&e, &ask);
	assert(e.err == TS_OK || e.err == TS_ERR_ATTESTATION ||
	    e.err == TS_ERR_UNKNOWN_MAKER);
	tsw_wr_init(&wr, text, sizeof(text));
	assert(ts_evidence_answer_encode(&wr, &e) == TS_OK);
	return 0;
}
