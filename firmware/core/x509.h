/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * X.509 certificates (RFC 5280) as a token makes them for attestation: version
 * 3, ECDSA with SHA-256 by a P-256 key, names of one common name, valid for
 * ever (RFC 5280 section 4.1.2.5: 99991231235959Z).
 */
#ifndef FW_X509_H
#define FW_X509_H

#include "fw_crypto.h"

#define FW_X509_SERIAL_LEN 16
#define FW_X509_NAME_MAX 64 /* ub-common-name */

enum fw_x509_key { FW_X509_P256, FW_X509_ED25519, FW_X509_X25519 };

struct fw_x509 {
	const char *issuer, *subject; /* ASCII, at most FW_X509_NAME_MAX */
	/* Its top bits become 01: positive and of one length. */
	uint8_t serial[FW_X509_SERIAL_LEN];
	enum fw_x509_key kind;
	const uint8_t *key;	     /* point of 65 bytes, or 32 bytes */
	struct tsw_slice extensions; /* each a DER Extension; may be empty */
	bool is_ca; /* basicConstraints, and keyCertSign; both critical */
};

/* Append an Extension that is not critical; oid without tag and length. */
void fw_x509_extension(struct tsw_wr *wr, struct tsw_slice oid,
    struct tsw_slice value);

/*
 * Append the signed certificate to wr.  The same inputs give the same bytes.
 * FW_ERR_LENGTH if it does not fit or a name is too long, FW_ERR_RANGE,
 * FW_ERR_FAULT as fw_p256_sign(); then what is in wr means nothing.
 */
int fw_x509_write(struct tsw_wr *wr, const struct fw_x509 *cert,
    const uint8_t secret_scalar[FW_P256_SCALAR_LEN],
    const uint8_t secret_noise[FW_NOISE_LEN],
    enum fw_check check) FW_MUST_CHECK;

#endif
