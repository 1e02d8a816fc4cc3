/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctapclient.h"

#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>

/* Any hash will do: what is signed is checked by python-fido2. */
static const uint8_t client_hash[32] = {1, 2, 3};

void
ctapclient_init(struct ctapclient *t, struct fw_ctap2 *c)
{
	memset(t, 0, sizeof(*t));
	t->c = c;
	t->cid = 1;
	t->touch = FW_TOUCH_GIVEN;
	/* Without noise it can do all but PINs. */
	if (fw_rng_init(&t->rng, NULL) != FW_OK)
		return;
}

uint8_t
ctapclient_send(struct ctapclient *t, const uint8_t *req, size_t len)
{
	struct tsw_wr wr;
	enum fw_status st;

	if (t->send != NULL)
		return t->send(t, req, len);
	tsw_wr_init(&wr, t->rsp, sizeof(t->rsp));
	st = fw_ctap2_start(t->c, &wr, t->cid, (struct tsw_slice){req, len});
	t->waited = st == FW_CTAP_WAIT_TOUCH;
	if (t->waited) {
		if (tsw_wr_len(&wr) != 0 || !fw_ctap2_is_waiting(t->c))
			abort();
		st = fw_ctap2_finish(t->c, &wr, t->touch);
	}
	if (fw_ctap2_is_waiting(t->c) || tsw_wr_len(&wr) == 0 ||
	    t->rsp[0] != (uint8_t)st)
		abort();
	t->rsp_len = tsw_wr_len(&wr);
	return t->rsp[0];
}

uint8_t
ctapclient_plain(struct ctapclient *t, uint8_t cmd)
{
	return ctapclient_send(t, &cmd, 1);
}

static void
text(struct tsw_wr *wr, const char *s)
{
	tsw_wr_cb_text(wr, s, strlen(s));
}

static void
descriptor(struct tsw_wr *wr, struct tsw_slice id)
{
	tsw_wr_cb_array(wr, 1);
	tsw_wr_cb_map(wr, 2);
	text(wr, "id");
	tsw_wr_cb_bytes(wr, id.p, id.len);
	text(wr, "type");
	text(wr, "public-key");
}

static bool
has_auth(const struct ctapclient_cmd *cmd)
{
	return cmd->token != NULL || cmd->empty_auth;
}

/* pinUvAuthParam and pinUvAuthProtocol under keys key and key + 1. */
static void
put_auth(struct tsw_wr *wr, const struct ctapclient_cmd *cmd, uint64_t key)
{
	struct tsw_slice part = {client_hash, sizeof(client_hash)};
	uint8_t mac[32];
	size_t len = cmd->proto == FW_PINPROTO_ONE ? 16 : 32;

	if (!has_auth(cmd))
		return;
	if (cmd->token != NULL)
		tsw_hmac_sha256(mac, (struct tsw_slice){cmd->token, 32}, &part,
		    1);
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_bytes(wr, mac, cmd->token != NULL ? len : 0);
	tsw_wr_cb_uint(wr, key + 1);
	tsw_wr_cb_uint(wr, cmd->proto);
}

static void
put_make_extensions(struct tsw_wr *wr, const struct ctapclient_cmd *cmd)
{
	size_t cnt = (size_t)(cmd->protect != 0) + (size_t)cmd->hmac;

	if (cnt == 0)
		return;
	tsw_wr_cb_uint(wr, 6);
	tsw_wr_cb_map(wr, cnt);
	if (cmd->protect != 0) {
		text(wr, "credProtect");
		tsw_wr_cb_uint(wr, cmd->protect);
	}
	if (cmd->hmac) {
		text(wr, "hmac-secret");
		tsw_wr_cb_bool(wr, true);
	}
}

static void
put_make_head(struct tsw_wr *wr, const struct ctapclient_cmd *cmd)
{
	tsw_wr_u8(wr, FW_CTAP2_MAKE_CREDENTIAL);
	tsw_wr_cb_map(wr,
	    4 + (size_t)(cmd->list_id.len > 0) +
		(size_t)(cmd->protect != 0 || cmd->hmac) + (size_t)cmd->rk +
		2 * (size_t)has_auth(cmd));
	tsw_wr_cb_uint(wr, 1);
	tsw_wr_cb_bytes(wr, client_hash, sizeof(client_hash));
	tsw_wr_cb_uint(wr, 2);
	tsw_wr_cb_map(wr, 1);
	text(wr, "id");
	text(wr, cmd->rp);
	tsw_wr_cb_uint(wr, 3);
	tsw_wr_cb_map(wr, 2);
	text(wr, "id");
	tsw_wr_cb_bytes(wr, (const uint8_t *)cmd->user, strlen(cmd->user));
	text(wr, "name");
	text(wr, cmd->user);
	tsw_wr_cb_uint(wr, 4);
	tsw_wr_cb_array(wr, 1);
	tsw_wr_cb_map(wr, 2);
	text(wr, "alg");
	tsw_wr_cb_int(wr, cmd->alg == 0 ? FW_COSE_ES256 : cmd->alg);
	text(wr, "type");
	text(wr, "public-key");
}

uint8_t
ctapclient_make(struct ctapclient *t, uint8_t id[FW_CRED_ID_LEN],
    const struct ctapclient_cmd *cmd)
{
	struct tsw_slice auth;
	struct tsw_wr wr;
	struct tsw_cb cb;
	uint8_t st;

	tsw_wr_init(&wr, t->req, sizeof(t->req));
	put_make_head(&wr, cmd);
	if (cmd->list_id.len > 0) {
		tsw_wr_cb_uint(&wr, 5);
		descriptor(&wr, cmd->list_id);
	}
	put_make_extensions(&wr, cmd);
	if (cmd->rk) {
		tsw_wr_cb_uint(&wr, 7);
		tsw_wr_cb_map(&wr, 1);
		text(&wr, "rk");
		tsw_wr_cb_bool(&wr, true);
	}
	put_auth(&wr, cmd, 8);
	st = ctapclient_send(t, t->req, tsw_wr_len(&wr));
	if (st != FW_CTAP_OK)
		return st;
	tsw_cb_init(&cb, t->rsp + 1, t->rsp_len - 1);
	(void)tsw_cb_map(&cb);
	tsw_cb_skip(&cb); /* 1: fmt */
	tsw_cb_skip(&cb);
	tsw_cb_skip(&cb); /* 2: authData */
	auth = tsw_cb_bytes(&cb, 37 + 18 + FW_CRED_ID_LEN, SIZE_MAX);
	if (cb.err != TSW_OK)
		abort();
	memcpy(id, auth.p + 37 + 18, FW_CRED_ID_LEN);
	return st;
}

uint8_t
ctapclient_assert(struct ctapclient *t, const struct ctapclient_cmd *cmd)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, t->req, sizeof(t->req));
	tsw_wr_u8(&wr, FW_CTAP2_GET_ASSERTION);
	tsw_wr_cb_map(&wr,
	    2 + (size_t)(cmd->list_id.len > 0) + (size_t)cmd->no_up +
		2 * (size_t)has_auth(cmd));
	tsw_wr_cb_uint(&wr, 1);
	text(&wr, cmd->rp);
	tsw_wr_cb_uint(&wr, 2);
	tsw_wr_cb_bytes(&wr, client_hash, sizeof(client_hash));
	if (cmd->list_id.len > 0) {
		tsw_wr_cb_uint(&wr, 3);
		descriptor(&wr, cmd->list_id);
	}
	if (cmd->no_up) {
		tsw_wr_cb_uint(&wr, 5);
		tsw_wr_cb_map(&wr, 1);
		text(&wr, "up");
		tsw_wr_cb_bool(&wr, false);
	}
	put_auth(&wr, cmd, 6);
	return ctapclient_send(t, t->req, tsw_wr_len(&wr));
}

void
ctapclient_assertion(const struct ctapclient *t, uint8_t id[FW_CRED_ID_LEN],
    uint8_t *flags, uint32_t *counter)
{
	struct tsw_slice cred, auth;
	struct tsw_cb cb;
	struct tsw_rd rd;

	tsw_cb_init(&cb, t->rsp + 1, t->rsp_len - 1);
	(void)tsw_cb_map(&cb);
	tsw_cb_skip(&cb); /* 1: credential */
	(void)tsw_cb_map(&cb);
	tsw_cb_skip(&cb); /* "id" */
	cred = tsw_cb_bytes(&cb, FW_CRED_ID_LEN, FW_CRED_ID_LEN);
	tsw_cb_skip(&cb); /* "type" */
	tsw_cb_skip(&cb);
	tsw_cb_skip(&cb); /* 2: authData */
	auth = tsw_cb_bytes(&cb, 37, SIZE_MAX);
	if (cb.err != TSW_OK)
		abort();
	memcpy(id, cred.p, FW_CRED_ID_LEN);
	*flags = auth.p[32];
	tsw_rd_init(&rd, auth.p + 33, 4);
	*counter = tsw_rd_u32(&rd);
}

/* The platform's side of key agreement with the token as it is now. */
static void
agree(struct ctapclient *t, struct fw_shared *shared, struct fw_ka *ka,
    enum fw_pinproto proto)
{
	fw_ka_regenerate(ka, &t->rng);
	if (fw_ka_decapsulate(shared, ka, proto, t->c->ka.point) != FW_OK)
		abort();
}

static struct tsw_slice
seal(struct ctapclient *t, uint8_t buf[128], const struct fw_shared *shared,
    struct tsw_slice plain)
{
	struct tsw_slice out;
	struct tsw_cb cb;
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, 128);
	fw_pinproto_seal(&wr, shared, &t->rng, plain);
	tsw_cb_init(&cb, buf, tsw_wr_len(&wr));
	out = tsw_cb_bytes(&cb, 0, SIZE_MAX);
	return out;
}

static struct tsw_slice
seal_pin(struct ctapclient *t, uint8_t buf[128], const struct fw_shared *shared,
    const char *pin)
{
	uint8_t padded[FW_PIN_PADDED_LEN] = {0};

	memcpy(padded, pin, strlen(pin));
	return seal(t, buf, shared, (struct tsw_slice){padded, sizeof(padded)});
}

static struct tsw_slice
seal_hash(struct ctapclient *t, uint8_t buf[128],
    const struct fw_shared *shared, const char *pin)
{
	struct tsw_slice part = {(const uint8_t *)pin, strlen(pin)};
	uint8_t hash[32];

	tsw_sha256(hash, &part, 1);
	return seal(t, buf, shared, (struct tsw_slice){hash, FW_PIN_HASH_LEN});
}

static void
put_pin_head(struct tsw_wr *wr, size_t cnt, enum fw_pinproto proto,
    uint64_t subcommand, const struct fw_ka *ka)
{
	tsw_wr_u8(wr, FW_CTAP2_CLIENT_PIN);
	tsw_wr_cb_map(wr, cnt);
	tsw_wr_cb_uint(wr, 1);
	tsw_wr_cb_uint(wr, proto);
	tsw_wr_cb_uint(wr, 2);
	tsw_wr_cb_uint(wr, subcommand);
	tsw_wr_cb_uint(wr, 3);
	fw_ka_write(wr, ka);
}

/* setPIN, or changePIN if old_pin is given. */
static uint8_t
new_pin(struct ctapclient *t, enum fw_pinproto proto, const char *old_pin,
    const char *pin)
{
	uint8_t buf[2][128], mac[32];
	struct fw_shared shared;
	struct tsw_slice part[2];
	struct fw_ka ka;
	struct tsw_wr wr;
	size_t cnt = 1;

	agree(t, &shared, &ka, proto);
	part[0] = seal_pin(t, buf[0], &shared, pin);
	if (old_pin != NULL)
		part[cnt++] = seal_hash(t, buf[1], &shared, old_pin);
	tsw_hmac_sha256(mac, (struct tsw_slice){shared.secret_hmac, 32}, part,
	    cnt);
	tsw_wr_init(&wr, t->req, sizeof(t->req));
	put_pin_head(&wr, 4 + cnt, proto, 2 + cnt, &ka);
	tsw_wr_cb_uint(&wr, 4);
	tsw_wr_cb_bytes(&wr, mac, proto == FW_PINPROTO_ONE ? 16 : 32);
	tsw_wr_cb_uint(&wr, 5);
	tsw_wr_cb_bytes(&wr, part[0].p, part[0].len);
	if (cnt == 2) {
		tsw_wr_cb_uint(&wr, 6);
		tsw_wr_cb_bytes(&wr, part[1].p, part[1].len);
	}
	return ctapclient_send(t, t->req, tsw_wr_len(&wr));
}

uint8_t
ctapclient_set_pin(struct ctapclient *t, enum fw_pinproto proto,
    const char *pin)
{
	return new_pin(t, proto, NULL, pin);
}

uint8_t
ctapclient_change_pin(struct ctapclient *t, enum fw_pinproto proto,
    const char *old_pin, const char *pin)
{
	return new_pin(t, proto, old_pin, pin);
}

uint8_t
ctapclient_token(struct ctapclient *t, uint8_t token[FW_PINPROTO_TOKEN_LEN],
    enum fw_pinproto proto, const char *pin, const char *rp)
{
	struct fw_shared shared;
	struct tsw_slice hash;
	uint8_t buf[128], st;
	struct tsw_cb cb;
	struct tsw_wr wr;
	struct fw_ka ka;

	agree(t, &shared, &ka, proto);
	hash = seal_hash(t, buf, &shared, pin);
	tsw_wr_init(&wr, t->req, sizeof(t->req));
	put_pin_head(&wr, rp != NULL ? 6 : 4, proto, rp != NULL ? 9 : 5, &ka);
	tsw_wr_cb_uint(&wr, 6);
	tsw_wr_cb_bytes(&wr, hash.p, hash.len);
	if (rp != NULL) {
		tsw_wr_cb_uint(&wr, 9);
		tsw_wr_cb_uint(&wr, FW_PERM_MC | FW_PERM_GA);
		tsw_wr_cb_uint(&wr, 10);
		text(&wr, rp);
	}
	st = ctapclient_send(t, t->req, tsw_wr_len(&wr));
	if (st != FW_CTAP_OK)
		return st;
	tsw_cb_init(&cb, t->rsp + 1, t->rsp_len - 1);
	(void)tsw_cb_map(&cb);
	tsw_cb_skip(&cb);
	hash = tsw_cb_bytes(&cb, 0, SIZE_MAX);
	if (fw_pinproto_open(token, 32, &shared, hash) != FW_OK)
		abort();
	return st;
}
