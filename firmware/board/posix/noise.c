/* SPDX-License-Identifier: BSD-2-Clause */
/* The noise source: the kernel's, or one that is broken in a known way. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "sim.h"

#define LOCKED_PERIOD 7
#define REPEAT_PERIOD 500

enum kind { GOOD, STUCK, BIASED, LOCKED, REPEAT };
static const char *const kind_name[] = {
    [GOOD] = "good",
    [STUCK] = "stuck",
    [BIASED] = "biased",
    [LOCKED] = "locked",
    [REPEAT] = "repeat",
};
static enum kind kind;
static uint8_t block[REPEAT_PERIOD]; /* what is repeated */
static size_t pos;

static void
kernel_random(uint8_t *out, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = getrandom(out, len, 0);
		if (n < 0 && errno != EINTR)
			sim_die("getrandom", "kernel");
		if (n > 0) {
			out += n;
			len -= (size_t)n;
		}
	}
}

bool
sim_noise_choose(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kind_name) / sizeof(kind_name[0]); i++)
		if (strcmp(name, kind_name[i]) == 0) {
			kind = (enum kind)i;
			kernel_random(block, sizeof(block));
			return true;
		}
	return false;
}

/* Sample in place: what the broken source makes of a good one. */
static uint8_t
spoil(uint8_t good)
{
	pos = (pos + 1) % REPEAT_PERIOD;
	switch (kind) {
	case STUCK:
		return 0xff;
	case BIASED: /* three in four */
		return good % 4 != 0 ? 0x5a : good;
	case LOCKED: /* in step with what samples it, but for one in 16 */
		return good % 16 != 0 ? block[pos % LOCKED_PERIOD] : good;
	case REPEAT:
		return block[pos];
	case GOOD:
	default:
		return good;
	}
}

void
hal_entropy(uint8_t *out, size_t len)
{
	size_t i;

	kernel_random(out, len);
	for (i = 0; i < len; i++)
		out[i] = spoil(out[i]);
}
