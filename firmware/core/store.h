/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key-value store on flash that survives a power cut at every write.
 *
 * The flash is two areas; one is active, the other is erased.  The active one
 * holds a header and a log of records; the last record of a key wins.  When
 * the log is full, the live records are copied to the other area, its header
 * is committed, and the old area is erased.  So writes go round all pages, and
 * a page is erased once per two turns, and once more per power-up at most.
 *
 *	area   = magic u32 | version u16 | 0 u16	   unit 0
 *		 seq u32 | crc32(unit 0, seq)		   unit 1, written last
 *		 record ...
 *	record = key u16 | len u16 | crc32(seq, key, len)  unit 0
 *		 value, padded with 0xff		   ceil(len / 8) units
 *		 crc32(seq, all units so far) | "DONE"	   written last
 *
 * Each unit is programmed once.  A record exists when its last unit is right:
 * after a cut the state is that before or after the call, never between.  A
 * key with bit 15 set deletes.  seq is in every checksum, so no remains of an
 * earlier use of the area can pass for a record.
 *
 * What cannot have come from a cut of this code is not repaired: open reports
 * FW_ERR_CORRUPT or FW_ERR_NEWER and has changed nothing.
 */
#ifndef FW_STORE_H
#define FW_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define FW_STORE_VERSION 1
/* Discoverable credentials: what getInfo promises. */
#define FW_STORE_CRED_CNT 128
/* Identity keys. */
#define FW_STORE_IDENTITY_CNT 8

enum fw_store_key {
	FW_STORE_DEVICE = 0,  /* cred.c: the secret all keys derive from */
	FW_STORE_PIN = 1,     /* pin.c: tries left and the PIN's hash */
	FW_STORE_COUNTER = 2, /* ctap2.c: the signature counter */
	FW_STORE_TRIES = 3,   /* pin.c: PIN tries left */
	FW_STORE_SEED = 4,    /* rng.c: entropy carried to the next boot */
	FW_STORE_ATTEST = 5,  /* attest.c: the device attestation key */
	FW_STORE_LIVE = 6,    /* live.c: live codes left before a touch */
	FW_STORE_CRED = 8,    /* first of FW_STORE_CRED_CNT credentials */
	FW_STORE_IDENTITY =
	    FW_STORE_CRED + FW_STORE_CRED_CNT, /* identity.c: the keys */
	FW_STORE_HEAD = FW_STORE_IDENTITY + FW_STORE_IDENTITY_CNT, /* heads */
	FW_STORE_KEY_CNT = FW_STORE_HEAD + FW_STORE_IDENTITY_CNT
};

/* Longest value: a credential record (cred.c has the sum). */
#define FW_STORE_VALUE_MAX 384
/* Log that credentials leave free, so that PIN tries and counters always find
 * room and compaction is rare. */
#define FW_STORE_RESERVE 4096
/* Smallest flash: two areas that hold all credentials at full length. */
#define FW_STORE_RECORD_MAX (FW_STORE_VALUE_MAX + 16)
#define FW_STORE_AREA_MIN                                                      \
	(16 + FW_STORE_CRED_CNT * FW_STORE_RECORD_MAX + FW_STORE_RESERVE)

struct fw_store {
	uint32_t area_len; /* bytes of one area */
	uint32_t base;	   /* flash offset of the active area */
	uint32_t end;	   /* where the next record goes, from base */
	uint32_t seq;	   /* of the active area */
	uint32_t live;	   /* bytes of records that are in force */
	bool spare_erased; /* the other area, since power-up */
	uint32_t pos[FW_STORE_KEY_CNT]; /* of the record from base, 0: none */
};

/* A value for fw_store_commit() and fw_store_reset(); NULL deletes. */
struct fw_store_item {
	unsigned int key; /* fw_store_key */
	const uint8_t *value;
	size_t len;
};

/*
 * Read the flash, finish what a cut interrupted, format it if it is blank.
 * FW_ERR_CORRUPT, FW_ERR_NEWER, FW_ERR_SIZE: nothing was written.
 */
int fw_store_open(struct fw_store *s) FW_MUST_CHECK;
/* Value of key into out; returns its length, FW_ERR_NONE, or FW_ERR_LENGTH if
 * it is longer than size. */
int fw_store_get(const struct fw_store *s, uint8_t *out, size_t size,
    unsigned int key) FW_MUST_CHECK;
/* First len bytes of a value, without reading the rest; FW_ERR_NONE,
 * FW_ERR_LENGTH if it is shorter. */
int fw_store_peek(const struct fw_store *s, uint8_t *out, size_t len,
    unsigned int key) FW_MUST_CHECK;
/* Set key; durable on return.  FW_ERR_FULL only for credentials. */
int fw_store_put(struct fw_store *s, unsigned int key, const uint8_t *value,
    size_t len) FW_MUST_CHECK;
/* Delete key; durable on return.  No error if there is none. */
int fw_store_del(struct fw_store *s, unsigned int key) FW_MUST_CHECK;
/*
 * Set and delete several keys in one step: after a cut all of them are done or
 * none.  Durable on return.  FW_ERR_FULL as fw_store_put(), then nothing is.
 */
int fw_store_commit(struct fw_store *s, const struct fw_store_item *item,
    size_t cnt) FW_MUST_CHECK;
/* Forget all and start with these values, in one step; durable on return. */
void fw_store_reset(struct fw_store *s, const struct fw_store_item *item,
    size_t cnt);

#endif
