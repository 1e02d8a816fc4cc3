/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of the agent's interface in words: changes, alerts, contacts, tokens.
 */
#ifndef TOUCHSTONE_CLI_SHOW_H
#define TOUCHSTONE_CLI_SHOW_H

#include "out.h"

/* Numbered list of changes; heading is printed if there are any. */
void show_changes(const struct cli *cli, const char *heading,
    const struct json_t *changes);

/*
 * A reply with `change`: what was put on the list of changes, and how to go
 * on.  Prints JSON instead if asked to.
 */
enum cli_exit show_queued(const struct cli *cli, const struct reply *reply);

/* A reply of type Signed. */
enum cli_exit show_signed(const struct cli *cli, const struct reply *reply);

void show_alert(const struct cli *cli, const struct json_t *alert);
/* The tone of a level: "news", "warning", "stop". */
enum tone show_tone_of_level(const char *level);

/* An evidence class for people: "parsed on the token". */
const char *show_evidence(const char *word);

/* "name (role, parsed on the token, image 0123abcd, plugged in, retired)". */
#define SHOW_TOKEN_MAX 360
const char *show_token(char out[SHOW_TOKEN_MAX], const struct json_t *key);

/* A public code or pair number in a line of its own, to be copied. */
void show_code(const struct cli *cli, const char *code);
/* The 60 digits of a pair number, as 12 groups in 3 lines. */
void show_pair(const struct cli *cli, const char *digits);

#endif
