/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the process may be killed by a test, compiled in for tests only.
 * TS_CRASH=NAME:N ends it by SIGKILL when it comes to the point NAME for the
 * N'th time.
 */
#ifndef HOST_DIRECTORY_CRASH_H
#define HOST_DIRECTORY_CRASH_H

#ifdef TS_CRASH_POINTS
void ts_crash_point(const char *name);
#else
#define ts_crash_point(name) ((void)0)
#endif

#endif
