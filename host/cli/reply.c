/* SPDX-License-Identifier: BSD-2-Clause */
#include "reply.h"

#include <stdlib.h>
#include <string.h>

#include "agent/json.h"

int
reply_buffer_add(struct reply_buffer *b, const char *p, size_t len)
{
	size_t size = b->size == 0 ? 4096 : b->size;
	char *grown;

	if (len > REPLY_MAX - b->len)
		return TS_ERR_PROTOCOL;
	while (size < b->len + len)
		size *= 2;
	if (size != b->size) {
		grown = realloc(b->p, size);
		if (grown == NULL)
			return TS_ERR_NO_MEMORY;
		b->p = grown;
		b->size = size;
	}
	memcpy(b->p + b->len, p, len);
	b->len += len;
	return TS_OK;
}

const char *
reply_buffer_next(struct reply_buffer *b, size_t *len)
{
	const char *end;

	if (b->used > 0) {
		b->len -= b->used;
		memmove(b->p, b->p + b->used, b->len);
		b->used = 0;
		b->scanned = 0;
	}
	if (b->len == b->scanned)
		return NULL;
	end = memchr(b->p + b->scanned, '\0', b->len - b->scanned);
	if (end == NULL) {
		b->scanned = b->len;
		return NULL;
	}
	*len = (size_t)(end - b->p);
	b->used = *len + 1;
	return b->p;
}

void
reply_buffer_wipe(struct reply_buffer *b)
{
	free(b->p);
	memset(b, 0, sizeof(*b));
}

/* Only the three members that the protocol knows, each of its type. */
static bool
is_member(void *ctx, const char *key, const struct json_t *member)
{
	enum ts_json_type type = ts_json_type(member), wanted = TS_JSON_OTHER;
	bool *fine = ctx;

	if (strcmp(key, "parameters") == 0)
		wanted = TS_JSON_OBJECT;
	else if (strcmp(key, "continues") == 0)
		wanted = TS_JSON_BOOL;
	else if (strcmp(key, "error") == 0)
		wanted = TS_JSON_STRING;
	*fine = type == wanted;
	return *fine;
}

int
reply_parse(struct reply *out, const char *text, size_t len)
{
	struct json_t *json = NULL;
	const char *error, *dot;
	bool fine = true;
	int r;

	r = ts_json_parse(&json, text, len);
	if (r != TS_OK)
		return r;
	ts_json_each(json, is_member, &fine);
	error = ts_json_str(json, "error");
	dot = error != NULL ? strrchr(error, '.') : NULL;
	if (!fine || (error != NULL && dot == NULL)) {
		ts_json_free(&json);
		return TS_ERR_PROTOCOL;
	}
	out->json = json;
	out->params = ts_json_get(json, "parameters");
	out->error = dot != NULL ? dot + 1 : NULL;
	out->continues = ts_json_bool(json, "continues", false);
	return TS_OK;
}

void
reply_wipe(struct reply *reply)
{
	ts_json_free(&reply->json);
	memset(reply, 0, sizeof(*reply));
}

const char *
reply_str(const struct reply *reply, const char *key)
{
	const char *s = ts_json_str(reply->params, key);

	return s != NULL ? s : "";
}
