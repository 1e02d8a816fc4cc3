/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A live run whose peer says anything: each line of the input goes to both
 * roles.  Neither reaches a code by itself without a move that fits, a refused
 * move changes nothing, and an accepted one is written back as it was.
 */
#include <touchstone/wire/code.h>

#include <assert.h>
#include <string.h>

#include <sodium.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_move(struct tsw_slice text)
{
	char again[TSW_LIVE_TEXT_MAX];
	struct tsw_live_move m, back;

	if (tsw_live_move_decode(&m, text) != TSW_OK)
		return;
	assert(tsw_live_move_encode(again, &m) == TSW_OK);
	text.p = (const uint8_t *)again;
	text.len = strlen(again);
	assert(tsw_live_move_decode(&back, text) == TSW_OK);
	assert(back.move == m.move && back.session == m.session);
	assert(back.seq_self == m.seq_self && back.seq_peer == m.seq_peer);
	assert(back.log_size == m.log_size);
	assert(memcmp(back.value, m.value, sizeof(m.value)) == 0);
}

/* The people of the vectors, so that seeds get far. */
static void
make_parties(struct tsw_live_party *a, struct tsw_live_party *b)
{
	memset(a, 0, sizeof(*a));
	memset(b, 0, sizeof(*b));
	crypto_hash_sha256(a->id, (const uint8_t *)"alice", 5);
	crypto_hash_sha256(b->id, (const uint8_t *)"bob", 3);
	memcpy(a->head, a->id, sizeof(a->head));
	memcpy(b->head, b->id, sizeof(b->head));
	a->label.p = (const uint8_t *)"alice@example.org";
	a->label.len = 17;
	b->label.p = (const uint8_t *)"bob@example.org";
	b->label.len = 15;
}

static void
say(struct tsw_live *live, struct tsw_slice text)
{
	struct tsw_live before = *live;
	char out[TSW_LIVE_TEXT_MAX];
	int r;

	r = live->initiator ? tsw_live_open(live, out, text)
			    : tsw_live_finish(live, text);
	if (r == TSW_OK)
		assert(live->state == TSW_LIVE_DONE &&
		    strlen(live->code) == TSW_LIVE_DIGITS);
	else if (r == TSW_ERR_COMMITMENT)
		assert(live->state == TSW_LIVE_FAILED);
	else
		assert(memcmp(live, &before, sizeof(before)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tsw_live_party pa, pb;
	struct tsw_live a, b;
	char out[TSW_LIVE_TEXT_MAX];
	uint8_t r_a[32], r_b[32];
	struct tsw_slice line;
	size_t i, from = 0;

	make_parties(&pa, &pb);
	crypto_hash_sha256(r_a, (const uint8_t *)"r_A", 3);
	crypto_hash_sha256(r_b, (const uint8_t *)"r_B", 3);
	assert(tsw_live_start(&a, out, &pa, &pb, r_a) == TSW_OK);
	memset(&b, 0, sizeof(b));
	for (i = 0; i <= len; i++) {
		if (i < len && data[i] != '\n')
			continue;
		line.p = data + from;
		line.len = i - from;
		from = i + 1;
		check_move(line);
		say(&a, line);
		if (b.state != TSW_LIVE_IDLE)
			say(&b, line);
		else if (tsw_live_answer(&b, out, &pb, &pa, line, r_b) ==
		    TSW_OK)
			assert(b.state == TSW_LIVE_ANSWERED);
	}
	return 0;
}
