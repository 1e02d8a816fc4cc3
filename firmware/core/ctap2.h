/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CTAP 2.1 commands: a request in, a response out.
 *
 * A command that needs a touch stops half-way: fw_ctap2_start() returns
 * FW_CTAP_WAIT_TOUCH, the caller watches button, cancel and time, and
 * fw_ctap2_finish() does the rest.  One command is under way at a time; its
 * request must stay in place until it is finished or aborted.
 *
 * Choices, most where the standard leaves one:
 * - no touch within 30 s is CTAP2_ERR_USER_ACTION_TIMEOUT; sections 6.1.2 and
 *   6.2.2 say CTAP2_ERR_OPERATION_DENIED, which is also for who declines;
 * - the signature counter is one for the whole token, durable before the
 *   signature leaves, and goes on after a reset;
 * - any other CTAP2 command, on any channel, ends a getNextAssertion series
 *   and a walk of credentialManagement;
 * - authenticatorReset wants a touch of FW_TOKEN_LONG_TOUCH_MS;
 * - the rpId "touchstone:" is CTAP2_ERR_NOT_ALLOWED in both credential
 * commands: it belongs to the statement applet (applet.h).
 */
#ifndef FW_CTAP2_H
#define FW_CTAP2_H

#include <stdbool.h>

#include "applet_req.h"
#include "cred.h"
#include "ctap2_req.h"
#include "hal.h"
#include "live.h"
#include "pin.h"
#include "pinproto.h"
#include "puat.h"
#include "rng.h"
#include "show.h"
#include "status.h"
#include "store.h"
#include "words.h"

/* Longest response: an assertion with user, hmac-secret and credential. */
#define FW_CTAP2_RSP_MAX 1024
#define FW_CTAP2_TOUCH_MS 30000
#define FW_CTAP2_GRANT_MS 3000
/* The channel of the smartcard reader: CTAPHID gives no such. */
#define FW_CTAP2_CID_CARD 0
#define FW_CTAP2_RESET_WINDOW_MS 10000
#define FW_CTAP2_NEXT_MS 30000
#define FW_CTAP2_LIST_MAX_CNT 64 /* allowList, excludeList */
#define FW_AAGUID_LEN 16

enum fw_ctap2_cmd {
	FW_CTAP2_MAKE_CREDENTIAL = 0x01,
	FW_CTAP2_GET_ASSERTION = 0x02,
	FW_CTAP2_GET_INFO = 0x04,
	FW_CTAP2_CLIENT_PIN = 0x06,
	FW_CTAP2_RESET = 0x07,
	FW_CTAP2_GET_NEXT_ASSERTION = 0x08,
	FW_CTAP2_CREDENTIAL_MANAGEMENT = 0x0a,
	FW_CTAP2_SELECTION = 0x0b,
	/* Its number before CTAP 2.1; requests and answers are the same.
	 * libfido2 1.12 and OpenSSH know no other, whatever getInfo says. */
	FW_CTAP2_CREDENTIAL_MANAGEMENT_PRE = 0x41
};

/* What a token is built as. */
enum fw_profile {
	FW_PROFILE_FULL,     /* with the statement applet */
	FW_PROFILE_FIDO_ONLY /* without; "touchstone:" is a name like others */
};

/* Why the token refuses all but a few commands (SPEC 12.7). */
enum fw_fault { FW_FAULT_NONE, FW_FAULT_ENTROPY, FW_FAULT_STORE };

/* Why a touch is waited for. */
enum fw_op_kind {
	FW_OP_NONE,
	FW_OP_SELECTION,
	FW_OP_RESET,
	FW_OP_PROBE,	/* empty pinUvAuthParam: choose a token by touch */
	FW_OP_EXCLUDED, /* a credential of the exclude list is here */
	FW_OP_MAKE,
	FW_OP_ASSERT,
	FW_OP_APPLET,
	FW_OP_CARD, /* a command of an applet of the card (apdu.h) */
	FW_OP_U2F   /* a U2F request (u2f.h), which the host sends again */
};

enum fw_touch {
	FW_TOUCH_GIVEN,
	FW_TOUCH_TIMEOUT,
	FW_TOUCH_HELD, /* time-out, and the button was never seen up */
	FW_TOUCH_CANCELLED
};

/*
 * The command that waits for a touch.  One that the host polls (U2F, and FIDO2
 * on a card if the host wants that) is answered only when it asks again: what
 * became of the touch is kept for FW_CTAP2_GRANT_MS, for this command alone.
 */
struct fw_op {
	enum fw_op_kind kind;
	uint32_t cid; /* of the channel it came on */
	bool shown;   /* the board was told to ask */
	bool polled;
	bool decided; /* polled: touch says what became of it */
	enum fw_touch touch;
	uint8_t u2f_hash[32]; /* of the request and its channel */
	uint64_t deadline;
	enum hal_led led;	 /* what the board shows while it waits */
	char text[FW_WORDS_MAX]; /* and writes, if it has a display */
	bool uv;
	struct fw_mc_req mc;
	struct fw_ga_req ga;
	struct fw_applet_req applet;
	/* Decoded from applet.  Here, not on the stack: with 1.8 KB it is what
	 * the deepest call would have to carry. */
	struct tsw_statement statement;
};

/* What a series of assertions needs beyond its first. */
struct fw_series {
	uint32_t left; /* assertions still to give; 0: no series */
	uint32_t cid;
	uint64_t deadline;
	uint32_t before; /* age of the credential given last */
	uint8_t flags;
	uint8_t client_hash[32];
	uint8_t rp_hash[FW_RP_HASH_LEN];
	struct fw_hmac_salts salts;
};

enum fw_listing_kind { FW_LISTING_NONE, FW_LISTING_RPS, FW_LISTING_CREDS };

/* Where a walk of credentialManagement is. */
struct fw_listing {
	enum fw_listing_kind kind;
	uint32_t left;
	uint32_t cid;
	uint64_t deadline;
	unsigned int slot; /* RPS: to look at next */
	uint32_t before;   /* CREDS: age of the one given last */
	uint8_t rp_hash[FW_RP_HASH_LEN];
};

struct fw_ctap2 {
	enum fw_profile profile;
	enum fw_fault fault;
	uint64_t now;
	uint64_t power_up;
	uint32_t counter;
	uint8_t secret_device[FW_DEVICE_SECRET_LEN];
	struct fw_store store;
	struct fw_rng rng;
	struct fw_pin pin;
	struct fw_ka ka;
	struct fw_puat puat;
	struct fw_op op;
	struct fw_series series;
	struct fw_listing listing;
	struct fw_live live;
	struct fw_show show;
};

/*
 * Power-up: open the store, draw keys.  With a store it cannot read, or
 * without noise, c->fault says so, and nearly all commands will.
 */
void fw_ctap2_init(struct fw_ctap2 *c, uint64_t now, enum fw_profile profile);
/* Time passed. */
void fw_ctap2_tick(struct fw_ctap2 *c, uint64_t now);
/*
 * Run a request (command byte and CBOR) that came on channel cid.  Writes the
 * whole response including its status byte to rsp, or returns
 * FW_CTAP_WAIT_TOUCH and has written nothing.
 */
enum fw_status fw_ctap2_start(struct fw_ctap2 *c, struct tsw_wr *rsp,
    uint32_t cid, struct tsw_slice req);
enum fw_status fw_ctap2_finish(struct fw_ctap2 *c, struct tsw_wr *rsp,
    enum fw_touch touch);
/*
 * Run a request beside a command of another channel that is under way:
 * authenticatorGetInfo, by which hosts tell what a device is; all else is
 * CTAP1_ERR_CHANNEL_BUSY.
 */
enum fw_status fw_ctap2_beside(struct fw_ctap2 *c, struct tsw_wr *rsp,
    uint32_t cid, struct tsw_slice req);
/* The host gave the command up; no response is wanted. */
void fw_ctap2_abort(struct fw_ctap2 *c);
/* A command is under way. */
bool fw_ctap2_is_busy(const struct fw_ctap2 *c);
/* And wants a touch: nothing has become of it yet. */
bool fw_ctap2_is_waiting(const struct fw_ctap2 *c);
/* What became of the touch for a command that is polled. */
void fw_ctap2_decide(struct fw_ctap2 *c, enum fw_touch touch);
/* Mix fresh noise in, before anything that draws or signs. */
void fw_ctap2_reseed(struct fw_ctap2 *c);
/* It waits for something that cannot be undone: the touch must be long. */
bool fw_ctap2_wants_long_touch(const struct fw_ctap2 *c);

/* Commands, each in its file.  They append to rsp after the status byte. */
enum fw_status fw_client_pin(struct fw_ctap2 *c, struct tsw_wr *rsp,
    struct tsw_slice req);
enum fw_status fw_make_start(struct fw_ctap2 *c, struct tsw_slice req);
enum fw_status fw_make_finish(struct fw_ctap2 *c, struct tsw_wr *rsp);
enum fw_status fw_assert_start(struct fw_ctap2 *c, struct tsw_wr *rsp,
    struct tsw_slice req);
enum fw_status fw_assert_finish(struct fw_ctap2 *c, struct tsw_wr *rsp);
enum fw_status fw_assert_next(struct fw_ctap2 *c, struct tsw_wr *rsp,
    uint32_t cid);
enum fw_status fw_cred_mgmt(struct fw_ctap2 *c, struct tsw_wr *rsp,
    uint32_t cid, struct tsw_slice req);
/* True if the request goes on with a walk. */
bool fw_cred_mgmt_continues(struct tsw_slice req);
void fw_get_info(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid);

/* Helpers of the commands. */
extern const uint8_t fw_aaguid[FW_AAGUID_LEN];
enum fw_status fw_ctap2_wait(struct fw_ctap2 *c, enum fw_op_kind kind);
/*
 * The part of both credential commands that looks at pinUvAuthParam: *uv tells
 * whether the user was verified for this relying party.
 */
enum fw_status fw_ctap2_check_uv(struct fw_ctap2 *c, bool *uv,
    const struct fw_common_req *req, enum fw_permission perm);
/* The name of the statement applet's keys, where there is an applet: no
 * credential has it, and none is looked for. */
bool fw_ctap2_is_reserved(const struct fw_ctap2 *c, struct tsw_slice rp_id);
/* Next value of the signature counter, durable. */
uint32_t fw_ctap2_count(struct fw_ctap2 *c);
/* The same, with another record (NULL: none) changed in one step: c->counter
 * is the new value.  FW_ERR_FULL: nothing was changed. */
int fw_ctap2_count_with(struct fw_ctap2 *c,
    const struct fw_store_item *also) FW_MUST_CHECK;
/* The credential with this id, if it is valid for rp_hash and, where it must
 * be, in the store; *slot is -1 for one that is not discoverable. */
int fw_ctap2_cred(struct fw_cred *cred, int *slot, const struct fw_ctap2 *c,
    struct tsw_slice id, const uint8_t rp_hash[FW_RP_HASH_LEN]) FW_MUST_CHECK;

/* hmac-secret: decrypt the salts of a request; write the extension's output. */
enum fw_status fw_hmac_salts_open(struct fw_hmac_salts *salts,
    const struct fw_ka *ka, const struct fw_hmac_req *req);
void fw_hmac_write(struct tsw_wr *wr, struct fw_ctap2 *c,
    const struct fw_hmac_salts *salts, const struct fw_cred *cred, bool uv);

#endif
