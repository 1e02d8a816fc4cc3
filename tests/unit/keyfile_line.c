/* SPDX-License-Identifier: BSD-2-Clause */
/* usage: keyfile_line APP <FILE: the key's line, then its fingerprint. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/keyfile.h>

int
main(int argc, char **argv)
{
	static uint8_t file[TS_KEYFILE_MAX + 1];
	struct tsw_slice none = {NULL, 0};
	struct ts_keyfile f;
	struct ts_text out;
	struct tsw_key key;
	enum tsw_app app;
	size_t len;
	int r;

	if (argc != 2 || tsw_app_from_word(&app, argv[1]) != TSW_OK)
		return EXIT_FAILURE;
	len = fread(file, 1, sizeof(file), stdin);
	ts_text_init(&out);
	memset(&key, 0, sizeof(key));
	r = ts_keyfile_parse(&f, app, file, len);
	if (r == TS_OK) {
		key.app = f.app;
		key.type = f.type;
		key.data.p = f.data;
		key.data.len = f.len;
		r = ts_key_line(&out, &key, none);
	}
	ts_text_add(&out, "\n");
	if (r == TS_OK)
		r = ts_key_fingerprint(&out, &key);
	if (r == TS_OK)
		puts(out.p);
	else
		puts(ts_errname(r));
	ts_text_wipe(&out);
	return r == TS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
