/* SPDX-License-Identifier: BSD-2-Clause */
/* AES and DES from BearSSL, the bitsliced constant-time implementations. */
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

/* A block is the CBC of one block after zeros. */
void
fw_aes_block_encrypt(uint8_t block[FW_AES_BLOCK_LEN],
    struct tsw_slice secret_key)
{
	br_aes_ct_cbcenc_keys keys;
	uint8_t zero[FW_AES_BLOCK_LEN] = {0};

	br_aes_ct_cbcenc_init(&keys, secret_key.p, secret_key.len);
	br_aes_ct_cbcenc_run(&keys, zero, block, FW_AES_BLOCK_LEN);
	tsw_wipe(&keys, sizeof(keys));
}

void
fw_aes_block_decrypt(uint8_t block[FW_AES_BLOCK_LEN],
    struct tsw_slice secret_key)
{
	br_aes_ct_cbcdec_keys keys;
	uint8_t zero[FW_AES_BLOCK_LEN] = {0};

	br_aes_ct_cbcdec_init(&keys, secret_key.p, secret_key.len);
	br_aes_ct_cbcdec_run(&keys, zero, block, FW_AES_BLOCK_LEN);
	tsw_wipe(&keys, sizeof(keys));
}

void
fw_des3_block_encrypt(uint8_t block[FW_DES3_BLOCK_LEN],
    const uint8_t secret_key[FW_DES3_KEY_LEN])
{
	br_des_ct_cbcenc_keys keys;
	uint8_t zero[FW_DES3_BLOCK_LEN] = {0};

	br_des_ct_cbcenc_init(&keys, secret_key, FW_DES3_KEY_LEN);
	br_des_ct_cbcenc_run(&keys, zero, block, FW_DES3_BLOCK_LEN);
	tsw_wipe(&keys, sizeof(keys));
}

void
fw_des3_block_decrypt(uint8_t block[FW_DES3_BLOCK_LEN],
    const uint8_t secret_key[FW_DES3_KEY_LEN])
{
	br_des_ct_cbcdec_keys keys;
	uint8_t zero[FW_DES3_BLOCK_LEN] = {0};

	br_des_ct_cbcdec_init(&keys, secret_key, FW_DES3_KEY_LEN);
	br_des_ct_cbcdec_run(&keys, zero, block, FW_DES3_BLOCK_LEN);
	tsw_wipe(&keys, sizeof(keys));
}
