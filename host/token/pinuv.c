/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/pinuv.h"

#include "token/locked.h"

#include <touchstone/wire/applet.h>
#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>

#include <string.h>

#define CMD_CLIENT_PIN 0x06
#define PIN_HASH_LEN 16 /* LEFT(SHA-256(PIN), 16) */

enum subcommand { GET_KEY_AGREEMENT = 0x02, GET_TOKEN_PERMISSIONS = 0x09 };

enum request_field {
	FIELD_PROTOCOL = 1,
	FIELD_SUBCOMMAND = 2,
	FIELD_KEY_AGREEMENT = 3,
	FIELD_PIN_HASH = 6,
	FIELD_PERMISSIONS = 9,
	FIELD_RP_ID = 10
};

/* COSE_Key of key agreement (RFC 9053 section 7.1, CTAP 2.1 6.5.6). */
enum cose {
	COSE_KTY = 1,
	COSE_ALG = 3,
	COSE_CRV = -1,
	COSE_X = -2,
	COSE_Y = -3,
	COSE_KTY_EC2 = 2,
	COSE_ALG_ECDH = -25,
	COSE_CRV_P256 = 1
};

struct ts_pinuv {
	struct ts_agree agree;
	uint8_t secret_hash[32];
	uint8_t secret_token[TS_AGREE_PLAIN_MAX];
	size_t token_len; /* 16 or 32 */
};

static void
begin(struct tsw_wr *wr, size_t cnt, uint8_t protocol, enum subcommand sub)
{
	tsw_wr_u8(wr, CMD_CLIENT_PIN);
	tsw_wr_cb_map(wr, cnt);
	tsw_wr_cb_uint(wr, FIELD_PROTOCOL);
	tsw_wr_cb_uint(wr, protocol);
	tsw_wr_cb_uint(wr, FIELD_SUBCOMMAND);
	tsw_wr_cb_uint(wr, sub);
}

/* Send what is in wr; the reply has status 0. */
static int
ask(const struct ts_link *link, struct ts_ctaphid_reply *reply,
    const struct tsw_wr *wr)
{
	int r;

	if (wr->full)
		return TSW_ERR_NO_SPACE;
	r = ts_link_cbor(link, reply, wr->p, tsw_wr_len(wr));
	return r == TS_OK ? ts_link_outcome(link, reply->status) : r;
}

static void
expect_int(struct tsw_cb *cb, int64_t expected)
{
	if (tsw_cb_int(cb) != expected)
		tsw_cb_fail(cb, TSW_ERR_FORMAT);
}

int
ts_pinuv_key_decode(uint8_t out[TS_AGREE_POINT_LEN], const uint8_t *p,
    size_t len)
{
	struct tsw_slice x, y;
	struct tsw_cb cb;

	tsw_cb_init(&cb, p, len);
	if (tsw_cb_map(&cb) != 1 || tsw_cb_uint(&cb) != 1 ||
	    tsw_cb_map(&cb) != 5)
		return TS_ERR_TOKEN_IO;
	expect_int(&cb, COSE_KTY);
	expect_int(&cb, COSE_KTY_EC2);
	expect_int(&cb, COSE_ALG);
	expect_int(&cb, COSE_ALG_ECDH);
	expect_int(&cb, COSE_CRV);
	expect_int(&cb, COSE_CRV_P256);
	expect_int(&cb, COSE_X);
	x = tsw_cb_bytes(&cb, 32, 32);
	expect_int(&cb, COSE_Y);
	y = tsw_cb_bytes(&cb, 32, 32);
	if (tsw_cb_done(&cb) != TSW_OK)
		return TS_ERR_TOKEN_IO;
	memcpy(out, x.p, 32);
	memcpy(out + 32, y.p, 32);
	return TS_OK;
}

int
ts_pinuv_token_decode(struct tsw_slice *out, const uint8_t *p, size_t len)
{
	struct tsw_slice sealed;
	struct tsw_cb cb;

	tsw_cb_init(&cb, p, len);
	if (tsw_cb_map(&cb) != 1 || tsw_cb_uint(&cb) != 2)
		return TS_ERR_TOKEN_IO;
	sealed = tsw_cb_bytes(&cb, TS_AGREE_BLOCK_LEN, TS_AGREE_SEALED_MAX);
	if (tsw_cb_done(&cb) != TSW_OK)
		return TS_ERR_TOKEN_IO;
	*out = sealed;
	return TS_OK;
}

static int
agree(struct ts_pinuv *m, const struct ts_link *link, uint8_t protocol)
{
	uint8_t peer[TS_AGREE_POINT_LEN], buf[16];
	struct ts_ctaphid_reply reply;
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, buf, sizeof(buf));
	begin(&wr, 2, protocol, GET_KEY_AGREEMENT);
	r = ask(link, &reply, &wr);
	if (r == TS_OK)
		r = ts_pinuv_key_decode(peer, reply.cbor, reply.len);
	return r == TS_OK ? ts_agree(&m->agree, protocol, peer) : r;
}

static void
put_point(struct tsw_wr *wr, const uint8_t point[TS_AGREE_POINT_LEN])
{
	tsw_wr_cb_map(wr, 5);
	tsw_wr_cb_int(wr, COSE_KTY);
	tsw_wr_cb_int(wr, COSE_KTY_EC2);
	tsw_wr_cb_int(wr, COSE_ALG);
	tsw_wr_cb_int(wr, COSE_ALG_ECDH);
	tsw_wr_cb_int(wr, COSE_CRV);
	tsw_wr_cb_int(wr, COSE_CRV_P256);
	tsw_wr_cb_int(wr, COSE_X);
	tsw_wr_cb_bytes(wr, point, 32);
	tsw_wr_cb_int(wr, COSE_Y);
	tsw_wr_cb_bytes(wr, point + 32, 32);
}

static int
seal_pin(struct tsw_wr *sealed, struct ts_pinuv *m, const char *secret_pin)
{
	const struct tsw_slice pin = {(const uint8_t *)secret_pin,
	    strlen(secret_pin)};

	tsw_sha256(m->secret_hash, &pin, 1);
	return ts_agree_seal(sealed, &m->agree, m->secret_hash, PIN_HASH_LEN);
}

static int
get_token(struct ts_pinuv *m, const struct ts_link *link,
    const char *secret_pin, enum ts_pinuv_permission permission)
{
	uint8_t buf[256], pin_buf[TS_AGREE_SEALED_MAX];
	struct ts_ctaphid_reply reply;
	struct tsw_slice token;
	struct tsw_wr wr, sealed;
	int r;

	tsw_wr_init(&sealed, pin_buf, sizeof(pin_buf));
	r = seal_pin(&sealed, m, secret_pin);
	if (r != TS_OK)
		return r;
	tsw_wr_init(&wr, buf, sizeof(buf));
	begin(&wr, 6, m->agree.protocol, GET_TOKEN_PERMISSIONS);
	tsw_wr_cb_uint(&wr, FIELD_KEY_AGREEMENT);
	put_point(&wr, m->agree.point);
	tsw_wr_cb_uint(&wr, FIELD_PIN_HASH);
	tsw_wr_cb_bytes(&wr, sealed.p, tsw_wr_len(&sealed));
	tsw_wr_cb_uint(&wr, FIELD_PERMISSIONS);
	tsw_wr_cb_uint(&wr, permission);
	tsw_wr_cb_uint(&wr, FIELD_RP_ID);
	tsw_wr_cb_text(&wr, TSW_APPLET_RP_ID, TSW_APPLICATION_LEN);
	r = ask(link, &reply, &wr);
	if (r == TS_OK)
		r = ts_pinuv_token_decode(&token, reply.cbor, reply.len);
	if (r != TS_OK)
		return r;
	m->token_len = sizeof(m->secret_token);
	r = ts_agree_open(m->secret_token, &m->token_len, &m->agree, token);
	/* Protocol 2 has tokens of 32 bytes and no others (6.5.7). */
	if (r == TS_OK && m->agree.protocol == 2 && m->token_len != 32)
		return TS_ERR_TOKEN_IO;
	return r;
}

int
ts_pinuv_new(struct ts_pinuv **out, const struct ts_link *link,
    uint8_t protocol, const char *secret_pin,
    enum ts_pinuv_permission permission)
{
	struct ts_pinuv *m;
	int r;

	m = ts_locked_new(sizeof(*m));
	if (m == NULL)
		return TS_ERR_NO_MEMORY;
	r = agree(m, link, protocol);
	if (r == TS_OK)
		r = get_token(m, link, secret_pin, permission);
	if (r != TS_OK)
		ts_pinuv_free(&m);
	else
		*out = m;
	return r;
}

void
ts_pinuv_free(struct ts_pinuv **pinuv)
{
	ts_locked_free(*pinuv);
	*pinuv = NULL;
}

size_t
ts_pinuv_param(uint8_t out[TS_PINUV_PARAM_MAX], const struct ts_pinuv *pinuv,
    struct tsw_slice msg)
{
	tsw_hmac_sha256(out,
	    (struct tsw_slice){pinuv->secret_token, pinuv->token_len}, &msg, 1);
	return pinuv->agree.protocol == 1 ? 16 : 32;
}
