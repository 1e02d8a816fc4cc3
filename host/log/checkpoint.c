/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a checkpoint.  C2SP tlog-checkpoint. */
#include "note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base64.h"

#define SIZE_DIGITS 16 /* of 2^53 - 1 */

/* A line without its line feed; NULL if there is none or it is empty. */
static struct tsw_slice
take_line(struct tsw_slice *rest)
{
	struct tsw_slice line = {NULL, 0};
	const uint8_t *end;

	end = rest->len == 0 ? NULL : memchr(rest->p, '\n', rest->len);
	if (end == NULL || end == rest->p)
		return line;
	line.p = rest->p;
	line.len = (size_t)(end - rest->p);
	rest->p += line.len + 1;
	rest->len -= line.len + 1;
	return line;
}

static bool
take_origin(char out[TS_NOTE_NAME_MAX + 1], struct tsw_slice line)
{
	size_t i;

	if (line.len == 0 || line.len > TS_NOTE_NAME_MAX)
		return false;
	for (i = 0; i < line.len; i++) {
		if (line.p[i] < 0x20)
			return false;
	}
	memcpy(out, line.p, line.len);
	out[line.len] = '\0';
	return true;
}

bool
ts_checkpoint_size(uint64_t *out, struct tsw_slice digits)
{
	uint64_t v = 0;
	size_t i;

	if (digits.len == 0 || digits.len > SIZE_DIGITS ||
	    (digits.len > 1 && digits.p[0] == '0'))
		return false;
	for (i = 0; i < digits.len; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(digits.p[i] - '0');
	}
	*out = v;
	return v <= TSW_LOG_SIZE_MAX;
}

int
ts_checkpoint_parse(struct ts_checkpoint *out, struct tsw_slice text)
{
	struct tsw_slice rest = text, line;
	struct ts_checkpoint cp;
	size_t len = TSW_HASH_LEN;

	memset(&cp, 0, sizeof(cp));
	if (!take_origin(cp.origin, take_line(&rest)) ||
	    !ts_checkpoint_size(&cp.head.size, take_line(&rest)))
		return TS_ERR_LOG_NOTE;
	line = take_line(&rest);
	if (line.len != TS_BASE64_LEN(TSW_HASH_LEN) ||
	    ts_base64_decode(cp.head.root, &len, (const char *)line.p,
		line.len) != TS_OK ||
	    len != TSW_HASH_LEN)
		return TS_ERR_LOG_NOTE;
	while (rest.len > 0) {
		if (take_line(&rest).len == 0)
			return TS_ERR_LOG_NOTE;
	}
	*out = cp;
	return TS_OK;
}

void
ts_checkpoint_format(char out[TS_CHECKPOINT_TEXT_MAX], size_t *len,
    const struct ts_checkpoint *cp)
{
	char root[TS_BASE64_LEN(TSW_HASH_LEN) + 1];

	ts_base64_encode(root, cp->head.root, TSW_HASH_LEN);
	*len = (size_t)snprintf(out, TS_CHECKPOINT_TEXT_MAX,
	    "%s\n%" PRIu64 "\n%s\n", cp->origin, cp->head.size, root);
}
