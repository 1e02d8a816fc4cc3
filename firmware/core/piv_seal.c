/* SPDX-License-Identifier: BSD-2-Clause */
/* What the applet keeps, under the device secret: piv_int.h has the formulas.
 */
#include "piv_int.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

#define NONCE_LEN 16
#define TAG_LEN 32

static struct tsw_slice
text(const char *s)
{
	return (struct tsw_slice){(const uint8_t *)s, strlen(s)};
}

static void
mac(uint8_t out[32], const uint8_t secret_key[32], const struct tsw_slice *part,
    size_t cnt)
{
	tsw_hmac_sha256(out, (struct tsw_slice){secret_key, 32}, part, cnt);
}

static void
seal_key(uint8_t secret_key[32], const struct fw_piv *piv)
{
	struct tsw_slice part = text("piv seal");

	mac(secret_key, piv->c->secret_device, &part, 1);
}

/* One pad for one nonce. */
static void
apply_pad(uint8_t out[FW_PIV_SECRET_LEN], const uint8_t in[FW_PIV_SECRET_LEN],
    const uint8_t secret_key[32], const uint8_t nonce[NONCE_LEN])
{
	struct tsw_slice part[] = {text("pad"), {nonce, NONCE_LEN}};
	uint8_t secret_pad[FW_PIV_SECRET_LEN];
	size_t i;

	mac(secret_pad, secret_key, part, 2);
	for (i = 0; i < sizeof(secret_pad); i++)
		out[i] = in[i] ^ secret_pad[i];
	tsw_wipe(secret_pad, sizeof(secret_pad));
}

static void
put_tag(uint8_t tag[TAG_LEN], const uint8_t secret_key[32],
    const uint8_t sealed[FW_PIV_SEALED_LEN], unsigned int record,
    struct tsw_slice fields)
{
	uint8_t number = (uint8_t)record;
	struct tsw_slice part[] = {text("tag"),
	    {sealed, FW_PIV_SEALED_LEN - TAG_LEN}, {&number, 1}, fields};

	mac(tag, secret_key, part, sizeof(part) / sizeof(part[0]));
}

void
fw_piv_seal(struct fw_piv *piv, uint8_t out[FW_PIV_SEALED_LEN],
    const uint8_t secret[FW_PIV_SECRET_LEN], unsigned int record,
    struct tsw_slice fields)
{
	uint8_t secret_key[32];

	seal_key(secret_key, piv);
	fw_rng_bytes(&piv->c->rng, out, NONCE_LEN);
	apply_pad(out + NONCE_LEN, secret, secret_key, out);
	put_tag(out + NONCE_LEN + FW_PIV_SECRET_LEN, secret_key, out, record,
	    fields);
	tsw_wipe(secret_key, sizeof(secret_key));
}

int
fw_piv_unseal(const struct fw_piv *piv, uint8_t secret[FW_PIV_SECRET_LEN],
    const uint8_t sealed[FW_PIV_SEALED_LEN], unsigned int record,
    struct tsw_slice fields)
{
	uint8_t secret_key[32], secret_tag[TAG_LEN];
	int r = FW_ERR_AUTH;

	seal_key(secret_key, piv);
	put_tag(secret_tag, secret_key, sealed, record, fields);
	if (tsw_ct_eq(secret_tag, sealed + NONCE_LEN + FW_PIV_SECRET_LEN,
		sizeof(secret_tag))) {
		apply_pad(secret, sealed + NONCE_LEN, secret_key, sealed);
		r = FW_OK;
	}
	tsw_wipe(secret_key, sizeof(secret_key));
	tsw_wipe(secret_tag, sizeof(secret_tag));
	return r;
}

void
fw_piv_root_tag(const struct fw_piv *piv, uint8_t tag[32],
    struct tsw_slice head)
{
	struct tsw_slice part[] = {text("piv root"), head};

	mac(tag, piv->c->secret_device, part, 2);
}

/* Of a hash, so that it tells nothing of the secret. */
uint32_t
fw_piv_serial(const struct fw_piv *piv)
{
	struct tsw_slice part = text("piv serial");
	uint8_t hash[32];
	struct tsw_rd rd;

	mac(hash, piv->c->secret_device, &part, 1);
	tsw_rd_init(&rd, hash, sizeof(hash));
	return tsw_rd_u32(&rd) & 0x7fffffff;
}
