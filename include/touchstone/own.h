/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user's own identity: label, tokens, chain, and its publication.
 *
 * Order of a life: ts_own_init, ts_own_genesis (a draft), signatures by
 * ts_draft_sign (draft.h), ts_own_publish; then changes by queue.h.
 */
#ifndef TOUCHSTONE_OWN_H
#define TOUCHSTONE_OWN_H

#include <touchstone/bundle.h>
#include <touchstone/store.h>
#include <touchstone/wire/attest.h>

#define TS_URL_MAX 1024	       /* bytes of a directory URL */
#define TS_CREDENTIAL_MAX 1023 /* CTAP 2.1: the longest credential id */

struct ts_own {
	bool initialised; /* there is a label and a directory */
	bool provisioned; /* there is a signed genesis */
	bool forged;	  /* the stored chain does not verify: read only */
	char label[TSW_LABEL_MAX + 1];
	char directory[TS_URL_MAX + 1];
	uint8_t id[TSW_ID_LEN]; /* zeros until provisioned, like what follows */
	uint8_t head[TSW_HASH_LEN];
	uint32_t seq;
	uint32_t statements; /* in the own chain: seq + 1, or 0 */
	uint32_t published;  /* of these in the directory, as far as known */
	bool verification;   /* on */
	bool recovering;
	uint64_t checked; /* last look at the directory; 0: never */
};

enum ts_token_state {
	TS_TOKEN_NEW = 1, /* its key exists, no signed statement lists it yet */
	TS_TOKEN_ACTIVE = 2, /* listed by the own chain */
	TS_TOKEN_RETIRED = 3 /* was listed once */
};

/*
 * Where a key is on its token.  The first two follow from the signed key; what
 * application of a card has it is remembered, and unknown for a card that was
 * enrolled on another computer: then all are asked.
 */
enum ts_own_kind {
	TS_OWN_FIDO = 0,      /* a FIDO2 credential */
	TS_OWN_STATEMENT = 1, /* of the statement applet (SPEC 12) */
	TS_OWN_PIV = 2,	      /* a slot of a PIV card */
	TS_OWN_OPENPGP = 3,   /* the signature key of an OpenPGP card */
	TS_OWN_CARD = 4	      /* one of the two */
};

/* A token key of the own identity.  Nothing in it is secret. */
struct ts_token {
	uint8_t id[TSW_HASH_LEN]; /* tsw_token_id(); computed by the library */
	struct tsw_pubkey key;
	enum tsw_role role;
	enum tsw_evidence evidence;
	char name[TSW_NAME_MAX + 1];
	enum ts_token_state state; /* out only */
	size_t credential_len;	   /* 0: unknown (the token finds it itself) */
	uint8_t credential[TS_CREDENTIAL_MAX];
	/*
	 * Of an applet key, as CREATE gave it; of a card-attested one the hash
	 * of its bundle.  0: none, or made elsewhere.
	 */
	size_t attestation_len;
	uint8_t attestation[TSW_ATTESTATION_LEN];
	/* Out only: what it says, zeros where there is none (SPEC 12.6). */
	uint8_t model[TSW_MODEL_LEN];
	uint8_t image[TSW_HASH_LEN];
	uint8_t device[TSW_HASH_LEN];
	/* With evidence card-attested, out only: hash of its bundle (SPEC 4.4),
	 * and what came of that. */
	uint8_t bundle[TSW_HASH_LEN];
	struct ts_proof proof;

	enum ts_own_kind kind; /* in for keys on cards, out for all */
	uint8_t slot;	       /* PIV: 0x9a, 0x9c; else 0 */
	/*
	 * The card authentication key (PIV slot 9E) of the card that it was
	 * made on, which has to prove itself before it is given a PIN; alg is
	 * 0 if there is none.
	 */
	struct tsw_pubkey check;
};

/* A key on a card, not behind FIDO2: told by its algorithm, which is signed. */
static inline bool
ts_token_is_card(const struct ts_token *token)
{
	return token->key.alg == TSW_ALG_ED25519 ||
	    token->key.alg == TSW_ALG_P256;
}

/*
 * An identity key of the statement applet (SPEC 12): the token itself reads
 * what it signs with it.  Its handle is the id.  Else a FIDO2 credential.
 */
static inline bool
ts_token_is_applet(const struct ts_token *token)
{
	return token->evidence == TSW_EVIDENCE_TOKEN_STATEMENT;
}

/*
 * First step: label is normalised (tsw_label_normalise), directory is a URL
 * that a backend of directory.h takes.  policy: of its log, NULL for a folder;
 * TS_ERR_LOG_POLICY if it is missing or wrong.  What ts_log_offer() gives is to
 * be shown first.  TS_ERR_ALREADY once provisioned; until then it may be called
 * again to choose anew, later see ts_log_set() (log.h).
 */
int ts_own_init(struct ts_store *store, const char *label,
    const char *directory, const char *policy) TS_MUST_CHECK;

/* Fields are empty where nothing exists yet; never fails for that. */
void ts_own_get(const struct ts_store *store, struct ts_own *out);

/* The verified own chain; NULL until provisioned, or when forged. */
const struct tsw_chain *ts_own_chain(const struct ts_store *store);

/*
 * Draft a genesis that lists cnt tokens (role, key, evidence, name, credential
 * and attestation are read) and keep it with their credential ids.  Replaces
 * the draft of a genesis that was never completed.  Every token has to sign it:
 * ts_draft_missing().  TS_ERR_NOT_INITIALISED, TS_ERR_ALREADY, TSW_ERR_*.
 */
int ts_own_genesis(struct ts_store *store, const struct ts_token *token,
    size_t cnt, uint8_t threshold, uint16_t timelock_h) TS_MUST_CHECK;

/* Every token key known, new, active or retired. */
int ts_own_token_each(struct ts_store *store,
    int (*fn)(void *arg, const struct ts_token *token),
    void *arg) TS_MUST_CHECK;

/*
 * By name, or by at least 8 digits of the id in hex; an active token goes
 * before a retired one of the same name.  TS_ERR_NOT_FOUND, TS_ERR_AMBIGUOUS.
 */
int ts_own_token_find(struct ts_store *store, struct ts_token *out,
    const char *name) TS_MUST_CHECK;

/*
 * Whether a key may be erased from its token: TS_ERR_IN_USE if the chain lists
 * it, or a change that waits would.  drop: it was erased; forget it, unless it
 * was listed once.
 */
int ts_own_token_unused(struct ts_store *store,
    const uint8_t id[TSW_HASH_LEN]) TS_MUST_CHECK;
int ts_own_token_drop(struct ts_store *store,
    const uint8_t id[TSW_HASH_LEN]) TS_MUST_CHECK;

/*
 * Bring every statement of the own chain that is not there yet to the
 * directory; *published counts them.  Repeating is harmless.  TS_ERR_CONFLICT
 * if the directory has something else at this place (an alert says what),
 * TS_ERR_DIRECTORY, TS_ERR_NOT_PROVISIONED.  With a log also the errors of
 * ts_directory_publish(): after TS_ERR_NOT_WITNESSED all is there and safe, and
 * counts as published with the next look that sees it.
 */
int ts_own_publish(struct ts_store *store, uint32_t *published) TS_MUST_CHECK;

/*
 * Give up the statements of the own chain that never reached the directory,
 * and take what stands there in their place: the way on after a CONFLICT.
 * *dropped counts them; their changes wait again, where they still make sense,
 * and contacts that were confirmed on top of them are to be confirmed anew.
 * TS_ERR_NOTHING_PENDING if all is published.  TS_ERR_ALREADY if the directory
 * has nothing else at their place: publish them.
 */
int ts_own_yield(struct ts_store *store, uint32_t *dropped) TS_MUST_CHECK;

#endif
