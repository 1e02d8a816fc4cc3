/* SPDX-License-Identifier: BSD-2-Clause */
#include "keys.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "lib/secret.h"
#include "log/base64.h"

#define LINE_MAX_LEN 512
#define PREFIX "PRIVATE+KEY+"
#define VRF_PREFIX "touchstone-vrf-key-v1 "

/* The line of a key: base64 of bytes behind what says what it is. */
struct line {
	char sk_text[LINE_MAX_LEN];
	uint8_t sk_bytes[LINE_MAX_LEN];
};

static int
private_only(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? TS_ERR_NOT_FOUND : TS_ERR_IO;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 077) != 0)
		return TS_ERR_PERMISSIONS;
	return TS_OK;
}

/* Without its line feed, and NUL-terminated. */
static int
line_read(struct line *sk_line, int dir, const char *name)
{
	size_t len = sizeof(sk_line->sk_text) - 1;
	int r = private_only(dir, name);

	if (r == TS_OK)
		r = ts_files_read(dir, name, (uint8_t *)sk_line->sk_text, &len);
	if (r != TS_OK)
		return r;
	if (len < 2 || sk_line->sk_text[len - 1] != '\n')
		return TS_ERR_KEYFILE;
	sk_line->sk_text[len - 1] = '\0';
	return strlen(sk_line->sk_text) == len - 1 ? TS_OK : TS_ERR_KEYFILE;
}

static int
line_write(struct line *sk_line, int dir, const char *name)
{
	struct tsw_slice s = {(const uint8_t *)sk_line->sk_text,
	    strlen(sk_line->sk_text)};
	int r = ts_files_write(dir, name, s, 0600);

	return r == TS_OK ? ts_files_sync_parent(dir, name) : r;
}

/* The last 33 or 32 bytes as base64 from s on. */
static int
bytes_read(struct line *sk_line, const char *s, size_t want)
{
	size_t len = sizeof(sk_line->sk_bytes);
	int r = ts_base64_decode(sk_line->sk_bytes, &len, s, strlen(s));

	return r == TS_OK && len == want ? TS_OK : TS_ERR_KEYFILE;
}

/* PRIVATE+KEY+<name>+<id, 8 hex digits>+<base64 of 01 and the seed> */
static int
signer_parse(struct ts_keys *keys, struct line *sk_line)
{
	char name[TS_NOTE_NAME_MAX + 1], id[9];
	char *s = sk_line->sk_text + strlen(PREFIX), *plus;
	int r;

	plus = strncmp(sk_line->sk_text, PREFIX, strlen(PREFIX)) == 0
	    ? strchr(s, '+')
	    : NULL;
	if (plus == NULL || (size_t)(plus - s) >= sizeof(name) ||
	    strlen(plus) < 11 || plus[9] != '+')
		return TS_ERR_KEYFILE;
	memcpy(name, s, (size_t)(plus - s));
	name[plus - s] = '\0';
	r = bytes_read(sk_line, plus + 10, 33);
	if (r == TS_OK && sk_line->sk_bytes[0] != TS_NOTE_ED25519)
		r = TS_ERR_KEYFILE;
	if (r == TS_OK)
		r = ts_skey_init(&keys->log, name, TS_NOTE_ED25519,
		    sk_line->sk_bytes + 1);
	if (r != TS_OK)
		return TS_ERR_KEYFILE;
	(void)snprintf(id, sizeof(id), "%02x%02x%02x%02x", keys->log.vkey.id[0],
	    keys->log.vkey.id[1], keys->log.vkey.id[2], keys->log.vkey.id[3]);
	return memcmp(plus + 1, id, 8) == 0 ? TS_OK : TS_ERR_KEYFILE;
}

/* What is before the secret, the secret in base64, a line feed. */
static void
line_put(struct line *sk_line, const char *before, const uint8_t *sk_bytes,
    size_t len)
{
	size_t at = strlen(before);

	assert(at + TS_BASE64_LEN(len) + 2 <= sizeof(sk_line->sk_text));
	memcpy(sk_line->sk_text, before, at);
	at += ts_base64_encode(sk_line->sk_text + at, sk_bytes, len);
	sk_line->sk_text[at] = '\n';
	sk_line->sk_text[at + 1] = '\0';
}

static int
signer_make(struct ts_keys *keys, struct line *sk_line, int dir,
    const char *origin)
{
	char before[TS_NOTE_NAME_MAX + 32];
	const uint8_t *id = keys->log.vkey.id;
	int r;

	sk_line->sk_bytes[0] = TS_NOTE_ED25519;
	ts_secret_random(sk_line->sk_bytes + 1, 32);
	r = ts_skey_init(&keys->log, origin, TS_NOTE_ED25519,
	    sk_line->sk_bytes + 1);
	if (r != TS_OK)
		return r;
	(void)snprintf(before, sizeof(before), PREFIX "%s+%02x%02x%02x%02x+",
	    origin, id[0], id[1], id[2], id[3]);
	line_put(sk_line, before, sk_line->sk_bytes, 33);
	return line_write(sk_line, dir, "log.key");
}

static int
vrf_parse(struct ts_keys *keys, struct line *sk_line)
{
	size_t len = strlen(VRF_PREFIX);
	int r = TS_ERR_KEYFILE;

	if (strncmp(sk_line->sk_text, VRF_PREFIX, len) == 0)
		r = bytes_read(sk_line, sk_line->sk_text + len, TS_VRF_KEY_LEN);
	if (r != TS_OK)
		return r;
	memcpy(keys->sk_vrf, sk_line->sk_bytes, TS_VRF_KEY_LEN);
	return ts_vrf_public(keys->vrf, keys->sk_vrf) == TS_OK ? TS_OK
							       : TS_ERR_KEYFILE;
}

static int
vrf_make(struct ts_keys *keys, struct line *sk_line, int dir)
{
	ts_vrf_keygen(keys->sk_vrf, keys->vrf);
	line_put(sk_line, VRF_PREFIX, keys->sk_vrf, TS_VRF_KEY_LEN);
	return line_write(sk_line, dir, "vrf.key");
}

static int
keys_read(struct ts_keys *keys, int dir, const char *origin, bool make)
{
	struct line *sk_line = ts_secret_new(sizeof(*sk_line));
	int r;

	if (sk_line == NULL)
		return TS_ERR_NO_MEMORY;
	r = line_read(sk_line, dir, "vrf.key");
	if (r == TS_OK)
		r = vrf_parse(keys, sk_line);
	else if (r == TS_ERR_NOT_FOUND && make)
		r = vrf_make(keys, sk_line, dir);
	if (r != TS_OK)
		goto out;
	r = line_read(sk_line, dir, "log.key");
	if (r == TS_OK)
		r = signer_parse(keys, sk_line);
	else if (r == TS_ERR_NOT_FOUND && make)
		r = signer_make(keys, sk_line, dir, origin);
	keys->has_log = r == TS_OK;
	if (r == TS_ERR_NOT_FOUND)
		r = TS_OK;
out:
	ts_secret_free(sk_line);
	return r;
}

int
ts_keys_open(struct ts_keys **out, const char *data, const char *origin,
    bool make)
{
	struct ts_keys *keys = NULL;
	int root, dir = -1, r = TS_OK;

	root = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return errno == ENOENT ? TS_ERR_NOT_FOUND : TS_ERR_IO;
	if (make)
		r = ts_files_folder(root, "keys", 0700);
	if (r != TS_OK)
		goto out;
	dir = openat(root, "keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = dir >= 0 ? TS_OK : errno == ENOENT ? TS_ERR_NOT_FOUND : TS_ERR_IO;
	if (r != TS_OK)
		goto out;
	keys = ts_secret_new(sizeof(*keys));
	r = keys == NULL ? TS_ERR_NO_MEMORY
			 : keys_read(keys, dir, origin, make);
	if (r == TS_OK) {
		*out = keys;
		keys = NULL;
	}
out:
	ts_keys_free(&keys);
	if (dir >= 0)
		(void)close(dir);
	(void)close(root);
	return r;
}

void
ts_keys_free(struct ts_keys **keys)
{
	ts_secret_free(*keys);
	*keys = NULL;
}
