/* SPDX-License-Identifier: BSD-2-Clause */
/* authenticatorGetInfo (CTAP 2.1 section 6.4). */
#include "apdu.h"
#include "ctap2.h"
#include "ctaphid.h"

#include <string.h>

#include <touchstone/wire/cbor.h>

#define FIRMWARE_VERSION 1

static void
put_text(struct tsw_wr *wr, const char *text)
{
	tsw_wr_cb_text(wr, text, strlen(text));
}

static void
put_option(struct tsw_wr *wr, const char *name, bool v)
{
	put_text(wr, name);
	tsw_wr_cb_bool(wr, v);
}

static void
put_alg(struct tsw_wr *wr, int64_t alg)
{
	tsw_wr_cb_map(wr, 2);
	put_text(wr, "alg");
	tsw_wr_cb_int(wr, alg);
	put_text(wr, "type");
	put_text(wr, "public-key");
}

static void
put_options(const struct fw_ctap2 *c, struct tsw_wr *wr)
{
	tsw_wr_cb_map(wr, 7);
	put_option(wr, "rk", true);
	put_option(wr, "up", true);
	put_option(wr, "plat", false);
	put_option(wr, "credMgmt", true);
	put_option(wr, "clientPin", c->pin.is_set);
	put_option(wr, "pinUvAuthToken", true);
	put_option(wr, "makeCredUvNotRqd", true);
}

static void
put_limits(struct tsw_wr *wr, uint32_t cid)
{
	tsw_wr_cb_uint(wr, 0x05); /* maxMsgSize, of the way it was asked on */
	tsw_wr_cb_uint(wr,
	    cid == FW_CTAP2_CID_CARD ? FW_CARD_DATA_MAX : FW_CTAPHID_MSG_MAX);
	tsw_wr_cb_uint(wr, 0x06); /* pinUvAuthProtocols, best first */
	tsw_wr_cb_array(wr, 2);
	tsw_wr_cb_uint(wr, FW_PINPROTO_TWO);
	tsw_wr_cb_uint(wr, FW_PINPROTO_ONE);
	tsw_wr_cb_uint(wr, 0x07); /* maxCredentialCountInList */
	tsw_wr_cb_uint(wr, FW_CTAP2_LIST_MAX_CNT);
	tsw_wr_cb_uint(wr, 0x08); /* maxCredentialIdLength */
	tsw_wr_cb_uint(wr, FW_CRED_ID_LEN);
}

void
fw_get_info(struct fw_ctap2 *c, struct tsw_wr *wr, uint32_t cid)
{
	tsw_wr_cb_map(wr, 13);
	tsw_wr_cb_uint(wr, 0x01); /* versions */
	tsw_wr_cb_array(wr, 3);
	put_text(wr, "U2F_V2");
	put_text(wr, "FIDO_2_0");
	put_text(wr, "FIDO_2_1");
	tsw_wr_cb_uint(wr, 0x02); /* extensions */
	tsw_wr_cb_array(wr, 2);
	put_text(wr, "credProtect");
	put_text(wr, "hmac-secret");
	tsw_wr_cb_uint(wr, 0x03); /* aaguid */
	tsw_wr_cb_bytes(wr, fw_aaguid, FW_AAGUID_LEN);
	tsw_wr_cb_uint(wr, 0x04); /* options */
	put_options(c, wr);
	put_limits(wr, cid);
	tsw_wr_cb_uint(wr, 0x09); /* transports */
	tsw_wr_cb_array(wr, 2);
	put_text(wr, "usb");
	put_text(wr, "smart-card");
	tsw_wr_cb_uint(wr, 0x0a); /* algorithms */
	tsw_wr_cb_array(wr, 2);
	put_alg(wr, FW_COSE_ES256);
	put_alg(wr, FW_COSE_EDDSA);
	tsw_wr_cb_uint(wr, 0x0d); /* minPINLength */
	tsw_wr_cb_uint(wr, FW_PIN_MIN_LEN);
	tsw_wr_cb_uint(wr, 0x0e); /* firmwareVersion */
	tsw_wr_cb_uint(wr, FIRMWARE_VERSION);
	tsw_wr_cb_uint(wr, 0x14); /* remainingDiscoverableCredentials */
	tsw_wr_cb_uint(wr,
	    c->fault == FW_FAULT_NONE ? fw_record_free_cnt(&c->store) : 0);
}
