/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages between directory and client.  SPEC 14.1, 14.6, 15.
 * One encoder and one decoder each; views alias the caller's bytes.
 */
#ifndef HOST_LOG_PAGE_H
#define HOST_LOG_PAGE_H

#include "index.h"
#include "note.h"

#define TS_PAGE_MAX 1048576
#define TS_PAGE_RECORDS_CNT 64
#define TS_SUBMIT_BUNDLES_CNT 8
#define TS_SUBMIT_MAX (TSW_ENVELOPE_MAX + 8 * (TSW_BUNDLE_MAX + 3) + 256)
#define TS_REQUEST_MAX 256 /* lookup, span */
#define TS_INVITATION_MAX 64
#define TS_REFUSAL_MAX 256
#define TS_BOX_MESSAGES_CNT 16
#define TS_BOX_MESSAGE_MAX 256
#define TS_BOX_MAX (TS_BOX_MESSAGES_CNT * (TS_BOX_MESSAGE_MAX + 16))

struct ts_lookup {
	struct tsw_slice label;
	uint32_t from;
	bool has_size;
	uint64_t size;
};

struct ts_page_proof {
	bool there;
	uint8_t opening[TS_OPENING_LEN];
	uint8_t vrf[TS_VRF_PROOF_LEN];
	struct tsw_slice path;
};

struct ts_page_record {
	uint32_t number;
	struct tsw_slice envelope;
	struct ts_page_proof proof;
};

struct ts_page_absence {
	bool there;
	uint8_t vrf[TS_VRF_PROOF_LEN];
	struct tsw_slice path;
	struct tsw_slice leaf; /* 0 or 64 bytes */
};

struct ts_page {
	struct tsw_slice note;
	uint64_t entries;
	struct tsw_slice inclusion;
	struct ts_page_record record[TS_PAGE_RECORDS_CNT];
	size_t record_cnt;
	struct ts_page_absence absence;
	bool has_consistency;
	struct tsw_slice consistency;
	bool has_parameters;
	uint8_t vrf[TS_VRF_KEY_LEN];
	struct tsw_slice parameters; /* inclusion of leaf 0 */
};

struct ts_submit {
	struct tsw_slice label;
	uint32_t number;
	struct tsw_slice envelope;
	struct tsw_slice invitation; /* empty: none */
	struct tsw_slice bundle[TS_SUBMIT_BUNDLES_CNT];
	size_t bundle_cnt;
};

struct ts_consistency {
	uint8_t root[TSW_HASH_LEN];
	struct tsw_slice proof;
};

enum ts_refusal {
#define X(name, number, http, sentence) TS_REFUSAL_##name = (number),
#include "refusal.def"
#undef X
};

struct ts_refused {
	enum ts_refusal code;
	uint32_t err; /* with REFUSED: TSW_ERR_* */
	char text[201];
};

struct ts_box {
	struct {
		uint32_t number;
		struct tsw_slice bytes;
	} message[TS_BOX_MESSAGES_CNT];
	size_t cnt;
};

/* Each encoder: bytes written, 0 if they do not fit. */
size_t ts_lookup_encode(uint8_t *out, size_t size, const struct ts_lookup *m);
int ts_lookup_decode(struct ts_lookup *out, struct tsw_slice s) TS_MUST_CHECK;
size_t ts_page_encode(uint8_t *out, size_t size, const struct ts_page *m);
int ts_page_decode(struct ts_page *out, struct tsw_slice s) TS_MUST_CHECK;
size_t ts_submit_encode(uint8_t *out, size_t size, const struct ts_submit *m);
int ts_submit_decode(struct ts_submit *out, struct tsw_slice s) TS_MUST_CHECK;
size_t ts_place_reply_encode(uint8_t *out, size_t size, uint64_t index);
int ts_place_reply_decode(uint64_t *index, struct tsw_slice s) TS_MUST_CHECK;
size_t ts_span_encode(uint8_t *out, size_t size, uint64_t from, uint64_t to);
int ts_span_decode(uint64_t *from, uint64_t *to,
    struct tsw_slice s) TS_MUST_CHECK;
size_t ts_consistency_encode(uint8_t *out, size_t size,
    const struct ts_consistency *m);
int ts_consistency_decode(struct ts_consistency *out,
    struct tsw_slice s) TS_MUST_CHECK;
size_t ts_refused_encode(uint8_t *out, size_t size, const struct ts_refused *m);
int ts_refused_decode(struct ts_refused *out, struct tsw_slice s) TS_MUST_CHECK;
size_t ts_box_encode(uint8_t *out, size_t size, const struct ts_box *m);
int ts_box_decode(struct ts_box *out, struct tsw_slice s) TS_MUST_CHECK;

/* The HTTP status and the sentence of a refusal. */
unsigned ts_refusal_http(enum ts_refusal code);
const char *ts_refusal_sentence(enum ts_refusal code);

#endif
