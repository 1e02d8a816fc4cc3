/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The types of the interface as JSON: one function for each, all members.
 * key: of the object in its parent, or NULL inside a list.
 */
#ifndef TOUCHSTONE_AGENT_SAY_H
#define TOUCHSTONE_AGENT_SAY_H

#include <touchstone/alert.h>
#include <touchstone/contact.h>
#include <touchstone/own.h>
#include <touchstone/queue.h>

#include "device.h"
#include "jw.h"

/* An own token; present: it is plugged in. */
void ts_say_token(struct ts_jw *w, const char *key,
    const struct ts_token *token, bool present);

/* A token as a chain lists it. */
void ts_say_chain_token(struct ts_jw *w, const struct ts_store *store,
    const struct tsw_chain_token *token);

/* TSW_APPLET_OUT_ bits as words. */
void ts_say_outputs(struct ts_jw *w, const char *key, uint8_t outputs);

/* own: the key of the identity on it, or NULL. */
void ts_say_device(struct ts_jw *w, const char *key,
    const struct ts_device *dev, const struct ts_token *own);

/* What the applications of a card say: null without one (say_card.c). */
void ts_say_piv(struct ts_jw *w, const struct ts_token_piv *piv);
void ts_say_openpgp(struct ts_jw *w, const struct ts_token_openpgp *openpgp);

/* A listed key, whose owner is label.  TS_ERR_NO_MEMORY. */
int ts_say_key(struct ts_jw *w, const char *key,
    const struct tsw_chain_key *listed, const char *label) TS_MUST_CHECK;

void ts_say_change(struct ts_jw *w, const char *key,
    const struct ts_change *change);

void ts_say_alert(struct ts_jw *w, const char *key,
    const struct ts_alert *alert);

/* With its tokens and open alerts. */
int ts_say_contact(struct ts_jw *w, const char *key, struct ts_store *store,
    const struct ts_contact *contact) TS_MUST_CHECK;

/* "live", ...: TS_ERR_ARGUMENT for a word that is no method of confirming. */
int ts_say_method_read(enum tsw_method *out, const char *word) TS_MUST_CHECK;

/* "signer", "recovery". */
int ts_say_role_read(enum tsw_role *out, const char *word) TS_MUST_CHECK;

#endif
