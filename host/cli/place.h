/* SPDX-License-Identifier: BSD-2-Clause */
/* Which directory, and whose log: what users say and what they are asked. */
#ifndef TOUCHSTONE_CLI_PLACE_H
#define TOUCHSTONE_CLI_PLACE_H

#include "cli.h"

#define PLACE_URL_MAX 4104     /* file:// and a path */
#define PLACE_POLICY_MAX 32768 /* bytes of a policy, with its NUL */

/*
 * A path or address as the agent takes it: file:///absolute/path, https://...;
 * says what is wrong with it if it is neither.
 */
enum cli_exit place_url(const struct cli *cli, char out[PLACE_URL_MAX],
    const char *typed);
bool place_is_network(const char *url);

/*
 * The policy for url: that of --policy; else what the directory offers, shown,
 * and taken when the user says so (or --yes).
 */
enum cli_exit place_policy(struct cli *cli, char out[PLACE_POLICY_MAX],
    const char *url);

#endif
