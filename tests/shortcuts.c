/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What takes time and is not the subject, for tests of thousands of tokens:
 * two rounds of the PIN's key derivation, a key agreement that agrees without
 * keeping anything secret, of the noise tests the one for a stuck source, and a
 * faster look at erased flash.
 * Linked with --wrap for each.
 */
#include <string.h>

#include <touchstone/wire/crypto.h>

#include "health.h"
#include "pinproto.h"
#include "store_log.h"

void __real_fw_pbkdf2_sha256(uint8_t secret_out[32],
    struct tsw_slice secret_password, struct tsw_slice salt, uint32_t rounds);
void __wrap_fw_pbkdf2_sha256(uint8_t secret_out[32],
    struct tsw_slice secret_password, struct tsw_slice salt, uint32_t rounds);
void __wrap_fw_ka_regenerate(struct fw_ka *ka, struct fw_rng *rng);
int __wrap_fw_ka_decapsulate(struct fw_shared *shared, const struct fw_ka *ka,
    enum fw_pinproto proto, const uint8_t peer[FW_P256_POINT_LEN]);
bool __wrap_fw_log_is_blank(const struct fw_store *s, uint32_t from,
    uint32_t to);
bool __wrap_fw_health_check(struct fw_health *h, const uint8_t *sample,
    size_t cnt);

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

bool
__wrap_fw_health_check(struct fw_health *h, const uint8_t *sample, size_t cnt)
{
	/* memboard's stuck source gives nothing but 0xff. */
	if (cnt >= 8 &&
	    memcmp(sample, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) == 0)
		h->failed = true;
	return !h->failed;
}

bool
__wrap_fw_log_is_blank(const struct fw_store *s, uint32_t from, uint32_t to)
{
	uint8_t chunk[1024], erased[1024];
	size_t n;

	memset(erased, 0xff, sizeof(erased));
	for (; from < to; from += (uint32_t)n) {
		n = to - from < sizeof(chunk) ? to - from : sizeof(chunk);
		fw_log_read(s, chunk, from, n);
		if (memcmp(chunk, erased, n) != 0)
			return false;
	}
	return true;
}
