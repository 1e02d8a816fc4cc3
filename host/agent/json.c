/* SPDX-License-Identifier: BSD-2-Clause */
#include "json.h"

#include <jansson.h>

/*
 * Depth of the text, before jansson (its own bound of 2048 levels recurses).
 * Only brackets outside of strings count; a broken text is jansson's to find.
 */
static bool
depth_is_fine(const char *text, size_t len)
{
	bool string = false;
	size_t i, depth = 0;

	for (i = 0; i < len; i++) {
		if (string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			string = !string;
		else if (!string && (text[i] == '{' || text[i] == '['))
			depth++;
		else if (!string && depth > 0 &&
		    (text[i] == '}' || text[i] == ']'))
			depth--;
		if (depth > TS_JSON_DEPTH_MAX)
			return false;
	}
	return true;
}

int
ts_json_parse(struct json_t **out, const char *text, size_t len)
{
	json_error_t error;
	json_t *json;

	if (!depth_is_fine(text, len))
		return TS_ERR_PROTOCOL;
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL)
		return json_error_code(&error) == json_error_out_of_memory
		    ? TS_ERR_NO_MEMORY
		    : TS_ERR_PROTOCOL;
	if (!json_is_object(json)) {
		json_decref(json);
		return TS_ERR_PROTOCOL;
	}
	*out = json;
	return TS_OK;
}

void
ts_json_free(struct json_t **json)
{
	json_decref(*json);
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
