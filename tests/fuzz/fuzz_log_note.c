/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is taken as a note is put together from its parts again, byte for byte;
 * nobody's key accepts what nobody signed.
 */
#include "log/note.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The vkey of the first signature line, if it could have one. */
static void
try_keys(const struct ts_note *note)
{
	static const enum ts_note_type type[] = {TS_NOTE_ED25519,
	    TS_NOTE_COSIGNATURE};
	struct ts_vkey vkey;
	size_t i, t;

	for (i = 0; i < note->sig_cnt && i < 4; i++) {
		if (note->sig[i].name.len > TS_NOTE_NAME_MAX)
			continue;
		for (t = 0; t < 2; t++) {
			memset(&vkey, 0, sizeof(vkey));
			memcpy(vkey.name, note->sig[i].name.p,
			    note->sig[i].name.len);
			memcpy(vkey.id, note->sig[i].id, sizeof(vkey.id));
			vkey.type = type[t];
			vkey.key[0] = 5;
			assert(ts_note_is_name(vkey.name));
			assert(ts_note_verify(note, &vkey, NULL) ==
			    TS_ERR_LOG_NOTE);
		}
	}
}

static void
try_vkey(struct tsw_slice text)
{
	char again[TS_VKEY_MAX];
	struct ts_vkey vkey;

	if (ts_vkey_parse(&vkey, text) != TS_OK)
		return;
	ts_vkey_format(again, &vkey);
	assert(
	    strlen(again) == text.len && memcmp(again, text.p, text.len) == 0);
}

static void
try_checkpoint(struct tsw_slice text)
{
	char again[TS_CHECKPOINT_TEXT_MAX];
	struct ts_checkpoint cp;
	size_t len;

	if (ts_checkpoint_parse(&cp, text) != TS_OK)
		return;
	ts_checkpoint_format(again, &len, &cp);
	assert(len <= text.len && memcmp(again, text.p, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct tsw_slice bytes = {data, len};
	struct ts_note note;
	const uint8_t *at;
	size_t i;

	if (sodium_init() < 0)
		return 0;
	try_vkey(bytes);
	try_checkpoint(bytes);
	memset(&note, 0xa5, sizeof(note));
	if (ts_note_parse(&note, bytes) != TS_OK) {
		assert(note.sig_cnt == (size_t)0xa5a5a5a5a5a5a5a5);
		return 0;
	}
	assert(note.text.p == data && note.sig_cnt > 0);
	assert(note.text.len > 0 && data[note.text.len - 1] == '\n');
	at = data + note.text.len;
	assert(*at++ == '\n');
	for (i = 0; i < note.sig_cnt; i++) {
		assert(note.sig[i].line.p == at);
		at += note.sig[i].line.len;
		assert(note.sig[i].base64.p + note.sig[i].base64.len + 1 == at);
	}
	assert(at == data + len);
	try_checkpoint(note.text);
	try_keys(&note);
	return 0;
}
