/* SPDX-License-Identifier: BSD-2-Clause */
#include "cardmodel_int.h"

#include "token/piv_cert.h"
#include "token/tlv.h"

#include <touchstone/wire/crypto.h>

#include <assert.h>
#include <string.h>

#define CHAIN 0x10
#define INS_SELECT 0xa4
#define INS_REST 0xc0
#define INS_VERIFY 0x20
#define PART 256 /* bytes of an answer that go out at once */

void
card_model_pin(struct model_pin *pin, const char *text, bool pad)
{
	pin->len = strlen(text);
	memcpy(pin->p, text, pin->len);
	while (pad && pin->len < 8)
		pin->p[pin->len++] = 0xff;
	pin->tries = 3;
}

struct model_key *
card_model_slot(struct card_model *m, uint8_t slot)
{
	static const uint8_t slots[MODEL_KEYS_CNT] = {0x9a, 0x9c, 0x9d, 0x9e,
	    0xf9, 0xb6};
	size_t i;

	for (i = 0; i < MODEL_KEYS_CNT; i++) {
		if (slots[i] == slot)
			return &m->keys[i];
	}
	return NULL;
}

struct model_key *
card_model_key(struct card_model *m, uint8_t slot, enum tsw_alg alg,
    uint8_t seed)
{
	struct model_key *key = card_model_slot(m, slot);

	assert(key != NULL);
	memset(key, 0, sizeof(*key));
	key->present = true;
	key->slot = slot;
	key->pin = slot == 0x9c ? 3 : 2;
	if (slot == 0x9e || slot == 0xf9)
		key->pin = 1;
	key->touch = 1;
	key->token = soft_token_new(alg, seed);
	return key;
}

struct model_object *
card_model_object(struct card_model *m, uint32_t id)
{
	size_t i;

	for (i = 0; i < MODEL_OBJECTS_CNT; i++) {
		if (m->objects[i].id == id)
			return &m->objects[i];
	}
	return NULL;
}

void
card_model_put(struct card_model *m, uint32_t id, struct tsw_slice value)
{
	struct model_object *object = card_model_object(m, id);

	if (object == NULL)
		object = card_model_object(m, 0); /* a free one */
	assert(object != NULL && value.len <= sizeof(object->p));
	object->id = id;
	object->len = value.len;
	if (value.len > 0)
		memcpy(object->p, value.p, value.len);
}

size_t
model_der(uint8_t *out, size_t size, const struct tsw_pubkey *key,
    const struct soft_token *issuer)
{
	static const uint8_t serial[TS_PIV_SERIAL_LEN] = {1};
	uint8_t body[TS_PIV_CERT_MAX], sig[TSW_SIG_LEN], hash[32];
	struct tsw_slice text, input;
	struct tsw_wr wr;

	tsw_wr_init(&wr, body, sizeof(body));
	assert(ts_piv_cert_body(&wr, key, serial) == TS_OK);
	text = input = (struct tsw_slice){body, tsw_wr_len(&wr)};
	if (issuer->key.alg == TSW_ALG_P256) {
		tsw_sha256(hash, &text, 1);
		input = (struct tsw_slice){hash, sizeof(hash)};
	}
	soft_token_sign_raw(sig, issuer, input);
	tsw_wr_init(&wr, out, size);
	assert(ts_piv_cert_write(&wr, text, issuer->key.alg, sig) == TS_OK);
	return tsw_wr_len(&wr);
}

size_t
card_model_cert(uint8_t *out, size_t size, const struct tsw_pubkey *key,
    const struct soft_token *issuer)
{
	static const uint8_t end[] = {0x71, 1, 0, 0xfe, 0};
	uint8_t der[TS_PIV_CERT_MAX];
	size_t len = model_der(der, sizeof(der), key, issuer);
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, size);
	ts_tlv_put(&wr, 0x70, (struct tsw_slice){der, len});
	tsw_wr_bytes(&wr, end, sizeof(end));
	assert(!wr.full);
	return tsw_wr_len(&wr);
}

void
card_model_init(struct card_model *m)
{
	static const uint8_t ed25519[] = {0x16, 0x2b, 0x06, 0x01, 0x04, 0x01,
	    0xda, 0x47, 0x0f, 0x01};
	const struct model_key *attest;
	uint8_t object[MODEL_OBJECT_MAX];
	uint8_t i;

	memset(m, 0, sizeof(*m));
	m->has_piv = m->has_openpgp = m->is_yubikey = true;
	m->admin_alg = 0x0a;
	for (i = 0; i < 24; i++)
		m->admin_key[i] = (uint8_t)(i % 8 + 1);
	card_model_pin(&m->pin, "123456", true);
	card_model_pin(&m->puk, "12345678", true);
	card_model_pin(&m->pw1, "123456", false);
	card_model_pin(&m->pw3, "12345678", false);
	m->uif[1] = 0x20;
	memcpy(m->attributes, ed25519, sizeof(ed25519));
	m->attributes_len = sizeof(ed25519);
	attest = card_model_key(m, 0xf9, TSW_ALG_P256, 0xf9);
	card_model_put(m, 0x5fff01,
	    (struct tsw_slice){object,
		card_model_cert(object, sizeof(object), &attest->token.key,
		    &attest->token)});
}

void
card_model_say(struct model_answer *answer, uint16_t sw, const void *p,
    size_t len)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, answer->p, sizeof(answer->p));
	tsw_wr_bytes(&wr, p, len);
	tsw_wr_u16(&wr, sw);
	assert(!wr.full);
	answer->len = tsw_wr_len(&wr);
}

uint16_t
card_model_sw(const struct model_answer *answer)
{
	assert(answer->len >= 2);
	return (uint16_t)(answer->p[answer->len - 2] << 8 |
	    answer->p[answer->len - 1]);
}

void
model_say_key(struct model_answer *out, const struct tsw_pubkey *key)
{
	uint8_t text[TSW_PUBKEY_MAX + 8];
	struct tsw_wr wr;

	tsw_wr_init(&wr, text, sizeof(text));
	ts_tlv_head(&wr, 0x7f49, ts_tlv_size(0x86, key->len));
	ts_tlv_put(&wr, 0x86, (struct tsw_slice){key->data, key->len});
	card_model_say(out, 0x9000, text, tsw_wr_len(&wr));
}

uint16_t
model_try(struct card_model *m, struct model_pin *pin, struct tsw_slice text)
{
	m->pins_seen++;
	pin->open = false;
	if (pin->tries == 0)
		return 0x6983;
	if (text.len == pin->len && memcmp(text.p, pin->p, pin->len) == 0) {
		pin->tries = 3;
		pin->open = true;
		return 0x9000;
	}
	pin->tries--;
	if (m->old_words)
		return 0x6982;
	return (uint16_t)(pin->tries == 0 ? 0x6983 : 0x63c0 + pin->tries);
}

void
model_sign(struct card_model *m, const struct model_key *key,
    uint8_t sig[TSW_SIG_LEN], struct tsw_slice input)
{
	assert(input.len <= sizeof(m->last_msg));
	memcpy(m->last_msg, input.p, input.len);
	m->last_len = input.len;
	if (key->slot == 0x9e)
		m->checks++;
	else
		m->signatures++;
	soft_token_sign_raw(sig, &key->token, input);
}

static bool
is_aid(struct tsw_slice data, const uint8_t *aid, size_t len)
{
	return data.len >= 5 && data.len <= len &&
	    memcmp(data.p, aid, data.len) == 0;
}

static void
select_app(struct card_model *m, struct model_answer *out,
    struct tsw_slice data)
{
	static const uint8_t piv[] = {0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00,
	    0x10, 0x00, 0x01, 0x00};
	static const uint8_t openpgp[] = {0xd2, 0x76, 0x00, 0x01, 0x24, 0x01};

	m->pin.open = m->puk.open = m->pw1.open = m->pw3.open = false;
	m->admin_ok = m->has_witness = m->fresh = false;
	m->app = MODEL_APP_NONE;
	if (m->has_piv && is_aid(data, piv, sizeof(piv)) &&
	    (!m->only_short_aid || data.len == 5))
		m->app = MODEL_APP_PIV;
	if (m->has_openpgp && is_aid(data, openpgp, sizeof(openpgp)))
		m->app = MODEL_APP_OPENPGP;
	card_model_say(out, m->app == MODEL_APP_NONE ? 0x6a82 : 0x9000, NULL,
	    0);
}

static void
run(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd)
{
	if (cmd->ins == INS_SELECT)
		select_app(m, out, cmd->data);
	else if (m->app == MODEL_APP_PIV)
		model_piv(m, out, cmd);
	else if (m->app == MODEL_APP_OPENPGP)
		model_openpgp(m, out, cmd);
	else
		card_model_say(out, 0x6d00, NULL, 0);
	if (cmd->ins != INS_VERIFY)
		m->fresh = false; /* it was good for the next command only */
	if (m->twist != NULL)
		m->twist(m, cmd, out);
}

/* What goes out of m->rest at once. */
static void
say_rest(struct card_model *m, uint8_t *rsp, size_t *rsp_len)
{
	size_t left = m->rest_len - m->rest_at, data = left - 2;

	if (left < 2 || data <= PART) {
		memcpy(rsp, m->rest + m->rest_at, left);
		*rsp_len = left;
		m->rest_at = m->rest_len;
		return;
	}
	memcpy(rsp, m->rest + m->rest_at, PART);
	m->rest_at += PART;
	data -= PART;
	rsp[PART] = 0x61;
	rsp[PART + 1] = (uint8_t)(data > 255 ? 0 : data);
	*rsp_len = PART + 2;
}

int
card_model_transmit(void *ctx, uint8_t *rsp, size_t *rsp_len,
    const uint8_t *apdu, size_t len)
{
	static const uint8_t go_on[] = {0x90, 0x00};
	struct card_model *m = ctx;
	struct model_command cmd = {.ins = apdu[1],
	    .p1 = apdu[2],
	    .p2 = apdu[3]};
	struct model_answer answer;
	size_t lc = len > 5 ? apdu[4] : 0;

	m->transmissions++;
	if (m->transmissions == m->fail_at)
		return m->fail_err;
	assert(len >= 4 && len <= 261);
	assert(len <= 5 || len == 5 + lc || len == 6 + lc);
	if (cmd.ins == INS_REST) {
		say_rest(m, rsp, rsp_len);
		return TS_OK;
	}
	assert(m->chain_len + lc <= sizeof(m->chain));
	if (lc > 0)
		memcpy(m->chain + m->chain_len, apdu + 5, lc);
	m->chain_len += lc;
	if ((apdu[0] & CHAIN) != 0) {
		memcpy(rsp, go_on, sizeof(go_on));
		*rsp_len = sizeof(go_on);
		return TS_OK;
	}
	cmd.data = (struct tsw_slice){m->chain, m->chain_len};
	m->chain_len = 0;
	run(m, &answer, &cmd);
	memcpy(m->rest, answer.p, answer.len);
	m->rest_len = answer.len;
	m->rest_at = 0;
	say_rest(m, rsp, rsp_len);
	return TS_OK;
}

struct ts_card
card_model_open(struct card_model *m)
{
	return (struct ts_card){.transmit = card_model_transmit, .ctx = m};
}
