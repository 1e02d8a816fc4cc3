/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SSH public keys: RFC 4253 6.6, RFC 5656 3.1, RFC 8709, PROTOCOL.u2f.
 */
#include <string.h>

#include <touchstone/wire/crypto.h>

#include "log/base64.h"
#include "apps.h"

#define RSA_MIN_BITS 2048
#define RSA_MAX_BITS 4096 /* what fits TSW_KEY_DATA_MAX */

static bool
is_word(struct tsw_slice s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.p, word, s.len) == 0;
}

static struct tsw_slice
string(struct tsw_rd *rd)
{
	struct tsw_slice s = {NULL, 0};

	s.len = tsw_rd_u32(rd);
	s.p = tsw_rd_view(rd, s.len);
	if (s.p == NULL)
		s.len = 0;
	return s;
}

static int
ed25519(struct tsw_rd *rd)
{
	struct tsw_slice key = string(rd);

	return key.len == 32 ? ts_ed25519_check(key.p) : TS_ERR_KEYFILE;
}

/* An uncompressed point of the curve; P-256 is checked to be on it. */
static int
ecdsa(struct tsw_rd *rd, const char *curve, size_t len)
{
	static const uint8_t hash[32];
	uint8_t one[64] = {0};
	struct tsw_slice name, point;

	name = string(rd);
	point = string(rd);
	if (!is_word(name, curve) || point.len != len || point.p[0] != 0x04)
		return TS_ERR_KEYFILE;
	one[31] = one[63] = 1; /* a signature that no key verifies */
	if (len == 65 &&
	    tsw_p256_verify(one, hash, point.p) == TSW_ERR_BAD_POINT)
		return TS_ERR_KEYFILE_WEAK;
	return TS_OK;
}

/* Bits of a positive mpint in its one form (RFC 4251 section 5), or 0. */
static size_t
mpint_bits(struct tsw_slice s)
{
	size_t bits;
	uint8_t top;

	if (s.len == 0 || (s.p[0] & 0x80) != 0)
		return 0;
	if (s.p[0] == 0) {
		if (s.len < 2 || (s.p[1] & 0x80) == 0)
			return 0;
		s.p++;
		s.len--;
	}
	bits = 8 * (s.len - 1);
	for (top = s.p[0]; top != 0; top >>= 1)
		bits++;
	return bits;
}

static int
rsa(struct tsw_rd *rd)
{
	struct tsw_slice e, n;
	size_t bits;

	e = string(rd);
	n = string(rd);
	bits = mpint_bits(n);
	if (mpint_bits(e) == 0 || bits == 0)
		return TS_ERR_KEYFILE;
	if (bits > RSA_MAX_BITS)
		return TSW_ERR_TOO_LONG;
	/* e = 1 signs nothing; an even e or n is no RSA key. */
	if (bits < RSA_MIN_BITS || mpint_bits(e) < 2 ||
	    (e.p[e.len - 1] & 1) == 0 || (n.p[n.len - 1] & 1) == 0)
		return TS_ERR_KEYFILE_WEAK;
	return TS_OK;
}

static int
application(struct tsw_rd *rd, int r)
{
	struct tsw_slice s = string(rd);

	return r == TS_OK && s.len == 0 ? TS_ERR_KEYFILE : r;
}

struct tsw_slice
ts_ssh_blob_type(struct tsw_slice blob)
{
	struct tsw_rd rd;

	tsw_rd_init(&rd, blob.p, blob.len);
	return string(&rd);
}

/* The fields after the type; *word stays NULL for a type not known. */
static int
fields_check(const char **word, struct tsw_rd *rd, struct tsw_slice type)
{
	*word = "ED25519";
	if (is_word(type, "ssh-ed25519"))
		return ed25519(rd);
	*word = "ED25519-SK";
	if (is_word(type, "sk-ssh-ed25519@openssh.com"))
		return application(rd, ed25519(rd));
	*word = "ECDSA";
	if (is_word(type, "ecdsa-sha2-nistp256"))
		return ecdsa(rd, "nistp256", 65);
	if (is_word(type, "ecdsa-sha2-nistp384"))
		return ecdsa(rd, "nistp384", 97);
	if (is_word(type, "ecdsa-sha2-nistp521"))
		return ecdsa(rd, "nistp521", 133);
	*word = "ECDSA-SK";
	if (is_word(type, "sk-ecdsa-sha2-nistp256@openssh.com"))
		return application(rd, ecdsa(rd, "nistp256", 65));
	*word = "RSA";
	if (is_word(type, "ssh-rsa"))
		return rsa(rd);
	*word = NULL;
	return is_word(type, "ssh-dss") ? TS_ERR_KEYFILE_WEAK : TS_ERR_KEYFILE;
}

int
ts_ssh_blob_check(const char **word, struct tsw_slice blob)
{
	struct tsw_rd rd;
	int r;

	tsw_rd_init(&rd, blob.p, blob.len);
	r = fields_check(word, &rd, string(&rd));
	if (r == TS_ERR_KEYFILE_WEAK || r == TSW_ERR_TOO_LONG)
		return r;
	return r == TS_OK && tsw_rd_done(&rd) ? TS_OK : TS_ERR_KEYFILE;
}

/* Take the next field off line. */
static struct tsw_slice
field(struct tsw_slice *line)
{
	struct tsw_slice f;

	while (line->len > 0 && (line->p[0] == ' ' || line->p[0] == '\t')) {
		line->p++;
		line->len--;
	}
	f = *line;
	while (line->len > 0 && line->p[0] != ' ' && line->p[0] != '\t') {
		line->p++;
		line->len--;
	}
	f.len -= line->len;
	return f;
}

int
ts_ssh_parse(struct ts_keyfile *out, struct tsw_slice line)
{
	/* Room for what is too long to keep, to tell it from what is no key. */
	uint8_t blob[4 * TSW_KEY_DATA_MAX];
	struct tsw_slice type, text, key = {blob, sizeof(blob)};
	const char *word;
	int r;

	type = field(&line); /* options in front are no type: refused below */
	text = field(&line);
	r = ts_base64_decode(blob, &key.len, (const char *)text.p, text.len);
	if (r == TSW_ERR_TOO_LONG)
		return r;
	if (r != TS_OK)
		return TS_ERR_KEYFILE;
	text = ts_ssh_blob_type(key);
	if (text.len == 0 || text.len != type.len ||
	    memcmp(text.p, type.p, type.len) != 0)
		return TS_ERR_KEYFILE;
	r = ts_ssh_blob_check(&word, key);
	if (r != TS_OK)
		return r;
	if (key.len > sizeof(out->data))
		return TSW_ERR_TOO_LONG;
	out->type = TSW_KEY_SSH_BLOB;
	memcpy(out->data, key.p, key.len);
	out->len = key.len;
	return TS_OK;
}
