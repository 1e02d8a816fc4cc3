/* SPDX-License-Identifier: BSD-2-Clause */
#include "keyed.h"

#include <string.h>
#include <sys/random.h>

#include <touchstone/wire/crypto.h>

int
ts_keyed_init(struct ts_keyed *key)
{
	size_t got = 0;
	ssize_t n;

	while (got < sizeof(key->sk_key)) {
		n = getrandom(key->sk_key + got, sizeof(key->sk_key) - got, 0);
		if (n <= 0)
			return TS_ERR_IO;
		got += (size_t)n;
	}
	return TS_OK;
}

void
ts_keyed_hash(uint8_t out[TS_KEYED_LEN], const struct ts_keyed *key,
    uint8_t kind, struct tsw_slice bytes)
{
	const struct tsw_slice part[] = {{key->sk_key, sizeof(key->sk_key)},
	    {&kind, 1}, bytes};
	uint8_t hash[32];

	tsw_sha256(hash, part, sizeof(part) / sizeof(part[0]));
	memcpy(out, hash, TS_KEYED_LEN);
}

size_t
ts_keyed_place(const uint8_t hash[TS_KEYED_LEN], size_t cnt)
{
	return (size_t)(tsw_load_u64(hash) & (cnt - 1));
}
