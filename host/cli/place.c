/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/log.h>

#include "ask.h"
#include "op.h"

bool
place_is_network(const char *url)
{
	return strncmp(url, "file://", 7) != 0;
}

/* http:// is for what does not leave this computer. */
static bool
is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 ||
	    strncmp(host, "[::1]", 5) == 0 ||
	    strncmp(host, "localhost", 9) == 0;
}

static enum cli_exit
network(const struct cli *cli, char out[PLACE_URL_MAX], const char *typed)
{
	size_t len = strlen(typed);

	if (strncmp(typed, "https://", 8) != 0 &&
	    strncmp(typed, "http://", 7) != 0)
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "a directory is a folder, or an address that begins with "
		    "https://");
	if (strncmp(typed, "http://", 7) == 0 && !is_loopback(typed + 7))
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "%s: anybody on the way could read that. An address "
		    "begins with https://; http:// is for this computer only",
		    typed);
	while (len > 0 && typed[len - 1] == '/')
		len--;
	if (typed[strcspn(typed, "?#@\\ ")] != '\0' || typed[len - 1] == ':')
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "%s: not an address of a directory, which is like "
		    "https://directory.example.org",
		    typed);
	if (len >= PLACE_URL_MAX)
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "the address is too long");
	memcpy(out, typed, len);
	out[len] = '\0';
	return CLI_DONE;
}

enum cli_exit
place_url(const struct cli *cli, char out[PLACE_URL_MAX], const char *typed)
{
	char absolute[PATH_MAX];
	const char *path = typed;

	if (strncmp(path, "file://", 7) == 0)
		path += 7;
	else if (strstr(path, "://") != NULL)
		return network(cli, out, typed);
	if (realpath(path, absolute) == NULL)
		return out_fail(cli, CLI_FAILED, "DIRECTORY",
		    "%s: no such folder; make it first, or ask the person who "
		    "shares it with you. For a directory on the network give "
		    "its address: https://...",
		    path);
	(void)snprintf(out, PLACE_URL_MAX, "file://%s", absolute);
	return CLI_DONE;
}

/* A policy from a file; "-" is standard input. */
static enum cli_exit
read_policy(const struct cli *cli, char out[PLACE_POLICY_MAX], const char *path)
{
	bool in = strcmp(path, "-") == 0;
	FILE *f = in ? stdin : fopen(path, "re");
	size_t len;
	bool bad;

	if (f == NULL)
		return out_fail(cli, CLI_FAILED, "IO", "%s: %s", path,
		    strerror(errno));
	len = fread(out, 1, PLACE_POLICY_MAX, f);
	bad = ferror(f) != 0;
	if (!in)
		(void)fclose(f);
	if (bad)
		return out_fail(cli, CLI_FAILED, "IO", "%s: cannot be read",
		    path);
	if (len == PLACE_POLICY_MAX || memchr(out, '\0', len) != NULL)
		return out_fail(cli, CLI_FAILED, "LOG_POLICY",
		    "%s: no policy, or longer than %d bytes", path,
		    PLACE_POLICY_MAX - 1);
	out[len] = '\0';
	return CLI_DONE;
}

/* What is wrong with a policy, or CLI_DONE. */
static enum cli_exit
check(const struct cli *cli, struct ts_log_terms *terms, const char *policy,
    const char *whence)
{
	int r = ts_log_terms(terms, policy);

	if (r == TS_OK)
		return CLI_DONE;
	if (r != TS_ERR_LOG_POLICY)
		return out_fail(cli, CLI_FAILED, "INTERNAL", "%s",
		    ts_strerror(r));
	if (terms->line == 0)
		return out_fail(cli, CLI_FAILED, "LOG_POLICY",
		    "%s: something is missing from the policy; it needs a log "
		    "and a quorum",
		    whence);
	return out_fail(cli, CLI_FAILED, "LOG_POLICY",
	    "%s, line %zu: not of the form of a policy (c2sp.org/tlog-policy)",
	    whence, terms->line);
}

static enum cli_exit
fetch_offer(struct cli *cli, char out[PLACE_POLICY_MAX], const char *url)
{
	enum cli_exit exit;
	struct reply reply;
	const char *policy;

	exit = op_get(cli, &reply, "OfferPolicy", "directory", url);
	policy = reply_str(&reply, "policy");
	if (exit == CLI_DONE && strlen(policy) >= PLACE_POLICY_MAX)
		exit = out_fail(cli, CLI_FAILED, "LOG_POLICY",
		    "%s offers a policy that is too long", url);
	if (exit == CLI_DONE)
		memcpy(out, policy, strlen(policy) + 1);
	reply_wipe(&reply);
	return exit;
}

static enum cli_exit
ask(const struct cli *cli, const char *url, const struct ts_log_terms *terms)
{
	char who[64];

	if (terms->alone)
		(void)snprintf(who, sizeof(who), "no witness watches it");
	else
		(void)snprintf(who, sizeof(who), "%zu witness%s watch%s it",
		    terms->witnesses, terms->witnesses == 1 ? "" : "es",
		    terms->witnesses == 1 ? "es" : "");
	if (args_has(&cli->args, OPT_YES))
		return CLI_DONE;
	if (!cli->term.in_tty)
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "%s offers a policy for its log %s. Give --policy FILE "
		    "with "
		    "one that you have from elsewhere, or --yes to take this "
		    "one",
		    url, terms->origin);
	return ask_before(cli,
	    "%s keeps the log %s; %s. That is what it says itself: if you have "
	    "a policy from somebody you trust, stop here and give it with "
	    "--policy FILE.",
	    url, terms->origin, who);
}

enum cli_exit
place_policy(struct cli *cli, char out[PLACE_POLICY_MAX], const char *url)
{
	const char *file = cli->args.text[OPT_POLICY];
	struct ts_log_terms terms;
	enum cli_exit exit;

	if (args_has(&cli->args, OPT_POLICY)) {
		exit = read_policy(cli, out, file);
		return exit == CLI_DONE ? check(cli, &terms, out, file) : exit;
	}
	exit = fetch_offer(cli, out, url);
	if (exit == CLI_DONE)
		exit = check(cli, &terms, out, url);
	return exit == CLI_DONE ? ask(cli, url, &terms) : exit;
}
