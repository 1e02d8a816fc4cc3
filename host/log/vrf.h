/* SPDX-License-Identifier: BSD-2-Clause */
/* The VRF of the C2SP, vrf-r255 (ECVRF-RISTRETTO255-SHA512), by libsodium. */
#ifndef HOST_LOG_VRF_H
#define HOST_LOG_VRF_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

#define TS_VRF_KEY_LEN 32
#define TS_VRF_PROOF_LEN 80
#define TS_VRF_OUT_LEN 64

/* A fresh secret scalar and its public key. */
void ts_vrf_keygen(uint8_t sk_scalar[TS_VRF_KEY_LEN],
    uint8_t pk[TS_VRF_KEY_LEN]);
/* TS_ERR_ARGUMENT: not a scalar below the order, or zero. */
int ts_vrf_public(uint8_t pk[TS_VRF_KEY_LEN],
    const uint8_t sk_scalar[TS_VRF_KEY_LEN]) TS_MUST_CHECK;

/* The output alone costs half of the proof. */
int ts_vrf_output(uint8_t out[TS_VRF_OUT_LEN],
    const uint8_t sk_scalar[TS_VRF_KEY_LEN], const uint8_t pk[TS_VRF_KEY_LEN],
    struct tsw_slice alpha) TS_MUST_CHECK;
int ts_vrf_prove(uint8_t proof[TS_VRF_PROOF_LEN],
    const uint8_t sk_scalar[TS_VRF_KEY_LEN], const uint8_t pk[TS_VRF_KEY_LEN],
    struct tsw_slice alpha) TS_MUST_CHECK;
/* TS_ERR_LOG_PROOF unless it holds; only then out is written. */
int ts_vrf_verify(uint8_t out[TS_VRF_OUT_LEN], const uint8_t pk[TS_VRF_KEY_LEN],
    struct tsw_slice alpha,
    const uint8_t proof[TS_VRF_PROOF_LEN]) TS_MUST_CHECK;

#endif
