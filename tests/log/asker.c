/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of a directory without its network, for tests: it makes identities
 * with software tokens, signs statements, encodes requests, and checks answers
 * as any client has to.  One command a line, bytes in hexadecimal ("-" for
 * none), one line back; whoever runs it carries the bytes.
 *
 *	policy TEXT			what it trusts; forgets what it saw
 *	genesis LABEL SEED TIME		envelope; the chain goes on from it
 *	update LABEL SEED		envelope of the next statement
 *	back LABEL			the last statement was never made
 *	code LABEL			public code of the identity
 *	submit LABEL NUMBER ENVELOPE INVITATION BUNDLE...
 *	lookup LABEL FROM		the size it knows is in it
 *	page LABEL FROM PAGE		"ok RECORDS LAST ENTRIES SIZE" or an
 *error place ANSWER			leaf
 *	refused ANSWER			"NAME ERR TEXT"
 *	span FROM TO
 *	consistent FROM TO ANSWER	against what it knows at TO: root at
 *FROM box ANSWER			"NUMBER BYTES ..." forget
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <touchstone/wire/chain.h>
#include <touchstone/wire/code.h>

#include "log/latest.h"
#include "softtoken.h"

#define LINE_MAX_LEN (2 * TS_PAGE_MAX + 1024)
#define WORDS_CNT 16
#define PEOPLE_CNT 256
#define TOKENS_CNT 2

struct person {
	char label[TSW_LABEL_MAX + 1];
	struct soft_token token[TOKENS_CNT];
	struct tsw_chain chain, before;
	uint32_t updates;
};

static struct person people[PEOPLE_CNT];
static size_t people_cnt;
static uint32_t counter;
static struct ts_policy *policy;
static struct ts_log_view view;
static struct ts_lookup lookup; /* of the last lookup */

/* --- Words --- */

static char *word[WORDS_CNT];
static size_t word_cnt;
static uint8_t bytes[WORDS_CNT][TS_PAGE_MAX];

static void
split(char *line)
{
	char *next = NULL, *w = strtok_r(line, " \n", &next);

	word_cnt = 0;
	while (w != NULL && word_cnt < WORDS_CNT) {
		word[word_cnt++] = w;
		w = strtok_r(NULL, " \n", &next);
	}
	while (w == NULL && word_cnt < WORDS_CNT)
		word[word_cnt++] = NULL;
}

static uint64_t
number(size_t i)
{
	return word[i] == NULL ? 0 : strtoull(word[i], NULL, 10);
}

static struct tsw_slice
text(size_t i)
{
	return soft_slice(word[i] == NULL ? "" : word[i]);
}

static struct tsw_slice
unhex(size_t i)
{
	static const char digits[] = "0123456789abcdef";
	struct tsw_slice s = {bytes[i], 0};
	const char *p = word[i], *hi, *lo;

	if (p == NULL || strcmp(p, "-") == 0)
		return s;
	for (; p[0] != '\0' && p[1] != '\0' && s.len < TS_PAGE_MAX; p += 2) {
		hi = strchr(digits, p[0]);
		lo = strchr(digits, p[1]);
		if (hi == NULL || lo == NULL)
			break;
		bytes[i][s.len++] =
		    (uint8_t)((hi - digits) << 4 | (lo - digits));
	}
	return s;
}

static void
say_hex(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		printf("%02x", p[i]);
	if (len == 0)
		printf("-");
}

static int
say(const uint8_t *p, size_t len)
{
	if (len == 0)
		return TS_ERR_ARGUMENT;
	say_hex(p, len);
	return TS_OK;
}

static int
say_error(int r)
{
	const char *name = ts_errname(r);

	printf("error %s", name);
	return TS_OK;
}

/* --- People --- */

static struct person *
find_person(void)
{
	size_t i;

	for (i = 0; i < people_cnt; i++) {
		if (strcmp(people[i].label, word[1]) == 0)
			return &people[i];
	}
	if (people_cnt == PEOPLE_CNT || strlen(word[1]) > TSW_LABEL_MAX)
		return NULL;
	(void)snprintf(people[people_cnt].label, sizeof(people[0].label), "%s",
	    word[1]);
	return &people[people_cnt++];
}

/* Sign with both tokens, say the envelope, and move the chain on. */
static int
sign_and_say(struct person *p, const struct tsw_statement *st, size_t signers)
{
	static uint8_t sig[TOKENS_CNT][TSW_SSHSIG_MAX], out[TSW_ENVELOPE_MAX];
	static uint8_t statement[TSW_STATEMENT_MAX];
	struct tsw_envelope env;
	struct tsw_sshsig one;
	struct tsw_wr wr;
	size_t i;
	int r;

	memset(&env, 0, sizeof(env));
	tsw_wr_init(&wr, statement, sizeof(statement));
	r = tsw_statement_encode(&wr, st);
	if (r != TSW_OK)
		return r;
	env.statement = (struct tsw_slice){statement, tsw_wr_len(&wr)};
	for (i = 0; i < signers; i++) {
		one = soft_token_sign(&p->token[i], TSW_NS_ID_STATEMENT,
		    env.statement, SOFT_UP_UV, ++counter);
		tsw_wr_init(&wr, sig[i], sizeof(sig[i]));
		r = tsw_sshsig_encode(&wr, &one);
		if (r != TSW_OK)
			return r;
		env.sig[i] = (struct tsw_slice){sig[i], tsw_wr_len(&wr)};
	}
	env.sig_cnt = (uint8_t)signers;
	p->before = p->chain;
	r = tsw_chain_preview(&p->chain, env.statement, st->time);
	if (r != TSW_OK)
		return r;
	tsw_wr_init(&wr, out, sizeof(out));
	r = tsw_envelope_encode(&wr, &env);
	return r == TSW_OK ? say(out, tsw_wr_len(&wr)) : r;
}

static int
do_genesis(void)
{
	struct person *p = find_person();
	struct tsw_statement st;
	uint8_t seed = (uint8_t)number(2);

	if (p == NULL)
		return TS_ERR_ARGUMENT;
	p->token[0] = soft_token_new(TSW_ALG_SK_ED25519, seed);
	p->token[1] = soft_token_new(TSW_ALG_SK_ED25519, (uint8_t)(seed + 1));
	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_GENESIS;
	st.time = number(3);
	st.u.genesis.label = soft_slice(p->label);
	st.u.genesis.token[0] = soft_token_entry(&p->token[0], "one");
	st.u.genesis.token[1] = soft_token_entry(&p->token[1], "two");
	st.u.genesis.token[1].role = TSW_ROLE_RECOVERY;
	st.u.genesis.token_cnt = TOKENS_CNT;
	st.u.genesis.threshold = 1;
	st.u.genesis.timelock_h = 72;
	tsw_chain_init(&p->chain);
	return sign_and_say(p, &st, TOKENS_CNT);
}

/* A key comes, and the next time it goes: so a chain can be long. */
static int
do_update(void)
{
	struct person *p = find_person();
	struct tsw_statement st;
	struct tsw_key key;
	int r;

	if (p == NULL || p->chain.state == TSW_CHAIN_EMPTY)
		return TS_ERR_ARGUMENT;
	p->token[0] = soft_token_new(TSW_ALG_SK_ED25519, (uint8_t)number(2));
	memset(&key, 0, sizeof(key));
	key.app = TSW_APP_RAW;
	key.type = TSW_KEY_RAW;
	key.device = soft_slice("laptop");
	key.data = soft_slice("data");
	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_UPDATE;
	st.time = p->chain.time + 1;
	memcpy(st.u.update.identity, p->chain.id, TSW_ID_LEN);
	memcpy(st.u.update.prev, p->chain.head, TSW_HASH_LEN);
	st.u.update.seq = p->chain.seq + 1;
	st.u.update.op_cnt = 1;
	if (p->chain.key_cnt == 0) {
		st.u.update.op[0].kind = TSW_OP_ADD_KEY;
		st.u.update.op[0].key = key;
	} else {
		st.u.update.op[0].kind = TSW_OP_REVOKE_KEY;
		r = tsw_key_id(st.u.update.op[0].id, &key);
		if (r != TSW_OK)
			return r;
	}
	return sign_and_say(p, &st, 1);
}

static int
do_back(void)
{
	struct person *p = find_person();

	if (p == NULL)
		return TS_ERR_ARGUMENT;
	p->chain = p->before;
	printf("ok");
	return TS_OK;
}

static int
do_code(void)
{
	struct person *p = find_person();
	char code[TSW_PUBLIC_CODE_LEN];
	int r;

	if (p == NULL)
		return TS_ERR_ARGUMENT;
	r = tsw_public_code(code, p->chain.id);
	if (r == TSW_OK)
		printf("%s", code);
	return r;
}

/* --- Requests --- */

static int
do_submit(void)
{
	static uint8_t out[TS_SUBMIT_MAX];
	struct ts_submit m;
	size_t i;

	memset(&m, 0, sizeof(m));
	m.label = text(1);
	m.number = (uint32_t)number(2);
	m.envelope = unhex(3);
	if (word[4] != NULL && strcmp(word[4], "-") != 0)
		m.invitation = text(4);
	for (i = 5; word[i] != NULL && m.bundle_cnt < TS_SUBMIT_BUNDLES_CNT;
	     i++)
		m.bundle[m.bundle_cnt++] = unhex(i);
	return say(out, ts_submit_encode(out, sizeof(out), &m));
}

static void
read_lookup(void)
{
	memset(&lookup, 0, sizeof(lookup));
	lookup.label = text(1);
	lookup.from = (uint32_t)number(2);
	lookup.has_size = view.known;
	lookup.size = view.head.size;
}

static int
do_lookup(void)
{
	uint8_t out[TS_REQUEST_MAX];

	read_lookup();
	return say(out, ts_lookup_encode(out, sizeof(out), &lookup));
}

static int
do_span(void)
{
	uint8_t out[TS_REQUEST_MAX];

	return say(out, ts_span_encode(out, sizeof(out), number(1), number(2)));
}

/* --- Answers --- */

static int
do_policy(void)
{
	const struct tsw_slice s = unhex(1);
	int r;

	ts_policy_free(&policy);
	memset(&view, 0, sizeof(view));
	r = ts_policy_new(&policy, s, NULL);
	if (r == TS_OK)
		printf("ok");
	return r;
}

static int
do_page(void)
{
	static struct ts_page page;
	struct ts_seen seen;
	int r;

	read_lookup();
	if (policy == NULL)
		return TS_ERR_ARGUMENT;
	r = ts_page_decode(&page, unhex(3));
	if (r == TS_OK)
		r = ts_latest_check(&view, &seen, policy, &lookup, &page,
		    (uint64_t)time(NULL));
	if (r == TS_OK)
		printf("ok %zu %d %llu %llu", page.record_cnt,
		    page.absence.there, (unsigned long long)page.entries,
		    (unsigned long long)view.head.size);
	return r;
}

static int
do_place(void)
{
	uint64_t leaf = 0;
	int r = ts_place_reply_decode(&leaf, unhex(1));

	if (r == TS_OK)
		printf("%llu", (unsigned long long)leaf);
	return r;
}

static int
do_refused(void)
{
	static const char *const name[] = {
#define X(word, n, http, sentence) [n] = #word,
#include "log/refusal.def"
#undef X
	};
	struct ts_refused m;
	int r = ts_refused_decode(&m, unhex(1));

	if (r == TS_OK)
		printf("%s %u %s", name[m.code], m.err, m.text);
	return r;
}

static int
do_consistent(void)
{
	struct ts_tree_head older = {.size = number(1)};
	struct ts_consistency m;
	int r = ts_consistency_decode(&m, unhex(3));

	if (r == TS_OK && number(2) != view.head.size)
		r = TS_ERR_ARGUMENT;
	if (r != TS_OK)
		return r;
	memcpy(older.root, m.root, sizeof(older.root));
	r = ts_tree_check_consistency(&older, &view.head, m.proof);
	if (r == TS_OK)
		say_hex(m.root, sizeof(m.root));
	return r;
}

static int
do_box(void)
{
	struct ts_box box;
	size_t i;
	int r = ts_box_decode(&box, unhex(1));

	if (r != TS_OK)
		return r;
	printf("%zu", box.cnt);
	for (i = 0; i < box.cnt; i++) {
		printf(" %u ", box.message[i].number);
		say_hex(box.message[i].bytes.p, box.message[i].bytes.len);
	}
	return TS_OK;
}

static int
do_forget(void)
{
	memset(&view, 0, sizeof(view));
	printf("ok");
	return TS_OK;
}

/* --- */

static const struct {
	const char *name;
	size_t words; /* at least, with its own */
	int (*fn)(void);
} verbs[] = {{"policy", 2, do_policy}, {"genesis", 4, do_genesis},
    {"update", 3, do_update}, {"back", 2, do_back}, {"code", 2, do_code},
    {"submit", 4, do_submit}, {"lookup", 3, do_lookup}, {"page", 4, do_page},
    {"place", 2, do_place}, {"refused", 2, do_refused}, {"span", 3, do_span},
    {"consistent", 4, do_consistent}, {"box", 2, do_box},
    {"forget", 1, do_forget}};

static int
run(void)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (word[0] != NULL && strcmp(word[0], verbs[i].name) == 0)
			return word[verbs[i].words - 1] == NULL
			    ? TS_ERR_ARGUMENT
			    : verbs[i].fn();
	}
	return TS_ERR_ARGUMENT;
}

int
main(void)
{
	char *line = malloc(LINE_MAX_LEN);
	int r;

	while (line != NULL && fgets(line, LINE_MAX_LEN, stdin) != NULL) {
		split(line);
		r = run();
		if (r != TS_OK)
			(void)say_error(r);
		printf("\n");
		(void)fflush(stdout);
	}
	free(line);
	ts_policy_free(&policy);
	return 0;
}
