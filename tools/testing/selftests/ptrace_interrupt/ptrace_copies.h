/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by tests in which copying fails: each request that copies to or from the caller's memory,
 * and a tracee in a stop where all of them can be made.
 */
#ifndef PTRACE_COPIES_H
#define PTRACE_COPIES_H

#include <elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/user.h>

#include "ptrace_data.h"

/*
 * The general registers, and where one of them is that may have any value; of floats, the set, and
 * where one is.
 */
#if defined(__x86_64__) || defined(__i386__)
#define X86
#include <asm/ldt.h>
typedef struct user_regs_struct general_regs;
typedef struct user_fpregs_struct float_regs;
#define FLOATS		NT_PRFPREG
#ifdef __x86_64__
#define GENERAL_OFFSET	(5 * 8)
#define FLOATS_OFFSET	160
#else
#define GENERAL_OFFSET	0
#define FLOATS_OFFSET	28
#endif
#define GET_THREAD_AREA	25
#define SET_THREAD_AREA	26
#define GETFPXREGS	18
#define SETFPXREGS	19
/* One of the table for threads that the C library does not use. */
#define AREA_ENTRY	13
#elif defined(__aarch64__)
typedef struct user_regs_struct general_regs;
typedef struct user_fpsimd_struct float_regs;
#define FLOATS		NT_PRFPREG
#define GENERAL_OFFSET	(19 * 8)
#elif defined(__arm__)
typedef struct user_regs general_regs;
typedef unsigned char float_regs[260];
#define FLOATS		0x400 /* NT_ARM_VFP */
#define GENERAL_OFFSET	(4 * 4)
#elif defined(__riscv)
#include <asm/ptrace.h>
typedef struct user_regs_struct general_regs;
typedef struct __riscv_d_ext_state float_regs;
#define FLOATS		NT_PRFPREG
#define GENERAL_OFFSET	(18 * 8)
#endif

#define SYSCALL_STOP	SIGNAL_STOP(SIGTRAP | 0x80)

/* What is in the memory that a copy may not find there. The rest is elsewhere. */
enum area {
	DATA,		/* what data points to */
	AT_ADDR,	/* what addr points to */
	VECTOR,		/* the struct iovec that data points to */
	BEHIND_VECTOR,	/* what that points to */
	ARGUMENTS,	/* the structure of arguments that addr points to */
	BESIDE_ARGUMENTS, /* what data points to, with that structure at addr */
};

static const struct copy {
	const char *name;
	int nr;
	unsigned long addr;
	size_t size;
	enum area area;
	/* Of a request that writes, the one that reads, and the byte that is changed by a bit. */
	int get, change;
} copies[] = {
	{ "PEEKTEXT", PTRACE_PEEKTEXT, (unsigned long)&copies, sizeof(long) },
	{ "PEEKDATA", PTRACE_PEEKDATA, (unsigned long)&copies, sizeof(long) },
#if defined(X86) || defined(__arm__)
	{ "PEEKUSR", PTRACE_PEEKUSR, 0, sizeof(long) },
#endif
	{ "GETEVENTMSG", PTRACE_GETEVENTMSG, 0, sizeof(long) },
#if defined(X86) || defined(__arm__)
	{ "GETREGS", PTRACE_GETREGS, 0, sizeof(general_regs) },
	{ "SETREGS", PTRACE_SETREGS, 0, sizeof(general_regs), DATA, PTRACE_GETREGS,
	  GENERAL_OFFSET },
#endif
#ifdef X86
	{ "GETFPREGS", PTRACE_GETFPREGS, 0, sizeof(float_regs) },
	{ "SETFPREGS", PTRACE_SETFPREGS, 0, sizeof(float_regs), DATA, PTRACE_GETFPREGS,
	  FLOATS_OFFSET },
#ifdef __i386__
	{ "GETFPXREGS", GETFPXREGS, 0, 512 },
	{ "SETFPXREGS", SETFPXREGS, 0, 512, DATA, GETFPXREGS, 32 },
#else
	{ "ARCH_PRCTL", PTRACE_ARCH_PRCTL, 0, sizeof(long), AT_ADDR },
#endif
	{ "GET_THREAD_AREA", GET_THREAD_AREA, AREA_ENTRY, 16 },
	{ "SET_THREAD_AREA", SET_THREAD_AREA, AREA_ENTRY, 16, DATA, GET_THREAD_AREA, 4 },
	{ "GETREGSET, xstate", PTRACE_GETREGSET, NT_X86_XSTATE, 4096, BEHIND_VECTOR },
#endif
	{ "GETREGSET", PTRACE_GETREGSET, NT_PRSTATUS, 512, BEHIND_VECTOR },
	{ "GETREGSET, vector", PTRACE_GETREGSET, NT_PRSTATUS, sizeof(struct iovec), VECTOR },
	{ "SETREGSET", PTRACE_SETREGSET, NT_PRSTATUS, sizeof(general_regs), BEHIND_VECTOR,
	  PTRACE_GETREGSET, GENERAL_OFFSET },
	{ "SETREGSET, vector", PTRACE_SETREGSET, NT_PRSTATUS, sizeof(struct iovec), VECTOR,
	  PTRACE_GETREGSET, GENERAL_OFFSET },
	{ "GETREGSET, floats", PTRACE_GETREGSET, FLOATS, 512, BEHIND_VECTOR },
	{ "GETSIGINFO", PTRACE_GETSIGINFO, 0, sizeof(siginfo_t) },
	{ "SETSIGINFO", PTRACE_SETSIGINFO, 0, sizeof(siginfo_t), DATA, PTRACE_GETSIGINFO, 4 },
	{ "PEEKSIGINFO", PTRACE_PEEKSIGINFO, 0, 2 * sizeof(siginfo_t), BESIDE_ARGUMENTS },
	{ "PEEKSIGINFO, arguments", PTRACE_PEEKSIGINFO, 0,
	  sizeof(struct ptrace_peeksiginfo_args), ARGUMENTS },
	{ "GETSIGMASK", PTRACE_GETSIGMASK, 8, 8 },
	{ "SETSIGMASK", PTRACE_SETSIGMASK, 8, 8, DATA, PTRACE_GETSIGMASK, 0 },
	{ "GET_SYSCALL_INFO", PTRACE_GET_SYSCALL_INFO, sizeof(struct ptrace_syscall_info),
	  sizeof(struct ptrace_syscall_info) },
	{ "SET_SYSCALL_INFO", PTRACE_SET_SYSCALL_INFO, sizeof(struct ptrace_syscall_info),
	  sizeof(struct ptrace_syscall_info), DATA, PTRACE_GET_SYSCALL_INFO,
	  offsetof(struct ptrace_syscall_info, entry.args) },
	{ "SECCOMP_GET_FILTER", PTRACE_SECCOMP_GET_FILTER, 0, sizeof(struct sock_filter) },
	{ "SECCOMP_GET_METADATA", PTRACE_SECCOMP_GET_METADATA, sizeof(struct seccomp_metadata),
	  sizeof(struct seccomp_metadata) },
	{ "GET_RSEQ_CONFIGURATION", PTRACE_GET_RSEQ_CONFIGURATION,
	  sizeof(struct ptrace_rseq_configuration), sizeof(struct ptrace_rseq_configuration) },
#ifdef X86
	{ "GET_SYSCALL_USER_DISPATCH_CONFIG", PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, 32, 32 },
	/* The mode is turned on. */
	{ "SET_SYSCALL_USER_DISPATCH_CONFIG", PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, 32, 32,
	  DATA, PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, 0 },
#endif
	{ "GET_TRACEE_INFO", PTRACE_GET_TRACEE_INFO, sizeof(struct ptrace_tracee_info),
	  sizeof(struct ptrace_tracee_info) },
};

/* The most that any of them copies. */
#define AREA_SIZE	4096

/* A tracee with a seccomp filter, and two signals in its queue. */
static inline int make_calls(struct shared *shared)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog filter = { 1, &allow };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigaddset(&blocked, SIGUSR2);
	if (sigprocmask(SIG_BLOCK, &blocked, NULL) || raise(SIGUSR1) || raise(SIGUSR2) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		return 1;
	for (;;) {
		shared->count++;
		getppid();
	}
}

/* Start one, and stop it where it enters a system call. Returns its pid, or -1 if that failed. */
static inline pid_t start_at_entry(struct shared *shared)
{
#ifdef X86
	const struct user_desc thread_area = {
		.entry_number = AREA_ENTRY, .base_addr = 0x1000, .limit = 0xfffff,
		.seg_32bit = 1, .limit_in_pages = 1, .useable = 1,
	};
#endif
	struct ptrace_syscall_info info = {};
	pid_t pid;

	shared->count = 0;
	pid = spawn(make_calls, shared);
	if (pid < 0)
		return -1;
	wait_for_progress(shared);
	if (request(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD) || interrupt(pid) ||
	    next_status(pid) != EVENT_STOP(SIGTRAP))
		goto fail;
	while (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		if (request(PTRACE_SYSCALL, pid, 0, 0) || next_status(pid) != SYSCALL_STOP ||
		    request(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info) < 0)
			goto fail;
#ifdef X86
	if (request(SET_THREAD_AREA, pid, AREA_ENTRY, (unsigned long)&thread_area))
		goto fail;
#endif
	return pid;
fail:
	reap(pid);
	return -1;
}

/* How many of them the kernel has, which a tracee can tell: the last is new. */
static inline size_t copies_known(pid_t pid)
{
	return ARRAY_SIZE(copies) - (request(PTRACE_GET_TRACEE_INFO, pid, 0, 0) == -EIO);
}

/* Where what a request needs besides the area is. */
static char copy_elsewhere[AREA_SIZE];
static struct iovec copy_vector;
static struct ptrace_peeksiginfo_args copy_arguments;

/*
 * Put into @to what is to be in the area @at for the next request: of one that writes, what
 * there is, changed by a bit.
 */
static inline void copy_prepare(const struct copy *copy, pid_t pid, void *to, void *at)
{
	const bool vector = copy->area == VECTOR;
	char *changed = vector ? copy_elsewhere : to;

	memset(to, 0, copy->size);
	memset(copy_elsewhere, 0, sizeof(copy_elsewhere));
	copy_arguments = (struct ptrace_peeksiginfo_args){ .nr = 2 };
	copy_vector = (struct iovec){ vector ? copy_elsewhere : at,
				      vector ? sizeof(general_regs) : copy->size };
	if (copy->get == PTRACE_GETREGSET) {
		general_registers(copy->get, pid, changed, sizeof(general_regs));
		changed[copy->change] ^= 1;
	} else if (copy->get) {
		request(copy->get, pid, copy->addr, (unsigned long)changed);
		changed[copy->change] ^= 1;
	}
	if (vector)
		memcpy(to, &copy_vector, sizeof(copy_vector));
	if (copy->area == ARGUMENTS)
		memcpy(to, &copy_arguments, sizeof(copy_arguments));
}

/* Make the request, with the area @at. */
static inline long copy_make(const struct copy *copy, pid_t pid, void *at)
{
	const unsigned long area = (unsigned long)at;

	switch (copy->area) {
	case AT_ADDR:
		return request(copy->nr, pid, area, 0x1003 /* ARCH_GET_FS */);
	case BEHIND_VECTOR:
		return request(copy->nr, pid, copy->addr, (unsigned long)&copy_vector);
	case ARGUMENTS:
		return request(copy->nr, pid, area, (unsigned long)copy_elsewhere);
	case BESIDE_ARGUMENTS:
		return request(copy->nr, pid, (unsigned long)&copy_arguments, area);
	default:
		return request(copy->nr, pid, copy->addr, area);
	}
}

/* All that these requests can change. */
struct snapshot {
	char state;
	general_regs regs;
	float_regs floats;
	siginfo_t info;
	unsigned long long mask;
	struct ptrace_syscall_info call;
	unsigned long long dispatch[4];
	unsigned char thread_area[16];
	unsigned long debug[8];
};

static inline struct snapshot snapshot(pid_t pid)
{
	struct snapshot now;
	struct iovec floats = { &now.floats, sizeof(now.floats) };

	memset(&now, 0, sizeof(now));
	now.state = proc_state(pid);
	general_registers(PTRACE_GETREGSET, pid, &now.regs, sizeof(now.regs));
	request(PTRACE_GETREGSET, pid, FLOATS, (unsigned long)&floats);
	request(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&now.info);
	request(PTRACE_GETSIGMASK, pid, sizeof(now.mask), (unsigned long)&now.mask);
	request(PTRACE_GET_SYSCALL_INFO, pid, sizeof(now.call), (unsigned long)&now.call);
	request(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, pid, sizeof(now.dispatch),
		(unsigned long)now.dispatch);
#ifdef X86
	request(GET_THREAD_AREA, pid, AREA_ENTRY, (unsigned long)now.thread_area);
	for (int n = 0; n < 8; n++)
		request(PTRACE_PEEKUSR, pid, DEBUG_REGISTER(n), (unsigned long)&now.debug[n]);
#endif
	return now;
}

static inline bool is_unchanged(pid_t pid, const struct snapshot *before)
{
	const struct snapshot now = snapshot(pid);

	return !memcmp(before, &now, sizeof(now));
}

#endif /* PTRACE_COPIES_H */
