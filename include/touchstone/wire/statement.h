/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statements: what a token signs.  SPEC sections 4 and 5.
 *
 * A decoded statement holds views into the bytes it was decoded from; keep
 * those bytes for as long as the struct is used.  Decoding accepts exactly
 * the deterministic form, so encode(decode(x)) == x for every accepted x.
 * Nothing here checks who may say what: that is chain.h.
 */
#ifndef TOUCHSTONE_WIRE_STATEMENT_H
#define TOUCHSTONE_WIRE_STATEMENT_H

#include <touchstone/wire/bytes.h>
#include <touchstone/wire/err.h>
#include <touchstone/wire/limits.h>

enum tsw_kind {
	TSW_KIND_GENESIS = 1,
	TSW_KIND_UPDATE = 2,
	TSW_KIND_CONFIRM = 3,
	TSW_KIND_IMPORT = 4 /* to one token, never part of a chain */
};

enum tsw_alg {
	TSW_ALG_SK_ED25519 = 1, /* sk-ssh-ed25519@openssh.com */
	TSW_ALG_SK_P256 = 2,	/* sk-ecdsa-sha2-nistp256@openssh.com */
	TSW_ALG_ED25519 = 3,	/* ssh-ed25519 (smartcards) */
	TSW_ALG_P256 = 4	/* ecdsa-sha2-nistp256 (smartcards) */
};

enum tsw_role { TSW_ROLE_SIGNER = 1, TSW_ROLE_RECOVERY = 2 };

enum tsw_evidence {
	TSW_EVIDENCE_TOKEN_STATEMENT = 1, /* with an attestation */
	TSW_EVIDENCE_FIDO_UV = 2,
	TSW_EVIDENCE_FIDO_UP = 3,
	TSW_EVIDENCE_CARD_ATTESTED = 4, /* with the hash of a bundle */
	TSW_EVIDENCE_CARD = 5
};

enum tsw_app {
#define X(name, id, word, type, min, max) TSW_APP_##name = (id),
#include <touchstone/wire/app.def>
#undef X
};

enum tsw_key_type {
	TSW_KEY_SSH_BLOB = 1,	 /* RFC 4253 6.6 public key blob */
	TSW_KEY_X25519 = 2,	 /* 32 bytes */
	TSW_KEY_ED25519 = 3,	 /* 32 bytes */
	TSW_KEY_FINGERPRINT = 4, /* OpenPGP v4: 20 bytes, v6: 32 bytes */
	TSW_KEY_RAW = 5
};

enum tsw_op_kind {
	TSW_OP_ADD_KEY = 1,
	TSW_OP_REVOKE_KEY = 2,
	TSW_OP_ENROL_TOKEN = 3,
	TSW_OP_RETIRE_TOKEN = 4,
	TSW_OP_SET_VERIFICATION = 5,
	TSW_OP_SET_POLICY = 6,
	TSW_OP_RECOVER = 7,
	TSW_OP_VETO = 8
};

/* How a person compared the contact's code before confirming. */
enum tsw_method {
	TSW_METHOD_LIVE = 1,
	TSW_METHOD_PUBLIC_CODE = 2,
	TSW_METHOD_PAIR_NUMBER = 3,
	TSW_METHOD_QR = 4
};

struct tsw_pubkey {
	enum tsw_alg alg;
	uint8_t len; /* 32 (Ed25519) or 65 (P-256) */
	uint8_t data[TSW_PUBKEY_MAX];
};

/* A token key as an identity lists it. */
struct tsw_token {
	struct tsw_pubkey key;
	enum tsw_role role;
	enum tsw_evidence evidence;
	struct tsw_slice name; /* tsw_name_check */
	/*
	 * With token-statement: tsw_attestation_decode.  With card-attested:
	 * the TSW_HASH_LEN bytes of tsw_bundle_hash.  Else empty.
	 */
	struct tsw_slice attestation;
};

/* A key on one of the owner's devices. */
struct tsw_key {
	enum tsw_app app;
	struct tsw_slice device; /* tsw_name_check */
	enum tsw_key_type type;
	struct tsw_slice data;
	uint8_t proto; /* protocol version of the device; 0: too old for any */
	uint64_t expires; /* seconds since 1970, UTC; 0: never */
};

struct tsw_checkpoint {
	uint8_t origin[TSW_HASH_LEN]; /* SHA-256 of the log's origin line */
	uint64_t size;
	uint8_t root[TSW_HASH_LEN];
};

/* Only what belongs to kind is set; a small token holds eight of these. */
struct tsw_op {
	enum tsw_op_kind kind;
	union {
		struct tsw_key key;	  /* add-key */
		uint8_t id[TSW_HASH_LEN]; /* revoke-key, retire-token */
		struct tsw_token token; /* enrol-token, recover: the new one */
	};
	uint8_t min_proto;   /* set-verification; 0: off */
	uint8_t threshold;   /* set-policy */
	uint16_t timelock_h; /* set-policy, hours */
};

struct tsw_genesis {
	struct tsw_slice label; /* tsw_label_check */
	struct tsw_token token[TSW_TOKENS_MAX_CNT];
	uint8_t token_cnt;
	uint8_t threshold;
	uint16_t timelock_h;
};

struct tsw_update {
	uint8_t identity[TSW_ID_LEN];
	uint32_t seq; /* genesis is 0, the first update 1 */
	uint8_t prev[TSW_HASH_LEN];
	bool has_checkpoint;
	struct tsw_checkpoint checkpoint;
	struct tsw_op op[TSW_OPS_MAX_CNT];
	uint8_t op_cnt;
};

struct tsw_confirm {
	uint8_t identity[TSW_ID_LEN]; /* who confirms */
	uint32_t seq;		      /* of the confirmer's own head */
	uint8_t head[TSW_HASH_LEN];   /* the confirmer's own head */
	uint8_t contact[TSW_ID_LEN];
	struct tsw_slice contact_label;
	uint32_t contact_seq;
	uint8_t contact_head[TSW_HASH_LEN];
	enum tsw_method method;
	bool has_checkpoint;
	struct tsw_checkpoint checkpoint;
};

/* Tells a token of an identity what its other tokens signed: SPEC 12.4. */
struct tsw_import {
	uint8_t identity[TSW_ID_LEN];
	uint32_t from_seq;		 /* of the head to leave */
	uint8_t from_head[TSW_HASH_LEN]; /* the head to leave */
	uint32_t seq;			 /* of the head to take; higher */
	uint8_t head[TSW_HASH_LEN];	 /* the head to take */
};

struct tsw_statement {
	enum tsw_kind kind;
	uint64_t time; /* seconds since 1970, UTC */
	union {
		struct tsw_genesis genesis;
		struct tsw_update update;
		struct tsw_confirm confirm;
		struct tsw_import import;
	} u;
};

/* *out is written only on TSW_OK. */
int tsw_statement_decode(struct tsw_statement *out, const uint8_t *p,
    size_t len) TSW_MUST_CHECK;

/*
 * Encode st into wr.  The same checks as in decoding are made first, so what
 * this writes is always accepted.  TSW_ERR_TOO_LONG if no statement can hold
 * it, TSW_ERR_NO_SPACE if wr cannot.
 */
int tsw_statement_encode(struct tsw_wr *wr,
    const struct tsw_statement *st) TSW_MUST_CHECK;

/* SHA-256 of the statement bytes: its hash, and of a genesis the identity. */
void tsw_statement_hash(uint8_t out[TSW_HASH_LEN], const uint8_t *p,
    size_t len);

/*
 * Key id: SHA-256 of the deterministic CBOR of (app, device, type, data):
 * the entry without proto and expiry.  Token id: SHA-256 of the SSH public
 * key blob, which is what `ssh-keygen -l` prints.
 */
int tsw_key_id(uint8_t out[TSW_HASH_LEN],
    const struct tsw_key *key) TSW_MUST_CHECK;
void tsw_token_id(uint8_t out[TSW_HASH_LEN], const struct tsw_pubkey *key);

/* Words of enum values for people and JSON; NULL if unknown. */
const char *tsw_app_word(enum tsw_app app);
const char *tsw_alg_word(enum tsw_alg alg);
const char *tsw_evidence_word(enum tsw_evidence evidence);
const char *tsw_method_word(enum tsw_method method);
/* TSW_ERR_NOT_FOUND for a word that is no app. */
int tsw_app_from_word(enum tsw_app *out, const char *word) TSW_MUST_CHECK;

/*
 * Labels (SPEC 3.1): 1..64 bytes of a-z 0-9 . _ + - and one or no @, no
 * leading or trailing punctuation.  normalise lowers A-Z and strips blanks
 * around; *len is the room in out on entry and the length after.
 */
int tsw_label_check(struct tsw_slice label) TSW_MUST_CHECK;
int tsw_label_normalise(uint8_t out[TSW_LABEL_MAX], size_t *len,
    struct tsw_slice text) TSW_MUST_CHECK;

/*
 * Names of tokens and devices (SPEC 3.2): 1..32 bytes of printable ASCII
 * letters, digits, space and . _ - only, no blank at either end: safe to print
 * on any terminal.
 */
int tsw_name_check(struct tsw_slice name) TSW_MUST_CHECK;

/*
 * Envelope (SPEC section 7): CBOR [statement bytes, [+ SSHSIG bytes]], what
 * travels and is stored.  Decoding checks sizes only; out holds views.
 */
struct tsw_envelope {
	struct tsw_slice statement;
	struct tsw_slice sig[TSW_SIGS_MAX_CNT];
	uint8_t sig_cnt;
};

int tsw_envelope_decode(struct tsw_envelope *out, const uint8_t *p,
    size_t len) TSW_MUST_CHECK;
int tsw_envelope_encode(struct tsw_wr *wr,
    const struct tsw_envelope *env) TSW_MUST_CHECK;

#endif
