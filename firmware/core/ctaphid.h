/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CTAPHID (CTAP 2.1 section 11.2): 64-byte reports in, messages out, and back.
 *
 * A pure state machine: it is fed reports and the time and yields reports and
 * at most one request at a time.  It does no input or output, so a board, a
 * test and a fuzzer drive the same functions:
 *
 *	while (fw_ctaphid_can_rx(h) && (a report came))
 *		fw_ctaphid_rx(h, report, now);
 *	fw_ctaphid_tick(h, now);
 *	if (fw_ctaphid_request(h, &req))
 *		... work, then fw_ctaphid_reply() or fw_ctaphid_error() ...
 *	while (fw_ctaphid_tx(h, report))
 *		(send it)
 *
 * state | on its own channel          | on another channel
 * ------+-----------------------------+---------------------------
 * IDLE  | starts a message            | starts a message
 * RECV  | CONT goes on; INIT resyncs; | ERR_CHANNEL_BUSY; CONT is
 *       | other command: ERR_SEQ      | ignored
 * BUSY, | INIT aborts; CANCEL noted   | ERR_CHANNEL_BUSY; CONT and
 * SEND  | while BUSY; CONT is ignored;| CANCEL are ignored
 *       | other: ERR_CHANNEL_BUSY     |
 *
 * INIT on the broadcast channel is answered in every state and disturbs none.
 * Nothing is ever sent that was not asked for.
 */
#ifndef FW_CTAPHID_H
#define FW_CTAPHID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FW_CTAPHID_REPORT_LEN 64
#define FW_CTAPHID_INIT_DATA_LEN 57 /* after cid, command, count */
#define FW_CTAPHID_CONT_DATA_LEN 59 /* after cid, sequence */
/* One initial and 128 continuation packets (section 11.2.4). */
#define FW_CTAPHID_MSG_MAX 7609
#define FW_CTAPHID_PACKET_TIMEOUT_MS 500
#define FW_CTAPHID_KEEPALIVE_MS 80 /* the standard wants at most 100 */

enum fw_ctaphid_cmd {
	FW_CTAPHID_PING = 0x01,
	FW_CTAPHID_MSG = 0x03, /* U2F */
	FW_CTAPHID_INIT = 0x06,
	FW_CTAPHID_WINK = 0x08,
	FW_CTAPHID_CBOR = 0x10,
	FW_CTAPHID_CANCEL = 0x11,
	FW_CTAPHID_KEEPALIVE = 0x3b,
	FW_CTAPHID_ERROR = 0x3f
};

enum fw_ctaphid_err {
	FW_CTAPHID_ERR_INVALID_CMD = 0x01,
	FW_CTAPHID_ERR_INVALID_LEN = 0x03,
	FW_CTAPHID_ERR_INVALID_SEQ = 0x04,
	FW_CTAPHID_ERR_MSG_TIMEOUT = 0x05,
	FW_CTAPHID_ERR_CHANNEL_BUSY = 0x06,
	FW_CTAPHID_ERR_INVALID_CHANNEL = 0x0b
};

enum fw_ctaphid_status { FW_CTAPHID_PROCESSING = 1, FW_CTAPHID_UPNEEDED = 2 };

enum fw_ctaphid_state {
	FW_CTAPHID_IDLE,
	FW_CTAPHID_RECV, /* a message is coming in */
	FW_CTAPHID_BUSY, /* a request waits or is worked on */
	FW_CTAPHID_SEND	 /* the reply is going out */
};

/* A complete WINK, CBOR or MSG message.  data stays valid until the reply. */
struct fw_ctaphid_req {
	uint32_t cid;
	enum fw_ctaphid_cmd cmd;
	const uint8_t *data;
	size_t len;
};

struct fw_ctaphid {
	enum fw_ctaphid_state state;
	uint32_t cid_first; /* channels given out: [first, first + cnt) */
	uint32_t cid_cnt;
	uint32_t cid; /* channel of the transaction */
	uint8_t cmd;
	uint8_t seq;
	bool taken;	/* BUSY: the request was handed out */
	bool cancelled; /* BUSY: CANCEL came */
	enum fw_ctaphid_status status;
	uint64_t deadline; /* RECV: next packet; BUSY: next keepalive */
	size_t len;	   /* of the message in msg */
	size_t pos;	   /* bytes received or sent of it */
	size_t aux_cnt;
	uint8_t aux[2][FW_CTAPHID_REPORT_LEN]; /* errors, INIT, keepalive */
	uint8_t msg[FW_CTAPHID_MSG_MAX];
};

/* cid_first: where channel numbers begin; random, so that a host that slept
 * through a power cycle does not hit a channel of somebody else. */
void fw_ctaphid_init(struct fw_ctaphid *h, uint32_t cid_first);

/* The host went, or begins anew: its transaction and all channels are
 * forgotten.  Their numbers are not given out again. */
void fw_ctaphid_link_reset(struct fw_ctaphid *h);

/* True if a report can be taken: earlier answers have left. */
bool fw_ctaphid_can_rx(const struct fw_ctaphid *h);
void fw_ctaphid_rx(struct fw_ctaphid *h,
    const uint8_t report[FW_CTAPHID_REPORT_LEN], uint64_t now);
/* Time passed: packet timeout, keepalive. */
void fw_ctaphid_tick(struct fw_ctaphid *h, uint64_t now);
/* Take the next report to send; false if there is none. */
bool fw_ctaphid_tx(struct fw_ctaphid *h, uint8_t report[FW_CTAPHID_REPORT_LEN]);

/* Take the request, once; false if there is none. */
bool fw_ctaphid_request(struct fw_ctaphid *h, struct fw_ctaphid_req *req);
/* The host cancelled the request that is worked on. */
bool fw_ctaphid_cancelled(const struct fw_ctaphid *h);
/* A request was taken and still wants its reply.  False after INIT aborted
 * it: then its data is gone and no reply may be given. */
bool fw_ctaphid_wants_reply(const struct fw_ctaphid *h);
/* The keepalive of the command that is answered now, for a board to repeat. */
void fw_ctaphid_keepalive(const struct fw_ctaphid *h,
    uint8_t report[FW_CTAPHID_REPORT_LEN]);
/* What the keepalives say from now on; a change is sent at once. */
void fw_ctaphid_set_status(struct fw_ctaphid *h, enum fw_ctaphid_status status,
    uint64_t now);
/* Answer the request; data may be at most FW_CTAPHID_MSG_MAX long. */
void fw_ctaphid_reply(struct fw_ctaphid *h, const uint8_t *data, size_t len);

/* Milliseconds until fw_ctaphid_tick() has work, or UINT32_MAX. */
uint32_t fw_ctaphid_next_ms(const struct fw_ctaphid *h, uint64_t now);

#endif
