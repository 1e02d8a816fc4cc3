/* SPDX-License-Identifier: BSD-2-Clause */
/* The run of a live code on the token (SPEC 12.5), without CTAP: against
 * another token, against the host's own code, and against liars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "live.h"
#include "memboard.h"

#define T0 1000000

static struct fw_store store;
static struct fw_rng rng;
static struct fw_live_env env = {&rng, &store, T0};

/* m of alice and of bob, as each side's host would write them. */
static uint8_t alice_m[TSW_LIVE_PARTY_MAX], bob_m[TSW_LIVE_PARTY_MAX];
static struct tsw_slice alice, bob;

static struct tsw_live_party
party(uint8_t tag, uint32_t seq, const char *label)
{
	struct tsw_live_party p = {{0}, seq, {0},
	    {(const uint8_t *)label, strlen(label)}, 7, {0}};

	memset(p.id, tag, sizeof(p.id));
	memset(p.head, tag + 1, sizeof(p.head));
	memset(p.root, 0x77, sizeof(p.root));
	return p;
}

static struct tsw_slice
encode(uint8_t m[TSW_LIVE_PARTY_MAX], const struct tsw_live_party *p)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, m, TSW_LIVE_PARTY_MAX);
	assert_int_equal(tsw_live_party_encode(&wr, p), TSW_OK);
	return (struct tsw_slice){m, tsw_wr_len(&wr)};
}

static struct tsw_live_party
alice_party(void)
{
	return party(0xa0, 3, "alice@example.org");
}

static struct tsw_live_party
bob_party(void)
{
	return party(0xb0, 5, "bob@example.org");
}

static int
setup(void **state)
{
	struct tsw_live_party a = alice_party(), b = bob_party();

	(void)state;
	memboard_reset();
	assert_int_equal(fw_store_open(&store), FW_OK);
	assert_int_equal(fw_rng_init(&rng, &store), FW_OK);
	alice = encode(alice_m, &a);
	bob = encode(bob_m, &b);
	return 0;
}

static struct fw_live_pair
pair(struct tsw_slice self, struct tsw_slice peer)
{
	struct fw_live_pair p;

	assert_int_equal(fw_live_pair_decode(&p, self, peer), FW_CTAP_OK);
	return p;
}

static enum fw_status
begin(struct fw_live *l, uint8_t out[32])
{
	struct fw_live_pair p = pair(alice, bob);

	return fw_live_begin(l, out, &env, &p);
}

static enum fw_status
answer(struct fw_live *l, uint8_t out[32], const uint8_t c[32])
{
	struct fw_live_pair p = pair(bob, alice);

	return fw_live_answer(l, out, &env, &p, c);
}

static void
open_fine(struct fw_live *l, uint8_t out[32], const uint8_t value[32])
{
	bool opens;

	assert_int_equal(fw_live_open(l, &opens, out, value), FW_CTAP_OK);
	assert_int_equal(l->state, FW_LIVE_SHOWN);
	assert_int_equal(strlen(l->secret_code), TSW_LIVE_DIGITS);
}

static void
assert_forgotten(const struct fw_live *l)
{
	static const struct fw_live nothing;

	assert_memory_equal(l, &nothing, sizeof(nothing));
}

/* Two tokens and honest hosts. */
static void
test_two_tokens(void **state)
{
	struct fw_live a = {0}, b = {0};
	uint8_t c[32], r_b[32], r_a[32], none[32] = {0};

	(void)state;
	assert_int_equal(begin(&a, c), FW_CTAP_OK);
	assert_int_equal(answer(&b, r_b, c), FW_CTAP_OK);
	open_fine(&a, r_a, r_b);
	open_fine(&b, none, r_a);
	assert_string_equal(a.secret_code, b.secret_code);
}

static void
move_of(struct tsw_live_move *m, const char *text)
{
	assert_int_equal(tsw_live_move_decode(m,
			     (struct tsw_slice){(const uint8_t *)text,
				 strlen(text)}),
	    TSW_OK);
}

static void
text_of(char out[TSW_LIVE_TEXT_MAX], uint8_t number, uint16_t session,
    const uint8_t value[32])
{
	struct tsw_live_move m = {number, session, 3, 5, 7, {0}};

	if (number == 2) {
		m.seq_self = 5;
		m.seq_peer = 3;
	}
	memcpy(m.value, value, 32);
	assert_int_equal(tsw_live_move_encode(out, &m), TSW_OK);
}

#define SLICE(text) ((struct tsw_slice){(const uint8_t *)(text), strlen(text)})

/* The token begins, the other has the host's own code. */
static void
test_token_begins_host_answers(void **state)
{
	struct tsw_live_party self = bob_party(), peer = alice_party();
	char move1[TSW_LIVE_TEXT_MAX], move2[TSW_LIVE_TEXT_MAX];
	char move3[TSW_LIVE_TEXT_MAX];
	const uint8_t nonce[32] = {42};
	struct tsw_live_move m;
	struct fw_live a = {0};
	uint8_t c[32], r_a[32];
	struct tsw_live b;

	(void)state;
	assert_int_equal(begin(&a, c), FW_CTAP_OK);
	text_of(move1, 1, (uint16_t)(c[0] << 8 | c[1]), c);
	assert_int_equal(tsw_live_answer(&b, move2, &self, &peer, SLICE(move1),
			     nonce),
	    TSW_OK);
	move_of(&m, move2);
	open_fine(&a, r_a, m.value);
	text_of(move3, 3, m.session, r_a);
	assert_int_equal(tsw_live_finish(&b, SLICE(move3)), TSW_OK);
	assert_string_equal(a.secret_code, b.code);
}

/* The host's own code begins, the token answers. */
static void
test_host_begins_token_answers(void **state)
{
	struct tsw_live_party self = alice_party(), peer = bob_party();
	char move1[TSW_LIVE_TEXT_MAX], move2[TSW_LIVE_TEXT_MAX];
	char move3[TSW_LIVE_TEXT_MAX];
	const uint8_t nonce[32] = {17};
	uint8_t r_b[32], none[32] = {0};
	struct tsw_live_move m;
	struct fw_live b = {0};
	struct tsw_live a;

	(void)state;
	assert_int_equal(tsw_live_start(&a, move1, &self, &peer, nonce),
	    TSW_OK);
	move_of(&m, move1);
	assert_int_equal(answer(&b, r_b, m.value), FW_CTAP_OK);
	text_of(move2, 2, m.session, r_b);
	assert_int_equal(tsw_live_open(&a, move3, SLICE(move2)), TSW_OK);
	move_of(&m, move3);
	open_fine(&b, none, m.value);
	assert_string_equal(a.code, b.secret_code);
}

/* A run in each state. */
static void
reach(struct fw_live *l, enum fw_live_state at)
{
	uint8_t out[32], c[32] = {1}, r[32] = {2};

	memset(l, 0, sizeof(*l));
	fw_live_refill(&store);
	if (at == FW_LIVE_ANSWERED)
		assert_int_equal(answer(l, out, c), FW_CTAP_OK);
	else if (at != FW_LIVE_IDLE)
		assert_int_equal(begin(l, out), FW_CTAP_OK);
	if (at == FW_LIVE_SHOWN)
		open_fine(l, out, r);
	assert_int_equal(l->state, at);
}

/* What does not belong to a state is refused, changes nothing and costs
 * nothing: every pair of state and step that test_two_tokens does not walk. */
static void
test_every_wrong_step(void **state)
{
	static const enum fw_live_state busy[] = {FW_LIVE_COMMITTED,
	    FW_LIVE_ANSWERED, FW_LIVE_SHOWN};
	static const enum fw_live_state early[] = {FW_LIVE_IDLE, FW_LIVE_SHOWN};
	const uint8_t value[32] = {9};
	const struct tsw_confirm confirm = {0};
	uint8_t out[32] = {0}, zero[32] = {0};
	struct fw_live l, before;
	bool opens = true;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		reach(&l, busy[i]);
		before = l;
		assert_int_equal(begin(&l, out), FW_ST_LIVE_BUSY);
		assert_int_equal(answer(&l, out, value), FW_ST_LIVE_BUSY);
		assert_memory_equal(&l, &before, sizeof(l));
		assert_int_equal(fw_live_runs(&store), FW_LIVE_RUNS - 1);
		assert_memory_equal(out, zero, 32);
	}
	for (i = 0; i < 2; i++) {
		reach(&l, early[i]);
		before = l;
		assert_int_equal(fw_live_open(&l, &opens, out, value),
		    FW_ST_LIVE_EARLY);
		assert_false(opens);
		assert_memory_equal(&l, &before, sizeof(l));
		assert_memory_equal(out, zero, 32);
	}
	for (i = FW_LIVE_IDLE; i < FW_LIVE_SHOWN; i++) {
		reach(&l, (enum fw_live_state)i);
		assert_int_equal(fw_live_check(&l, &confirm), FW_ST_LIVE_EARLY);
	}
}

/* A host that has seen r_A cannot have it opened for another r_B. */
static void
test_nonce_is_opened_once(void **state)
{
	uint8_t r1[32] = {1}, r2[32] = {2}, c[32], r_a[32], again[32] = {0};
	struct fw_live a = {0};
	bool opens;

	(void)state;
	assert_int_equal(begin(&a, c), FW_CTAP_OK);
	open_fine(&a, r_a, r1);
	assert_int_equal(fw_live_open(&a, &opens, again, r2), FW_ST_LIVE_EARLY);
	fw_live_end(&a);
	assert_int_equal(fw_live_open(&a, &opens, again, r2), FW_ST_LIVE_EARLY);
	assert_int_equal(begin(&a, c), FW_CTAP_OK);
	open_fine(&a, again, r1);
	assert_memory_not_equal(r_a, again, 32);
}

/* Any other r_A than the one A was bound to ends the run. */
static void
test_commitment_lie(void **state)
{
	struct tsw_live_party pa = alice_party(), pb = bob_party();
	uint8_t r_a[32] = {5}, c[32], r_b[32], none[32] = {0};
	struct fw_live b = {0};
	bool opens;
	int bit;

	(void)state;
	tsw_live_commit(c, &pa, &pb, r_a);
	for (bit = 0; bit < 256; bit++) {
		fw_live_refill(&store);
		assert_int_equal(answer(&b, r_b, c), FW_CTAP_OK);
		r_a[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(fw_live_open(&b, &opens, none, r_a),
		    FW_ST_LIVE_COMMITMENT);
		r_a[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_forgotten(&b);
		/* Too late for the truth. */
		assert_int_equal(fw_live_open(&b, &opens, none, r_a),
		    FW_ST_LIVE_EARLY);
	}
	fw_live_refill(&store);
	assert_int_equal(answer(&b, r_b, c), FW_CTAP_OK);
	open_fine(&b, none, r_a);
}

/* The commitment is to both parties: B who was told another peer or another
 * self sees through it. */
static void
test_commitment_binds_parties(void **state)
{
	struct tsw_live_party pa = alice_party(), pb = bob_party(), other;
	uint8_t m[TSW_LIVE_PARTY_MAX], c[32], r_b[32], none[32];
	const uint8_t r_a[32] = {5};
	struct fw_live_pair told;
	struct fw_live b = {0};
	bool opens;
	int i;

	(void)state;
	tsw_live_commit(c, &pa, &pb, r_a);
	for (i = 0; i < 6; i++) {
		other = pa;
		other.id[31] ^= i == 0;
		other.seq += i == 1;
		other.head[31] ^= i == 2;
		if (i == 3)
			other.label.len--;
		told = pair(bob, encode(m, &other));
		if (i == 4)
			told.peer.log_size = told.self.log_size = 8;
		if (i == 5)
			told.peer.root[0] = told.self.root[0] = 1;
		fw_live_refill(&store);
		assert_int_equal(fw_live_answer(&b, r_b, &env, &told, c),
		    FW_CTAP_OK);
		assert_int_equal(fw_live_open(&b, &opens, none, r_a),
		    FW_ST_LIVE_COMMITMENT);
	}
}

static void
test_pair(void **state)
{
	uint8_t m[TSW_LIVE_PARTY_MAX + 1];
	struct tsw_live_party other;
	struct fw_live_pair p;
	struct tsw_slice s;
	size_t len;
	int i;

	(void)state;
	assert_int_equal(fw_live_pair_decode(&p, alice, alice),
	    FW_ST_LIVE_PARTY);	  /* oneself */
	for (i = 0; i < 2; i++) { /* two views of the log */
		other = bob_party();
		other.log_size += i == 0;
		other.root[31] ^= i == 1;
		s = encode(m, &other);
		assert_int_equal(fw_live_pair_decode(&p, alice, s),
		    FW_ST_LIVE_PARTY);
		assert_int_equal(fw_live_pair_decode(&p, s, alice),
		    FW_ST_LIVE_PARTY);
	}
	for (len = 0; len < bob.len; len++) {
		s = (struct tsw_slice){bob.p, len};
		assert_int_equal(fw_live_pair_decode(&p, alice, s),
		    FW_ST_LIVE_PARTY);
		assert_int_equal(fw_live_pair_decode(&p, s, alice),
		    FW_ST_LIVE_PARTY);
	}
	memcpy(m, bob.p, bob.len);
	m[bob.len] = 0;
	s = (struct tsw_slice){m, bob.len + 1};
	assert_int_equal(fw_live_pair_decode(&p, alice, s), FW_ST_LIVE_PARTY);
}

/* The request is gone when the second half of the run comes. */
static void
test_labels_are_kept(void **state)
{
	struct fw_live a = {0}, b = {0};
	uint8_t c[32], r_b[32], r_a[32], none[32];

	(void)state;
	assert_int_equal(begin(&a, c), FW_CTAP_OK);
	assert_int_equal(answer(&b, r_b, c), FW_CTAP_OK);
	memset(alice_m, 0xee, sizeof(alice_m));
	memset(bob_m, 0xee, sizeof(bob_m));
	open_fine(&a, r_a, r_b);
	open_fine(&b, none, r_a);
	assert_string_equal(a.secret_code, b.secret_code);
	assert_memory_equal(a.pair.peer.label.p, "bob@example.org", 15);
}

/* No secret stays longer than its step. */
static void
test_wiped(void **state)
{
	static const uint8_t zero[32];
	uint8_t c[32], r_a[32], r_b[32] = {3};
	struct fw_live a = {0};

	(void)state;
	assert_int_equal(begin(&a, c), FW_CTAP_OK);
	assert_memory_not_equal(a.secret_nonce, zero, 32);
	open_fine(&a, r_a, r_b);
	assert_memory_equal(a.secret_nonce, zero, 32);
	fw_live_end(&a);
	assert_forgotten(&a);
}

static struct tsw_confirm
good_confirm(void)
{
	struct tsw_live_party a = alice_party(), b = bob_party();
	struct tsw_confirm m = {.seq = a.seq,
	    .contact_label = b.label,
	    .contact_seq = b.seq,
	    .method = TSW_METHOD_LIVE};

	memcpy(m.identity, a.id, sizeof(m.identity));
	memcpy(m.head, a.head, sizeof(m.head));
	memcpy(m.contact, b.id, sizeof(m.contact));
	memcpy(m.contact_head, b.head, sizeof(m.contact_head));
	m.has_checkpoint = true;
	m.checkpoint.size = b.log_size;
	memcpy(m.checkpoint.root, b.root, sizeof(b.root));
	return m;
}

/* A confirmation that differs in any single field is another one. */
static void
test_confirm_fields(void **state)
{
	struct tsw_confirm m = good_confirm();
	struct fw_live a;
	int i;

	(void)state;
	reach(&a, FW_LIVE_SHOWN);
	assert_int_equal(fw_live_check(&a, &m), FW_CTAP_OK);
	for (i = 0; i < 13; i++) {
		m = good_confirm();
		m.identity[31] ^= i == 0;
		m.seq += i == 1;
		m.head[0] ^= i == 2;
		m.contact[31] ^= i == 3;
		m.contact_seq -= i == 4;
		m.contact_head[31] ^= i == 5;
		m.contact_label.len -= i == 6;
		if (i == 7)
			m.contact_label = SLICE("bob@example.com");
		if (i >= 8 && i <= 10)
			m.method = (enum tsw_method)(i - 6);
		m.checkpoint.size += i == 11;
		m.checkpoint.root[31] ^= i == 12;
		assert_int_equal(fw_live_check(&a, &m), FW_ST_LIVE_PARTY);
	}
	m = good_confirm();
	m.has_checkpoint = false;
	assert_int_equal(fw_live_check(&a, &m), FW_CTAP_OK);
	/* Of a run without a checkpoint none can be named. */
	m = good_confirm();
	a.pair.self.log_size = a.pair.peer.log_size = 0;
	memset(a.pair.peer.root, 0, sizeof(a.pair.peer.root));
	m.checkpoint.size = 0;
	memset(m.checkpoint.root, 0, sizeof(m.checkpoint.root));
	assert_int_equal(fw_live_check(&a, &m), FW_ST_LIVE_PARTY);
	/* What the peer would sign is not what we sign. */
	memcpy(m.identity, m.contact, sizeof(m.identity));
	assert_int_equal(fw_live_check(&a, &m), FW_ST_LIVE_PARTY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_two_tokens, setup),
	    cmocka_unit_test_setup(test_token_begins_host_answers, setup),
	    cmocka_unit_test_setup(test_host_begins_token_answers, setup),
	    cmocka_unit_test_setup(test_every_wrong_step, setup),
	    cmocka_unit_test_setup(test_nonce_is_opened_once, setup),
	    cmocka_unit_test_setup(test_commitment_lie, setup),
	    cmocka_unit_test_setup(test_commitment_binds_parties, setup),
	    cmocka_unit_test_setup(test_pair, setup),
	    cmocka_unit_test_setup(test_labels_are_kept, setup),
	    cmocka_unit_test_setup(test_wiped, setup),
	    cmocka_unit_test_setup(test_confirm_fields, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
