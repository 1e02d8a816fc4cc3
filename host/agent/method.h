/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The methods of the agent as its interface file declares them.
 *
 * org.touchstone.Agent.varlink is the one definition: it is embedded, served
 * by GetInterfaceDescription, and read here to check what callers send.  This
 * module only knows the subset that method inputs use: string, int, bool and
 * their optional forms.
 */
#ifndef TOUCHSTONE_AGENT_METHOD_H
#define TOUCHSTONE_AGENT_METHOD_H

#include <stdbool.h>
#include <stddef.h>

#include <touchstone/error.h>

#define TS_PARAMS_MAX_CNT 16 /* the longest method, Provision, has 15 */
#define TS_PARAM_NAME_MAX 24
#define TS_INTERFACE "org.touchstone.Agent"

enum ts_param_type { TS_PARAM_STRING, TS_PARAM_INT, TS_PARAM_BOOL };

struct ts_param_decl {
	char name[TS_PARAM_NAME_MAX];
	enum ts_param_type type;
	bool optional;
};

struct ts_signature {
	struct ts_param_decl param[TS_PARAMS_MAX_CNT];
	size_t cnt;
};

/* The embedded file, NUL-terminated. */
extern const char ts_interface_text[];

/*
 * What method name takes, from the interface text idl.  TS_ERR_NOT_FOUND: not
 * declared; TS_ERR_INTERNAL: declared with what this module does not know.
 */
int ts_signature_read(struct ts_signature *out, const char *idl,
    const char *name) TS_MUST_CHECK;

#endif
