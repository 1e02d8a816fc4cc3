/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A smartcard in software, for tests only: PIV and OpenPGP as an honest card
 * has them, as little as the host needs, and a place to make it lie.
 */
#ifndef TESTS_CARDMODEL_H
#define TESTS_CARDMODEL_H

#include "softtoken.h"

#include "token/card.h"

#define MODEL_TEXT_MAX 4096
#define MODEL_KEYS_CNT 6
#define MODEL_OBJECTS_CNT 8
#define MODEL_OBJECT_MAX 1024
#define MODEL_PIN_MAX 64

/* One whole command, its parts put together. */
struct model_command {
	uint8_t ins, p1, p2;
	struct tsw_slice data;
};

/* What the card is about to answer, status word included. */
struct model_answer {
	size_t len;
	uint8_t p[MODEL_TEXT_MAX];
};

struct model_key {
	bool present, imported;
	uint8_t slot, pin, touch; /* policies as PIV numbers them */
	struct soft_token token;
};

/* As it comes over the wire. */
struct model_pin {
	uint8_t p[MODEL_PIN_MAX];
	size_t len;
	uint8_t tries;
	bool open; /* was given since SELECT */
};

struct model_object {
	uint32_t id;
	size_t len;
	uint8_t p[MODEL_OBJECT_MAX];
};

struct card_model {
	/* What it is; a test may set it before it opens the card. */
	bool has_piv, has_openpgp;
	bool is_yubikey;  /* metadata, version, policies, attestation */
	bool no_policies; /* GENERATE with policies is refused */
	bool no_ed25519;
	bool only_short_aid; /* PIV is selected by its provider only */
	uint8_t admin_alg;   /* of the PIV management key */
	uint8_t admin_key[32];
	bool admin_changed; /* it is not the factory's */
	bool pin_once;	    /* OpenPGP: PW1 is good for one signature */
	uint8_t uif[2];	    /* OpenPGP: D6; the second 0: no button */
	bool bare_data;	    /* GET DATA answers without the outer tag */
	bool old_words;	    /* 6982 for a wrong PIN, not 63Cx */
	bool no_key_info;   /* no DE */
	uint8_t kdf[128];   /* F9; its length 0: none */
	size_t kdf_len;

	/* What it holds. */
	struct model_key keys[MODEL_KEYS_CNT];
	struct model_pin pin, puk, pw1, pw3;
	struct model_object objects[MODEL_OBJECTS_CNT];
	uint8_t attributes[16]; /* OpenPGP: C1 */
	size_t attributes_len;
	uint8_t fingerprint[20];

	/* Called with each answer to a whole command, before it goes out. */
	void (*twist)(struct card_model *m, const struct model_command *cmd,
	    struct model_answer *answer);
	int count;   /* for twist: from 0 in each operation, */
	int variant; /* and as a test has set it */
	/* Error of the transmission with this number, counted from 1. */
	unsigned fail_at;
	int fail_err;

	/* What it saw. */
	unsigned transmissions;
	unsigned pins_seen;    /* commands with a PIN, PUK or admin PIN */
	unsigned checks;       /* signatures by 9E */
	unsigned signatures;   /* by any other */
	uint8_t last_msg[256]; /* that was signed */
	size_t last_len;

	/* Between commands. */
	uint8_t app; /* 0 none, 1 PIV, 2 OpenPGP */
	bool fresh;  /* the PIN came with the last command */
	bool admin_ok;
	bool has_witness;
	uint8_t witness[16];
	size_t chain_len, rest_len, rest_at;
	uint8_t chain[MODEL_TEXT_MAX], rest[MODEL_TEXT_MAX];
};

/*
 * A YubiKey-like card, fresh from the factory: PIN 123456, PUK and admin PIN
 * 12345678, the management key of all, nothing in its slots but the key that
 * attests.
 */
void card_model_init(struct card_model *m);

/* For ts_card, whose ctx is the model. */
int card_model_transmit(void *ctx, uint8_t *rsp, size_t *rsp_len,
    const uint8_t *apdu, size_t len);
struct ts_card card_model_open(struct card_model *m);

struct model_key *card_model_slot(struct card_model *m, uint8_t slot);
/* Put a key into a slot. */
struct model_key *card_model_key(struct card_model *m, uint8_t slot,
    enum tsw_alg alg, uint8_t seed);
void card_model_pin(struct model_pin *pin, const char *text, bool pad);

/* NULL if there is none. */
struct model_object *card_model_object(struct card_model *m, uint32_t id);
void card_model_put(struct card_model *m, uint32_t id, struct tsw_slice value);
/* A certificate of key, as it stands in an object: 70, 71, FE. */
size_t card_model_cert(uint8_t *out, size_t size, const struct tsw_pubkey *key,
    const struct soft_token *issuer);

/* For twist: answer this instead. */
void card_model_say(struct model_answer *answer, uint16_t sw, const void *p,
    size_t len);
uint16_t card_model_sw(const struct model_answer *answer);

#endif
