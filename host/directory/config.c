/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <touchstone/wire/statement.h>

#define LINES_MAX 200
#define LISTEN "127.0.0.1:8440"

enum kind { TEXT, NUMBER, FLAG, CHOICE, EVIDENCE, LEVEL };

#define AT(member) offsetof(struct ts_config, member)
#define ROOM(member) sizeof(((struct ts_config *)0)->member)

/* The place in the list is the value. */
static const char *const roles[] = {"all", "front", "sequencer", NULL};
static const char *const genesis[] = {"open", "invite", "domain", NULL};
static const char *const replace[] = {"invite", "open", "never", NULL};

static const struct item {
	const char *name;
	enum kind kind;
	size_t at, room;
	uint32_t min, max;	    /* of a number */
	const char *const *choices; /* of a choice */
} items[] = {
    {"data", TEXT, AT(data), ROOM(data), 0, 0, NULL},
    {"store", TEXT, AT(store), ROOM(store), 0, 0, NULL},
    {"role", CHOICE, AT(role), 0, 0, 0, roles},
    {"origin", TEXT, AT(origin), ROOM(origin), 0, 0, NULL},
    {"url", TEXT, AT(url), ROOM(url), 0, 0, NULL},
    {"listen", TEXT, AT(listen), ROOM(listen), 0, 0, NULL},
    {"policy", TEXT, AT(policy), ROOM(policy), 0, 0, NULL},
    {"public", TEXT, AT(folder), ROOM(folder), 0, 0, NULL},
    {"genesis", CHOICE, AT(genesis), 0, 0, 0, genesis},
    {"replace", CHOICE, AT(replace), 0, 0, 0, replace},
    {"evidence", EVIDENCE, AT(evidence), 0, 0, 0, NULL},
    {"trust-proxy", FLAG, AT(trust_proxy), 0, 0, 0, NULL},
    {"ca-file", TEXT, AT(ca_file), ROOM(ca_file), 0, 0, NULL},
    {"refresh", NUMBER, AT(refresh_s), 0, 1, 86400, NULL},
    {"batch-ms", NUMBER, AT(batch_ms), 0, 1, 60000, NULL},
    {"witness-ms", NUMBER, AT(witness_ms), 0, 100, 60000, NULL},
    {"threads", NUMBER, AT(threads), 0, 1, 256, NULL},
    {"connections", NUMBER, AT(connections), 0, 1, 100000, NULL},
    {"per-address", NUMBER, AT(per_address), 0, 0, 100000, NULL},
    {"rate-address", NUMBER, AT(rate_address), 0, 0, 10000000, NULL},
    {"rate-label", NUMBER, AT(rate_label), 0, 0, 10000000, NULL},
    {"domain-at", TEXT, AT(domain_at), ROOM(domain_at), 0, 0, NULL},
    {"count", NUMBER, AT(count), 0, 1, 10000, NULL},
    {"log-level", LEVEL, AT(log_level), 0, 0, 0, NULL},
};
#define ITEMS_CNT (sizeof(items) / sizeof(items[0]))

_Static_assert(sizeof(enum ts_config_role) == sizeof(uint32_t) &&
	sizeof(enum ts_config_genesis) == sizeof(uint32_t) &&
	sizeof(enum ts_config_replace) == sizeof(uint32_t),
    "a choice is a number");

static bool
read_number(uint32_t *out, const char *s, uint32_t min, uint32_t max)
{
	uint64_t v = 0;

	if (s[0] == '\0' || strlen(s) > 9)
		return false;
	for (; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (uint64_t)(*s - '0');
	if (*s != '\0' || v < min || v > max)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool
read_choice(uint32_t *out, const char *s, const char *const *choices)
{
	uint32_t i;

	for (i = 0; choices[i] != NULL; i++)
		if (strcmp(choices[i], s) == 0) {
			*out = i;
			return true;
		}
	return false;
}

/* The bit of a class by its word; 0 for a word that is none. */
static uint32_t
evidence_bit(const char *s, size_t len)
{
	const char *word;
	int i;

	for (i = TSW_EVIDENCE_TOKEN_STATEMENT; i <= TSW_EVIDENCE_CARD; i++) {
		word = tsw_evidence_word((enum tsw_evidence)i);
		if (word != NULL && strlen(word) == len &&
		    strncmp(word, s, len) == 0)
			return UINT32_C(1) << i;
	}
	return 0;
}

/* Words with commas between them. */
static bool
read_evidence(uint32_t *out, const char *s)
{
	uint32_t all = 0, bit;
	size_t len;

	for (;;) {
		len = strcspn(s, ",");
		bit = evidence_bit(s, len);
		if (bit == 0)
			return false;
		all |= bit;
		if (s[len] == '\0')
			break;
		s += len + 1;
	}
	*out = all;
	return true;
}

static bool
read_text(char *out, size_t room, const char *s)
{
	if (strlen(s) >= room)
		return false;
	memcpy(out, s, strlen(s) + 1);
	return true;
}

static bool
read_item(struct ts_config *config, const struct item *item, const char *s)
{
	char *at = (char *)config + item->at;

	switch (item->kind) {
	case TEXT:
		return read_text(at, item->room, s);
	case NUMBER:
		return read_number((uint32_t *)(void *)at, s, item->min,
		    item->max);
	case FLAG:
		*(bool *)(void *)at = s[0] == '\0' || strcmp(s, "yes") == 0;
		return s[0] == '\0' || strcmp(s, "yes") == 0 ||
		    strcmp(s, "no") == 0;
	case CHOICE:
		return read_choice((uint32_t *)(void *)at, s, item->choices);
	case EVIDENCE:
		return read_evidence((uint32_t *)(void *)at, s);
	case LEVEL:
		return ts_events_level_of((enum ts_event_level *)(void *)at, s);
	default:
		return false;
	}
}

static int
wrong(char why[TS_CONFIG_WHY_MAX], const char *what, const char *name)
{
	(void)snprintf(why, TS_CONFIG_WHY_MAX, "%s%.64s", what, name);
	return TS_ERR_ARGUMENT;
}

/* "name value" or "name"; blank lines and those that begin with # are none. */
static int
read_line(struct ts_config *config, char why[TS_CONFIG_WHY_MAX], char *line)
{
	char *name = line + strspn(line, " \t"), *value;
	size_t i;

	name[strcspn(name, "\r\n")] = '\0';
	if (name[0] == '\0' || name[0] == '#')
		return TS_OK;
	value = name + strcspn(name, " \t");
	if (*value != '\0')
		*value++ = '\0';
	value += strspn(value, " \t");
	for (i = 0; i < ITEMS_CNT; i++) {
		if (strcmp(items[i].name, name) != 0)
			continue;
		if (read_item(config, &items[i], value))
			return TS_OK;
		return wrong(why, "directory.conf: wrong value of ", name);
	}
	return wrong(why, "directory.conf: there is no ", name);
}

static int
read_file(struct ts_config *config, char why[TS_CONFIG_WHY_MAX])
{
	char path[TS_CONFIG_PATH_MAX + 32], data[TS_CONFIG_PATH_MAX];
	char line[TS_CONFIG_PATH_MAX + 64];
	int n, r = TS_OK;
	FILE *f;

	memcpy(data, config->data, sizeof(data));
	(void)snprintf(path, sizeof(path), "%s/directory.conf", data);
	f = fopen(path, "re");
	if (f == NULL)
		return errno == ENOENT || errno == ENOTDIR
		    ? TS_OK
		    : wrong(why, "directory.conf cannot be read", "");
	for (n = 0; r == TS_OK && fgets(line, sizeof(line), f) != NULL; n++)
		r = n < LINES_MAX
		    ? read_line(config, why, line)
		    : wrong(why, "directory.conf is too long", "");
	(void)fclose(f);
	/* It is where it was found, whatever it says. */
	memcpy(config->data, data, sizeof(data));
	return r;
}

void
ts_config_init(struct ts_config *out, const char *data)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	char host[TS_NOTE_NAME_MAX - 16] = "";

	memset(out, 0, sizeof(*out));
	(void)read_text(out->data, sizeof(out->data), data);
	(void)read_text(out->listen, sizeof(out->listen), LISTEN);
	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		(void)read_text(host, sizeof(host), "localhost");
	(void)snprintf(out->origin, sizeof(out->origin), "%s/touchstone", host);
	out->evidence = UINT32_MAX;
	out->refresh_s = 3600;
	out->batch_ms = 100;
	out->witness_ms = 5000;
	out->threads = processors < 2 ? 2
	    : processors > 64	      ? 64
				      : (uint32_t)processors;
	out->connections = 4096;
	out->per_address = 64;
	out->rate_address = 600;
	out->rate_label = 100;
	out->count = 1;
	out->log_level = TS_EVENT_INFO;
}

/* One pass over argv: only --data, or everything. */
static int
read_options(struct ts_config *out, char why[TS_CONFIG_WHY_MAX], bool data_only,
    int argc, char **argv)
{
	struct option options[ITEMS_CNT + 1];
	const char *value;
	size_t i;
	int c, at = 0;

	memset(options, 0, sizeof(options));
	for (i = 0; i < ITEMS_CNT; i++) {
		options[i].name = items[i].name;
		options[i].has_arg =
		    items[i].kind == FLAG ? no_argument : required_argument;
	}
	opterr = 0;
	optind = 0; /* from the beginning, also a second time */
	while ((c = getopt_long(argc, argv, ":", options, &at)) != -1) {
		if (c == ':')
			return wrong(why,
			    "a value is missing: ", argv[optind - 1]);
		if (c != 0)
			return wrong(why, "there is no option ",
			    argv[optind - 1]);
		value = optarg == NULL ? "" : optarg;
		if (data_only && at != 0)
			continue;
		if (!read_item(out, &items[at], value))
			return wrong(why, "wrong value of --", items[at].name);
	}
	return TS_OK;
}

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

int
ts_config_read(struct ts_config *out, char why[TS_CONFIG_WHY_MAX], int *used,
    int argc, char **argv)
{
	char host[sizeof(out->origin)];
	int r;

	why[0] = '\0';
	ts_config_init(out, "");
	memcpy(host, out->origin, sizeof(host));
	r = read_options(out, why, true, argc, argv);
	if (r == TS_OK && out->data[0] == '\0')
		r = wrong(why, "--data DIR is missing", "");
	if (r == TS_OK)
		r = read_file(out, why);
	if (r == TS_OK)
		r = read_options(out, why, false, argc, argv);
	*used = optind;
	out->origin_chosen = strcmp(out->origin, host) != 0;
	if (r == TS_OK && out->url[0] != '\0' &&
	    !begins(out->url, "https://") && !begins(out->url, "http://"))
		r = wrong(why, "wrong value of --", "url");
	if (r == TS_OK && out->store[0] != '\0' &&
	    !begins(out->store, "postgresql://") &&
	    !begins(out->store, "postgres://"))
		r = wrong(why, "--store needs an address that begins with ",
		    "postgresql://");
	if (r == TS_OK && !ts_note_is_name(out->origin))
		r = wrong(why, "wrong value of --", "origin");
	if (r == TS_OK && out->role != TS_ROLE_ALL && out->store[0] == '\0')
		r = wrong(why, "--role needs --store", "");
	return r;
}
