/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The statement applet of tokens with our firmware: what host and token agree
 * on.  SPEC section 12.
 */
#ifndef TOUCHSTONE_WIRE_APPLET_H
#define TOUCHSTONE_WIRE_APPLET_H

#include <touchstone/wire/sshsig.h>

enum tsw_applet_cmd {
#define X(name, id) TSW_APPLET_##name = (id),
#include <touchstone/wire/applet.def>
#undef X
};

/* CTAP2 vendor status codes; others are those of CTAP 2.1 section 8.2. */
enum tsw_applet_status {
#define X(name, id, sentence) TSW_APPLET_ST_##name = (id),
#include <touchstone/wire/applet_status.def>
#undef X
};

#define TSW_APPLET_VERSION 1
#define TSW_APPLET_RP_ID "touchstone:"
#define TSW_APPLET_AUTH_MAX 32
#define TSW_APPLET_PARTY_MAX 256 /* m of SPEC 9.3 */

/* Fields of a request map. */
enum tsw_applet_field {
	TSW_APPLET_F_HANDLE = 1,
	TSW_APPLET_F_STATEMENT = 2,
	TSW_APPLET_F_ALG = 3,
	TSW_APPLET_F_VALUE = 4,
	TSW_APPLET_F_SELF = 5,
	TSW_APPLET_F_PEER = 6,
	TSW_APPLET_F_AUTH_PROTO = 7,
	TSW_APPLET_F_AUTH_PARAM = 8
};

/* Fields of an answer map. */
enum tsw_applet_answer_field {
	TSW_APPLET_A_VERSION = 1,
	TSW_APPLET_A_ALG = 2,
	TSW_APPLET_A_PUBLIC = 3,
	TSW_APPLET_A_ATTESTATION = 4,
	TSW_APPLET_A_SIGNATURE = 5,
	TSW_APPLET_A_FLAGS = 6,
	TSW_APPLET_A_COUNTER = 7,
	TSW_APPLET_A_VALUE = 8,
	TSW_APPLET_A_OUTPUTS = 9,
	TSW_APPLET_A_USED = 10,
	TSW_APPLET_A_FREE = 11,
	TSW_APPLET_A_RUNS = 12,
	TSW_APPLET_A_UNLOCKED = 13,
	TSW_APPLET_A_MODEL = 14,
	TSW_APPLET_A_IMAGE = 15,
	TSW_APPLET_A_BOUND = 16,
	TSW_APPLET_A_IDENTITY = 17,
	TSW_APPLET_A_SEQ = 18,
	TSW_APPLET_A_HEAD = 19,
	TSW_APPLET_A_ROLE = 20
};

#define TSW_APPLET_OUT_DISPLAY 1
#define TSW_APPLET_OUT_LED 2
#define TSW_APPLET_OUT_KEYBOARD 4

#endif
