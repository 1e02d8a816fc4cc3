/* SPDX-License-Identifier: BSD-2-Clause */
#include "varlink.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#define FRAME_STEP 4096

/* Drop the message handed out last; an empty buffer is given back. */
static void
drop_used(struct ts_frame *f)
{
	if (f->used == 0)
		return;
	f->len -= f->used;
	memmove(f->p, f->p + f->used, f->len);
	f->used = 0;
	if (f->len == 0)
		ts_frame_wipe(f);
}

int
ts_frame_room(struct ts_frame *f, char **p, size_t *len)
{
	size_t size;
	char *more;

	drop_used(f);
	if (f->len >= TS_MESSAGE_MAX)
		return TS_ERR_PROTOCOL;
	size = f->size;
	if (f->len == size) {
		size = size == 0 ? FRAME_STEP : size * 2;
		more = realloc(f->p, size);
		if (more == NULL)
			return TS_ERR_NO_MEMORY;
		f->p = more;
		f->size = size;
	}
	*p = f->p + f->len;
	*len = f->size - f->len;
	return TS_OK;
}

void
ts_frame_added(struct ts_frame *f, size_t len)
{
	assert(len <= f->size - f->len);
	f->len += len;
}

const char *
ts_frame_next(struct ts_frame *f, size_t *len)
{
	const char *nul;

	drop_used(f);
	nul = f->len == 0 ? NULL : memchr(f->p, '\0', f->len);
	if (nul == NULL)
		return NULL;
	*len = (size_t)(nul - f->p);
	f->used = *len + 1;
	return f->p;
}

void
ts_frame_wipe(struct ts_frame *f)
{
	free(f->p);
	memset(f, 0, sizeof(*f));
}

/* The members a call may have, each of its type. */
static bool
member_is_known(void *ctx, const char *key, const struct json_t *member)
{
	static const struct {
		const char *key;
		enum ts_json_type type;
	} known[] = {
	    {"method", TS_JSON_STRING},
	    {"parameters", TS_JSON_OBJECT},
	    {"more", TS_JSON_BOOL},
	    {"oneway", TS_JSON_BOOL},
	};
	bool *fine = ctx;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(key, known[i].key) == 0 &&
		    ts_json_type(member) == known[i].type)
			return true;
	*fine = false;
	return false;
}

int
ts_call_parse(struct ts_call *out, const char *text, size_t len)
{
	const char *name, *dot;
	bool fine = true;
	int r;

	memset(out, 0, sizeof(*out));
	r = ts_json_parse(&out->json, text, len);
	if (r != TS_OK)
		return r;
	ts_json_each(out->json, member_is_known, &fine);
	name = ts_json_str(out->json, "method");
	if (!fine || name == NULL || strlen(name) > TS_METHOD_NAME_MAX)
		return TS_ERR_PROTOCOL;
	dot = strrchr(name, '.');
	if (dot == NULL || dot == name || dot[1] == '\0')
		return TS_ERR_PROTOCOL;
	out->interface = name;
	out->interface_len = (size_t)(dot - name);
	out->method = dot + 1;
	out->more = ts_json_bool(out->json, "more", false);
	out->oneway = ts_json_bool(out->json, "oneway", false);
	return out->more && out->oneway ? TS_ERR_PROTOCOL : TS_OK;
}

static bool
read_arg(struct ts_arg *out, const struct ts_param_decl *decl,
    const struct json_t *value)
{
	const enum ts_json_type type = ts_json_type(value);

	if (type == TS_JSON_NONE || type == TS_JSON_NULL)
		return decl->optional;
	out->set = true;
	switch (decl->type) {
	case TS_PARAM_STRING:
		out->s = ts_json_text(value);
		return type == TS_JSON_STRING;
	case TS_PARAM_INT:
		out->n = ts_json_number(value);
		return type == TS_JSON_INT;
	case TS_PARAM_BOOL:
		out->b = ts_json_truth(value);
		return type == TS_JSON_BOOL;
	}
	return false;
}

static bool
param_is_declared(void *ctx, const char *key, const struct json_t *member)
{
	struct ts_call *call = ctx;
	size_t i, len;

	(void)member;
	for (i = 0; i < call->signature.cnt; i++)
		if (strcmp(call->signature.param[i].name, key) == 0)
			return true;
	/* Named back to the caller, cut to the room there is. */
	len = strnlen(key, sizeof(call->bad) - 1);
	memcpy(call->bad, key, len);
	call->bad[len] = '\0';
	return false;
}

int
ts_call_check(struct ts_call *call, const struct ts_signature *signature)
{
	struct json_t *params = ts_json_get(call->json, "parameters");
	const struct ts_param_decl *decl;
	size_t i;

	call->signature = *signature;
	memset(call->arg, 0, sizeof(call->arg));
	call->bad[0] = '\0';
	for (i = 0; i < signature->cnt; i++) {
		decl = &signature->param[i];
		if (read_arg(&call->arg[i], decl,
			ts_json_get(params, decl->name)))
			continue;
		memcpy(call->bad, decl->name, sizeof(call->bad));
		return TS_ERR_ARGUMENT;
	}
	ts_json_each(params, param_is_declared, call);
	return call->bad[0] == '\0' ? TS_OK : TS_ERR_ARGUMENT;
}

void
ts_call_wipe(struct ts_call *call)
{
	ts_json_free(&call->json);
	memset(call, 0, sizeof(*call));
}

const struct ts_arg *
ts_call_arg(const struct ts_call *call, const char *name)
{
	size_t i = 0;

	while (i < call->signature.cnt &&
	    strcmp(call->signature.param[i].name, name) != 0)
		i++;
	assert(i < call->signature.cnt);
	return &call->arg[i];
}

void
ts_reply_begin(struct ts_jw *w)
{
	ts_jw_object(w, NULL);
	ts_jw_object(w, "parameters");
}

void
ts_reply_end(struct ts_jw *w, const char *error, bool continues)
{
	ts_jw_object_end(w);
	if (error != NULL)
		ts_jw_str(w, "error", error);
	if (continues)
		ts_jw_bool(w, "continues", true);
	ts_jw_object_end(w);
	ts_jw_raw(w, "", 1);
	w->comma = false;
}
