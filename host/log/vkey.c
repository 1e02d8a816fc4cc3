/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of notes: "name+id+base64", C2SP signed-note and tlog-cosignature. */
#include "note.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include <touchstone/wire/crypto.h>

#include "base64.h"
#include "utf8.h"
#include "vkey.h"

#define ID_LEN 4
#define ED25519_LEN 32

bool
ts_vkey_name_holds(struct tsw_slice name)
{
	uint32_t c;

	if (name.len == 0)
		return false;
	while (name.len > 0) {
		if (!ts_utf8_next(&c, &name) || c < 0x20 || c == '+' ||
		    ts_utf8_is_space(c))
			return false;
	}
	return true;
}

bool
ts_note_is_name(const char *name)
{
	const size_t len = strnlen(name, TS_NOTE_NAME_MAX + 1);

	return len <= TS_NOTE_NAME_MAX &&
	    ts_vkey_name_holds((struct tsw_slice){(const uint8_t *)name, len});
}

/* The first bytes of SHA-256(name, line feed, type, key). */
static void
make_id(uint8_t id[ID_LEN], const struct ts_vkey *vkey)
{
	const uint8_t middle[] = {'\n', (uint8_t)vkey->type};
	const struct tsw_slice part[] = {{(const uint8_t *)vkey->name,
					     strlen(vkey->name)},
	    {middle, sizeof(middle)}, {vkey->key, sizeof(vkey->key)}};
	uint8_t hash[TSW_HASH_LEN];

	tsw_sha256(hash, part, 3);
	memcpy(id, hash, ID_LEN);
}

/* Lower case digits only, so that a key has one text. */
static bool
unhex(uint8_t id[ID_LEN], const uint8_t *p)
{
	static const char digits[] = "0123456789abcdef";
	const char *d;
	size_t i;

	memset(id, 0, ID_LEN);
	for (i = 0; i < (size_t)2 * ID_LEN; i++) {
		d = p[i] == '\0' ? NULL : strchr(digits, p[i]);
		if (d == NULL)
			return false;
		id[i / 2] = (uint8_t)(id[i / 2] << 4 | (d - digits));
	}
	return true;
}

int
ts_vkey_split(struct ts_vkey_parts *out, struct tsw_slice text)
{
	struct ts_vkey_parts parts;
	const uint8_t *plus;
	size_t len = sizeof(parts.key);

	plus = text.len == 0 ? NULL : memchr(text.p, '+', text.len);
	if (plus == NULL)
		return TS_ERR_LOG_POLICY;
	parts.name.p = text.p;
	parts.name.len = (size_t)(plus - text.p);
	text.p += parts.name.len + 1;
	text.len -= parts.name.len + 1;
	if (!ts_vkey_name_holds(parts.name) || text.len <= 2 * ID_LEN + 1 ||
	    !unhex(parts.id, text.p) || text.p[2 * ID_LEN] != '+')
		return TS_ERR_LOG_POLICY;
	if (ts_base64_decode(parts.key, &len,
		(const char *)text.p + 2 * ID_LEN + 1,
		text.len - (2 * ID_LEN + 1)) != TS_OK ||
	    len < 2)
		return TS_ERR_LOG_POLICY;
	parts.type = parts.key[0];
	parts.key_len = len - 1;
	memmove(parts.key, parts.key + 1, parts.key_len);
	*out = parts;
	return TS_OK;
}

bool
ts_vkey_is_ours(const struct ts_vkey_parts *parts)
{
	return parts->type == TS_NOTE_ED25519 ||
	    parts->type == TS_NOTE_COSIGNATURE;
}

int
ts_vkey_join(struct ts_vkey *out, const struct ts_vkey_parts *parts)
{
	struct ts_vkey vkey;
	uint8_t id[ID_LEN];

	if (!ts_vkey_is_ours(parts) || parts->key_len != ED25519_LEN ||
	    parts->name.len > TS_NOTE_NAME_MAX)
		return TS_ERR_LOG_POLICY;
	memset(&vkey, 0, sizeof(vkey));
	memcpy(vkey.name, parts->name.p, parts->name.len);
	vkey.type = parts->type == TS_NOTE_ED25519 ? TS_NOTE_ED25519
						   : TS_NOTE_COSIGNATURE;
	memcpy(vkey.id, parts->id, ID_LEN);
	memcpy(vkey.key, parts->key, ED25519_LEN);
	make_id(id, &vkey);
	if (memcmp(id, vkey.id, ID_LEN) != 0)
		return TS_ERR_LOG_POLICY;
	*out = vkey;
	return TS_OK;
}

int
ts_vkey_parse(struct ts_vkey *out, struct tsw_slice text)
{
	struct ts_vkey_parts parts;
	int r;

	r = ts_vkey_split(&parts, text);
	return r == TS_OK ? ts_vkey_join(out, &parts) : r;
}

void
ts_vkey_format(char out[TS_VKEY_MAX], const struct ts_vkey *vkey)
{
	char base64[TS_BASE64_LEN(1 + ED25519_LEN) + 1];
	uint8_t key[1 + ED25519_LEN];

	key[0] = (uint8_t)vkey->type;
	memcpy(key + 1, vkey->key, ED25519_LEN);
	ts_base64_encode(base64, key, sizeof(key));
	snprintf(out, TS_VKEY_MAX, "%s+%02x%02x%02x%02x+%s", vkey->name,
	    vkey->id[0], vkey->id[1], vkey->id[2], vkey->id[3], base64);
}

int
ts_skey_init(struct ts_skey *out, const char *name, enum ts_note_type type,
    const uint8_t sk_seed[32])
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];

	if (!ts_note_is_name(name) ||
	    (type != TS_NOTE_ED25519 && type != TS_NOTE_COSIGNATURE))
		return TS_ERR_ARGUMENT;
	memset(out, 0, sizeof(*out));
	memcpy(out->vkey.name, name, strlen(name));
	out->vkey.type = type;
	memcpy(out->sk_seed, sk_seed, sizeof(out->sk_seed));
	if (crypto_sign_seed_keypair(out->vkey.key, sk, sk_seed) != 0) {
		ts_skey_wipe(out);
		return TS_ERR_INTERNAL;
	}
	tsw_wipe(sk, sizeof(sk));
	make_id(out->vkey.id, &out->vkey);
	return TS_OK;
}

void
ts_skey_wipe(struct ts_skey *skey)
{
	tsw_wipe(skey, sizeof(*skey));
}

int
ts_vkey_sign(uint8_t sig[TSW_SIG_LEN], struct tsw_slice message,
    const struct ts_skey *skey)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES], pk[ED25519_LEN];
	int r = TS_ERR_INTERNAL;

	/* The public half is made anew: a signature made with a wrong one
	 * would give the key away. */
	if (crypto_sign_seed_keypair(pk, sk, skey->sk_seed) == 0 &&
	    crypto_sign_detached(sig, NULL, message.p, message.len, sk) == 0 &&
	    tsw_ed25519_verify(sig, message.p, message.len, skey->vkey.key) ==
		TSW_OK)
		r = TS_OK;
	tsw_wipe(sk, sizeof(sk));
	return r;
}
