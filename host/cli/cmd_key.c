/* SPDX-License-Identifier: BSD-2-Clause */
/* Verbs about the own keys. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/json.h"
#include "ask.h"
#include "op.h"
#include "show.h"
#include "table.h"
#include "verbs.h"

#define FILE_LEN_MAX 32768 /* an OpenPGP key with signatures; else far less */
#define DAY_S 86400

static enum cli_exit
not_text(const struct cli *cli, const char *path)
{
	return out_fail(cli, CLI_FAILED, "KEYFILE",
	    "%s: not a text file of at most %d bytes, so no public key", path,
	    FILE_LEN_MAX - 1);
}

/* The file given by --file, or standard input. */
static enum cli_exit
read_file(const struct cli *cli, char out[FILE_LEN_MAX], const char *path)
{
	ssize_t n, len = 0;
	int fd;

	if (strcmp(path, "-") == 0)
		return term_read_all(out, FILE_LEN_MAX) == TS_OK
		    ? CLI_DONE
		    : not_text(cli, "standard input");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return out_fail(cli, CLI_FAILED, "IO",
		    "%s: the file cannot be read: %s", path, strerror(errno));
	do {
		n = read(fd, out + len, (size_t)(FILE_LEN_MAX - len));
		len += n > 0 ? n : 0;
	} while (n > 0 && len < FILE_LEN_MAX);
	(void)close(fd);
	if (n != 0 || memchr(out, '\0', (size_t)len) != NULL)
		return not_text(cli, path);
	out[len] = '\0';
	return CLI_DONE;
}

static enum cli_exit
key_text(const struct cli *cli, char out[FILE_LEN_MAX])
{
	const struct args *args = &cli->args;

	if (args_has(args, OPT_FILE) == args_has(args, OPT_KEY))
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "give the key either by --file FILE or by --key TEXT");
	if (args_has(args, OPT_FILE))
		return read_file(cli, out, args->text[OPT_FILE]);
	if (snprintf(out, FILE_LEN_MAX, "%s\n", args->text[OPT_KEY]) >=
	    FILE_LEN_MAX)
		return not_text(cli, "--key");
	return CLI_DONE;
}

/* --device, or the first part of the host's name. */
static enum cli_exit
device_name(const struct cli *cli, char out[256])
{
	int n = 0;

	memset(out, 0, 256);
	if (args_has(&cli->args, OPT_DEVICE))
		n = snprintf(out, 256, "%s", cli->args.text[OPT_DEVICE]);
	else if (gethostname(out, 255) == 0)
		out[strcspn(out, ".")] = '\0';
	if (n >= 256 || *out == '\0')
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "--device NAME is missing or too long; it names the device "
		    "that has the private key, like laptop");
	return CLI_DONE;
}

/* "2030-12-31" (its last second) or "90d", in seconds since 1970. */
static bool
parse_expiry(int64_t *out, const char *text)
{
	char days[8];
	struct tm tm, normal;
	const char *end;
	size_t len = strlen(text);
	time_t t;
	long n;

	if (len >= 2 && len < sizeof(days) && text[len - 1] == 'd') {
		memcpy(days, text, len - 1);
		days[len - 1] = '\0';
		if (args_number(&n, days, 1, 36500) != TS_OK)
			return false;
		*out = (int64_t)time(NULL) + (int64_t)n * DAY_S;
		return true;
	}
	memset(&tm, 0, sizeof(tm));
	end = strptime(text, "%Y-%m-%d", &tm);
	if (len != 10 || end == NULL || *end != '\0')
		return false;
	normal = tm;
	t = timegm(&normal);
	if (normal.tm_mday != tm.tm_mday || t <= time(NULL) - DAY_S)
		return false; /* no such day, or it is over */
	*out = (int64_t)t + DAY_S - 1;
	return true;
}

static enum cli_exit
run_add(struct cli *cli, const char *device, const char *file, int64_t expires)
{
	const struct args *args = &cli->args;
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	op_init(&op, "AddKey", OP_PLAIN);
	op.subject = args_text(args, OPT_FILE, "--key");
	ts_jw_str(&op.params, "app", args->text[OPT_APP]);
	ts_jw_str(&op.params, "device", device);
	ts_jw_str(&op.params, "file", file);
	ts_jw_int(&op.params, "protocol",
	    args_has(args, OPT_PROTOCOL) ? args->number[OPT_PROTOCOL] : 1);
	ts_jw_int(&op.params, "expires", expires);
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE)
		exit = show_queued(cli, &reply);
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

enum cli_exit
cmd_key_add(struct cli *cli)
{
	static char file[FILE_LEN_MAX];
	char device[256];
	int64_t expires = 0;
	enum cli_exit exit;

	if (args_has(&cli->args, OPT_EXPIRES) &&
	    !parse_expiry(&expires, cli->args.text[OPT_EXPIRES]))
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "--expires takes a day to come as YYYY-MM-DD, or a number "
		    "of days like 90d, not \"%s\"",
		    cli->args.text[OPT_EXPIRES]);
	exit = key_text(cli, file);
	if (exit == CLI_DONE)
		exit = device_name(cli, device);
	if (exit == CLI_DONE)
		exit = run_add(cli, device, file, expires);
	return exit;
}

static void
list(const struct cli *cli, const struct json_t *keys)
{
	char when[OUT_TIME_MAX];
	const struct json_t *key;
	struct table table;
	int64_t expires;
	size_t i;

	if (ts_json_cnt(keys) == 0) {
		out_say(cli, TONE_PLAIN,
		    "Your identity vouches for no key yet.");
		out_hint(cli, "Add one:",
		    "touchstone key add --app ssh --file "
		    "~/.ssh/id_ed25519.pub");
		return;
	}
	table_init(&table, 4);
	for (i = 0; i < ts_json_cnt(keys); i++) {
		key = ts_json_at(keys, i);
		expires = ts_json_int(key, "expires", 0);
		table_add(cli, &table, "%s/%s", out_str(key, "app"),
		    out_str(key, "device"));
		table_add(cli, &table, "%.8s", out_str(key, "id"));
		table_add(cli, &table, "%s%s", expires > 0 ? "until " : "",
		    expires > 0 ? out_time(when, expires) : "");
		table_add(cli, &table, "%s", out_str(key, "text"));
	}
	table_print(cli, &table, 0);
}

enum cli_exit
cmd_key_list(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;

	exit = op_get(cli, &reply, "ListKeys", NULL, NULL);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		list(cli, ts_json_get(reply.params, "keys"));
	reply_wipe(&reply);
	return exit;
}

enum cli_exit
cmd_key_revoke(struct cli *cli)
{
	const char *key = cli->args.rest[0];
	enum cli_exit exit;
	struct reply reply;

	exit = ask_before(cli,
	    "This takes back the key %s: once signed, contacts drop it for "
	    "good.",
	    key);
	if (exit != CLI_DONE)
		return exit;
	exit = op_get(cli, &reply, "RevokeKey", "key", key);
	if (exit == CLI_DONE)
		exit = show_queued(cli, &reply);
	reply_wipe(&reply);
	return exit;
}
