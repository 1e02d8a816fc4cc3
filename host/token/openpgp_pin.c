/* SPDX-License-Identifier: BSD-2-Clause */
/* PINs of an OpenPGP card. */
#include "token/openpgp.h"

#include "token/locked.h"
#include "token/tlv.h"

#include <string.h>

#define INS_VERIFY 0x20
#define INS_CHANGE_PIN 0x24
#define INS_RESET_PIN 0x2c
#define BY_ADMIN 2 /* P1 of RESET RETRY COUNTER */
#define ROOM 256   /* two PINs, or two hashes */

#define TAG_PIN_STATUS 0xc4

static bool
is_wrong(uint16_t sw)
{
	/* 6982 is what the specification has, 63Cx what ISO 7816 has. */
	return sw == 0x6982 || sw >> 8 == 0x63;
}

/* Append a PIN as it goes over the wire. */
static int
put_pin(struct tsw_wr *wr, const struct ts_openpgp *pgp,
    enum ts_openpgp_pin pin, const char *secret_pin)
{
	const bool admin = pin == TS_OPENPGP_PW3;
	const size_t min = admin ? TS_OPENPGP_ADMIN_MIN : TS_OPENPGP_PIN_MIN;
	size_t len = strlen(secret_pin);

	/* The length of a hash says nothing about the PIN's. */
	if (len < min ||
	    (pgp->kdf.hash == TS_KDF_NONE &&
		len > (admin ? pgp->data.admin_max : pgp->data.pin_max)))
		return TS_ERR_PIN_POLICY;
	return ts_kdf_derive(wr, &pgp->kdf,
	    admin ? pgp->kdf.admin_salt : pgp->kdf.salt, secret_pin);
}

/* The tries that are left, from 63Cx or else from the card's status. */
static uint8_t
tries_left(struct ts_openpgp *pgp, enum ts_openpgp_pin pin)
{
	const uint16_t sw = pgp->reply.sw;
	struct tsw_slice status;

	if (sw == 0x6983)
		return 0;
	if ((sw & 0xfff0) == 0x63c0)
		return (uint8_t)(sw & 0x0f);
	if (ts_openpgp_get(pgp, &status, TAG_PIN_STATUS) != TS_OK ||
	    status.len < 7)
		return TS_TOKEN_RETRIES_UNKNOWN;
	return status.p[pin == TS_OPENPGP_PW3 ? 6 : 4];
}

/* Of a PIN that was compared. */
static int
outcome(struct ts_openpgp *pgp, uint8_t *retries, enum ts_openpgp_pin pin)
{
	const uint16_t sw = pgp->reply.sw;
	const bool admin = pin == TS_OPENPGP_PW3;

	if (sw == 0x9000)
		return TS_OK;
	if (!is_wrong(sw) && sw != 0x6983)
		return sw == 0x6a80 || sw == 0x6985 ? TS_ERR_PIN_POLICY
						    : ts_openpgp_refusal(sw);
	*retries = tries_left(pgp, pin);
	if (*retries == 0)
		return admin ? TS_ERR_ADMIN_BLOCKED : TS_ERR_CARD_PIN_BLOCKED;
	return admin ? TS_ERR_ADMIN_WRONG : TS_ERR_PIN_WRONG;
}

/* Send one PIN, or an old and a new one.  TS_OK with any status word. */
static int
send_pins(struct ts_openpgp *pgp, struct ts_card_command *cmd,
    enum ts_openpgp_pin pin, const char *secret_first,
    const char *secret_second)
{
	uint8_t *secret_data;
	struct tsw_wr wr;
	int r;

	secret_data = ts_locked_new(ROOM);
	if (secret_data == NULL)
		return TS_ERR_NO_MEMORY;
	tsw_wr_init(&wr, secret_data, ROOM);
	r = put_pin(&wr, pgp, pin, secret_first);
	if (r == TS_OK && secret_second != NULL)
		r = put_pin(&wr, pgp, pin, secret_second);
	if (r == TS_OK) {
		cmd->is_secret = true;
		cmd->data = (struct tsw_slice){secret_data, tsw_wr_len(&wr)};
		r = ts_openpgp_run(pgp, cmd);
	}
	ts_locked_free(secret_data);
	return r;
}

int
ts_openpgp_verify(struct ts_openpgp *pgp, uint8_t *retries,
    enum ts_openpgp_pin pin, const char *secret_pin)
{
	struct ts_card_command cmd = {.ins = INS_VERIFY, .p2 = (uint8_t)pin};
	int r;

	r = send_pins(pgp, &cmd, pin, secret_pin, NULL);
	return r == TS_OK ? outcome(pgp, retries, pin) : r;
}

int
ts_openpgp_pin_change(struct ts_openpgp *pgp, uint8_t *retries,
    const char *secret_pin, const char *secret_new)
{
	struct ts_card_command cmd = {.ins = INS_CHANGE_PIN,
	    .p2 = TS_OPENPGP_PW1};
	int r;

	r = send_pins(pgp, &cmd, TS_OPENPGP_PW1, secret_pin, secret_new);
	return r == TS_OK ? outcome(pgp, retries, TS_OPENPGP_PW1) : r;
}

int
ts_openpgp_pin_reset(struct ts_openpgp *pgp, const char *secret_new)
{
	struct ts_card_command cmd = {.ins = INS_RESET_PIN,
	    .p1 = BY_ADMIN,
	    .p2 = TS_OPENPGP_PW1};
	int r;

	r = send_pins(pgp, &cmd, TS_OPENPGP_PW1, secret_new, NULL);
	if (r != TS_OK || pgp->reply.sw == 0x9000)
		return r;
	if (pgp->reply.sw == 0x6a80 || pgp->reply.sw == 0x6985)
		return TS_ERR_PIN_POLICY;
	return ts_openpgp_refusal(pgp->reply.sw);
}
