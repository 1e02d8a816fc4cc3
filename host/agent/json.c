/* SPDX-License-Identifier: BSD-2-Clause */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/*
 * jansson 2.14 does not stand a lack of memory: its lexer then drops a byte of
 * a string and goes on, or aborts.  So it gets all it can need beforehand, as
 * one block for each parsed text, and no allocation of its own can fail.
 */
struct arena {
	struct arena *next;
	const json_t *root; /* what was parsed into it */
	size_t used;
	size_t size;
	_Alignas(max_align_t) unsigned char bytes[];
};

static struct arena *live;    /* those that somebody still uses */
static struct arena *filling; /* the one of the text in work, or NULL */

/*
 * Bounds of what jansson takes, from its source.  An object with its first
 * buckets is 208 bytes, an entry 72 and its share of bucket lists 64, a list
 * 112 and 32 for each entry, a string or number 48: less than 640 in all for
 * each value and key.  Bytes of text: kept once, keys once more, and a buffer
 * that doubles, which leaves at most four times the longest string.
 */
#define VALUE_MAX 640
#define TEXT_TIMES 8
#define ROOM 4096

static void *
take(size_t size)
{
	const size_t step = _Alignof(max_align_t);
	void *p;

	if (filling == NULL || size > SIZE_MAX - step)
		return NULL;
	size = (size + step - 1) / step * step;
	if (size > filling->size - filling->used)
		return NULL;
	p = filling->bytes + filling->used;
	filling->used += size;
	return p;
}

/* All of it goes with its arena. */
static void
leave(void *p)
{
	(void)p;
}

/*
 * Look at the text before jansson does: how deep it is (jansson's own bound
 * of 2048 levels recurses), and how many values and keys it can have.  Only
 * what is outside of strings counts; a broken text is jansson's to find.
 */
static bool
measure(size_t *values, const char *text, size_t len)
{
	bool string = false;
	size_t i, depth = 0;

	*values = 1;
	for (i = 0; i < len; i++) {
		if (string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			string = !string;
		else if (string || text[i] == '\0')
			continue;
		else if (strchr("{[,:", text[i]) != NULL)
			(*values)++;
		if (!string && (text[i] == '{' || text[i] == '['))
			depth++;
		else if (!string && depth > 0 &&
		    (text[i] == '}' || text[i] == ']'))
			depth--;
		if (depth > TS_JSON_DEPTH_MAX)
			return false;
	}
	return true;
}

static struct arena *
new_arena(size_t values, size_t len)
{
	struct arena *a;
	size_t size;

	if (len > TS_JSON_TEXT_MAX)
		return NULL;
	size = values * VALUE_MAX + len * TEXT_TIMES + ROOM;
	a = malloc(sizeof(*a) + size);
	if (a != NULL) {
		a->next = NULL;
		a->root = NULL;
		a->used = 0;
		a->size = size;
	}
	return a;
}

int
ts_json_parse(struct json_t **out, const char *text, size_t len)
{
	json_error_t error;
	struct arena *arena;
	size_t values;
	json_t *json;

	if (!measure(&values, text, len))
		return TS_ERR_PROTOCOL;
	arena = new_arena(values, len);
	if (arena == NULL)
		return TS_ERR_NO_MEMORY;
	filling = arena;
	json_set_alloc_funcs(take, leave);
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	filling = NULL;
	if (!json_is_object(json)) {
		free(arena);
		return TS_ERR_PROTOCOL;
	}
	arena->root = json;
	arena->next = live;
	live = arena;
	*out = json;
	return TS_OK;
}

void
ts_json_free(struct json_t **json)
{
	struct arena **at = &live, *arena;

	while (*json != NULL && *at != NULL && (*at)->root != *json)
		at = &(*at)->next;
	if (*json != NULL && *at != NULL) {
		arena = *at;
		*at = arena->next;
		free(arena);
	}
	*json = NULL;
}

struct json_t *
ts_json_get(const struct json_t *json, const char *key)
{
	return json_object_get(json, key);
}

const char *
ts_json_text(const struct json_t *json)
{
	return json_string_value(json);
}

const char *
ts_json_str(const struct json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

int64_t
ts_json_int(const struct json_t *json, const char *key, int64_t def)
{
	const json_t *v = json_object_get(json, key);

	return json_is_integer(v) ? (int64_t)json_integer_value(v) : def;
}

bool
ts_json_bool(const struct json_t *json, const char *key, bool def)
{
	const json_t *v = json_object_get(json, key);

	return json_is_boolean(v) ? json_is_true(v) : def;
}

size_t
ts_json_cnt(const struct json_t *list)
{
	return json_array_size(list);
}

struct json_t *
ts_json_at(const struct json_t *list, size_t index)
{
	return json_array_get(list, index);
}

int64_t
ts_json_number(const struct json_t *json)
{
	return (int64_t)json_integer_value(json);
}

bool
ts_json_truth(const struct json_t *json)
{
	return json_is_true(json);
}

enum ts_json_type
ts_json_type(const struct json_t *json)
{
	if (json == NULL)
		return TS_JSON_NONE;
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return TS_JSON_OBJECT;
	case JSON_ARRAY:
		return TS_JSON_LIST;
	case JSON_STRING:
		return TS_JSON_STRING;
	case JSON_INTEGER:
		return TS_JSON_INT;
	case JSON_TRUE:
	case JSON_FALSE:
		return TS_JSON_BOOL;
	case JSON_NULL:
		return TS_JSON_NULL;
	case JSON_REAL:
	default:
		return TS_JSON_OTHER;
	}
}

void
ts_json_each(struct json_t *object,
    bool (*each)(void *ctx, const char *key, const struct json_t *member),
    void *ctx)
{
	const char *key;
	json_t *member;

	json_object_foreach(object, key,
	    member) if (!each(ctx, key, member)) return;
}
