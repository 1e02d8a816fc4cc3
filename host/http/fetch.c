/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/fetch.h"

#include "http/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <curl/curl.h>

#define HEADERS_MAX 65536U /* bytes of an answer's head */
#define LOOK_MS 100	   /* between two questions whether to go on */
#define KEPT_CNT 16L	   /* connections that stay open */

struct ts_fetch {
	CURLM *multi;
	char *ca_file;	  /* or NULL */
	char *user_agent; /* or NULL */
	struct curl_slist *connect_to;
	bool public_only;
	char why[CURL_ERROR_SIZE];
};

/* One request under way. */
struct job {
	struct ts_fetch *fetch;
	struct ts_fetch_many *one;
	CURL *easy; /* NULL once it is over */
	struct curl_slist *headers;
	bool plain;
	bool too_long;
	bool forbidden; /* the address */
	size_t head_len;
	char why[CURL_ERROR_SIZE];
};

/* The same place for all hosts and ports. */
static bool
set_place(struct ts_fetch *fetch, const char *connect_to)
{
	char text[TS_FETCH_URL_MAX];
	int n;

	if (connect_to == NULL)
		return true;
	n = snprintf(text, sizeof(text), "::%s", connect_to);
	if (n > 0 && (size_t)n < sizeof(text))
		fetch->connect_to = curl_slist_append(NULL, text);
	return fetch->connect_to != NULL;
}

int
ts_fetch_new(struct ts_fetch **out, const struct ts_fetch_options *options)
{
	struct ts_fetch *fetch;
	bool bad = false;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return TS_ERR_NO_MEMORY;
	fetch = calloc(1, sizeof(*fetch));
	if (fetch == NULL) {
		curl_global_cleanup();
		return TS_ERR_NO_MEMORY;
	}
	fetch->public_only = options->public_only;
	if (options->ca_file != NULL) {
		fetch->ca_file = strdup(options->ca_file);
		bad |= fetch->ca_file == NULL;
	}
	if (options->user_agent != NULL) {
		fetch->user_agent = strdup(options->user_agent);
		bad |= fetch->user_agent == NULL;
	}
	bad |= !set_place(fetch, options->connect_to);
	fetch->multi = curl_multi_init();
	if (bad || fetch->multi == NULL ||
	    curl_multi_setopt(fetch->multi, CURLMOPT_MAXCONNECTS, KEPT_CNT) !=
		CURLM_OK) {
		ts_fetch_free(&fetch);
		return TS_ERR_NO_MEMORY;
	}
	*out = fetch;
	return TS_OK;
}

void
ts_fetch_free(struct ts_fetch **fetch)
{
	if (*fetch == NULL)
		return;
	if ((*fetch)->multi != NULL)
		(void)curl_multi_cleanup((*fetch)->multi);
	curl_slist_free_all((*fetch)->connect_to);
	free((*fetch)->ca_file);
	free((*fetch)->user_agent);
	free(*fetch);
	*fetch = NULL;
	curl_global_cleanup();
}

const char *
ts_fetch_error(const struct ts_fetch *fetch)
{
	return fetch->why;
}

/* --- What libcurl calls --- */

static curl_socket_t
open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct job *job = ctx;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    !ts_url_may_connect(&to->addr, job->plain,
		job->fetch->public_only)) {
		job->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t
take_body(char *p, size_t one, size_t len, void *ctx)
{
	struct job *job = ctx;
	struct ts_fetch_answer *answer = &job->one->answer;

	(void)one; /* is 1 */
	if (len > job->one->req.max - answer->len) {
		job->too_long = true;
		return 0;
	}
	memcpy(job->one->out + answer->len, p, len);
	answer->len += len;
	return len;
}

static size_t
take_head(char *p, size_t one, size_t len, void *ctx)
{
	struct job *job = ctx;

	(void)p;
	(void)one;
	if (len > HEADERS_MAX - job->head_len) {
		job->too_long = true;
		return 0;
	}
	job->head_len += len;
	return len;
}

/* --- One request --- */

static int
set_body(struct job *job)
{
	const struct ts_fetch_request *req = &job->one->req;
	struct curl_slist *list;
	char type[96];
	int n;

	n = snprintf(type, sizeof(type), "Content-Type: %s",
	    req->type == NULL ? "application/octet-stream" : req->type);
	if (n < 0 || (size_t)n >= sizeof(type))
		return TS_ERR_ARGUMENT;
	/* Not to wait for a "100 Continue" that may never come. */
	job->headers = curl_slist_append(NULL, "Expect:");
	list =
	    job->headers == NULL ? NULL : curl_slist_append(job->headers, type);
	if (list == NULL)
		return TS_ERR_NO_MEMORY;
	if (curl_easy_setopt(job->easy, CURLOPT_POST, 1L) != CURLE_OK ||
	    curl_easy_setopt(job->easy, CURLOPT_POSTFIELDSIZE_LARGE,
		(curl_off_t)req->body.len) != CURLE_OK ||
	    curl_easy_setopt(job->easy, CURLOPT_POSTFIELDS,
		req->body.len == 0 ? "" : (const char *)req->body.p) !=
		CURLE_OK ||
	    curl_easy_setopt(job->easy, CURLOPT_HTTPHEADER, job->headers) !=
		CURLE_OK)
		return TS_ERR_NO_MEMORY;
	return TS_OK;
}

#define SET(option, value)                                                     \
	(curl_easy_setopt(job->easy, CURLOPT_##option, (value)) != CURLE_OK)

static bool
set_limits(struct job *job)
{
	const struct ts_fetch_request *req = &job->one->req;
	bool bad = false;

	bad |= SET(TIMEOUT_MS, (long)req->timeout_ms);
	bad |= SET(CONNECTTIMEOUT_MS, (long)req->timeout_ms);
	bad |= SET(MAXFILESIZE_LARGE, (curl_off_t)req->max);
	bad |= SET(WRITEFUNCTION, take_body);
	bad |= SET(WRITEDATA, job);
	bad |= SET(HEADERFUNCTION, take_head);
	bad |= SET(HEADERDATA, job);
	bad |= SET(ERRORBUFFER, job->why);
	bad |= SET(OPENSOCKETFUNCTION, open_socket);
	bad |= SET(OPENSOCKETDATA, job);
	return !bad;
}

static bool
set_rules(struct job *job)
{
	const char *only = job->plain ? "http" : "https";
	bool bad = false;

	bad |= SET(URL, job->one->req.url);
	bad |= SET(PROTOCOLS_STR, only);
	bad |= SET(REDIR_PROTOCOLS_STR, only);
	bad |= SET(FOLLOWLOCATION, 0L);
	bad |= SET(PROXY, "");
	bad |= SET(NOPROXY, "*");
	bad |= SET(NETRC, (long)CURL_NETRC_IGNORED);
	bad |= SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= SET(HTTP09_ALLOWED, 0L);
	bad |= SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	bad |= SET(SSL_VERIFYPEER, 1L);
	bad |= SET(SSL_VERIFYHOST, 2L);
	bad |= SET(NOSIGNAL, 1L);
	bad |= SET(QUICK_EXIT, 1L); /* waits for no resolver */
	bad |= SET(PATH_AS_IS, 1L);
	if (job->fetch->user_agent != NULL)
		bad |= SET(USERAGENT, job->fetch->user_agent);
	if (job->fetch->connect_to != NULL)
		bad |= SET(CONNECT_TO, job->fetch->connect_to);
	if (job->fetch->ca_file != NULL)
		bad |= SET(CAINFO, job->fetch->ca_file) || SET(CAPATH, NULL);
	return !bad;
}

static int
start(struct job *job)
{
	const struct ts_fetch_request *req = &job->one->req;
	int r;

	memset(&job->one->answer, 0, sizeof(job->one->answer));
	r = ts_url_check(&job->plain, req->url);
	if (r != TS_OK)
		return r;
	if (req->timeout_ms <= 0)
		return TS_ERR_DIRECTORY;
	job->easy = curl_easy_init();
	if (job->easy == NULL || !set_rules(job) || !set_limits(job))
		return TS_ERR_NO_MEMORY;
	r = req->post ? set_body(job) : TS_OK;
	if (r != TS_OK)
		return r;
	return curl_multi_add_handle(job->fetch->multi, job->easy) == CURLM_OK
	    ? TS_OK
	    : TS_ERR_NO_MEMORY;
}

/* Words of libcurl can quote the server. */
static void
say_why(struct job *job, CURLcode code)
{
	char *why = job->fetch->why;
	size_t i;

	if (job->forbidden)
		(void)snprintf(why, CURL_ERROR_SIZE,
		    "the address may not be connected to");
	else if (job->too_long)
		(void)snprintf(why, CURL_ERROR_SIZE, "the answer is too long");
	else
		(void)snprintf(why, CURL_ERROR_SIZE, "%s",
		    job->why[0] != '\0' ? job->why : curl_easy_strerror(code));
	for (i = 0; why[i] != '\0'; i++)
		if (why[i] < ' ' || why[i] > '~')
			why[i] = '?';
}

static void
take_type(struct ts_fetch_answer *answer, CURL *easy)
{
	char *type = NULL;
	size_t i;

	if (curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK ||
	    type == NULL)
		return;
	for (i = 0;
	     i + 1 < sizeof(answer->type) && type[i] >= ' ' && type[i] <= '~';
	     i++)
		answer->type[i] = type[i];
	answer->type[i] = '\0';
}

static void
finish(struct job *job, CURLcode code)
{
	struct ts_fetch_answer *answer = &job->one->answer;
	long status = 0;

	(void)curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK && status >= 100 && status <= 999) {
		answer->status = (unsigned)status;
		take_type(answer, job->easy);
		job->one->result = TS_OK;
		return;
	}
	say_why(job, code);
	job->one->result =
	    code == CURLE_OUT_OF_MEMORY ? TS_ERR_NO_MEMORY : TS_ERR_DIRECTORY;
}

static void
end(struct job *job)
{
	if (job->easy != NULL) {
		(void)curl_multi_remove_handle(job->fetch->multi, job->easy);
		curl_easy_cleanup(job->easy);
		job->easy = NULL;
	}
	curl_slist_free_all(job->headers);
	job->headers = NULL;
}

static void
end_with(struct job *job, int result)
{
	job->one->result = result;
	end(job);
}

/* --- Many requests --- */

static size_t
start_all(struct ts_fetch *fetch, struct job *job, struct ts_fetch_many *many,
    size_t cnt)
{
	size_t i, running = 0;
	int r;

	for (i = 0; i < cnt; i++) {
		job[i].fetch = fetch;
		job[i].one = &many[i];
		r = start(&job[i]);
		if (r == TS_OK)
			running++;
		else
			end_with(&job[i], r);
	}
	return running;
}

static size_t
drop_cancelled(struct job *job, size_t cnt)
{
	const struct ts_fetch_request *req;
	size_t i, dropped = 0;

	for (i = 0; i < cnt; i++) {
		req = &job[i].one->req;
		if (job[i].easy == NULL || req->cancelled == NULL ||
		    !req->cancelled(req->ctx))
			continue;
		end_with(&job[i], TS_ERR_CANCELLED);
		dropped++;
	}
	return dropped;
}

static size_t
collect(struct ts_fetch *fetch, struct job *job, size_t cnt)
{
	const CURLMsg *msg;
	size_t i, ended = 0;
	CURLcode code;
	CURL *easy;
	int left;

	while ((msg = curl_multi_info_read(fetch->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		easy = msg->easy_handle;
		code = msg->data.result;
		for (i = 0; i < cnt && job[i].easy != easy; i++)
			;
		if (i == cnt)
			continue;
		finish(&job[i], code);
		end(&job[i]);
		ended++;
	}
	return ended;
}

static void
run_all(struct ts_fetch *fetch, struct job *job, size_t cnt, size_t running)
{
	int alive;
	size_t i;

	while (running > 0) {
		if (curl_multi_perform(fetch->multi, &alive) != CURLM_OK)
			break;
		running -= collect(fetch, job, cnt);
		running -= drop_cancelled(job, cnt);
		if (running > 0 &&
		    curl_multi_poll(fetch->multi, NULL, 0, LOOK_MS, NULL) !=
			CURLM_OK)
			break;
	}
	for (i = 0; i < cnt; i++)
		if (job[i].easy != NULL)
			end_with(&job[i], TS_ERR_DIRECTORY);
}

void
ts_fetch_do_many(struct ts_fetch *fetch, struct ts_fetch_many *many, size_t cnt)
{
	struct job *job = calloc(cnt == 0 ? 1 : cnt, sizeof(*job));
	size_t i;

	fetch->why[0] = '\0';
	for (i = 0; i < cnt; i++)
		many[i].result = TS_ERR_NO_MEMORY;
	if (job == NULL)
		return;
	run_all(fetch, job, cnt, start_all(fetch, job, many, cnt));
	free(job);
}

int
ts_fetch_do(struct ts_fetch *fetch, struct ts_fetch_answer *answer,
    uint8_t *out, const struct ts_fetch_request *req)
{
	struct ts_fetch_many one = {.req = *req, .out = out};

	ts_fetch_do_many(fetch, &one, 1);
	*answer = one.answer;
	return one.result;
}
