/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small CTAP2 platform for tests of the firmware: builds requests, gives
 * them to fw_ctap2_start() and fw_ctap2_finish(), and takes responses apart.
 * It shares the firmware's CBOR and PIN ciphers; python-fido2, which does not,
 * drives the same commands in tests/conformance.
 */
#ifndef CTAPCLIENT_H
#define CTAPCLIENT_H

#include "ctap2.h"

struct ctapclient {
	struct fw_ctap2 *c;
	uint32_t cid;
	enum fw_touch touch; /* how a wait for a touch ends */
	bool waited;	     /* the last command waited for one */
	uint8_t req[2048];
	uint8_t rsp[FW_CTAP2_RSP_MAX];
	size_t rsp_len;
	struct fw_rng rng;
	/* Another way to the token; NULL: to c, at once. */
	uint8_t (*send)(struct ctapclient *t, const uint8_t *req, size_t len);
};

/* A credential command; zero is the plain case. */
struct ctapclient_cmd {
	const char *rp;
	const char *user; /* its id and its name */
	int alg;	  /* 0: ES256 */
	bool rk;
	bool no_up;
	unsigned int protect; /* 0: not asked for */
	bool hmac;
	struct tsw_slice list_id; /* exclude or allow; empty: no list */
	const uint8_t *token;	  /* pinUvAuthToken; NULL: none */
	enum fw_pinproto proto;
	bool empty_auth; /* pinUvAuthParam of length zero */
};

void ctapclient_init(struct ctapclient *t, struct fw_ctap2 *c);
/* Send bytes; returns the status byte. */
uint8_t ctapclient_send(struct ctapclient *t, const uint8_t *req, size_t len);
/* A command without parameters. */
uint8_t ctapclient_plain(struct ctapclient *t, uint8_t cmd);
/* id: of the credential made. */
uint8_t ctapclient_make(struct ctapclient *t, uint8_t id[FW_CRED_ID_LEN],
    const struct ctapclient_cmd *cmd);
uint8_t ctapclient_assert(struct ctapclient *t,
    const struct ctapclient_cmd *cmd);
/* Of the last assertion: its credential, flags and counter. */
void ctapclient_assertion(const struct ctapclient *t,
    uint8_t id[FW_CRED_ID_LEN], uint8_t *flags, uint32_t *counter);

uint8_t ctapclient_set_pin(struct ctapclient *t, enum fw_pinproto proto,
    const char *pin);
uint8_t ctapclient_change_pin(struct ctapclient *t, enum fw_pinproto proto,
    const char *old_pin, const char *new_pin);
/* rp NULL: subcommand 5, which takes no permissions. */
uint8_t ctapclient_token(struct ctapclient *t,
    uint8_t token[FW_PINPROTO_TOKEN_LEN], enum fw_pinproto proto,
    const char *pin, const char *rp);

#endif
