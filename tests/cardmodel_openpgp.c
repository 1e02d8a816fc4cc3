/* SPDX-License-Identifier: BSD-2-Clause */
#include "cardmodel_int.h"

#include "token/tlv.h"

#include <assert.h>
#include <string.h>

static void
put(struct tsw_wr *wr, uint32_t tag, const void *p, size_t len)
{
	ts_tlv_put(wr, tag, (struct tsw_slice){p, len});
}

static void
put_discretionary(struct card_model *m, struct tsw_wr *wr)
{
	const uint8_t caps[10] = {(uint8_t)(0x74 | (m->kdf_len != 0)), 0, 0,
	    0xff, 0x08, 0, 0, 0xff, 0, 0};
	const uint8_t pins[7] = {m->pin_once ? 0 : 1, 0x7f, 0x7f, 0x7f,
	    m->pw1.tries, 0, m->pw3.tries};
	const struct model_key *key = card_model_slot(m, 0xb6);
	uint8_t prints[60] = {0};
	uint8_t info[6] = {1, 0, 2, 0, 3, 0};

	if (key->present)
		info[1] = key->imported ? 2 : 1;
	memcpy(prints, m->fingerprint, sizeof(m->fingerprint));
	put(wr, 0xc0, caps, sizeof(caps));
	put(wr, 0xc1, m->attributes, m->attributes_len);
	put(wr, 0xc4, pins, sizeof(pins));
	put(wr, 0xc5, prints, sizeof(prints));
	if (!m->no_key_info)
		put(wr, 0xde, info, sizeof(info));
	if (m->uif[1] != 0)
		put(wr, 0xd6, m->uif, sizeof(m->uif));
}

static size_t
related_data(struct card_model *m, uint8_t *out, size_t size)
{
	static const uint8_t aid[16] = {0xd2, 0x76, 0x00, 0x01, 0x24, 0x01,
	    0x03, 0x04, 0x00, 0x06, 0x12, 0x34, 0x56, 0x78, 0, 0};
	uint8_t inner[512];
	struct tsw_wr wr, in;

	tsw_wr_init(&in, inner, sizeof(inner));
	put_discretionary(m, &in);
	tsw_wr_init(&wr, out, size);
	put(&wr, 0x4f, aid, sizeof(aid));
	put(&wr, 0x73, inner, tsw_wr_len(&in));
	assert(!wr.full && !in.full);
	return tsw_wr_len(&wr);
}

static void
get_data(struct card_model *m, struct model_answer *out, uint16_t tag)
{
	const uint8_t pins[7] = {m->pin_once ? 0 : 1, 0x7f, 0x7f, 0x7f,
	    m->pw1.tries, 0, m->pw3.tries};
	static const uint8_t counter[] = {0x93, 3, 0, 1, 2};
	uint8_t value[1024], text[1024];
	struct tsw_wr wr;
	size_t len;

	switch (tag) {
	case 0x6e:
		len = related_data(m, value, sizeof(value));
		break;
	case 0x7a:
		memcpy(value, counter, len = sizeof(counter));
		break;
	case 0xc4:
		card_model_say(out, 0x9000, pins, sizeof(pins));
		return;
	case 0xf9:
		card_model_say(out, 0x9000, m->kdf, m->kdf_len);
		return;
	default:
		card_model_say(out, 0x6a88, NULL, 0);
		return;
	}
	tsw_wr_init(&wr, text, sizeof(text));
	put(&wr, tag, value, len);
	if (m->bare_data)
		card_model_say(out, 0x9000, value, len);
	else
		card_model_say(out, 0x9000, text, tsw_wr_len(&wr));
}

static uint16_t
put_data(struct card_model *m, const struct model_command *cmd)
{
	const uint16_t tag = (uint16_t)(cmd->p1 << 8 | cmd->p2);

	if (!m->pw3.open)
		return 0x6982;
	if (tag == 0xc1 && cmd->data.len <= sizeof(m->attributes)) {
		if (m->no_ed25519 && cmd->data.p[0] == 0x16)
			return 0x6a80;
		memcpy(m->attributes, cmd->data.p, cmd->data.len);
		m->attributes_len = cmd->data.len;
		return 0x9000;
	}
	if (tag == 0xc7 && cmd->data.len == sizeof(m->fingerprint)) {
		memcpy(m->fingerprint, cmd->data.p, cmd->data.len);
		return 0x9000;
	}
	if (tag == 0xd6 && cmd->data.len == 2 && m->uif[1] != 0) {
		m->uif[0] = cmd->data.p[0];
		return 0x9000;
	}
	return tag == 0xce && cmd->data.len == 4 ? 0x9000 : 0x6a88;
}

static void
generate(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd)
{
	struct model_key *key = card_model_slot(m, 0xb6);

	assert(cmd->data.len == 2 && cmd->data.p[0] == 0xb6);
	if (cmd->p1 == 0x80) {
		if (!m->pw3.open) {
			card_model_say(out, 0x6982, NULL, 0);
			return;
		}
		key = card_model_key(m, 0xb6,
		    m->attributes[0] == 0x13 ? TSW_ALG_P256 : TSW_ALG_ED25519,
		    (uint8_t)(m->transmissions & 0x7f));
		m->pw1.open = false; /* as some cards do */
	}
	if (key->present)
		model_say_key(out, &key->token.key);
	else
		card_model_say(out, 0x6a88, NULL, 0);
}

static void
sign(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd)
{
	const struct model_key *key = card_model_slot(m, 0xb6);
	uint8_t sig[TSW_SIG_LEN];

	card_model_say(out, 0x6982, NULL, 0);
	if (!m->pw1.open || !key->present)
		return;
	model_sign(m, key, sig, cmd->data);
	if (m->pin_once)
		m->pw1.open = false;
	card_model_say(out, 0x9000, sig, sizeof(sig));
}

static uint16_t
change_pin(struct card_model *m, const struct model_command *cmd)
{
	struct tsw_slice old = cmd->data;
	uint16_t sw;

	if (cmd->ins == 0x2c) {
		m->pins_seen++;
		if (cmd->p1 != 2 || !m->pw3.open)
			return 0x6982;
		old.len = 0;
	} else {
		old.len = m->pw1.len < old.len ? m->pw1.len : old.len;
		sw = model_try(m, &m->pw1, old);
		if (sw != 0x9000)
			return sw;
	}
	m->pw1.len = cmd->data.len - old.len;
	assert(m->pw1.len <= sizeof(m->pw1.p));
	memcpy(m->pw1.p, cmd->data.p + old.len, m->pw1.len);
	m->pw1.tries = 3;
	return 0x9000;
}

void
model_openpgp(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd)
{
	switch (cmd->ins) {
	case 0xca:
		get_data(m, out, (uint16_t)(cmd->p1 << 8 | cmd->p2));
		break;
	case 0xda:
		card_model_say(out, put_data(m, cmd), NULL, 0);
		break;
	case 0x20:
		assert(cmd->data.len > 0);
		card_model_say(out,
		    model_try(m, cmd->p2 == 0x83 ? &m->pw3 : &m->pw1,
			cmd->data),
		    NULL, 0);
		break;
	case 0x24:
	case 0x2c:
		card_model_say(out, change_pin(m, cmd), NULL, 0);
		break;
	case 0x47:
		generate(m, out, cmd);
		break;
	case 0x2a:
		sign(m, out, cmd);
		break;
	default:
		card_model_say(out, 0x6d00, NULL, 0);
	}
}
