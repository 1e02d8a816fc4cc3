/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON reader: the one place that knows jansson.  Strict: one value, no
 * duplicate keys, no NUL in strings, bounded depth.  struct json_t is
 * jansson's own tag; outside of json.c it stays opaque.
 */
#ifndef TOUCHSTONE_AGENT_JSON_H
#define TOUCHSTONE_AGENT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <touchstone/error.h>

struct json_t;

#define TS_JSON_TEXT_MAX (64u << 20) /* bytes; far above TS_JW_MAX */
/* Objects and lists inside each other; a reply with contacts has 6. */
#define TS_JSON_DEPTH_MAX 8

/*
 * Parse one JSON object.  *out is owned by the caller (ts_json_free).
 * TS_ERR_PROTOCOL: not that; TS_ERR_NO_MEMORY.
 */
int ts_json_parse(struct json_t **out, const char *text,
    size_t len) TS_MUST_CHECK;
void ts_json_free(struct json_t **json); /* takes NULL; clears */

/*
 * Accessors.  Views belong to the parsed value.  NULL as json, an absent
 * member, or one of another type yields the default: NULL, def, or 0.
 */
struct json_t *ts_json_get(const struct json_t *json, const char *key);
const char *ts_json_str(const struct json_t *json, const char *key);
int64_t ts_json_int(const struct json_t *json, const char *key, int64_t def);
bool ts_json_bool(const struct json_t *json, const char *key, bool def);
size_t ts_json_cnt(const struct json_t *list);
struct json_t *ts_json_at(const struct json_t *list, size_t index);

/* The same of a value itself. */
const char *ts_json_text(const struct json_t *json);
int64_t ts_json_number(const struct json_t *json);
bool ts_json_truth(const struct json_t *json);

enum ts_json_type {
	TS_JSON_NONE, /* absent */
	TS_JSON_NULL,
	TS_JSON_STRING,
	TS_JSON_INT, /* a number without fraction, within int64 */
	TS_JSON_BOOL,
	TS_JSON_OBJECT,
	TS_JSON_LIST,
	TS_JSON_OTHER
};

enum ts_json_type ts_json_type(const struct json_t *json);

/* Calls each(ctx, key, member) in the order of the text until it is false. */
void ts_json_each(struct json_t *object,
    bool (*each)(void *ctx, const char *key, const struct json_t *member),
    void *ctx);

#endif
