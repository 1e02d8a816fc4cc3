/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CTAP on the card: FIDO's applet (CTAP 2.1 section 11.3), and the statement
 * applet by a name of its own (SPEC 12.8).
 *
 * Both take 80 10 with the bytes of a CTAPHID_CBOR message, and answer with
 * those of the response.  A command that wants a touch either blocks, while the
 * reader asks the host for time, or, if the host set bit 80 of P1, is answered
 * 9100 and a status byte until 80 11 finds it done.  Any other command ends it.
 *
 * The card is one more channel (FW_CTAP2_CID_CARD) of the same token: one
 * command, one touch, one pinUvAuthToken.
 */
#ifndef FW_CARD_FIDO_H
#define FW_CARD_FIDO_H

#include "apdu.h"
#include "ctap2.h"

struct fw_card_fido {
	struct fw_ctap2 *c;
	bool statements; /* the statement applet, not FIDO's */
};

/* Rows for fw_card_init(); self must stay where it is. */
struct fw_applet fw_card_fido(struct fw_card_fido *self, struct fw_ctap2 *c);
struct fw_applet fw_card_statements(struct fw_card_fido *self,
    struct fw_ctap2 *c);

#endif
