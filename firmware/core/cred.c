/* SPDX-License-Identifier: BSD-2-Clause */
#include "cred.h"

#include <string.h>

#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>

#include "hal.h"
#include "selfcheck.h"

#define ID_VERSION 1
#define FLAG_DISCOVERABLE 0x01
#define FLAG_HMAC_SECRET 0x02
#define NONCE_OFF 4
#define MAC_LEN (FW_CRED_ID_LEN - FW_CRED_HEAD_LEN)

/* Every use of the device secret: label, one byte, id head, rpIdHash. */
static void
derive(uint8_t secret_out[32], const struct fw_cred *cred,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN], const char label[4],
    uint8_t b)
{
	struct tsw_slice part[] = {{(const uint8_t *)label, 4}, {&b, 1},
	    {cred->id, FW_CRED_HEAD_LEN}, {cred->rp_hash, FW_RP_HASH_LEN}};

	tsw_hmac_sha256(secret_out,
	    (struct tsw_slice){secret_device, FW_DEVICE_SECRET_LEN}, part,
	    sizeof(part) / sizeof(part[0]));
}

/* Private key; for P-256 the first of the derived scalars that is in range
 * (all but one in 2^32 are at once). */
void
fw_cred_secret(uint8_t secret_out[32], const struct fw_cred *cred,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	uint8_t try;

	for (try = 0; try < 8; try++) {
		derive(secret_out, cred, secret_device, "sign", try);
		if (cred->alg != FW_ALG_ES256 ||
		    fw_p256_check(secret_out) == FW_OK)
			return;
	}
	hal_halt(HAL_FAULT_BUG);
}

void
fw_cred_new(struct fw_cred *cred, struct fw_rng *rng,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	cred->id[0] = ID_VERSION;
	cred->id[1] = (uint8_t)cred->alg;
	cred->id[2] = (uint8_t)cred->protect;
	cred->id[3] = (uint8_t)((cred->discoverable ? FLAG_DISCOVERABLE : 0) |
	    (cred->hmac_secret ? FLAG_HMAC_SECRET : 0));
	fw_rng_bytes(rng, cred->id + NONCE_OFF, FW_CRED_HEAD_LEN - NONCE_OFF);
	derive(cred->id + FW_CRED_HEAD_LEN, cred, secret_device, "id  ", 0);
}

int
fw_cred_open(struct fw_cred *cred,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN], struct tsw_slice id,
    const uint8_t rp_hash[FW_RP_HASH_LEN])
{
	struct fw_cred m;
	uint8_t mac[MAC_LEN];

	if (id.len != FW_CRED_ID_LEN)
		return FW_ERR_NONE;
	memset(&m, 0, sizeof(m));
	memcpy(m.id, id.p, sizeof(m.id));
	memcpy(m.rp_hash, rp_hash, sizeof(m.rp_hash));
	derive(mac, &m, secret_device, "id  ", 0);
	if (!tsw_ct_eq(mac, m.id + FW_CRED_HEAD_LEN, sizeof(mac)) ||
	    m.id[0] != ID_VERSION)
		return FW_ERR_NONE;
	m.alg = m.id[1] == FW_ALG_EDDSA ? FW_ALG_EDDSA : FW_ALG_ES256;
	m.protect = (enum fw_cred_protect)m.id[2];
	m.discoverable = (m.id[3] & FLAG_DISCOVERABLE) != 0;
	m.hmac_secret = (m.id[3] & FLAG_HMAC_SECRET) != 0;
	*cred = m;
	return FW_OK;
}

static void
cose_es256(struct tsw_wr *wr, const uint8_t point[FW_P256_POINT_LEN])
{
	tsw_wr_cb_map(wr, 5);
	tsw_wr_cb_int(wr, 1); /* kty: EC2 */
	tsw_wr_cb_int(wr, 2);
	tsw_wr_cb_int(wr, 3); /* alg */
	tsw_wr_cb_int(wr, FW_COSE_ES256);
	tsw_wr_cb_int(wr, -1); /* crv: P-256 */
	tsw_wr_cb_int(wr, 1);
	tsw_wr_cb_int(wr, -2);
	tsw_wr_cb_bytes(wr, point + 1, 32);
	tsw_wr_cb_int(wr, -3);
	tsw_wr_cb_bytes(wr, point + 33, 32);
}

static void
cose_eddsa(struct tsw_wr *wr, const uint8_t sk_cred[32])
{
	uint8_t pk[FW_ED25519_PUBLIC_LEN];

	fw_ed25519_public(pk, sk_cred);
	tsw_wr_cb_map(wr, 4);
	tsw_wr_cb_int(wr, 1); /* kty: OKP */
	tsw_wr_cb_int(wr, 1);
	tsw_wr_cb_int(wr, 3); /* alg */
	tsw_wr_cb_int(wr, FW_COSE_EDDSA);
	tsw_wr_cb_int(wr, -1); /* crv: Ed25519 */
	tsw_wr_cb_int(wr, 6);
	tsw_wr_cb_int(wr, -2);
	tsw_wr_cb_bytes(wr, pk, sizeof(pk));
}

void
fw_cred_point(uint8_t point[FW_P256_POINT_LEN], const struct fw_cred *cred,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	uint8_t sk_cred[32];

	fw_cred_secret(sk_cred, cred, secret_device);
	if (fw_p256_public(point, sk_cred) != FW_OK)
		hal_halt(HAL_FAULT_BUG);
	tsw_wipe(sk_cred, sizeof(sk_cred));
}

void
fw_cred_public(struct tsw_wr *wr, const struct fw_cred *cred,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN])
{
	uint8_t sk_cred[32], point[FW_P256_POINT_LEN];

	if (cred->alg == FW_ALG_ES256) {
		fw_cred_point(point, cred, secret_device);
		cose_es256(wr, point);
		return;
	}
	fw_cred_secret(sk_cred, cred, secret_device);
	cose_eddsa(wr, sk_cred);
	tsw_wipe(sk_cred, sizeof(sk_cred));
}

/* ECDSA as FIDO2 wants it: over the hash of msg, in DER. */
static size_t
sign_es256(uint8_t der[FW_CRED_SIG_MAX], struct tsw_slice msg,
    const uint8_t sk_cred[32], const uint8_t secret_noise[FW_NOISE_LEN])
{
	uint8_t hash[32], sig[FW_P256_SIG_LEN];

	tsw_sha256(hash, &msg, 1);
	if (fw_p256_sign(sig, hash, sk_cred, secret_noise, fw_check_wanted()) !=
	    FW_OK)
		hal_halt(HAL_FAULT_BUG);
	return fw_p256_der(der, sig);
}

static size_t
sign_eddsa(uint8_t sig[FW_CRED_SIG_MAX], struct tsw_slice msg,
    const uint8_t sk_cred[32], const uint8_t secret_noise[FW_NOISE_LEN])
{
	uint8_t pk[FW_ED25519_PUBLIC_LEN];
	const struct fw_ed25519_pair pair = {sk_cred, pk};

	fw_ed25519_public(pk, sk_cred);
	if (fw_ed25519_sign(sig, msg, &pair, secret_noise, fw_check_wanted()) !=
	    FW_OK)
		hal_halt(HAL_FAULT_BUG);
	return FW_ED25519_SIG_LEN;
}

size_t
fw_cred_sign(uint8_t sig[FW_CRED_SIG_MAX], const struct fw_cred *cred,
    struct fw_rng *rng, const uint8_t secret_device[FW_DEVICE_SECRET_LEN],
    struct tsw_slice msg)
{
	uint8_t sk_cred[32], secret_noise[FW_NOISE_LEN];
	size_t len;

	fw_cred_secret(sk_cred, cred, secret_device);
	fw_rng_bytes(rng, secret_noise, sizeof(secret_noise));
	if (cred->alg == FW_ALG_ES256)
		len = sign_es256(sig, msg, sk_cred, secret_noise);
	else
		len = sign_eddsa(sig, msg, sk_cred, secret_noise);
	tsw_wipe(sk_cred, sizeof(sk_cred));
	tsw_wipe(secret_noise, sizeof(secret_noise));
	return len;
}

void
fw_cred_random(uint8_t secret_out[32], const struct fw_cred *cred,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN], bool uv)
{
	derive(secret_out, cred, secret_device, "hmac", uv ? 1 : 0);
}
