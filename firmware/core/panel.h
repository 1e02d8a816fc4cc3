/* SPDX-License-Identifier: BSD-2-Clause */
/* What a person sees of the token: its LED and, where there is one, its
 * display.  Each shows the most urgent of what there is to tell. */
#ifndef FW_PANEL_H
#define FW_PANEL_H

#include "token.h"

/* Show what there is to show now. */
void fw_panel_update(struct fw_token *t, uint64_t now);
/* A command is about to compute. */
void fw_panel_busy(struct fw_token *t);
/* A command began to wait for a touch: its text; the LED follows with the next
 * update. */
void fw_panel_ask(struct fw_token *t);

#endif
