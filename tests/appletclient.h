/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's side of the statement applet (SPEC 12) for tests of the firmware:
 * written from the specification, sharing only the CBOR writer.
 */
#ifndef APPLETCLIENT_H
#define APPLETCLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <touchstone/wire/applet.h>
#include <touchstone/wire/statement.h>

/* One request; what is NULL or 0 is not in it. */
struct applet_cmd {
	enum tsw_applet_cmd cmd;
	const uint8_t *handle; /* 32 bytes */
	struct tsw_slice statement;
	unsigned int alg;
	const uint8_t *value; /* 32 bytes */
	struct tsw_slice self, peer;
	const uint8_t *token; /* pinUvAuthToken, 32 bytes */
	unsigned int proto;   /* with token */
	bool bad_auth;	      /* one bit of pinUvAuthParam is wrong */
};

/* An answer; what was not in it is 0. */
struct applet_answer {
	uint32_t present; /* bit n: field n */
	unsigned int version, alg, flags, outputs, used, room, runs, unlocked;
	unsigned int bound, role;
	uint32_t counter, seq;
	struct tsw_pubkey key;
	uint8_t sig[64], value[32], identity[32], head[32];
};

/* Write the whole message, command byte first; returns its length. */
size_t applet_encode(uint8_t *out, size_t size, const struct applet_cmd *cmd);
/* The map after the status byte; false unless it is what SPEC 12.1 has. */
bool applet_decode(struct applet_answer *a, const uint8_t *p, size_t len);

/*
 * The signature in an answer is one by key over msg, as a chain or a contact
 * checks it: SPEC 6.5.
 */
bool applet_verify(const struct applet_answer *a, const struct tsw_pubkey *key,
    struct tsw_slice msg, unsigned int ns, bool need_uv);

#endif
