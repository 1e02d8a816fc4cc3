/* SPDX-License-Identifier: BSD-2-Clause */
/* touchstone-auditor: see touchstone-auditor(1). */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/secret.h"

#define EXIT_USAGE 2
#define EXIT_AWAY 3
#define EXIT_FAILED 4
#define FOLLOW_MAX 86400

struct options {
	const char *policy, *vkey, *state, *ca_file, *where;
	unsigned follow; /* seconds; 0: once */
	bool json;
};

static volatile sig_atomic_t ended;

static void
on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

static bool
is_ended(void)
{
	return ended != 0;
}

static int
usage(FILE *f)
{
	(void)fprintf(f,
	    "usage: touchstone-auditor (--policy FILE | --vkey VKEY) "
	    "[--state FILE] [--follow SECONDS]\n"
	    "                          [--json] [--ca-file FILE] "
	    "URL-or-folder\n"
	    "       touchstone-auditor --version | --help\n");
	return f == stdout ? EXIT_SUCCESS : EXIT_USAGE;
}

static int
say(const char *what, const char *why)
{
	(void)fprintf(stderr, "touchstone-auditor: %s: %s\n", what, why);
	return EXIT_FAILED;
}

/* --- What counts --- */

static int
read_policy(struct ts_policy **out, const char *path)
{
	static uint8_t text[TS_POLICY_MAX + 1];
	size_t len = 0, line = 0;
	ssize_t n = -1;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && len < sizeof(text) &&
	    (n = read(fd, text + len, sizeof(text) - len)) > 0)
		len += (size_t)n;
	if (fd >= 0)
		(void)close(fd);
	if (n < 0)
		return say(path, strerror(errno));
	if (ts_policy_new(out, (struct tsw_slice){text, len}, &line) == TS_OK)
		return EXIT_SUCCESS;
	(void)fprintf(stderr, "touchstone-auditor: %s: line %zu: %s\n", path,
	    line, ts_strerror(TS_ERR_LOG_POLICY));
	return EXIT_USAGE;
}

static int
make_policy(struct ts_policy **out, const char *vkey)
{
	char text[TS_VKEY_MAX + 32];
	struct ts_vkey key;
	int n;

	if (ts_vkey_parse(&key,
		(struct tsw_slice){(const uint8_t *)vkey, strlen(vkey)}) !=
		TS_OK ||
	    key.type != TS_NOTE_ED25519) {
		(void)say(vkey, "not the vkey of a log");
		return EXIT_USAGE;
	}
	n = snprintf(text, sizeof(text), "log %s\nquorum none\n", vkey);
	if (n < 0 || (size_t)n >= sizeof(text) ||
	    ts_policy_new(out,
		(struct tsw_slice){(const uint8_t *)text, (size_t)n},
		NULL) != TS_OK)
		return say(vkey, ts_strerror(TS_ERR_NO_MEMORY));
	return EXIT_SUCCESS;
}

/* --- Audits --- */

static bool
ends(const struct options *o, const struct ts_run_result *result)
{
	if (o->follow == 0 || ended)
		return true;
	/* The log may come back, and witnesses too. */
	return result->err != TS_OK && result->err != TS_ERR_DIRECTORY &&
	    result->err != TS_ERR_LOG_QUORUM && result->err != TS_ERR_LOG_STALE;
}

static int
audits(const struct options *o, struct ts_run *run, struct ts_report *report)
{
	struct ts_run_result result;
	int status;

	for (;;) {
		ts_report_begin(report, o->json);
		ts_run_once(run, &result, (uint64_t)time(NULL));
		ts_report_end(report, &result);
		status = ts_report_status(&result);
		if (ends(o, &result))
			break;
		(void)sleep(o->follow); /* a signal ends it, too */
		if (ended)
			break;
	}
	/* To be ended is how following ends. */
	return o->follow != 0 && result.err == TS_ERR_CANCELLED ? 0 : status;
}

static int
with_source(const struct options *o, const struct ts_policy *policy,
    struct ts_source *source)
{
	struct ts_report report;
	struct ts_run_options options = {.source = source,
	    .policy = policy,
	    .cancelled = is_ended,
	    .progress = ts_report_progress,
	    .ctx = &report};
	struct ts_run *run = NULL;
	int r = TS_OK, status = EXIT_FAILED;

	if (o->state != NULL)
		r = ts_copy_open(&options.copy, o->state);
	if (r != TS_OK)
		(void)say(o->state, ts_strerror(r));
	else if ((r = ts_run_new(&run, &options)) != TS_OK)
		(void)say("start", ts_strerror(r));
	else
		status = audits(o, run, &report);
	ts_run_free(&run);
	ts_copy_close(&options.copy);
	return status;
}

static int
audit(const struct options *o)
{
	struct ts_policy *policy = NULL;
	struct ts_source *source = NULL;
	int status, r;

	status = o->policy != NULL ? read_policy(&policy, o->policy)
				   : make_policy(&policy, o->vkey);
	if (status != EXIT_SUCCESS)
		return status;
	r = ts_source_new(&source, o->where, o->ca_file, is_ended);
	if (r == TS_OK) {
		status = with_source(o, policy, source);
	} else {
		(void)say(o->where, ts_strerror(r));
		status = r == TS_ERR_ARGUMENT ? EXIT_USAGE
		    : r == TS_ERR_DIRECTORY   ? EXIT_AWAY
					      : EXIT_FAILED;
	}
	ts_source_free(&source);
	ts_policy_free(&policy);
	return status;
}

static bool
number(unsigned *out, const char *s)
{
	unsigned v = 0;

	for (; *s >= '0' && *s <= '9' && v <= FOLLOW_MAX; s++)
		v = v * 10 + (unsigned)(*s - '0');
	*out = v;
	return *s == '\0' && v > 0 && v <= FOLLOW_MAX;
}

/* -1: go on; else the program ends with it. */
static int
parse(struct options *o, int argc, char **argv)
{
	static const struct option list[] = {
	    {"policy", required_argument, NULL, 'p'},
	    {"vkey", required_argument, NULL, 'v'},
	    {"state", required_argument, NULL, 's'},
	    {"follow", required_argument, NULL, 'f'},
	    {"ca-file", required_argument, NULL, 'c'},
	    {"json", no_argument, NULL, 'j'},
	    {"version", no_argument, NULL, 'V'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1) {
		if (c == 'p')
			o->policy = optarg;
		else if (c == 'v')
			o->vkey = optarg;
		else if (c == 's')
			o->state = optarg;
		else if (c == 'c')
			o->ca_file = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c == 'V')
			return puts("touchstone-auditor " TS_VERSION) < 0;
		else if (c != 'f' || !number(&o->follow, optarg))
			return usage(c == 'h' ? stdout : stderr);
	}
	if (argc - optind != 1 || (o->policy == NULL) == (o->vkey == NULL))
		return usage(stderr);
	o->where = argv[optind];
	return -1;
}

int
main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct options o = {.follow = 0};
	int status = parse(&o, argc, argv);

	if (status >= 0)
		return status;
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	if (ts_secret_init() != TS_OK)
		return say("start", ts_strerror(TS_ERR_INTERNAL));
	return audit(&o);
}
