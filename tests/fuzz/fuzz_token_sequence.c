/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any sequence of commands, touches, power cuts and silences, against a model.
 *
 * Input: steps of three bytes, what, a and b; what modulo the number of steps
 * in enum step below.  FINGER, AUTH and CUT are about the next command.  What
 * must hold is in tokenmodel.h: no fork, counters that rise, no signature
 * without a touch of its own, without PIN or without noise, and after each
 * command the token in the state of the model, whatever was refused or cut.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sequence.h"

#define STEPS_MAX 60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum step {
	PLUG,
	SET_PIN,
	CHANGE_PIN,
	TOKEN,
	CREATE,
	GENESIS,
	UPDATE,
	REPEAT,
	CONFIRM,
	IMPORT,
	FORGET,
	ATTEST,
	LIVE_BEGIN,
	LIVE_ANSWER,
	LIVE_OPEN,
	LIVE_CONFIRM,
	LIVE_END,
	MAKE,
	ASSERT,
	RESET,
	GARBAGE,
	REPORT,
	NOISE,
	TIME,
	FINGER,
	AUTH,
	CUT,
	STEPS_CNT
};

/* A request of bytes from the input; no status of it matters. */
static void
act_garbage(void *arg)
{
	const struct tsw_slice *s = arg;

	(void)rig_send(s->p, s->len);
}

/* Half a command that could change something is none. */
static void
garbage(const uint8_t *p, size_t left, uint8_t a)
{
	struct tsw_slice s = {p, a % 64 < left ? a % 64 : left};

	if (s.len == 0 || s.p[0] == FW_CTAP2_RESET ||
	    s.p[0] == FW_CTAP2_SELECTION || seq.now.deaf ||
	    memboard.noise != MEMBOARD_NOISE_GOOD ||
	    s.p[0] == TSW_APPLET_LIVE_END)
		return;
	rig.touch = RIG_NONE;
	if (memboard_run(act_garbage, &s, 0, MEMBOARD_CUT_ALL) != MEMBOARD_DONE)
		model_fail("halted by garbage");
	rig.touch = RIG_TOUCH;
}

static void
report(uint8_t a, uint8_t b)
{
	uint8_t r[HAL_HID_REPORT_LEN] = {0};

	memcpy(r, rig.cid, 4);
	r[4] = a;
	r[5] = b >> 6;
	r[6] = b;
	if (a == (0x80 | FW_CTAPHID_CBOR))
		return;
	rig_report(r);
	rig_settle();
	rig_wait_ms(1000);
	memboard.out_cnt = 0;
}

static void
prepare_next(enum step what, uint8_t a, uint8_t b)
{
	static const enum memboard_cut cuts[] = {MEMBOARD_CUT_NOTHING,
	    MEMBOARD_CUT_BEGUN, MEMBOARD_CUT_PART, MEMBOARD_CUT_PART,
	    MEMBOARD_CUT_PART, MEMBOARD_CUT_WEAK, MEMBOARD_CUT_ALL};

	switch ((unsigned int)what) {
	case NOISE:
		memboard.noise =
		    a % 4 == 0 ? MEMBOARD_NOISE_STUCK : MEMBOARD_NOISE_GOOD;
		break;
	case TIME:
		rig_wait_ms((uint64_t)a * 100);
		break;
	case FINGER:
		rig.touch = (enum rig_touch)(a % (RIG_UNPLUG + 1));
		break;
	case AUTH:
		seq.auth = (enum seq_auth)(a % (SEQ_AUTH_BAD + 1));
		break;
	case CUT:
		seq.cut_at = 1 + a % 48;
		seq.cut = cuts[b % (sizeof(cuts) / sizeof(cuts[0]))];
		memboard.cut_seed = (uint64_t)b << 8 | a;
		break;
	default:
		break;
	}
}

static void
key_step(enum step what, uint8_t a, uint8_t b)
{
	switch ((unsigned int)what) {
	case CREATE:
		seq_create(a, b);
		break;
	case GENESIS:
		seq_genesis(a, b);
		break;
	case UPDATE:
		seq_update(a, b);
		break;
	case REPEAT:
		seq_repeat(a);
		break;
	case CONFIRM:
		seq_confirm(a, b);
		break;
	case IMPORT:
		seq_import(a, b);
		break;
	case FORGET:
		seq_forget(a);
		break;
	case ATTEST:
		seq_attest(a);
		break;
	default:
		break;
	}
}

static void
other_step(enum step what, uint8_t a, uint8_t b)
{
	switch ((unsigned int)what) {
	case PLUG:
		seq_plug();
		break;
	case SET_PIN:
		seq_set_pin(a);
		break;
	case CHANGE_PIN:
		seq_change_pin(a, b);
		break;
	case TOKEN:
		seq_token(a);
		break;
	case LIVE_BEGIN:
		seq_live_begin(a, b);
		break;
	case LIVE_ANSWER:
		seq_live_answer(a, b);
		break;
	case LIVE_OPEN:
		seq_live_open(b);
		break;
	case LIVE_CONFIRM:
		seq_live_confirm(b);
		break;
	case LIVE_END:
		seq_live_end(a);
		break;
	case MAKE:
		seq_make(a);
		break;
	case ASSERT:
		seq_assert(a);
		break;
	case RESET:
		seq_reset();
		break;
	default:
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum step what;
	size_t i, n = 0;

	memset(&seq, 0, sizeof(seq));
	rig_new();
	model_new(&seq.now);
	for (i = 0; i + 3 <= len && n < STEPS_MAX; i += 3, n++) {
		what = (enum step)(data[i] % STEPS_CNT);
		if (what >= NOISE) {
			prepare_next(what, data[i + 1], data[i + 2]);
			continue;
		}
		if (what == GARBAGE)
			garbage(data + i + 3, len - i - 3, data[i + 1]);
		else if (what == REPORT)
			report(data[i + 1], data[i + 2]);
		else if (what >= CREATE && what <= ATTEST)
			key_step(what, data[i + 1], data[i + 2]);
		else
			other_step(what, data[i + 1], data[i + 2]);
		rig.touch = RIG_TOUCH;
		seq.auth = SEQ_AUTH_GOOD;
		seq.cut_at = 0;
		seq_compare();
	}
	return 0;
}
