/* SPDX-License-Identifier: BSD-2-Clause */
/* The body of add-checkpoint.  C2SP tlog-witness. */
#ifndef HOST_WITNESS_REQUEST_H
#define HOST_WITNESS_REQUEST_H

#include "log/note.h"

#define TS_WITNESS_PROOF_CNT 63 /* lines; more are no request */
/* The old size, the proof, an empty line and the note. */
#define TS_WITNESS_BODY_MAX (32 + TS_WITNESS_PROOF_CNT * 45 + 1 + TS_NOTE_MAX)

struct ts_witness_request {
	uint64_t old;
	uint8_t proof[TS_WITNESS_PROOF_CNT * TSW_HASH_LEN];
	size_t proof_len;
	struct ts_note note;
	struct ts_checkpoint cp; /* what the note says; nobody verified it */
};

/* TS_ERR_LOG_NOTE: not of this form.  Views alias body. */
int ts_witness_request_decode(struct ts_witness_request *out,
    struct tsw_slice body) TS_MUST_CHECK;

#endif
