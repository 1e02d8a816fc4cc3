/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key files of the apps that an identity vouches for, in both directions.
 *
 * What is accepted, by app (SPEC section 4 has the key types):
 *   ssh        one line "TYPE BASE64 [comment]" (authorized_keys, .pub):
 *              ed25519, ecdsa p256/p384/p521, rsa 2048..4096 bits, sk-ed25519,
 *              sk-ecdsa p256; no options in front; the blob is checked whole
 *   age        one recipient age1... (bech32, 32 bytes)
 *   wireguard  44 characters of base64; points of small order are refused
 *   openpgp    a fingerprint in hex: 40 digits (v4) or 64 (v6), blanks allowed
 *   omemo, matrix, signal   32 bytes in base64 or hex; a leading 0x05 (the
 *              type byte of Signal's libraries) is taken off omemo and signal
 *   raw        base64, or hex after "0x" or where only hex digits stand
 * Blank lines and lines that begin with # are skipped.
 */
#ifndef TOUCHSTONE_KEYFILE_H
#define TOUCHSTONE_KEYFILE_H

#include <touchstone/text.h>
#include <touchstone/wire/statement.h>

#define TS_KEYFILE_MAX 16384 /* bytes; the longest key is below 1 KiB */

struct ts_keyfile {
	enum tsw_app app;
	enum tsw_key_type type;
	size_t len;
	uint8_t data[TSW_KEY_DATA_MAX];
};

/*
 * Parse the text of a key file.  *out is written only on TS_OK.
 * TS_ERR_KEYFILE (not a key of this app), _KEYFILE_PRIVATE (a private key:
 * nothing of it is kept), _KEYFILE_MANY, _KEYFILE_WEAK; TSW_ERR_TOO_LONG
 * beyond TS_KEYFILE_MAX.
 */
int ts_keyfile_parse(struct ts_keyfile *out, enum tsw_app app, const uint8_t *p,
    size_t len) TS_MUST_CHECK;

/*
 * Append the key as its app writes it, without a line end: an
 * authorized_keys line "TYPE BASE64 label device" for ssh, age1..., base64 for
 * wireguard, omemo, matrix, signal and raw, upper case hex for openpgp.
 * label and device only serve as the comment of ssh; either may be empty.
 * TSW_ERR_KEY_TYPE if data is no key of app.
 */
int ts_key_line(struct ts_text *out, const struct tsw_key *key,
    struct tsw_slice label) TS_MUST_CHECK;

/*
 * Append what a person recognises the key by: "ED25519 SHA256:..." as
 * ssh-keygen -l prints it, "SHA256:..." of a raw key, else the line of
 * ts_key_line().
 */
int ts_key_fingerprint(struct ts_text *out,
    const struct tsw_key *key) TS_MUST_CHECK;

#endif
