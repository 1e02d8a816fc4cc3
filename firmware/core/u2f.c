/* SPDX-License-Identifier: BSD-2-Clause */
#include "u2f.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "selfcheck.h"
#include "x509.h"

#define CLA 0x00
#define INS_REGISTER 0x01
#define INS_AUTHENTICATE 0x02
#define INS_VERSION 0x03
/* Control byte of AUTHENTICATE. */
#define ENFORCE 0x03
#define CHECK_ONLY 0x07
#define DONT_ENFORCE 0x08

#define CHALLENGE_LEN 32
#define REGISTER_LEN (CHALLENGE_LEN + FW_RP_HASH_LEN)
#define HANDLE_AT (REGISTER_LEN + 1)
#define RESERVED 0x05 /* the first byte of a registration */
#define PRESENT 0x01  /* user presence */
#define REGISTERED_LEN                                                         \
	(1 + FW_RP_HASH_LEN + CHALLENGE_LEN + FW_CRED_ID_LEN +                 \
	    FW_P256_POINT_LEN)
#define SIGNED_LEN (FW_RP_HASH_LEN + 1 + 4 + CHALLENGE_LEN)
#define NAME_DIGITS 16

/* The two parts that both requests begin with. */
static const uint8_t *
challenge(const struct fw_apdu *apdu)
{
	return apdu->data.p;
}

static const uint8_t *
application(const struct fw_apdu *apdu)
{
	return apdu->data.p + CHALLENGE_LEN;
}

/* What the display calls a site whose name nobody tells. */
static void
write_text(struct fw_op *op, const struct fw_apdu *apdu)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t name[4 + NAME_DIGITS] = {'u', '2', 'f', '-'};
	size_t i;

	for (i = 0; i < NAME_DIGITS; i++)
		name[4 + i] = (uint8_t)
		    hex[application(apdu)[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
	if (apdu->ins == INS_REGISTER)
		fw_words_register(op->text,
		    (struct tsw_slice){name, sizeof(name)});
	else
		fw_words_login(op->text,
		    (struct tsw_slice){name, sizeof(name)});
}

static void
request_hash(uint8_t hash[32], uint32_t cid, const struct fw_apdu *apdu)
{
	uint8_t head[4 + 2];
	struct tsw_slice part[] = {{head, sizeof(head)}, apdu->data};
	struct tsw_wr wr;

	tsw_wr_init(&wr, head, sizeof(head));
	tsw_wr_u32(&wr, cid);
	tsw_wr_u8(&wr, apdu->ins);
	tsw_wr_u8(&wr, apdu->p1);
	tsw_sha256(hash, part, 2);
}

/* Somebody touched for this very request; that is spent.  Else ask. */
static bool
is_touched(struct fw_ctap2 *c, uint32_t cid, const struct fw_apdu *apdu)
{
	uint8_t hash[32];
	bool same;

	request_hash(hash, cid, apdu);
	same = c->op.kind == FW_OP_U2F &&
	    tsw_ct_eq(hash, c->op.u2f_hash, sizeof(hash));
	if (same && c->op.decided && c->op.touch == FW_TOUCH_GIVEN) {
		fw_ctap2_abort(c);
		return true;
	}
	if (!same) {
		fw_ctap2_abort(c);
		c->op.cid = cid;
		memcpy(c->op.u2f_hash, hash, sizeof(hash));
		write_text(&c->op, apdu);
		(void)fw_ctap2_wait(c, FW_OP_U2F);
		c->op.polled = true;
		c->op.led = apdu->ins == INS_REGISTER ? HAL_LED_TOUCH_REGISTER
						      : HAL_LED_TOUCH_LOGIN;
	}
	c->op.deadline = c->now + FW_CTAP2_GRANT_MS;
	return false;
}

/* SHA-256 of the name that belongs to the statement applet. */
static bool
is_reserved(const struct fw_ctap2 *c, const struct fw_apdu *apdu)
{
	static const struct tsw_slice rp_id = {
	    (const uint8_t *)TSW_APPLET_RP_ID, sizeof(TSW_APPLET_RP_ID) - 1};
	uint8_t hash[FW_RP_HASH_LEN];

	tsw_sha256(hash, &rp_id, 1);
	return c->profile == FW_PROFILE_FULL &&
	    memcmp(hash, application(apdu), sizeof(hash)) == 0;
}

/* The key vouches for itself. */
static void
put_certificate(struct tsw_wr *rsp, struct fw_ctap2 *c,
    const struct fw_cred *cred, const uint8_t point[FW_P256_POINT_LEN])
{
	struct fw_x509 cert = {.issuer = "Touchstone U2F",
	    .subject = "Touchstone U2F",
	    .kind = FW_X509_P256,
	    .key = point};
	uint8_t secret_scalar[FW_P256_SCALAR_LEN], secret_noise[FW_NOISE_LEN];

	memcpy(cert.serial, cred->id + FW_CRED_ID_LEN - sizeof(cert.serial),
	    sizeof(cert.serial));
	fw_cred_secret(secret_scalar, cred, c->secret_device);
	fw_rng_bytes(&c->rng, secret_noise, sizeof(secret_noise));
	if (fw_x509_write(rsp, &cert, secret_scalar, secret_noise,
		fw_check_wanted()) != FW_OK)
		hal_halt(HAL_FAULT_BUG);
	tsw_wipe(secret_scalar, sizeof(secret_scalar));
	tsw_wipe(secret_noise, sizeof(secret_noise));
}

static void
put_signature(struct tsw_wr *rsp, struct fw_ctap2 *c,
    const struct fw_cred *cred, const struct tsw_wr *msg)
{
	uint8_t sig[FW_CRED_SIG_MAX];
	size_t len = fw_cred_sign(sig, cred, &c->rng, c->secret_device,
	    (struct tsw_slice){msg->p, tsw_wr_len(msg)});

	tsw_wr_bytes(rsp, sig, len);
}

static enum fw_sw
make(struct fw_ctap2 *c, struct tsw_wr *rsp, const struct fw_apdu *apdu)
{
	uint8_t point[FW_P256_POINT_LEN], buf[REGISTERED_LEN];
	struct fw_cred cred;
	struct tsw_wr msg;

	memset(&cred, 0, sizeof(cred));
	cred.alg = FW_ALG_ES256;
	cred.protect = FW_PROTECT_NONE;
	memcpy(cred.rp_hash, application(apdu), sizeof(cred.rp_hash));
	fw_cred_new(&cred, &c->rng, c->secret_device);
	fw_cred_point(point, &cred, c->secret_device);
	tsw_wr_u8(rsp, RESERVED);
	tsw_wr_bytes(rsp, point, sizeof(point));
	tsw_wr_u8(rsp, FW_CRED_ID_LEN);
	tsw_wr_bytes(rsp, cred.id, sizeof(cred.id));
	put_certificate(rsp, c, &cred, point);
	tsw_wr_init(&msg, buf, sizeof(buf));
	tsw_wr_u8(&msg, 0);
	tsw_wr_bytes(&msg, cred.rp_hash, sizeof(cred.rp_hash));
	tsw_wr_bytes(&msg, challenge(apdu), CHALLENGE_LEN);
	tsw_wr_bytes(&msg, cred.id, sizeof(cred.id));
	tsw_wr_bytes(&msg, point, sizeof(point));
	put_signature(rsp, c, &cred, &msg);
	return FW_SW_OK;
}

static enum fw_sw
register_key(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid,
    const struct fw_apdu *apdu)
{
	if (apdu->data.len != REGISTER_LEN)
		return FW_SW_WRONG_LENGTH;
	if (is_reserved(c, apdu))
		return FW_SW_DATA;
	if (!is_touched(c, cid, apdu))
		return FW_SW_CONDITIONS;
	fw_ctap2_reseed(c);
	if (c->fault != FW_FAULT_NONE)
		return FW_SW_FAULT;
	return make(c, rsp, apdu);
}

/* The key that the handle names, if it is one that U2F may use. */
static bool
find(struct fw_cred *cred, const struct fw_ctap2 *c, const struct fw_apdu *apdu)
{
	struct tsw_slice handle = {apdu->data.p + HANDLE_AT,
	    apdu->data.len - HANDLE_AT};
	int slot;

	return !is_reserved(c, apdu) &&
	    fw_ctap2_cred(cred, &slot, c, handle, application(apdu)) == FW_OK &&
	    cred->alg == FW_ALG_ES256 && cred->protect != FW_PROTECT_UV;
}

static enum fw_sw
sign(struct fw_ctap2 *c, struct tsw_wr *rsp, const struct fw_cred *cred,
    const struct fw_apdu *apdu)
{
	uint8_t buf[SIGNED_LEN];
	struct tsw_wr msg;
	uint32_t count;

	fw_ctap2_reseed(c);
	if (c->fault != FW_FAULT_NONE)
		return FW_SW_FAULT;
	count = fw_ctap2_count(c);
	tsw_wr_u8(rsp, PRESENT);
	tsw_wr_u32(rsp, count);
	tsw_wr_init(&msg, buf, sizeof(buf));
	tsw_wr_bytes(&msg, cred->rp_hash, sizeof(cred->rp_hash));
	tsw_wr_u8(&msg, PRESENT);
	tsw_wr_u32(&msg, count);
	tsw_wr_bytes(&msg, challenge(apdu), CHALLENGE_LEN);
	put_signature(rsp, c, cred, &msg);
	return FW_SW_OK;
}

static enum fw_sw
authenticate(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid,
    const struct fw_apdu *apdu)
{
	struct fw_cred cred;

	if (apdu->data.len < HANDLE_AT ||
	    apdu->data.p[REGISTER_LEN] != apdu->data.len - HANDLE_AT)
		return FW_SW_WRONG_LENGTH;
	if (apdu->p1 != ENFORCE && apdu->p1 != CHECK_ONLY &&
	    apdu->p1 != DONT_ENFORCE)
		return FW_SW_WRONG_P1P2;
	if (!find(&cred, c, apdu))
		return FW_SW_DATA;
	if (apdu->p1 != ENFORCE || !is_touched(c, cid, apdu))
		return FW_SW_CONDITIONS;
	return sign(c, rsp, &cred, apdu);
}

static enum fw_sw
version(struct tsw_wr *rsp, const struct fw_apdu *apdu)
{
	if (apdu->data.len > 0)
		return FW_SW_WRONG_LENGTH;
	tsw_wr_bytes(rsp, (const uint8_t *)FW_U2F_VERSION,
	    sizeof(FW_U2F_VERSION) - 1);
	return FW_SW_OK;
}

enum fw_sw
fw_u2f_run(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid,
    const struct fw_apdu *apdu)
{
	if (apdu->cla != CLA)
		return FW_SW_CLA;
	if (apdu->ins == INS_VERSION)
		return version(rsp, apdu);
	if (apdu->ins != INS_REGISTER && apdu->ins != INS_AUTHENTICATE)
		return FW_SW_INS;
	if (c->fault != FW_FAULT_NONE)
		return FW_SW_FAULT;
	return apdu->ins == INS_REGISTER ? register_key(c, rsp, cid, apdu)
					 : authenticate(c, rsp, cid, apdu);
}

/* Hosts send what ISO 7816 has no case for: no data, said with a length of
 * zero, and then Le. */
static bool
parse(struct fw_apdu *apdu, struct tsw_slice req)
{
	static const uint8_t no_data[] = {0, 0, 0};

	if (req.len == 4 + sizeof(no_data) + 2 &&
	    memcmp(req.p + 4, no_data, sizeof(no_data)) == 0)
		req.len = 4;
	return fw_apdu_parse(apdu, req.p, req.len);
}

void
fw_u2f_msg(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid,
    struct tsw_slice req)
{
	enum fw_sw sw = FW_SW_WRONG_LENGTH;
	struct fw_apdu apdu;

	if (parse(&apdu, req))
		sw = fw_u2f_run(c, rsp, cid, &apdu);
	if (sw != FW_SW_OK)
		tsw_wr_init(rsp, rsp->p, rsp->size);
	tsw_wr_u16(rsp, (uint16_t)sw);
}
