/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <seccomp.h>

/*
 * Landlock's interface (Documentation/userspace-api/landlock.rst), by number:
 * the kernel that runs may be newer than the headers that compile.
 */
struct ruleset {
	uint64_t fs;	 /* since 1 */
	uint64_t net;	 /* since 4 */
	uint64_t scoped; /* since 6 */
};
struct beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));
#define LANDLOCK_VERSION 1U
#define RULE_PATH_BENEATH 1
#define FS_BITS_1 13
#define FS_READ_FILE (1U << 2)
#define FS_READ_DIR (1U << 3)
#define NET_BIND 1U   /* TCP */
#define SCOPED_ALL 3U /* abstract sockets, signals */

#define MEMORY_MAX (128UL << 20) /* certificates, and what others claim */
#define FILES_MAX 64
#define CPU_MAX_S 60

static int
limit(int what, rlim_t max)
{
	const struct rlimit r = {max, max};

	return setrlimit((__rlimit_resource_t)what, &r);
}

int
ts_net_sandbox_prepare(void)
{
	if (close_range(STDERR_FILENO + 1, ~0U, 0) != 0 || clearenv() != 0)
		return TS_ERR_INTERNAL;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_CPU, CPU_MAX_S) != 0 ||
	    limit(RLIMIT_NOFILE, FILES_MAX) != 0)
		return TS_ERR_INTERNAL;
#ifndef TS_NO_SANDBOX
	/* A sanitizer traces its own process, in a thread, with a large map. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    limit(RLIMIT_FSIZE, 0) != 0 || limit(RLIMIT_DATA, MEMORY_MAX) != 0)
		return TS_ERR_INTERNAL;
#endif
	return TS_OK;
}

int
ts_net_sandbox_landlock(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_VERSION);

	return version < 0 ? 0 : (int)version;
}

bool
ts_net_sandbox_is_built_in(void)
{
#ifdef TS_NO_SANDBOX
	return false;
#else
	return true;
#endif
}

#ifdef TS_NO_SANDBOX
int
ts_net_sandbox_enter(void)
{
	return TS_OK;
}

const char *
ts_net_sandbox_probe(void)
{
	return "everything: this build is for sanitizers and has no sandbox";
}
#else

/*
 * What the resolver and TLS read: names, addresses, certificates.  Modules of
 * the name service that are not in glibc are not loaded; "files" and "dns" are.
 */
static const char *const readable[] = {
    "/etc/ssl",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
};

/* A path that is not there needs no rule. */
static int
let_read(int ruleset, const char *path)
{
	struct beneath rule = {FS_READ_FILE, -1};
	struct stat st;
	int r = TS_ERR_INTERNAL;

	rule.fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.fd < 0)
		return TS_OK;
	if (fstat(rule.fd, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			rule.allowed |= FS_READ_DIR;
		if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH,
			&rule, 0U) == 0)
			r = TS_OK;
	}
	close(rule.fd);
	return r;
}

static int
enter_landlock(void)
{
	/* How many file rights each version has; newer ones: as the last. */
	static const uint8_t fs_bits[] = {FS_BITS_1, 14, 15, 15, 16};
	struct ruleset all = {0};
	int version = ts_net_sandbox_landlock();
	size_t i, size = sizeof(all.fs);
	int fd, r = TS_OK;

	if (version < 1)
		return TS_OK;
	all.fs = (1U << fs_bits[version > 5 ? 4 : version - 1]) - 1;
	if (version >= 4) {
		all.net = NET_BIND;
		size += sizeof(all.net);
	}
	if (version >= 6) {
		all.scoped = SCOPED_ALL;
		size += sizeof(all.scoped);
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0U);
	if (fd < 0)
		return TS_ERR_INTERNAL;
	for (i = 0; i < sizeof(readable) / sizeof(readable[0]); i++)
		if (r == TS_OK)
			r = let_read(fd, readable[i]);
	if (r == TS_OK && syscall(SYS_landlock_restrict_self, fd, 0U) != 0)
		r = TS_ERR_INTERNAL;
	close(fd);
	return r;
}

/* Everything else is refused with EACCES. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(access),
    SCMP_SYS(fcntl),
    SCMP_SYS(getdents64),
    /* sockets, which the rules below say how to make */
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(ioctl), /* FIONREAD, of the resolver */
    /* threads: the resolver runs in one */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getpid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* No library has a reason to try these: whoever does is not our code. */
static const int deadly[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
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
add_sockets(scmp_filter_ctx filter)
{
	static const int families[] = {AF_INET, AF_INET6, AF_NETLINK};
	int r = 0;
	size_t i;

	for (i = 0; i < CNT(families); i++)
		r |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket),
		    1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0));
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
	return r |
	    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		not_exec);
}

/* To read only; and threads, but no processes. */
static int
add_opens(scmp_filter_ctx filter)
{
	const scmp_datum_t writes =
	    O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | O_PATH;
	int r;

	r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, writes, 0));
	r |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
	    SCMP_A1(SCMP_CMP_MASKED_EQ, writes, 0));
	r |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	/* glibc then uses clone, whose flags can be seen. */
	return r |
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3),
		0);
}

static int
enter_seccomp(void)
{
	scmp_filter_ctx filter;
	int r = TS_ERR_INTERNAL;

	filter = seccomp_init(SCMP_ACT_ERRNO(EACCES));
	if (filter == NULL)
		return TS_ERR_NO_MEMORY;
	if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
	    add_all(filter, SCMP_ACT_ALLOW, allowed, CNT(allowed)) == 0 &&
	    add_all(filter, SCMP_ACT_KILL_PROCESS, deadly, CNT(deadly)) == 0 &&
	    add_sockets(filter) == 0 && add_memory(filter) == 0 &&
	    add_opens(filter) == 0 && seccomp_load(filter) == 0)
		r = TS_OK;
	seccomp_release(filter);
	return r;
}

int
ts_net_sandbox_enter(void)
{
	int r = enter_landlock();

	return r == TS_OK ? enter_seccomp() : r;
}

static bool
can_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno != EACCES;
}

static bool
can_make(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno != EACCES;
}

static bool
can_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0 || errno != EACCES;
}

const char *
ts_net_sandbox_probe(void)
{
	void *p;

	if (ts_net_sandbox_landlock() > 0 &&
	    (can_open("/", O_RDONLY) || can_open("/etc/passwd", O_RDONLY)))
		return "read any file";
	if (can_open("/dev/null", O_WRONLY) ||
	    can_open("/tmp/touchstone-net", O_RDWR | O_CREAT))
		return "write a file";
	if (can_make(AF_UNIX))
		return "reach programs on this computer";
	if (can_make(AF_PACKET))
		return "read the wire";
	if (can_fork())
		return "start a process";
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
	return p != MAP_FAILED ? "map executable memory" : NULL;
}
#endif
