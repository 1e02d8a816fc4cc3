/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaf.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

#define PARAMETERS_PREFIX "touchstone directory v1\n"
#define ALPHA_PREFIX "touchstone record v1"
#define COMMITMENT_PREFIX "touchstone commitment v1"
#define PREFIX_LEN(s) (sizeof(s) - 1)

_Static_assert(PREFIX_LEN(PARAMETERS_PREFIX) + TS_VRF_KEY_LEN ==
	TS_LEAF_PARAMETERS_LEN,
    "SPEC 13.1");
_Static_assert(PREFIX_LEN(COMMITMENT_PREFIX) + 1 + TSW_LABEL_MAX + 8 <=
	TS_ALPHA_MAX,
    "both inputs fit");

int
ts_leaf_decode(struct ts_leaf *out, struct tsw_slice bytes)
{
	static const char prefix[] = PARAMETERS_PREFIX;
	struct ts_leaf m;
	struct tsw_rd rd;
	const uint8_t *p;

	memset(&m, 0, sizeof(m));
	tsw_rd_init(&rd, bytes.p, bytes.len);
	if (bytes.len == TS_LEAF_PARAMETERS_LEN) {
		m.kind = TS_LEAF_PARAMETERS;
		p = tsw_rd_view(&rd, PREFIX_LEN(prefix));
		if (p == NULL || memcmp(p, prefix, PREFIX_LEN(prefix)) != 0)
			return TS_ERR_LOG_BROKEN;
		tsw_rd_copy(&rd, m.vrf, sizeof(m.vrf));
	} else if (bytes.len == TS_LEAF_ENTRY_LEN) {
		m.kind = TS_LEAF_ENTRY;
		tsw_rd_copy(&rd, m.entry.k, sizeof(m.entry.k));
		tsw_rd_copy(&rd, m.entry.c, sizeof(m.entry.c));
	} else {
		m.kind = TS_LEAF_ROOT;
		tsw_rd_copy(&rd, m.index_root, sizeof(m.index_root));
		m.entries = tsw_rd_u64(&rd);
		if (m.entries > TSW_LOG_SIZE_MAX)
			return TS_ERR_LOG_BROKEN;
	}
	if (!tsw_rd_done(&rd))
		return TS_ERR_LOG_BROKEN;
	*out = m;
	return TS_OK;
}

size_t
ts_leaf_encode(uint8_t out[TS_LEAF_MAX], const struct ts_leaf *leaf)
{
	static const char prefix[] = PARAMETERS_PREFIX;
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, TS_LEAF_MAX);
	switch (leaf->kind) {
	case TS_LEAF_PARAMETERS:
		tsw_wr_bytes(&wr, (const uint8_t *)prefix, PREFIX_LEN(prefix));
		tsw_wr_bytes(&wr, leaf->vrf, sizeof(leaf->vrf));
		break;
	case TS_LEAF_ENTRY:
		tsw_wr_bytes(&wr, leaf->entry.k, sizeof(leaf->entry.k));
		tsw_wr_bytes(&wr, leaf->entry.c, sizeof(leaf->entry.c));
		break;
	case TS_LEAF_ROOT:
		tsw_wr_bytes(&wr, leaf->index_root, sizeof(leaf->index_root));
		tsw_wr_u64(&wr, leaf->entries);
		break;
	}
	return tsw_wr_len(&wr);
}

/* prefix || u8 len(label) || label || u64 number */
static size_t
label_and_number(uint8_t out[TS_ALPHA_MAX], const char *prefix,
    struct tsw_slice label, uint32_t number)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, TS_ALPHA_MAX);
	tsw_wr_bytes(&wr, (const uint8_t *)prefix, strlen(prefix));
	tsw_wr_u8(&wr, (uint8_t)label.len);
	tsw_wr_bytes(&wr, label.p, label.len);
	tsw_wr_u64(&wr, number);
	return tsw_wr_len(&wr);
}

size_t
ts_leaf_alpha(uint8_t out[TS_ALPHA_MAX], struct tsw_slice label,
    uint32_t number)
{
	return label_and_number(out, ALPHA_PREFIX, label, number);
}

void
ts_leaf_commit(uint8_t c[32], const uint8_t opening[TS_OPENING_LEN],
    struct tsw_slice label, uint32_t number,
    const uint8_t statement_hash[TSW_HASH_LEN])
{
	const struct tsw_slice key = {opening, TS_OPENING_LEN};
	uint8_t head[TS_ALPHA_MAX];
	struct tsw_slice part[2];

	part[0].p = head;
	part[0].len = label_and_number(head, COMMITMENT_PREFIX, label, number);
	part[1].p = statement_hash;
	part[1].len = TSW_HASH_LEN;
	tsw_hmac_sha256(c, key, part, 2);
}
