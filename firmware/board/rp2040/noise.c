/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring oscillator as a source of noise (datasheet section 2.17.5).
 * docs/ENTROPY.md says what is claimed of it and why.
 *
 * Nothing else runs from it, so it may be fast: four stages instead of eight,
 * each with the strongest drive.  Jitter adds up between two looks at its
 * level, so they are kept apart, and the processor sleeps meanwhile.
 *
 * A sample takes 160 us.  So those of the next command are taken before it
 * comes, while the token has nothing else to do; each is handed out once.
 */
#include <string.h>

#include <touchstone/wire/bytes.h>

#include "rp2.h"
#include "rp2040.h"

/* Between two bits; docs/ENTROPY.md. */
#define INTERVAL_US 20
#define STOCK_CNT 64 /* what a command takes, FW_RNG_RESEED_CNT */

#define ROSC_ENABLE_HIGH ((0xfabu << 12) | 0xfa7)
#define ROSC_PASSWD (0x9696u << 16)
#define ROSC_DRIVE_MAX 0x7777

void
rp2_noise_init(void)
{
	REG(ROSC_CTRL) = ROSC_ENABLE_HIGH;
	REG(ROSC_FREQA) = ROSC_PASSWD | ROSC_DRIVE_MAX;
	REG(ROSC_FREQB) = ROSC_PASSWD | ROSC_DRIVE_MAX;
}

static struct {
	uint8_t secret_sample[STOCK_CNT];
	size_t cnt;
} stock;

static uint8_t
sample(void)
{
	const volatile bool never = false;
	unsigned int secret_sample = 0, bit;

	for (bit = 0; bit < 8; bit++) {
		rp2_sleep_until(rp2_micros() + INTERVAL_US, &never);
		secret_sample = secret_sample << 1 | (REG(ROSC_RANDOMBIT) & 1);
	}
	return (uint8_t)secret_sample;
}

bool
rp2_noise_stock(void)
{
	if (stock.cnt == STOCK_CNT)
		return false;
	stock.secret_sample[stock.cnt++] = sample();
	return true;
}

void
hal_entropy(uint8_t *out, size_t len)
{
	size_t i, cnt = len < stock.cnt ? len : stock.cnt;

	memcpy(out, stock.secret_sample, cnt);
	stock.cnt -= cnt;
	memmove(stock.secret_sample, stock.secret_sample + cnt, stock.cnt);
	tsw_wipe(stock.secret_sample + stock.cnt, cnt);
	for (i = cnt; i < len; i++)
		out[i] = sample();
}
