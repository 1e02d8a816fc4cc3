/* SPDX-License-Identifier: BSD-2-Clause */
/* INFO, CREATE, ATTEST, KEY and FORGET (SPEC 12.1, 12.2). */
#include "applet.h"
#include "applet_cmd.h"

#include <touchstone/wire/cbor.h>

#include "attest.h"

static void
put_uint(struct tsw_wr *rsp, enum tsw_applet_answer_field field, uint64_t v)
{
	tsw_wr_cb_uint(rsp, (uint64_t)field);
	tsw_wr_cb_uint(rsp, v);
}

static void
put_bytes(struct tsw_wr *rsp, enum tsw_applet_answer_field field,
    const uint8_t *p, size_t len)
{
	tsw_wr_cb_uint(rsp, (uint64_t)field);
	tsw_wr_cb_bytes(rsp, p, len);
}

/* Also answered by a token that can do nothing else (SPEC 12.7). */
void
fw_applet_info(const struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	bool ok = c->fault == FW_FAULT_NONE;
	unsigned int used = ok ? fw_identity_bound_cnt(&c->store) : 0;
	uint8_t image[HAL_IMAGE_HASH_LEN];

	hal_image_hash(image);
	tsw_wr_cb_map(rsp, 8);
	put_uint(rsp, TSW_APPLET_A_VERSION, TSW_APPLET_VERSION);
	put_uint(rsp, TSW_APPLET_A_OUTPUTS, hal_outputs());
	put_uint(rsp, TSW_APPLET_A_USED, used);
	put_uint(rsp, TSW_APPLET_A_FREE, ok ? FW_STORE_IDENTITY_CNT - used : 0);
	put_uint(rsp, TSW_APPLET_A_RUNS, ok ? fw_live_runs(&c->store) : 0);
	put_uint(rsp, TSW_APPLET_A_UNLOCKED, ok && fw_identity_is_unlocked(c));
	put_bytes(rsp, TSW_APPLET_A_MODEL, fw_aaguid, FW_AAGUID_LEN);
	put_bytes(rsp, TSW_APPLET_A_IMAGE, image, sizeof(image));
}

enum fw_status
fw_applet_show_key(const struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	struct fw_identity id;
	enum fw_status st = fw_applet_key(&id, c, &c->op.applet);

	if (st != FW_CTAP_OK)
		return st;
	tsw_wr_cb_map(rsp, id.bound ? 7 : 3);
	put_uint(rsp, TSW_APPLET_A_ALG, id.key.alg);
	put_bytes(rsp, TSW_APPLET_A_PUBLIC, id.key.data, id.key.len);
	put_uint(rsp, TSW_APPLET_A_BOUND, id.bound);
	if (!id.bound)
		return FW_CTAP_OK;
	put_bytes(rsp, TSW_APPLET_A_IDENTITY, id.head.identity, TSW_ID_LEN);
	put_uint(rsp, TSW_APPLET_A_SEQ, id.head.seq);
	put_bytes(rsp, TSW_APPLET_A_HEAD, id.head.hash, TSW_HASH_LEN);
	put_uint(rsp, TSW_APPLET_A_ROLE, id.head.role);
	return FW_CTAP_OK;
}

enum fw_status
fw_applet_create_start(struct fw_ctap2 *c)
{
	enum fw_status st =
	    fw_applet_check_auth(c, &c->op.uv, &c->op.applet, FW_NEED_PIN);

	if (st != FW_CTAP_OK)
		return st;
	if (fw_identity_bound_cnt(&c->store) == FW_STORE_IDENTITY_CNT)
		return FW_CTAP_KEY_STORE_FULL;
	fw_words_create(c->op.text, c->op.applet.alg);
	return fw_applet_wait(c, HAL_LED_TOUCH_TOKENS);
}

enum fw_status
fw_applet_create_finish(struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	struct fw_identity id;

	if (fw_identity_create(&id, c, c->op.applet.alg) != FW_OK)
		return FW_CTAP_KEY_STORE_FULL;
	tsw_wr_cb_map(rsp, 3);
	put_uint(rsp, TSW_APPLET_A_ALG, id.key.alg);
	put_bytes(rsp, TSW_APPLET_A_PUBLIC, id.key.data, id.key.len);
	tsw_wr_cb_uint(rsp, TSW_APPLET_A_ATTESTATION);
	fw_attest_write(rsp, c, &id.key, NULL);
	return FW_CTAP_OK;
}

enum fw_status
fw_applet_attest_start(struct fw_ctap2 *c)
{
	struct fw_identity id;
	enum fw_status st = fw_applet_key(&id, c, &c->op.applet);

	if (st != FW_CTAP_OK)
		return st;
	fw_words_attest(c->op.text);
	return fw_applet_wait(c, HAL_LED_TOUCH_DEVICE);
}

enum fw_status
fw_applet_attest_finish(struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	struct fw_identity id;
	enum fw_status st = fw_applet_key(&id, c, &c->op.applet);

	if (st != FW_CTAP_OK)
		return st;
	tsw_wr_cb_map(rsp, 1);
	tsw_wr_cb_uint(rsp, TSW_APPLET_A_ATTESTATION);
	fw_attest_write(rsp, c, &id.key, c->op.applet.value);
	return FW_CTAP_OK;
}

enum fw_status
fw_applet_forget_start(struct fw_ctap2 *c)
{
	struct fw_identity id;
	enum fw_status st =
	    fw_applet_check_auth(c, &c->op.uv, &c->op.applet, FW_NEED_PIN);

	if (st == FW_CTAP_OK)
		st = fw_applet_key(&id, c, &c->op.applet);
	if (st != FW_CTAP_OK)
		return st;
	fw_words_forget(c->op.text, c->op.applet.handle);
	return fw_applet_wait(c, HAL_LED_TOUCH_RESET);
}

enum fw_status
fw_applet_forget_finish(struct fw_ctap2 *c)
{
	struct fw_identity id;
	enum fw_status st = fw_applet_key(&id, c, &c->op.applet);

	if (st == FW_CTAP_OK)
		fw_identity_forget(&c->store, id.slot);
	return st;
}
