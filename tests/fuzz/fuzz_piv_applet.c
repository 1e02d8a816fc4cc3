/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands to the PIV applet, one after the other.
 *
 * Input: length u16, INS, P1, P2, data of that length, and so on.  The top bits
 * of the length say more: 0x8000 no touch comes, 0x4000 the management key was
 * proven, 0x2000 time passes first, 0x1000 power cycle and SELECT first.  9A
 * has a P-256 key that wants a touch, 9C an Ed25519 key that wants the PIN each
 * time, 9D an X25519 key that wants it once, 9E a P-256 key that wants nothing.
 *
 * What must hold: no answer is longer than it may be, nobody has the management
 * key who did not prove it, and a key that wants PIN or touch answers to nobody
 * else.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memboard.h"
#include "piv_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct fw_ctap2 c;
static struct fw_piv piv;
static struct fw_applet applet;
static uint8_t prepared[MEMBOARD_FLASH_LEN];
static uint8_t answer[FW_CARD_DATA_MAX];
static bool is_prepared, proven, verified;

static void
check(bool right)
{
	if (!right)
		abort();
}

static void
plug(void)
{
	struct tsw_wr wr;

	fw_piv_init(&piv, &c);
	applet = fw_piv_applet(&piv);
	proven = verified = false;
	tsw_wr_init(&wr, answer, sizeof(answer));
	check(applet.select(applet.applet, &wr) == FW_SW_OK);
}

static void
make(uint8_t slot, uint8_t alg, uint8_t pin, uint8_t touch)
{
	uint8_t data[] = {0xac, 9, 0x80, 1, alg, 0xaa, 1, pin, 0xab, 1, touch};
	struct fw_apdu apdu = {.ins = FW_PIV_INS_GENERATE,
	    .p2 = slot,
	    .data = {data, sizeof(data)}};
	struct tsw_wr wr;

	piv.admin_ok = true;
	tsw_wr_init(&wr, answer, sizeof(answer));
	check(applet.run(applet.applet, &wr, &apdu) == FW_SW_OK);
}

static void
prepare(void)
{
	fw_ctap2_init(&c, memboard.millis, FW_PROFILE_FULL);
	plug();
	make(0x9a, FW_PIV_P256, FW_PIV_PIN_NEVER, FW_PIV_TOUCH_ALWAYS);
	make(0x9c, FW_PIV_ED25519, FW_PIV_PIN_ALWAYS, FW_PIV_TOUCH_NEVER);
	make(0x9d, FW_PIV_X25519, FW_PIV_PIN_ONCE, FW_PIV_TOUCH_NEVER);
	make(0x9e, FW_PIV_P256, FW_PIV_PIN_NEVER, FW_PIV_TOUCH_NEVER);
	memcpy(prepared, memboard.second, sizeof(prepared));
	is_prepared = true;
}

/* The policies of a key that was used. */
static void
check_use(const struct fw_piv_key *key, bool asked, bool touched)
{
	if (key->touch == FW_PIV_TOUCH_ALWAYS)
		check(asked && touched);
	if (key->pin == FW_PIV_PIN_ALWAYS)
		check(verified);
	if (key->pin == FW_PIV_PIN_ONCE)
		check(piv.pin_ok);
}

static enum fw_sw
run(const struct fw_apdu *apdu, bool touch, bool *asked)
{
	struct tsw_wr wr;
	enum fw_sw sw;

	applet.begin(applet.applet, apdu);
	tsw_wr_init(&wr, answer, sizeof(answer));
	sw = applet.run(applet.applet, &wr, apdu);
	*asked = sw == FW_SW_WAIT_TOUCH;
	if (*asked) {
		check(fw_ctap2_is_waiting(&c));
		tsw_wr_init(&wr, answer, sizeof(answer));
		sw = applet.finish(applet.applet, &wr,
		    touch ? FW_TOUCH_GIVEN : FW_TOUCH_TIMEOUT);
		fw_ctap2_abort(&c);
	}
	check(sw >= 0x6000 && sw <= 0x9000);
	check(sw != FW_SW_OK || !wr.full);
	return sw;
}

static void
command(struct tsw_rd *rd)
{
	uint16_t head = tsw_rd_u16(rd);
	struct fw_apdu apdu = {.ins = tsw_rd_u8(rd),
	    .p1 = tsw_rd_u8(rd),
	    .p2 = tsw_rd_u8(rd)};
	struct fw_piv_key key;
	int slot = fw_piv_slot(apdu.p2);
	bool asked, has_key;
	enum fw_sw sw;

	apdu.data.len = head & 0xfff;
	if (apdu.data.len > rd->left)
		apdu.data.len = rd->left;
	apdu.data.p = tsw_rd_view(rd, apdu.data.len);
	if ((head & 0x1000) != 0)
		plug();
	if ((head & 0x2000) != 0)
		fw_ctap2_tick(&c, memboard.millis += 20000);
	if ((head & 0x4000) != 0)
		proven = piv.admin_ok = true;
	has_key = slot >= 0 && fw_piv_key_load(&piv, &key, NULL, slot) == FW_OK;
	sw = run(&apdu, (head & 0x8000) == 0, &asked);
	check(proven || !piv.admin_ok);
	if (sw == FW_SW_OK && apdu.ins == FW_PIV_INS_AUTHENTICATE &&
	    apdu.p2 != FW_PIV_ADMIN) {
		check(has_key);
		check_use(&key, asked, (head & 0x8000) == 0);
	}
	verified = sw == FW_SW_OK && apdu.ins == FW_PIV_INS_VERIFY &&
	    apdu.data.len == FW_PIV_PIN_LEN;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tsw_rd rd;

	if (!is_prepared) {
		memboard_reset();
		prepare();
	}
	memcpy(memboard.second, prepared, sizeof(prepared));
	plug();
	tsw_rd_init(&rd, data, len);
	while (rd.left > 0 && !rd.bad)
		command(&rd);
	return 0;
}
