/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by tests of permissions: processes with chosen credentials, and the system calls
 * and files that make the access check of ptrace(2).
 */
#ifndef PTRACE_CRED_H
#define PTRACE_CRED_H

#include <linux/capability.h>
#include <linux/kcmp.h>
#include <linux/perf_event.h>

#include "ptrace_data.h"

#define CAP(cap)	(1ULL << (cap))
#define NO_CAPS		0ULL
/* CAP_SYS_PTRACE to look into any process; CAP_DAC_OVERRIDE for the modes of files in /proc. */
#define LOOK_CAPS	(CAP(CAP_SYS_PTRACE) | CAP(CAP_DAC_OVERRIDE))

/* Two users, with groups of the same numbers. */
#define ALICE		1000
#define BOB		1001

static inline bool set_caps(unsigned long long permitted, unsigned long long effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .permitted = permitted, .effective = effective },
		{ .permitted = permitted >> 32, .effective = effective >> 32 },
	};

	return !syscall(SYS_capset, &header, data);
}

static inline bool get_caps(unsigned long long *permitted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return false;
	*permitted = data[0].permitted | (unsigned long long)data[1].permitted << 32;
	return true;
}

/* Become a process of the user @real, with the ids of @fs for files, and only @caps. */
static inline bool become(unsigned int real, unsigned int fs, unsigned long long caps)
{
	unsigned long long all;

	/* A process that has these ids already may have no privilege to set them. */
	if (getuid() != real || fs != real) {
		if (!get_caps(&all) || prctl(PR_SET_KEEPCAPS, 1) ||
		    syscall(SYS_SETGROUPS, 0, NULL) ||
		    syscall(SYS_SETRESGID, real, real, real) ||
		    syscall(SYS_SETRESUID, real, real, real) || !set_caps(all, all))
			return false;
		syscall(SYS_SETFSGID, fs);
		syscall(SYS_SETFSUID, fs);
	}
	return syscall(SYS_SETFSUID, -1) == fs && set_caps(caps, caps) &&
	       !prctl(PR_SET_DUMPABLE, 1) && !prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* What @act(@pid) returns in a process with these credentials; 255 if there is none. */
static inline int as(unsigned int real, unsigned int fs, unsigned long long caps,
		     int (*act)(pid_t), pid_t pid)
{
	pid_t caller = fork();
	int status;

	if (caller == 0)
		_exit(become(real, fs, caps) ? act(pid) : 255);
	status = next_status(caller);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 254;
}

/* Enter a new user namespace, with all capabilities there. It maps one id, to @inside. */
static inline bool enter_user_namespace(unsigned int inside)
{
	const unsigned int outside = geteuid();
	FILE *file;

	if (unshare(CLONE_NEWUSER))
		return false;
	file = fopen("/proc/self/setgroups", "w");
	if (!file || fputs("deny", file) < 0 || fclose(file))
		return false;
	file = fopen("/proc/self/uid_map", "w");
	if (!file || fprintf(file, "%u %u 1\n", inside, outside) < 0 || fclose(file))
		return false;
	file = fopen("/proc/self/gid_map", "w");
	return file && fprintf(file, "%u %u 1\n", inside, outside) >= 0 && !fclose(file) &&
	       getuid() == inside;
}

/* Attempts of the caller to look into @pid: each returns 0, or an error. */

static inline int try_seize(pid_t pid)
{
	return -seize(pid);
}

static inline int try_attach(pid_t pid)
{
	return -request(PTRACE_ATTACH, pid, 0, 0);
}

static inline int try_vm_read(pid_t pid)
{
	static char byte;

	return look(pid, &byte, &byte, 1) ? 0 : errno;
}

static inline int try_vm_write(pid_t pid)
{
	static char byte;
	struct iovec local = { &byte, 1 }, remote = { &byte, 1 };

	return syscall(SYS_process_vm_writev, pid, &local, 1, &remote, 1, 0) == 1 ? 0 : errno;
}

static inline int try_kcmp(pid_t pid)
{
	return syscall(SYS_kcmp, pid, pid, KCMP_FILES, 0, 0) < 0 ? errno : 0;
}

static inline int try_robust_list(pid_t pid)
{
	void *head;
	size_t len;

	return syscall(SYS_get_robust_list, pid, &head, &len) ? errno : 0;
}

static inline int try_getfd(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		return 253;
	return syscall(SYS_pidfd_getfd, pidfd, 0, 0) < 0 ? errno : 0;
}

/* Ask for a page that is not mapped. The call itself succeeds. */
static inline int try_move_pages(pid_t pid)
{
	void *page = NULL;
	int status;

	return syscall(SYS_move_pages, pid, 1, &page, NULL, &status, 0) ? errno : 0;
}

/* Open an event that tells nothing about the kernel. */
static inline int try_perf(pid_t pid)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY, .exclude_kernel = 1, .exclude_hv = 1,
	};

	return syscall(SYS_perf_event_open, &attr, pid, -1, -1, 0) < 0 ? errno : 0;
}

/* The target's user namespace is the caller's own: EINVAL means that access was granted. */
static inline int try_setns(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		return 253;
	if (!setns(pidfd, CLONE_NEWUSER))
		return 252;
	return errno == EINVAL ? 0 : errno;
}

static inline int try_read_proc(pid_t pid, const char *name)
{
	char path[64], byte;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return errno;
	return read(fd, &byte, 1) < 0 ? errno : 0;
}

static inline int try_maps(pid_t pid)
{
	return try_read_proc(pid, "maps");
}

static inline int try_syscall(pid_t pid)
{
	return try_read_proc(pid, "syscall");
}

static inline int try_mem(pid_t pid)
{
	char path[64];

	/* The check is in open(); a read would fail anyway, since nothing is mapped at 0. */
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return open(path, O_RDONLY) < 0 ? errno : 0;
}

static inline int try_link(pid_t pid, const char *name)
{
	char path[64], target[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return readlink(path, target, sizeof(target)) < 0 ? errno : 0;
}

static inline int try_namespace(pid_t pid)
{
	return try_link(pid, "ns/user");
}

static inline int try_program(pid_t pid)
{
	return try_link(pid, "exe");
}

static inline int try_fd(pid_t pid)
{
	return try_link(pid, "fd/0");
}

/*
 * Each probe: its error when denied, whether it compares the caller's ids for files, and
 * whether its access mode is PTRACE_MODE_ATTACH.
 */
static const struct probe {
	const char *name;
	int (*try)(pid_t);
	int error;
	bool by_fs_ids, attaches;
} probes[] = {
	{ "PTRACE_SEIZE", try_seize, EPERM, false, true },
	{ "PTRACE_ATTACH", try_attach, EPERM, false, true },
	{ "process_vm_readv", try_vm_read, EPERM, false, true },
	{ "process_vm_writev", try_vm_write, EPERM, false, true },
	{ "pidfd_getfd", try_getfd, EPERM, false, true },
	{ "kcmp", try_kcmp, EPERM, false, false },
	{ "get_robust_list", try_robust_list, EPERM, false, false },
	{ "perf_event_open", try_perf, EACCES, false, false },
	{ "setns", try_setns, EPERM, false, false },
	{ "maps", try_maps, EACCES, true, false },
	{ "ns", try_namespace, EACCES, true, false },
	{ "exe", try_program, EACCES, true, false },
	{ "fd", try_fd, EACCES, true, false },
	{ "mem", try_mem, EACCES, true, true },
	{ "syscall", try_syscall, EPERM, true, true },
	{ "move_pages", try_move_pages, EPERM, false, false },
};

/* The last one takes NUMA, which a kernel for one processor does not have. */
static inline size_t n_probes(void)
{
	static size_t n;

	/* Of no page of the caller, the call has nothing to fail for. */
	if (!n)
		n = ARRAY_SIZE(probes) - !!syscall(SYS_move_pages, 0, 0, NULL, NULL, NULL, 0);
	return n;
}

/* Whether @result means that access was denied. */
static inline bool refused(const struct probe *probe, int result)
{
	return result == probe->error || (probe->by_fs_ids && result == EACCES);
}

#endif /* PTRACE_CRED_H */
