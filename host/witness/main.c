/* SPDX-License-Identifier: BSD-2-Clause */
/* touchstone-witness: see touchstone-witness(8). */
#include "witness.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "book.h"
#include "directory/events.h"
#include "serve.h"

#define EXIT_USAGE 2
#define LISTEN "127.0.0.1:8441"

struct options {
	const char *data, *listen, *name, *policy;
	bool trust_proxy;
};

static int
usage(FILE *f)
{
	(void)fprintf(f,
	    "usage: touchstone-witness --data DIR [--listen ADDR] "
	    "[--name NAME] [--policy FILE] [--trust-proxy]\n"
	    "       touchstone-witness key --data DIR [--name NAME]\n"
	    "       touchstone-witness add-log VKEY --data DIR\n"
	    "       touchstone-witness evidence --data DIR\n"
	    "       touchstone-witness --version | --help\n");
	return f == stdout ? EXIT_SUCCESS : EXIT_USAGE;
}

static int
fail(const char *what, int err)
{
	/* The general sentence is about logs; this one is about us. */
	const char *why = err == TS_ERR_SEALED
	    ? "the database is missing or older than what this witness signed; "
	      "see RESTORING in touchstone-witness(8)"
	    : ts_strerror(err);

	(void)fprintf(stderr, "touchstone-witness: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/* --- Verbs --- */

static int
print_key(const struct options *o)
{
	struct ts_witness *witness = NULL;
	char line[TS_VKEY_MAX];
	int r;

	r = ts_witness_new(&witness, o->data, o->name);
	if (r != TS_OK)
		return fail(o->data, r);
	ts_vkey_format(line, ts_witness_vkey(witness));
	ts_witness_free(&witness);
	return puts(line) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The book of a witness that runs, or that is made now. */
static int
open_book(struct ts_book **out, const struct options *o)
{
	struct ts_witness *witness = NULL;
	int r;

	r = ts_witness_new(&witness, o->data, o->name);
	ts_witness_free(&witness);
	if (r != TS_OK && r != TS_ERR_DB_BUSY)
		return r;
	return ts_book_open(out, o->data, false);
}

static int
add_log(const struct options *o, const char *text)
{
	struct ts_book *book = NULL;
	struct ts_vkey vkey;
	int r;

	r = ts_vkey_parse(&vkey,
	    (struct tsw_slice){(const uint8_t *)text, strlen(text)});
	if (r != TS_OK || vkey.type != TS_NOTE_ED25519) {
		(void)fprintf(stderr,
		    "touchstone-witness: %s: not the vkey "
		    "of a log (Ed25519, type 01)\n",
		    text);
		return EXIT_USAGE;
	}
	r = open_book(&book, o);
	if (r == TS_OK)
		r = ts_book_add_log(book, &vkey);
	ts_book_free(&book);
	return r == TS_OK || r == TS_ERR_ALREADY ? EXIT_SUCCESS
						 : fail(o->data, r);
}

static int
print_evidence(void *ctx, struct tsw_slice known, struct tsw_slice shown)
{
	(void)ctx;
	(void)printf("%.*s\n%.*s\n", (int)known.len, (const char *)known.p,
	    (int)shown.len, (const char *)shown.p);
	return TS_OK;
}

static int
evidence(const struct options *o)
{
	struct ts_book *book = NULL;
	int r;

	r = open_book(&book, o);
	if (r == TS_OK)
		r = ts_book_each_evidence(book, print_evidence, NULL);
	ts_book_free(&book);
	return r == TS_OK ? EXIT_SUCCESS : fail(o->data, r);
}

/* --- Service --- */

static int
read_policy(struct ts_policy **out, const char *path)
{
	static uint8_t text[TS_POLICY_MAX + 1];
	size_t len = 0, line = 0;
	ssize_t n = -1;
	int fd, r;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && len < sizeof(text) &&
	    (n = read(fd, text + len, sizeof(text) - len)) > 0)
		len += (size_t)n;
	if (fd >= 0)
		(void)close(fd);
	if (n < 0) {
		(void)fprintf(stderr, "touchstone-witness: %s: %s\n", path,
		    strerror(errno));
		return TS_ERR_IO;
	}
	r = ts_policy_new(out, (struct tsw_slice){text, len}, &line);
	if (r != TS_OK)
		(void)fprintf(stderr, "touchstone-witness: %s: line %zu: %s\n",
		    path, line, ts_strerror(r));
	return r;
}

/* Blocked before threads start, so that they all leave them to us. */
static void
block_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, set, NULL);
}

static int
run(const struct options *o, struct ts_witness *witness, const sigset_t *set)
{
	struct ts_witness_serve state;
	char line[TS_VKEY_MAX];
	int sig, r;

	r = ts_witness_serve_begin(&state, witness, o->listen, o->trust_proxy);
	if (r != TS_OK)
		return fail(o->listen, r);
	ts_vkey_format(line, ts_witness_vkey(witness));
	(void)printf("%s\nlistening on %s\n", line,
	    ts_http_server_address(state.server));
	(void)fflush(stdout);
	ts_event(TS_EVENT_INFO, "started", NULL, 0);
	(void)sigwait(set, &sig);
	ts_witness_serve_end(&state);
	ts_event(TS_EVENT_INFO, "stopped", NULL, 0);
	return EXIT_SUCCESS;
}

static int
serve(const struct options *o)
{
	struct ts_witness *witness = NULL;
	struct ts_policy *policy = NULL;
	int r, status = EXIT_FAILURE;
	sigset_t set;

	block_signals(&set);
	if (o->policy != NULL && read_policy(&policy, o->policy) != TS_OK)
		return EXIT_FAILURE;
	r = ts_witness_new(&witness, o->data, o->name);
	if (r != TS_OK) {
		(void)fail(o->data, r);
	} else {
		if (policy != NULL)
			ts_witness_take(witness, policy);
		status = run(o, witness, &set);
	}
	ts_witness_free(&witness);
	if (policy != NULL)
		ts_policy_free(&policy);
	return status;
}

static int
verb(const struct options *o, int argc, char **argv)
{
	if (argc == 0)
		return serve(o);
	if (argc == 1 && strcmp(argv[0], "key") == 0)
		return print_key(o);
	if (argc == 2 && strcmp(argv[0], "add-log") == 0)
		return add_log(o, argv[1]);
	if (argc == 1 && strcmp(argv[0], "evidence") == 0)
		return evidence(o);
	return usage(stderr);
}

int
main(int argc, char **argv)
{
	static const struct option list[] = {
	    {"data", required_argument, NULL, 'd'},
	    {"listen", required_argument, NULL, 'l'},
	    {"name", required_argument, NULL, 'n'},
	    {"policy", required_argument, NULL, 'p'},
	    {"trust-proxy", no_argument, NULL, 't'},
	    {"version", no_argument, NULL, 'V'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	struct options o = {.listen = LISTEN};
	int c;

	(void)umask(077);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1) {
		switch (c) {
		case 'd':
			o.data = optarg;
			break;
		case 'l':
			o.listen = optarg;
			break;
		case 'n':
			o.name = optarg;
			break;
		case 'p':
			o.policy = optarg;
			break;
		case 't':
			o.trust_proxy = true;
			break;
		case 'V':
			(void)puts("touchstone-witness " TS_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			return usage(stdout);
		default:
			return usage(stderr);
		}
	}
	if (o.data == NULL)
		return usage(stderr);
	return verb(&o, argc - optind, argv + optind);
}
