/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a pinentry says: lines parsed, their data decoded into a buffer of a
 * PIN's size.  The first byte is its size.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "assuan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_command(const char *text)
{
	char line[ASSUAN_LINE_MAX + 2];
	size_t len = assuan_command(line, "SETDESC", text), i;

	assert(len <= ASSUAN_LINE_MAX + 1 && line[len] == '\0');
	for (i = 0; i + 1 < len; i++)
		assert((unsigned char)line[i] >= 0x20);
	assert(line[len - 1] == '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t size, used = 0, before, n;
	struct assuan_line line;
	char *text, *p, *pin;

	if (len == 0)
		return 0;
	size = data[0];
	pin = malloc(size + 1);
	text = malloc(len);
	if (pin == NULL || text == NULL)
		goto out;
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	for (p = text; p < text + len - 1; p += n + 1) {
		n = strcspn(p, "\n");
		assuan_parse(&line, p, n);
		assert((line.kind == ASSUAN_DATA) == (line.data != NULL));
		if (line.kind != ASSUAN_DATA)
			continue;
		before = used;
		if (assuan_unescape(pin, &used, size, line.data,
			line.data_len) != TS_OK)
			assert(used == before);
		assert(used <= size);
	}
	check_command(text);
out:
	free(text);
	free(pin);
	return 0;
}
