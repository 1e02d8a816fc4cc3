/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define GAP 2

void
table_init(struct table *out, size_t columns)
{
	memset(out, 0, sizeof(*out));
	out->columns = columns;
}

void
table_add(const struct cli *cli, struct table *table, const char *format, ...)
{
	size_t size = table->size == 0 ? 64 : table->size * 2;
	char **grown, *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text != NULL && table->cnt == table->size) {
		grown = realloc(table->cell, size * sizeof(*grown));
		if (grown != NULL) {
			table->cell = grown;
			table->size = size;
		}
	}
	if (text == NULL || table->cnt == table->size) {
		table->failed = true;
		free(text);
		return;
	}
	text_clean(text, TEXT_ONE_LINE, cli->term.utf8);
	table->cell[table->cnt++] = text;
}

static void
print_rows(const struct cli *cli, const struct table *table, size_t indent)
{
	size_t width[TABLE_COLUMNS_MAX] = {table->widest};
	size_t i, column, n, at = indent;

	for (i = 0; i < table->cnt; i++) {
		n = text_columns(table->cell[i]);
		if (n > width[i % table->columns])
			width[i % table->columns] = n;
	}
	for (i = 0; i < table->cnt; i++) {
		column = i % table->columns;
		if (column == 0) {
			printf("%*s", (int)indent, "");
			at = indent;
		}
		if (column + 1 == table->columns) {
			text_wrap(stdout, table->cell[i], at, at,
			    cli->term.out_width);
			continue;
		}
		n = width[column] + GAP - text_columns(table->cell[i]);
		printf("%s%*s", table->cell[i], (int)n, "");
		at += width[column] + GAP;
	}
}

void
table_print(const struct cli *cli, struct table *table, size_t indent)
{
	size_t i;

	if (!table->failed)
		print_rows(cli, table, indent);
	else
		fputs(CLI_NAME ": there is not enough memory\n", stderr);
	for (i = 0; i < table->cnt; i++)
		free(table->cell[i]);
	free(table->cell);
	memset(table, 0, sizeof(*table));
}
