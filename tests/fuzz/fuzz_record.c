/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile record in the directory, behind those of a verified contact: it is
 * never accepted, always blocks, and what was known stays as it was.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "unit/libworld.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct person *alice, *bob;

static void
end(void)
{
	person_free(alice);
	person_free(bob);
	world_end();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ts_contact before, after;

	if (alice == NULL) {
		world_pair(&alice, &bob);
		assert(atexit(end) == 0);
	}
	assert(ts_contact_get(alice->store, &before, BOB) == TS_OK);
	record_write(BOB, 2, data, len);
	assert(ts_monitor_contact(alice->store, BOB) == TS_OK);
	assert(ts_contact_get(alice->store, &after, BOB) == TS_OK);
	assert(after.state == TS_CONTACT_BLOCKED && after.confirmed);
	assert(after.seq == 1 && after.keys == before.keys);
	assert(memcmp(after.head, before.head, sizeof(after.head)) == 0);
	record_remove(BOB, 2);
	close_alerts(alice);
	assert(ts_contact_get(alice->store, &after, BOB) == TS_OK);
	assert(after.state == TS_CONTACT_VERIFIED);
	return 0;
}
