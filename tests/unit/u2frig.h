/* SPDX-License-Identifier: BSD-2-Clause */
/* A host of U2F on either way, with one site and one key. */
#ifndef U2FRIG_H
#define U2FRIG_H

#include "cardhost.h"

#define FIDO 0xa0, 0, 0, 6, 0x47, 0x2f, 0, 1
#define HANDLE_LEN FW_CRED_ID_LEN
#define POINT_AT 1
#define HANDLE_AT (POINT_AT + 65 + 1)
#define CERT_AT (HANDLE_AT + HANDLE_LEN)

extern uint8_t app[32], challenge[32];
extern uint8_t handle[HANDLE_LEN];
extern bool on_card; /* the way of the requests */

/* Setups for cmocka: a new token, reached by CTAPHID or as a card. */
int new_token(void **state);
int new_card(void **state);
/* Send a request, extended, as hosts do: its status word. */
unsigned int ask(uint8_t ins, uint8_t p1, const uint8_t *data, size_t len);
unsigned int ask_register(void);
unsigned int ask_sign(uint8_t control);
/* Register, and keep the handle and the key. */
void make(void);
/* The answer is an assertion by the key. */
void take_assertion(uint32_t *count);

#endif
