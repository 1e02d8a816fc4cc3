/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * People with a store and software tokens, who share a folder directory, and
 * a clock that the test sets.  Everything aborts on failure.
 */
#ifndef TESTS_UNIT_LIBWORLD_H
#define TESTS_UNIT_LIBWORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <touchstone/alert.h>
#include <touchstone/code.h>
#include <touchstone/contact.h>
#include <touchstone/courier.h>
#include <touchstone/describe.h>
#include <touchstone/directory.h>
#include <touchstone/draft.h>
#include <touchstone/export.h>
#include <touchstone/keyfile.h>
#include <touchstone/monitor.h>
#include <touchstone/own.h>
#include <touchstone/queue.h>

#include "softtoken.h"

#define WORLD_TOKENS 4
#define WORLD_START 1800000000 /* seconds: where the clock starts */

struct person {
	struct ts_store *store;
	char path[128];
	const char *label;
	struct soft_token token[WORLD_TOKENS];
	uint32_t counter;
	uint32_t plugged; /* bit i: token i is there to sign */
};

extern uint64_t world_now;

/* A fresh folder; world_end removes it. */
void world_begin(void);
void world_end(void);
const char *world_path(char out[128], const char *name);
const char *world_url(void);
/* People made from now on use a directory with a log. */
void world_use_log(const char *log_url, const char *log_policy,
    struct ts_courier by);

/* A store, initialised; seed makes the keys; all tokens plugged in. */
struct person *person_new(const char *label, uint8_t seed);
void person_free(struct person *p);
/* Give the store the courier of world_use_log(). */
void person_connect(struct person *p);
/* Close and open again; the result of opening. */
int person_reopen(struct person *p);
/* Token i as the library takes it, with a credential id. */
struct ts_token person_token(const struct person *p, size_t i,
    const char *name);
/* Provision with the first cnt tokens, and publish. */
void person_provision(struct person *p, size_t cnt);
/* Sign the draft with one token; the library's result. */
int person_sign_with(struct person *p, size_t i, bool *complete);
/* Sign all that waits with every plugged token, and publish. */
void person_sign(struct person *p);
/* Queue an ssh key made from seed. */
void person_add_key(struct person *p, const char *device, uint8_t seed);
/* Add other as a contact, and confirm it by public code with token i. */
void person_add(struct person *p, const struct person *other);
void person_verify(struct person *p, const struct person *other, size_t i);
/* Signature by token i as bytes; returns the length. */
size_t person_sig(struct person *p, size_t i, enum tsw_ns ns,
    struct tsw_slice msg, uint8_t out[TSW_SSHSIG_MAX]);
/* An ssh-ed25519 key; buf holds the blob. */
struct tsw_key world_ssh_key(uint8_t buf[64], const char *device, uint8_t seed);

/* Open alerts with this code about label ("": the own identity). */
size_t count_alerts(struct person *p, enum ts_alert_code code,
    const char *label);
size_t count_all_alerts(struct person *p);
/* Close all open alerts. */
void close_alerts(struct person *p);

/*
 * Alice, and bob with an ssh key on "laptop", both with two tokens; alice has
 * verified bob.
 */
#define BOB "bob@example.org"
void world_pair(struct person **alice, struct person **bob);
void world_people(struct person **alice, struct person **bob);

/* An update that adds a key and follows chain, signed by signer. */
size_t world_update(uint8_t out[TSW_ENVELOPE_MAX],
    const struct tsw_chain *chain, const char *device,
    const struct soft_token *signer);
/* The chain of label as it is after record 0. */
struct tsw_chain world_past(const char *label);

/* Files of a label in the directory. */
void record_path(char out[256], const char *label, uint32_t number);
size_t record_read(uint8_t *buf, size_t size, const char *label,
    uint32_t number);
void record_write(const char *label, uint32_t number, const uint8_t *p,
    size_t len);
void record_remove(const char *label, uint32_t number);
size_t record_count(const char *label);

#endif
