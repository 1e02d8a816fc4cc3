/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key-value store on flash that survives a power cut at every write.
 *
 * The flash is a ring of pages.  Values are appended to a log that goes round
 * it; the last record of a key wins.  A commit of several records counts from
 * its last unit on, so after a cut the state is that before or after the call,
 * never between.  Pages are erased one after another, so all wear alike; what
 * is still in force in the oldest ones is copied to the head of the log, at
 * most FW_STORE_GC_PAGES pages of it before one commit.  After a power-up the
 * first commit goes to a page that is erased for it: nothing relies on an
 * erasure or a unit that may have been cut.
 *
 * What cannot have come from a cut of this code is not repaired: open reports
 * FW_ERR_CORRUPT or FW_ERR_NEWER and has changed nothing.
 *
 * docs/FLASH.md has the layout, the model of power loss, the invariants and
 * the arithmetic of room and wear.
 */
#ifndef FW_STORE_H
#define FW_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define FW_STORE_VERSION 2
/* Discoverable credentials: what getInfo promises. */
#define FW_STORE_CRED_CNT 128
/* Identity keys. */
#define FW_STORE_IDENTITY_CNT 8

enum fw_store_key {
	FW_STORE_DEVICE = 0,  /* cred.c: the secret all keys derive from */
	FW_STORE_PIN = 1,     /* pin.c: check and wrapped identity secret */
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
/* Longest commit: the sum of 8 bytes and the value, padded to 8 bytes, of each
 * item.  It fits into a page of any board. */
#define FW_STORE_COMMIT_MAX 2024
#define FW_STORE_PAGE_LEN_MIN 2048
/* Pages that are copied before a commit at most, and how many of cnt pages are
 * to be free so that none need be. */
#define FW_STORE_GC_PAGES 3
#define FW_STORE_GC_FREE(cnt) ((cnt) / 4)

/* The store of the token, and behind it, as large, that of PIV (piv.h). */
enum fw_store_region { FW_STORE_TOKEN, FW_STORE_PIV };

struct fw_store {
	uint32_t base; /* where its region begins in the flash */
	uint32_t page_len;
	uint32_t page_cnt; /* 0: the flash is too small */
	uint32_t head;	   /* the page that was opened last */
	uint32_t seq;	   /* its sequence number */
	uint32_t end;	   /* where its log ends, from its start */
	uint32_t masked;   /* a page that reads as erased; page_cnt: none */
	bool erased;	   /* the head was opened since power-up */
	bool readable;	   /* fw_store_open() was FW_OK */
	uint16_t pos[FW_STORE_KEY_CNT]; /* unit of the record; 0: none */
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
/* The same of another region than the token's. */
int fw_store_open_region(struct fw_store *s,
    enum fw_store_region region) FW_MUST_CHECK;
/* Value of key into out; returns its length, FW_ERR_NONE, or FW_ERR_LENGTH if
 * it is longer than size. */
int fw_store_get(const struct fw_store *s, uint8_t *out, size_t size,
    unsigned int key) FW_MUST_CHECK;
/* First len bytes of a value, without reading the rest; FW_ERR_NONE,
 * FW_ERR_LENGTH if it is shorter. */
int fw_store_peek(const struct fw_store *s, uint8_t *out, size_t len,
    unsigned int key) FW_MUST_CHECK;
/* Set key; durable on return.  Errors as fw_store_commit(). */
int fw_store_put(struct fw_store *s, unsigned int key, const uint8_t *value,
    size_t len) FW_MUST_CHECK;
/* Delete key; durable on return.  No error if there is none. */
int fw_store_del(struct fw_store *s, unsigned int key) FW_MUST_CHECK;
/*
 * Set and delete several keys in one step: after a cut all of them are done or
 * none.  Durable on return.  If a key is there twice the last one counts.
 *
 * On error nothing is done: FW_ERR_LENGTH if a value or the commit is too long
 * or a key is none; FW_ERR_CORRUPT if the store is not open.  All keys at full
 * length fit; FW_ERR_FULL is there for a sum that is wrong.
 */
int fw_store_commit(struct fw_store *s, const struct fw_store_item *item,
    size_t cnt) FW_MUST_CHECK;
/*
 * Forget all and start with these values, in one step; durable on return, and
 * then nothing of the old values is left in the flash.  Also after open
 * reported FW_ERR_CORRUPT or FW_ERR_NEWER: after a cut it then reports an error
 * again, or the store is the new one.  Halts after FW_ERR_SIZE, and if the
 * items are no commit.
 */
void fw_store_reset(struct fw_store *s, const struct fw_store_item *item,
    size_t cnt);

#endif
