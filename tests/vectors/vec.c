/* SPDX-License-Identifier: BSD-2-Clause */
/* usage: run_vectors statement|sshsig|chain|codes|attest|bundle|evidence|log
 *        FILE.json */
#include "vec.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long checks, failures;

void
vec_check(bool ok, const char *name, const char *what)
{
	checks++;
	if (ok)
		return;
	failures++;
	fprintf(stderr, "%s: %s\n", name, what);
}

static const char *
err_name(int r)
{
	switch (r) {
	case TSW_OK:
		return "OK";
#define X(name, number, text)                                                  \
	case TSW_ERR_##name:                                                   \
		return #name;
#include <touchstone/wire/err.def>
#undef X
	default:
		return "?";
	}
}

void
vec_check_err(int r, const char *want, const char *name)
{
	char what[80];

	if (want == NULL)
		want = "OK";
	(void)snprintf(what, sizeof(what), "gives %s, not %s", err_name(r),
	    want);
	vec_check(strcmp(err_name(r), want) == 0, name, what);
}

json_t *
vec_get(const json_t *v, const char *key)
{
	json_t *member = json_object_get(v, key);

	if (member == NULL) {
		fprintf(stderr, "no member %s\n", key);
		exit(EXIT_FAILURE);
	}
	return member;
}

const char *
vec_text(const json_t *v, const char *key)
{
	const char *text = json_string_value(vec_get(v, key));

	if (text == NULL) {
		fprintf(stderr, "%s is no string\n", key);
		exit(EXIT_FAILURE);
	}
	return text;
}

const char *
vec_name(const json_t *v)
{
	return vec_text(v, "name");
}

const char *
vec_error(const json_t *v)
{
	return json_string_value(json_object_get(v, "error"));
}

uint64_t
vec_uint(const json_t *v, const char *key)
{
	return (uint64_t)json_integer_value(vec_get(v, key));
}

struct tsw_slice
vec_bytes(const json_t *v, const char *key)
{
	const char *hex = vec_text(v, key);
	size_t len = strlen(hex) / 2, got = 0;
	uint8_t *p = malloc(len > 0 ? len : 1);
	struct tsw_slice s = {p, len};

	if (p == NULL ||
	    sodium_hex2bin(p, len, hex, 2 * len, NULL, &got, NULL) != 0 ||
	    got != len) {
		fprintf(stderr, "%s is no hex\n", key);
		exit(EXIT_FAILURE);
	}
	return s;
}

void
vec_free(struct tsw_slice *s)
{
	void *p;

	memcpy(&p, &s->p, sizeof(p)); /* ours, so it may lose its const */
	free(p);
	s->p = NULL;
	s->len = 0;
}

bool
vec_same(struct tsw_slice a, const uint8_t *p, size_t len)
{
	return a.len == len && memcmp(a.p, p, len) == 0;
}

json_t *
vec_hex(const uint8_t *p, size_t len)
{
	char hex[2 * 1024 + 1];

	if (len > 1024)
		return NULL;
	return json_string(sodium_bin2hex(hex, sizeof(hex), p, len));
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(const json_t *root);
	} kind[] = {
	    {"statement", vec_statements},
	    {"sshsig", vec_signatures},
	    {"chain", vec_chains},
	    {"codes", vec_codes},
	    {"attest", vec_attestations},
	    {"bundle", vec_bundles},
	    {"evidence", vec_evidence},
	    {"log", vec_log},
	};
	json_t *root = NULL;
	json_error_t err;
	size_t i;

	if (argc != 3 || sodium_init() < 0)
		return EXIT_FAILURE;
	root = json_load_file(argv[2], JSON_REJECT_DUPLICATES, &err);
	if (root == NULL) {
		fprintf(stderr, "%s:%d: %s\n", argv[2], err.line, err.text);
		return EXIT_FAILURE;
	}
	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		if (strcmp(kind[i].name, argv[1]) == 0)
			kind[i].run(root);
	}
	json_decref(root);
	printf("%lu checks, %lu failed\n", checks, failures);
	return failures == 0 && checks > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
