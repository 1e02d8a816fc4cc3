/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key on a simulated token, and the ways to have it sign: by libfido2 in
 * this process on a connection that stays open, and by a fresh helper.  Ends
 * the program on failure.
 */
#ifndef TESTS_BENCH_RIG_H
#define TESTS_BENCH_RIG_H

#include "token/client.h"
#include "token/fido2.h"

#include "bench.h"

#define RIG_PATH_MAX 108 /* sun_path of struct sockaddr_un */

enum rig_what {
	RIG_TOUCH = 0, /* a confirmation: touch, no PIN */
	RIG_PIN = 1    /* an update of the chain: touch and PIN */
};

struct rig {
	const char *helper; /* path of touchstone-token */
	const char *pin;
	char path[RIG_PATH_MAX]; /* DIR/hid */
	struct ts_token_created key;
	uint8_t statement[2][TSW_STATEMENT_MAX];
	struct ts_token_request req[2]; /* by enum rig_what */
	int control_peer;		/* the other end of control.fd */
	struct ts_control control;
	struct ts_hid hid;
	struct ts_link link;
	struct ts_fido2 *session; /* the warm connection */
};

/* A connected stream socket. */
int rig_connect(const char *path);

/* Set the PIN of the fresh token in dir and make a key on it. */
void rig_begin(struct rig *rig, const char *dir, const char *helper,
    const char *pin);
void rig_end(struct rig *rig);

/* Connect, INIT, getInfo; the first half of every helper's work. */
void rig_open(struct rig *rig);
void rig_close(struct rig *rig);

/* Sign on the warm connection; *check gets the time of our own checks. */
void rig_warm(struct rig *rig, struct bench_samples *token,
    struct bench_samples *check, enum rig_what what);

/* The same by a fresh helper, from connecting to reaping. */
void rig_fresh(struct rig *rig, enum rig_what what);

/* Start a program with one argument (or NULL), wait until it ends with 0. */
void rig_spawn(const char *program, const char *argument);

#endif
