/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One call of the agent from beginning to end: parameters, PINs, progress,
 * errors.
 *
 *	op_init(&op, "RevokeKey", OP_PLAIN);
 *	ts_jw_str(&op.params, "key", key);
 *	exit = op_run(cli, &reply, &op);	what went wrong has been said
 *	...
 *	reply_wipe(&reply);
 *	op_wipe(&op);
 */
#ifndef TOUCHSTONE_CLI_OP_H
#define TOUCHSTONE_CLI_OP_H

#include "agent/jw.h"
#include "cli.h"
#include "pin.h"

enum op_kind {
	OP_PLAIN, /* one reply */
	OP_TOKEN  /* talks to a token: progress, then a result */
};

#define OP_PINS_MAX_CNT 4

/* A PIN that the call takes. */
struct op_pin {
	const char *param; /* "pin_fd" */
	const char *token; /* of which token; "" if only the agent knows */
	struct pin pin;	   /* once it is known */
	bool by_script;	   /* came from a descriptor: never asked for again */
	bool later;	   /* to be read from fd_opt if it is needed */
	enum opt fd_opt;
	bool is_new;   /* to be set, not to be checked */
	bool is_admin; /* of a card: only asked for if it is needed */
};

struct op {
	const char *method;
	enum op_kind kind;
	struct ts_jw params; /* members, without the braces */
	const char *subject; /* what the user named, for errors; or NULL */
	const char *words;   /* what it will do, or NULL */
	bool said;	     /* the person has read words already */
	bool last_try;	     /* of a PIN: the person knows */
	bool takes_last_try; /* the method has a parameter for that */
	struct op_pin pin[OP_PINS_MAX_CNT];
	size_t pin_cnt;
};

void op_init(struct op *out, const char *method, enum op_kind kind);
void op_wipe(struct op *op);

/*
 * The call takes a PIN: from the descriptor of option fd_opt if given, else
 * asked for when the agent says that it is needed.
 */
enum cli_exit op_take_pin(const struct cli *cli, struct op *op,
    const char *param, const char *token, enum opt fd_opt);

/* The same, but the descriptor is left alone unless the PIN is needed. */
void op_take_pin_later(const struct cli *cli, struct op *op, const char *param,
    const char *token, enum opt fd_opt);

/*
 * Call.  OP_TOKEN: reply->params is the object `result`.  On anything but
 * CLI_DONE the reason has been printed.  reply is to be wiped in any case.
 */
enum cli_exit op_run(struct cli *cli, struct reply *out, struct op *op);

/* Call, but leave an error of the agent in out (its error is not NULL). */
enum cli_exit op_try(struct cli *cli, struct reply *out, struct op *op);

/*
 * Print the error in reply; returns its exit code.  subject: what the user had
 * named, to stand before the message; or NULL.
 */
enum cli_exit op_report(const struct cli *cli, const struct reply *reply,
    const char *subject);

/* A call without parameters, or with one string: the common case. */
enum cli_exit op_get(struct cli *cli, struct reply *out, const char *method,
    const char *key, const char *value);

/*
 * A call that answers until the connection closes; each(cli, reply) is called
 * for every answer.
 */
enum cli_exit op_stream(struct cli *cli, const char *method,
    void (*each)(const struct cli *cli, const struct reply *reply));

/* Connect, or say why that is not possible. */
enum cli_exit op_connect(struct cli *cli);

#endif
