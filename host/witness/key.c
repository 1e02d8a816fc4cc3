/* SPDX-License-Identifier: BSD-2-Clause */
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory/files.h"
#include "lib/secret.h"
#include "log/base64.h"

#define PREFIX "PRIVATE+KEY+"
#define SEED_LEN 32
#define ID_DIGITS 8

struct line {
	char sk_text[TS_VKEY_MAX + sizeof(PREFIX)];
	uint8_t sk_bytes[1 + SEED_LEN]; /* type, seed */
	char sk_base64[TS_BASE64_LEN(1 + SEED_LEN) + 1];
	char id[ID_DIGITS + 1]; /* not secret */
};

static int
read_private(struct line *sk_line, int dir)
{
	size_t len = sizeof(sk_line->sk_text) - 1;
	struct stat st;
	int r;

	if (fstatat(dir, TS_WITNESS_KEY_FILE, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? TS_ERR_NOT_FOUND : TS_ERR_IO;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 077) != 0)
		return TS_ERR_PERMISSIONS;
	r = ts_files_read(dir, TS_WITNESS_KEY_FILE, (uint8_t *)sk_line->sk_text,
	    &len);
	if (r != TS_OK)
		return r;
	if (len == 0 || sk_line->sk_text[len - 1] != '\n' ||
	    memchr(sk_line->sk_text, '\0', len) != NULL)
		return TS_ERR_KEYFILE;
	sk_line->sk_text[len - 1] = '\0';
	return TS_OK;
}

static void
id_text(char out[ID_DIGITS + 1], const uint8_t id[4])
{
	(void)snprintf(out, ID_DIGITS + 1, "%02x%02x%02x%02x", id[0], id[1],
	    id[2], id[3]);
}

static int
parse(struct ts_skey *skey, struct line *sk_line)
{
	char *name = sk_line->sk_text + strlen(PREFIX), *id, *base64;
	size_t len = sizeof(sk_line->sk_bytes);

	if (strncmp(sk_line->sk_text, PREFIX, strlen(PREFIX)) != 0)
		return TS_ERR_KEYFILE;
	id = strchr(name, '+');
	base64 = id == NULL ? NULL : strchr(id + 1, '+');
	if (base64 == NULL)
		return TS_ERR_KEYFILE;
	*id++ = '\0';
	*base64++ = '\0';
	if (ts_base64_decode(sk_line->sk_bytes, &len, base64, strlen(base64)) !=
		TS_OK ||
	    len != sizeof(sk_line->sk_bytes) ||
	    sk_line->sk_bytes[0] != TS_NOTE_COSIGNATURE ||
	    ts_skey_init(skey, name, TS_NOTE_COSIGNATURE,
		sk_line->sk_bytes + 1) != TS_OK)
		return TS_ERR_KEYFILE;
	id_text(sk_line->id, skey->vkey.id);
	return strcmp(id, sk_line->id) == 0 ? TS_OK : TS_ERR_KEYFILE;
}

int
ts_witness_key_read(struct ts_skey **out, int dir)
{
	struct line *sk_line = ts_secret_new(sizeof(*sk_line));
	struct ts_skey *sk_key = ts_secret_new(sizeof(*sk_key));
	int r = TS_ERR_NO_MEMORY;

	if (sk_line != NULL && sk_key != NULL)
		r = read_private(sk_line, dir);
	if (r == TS_OK)
		r = parse(sk_key, sk_line);
	if (r == TS_OK) {
		*out = sk_key;
		sk_key = NULL;
	}
	ts_secret_free(sk_key);
	ts_secret_free(sk_line);
	return r;
}

static size_t
write_line(struct line *sk_line, const char *name)
{
	const char *part[] = {PREFIX, name, "+", sk_line->id, "+",
	    sk_line->sk_base64, "\n"};
	struct tsw_wr wr;
	size_t i;

	tsw_wr_init(&wr, (uint8_t *)sk_line->sk_text, sizeof(sk_line->sk_text));
	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		tsw_wr_bytes(&wr, (const uint8_t *)part[i], strlen(part[i]));
	return tsw_wr_len(&wr);
}

static int
write_key(struct line *sk_line, struct ts_skey *sk_key, int dir,
    const char *name)
{
	struct tsw_slice s = {(const uint8_t *)sk_line->sk_text, 0};
	int r;

	sk_line->sk_bytes[0] = TS_NOTE_COSIGNATURE;
	ts_secret_random(sk_line->sk_bytes + 1, SEED_LEN);
	r = ts_skey_init(sk_key, name, TS_NOTE_COSIGNATURE,
	    sk_line->sk_bytes + 1);
	if (r != TS_OK)
		return r;
	(void)ts_base64_encode(sk_line->sk_base64, sk_line->sk_bytes,
	    sizeof(sk_line->sk_bytes));
	id_text(sk_line->id, sk_key->vkey.id);
	s.len = write_line(sk_line, name);
	r = ts_files_write(dir, TS_WITNESS_KEY_FILE, s, 0600);
	return r == TS_OK ? ts_files_sync_parent(dir, TS_WITNESS_KEY_FILE) : r;
}

int
ts_witness_key_make(int dir, const char *name)
{
	struct line *sk_line = ts_secret_new(sizeof(*sk_line));
	struct ts_skey *sk_key = ts_secret_new(sizeof(*sk_key));
	int r = TS_ERR_NO_MEMORY;

	if (faccessat(dir, TS_WITNESS_KEY_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		r = TS_ERR_ALREADY;
	else if (sk_line != NULL && sk_key != NULL)
		r = write_key(sk_line, sk_key, dir, name);
	ts_secret_free(sk_key);
	ts_secret_free(sk_line);
	return r;
}
