/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The n-th allocation, or the n-th call into libfido2, fails: for every n that
 * an operation reaches.  Whatever fails, there is one result, it is true, and
 * the next operation works.
 *
 * The token is a simulator of its own.  Under a sanitizer, which owns malloc,
 * only the calls fail.
 */
#include "token/fido2.h"
#include "token/ops.h"

#include "softtoken.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fido.h>

#include <cmocka.h>

static char dir[16];
static bool applet; /* the token has the statement applet */
static pid_t sim = -1;
static char secret_pin[] = "1234";
static uint8_t statement[TSW_STATEMENT_MAX];
static size_t statement_len;
static struct ts_token_created key;

/* Counts down to the failure; negative: none. */
static long calls_left = -1;
#ifdef FAIL_MALLOC
static long allocations_left = -1;
#endif

static bool
is_due(long *left)
{
	if (*left < 0)
		return false;
	return (*left)-- == 0;
}

/* What libfido2 may answer to any call: an error, or nothing. */
#define FAIL_INT(name, params, args)                                           \
	int __real_##name params;                                              \
	int __wrap_##name params;                                              \
	int __wrap_##name params                                               \
	{                                                                      \
		return is_due(&calls_left) ? FIDO_ERR_INTERNAL                 \
					   : __real_##name args;               \
	}
#define FAIL_NEW(type, name)                                                   \
	type *__real_##name(void);                                             \
	type *__wrap_##name(void);                                             \
	type *__wrap_##name(void)                                              \
	{                                                                      \
		return is_due(&calls_left) ? NULL : __real_##name();           \
	}
#define BYTES const unsigned char *
FAIL_NEW(fido_dev_t, fido_dev_new)
FAIL_NEW(fido_cred_t, fido_cred_new)
FAIL_NEW(fido_assert_t, fido_assert_new)
FAIL_NEW(fido_cbor_info_t, fido_cbor_info_new)
FAIL_INT(fido_dev_set_io_functions, (fido_dev_t * d, const fido_dev_io_t *io),
    (d, io))
FAIL_INT(fido_dev_open, (fido_dev_t * d, const char *p), (d, p))
FAIL_INT(fido_dev_get_cbor_info, (fido_dev_t * d, fido_cbor_info_t *i), (d, i))
FAIL_INT(fido_dev_get_retry_count, (fido_dev_t * d, int *n), (d, n))
FAIL_INT(fido_dev_set_pin, (fido_dev_t * d, const char *n, const char *o),
    (d, n, o))
FAIL_INT(fido_dev_make_cred, (fido_dev_t * d, fido_cred_t *c, const char *p),
    (d, c, p))
FAIL_INT(fido_dev_get_assert, (fido_dev_t * d, fido_assert_t *a, const char *p),
    (d, a, p))
FAIL_INT(fido_cred_set_type, (fido_cred_t * c, int t), (c, t))
FAIL_INT(fido_cred_set_rp, (fido_cred_t * c, const char *i, const char *n),
    (c, i, n))
FAIL_INT(fido_cred_set_clientdata, (fido_cred_t * c, BYTES p, size_t n),
    (c, p, n))
FAIL_INT(fido_cred_set_user,
    (fido_cred_t * c, BYTES p, size_t n, const char *a, const char *b,
	const char *i),
    (c, p, n, a, b, i))
FAIL_INT(fido_cred_set_rk, (fido_cred_t * c, fido_opt_t o), (c, o))
FAIL_INT(fido_cred_set_prot, (fido_cred_t * c, int p), (c, p))
FAIL_INT(fido_cred_verify, (const fido_cred_t *c), (c))
FAIL_INT(fido_cred_verify_self, (const fido_cred_t *c), (c))
FAIL_INT(fido_assert_set_rp, (fido_assert_t * a, const char *i), (a, i))
FAIL_INT(fido_assert_allow_cred, (fido_assert_t * a, BYTES p, size_t n),
    (a, p, n))
FAIL_INT(fido_assert_set_clientdata, (fido_assert_t * a, BYTES p, size_t n),
    (a, p, n))
FAIL_INT(fido_assert_set_clientdata_hash,
    (fido_assert_t * a, BYTES p, size_t n), (a, p, n))
FAIL_INT(fido_assert_set_up, (fido_assert_t * a, fido_opt_t o), (a, o))

#ifdef FAIL_MALLOC
/* Seen by libfido2, libcbor and libcrypto too: they look here first. */
#define EXPORTED __attribute__((visibility("default")))
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t cnt, size_t size);
void *__libc_realloc(void *p, size_t size);

EXPORTED void *
malloc(size_t size)
{
	if (is_due(&allocations_left)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(size);
}

EXPORTED void *
calloc(size_t cnt, size_t size)
{
	if (is_due(&allocations_left)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_calloc(cnt, size);
}

EXPORTED void *
realloc(void *p, size_t size)
{
	if (is_due(&allocations_left)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(p, size);
}
#endif

static int
dial(const char *name)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", dir, name);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&addr,
			     sizeof(addr)),
	    0);
	return fd;
}

/*
 * One operation, as the helper does it, in which *left counts down from n.
 * True if it came to the failure.
 */
static bool
run(struct ts_token_result *out, const struct ts_token_request *req, long *left,
    long n)
{
	const struct ts_pins pins = {secret_pin, secret_pin};
	struct ts_control control;
	struct ts_hid hid;
	int pair[2], fd = dial("hid");
	bool reached;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ts_control_init(&control, pair[0]);
	ts_hid_init(&hid, fd, TS_TOKEN_STREAM, &control, 20000);
	*left = n;
	ts_ops_run(out, req, &hid, &pins);
	reached = *left < 0;
	*left = -1;
	close(fd);
	close(pair[0]);
	close(pair[1]);
	return reached;
}

static struct ts_token_request
request(enum ts_token_message op)
{
	struct ts_token_request req = {.op = op,
	    .transport = TS_TOKEN_STREAM,
	    .budget_ms = 20000};

	if (op == TS_TOKEN_MSG_CREATE) {
		req.alg_cnt = 1;
		req.alg[0] = TSW_ALG_SK_P256;
		req.label = soft_slice("alice");
		memset(req.user, 7, sizeof(req.user)); /* replaces the last */
		req.want_applet = applet;
	}
	if (op == TS_TOKEN_MSG_SIGN || op == TS_TOKEN_MSG_PROBE ||
	    op == TS_TOKEN_MSG_ATTEST || op == TS_TOKEN_MSG_KEY_INFO) {
		req.key_cnt = 1;
		req.key[0].kind =
		    applet ? TS_TOKEN_KIND_STATEMENT : TS_TOKEN_KIND_FIDO;
		req.key[0].id = (struct tsw_slice){key.id, key.id_len};
		req.key[0].key = key.key;
		req.ns = TSW_NS_ID_STATEMENT;
		req.need_uv = true;
		req.statement = (struct tsw_slice){statement, statement_len};
	}
	return req;
}

/* A success must be one. */
static void
check_result(const struct ts_token_result *res,
    const struct ts_token_request *req)
{
	const struct ts_token_signed *s = &res->u.signature;
	struct tsw_sshsig sig;

	assert_int_equal(res->op, req->op);
	assert_true(res->err <= 0);
	assert_int_not_equal(res->err, TS_ERR_PIN_WRONG);
	if (res->err != TS_OK)
		return;
	if (req->op == TS_TOKEN_MSG_SIGN) {
		assert_int_equal(tsw_sshsig_decode(&sig, s->sshsig, s->len),
		    TSW_OK);
		assert_int_equal(tsw_sshsig_verify(&sig, req->ns, true,
				     req->statement),
		    TSW_OK);
	}
	if (req->op == TS_TOKEN_MSG_PROBE)
		assert_int_equal(res->u.found, 0);
	if (req->op == TS_TOKEN_MSG_CREATE)
		assert_true(res->u.created.uv && res->u.created.attested);
	if (req->op == TS_TOKEN_MSG_KEY_INFO)
		assert_true(res->u.key_info.bound);
	if (req->op == TS_TOKEN_MSG_ATTEST)
		assert_int_equal(res->u.attestation.len, TSW_ATTESTATION_LEN);
	/* libfido2 leaves out an option for which it finds no memory. */
	if (req->op == TS_TOKEN_MSG_INFO)
		assert_true(res->u.info.pin == TS_TOKEN_PIN_SET ||
		    res->u.info.pin == TS_TOKEN_PIN_NONE);
}

/*
 * Let the 1st, 2nd, ... fail until op gets through without reaching it.  Of
 * the many only every seventh: the token stores its counters on a real disk.
 */
static void
fail_each(enum ts_token_message op, long *left, long least)
{
	struct ts_token_request req = request(op);
	struct ts_token_result res;
	long n, failed = 0;
	bool reached = true;

	for (n = 0; reached; n += n < 60 ? 1 : 7) {
		assert_true(n < 5000);
		reached = run(&res, &req, left, n);
		check_result(&res, &req);
		failed += res.err != TS_OK ? 1 : 0;
	}
	assert_int_equal(res.err, TS_OK); /* the last, undisturbed one */
	assert_true(failed >= least);
	if (op == TS_TOKEN_MSG_CREATE)
		key = res.u.created;
}

/*
 * On identity keys.  CREATE is left out: a key that was made while its answer
 * was lost stays, and soon there would be no room.
 */
static void
fail_applet(long *left, long least)
{
	fail_each(TS_TOKEN_MSG_INFO, left, least);
	fail_each(TS_TOKEN_MSG_PROBE, left, least);
	fail_each(TS_TOKEN_MSG_SIGN, left, least);
	fail_each(TS_TOKEN_MSG_KEY_INFO, left, least);
	fail_each(TS_TOKEN_MSG_ATTEST, left, least);
}

static void
calls_fail(void **state)
{
	(void)state;
	if (applet) {
		fail_applet(&calls_left, 3);
		return;
	}
	fail_each(TS_TOKEN_MSG_INFO, &calls_left, 5);
	fail_each(TS_TOKEN_MSG_CREATE, &calls_left, 13);
	fail_each(TS_TOKEN_MSG_PROBE, &calls_left, 8);
	fail_each(TS_TOKEN_MSG_SIGN, &calls_left, 9);
	fail_each(TS_TOKEN_MSG_PIN_CHANGE, &calls_left, 4);
}

static void
allocations_fail(void **state)
{
	(void)state;
#ifdef FAIL_MALLOC
	if (applet) {
		fail_applet(&allocations_left, 10);
		return;
	}
	fail_each(TS_TOKEN_MSG_INFO, &allocations_left, 20);
	fail_each(TS_TOKEN_MSG_CREATE, &allocations_left, 150);
	fail_each(TS_TOKEN_MSG_PROBE, &allocations_left, 20);
	fail_each(TS_TOKEN_MSG_SIGN, &allocations_left, 150);
	fail_each(TS_TOKEN_MSG_PIN_CHANGE, &allocations_left, 150);
#else
	skip(); /* malloc belongs to the sanitizer here */
#endif
}

/* A genesis that lists the token. */
static void
make_statement(const struct tsw_token *entry)
{
	struct tsw_statement st;
	struct tsw_wr wr;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_GENESIS;
	st.time = 1767225600;
	st.u.genesis.label = soft_slice("alice");
	st.u.genesis.token[0] = *entry;
	st.u.genesis.token_cnt = 1;
	st.u.genesis.threshold = 1;
	st.u.genesis.timelock_h = TSW_TIMELOCK_DEFAULT_H;
	tsw_wr_init(&wr, statement, sizeof(statement));
	assert_int_equal(tsw_statement_encode(&wr, &st), TSW_OK);
	statement_len = tsw_wr_len(&wr);
}

static void
start_sim(void)
{
	char ready[32];
	int out[2];

	snprintf(dir, sizeof(dir), "/tmp/tsXXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(pipe(out), 0);
	sim = fork();
	assert_true(sim >= 0);
	if (sim == 0) {
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		execl(SIM, "touchstone-sim", "--dir", dir, "--foreground",
		    applet ? (char *)NULL : "--fido-only", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	assert_true(read(out[0], ready, sizeof(ready)) > 0);
	close(out[0]);
}

/* A simulator that touches itself and has a PIN; a key on it. */
static int
set_up(void **state)
{
	struct soft_token t = soft_token_new(TSW_ALG_SK_ED25519, 1);
	struct tsw_token entry = soft_token_entry(&t, "daily");
	struct ts_token_request req = {.op = TS_TOKEN_MSG_PIN_SET};
	struct ts_token_result res;
	int control;

	(void)state;
	start_sim();
	control = dial("control");
	assert_int_equal(send(control, "auto-touch on\n", 14, 0), 14);

	ts_fido2_init();
	(void)run(&res, &req, &calls_left, -1);
	assert_int_equal(res.err, TS_OK);
	close(control);
	if (applet) {
		req = request(TS_TOKEN_MSG_CREATE);
		(void)run(&res, &req, &calls_left, -1);
		assert_int_equal(res.err, TS_OK);
		key = res.u.created;
		entry.key = key.key;
	}
	make_statement(&entry);
	return 0;
}

static int
set_up_applet(void **state)
{
	applet = true;
	return set_up(state);
}

static int
tear_down(void **state)
{
	char path[64];

	(void)state;
	if (sim > 0) {
		kill(sim, SIGTERM);
		(void)waitpid(sim, NULL, 0);
	}
	sim = -1;
	snprintf(path, sizeof(path), "%s/flash", dir);
	(void)unlink(path);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(calls_fail),
	    cmocka_unit_test(allocations_fail),
	};

	return cmocka_run_group_tests_name("FIDO2", tests, set_up, tear_down) +
	    cmocka_run_group_tests_name("applet", tests, set_up_applet,
		tear_down);
}
