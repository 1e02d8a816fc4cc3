/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a bundle (SPEC 4.4) proves what card-attested claims.
 *
 * X.509 from strangers is read in the sandboxed helper and nowhere else:
 * `touchstone-token --evidence` takes one question on descriptor 0, has no
 * device, and gives one answer.  Both are one frame, u32 length and as many
 * bytes; each side takes the other's bytes as hostile.
 */
#ifndef TOKEN_EVIDENCE_H
#define TOKEN_EVIDENCE_H

#include "token/proto.h"

#include <touchstone/wire/bundle.h>

#define TS_EVIDENCE_ROOTS_MAX_CNT 4
#define TS_EVIDENCE_ROOT_MAX 2048 /* DER of a root of the user's own */
#define TS_EVIDENCE_MAKER_MAX 40  /* one word or a few, on a line of text */

struct ts_evidence_ask {
	struct tsw_pubkey key;	 /* Ed25519 or P-256, of the token entry */
	struct tsw_slice bundle; /* 1..TSW_BUNDLE_MAX bytes */
	/* What the user trusts beside what is compiled in; DER. */
	uint8_t root_cnt;
	struct tsw_slice root[TS_EVIDENCE_ROOTS_MAX_CNT];
};

/* Why not, for people; the numbers are those of the answer. */
enum ts_evidence_why {
	TS_EVIDENCE_FINE = 0,
	TS_EVIDENCE_FORM = 1,	/* no bundle, or no X.509 */
	TS_EVIDENCE_KEY = 2,	/* of another key */
	TS_EVIDENCE_CHAIN = 3,	/* a signature or a rule of X.509 is broken */
	TS_EVIDENCE_MAKER = 4,	/* leads to nobody who is trusted here */
	TS_EVIDENCE_POLICY = 5, /* says nothing of PIN and touch */
	TS_EVIDENCE_WEAK = 6	/* no PIN, or no touch each time */
};
#define TS_EVIDENCE_WHY_LAST TS_EVIDENCE_WEAK

struct ts_evidence {
	/* TS_OK; TS_ERR_ATTESTATION or, for MAKER, TS_ERR_UNKNOWN_MAKER with
	 * why; or an error of the helper itself, and nothing is known. */
	int err;
	enum ts_evidence_why why;
	/* Only with TS_OK.  maker is printable ASCII, NUL-terminated. */
	char maker[TS_EVIDENCE_MAKER_MAX + 1];
	bool has_version, has_serial;
	uint8_t version[3]; /* of the card's firmware */
	uint32_t serial;
	enum ts_token_policy pin, touch;
};

/* A clause that follows "because": "it is of another key". */
const char *ts_evidence_why_text(enum ts_evidence_why why);

/*
 * The check itself; *out is always written.  It needs nothing but memory and
 * libcrypto, looks at no clock and no file.
 */
void ts_evidence_check(struct ts_evidence *out,
    const struct ts_evidence_ask *ask);

/* Bytes of the longest question and answer, without the length. */
#define TS_EVIDENCE_ASK_MAX                                                    \
	(1 + 1 + TSW_PUBKEY_MAX + 2 + TSW_BUNDLE_MAX + 1 +                     \
	    TS_EVIDENCE_ROOTS_MAX_CNT * (2 + TS_EVIDENCE_ROOT_MAX))
#define TS_EVIDENCE_ANSWER_MAX                                                 \
	(1 + 2 + 1 + 1 + TS_EVIDENCE_MAKER_MAX + 4 + 5 + 2)

/*
 * Bodies.  Encoding: TS_ERR_ARGUMENT if a field is out of its bounds,
 * TSW_ERR_NO_SPACE.  Decoding writes *out on TS_OK only; views point into p.
 */
int ts_evidence_ask_encode(struct tsw_wr *wr,
    const struct ts_evidence_ask *ask) TS_MUST_CHECK;
int ts_evidence_ask_decode(struct ts_evidence_ask *out, const uint8_t *p,
    size_t len) TS_MUST_CHECK;
int ts_evidence_answer_encode(struct tsw_wr *wr,
    const struct ts_evidence *answer) TS_MUST_CHECK;
int ts_evidence_answer_decode(struct ts_evidence *out, const uint8_t *p,
    size_t len) TS_MUST_CHECK;

/* The helper's side: one question from fd, one answer.  For after the walls
 * are up. */
int ts_evidence_serve(int fd) TS_MUST_CHECK;

/* Roots and what stands between them and cards: PEM; made from roots/. */
extern const char *const ts_evidence_roots[];
extern const char *const ts_evidence_between[];

#endif
