/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs of touchstone(1).  One table: dispatch, help and completion all
 * read it, so they cannot disagree.
 */
#ifndef TOUCHSTONE_CLI_VERBS_H
#define TOUCHSTONE_CLI_VERBS_H

#include "cli.h"

/* What the first argument is, for completion. */
enum verb_argument {
	ARG_NONE,
	ARG_TOKEN, /* plugged in */
	ARG_NAME,  /* of an enrolled token */
	ARG_KEY,   /* own */
	ARG_CONTACT,
	ARG_ON_OFF,
	ARG_FOLDER,
	ARG_FILE,
	ARG_VERB
};

struct verb {
	const char *name; /* one or two words */
	enum cli_exit (*run)(struct cli *cli);
	const char *arguments; /* as in a usage line */
	enum verb_argument kind;
	unsigned least, most; /* number of arguments */
	uint64_t options, required;
	const char *group;   /* heading in the list of verbs; NULL: hidden */
	const char *help;    /* a few words for the list */
	const char *details; /* paragraphs, parted by line ends */
	const char *example; /* command lines, parted by line ends */
};

extern const struct verb verb_table[];
extern const size_t verb_cnt;

/*
 * The verb that words begin with, and the number of its words (1 or 2) in
 * *used.  NULL if there is none.
 */
const struct verb *verb_find(size_t *used, const char *const *words,
    size_t cnt);

/* The visible verb whose name is closest to word, or NULL if none is close. */
const struct verb *verb_guess(const char *word);

/* Whether a visible verb begins with this first word, like "token". */
bool verb_is_family(const char *word);

enum cli_exit cmd_init(struct cli *cli);
enum cli_exit cmd_status(struct cli *cli);
enum cli_exit cmd_code(struct cli *cli);
enum cli_exit cmd_verification(struct cli *cli);
enum cli_exit cmd_policy(struct cli *cli);
enum cli_exit cmd_lockdown(struct cli *cli);

enum cli_exit cmd_directory_show(struct cli *cli);
enum cli_exit cmd_directory_set(struct cli *cli);
enum cli_exit cmd_directory_policy(struct cli *cli);
enum cli_exit cmd_log_proof(struct cli *cli);
enum cli_exit cmd_log_verify(struct cli *cli);
enum cli_exit cmd_contact_hello(struct cli *cli);
enum cli_exit cmd_contact_requests(struct cli *cli);

enum cli_exit cmd_token_list(struct cli *cli);
enum cli_exit cmd_token_info(struct cli *cli);
enum cli_exit cmd_token_provision(struct cli *cli);
enum cli_exit cmd_token_enrol(struct cli *cli);
enum cli_exit cmd_token_retire(struct cli *cli);
enum cli_exit cmd_token_pin(struct cli *cli);
enum cli_exit cmd_token_unblock(struct cli *cli);
enum cli_exit cmd_token_reset(struct cli *cli);
enum cli_exit cmd_token_attest(struct cli *cli);
enum cli_exit cmd_token_forget(struct cli *cli);
enum cli_exit cmd_token_wink(struct cli *cli);
enum cli_exit cmd_recover(struct cli *cli);
enum cli_exit cmd_veto(struct cli *cli);

enum cli_exit cmd_key_add(struct cli *cli);
enum cli_exit cmd_key_list(struct cli *cli);
enum cli_exit cmd_key_revoke(struct cli *cli);

enum cli_exit cmd_pending(struct cli *cli);
enum cli_exit cmd_sign(struct cli *cli);
enum cli_exit cmd_publish(struct cli *cli);

enum cli_exit cmd_contact_add(struct cli *cli);
enum cli_exit cmd_contact_list(struct cli *cli);
enum cli_exit cmd_contact_show(struct cli *cli);
enum cli_exit cmd_contact_remove(struct cli *cli);
enum cli_exit cmd_refresh(struct cli *cli);
enum cli_exit cmd_verify(struct cli *cli);
enum cli_exit cmd_keys(struct cli *cli);
enum cli_exit cmd_allowed_signers(struct cli *cli);

enum cli_exit cmd_alerts(struct cli *cli);
enum cli_exit cmd_watch(struct cli *cli);
enum cli_exit cmd_export(struct cli *cli);
enum cli_exit cmd_agent_start(struct cli *cli);
enum cli_exit cmd_agent_stop(struct cli *cli);
enum cli_exit cmd_help(struct cli *cli);
enum cli_exit cmd_complete(struct cli *cli);

#endif
