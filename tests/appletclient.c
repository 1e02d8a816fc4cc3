/* SPDX-License-Identifier: BSD-2-Clause */
#include "appletclient.h"

#include <string.h>

#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>
#include <touchstone/wire/sshsig.h>

#define BIT(n) (UINT32_C(1) << (n))

/* authenticate(token, 32 * ff || command || x): SPEC 12.1, 1. */
static void
authenticate(uint8_t mac[32], const struct applet_cmd *cmd)
{
	uint8_t ff[32], id = (uint8_t)cmd->cmd, alg = (uint8_t)cmd->alg;
	struct tsw_slice part[8];
	size_t n = 0;

	memset(ff, 0xff, sizeof(ff));
	part[n++] = (struct tsw_slice){ff, sizeof(ff)};
	part[n++] = (struct tsw_slice){&id, 1};
	if (cmd->handle != NULL)
		part[n++] = (struct tsw_slice){cmd->handle, 32};
	if (cmd->statement.len > 0)
		part[n++] = cmd->statement;
	if (cmd->alg != 0)
		part[n++] = (struct tsw_slice){&alg, 1};
	if (cmd->value != NULL)
		part[n++] = (struct tsw_slice){cmd->value, 32};
	if (cmd->self.len > 0)
		part[n++] = cmd->self;
	if (cmd->peer.len > 0)
		part[n++] = cmd->peer;
	tsw_hmac_sha256(mac, (struct tsw_slice){cmd->token, 32}, part, n);
	mac[0] ^= (uint8_t)cmd->bad_auth;
}

static void
put_bytes(struct tsw_wr *wr, unsigned int key, struct tsw_slice s)
{
	if (s.len == 0)
		return;
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_bytes(wr, s.p, s.len);
}

static struct tsw_slice
hash_slice(const uint8_t *p)
{
	return (struct tsw_slice){p, p != NULL ? 32 : 0};
}

static void
put_auth(struct tsw_wr *wr, const struct applet_cmd *cmd)
{
	uint8_t mac[32];

	if (cmd->token == NULL)
		return;
	authenticate(mac, cmd);
	tsw_wr_cb_uint(wr, TSW_APPLET_F_AUTH_PROTO);
	tsw_wr_cb_uint(wr, cmd->proto);
	put_bytes(wr, TSW_APPLET_F_AUTH_PARAM,
	    (struct tsw_slice){mac, cmd->proto == 1 ? 16 : 32});
}

size_t
applet_encode(uint8_t *out, size_t size, const struct applet_cmd *cmd)
{
	size_t cnt = (size_t)(cmd->handle != NULL) +
	    (size_t)(cmd->statement.len > 0) + (size_t)(cmd->alg != 0) +
	    (size_t)(cmd->value != NULL) + (size_t)(cmd->self.len > 0) +
	    (size_t)(cmd->peer.len > 0) + 2 * (size_t)(cmd->token != NULL);
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, size);
	tsw_wr_u8(&wr, (uint8_t)cmd->cmd);
	if (cnt > 0)
		tsw_wr_cb_map(&wr, cnt);
	put_bytes(&wr, TSW_APPLET_F_HANDLE, hash_slice(cmd->handle));
	put_bytes(&wr, TSW_APPLET_F_STATEMENT, cmd->statement);
	if (cmd->alg != 0) {
		tsw_wr_cb_uint(&wr, TSW_APPLET_F_ALG);
		tsw_wr_cb_uint(&wr, cmd->alg);
	}
	put_bytes(&wr, TSW_APPLET_F_VALUE, hash_slice(cmd->value));
	put_bytes(&wr, TSW_APPLET_F_SELF, cmd->self);
	put_bytes(&wr, TSW_APPLET_F_PEER, cmd->peer);
	put_auth(&wr, cmd);
	return tsw_wr_len(&wr);
}

static void
read_hash(uint8_t out[32], struct tsw_cb *cb)
{
	const uint8_t *p = tsw_cb_bytes(cb, 32, 32).p;

	if (p != NULL)
		memcpy(out, p, 32);
}

static unsigned int
read_small(struct tsw_cb *cb)
{
	uint64_t v = tsw_cb_uint(cb);

	if (v > UINT8_MAX)
		tsw_cb_fail(cb, TSW_ERR_RANGE);
	return (unsigned int)v;
}

static uint32_t
read_u32(struct tsw_cb *cb)
{
	uint64_t v = tsw_cb_uint(cb);

	if (v > UINT32_MAX)
		tsw_cb_fail(cb, TSW_ERR_RANGE);
	return (uint32_t)v;
}

static void
read_public(struct tsw_pubkey *key, struct tsw_cb *cb)
{
	struct tsw_slice s = tsw_cb_bytes(cb, 32, TSW_PUBKEY_MAX);

	if (s.p == NULL)
		return;
	memcpy(key->data, s.p, s.len);
	key->len = (uint8_t)s.len;
}

/* Fields that are one small number each. */
static unsigned int *
small_field(struct applet_answer *a, uint64_t key)
{
	switch (key) {
	case TSW_APPLET_A_VERSION:
		return &a->version;
	case TSW_APPLET_A_ALG:
		return &a->alg;
	case TSW_APPLET_A_FLAGS:
		return &a->flags;
	case TSW_APPLET_A_OUTPUTS:
		return &a->outputs;
	case TSW_APPLET_A_USED:
		return &a->used;
	case TSW_APPLET_A_FREE:
		return &a->room;
	case TSW_APPLET_A_RUNS:
		return &a->runs;
	case TSW_APPLET_A_UNLOCKED:
		return &a->unlocked;
	case TSW_APPLET_A_BOUND:
		return &a->bound;
	case TSW_APPLET_A_ROLE:
		return &a->role;
	default:
		return NULL;
	}
}

static void
read_field(struct applet_answer *a, struct tsw_cb *cb, uint64_t key)
{
	unsigned int *small = small_field(a, key);
	struct tsw_slice s;

	if (small != NULL) {
		*small = read_small(cb);
		return;
	}
	switch (key) {
	case TSW_APPLET_A_PUBLIC:
		read_public(&a->key, cb);
		break;
	case TSW_APPLET_A_SIGNATURE:
		s = tsw_cb_bytes(cb, 64, 64);
		if (s.p != NULL)
			memcpy(a->sig, s.p, 64);
		break;
	case TSW_APPLET_A_COUNTER:
		a->counter = read_u32(cb);
		break;
	case TSW_APPLET_A_SEQ:
		a->seq = read_u32(cb);
		break;
	case TSW_APPLET_A_VALUE:
		read_hash(a->value, cb);
		break;
	case TSW_APPLET_A_IDENTITY:
		read_hash(a->identity, cb);
		break;
	case TSW_APPLET_A_HEAD:
		read_hash(a->head, cb);
		break;
	case TSW_APPLET_A_ATTESTATION:
	case TSW_APPLET_A_MODEL:
	case TSW_APPLET_A_IMAGE:
		tsw_cb_skip(cb);
		break;
	default:
		tsw_cb_fail(cb, TSW_ERR_UNKNOWN_FIELD);
	}
}

bool
applet_decode(struct applet_answer *a, const uint8_t *p, size_t len)
{
	struct tsw_cb cb;
	uint64_t key, last = 0;
	size_t n;

	memset(a, 0, sizeof(*a));
	if (len == 0)
		return true; /* an empty map is left out */
	tsw_cb_init(&cb, p, len);
	for (n = tsw_cb_map(&cb); n > 0 && cb.err == TSW_OK; n--) {
		key = tsw_cb_uint(&cb);
		if (key <= last || key > TSW_APPLET_A_ROLE)
			return false;
		last = key;
		read_field(a, &cb, key);
		a->present |= BIT(key);
	}
	if (tsw_cb_done(&cb) != TSW_OK)
		return false;
	a->key.alg = (enum tsw_alg)a->alg;
	return true;
}

bool
applet_verify(const struct applet_answer *a, const struct tsw_pubkey *key,
    struct tsw_slice msg, unsigned int ns, bool need_uv)
{
	struct tsw_sshsig sig;

	memset(&sig, 0, sizeof(sig));
	sig.key = *key;
	sig.ns = (enum tsw_ns)ns;
	memcpy(sig.sig, a->sig, sizeof(sig.sig));
	sig.flags = (uint8_t)a->flags;
	sig.counter = a->counter;
	return tsw_sshsig_verify(&sig, (enum tsw_ns)ns, need_uv, msg) == TSW_OK;
}
