/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ATTEST: a certificate by F9 says that a key was made here, and how it is
 * guarded.  Extensions are those of YubiKeys (1.3.6.1.4.1.41482.3), so that
 * what verifies theirs reads ours; whether it trusts F9 is its own question.
 */
#include "piv_int.h"

#include <string.h>

#include "selfcheck.h"

#define ROOT_NAME "Touchstone PIV"
#define EXTENSIONS_MAX 80
#define OID_LAST 9 /* the byte that tells them apart */
#define OID_VERSION 3
#define OID_SERIAL 7
#define OID_POLICIES 8
#define TAG_CERT 0x70
#define TAG_INTEGER 0x02

/* Certificate, not compressed, no checksum. */
static const uint8_t behind_cert[] = {0x71, 0x01, 0x00, 0xfe, 0x00};

static void
write(struct fw_piv *piv, struct tsw_wr *wr, struct fw_x509 *cert,
    const uint8_t secret[FW_PIV_SECRET_LEN])
{
	uint8_t secret_noise[FW_NOISE_LEN];

	fw_rng_bytes(&piv->c->rng, secret_noise, sizeof(secret_noise));
	fw_rng_bytes(&piv->c->rng, cert->serial, sizeof(cert->serial));
	if (fw_x509_write(wr, cert, secret, secret_noise, fw_check_wanted()) !=
	    FW_OK)
		hal_halt(HAL_FAULT_BUG);
	tsw_wipe(secret_noise, sizeof(secret_noise));
}

size_t
fw_piv_root_make(struct fw_piv *piv, uint8_t out[FW_PIV_KEY_REC_MAX],
    struct tsw_wr *part)
{
	struct fw_piv_key key = {.ref = FW_PIV_F9,
	    .alg = FW_PIV_P256,
	    .pin = FW_PIV_PIN_NEVER,
	    .touch = FW_PIV_TOUCH_NEVER,
	    .origin = FW_PIV_ORIGIN_HERE};
	struct fw_x509 cert = {.issuer = ROOT_NAME,
	    .subject = ROOT_NAME,
	    .kind = FW_X509_P256,
	    .key = key.public,
	    .is_ca = true};
	uint8_t secret[FW_PIV_SECRET_LEN];
	size_t len = fw_piv_key_make(piv, out, &key, secret), start;

	fw_piv_part_begin(part, FW_PIV_OBJ_CERT_F9, 0, true);
	start = part->len;
	write(piv, part, &cert, secret);
	tsw_wipe(secret, sizeof(secret));
	fw_tlv_wrap(part, start, TAG_CERT);
	tsw_wr_bytes(part, behind_cert, sizeof(behind_cert));
	if (part->full)
		hal_halt(HAL_FAULT_BUG); /* it is 366 bytes at most */
	return len;
}

static void
put_extension(struct tsw_wr *wr, uint8_t which, const uint8_t *p, size_t len)
{
	uint8_t oid[] = {0x2b, 6, 1, 4, 1, 0x82, 0xc4, 0x0a, 3, which};

	fw_x509_extension(wr, (struct tsw_slice){oid, sizeof(oid)},
	    (struct tsw_slice){p, len});
}

/* DER: no more bytes than the number has, which is not negative as its top bit
 * is 0. */
static size_t
put_number(uint8_t out[6], uint32_t number)
{
	size_t len = 4;
	struct tsw_wr wr;

	while (len > 1 && number < UINT32_C(1) << (8 * len - 9))
		len--;
	tsw_wr_init(&wr, out, 6);
	tsw_wr_u8(&wr, TAG_INTEGER);
	tsw_wr_u8(&wr, (uint8_t)len);
	while (len-- > 0)
		tsw_wr_u8(&wr, (uint8_t)(number >> 8 * len));
	return wr.len;
}

static void
put_extensions(const struct fw_piv *piv, struct tsw_wr *wr,
    const struct fw_piv_key *key)
{
	const uint8_t policies[] = {key->pin, key->touch};
	uint8_t version[3], serial[6];
	struct tsw_wr v;

	tsw_wr_init(&v, version, sizeof(version));
	fw_piv_put_version(&v);
	put_extension(wr, OID_VERSION, version, sizeof(version));
	put_extension(wr, OID_SERIAL, serial,
	    put_number(serial, fw_piv_serial(piv)));
	put_extension(wr, OID_POLICIES, policies, sizeof(policies));
}

static enum fw_x509_key
kind_of(uint8_t alg)
{
	if (alg == FW_PIV_ED25519)
		return FW_X509_ED25519;
	return alg == FW_PIV_X25519 ? FW_X509_X25519 : FW_X509_P256;
}

/* "Touchstone PIV 9a" */
static void
put_subject(char subject[sizeof(ROOT_NAME) + 3], uint8_t ref)
{
	static const char digit[] = "0123456789abcdef";

	memcpy(subject, ROOT_NAME, sizeof(ROOT_NAME) - 1);
	subject += sizeof(ROOT_NAME) - 1;
	subject[0] = ' ';
	subject[1] = digit[ref / 16];
	subject[2] = digit[ref % 16];
	subject[3] = '\0';
}

enum fw_sw
fw_piv_attest(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu)
{
	uint8_t extensions[EXTENSIONS_MAX], secret[FW_PIV_SECRET_LEN];
	char subject[sizeof(ROOT_NAME) + 3];
	struct fw_x509 cert = {.issuer = ROOT_NAME, .subject = subject};
	int slot = fw_piv_slot(apdu->p1);
	struct fw_piv_key key, root;
	struct tsw_wr wr;

	if (apdu->p2 != 0 || slot < 0 || apdu->p1 == FW_PIV_F9)
		return FW_SW_WRONG_P1P2;
	if (apdu->data.len != 0)
		return FW_SW_WRONG_LENGTH;
	if (fw_piv_key_load(piv, &key, NULL, slot) != FW_OK ||
	    key.origin != FW_PIV_ORIGIN_HERE ||
	    fw_piv_key_load(piv, &root, secret, fw_piv_slot(FW_PIV_F9)) !=
		FW_OK)
		return FW_SW_REFERENCE;
	tsw_wr_init(&wr, extensions, sizeof(extensions));
	put_extensions(piv, &wr, &key);
	if (wr.full)
		hal_halt(HAL_FAULT_BUG);
	cert.extensions = (struct tsw_slice){extensions, wr.len};
	cert.kind = kind_of(key.alg);
	cert.key = key.public;
	put_subject(subject, key.ref);
	write(piv, rsp, &cert, secret);
	tsw_wipe(secret, sizeof(secret));
	return FW_SW_OK;
}
