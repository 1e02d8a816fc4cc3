/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any policy that is read can be asked about everything it says; a checkpoint
 * that its logs did not sign never counts.
 */
#include "log/policy.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char signed_by_nobody[] =
    "example.com/behind-the-sofa\n20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\xe2\x80\x94 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZni"
    "Mp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

static void
ask(const struct ts_policy *policy)
{
	const struct tsw_slice bytes = {(const uint8_t *)signed_by_nobody,
	    sizeof(signed_by_nobody) - 1};
	const char *name = NULL, *url = NULL;
	struct ts_note note;
	struct ts_seen seen;
	size_t i;

	assert(ts_policy_log_cnt(policy) <= TS_POLICY_LOGS_CNT);
	for (i = 0; i < ts_policy_log_cnt(policy); i++) {
		assert(ts_note_is_name(ts_policy_log(policy, i, &url)->name));
		assert(strlen(url) < TS_POLICY_URL_MAX);
	}
	assert(ts_policy_witness_cnt(policy) <= TS_POLICY_WITNESSES_CNT);
	for (i = 0; i < ts_policy_witness_cnt(policy); i++) {
		(void)ts_policy_witness(policy, i, &name, &url);
		assert(strlen(name) > 0 && strlen(url) < TS_POLICY_URL_MAX);
	}
	assert(ts_note_parse(&note, bytes) == TS_OK);
	assert(ts_policy_check(&seen, policy, &note, 1800000000) ==
	    TS_ERR_LOG_NOTE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ts_policy *policy = NULL;
	size_t line = 0;
	int r;

	if (sodium_init() < 0)
		return 0;
	r = ts_policy_new(&policy, (struct tsw_slice){data, len}, &line);
	if (r == TS_OK)
		ask(policy);
	else
		assert(policy == NULL && line <= len);
	ts_policy_free(&policy);
	return 0;
}
