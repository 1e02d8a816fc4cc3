/* SPDX-License-Identifier: BSD-2-Clause */
/* What leaves the library verifies with stock ssh-keygen. */
#include "libworld.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct person *alice, *bob;

static int
setup(void **state)
{
	(void)state;
	world_pair(&alice, &bob);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	person_free(alice);
	person_free(bob);
	world_end();
	return 0;
}

static void
write_file(const char *name, const void *p, size_t len)
{
	char path[128];
	FILE *f = fopen(world_path(path, name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int
run(const char *format, const char *label, const char *ns)
{
	char command[1024], signers[128], sig[128], msg[128];

	(void)snprintf(command, sizeof(command),
	    "ssh-keygen -Y verify -f '%s' -I '%s' -n '%s' -s '%s' <'%s' "
	    ">/dev/null 2>&1",
	    world_path(signers, "signers"), label, ns, world_path(sig, "sig"),
	    world_path(msg, format));
	return system(command); /* NOLINT(cert-env33-c): a test */
}

struct counted {
	const char *label;
	size_t genesis, update, confirm, signatures;
};

static int
check_one(void *arg, const struct ts_exported *e)
{
	bool confirm = e->kind == TSW_KIND_CONFIRM;
	const char *ns = confirm ? TSW_NS_CONFIRM : TSW_NS_STATEMENT;
	struct counted *c = arg;
	uint8_t hash[32];
	struct ts_text t;
	size_t i;

	c->genesis += e->kind == TSW_KIND_GENESIS;
	c->update += e->kind == TSW_KIND_UPDATE;
	c->confirm += confirm;
	tsw_statement_hash(hash, e->envelope.statement.p,
	    e->envelope.statement.len);
	assert_memory_equal(hash, e->hash, sizeof(hash));
	assert_non_null(e->words);
	assert_non_null(strchr(e->words, '\n'));
	write_file("msg", e->envelope.statement.p, e->envelope.statement.len);
	for (i = 0; i < e->envelope.sig_cnt; i++) {
		ts_text_init(&t);
		assert_int_equal(ts_armor(&t, e->envelope.sig[i].p,
				     e->envelope.sig[i].len),
		    TS_OK);
		write_file("sig", t.p, t.len);
		ts_text_wipe(&t);
		assert_int_equal(run("msg", c->label, ns), 0);
		/* Not for the other purpose, not by somebody else. */
		assert_int_not_equal(run("msg", c->label,
					 confirm ? TSW_NS_STATEMENT
						 : TSW_NS_CONFIRM),
		    0);
		assert_int_not_equal(run("msg", "mallory", ns), 0);
		c->signatures++;
	}
	return 0;
}

/* Whether ssh-keygen is there; a test without it is skipped, and says so. */
static void
need_ssh_keygen(void)
{
	/* NOLINTNEXTLINE(cert-env33-c): a test */
	if (system("command -v ssh-keygen >/dev/null") != 0)
		skip();
}

static void
everything_signed_verifies_with_ssh_keygen(void **state)
{
	struct counted c = {alice->label, 0, 0, 0, 0};
	struct ts_text t;

	(void)state;
	need_ssh_keygen();
	person_add_key(alice, "laptop", 50);
	person_sign(alice);
	assert_int_equal(ts_queue_retire(alice->store, NULL, "daily"), TS_OK);
	alice->plugged = 2;
	person_sign(alice);
	ts_text_init(&t);
	assert_int_equal(ts_export_own_signers(alice->store, &t), TS_OK);
	write_file("signers", t.p, t.len);
	ts_text_wipe(&t);
	assert_int_equal(ts_export_each(alice->store, check_one, &c), TS_OK);
	assert_int_equal(c.genesis, 1);
	assert_int_equal(c.update, 2);
	assert_int_equal(c.confirm, 1);
	assert_int_equal(c.signatures, 5);
}

static size_t
count_lines(const char *text, const char *with)
{
	size_t cnt = 0;

	for (; (text = strstr(text, with)) != NULL; text++)
		cnt++;
	return cnt;
}

static void
allowed_signers_lists_only_the_verified(void **state)
{
	struct person *carol = person_new("carol", 70);
	struct ts_text t;

	(void)state;
	person_provision(carol, 1);
	person_add_key(carol, "laptop", 71);
	person_sign(carol);
	person_add(alice, carol);
	person_add_key(alice, "laptop", 50);
	person_sign(alice);
	ts_text_init(&t);
	assert_int_equal(ts_export_allowed_signers(alice->store, &t), TS_OK);
	assert_int_equal(count_lines(t.p, "\n"), 6);
	assert_int_equal(count_lines(t.p, "carol"), 0);
	assert_int_equal(count_lines(t.p,
			     BOB " namespaces=\"" TSW_NS_STATEMENT
				 "," TSW_NS_CONFIRM "\" "
				 "sk-ssh-ed25519@openssh.com AAAA"),
	    1);
	assert_int_equal(count_lines(t.p,
			     BOB " namespaces=\"git,file\" ssh-ed25519 AAAA"),
	    1);
	assert_int_equal(count_lines(t.p,
			     "alice@example.org namespaces=\"git,file\" "),
	    1);
	ts_text_wipe(&t);
	/* Blocked: gone. */
	record_remove(BOB, 1);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(ts_export_allowed_signers(alice->store, &t), TS_OK);
	assert_int_equal(count_lines(t.p, BOB), 0);
	ts_text_wipe(&t);
	person_free(carol);
}

/* Bob signs a file with the ssh key of his laptop; alice checks it. */
static void
app_key_verifies_files(void **state)
{
	char command[512], key[128], path[128];
	struct ts_keyfile f;
	struct ts_text t;
	struct tsw_key k;
	uint8_t pub[1024];
	FILE *file;
	size_t len;

	(void)state;
	need_ssh_keygen();
	(void)snprintf(command, sizeof(command),
	    "ssh-keygen -q -t ed25519 -N '' -f '%s'", world_path(key, "key"));
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
	file = fopen(world_path(path, "key.pub"), "r");
	assert_non_null(file);
	len = fread(pub, 1, sizeof(pub), file);
	(void)fclose(file);
	assert_int_equal(ts_keyfile_parse(&f, TSW_APP_SSH, pub, len), TS_OK);
	memset(&k, 0, sizeof(k));
	k.app = f.app;
	k.type = f.type;
	k.device = soft_slice("phone");
	k.data.p = f.data;
	k.data.len = f.len;
	k.proto = 1;
	assert_int_equal(ts_queue_add_key(bob->store, NULL, &k), TS_OK);
	person_sign(bob);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	ts_text_init(&t);
	assert_int_equal(ts_export_allowed_signers(alice->store, &t), TS_OK);
	write_file("signers", t.p, t.len);
	ts_text_wipe(&t);
	write_file("msg", "hello", 5);
	(void)snprintf(command, sizeof(command),
	    "ssh-keygen -q -Y sign -f '%s' -n file <'%s' >'%s' 2>/dev/null",
	    key, world_path(path, "msg"), world_path((char[128]){0}, "sig"));
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
	assert_int_equal(run("msg", BOB, "file"), 0);
	assert_int_not_equal(run("msg", BOB, TSW_NS_STATEMENT), 0);
}

static void
statements_are_described(void **state)
{
	struct ts_token token = person_token(alice, 2, "third");
	struct ts_draft d;
	struct ts_text t;

	(void)state;
	person_add_key(alice, "laptop", 50);
	assert_int_equal(ts_queue_enrol(alice->store, NULL, &token), TS_OK);
	assert_int_equal(ts_queue_verification(alice->store, NULL, true),
	    TS_OK);
	assert_int_equal(ts_queue_policy(alice->store, NULL, 2, 48), TS_OK);
	assert_int_equal(ts_queue_retire(alice->store, NULL, "daily"), TS_OK);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	ts_text_init(&t);
	assert_int_equal(ts_describe_statement(&t, ts_own_chain(alice->store),
			     d.statement, d.len),
	    TS_OK);
	assert_int_equal(count_lines(t.p, "\n"), 5);
	assert_int_equal(count_lines(t.p, "add key: ssh on laptop, ED25519 "),
	    1);
	assert_int_equal(count_lines(t.p,
			     "enrol token \"third\" as signer, "
			     "sk-ed25519 SHA256:"),
	    1);
	assert_int_equal(count_lines(t.p, "verification ON"), 1);
	assert_int_equal(count_lines(t.p, "2 token(s) must sign"), 1);
	assert_int_equal(count_lines(t.p, "retire token \"daily\"\n"), 1);
	assert_int_not_equal(ts_describe_statement(&t, NULL, d.statement,
				 d.len - 1),
	    TS_OK);
	ts_text_wipe(&t);
}

static void
described_as(const struct tsw_statement *st, const char *words)
{
	uint8_t b[TSW_STATEMENT_MAX];
	struct ts_text t;
	struct tsw_wr wr;

	tsw_wr_init(&wr, b, sizeof(b));
	assert_int_equal(tsw_statement_encode(&wr, st), TSW_OK);
	ts_text_init(&t);
	assert_int_equal(ts_describe_statement(&t, NULL, b, tsw_wr_len(&wr)),
	    TS_OK);
	assert_non_null(strstr(t.p, words));
	assert_int_equal(count_lines(t.p, "\n"), 1);
	ts_text_wipe(&t);
}

/* What only tokens with our firmware are asked, or say of themselves. */
static void
words_for_our_tokens(void **state)
{
	struct soft_token key = soft_token_new(TSW_ALG_SK_ED25519, 3);
	struct soft_token device = soft_token_new(TSW_ALG_ED25519, 4);
	uint8_t room[TSW_ATTESTATION_LEN];
	struct tsw_statement st;

	(void)state;
	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_IMPORT;
	st.u.import.from_seq = 3;
	st.u.import.seq = 5;
	memset(st.u.import.head, 0xab, sizeof(st.u.import.head));
	described_as(&st,
	    "take over the head of statement 5, abababababababab, and leave "
	    "that of statement 3\n");
	st.u.import.seq = 3;
	described_as(&st,
	    "statement 3, abababababababab, and leave another "
	    "statement 3\n");
	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_UPDATE;
	st.u.update.seq = 1;
	st.u.update.op_cnt = 1;
	st.u.update.op[0].kind = TSW_OP_ENROL_TOKEN;
	st.u.update.op[0].token =
	    soft_token_attested(room, &key, &device, "ours");
	described_as(&st, ", attests firmware 2222222222222222\n");
}

static void
words_for_attested_cards(void **state)
{
	struct soft_token key = soft_token_new(TSW_ALG_P256, 3);
	uint8_t hash[TSW_HASH_LEN];
	struct tsw_statement st;
	struct tsw_token *t = &st.u.update.op[0].token;

	(void)state;
	memset(&st, 0, sizeof(st));
	memset(hash, 0xc3, sizeof(hash));
	st.kind = TSW_KIND_UPDATE;
	st.u.update.seq = 1;
	st.u.update.op_cnt = 1;
	st.u.update.op[0].kind = TSW_OP_ENROL_TOKEN;
	*t = soft_token_entry(&key, "piv");
	t->evidence = TSW_EVIDENCE_CARD_ATTESTED;
	t->attestation.p = hash;
	t->attestation.len = sizeof(hash);
	described_as(&st,
	    ", attested by its card in bundle c3c3c3c3c3c3c3c3\n");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(everything_signed_verifies_with_ssh_keygen),
	    T(allowed_signers_lists_only_the_verified),
	    T(app_key_verifies_files),
	    T(statements_are_described),
	    T(words_for_our_tokens),
	    T(words_for_attested_cards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
