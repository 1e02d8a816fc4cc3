/* SPDX-License-Identifier: BSD-2-Clause */
#include "note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <touchstone/wire/crypto.h>

#include "base64.h"
#include "utf8.h"
#include "vkey.h"

#define DASH "\xe2\x80\x94 " /* U+2014, a blank: begins a signature line */
#define DASH_LEN (sizeof(DASH) - 1)
#define ID_LEN 4
#define TIME_LEN 8
/* "cosignature/v1", "time " and up to 19 digits, with their line feeds. */
#define HEAD_MAX 48

/* UTF-8, and of the control characters nothing but line feeds. */
static bool
is_text(struct tsw_slice s)
{
	uint32_t c;

	while (s.len > 0) {
		if (!ts_utf8_next(&c, &s) || (c < 0x20 && c != '\n'))
			return false;
	}
	return true;
}

/* Up to the last empty line; what is behind that are signature lines. */
static bool
split(struct tsw_slice *text, struct tsw_slice *sigs, struct tsw_slice bytes)
{
	size_t i;

	for (i = bytes.len; i >= 2; i--) {
		if (bytes.p[i - 1] != '\n' || bytes.p[i - 2] != '\n')
			continue;
		*text = (struct tsw_slice){bytes.p, i - 1};
		*sigs = (struct tsw_slice){bytes.p + i, bytes.len - i};
		return true;
	}
	return false;
}

/* The line that rest begins with, line feed and all; 0 if it has no end. */
static struct tsw_slice
take_line(struct tsw_slice *rest)
{
	struct tsw_slice line = {rest->p, 0};
	const uint8_t *end = memchr(rest->p, '\n', rest->len);

	if (end == NULL)
		return line;
	line.len = (size_t)(end - rest->p) + 1;
	rest->p += line.len;
	rest->len -= line.len;
	return line;
}

static bool
take_sig(struct ts_note *note, struct tsw_slice line)
{
	/* A whole note is no longer than this. */
	uint8_t sig[TS_NOTE_MAX];
	size_t len = sizeof(sig), at = note->sig_cnt;
	struct tsw_slice name, base64;
	const uint8_t *blank;

	if (at == TS_NOTE_SIGS_CNT || line.len <= DASH_LEN + 1 ||
	    memcmp(line.p, DASH, DASH_LEN) != 0)
		return false;
	name.p = line.p + DASH_LEN;
	name.len = line.len - DASH_LEN - 1; /* without the line feed */
	blank = memchr(name.p, ' ', name.len);
	if (blank == NULL)
		return false;
	base64.p = blank + 1;
	base64.len = name.len - (size_t)(blank - name.p) - 1;
	name.len = (size_t)(blank - name.p);
	if (!ts_vkey_name_holds(name) ||
	    ts_base64_decode(sig, &len, (const char *)base64.p, base64.len) !=
		TS_OK ||
	    len <= ID_LEN)
		return false;
	note->sig[at].name = name;
	note->sig[at].line = line;
	note->sig[at].base64 = base64;
	memcpy(note->sig[at].id, sig, ID_LEN);
	note->sig_cnt++;
	return true;
}

int
ts_note_parse(struct ts_note *out, struct tsw_slice bytes)
{
	struct tsw_slice rest, line;
	struct ts_note note;

	memset(&note, 0, sizeof(note));
	note.bytes = bytes;
	if (bytes.len > TS_NOTE_MAX || !is_text(bytes) ||
	    !split(&note.text, &rest, bytes) || rest.len == 0)
		return TS_ERR_LOG_NOTE;
	while (rest.len > 0) {
		line = take_line(&rest);
		if (line.len == 0 || !take_sig(&note, line))
			return TS_ERR_LOG_NOTE;
	}
	*out = note;
	return TS_OK;
}

/*
 * What is signed: the text, behind two lines of its own if it is cosigned.
 * out has TS_NOTE_MAX + HEAD_MAX bytes; 0 if the text cannot be signed.
 */
static size_t
make_message(uint8_t *out, struct tsw_slice text, enum ts_note_type type,
    uint64_t time)
{
	size_t len = 0;

	if (text.len == 0 || text.len > TS_NOTE_MAX || time > INT64_MAX)
		return 0;
	if (type == TS_NOTE_COSIGNATURE)
		len = (size_t)snprintf((char *)out, HEAD_MAX,
		    "cosignature/v1\ntime %" PRIu64 "\n", time);
	memcpy(out + len, text.p, text.len);
	return len + text.len;
}

/* One line whose name and id are those of vkey. */
static bool
sig_holds(const struct ts_note *note, size_t i, const struct ts_vkey *vkey,
    uint64_t *time)
{
	const bool timed = vkey->type == TS_NOTE_COSIGNATURE;
	const size_t head = ID_LEN + (timed ? TIME_LEN : 0);
	uint8_t sig[ID_LEN + TIME_LEN + TSW_SIG_LEN];
	uint8_t message[TS_NOTE_MAX + HEAD_MAX];
	size_t len = sizeof(sig);

	if (ts_base64_decode(sig, &len, (const char *)note->sig[i].base64.p,
		note->sig[i].base64.len) != TS_OK ||
	    len != head + TSW_SIG_LEN)
		return false;
	*time = timed ? tsw_load_u64(sig + ID_LEN) : 0;
	len = make_message(message, note->text, vkey->type, *time);
	return len > 0 &&
	    tsw_ed25519_verify(sig + head, message, len, vkey->key) == TSW_OK;
}

int
ts_note_verify(const struct ts_note *note, const struct ts_vkey *vkey,
    uint64_t *time)
{
	const size_t len = strlen(vkey->name);
	uint64_t t, newest = 0;
	bool found = false;
	size_t i;

	for (i = 0; i < note->sig_cnt; i++) {
		if (note->sig[i].name.len != len ||
		    memcmp(note->sig[i].name.p, vkey->name, len) != 0 ||
		    memcmp(note->sig[i].id, vkey->id, ID_LEN) != 0 ||
		    !sig_holds(note, i, vkey, &t))
			continue;
		found = true;
		if (t > newest)
			newest = t;
	}
	if (!found)
		return TS_ERR_LOG_NOTE;
	if (time != NULL)
		*time = newest;
	return TS_OK;
}

int
ts_note_sign(char out[TS_NOTE_LINE_MAX], struct tsw_slice text,
    const struct ts_skey *skey, uint64_t time)
{
	const bool timed = skey->vkey.type == TS_NOTE_COSIGNATURE;
	const size_t head = ID_LEN + (timed ? TIME_LEN : 0);
	uint8_t sig[ID_LEN + TIME_LEN + TSW_SIG_LEN];
	char base64[TS_BASE64_LEN(sizeof(sig)) + 1];
	uint8_t message[TS_NOTE_MAX + HEAD_MAX];
	struct tsw_slice m = {message, 0};
	int r;

	m.len = make_message(message, text, skey->vkey.type, timed ? time : 0);
	if (m.len == 0 || text.p[text.len - 1] != '\n' || !is_text(text))
		return TS_ERR_ARGUMENT;
	memcpy(sig, skey->vkey.id, ID_LEN);
	if (timed)
		tsw_store_u64(sig + ID_LEN, time);
	r = ts_vkey_sign(sig + head, m, skey);
	if (r != TS_OK)
		return r;
	ts_base64_encode(base64, sig, head + TSW_SIG_LEN);
	snprintf(out, TS_NOTE_LINE_MAX, DASH "%s %s\n", skey->vkey.name,
	    base64);
	return TS_OK;
}
