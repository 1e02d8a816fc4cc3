/* SPDX-License-Identifier: BSD-2-Clause */
/* The tlog-policy of this log: its own key, and the operator's witnesses. */
#ifndef HOST_DIRECTORY_POLICIES_H
#define HOST_DIRECTORY_POLICIES_H

#include "config.h"
#include "keys.h"
#include "log/policy.h"

/*
 * Our verifier key.  A front end that has no log.key reads it from the log
 * line of its policy file: TS_ERR_LOG_POLICY if there is not exactly one.
 */
int ts_policies_log(struct ts_vkey *out, const struct ts_keys *keys,
    const struct ts_config *config) TS_MUST_CHECK;
/*
 * The operator's file with a log line of ours before it, or without a file
 * that and "quorum none".  text has room for TS_POLICY_MAX + 1024 bytes.
 */
int ts_policies_read(struct ts_policy **out, char *text, size_t *len,
    const struct ts_config *config, const struct ts_vkey *log) TS_MUST_CHECK;

#endif
