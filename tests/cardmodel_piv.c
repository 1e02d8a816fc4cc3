/* SPDX-License-Identifier: BSD-2-Clause */
#include "cardmodel_int.h"

#include "token/tlv.h"

#include <assert.h>
#include <string.h>

#include <openssl/evp.h>
#include <sodium.h>

static const EVP_CIPHER *
cipher(uint8_t alg)
{
	switch (alg) {
	case 0x03:
		return EVP_des_ede3_ecb();
	case 0x08:
		return EVP_aes_128_ecb();
	case 0x0a:
		return EVP_aes_192_ecb();
	default:
		return EVP_aes_256_ecb();
	}
}

static size_t
encrypt_block(uint8_t out[16], const struct card_model *m, const uint8_t *in)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, len = m->admin_alg == 0x03 ? 8 : 16;

	assert(EVP_EncryptInit_ex(ctx, cipher(m->admin_alg), NULL, m->admin_key,
		   NULL) == 1);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	assert(EVP_EncryptUpdate(ctx, out, &n, in, len) == 1 && n == len);
	EVP_CIPHER_CTX_free(ctx);
	return (size_t)len;
}

static void
say_value(struct model_answer *out, uint8_t tag, struct tsw_slice value)
{
	uint8_t text[128];
	struct tsw_wr wr;

	tsw_wr_init(&wr, text, sizeof(text));
	ts_tlv_head(&wr, 0x7c, ts_tlv_size(tag, value.len));
	ts_tlv_put(&wr, tag, value);
	card_model_say(out, 0x9000, text, tsw_wr_len(&wr));
}

static void
admin(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd, struct tsw_slice body)
{
	struct tsw_slice witness, challenge;
	uint8_t block[16];
	size_t len;

	card_model_say(out, 0x6a80, NULL, 0);
	if (cmd->p1 != m->admin_alg)
		return;
	if (ts_tlv_find(&witness, body, 0x80) != TS_OK)
		return;
	if (witness.len == 0) {
		randombytes_buf(m->witness, sizeof(m->witness));
		m->has_witness = true;
		len = encrypt_block(block, m, m->witness);
		say_value(out, 0x80, (struct tsw_slice){block, len});
		return;
	}
	card_model_say(out, 0x6982, NULL, 0);
	if (!m->has_witness || ts_tlv_find(&challenge, body, 0x81) != TS_OK ||
	    memcmp(witness.p, m->witness, witness.len) != 0)
		return;
	m->admin_ok = true;
	len = encrypt_block(block, m, challenge.p);
	say_value(out, 0x82, (struct tsw_slice){block, len});
}

static void
say_signature(struct model_answer *out, const struct model_key *key,
    const uint8_t sig[TSW_SIG_LEN])
{
	uint8_t der[80];
	struct tsw_wr wr;
	size_t i, at, pad;

	if (key->token.key.alg == TSW_ALG_ED25519) {
		say_value(out, 0x82, (struct tsw_slice){sig, TSW_SIG_LEN});
		return;
	}
	tsw_wr_init(&wr, der + 2, sizeof(der) - 2);
	for (i = 0; i < 2; i++) {
		for (at = 32 * i; at < 32 * i + 31 && sig[at] == 0; at++)
			;
		pad = sig[at] >> 7;
		tsw_wr_u8(&wr, 0x02);
		tsw_wr_u8(&wr, (uint8_t)(32 * (i + 1) - at + pad));
		if (pad != 0)
			tsw_wr_u8(&wr, 0);
		tsw_wr_bytes(&wr, sig + at, 32 * (i + 1) - at);
	}
	der[0] = 0x30;
	der[1] = (uint8_t)tsw_wr_len(&wr);
	say_value(out, 0x82, (struct tsw_slice){der, 2 + tsw_wr_len(&wr)});
}

static void
authenticate(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd)
{
	struct model_key *key = card_model_slot(m, cmd->p2);
	struct tsw_slice body, msg;
	uint8_t sig[TSW_SIG_LEN];

	card_model_say(out, 0x6a80, NULL, 0);
	if (ts_tlv_only(&body, cmd->data, 0x7c) != TS_OK)
		return;
	if (cmd->p2 == 0x9b) {
		admin(m, out, cmd, body);
		return;
	}
	if (key == NULL || !key->present ||
	    cmd->p1 != (key->token.key.alg == TSW_ALG_P256 ? 0x11 : 0xe0) ||
	    ts_tlv_find(&msg, body, 0x81) != TS_OK)
		return;
	card_model_say(out, 0x6982, NULL, 0);
	if ((key->pin == 3 && !m->fresh) || (key->pin == 2 && !m->pin.open))
		return;
	model_sign(m, key, sig, msg);
	say_signature(out, key, sig);
}

static void
generate(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd)
{
	struct tsw_slice body, alg, pin, touch;
	struct model_key *key;
	bool policies;

	card_model_say(out, 0x6a80, NULL, 0);
	if (ts_tlv_only(&body, cmd->data, 0xac) != TS_OK ||
	    ts_tlv_find(&alg, body, 0x80) != TS_OK || alg.len != 1)
		return;
	policies = ts_tlv_find(&pin, body, 0xaa) == TS_OK &&
	    ts_tlv_find(&touch, body, 0xab) == TS_OK;
	if (policies && m->no_policies)
		return;
	if (alg.p[0] != 0x11 && (alg.p[0] != 0xe0 || m->no_ed25519))
		return;
	if (!m->admin_ok) {
		card_model_say(out, 0x6982, NULL, 0);
		return;
	}
	key = card_model_key(m, cmd->p2,
	    alg.p[0] == 0x11 ? TSW_ALG_P256 : TSW_ALG_ED25519,
	    (uint8_t)(m->transmissions & 0x7f));
	if (policies) {
		key->pin = pin.p[0];
		key->touch = touch.p[0];
	}
	model_say_key(out, &key->token.key);
}

static void
say_metadata(struct card_model *m, struct model_answer *out, uint8_t ref)
{
	const struct model_pin *pin = ref == 0x80 ? &m->pin : &m->puk;
	const struct model_key *key = card_model_slot(m, ref);
	const struct tsw_pubkey *pk;
	uint8_t text[128];
	struct tsw_wr wr;

	tsw_wr_init(&wr, text, sizeof(text));
	if (ref == 0x80 || ref == 0x81) {
		const uint8_t pin_text[] = {0x01, 1, 0xff, 0x05, 1, 0, 0x06, 2,
		    3, pin->tries};

		tsw_wr_bytes(&wr, pin_text, sizeof(pin_text));
	} else if (ref == 0x9b) {
		const uint8_t admin_text[] = {0x01, 1, m->admin_alg, 0x02, 2, 0,
		    1, 0x05, 1, m->admin_changed ? 0 : 1};

		tsw_wr_bytes(&wr, admin_text, sizeof(admin_text));
	} else if (key != NULL && key->present) {
		const uint8_t key_text[] = {0x01, 1,
		    key->token.key.alg == TSW_ALG_P256 ? 0x11 : 0xe0, 0x02, 2,
		    key->pin, key->touch, 0x03, 1, key->imported ? 2 : 1};

		pk = &key->token.key;
		tsw_wr_bytes(&wr, key_text, sizeof(key_text));
		ts_tlv_head(&wr, 0x04, ts_tlv_size(0x86, pk->len));
		ts_tlv_put(&wr, 0x86, (struct tsw_slice){pk->data, pk->len});
	} else {
		card_model_say(out, 0x6a88, NULL, 0);
		return;
	}
	card_model_say(out, 0x9000, text, tsw_wr_len(&wr));
}

static void
attest(struct card_model *m, struct model_answer *out, uint8_t slot)
{
	const struct model_key *key = card_model_slot(m, slot);
	uint8_t der[1024];
	size_t len;

	if (key == NULL || !key->present || key->imported) {
		card_model_say(out, 0x6a80, NULL, 0);
		return;
	}
	len = model_der(der, sizeof(der), &key->token.key,
	    &card_model_slot(m, 0xf9)->token);
	card_model_say(out, 0x9000, der, len);
}

static uint32_t
object_id(struct tsw_slice *value, struct tsw_slice data)
{
	struct tsw_rd rd;
	uint32_t id;

	tsw_rd_init(&rd, data.p, data.len);
	assert(tsw_rd_u16(&rd) == 0x5c03);
	id = tsw_rd_u8(&rd);
	id = id << 16 | tsw_rd_u16(&rd);
	assert(!rd.bad);
	*value = (struct tsw_slice){rd.p, rd.left};
	return id;
}

static void
get_data(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd)
{
	const struct model_object *object;
	uint8_t text[MODEL_OBJECT_MAX + 8];
	struct tsw_slice rest;
	struct tsw_wr wr;

	object = card_model_object(m, object_id(&rest, cmd->data));
	if (object == NULL) {
		card_model_say(out, 0x6a82, NULL, 0);
		return;
	}
	tsw_wr_init(&wr, text, sizeof(text));
	ts_tlv_put(&wr, 0x53, (struct tsw_slice){object->p, object->len});
	card_model_say(out, 0x9000, text, tsw_wr_len(&wr));
}

static void
put_data(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd)
{
	struct tsw_slice rest, value;
	uint32_t id = object_id(&rest, cmd->data);

	card_model_say(out, 0x6982, NULL, 0);
	if (!m->admin_ok)
		return;
	assert(ts_tlv_only(&value, rest, 0x53) == TS_OK);
	card_model_put(m, id, value);
	card_model_say(out, 0x9000, NULL, 0);
}

static void
pins(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd)
{
	struct model_pin *pin = cmd->ins == 0x2c ? &m->puk : &m->pin;
	struct tsw_slice first = cmd->data;
	uint16_t sw;

	if (cmd->data.len == 0) { /* only asks */
		sw = (uint16_t)(m->pin.open ? 0x9000 : 0x63c0 + m->pin.tries);
		card_model_say(out, sw, NULL, 0);
		return;
	}
	assert(cmd->data.len == (cmd->ins == 0x20 ? 8 : 16));
	first.len = 8;
	sw = model_try(m, pin, first);
	card_model_say(out, sw, NULL, 0);
	if (sw != 0x9000)
		return;
	if (cmd->ins == 0x20) {
		m->fresh = true;
		return;
	}
	memcpy(m->pin.p, cmd->data.p + 8, 8);
	m->pin.tries = 3;
}

void
model_piv(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd)
{
	static const uint8_t version[] = {5, 7, 1};

	card_model_say(out, 0x6d00, NULL, 0);
	if (cmd->ins == 0x20 || cmd->ins == 0x24 || cmd->ins == 0x2c) {
		m->fresh = false;
		pins(m, out, cmd);
	} else if (cmd->ins == 0x87) {
		authenticate(m, out, cmd);
	} else if (cmd->ins == 0x47) {
		generate(m, out, cmd);
	} else if (cmd->ins == 0xcb) {
		get_data(m, out, cmd);
	} else if (cmd->ins == 0xdb) {
		put_data(m, out, cmd);
	} else if (m->is_yubikey && cmd->ins == 0xf7) {
		say_metadata(m, out, cmd->p2);
	} else if (m->is_yubikey && cmd->ins == 0xf9) {
		attest(m, out, cmd->p1);
	} else if (m->is_yubikey && cmd->ins == 0xfd) {
		card_model_say(out, 0x9000, version, sizeof(version));
	}
}
