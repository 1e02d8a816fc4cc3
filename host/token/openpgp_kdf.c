/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/openpgp_kdf.h"

#include "token/card_crypto.h"
#include "token/locked.h"
#include "token/tlv.h"

#include <string.h>

enum tag {
	TAG_ALG = 0x81,
	TAG_HASH = 0x82,
	TAG_COUNT = 0x83,
	TAG_SALT = 0x84,
	TAG_ADMIN_SALT = 0x86
};

enum alg { ALG_NONE = 0, ALG_ITERATED_SALTED = 3 };

/* Some KB at a time: salt and PIN over and over. */
#define BLOCK_LEN 8192

static int
find(struct tsw_slice *out, struct tsw_slice value, enum tag tag, size_t len)
{
	int r = ts_tlv_find(out, value, tag);

	return r == TS_OK && out->len == len ? TS_OK : TS_ERR_TOKEN_IO;
}

static int
parse_iterated(struct ts_kdf *kdf, struct tsw_slice value)
{
	struct tsw_slice hash, count, salt, admin;
	struct tsw_rd rd;

	if (find(&hash, value, TAG_HASH, 1) != TS_OK ||
	    find(&count, value, TAG_COUNT, 4) != TS_OK ||
	    find(&salt, value, TAG_SALT, TS_KDF_SALT_LEN) != TS_OK)
		return TS_ERR_TOKEN_IO;
	/* One salt may be there for all. */
	if (ts_tlv_find(&admin, value, TAG_ADMIN_SALT) == TS_ERR_NOT_FOUND)
		admin = salt;
	if (admin.len != TS_KDF_SALT_LEN)
		return TS_ERR_TOKEN_IO;
	tsw_rd_init(&rd, count.p, count.len);
	kdf->count = tsw_rd_u32(&rd);
	kdf->hash = (enum ts_kdf_hash)hash.p[0];
	if ((kdf->hash != TS_KDF_SHA256 && kdf->hash != TS_KDF_SHA512) ||
	    kdf->count > TS_KDF_COUNT_MAX)
		return TS_ERR_TOKEN_UNSUPPORTED;
	memcpy(kdf->salt, salt.p, TS_KDF_SALT_LEN);
	memcpy(kdf->admin_salt, admin.p, TS_KDF_SALT_LEN);
	return TS_OK;
}

int
ts_kdf_parse(struct ts_kdf *out, struct tsw_slice value)
{
	struct ts_kdf kdf;
	struct tsw_slice alg;
	int r = TS_OK;

	memset(&kdf, 0, sizeof(kdf));
	if (find(&alg, value, TAG_ALG, 1) != TS_OK)
		return TS_ERR_TOKEN_IO;
	if (alg.p[0] == ALG_ITERATED_SALTED)
		r = parse_iterated(&kdf, value);
	else if (alg.p[0] != ALG_NONE)
		r = TS_ERR_TOKEN_UNSUPPORTED;
	if (r == TS_OK)
		*out = kdf;
	return r;
}

static int
derive(struct tsw_wr *secret_out, const struct ts_kdf *kdf,
    const uint8_t salt[TS_KDF_SALT_LEN], const char *secret_pin)
{
	size_t len = strlen(secret_pin), unit = TS_KDF_SALT_LEN + len;
	size_t count = kdf->count < unit ? unit : kdf->count;
	uint8_t *secret_hash, *secret_block;
	struct tsw_wr wr;
	int r = TS_ERR_NO_MEMORY;

	if (unit > BLOCK_LEN)
		return TS_ERR_PIN_POLICY;
	secret_hash = ts_locked_new(TS_KDF_OUT_MAX);
	secret_block = ts_locked_new(BLOCK_LEN);
	if (secret_hash == NULL || secret_block == NULL)
		goto out;
	tsw_wr_init(&wr, secret_block, BLOCK_LEN / unit * unit);
	while (tsw_wr_len(&wr) < wr.size) {
		tsw_wr_bytes(&wr, salt, TS_KDF_SALT_LEN);
		tsw_wr_bytes(&wr, (const uint8_t *)secret_pin, len);
	}
	r = ts_card_hash_repeated(secret_hash, kdf->hash == TS_KDF_SHA512,
	    (struct tsw_slice){secret_block, wr.size}, count);
	if (r == TS_OK)
		tsw_wr_bytes(secret_out, secret_hash,
		    kdf->hash == TS_KDF_SHA256 ? 32 : 64);
out:
	ts_locked_free(secret_hash);
	ts_locked_free(secret_block);
	return r;
}

int
ts_kdf_derive(struct tsw_wr *secret_out, const struct ts_kdf *kdf,
    const uint8_t salt[TS_KDF_SALT_LEN], const char *secret_pin)
{
	int r = TS_OK;

	if (kdf->hash == TS_KDF_NONE)
		tsw_wr_bytes(secret_out, (const uint8_t *)secret_pin,
		    strlen(secret_pin));
	else
		r = derive(secret_out, kdf, salt, secret_pin);
	if (r == TS_OK && secret_out->full)
		r = TSW_ERR_NO_SPACE;
	return r;
}
