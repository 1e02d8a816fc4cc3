/* SPDX-License-Identifier: BSD-2-Clause */
/* Hashes that name things: SPEC 4.3. */
#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>
#include <touchstone/wire/sshsig.h>

#include "statement_check.h"

/* [app, device, type, data] with its CBOR heads. */
#define KEY_ID_TEXT_MAX (1 + 1 + 2 + TSW_NAME_MAX + 1 + 3 + TSW_KEY_DATA_MAX)

/* The longest SSH blob, sk-ecdsa: four strings. */
#define PUBKEY_BLOB_MAX (4 + 34 + 4 + 8 + 4 + 65 + 4 + TSW_APPLICATION_LEN)

void
tsw_statement_hash(uint8_t out[TSW_HASH_LEN], const uint8_t *p, size_t len)
{
	struct tsw_slice s = {p, len};

	tsw_sha256(out, &s, 1);
}

int
tsw_key_id(uint8_t out[TSW_HASH_LEN], const struct tsw_key *key)
{
	uint8_t text[KEY_ID_TEXT_MAX];
	struct tsw_wr wr;
	int r;

	r = tsw_key_check(key);
	if (r != TSW_OK)
		return r;
	tsw_wr_init(&wr, text, sizeof(text));
	tsw_wr_cb_array(&wr, 4);
	tsw_wr_cb_uint(&wr, key->app);
	tsw_wr_cb_text(&wr, (const char *)key->device.p, key->device.len);
	tsw_wr_cb_uint(&wr, key->type);
	tsw_wr_cb_bytes(&wr, key->data.p, key->data.len);
	if (wr.full)
		return TSW_ERR_INTERNAL;
	tsw_statement_hash(out, text, tsw_wr_len(&wr));
	return TSW_OK;
}

void
tsw_token_id(uint8_t out[TSW_HASH_LEN], const struct tsw_pubkey *key)
{
	uint8_t blob[PUBKEY_BLOB_MAX];
	struct tsw_wr wr;

	tsw_wr_init(&wr, blob, sizeof(blob));
	/* A key that cannot be encoded has the id of nothing. */
	if (tsw_pubkey_encode(&wr, key) != TSW_OK)
		tsw_wr_init(&wr, blob, sizeof(blob));
	tsw_statement_hash(out, blob, tsw_wr_len(&wr));
}
