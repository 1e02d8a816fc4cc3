/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What touchstone-token and the program that spawned it say to each other.
 *
 * A frame is u32 length, then that many bytes: u8 version, u8 message id,
 * fields in fixed order, integers big-endian.  One request goes in; events
 * come out, then exactly one RESULT.  A CANCEL may follow the request at any
 * time.  docs/HELPER.md is the reference, proto.def the table of messages.
 *
 * Nothing here does I/O or allocates.  Both sides treat the other as hostile:
 * decoding is strict, and *out is written only on TS_OK.
 */
#ifndef TOKEN_PROTO_H
#define TOKEN_PROTO_H

#include "token/proto_info.h"
#include "token/proto_readers.h"

#define TS_TOKEN_PROTO_VERSION 2
#define TS_TOKEN_FRAME_MAX 8192 /* a whole frame; the longest has 6,320 */
#define TS_TOKEN_HEAD_LEN 4	/* the length field */

/* Descriptors of the helper process. */
enum ts_token_fd {
	TS_TOKEN_FD_CONTROL = 0, /* stream socket: the frames */
	TS_TOKEN_FD_DEVICE = 3,
	TS_TOKEN_FD_PIN = 4,	/* pipe, read to its end */
	TS_TOKEN_FD_NEW_PIN = 5 /* pipe, read to its end */
};

enum ts_token_message {
#define X(name, id, min, max) TS_TOKEN_MSG_##name = (id),
#include "token/proto.def"
#undef X
};

/* What the device descriptor is. */
enum ts_token_transport {
	TS_TOKEN_HIDRAW = 1, /* /dev/hidrawN, opened for this operation */
	TS_TOKEN_STREAM = 2, /* connected stream socket of 64-byte reports */
	TS_TOKEN_CARD = 3    /* a card in a PC/SC reader; no descriptor */
};

/* What kind of key: where it is on the token, and how it signs. */
enum ts_token_kind {
	TS_TOKEN_KIND_FIDO = 0,	     /* a FIDO2 credential */
	TS_TOKEN_KIND_STATEMENT = 1, /* of the statement applet (SPEC 12) */
	TS_TOKEN_KIND_PIV = 2,	     /* a slot of a PIV card */
	TS_TOKEN_KIND_OPENPGP = 3    /* the signature key of an OpenPGP card */
};

/* Ids of keys on cards have one byte. */
#define TS_TOKEN_PIV_SIGN 0x9c
#define TS_TOKEN_PIV_AUTH 0x9a
#define TS_TOKEN_OPENPGP_SIGN 0xb6

/* Channels of CTAPHID; every other number may be one that a token gave. */
#define TS_TOKEN_CHANNEL_NONE 0
#define TS_TOKEN_CHANNEL_BROADCAST 0xffffffffU

#define TS_TOKEN_CRED_MAX 256 /* bytes of a credential id */
#define TS_TOKEN_KEYS_MAX_CNT TSW_TOKENS_MAX_CNT
#define TS_TOKEN_USER_LEN 32
#define TS_TOKEN_BUDGET_MAX_MS 120000 /* nobody looks at a token for longer */

/*
 * A key that may be on the token: a FIDO2 credential, an identity key of the
 * statement applet (SPEC 12), whose id is its token id, or a key of a card,
 * whose id is its slot.
 */
struct ts_token_cred {
	enum ts_token_kind kind;
	struct tsw_slice id;   /* FIDO: 1..TS_TOKEN_CRED_MAX bytes; STATEMENT:
				  TSW_ID_LEN; on cards: one */
	struct tsw_pubkey key; /* an sk algorithm; on cards: ED25519 or P256 */
	/*
	 * PIV: the card authentication key (slot 9E) that the card has to use
	 * before it gets the PIN.
	 */
	bool has_check;
	struct tsw_pubkey check;
};

/*
 * INFO, PIN_SET, RESET, WINK, LIVE_TYPE and LIVE_END have no fields of their
 * own.  "Key" below is key[0], with key_cnt 1.  kind PIV and OPENPGP need the
 * transport CARD; keys of these kinds may be asked for anywhere.
 */
struct ts_token_request {
	enum ts_token_message op; /* below 0x20 */
	enum ts_token_transport transport;
	char reader[TS_TOKEN_READER_MAX + 1]; /* CARD only: 1..READER_MAX
						 printable characters */
	uint32_t budget_ms; /* for the whole operation, 1..BUDGET_MAX_MS */
	uint32_t orphan;    /* channel that a dead helper left busy, or NONE */

	/*
	 * PROBE: 1..KEYS_MAX_CNT keys.  CREATE: keys that must not be there.
	 * SIGN: a key.  KEY_INFO, IMPORT, ATTEST, LIVE_BEGIN, LIVE_ANSWER,
	 * LIVE_CONFIRM, FORGET: a key of the statement applet.  PIN_CHANGE,
	 * PIN_UNBLOCK: none, or a key of kind that the card has to have.
	 */
	uint8_t key_cnt;
	struct ts_token_cred key[TS_TOKEN_KEYS_MAX_CNT];

	/*
	 * CREATE: FIDO, PIV or OPENPGP.  PIN_CHANGE: the same.  PIN_UNBLOCK:
	 * PIV or OPENPGP.
	 */
	enum ts_token_kind kind;

	/* CREATE */
	uint8_t slot;	 /* PIV: SIGN or AUTH; OPENPGP: SIGN; FIDO: 0 */
	bool replace;	 /* PIV, OPENPGP: even if the slot holds a key */
	uint8_t alg_cnt; /* 1..2, best first; the first the token has is used */
	enum tsw_alg alg[2];
	uint8_t user[TS_TOKEN_USER_LEN]; /* fresh random bytes */
	struct tsw_slice label;		 /* tsw_label_check */
	bool want_applet; /* FIDO: a key of the statement applet, if there */

	/* SIGN */
	enum tsw_ns ns;
	bool need_uv; /* always set for TSW_NS_ID_STATEMENT */

	/* SIGN, IMPORT, LIVE_CONFIRM; must outlive the encoding */
	struct tsw_slice statement;

	/* LIVE_BEGIN, LIVE_ANSWER: m of SPEC 9.3, 1..TSW_APPLET_PARTY_MAX */
	struct tsw_slice self, peer;

	/* ATTEST: challenge.  LIVE_ANSWER: c.  LIVE_OPEN: the other's nonce. */
	uint8_t value[TSW_HASH_LEN];
};

/* A CBOR attestation (SPEC 12.6) that the helper verified. */
#define TS_TOKEN_ATTESTATION_MAX 160 /* it has 152 bytes */
struct ts_token_attestation {
	uint16_t len; /* 0: none */
	uint8_t cbor[TS_TOKEN_ATTESTATION_MAX];
};

/*
 * Certificates that attest a key of a card: a CBOR array of 1 to 4 byte
 * strings, X.509 DER, leaf first, as the card gave them.
 */
#define TS_TOKEN_BUNDLE_MAX 6144
struct ts_token_bundle {
	uint16_t len; /* 0: none */
	uint8_t cbor[TS_TOKEN_BUNDLE_MAX];
};

struct ts_token_created {
	enum ts_token_kind kind; /* STATEMENT: id is the token id, aaguid the
				    model, counter 0 */
	struct tsw_pubkey key;
	uint8_t aaguid[TS_TOKEN_AAGUID_LEN];
	uint16_t id_len; /* 1..TS_TOKEN_CRED_MAX */
	uint8_t id[TS_TOKEN_CRED_MAX];
	uint32_t counter;
	bool uv;       /* made with the PIN */
	bool attested; /* an attestation came along and its signature holds */
	struct ts_token_attestation attestation; /* STATEMENT, and only there */

	/* PIV, OPENPGP; elsewhere zero */
	enum ts_token_policy pin, touch; /* of the new key */
	bool factory_admin; /* everybody knows the card's management key */
	bool factory_pin, factory_puk; /* or these, as far as it tells */
	bool has_check; /* PIV: the card's key in slot 9E, as above */
	struct tsw_pubkey check;
	struct ts_token_bundle bundle;
};

struct ts_token_signed {
	uint16_t len;
	uint8_t sshsig[TSW_SSHSIG_MAX]; /* binary, verified by the helper */
};

/* What a key of the applet is bound to (SPEC 12.2); all zero if unbound. */
struct ts_token_key_info {
	bool bound;
	uint8_t identity[TSW_ID_LEN];
	uint32_t seq;
	uint8_t head[TSW_HASH_LEN];
	enum tsw_role role;
};

struct ts_token_live {
	bool has_value; /* always, but for LIVE_OPEN of the side that answers */
	uint8_t value[TSW_HASH_LEN]; /* c, r_B or r_A of SPEC 9.3 */
	uint8_t outputs; /* LIVE_OPEN: where the code is, TSW_APPLET_OUT_ */
};

struct ts_token_result {
	enum ts_token_message
	    op;		 /* of the request; INFO if it was unreadable */
	int err;	 /* TS_OK, TS_ERR_ or TSW_ERR_ */
	uint8_t retries; /* PIN tries left, or TS_TOKEN_RETRIES_UNKNOWN */
	/* Only when err is TS_OK, by op; the others have none. */
	union {
		struct ts_token_info info;
		uint8_t found; /* PROBE: index into key[] */
		struct ts_token_created created;
		struct ts_token_signed
		    signature; /* also IMPORT, LIVE_CONFIRM */
		struct ts_token_key_info key_info;
		struct ts_token_attestation attestation; /* ATTEST */
		struct ts_token_live live; /* LIVE_BEGIN, _ANSWER, _OPEN */
	} u;
};

/*
 * Bodies, without the length field.  TS_ERR_ARGUMENT if a field is out of its
 * bounds (see above), TSW_ERR_NO_SPACE if wr is too small.
 */
int ts_token_request_encode(struct tsw_wr *wr,
    const struct ts_token_request *req) TS_MUST_CHECK;
int ts_token_result_encode(struct tsw_wr *wr,
    const struct ts_token_result *res) TS_MUST_CHECK;
/* CANCEL, TOUCH_NEEDED and TOUCH_DONE, which have no fields. */
int ts_token_plain_encode(struct tsw_wr *wr,
    enum ts_token_message id) TS_MUST_CHECK;

/*
 * CHANNEL: what the token gave the helper.  NONE and BROADCAST are refused,
 * by both, with TS_ERR_ARGUMENT.
 */
int ts_token_channel_encode(struct tsw_wr *wr, uint32_t channel) TS_MUST_CHECK;
int ts_token_channel_decode(uint32_t *out, const uint8_t *p,
    size_t len) TS_MUST_CHECK;

/*
 * The id of a body, once version and length fit the table: TSW_ERR_VERSION,
 * TSW_ERR_KIND (no such message), TSW_ERR_TOO_SHORT or _TOO_LONG.
 */
int ts_token_peek(enum ts_token_message *out, const uint8_t *p,
    size_t len) TS_MUST_CHECK;

/* Views of *out point into p. */
int ts_token_request_decode(struct ts_token_request *out, const uint8_t *p,
    size_t len) TS_MUST_CHECK;
int ts_token_result_decode(struct ts_token_result *out, const uint8_t *p,
    size_t len) TS_MUST_CHECK;

#endif
