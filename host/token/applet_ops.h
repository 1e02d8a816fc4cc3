/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operations on identity keys of the statement applet (SPEC 12), over a
 * session that libfido2 opened.  Each fills out->u on TS_OK, and only then.
 */
#ifndef TOKEN_APPLET_OPS_H
#define TOKEN_APPLET_OPS_H

#include "token/job.h"

/*
 * INFO.  A token without the applet: TS_OK, and out->present is false.  The
 * fault is asked for too: a token that has one answers INFO all the same.
 */
int ts_applet_info(const struct ts_job *job,
    struct ts_token_applet *out) TS_MUST_CHECK;

/*
 * KEY: is this key on the token?  out may be NULL.  TS_ERR_WRONG_TOKEN if not,
 * also from a token without the applet.
 */
int ts_applet_find(const struct ts_job *job, struct ts_token_key_info *out,
    const struct ts_token_cred *cred) TS_MUST_CHECK;

/* CREATE on a token whose INFO is info. */
int ts_applet_create(const struct ts_job *job, struct ts_token_created *out,
    const struct ts_token_applet *info) TS_MUST_CHECK;

/* The rest, by the names of their requests; SIGN for keys of the applet. */
int ts_applet_key_info(const struct ts_job *job,
    struct ts_token_result *out) TS_MUST_CHECK;
int ts_applet_sign(const struct ts_job *job,
    struct ts_token_result *out) TS_MUST_CHECK;
int ts_applet_import(const struct ts_job *job,
    struct ts_token_result *out) TS_MUST_CHECK;
int ts_applet_attest(const struct ts_job *job,
    struct ts_token_result *out) TS_MUST_CHECK;
int ts_applet_live_begin(const struct ts_job *job,
    struct ts_token_result *out) TS_MUST_CHECK;
int ts_applet_live_answer(const struct ts_job *job,
    struct ts_token_result *out) TS_MUST_CHECK;
int ts_applet_live_open(const struct ts_job *job,
    struct ts_token_result *out) TS_MUST_CHECK;
int ts_applet_live_confirm(const struct ts_job *job,
    struct ts_token_result *out) TS_MUST_CHECK;
int ts_applet_live_type(const struct ts_job *job,
    struct ts_token_result *out) TS_MUST_CHECK;
int ts_applet_live_end(const struct ts_job *job,
    struct ts_token_result *out) TS_MUST_CHECK;
int ts_applet_forget(const struct ts_job *job,
    struct ts_token_result *out) TS_MUST_CHECK;

#endif
