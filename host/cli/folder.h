/* SPDX-License-Identifier: BSD-2-Clause */
/* Folders that the user names for what is written out. */
#ifndef TOUCHSTONE_CLI_FOLDER_H
#define TOUCHSTONE_CLI_FOLDER_H

#include "cli.h"

/* The folder to write to, made if it is not there; it must be empty. */
enum cli_exit folder_open(const struct cli *cli, int *out, const char *path);

/* A new file in it. */
enum cli_exit folder_write(const struct cli *cli, int folder, const char *name,
    const void *p, size_t len);

#endif
