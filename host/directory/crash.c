/* SPDX-License-Identifier: BSD-2-Clause */
#include "crash.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef TS_CRASH_POINTS
void
ts_crash_point(const char *name)
{
	static atomic_ulong reached;
	const char *at = getenv("TS_CRASH");
	size_t len = strlen(name);

	if (at == NULL || strncmp(at, name, len) != 0 || at[len] != ':')
		return;
	if (atomic_fetch_add(&reached, 1) + 1 ==
	    strtoul(at + len + 1, NULL, 10))
		(void)kill(getpid(), SIGKILL);
}
#endif
