/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces that several CTAP2 requests have in common.  Errors stay in cb. */
#ifndef FW_CTAP2_CBOR_H
#define FW_CTAP2_CBOR_H

#include <touchstone/wire/cbor.h>

#include "cred.h"
#include "status.h"

/* The CTAP status for an error of the CBOR reader. */
enum fw_status fw_cbor_status(int err);

/* Next key of a map with text keys; *last starts as {NULL, 0}. */
struct tsw_slice fw_cb_text_key(struct tsw_cb *cb, struct tsw_slice *last);
bool fw_cb_is_text(struct tsw_slice s, const char *text);
/* PublicKeyCredentialDescriptor: its id, empty if it is of another type. */
struct tsw_slice fw_cb_descriptor(struct tsw_cb *cb);
/* PublicKeyCredentialUserEntity; what is absent stays as it is. */
void fw_cb_user(struct fw_user *user, struct tsw_cb *cb);

#endif
