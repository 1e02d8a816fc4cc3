/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the messages of SPEC 14 to 16 have in common: the reading of maps with
 * fields that may be left out, versions, and the shapes that come again.
 * Errors go to the reader's sticky one.
 */
#ifndef HOST_LOG_PAGE_CB_H
#define HOST_LOG_PAGE_CB_H

#include "page.h"

#include <touchstone/wire/cbor.h>

#define TS_PAGE_HASHES_MAX 2048

/* The fields of one map, asked for in rising order. */
struct ts_fields {
	size_t left;
	int64_t last;
	bool ahead; /* the key of the next one was read */
};

struct ts_fields ts_fields_open(struct tsw_cb *cb);
/* TSW_ERR_MISSING_FIELD if the next field has another key. */
void ts_field(struct tsw_cb *cb, struct ts_fields *f, uint64_t key);
/* Whether it is there: then it is to be read. */
bool ts_field_optional(struct tsw_cb *cb, struct ts_fields *f, uint64_t key);
/* TSW_ERR_UNKNOWN_FIELD if there are more. */
void ts_fields_close(struct tsw_cb *cb, struct ts_fields *f);
/* Open, and field 0 is version 1: TSW_ERR_VERSION. */
struct ts_fields ts_fields_message(struct tsw_cb *cb);

uint64_t ts_cb_number(struct tsw_cb *cb, uint64_t min, uint64_t max);
uint64_t ts_cb_size(struct tsw_cb *cb);
uint32_t ts_cb_u32(struct tsw_cb *cb);
/* An array of min to max items. */
size_t ts_cb_list(struct tsw_cb *cb, size_t min, size_t max);
/* An array of exactly cnt. */
void ts_cb_tuple(struct tsw_cb *cb, size_t cnt);
struct tsw_slice ts_cb_label(struct tsw_cb *cb);
/* Exactly len bytes, copied. */
void ts_cb_copy(struct tsw_cb *cb, uint8_t *out, size_t len);
/* Bytes of at most max, a multiple of unit: TSW_ERR_FORMAT. */
struct tsw_slice ts_cb_multiple(struct tsw_cb *cb, size_t unit, size_t max);
void ts_cb_record(struct tsw_cb *cb, struct ts_page_record *out);
void ts_cb_absence(struct tsw_cb *cb, struct ts_page_absence *out);

/* Writers.  A key and its value. */
void ts_wr_message(struct tsw_wr *wr, size_t pairs); /* with the version */
void ts_wr_uint(struct tsw_wr *wr, uint64_t key, uint64_t v);
void ts_wr_bytes(struct tsw_wr *wr, uint64_t key, const uint8_t *p, size_t len);
void ts_wr_slice(struct tsw_wr *wr, uint64_t key, struct tsw_slice s);
void ts_wr_label(struct tsw_wr *wr, uint64_t key, struct tsw_slice label);
void ts_wr_records(struct tsw_wr *wr, uint64_t key, const struct ts_page *m);
void ts_wr_absence(struct tsw_wr *wr, uint64_t key,
    const struct ts_page_absence *m);

#endif
