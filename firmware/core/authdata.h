/* SPDX-License-Identifier: BSD-2-Clause */
/* Authenticator data (WebAuthn section 6.1) and the message that is signed:
 * authenticator data, then the hash of the client data. */
#ifndef FW_AUTHDATA_H
#define FW_AUTHDATA_H

#include "cred.h"

#define FW_AUTHDATA_UP 0x01
#define FW_AUTHDATA_UV 0x04
#define FW_AUTHDATA_AT 0x40 /* attested credential data follows */
#define FW_AUTHDATA_ED 0x80 /* extension data follows */

/* 37 bytes of head, 18 of AAGUID and length, credential id, COSE key of 77
 * bytes, extensions: hmac-secret is the longest with 96. */
#define FW_AUTHDATA_MAX (37 + 18 + FW_CRED_ID_LEN + 77 + 112)

struct fw_authdata {
	struct tsw_wr wr; /* writes to buf; the caller appends the rest */
	uint8_t buf[FW_AUTHDATA_MAX + 32];
};

void fw_authdata_begin(struct fw_authdata *a,
    const uint8_t rp_hash[FW_RP_HASH_LEN], uint8_t flags, uint32_t count);
/* The message to sign.  Call after the last byte was appended. */
struct tsw_slice fw_authdata_signed(struct fw_authdata *a,
    const uint8_t client_hash[32]);

#endif
