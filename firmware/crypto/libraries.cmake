# SPDX-License-Identifier: BSD-2-Clause
# libsodium and BearSSL for a chip: of their sources only what fw_crypto calls.
execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/libraries.sh ${TS_LIB_SRC}
    COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)

set(bear ${TS_LIB_SRC}/bearssl)
set(bear_sources
    codec/ccopy.c codec/dec32be.c codec/enc32be.c
    ec/ec_p256_m15.c ec/ec_secp256r1.c ec/ec_secp384r1.c ec/ec_secp521r1.c
    ec/ecdsa_i31_sign_raw.c ec/ecdsa_i31_vrfy_raw.c
    ec/ecdsa_rta.c
    hash/sha2small.c mac/hmac.c rand/hmac_drbg.c
    int/i31_add.c int/i31_bitlen.c int/i31_decmod.c int/i31_decode.c
    int/i31_encode.c int/i31_fmont.c int/i31_iszero.c int/i31_modpow.c
    int/i31_montmul.c int/i31_muladd.c int/i31_ninv31.c int/i31_rshift.c
    int/i31_sub.c int/i31_tmont.c int/i32_div32.c
    symcipher/aes_common.c symcipher/aes_ct.c symcipher/aes_ct_cbcdec.c
    symcipher/aes_ct_cbcenc.c symcipher/aes_ct_dec.c symcipher/aes_ct_enc.c
    symcipher/des_ct.c symcipher/des_ct_cbcdec.c symcipher/des_ct_cbcenc.c
    symcipher/des_support.c)
list(TRANSFORM bear_sources PREPEND ${bear}/src/)
add_library(bearssl STATIC ${bear_sources}
    ${CMAKE_CURRENT_LIST_DIR}/bear_port.c)
# Where a P-256 signature spends its time: 155 ms instead of 161, for 3 KB.
set_source_files_properties(${bear}/src/codec/ccopy.c
    ${bear}/src/ec/ec_p256_m15.c ${bear}/src/int/i31_montmul.c
    ${bear}/src/int/i31_sub.c PROPERTIES COMPILE_OPTIONS -O3)
target_include_directories(bearssl PRIVATE ${bear}/src PUBLIC ${bear}/inc)
target_compile_options(bearssl PRIVATE -O2 -w)

set(sodium ${TS_LIB_SRC}/libsodium/src/libsodium)
set(sodium_sources
    crypto_core/ed25519/core_ed25519.c
    crypto_core/ed25519/ref10/ed25519_ref10.c
    crypto_hash/sha512/cp/hash_sha512_cp.c
    crypto_scalarmult/curve25519/ref10/x25519_ref10.c
    crypto_scalarmult/curve25519/scalarmult_curve25519.c
    crypto_scalarmult/ed25519/ref10/scalarmult_ed25519_ref10.c
    crypto_sign/ed25519/ref10/keypair.c crypto_sign/ed25519/ref10/open.c
    crypto_sign/ed25519/ref10/sign.c crypto_verify/sodium/verify.c)
list(TRANSFORM sodium_sources PREPEND ${sodium}/)
add_library(sodium STATIC ${sodium_sources}
    ${CMAKE_CURRENT_LIST_DIR}/sodium_port.c)
target_compile_definitions(sodium PRIVATE CONFIGURED=1) # by this file
target_include_directories(sodium PUBLIC ${sodium}/include
    PRIVATE ${sodium}/include/sodium ${PROJECT_SOURCE_DIR}/include)
target_compile_options(sodium PRIVATE -O2 -w)
