/* SPDX-License-Identifier: BSD-2-Clause */
/* What a token or a card says of itself: the result of INFO. */
#ifndef TOKEN_PROTO_INFO_H
#define TOKEN_PROTO_INFO_H

#include <touchstone/error.h>
#include <touchstone/wire/applet.h>

#define TS_TOKEN_AAGUID_LEN 16
#define TS_TOKEN_RETRIES_UNKNOWN 255

enum ts_token_pin_state {
	TS_TOKEN_PIN_NONE = 0, /* the token cannot have one */
	TS_TOKEN_PIN_UNSET = 1,
	TS_TOKEN_PIN_SET = 2,
	TS_TOKEN_PIN_BLOCKED = 3 /* only a reset helps */
};

/*
 * Words that the token says about itself, each NUL-terminated and only of
 * letters, digits and _ . - : so they are safe to print.
 */
#define TS_TOKEN_WORD_MAX 32
#define TS_TOKEN_WORDS_MAX_CNT 16
struct ts_token_words {
	uint8_t cnt;
	char word[TS_TOKEN_WORDS_MAX_CNT][TS_TOKEN_WORD_MAX + 1];
};

/* Append word; false, and nothing changed, if it is not safe or one too many.
 */
bool ts_token_words_add(struct ts_token_words *words, const char *word);

/* Why the applet of a token refuses to do anything. */
enum ts_token_fault {
	TS_TOKEN_FAULT_NONE = 0,
	TS_TOKEN_FAULT_ENTROPY = 1, /* TS_ERR_TOKEN_ENTROPY */
	TS_TOKEN_FAULT_STORE = 2    /* TS_ERR_TOKEN_STORE */
};

/* The statement applet; all zero for a token that has none. */
struct ts_token_applet {
	bool present;
	uint8_t outputs; /* TSW_APPLET_OUT_ bits */
	uint8_t used;	 /* identity keys that are bound */
	uint8_t free;	 /* room for more */
	uint8_t runs;	 /* live codes left before a touch */
	bool unlocked;	 /* the PIN was given since power-up */
	uint8_t model[TS_TOKEN_AAGUID_LEN];
	uint8_t image[TSW_HASH_LEN]; /* of the running firmware */
	enum ts_token_fault fault;
};

/* When a card wants a touch, or its PIN, for a signature. */
enum ts_token_policy {
	TS_TOKEN_POLICY_UNKNOWN = 0, /* the card does not say */
	TS_TOKEN_POLICY_NEVER = 1,
	TS_TOKEN_POLICY_ONCE = 2, /* PIN: until the card is reset; touch:
				     cached for some seconds */
	TS_TOKEN_POLICY_ALWAYS = 3
};

/* A key that is on a card already, whoever made it. */
struct ts_token_slot {
	uint8_t slot;	  /* PIV slot, or TS_TOKEN_OPENPGP_SIGN */
	enum tsw_alg alg; /* 0: neither Ed25519 nor P-256 */
	enum ts_token_policy pin, touch;
	bool generated; /* on the card, as it says itself */
};
#define TS_TOKEN_SLOTS_MAX_CNT 5

/* The applications of a card besides FIDO; all zero where there is none. */
struct ts_token_piv {
	bool present;
	uint8_t version[3];	    /* zeros: the card does not say */
	uint8_t tries, puk_tries;   /* or TS_TOKEN_RETRIES_UNKNOWN */
	uint8_t guid[16];	    /* of the CHUID; zeros: none */
	bool can_attest, has_check; /* a card authentication key in 9E */
	uint8_t slot_cnt;
	struct ts_token_slot slot[TS_TOKEN_SLOTS_MAX_CNT];
};
struct ts_token_openpgp {
	bool present;
	uint8_t version[2];
	uint8_t manufacturer[2], serial[4];
	uint8_t tries, admin_tries;
	bool pin_once; /* the PIN is good for one signature only */
	bool has_kdf, has_button;
	uint32_t signatures; /* made with the signature key */
	uint8_t slot_cnt;    /* 0 or 1 */
	struct ts_token_slot slot;
};

struct ts_token_info {
	uint8_t aaguid[TS_TOKEN_AAGUID_LEN];
	enum ts_token_pin_state pin;
	int32_t remaining; /* room for discoverable keys; -1: not told */
	uint32_t firmware; /* 0: not told */
	uint32_t max_msg;  /* bytes */
	struct ts_token_words versions;	  /* FIDO_2_1, U2F_V2, ... */
	struct ts_token_words algorithms; /* es256, eddsa, ... */
	struct ts_token_words extensions;
	struct ts_token_words options; /* rk, clientPin, uv, ... */
	uint16_t options_on;	       /* bit i: options.word[i] is true */
	struct ts_token_applet applet;
	/* False only for a card; then all of the above is 0, remaining -1. */
	bool has_fido;
	struct ts_token_piv piv;
	struct ts_token_openpgp openpgp;
};

#endif
