/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/piv_cert.h"

#include "token/tlv.h"

#include <string.h>

/* DER (X.690) and X.509 (RFC 5280, 5480, 8410). */
#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_SEQUENCE 0x30

static const uint8_t ecdsa_sha256[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t ed25519[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};
static const uint8_t p256[] = {0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
    0x07};
/* CN=Touchstone identity key, a UTF8String. */
static const uint8_t name[] = {0x30, 0x22, 0x31, 0x20, 0x30, 0x1e, 0x06, 0x03,
    0x55, 0x04, 0x03, 0x0c, 0x17, 'T', 'o', 'u', 'c', 'h', 's', 't', 'o', 'n',
    'e', ' ', 'i', 'd', 'e', 'n', 't', 'i', 't', 'y', ' ', 'k', 'e', 'y'};
/* From the start of 2020 on, for ever (RFC 5280 section 4.1.2.5): a chain of
 * statements says how long the key is good, and this process has no clock. */
static const uint8_t validity[] = {0x30, 0x20, 0x17, 0x0d, '2', '0', '0', '1',
    '0', '1', '0', '0', '0', '0', '0', '0', 'Z', 0x18, 0x0f, '9', '9', '9', '9',
    '1', '2', '3', '1', '2', '3', '5', '9', '5', '9', 'Z'};

#define SLICE(bytes) ((struct tsw_slice){bytes, sizeof(bytes)})

static struct tsw_slice
signature_alg(enum tsw_alg alg)
{
	return alg == TSW_ALG_P256 ? SLICE(ecdsa_sha256) : SLICE(ed25519);
}

static void
put(struct tsw_wr *wr, struct tsw_slice part)
{
	tsw_wr_bytes(wr, part.p, part.len);
}

/* One positive INTEGER of the bytes, as short as it can be. */
static void
put_integer(struct tsw_wr *wr, const uint8_t *p, size_t len)
{
	bool pad;

	while (len > 1 && p[0] == 0) {
		p++;
		len--;
	}
	pad = (p[0] & 0x80) != 0;
	ts_tlv_head(wr, DER_INTEGER, len + (pad ? 1 : 0));
	if (pad)
		tsw_wr_u8(wr, 0);
	tsw_wr_bytes(wr, p, len);
}

static void
put_bits(struct tsw_wr *wr, struct tsw_slice bytes)
{
	ts_tlv_head(wr, DER_BIT_STRING, bytes.len + 1);
	tsw_wr_u8(wr, 0); /* no unused bits */
	put(wr, bytes);
}

static void
put_key(struct tsw_wr *wr, const struct tsw_pubkey *key)
{
	struct tsw_slice alg = SLICE(ed25519);

	if (key->alg == TSW_ALG_P256)
		alg = SLICE(p256);
	ts_tlv_head(wr, DER_SEQUENCE,
	    alg.len + ts_tlv_size(DER_BIT_STRING, key->len + (size_t)1));
	put(wr, alg);
	put_bits(wr, (struct tsw_slice){key->data, key->len});
}

int
ts_piv_cert_body(struct tsw_wr *wr, const struct tsw_pubkey *key,
    const uint8_t serial[TS_PIV_SERIAL_LEN])
{
	/* Version 1, which needs not be said. */
	uint8_t body[TS_PIV_CERT_MAX];
	struct tsw_wr inner;

	tsw_wr_init(&inner, body, sizeof(body));
	put_integer(&inner, serial, TS_PIV_SERIAL_LEN);
	put(&inner, signature_alg(key->alg));
	put(&inner, SLICE(name));
	put(&inner, SLICE(validity));
	put(&inner, SLICE(name));
	put_key(&inner, key);
	if (inner.full)
		return TS_ERR_INTERNAL;
	ts_tlv_put(wr, DER_SEQUENCE,
	    (struct tsw_slice){body, tsw_wr_len(&inner)});
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

int
ts_piv_cert_write(struct tsw_wr *wr, struct tsw_slice body, enum tsw_alg alg,
    const uint8_t sig[TSW_SIG_LEN])
{
	uint8_t integers[2 * (TSW_SIG_LEN / 2 + 3)], text[TS_PIV_CERT_MAX];
	struct tsw_slice value = {sig, TSW_SIG_LEN};
	uint8_t sequence[sizeof(integers) + 2];
	struct tsw_wr inner;

	if (alg == TSW_ALG_P256) {
		tsw_wr_init(&inner, integers, sizeof(integers));
		put_integer(&inner, sig, TSW_SIG_LEN / 2);
		put_integer(&inner, sig + TSW_SIG_LEN / 2, TSW_SIG_LEN / 2);
		value = (struct tsw_slice){integers, tsw_wr_len(&inner)};
		tsw_wr_init(&inner, sequence, sizeof(sequence));
		ts_tlv_put(&inner, DER_SEQUENCE, value);
		value = (struct tsw_slice){sequence, tsw_wr_len(&inner)};
	}
	tsw_wr_init(&inner, text, sizeof(text));
	put(&inner, body);
	put(&inner, signature_alg(alg));
	put_bits(&inner, value);
	if (inner.full)
		return TSW_ERR_NO_SPACE;
	ts_tlv_put(wr, DER_SEQUENCE,
	    (struct tsw_slice){text, tsw_wr_len(&inner)});
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}
