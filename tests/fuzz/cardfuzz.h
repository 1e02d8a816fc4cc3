/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fuzzer as a card: its input is what the card answers, one transmission
 * after the other, whatever it was asked.
 *
 * Each answer is u8 length and so many bytes; length 0 stands for 9000, 1 for
 * 6A82, and 255 for u16 length and the bytes.  After the last the card is
 * pulled out.
 */
#ifndef TESTS_FUZZ_CARDFUZZ_H
#define TESTS_FUZZ_CARDFUZZ_H

#include "token/card_ops.h"

#define CARDFUZZ_PIN "271828"
#define CARDFUZZ_ADMIN "31415926" /* also PUK */

struct cardfuzz {
	struct tsw_rd rd;
	struct ts_card card;
	uint8_t id; /* of the key */
	struct ts_token_request req;
	struct ts_token_result out;
	unsigned pins, admins, changes; /* commands with each that were seen */
};

/* The first byte says what is done; the rest is the card. */
void cardfuzz_run(struct cardfuzz *f, enum ts_token_kind kind,
    const uint8_t *data, size_t len);

#endif
