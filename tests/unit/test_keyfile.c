/* SPDX-License-Identifier: BSD-2-Clause */
/* Key files: what is taken, what is refused and why, and the way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <touchstone/describe.h>
#include <touchstone/keyfile.h>

static int
parse(enum tsw_app app, const char *text)
{
	struct ts_keyfile key;

	return ts_keyfile_parse(&key, app, (const uint8_t *)text, strlen(text));
}

static size_t
slurp(char *buf, size_t size, const char *name)
{
	char path[256];
	size_t len;
	FILE *f;

	(void)snprintf(path, sizeof(path), KEYS "/%s", name);
	f = fopen(path, "r");
	assert_non_null(f);
	len = fread(buf, 1, size - 1, f);
	(void)fclose(f);
	buf[len] = '\0';
	return len;
}

static struct tsw_key
as_key(const struct ts_keyfile *f)
{
	struct tsw_key key;

	memset(&key, 0, sizeof(key));
	key.app = f->app;
	key.type = f->type;
	key.data.p = f->data;
	key.data.len = f->len;
	key.proto = 1;
	return key;
}

/* Parsed and written again, text is want. */
static void
assert_line(enum tsw_app app, const char *text, const char *want)
{
	struct tsw_slice none = {NULL, 0};
	struct ts_keyfile f;
	struct tsw_key key;
	struct ts_text out;
	uint8_t id[32];

	ts_text_init(&out);
	assert_int_equal(ts_keyfile_parse(&f, app, (const uint8_t *)text,
			     strlen(text)),
	    TS_OK);
	key = as_key(&f);
	assert_int_equal(ts_key_line(&out, &key, none), TS_OK);
	assert_string_equal(out.p, want);
	/* What we take, the wire format takes. */
	key.device.p = (const uint8_t *)"laptop";
	key.device.len = 6;
	assert_int_equal(tsw_key_id(id, &key), TSW_OK);
	ts_text_wipe(&out);
}

static void
ssh_keys_of_every_kind(void **state)
{
	static const char *const name[] = {"ed25519.pub", "ecdsa_256.pub",
	    "ecdsa_384.pub", "ecdsa_521.pub", "rsa_2048.pub", "rsa_4096.pub",
	    "sk_ed25519.pub", "sk_ecdsa.pub"};
	char text[2048], want[2048];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		(void)slurp(text, sizeof(text), name[i]);
		strcpy(want, text);
		*strchr(strchr(want, ' ') + 1, ' ') = '\0';
		assert_line(TSW_APP_SSH, text, want);
		assert_line(TSW_APP_SSH, want, want); /* without comment */
	}
}

static void
ssh_line_has_label_and_device(void **state)
{
	struct tsw_slice label = {(const uint8_t *)"alice@example.org", 17};
	char text[2048], want[2048];
	struct ts_keyfile f;
	struct tsw_key key;
	struct ts_text out;
	size_t len;

	(void)state;
	len = slurp(text, sizeof(text), "ed25519.pub");
	assert_int_equal(ts_keyfile_parse(&f, TSW_APP_SSH,
			     (const uint8_t *)text, len),
	    TS_OK);
	key = as_key(&f);
	key.device.p = (const uint8_t *)"laptop";
	key.device.len = 6;
	ts_text_init(&out);
	assert_int_equal(ts_key_line(&out, &key, label), TS_OK);
	*strchr(strchr(text, ' ') + 1, ' ') = '\0';
	(void)snprintf(want, sizeof(want), "%.1000s alice@example.org laptop",
	    text);
	assert_string_equal(out.p, want);
	ts_text_wipe(&out);
}

static void
weak_ssh_keys(void **state)
{
	char text[2048];

	(void)state;
	(void)slurp(text, sizeof(text), "rsa_1024.pub");
	assert_int_equal(parse(TSW_APP_SSH, text), TS_ERR_KEYFILE_WEAK);
	assert_int_equal(parse(TSW_APP_SSH, "ssh-dss AAAAB3NzaC1kc3MAAAAA"),
	    TS_ERR_KEYFILE_WEAK);
	/* A point of small order (zeros after the sign) as Ed25519 key. */
	assert_int_equal(
	    parse(TSW_APP_SSH,
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAA"),
	    TS_ERR_KEYFILE_WEAK);
}

static void
strange_ssh_lines(void **state)
{
	char text[2048], line[4096];

	(void)state;
	(void)slurp(text, sizeof(text), "ed25519.pub");
	(void)snprintf(line, sizeof(line), "command=\"x\" %.1000s", text);
	assert_int_equal(parse(TSW_APP_SSH, line), TS_ERR_KEYFILE);
	(void)snprintf(line, sizeof(line), "# a comment\n\n  %.1000s\r\n",
	    text);
	assert_int_equal(parse(TSW_APP_SSH, line), TS_OK);
	(void)snprintf(line, sizeof(line), "%.1000s%.1000s", text, text);
	assert_int_equal(parse(TSW_APP_SSH, line), TS_ERR_KEYFILE_MANY);
	/* The outer type is not that of the blob. */
	(void)snprintf(line, sizeof(line), "ssh-rsa%.1000s", strchr(text, ' '));
	assert_int_equal(parse(TSW_APP_SSH, line), TS_ERR_KEYFILE);
	(void)snprintf(line, sizeof(line), "ssh-ed2551%.1000s",
	    strchr(text, ' '));
	assert_int_equal(parse(TSW_APP_SSH, line), TS_ERR_KEYFILE);
	/* A byte too few, one too many, and not canonical base64. */
	text[11 + 1 + 64] = '\0';
	assert_int_equal(parse(TSW_APP_SSH, text), TS_ERR_KEYFILE);
	(void)slurp(text, sizeof(text), "ed25519.pub");
	memcpy(text + 12 + 68, "AA==", 5);
	assert_int_equal(parse(TSW_APP_SSH, text), TS_ERR_KEYFILE);
	(void)slurp(text, sizeof(text), "ed25519.pub");
	text[20] = '-';
	assert_int_equal(parse(TSW_APP_SSH, text), TS_ERR_KEYFILE);
	assert_int_equal(parse(TSW_APP_SSH, "ssh-ed25519"), TS_ERR_KEYFILE);
	assert_int_equal(parse(TSW_APP_SSH, ""), TS_ERR_KEYFILE);
	assert_int_equal(parse(TSW_APP_SSH, "#\n\n"), TS_ERR_KEYFILE);
	assert_int_equal(parse(TSW_APP_SSH, "a\x01 b"), TS_ERR_KEYFILE);
}

static void
private_keys_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(parse(TSW_APP_SSH,
			     "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n"),
	    TS_ERR_KEYFILE_PRIVATE);
	assert_int_equal(parse(TSW_APP_SSH,
			     "\n-----BEGIN RSA PRIVATE KEY-----\n"),
	    TS_ERR_KEYFILE_PRIVATE);
	assert_int_equal(parse(TSW_APP_SSH,
			     "PuTTY-User-Key-File-3: ssh-ed25519\n"),
	    TS_ERR_KEYFILE_PRIVATE);
	assert_int_equal(parse(TSW_APP_AGE,
			     "# created: x\n# public key: age1x\n"
			     "AGE-SECRET-KEY-1QQQ\n"),
	    TS_ERR_KEYFILE_PRIVATE);
	assert_int_equal(parse(TSW_APP_WIREGUARD,
			     "[Interface]\nPrivateKey = x\n"),
	    TS_ERR_KEYFILE_PRIVATE);
	assert_int_equal(parse(TSW_APP_OPENPGP,
			     "-----BEGIN PGP PRIVATE KEY BLOCK-----\n"),
	    TS_ERR_KEYFILE_PRIVATE);
	assert_int_equal(parse(TSW_APP_OPENPGP,
			     "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"),
	    TS_ERR_KEYFILE);
}

static void
age_recipients(void **state)
{
	char text[128];
	size_t len, i;

	(void)state;
	len = slurp(text, sizeof(text), "age.txt");
	text[--len] = '\0';
	assert_line(TSW_APP_AGE, text, text);
	for (i = 0; i < len; i++) {
		char kept = text[i];

		text[i] = kept == 'q' ? 'p' : 'q';
		assert_int_equal(parse(TSW_APP_AGE, text), TS_ERR_KEYFILE);
		text[i] = kept;
	}
	text[0] = 'A';
	assert_int_equal(parse(TSW_APP_AGE, text), TS_ERR_KEYFILE);
	assert_int_equal(parse(TSW_APP_AGE, "age1yubikey1qq"), TS_ERR_KEYFILE);
}

static void
wireguard_keys(void **state)
{
	char text[128];
	size_t len;

	(void)state;
	len = slurp(text, sizeof(text), "wireguard.txt");
	text[--len] = '\0';
	assert_line(TSW_APP_WIREGUARD, text, text);
	assert_int_equal(parse(TSW_APP_WIREGUARD,
			     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
	    TS_ERR_KEYFILE_WEAK);
	assert_int_equal(parse(TSW_APP_WIREGUARD,
			     "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
	    TS_ERR_KEYFILE_WEAK);
	/* p - 1, with the ignored top bit set. */
	assert_int_equal(parse(TSW_APP_WIREGUARD,
			     "7P///////////////////////////////////////38="),
	    TS_ERR_KEYFILE_WEAK);
	assert_int_equal(parse(TSW_APP_WIREGUARD,
			     "7P////////////////////////////////////////8="),
	    TS_ERR_KEYFILE_WEAK);
	/* A point of order 8. */
	assert_int_equal(parse(TSW_APP_WIREGUARD,
			     "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA="),
	    TS_ERR_KEYFILE_WEAK);
	assert_int_equal(parse(TSW_APP_WIREGUARD, "c2hvcnQ="), TS_ERR_KEYFILE);
	text[42] = text[42] == 'B' ? 'C' : 'B';
	text[43] = '=';
	assert_int_equal(parse(TSW_APP_WIREGUARD, text), TS_ERR_KEYFILE);
}

static void
openpgp_fingerprints(void **state)
{
	(void)state;
	assert_line(TSW_APP_OPENPGP,
	    "  0123 4567 89ab CDEF 0123  4567 89AB CDEF 0123 4567\n",
	    "0123456789ABCDEF0123456789ABCDEF01234567");
	assert_line(TSW_APP_OPENPGP,
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	    "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF");
	assert_int_equal(parse(TSW_APP_OPENPGP, "0123456789ABCDEF"),
	    TS_ERR_KEYFILE); /* a key id: 10^19 tries forge it */
	assert_int_equal(parse(TSW_APP_OPENPGP,
			     "0123456789ABCDEF0123456789ABCDEF0123456x"),
	    TS_ERR_KEYFILE);
}

#define HEX32 "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define B64_32 "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="

static void
messenger_keys(void **state)
{
	(void)state;
	assert_line(TSW_APP_OMEMO, HEX32, B64_32);
	assert_line(TSW_APP_OMEMO,
	    "8520f009 8930a754 748b7ddc b43ef75a 0dbf3a0d 26381af4 eba4a98e "
	    "aa9b4e6a",
	    B64_32);
	assert_line(TSW_APP_SIGNAL, "05" HEX32, B64_32);
	assert_line(TSW_APP_SIGNAL, B64_32, B64_32);
	assert_int_equal(parse(TSW_APP_SIGNAL, "06" HEX32), TS_ERR_KEYFILE);
	assert_int_equal(parse(TSW_APP_MATRIX, "05" HEX32), TS_ERR_KEYFILE);
	assert_int_equal(parse(TSW_APP_SIGNAL, "abcd"), TS_ERR_KEYFILE);
	/* RFC 8032 7.1 test 1, as Matrix writes it: without padding. */
	assert_line(TSW_APP_MATRIX,
	    "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo",
	    "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
	assert_int_equal(parse(TSW_APP_MATRIX,
			     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
	    TS_ERR_KEYFILE_WEAK);
}

static void
raw_keys(void **state)
{
	char big[2 * TSW_KEY_DATA_MAX + 8];

	(void)state;
	assert_line(TSW_APP_RAW, "0x00ff", "AP8=");
	assert_line(TSW_APP_RAW, "00FF", "AP8=");
	assert_line(TSW_APP_RAW, "AP8=", "AP8=");
	assert_int_equal(parse(TSW_APP_RAW, "0x0"), TS_ERR_KEYFILE);
	assert_int_equal(parse(TSW_APP_RAW, "=="), TS_ERR_KEYFILE);
	memset(big, 'a', sizeof(big));
	big[2 * TSW_KEY_DATA_MAX] = '\0';
	assert_int_equal(parse(TSW_APP_RAW, big), TS_OK);
	big[2 * TSW_KEY_DATA_MAX] = 'a';
	big[2 * TSW_KEY_DATA_MAX + 2] = '\0';
	assert_int_equal(parse(TSW_APP_RAW, big), TSW_ERR_TOO_LONG);
}

static void
nothing_is_written_on_error(void **state)
{
	static uint8_t huge[TS_KEYFILE_MAX + 1];
	struct ts_keyfile key, same;

	(void)state;
	memset(&key, 0x5a, sizeof(key));
	same = key;
	assert_int_equal(ts_keyfile_parse(&key, TSW_APP_RAW, huge,
			     sizeof(huge)),
	    TSW_ERR_TOO_LONG);
	assert_int_equal(ts_keyfile_parse(&key, TSW_APP_AGE, huge, 10),
	    TS_ERR_KEYFILE);
	assert_int_equal(ts_keyfile_parse(&key, (enum tsw_app)99,
			     (const uint8_t *)"x", 1),
	    TS_ERR_ARGUMENT);
	assert_memory_equal(&key, &same, sizeof(key));
}

static void
line_refuses_what_is_no_key(void **state)
{
	struct tsw_slice none = {NULL, 0};
	struct ts_keyfile f;
	struct tsw_key key;
	struct ts_text out;

	(void)state;
	memset(&f, 0, sizeof(f));
	f.app = TSW_APP_SSH;
	f.type = TSW_KEY_SSH_BLOB;
	f.len = 40;
	key = as_key(&f);
	ts_text_init(&out);
	assert_int_equal(ts_key_line(&out, &key, none), TSW_ERR_KEY_TYPE);
	key.app = TSW_APP_AGE;
	assert_int_equal(ts_key_line(&out, &key, none), TSW_ERR_KEY_TYPE);
	assert_int_equal(ts_key_fingerprint(&out, &key), TSW_ERR_KEY_TYPE);
	ts_text_wipe(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ssh_keys_of_every_kind),
	    cmocka_unit_test(ssh_line_has_label_and_device),
	    cmocka_unit_test(weak_ssh_keys),
	    cmocka_unit_test(strange_ssh_lines),
	    cmocka_unit_test(private_keys_are_recognised),
	    cmocka_unit_test(age_recipients),
	    cmocka_unit_test(wireguard_keys),
	    cmocka_unit_test(openpgp_fingerprints),
	    cmocka_unit_test(messenger_keys),
	    cmocka_unit_test(raw_keys),
	    cmocka_unit_test(nothing_is_written_on_error),
	    cmocka_unit_test(line_refuses_what_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
