/* SPDX-License-Identifier: BSD-2-Clause */
/* One request to a directory on the network, by the courier. */
#ifndef HOST_LIB_DIRECTORY_ASK_H
#define HOST_LIB_DIRECTORY_ASK_H

#include "../store/state.h"

/*
 * TS_ERR_ARGUMENT unless url is https://, or http:// with a loopback address,
 * of the form of SPEC 14.
 */
int ts_ask_check_url(const char *url) TS_MUST_CHECK;

struct ts_ask {
	const char *url;  /* of the directory */
	const char *path; /* begins with a slash */
	bool post;
	struct tsw_slice body;
	size_t max;
};

/*
 * TS_OK: an answer with status 200 or 202.  Other statuses are the error that
 * the refusal stands for; its text is then in ts_store_names().  Views end
 * with the next request.
 */
int ts_ask(struct ts_store *store, struct ts_carried *out,
    const struct ts_ask *ask) TS_MUST_CHECK;
/*
 * The same for what only asks: a refusal that is for who submits is no answer,
 * TS_ERR_DIRECTORY_FORMAT.
 */
int ts_ask_question(struct ts_store *store, struct ts_carried *out,
    const struct ts_ask *ask) TS_MUST_CHECK;

#endif
