/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The statement applet: CTAP2 vendor commands 0x50 to 0x5d.  SPEC section 12.
 *
 * Each command is checked completely before a touch is asked for, changes
 * nothing before the touch, and is checked again after it.  One touch serves
 * one command.
 *
 * Commands append their answer map to rsp, after the status byte.
 */
#ifndef FW_APPLET_H
#define FW_APPLET_H

#include "ctap2.h"
#include "identity.h"

/* cmd is of the applet; other commands are CTAP2's. */
bool fw_applet_has(uint8_t cmd);
/* in: what follows the command byte. */
enum fw_status fw_applet_start(struct fw_ctap2 *c, struct tsw_wr *rsp,
    uint8_t cmd, struct tsw_slice in);
/* The touch was given; it is spent already. */
enum fw_status fw_applet_finish(struct fw_ctap2 *c, struct tsw_wr *rsp);

/* What a command asks of the PIN (SPEC 12.1, 1 and 2). */
enum fw_need {
	FW_NEED_PIN,	 /* a pinUvAuthParam for this very request */
	FW_NEED_UNLOCKED /* the PIN since power-up; auth if it is there */
};

/* Check auth; *uv tells whether it was there and right. */
enum fw_status fw_applet_check_auth(struct fw_ctap2 *c, bool *uv,
    const struct fw_applet_req *req, enum fw_need need);
/* Wait for a touch with this pattern (SPEC 12.1, 5) and with c->op.text, which
 * the caller has filled with fw_words_...().  Returns FW_CTAP_WAIT_TOUCH. */
enum fw_status fw_applet_wait(struct fw_ctap2 *c, enum hal_led led);

/* The key that req names, or FW_CTAP_NO_CREDENTIALS. */
enum fw_status fw_applet_key(struct fw_identity *id, const struct fw_ctap2 *c,
    const struct fw_applet_req *req);
/* Decode the statement of req; all its bytes and nothing else, or
 * FW_ST_STATEMENT.  st has views into the request. */
enum fw_status fw_applet_statement(struct tsw_statement *st,
    const struct fw_applet_req *req);

/*
 * LIVE_BEGIN to LIVE_END (SPEC 12.5): applet_live.c.  finish() runs after the
 * touch that start() asked for.  req is c->op.applet, which stays as it is
 * while the command waits; so does c->op.statement for what was decoded into
 * it.
 */
enum fw_status fw_applet_live_start(struct fw_ctap2 *c, struct tsw_wr *rsp,
    const struct fw_applet_req *req);
enum fw_status fw_applet_live_finish(struct fw_ctap2 *c, struct tsw_wr *rsp);
/* Time passed: a run may be over.  A reset ends it. */
void fw_applet_live_tick(struct fw_ctap2 *c);
void fw_applet_live_stop(struct fw_ctap2 *c);

#endif
