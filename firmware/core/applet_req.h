/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoder of the request map of the statement applet.  SPEC 12.1.
 *
 * Accepts deterministic CBOR with exactly the fields of the command, in order;
 * *out is written only on FW_CTAP_OK and points into the request.  The first
 * cause in the order of the bytes is reported; what is missing, at the end:
 *
 *	FW_CTAP_INVALID_CBOR      not deterministic, an empty map, a key that
 *				  is repeated or out of order, bytes after it
 *	FW_CTAP_UNEXPECTED_TYPE   a value of another CBOR type
 *	FW_CTAP_INVALID_LENGTH    a byte string that is too long or too short
 *	FW_CTAP_INVALID_PARAMETER a field that the command does not have, or a
 *				  number out of its range
 *	FW_CTAP_MISSING_PARAMETER a field that it needs is not there
 */
#ifndef FW_APPLET_REQ_H
#define FW_APPLET_REQ_H

#include <stdbool.h>

#include <touchstone/wire/applet.h>

#include "status.h"

/* Fields that are not there are NULL, {NULL, 0} or 0. */
struct fw_applet_req {
	enum tsw_applet_cmd cmd;
	const uint8_t *handle; /* [TSW_HASH_LEN] */
	struct tsw_slice statement;
	enum tsw_alg alg;	     /* TSW_ALG_SK_ED25519, TSW_ALG_SK_P256 */
	const uint8_t *value;	     /* [TSW_HASH_LEN] */
	struct tsw_slice self, peer; /* m of SPEC 9.3, not looked at */
	bool has_auth;		     /* proto and auth are there */
	uint8_t proto;		     /* pinUvAuthProtocol */
	struct tsw_slice auth;	     /* pinUvAuthParam */
};

/* in: what follows the command byte cmd, which is one of the applet. */
enum fw_status fw_applet_req_decode(struct fw_applet_req *out, uint8_t cmd,
    struct tsw_slice in);

#endif
