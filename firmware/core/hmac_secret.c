/* SPDX-License-Identifier: BSD-2-Clause */
/* The hmac-secret extension (CTAP 2.1 section 12.5). */
#include "ctap2.h"

#include <string.h>

#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>

#define SALT_LEN 32

enum fw_status
fw_hmac_salts_open(struct fw_hmac_salts *salts, const struct fw_ka *ka,
    const struct fw_hmac_req *req)
{
	enum fw_pinproto proto = (enum fw_pinproto)req->proto;
	size_t len = fw_pinproto_opened_len(proto, req->salt_enc.len);

	if (fw_ka_decapsulate(&salts->shared, ka, proto, req->peer) != FW_OK)
		return FW_CTAP_INVALID_PARAMETER;
	if (!fw_pinproto_verify(proto, salts->shared.secret_hmac,
		req->salt_auth, &req->salt_enc, 1))
		return FW_CTAP_PIN_AUTH_INVALID;
	if ((len != SALT_LEN && len != 2 * SALT_LEN) ||
	    fw_pinproto_open(salts->secret_salt, len, &salts->shared,
		req->salt_enc) != FW_OK)
		return FW_CTAP_INVALID_LENGTH;
	salts->len = len;
	salts->present = true;
	return FW_CTAP_OK;
}

void
fw_hmac_write(struct tsw_wr *wr, struct fw_ctap2 *c,
    const struct fw_hmac_salts *salts, const struct fw_cred *cred, bool uv)
{
	uint8_t secret_random[32], secret_out[2 * SALT_LEN];
	struct tsw_slice key = {secret_random, sizeof(secret_random)};
	struct tsw_slice salt = {salts->secret_salt, SALT_LEN};
	size_t i;

	fw_cred_random(secret_random, cred, c->secret_device, uv);
	for (i = 0; i < salts->len; i += SALT_LEN) {
		salt.p = salts->secret_salt + i;
		tsw_hmac_sha256(secret_out + i, key, &salt, 1);
	}
	tsw_wr_cb_map(wr, 1);
	tsw_wr_cb_text(wr, "hmac-secret", 11);
	fw_pinproto_seal(wr, &salts->shared, &c->rng,
	    (struct tsw_slice){secret_out, salts->len});
	tsw_wipe(secret_random, sizeof(secret_random));
	tsw_wipe(secret_out, sizeof(secret_out));
}
