/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load for a directory on this machine, for the bench and for tests.
 *
 *	loader PORT CONNECTIONS submit CNT [TOKENS]
 *		new identities load0, load1, ... of one token each, or two
 *	loader PORT CONNECTIONS lookup CNT SECONDS
 *		of the first CNT of those
 *
 * Every connection has one request under way.  Statements are signed before the
 * clock starts.  Writes one JSON object.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log/page.h"
#include "softtoken.h"

#define CONNECTIONS_MAX 4096
#define ANSWER_MAX 65536
#define REQUEST_MAX 4096
#define PEOPLE_CNT 100 /* pairs of tokens that all share */

struct request {
	uint8_t p[REQUEST_MAX];
	size_t len;
};

struct connection {
	int fd;
	size_t len; /* of the answer so far */
	uint8_t answer[ANSWER_MAX];
};

static struct connection connections[CONNECTIONS_MAX];
static unsigned long good, other, answer_bytes;
static uint8_t token_cnt = 1; /* and signatures */
static unsigned first_status; /* of those that are not good */

static double
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
wrap(struct request *out, const char *path, const uint8_t *body, size_t len)
{
	int n = snprintf((char *)out->p, sizeof(out->p),
	    "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", path,
	    len);

	assert(n > 0 && (size_t)n + len <= sizeof(out->p));
	memcpy(out->p + n, body, len);
	out->len = (size_t)n + len;
}

/* --- What is asked --- */

static size_t
envelope(uint8_t out[TSW_ENVELOPE_MAX], const char *label, size_t i)
{
	static struct soft_token token[PEOPLE_CNT][2];
	uint8_t statement[TSW_STATEMENT_MAX], sig[2][TSW_SSHSIG_MAX];
	struct soft_token *t = token[i % PEOPLE_CNT];
	struct tsw_statement st = {.kind = TSW_KIND_GENESIS, .time = 1000000};
	struct tsw_envelope env = {.sig_cnt = token_cnt};
	struct tsw_sshsig one;
	struct tsw_wr wr;
	uint8_t j;

	if (i < PEOPLE_CNT) {
		t[0] = soft_token_new(TSW_ALG_SK_ED25519, (uint8_t)(2 * i));
		t[1] = soft_token_new(TSW_ALG_SK_ED25519, (uint8_t)(2 * i + 1));
	}
	st.u.genesis.label = soft_slice(label);
	st.u.genesis.token[0] = soft_token_entry(&t[0], "one");
	st.u.genesis.token[1] = soft_token_entry(&t[1], "two");
	st.u.genesis.token_cnt = token_cnt;
	st.u.genesis.threshold = 1;
	st.u.genesis.timelock_h = 72;
	tsw_wr_init(&wr, statement, sizeof(statement));
	assert(tsw_statement_encode(&wr, &st) == TSW_OK);
	env.statement = (struct tsw_slice){statement, tsw_wr_len(&wr)};
	for (j = 0; j < token_cnt; j++) {
		one = soft_token_sign(&t[j], TSW_NS_ID_STATEMENT, env.statement,
		    SOFT_UP_UV, 1);
		tsw_wr_init(&wr, sig[j], sizeof(sig[j]));
		assert(tsw_sshsig_encode(&wr, &one) == TSW_OK);
		env.sig[j] = (struct tsw_slice){sig[j], tsw_wr_len(&wr)};
	}
	tsw_wr_init(&wr, out, TSW_ENVELOPE_MAX);
	assert(tsw_envelope_encode(&wr, &env) == TSW_OK);
	return tsw_wr_len(&wr);
}

static void
make_submit(struct request *out, size_t i)
{
	uint8_t bytes[TSW_ENVELOPE_MAX], body[REQUEST_MAX];
	struct ts_submit m;
	char label[32];

	(void)snprintf(label, sizeof(label), "load%zu", i);
	memset(&m, 0, sizeof(m));
	m.label = soft_slice(label);
	m.envelope = (struct tsw_slice){bytes, envelope(bytes, label, i)};
	wrap(out, "/v1/submit", body, ts_submit_encode(body, sizeof(body), &m));
}

static void
make_lookup(struct request *out, size_t i)
{
	uint8_t body[TS_REQUEST_MAX];
	struct ts_lookup m;
	char label[32];

	(void)snprintf(label, sizeof(label), "load%zu", i);
	memset(&m, 0, sizeof(m));
	m.label = soft_slice(label);
	wrap(out, "/v1/lookup", body, ts_lookup_encode(body, sizeof(body), &m));
}

/* --- Connections --- */

static void
connect_to(struct connection *c, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	int on = 1;

	to.sin_port = htons(port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert(c->fd >= 0);
	assert(connect(c->fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void
ask(struct connection *c, const struct request *request)
{
	c->len = 0;
	assert(send(c->fd, request->p, request->len, MSG_NOSIGNAL) ==
	    (ssize_t)request->len);
}

/* Whether the whole answer is there. */
static bool
take(struct connection *c)
{
	const char *end, *length;
	ssize_t n;
	size_t all;

	n = recv(c->fd, c->answer + c->len, ANSWER_MAX - 1 - c->len, 0);
	assert(n > 0);
	c->len += (size_t)n;
	c->answer[c->len] = '\0';
	end = strstr((const char *)c->answer, "\r\n\r\n");
	if (end == NULL)
		return false;
	length = strcasestr((const char *)c->answer, "Content-Length: ");
	assert(length != NULL && length < end);
	all = (size_t)(end + 4 - (const char *)c->answer) +
	    strtoul(length + 16, NULL, 10);
	if (c->len < all)
		return false;
	if (memcmp(c->answer + 9, "200", 3) == 0) {
		good++;
	} else {
		if (other++ == 0)
			first_status =
			    (unsigned)strtoul((const char *)c->answer + 9, NULL,
				10);
	}
	answer_bytes += c->len;
	return true;
}

struct plan {
	const struct request *request;
	size_t cnt;   /* requests that there are */
	size_t all;   /* to be sent; beyond cnt from the first again */
	double until; /* or so long, if not 0 */
	size_t sent, got;
};

static bool
goes_on(const struct plan *p)
{
	if (p->until > 0)
		return seconds() < p->until;
	return p->sent < p->all;
}

static void
run(struct plan *p, size_t connection_cnt)
{
	struct epoll_event events[256], e = {.events = EPOLLIN};
	int fd = epoll_create1(EPOLL_CLOEXEC), n, i;
	struct connection *c;
	size_t j;

	assert(fd >= 0);
	for (j = 0; j < connection_cnt; j++) {
		e.data.ptr = &connections[j];
		assert(
		    epoll_ctl(fd, EPOLL_CTL_ADD, connections[j].fd, &e) == 0);
		if (goes_on(p))
			ask(&connections[j], &p->request[p->sent++ % p->cnt]);
	}
	while (p->got < p->sent) {
		n = epoll_wait(fd, events, 256, 60000);
		assert(n > 0);
		for (i = 0; i < n; i++) {
			c = events[i].data.ptr;
			if (!take(c))
				continue;
			p->got++;
			if (goes_on(p))
				ask(c, &p->request[p->sent++ % p->cnt]);
		}
	}
	(void)close(fd);
}

int
main(int argc, char **argv)
{
	struct plan plan = {0};
	struct request *requests;
	size_t i, connection_cnt;
	bool submit;
	double begin, took;

	if (argc < 5)
		return 2;
	connection_cnt = strtoul(argv[2], NULL, 10);
	submit = strcmp(argv[3], "submit") == 0;
	plan.cnt = strtoul(argv[4], NULL, 10);
	requests = calloc(plan.cnt, sizeof(*requests));
	assert(requests != NULL && connection_cnt <= CONNECTIONS_MAX);
	if (submit && argc > 5 && strcmp(argv[5], "2") == 0)
		token_cnt = 2;
	for (i = 0; i < plan.cnt; i++)
		(submit ? make_submit : make_lookup)(&requests[i], i);
	for (i = 0; i < connection_cnt; i++)
		connect_to(&connections[i],
		    (uint16_t)strtoul(argv[1], NULL, 10));
	plan.request = requests;
	plan.all = plan.cnt;
	if (!submit) { /* asked once before */
		run(&plan, connection_cnt);
		plan.sent = plan.got = good = other = answer_bytes = 0;
		plan.until = seconds() + (argc > 5 ? atof(argv[5]) : 2);
	}
	begin = seconds();
	run(&plan, connection_cnt);
	took = seconds() - begin;
	printf("{\"what\": \"%s\", \"good\": %lu, \"other\": %lu, "
	       "\"status\": %u, \"seconds\": %.3f, \"per_second\": %.0f, "
	       "\"bytes\": %.0f}\n",
	    argv[3], good, other, first_status, took, (double)good / took,
	    (double)answer_bytes / (double)(good + other));
	free(requests);
	return other == 0 ? 0 : 1;
}
