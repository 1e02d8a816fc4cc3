/* SPDX-License-Identifier: BSD-2-Clause */
#include "method.h"

#include <string.h>

/* Blanks, line ends and comments between two words. */
static const char *
skip_blank(const char *p)
{
	for (;;) {
		p += strspn(p, " \t\n");
		if (*p != '#')
			return p;
		p += strcspn(p, "\n");
	}
}

/* Where the parameter list of method name starts: after "(". */
static const char *
find_method(const char *idl, const char *name)
{
	static const char word[] = "\nmethod ";
	size_t len = strlen(name);
	const char *p = idl;

	while ((p = strstr(p, word)) != NULL) {
		p += sizeof(word) - 1;
		if (strncmp(p, name, len) == 0 && p[len] == '(')
			return p + len + 1;
	}
	return NULL;
}

static bool
read_type(enum ts_param_type *out, const char *p, size_t len)
{
	if (len == 6 && memcmp(p, "string", 6) == 0)
		*out = TS_PARAM_STRING;
	else if (len == 3 && memcmp(p, "int", 3) == 0)
		*out = TS_PARAM_INT;
	else if (len == 4 && memcmp(p, "bool", 4) == 0)
		*out = TS_PARAM_BOOL;
	else
		return false;
	return true;
}

/* One "name: type"; returns what follows, NULL if it is not that. */
static const char *
read_param(struct ts_param_decl *out, const char *p)
{
	size_t len = strcspn(p, ": \t\n,()");

	if (len == 0 || len >= sizeof(out->name))
		return NULL;
	memcpy(out->name, p, len);
	out->name[len] = '\0';
	p = skip_blank(p + len);
	if (*p != ':')
		return NULL;
	p = skip_blank(p + 1);
	out->optional = *p == '?';
	if (out->optional)
		p++;
	len = strspn(p, "abcdefghijklmnopqrstuvwxyz");
	if (!read_type(&out->type, p, len))
		return NULL;
	return skip_blank(p + len);
}

int
ts_signature_read(struct ts_signature *out, const char *idl, const char *name)
{
	const char *p = find_method(idl, name);
	struct ts_signature s;

	memset(&s, 0, sizeof(s));
	if (p == NULL)
		return TS_ERR_NOT_FOUND;
	for (p = skip_blank(p); *p != ')'; s.cnt++) {
		if (s.cnt == TS_PARAMS_MAX_CNT)
			return TS_ERR_INTERNAL;
		p = read_param(&s.param[s.cnt], p);
		if (p == NULL || (*p != ',' && *p != ')'))
			return TS_ERR_INTERNAL;
		if (*p == ',')
			p = skip_blank(p + 1);
	}
	*out = s;
	return TS_OK;
}
