/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * U2F requests as CTAPHID has them.
 *
 * Input: requests, each after two bytes of flags and length.  Flag 1: somebody
 * touches before it, if that is asked for; flag 2: the handle of a key that is
 * there, with its site, is put where AUTHENTICATE has it.  Each response is
 * data and a status word, data only with 9000, and a signature costs a touch.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memboard.h"
#include "u2f.h"

#define TOUCHED 1
#define WITH_HANDLE 2
#define CID 7
#define HANDLE_AT (7 + 65)
#define REQUEST_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct fw_ctap2 ctap2;
static struct fw_cred cred;
static bool granted;

static void
check(bool right)
{
	if (!right)
		abort();
}

static void
power_up(void)
{
	memboard_reset();
	fw_ctap2_init(&ctap2, 1000, FW_PROFILE_FULL);
	memset(&cred, 0, sizeof(cred));
	cred.alg = FW_ALG_ES256;
	cred.protect = FW_PROTECT_NONE;
	memset(cred.rp_hash, 0xaa, sizeof(cred.rp_hash));
	fw_cred_new(&cred, &ctap2.rng, ctap2.secret_device);
	granted = false;
}

static void
request(uint8_t *p, size_t len, uint8_t flags)
{
	uint8_t out[FW_CTAP2_RSP_MAX];
	unsigned int sw;
	struct tsw_wr wr;
	size_t n;

	if ((flags & WITH_HANDLE) != 0 && len >= HANDLE_AT + FW_CRED_ID_LEN) {
		memcpy(p + 7 + 32, cred.rp_hash, sizeof(cred.rp_hash));
		memcpy(p + HANDLE_AT, cred.id, sizeof(cred.id));
	}
	if ((flags & TOUCHED) != 0 && fw_ctap2_is_waiting(&ctap2)) {
		fw_ctap2_decide(&ctap2, FW_TOUCH_GIVEN);
		granted = true;
	}
	tsw_wr_init(&wr, out, sizeof(out));
	fw_u2f_msg(&ctap2, &wr, CID, (struct tsw_slice){p, len});
	n = tsw_wr_len(&wr);
	check(n >= 2);
	sw = (unsigned int)out[n - 2] << 8 | out[n - 1];
	check(n == 2 || sw == FW_SW_OK);
	if (n > 2 + 6) { /* more than a version */
		check(granted);
		granted = false;
		check(!fw_ctap2_is_busy(&ctap2));
	}
	check(!fw_ctap2_is_busy(&ctap2) || sw == FW_SW_CONDITIONS ||
	    fw_ctap2_is_waiting(&ctap2) || ctap2.op.decided);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t p[REQUEST_MAX], flags;
	struct tsw_rd rd;
	size_t n;

	power_up();
	tsw_rd_init(&rd, data, len);
	while (rd.left > 2) {
		flags = tsw_rd_u8(&rd);
		n = tsw_rd_u8(&rd);
		if (n > rd.left)
			n = rd.left;
		tsw_rd_copy(&rd, p, n);
		request(p, n, flags);
	}
	return 0;
}
