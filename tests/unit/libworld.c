/* SPDX-License-Identifier: BSD-2-Clause */
#include "libworld.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <touchstone/wire/crypto.h>

static char folder[64], url[128];
static const char *policy; /* NULL: a folder */
static struct ts_courier courier;
uint64_t world_now;

/* Linked with --wrap: the library's clock is ours. */
uint64_t __wrap_ts_clock_now(void);
uint64_t
__wrap_ts_clock_now(void)
{
	return world_now;
}

void
world_begin(void)
{
	/* In memory where there is such a place: the tests sync a lot. */
	strcpy(folder,
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm/ts-lib-XXXXXX"
					  : "/tmp/ts-lib-XXXXXX");
	assert(mkdtemp(folder) != NULL);
	(void)snprintf(url, sizeof(url), "file://%s/dir", folder);
	assert(mkdir(url + 7, 0700) == 0);
	world_now = WORLD_START;
	policy = NULL;
	memset(&courier, 0, sizeof(courier));
}

void
world_use_log(const char *log_url, const char *log_policy, struct ts_courier by)
{
	(void)snprintf(url, sizeof(url), "%s", log_url);
	policy = log_policy;
	courier = by;
}

void
world_end(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	assert(system(command) == 0); /* NOLINT(cert-env33-c): a test */
}

const char *
world_path(char out[128], const char *name)
{
	(void)snprintf(out, 128, "%s/%s", folder, name);
	return out;
}

const char *
world_url(void)
{
	return url;
}

struct person *
person_new(const char *label, uint8_t seed)
{
	static const enum tsw_alg alg[WORLD_TOKENS] = {TSW_ALG_SK_ED25519,
	    TSW_ALG_SK_P256, TSW_ALG_SK_ED25519, TSW_ALG_SK_ED25519};
	struct person *p = calloc(1, sizeof(*p));
	size_t i;

	assert(p != NULL);
	p->label = label;
	p->plugged = (1u << WORLD_TOKENS) - 1;
	(void)snprintf(p->path, sizeof(p->path), "%s/%s-%u.db", folder, label,
	    seed);
	for (i = 0; i < WORLD_TOKENS; i++)
		p->token[i] = soft_token_new(alg[i], (uint8_t)(seed + i));
	assert(ts_store_open(&p->store, p->path) == TS_OK);
	person_connect(p);
	assert(ts_own_init(p->store, label, url, policy) == TS_OK);
	return p;
}

void
person_free(struct person *p)
{
	ts_store_free(&p->store);
	free(p);
}

int
person_reopen(struct person *p)
{
	int r;

	ts_store_free(&p->store);
	r = ts_store_open(&p->store, p->path);
	if (r == TS_OK)
		person_connect(p);
	return r;
}

void
person_connect(struct person *p)
{
	ts_store_set_courier(p->store, &courier);
}

struct ts_token
person_token(const struct person *p, size_t i, const char *name)
{
	struct tsw_token entry = soft_token_entry(&p->token[i], name);
	struct ts_token t;

	memset(&t, 0, sizeof(t));
	t.key = entry.key;
	t.role = entry.role;
	t.evidence = entry.evidence;
	(void)snprintf(t.name, sizeof(t.name), "%s", name);
	memset(t.credential, (int)i + 1, 64);
	t.credential_len = 64;
	return t;
}

size_t
person_sig(struct person *p, size_t i, enum tsw_ns ns, struct tsw_slice msg,
    uint8_t out[TSW_SSHSIG_MAX])
{
	struct tsw_sshsig sig;
	struct tsw_wr wr;

	sig = soft_token_sign(&p->token[i], ns, msg, SOFT_UP_UV, ++p->counter);
	tsw_wr_init(&wr, out, TSW_SSHSIG_MAX);
	assert(tsw_sshsig_encode(&wr, &sig) == TSW_OK);
	return tsw_wr_len(&wr);
}

int
person_sign_with(struct person *p, size_t i, bool *complete)
{
	uint8_t sig[TSW_SSHSIG_MAX];
	struct tsw_slice msg;
	struct ts_draft d;
	size_t len;
	int r;

	r = ts_draft_get(p->store, &d);
	if (r != TS_OK)
		return r;
	msg.p = d.statement;
	msg.len = d.len;
	len = person_sig(p, i, TSW_NS_ID_STATEMENT, msg, sig);
	return ts_draft_sign(p->store, complete, sig, len);
}

static const char *const name[WORLD_TOKENS] = {"daily", "backup", "third",
    "fourth"};

void
person_provision(struct person *p, size_t cnt)
{
	struct ts_token token[WORLD_TOKENS];
	bool complete = false;
	uint32_t published;
	size_t i;

	assert(cnt <= WORLD_TOKENS);
	for (i = 0; i < WORLD_TOKENS; i++)
		token[i] = person_token(p, i, name[i]);
	assert(ts_own_genesis(p->store, token, cnt, 1, 72) == TS_OK);
	for (i = 0; i < cnt; i++)
		assert(person_sign_with(p, i, &complete) == TS_OK);
	assert(complete);
	assert(ts_own_publish(p->store, &published) == TS_OK);
	assert(published == 1);
}

struct wanted {
	const struct person *p;
	size_t index; /* WORLD_TOKENS: none of those plugged in */
};

static int
first_plugged(void *arg, const struct ts_token *t)
{
	struct wanted *w = arg;
	size_t i;

	for (i = 0; i < WORLD_TOKENS; i++) {
		if ((w->p->plugged >> i & 1) != 0 &&
		    w->p->token[i].key.alg == t->key.alg &&
		    memcmp(w->p->token[i].key.data, t->key.data, t->key.len) ==
			0) {
			w->index = i;
			return 1;
		}
	}
	return 0;
}

void
person_sign(struct person *p)
{
	struct ts_draft d;
	uint32_t published;
	bool complete;
	int r;

	while ((r = ts_draft_build(p->store, &d)) == TS_OK) {
		struct wanted w = {p, WORLD_TOKENS};

		assert(ts_draft_missing(p->store, first_plugged, &w) == 1);
		assert(w.index < WORLD_TOKENS);
		assert(person_sign_with(p, w.index, &complete) == TS_OK);
	}
	assert(r == TS_ERR_NOTHING_PENDING);
	assert(ts_own_publish(p->store, &published) == TS_OK);
}

struct tsw_key
world_ssh_key(uint8_t buf[64], const char *device, uint8_t seed)
{
	struct soft_token t = soft_token_new(TSW_ALG_ED25519, seed);
	struct tsw_key key;
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, 64);
	assert(tsw_pubkey_encode(&wr, &t.key) == TSW_OK);
	memset(&key, 0, sizeof(key));
	key.app = TSW_APP_SSH;
	key.type = TSW_KEY_SSH_BLOB;
	key.device = soft_slice(device);
	key.data.p = buf;
	key.data.len = tsw_wr_len(&wr);
	key.proto = 1;
	return key;
}

void
person_add_key(struct person *p, const char *device, uint8_t seed)
{
	uint8_t buf[64];
	struct tsw_key key = world_ssh_key(buf, device, seed);

	assert(ts_queue_add_key(p->store, NULL, &key) == TS_OK);
}

void
person_add(struct person *p, const struct person *other)
{
	struct ts_contact c;

	assert(ts_contact_add(p->store, &c, other->label, NULL) == TS_OK);
	assert(c.state == TS_CONTACT_UNVERIFIED);
}

void
person_verify(struct person *p, const struct person *other, size_t i)
{
	char code[TSW_PUBLIC_CODE_LEN];
	uint8_t sig[TSW_SSHSIG_MAX];
	struct ts_confirm confirm;
	struct tsw_slice msg;
	size_t len;

	assert(ts_code_own(other->store, code) == TS_OK);
	assert(ts_confirm_build(p->store, &confirm, other->label,
		   TSW_METHOD_PUBLIC_CODE, code) == TS_OK);
	msg.p = confirm.statement;
	msg.len = confirm.len;
	len = person_sig(p, i, TSW_NS_ID_CONFIRM, msg, sig);
	assert(ts_confirm_store(p->store, &confirm, sig, len) == TS_OK);
}

struct counting {
	enum ts_alert_code code;
	const char *label; /* NULL: any code and label */
	size_t cnt;
};

static int
count_one(void *arg, const struct ts_alert *a)
{
	struct counting *c = arg;

	if (c->label == NULL ||
	    (a->code == c->code && strcmp(a->contact, c->label) == 0))
		c->cnt++;
	return 0;
}

size_t
count_alerts(struct person *p, enum ts_alert_code code, const char *label)
{
	struct counting c = {code, label, 0};

	assert(ts_alert_each(p->store, false, count_one, &c) == TS_OK);
	return c.cnt;
}

size_t
count_all_alerts(struct person *p)
{
	struct counting c = {TS_ALERT_FORK, NULL, 0};

	assert(ts_alert_each(p->store, false, count_one, &c) == TS_OK);
	return c.cnt;
}

static int
first_open(void *arg, const struct ts_alert *a)
{
	*(uint32_t *)arg = a->id;
	return 1;
}

void
close_alerts(struct person *p)
{
	uint32_t id;

	while (ts_alert_each(p->store, false, first_open, &id) == 1)
		assert(ts_alert_close(p->store, NULL, id) == TS_OK);
}

void
record_path(char out[256], const char *label, uint32_t number)
{
	struct tsw_slice s = soft_slice(label);
	char hex[65];
	uint8_t hash[32];

	tsw_sha256(hash, &s, 1);
	ts_hex_encode(hex, hash, sizeof(hash));
	(void)snprintf(out, 256, "%s/dir/v1/%s/%08u.rec", folder, hex, number);
}

size_t
record_read(uint8_t *buf, size_t size, const char *label, uint32_t number)
{
	char path[256];
	size_t len;
	FILE *f;

	record_path(path, label, number);
	f = fopen(path, "rb");
	assert(f != NULL);
	len = fread(buf, 1, size, f);
	(void)fclose(f);
	return len;
}

void
record_write(const char *label, uint32_t number, const uint8_t *p, size_t len)
{
	char path[256];
	FILE *f;

	record_path(path, label, number);
	f = fopen(path, "wb");
	assert(f != NULL && fwrite(p, 1, len, f) == len);
	assert(fclose(f) == 0);
}

void
record_remove(const char *label, uint32_t number)
{
	char path[256];

	record_path(path, label, number);
	assert(unlink(path) == 0);
}

size_t
record_count(const char *label)
{
	char path[256];
	uint32_t n = 0;

	for (;; n++) {
		record_path(path, label, n);
		if (access(path, F_OK) != 0)
			return n;
	}
}

size_t
world_update(uint8_t out[TSW_ENVELOPE_MAX], const struct tsw_chain *chain,
    const char *device, const struct soft_token *signer)
{
	uint8_t blob[64], bytes[TSW_STATEMENT_MAX], sigbuf[TSW_SSHSIG_MAX];
	struct tsw_statement st;
	struct tsw_envelope env;
	struct tsw_sshsig sig;
	struct tsw_wr wr;

	memset(&st, 0, sizeof(st));
	memset(&env, 0, sizeof(env));
	st.kind = TSW_KIND_UPDATE;
	st.time = chain->time + 1;
	memcpy(st.u.update.identity, chain->id, 32);
	st.u.update.seq = chain->seq + 1;
	memcpy(st.u.update.prev, chain->head, 32);
	st.u.update.op_cnt = 1;
	st.u.update.op[0].kind = TSW_OP_ADD_KEY;
	st.u.update.op[0].key = world_ssh_key(blob, device, 99);
	tsw_wr_init(&wr, bytes, sizeof(bytes));
	assert(tsw_statement_encode(&wr, &st) == TSW_OK);
	env.statement.p = bytes;
	env.statement.len = tsw_wr_len(&wr);
	sig = soft_token_sign(signer, TSW_NS_ID_STATEMENT, env.statement,
	    SOFT_UP_UV, 1000);
	tsw_wr_init(&wr, sigbuf, sizeof(sigbuf));
	assert(tsw_sshsig_encode(&wr, &sig) == TSW_OK);
	env.sig[0].p = sigbuf;
	env.sig[0].len = tsw_wr_len(&wr);
	env.sig_cnt = 1;
	tsw_wr_init(&wr, out, TSW_ENVELOPE_MAX);
	assert(tsw_envelope_encode(&wr, &env) == TSW_OK);
	return tsw_wr_len(&wr);
}

struct tsw_chain
world_past(const char *label)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	struct tsw_envelope env;
	struct tsw_chain chain;
	size_t len;

	tsw_chain_init(&chain);
	len = record_read(rec, sizeof(rec), label, 0);
	assert(tsw_envelope_decode(&env, rec, len) == TSW_OK);
	assert(tsw_chain_step(&chain, NULL, &env, world_now) == TSW_OK);
	return chain;
}

void
world_pair(struct person **alice, struct person **bob)
{
	world_begin();
	world_people(alice, bob);
}

void
world_people(struct person **alice, struct person **bob)
{
	*alice = person_new("alice@example.org", 10);
	*bob = person_new(BOB, 20);
	person_provision(*alice, 2);
	person_provision(*bob, 2);
	person_add_key(*bob, "laptop", 40);
	person_sign(*bob);
	person_add(*alice, *bob);
	person_verify(*alice, *bob, 0);
}
