/* SPDX-License-Identifier: BSD-2-Clause */
/* Key files: the first byte chooses the app. */
#include <assert.h>
#include <string.h>

#include <touchstone/keyfile.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was taken can be written, and comes back as the same key. */
static void
round_trip(const struct ts_keyfile *f)
{
	struct tsw_slice none = {NULL, 0};
	struct ts_keyfile again;
	struct ts_text line;
	struct tsw_key key;
	uint8_t id[32];

	memset(&key, 0, sizeof(key));
	key.app = f->app;
	key.type = f->type;
	key.device.p = (const uint8_t *)"x";
	key.device.len = 1;
	key.data.p = f->data;
	key.data.len = f->len;
	assert(tsw_key_id(id, &key) == TSW_OK);
	key.device.len = 0;
	ts_text_init(&line);
	assert(ts_key_line(&line, &key, none) == TS_OK);
	/* Base64 of a raw key may look like hex. */
	if (f->app != TSW_APP_RAW) {
		assert(ts_keyfile_parse(&again, f->app, (const uint8_t *)line.p,
			   line.len) == TS_OK);
		assert(again.len == f->len);
		assert(memcmp(again.data, f->data, f->len) == 0);
	}
	assert(ts_key_fingerprint(&line, &key) == TS_OK);
	ts_text_wipe(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ts_keyfile f;

	if (len == 0)
		return 0;
	if (ts_keyfile_parse(&f, (enum tsw_app)(data[0] & 15), data + 1,
		len - 1) == TS_OK)
		round_trip(&f);
	return 0;
}
