/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the database says about contacts, checked against what was signed.
 */
#ifndef HOST_LIB_CONTACT_CHECK_H
#define HOST_LIB_CONTACT_CHECK_H

#include <touchstone/contact.h>

#include "../store/rows.h"

/* A confirmation that verifies. */
struct ts_confirmed {
	enum tsw_method method;
	uint64_t time;
	const struct ts_past *by;
	bool by_retired;
	/* It speaks of a head that the stored chain does not have: somebody
	 * cut or changed the chain after the signature. */
	bool own_cut, contact_cut;
};

/*
 * Check a confirm.v1 envelope about p.  TS_ERR_DB_FORGED: it is of somebody
 * else, or no signer of the own chain, past or present, signed it.
 */
int ts_confirm_check(struct ts_store *store, struct ts_confirmed *out,
    const struct ts_person *p, struct tsw_slice envelope) TS_MUST_CHECK;

/* The stored one; TS_ERR_NOT_FOUND if there is none, or no own chain. */
int ts_confirm_load(struct ts_store *store, struct ts_confirmed *out,
    const struct ts_person *p) TS_MUST_CHECK;

/* The contact as people see it; chain (may be NULL) its chain if good. */
int ts_contact_view(struct ts_store *store, struct ts_contact *out,
    struct tsw_chain *chain, const struct ts_person *p) TS_MUST_CHECK;

/* At opening: raise *_FORGED for what does not verify. */
int ts_check_all(struct ts_store *store) TS_MUST_CHECK;

#endif
