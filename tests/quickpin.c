/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PIN that costs next to nothing, for tests of thousands of PINs that ask
 * something else: two rounds of the key derivation, and a key agreement that
 * agrees without keeping anything secret.  Linked with --wrap for each.
 */
#include <string.h>

#include <touchstone/wire/crypto.h>

#include "pinproto.h"

void __real_fw_pbkdf2_sha256(uint8_t secret_out[32],
    struct tsw_slice secret_password, struct tsw_slice salt, uint32_t rounds);
void __wrap_fw_pbkdf2_sha256(uint8_t secret_out[32],
    struct tsw_slice secret_password, struct tsw_slice salt, uint32_t rounds);
void __wrap_fw_ka_regenerate(struct fw_ka *ka, struct fw_rng *rng);
int __wrap_fw_ka_decapsulate(struct fw_shared *shared, const struct fw_ka *ka,
    enum fw_pinproto proto, const uint8_t peer[FW_P256_POINT_LEN]);

void
__wrap_fw_pbkdf2_sha256(uint8_t secret_out[32],
    struct tsw_slice secret_password, struct tsw_slice salt, uint32_t rounds)
{
	__real_fw_pbkdf2_sha256(secret_out, secret_password, salt,
	    rounds > 1 ? 2 : 1);
}

void
__wrap_fw_ka_regenerate(struct fw_ka *ka, struct fw_rng *rng)
{
	fw_rng_bytes(rng, ka->secret_scalar, sizeof(ka->secret_scalar));
	memset(ka->point, 0, sizeof(ka->point));
	ka->point[0] = 0x04;
	memcpy(ka->point + 1, ka->secret_scalar, 32);
}

/* Both sides hash both points, in one order. */
int
__wrap_fw_ka_decapsulate(struct fw_shared *shared, const struct fw_ka *ka,
    enum fw_pinproto proto, const uint8_t peer[FW_P256_POINT_LEN])
{
	bool first = memcmp(ka->point, peer, FW_P256_POINT_LEN) < 0;
	struct tsw_slice part[] = {{first ? ka->point : peer,
				       FW_P256_POINT_LEN},
	    {first ? peer : ka->point, FW_P256_POINT_LEN}};

	shared->proto = proto;
	tsw_sha256(shared->secret_hmac, part, 2);
	tsw_sha256(shared->secret_aes, part, 1);
	return FW_OK;
}
