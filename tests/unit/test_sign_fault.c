/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults in the middle of a signature, on boards with and without private
 * flash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fw_crypto.h"

/* One key, one message, one noise. */
static const uint8_t x[32] = {1, 2, 3}, noise[32] = {4, 5, 6};
static const uint8_t msg[32] = {7, 8, 9};
static const struct tsw_slice part = {msg, sizeof(msg)};

static int
p256_sign(uint8_t sig[64], enum fw_check check)
{
	return fw_p256_sign(sig, msg, x, noise, check);
}

static int
ed25519_sign(uint8_t sig[64], enum fw_check check)
{
	uint8_t pk[32];
	const struct fw_ed25519_pair pair = {x, pk};

	fw_ed25519_public(pk, x);
	return fw_ed25519_sign(sig, part, &pair, noise, check);
}

/*
 * The linker puts these in front of
 * the real functions, and they flip one bit in as many calls as they are told.
 */
static unsigned int fault_cnt;

static uint8_t
fault(void)
{
	return fault_cnt > 0 && fault_cnt-- > 0;
}

size_t __real_br_ecdsa_i31_sign_raw(const void *ec, const void *hf,
    const void *hash, const void *sk, uint8_t *sig);
size_t __wrap_br_ecdsa_i31_sign_raw(const void *ec, const void *hf,
    const void *hash, const void *sk, uint8_t *sig);
void __real_crypto_core_ed25519_scalar_add(uint8_t *z, const uint8_t *a,
    const uint8_t *b);
void __wrap_crypto_core_ed25519_scalar_add(uint8_t *z, const uint8_t *a,
    const uint8_t *b);

size_t
__wrap_br_ecdsa_i31_sign_raw(const void *ec, const void *hf, const void *hash,
    const void *sk, uint8_t *sig)
{
	size_t len = __real_br_ecdsa_i31_sign_raw(ec, hf, hash, sk, sig);

	sig[40] ^= fault();
	return len;
}

void
__wrap_crypto_core_ed25519_scalar_add(uint8_t *z, const uint8_t *a,
    const uint8_t *b)
{
	__real_crypto_core_ed25519_scalar_add(z, a, b);
	z[7] ^= fault();
}

static void
test_fault_does_not_leave(void **state)
{
	uint8_t sig[64], untouched[64];

	(void)state;
	memset(sig, 0xa5, sizeof(sig));
	memset(untouched, 0xa5, sizeof(untouched));
	fault_cnt = 1;
	assert_int_equal(p256_sign(sig, FW_CHECK_ALL), FW_ERR_FAULT);
	assert_memory_equal(sig, untouched, sizeof(sig));
	fault_cnt = 2; /* the same one when S is computed again */
	assert_int_equal(ed25519_sign(sig, FW_CHECK_ALL), FW_ERR_FAULT);
	assert_memory_equal(sig, untouched, sizeof(sig));
	assert_int_equal(fault_cnt, 0);
	assert_int_equal(p256_sign(sig, FW_CHECK_ALL), FW_OK);
	assert_int_equal(ed25519_sign(sig, FW_CHECK_ALL), FW_OK);
}

/* Where the result is not verified: a fault in S is noticed all the same, and
 * signatures are those of any other board. */
static void
test_little_check(void **state)
{
	uint8_t sig[64], same[64];

	(void)state;
	fault_cnt = 1;
	assert_int_equal(ed25519_sign(sig, FW_CHECK_LITTLE), FW_ERR_FAULT);
	assert_int_equal(ed25519_sign(sig, FW_CHECK_LITTLE), FW_OK);
	assert_int_equal(ed25519_sign(same, FW_CHECK_ALL), FW_OK);
	assert_memory_equal(sig, same, sizeof(sig));
	assert_int_equal(p256_sign(sig, FW_CHECK_LITTLE), FW_OK);
	assert_int_equal(p256_sign(same, FW_CHECK_ALL), FW_OK);
	assert_memory_equal(sig, same, sizeof(sig));
}

/* Signing with a wrong public key shows nothing: no nonce is shared with the
 * right one. */
static void
test_wrong_public_key(void **state)
{
	uint8_t sig[2][64], pk[32];
	const struct fw_ed25519_pair pair = {x, pk};

	(void)state;
	assert_int_equal(ed25519_sign(sig[0], FW_CHECK_LITTLE), FW_OK);
	fw_ed25519_public(pk, x);
	pk[5] ^= 1;
	assert_int_equal(fw_ed25519_sign(sig[1], part, &pair, noise,
			     FW_CHECK_LITTLE),
	    FW_OK);
	assert_memory_not_equal(sig[0], sig[1], 32);
	assert_int_equal(fw_ed25519_sign(sig[1], part, &pair, noise,
			     FW_CHECK_ALL),
	    FW_ERR_FAULT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fault_does_not_leave),
	    cmocka_unit_test(test_little_check),
	    cmocka_unit_test(test_wrong_public_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
