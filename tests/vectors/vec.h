/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs vectors against the C code.  A difference is printed and counted, and
 * the run goes on.
 */
#ifndef TESTS_VECTORS_VEC_H
#define TESTS_VECTORS_VEC_H

#include <touchstone/wire/bytes.h>
#include <touchstone/wire/err.h>

#include <jansson.h>

/* Count one check of the vector called name; print what when it fails. */
void vec_check(bool ok, const char *name, const char *what);
/* The result must be the error called want (NULL: none). */
void vec_check_err(int r, const char *want, const char *name);

const char *vec_name(const json_t *v);
/* Member that must be there; ends the run if it is not. */
json_t *vec_get(const json_t *v, const char *key);
const char *vec_text(const json_t *v, const char *key);
uint64_t vec_uint(const json_t *v, const char *key);
/* NULL if the member is missing. */
const char *vec_error(const json_t *v);

/* Hex member as bytes: malloc'd without a byte to spare, so ASan sees all. */
struct tsw_slice vec_bytes(const json_t *v, const char *key);
void vec_free(struct tsw_slice *s);
bool vec_same(struct tsw_slice a, const uint8_t *p, size_t len);

/* A new JSON string of hex digits. */
json_t *vec_hex(const uint8_t *p, size_t len);

void vec_statements(const json_t *root);
void vec_signatures(const json_t *root);
void vec_chains(const json_t *root);
void vec_codes(const json_t *root);
void vec_attestations(const json_t *root);
void vec_bundles(const json_t *root);
void vec_evidence(const json_t *root);
void vec_log(const json_t *root);
void vec_log_messages(const json_t *root); /* a part of it */

#endif
