/* SPDX-License-Identifier: BSD-2-Clause */
#include "identity.h"

#include <string.h>

#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>

#include "selfcheck.h"

#define FORMAT 1
#define KEY_HEAD_LEN (2 + FW_IDENTITY_NONCE_LEN) /* before the public key */
#define KEY_VALUE_MAX (KEY_HEAD_LEN + TSW_PUBKEY_MAX)
/* Authenticator data without extensions (WebAuthn 6.1), and a hash. */
#define MESSAGE_LEN (32 + 1 + 4 + 32)

static uint8_t
public_len(enum tsw_alg alg)
{
	return alg == TSW_ALG_SK_P256 ? FW_P256_POINT_LEN
				      : FW_ED25519_PUBLIC_LEN;
}

static int
key_load(struct fw_identity *out, const struct fw_store *s, unsigned int slot)
{
	uint8_t value[KEY_VALUE_MAX];
	struct tsw_rd rd;
	uint8_t alg;
	int len;

	len = fw_store_get(s, value, sizeof(value), FW_STORE_IDENTITY + slot);
	if (len == FW_ERR_NONE)
		return FW_ERR_NONE;
	if (len < 2 || value[0] != FORMAT)
		return FW_ERR_CORRUPT;
	alg = value[1];
	if (alg != TSW_ALG_SK_ED25519 && alg != TSW_ALG_SK_P256)
		return FW_ERR_CORRUPT;
	out->slot = slot;
	out->key.alg = (enum tsw_alg)alg;
	out->key.len = public_len(out->key.alg);
	tsw_rd_init(&rd, value + 2, (size_t)len - 2);
	tsw_rd_copy(&rd, out->nonce, sizeof(out->nonce));
	tsw_rd_copy(&rd, out->key.data, out->key.len);
	return tsw_rd_done(&rd) ? FW_OK : FW_ERR_CORRUPT;
}

static int
head_load(struct fw_head *out, const struct fw_store *s, unsigned int slot)
{
	uint8_t value[FW_HEAD_VALUE_LEN];
	struct tsw_rd rd;
	uint8_t role;
	int len;

	len = fw_store_get(s, value, sizeof(value), FW_STORE_HEAD + slot);
	if (len == FW_ERR_NONE)
		return FW_ERR_NONE;
	if (len != FW_HEAD_VALUE_LEN || value[0] != FORMAT)
		return FW_ERR_CORRUPT;
	role = value[1];
	if (role != TSW_ROLE_SIGNER && role != TSW_ROLE_RECOVERY)
		return FW_ERR_CORRUPT;
	if (value[2] > 1)
		return FW_ERR_CORRUPT;
	out->role = (enum tsw_role)role;
	out->imported = value[2] == 1;
	tsw_rd_init(&rd, value + 3, sizeof(value) - 3);
	tsw_rd_copy(&rd, out->identity, sizeof(out->identity));
	out->seq = tsw_rd_u32(&rd);
	tsw_rd_copy(&rd, out->hash, sizeof(out->hash));
	return FW_OK;
}

void
fw_head_encode(uint8_t out[FW_HEAD_VALUE_LEN], const struct fw_head *head)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, FW_HEAD_VALUE_LEN);
	tsw_wr_u8(&wr, FORMAT);
	tsw_wr_u8(&wr, (uint8_t)head->role);
	tsw_wr_u8(&wr, head->imported ? 1 : 0);
	tsw_wr_bytes(&wr, head->identity, sizeof(head->identity));
	tsw_wr_u32(&wr, head->seq);
	tsw_wr_bytes(&wr, head->hash, sizeof(head->hash));
}

/* The key of a slot and its head; FW_ERR_NONE if the slot is empty. */
static int
load(struct fw_identity *out, const struct fw_store *s, unsigned int slot)
{
	int key, head;

	memset(out, 0, sizeof(*out));
	key = key_load(out, s, slot);
	head = head_load(&out->head, s, slot);
	if (key == FW_ERR_CORRUPT || head == FW_ERR_CORRUPT)
		return FW_ERR_CORRUPT;
	/* A head of no key: whose would it be when the slot is used again? */
	if (key == FW_ERR_NONE)
		return head == FW_ERR_NONE ? FW_ERR_NONE : FW_ERR_CORRUPT;
	out->bound = head == FW_OK;
	return FW_OK;
}

/* As load(), after fw_identity_check_store() found nothing wrong. */
static bool
is_used(struct fw_identity *out, const struct fw_store *s, unsigned int slot)
{
	int r = load(out, s, slot);

	if (r == FW_ERR_CORRUPT)
		hal_halt(HAL_FAULT_STORE_CORRUPT);
	return r == FW_OK;
}

int
fw_identity_check_store(const struct fw_store *s)
{
	struct fw_identity id;
	unsigned int i;

	for (i = 0; i < FW_STORE_IDENTITY_CNT; i++)
		if (load(&id, s, i) == FW_ERR_CORRUPT)
			return FW_ERR_CORRUPT;
	return FW_OK;
}

int
fw_identity_find(struct fw_identity *out, const struct fw_store *s,
    const uint8_t handle[TSW_HASH_LEN])
{
	uint8_t id[TSW_HASH_LEN];
	unsigned int i;

	for (i = 0; i < FW_STORE_IDENTITY_CNT; i++) {
		if (!is_used(out, s, i))
			continue;
		tsw_token_id(id, &out->key);
		if (memcmp(id, handle, sizeof(id)) == 0)
			return FW_OK;
	}
	return FW_ERR_NONE;
}

unsigned int
fw_identity_bound_cnt(const struct fw_store *s)
{
	struct fw_identity id;
	unsigned int i, cnt = 0;

	for (i = 0; i < FW_STORE_IDENTITY_CNT; i++)
		cnt += is_used(&id, s, i) && id.bound;
	return cnt;
}

bool
fw_identity_is_unlocked(const struct fw_ctap2 *c)
{
	return fw_pin_is_unlocked(&c->pin);
}

/* The private key of a nonce; for P-256 the first of the derived scalars that
 * is in range (all but one in 2^32 are at once). */
static void
derive(uint8_t secret_out[32], const struct fw_ctap2 *c, enum tsw_alg alg,
    const uint8_t nonce[FW_IDENTITY_NONCE_LEN])
{
	uint8_t code = (uint8_t)alg, try;
	struct tsw_slice part[] = {{(const uint8_t *)"ts sign", 7}, {&try, 1},
	    {&code, 1}, {nonce, FW_IDENTITY_NONCE_LEN}};

	/* A key of a secret that is not there would be everybody's. */
	if (!fw_identity_is_unlocked(c))
		hal_halt(HAL_FAULT_BUG);
	for (try = 0; try < 8; try++) {
		tsw_hmac_sha256(secret_out,
		    (struct tsw_slice){c->pin.secret_identity,
			sizeof(c->pin.secret_identity)},
		    part, sizeof(part) / sizeof(part[0]));
		if (alg == TSW_ALG_SK_ED25519 ||
		    fw_p256_check(secret_out) == FW_OK)
			return;
	}
	hal_halt(HAL_FAULT_BUG);
}

/* The public key of key->alg. */
static void
compute_public(struct tsw_pubkey *key, const uint8_t secret_key[32])
{
	key->len = public_len(key->alg);
	if (key->alg == TSW_ALG_SK_ED25519)
		fw_ed25519_public(key->data, secret_key);
	else if (fw_p256_public(key->data, secret_key) != FW_OK)
		hal_halt(HAL_FAULT_BUG);
}

/* An empty slot; without one, that of an unbound key, which has signed nothing
 * and may be one that nobody can name any more. */
static int
slot_for_new(const struct fw_store *s)
{
	int unbound = FW_ERR_FULL;
	struct fw_identity id;
	unsigned int i;

	for (i = 0; i < FW_STORE_IDENTITY_CNT; i++) {
		if (!is_used(&id, s, i))
			return (int)i;
		if (!id.bound && unbound < 0)
			unbound = (int)i;
	}
	return unbound;
}

int
fw_identity_create(struct fw_identity *out, struct fw_ctap2 *c,
    enum tsw_alg alg)
{
	uint8_t value[KEY_VALUE_MAX], secret_key[32];
	int slot = slot_for_new(&c->store);
	struct tsw_wr wr;

	if (slot < 0)
		return FW_ERR_FULL;
	memset(out, 0, sizeof(*out));
	out->slot = (unsigned int)slot;
	out->key.alg = alg;
	fw_rng_bytes(&c->rng, out->nonce, sizeof(out->nonce));
	derive(secret_key, c, alg, out->nonce);
	compute_public(&out->key, secret_key);
	tsw_wipe(secret_key, sizeof(secret_key));
	tsw_wr_init(&wr, value, sizeof(value));
	tsw_wr_u8(&wr, FORMAT);
	tsw_wr_u8(&wr, (uint8_t)alg);
	tsw_wr_bytes(&wr, out->nonce, sizeof(out->nonce));
	tsw_wr_bytes(&wr, out->key.data, out->key.len);
	return fw_store_put(&c->store, FW_STORE_IDENTITY + out->slot, value,
	    tsw_wr_len(&wr));
}

void
fw_identity_forget(struct fw_store *s, unsigned int slot)
{
	const struct fw_store_item item[] = {{FW_STORE_IDENTITY + slot, NULL,
						 0},
	    {FW_STORE_HEAD + slot, NULL, 0}};

	if (fw_store_commit(s, item, 2) != FW_OK)
		hal_halt(HAL_FAULT_BUG); /* deleting always has room */
}

/* What the key signs (SPEC 6.1): authenticator data, then the hash of T. */
static void
write_message(uint8_t msg[MESSAGE_LEN], const struct tsw_sshsig *sig,
    struct tsw_slice statement)
{
	const struct tsw_slice app = {(const uint8_t *)TSW_APPLICATION,
	    TSW_APPLICATION_LEN};
	uint8_t text[TSW_SSHSIG_TBS_MAX], hash[32];
	struct tsw_slice tbs = {text, 0};
	struct tsw_wr wr;

	tsw_wr_init(&wr, text, sizeof(text));
	if (tsw_sshsig_tbs(&wr, sig->ns, statement.p, statement.len) != TSW_OK)
		hal_halt(HAL_FAULT_BUG);
	tbs.len = tsw_wr_len(&wr);
	tsw_wr_init(&wr, msg, MESSAGE_LEN);
	tsw_sha256(hash, &app, 1);
	tsw_wr_bytes(&wr, hash, sizeof(hash));
	tsw_wr_u8(&wr, sig->flags);
	tsw_wr_u32(&wr, sig->counter);
	tsw_sha256(hash, &tbs, 1);
	tsw_wr_bytes(&wr, hash, sizeof(hash));
}

/* Fills sig->sig; the rest of it is there. */
static void
sign(struct tsw_sshsig *sig, struct fw_rng *rng, struct tsw_slice statement,
    const uint8_t secret_key[32])
{
	uint8_t msg[MESSAGE_LEN], hash[32], secret_noise[FW_NOISE_LEN];
	struct tsw_slice whole = {msg, sizeof(msg)};
	const struct fw_ed25519_pair pair = {secret_key, sig->key.data};
	int r;

	write_message(msg, sig, statement);
	fw_rng_bytes(rng, secret_noise, sizeof(secret_noise));
	if (sig->key.alg == TSW_ALG_SK_P256) {
		tsw_sha256(hash, &whole, 1);
		r = fw_p256_sign(sig->sig, hash, secret_key, secret_noise,
		    fw_check_wanted());
	} else {
		r = fw_ed25519_sign(sig->sig, whole, &pair, secret_noise,
		    fw_check_wanted());
	}
	tsw_wipe(secret_noise, sizeof(secret_noise));
	if (r != FW_OK)
		hal_halt(HAL_FAULT_BUG); /* a fault on the way */
}

enum fw_status
fw_identity_sign(struct fw_ctap2 *c, struct tsw_wr *rsp,
    const struct fw_identity *id, const struct fw_signing *what)
{
	uint8_t secret_key[32];
	struct tsw_sshsig sig;

	if (!fw_identity_is_unlocked(c))
		return FW_CTAP_PUAT_REQUIRED;
	memset(&sig, 0, sizeof(sig));
	sig.key = id->key;
	derive(secret_key, c, id->key.alg, id->nonce);
	/* The store is trusted where faults are not looked for. */
	if (fw_check_wanted() == FW_CHECK_ALL) {
		compute_public(&sig.key, secret_key);
		if (memcmp(sig.key.data, id->key.data, id->key.len) != 0)
			hal_halt(HAL_FAULT_STORE_CORRUPT);
	}
	if (fw_ctap2_count_with(c, what->item) != FW_OK) {
		tsw_wipe(secret_key, sizeof(secret_key));
		return FW_CTAP_KEY_STORE_FULL;
	}
	sig.ns = what->ns;
	sig.flags = TSW_FLAG_UP | (what->uv ? TSW_FLAG_UV : 0);
	sig.counter = c->counter;
	sign(&sig, &c->rng, what->statement, secret_key);
	tsw_wipe(secret_key, sizeof(secret_key));
	tsw_wr_cb_map(rsp, 3);
	tsw_wr_cb_uint(rsp, TSW_APPLET_A_SIGNATURE);
	tsw_wr_cb_bytes(rsp, sig.sig, sizeof(sig.sig));
	tsw_wr_cb_uint(rsp, TSW_APPLET_A_FLAGS);
	tsw_wr_cb_uint(rsp, sig.flags);
	tsw_wr_cb_uint(rsp, TSW_APPLET_A_COUNTER);
	tsw_wr_cb_uint(rsp, sig.counter);
	return FW_CTAP_OK;
}
