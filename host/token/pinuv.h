/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PIN becomes the right to ask a token for something: authenticatorClientPIN
 * (CTAP 2.1 section 6.5.5), which libfido2 keeps for its own commands.
 *
 * The right is for the application "touchstone:" and one kind of command.  A
 * PIN is tried once: what comes of it is for the caller to tell.
 */
#ifndef TOKEN_PINUV_H
#define TOKEN_PINUV_H

#include "token/agree.h"
#include "token/link.h"

/* Permissions of CTAP 2.1 section 6.5.5.7. */
enum ts_pinuv_permission { TS_PINUV_MAKE = 1, TS_PINUV_GET = 2 };

#define TS_PINUV_PARAM_MAX 32

struct ts_pinuv; /* in locked memory */

/*
 * getKeyAgreement and getPinUvAuthTokenUsingPinWithPermissions by protocol, 1
 * or 2.  TS_ERR_PIN_ of the token, TS_ERR_TOKEN_IO for an answer that is none.
 */
int ts_pinuv_new(struct ts_pinuv **out, const struct ts_link *link,
    uint8_t protocol, const char *secret_pin,
    enum ts_pinuv_permission permission) TS_MUST_CHECK;
void ts_pinuv_free(struct ts_pinuv **pinuv);

/* pinUvAuthParam over msg; returns its length, 16 or 32. */
size_t ts_pinuv_param(uint8_t out[TS_PINUV_PARAM_MAX],
    const struct ts_pinuv *pinuv, struct tsw_slice msg);

/*
 * Answers of the token: key agreement key, and a sealed token within p.  The
 * one form that CTAP2 has, or TS_ERR_TOKEN_IO.
 */
int ts_pinuv_key_decode(uint8_t out[TS_AGREE_POINT_LEN], const uint8_t *p,
    size_t len) TS_MUST_CHECK;
int ts_pinuv_token_decode(struct tsw_slice *out, const uint8_t *p,
    size_t len) TS_MUST_CHECK;

#endif
