/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the PIV applet share.
 *
 * Records of its region; a context goes into the checksum of what is sealed:
 *
 *	ROOT   = format u8 | GUID [16] | HMAC(device, "piv root" | format, GUID)
 *	PIN    = is default u8 | salt [16] | check [32]		also PUK
 *	TRIES  = PIN left u8 | PUK left u8 | PIN of u8 | PUK of u8
 *	ADMIN  = algorithm u8 | touch u8 | is default u8 | sealed key
 *	KEY    = algorithm u8 | PIN policy u8 | touch policy u8 | origin u8 |
 *		 public key [65] or [32] | sealed key
 *	PART   = object u8 | part u8, bit 7: the last | up to 382 bytes
 *
 *	sealed = nonce [16] | secret ^ HMAC(k, "pad" | nonce) |
 *		 HMAC(k, "tag" | all of it before, record number, fields before)
 *	k      = HMAC(device, "piv seal")
 *	check  = HMAC(kek, "check"), kek = PBKDF2(PIN padded to 8 bytes,
 *		 salt | HMAC(device, "piv pin"), FW_PIN_ROUNDS)
 *
 * What was sealed for one slot or policy opens for no other.
 */
#ifndef FW_PIV_INT_H
#define FW_PIV_INT_H

#include "piv.h"
#include "piv_ids.h"
#include "tlv.h"
#include "x509.h"

#define FW_PIV_ORIGIN_HERE 1
#define FW_PIV_SLOT_CNT 5

enum fw_piv_record {
	FW_PIV_REC_ROOT = 0,
	FW_PIV_REC_PIN = 1,
	FW_PIV_REC_PUK = 2,
	FW_PIV_REC_TRIES = 3,
	FW_PIV_REC_ADMIN = 4,
	FW_PIV_REC_KEY = 8,  /* first of FW_PIV_SLOT_CNT */
	FW_PIV_REC_PART = 16 /* first; the last is that of the store */
};

/* Objects as one byte: the last of 5FC1xx; 80 and the last of 5FFFxx. */
enum fw_piv_object {
	FW_PIV_OBJ_CHUID = 0x02,
	FW_PIV_OBJ_FINGERPRINTS = 0x03,
	FW_PIV_OBJ_CCC = 0x07,
	FW_PIV_OBJ_FACE = 0x08,
	FW_PIV_OBJ_PRINTED = 0x09,
	FW_PIV_OBJ_IRIS = 0x21,
	FW_PIV_OBJ_CERT_F9 = 0x81
};
#define FW_PIV_OBJECT_MAX 1900 /* bytes in tag 53 */
#define FW_PIV_PARTS_MAX 5

#define FW_PIV_AID_LEN 11
#define FW_PIV_GUID_LEN 16
#define FW_PIV_PIN_LEN 8
#define FW_PIV_TRIES 3
#define FW_PIV_TRIES_MAX 15 /* what a status word can say */
#define FW_PIV_SECRET_LEN 32
#define FW_PIV_SEALED_LEN (16 + FW_PIV_SECRET_LEN + 32)
#define FW_PIV_ADMIN_KEY_MAX 32
#define FW_PIV_PIN_REC_LEN (1 + 16 + 32)
#define FW_PIV_ADMIN_REC_LEN (3 + FW_PIV_SEALED_LEN)
#define FW_PIV_KEY_HEAD_LEN 4
#define FW_PIV_PUBLIC_MAX FW_P256_POINT_LEN
#define FW_PIV_KEY_REC_MAX                                                     \
	(FW_PIV_KEY_HEAD_LEN + FW_PIV_PUBLIC_MAX + FW_PIV_SEALED_LEN)

enum fw_piv_which { FW_PIV_THE_PIN, FW_PIV_THE_PUK };
struct fw_piv_tries {
	uint8_t left[2], of[2];
};

/* A key as it is in the store; nothing in it is secret. */
struct fw_piv_key {
	uint8_t ref; /* its slot */
	uint8_t alg, pin, touch, origin;
	uint8_t public[FW_PIV_PUBLIC_MAX];
	size_t public_len;
};

/* The management key without the key. */
struct fw_piv_admin {
	uint8_t alg, touch;
	bool is_default;
};

/* piv.c: what a PIN, the management key or a touch had opened is closed, and
 * what the command before this one left open. */
void fw_piv_close(struct fw_piv *piv);
/* Wait for a touch; the words for a key are in c->op.text already. */
enum fw_sw fw_piv_wait(struct fw_piv *piv, const struct fw_apdu *apdu,
    enum fw_piv_wait wait);

/* piv_seal.c */
void fw_piv_seal(struct fw_piv *piv, uint8_t out[FW_PIV_SEALED_LEN],
    const uint8_t secret[FW_PIV_SECRET_LEN], unsigned int record,
    struct tsw_slice fields);
/* FW_ERR_AUTH: not of this device, record and fields. */
int fw_piv_unseal(const struct fw_piv *piv, uint8_t secret[FW_PIV_SECRET_LEN],
    const uint8_t sealed[FW_PIV_SEALED_LEN], unsigned int record,
    struct tsw_slice fields) FW_MUST_CHECK;
void fw_piv_root_tag(const struct fw_piv *piv, uint8_t tag[32],
    struct tsw_slice head);
/* 31 bits that tell this token from others, until it is reset as a whole. */
uint32_t fw_piv_serial(const struct fw_piv *piv);

/* piv_store.c: open the region at its first use, begin anew where it is blank
 * or a stranger's. */
void fw_piv_open(struct fw_piv *piv);
/* Begin anew. */
void fw_piv_wipe(struct fw_piv *piv);
/* A record of exactly len bytes; halts if it is not there any more. */
void fw_piv_load(const struct fw_piv *piv, uint8_t *out, size_t len,
    unsigned int record);
/* Durable; halts if there is no room, which is kept. */
void fw_piv_save(struct fw_piv *piv, const struct fw_store_item *item,
    size_t cnt);

/* piv_pin.c */
void fw_piv_pin_record(struct fw_piv *piv, uint8_t out[FW_PIV_PIN_REC_LEN],
    const uint8_t secret_pin[FW_PIV_PIN_LEN], enum fw_piv_which which);
void fw_piv_default_pin(uint8_t pin[FW_PIV_PIN_LEN], enum fw_piv_which which);
void fw_piv_tries_load(const struct fw_piv *piv, struct fw_piv_tries *tries);
void fw_piv_tries_encode(uint8_t out[4], const struct fw_piv_tries *tries);
bool fw_piv_pin_is_default(const struct fw_piv *piv, enum fw_piv_which which);
enum fw_sw fw_piv_verify(struct fw_piv *piv, const struct fw_apdu *apdu);
enum fw_sw fw_piv_change(struct fw_piv *piv, const struct fw_apdu *apdu);
enum fw_sw fw_piv_unblock(struct fw_piv *piv, const struct fw_apdu *apdu);
enum fw_sw fw_piv_set_tries(struct fw_piv *piv, const struct fw_apdu *apdu);

/* piv_admin.c */
void fw_piv_admin_default(struct fw_piv *piv,
    uint8_t out[FW_PIV_ADMIN_REC_LEN]);
/* FW_ERR_CORRUPT: the record makes no sense. */
int fw_piv_admin_load(const struct fw_piv *piv, struct fw_piv_admin *admin,
    uint8_t secret_key[FW_PIV_ADMIN_KEY_MAX]) FW_MUST_CHECK;
enum fw_sw fw_piv_admin_authenticate(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu);
/* After the touch: the second half of a command that was right. */
enum fw_sw fw_piv_admin_finish(struct fw_piv *piv, struct tsw_wr *rsp);
enum fw_sw fw_piv_set_admin(struct fw_piv *piv, const struct fw_apdu *apdu);

/* piv_key.c */
/* 0 to FW_PIV_SLOT_CNT - 1, or -1. */
int fw_piv_slot(uint8_t ref);
/* FW_ERR_NONE, FW_ERR_CORRUPT.  secret may be NULL. */
int fw_piv_key_load(const struct fw_piv *piv, struct fw_piv_key *key,
    uint8_t secret[FW_PIV_SECRET_LEN], int slot) FW_MUST_CHECK;
/* Draw a key of key->alg, write its public half to *key and its record to out;
 * returns the record's length. */
size_t fw_piv_key_make(struct fw_piv *piv, uint8_t out[FW_PIV_KEY_REC_MAX],
    struct fw_piv_key *key, uint8_t secret[FW_PIV_SECRET_LEN]);
/* Append the public key as the answer of GENERATE has it. */
void fw_piv_key_put(struct tsw_wr *rsp, const struct fw_piv_key *key);
enum fw_sw fw_piv_generate(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu);
enum fw_sw fw_piv_move(struct fw_piv *piv, const struct fw_apdu *apdu);

/* piv_use.c */
enum fw_sw fw_piv_authenticate(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu);
enum fw_sw fw_piv_use_finish(struct fw_piv *piv, struct tsw_wr *rsp);

/* piv_object.c */
/* Where the parts of an object go: item[].key of so many, and what is to be
 * deleted behind them; returns how many items, or FW_ERR_FULL. */
int fw_piv_object_place(const struct fw_piv *piv,
    struct fw_store_item item[FW_PIV_PARTS_MAX], uint8_t object,
    size_t parts) FW_MUST_CHECK;
/* What a part of an object begins with. */
void fw_piv_part_begin(struct tsw_wr *wr, uint8_t object, size_t part,
    bool is_last);
enum fw_sw fw_piv_get_data(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu);
enum fw_sw fw_piv_put_data(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu);

/* piv_new.c: objects that are there from the beginning, as parts. */
void fw_piv_put_chuid(struct tsw_wr *wr, const uint8_t guid[FW_PIV_GUID_LEN]);
void fw_piv_put_ccc(struct tsw_wr *wr, const uint8_t guid[FW_PIV_GUID_LEN]);

/* piv_attest.c */
/* Draw F9: its record to out, whose length it returns; append the part that
 * holds its certificate, signed by itself. */
size_t fw_piv_root_make(struct fw_piv *piv, uint8_t out[FW_PIV_KEY_REC_MAX],
    struct tsw_wr *part);
enum fw_sw fw_piv_attest(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu);

/* piv_info.c */
enum fw_sw fw_piv_metadata(struct fw_piv *piv, struct tsw_wr *rsp,
    const struct fw_apdu *apdu);
void fw_piv_put_version(struct tsw_wr *wr);

extern const uint8_t fw_piv_aid[FW_PIV_AID_LEN];

#endif
