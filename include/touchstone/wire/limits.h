/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every bound of the wire format, each with its reason.  SPEC section 2.
 * _LEN and _MAX count bytes unless the name ends in _CNT.
 */
#ifndef TOUCHSTONE_WIRE_LIMITS_H
#define TOUCHSTONE_WIRE_LIMITS_H

/* A token with a few KB of RAM parses a whole statement before it signs. */
#define TSW_STATEMENT_MAX 1024
#define TSW_OPS_MAX_CNT 8    /* what a person can still read before a touch */
#define TSW_TOKENS_MAX_CNT 8 /* 8 P-256 keys still fit one genesis */
#define TSW_KEYS_MAX_CNT 64  /* active app keys of one person */
#define TSW_SIGS_MAX_CNT 16  /* all tokens, and as many new ones */

#define TSW_HASH_LEN 32
#define TSW_ID_LEN TSW_HASH_LEN
#define TSW_SIG_LEN 64		  /* Ed25519 R||S, or P-256 r||s */
#define TSW_MODEL_LEN 16	  /* an AAGUID */
#define TSW_PUBKEY_MAX 65	  /* P-256, uncompressed */
#define TSW_LABEL_MAX 64	  /* an address people can type */
#define TSW_NAME_MAX 32		  /* one line of a small display, twice */
#define TSW_KEY_DATA_MAX 544	  /* an RSA-4096 key in SSH form is 535 */
#define TSW_SSHSIG_MAX 512	  /* the longest, sk-ecdsa, is about 360 */
#define TSW_NAMESPACE_MAX 23	  /* statement.v1@touchstone */
#define TSW_TIME_MAX 253402300799 /* end of the year 9999: four digits */
#define TSW_LOG_SIZE_MAX 9007199254740991 /* 2^53 - 1: exact in any JSON */

/* [statement, [16 signatures]] and the CBOR heads around them. */
#define TSW_ENVELOPE_MAX                                                       \
	(TSW_STATEMENT_MAX + TSW_SIGS_MAX_CNT * (TSW_SSHSIG_MAX + 3) + 8)

/* X.509 of one key on a card: four certificates, each about as long as one of
 * RSA-2048 with its extensions. */
#define TSW_BUNDLE_MAX 6144
#define TSW_BUNDLE_CERTS_MAX_CNT 4

#define TSW_TIMELOCK_DEFAULT_H 72
#define TSW_TIMELOCK_MIN_H 1
#define TSW_TIMELOCK_MAX_H 720

/* FIDO2 application (rpId) of every identity key, for ever. */
#define TSW_APPLICATION "touchstone:"
#define TSW_APPLICATION_LEN 11

#endif
