/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which cards are in which readers, told on descriptor 0 until that ends.
 *
 * Two processes: one that has a connection to pcscd, and no way to make another
 * one; and one that starts it anew when pcscd has gone, and hears no byte from
 * pcscd itself.
 */
#ifndef TOKEN_WATCH_H
#define TOKEN_WATCH_H

#include "token/serve.h"

int ts_watch_cards(void);

#endif
