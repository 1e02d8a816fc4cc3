/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/gate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define BUCKETS 1024U
#define LOOK_MS 200
#define ROOM_AFTER_MS 1000 /* so long nobody has to make room */

struct ts_gate {
	struct ts_gate_limits limits;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool stop;
	uint64_t seed; /* clients do not choose who shares a bucket */
	unsigned cnt;  /* without those that were shut */
	struct ts_gate_conn *first;
	struct ts_gate_conn *bucket[BUCKETS];
};

int64_t
ts_gate_now_ms(void)
{
	struct timespec ts = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct ts_gate_conn **
bucket_of(struct ts_gate *gate, const struct ts_http_address *address)
{
	uint64_t h = gate->seed;
	size_t i;

	for (i = 0; i < sizeof(address->key); i++) {
		h = (h ^ address->key[i]) * 0x9e3779b97f4a7c15U;
		h ^= h >> 29;
	}
	return &gate->bucket[h % BUCKETS];
}

/* The lock is held: conn->fd is still its own. */
static void
shut(struct ts_gate *gate, struct ts_gate_conn *conn)
{
	conn->shut = true;
	gate->cnt--;
	atomic_fetch_add(gate->limits.timed_out, 1);
	(void)shutdown(conn->fd, SHUT_RDWR);
}

static void
look(struct ts_gate *gate)
{
	const int64_t now = ts_gate_now_ms();
	struct ts_gate_conn *conn;

	for (conn = gate->first; conn != NULL; conn = conn->next)
		if (!conn->shut && atomic_load(&conn->deadline_ms) <= now)
			shut(gate, conn);
}

static void *
watch(void *arg)
{
	struct ts_gate *gate = arg;
	struct timespec at;

	pthread_mutex_lock(&gate->lock);
	while (!gate->stop) {
		(void)clock_gettime(CLOCK_MONOTONIC, &at);
		at.tv_nsec += LOOK_MS * 1000000L;
		at.tv_sec += at.tv_nsec / 1000000000L;
		at.tv_nsec %= 1000000000L;
		(void)pthread_cond_timedwait(&gate->wake, &gate->lock, &at);
		look(gate);
	}
	pthread_mutex_unlock(&gate->lock);
	return NULL;
}

static int
init_locks(struct ts_gate *gate)
{
	pthread_condattr_t attr;
	int bad;

	if (pthread_mutex_init(&gate->lock, NULL) != 0)
		return TS_ERR_NO_MEMORY;
	if (pthread_condattr_init(&attr) != 0) {
		pthread_mutex_destroy(&gate->lock);
		return TS_ERR_NO_MEMORY;
	}
	bad = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&gate->wake, &attr) != 0;
	pthread_condattr_destroy(&attr);
	if (bad)
		pthread_mutex_destroy(&gate->lock);
	return bad ? TS_ERR_NO_MEMORY : TS_OK;
}

int
ts_gate_new(struct ts_gate **out, const struct ts_gate_limits *limits)
{
	struct ts_gate *gate = calloc(1, sizeof(*gate));

	if (gate == NULL)
		return TS_ERR_NO_MEMORY;
	gate->limits = *limits;
	if (getrandom(&gate->seed, sizeof(gate->seed), 0) !=
		(ssize_t)sizeof(gate->seed) ||
	    init_locks(gate) != TS_OK) {
		free(gate);
		return TS_ERR_NO_MEMORY;
	}
	if (pthread_create(&gate->thread, NULL, watch, gate) != 0) {
		pthread_cond_destroy(&gate->wake);
		pthread_mutex_destroy(&gate->lock);
		free(gate);
		return TS_ERR_NO_MEMORY;
	}
	*out = gate;
	return TS_OK;
}

void
ts_gate_free(struct ts_gate **gate)
{
	struct ts_gate *g = *gate;

	if (g == NULL)
		return;
	*gate = NULL;
	pthread_mutex_lock(&g->lock);
	g->stop = true;
	pthread_cond_signal(&g->wake);
	pthread_mutex_unlock(&g->lock);
	pthread_join(g->thread, NULL);
	pthread_cond_destroy(&g->wake);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

static bool
is_over(struct ts_gate *gate, const struct ts_http_address *address)
{
	const struct ts_gate_conn *conn;
	unsigned cnt = 0;

	if (gate->limits.per_address == 0 || address->key[0] == 0)
		return false;
	for (conn = *bucket_of(gate, address); conn != NULL; conn = conn->chain)
		if (memcmp(conn->address.key, address->key,
			sizeof(address->key)) == 0)
			cnt++;
	return cnt >= gate->limits.per_address;
}

/* Who has waited the longest for its own client makes room. */
static bool
make_room(struct ts_gate *gate)
{
	const int64_t now = ts_gate_now_ms();
	struct ts_gate_conn *conn, *oldest = NULL;
	int64_t least = now - ROOM_AFTER_MS;

	for (conn = gate->first; conn != NULL; conn = conn->next) {
		if (conn->shut || atomic_load(&conn->phase) != TS_GATE_CLIENT ||
		    atomic_load(&conn->since_ms) > least)
			continue;
		oldest = conn;
		least = atomic_load(&conn->since_ms);
	}
	if (oldest == NULL)
		return false;
	shut(gate, oldest);
	return true;
}

bool
ts_gate_admit(struct ts_gate *gate, const struct sockaddr *peer)
{
	struct ts_http_address address;
	bool ok;

	ts_http_address_of(&address, peer);
	pthread_mutex_lock(&gate->lock);
	ok = !is_over(gate, &address) &&
	    (gate->cnt < gate->limits.connections || make_room(gate));
	pthread_mutex_unlock(&gate->lock);
	return ok;
}

struct ts_gate_conn *
ts_gate_enter(struct ts_gate *gate, int fd, const struct sockaddr *peer,
    int64_t deadline_ms)
{
	struct ts_gate_conn *conn = calloc(1, sizeof(*conn));
	struct ts_gate_conn **bucket;

	if (conn == NULL)
		return NULL;
	conn->fd = fd;
	ts_http_address_of(&conn->address, peer);
	ts_gate_turn(conn, TS_GATE_CLIENT, deadline_ms);
	pthread_mutex_lock(&gate->lock);
	conn->next = gate->first;
	if (gate->first != NULL)
		gate->first->prev = conn;
	gate->first = conn;
	bucket = bucket_of(gate, &conn->address);
	conn->chain = *bucket;
	*bucket = conn;
	gate->cnt++;
	pthread_mutex_unlock(&gate->lock);
	atomic_fetch_add(gate->limits.open, 1);
	return conn;
}

void
ts_gate_leave(struct ts_gate *gate, struct ts_gate_conn *conn)
{
	struct ts_gate_conn **p;

	pthread_mutex_lock(&gate->lock);
	if (conn->prev != NULL)
		conn->prev->next = conn->next;
	else
		gate->first = conn->next;
	if (conn->next != NULL)
		conn->next->prev = conn->prev;
	p = bucket_of(gate, &conn->address);
	while (*p != conn)
		p = &(*p)->chain;
	*p = conn->chain;
	if (!conn->shut)
		gate->cnt--;
	pthread_mutex_unlock(&gate->lock);
	atomic_fetch_sub(gate->limits.open, 1);
	free(conn);
}

void
ts_gate_turn(struct ts_gate_conn *conn, enum ts_gate_phase phase,
    int64_t deadline_ms)
{
	atomic_store(&conn->phase, (int)phase);
	atomic_store(&conn->since_ms, ts_gate_now_ms());
	atomic_store(&conn->deadline_ms, deadline_ms);
}
