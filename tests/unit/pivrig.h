/* SPDX-License-Identifier: BSD-2-Clause */
/* The PIV applet on the board in memory: commands, a finger, the plug. */
#ifndef PIVRIG_H
#define PIVRIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memboard.h"
#include "piv_int.h"

#define PIVRIG_PIN "123456"
#define PIVRIG_PUK "12345678"

struct pivrig {
	struct fw_ctap2 c;
	struct fw_piv piv;
	struct fw_applet applet;
	enum fw_touch touch; /* what happens when one is asked for */
	bool asked;	     /* the last command asked */
	char text[FW_WORDS_MAX];
	enum hal_led led;
	uint8_t rsp[FW_CARD_DATA_MAX]; /* of the last command */
	size_t len;
	uint8_t public[FW_PIV_PUBLIC_MAX]; /* of the last pivrig_make() */
	size_t public_len;
};

extern struct pivrig pivrig;

/* Power-up: all that is not in flash is gone. */
void pivrig_boot(void);
/* The same, and SELECT; of each test: with the flash as it was delivered. */
void pivrig_plug(void);
int pivrig_setup(void **state);
unsigned int pivrig_select(void);
void pivrig_wait_ms(uint64_t ms);

/* A command; its status word. */
unsigned int pivrig_send(uint8_t ins, uint8_t p1, uint8_t p2,
    const uint8_t *data, size_t len);
/* The same with the data in hexadecimal digits, blanks left out. */
unsigned int pivrig_hex(uint8_t ins, uint8_t p1, uint8_t p2, const char *hex);
/* Answer to VERIFY with this PIN, padded. */
unsigned int pivrig_verify(const char *pin);
/* CHANGE REFERENCE DATA of 80 or 81. */
unsigned int pivrig_change(uint8_t ref, const char *from, const char *to);
unsigned int pivrig_unblock(const char *puk, const char *pin);
/* Prove the factory's management key. */
void pivrig_admin(void);
/* One block with this algorithm and key, by libcrypto. */
void pivrig_crypt(uint8_t *out, const uint8_t *in, uint8_t alg,
    const uint8_t *key, bool encrypt);
extern const uint8_t pivrig_key[24]; /* the factory's */
/* GENERATE; policies 0: none given. */
unsigned int pivrig_generate(uint8_t slot, uint8_t alg, uint8_t pin,
    uint8_t touch);
/* The same, and take the public key out of the answer. */
void pivrig_make(uint8_t slot, uint8_t alg, uint8_t pin, uint8_t touch);
/* GENERAL AUTHENTICATE: 81 (or 85) with these bytes. */
unsigned int pivrig_use(uint8_t slot, uint8_t alg, uint8_t tag,
    const uint8_t *data, size_t len);
/* Sign a hash with a P-256 key. */
extern const uint8_t pivrig_hash[64];
unsigned int pivrig_sign(uint8_t slot);
unsigned int pivrig_put(const char *object, const uint8_t *content, size_t len);
unsigned int pivrig_get(const char *object);
/* Tries left, from GET METADATA. */
unsigned int pivrig_tries(uint8_t ref);

#endif
