/* SPDX-License-Identifier: BSD-2-Clause */
/* Verbs about the directory, its log, and proofs that hold without it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/log.h>
#include <touchstone/wire/code.h>

#include "agent/json.h"
#include "ask.h"
#include "op.h"
#include "place.h"
#include "verbs.h"

/* --- Which directory --- */

static void
show_log(const struct cli *cli, const struct json_t *log)
{
	long long size = ts_json_int(log, "size", 0);
	long long witnesses = ts_json_int(log, "witnesses", 0);
	char when[OUT_TIME_MAX];

	out_field(cli, "log", "%s", out_str(log, "origin"));
	if (ts_json_bool(log, "alone", false))
		out_field(cli, "witnesses",
		    "none: its operator could show different people different "
		    "histories");
	else
		out_field(cli, "witnesses", "%lld", witnesses);
	if (size == 0) {
		out_field(cli, "checkpoint", "none yet");
		return;
	}
	out_field(cli, "checkpoint", "%lld entries, root %.16s", size,
	    out_str(log, "root"));
	if (!ts_json_bool(log, "alone", false))
		out_field(cli, "witnessed", "%s%s",
		    out_time(when, ts_json_int(log, "witnessed", 0)),
		    ts_json_bool(log, "fresh", false) ? "" : ", too long ago");
	out_field(cli, "looked at", "%s",
	    out_time(when, ts_json_int(log, "looked", 0)));
}

enum cli_exit
cmd_directory_show(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;

	exit = op_get(cli, &reply, "GetLog", NULL, NULL);
	if (exit != CLI_DONE)
		goto out;
	if (args_has(&cli->args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
		goto out;
	}
	if (*reply_str(&reply, "directory") == '\0') {
		out_say(cli, TONE_PLAIN, "There is no directory yet.");
		out_hint(cli, "Start with:",
		    "touchstone init LABEL --directory https://...");
		goto out;
	}
	out_say(cli, TONE_BOLD, "%s", reply_str(&reply, "directory"));
	if (*reply_str(&reply, "origin") == '\0')
		out_say(cli, TONE_PLAIN,
		    "A folder without a log: that everybody sees the same in "
		    "it "
		    "is not proven.");
	else
		show_log(cli, reply.params);
out:
	reply_wipe(&reply);
	return exit;
}

enum cli_exit
cmd_directory_policy(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;

	exit = op_get(cli, &reply, "GetLog", NULL, NULL);
	if (exit == CLI_DONE && *reply_str(&reply, "policy") == '\0')
		exit = out_fail(cli, CLI_FAILED, "NOT_FOUND",
		    "your directory has no log, and so no policy");
	else if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		out_data(cli, reply_str(&reply, "policy"));
	reply_wipe(&reply);
	return exit;
}

enum cli_exit
cmd_directory_set(struct cli *cli)
{
	char url[PLACE_URL_MAX], policy[PLACE_POLICY_MAX] = "";
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	exit = place_url(cli, url, cli->args.rest[0]);
	if (exit == CLI_DONE && place_is_network(url))
		exit = place_policy(cli, policy, url);
	if (exit != CLI_DONE)
		return exit;
	op_init(&op, "SetDirectory", OP_PLAIN);
	ts_jw_str(&op.params, "directory", url);
	ts_jw_str(&op.params, "policy", policy);
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
	} else if (exit == CLI_DONE) {
		out_say(cli, TONE_GOOD, "Your directory is %s.", url);
		out_hint(cli,
		    "To bring your history there:", "touchstone publish");
	}
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

/* --- Proofs --- */

enum cli_exit
cmd_log_proof(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;

	exit = ask_check_label(cli, cli->args.rest[0]);
	if (exit != CLI_DONE)
		return exit;
	exit = op_get(cli, &reply, "LogProof", "label", cli->args.rest[0]);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		out_data(cli, reply_str(&reply, "proof"));
	reply_wipe(&reply);
	return exit;
}

#define PROOF_MAX (2u << 20) /* as TS_PROOF_FILE_MAX of the log */

/* The whole file; *out is the caller's to free. */
static enum cli_exit
read_proof(const struct cli *cli, uint8_t **out, size_t *len, const char *path)
{
	bool in = strcmp(path, "-") == 0;
	FILE *f = in ? stdin : fopen(path, "re");
	enum cli_exit exit = CLI_DONE;
	uint8_t *p;

	if (f == NULL)
		return out_fail(cli, CLI_FAILED, "IO", "%s: %s", path,
		    strerror(errno));
	p = malloc(PROOF_MAX + 1);
	*len = p == NULL ? 0 : fread(p, 1, PROOF_MAX + 1, f);
	if (p == NULL)
		exit = out_fail(cli, CLI_FAILED, "NO_MEMORY", "%s",
		    ts_strerror(TS_ERR_NO_MEMORY));
	else if (ferror(f) != 0)
		exit =
		    out_fail(cli, CLI_FAILED, "IO", "%s: cannot be read", path);
	else if (*len > PROOF_MAX)
		exit = out_fail(cli, CLI_FAILED, "LOG_PROOF",
		    "%s: too long for a proof", path);
	if (!in)
		(void)fclose(f);
	if (exit != CLI_DONE) {
		free(p);
		p = NULL;
	}
	*out = p;
	return exit;
}

/* --policy, or the one that the agent has. */
static enum cli_exit
known_policy(struct cli *cli, char out[PLACE_POLICY_MAX])
{
	enum cli_exit exit;
	struct reply reply;
	const char *policy;

	if (args_has(&cli->args, OPT_POLICY))
		return place_policy(cli, out, NULL);
	exit = op_get(cli, &reply, "GetLog", NULL, NULL);
	policy = reply_str(&reply, "policy");
	if (exit == CLI_DONE &&
	    (*policy == '\0' || strlen(policy) >= PLACE_POLICY_MAX))
		exit = out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "give --policy FILE: your own directory has no log, so "
		    "there is no policy to judge by");
	if (exit == CLI_DONE)
		memcpy(out, policy, strlen(policy) + 1);
	reply_wipe(&reply);
	return exit;
}

static enum cli_exit
proof_json(const struct cli *cli, const struct ts_log_proof *proof,
    const char *code)
{
	struct ts_jw w;

	memset(&w, 0, sizeof(w));
	ts_jw_object(&w, NULL);
	ts_jw_str(&w, "label", proof->label);
	ts_jw_hex(&w, "id", proof->id, proof->whole ? TSW_ID_LEN : 0);
	ts_jw_str(&w, "code", code);
	ts_jw_int(&w, "seq", proof->whole ? proof->seq : 0);
	ts_jw_hex(&w, "head", proof->head, proof->whole ? TSW_HASH_LEN : 0);
	ts_jw_int(&w, "first", proof->first);
	ts_jw_int(&w, "records", proof->records);
	ts_jw_bool(&w, "whole", proof->whole);
	ts_jw_str(&w, "origin", proof->origin);
	ts_jw_int(&w, "size", (int64_t)proof->size);
	ts_jw_int(&w, "witnesses", (int64_t)proof->witnesses);
	ts_jw_int(&w, "witnessed", (int64_t)proof->time);
	ts_jw_object_end(&w);
	return out_jw(cli, &w);
}

static enum cli_exit
show_proof(const struct cli *cli, const struct ts_log_proof *proof)
{
	char code[TSW_PUBLIC_CODE_LEN] = "", when[OUT_TIME_MAX];

	if (proof->whole && tsw_public_code(code, proof->id) != TSW_OK)
		code[0] = '\0';
	if (args_has(&cli->args, OPT_JSON))
		return proof_json(cli, proof, code);
	out_say(cli, TONE_GOOD, "The proof holds.");
	out_field(cli, "label", "%s", proof->label);
	if (proof->whole) {
		out_field(cli, "public code", "%s", code);
		out_field(cli, "history",
		    "%lu statement%s, head %02x%02x%02x"
		    "%02x",
		    (unsigned long)proof->seq + 1, proof->seq == 0 ? "" : "s",
		    proof->head[0], proof->head[1], proof->head[2],
		    proof->head[3]);
	} else {
		out_field(cli, "records", "%lu, from number %lu on",
		    (unsigned long)proof->records, (unsigned long)proof->first);
	}
	out_field(cli, "log", "%s, %llu entries", proof->origin,
	    (unsigned long long)proof->size);
	if (proof->time > 0)
		out_field(cli, "witnessed", "%s, by %zu",
		    out_time(when, (int64_t)proof->time), proof->witnesses);
	else
		out_field(cli, "witnessed", "the policy asks for no witness");
	out_say(cli, TONE_DIM,
	    "It says what was the latest then. Later changes are not in it.");
	return CLI_DONE;
}

enum cli_exit
cmd_log_verify(struct cli *cli)
{
	char policy[PLACE_POLICY_MAX];
	struct ts_log_proof proof;
	struct tsw_slice text = {NULL, 0};
	uint8_t *bytes = NULL;
	enum cli_exit exit;
	int r;

	exit = read_proof(cli, &bytes, &text.len, cli->args.rest[0]);
	if (exit == CLI_DONE)
		exit = known_policy(cli, policy);
	if (exit != CLI_DONE)
		goto out;
	text.p = bytes;
	r = ts_log_verify(&proof, policy, text);
	exit = r == TS_OK
	    ? show_proof(cli, &proof)
	    : out_fail(cli, CLI_REFUSED, ts_errname(r), "%s does not hold: %s",
		  cli->args.rest[0], ts_strerror(r));
out:
	free(bytes);
	return exit;
}

/* --- A first word --- */

enum cli_exit
cmd_contact_hello(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;

	exit = ask_check_label(cli, cli->args.rest[0]);
	if (exit != CLI_DONE)
		return exit;
	exit = op_get(cli, &reply, "SayHello", "label", cli->args.rest[0]);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		out_say(cli, TONE_PLAIN,
		    "Your label waits for %s at the directory, for a week. "
		    "They see it with `touchstone contact requests`.",
		    cli->args.rest[0]);
	reply_wipe(&reply);
	return exit;
}

enum cli_exit
cmd_contact_requests(struct cli *cli)
{
	const struct json_t *labels;
	enum cli_exit exit;
	struct reply reply;
	size_t i;

	exit = op_get(cli, &reply, "GetHellos", NULL, NULL);
	if (exit != CLI_DONE)
		goto out;
	if (args_has(&cli->args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
		goto out;
	}
	labels = ts_json_get(reply.params, "labels");
	for (i = 0; i < ts_json_cnt(labels); i++)
		out_say(cli, TONE_BOLD, "%s", out_text(ts_json_at(labels, i)));
	if (i == 0)
		out_say(cli, TONE_PLAIN, "Nobody left a label for you.");
	else
		out_hint(cli,
		    "Anybody can leave any label. If you know one of them:",
		    "touchstone contact add %s",
		    out_text(ts_json_at(labels, 0)));
out:
	reply_wipe(&reply);
	return exit;
}
