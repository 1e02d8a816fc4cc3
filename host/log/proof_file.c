/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC 16, and the tlog-proof of the C2SP. */
#include "latest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "claim.h"
#include "page_cb.h"

#define FIRST_LINE "c2sp.org/tlog-proof@v1"
#define DIGITS_MAX 20
#define HASH_BASE64_LEN TS_BASE64_LEN(TSW_HASH_LEN)

/* The next line without its line feed; false at the end. */
static bool
line(struct tsw_slice *out, struct tsw_rd *rd)
{
	const uint8_t *end;

	if (rd->left == 0)
		return false;
	end = memchr(rd->p, '\n', rd->left);
	if (end == NULL)
		return false;
	out->len = (size_t)(end - rd->p);
	out->p = tsw_rd_view(rd, out->len);
	(void)tsw_rd_u8(rd);
	return true;
}

/* Whether s is word, a space and more, which s then is. */
static bool
after(struct tsw_slice *s, const char *word)
{
	size_t len = strlen(word);

	if (s->len <= len || memcmp(s->p, word, len) != 0 || s->p[len] != ' ')
		return false;
	s->p += len + 1;
	s->len -= len + 1;
	return true;
}

/* Decimal without leading zeros. */
static int
decimal(uint64_t *out, struct tsw_slice s)
{
	uint64_t v = 0;
	size_t i;

	if (s.len == 0 || (s.len > 1 && s.p[0] == '0'))
		return TSW_ERR_FORMAT;
	for (i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return TSW_ERR_FORMAT;
		v = 10 * v + (uint64_t)(s.p[i] - '0');
		if (v > TSW_LOG_SIZE_MAX)
			return TSW_ERR_RANGE;
	}
	*out = v;
	return TS_OK;
}

static int
base64(uint8_t *out, size_t *len, struct tsw_slice s)
{
	return ts_base64_decode(out, len, (const char *)s.p, s.len);
}

static int
parse_extra(struct ts_proof_file *m, uint8_t *extra, struct tsw_slice s)
{
	m->extra_len = TS_PAGE_MAX;
	if (s.len == 0)
		return TSW_ERR_FORMAT;
	if (extra != NULL)
		return base64(extra, &m->extra_len, s);
	m->extra_len = 0;
	return TS_OK;
}

/* The hashes, and the empty line behind them. */
static int
parse_hashes(struct ts_proof_file *m, struct tsw_rd *rd)
{
	struct tsw_slice s;
	size_t len;
	int r;

	for (;;) {
		if (!line(&s, rd))
			return TSW_ERR_TRUNCATED;
		if (s.len == 0)
			return TS_OK;
		if (m->hashes_len == sizeof(m->hashes))
			return TSW_ERR_TOO_LONG;
		len = TSW_HASH_LEN;
		r = base64(m->hashes + m->hashes_len, &len, s);
		if (r != TS_OK || len != TSW_HASH_LEN)
			return TSW_ERR_FORMAT;
		m->hashes_len += len;
	}
}

int
ts_proof_file_parse(struct ts_proof_file *out, uint8_t *extra,
    struct tsw_slice text)
{
	struct ts_proof_file m;
	struct tsw_slice s;
	struct tsw_rd rd;
	int r = TS_OK;

	memset(&m, 0, sizeof(m));
	if (text.len > TS_PROOF_FILE_MAX)
		return TSW_ERR_TOO_LONG;
	tsw_rd_init(&rd, text.p, text.len);
	if (!line(&s, &rd) || s.len != strlen(FIRST_LINE) ||
	    memcmp(s.p, FIRST_LINE, s.len) != 0)
		return TSW_ERR_FORMAT;
	if (!line(&s, &rd))
		return TSW_ERR_TRUNCATED;
	if (after(&s, "extra")) {
		r = parse_extra(&m, extra, s);
		if (r == TS_OK && !line(&s, &rd))
			r = TSW_ERR_TRUNCATED;
	}
	if (r == TS_OK)
		r = after(&s, "index") ? decimal(&m.index, s) : TSW_ERR_FORMAT;
	if (r == TS_OK)
		r = parse_hashes(&m, &rd);
	if (r != TS_OK)
		return r;
	if (rd.left == 0)
		return TSW_ERR_TRUNCATED;
	m.note.p = rd.p;
	m.note.len = rd.left;
	*out = m;
	return TS_OK;
}

static void
put_text(struct tsw_wr *wr, const char *text)
{
	tsw_wr_bytes(wr, (const uint8_t *)text, strlen(text));
}

/* In blocks that end without padding, so that any length will do. */
static void
put_base64(struct tsw_wr *wr, const uint8_t *p, size_t len)
{
	char out[TS_BASE64_LEN(48) + 1];
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = len - i < 48 ? len - i : 48;
		(void)ts_base64_encode(out, p + i, n);
		put_text(wr, out);
	}
}

size_t
ts_proof_file_format(char *out, size_t size, const struct ts_proof_file *file,
    struct tsw_slice extra)
{
	char index[DIGITS_MAX + 1];
	struct tsw_wr wr;
	size_t i;

	tsw_wr_init(&wr, (uint8_t *)out, size);
	put_text(&wr, FIRST_LINE "\n");
	if (extra.len > 0) {
		put_text(&wr, "extra ");
		put_base64(&wr, extra.p, extra.len);
		put_text(&wr, "\n");
	}
	snprintf(index, sizeof(index), "%llu", (unsigned long long)file->index);
	put_text(&wr, "index ");
	put_text(&wr, index);
	put_text(&wr, "\n");
	for (i = 0; i < file->hashes_len; i += TSW_HASH_LEN) {
		put_base64(&wr, file->hashes + i, TSW_HASH_LEN);
		put_text(&wr, "\n");
	}
	put_text(&wr, "\n");
	tsw_wr_bytes(&wr, file->note.p, file->note.len);
	return tsw_wr_len(&wr);
}

size_t
ts_proof_extra_encode(uint8_t *out, size_t size, const struct ts_proof_extra *m)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, size);
	ts_wr_message(&wr, 7);
	ts_wr_label(&wr, 1, m->label);
	ts_wr_bytes(&wr, 2, m->page.vrf, sizeof(m->page.vrf));
	ts_wr_uint(&wr, 3, m->page.entries);
	ts_wr_records(&wr, 4, &m->page);
	ts_wr_absence(&wr, 5, &m->page.absence);
	ts_wr_slice(&wr, 6, m->page.parameters);
	return tsw_wr_len(&wr);
}

int
ts_proof_extra_decode(struct ts_proof_extra *out, struct tsw_slice s)
{
	struct ts_proof_extra m;
	struct ts_fields f;
	struct tsw_cb cb;
	size_t i;
	int r;

	if (s.len > TS_PAGE_MAX)
		return TSW_ERR_TOO_LONG;
	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, s.p, s.len);
	f = ts_fields_message(&cb);
	ts_field(&cb, &f, 1);
	m.label = ts_cb_label(&cb);
	ts_field(&cb, &f, 2);
	ts_cb_copy(&cb, m.page.vrf, sizeof(m.page.vrf));
	ts_field(&cb, &f, 3);
	m.page.entries = ts_cb_size(&cb);
	ts_field(&cb, &f, 4);
	m.page.record_cnt = ts_cb_list(&cb, 1, TS_PAGE_RECORDS_CNT);
	for (i = 0; i < m.page.record_cnt; i++)
		ts_cb_record(&cb, &m.page.record[i]);
	ts_field(&cb, &f, 5);
	ts_cb_absence(&cb, &m.page.absence);
	ts_field(&cb, &f, 6);
	m.page.parameters =
	    ts_cb_multiple(&cb, TSW_HASH_LEN, TS_PAGE_HASHES_MAX);
	m.page.has_parameters = true;
	ts_fields_close(&cb, &f);
	r = tsw_cb_done(&cb);
	if (r == TSW_OK)
		*out = m;
	return r;
}

static int
write_file(char *out, size_t size, size_t *len, struct ts_proof_file *file,
    const struct ts_proof_extra *m)
{
	uint8_t *bytes = malloc(TS_PAGE_MAX);
	struct tsw_slice extra = {bytes, 0};
	int r = TS_OK;

	if (bytes == NULL)
		return TS_ERR_NO_MEMORY;
	extra.len = ts_proof_extra_encode(bytes, TS_PAGE_MAX, m);
	*len =
	    extra.len == 0 ? 0 : ts_proof_file_format(out, size, file, extra);
	if (*len == 0)
		r = TSW_ERR_NO_SPACE;
	free(bytes);
	return r;
}

int
ts_proof_file_make(char *out, size_t size, size_t *len, struct tsw_slice label,
    const struct ts_page *page)
{
	struct ts_proof_extra extra;
	struct ts_checkpoint cp;
	struct ts_proof_file file;
	struct ts_note note;
	int r;

	memset(&file, 0, sizeof(file));
	if (page->record_cnt == 0 || !page->absence.there ||
	    !page->has_parameters || page->inclusion.len > sizeof(file.hashes))
		return TS_ERR_LOG_PROOF;
	r = ts_note_parse(&note, page->note);
	if (r == TS_OK)
		r = ts_checkpoint_parse(&cp, note.text);
	if (r != TS_OK)
		return r;
	if (cp.head.size == 0)
		return TS_ERR_LOG_PROOF;
	file.index = cp.head.size - 1;
	file.note = page->note;
	file.hashes_len = page->inclusion.len;
	if (file.hashes_len > 0)
		memcpy(file.hashes, page->inclusion.p, file.hashes_len);
	/*
	 * Not as an initialiser: with -ftrivial-auto-var-init=zero gcc 12 then
	 * clears padding, and bytes of the records that are none.
	 */
	extra.label = label;
	extra.page = *page;
	return write_file(out, size, len, &file, &extra);
}

/* A file that was parsed, with its extra data decoded. */
static int
check(struct ts_seen *seen, const struct ts_policy *policy,
    const struct ts_proof_file *file, const struct ts_proof_extra *extra)
{
	struct ts_claim claim = {extra->label, extra->page.record[0].number,
	    extra->page.vrf, &seen->cp.head};
	struct ts_page page = extra->page;
	struct ts_note note;
	int r;

	r = ts_note_parse(&note, file->note);
	if (r == TS_OK)
		r = ts_policy_check(seen, policy, &note, 0);
	if (r != TS_OK)
		return r;
	if (seen->cp.head.size == 0 || file->index != seen->cp.head.size - 1)
		return TS_ERR_LOG_PROOF;
	page.inclusion.p = file->hashes;
	page.inclusion.len = file->hashes_len;
	r = ts_claim_check_vrf(claim.head, page.vrf, page.parameters);
	return r == TS_OK ? ts_claim_check(&claim, &page) : r;
}

int
ts_proof_file_check(struct ts_proof_extra *extra, struct ts_seen *seen,
    uint8_t *scratch, const struct ts_policy *policy, struct tsw_slice text)
{
	struct tsw_slice bytes = {scratch, 0};
	struct ts_proof_file file;
	struct ts_proof_extra m;
	struct ts_seen unused;
	int r;

	if (seen == NULL)
		seen = &unused;
	memset(seen, 0, sizeof(*seen));
	r = ts_proof_file_parse(&file, scratch, text);
	if (r != TS_OK)
		return r;
	bytes.len = file.extra_len;
	r = ts_proof_extra_decode(&m, bytes);
	if (r == TS_OK)
		r = check(seen, policy, &file, &m);
	if (r == TS_OK)
		*extra = m;
	return r;
}
