/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the API share. */
#ifndef HOST_DIRECTORY_API_INT_H
#define HOST_DIRECTORY_API_INT_H

#include "admission.h"
#include "api.h"
#include "domain.h"
#include "limits.h"
#include "mailbox.h"

enum ts_route {
	TS_ROUTE_LOOKUP,
	TS_ROUTE_SUBMIT,
	TS_ROUTE_CONSISTENCY,
	TS_ROUTE_BUNDLE,
	TS_ROUTE_POLICY,
	TS_ROUTE_CHECKPOINT,
	TS_ROUTE_TILE,
	TS_ROUTE_BOX_PUT,
	TS_ROUTE_BOX_GET,
	TS_ROUTE_METRICS,
	TS_ROUTE_HEALTH,
	TS_ROUTE_NONE
};
#define TS_ROUTES_CNT (TS_ROUTE_NONE + 1)
#define TS_REFUSALS_CNT 16

struct ts_api_counts {
	struct {
		atomic_ulong answers[6]; /* by the first digit of the status */
		atomic_ulong us;	 /* from question to answer, summed */
	} route[TS_ROUTES_CNT];
	atomic_ulong refusals[TS_REFUSALS_CNT];
	atomic_ulong held; /* submits that wait for the log */
};

struct ts_api_boxes;

struct ts_api {
	const struct ts_config *config;
	struct ts_engine *engine;
	struct ts_admission *admission;
	struct ts_limits *limits;
	struct ts_domain *domain; /* NULL: not the policy */
	struct ts_api_boxes *boxes;
	_Atomic(const struct ts_http_counts *) server;
	struct ts_api_counts counts;
};

/* A request on its way to an answer; a plain value that may be kept. */
struct ts_ask {
	struct ts_api *api;
	struct ts_http_call *call;
	enum ts_route route;
	uint64_t start_us;
};

/* Exactly one of these for each request. */
void ts_ask_answer(const struct ts_ask *ask,
    const struct ts_http_answer *answer);
/* err: of section 11, with REFUSED.  retry_s: 0 if it does not help. */
void ts_ask_refuse(const struct ts_ask *ask, enum ts_refusal code, int err,
    unsigned retry_s);
void ts_ask_refused(const struct ts_ask *ask, const struct ts_refused *refused,
    unsigned retry_s);
/* Why something failed here, as a refusal. */
void ts_ask_failed(const struct ts_ask *ask, int r);
void ts_ask_cbor(const struct ts_ask *ask, unsigned status, const uint8_t *p,
    size_t len);
void ts_ask_text(const struct ts_ask *ask, unsigned status,
    struct tsw_slice text);
void ts_ask_file(const struct ts_ask *ask, const char *path,
    const struct ts_http_answer *like);
/* false: the limit is reached, and ask was answered so. */
bool ts_ask_may(const struct ts_ask *ask, enum ts_limit_kind kind,
    struct tsw_slice who);
struct tsw_slice ts_text_slice(const char *text);

/* Milliseconds since 1970; does not go back while the process lives. */
uint64_t ts_api_now_ms(void);
uint64_t ts_api_now_us(void); /* of an arbitrary beginning */

/* A route; rest: of the path behind its name. */
typedef void ts_route_fn(const struct ts_ask *ask,
    const struct ts_http_request *req, const char *rest);
ts_route_fn ts_api_lookup, ts_api_submit, ts_api_consistency, ts_api_bundle,
    ts_api_policy, ts_api_checkpoint, ts_api_tile, ts_api_box_put,
    ts_api_box_get, ts_api_metrics, ts_api_health;

/* "lookup", ... for metrics and logs. */
const char *ts_route_name(enum ts_route route);
/* k of the label's record 0.  TS_OK: it is in the log; TS_ERR_NOT_FOUND. */
int ts_api_erased(void *ctx, uint8_t k[32],
    struct tsw_slice label) TS_MUST_CHECK;

int ts_api_boxes_new(struct ts_api_boxes **out,
    struct ts_engine *engine) TS_MUST_CHECK;
/* Answer who waits; nobody is held any more. */
void ts_api_boxes_stop(struct ts_api_boxes *boxes);
void ts_api_boxes_free(struct ts_api_boxes **boxes);
struct ts_box_figures {
	struct ts_mailbox_counts kept;
	size_t waiting;
};
void ts_api_boxes_count(struct ts_api_boxes *boxes, struct ts_box_figures *out);

#endif
