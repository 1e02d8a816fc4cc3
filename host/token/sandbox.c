/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

/*
 * Landlock's interface (Documentation/userspace-api/landlock.rst), by number:
 * the kernel that runs may be newer than the headers that compile.
 */
struct landlock {
	uint64_t fs;	 /* since 1 */
	uint64_t net;	 /* since 4 */
	uint64_t scoped; /* since 6 */
};
#define LANDLOCK_VERSION 1U
#define FS_BITS_1 13
#define NET_ALL 3U    /* bind and connect TCP */
#define SCOPED_ALL 3U /* abstract sockets, signals */

/* A length in a token's CBOR becomes an allocation before it is checked. */
#define MEMORY_MAX (64UL << 20)

static int
limit(int what, rlim_t max)
{
	const struct rlimit r = {max, max};

	return setrlimit((__rlimit_resource_t)what, &r);
}

int
ts_sandbox_prepare(int keep)
{
	if (close_range((unsigned)keep, ~0U, 0) != 0 || clearenv() != 0)
		return TS_ERR_INTERNAL;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    limit(RLIMIT_CORE, 0) != 0)
		return TS_ERR_INTERNAL;
#ifndef TS_NO_SANDBOX
	/* A sanitizer traces its own process, in a thread, with a large map. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    limit(RLIMIT_DATA, MEMORY_MAX) != 0)
		return TS_ERR_INTERNAL;
#endif
	return TS_OK;
}

int
ts_sandbox_landlock(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_VERSION);

	return version < 0 ? 0 : (int)version;
}

bool
ts_sandbox_is_built_in(void)
{
#ifdef TS_NO_SANDBOX
	return false;
#else
	return true;
#endif
}

#ifdef TS_NO_SANDBOX
int
ts_sandbox_close_paths(void)
{
	return TS_OK;
}

int
ts_sandbox_enter(enum ts_sandbox mode)
{
	(void)mode;
	return TS_OK;
}

const char *
ts_sandbox_probe(void)
{
	return "everything: this build is for sanitizers and has no sandbox";
}
#else

/* Handle all rights this kernel knows, and grant none. */
int
ts_sandbox_close_paths(void)
{
	/* How many file rights each version has; newer ones: as the last. */
	static const uint8_t fs_bits[] = {FS_BITS_1, 14, 15, 15, 16};
	struct landlock all = {0};
	int version = ts_sandbox_landlock();
	size_t size = sizeof(all.fs);
	int fd, r;

	if (version < 1)
		return TS_OK; /* the filter refuses the same calls */
	if (version > 5)
		all.fs = (1U << fs_bits[4]) - 1;
	else
		all.fs = (1U << fs_bits[version - 1]) - 1;
	if (version >= 4) {
		all.net = NET_ALL;
		size += sizeof(all.net);
	}
	if (version >= 6) {
		all.scoped = SCOPED_ALL;
		size += sizeof(all.scoped);
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0U);
	if (fd < 0)
		return TS_ERR_INTERNAL;
	r = syscall(SYS_landlock_restrict_self, fd, 0U) == 0 ? TS_OK
							     : TS_ERR_INTERNAL;
	close(fd);
	return r;
}

/* All that is left, besides memory that is not executable. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(close),
    SCMP_SYS(poll),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(flock),
    SCMP_SYS(futex),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid), /* OpenSSL: has this process forked? */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(rt_sigprocmask), /* abort(3) */
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(gettid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* What libpcsclite needs besides, on a connection that is there. */
static const int allowed_card[] = {
    SCMP_SYS(clock_nanosleep), /* between two looks at a locked card */
    SCMP_SYS(gettimeofday),    /* where it is a system call */
};

/*
 * To start a process that makes such a connection, and to see its end.  The
 * path of the socket is looked at first; Landlock lets nothing be opened.
 */
static const int allowed_watch[] = {
    SCMP_SYS(clone),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(wait4),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(kill),
    SCMP_SYS(getppid),
    SCMP_SYS(prctl),
    SCMP_SYS(prlimit64),
    SCMP_SYS(seccomp),
    SCMP_SYS(connect),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fcntl),
};

/*
 * Refused, but no reason to die: libraries look for files that need not be
 * there, and check their standard descriptors.
 */
static const int refused[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(access),
    SCMP_SYS(readlink),
    SCMP_SYS(ioctl),
};
static const int refused_but_watch[] = {
    SCMP_SYS(newfstatat),
    SCMP_SYS(fcntl),
    SCMP_SYS(socket),
};

#define CNT(list) (sizeof(list) / sizeof((list)[0]))

static int
add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t cnt)
{
	int r = 0;
	size_t i;

	for (i = 0; i < cnt; i++)
		r |= seccomp_rule_add(filter, action, calls[i], 0);
	return r;
}

static int
add_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp not_exec =
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int r;

	r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	    not_exec);
	r |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	    not_exec);
	return r |
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(mmap), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
}

static int
add_watch(scmp_filter_ctx filter)
{
	int r;

	r = add_all(filter, SCMP_ACT_ALLOW, allowed_watch, CNT(allowed_watch));
	r |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
	    SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
	return r |
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket),
		1, SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0));
}

static int
add_rules(scmp_filter_ctx filter, enum ts_sandbox mode)
{
	int r;

	r = add_all(filter, SCMP_ACT_ALLOW, allowed, CNT(allowed));
	r |= add_all(filter, SCMP_ACT_ERRNO(EACCES), refused, CNT(refused));
	r |= add_memory(filter);
	if (mode != TS_SANDBOX_TOKEN)
		r |= add_all(filter, SCMP_ACT_ALLOW, allowed_card,
		    CNT(allowed_card));
	if (mode == TS_SANDBOX_WATCH)
		return r | add_watch(filter);
	return r |
	    add_all(filter, SCMP_ACT_ERRNO(EACCES), refused_but_watch,
		CNT(refused_but_watch));
}

static int
enter_seccomp(enum ts_sandbox mode)
{
	scmp_filter_ctx filter;
	int r = TS_ERR_INTERNAL;

	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (filter == NULL)
		return TS_ERR_NO_MEMORY;
	if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
	    add_rules(filter, mode) == 0 && seccomp_load(filter) == 0)
		r = TS_OK;
	seccomp_release(filter);
	return r;
}

int
ts_sandbox_enter(enum ts_sandbox mode)
{
	if (mode != TS_SANDBOX_WATCH && limit(RLIMIT_NPROC, 0) != 0)
		return TS_ERR_INTERNAL;
	return enter_seccomp(mode);
}

const char *
ts_sandbox_probe(void)
{
	void *p;

	if (open("/", O_RDONLY | O_CLOEXEC) >= 0 || errno != EACCES)
		return "open a folder";
	if (open("/dev/null", O_WRONLY | O_CLOEXEC) >= 0 || errno != EACCES)
		return "open a device";
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EACCES)
		return "make a socket";
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
	if (p != MAP_FAILED)
		return "map executable memory";
	return NULL;
}
#endif
