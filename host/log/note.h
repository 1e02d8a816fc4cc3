/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint,
 * tlog-cosignature), Ed25519 only; signatures of other types are passed over.
 * Views alias the caller's bytes.
 */
#ifndef HOST_LOG_NOTE_H
#define HOST_LOG_NOTE_H

#include "tree.h"

#define TS_NOTE_MAX 16384   /* bytes; a checkpoint with 32 witnesses has 6 KB */
#define TS_NOTE_SIGS_CNT 64 /* lines; more are not a note */
#define TS_NOTE_NAME_MAX 128
#define TS_NOTE_LINE_MAX 384 /* a signature line that we make, with NUL */
#define TS_VKEY_MAX 256	     /* "name+hash+base64", with NUL */

enum ts_note_type {
	TS_NOTE_ED25519 = 0x01,	   /* logs */
	TS_NOTE_COSIGNATURE = 0x04 /* witnesses: cosignature/v1 */
};

struct ts_vkey {
	char name[TS_NOTE_NAME_MAX + 1];
	enum ts_note_type type;
	uint8_t id[4];
	uint8_t key[32];
};

/* In locked memory of the caller: ts_skey_wipe(). */
struct ts_skey {
	struct ts_vkey vkey;
	uint8_t sk_seed[32];
};

/* TS_ERR_LOG_POLICY: no vkey, of another type, or its id is not its own. */
int ts_vkey_parse(struct ts_vkey *out, struct tsw_slice text) TS_MUST_CHECK;
void ts_vkey_format(char out[TS_VKEY_MAX], const struct ts_vkey *vkey);
/* The name is not empty and has no blanks, plus signs or control bytes. */
bool ts_note_is_name(const char *name);
/* TS_ERR_ARGUMENT: the name is none. */
int ts_skey_init(struct ts_skey *out, const char *name, enum ts_note_type type,
    const uint8_t sk_seed[32]) TS_MUST_CHECK;
void ts_skey_wipe(struct ts_skey *skey);

/* A note, parsed and not verified. */
struct ts_note {
	struct tsw_slice bytes; /* all of it */
	struct tsw_slice text;	/* signed; ends with a line feed */
	struct {
		struct tsw_slice name;
		uint8_t id[4];
		struct tsw_slice line;	 /* whole, with its line feed */
		struct tsw_slice base64; /* of id and signature */
	} sig[TS_NOTE_SIGS_CNT];
	size_t sig_cnt;
};

/* TS_ERR_LOG_NOTE: not of the form of a note. */
int ts_note_parse(struct ts_note *out, struct tsw_slice bytes) TS_MUST_CHECK;
/*
 * TS_ERR_LOG_NOTE unless vkey signed it.  time (may be NULL): of a
 * cosignature, else 0.  Several lines of one key: the newest that verifies;
 * those that do not are passed over.
 */
int ts_note_verify(const struct ts_note *note, const struct ts_vkey *vkey,
    uint64_t *time) TS_MUST_CHECK;
/* The signature line with its line feed; time is for cosignatures. */
int ts_note_sign(char out[TS_NOTE_LINE_MAX], struct tsw_slice text,
    const struct ts_skey *skey, uint64_t time) TS_MUST_CHECK;

struct ts_checkpoint {
	char origin[TS_NOTE_NAME_MAX + 1];
	struct ts_tree_head head;
};

/*
 * The text of a note as a checkpoint; extension lines are allowed and passed
 * over.  TS_ERR_LOG_NOTE.
 */
int ts_checkpoint_parse(struct ts_checkpoint *out,
    struct tsw_slice text) TS_MUST_CHECK;
/* Decimal digits without leading zeros, up to 2^53 - 1. */
bool ts_checkpoint_size(uint64_t *out, struct tsw_slice digits);
#define TS_CHECKPOINT_TEXT_MAX 256
/* The three lines; *len bytes, no NUL. */
void ts_checkpoint_format(char out[TS_CHECKPOINT_TEXT_MAX], size_t *len,
    const struct ts_checkpoint *cp);

#endif
