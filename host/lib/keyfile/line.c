/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys as their apps write them. */
#include <string.h>

#include <touchstone/wire/crypto.h>

#include "apps.h"

static int
ssh_line(struct ts_text *out, const struct tsw_key *key, struct tsw_slice label)
{
	struct tsw_slice type = ts_ssh_blob_type(key->data);
	const char *word;

	/* Again, because it goes into a file that gives access. */
	if (ts_ssh_blob_check(&word, key->data) != TS_OK)
		return TSW_ERR_KEY_TYPE;
	ts_text_add_len(out, type.p, type.len);
	ts_text_add(out, " ");
	ts_text_add_base64(out, key->data.p, key->data.len);
	if (label.len > 0) {
		ts_text_add(out, " ");
		ts_text_add_len(out, label.p, label.len);
	}
	if (key->device.len > 0) {
		ts_text_add(out, " ");
		ts_text_add_len(out, key->device.p, key->device.len);
	}
	return TS_OK;
}

static void
upper_hex(struct ts_text *out, struct tsw_slice data)
{
	size_t i, from = out->len;

	ts_text_add_hex(out, data.p, data.len);
	for (i = from; !out->bad && i < out->len; i++) {
		if (out->p[i] >= 'a')
			out->p[i] = (char)(out->p[i] - 'a' + 'A');
	}
}

/* The blob of ssh is checked by ssh_line(); others by their length. */
static bool
fits(const struct tsw_key *key)
{
	switch (key->app) {
	case TSW_APP_SSH:
		return key->type == TSW_KEY_SSH_BLOB;
	case TSW_APP_AGE:
	case TSW_APP_WIREGUARD:
	case TSW_APP_OMEMO:
	case TSW_APP_SIGNAL:
		return key->type == TSW_KEY_X25519 && key->data.len == 32;
	case TSW_APP_MATRIX:
		return key->type == TSW_KEY_ED25519 && key->data.len == 32;
	case TSW_APP_OPENPGP:
		return key->type == TSW_KEY_FINGERPRINT;
	case TSW_APP_RAW:
		return key->type == TSW_KEY_RAW;
	default:
		return false;
	}
}

int
ts_key_line(struct ts_text *out, const struct tsw_key *key,
    struct tsw_slice label)
{
	char age[TS_AGE_LEN + 1];
	int r = TS_OK;

	if (!fits(key))
		return TSW_ERR_KEY_TYPE;
	if (key->app == TSW_APP_SSH) {
		r = ssh_line(out, key, label);
	} else if (key->app == TSW_APP_AGE) {
		ts_age_encode(age, key->data.p);
		ts_text_add(out, age);
	} else if (key->app == TSW_APP_OPENPGP) {
		upper_hex(out, key->data);
	} else {
		ts_text_add_base64(out, key->data.p, key->data.len);
	}
	return r == TS_OK ? ts_text_done(out) : r;
}

int
ts_key_fingerprint(struct ts_text *out, const struct tsw_key *key)
{
	struct tsw_slice none = {NULL, 0};
	const char *word = NULL;
	uint8_t hash[32];

	if (!fits(key))
		return TSW_ERR_KEY_TYPE;
	if (key->app == TSW_APP_SSH) {
		if (ts_ssh_blob_check(&word, key->data) != TS_OK)
			return TSW_ERR_KEY_TYPE;
		ts_text_add(out, word);
		ts_text_add(out, " ");
	} else if (key->app != TSW_APP_RAW) {
		return ts_key_line(out, key, none);
	}
	tsw_sha256(hash, &key->data, 1);
	ts_text_add(out, "SHA256:");
	ts_text_add_base64(out, hash, sizeof(hash));
	if (!out->bad) /* 32 bytes end in one "=", which ssh-keygen omits */
		out->p[--out->len] = '\0';
	return ts_text_done(out);
}
