/* SPDX-License-Identifier: BSD-2-Clause */
#include "puat.h"

#include <string.h>

void
fw_puat_stop(struct fw_puat *t)
{
	tsw_wipe(t, sizeof(*t));
}

void
fw_puat_begin(struct fw_puat *t, struct fw_rng *rng, enum fw_pinproto proto,
    uint64_t now)
{
	fw_puat_stop(t);
	fw_rng_bytes(rng, t->secret_token, sizeof(t->secret_token));
	t->in_use = true;
	t->user_verified = true;
	t->proto = proto;
	t->issued = now;
}

void
fw_puat_tick(struct fw_puat *t, uint64_t now)
{
	uint64_t age = now - t->issued;

	if (t->in_use &&
	    (age >= FW_PUAT_LIFE_MS ||
		(!t->used && age >= FW_PUAT_FIRST_USE_MS)))
		fw_puat_stop(t);
}

bool
fw_puat_verify(struct fw_puat *t, enum fw_pinproto proto, struct tsw_slice sig,
    const struct tsw_slice *part, size_t cnt)
{
	if (!t->in_use || t->proto != proto ||
	    !fw_pinproto_verify(proto, t->secret_token, sig, part, cnt))
		return false;
	t->used = true;
	return true;
}

bool
fw_puat_allows(struct fw_puat *t, enum fw_permission perm,
    const uint8_t rp_hash[FW_RP_HASH_LEN])
{
	if ((t->permissions & perm) == 0 || !t->user_verified)
		return false;
	if (t->rp_bound)
		return memcmp(t->rp_hash, rp_hash, FW_RP_HASH_LEN) == 0;
	t->rp_bound = true;
	memcpy(t->rp_hash, rp_hash, FW_RP_HASH_LEN);
	return true;
}

bool
fw_puat_allows_cm(const struct fw_puat *t, const uint8_t *rp_hash)
{
	if ((t->permissions & FW_PERM_CM) == 0)
		return false;
	return !t->rp_bound ||
	    (rp_hash != NULL &&
		memcmp(t->rp_hash, rp_hash, FW_RP_HASH_LEN) == 0);
}

void
fw_puat_spend(struct fw_puat *t)
{
	t->permissions = 0;
	t->user_verified = false;
}
