/* SPDX-License-Identifier: BSD-2-Clause */
/* What touchstone-directory does beside serving.  Each gives the exit status.
 */
#ifndef HOST_DIRECTORY_VERBS_H
#define HOST_DIRECTORY_VERBS_H

#include "config.h"

#define TS_EXIT_USAGE 2

int ts_verb_key(const struct ts_config *config, char **args);
int ts_verb_policy(const struct ts_config *config, char **args);
int ts_verb_invite(const struct ts_config *config, char **args);
int ts_verb_erase(const struct ts_config *config, char **args);
int ts_verb_copy(const struct ts_config *config, char **args);
int ts_verb_check(const struct ts_config *config, char **args);

/* What most of them say before the first start. */
#define TS_NOT_STARTED                                                         \
	"nothing is in --data yet; start the directory once, which makes its " \
	"keys and its log"

/* Where this directory's database is. */
void ts_verb_db(char out[TS_CONFIG_PATH_MAX + 16],
    const struct ts_config *config);

/* "touchstone-directory: what: why" on standard error. */
void ts_complain(const char *what, const char *why);

#endif
