/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Columns for people: cells are collected, then printed aligned.  The last
 * column is wrapped.  Programs use --json.
 */
#ifndef TOUCHSTONE_CLI_TABLE_H
#define TOUCHSTONE_CLI_TABLE_H

#include "out.h"

#define TABLE_COLUMNS_MAX 6

struct table {
	char **cell; /* owned, row by row */
	size_t cnt, size;
	size_t columns;
	size_t widest; /* least width of the first column */
	bool failed;   /* no memory: nothing is printed */
};

void table_init(struct table *out, size_t columns);
void table_add(const struct cli *cli, struct table *table, const char *format,
    ...) OUT_FORMAT(3);
/* Print with indent blanks before each row, and give the memory back. */
void table_print(const struct cli *cli, struct table *table, size_t indent);

#endif
