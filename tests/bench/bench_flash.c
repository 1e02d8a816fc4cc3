/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: bench_flash ROUNDS
 *
 * What a token writes to its flash: bytes for one statement with its PIN, one
 * confirmation, one FIDO login, one power-up; then the erasures of days of use
 * on one flash, tidying up included, to see how even it wears and how long it
 * lasts.
 */
#include <string.h>

#include <touchstone/wire/sshsig.h>

#include "bench.h"
#include "tokenview.h"

#define PIN "1234"
#define DAYS_CNT 30
#define SIGNATURES_A_DAY 100
#define POWER_UPS_A_DAY 4

static uint8_t cred[FW_CRED_ID_LEN], token[32], handle[32];
static struct tsw_pubkey key;
static uint8_t identity[32], head[32];
static uint32_t seq;

static struct tsw_slice
words(const char *s)
{
	return (struct tsw_slice){(const uint8_t *)s, strlen(s)};
}

static void
get_token(void)
{
	bench_need(ctapclient_token(&rig.client, token, FW_PINPROTO_TWO, PIN,
		       TSW_APPLET_RP_ID) == FW_CTAP_OK,
	    "no pinUvAuthToken");
}

static void
sign(enum tsw_applet_cmd id, const struct tsw_statement *st, bool pin)
{
	uint8_t text[TSW_STATEMENT_MAX];
	struct applet_cmd cmd = {.cmd = id, .handle = handle, .proto = 2};
	struct applet_answer answer;
	struct tsw_wr wr;

	tsw_wr_init(&wr, text, sizeof(text));
	bench_need(tsw_statement_encode(&wr, st) == TSW_OK, "no statement");
	cmd.statement = (struct tsw_slice){text, tsw_wr_len(&wr)};
	cmd.token = pin ? token : NULL;
	bench_need(view_applet(&answer, &cmd) == FW_CTAP_OK, "not signed");
	if (id != TSW_APPLET_SIGN)
		return;
	tsw_statement_hash(head, text, tsw_wr_len(&wr));
	if (st->kind == TSW_KIND_GENESIS)
		memcpy(identity, head, sizeof(identity));
}

static void
genesis(void)
{
	struct tsw_statement st = {.kind = TSW_KIND_GENESIS, .time = 1};
	struct tsw_genesis *g = &st.u.genesis;

	g->label = words("alice@example.org");
	g->token[0].key = key;
	g->token[0].role = TSW_ROLE_SIGNER;
	g->token[0].evidence = TSW_EVIDENCE_FIDO_UV;
	g->token[0].name = words("daily");
	g->token_cnt = 1;
	g->threshold = 1;
	g->timelock_h = 72;
	get_token();
	sign(TSW_APPLET_SIGN, &st, true);
}

static void
statement(void)
{
	struct tsw_statement st = {.kind = TSW_KIND_UPDATE, .time = 2};
	struct tsw_update *u = &st.u.update;

	memcpy(u->identity, identity, 32);
	memcpy(u->prev, head, 32);
	u->seq = ++seq;
	u->op[0].kind = TSW_OP_SET_POLICY;
	u->op[0].threshold = 1;
	u->op[0].timelock_h = 24;
	u->op_cnt = 1;
	get_token();
	sign(TSW_APPLET_SIGN, &st, true);
}

static void
confirmation(void)
{
	struct tsw_statement st = {.kind = TSW_KIND_CONFIRM, .time = 3};
	struct tsw_confirm *c = &st.u.confirm;

	memcpy(c->identity, identity, 32);
	memcpy(c->head, head, 32);
	c->seq = seq;
	memset(c->contact, 7, 32);
	c->contact_label = words("bob@example.org");
	c->method = TSW_METHOD_PUBLIC_CODE;
	sign(TSW_APPLET_CONFIRM, &st, false);
}

static void
login(void)
{
	struct ctapclient_cmd cmd = {.rp = "site.example",
	    .list_id = {cred, sizeof(cred)}};

	bench_need(ctapclient_assert(&rig.client, &cmd) == FW_CTAP_OK,
	    "no login");
}

/* A PIN, a credential, a key that has signed its genesis. */
static void
provision(void)
{
	struct ctapclient_cmd make = {.rp = "site.example",
	    .user = "alice",
	    .alg = FW_COSE_EDDSA};
	struct applet_cmd create = {.cmd = TSW_APPLET_CREATE,
	    .alg = TSW_ALG_SK_ED25519,
	    .token = token,
	    .proto = 2};
	struct applet_answer answer;

	rig_new();
	bench_need(ctapclient_make(&rig.client, cred, &make) == FW_CTAP_OK &&
		ctapclient_set_pin(&rig.client, FW_PINPROTO_TWO, PIN) ==
		    FW_CTAP_OK,
	    "not set up");
	get_token();
	bench_need(view_applet(&answer, &create) == FW_CTAP_OK, "no key");
	key = answer.key;
	tsw_token_id(handle, &key);
	genesis();
}

/* Bytes written by one of these, so many times. */
static void
count(const char *name, void (*act)(void), size_t rounds)
{
	struct bench_samples bytes;
	long programs;

	bench_init(&bytes, name);
	for (; rounds > 0; rounds--) {
		programs = memboard.programs;
		act();
		bench_add(&bytes,
		    (double)(memboard.programs - programs) *
			HAL_FLASH_UNIT_LEN);
	}
	bench_report(&bytes, "bytes");
}

/* Days of use; the worst page decides how long the flash lasts. */
static void
days(void)
{
	struct bench_samples worst, mean, erases;
	long most = 0, all = memboard.erases, worn[MEMBOARD_PAGE_CNT];
	unsigned int day, i;

	memcpy(worn, memboard.worn, sizeof(worn));
	for (day = 0; day < DAYS_CNT; day++)
		for (i = 0; i < SIGNATURES_A_DAY; i++) {
			if (i % (SIGNATURES_A_DAY / POWER_UPS_A_DAY) == 0)
				rig_plug();
			statement();
		}
	for (i = 0; i < MEMBOARD_PAGE_CNT; i++)
		if (memboard.worn[i] - worn[i] > most)
			most = memboard.worn[i] - worn[i];
	all = memboard.erases - all;
	bench_init(&erases, "flash.thousand");
	bench_add(&erases, (double)all * 1000 / (DAYS_CNT * SIGNATURES_A_DAY));
	bench_report(&erases, "erases");
	bench_init(&worst, "flash.day.worst");
	bench_add(&worst, (double)most / DAYS_CNT);
	bench_report(&worst, "erases");
	bench_init(&mean, "flash.day.mean");
	bench_add(&mean, (double)all / DAYS_CNT / MEMBOARD_PAGE_CNT);
	bench_report(&mean, "erases");
}

int
main(int argc, char **argv)
{
	size_t rounds;

	bench_need(argc == 2, "usage: bench_flash ROUNDS");
	rounds = bench_number(argv[1]);
	provision();
	count("flash.statement", statement, rounds);
	count("flash.confirm", confirmation, rounds);
	count("flash.login", login, rounds);
	count("flash.plug", rig_plug, rounds);
	days();
	return 0;
}
