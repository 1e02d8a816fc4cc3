/* SPDX-License-Identifier: BSD-2-Clause */
#include "api.h"

#include <stdlib.h>
#include <string.h>

#include "api_int.h"

struct listed {
	enum ts_route route;
	enum ts_http_method method;
	const char *path;
	bool prefix; /* something follows */
	bool limited;
	enum ts_limit_kind limit; /* by address */
	size_t body;
	ts_route_fn *fn;
};

static const struct listed routes[] = {
    {TS_ROUTE_LOOKUP, TS_HTTP_POST, "/v1/lookup", false, true, TS_LIMIT_LOOKUP,
	TS_REQUEST_MAX, ts_api_lookup},
    {TS_ROUTE_SUBMIT, TS_HTTP_POST, "/v1/submit", false, true, TS_LIMIT_SUBMIT,
	TS_SUBMIT_MAX, ts_api_submit},
    {TS_ROUTE_CONSISTENCY, TS_HTTP_POST, "/v1/consistency", false, true,
	TS_LIMIT_LOOKUP, TS_REQUEST_MAX, ts_api_consistency},
    {TS_ROUTE_BUNDLE, TS_HTTP_GET, "/v1/bundle/", true, true, TS_LIMIT_LOOKUP,
	0, ts_api_bundle},
    {TS_ROUTE_POLICY, TS_HTTP_GET, "/v1/policy", false, true, TS_LIMIT_LOOKUP,
	0, ts_api_policy},
    {TS_ROUTE_CHECKPOINT, TS_HTTP_GET, "/checkpoint", false, false,
	TS_LIMIT_LOOKUP, 0, ts_api_checkpoint},
    {TS_ROUTE_TILE, TS_HTTP_GET, "/tile/", true, false, TS_LIMIT_LOOKUP, 0,
	ts_api_tile},
    {TS_ROUTE_BOX_PUT, TS_HTTP_POST, "/v1/mailbox/", true, true,
	TS_LIMIT_MAILBOX, TS_BOX_MESSAGE_MAX, ts_api_box_put},
    {TS_ROUTE_BOX_GET, TS_HTTP_GET, "/v1/mailbox/", true, true,
	TS_LIMIT_MAILBOX, 0, ts_api_box_get},
    {TS_ROUTE_METRICS, TS_HTTP_GET, "/metrics", false, false, TS_LIMIT_LOOKUP,
	0, ts_api_metrics},
    {TS_ROUTE_HEALTH, TS_HTTP_GET, "/healthz", false, false, TS_LIMIT_LOOKUP, 0,
	ts_api_health},
};
#define LISTED_CNT (sizeof(routes) / sizeof(routes[0]))

static const char *const names[TS_ROUTES_CNT] = {"lookup", "submit",
    "consistency", "bundle", "policy", "checkpoint", "tile", "mailbox_put",
    "mailbox_get", "metrics", "healthz", "none"};

const char *
ts_route_name(enum ts_route route)
{
	return names[route];
}

/* --- Life --- */

/*
 * All that an address may do follows from one number: lookups are cheap,
 * statements cost signatures, and identities stay for ever.
 */
static void
rules_of(struct ts_limits_rules *rules, const struct ts_config *config)
{
	uint32_t minute = config->rate_address, day = config->rate_label;

	memset(rules, 0, sizeof(*rules));
	if (minute > 0) {
		rules->kind[TS_LIMIT_LOOKUP].burst = minute;
		rules->kind[TS_LIMIT_LOOKUP].per_hour = minute * 60;
		rules->kind[TS_LIMIT_MAILBOX].burst = minute / 2 + 1;
		rules->kind[TS_LIMIT_MAILBOX].per_hour = minute * 30;
		rules->kind[TS_LIMIT_SUBMIT].burst = minute / 10 + 1;
		rules->kind[TS_LIMIT_SUBMIT].per_hour = minute * 6;
		rules->kind[TS_LIMIT_NEW].burst = minute / 20 + 1;
		rules->kind[TS_LIMIT_NEW].per_hour = minute / 10 + 1;
	}
	if (day > 0) {
		rules->kind[TS_LIMIT_LABEL].burst = day;
		rules->kind[TS_LIMIT_LABEL].per_hour = day / 24 + 1;
	}
}

int
ts_api_new(struct ts_api **out, const struct ts_config *config,
    struct ts_engine *engine)
{
	const struct ts_admission_rules admission = {config->genesis,
	    config->replace, config->evidence};
	const struct ts_domain_options domain = {config->ca_file,
	    config->domain_at[0] == '\0' ? NULL : config->domain_at};
	struct ts_api *a = calloc(1, sizeof(*a));
	struct ts_limits_rules rules;
	int r;

	if (a == NULL)
		return TS_ERR_NO_MEMORY;
	a->config = config;
	a->engine = engine;
	rules_of(&rules, config);
	r = ts_limits_new(&a->limits, &rules);
	if (r == TS_OK)
		r = ts_admission_new(&a->admission, &admission);
	if (r == TS_OK)
		r = ts_api_boxes_new(&a->boxes, engine);
	if (r == TS_OK && config->genesis == TS_GENESIS_DOMAIN)
		r = ts_domain_new(&a->domain, &domain);
	if (r != TS_OK) {
		ts_api_free(&a);
		return r;
	}
	*out = a;
	return TS_OK;
}

void
ts_api_stop(struct ts_api *api)
{
	ts_api_boxes_stop(api->boxes);
	if (api->domain != NULL)
		ts_domain_stop(api->domain);
}

void
ts_api_free(struct ts_api **api)
{
	struct ts_api *a = *api;

	if (a == NULL)
		return;
	ts_domain_free(&a->domain);
	ts_api_boxes_free(&a->boxes);
	ts_admission_free(&a->admission);
	ts_limits_free(&a->limits);
	free(a);
	*api = NULL;
}

void
ts_api_count_server(struct ts_api *api, const struct ts_http_counts *counts)
{
	atomic_store(&api->server, counts);
}

/* --- Requests --- */

/* What follows the route's name in path; NULL: it is another one. */
static const char *
match(const struct listed *route, const char *path)
{
	size_t len = strlen(route->path);

	if (strncmp(path, route->path, len) != 0)
		return NULL;
	return route->prefix == (path[len] != '\0') ? path + len : NULL;
}

/* NULL: there is no such thing. */
static const struct listed *
find(const struct ts_http_request *req)
{
	size_t i;

	for (i = 0; i < LISTED_CNT; i++) {
		if (req->method == routes[i].method &&
		    match(&routes[i], req->path) != NULL)
			return &routes[i];
	}
	return NULL;
}

void
ts_api_handle(void *ctx, struct ts_http_call *call,
    const struct ts_http_request *req)
{
	struct ts_ask ask = {ctx, call, TS_ROUTE_NONE, ts_api_now_us()};
	const struct listed *route = find(req);

	if (route == NULL) {
		ts_ask_refuse(&ask, TS_REFUSAL_NOT_FOUND, 0, 0);
		return;
	}
	ask.route = route->route;
	if (route->limited &&
	    !ts_ask_may(&ask, route->limit, ts_text_slice(req->address)))
		return;
	if (req->body.len > route->body)
		ts_ask_refuse(&ask, TS_REFUSAL_TOO_LARGE, 0, 0);
	else
		route->fn(&ask, req, match(route, req->path));
}

size_t
ts_api_body_max(void *ctx, const char *path)
{
	size_t i, max = 0;

	(void)ctx;
	for (i = 0; i < LISTED_CNT; i++) {
		if (match(&routes[i], path) != NULL && routes[i].body > max)
			max = routes[i].body;
	}
	return max;
}
