/* SPDX-License-Identifier: BSD-2-Clause */
#include "request.h"

#include <string.h>

#include "log/base64.h"

#define OLD "old "
#define HASH_TEXT_LEN TS_BASE64_LEN(TSW_HASH_LEN)

/* Without its line feed; p is NULL if the line has no end. */
static struct tsw_slice
take_line(struct tsw_slice *rest)
{
	struct tsw_slice line = {NULL, 0};
	const uint8_t *end;

	end = rest->len == 0 ? NULL : memchr(rest->p, '\n', rest->len);
	if (end == NULL)
		return line;
	line.p = rest->p;
	line.len = (size_t)(end - rest->p);
	rest->p += line.len + 1;
	rest->len -= line.len + 1;
	return line;
}

static bool
take_old(uint64_t *out, struct tsw_slice *rest)
{
	struct tsw_slice line = take_line(rest);

	if (line.p == NULL || line.len < strlen(OLD) ||
	    memcmp(line.p, OLD, strlen(OLD)) != 0)
		return false;
	line.p += strlen(OLD);
	line.len -= strlen(OLD);
	return ts_checkpoint_size(out, line);
}

/* Hashes up to and with the empty line. */
static bool
take_proof(struct ts_witness_request *m, struct tsw_slice *rest)
{
	struct tsw_slice line;
	size_t len;

	for (;;) {
		line = take_line(rest);
		if (line.p == NULL)
			return false;
		if (line.len == 0)
			return true;
		len = TSW_HASH_LEN;
		if (m->proof_len == sizeof(m->proof) ||
		    line.len != HASH_TEXT_LEN ||
		    ts_base64_decode(m->proof + m->proof_len, &len,
			(const char *)line.p, line.len) != TS_OK ||
		    len != TSW_HASH_LEN)
			return false;
		m->proof_len += TSW_HASH_LEN;
	}
}

int
ts_witness_request_decode(struct ts_witness_request *out, struct tsw_slice body)
{
	struct ts_witness_request m = {.proof_len = 0};
	struct tsw_slice rest = body;
	int r;

	if (body.len > TS_WITNESS_BODY_MAX || !take_old(&m.old, &rest) ||
	    !take_proof(&m, &rest))
		return TS_ERR_LOG_NOTE;
	r = ts_note_parse(&m.note, rest);
	if (r == TS_OK)
		r = ts_checkpoint_parse(&m.cp, m.note.text);
	if (r == TS_OK)
		*out = m;
	return r;
}
