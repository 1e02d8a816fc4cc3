/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A second thread that ends the process when the first one is stuck in a call
 * that nothing can stop: SCardTransmit while a card waits for a touch, or
 * pcscd that answers no more.
 *
 * It looks at the control socket and the clock.  When somebody wants to stop,
 * or a call takes longer than it may, it gives the first thread a moment to do
 * so itself, then sends the result in its place and ends the process.
 */
#ifndef TOKEN_WATCHDOG_H
#define TOKEN_WATCHDOG_H

#include "token/control.h"

#include <semaphore.h>

struct ts_watchdog {
	struct ts_control *control;
	pthread_mutex_t lock;	  /* of the rest */
	enum ts_token_message op; /* of the request */
	int64_t budget;		  /* moment by which all has to be over */
	uint32_t calls;		  /* that were begun */
	int64_t limit;	  /* moment by which this one has to; 0: none is */
	int64_t touch_at; /* moment when it is taken for a touch; 0: never */
	int late;	  /* the result if it is not over */
	bool guessed;	  /* ... and it may be one */
	sem_t ready;	  /* the thread runs */
};

/*
 * Start the thread; back when it needs no more than the sandbox allows.  Until
 * ts_watchdog_request() a result is for INFO, and there is no budget.
 */
int ts_watchdog_start(struct ts_watchdog *dog,
    struct ts_control *control) TS_MUST_CHECK;

void ts_watchdog_request(struct ts_watchdog *dog,
    const struct ts_token_request *req);

/* A call begins that may take ms, 0: the budget; or late is the result. */
void ts_watchdog_begin(struct ts_watchdog *dog, uint32_t ms, int late);
/* After 400 ms it is taken to wait for a touch; it may take the budget. */
void ts_watchdog_touch(struct ts_watchdog *dog);
/* It is over; so is a touch that was guessed. */
void ts_watchdog_end(struct ts_watchdog *dog);

/* Milliseconds left of the budget. */
int ts_watchdog_left(struct ts_watchdog *dog);

#endif
