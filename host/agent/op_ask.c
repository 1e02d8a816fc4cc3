/* SPDX-License-Identifier: BSD-2-Clause */
/* An operation that asks the directory. */
#include "agent.h"
#include "op.h"

static int
run_asked(void *ctx)
{
	struct ts_op *op = ctx;

	return op->asked(op);
}

static void
asked_done(void *ctx, int r)
{
	struct ts_op *op = ctx;

	ts_op_step(op, op->answered(op, r));
}

int
ts_op_ask(struct ts_op *op, int (*asked)(struct ts_op *op),
    int (*answered)(struct ts_op *op, int r))
{
	op->asked = asked;
	op->answered = answered;
	op->chore.run = run_asked;
	op->chore.done = asked_done;
	op->chore.ctx = op;
	ts_chore_start(&op->chore, &op->agent->desk);
	return TS_OK;
}
