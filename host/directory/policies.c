/* SPDX-License-Identifier: BSD-2-Clause */
#include "policies.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "files.h"

static int
read_file(char *out, size_t *len, const struct ts_config *config)
{
	static const char ALONE[] = "quorum none\n";

	if (config->policy[0] == '\0') {
		memcpy(out, ALONE, sizeof(ALONE));
		*len = sizeof(ALONE) - 1;
		return TS_OK;
	}
	*len = TS_POLICY_MAX;
	return ts_files_read(AT_FDCWD, config->policy, (uint8_t *)out, len);
}

int
ts_policies_log(struct ts_vkey *out, const struct ts_keys *keys,
    const struct ts_config *config)
{
	char text[TS_POLICY_MAX];
	struct tsw_slice s = {(const uint8_t *)text, 0};
	struct ts_policy *policy = NULL;
	const char *url;
	int r;

	if (keys->has_log) {
		*out = keys->log.vkey;
		return TS_OK;
	}
	r = read_file(text, &s.len, config);
	if (r == TS_OK)
		r = ts_policy_new(&policy, s, NULL);
	if (r == TS_OK && ts_policy_log_cnt(policy) != 1)
		r = TS_ERR_LOG_POLICY;
	if (r == TS_OK)
		*out = *ts_policy_log(policy, 0, &url);
	ts_policy_free(&policy);
	return r;
}

/* Whether the file has a line for our key already. */
static bool
has_log(const struct ts_policy *policy, const struct ts_vkey *log)
{
	const char *url;
	size_t i;

	for (i = 0; i < ts_policy_log_cnt(policy); i++)
		if (memcmp(ts_policy_log(policy, i, &url)->key, log->key,
			sizeof(log->key)) == 0)
			return true;
	return false;
}

int
ts_policies_read(struct ts_policy **out, char *text, size_t *len,
    const struct ts_config *config, const struct ts_vkey *log)
{
	char vkey[TS_VKEY_MAX], line[TS_VKEY_MAX + TS_CONFIG_TEXT_MAX + 8];
	struct tsw_slice s = {(const uint8_t *)text, 0};
	size_t n;
	int r;

	r = read_file(text, len, config);
	if (r != TS_OK)
		return r;
	s.len = *len;
	r = ts_policy_new(out, s, NULL);
	if (r != TS_OK || has_log(*out, log))
		return r;
	ts_policy_free(out);
	ts_vkey_format(vkey, log);
	n = (size_t)snprintf(line, sizeof(line), "log %s%s%s\n", vkey,
	    config->url[0] == '\0' ? "" : " ", config->url);
	memmove(text + n, text, *len);
	memcpy(text, line, n);
	*len += n;
	s.len = *len;
	return ts_policy_new(out, s, NULL);
}
