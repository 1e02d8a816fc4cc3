/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * U2F (FIDO U2F raw message formats 1.2; CTAP 2.1 section 10): REGISTER,
 * AUTHENTICATE and VERSION, on CTAPHID_MSG and on the card.
 *
 * A key is an ES256 credential like others, whose relying party is known by the
 * hash alone: what U2F makes, FIDO2 may use by its id, and the reverse, unless
 * the credential wants a verified user.  The name of the statement applet's
 * keys is out of reach by its hash, too.
 *
 * Each request is 6985 until somebody touched, and the host sends it again.
 * The token asks as long as it does; the touch serves the same request on the
 * same channel, once, if it comes again within FW_CTAP2_GRANT_MS.  Nothing is
 * signed without a touch: control byte 08 is 6985 always.
 *
 * The attestation certificate is made for each key, by the key: U2F wants one,
 * and one of the device would tell two sites that they know the same person.
 */
#ifndef FW_U2F_H
#define FW_U2F_H

#include "apdu.h"
#include "ctap2.h"

#define FW_U2F_VERSION "U2F_V2"

/* A request that came on channel cid; class and lengths are checked. */
enum fw_sw fw_u2f_run(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid,
    const struct fw_apdu *apdu);
/* The same as CTAPHID has it: the whole request, the whole response with its
 * status word. */
void fw_u2f_msg(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid,
    struct tsw_slice req);

#endif
