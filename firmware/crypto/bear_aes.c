/* SPDX-License-Identifier: BSD-2-Clause */
/* AES-256-CBC from BearSSL, the bitsliced constant-time implementation. */
#include <string.h>

#include <bearssl_block.h>

#include <touchstone/wire/bytes.h>

#include "fw_crypto.h"

void
fw_aes256_cbc_encrypt(uint8_t *data, size_t len,
    const uint8_t iv[FW_AES_BLOCK_LEN],
    const uint8_t secret_key[FW_AES_KEY_LEN])
{
	br_aes_ct_cbcenc_keys keys;
	uint8_t chain[FW_AES_BLOCK_LEN];

	memcpy(chain, iv, sizeof(chain));
	br_aes_ct_cbcenc_init(&keys, secret_key, FW_AES_KEY_LEN);
	br_aes_ct_cbcenc_run(&keys, chain, data, len);
	tsw_wipe(&keys, sizeof(keys));
}

void
fw_aes256_cbc_decrypt(uint8_t *data, size_t len,
    const uint8_t iv[FW_AES_BLOCK_LEN],
    const uint8_t secret_key[FW_AES_KEY_LEN])
{
	br_aes_ct_cbcdec_keys keys;
	uint8_t chain[FW_AES_BLOCK_LEN];

	memcpy(chain, iv, sizeof(chain));
	br_aes_ct_cbcdec_init(&keys, secret_key, FW_AES_KEY_LEN);
	br_aes_ct_cbcdec_run(&keys, chain, data, len);
	tsw_wipe(&keys, sizeof(keys));
}
