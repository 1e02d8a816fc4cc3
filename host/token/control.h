/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper's end of the control socket: one request in, events and one
 * result out, and at any time the wish to stop.
 *
 * Once the request is there, two threads may use it at once: frames go out
 * whole, and none after the result.
 */
#ifndef TOKEN_CONTROL_H
#define TOKEN_CONTROL_H

#include "token/proto.h"

#include <pthread.h>
#include <stdatomic.h>

struct ts_control {
	int fd;
	atomic_bool cancelled; /* asked to stop, or nobody is there any more */
	pthread_mutex_t lock;  /* of what follows, and of sending */
	bool ended;	       /* the result went out */
	bool touching;	       /* TOUCH_NEEDED was the last event */
	size_t used;
	uint8_t buf[TS_TOKEN_FRAME_MAX]; /* the request stays here */
};

void ts_control_init(struct ts_control *control, int fd);

/*
 * Wait up to ms for the request; views of *out point into control->buf, which
 * is not reused.  TS_ERR_CANCELLED if the other side closed, TS_ERR_IO if
 * nothing came in time, or the error of decoding.
 */
int ts_control_request(struct ts_control *control, struct ts_token_request *out,
    int ms) TS_MUST_CHECK;

/*
 * See without waiting whether to stop: CANCEL, end of file, and anything else
 * that has no place after a request.  Returns control->cancelled.
 */
bool ts_control_is_cancelled(struct ts_control *control);

/* TOUCH_NEEDED or TOUCH_DONE; dropped if the other side does not read. */
void ts_control_event(struct ts_control *control, enum ts_token_message id);

/* The event, if that is news. */
void ts_control_touch(struct ts_control *control, bool touching);
bool ts_control_is_touching(struct ts_control *control);

/* CHANNEL, dropped likewise. */
void ts_control_channel(struct ts_control *control, uint32_t channel);

/* READERS, waiting up to 5 s for room. */
int ts_control_readers(struct ts_control *control,
    const struct ts_token_readers *readers) TS_MUST_CHECK;

/* The last frame.  TS_ERR_ALREADY if another thread sent it. */
int ts_control_result(struct ts_control *control,
    const struct ts_token_result *res) TS_MUST_CHECK;

#endif
