/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a directory is set up: options of touchstone-directory, and the same
 * names without dashes in DIR/directory.conf, one "name value" a line.  What
 * is given as an option counts more.
 */
#ifndef HOST_DIRECTORY_CONFIG_H
#define HOST_DIRECTORY_CONFIG_H

#include <touchstone/error.h>
#include <touchstone/wire/limits.h>

#include "events.h"
#include "log/note.h"

#define TS_CONFIG_TEXT_MAX 512
#define TS_CONFIG_PATH_MAX 2048

enum ts_config_role {
	TS_ROLE_ALL,	  /* one process: the default */
	TS_ROLE_FRONT,	  /* admits and looks up; needs a shared database */
	TS_ROLE_SEQUENCER /* sequences and publishes only */
};

/* Who may begin an identity (14.3). */
enum ts_config_genesis {
	TS_GENESIS_OPEN,
	TS_GENESIS_INVITE,
	TS_GENESIS_DOMAIN
};

/* Whether a genesis may come under a label that has one (REPLACE). */
enum ts_config_replace {
	TS_REPLACE_INVITE, /* with an invitation: the default */
	TS_REPLACE_OPEN,   /* as a new one */
	TS_REPLACE_NEVER
};

struct ts_config {
	char data[TS_CONFIG_PATH_MAX];	   /* --data DIR */
	char store[TS_CONFIG_TEXT_MAX];	   /* --store URL; "": SQLite in data */
	enum ts_config_role role;	   /* --role all|front|sequencer */
	char origin[TS_NOTE_NAME_MAX + 1]; /* --origin NAME */
	bool origin_chosen;		   /* it is not that of the host */
	char url[TS_CONFIG_TEXT_MAX];	   /* --url URL: ours, for the policy */
	char listen[TS_CONFIG_TEXT_MAX];   /* --listen HOST:PORT or unix:PATH */
	char policy[TS_CONFIG_PATH_MAX];   /* --policy FILE of witnesses; "" */
	char folder[TS_CONFIG_PATH_MAX];   /* --public DIR; "": data/public */
	enum ts_config_genesis genesis;	   /* --genesis open|invite|domain */
	enum ts_config_replace replace;	   /* --replace invite|open|never */
	/* --evidence LIST: bit i is class i of enum tsw_evidence; all. */
	uint32_t evidence;
	bool trust_proxy;		  /* --trust-proxy */
	char ca_file[TS_CONFIG_PATH_MAX]; /* --ca-file FILE; "": the system's */
	uint32_t refresh_s;    /* --refresh SECONDS: cosignatures, 3600 */
	uint32_t batch_ms;     /* --batch-ms MS, 100 */
	uint32_t witness_ms;   /* --witness-ms MS: deadline, 5000 */
	uint32_t threads;      /* --threads N of HTTP; processors, at least 2 */
	uint32_t connections;  /* --connections N; 4096 */
	uint32_t per_address;  /* --per-address N; 64; 0: no bound */
	uint32_t rate_address; /* --rate-address N requests a minute; 600 */
	uint32_t rate_label;   /* --rate-label N submits a day; 100 */
	/* --domain-at HOST:PORT: asks it for the files of all domains: tests.
	 */
	char domain_at[TS_CONFIG_TEXT_MAX];
	uint32_t count; /* --count N, of the verb invite; 1 */
	enum ts_event_level
	    log_level; /* --log-level error|warning|info|debug */
};

#define TS_CONFIG_WHY_MAX 256
/* Defaults, DIR/directory.conf, then argv from argv[1] on as far as there are
 * options; *used is the first that is none.  TS_ERR_ARGUMENT, with why.
 */
int ts_config_read(struct ts_config *out, char why[TS_CONFIG_WHY_MAX],
    int *used, int argc, char **argv) TS_MUST_CHECK;
/* The defaults alone, for tests; data is copied. */
void ts_config_init(struct ts_config *out, const char *data);

#endif
