/* SPDX-License-Identifier: BSD-2-Clause */
/* The three messages of a live code and what is hashed: SPEC 9.3. */
#ifndef FIRMWARE_WIRE_LIVE_MOVE_H
#define FIRMWARE_WIRE_LIVE_MOVE_H

#include <touchstone/wire/code.h>

#define TSW_LIVE_MOVE_LEN 48

struct tsw_live_move {
	uint8_t move; /* 1 commitment, 2 r_B, 3 r_A */
	uint16_t session;
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

/* Label in normal form; no root without a log. */
int tsw_live_party_check(const struct tsw_live_party *party) TSW_MUST_CHECK;

/* Commitment of A, who opens it with secret_nonce. */
void tsw_live_commit(uint8_t out[32], const struct tsw_live_party *a,
    const struct tsw_live_party *b,
    const uint8_t secret_nonce[TSW_LIVE_NONCE_LEN]);

/* The digits; r is r_A || r_B. */
void tsw_live_code(char out[TSW_LIVE_DIGITS + 1],
    const struct tsw_live_party *a, const struct tsw_live_party *b,
    const uint8_t commitment[32], const uint8_t r[2 * TSW_LIVE_NONCE_LEN]);

#endif
