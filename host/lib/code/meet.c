/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/meet.h>

#include <string.h>

#include <touchstone/text.h>
#include <touchstone/wire/crypto.h>

#include "../secret.h"
#include "live.h"

#define VERSION 1
#define TEXT_LEN 88 /* of a move */

static struct tsw_slice
text_slice(const char *s)
{
	return (struct tsw_slice){(const uint8_t *)s, strlen(s)};
}

static void
box_name(char out[TS_MEET_BOX_LEN], const uint8_t from[TSW_ID_LEN],
    const uint8_t to[TSW_ID_LEN])
{
	const struct tsw_slice part[] = {
	    text_slice("touchstone mailbox v1"),
	    {from, TSW_ID_LEN},
	    {to, TSW_ID_LEN},
	};
	uint8_t hash[TSW_HASH_LEN];

	tsw_sha256(hash, part, sizeof(part) / sizeof(part[0]));
	ts_hex_encode(out, hash, sizeof(hash));
}

int
ts_meet_begin(struct ts_store *store, struct ts_meet *out, const char *label)
{
	struct ts_person p;
	struct ts_meet m;
	int order, r;

	memset(&m, 0, sizeof(m));
	ts_names_clear(store);
	r = ts_person_find(store, &p, label);
	if (r == TS_OK && !store->own.provisioned)
		r = TS_ERR_NOT_PROVISIONED;
	if (r != TS_OK)
		return r;
	order = memcmp(store->own.id, p.identity, TSW_ID_LEN);
	if (order == 0)
		return TSW_ERR_REFLECTED;
	m.first = order < 0;
	if (m.first)
		ts_secret_random(m.tag, sizeof(m.tag));
	box_name(m.give, store->own.id, p.identity);
	box_name(m.take, p.identity, store->own.id);
	*out = m;
	return TS_OK;
}

static size_t
encode(uint8_t out[TS_MEET_MESSAGE_MAX], enum ts_meet_what kind,
    const struct ts_meet *meet, struct tsw_slice text)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, TS_MEET_MESSAGE_MAX);
	tsw_wr_u8(&wr, VERSION);
	tsw_wr_u8(&wr, (uint8_t)kind);
	tsw_wr_bytes(&wr, meet->tag, sizeof(meet->tag));
	tsw_wr_bytes(&wr, text.p, text.len);
	return tsw_wr_len(&wr);
}

size_t
ts_meet_knock(uint8_t out[TS_MEET_MESSAGE_MAX], const struct ts_meet *meet)
{
	return encode(out, TS_MEET_KNOCK, meet, text_slice(""));
}

int
ts_meet_move(uint8_t out[TS_MEET_MESSAGE_MAX], size_t *len,
    const struct ts_meet *meet, const char *text)
{
	if (!meet->ready || strlen(text) != TEXT_LEN)
		return TS_ERR_ARGUMENT;
	*len = encode(out, TS_MEET_MOVE, meet, text_slice(text));
	return TS_OK;
}

/* A message of this run, or of a knock that begins one. */
struct message {
	uint8_t version, kind;
	uint8_t tag[TS_MEET_TAG_LEN];
	char text[TEXT_LEN + 1];
};

static bool
decode(struct message *out, struct tsw_slice s)
{
	struct tsw_rd rd;

	memset(out, 0, sizeof(*out));
	tsw_rd_init(&rd, s.p, s.len);
	out->version = tsw_rd_u8(&rd);
	out->kind = tsw_rd_u8(&rd);
	tsw_rd_copy(&rd, out->tag, sizeof(out->tag));
	if (out->kind == TS_MEET_MOVE)
		tsw_rd_copy(&rd, (uint8_t *)out->text, TEXT_LEN);
	return tsw_rd_done(&rd) && out->version == VERSION &&
	    strlen(out->text) == (out->kind == TS_MEET_MOVE ? TEXT_LEN : 0);
}

enum ts_meet_what
ts_meet_take(struct ts_meet *meet, uint32_t number, struct tsw_slice message,
    uint8_t out[TS_MEET_MESSAGE_MAX], size_t *len, char text[TSW_LIVE_TEXT_MAX])
{
	struct message m;
	bool ours;

	if (number <= meet->after)
		return TS_MEET_NOTHING;
	meet->after = number;
	if (!decode(&m, message))
		return TS_MEET_NOTHING;
	ours = memcmp(m.tag, meet->tag, sizeof(m.tag)) == 0; /* not secret */
	if (m.kind == TS_MEET_KNOCK && !meet->first && !meet->moved) {
		memcpy(meet->tag, m.tag, sizeof(m.tag));
		meet->ready = false;
		*len = encode(out, TS_MEET_ECHO, meet, text_slice(""));
		return TS_MEET_KNOCK;
	}
	if (m.kind == TS_MEET_ECHO && meet->first && !meet->ready && ours) {
		meet->ready = true;
		return TS_MEET_ECHO;
	}
	if (m.kind == TS_MEET_MOVE && meet->ready && ours) {
		meet->moved = true;
		memcpy(text, m.text, TEXT_LEN + 1);
		return TS_MEET_MOVE;
	}
	return TS_MEET_NOTHING;
}

void
ts_meet_echoed(struct ts_meet *meet)
{
	meet->ready = true;
}

int
ts_meet_hello_box(char out[TS_MEET_BOX_LEN], const char *label)
{
	uint8_t hash[TSW_HASH_LEN], len = (uint8_t)strlen(label);
	const struct tsw_slice part[] = {
	    text_slice("touchstone hello v1"),
	    {&len, 1},
	    text_slice(label),
	};
	int r;

	r = strlen(label) > TSW_LABEL_MAX ? TSW_ERR_LABEL
					  : tsw_label_check(text_slice(label));
	if (r != TSW_OK)
		return r;
	tsw_sha256(hash, part, sizeof(part) / sizeof(part[0]));
	ts_hex_encode(out, hash, sizeof(hash));
	return TS_OK;
}

int
ts_meet_hello(char out[TSW_LABEL_MAX + 1], struct tsw_slice message)
{
	int r;

	if (message.len > TSW_LABEL_MAX)
		return TSW_ERR_LABEL;
	r = tsw_label_check(message);
	if (r != TSW_OK)
		return r;
	memcpy(out, message.p, message.len);
	out[message.len] = '\0';
	return TS_OK;
}
