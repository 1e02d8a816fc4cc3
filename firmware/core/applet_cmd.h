/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of applet.c, one file for each kind.  The request is
 * c->op.applet; _start() ends in a wait or an error, _finish() follows the
 * touch. */
#ifndef FW_APPLET_CMD_H
#define FW_APPLET_CMD_H

#include "ctap2.h"

/* applet_key.c */
void fw_applet_info(const struct fw_ctap2 *c, struct tsw_wr *rsp);
enum fw_status fw_applet_show_key(const struct fw_ctap2 *c, struct tsw_wr *rsp);
enum fw_status fw_applet_create_start(struct fw_ctap2 *c);
enum fw_status fw_applet_create_finish(struct fw_ctap2 *c, struct tsw_wr *rsp);
enum fw_status fw_applet_attest_start(struct fw_ctap2 *c);
enum fw_status fw_applet_attest_finish(struct fw_ctap2 *c, struct tsw_wr *rsp);
enum fw_status fw_applet_forget_start(struct fw_ctap2 *c);
enum fw_status fw_applet_forget_finish(struct fw_ctap2 *c);

/* applet_sign.c: SIGN, CONFIRM and IMPORT */
enum fw_status fw_applet_sign_start(struct fw_ctap2 *c);
enum fw_status fw_applet_sign_finish(struct fw_ctap2 *c, struct tsw_wr *rsp);

#endif
