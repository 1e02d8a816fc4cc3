/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One parser and one writer per kind of key.  Parsers get the one line that
 * holds the key, without blanks around; see keyfile.h for errors.
 */
#ifndef HOST_LIB_KEYFILE_APPS_H
#define HOST_LIB_KEYFILE_APPS_H

#include <touchstone/keyfile.h>

int ts_ssh_parse(struct ts_keyfile *out, struct tsw_slice line) TS_MUST_CHECK;
/* The whole blob by its type; *word is its name, like "ED25519". */
int ts_ssh_blob_check(const char **word, struct tsw_slice blob) TS_MUST_CHECK;
/* The type that the blob starts with; empty if there is none. */
struct tsw_slice ts_ssh_blob_type(struct tsw_slice blob);

int ts_age_parse(struct ts_keyfile *out, struct tsw_slice line) TS_MUST_CHECK;
#define TS_AGE_LEN 62 /* "age1", 52 characters, 6 of checksum */
void ts_age_encode(char out[TS_AGE_LEN + 1], const uint8_t key[32]);

int ts_openpgp_parse(struct ts_keyfile *out,
    struct tsw_slice line) TS_MUST_CHECK;
int ts_wireguard_parse(struct ts_keyfile *out,
    struct tsw_slice line) TS_MUST_CHECK;
/* omemo, signal, matrix: out->app says which. */
int ts_messenger_parse(struct ts_keyfile *out,
    struct tsw_slice line) TS_MUST_CHECK;
int ts_raw_parse(struct ts_keyfile *out, struct tsw_slice line) TS_MUST_CHECK;

/* TS_ERR_KEYFILE_WEAK for a point of small order (RFC 7748 section 6.1). */
int ts_x25519_check(const uint8_t key[32]) TS_MUST_CHECK;
/* TS_ERR_KEYFILE_WEAK for what is no point of the prime-order group. */
int ts_ed25519_check(const uint8_t key[32]) TS_MUST_CHECK;

#endif
