/* SPDX-License-Identifier: BSD-2-Clause */
/* touchstone-directory: options, verbs, and the life of the process. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "api.h"
#include "verbs.h"

#define BODY_MAX 1024 /* of what is no submit */
#define REQUEST_S 30
#define IDLE_S 75
#define WATCH_S 1
#define EXIT_AGAIN 75 /* start it again: another one sequences */

static int
usage(FILE *f)
{
	(void)
	    fputs("usage: touchstone-directory --data DIR [OPTIONS]\n"
		  "       touchstone-directory key|policy|check --data DIR\n"
		  "       touchstone-directory invite [--count N] --data DIR\n"
		  "       touchstone-directory erase LABEL --data DIR\n"
		  "       touchstone-directory copy DATABASE --data DIR\n"
		  "       touchstone-directory --help | --version\n"
		  "Options are in touchstone-directory(8).\n",
		f);
	return f == stdout ? EXIT_SUCCESS : TS_EXIT_USAGE;
}

/* Nothing of this process is for others, alive or dead. */
static void
harden(void)
{
	const struct rlimit none = {0, 0};
	struct rlimit files;

	(void)umask(022); /* tiles are public; what is not says so itself */
	(void)setrlimit(RLIMIT_CORE, &none);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
#ifndef TS_NO_SANDBOX /* sanitizers look into the process */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

struct service {
	struct ts_engine *engine;
	struct ts_api *api;
	struct ts_http_server *server;
};

static int
listen_on(struct service *s, const struct ts_config *config)
{
	struct ts_http_options options = {.listen = config->listen,
	    .trust_proxy = config->trust_proxy,
	    .limits = {.connections = config->connections,
		.per_address = config->trust_proxy ? 0 : config->per_address,
		.body = BODY_MAX,
		.request_seconds = REQUEST_S,
		.idle_seconds = IDLE_S,
		.threads = config->threads},
	    .body_max = ts_api_body_max,
	    .handler = ts_api_handle,
	    .refusal = ts_api_server_refusal,
	    .ctx = s->api};
	int r;

	errno = EIO;
	r = ts_http_server_new(&s->server, &options);

	if (r != TS_OK) {
		ts_complain(config->listen,
		    r == TS_ERR_ARGUMENT
			? "not an address to listen on, which is like "
			  "127.0.0.1:8440, [::1]:8440 or unix:/PATH"
			: r == TS_ERR_IO ? strerror(errno)
					 : ts_strerror(r));
		return r;
	}
	ts_api_count_server(s->api, ts_http_server_counts(s->server));
	return TS_OK;
}

static int
start(struct service *s, const struct ts_config *config)
{
	char why[TS_ENGINE_WHY_MAX];
	int r = ts_engine_start(&s->engine, why, config);

	if (r != TS_OK) {
		ts_complain(config->data, why);
		return r;
	}
	r = ts_api_new(&s->api, config, s->engine);
	if (r != TS_OK) {
		ts_complain("start", ts_strerror(r));
		return r;
	}
	/* A sequencer has metrics, too, and the log. */
	return listen_on(s, config);
}

/* What was taken is answered, then connections end. */
static void
stop(struct service *s)
{
	if (s->server != NULL)
		ts_http_server_quiesce(s->server);
	if (s->api != NULL)
		ts_api_stop(s->api);
	if (s->engine != NULL)
		ts_engine_stop(s->engine);
	ts_http_server_free(&s->server);
	ts_api_free(&s->api);
	ts_engine_free(&s->engine);
}

/* Until a signal, or until another process has taken the log over. */
static int
wait_for_end(const struct service *s, const sigset_t *signals)
{
	const struct timespec second = {WATCH_S, 0};

	while (ts_engine_state(s->engine) != TS_ERR_CONFLICT)
		if (sigtimedwait(signals, NULL, &second) > 0)
			return EXIT_SUCCESS;
	ts_complain("sequencer", "another one has taken over");
	return EXIT_AGAIN;
}

static int
serve(const struct ts_config *config)
{
	struct service s = {NULL, NULL, NULL};
	int status = EXIT_FAILURE;
	sigset_t signals;

	/* Before there are threads, which inherit it. */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	ts_events_level(config->log_level);
	if (start(&s, config) == TS_OK) {
		if (s.server != NULL) {
			(void)printf("http://%s\n",
			    ts_http_server_address(s.server));
			(void)fflush(stdout);
		}
		TS_EVENT(TS_EVENT_INFO, "started", {"pid", getpid()});
		status = wait_for_end(&s, &signals);
	}
	stop(&s);
	TS_EVENT(TS_EVENT_INFO, "ended", {"status", status});
	return status;
}

static const struct verb {
	const char *name;
	int (*run)(const struct ts_config *config, char **args);
} verbs[] = {{"key", ts_verb_key}, {"policy", ts_verb_policy},
    {"invite", ts_verb_invite}, {"erase", ts_verb_erase},
    {"copy", ts_verb_copy}, {"check", ts_verb_check}};

int
main(int argc, char **argv)
{
	static struct ts_config config;
	char why[TS_CONFIG_WHY_MAX];
	int used = 1;
	size_t i;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("touchstone-directory %s\n", TS_VERSION) < 0;
	if (argc < 2)
		return usage(stderr);
	harden();
	if (ts_config_read(&config, why, &used, argc, argv) != TS_OK) {
		(void)fprintf(stderr, "touchstone-directory: %s\n", why);
		return TS_EXIT_USAGE;
	}
	if (used == argc || strcmp(argv[used], "serve") == 0)
		return argc - used > 1 ? usage(stderr) : serve(&config);
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[used], verbs[i].name) == 0)
			return verbs[i].run(&config, argv + used + 1);
	return usage(stderr);
}
