/* SPDX-License-Identifier: BSD-2-Clause */
/* What a call asks the person for on its way: private to op.c. */
#ifndef TOUCHSTONE_CLI_OP_ASK_H
#define TOUCHSTONE_CLI_OP_ASK_H

#include "op.h"

/* In op.c: */
void op_say_words(const struct cli *cli, struct op *op);
enum cli_exit op_read_pin(const struct cli *cli, struct op_pin *slot,
    enum opt fd_opt);

/* The PIN that the agent misses; wrong: the one before was. */
enum cli_exit op_ask_pin(struct cli *cli, struct op *op,
    const struct reply *reply, bool wrong);

/*
 * A wrong PIN that a person typed is forgotten, to be asked for anew; a PIN
 * that is to be set cannot be wrong.  One from a script is never repeated.
 */
bool op_forget_wrong_pin(struct op *op, const struct reply *reply);

/*
 * An error that a person can do something about now: *again, it was done.
 */
enum cli_exit op_mend(struct cli *cli, const struct reply *reply, struct op *op,
    bool *again);

#endif
