/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a token answers to the applet's commands and to clientPIN.  The first
 * byte chooses the command; what decodes is within its bounds, and a lie stays
 * one: nobody has a signature by these keys.
 */
#include "token/applet_reply.h"
#include "token/pinuv.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const enum tsw_applet_cmd commands[] = {
#define X(name, id) TSW_APPLET_##name,
#include <touchstone/wire/applet.def>
#undef X
};

static void
check_lies(const struct ts_applet_answer *answer)
{
	static const uint8_t text[] = "text";
	static const struct tsw_pubkey keys[2] = {{.alg = TSW_ALG_SK_ED25519,
						      .len = 32},
	    {.alg = TSW_ALG_SK_P256, .len = 65, .data = {4}}};
	struct ts_token_request req;
	struct ts_token_attestation att;
	struct ts_token_signed out;
	size_t i;

	memset(&req, 0, sizeof(req));
	req.key_cnt = 1;
	req.statement = (struct tsw_slice){text, sizeof(text)};
	for (i = 0; i < 2; i++) {
		req.key[0].key = keys[i];
		assert(ts_applet_signed_check(&out, &req, TSW_NS_ID_CONFIRM,
			   false, answer) != TS_OK);
		assert(ts_applet_attest_check(&att, &req, &answer->info,
			   answer) != TS_OK);
	}
}

static void
check_bounds(const struct ts_applet_answer *answer, enum tsw_applet_cmd cmd)
{
	assert(answer->info.present == (cmd == TSW_APPLET_INFO));
	assert(answer->info.outputs <= 7 && answer->live.outputs <= 7);
	assert(answer->attestation.len <= TS_TOKEN_ATTESTATION_MAX);
	assert(answer->key.len <= TSW_PUBKEY_MAX);
	assert((unsigned)answer->key_info.role <= TSW_ROLE_RECOVERY);
	assert(
	    answer->key_info.bound == ((unsigned)answer->key_info.role != 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t point[TS_AGREE_POINT_LEN];
	struct ts_applet_answer answer;
	enum tsw_applet_cmd cmd;
	struct tsw_slice token;

	if (len < 1)
		return 0;
	cmd = commands[data[0] % (sizeof(commands) / sizeof(commands[0]))];
	data++;
	len--;
	if (ts_applet_answer_decode(&answer, cmd, data, len) == TS_OK) {
		check_bounds(&answer, cmd);
		check_lies(&answer);
	}
	if (ts_pinuv_key_decode(point, data, len) == TS_OK)
		assert(len > TS_AGREE_POINT_LEN);
	if (ts_pinuv_token_decode(&token, data, len) == TS_OK)
		assert(token.len <= TS_AGREE_SEALED_MAX && token.len < len);
	return 0;
}
