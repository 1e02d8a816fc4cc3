/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "tlv.h"

#define TAG_BOOLEAN 0x01
#define TAG_INTEGER 0x02
#define TAG_BITS 0x03
#define TAG_OCTETS 0x04
#define TAG_OID 0x06
#define TAG_UTF8 0x0c
#define TAG_UTC_TIME 0x17
#define TAG_TIME 0x18 /* GeneralizedTime */
#define TAG_SEQUENCE 0x30
#define TAG_SET 0x31
#define TAG_VERSION 0xa0    /* [0] EXPLICIT */
#define TAG_EXTENSIONS 0xa3 /* [3] EXPLICIT */

/* ecdsa-with-SHA256 (RFC 5758 section 3.2). */
static const uint8_t algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x04, 0x03, 0x02};
/* AlgorithmIdentifiers of keys (RFC 5480 section 2, RFC 8410 section 3). */
static const uint8_t p256[] = {0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
    0x07};
static const uint8_t x25519[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e};
static const uint8_t ed25519[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};
static const uint8_t common_name[] = {0x06, 0x03, 0x55, 0x04, 0x03};
/* basicConstraints and, of an authority, keyUsage keyCertSign; both critical
 * (RFC 5280 sections 4.2.1.9 and 4.2.1.3). */
static const uint8_t leaf[] = {0x30, 0x0c, 0x06, 0x03, 0x55, 0x1d, 0x13, 0x01,
    0x01, 0xff, 0x04, 0x02, 0x30, 0x00};
static const uint8_t authority[] = {0x30, 0x0f, 0x06, 0x03, 0x55, 0x1d, 0x13,
    0x01, 0x01, 0xff, 0x04, 0x05, 0x30, 0x03, 0x01, 0x01, 0xff, 0x30, 0x0e,
    0x06, 0x03, 0x55, 0x1d, 0x0f, 0x01, 0x01, 0xff, 0x04, 0x04, 0x03, 0x02,
    0x02, 0x04};
static const char not_before[] = "000101000000Z";
static const char not_after[] = "99991231235959Z";

/* Bits, a whole number of bytes. */
static void
put_bits(struct tsw_wr *wr, const uint8_t *p, size_t len)
{
	size_t start = wr->len;

	tsw_wr_u8(wr, 0);
	tsw_wr_bytes(wr, p, len);
	fw_tlv_wrap(wr, start, TAG_BITS);
}

static void
put_name(struct tsw_wr *wr, const char *name)
{
	size_t start = wr->len;

	tsw_wr_bytes(wr, common_name, sizeof(common_name));
	fw_tlv_put(wr, TAG_UTF8, name, strlen(name));
	fw_tlv_wrap(wr, start, TAG_SEQUENCE);
	fw_tlv_wrap(wr, start, TAG_SET);
	fw_tlv_wrap(wr, start, TAG_SEQUENCE);
}

/* Always as long, positive, and not 0. */
static void
put_serial(struct tsw_wr *wr, const uint8_t serial[FW_X509_SERIAL_LEN])
{
	uint8_t b[FW_X509_SERIAL_LEN];

	memcpy(b, serial, sizeof(b));
	b[0] = (b[0] & 0x7f) | 0x40;
	fw_tlv_put(wr, TAG_INTEGER, b, sizeof(b));
}

static void
put_validity(struct tsw_wr *wr)
{
	size_t start = wr->len;

	fw_tlv_put(wr, TAG_UTC_TIME, not_before, sizeof(not_before) - 1);
	fw_tlv_put(wr, TAG_TIME, not_after, sizeof(not_after) - 1);
	fw_tlv_wrap(wr, start, TAG_SEQUENCE);
}

static void
put_key(struct tsw_wr *wr, enum fw_x509_key kind, const uint8_t *key)
{
	size_t start = wr->len;

	switch (kind) {
	case FW_X509_P256:
		tsw_wr_bytes(wr, p256, sizeof(p256));
		put_bits(wr, key, FW_P256_POINT_LEN);
		break;
	case FW_X509_ED25519:
		tsw_wr_bytes(wr, ed25519, sizeof(ed25519));
		put_bits(wr, key, FW_ED25519_PUBLIC_LEN);
		break;
	case FW_X509_X25519:
		tsw_wr_bytes(wr, x25519, sizeof(x25519));
		put_bits(wr, key, FW_X25519_LEN);
		break;
	}
	fw_tlv_wrap(wr, start, TAG_SEQUENCE);
}

static void
put_extensions(struct tsw_wr *wr, const struct fw_x509 *cert)
{
	size_t start = wr->len;

	if (cert->is_ca)
		tsw_wr_bytes(wr, authority, sizeof(authority));
	else
		tsw_wr_bytes(wr, leaf, sizeof(leaf));
	tsw_wr_bytes(wr, cert->extensions.p, cert->extensions.len);
	fw_tlv_wrap(wr, start, TAG_SEQUENCE);
	fw_tlv_wrap(wr, start, TAG_EXTENSIONS);
}

/* RFC 5280 section 4.1.2. */
static void
put_tbs(struct tsw_wr *wr, const struct fw_x509 *cert)
{
	static const uint8_t v3[] = {TAG_INTEGER, 1, 2};
	size_t start = wr->len;

	fw_tlv_put(wr, TAG_VERSION, v3, sizeof(v3));
	put_serial(wr, cert->serial);
	tsw_wr_bytes(wr, algorithm, sizeof(algorithm));
	put_name(wr, cert->issuer);
	put_validity(wr);
	put_name(wr, cert->subject);
	put_key(wr, cert->kind, cert->key);
	put_extensions(wr, cert);
	fw_tlv_wrap(wr, start, TAG_SEQUENCE);
}

void
fw_x509_extension(struct tsw_wr *wr, struct tsw_slice oid,
    struct tsw_slice value)
{
	size_t start = wr->len;

	fw_tlv_put(wr, TAG_OID, oid.p, oid.len);
	fw_tlv_put(wr, TAG_OCTETS, value.p, value.len);
	fw_tlv_wrap(wr, start, TAG_SEQUENCE);
}

int
fw_x509_write(struct tsw_wr *wr, const struct fw_x509 *cert,
    const uint8_t secret_scalar[FW_P256_SCALAR_LEN],
    const uint8_t secret_noise[FW_NOISE_LEN], enum fw_check check)
{
	uint8_t hash[32], sig[FW_P256_SIG_LEN], der[FW_P256_DER_MAX];
	struct tsw_slice tbs;
	size_t start = wr->len;
	int r;

	if (wr->full || strlen(cert->issuer) > FW_X509_NAME_MAX ||
	    strlen(cert->subject) > FW_X509_NAME_MAX)
		return FW_ERR_LENGTH;
	put_tbs(wr, cert);
	if (wr->full)
		return FW_ERR_LENGTH;
	tbs = (struct tsw_slice){wr->p + start, wr->len - start};
	tsw_sha256(hash, &tbs, 1);
	r = fw_p256_sign(sig, hash, secret_scalar, secret_noise, check);
	if (r != FW_OK) {
		wr->len = start;
		return r;
	}
	tsw_wr_bytes(wr, algorithm, sizeof(algorithm));
	put_bits(wr, der, fw_p256_der(der, sig));
	fw_tlv_wrap(wr, start, TAG_SEQUENCE);
	return wr->full ? FW_ERR_LENGTH : FW_OK;
}
