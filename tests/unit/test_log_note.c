/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signed notes, checkpoints and cosignatures: the examples of the C2SP and of
 * Go's sumdb/note, and everything that is almost a note.
 */
#include "log/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "log/base64.h"

#define DASH "\xe2\x80\x94 "

/* The documentation of golang.org/x/mod/sumdb/note. */
static const char neumann_vkey[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char neumann_seed[] =
    "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
static const char neumann_text[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
static const char neumann_line[] =
    DASH "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1"
	 "FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/* The example of tlog-cosignature: one log, one witness. */
static const char behind[] =
    "example.com/behind-the-sofa\n20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" DASH
    "example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeO"
    "oRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n" DASH
    "witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI"
    "5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

static struct tsw_slice
text(const char *s)
{
	return (struct tsw_slice){(const uint8_t *)s, strlen(s)};
}

static struct ts_vkey
vkey(const char *s)
{
	struct ts_vkey k;

	assert_int_equal(ts_vkey_parse(&k, text(s)), TS_OK);
	return k;
}

static struct ts_skey
skey(const char *name, enum ts_note_type type, uint8_t fill)
{
	uint8_t seed[32];
	struct ts_skey k;

	memset(seed, fill, sizeof(seed));
	assert_int_equal(ts_skey_init(&k, name, type, seed), TS_OK);
	return k;
}

static void
go_example(void **state)
{
	uint8_t seed[33];
	char note[512], line[TS_NOTE_LINE_MAX];
	size_t len = sizeof(seed);
	struct ts_skey secret;
	struct ts_note n;
	struct ts_vkey k = vkey(neumann_vkey);
	uint64_t time = 5;

	(void)state;
	snprintf(note, sizeof(note), "%s\n%s", neumann_text, neumann_line);
	assert_int_equal(ts_note_parse(&n, text(note)), TS_OK);
	assert_int_equal(n.sig_cnt, 1);
	assert_int_equal(n.text.len, strlen(neumann_text));
	assert_int_equal(ts_note_verify(&n, &k, &time), TS_OK);
	assert_int_equal(time, 0);
	/* It is a note, and no checkpoint. */
	assert_int_equal(
	    ts_checkpoint_parse(&(struct ts_checkpoint){.head = {0}}, n.text),
	    TS_ERR_LOG_NOTE);
	assert_int_equal(ts_base64_decode(seed, &len, neumann_seed,
			     strlen(neumann_seed)),
	    TS_OK);
	assert_int_equal(ts_skey_init(&secret, "PeterNeumann", TS_NOTE_ED25519,
			     seed + 1),
	    TS_OK);
	assert_memory_equal(secret.vkey.id, k.id, 4);
	assert_int_equal(ts_note_sign(line, text(neumann_text), &secret, 9),
	    TS_OK);
	assert_string_equal(line, neumann_line);
	ts_skey_wipe(&secret);
	assert_int_equal(secret.sk_seed[0], 0);
}

static void
c2sp_example(void **state)
{
	struct ts_checkpoint cp;
	struct ts_note n;
	char again[TS_CHECKPOINT_TEXT_MAX];
	size_t len;

	(void)state;
	assert_int_equal(ts_note_parse(&n, text(behind)), TS_OK);
	assert_int_equal(n.sig_cnt, 2);
	assert_int_equal(n.sig[1].name.len, strlen("witness.example.com/w1"));
	assert_memory_equal(n.sig[1].id, "\x8d\x66\xcf\x3f", 4);
	assert_int_equal(ts_checkpoint_parse(&cp, n.text), TS_OK);
	assert_string_equal(cp.origin, "example.com/behind-the-sofa");
	assert_int_equal(cp.head.size, 20852163);
	assert_int_equal(cp.head.root[0], 0x0a);
	ts_checkpoint_format(again, &len, &cp);
	assert_int_equal(len, n.text.len);
	assert_memory_equal(again, n.text.p, len);
}

/* A note with the lines of the given keys behind its text. */
struct made {
	char bytes[2048];
	size_t text_len;
};

static void
begin(struct made *m, const char *body)
{
	snprintf(m->bytes, sizeof(m->bytes), "%s\n", body);
	m->text_len = strlen(body);
}

static void
sign(struct made *m, const struct ts_skey *k, uint64_t time)
{
	const size_t len = strlen(m->bytes);

	assert_int_equal(
	    ts_note_sign(m->bytes + len,
		(struct tsw_slice){(uint8_t *)m->bytes, m->text_len}, k, time),
	    TS_OK);
}

static int
verify(const char *note, const struct ts_vkey *k, uint64_t *time)
{
	struct ts_note n;
	int r = ts_note_parse(&n, text(note));

	return r == TS_OK ? ts_note_verify(&n, k, time) : r;
}

static const char body[] = "o.example/log\n7\n"
			   "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

static void
cosignatures(void **state)
{
	const struct ts_skey log = skey("o.example/log", TS_NOTE_ED25519, 1),
			     peer = skey("w.example", TS_NOTE_COSIGNATURE, 2),
			     other = skey("w.example", TS_NOTE_COSIGNATURE, 3);
	struct made m;
	uint64_t time = 99;
	char *p;

	(void)state;
	begin(&m, body);
	sign(&m, &log, 55);
	sign(&m, &peer, 1679315147);
	assert_int_equal(verify(m.bytes, &log.vkey, &time), TS_OK);
	assert_int_equal(time, 0);
	assert_int_equal(verify(m.bytes, &other.vkey, &time), TS_ERR_LOG_NOTE);
	assert_int_equal(time, 0);
	assert_int_equal(verify(m.bytes, &peer.vkey, &time), TS_OK);
	assert_int_equal(time, 1679315147);
	assert_int_equal(verify(m.bytes, &peer.vkey, NULL), TS_OK);
	/* The newest of several, in any order. */
	sign(&m, &peer, 1679315149);
	sign(&m, &peer, 1679315148);
	assert_int_equal(verify(m.bytes, &peer.vkey, &time), TS_OK);
	assert_int_equal(time, 1679315149);
	/* One that does not verify is passed over: the first of the three. */
	p = strstr(m.bytes, "— w.example ") + strlen("— w.example ");
	p[20] = p[20] == 'A' ? 'B' : 'A';
	assert_int_equal(verify(m.bytes, &peer.vkey, &time), TS_OK);
	assert_int_equal(time, 1679315149);
	/* The largest time, and one more. */
	begin(&m, body);
	sign(&m, &peer, INT64_MAX);
	assert_int_equal(verify(m.bytes, &peer.vkey, &time), TS_OK);
	assert_true(time == INT64_MAX);
	assert_int_equal(ts_note_sign(m.bytes, text(body), &peer,
			     (uint64_t)INT64_MAX + 1),
	    TS_ERR_ARGUMENT);
}

/* What a cosignature signs, put together here and signed by libsodium. */
static void
cosigned_bytes(void **state)
{
	const struct ts_skey peer = skey("w.example", TS_NOTE_COSIGNATURE, 2);
	uint8_t seed[32], pk[32], sk[64], sig[4 + 8 + 64], id[32];
	char message[512], line[TS_NOTE_LINE_MAX], base64[128];
	const char *b = line + strlen(DASH "w.example ");
	size_t len = sizeof(sig);

	(void)state;
	memset(seed, 2, sizeof(seed));
	crypto_sign_seed_keypair(pk, sk, seed);
	snprintf(message, sizeof(message),
	    "cosignature/v1\ntime 1679315147\n%s", body);
	crypto_sign_detached(sig + 12, NULL, (const uint8_t *)message,
	    strlen(message), sk);
	tsw_store_u64(sig + 4, 1679315147);
	snprintf(message, sizeof(message), "w.example\n\x04%.32s", "");
	memcpy(message + 11, pk, 32);
	crypto_hash_sha256(id, (const uint8_t *)message, 11 + 32);
	memcpy(sig, id, 4);
	assert_int_equal(ts_note_sign(line, text(body), &peer, 1679315147),
	    TS_OK);
	ts_base64_encode(base64, sig, len);
	assert_int_equal(strncmp(b, base64, strlen(base64)), 0);
	assert_string_equal(b + strlen(base64), "\n");
}

/* Same name, id or key, and yet another key or type. */
static void
confusions(void **state)
{
	const struct ts_skey log = skey("n", TS_NOTE_ED25519, 1),
			     peer = skey("n", TS_NOTE_COSIGNATURE, 1);
	struct ts_vkey wrong;
	struct made m;

	(void)state;
	assert_memory_equal(log.vkey.key, peer.vkey.key, 32);
	assert_memory_not_equal(log.vkey.id, peer.vkey.id, 4);
	begin(&m, body);
	sign(&m, &log, 0);
	assert_int_equal(verify(m.bytes, &log.vkey, NULL), TS_OK);
	assert_int_equal(verify(m.bytes, &peer.vkey, NULL), TS_ERR_LOG_NOTE);
	/* The id of a line is looked at, also where the signature holds. */
	wrong = log.vkey;
	wrong.id[0] ^= 1;
	assert_int_equal(verify(m.bytes, &wrong, NULL), TS_ERR_LOG_NOTE);
	wrong = log.vkey;
	wrong.name[0] = 'N';
	assert_int_equal(verify(m.bytes, &wrong, NULL), TS_ERR_LOG_NOTE);
	/* A signature of a log does not count as that of a witness whose id
	 * it has, and the other way. */
	wrong = log.vkey;
	wrong.type = TS_NOTE_COSIGNATURE;
	assert_int_equal(verify(m.bytes, &wrong, NULL), TS_ERR_LOG_NOTE);
	begin(&m, body);
	sign(&m, &peer, 7);
	wrong = peer.vkey;
	wrong.type = TS_NOTE_ED25519;
	assert_int_equal(verify(m.bytes, &wrong, NULL), TS_ERR_LOG_NOTE);
	/* A name that begins with the key's. */
	wrong = skey("nn", TS_NOTE_COSIGNATURE, 1).vkey;
	memcpy(wrong.id, peer.vkey.id, 4);
	assert_int_equal(verify(m.bytes, &wrong, NULL), TS_ERR_LOG_NOTE);
}

/* Every bit of a note turned: no key accepts it. */
static void
each_bit(void **state)
{
	const struct ts_skey log = skey("o.example/log", TS_NOTE_ED25519, 1),
			     peer = skey("w.example", TS_NOTE_COSIGNATURE, 2);
	struct made m;
	size_t i, len, at;

	(void)state;
	begin(&m, body);
	sign(&m, &log, 0);
	at = strlen(m.bytes);
	sign(&m, &peer, 8);
	len = strlen(m.bytes);
	for (i = 0; i < 8 * len; i++) {
		int a, b;

		m.bytes[i / 8] = (char)(m.bytes[i / 8] ^ (1 << i % 8));
		a = verify(m.bytes, &log.vkey, NULL);
		b = verify(m.bytes, &peer.vkey, NULL);
		if (i / 8 < m.text_len + 1 || (i / 8 < at))
			assert_int_equal(a, TS_ERR_LOG_NOTE);
		if (i / 8 < m.text_len + 1 || i / 8 >= at)
			assert_int_equal(b, TS_ERR_LOG_NOTE);
		m.bytes[i / 8] = (char)(m.bytes[i / 8] ^ (1 << i % 8));
	}
	assert_int_equal(verify(m.bytes, &log.vkey, NULL), TS_OK);
	/* And every length below the whole. */
	for (i = 0; i < len; i++) {
		struct ts_note n;
		int r = ts_note_parse(&n,
		    (struct tsw_slice){(uint8_t *)m.bytes, i});

		assert_int_equal(r, i == at ? TS_OK : TS_ERR_LOG_NOTE);
	}
}

static void
no_notes(void **state)
{
	static const char *const bad[] = {"", "\n", "\n\n", "a\n", "a\n\n",
	    "a\n" DASH "n AAAAAAA=\n",	   /* no empty line */
	    "a\n\n" DASH "n AAAAAAA=",	   /* no line feed */
	    "a\n\n" DASH "n AAAAAAA=\n\n", /* an empty line behind */
	    "a\n\n\n"
	    "n AAAAAAA=\n",
	    "a\n\n- n AAAAAAA=\n",
	    "a\n\n\xe2\x80\x93 n AAAAAAA=\n", /* en dash */
	    "a\n\n\xe2\x80\x94n AAAAAAA=\n",  /* no blank */
	    "a\n\n" DASH " n AAAAAAA=\n", "a\n\n" DASH "n\n",
	    "a\n\n" DASH "n \n", "a\n\n" DASH "n  AAAAAAA=\n",
	    "a\n\n" DASH "n AAAAAAA= \n", "a\n\n" DASH "n AAAAAAA\n",
	    "a\n\n" DASH "n AAAAAAB=\n", /* not canonical */
	    "a\n\n" DASH "n AAAAAA==\n", /* an id and nothing else */
	    "a\n\n" DASH "n AAAA\n", "a\n\n" DASH "n+m AAAAAAA=\n",
	    "a\n\n" DASH "n\xc2\xa0m AAAAAAA=\n",
	    "a\n\n" DASH "n AAAAAAA=\nmore\n",
	    "a\r\n\n" DASH "n AAAAAAA=\n", /* a control character */
	    "a\t\n\n" DASH "n AAAAAAA=\n", "a\x1b\n\n" DASH "n AAAAAAA=\n",
	    "a\xff\n\n" DASH "n AAAAAAA=\n", /* no UTF-8 */
	    "a\xc3\n\n" DASH "n AAAAAAA=\n"};
	static const uint8_t nul[] = "a\0b\n\n" DASH "n AAAAAAA=\n";
	struct ts_note n = {.sig_cnt = 44};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ts_note_parse(&n, text(bad[i])),
		    TS_ERR_LOG_NOTE);
		assert_int_equal(n.sig_cnt, 44);
	}
	assert_int_equal(ts_note_parse(&n,
			     (struct tsw_slice){nul, sizeof(nul) - 1}),
	    TS_ERR_LOG_NOTE);
	assert_int_equal(ts_note_parse(&n, text("a\n\n" DASH "n AAAAAAA=\n")),
	    TS_OK);
	/* The last empty line divides. */
	assert_int_equal(ts_note_parse(&n,
			     text("a\n\nb\n\n" DASH "n AAAAAAA=\n")),
	    TS_OK);
	assert_int_equal(n.text.len, 5);
}

/* 64 lines are a note, 65 are none; 16,384 bytes, and one more. */
static void
limits(void **state)
{
	static const char line[] = DASH "n AAAAAAA=\n";
	struct ts_note n;
	uint8_t *p = malloc(TS_NOTE_MAX + 1);
	size_t i, len = 3;

	(void)state;
	assert_non_null(p);
	memcpy(p, "a\n\n", 3);
	for (i = 0; i < TS_NOTE_SIGS_CNT; i++) {
		memcpy(p + len, line, strlen(line));
		len += strlen(line);
	}
	assert_int_equal(ts_note_parse(&n, (struct tsw_slice){p, len}), TS_OK);
	assert_int_equal(n.sig_cnt, TS_NOTE_SIGS_CNT);
	memcpy(p + len, line, strlen(line));
	len += strlen(line);
	assert_int_equal(ts_note_parse(&n, (struct tsw_slice){p, len}),
	    TS_ERR_LOG_NOTE);
	for (i = 0; i < 2; i++) {
		len = TS_NOTE_MAX + i;
		memset(p, 'a', len);
		memcpy(p + len - strlen(line), line, strlen(line));
		memcpy(p + len - strlen(line) - 2, "\n\n", 2);
		assert_int_equal(ts_note_parse(&n, (struct tsw_slice){p, len}),
		    i == 0 ? TS_OK : TS_ERR_LOG_NOTE);
	}
	free(p);
}

static void
checkpoints(void **state)
{
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	static const char *const bad[] = {"", "\n", "o", "o\n", "o\n1\n",
	    "\n1\n" ROOT, "o\n\n" ROOT, "o\n01\n" ROOT, "o\n-1\n" ROOT,
	    "o\n+1\n" ROOT, "o\n1 \n" ROOT, "o\n 1\n" ROOT, "o\n0x1\n" ROOT,
	    "o\n00\n" ROOT, "o\n9007199254740992\n" ROOT,
	    "o\n18446744073709551616\n" ROOT, "o\n1\n\n" ROOT,
	    "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
	    "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
	    "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
	    "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2Ii\n",
	    "o\n1\n" ROOT "\n", "o\n1\n" ROOT "x", "o\n1\n" ROOT "x\n\ny\n",
	    "o\r\n1\n" ROOT, "o\n1\r\n" ROOT};
	static const char *const good[] = {"o\n0\n" ROOT, "o\n1\n" ROOT,
	    "o\n9007199254740991\n" ROOT, "a b+c\n1\n" ROOT,
	    "o\n1\n" ROOT "x\n", "o\n1\n" ROOT "x\ny z\n"};
	struct ts_checkpoint cp = {.head = {.size = 44}};
	char longest[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ts_checkpoint_parse(&cp, text(bad[i])),
		    TS_ERR_LOG_NOTE);
		assert_int_equal(cp.head.size, 44);
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(ts_checkpoint_parse(&cp, text(good[i])),
		    TS_OK);
	for (i = TS_NOTE_NAME_MAX; i <= TS_NOTE_NAME_MAX + 1; i++) {
		memset(longest, 'o', i);
		strcpy(longest + i, "\n1\n" ROOT);
		assert_int_equal(ts_checkpoint_parse(&cp, text(longest)),
		    i == TS_NOTE_NAME_MAX ? TS_OK : TS_ERR_LOG_NOTE);
	}
}

static void
unsignable(void **state)
{
	static const char *const bad[] = {"", "a", "a\nb", "a\x01\n", "\xff\n"};
	const struct ts_skey log = skey("n", TS_NOTE_ED25519, 1);
	char line[TS_NOTE_LINE_MAX] = "as it was", big[TS_NOTE_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ts_note_sign(line, text(bad[i]), &log, 0),
		    TS_ERR_ARGUMENT);
	memset(big, '\n', sizeof(big));
	assert_int_equal(ts_note_sign(line,
			     (struct tsw_slice){(uint8_t *)big, sizeof(big)},
			     &log, 0),
	    TS_ERR_ARGUMENT);
	assert_string_equal(line, "as it was");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(go_example),
	    cmocka_unit_test(c2sp_example),
	    cmocka_unit_test(cosignatures),
	    cmocka_unit_test(cosigned_bytes),
	    cmocka_unit_test(confusions),
	    cmocka_unit_test(each_bit),
	    cmocka_unit_test(no_notes),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(checkpoints),
	    cmocka_unit_test(unsignable),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
