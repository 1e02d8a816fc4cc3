/* SPDX-License-Identifier: BSD-2-Clause */
/* Mistakes that board/constant_time must see: it puts each of them in the place
 * of one of the image's functions. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For tsw_ct_eq(): stops at the first difference. */
bool
leak_eq(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i;

	for (i = 0; i < len && a[i] == b[i]; i++)
		;
	return i == len;
}

/* For fw_aes256_cbc_encrypt(): looks secrets up in a table. */
void
leak_lookup(uint8_t *data, size_t len, const uint8_t iv[16],
    const uint8_t secret_key[32])
{
	static const uint8_t table[256] = {0x63, 0x7c, 0x77, 0x7b};
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = table[data[i] ^ iv[i % 16] ^ secret_key[i % 32]];
}

/* For tsw_sha256(): one instruction more if one bit is set. */
void
leak_bit(uint8_t out[32], const uint8_t *const *part, size_t cnt)
{
	(void)cnt;
	if (part[0][31] & 1)
		__asm__ __volatile__("nop");
	out[0] = part[0][0];
}

/* For __aeabi_lmul(): this makes the linker bring libgcc's. */
uint64_t
leak_multiply(uint64_t a, uint64_t b)
{
	return a * b;
}
