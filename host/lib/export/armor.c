/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenSSH PROTOCOL.sshsig: base64 between two marks, lines of 70. */
#include <string.h>

#include <touchstone/export.h>
#include <touchstone/wire/limits.h>

#include "log/base64.h"

#define HEAD "-----BEGIN SSH SIGNATURE-----\n"
#define TAIL "-----END SSH SIGNATURE-----"
#define LINE 70

int
ts_armor(struct ts_text *out, const uint8_t *sig, size_t len)
{
	char text[TS_BASE64_LEN(TSW_SSHSIG_MAX) + 1];
	size_t at, n, total;

	if (len > TSW_SSHSIG_MAX)
		return TSW_ERR_TOO_LONG;
	total = ts_base64_encode(text, sig, len);
	ts_text_add(out, HEAD);
	for (at = 0; at < total; at += n) {
		n = total - at < LINE ? total - at : LINE;
		ts_text_add_len(out, text + at, n);
		ts_text_add(out, "\n");
	}
	ts_text_add(out, TAIL "\n");
	return ts_text_done(out);
}

int
ts_dearmor(uint8_t *out, size_t *len, const char *text)
{
	char body[TS_BASE64_LEN(TSW_SSHSIG_MAX) + 1];
	const char *end;
	size_t n = 0;

	if (strncmp(text, HEAD, strlen(HEAD)) != 0)
		return TSW_ERR_FORMAT;
	text += strlen(HEAD);
	end = strstr(text, TAIL);
	if (end == NULL)
		return TSW_ERR_FORMAT;
	for (; text < end; text++) {
		if (*text == '\n' || *text == '\r')
			continue;
		if (n == sizeof(body))
			return TSW_ERR_TOO_LONG;
		body[n++] = *text;
	}
	end += strlen(TAIL);
	if (*end == '\r')
		end++;
	if (*end == '\n')
		end++;
	if (*end != '\0' || n == 0)
		return TSW_ERR_FORMAT;
	return ts_base64_decode(out, len, body, n);
}
