/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Codes that people compare.  SPEC section 9.
 *
 * Public code: bech32m of the identity id.  Pair number: Signal's safety
 * number over (identity id, label).  Live code: three-move commit and reveal
 * (Vaudenay), 9 digits.
 */
#ifndef TOUCHSTONE_WIRE_CODE_H
#define TOUCHSTONE_WIRE_CODE_H

#include <touchstone/wire/bytes.h>
#include <touchstone/wire/err.h>
#include <touchstone/wire/limits.h>

/* bech32m (BIP 350): 90 characters at most.  Lower case, NUL-terminated. */
#define TSW_BECH32_MAX 120
int tsw_bech32m_encode(char out[TSW_BECH32_MAX], const char *hrp,
    const uint8_t *p, size_t len) TSW_MUST_CHECK;
/* *len: room in out on entry, bytes after.  Mixed case is an error. */
int tsw_bech32m_decode(uint8_t *out, size_t *len, const char *hrp,
    struct tsw_slice text) TSW_MUST_CHECK;

#define TSW_PUBLIC_CODE_HRP "touch"
#define TSW_PUBLIC_CODE_LEN 65 /* 5 + 1 + 52 + 6 characters and a NUL */
int tsw_public_code(char out[TSW_PUBLIC_CODE_LEN],
    const uint8_t id[TSW_ID_LEN]) TSW_MUST_CHECK;
/* Blanks and line ends around and inside are ignored, upper case is taken. */
int tsw_public_code_parse(uint8_t out[TSW_ID_LEN],
    struct tsw_slice text) TSW_MUST_CHECK;

#define TSW_PAIR_DIGITS 60
#define TSW_PAIR_ROUNDS 5200
/* One side of a pair number: 30 digits, no NUL. */
void tsw_pair_half(char out[TSW_PAIR_DIGITS / 2], struct tsw_slice key,
    struct tsw_slice id);
/* Both halves, sorted: 60 digits and a NUL; the same on both sides. */
void tsw_pair_number(char out[TSW_PAIR_DIGITS + 1],
    const char a[TSW_PAIR_DIGITS / 2], const char b[TSW_PAIR_DIGITS / 2]);

/*
 * What one side brings into a live code.  Each side describes both from what
 * it has itself verified.  log_size and root are of the latest checkpoint it
 * holds, the same in self and peer; another size on the far side is STALE.
 */
struct tsw_live_party {
	uint8_t id[TSW_ID_LEN];
	uint32_t seq;
	uint8_t head[TSW_HASH_LEN];
	struct tsw_slice label;	    /* must outlive the run */
	uint32_t log_size;	    /* 0: no witnessed checkpoint known */
	uint8_t root[TSW_HASH_LEN]; /* zeros when log_size is 0 */
};

/* The longest m: six CBOR heads, three hashes, two u32 and the label. */
#define TSW_LIVE_PARTY_MAX 179

/* Label in normal form; no root without a log (TSW_ERR_RANGE). */
int tsw_live_party_check(const struct tsw_live_party *party) TSW_MUST_CHECK;

/* m of SPEC 9.3.  The label of a decoded party is a view into p. */
int tsw_live_party_encode(struct tsw_wr *wr,
    const struct tsw_live_party *party) TSW_MUST_CHECK;
int tsw_live_party_decode(struct tsw_live_party *out, const uint8_t *p,
    size_t len) TSW_MUST_CHECK;

#define TSW_LIVE_HRP "live"
#define TSW_LIVE_NONCE_LEN 32
#define TSW_LIVE_TEXT_MAX TSW_BECH32_MAX
#define TSW_LIVE_DIGITS 9

/* One message of a run. */
struct tsw_live_move {
	uint8_t move;	   /* 1 commitment, 2 r_B, 3 r_A */
	uint16_t session;  /* the first two bytes of the commitment */
	uint32_t seq_self; /* the sender's view of its own chain */
	uint32_t seq_peer; /* and of the receiver's */
	uint32_t log_size;
	uint8_t value[32];
};

int tsw_live_move_encode(char out[TSW_LIVE_TEXT_MAX],
    const struct tsw_live_move *move) TSW_MUST_CHECK;
/* Blanks in text are ignored; *out is written only on TSW_OK. */
int tsw_live_move_decode(struct tsw_live_move *out,
    struct tsw_slice text) TSW_MUST_CHECK;

/*
 * The two computations of a run, for who keeps its state elsewhere (a token).
 * a is who begins; both parties must have passed tsw_live_party_check.
 */

/* Commitment of a, who opens it with secret_nonce. */
void tsw_live_commit(uint8_t out[TSW_HASH_LEN], const struct tsw_live_party *a,
    const struct tsw_live_party *b,
    const uint8_t secret_nonce[TSW_LIVE_NONCE_LEN]);

/* The digits and a NUL; r is r_A || r_B. */
void tsw_live_code(char out[TSW_LIVE_DIGITS + 1],
    const struct tsw_live_party *a, const struct tsw_live_party *b,
    const uint8_t commitment[TSW_HASH_LEN],
    const uint8_t r[2 * TSW_LIVE_NONCE_LEN]);

enum tsw_live_state {
	TSW_LIVE_IDLE = 0,
	TSW_LIVE_COMMITTED = 1, /* A: sent its commitment, waits for r_B */
	TSW_LIVE_ANSWERED = 2,	/* B: sent r_B, waits for the opening */
	TSW_LIVE_DONE = 3,	/* the code is known */
	TSW_LIVE_FAILED = 4	/* only a new run helps */
};

/*
 * One run.  Plain value; secret_nonce until it is sent.  Wipe after use with
 * tsw_live_wipe.  The caller brings fresh random nonces.
 */
struct tsw_live {
	enum tsw_live_state state;
	bool initiator;
	uint16_t session;
	struct tsw_live_party self, peer;
	uint8_t commitment[TSW_HASH_LEN];
	uint8_t secret_nonce[TSW_LIVE_NONCE_LEN];
	uint8_t peer_nonce[TSW_LIVE_NONCE_LEN];
	char code[TSW_LIVE_DIGITS + 1];
};

/* A begins: writes move 1.  TSW_ERR_REFLECTED if self and peer are one. */
int tsw_live_start(struct tsw_live *live, char out[TSW_LIVE_TEXT_MAX],
    const struct tsw_live_party *self, const struct tsw_live_party *peer,
    const uint8_t secret_nonce[TSW_LIVE_NONCE_LEN]) TSW_MUST_CHECK;

/*
 * B answers move 1 of A with move 2.  TSW_ERR_STALE if the two sides do not
 * see the same heads: refresh and start again, no sign of an attack.
 */
int tsw_live_answer(struct tsw_live *live, char out[TSW_LIVE_TEXT_MAX],
    const struct tsw_live_party *self, const struct tsw_live_party *peer,
    struct tsw_slice move1,
    const uint8_t secret_nonce[TSW_LIVE_NONCE_LEN]) TSW_MUST_CHECK;

/* A takes move 2, writes move 3 and knows the code. */
int tsw_live_open(struct tsw_live *live, char out[TSW_LIVE_TEXT_MAX],
    struct tsw_slice move2) TSW_MUST_CHECK;

/* B takes move 3 and knows the code; TSW_ERR_COMMITMENT is an attack sign. */
int tsw_live_finish(struct tsw_live *live,
    struct tsw_slice move3) TSW_MUST_CHECK;

void tsw_live_wipe(struct tsw_live *live);

#endif
