/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory with a log, in memory, that answers as a courier.  It takes what
 * it is given, without looking at it, and lies as it is told to.  Two models
 * that were given the same records in the same order have the same log.
 */
#ifndef TESTS_LOGMODEL_H
#define TESTS_LOGMODEL_H

#include <touchstone/courier.h>

#include "log/latest.h"

#define LOGMODEL_URL "https://directory.example/t"
#define LOGMODEL_WITNESSES 3 /* two of which are the quorum */

enum logmodel_lie {
	LIE_NONE,
	LIE_VRF,	 /* a VRF proof of something else */
	LIE_ABSENCE_VRF, /* the same in the absence */
	LIE_OPENING,	 /* c does not open to the statement */
	LIE_PATH,	 /* a hash of the path is another */
	LIE_PARAMETERS,	 /* another VRF key than that of leaf 0 */
	LIE_HIDE,	 /* the last record is said to be absent */
	LIE_MISSING,	 /* the last record is left out, and the absence */
	LIE_OTHER_LABEL, /* records of somebody else */
	LIE_NUMBERS,	 /* record n is said to be n + 1 */
	LIE_QUORUM,	 /* one cosignature too few */
	LIE_STALE,	 /* cosignatures of two days ago */
	LIE_FUTURE,	 /* cosignatures of tomorrow */
	LIE_NOT_SIGNED,	 /* the log's own signature is of another key */
	LIE_CONSISTENCY, /* one hash of the proof is another */
	LIE_GARBAGE,	 /* no page at all */
	LIE_EMPTY,	 /* no bytes at all */
	LIE_LONG,	 /* more than was asked for */
	LIE_STATUS,	 /* HTTP 418 and a text */
	LIE_AWAY,	 /* nobody answers */
	LIE_BUSY,	 /* a refusal */
	LIE_REFUSED,	 /* the refusal of the model */
	LIE_SPAN,	 /* a hash of the proof of /v1/consistency */
	LIE_BEHIND,	 /* a refusal to who knows a larger log */
	LIE_GONE,	 /* the record was erased */
	LIE_HOLD	 /* what is submitted is not published: 202 */
};

struct logmodel_record {
	char label[TSW_LABEL_MAX + 1];
	uint32_t number;
	size_t len;
	uint8_t *envelope;
	uint8_t opening[TS_OPENING_LEN];
	struct ts_entry entry;
	bool logged; /* its leaf is there */
};

struct logmodel {
	enum logmodel_lie lie;
	enum ts_refusal refusal; /* of LIE_REFUSED */
	struct ts_skey log, other, witness[LOGMODEL_WITNESSES];
	char policy[2048];
	uint8_t sk_vrf[TS_VRF_KEY_LEN], vrf[TS_VRF_KEY_LEN];
	struct logmodel_record *record;
	size_t record_cnt;
	uint8_t (*leaf)[TSW_HASH_LEN];
	uint64_t size; /* of the published log */
	struct ts_index *index;
	size_t page_max;		     /* records in a page */
	size_t requests;		     /* so far */
	char invited[TS_INVITATION_MAX + 1]; /* of the last submit */
	size_t bundles;			     /* of the last submit */
	size_t bundle_cnt;		     /* of all */
	struct {
		size_t len;
		uint8_t bytes[TSW_BUNDLE_MAX];
	} bundle[TS_SUBMIT_BUNDLES_CNT];
	size_t len;
	uint8_t *answer;
};

/* Aborts on failure, like all here. */
struct logmodel *logmodel_new(void);
void logmodel_free(struct logmodel **model);
struct ts_courier logmodel_courier(struct logmodel *model);

/* Put a record there, whatever it is, and publish. */
void logmodel_put(struct logmodel *model, const char *label, uint32_t number,
    const uint8_t *p, size_t len);
/*
 * Take the last record of label out of the index, and publish: an auditor would
 * see it.
 */
void logmodel_forget(struct logmodel *model, const char *label);
/* Root leaf and checkpoint over what is there. */
void logmodel_seal(struct logmodel *model);
size_t logmodel_count(const struct logmodel *model, const char *label);
struct logmodel_record *logmodel_find(const struct logmodel *model,
    const char *label, uint32_t number);
/* The same records in the same order, up to the cnt'th. */
struct logmodel *logmodel_twin(const struct logmodel *model, size_t cnt);

/*
 * A courier that has each new request done later: the first time it is
 * TS_ERR_WAITING.  Between two functions: logmodel_forget_answers().
 */
struct logmodel_slow {
	struct ts_courier to;
	struct logmodel_kept *kept; /* list */
	size_t waits;
};

struct ts_courier logmodel_slow(struct logmodel_slow *slow);
void logmodel_forget_answers(struct logmodel_slow *slow);

#endif
