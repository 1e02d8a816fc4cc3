/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a statement may enter the log: SPEC 14.3, rules 1 to 5.
 *
 * Nothing is written here.  What is found good goes to ts_engine_submit(),
 * which settles what two may have been told at the same moment: the place and
 * the invitation.  Signatures of stored records were checked when they came in
 * and are not checked again.
 */
#ifndef HOST_DIRECTORY_ADMISSION_H
#define HOST_DIRECTORY_ADMISSION_H

#include <touchstone/wire/chain.h>

#include "engine.h"

#define TS_ADMISSION_RECORDS_MAX 100000 /* of a label: SPEC 10.1 */

/* How admission looks at what is kept. */
struct ts_admission_source {
	struct ts_dirdb *db;
	/*
	 * k of the label's record 0.  TS_OK: it is in the log already;
	 * TS_ERR_NOT_FOUND: it is not.
	 */
	int (*erased)(void *ctx, uint8_t k[32], struct tsw_slice label);
	void *ctx;
};

struct ts_admission_rules {
	enum ts_config_genesis genesis;
	enum ts_config_replace replace;
	uint32_t evidence; /* bit i: class i is accepted */
};

struct ts_admission; /* for several threads: it keeps states of chains */

int ts_admission_new(struct ts_admission **out,
    const struct ts_admission_rules *rules) TS_MUST_CHECK;
void ts_admission_free(struct ts_admission **admission);

struct ts_admission_result {
	bool ok;      /* record may be submitted; else refused says why not */
	bool again;   /* it stands there already: its place is asked for */
	bool genesis; /* it begins an identity */
	bool needs_domain; /* ... for which its domain has to vouch (14.4) */
	uint8_t id[TSW_ID_LEN]; /* of the identity */
	struct ts_refused refused;
	/* Views of the request, of invitation and of the caller's bytes. */
	struct ts_engine_record record;
	uint8_t invitation[TSW_HASH_LEN];
	uint8_t k[32]; /* of number 0 */
};

/*
 * now: seconds since 1970.  TS_OK: *out says whether it is good.  Another
 * result: that could not be found out (the database).
 */
int ts_admission_check(struct ts_admission *admission,
    struct ts_admission_result *out, const struct ts_admission_source *source,
    const struct ts_submit *m, uint64_t now) TS_MUST_CHECK;

void ts_refused_set(struct ts_refused *out, enum ts_refusal code, int err);

#endif
