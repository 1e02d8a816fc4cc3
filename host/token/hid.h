/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CTAPHID reports in and out of one token (CTAP 2.1 section 11.2), for a FIDO
 * library that frames messages itself.
 *
 * In passing it sees what the library hides: the channel that INIT gives is
 * told to the agent, KEEPALIVE becomes a touch event,
 * a wish to cancel becomes a CANCEL report at once, a token that is gone or a
 * budget that is used up ends the wait.  One thread, no locks: whatever
 * happens while the token thinks is seen by the read that waits for it.
 */
#ifndef TOKEN_HID_H
#define TOKEN_HID_H

#include "token/control.h"

#define TS_HID_REPORT_LEN 64
#define TS_HID_OUT_LEN 65 /* a zero report id, then the report */

struct ts_hid {
	int fd;
	enum ts_token_transport transport;
	struct ts_control *control;
	int64_t deadline;
	bool touching;	  /* the token waits for a touch */
	bool cancel_sent; /* only its reply is waited for now */
	int cause;    /* why reading or writing failed; TS_OK: no reason yet */
	uint32_t cid; /* channel of the last request */
	uint8_t nonce[8]; /* of the last INIT */
	size_t used;	  /* bytes of a report that came in part */
	uint8_t part[TS_HID_REPORT_LEN];
};

/* fd must not block. */
void ts_hid_init(struct ts_hid *hid, int fd, enum ts_token_transport transport,
    struct ts_control *control, uint32_t budget_ms);

/*
 * Keep other programs that honour flock(2), like libfido2's own code, off a
 * hidraw node.  TS_ERR_TOKEN_BUSY after 5 s, TS_ERR_CANCELLED.
 */
int ts_hid_lock(struct ts_hid *hid) TS_MUST_CHECK;

/*
 * Have the token stop what it does for channel, which a helper that was killed
 * left behind (CTAPHID_CANCEL, CTAP 2.1 section 11.2.9.1.5).  That has no
 * answer of its own, and no effect if the token is not busy with it; a late
 * reply on that channel is passed over like any other's.  NONE does nothing.
 */
int ts_hid_disown(struct ts_hid *hid, uint32_t channel) TS_MUST_CHECK;

/*
 * One report of our channel, keepalives left out; waits.  Returns
 * TS_HID_REPORT_LEN, or -1 and hid->cause; no cause if INIT is not answered
 * within a second.
 */
int ts_hid_read(struct ts_hid *hid, uint8_t *buf, size_t len);

/*
 * After a failure to open: is it worth to try again?  If there was no answer
 * to INIT, or the token is busy with another channel, pause and forget the
 * failure, unless that is after deadline or the agent cancels meanwhile.
 */
bool ts_hid_is_retried(struct ts_hid *hid, int64_t deadline);

/* One report, with its leading id; returns TS_HID_OUT_LEN or -1 and cause. */
int ts_hid_write(struct ts_hid *hid, const uint8_t *buf, size_t len);

/*
 * Let the token of the open channel blink (CTAPHID_WINK), a command that
 * libfido2 does not have.  TS_ERR_TOKEN_UNSUPPORTED if it knows none.
 */
int ts_hid_wink(struct ts_hid *hid) TS_MUST_CHECK;

/* The operation is over: tell if the user still believes in a touch. */
void ts_hid_finish(struct ts_hid *hid);

#endif
