/* SPDX-License-Identifier: BSD-2-Clause */
#include "debounce.h"

bool
rp2_debounce(struct rp2_debounce *d, bool sample, uint64_t now_ms)
{
	if (!d->is_known) {
		d->is_known = true;
		d->level = sample;
	}
	if (sample == d->level) {
		d->differs = false;
		return d->level;
	}
	if (!d->differs)
		d->since = now_ms;
	d->differs = true;
	if (now_ms - d->since >= RP2_DEBOUNCE_MS) {
		d->level = sample;
		d->differs = false;
	}
	return d->level;
}
