/* SPDX-License-Identifier: BSD-2-Clause */
#include "show.h"

#include <stdio.h>
#include <string.h>

#include "agent/json.h"

void
show_changes(const struct cli *cli, const char *heading,
    const struct json_t *changes)
{
	const struct json_t *change;
	size_t i;

	for (i = 0; i < ts_json_cnt(changes); i++) {
		change = ts_json_at(changes, i);
		if (i == 0)
			out_say(cli, TONE_BOLD, "%s", heading);
		out_say(cli, TONE_PLAIN, "  %lld  %s",
		    (long long)ts_json_int(change, "number", 0),
		    out_str(change, "words"));
	}
}

enum cli_exit
show_queued(const struct cli *cli, const struct reply *reply)
{
	const struct json_t *change = ts_json_get(reply->params, "change");

	if (args_has(&cli->args, OPT_JSON))
		return out_json(cli, reply->params);
	out_say(cli, TONE_PLAIN, "Change %lld: %s",
	    (long long)ts_json_int(change, "number", 0),
	    out_str(change, "words"));
	out_hint(cli, "It takes effect when you sign it:", "touchstone sign");
	return CLI_DONE;
}

enum cli_exit
show_signed(const struct cli *cli, const struct reply *reply)
{
	const struct json_t *missing = ts_json_get(reply->params, "missing");
	size_t i;

	if (args_has(&cli->args, OPT_JSON))
		return out_json(cli, reply->params);
	if (ts_json_cnt(missing) > 0) {
		out_say(cli, TONE_PLAIN,
		    "Signed by this token. It still needs one more of:");
		for (i = 0; i < ts_json_cnt(missing); i++)
			out_say(cli, TONE_PLAIN, "  %s",
			    out_text(ts_json_at(missing, i)));
		out_hint(cli,
		    "Plug in the next one and repeat:", "touchstone sign");
	} else if (ts_json_bool(reply->params, "conflict", false)) {
		out_say(cli, TONE_BAD,
		    "Signed as statement %lld, but not published: the "
		    "directory has another change of yours in that place, "
		    "which was not made here.",
		    (long long)ts_json_int(reply->params, "seq", 0));
		out_hint(cli,
		    "What that means, and what to do:", "touchstone alerts");
	} else if (ts_json_bool(reply->params, "published", false)) {
		out_say(cli, TONE_GOOD,
		    "Signed and published: statement %lld of your history.",
		    (long long)ts_json_int(reply->params, "seq", 0));
	} else {
		out_say(cli, TONE_WARN,
		    "Signed as statement %lld, but not published. %s",
		    (long long)ts_json_int(reply->params, "seq", 0),
		    reply_str(reply, "trouble"));
		out_hint(cli, "Try again later:", "touchstone publish");
	}
	return CLI_DONE;
}

enum tone
show_tone_of_level(const char *level)
{
	if (strcmp(level, "stop") == 0)
		return TONE_BAD;
	return strcmp(level, "warning") == 0 ? TONE_WARN : TONE_PLAIN;
}

void
show_alert(const struct cli *cli, const struct json_t *alert)
{
	const char *level = out_str(alert, "level");
	const char *todo = out_str(alert, "todo");
	char when[OUT_TIME_MAX];

	out_say(cli, show_tone_of_level(level), "%s: %s.", level,
	    out_str(alert, "what"));
	out_say(cli, TONE_PLAIN, "  %s", out_str(alert, "means"));
	if (strcmp(todo, "Nothing to do.") != 0)
		out_say(cli, TONE_PLAIN, "  To do: %s", todo);
	out_say(cli, TONE_DIM, "  Alert %lld, %s, %s%s",
	    (long long)ts_json_int(alert, "id", 0), out_str(alert, "code"),
	    out_time(when, ts_json_int(alert, "time", 0)),
	    ts_json_bool(alert, "open", false) ? "" : ", closed");
}

const char *
show_evidence(const char *word)
{
	static const char *const words[][2] = {
	    {"token-statement", "parsed on the token"},
	    {"fido-uv", "PIN and touch"},
	    {"fido-up", "touch only"},
	    {"card-attested", "card-attested"},
	    {"card", "card"},
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i][0]) == 0)
			return words[i][1];
	return *word != '\0' ? word : "unknown evidence";
}

const char *
show_token(char out[SHOW_TOKEN_MAX], const struct json_t *key)
{
	const char *role = out_str(key, "role");
	const char *image = out_str(key, "image");
	const char *proof = out_str(key, "proof");
	const bool proved = ts_json_bool(key, "proved", false);

	(void)snprintf(out, SHOW_TOKEN_MAX, "%s (%s, %s%s%s%s%.16s%s%s)",
	    out_str(key, "name"), *role != '\0' ? role : "token",
	    show_evidence(out_str(key, "evidence")),
	    *proof == '\0' ? ""
		: proved   ? ": "
			   : ", not checked: ",
	    proof, *image != '\0' ? ", image " : "", image,
	    ts_json_bool(key, "present", false) ? ", plugged in" : "",
	    ts_json_bool(key, "retired", false) ? ", retired" : "");
	return out;
}

void
show_code(const struct cli *cli, const char *code)
{
	out_blank(cli);
	out_say(cli, TONE_BOLD, "    %s", code);
	out_blank(cli);
}

void
show_pair(const struct cli *cli, const char *digits)
{
	size_t i, len = strlen(digits);
	char line[32], *p = line;

	out_blank(cli);
	for (i = 0; i < len; i++) {
		if (i % 5 == 0 && i % 20 != 0)
			*p++ = ' ';
		*p++ = digits[i];
		if (i % 20 != 19 && i + 1 != len)
			continue;
		*p = '\0';
		out_say(cli, TONE_BOLD, "    %s", line);
		p = line;
	}
	out_blank(cli);
}
