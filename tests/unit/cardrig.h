/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations of the host on the card in software. */
#ifndef TESTS_UNIT_CARDRIG_H
#define TESTS_UNIT_CARDRIG_H

#include "cardmodel.h"

#include "token/card_ops.h"

#define RIG_PIN "123456"
#define RIG_ADMIN_HEX "010203040506070801020304050607080102030405060708"

struct card_rig {
	struct card_model m;
	struct ts_card card;
	struct ts_token_request req;
	struct ts_token_result out;
	uint8_t slot; /* what req.key[0].id points to */
	size_t statement_len;
	uint8_t statement[TSW_STATEMENT_MAX];
	char pin[80], new_pin[80];
};

void card_rig_init(struct card_rig *rig);

/* The key in slot, as a request names it, and a statement to sign. */
void card_rig_ask(struct card_rig *rig, uint8_t slot);

/* An empty text is no PIN. */
int card_rig_info(struct card_rig *rig);
int card_rig_probe(struct card_rig *rig);
int card_rig_sign(struct card_rig *rig, const char *pin);
int card_rig_create(struct card_rig *rig, uint8_t slot, const char *pin,
    const char *admin);
int card_rig_change(struct card_rig *rig, enum ts_token_kind kind,
    const char *pin, const char *new_pin);
int card_rig_unblock(struct card_rig *rig, enum ts_token_kind kind,
    const char *puk, const char *new_pin);

/*
 * From now on the card answers only sw to commands with ins and p2 (-1: any);
 * what follows may be changed: only the nth time, counted in an operation, or
 * with data.
 */
struct card_rig_saying {
	uint8_t ins;
	int p2;
	int nth; /* 0: each */
	uint16_t sw;
	const uint8_t *p;
	size_t len;
};
struct card_rig_saying *card_rig_say(struct card_rig *rig, uint8_t ins, int p2,
    uint16_t sw);

/* Does what came out of sign verify as anybody verifies it? */
void card_rig_verify(const struct card_rig *rig);

#endif
