/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/proto.h"

#include "token/proto_rules.h"

#include <string.h>

enum flag {
	FLAG_PRESENT = 1,
	FLAG_EXCLUSIVE = 2,
	FLAG_MUTE = 4,
	FLAGS_ALL = 7
};

static bool
reader_is_ok(const struct ts_token_reader *r)
{
	return ts_token_reader_is_ok(r->name) &&
	    r->atr_len <= TS_TOKEN_ATR_MAX && (r->present || r->atr_len == 0);
}

static bool
readers_are_ok(const struct ts_token_readers *readers)
{
	uint8_t i;

	if ((unsigned)readers->state > TS_TOKEN_PCSC_REFUSED ||
	    readers->cnt > TS_TOKEN_READERS_MAX_CNT)
		return false;
	if (readers->state != TS_TOKEN_PCSC_OK && readers->cnt != 0)
		return false;
	for (i = 0; i < readers->cnt; i++) {
		if (!reader_is_ok(&readers->reader[i]))
			return false;
	}
	return true;
}

static void
put_reader(struct tsw_wr *wr, const struct ts_token_reader *r)
{
	unsigned flags = (r->present ? FLAG_PRESENT : 0U) |
	    (r->exclusive ? FLAG_EXCLUSIVE : 0U) | (r->mute ? FLAG_MUTE : 0U);

	ts_token_reader_put(wr, r->name);
	tsw_wr_u8(wr, (uint8_t)flags);
	tsw_wr_u32(wr, r->events);
	tsw_wr_u8(wr, r->atr_len);
	tsw_wr_bytes(wr, r->atr, r->atr_len);
}

static void
get_reader(struct ts_token_reader *r, struct tsw_rd *rd)
{
	uint8_t flags;

	ts_token_reader_get(r->name, rd);
	flags = tsw_rd_u8(rd);
	r->present = (flags & FLAG_PRESENT) != 0;
	r->exclusive = (flags & FLAG_EXCLUSIVE) != 0;
	r->mute = (flags & FLAG_MUTE) != 0;
	r->events = tsw_rd_u32(rd);
	r->atr_len = tsw_rd_u8(rd);
	if (flags > FLAGS_ALL || r->atr_len > sizeof(r->atr)) {
		tsw_rd_fail(rd);
		return;
	}
	tsw_rd_copy(rd, r->atr, r->atr_len);
}

int
ts_token_readers_encode(struct tsw_wr *wr,
    const struct ts_token_readers *readers)
{
	uint8_t i;

	if (!readers_are_ok(readers))
		return TS_ERR_ARGUMENT;
	ts_token_head_put(wr, TS_TOKEN_MSG_READERS);
	tsw_wr_u8(wr, (uint8_t)readers->state);
	tsw_wr_u8(wr, readers->cnt);
	for (i = 0; i < readers->cnt; i++)
		put_reader(wr, &readers->reader[i]);
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

int
ts_token_readers_decode(struct ts_token_readers *out, const uint8_t *p,
    size_t len)
{
	struct ts_token_readers m;
	enum ts_token_message id;
	struct tsw_rd rd;
	uint8_t i;
	int r;

	r = ts_token_peek(&id, p, len);
	if (r != TS_OK)
		return r;
	if (id != TS_TOKEN_MSG_READERS)
		return TSW_ERR_KIND;

	memset(&m, 0, sizeof(m));
	tsw_rd_init(&rd, p + 2, len - 2);
	m.state = (enum ts_token_pcsc)tsw_rd_u8(&rd);
	m.cnt = tsw_rd_u8(&rd);
	if (m.cnt > TS_TOKEN_READERS_MAX_CNT)
		return TSW_ERR_RANGE;
	for (i = 0; i < m.cnt; i++)
		get_reader(&m.reader[i], &rd);
	if (!tsw_rd_done(&rd))
		return TSW_ERR_FORMAT;
	if (!readers_are_ok(&m))
		return TSW_ERR_RANGE;
	*out = m;
	return TS_OK;
}
