/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an agent sends, in pieces: split into messages, parsed, its strings
 * made fit for a terminal.  The first byte is the size of the pieces.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/json.h"
#include "reply.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Afterwards there is nothing left to clean, and it is UTF-8. */
static void
check_text(const char *text)
{
	char *copy = strdup(text), *again = NULL;
	uint32_t cp;
	size_t n, at = 0;

	if (copy == NULL)
		return;
	text_clean(copy, TEXT_ONE_LINE, true);
	assert(strlen(copy) <= strlen(text));
	while ((n = text_next(&cp, copy + at)) != 0) {
		assert(cp != TEXT_BAD && cp >= 0x20 && cp != 0x7f);
		at += n;
	}
	again = strdup(copy);
	if (again != NULL) {
		text_clean(again, TEXT_ONE_LINE, true);
		assert(strcmp(again, copy) == 0);
	}
	free(again);
	free(copy);
}

static bool
check_member(void *ctx, const char *key, const struct json_t *member)
{
	(void)ctx;
	check_text(key);
	if (ts_json_text(member) != NULL)
		check_text(ts_json_text(member));
	return true;
}

static void
check_message(const char *message, size_t len)
{
	struct reply reply;

	check_text(message);
	memset(&reply, 0, sizeof(reply));
	if (reply_parse(&reply, message, len) != TS_OK) {
		assert(reply.json == NULL);
		return;
	}
	if (reply.error != NULL)
		check_text(reply.error);
	if (reply.params != NULL)
		ts_json_each(ts_json_get(reply.json, "parameters"),
		    check_member, NULL);
	assert(reply_str(&reply, "text") != NULL);
	reply_wipe(&reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reply_buffer b;
	const char *message;
	size_t at, n, step, message_len = 0;

	if (len == 0)
		return 0;
	memset(&b, 0, sizeof(b));
	step = data[0] + 1u;
	for (at = 1; at < len; at += n) {
		n = len - at < step ? len - at : step;
		if (reply_buffer_add(&b, (const char *)data + at, n) != TS_OK)
			break;
		while ((message = reply_buffer_next(&b, &message_len)) != NULL)
			check_message(message, message_len);
	}
	reply_buffer_wipe(&b);
	return 0;
}
