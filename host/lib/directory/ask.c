/* SPDX-License-Identifier: BSD-2-Clause */
#include "ask.h"

#include <stdio.h>
#include <string.h>

#include "../log/round.h"
#include "log/page.h"

#define TIMEOUT_MS 30000
#define TYPE "application/cbor"

void
ts_store_set_courier(struct ts_store *store, const struct ts_courier *courier)
{
	memset(&store->courier, 0, sizeof(store->courier));
	if (courier != NULL)
		store->courier = *courier;
}

/* --- URLs --- */

static size_t
host_len(const char *s)
{
	return s[0] == '[' ? strcspn(s, "]/") + 1 : strcspn(s, ":/");
}

static bool
is_loopback(const char *host, size_t len)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) == len && memcmp(names[i], host, len) == 0)
			return true;
	}
	return false;
}

/* ":" and 1 to 5 digits, or nothing, before the path. */
static bool
is_port(const char *s)
{
	size_t digits;

	if (s[0] == '\0' || s[0] == '/')
		return true;
	if (s[0] != ':')
		return false;
	digits = strspn(s + 1, "0123456789");
	return digits >= 1 && digits <= 5 &&
	    (s[1 + digits] == '\0' || s[1 + digits] == '/');
}

int
ts_ask_check_url(const char *url)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/:[]%";
	const bool tls = strncmp(url, "https://", 8) == 0;
	const char *host;
	size_t len = strlen(url), n;

	if (!tls && strncmp(url, "http://", 7) != 0)
		return TS_ERR_ARGUMENT;
	host = url + (tls ? 8 : 7);
	n = host_len(host);
	if (n == 0 || n > strlen(host) || len > TS_URL_MAX ||
	    strspn(url, chars) != len || url[len - 1] == '/' ||
	    !is_port(host + n) || (!tls && !is_loopback(host, n)))
		return TS_ERR_ARGUMENT;
	return TS_OK;
}

/* --- Refusals --- */

static int
error_of(enum ts_refusal code)
{
	switch (code) {
	case TS_REFUSAL_TOO_LARGE:
	case TS_REFUSAL_REFUSED:
		return TS_ERR_REFUSED;
	case TS_REFUSAL_NOT_FOUND:
		return TS_ERR_NOT_FOUND;
	case TS_REFUSAL_CONFLICT:
		return TS_ERR_CONFLICT;
	case TS_REFUSAL_EVIDENCE:
		return TS_ERR_NOT_EVIDENCE;
	case TS_REFUSAL_INVITATION:
		return TS_ERR_INVITATION;
	case TS_REFUSAL_DOMAIN:
		return TS_ERR_DOMAIN;
	case TS_REFUSAL_REPLACE:
		return TS_ERR_TAKEN;
	case TS_REFUSAL_GONE:
		return TS_ERR_GONE;
	case TS_REFUSAL_RATE:
		return TS_ERR_RATE;
	case TS_REFUSAL_BUSY:
	case TS_REFUSAL_FULL:
	case TS_REFUSAL_SEALED:
	case TS_REFUSAL_INTERNAL:
		return TS_ERR_DIRECTORY_BUSY;
	case TS_REFUSAL_FORMAT:
	default:
		return TS_ERR_DIRECTORY_FORMAT;
	}
}

/* What stands between us and the directory has words of its own. */
static int
error_of_status(unsigned status)
{
	if (status == 429)
		return TS_ERR_RATE;
	if (status == 404)
		return TS_ERR_NOT_FOUND;
	return status >= 500 ? TS_ERR_DIRECTORY : TS_ERR_DIRECTORY_FORMAT;
}

/* For people: printable, and never taken for one of our own sentences. */
static void
name_reason(struct ts_store *store, const struct ts_refused *refused)
{
	char text[TSW_LABEL_MAX + 1] = {0};
	const char *s = refused->text;
	size_t i;

	if (refused->code == TS_REFUSAL_REFUSED && refused->err > 0 &&
	    refused->err < 100)
		s = tsw_strerror(-(int)refused->err);
	for (i = 0; i < TSW_LABEL_MAX && s[i] != '\0'; i++)
		text[i] = s[i] >= 0x20 && s[i] < 0x7f ? s[i] : '?';
	if (i > 0)
		ts_names_add(store, text, i);
}

static int
refusal(struct ts_store *store, const struct ts_carried *answer)
{
	struct ts_refused refused;
	int r;

	memset(&refused, 0, sizeof(refused));
	r = ts_refused_decode(&refused, answer->body);
	if (r == TSW_ERR_INTERNAL)
		return r;
	if (r != TS_OK)
		return error_of_status(answer->status);
	r = error_of(refused.code);
	if (r == TS_ERR_REFUSED)
		name_reason(store, &refused);
	return r;
}

int
ts_ask(struct ts_store *store, struct ts_carried *out, const struct ts_ask *ask)
{
	char url[TS_CARRY_URL_MAX];
	struct ts_carry req;
	int n, r;

	if (store->courier.carry == NULL)
		return TS_ERR_DIRECTORY;
	n = snprintf(url, sizeof(url), "%s%s", ask->url, ask->path);
	if (n < 0 || (size_t)n >= sizeof(url))
		return TS_ERR_ARGUMENT;
	memset(&req, 0, sizeof(req));
	memset(out, 0, sizeof(*out));
	req.url = url;
	req.post = ask->post;
	req.body = ask->body;
	req.type = ask->post ? TYPE : NULL;
	req.max = ask->max;
	req.timeout_ms = TIMEOUT_MS;
	req.turn = store->round == NULL ? 0 : store->round->turn;
	r = store->courier.carry(store->courier.ctx, out, &req);
	if (r != TS_OK)
		return r;
	if (out->body.len > ask->max)
		return TS_ERR_DIRECTORY;
	return out->status == 200 || out->status == 202 ? TS_OK
							: refusal(store, out);
}

int
ts_ask_question(struct ts_store *store, struct ts_carried *out,
    const struct ts_ask *ask)
{
	int r = ts_ask(store, out, ask);

	switch (r) {
	case TS_ERR_CONFLICT:
	case TS_ERR_NOT_EVIDENCE:
	case TS_ERR_INVITATION:
	case TS_ERR_DOMAIN:
	case TS_ERR_TAKEN:
		return TS_ERR_DIRECTORY_FORMAT;
	default:
		return r;
	}
}
