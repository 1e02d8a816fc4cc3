/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One request, for test_http_client.py: URL, bound of the answer, milliseconds,
 * a CA file or "-".  Prints the result, the status, the length and why.
 */
#include "http/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
	struct ts_fetch_options options = {.user_agent = "touchstone"};
	struct ts_fetch_request req = {0};
	struct ts_fetch_answer answer;
	struct ts_fetch *fetch;
	uint8_t *out;
	int r;

	if (argc != 5)
		return 2;
	req.url = argv[1];
	req.max = (size_t)atol(argv[2]);
	req.timeout_ms = atoi(argv[3]);
	if (strcmp(argv[4], "-") != 0)
		options.ca_file = argv[4];
	out = malloc(req.max + 1);
	if (out == NULL || ts_fetch_new(&fetch, &options) != TS_OK)
		return 1;
	memset(&answer, 0, sizeof(answer));
	r = ts_fetch_do(fetch, &answer, out, &req);
	printf("%d %u %zu %s\n", r, answer.status, answer.len,
	    ts_fetch_error(fetch));
	ts_fetch_free(&fetch);
	free(out);
	return 0;
}
