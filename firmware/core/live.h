/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A live code made on the device (SPEC 12.5, 9.3): the state of the one run
 * there is, and how many runs are left before somebody must touch.
 *
 * The nonce is drawn here, leaves once, and only for the other's value: who
 * began opens it for the nonce of who answered, who answered gives it for a
 * commitment.  The code never leaves but to show.h.  Nothing here talks CTAP:
 * bytes in, bytes out, and the status that the host gets.
 */
#ifndef FW_LIVE_H
#define FW_LIVE_H

#include <touchstone/wire/code.h>
#include <touchstone/wire/statement.h>

#include "rng.h"
#include "status.h"
#include "store.h"

#define FW_LIVE_RUNS 8	      /* between two touches */
#define FW_LIVE_MS 600000     /* from its beginning a run lasts ten minutes */
#define FW_LIVE_VALUE_LEN 32  /* commitment, nonce */
#define FW_LIVE_HANDLE_LEN 32 /* token id of the key that confirms */

enum fw_live_state {
	FW_LIVE_IDLE,
	FW_LIVE_COMMITTED, /* A: sent c, waits for r_B */
	FW_LIVE_ANSWERED,  /* B: sent r_B, waits for r_A */
	FW_LIVE_SHOWN	   /* the code is known */
};

/* Both parties as the host tells them; labels are views into its request. */
struct fw_live_pair {
	struct tsw_live_party self, peer;
};

struct fw_live {
	enum fw_live_state state;
	uint64_t deadline;
	uint8_t handle[FW_LIVE_HANDLE_LEN];
	struct fw_live_pair pair; /* labels are in label */
	uint8_t label[2][TSW_LABEL_MAX];
	uint8_t commitment[FW_LIVE_VALUE_LEN];
	uint8_t secret_nonce[TSW_LIVE_NONCE_LEN]; /* until it is opened */
	char secret_code[TSW_LIVE_DIGITS + 1];	  /* once it is known */
};

/* What a run needs of the token. */
struct fw_live_env {
	struct fw_rng *rng;
	struct fw_store *store;
	uint64_t now; /* milliseconds */
};

/* FW_ST_LIVE_PARTY unless both are an m of two different identities that
 * name the same checkpoint. */
enum fw_status fw_live_pair_decode(struct fw_live_pair *out,
    struct tsw_slice self, struct tsw_slice peer);

/* Runs left before a touch; 0 if what is stored is no such number. */
unsigned int fw_live_runs(const struct fw_store *s);
/* Somebody touched the token: FW_LIVE_RUNS again; durable on return. */
void fw_live_refill(struct fw_store *s);

/*
 * Begin as A: out is the commitment.  LIVE_BUSY outside IDLE, LIVE_BUDGET
 * with no run left; the run is taken, and that durable, before there is an
 * out.
 */
enum fw_status fw_live_begin(struct fw_live *l, uint8_t out[FW_LIVE_VALUE_LEN],
    const struct fw_live_env *env, const struct fw_live_pair *pair);
/* Begin as B, who was sent commitment: out is the nonce. */
enum fw_status fw_live_answer(struct fw_live *l, uint8_t out[FW_LIVE_VALUE_LEN],
    const struct fw_live_env *env, const struct fw_live_pair *pair,
    const uint8_t commitment[FW_LIVE_VALUE_LEN]);
/*
 * Take the other's nonce; the code is known then.  Who began opens: *opens is
 * true and out the nonce that it committed to.  LIVE_EARLY outside COMMITTED
 * and ANSWERED; LIVE_COMMITMENT, which ends the run, if the value does not open
 * what A committed to.
 */
enum fw_status fw_live_open(struct fw_live *l, bool *opens,
    uint8_t out[FW_LIVE_VALUE_LEN], const uint8_t value[FW_LIVE_VALUE_LEN]);
/* Whether this confirmation says what the run was about: LIVE_EARLY if no code
 * is shown, LIVE_PARTY if it says anything else. */
enum fw_status fw_live_check(const struct fw_live *l,
    const struct tsw_confirm *confirm);
/* Forget the run; none is no error. */
void fw_live_end(struct fw_live *l);
/* Time passed. */
void fw_live_tick(struct fw_live *l, uint64_t now);

#endif
