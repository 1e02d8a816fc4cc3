/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CTAP2 commands on one token, one after the other.
 *
 * Input: length u16, request of that length, and so on.  The top bits of the
 * length say more: 0x8000 no touch comes, 0x4000 another channel, 0x2000 time
 * passes first, 0x1000 power cycle first.  The token has a PIN, discoverable
 * credentials of "a.example", a pinUvAuthToken in use that is all zeros, and a
 * key agreement key of all ones, so that inputs can carry right MACs and
 * ciphertexts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctapclient.h"
#include "memboard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct fw_ctap2 c;
static struct ctapclient client;
static uint8_t prepared[MEMBOARD_FLASH_LEN];
static bool is_prepared;

static void
make(const char *user)
{
	struct ctapclient_cmd cmd = {.rp = "a.example",
	    .user = user,
	    .rk = true,
	    .hmac = true};
	uint8_t id[FW_CRED_ID_LEN];

	if (ctapclient_make(&client, id, &cmd) != FW_CTAP_OK)
		abort();
}

static void
start(void)
{
	fw_ctap2_init(&c, memboard.millis, FW_PROFILE_FULL);
	ctapclient_init(&client, &c);
}

static void
prepare(void)
{
	start();
	make("alice");
	make("bob");
	if (ctapclient_set_pin(&client, FW_PINPROTO_TWO, "1234") != FW_CTAP_OK)
		abort();
	memcpy(prepared, memboard.flash, sizeof(prepared));
	is_prepared = true;
}

static void
use_known_secrets(void)
{
	fw_puat_begin(&c.puat, &c.rng, FW_PINPROTO_TWO, memboard.millis);
	memset(c.puat.secret_token, 0, sizeof(c.puat.secret_token));
	c.puat.permissions = FW_PERM_MC | FW_PERM_GA | FW_PERM_CM;
	memset(c.ka.secret_scalar, 1, sizeof(c.ka.secret_scalar));
	if (fw_p256_public(c.ka.point, c.ka.secret_scalar) != FW_OK)
		abort();
}

static void
command(struct tsw_rd *rd)
{
	uint32_t counter = c.counter;
	uint16_t head = tsw_rd_u16(rd);
	size_t len = head & 0xfff;

	if ((head & 0x1000) != 0) {
		start();
		use_known_secrets();
	}
	if ((head & 0x2000) != 0)
		memboard.millis += 29000;
	fw_ctap2_tick(&c, memboard.millis);
	client.cid = (head & 0x4000) != 0 ? 2 : 1;
	client.touch = (head & 0x8000) != 0 ? FW_TOUCH_TIMEOUT : FW_TOUCH_GIVEN;
	if (len > rd->left)
		len = rd->left;
	(void)ctapclient_send(&client, tsw_rd_view(rd, len), len);
	if (c.counter < counter)
		abort();
}

static void
run(void *arg)
{
	struct tsw_rd *rd = arg;

	if (!is_prepared)
		prepare();
	memcpy(memboard.flash, prepared, sizeof(prepared));
	start();
	use_known_secrets();
	while (rd->left > 0)
		command(rd);
	start(); /* what was written can be read */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tsw_rd rd;

	memboard_reset();
	tsw_rd_init(&rd, data, len);
	if (memboard_run(run, &rd, 0, MEMBOARD_CUT_ALL) != MEMBOARD_DONE)
		abort(); /* bad input never stops the token */
	return 0;
}
