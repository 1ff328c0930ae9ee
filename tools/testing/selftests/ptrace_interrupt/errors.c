// SPDX-License-Identifier: GPL-2.0
/*
 * What ptrace(2) refuses, with which error, and which of two errors comes first.
 *
 * The tests use only the system call: they state what the C implementation does, and
 * hold for any other.
 */
#include <linux/capability.h>
#include <linux/elf.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/uio.h>

#include "ptrace_test.h"

#define BAD_POINTER	8UL
#define OLDSETOPTIONS	21

struct sud_config {
	__u64 mode, selector, offset, len;
};

FIXTURE(errors)
{
	struct shared *shared;
	pid_t tracee;
};

/* A seized tracee in the PTRACE_EVENT_STOP of an INTERRUPT. */
FIXTURE_SETUP(errors)
{
	self->shared = shared_new();
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
	ASSERT_EQ(0, seize(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
}

FIXTURE_TEARDOWN(errors)
{
	reap(self->tracee);
}

/* A request to the tracee of the test. */
#define REQ(nr, addr, data) \
	request(nr, self->tracee, (unsigned long)(addr), (unsigned long)(data))

/* Every request that needs a ptrace-stop, and numbers that are no request. */
static const long stopped_requests[] = {
	1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14, 15, 17, 24, OLDSETOPTIONS, 31, 32, 33,
	10, 11, 20, 22, 23, 27, 34, 0x41ff,
	0x4200, 0x4201, 0x4202, 0x4203, 0x4204, 0x4205, 0x4208, 0x4209, 0x420a, 0x420b,
	0x420c, 0x420d, 0x420e, 0x420f, 0x4210, 0x4211, 0x4212, 0x4214, 0x42ff,
	-1, -7, 0x7fffffff,
#if __SIZEOF_LONG__ == 8
	7 | 1L << 32, 16 | 1L << 32, 0x4206 | 1L << 40, 0x4207 | 1L << 63,
#endif
};

static void all_are_esrch(struct __test_metadata *_metadata, pid_t pid)
{
	for (unsigned int i = 0; i < sizeof(stopped_requests) / sizeof(long); i++) {
		EXPECT_EQ(-ESRCH, request(stopped_requests[i], pid, 0, 0)) {
			TH_LOG("request %#lx", stopped_requests[i]);
		}
	}
}

TEST_F(errors, running_is_esrch)
{
	ASSERT_EQ(0, cont(self->tracee, 0));
	wait_for_progress(self->shared);
	all_are_esrch(_metadata, self->tracee);
}

TEST_F(errors, listening_is_esrch)
{
	ASSERT_EQ(0, REQ(PTRACE_LISTEN, 0, 0));
	all_are_esrch(_metadata, self->tracee);
}

TEST_F(errors, zombie_is_esrch)
{
	siginfo_t info;

	ASSERT_EQ(0, kill(self->tracee, SIGKILL));
	ASSERT_EQ(0, waitid(P_PID, self->tracee, &info, WEXITED | WNOWAIT));
	all_are_esrch(_metadata, self->tracee);
	EXPECT_EQ(0, REQ(8, 0, 0));
}

TEST_F(errors, no_process_is_esrch)
{
	pid_t pid = self->tracee;

	reap(pid);
	self->tracee = 0;
	all_are_esrch(_metadata, pid);
	all_are_esrch(_metadata, 0);
	all_are_esrch(_metadata, -1);
	EXPECT_EQ(-ESRCH, request(8, pid, 0, 0));
	/* ESRCH comes before the errors for wrong arguments. */
	EXPECT_EQ(-ESRCH, request(PTRACE_SEIZE, pid, 1, ~0UL));
	EXPECT_EQ(-ESRCH, request(16, pid, 0, 0));
}

static void *all_from_thread(void *tracee)
{
	for (unsigned int i = 0; i < sizeof(stopped_requests) / sizeof(long); i++)
		if (request(stopped_requests[i], (pid_t)(long)tracee, 0, 0) != -ESRCH)
			return (void *)stopped_requests[i];
	return NULL;
}

TEST_F(errors, other_thread_is_esrch)
{
	pthread_t thread;
	void *wrong;

	ASSERT_EQ(0, pthread_create(&thread, NULL, all_from_thread,
				    (void *)(long)self->tracee));
	ASSERT_EQ(0, pthread_join(thread, &wrong));
	EXPECT_TRUE(!wrong);
}

/* Numbers of processes that have ended */

/* Run @body(@shared) in a child with the number @pid, which is free. */
static pid_t spawn_with_number(pid_t pid, int (*body)(struct shared *), struct shared *shared)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD, .set_tid = (unsigned long)&pid, .set_tid_size = 1,
	};
	const pid_t child = syscall(SYS_clone3, &args, sizeof(args));

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(body(shared));
}

/*
 * A tracee is a task, not a number. Another one that gets the number of a dead tracee has no
 * tracer, and can be traced.
 */
TEST_F(errors, number_of_a_dead_tracee)
{
	const pid_t pid = self->tracee;

	if (getuid())
		SKIP(return, "only root can choose the number of a process");
	reap(pid);
	self->tracee = spawn_with_number(pid, spin, self->shared);
	ASSERT_EQ(pid, self->tracee);
	wait_for_progress(self->shared);
	EXPECT_EQ(0, tracer_of(pid));
	all_are_esrch(_metadata, pid);
	EXPECT_EQ(-ESRCH, REQ(8, 0, 0));
	EXPECT_EQ(-ESRCH, interrupt(pid));
	/* It was not touched. */
	wait_for_progress(self->shared);

	ASSERT_EQ(0, seize(pid));
	EXPECT_EQ(getpid(), tracer_of(pid));
	ASSERT_EQ(0, interrupt(pid));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(pid));
}

/* Whom a process of the test is about. */
static pid_t other;

static int stop_other(struct shared *shared)
{
	return seize(other) || interrupt(other) || next_status(other) != EVENT_STOP(SIGTRAP);
}

static int does_not_trace_other(struct shared *shared)
{
	return all_from_thread((void *)(long)other) || request(8, other, 0, 0) != -ESRCH ||
	       interrupt(other) != -ESRCH || tracer_of(other);
}

/* Nor is a tracer a number: another process that gets the number of a dead one traces nobody. */
TEST_F(errors, number_of_a_dead_tracer)
{
	pid_t tracer;

	if (getuid())
		SKIP(return, "only root can choose the number of a process");
	ASSERT_EQ(0, REQ(PTRACE_DETACH, 0, 0));
	other = self->tracee;
	tracer = spawn(stop_other, self->shared);
	ASSERT_EQ(EXITED(0), next_status(tracer));
	ASSERT_EQ(tracer, spawn_with_number(tracer, does_not_trace_other, self->shared));
	EXPECT_EQ(EXITED(0), next_status(tracer));
	wait_for_progress(self->shared);
}

TEST_F(errors, no_request_is_eio)
{
	static const long none[] = {
		10, 11, 20, 35, 0x41ff, 0x4214, 0x42ff, 0x8000, -1, -7, -16, 0x7fffffff,
		/* Some are requests of one architecture. */
#ifndef __arm__
		22, 23, 27, 28, 29,
#endif
#ifndef __aarch64__
		34,
#endif
#if __SIZEOF_LONG__ == 8
		7 | 1L << 32, 17 | 1L << 32, 16 | 1L << 32, 0x4206 | 1L << 40,
#endif
	};

	for (unsigned int i = 0; i < sizeof(none) / sizeof(long); i++) {
		EXPECT_EQ(-EIO, REQ(none[i], 0, 0)) {
			TH_LOG("request %#lx", none[i]);
		}
	}
	/* It is still there, and still in its ptrace-stop. */
	EXPECT_EQ('t', proc_state(self->tracee));
}

/* Attaching */

TEST_F(errors, attach)
{
	siginfo_t info;
	pid_t zombie;

	/* The caller traces it already. */
	EXPECT_EQ(-EPERM, REQ(16, 0, 0));
	EXPECT_EQ(-EPERM, REQ(PTRACE_SEIZE, 0, 0));
	/* The caller itself, and a kernel thread. */
	EXPECT_EQ(-EPERM, request(16, getpid(), 0, 0));
	EXPECT_EQ(-EPERM, request(PTRACE_SEIZE, getpid(), 0, 0));
	EXPECT_EQ(-EPERM, request(16, 2, 0, 0));
	EXPECT_EQ(-EPERM, request(PTRACE_SEIZE, 2, 0, 0));

	zombie = fork();
	if (zombie == 0)
		_exit(0);
	ASSERT_EQ(0, waitid(P_PID, zombie, &info, WEXITED | WNOWAIT));
	EXPECT_EQ(-EPERM, request(16, zombie, 0, 0));
	EXPECT_EQ(-EPERM, request(PTRACE_SEIZE, zombie, 0, 0));
	EXPECT_EQ(EXITED(0), next_status(zombie));
}

/* Unknown options: EIO from SEIZE, EINVAL from SETOPTIONS. Both come before EPERM. */
TEST_F(errors, options)
{
	const unsigned long known = 0x3000ff;
#if defined(__x86_64__) || defined(__i386__)
	const long old = -EINVAL;
#else
	/* There is no such request. */
	const long old = -EIO;
#endif

	EXPECT_EQ(-EIO, REQ(PTRACE_SEIZE, 1, 0));
	EXPECT_EQ(-EIO, request(PTRACE_SEIZE, getpid(), 1, 0));
	for (unsigned int bit = 0; bit < 8 * sizeof(long); bit++) {
		/* Bit 31 may be PTRACE_SEIZE_DEVEL. */
		if (known & 1UL << bit || bit == 31)
			continue;
		EXPECT_EQ(-EIO, REQ(PTRACE_SEIZE, 0, 1UL << bit));
		EXPECT_EQ(-EINVAL, REQ(PTRACE_SETOPTIONS, 0, 1UL << bit));
		EXPECT_EQ(old, REQ(OLDSETOPTIONS, 0, 1UL << bit | 1));
	}
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SETOPTIONS, 0, 1UL << 31));
	EXPECT_EQ(0, REQ(PTRACE_SETOPTIONS, 0, 0x1000ff));
	EXPECT_EQ(0, REQ(PTRACE_SETOPTIONS, 0, 0));
}

static int traceme_twice(struct shared *shared)
{
	if (request(PTRACE_TRACEME, 12345, BAD_POINTER, BAD_POINTER))
		return 1;
	if (request(PTRACE_TRACEME, 0, 0, 0) != -EPERM)
		return 2;
	return 0;
}

TEST_F(errors, traceme)
{
	pid_t pid = spawn(traceme_twice, self->shared);

	EXPECT_EQ(EXITED(0), next_status(pid));
}

/* The system call that takes ids of 32 bits. */
#ifdef SYS_setgroups32
#define SYS_SETGROUPS	SYS_setgroups32
#else
#define SYS_SETGROUPS	SYS_setgroups
#endif

/* Drop all capabilities, and take the ids of nobody. */
static int drop_privileges(void)
{
	return syscall(SYS_SETGROUPS, 0, NULL) || setresgid(65534, 65534, 65534) ||
	       setresuid(65534, 65534, 65534);
}

static int unprivileged(struct shared *shared)
{
	struct shared *own = shared_new();
	pid_t init = getppid(), child;
	int code = 0;

	if (drop_privileges())
		return 1;
	/* A task of another user, and an option for administrators. */
	if (request(16, init, 0, 0) != -EPERM || request(PTRACE_SEIZE, init, 0, 0) != -EPERM)
		return 2;
	if (request(PTRACE_SEIZE, init, 0, PTRACE_O_SUSPEND_SECCOMP) != -EPERM)
		return 3;

	/* A child of its own, which is not dumpable. */
	if (prctl(PR_SET_DUMPABLE, 0))
		return 4;
	child = spawn(spin, own);
	if (child < 0)
		return 5;
	if (request(PTRACE_SEIZE, child, 0, 0) != -EPERM)
		code = 6;
	reap(child);
	if (code || prctl(PR_SET_DUMPABLE, 1))
		return code;
	own->quit = 0;
	child = spawn(spin, own);
	if (request(PTRACE_SEIZE, child, 0, PTRACE_O_SUSPEND_SECCOMP) != -EPERM)
		code = 7;
	else if (seize(child) || interrupt(child) ||
		 next_status(child) != EVENT_STOP(SIGTRAP))
		code = 8;
	else if (request(PTRACE_SETOPTIONS, child, 0, PTRACE_O_SUSPEND_SECCOMP) != -EPERM)
		code = 9;
	else if (request(PTRACE_SECCOMP_GET_FILTER, child, 0, 0) != -EACCES)
		code = 10;
	else if (request(PTRACE_SECCOMP_GET_METADATA, child, 16, (unsigned long)own) != -EACCES)
		code = 11;
	reap(child);
	return code;
}

TEST_F(errors, without_privileges)
{
	pid_t pid = spawn(unprivileged, self->shared);

	EXPECT_EQ(EXITED(0), next_status(pid));
}

static int become_undumpable(struct shared *shared)
{
	sleep_on_pipe(shared);
	prctl(PR_SET_DUMPABLE, 0);
	shared->signals = 1;
	return spin(shared);
}

static int peek_undumpable(struct shared *shared)
{
	struct shared *own = shared_new();
	unsigned long word;
	int code = 0;
	pid_t child;

	/* The credentials of nobody, and dumpable. */
	if (drop_privileges() || prctl(PR_SET_DUMPABLE, 1))
		return 1;
	child = spawn(become_undumpable, own);
	if (child < 0 || seize(child))
		return 2;
	/* It was seized in time, but its memory can no longer be read. */
	if (!wake(own))
		code = 3;
	while (!own->signals)
		sched_yield();
	if (interrupt(child) || next_status(child) != EVENT_STOP(SIGTRAP))
		code = 4;
	else if (request(PTRACE_PEEKDATA, child, (unsigned long)&code,
			 (unsigned long)&word) != -EIO)
		code = 5;
	else if (request(PTRACE_POKEDATA, child, (unsigned long)&code, 0) != -EIO)
		code = 6;
	reap(child);
	return code;
}

TEST_F(errors, peek_undumpable)
{
	pid_t pid = spawn(peek_undumpable, self->shared);

	EXPECT_EQ(EXITED(0), next_status(pid));
}

/* Going on */

TEST_F(errors, resume_signal)
{
	static const long resumes[] = {
		7, 9, 24, 31, 32,
#ifndef __aarch64__
		33,
#endif
	};

	for (unsigned int i = 0; i < sizeof(resumes) / sizeof(long); i++) {
		EXPECT_EQ(-EIO, REQ(resumes[i], 0, 65));
		EXPECT_EQ(-EIO, REQ(resumes[i], 0, -1));
#if __SIZEOF_LONG__ == 8
		EXPECT_EQ(-EIO, REQ(resumes[i], 0, 1UL << 32));
#endif
	}
	EXPECT_EQ(-EIO, REQ(PTRACE_DETACH, 0, 65));
	EXPECT_EQ(-EIO, REQ(PTRACE_DETACH, 0, -1));
	/* Still traced, and in its ptrace-stop. */
	EXPECT_EQ(0, REQ(PTRACE_CONT, 0, 64));
}

#if __SIZEOF_LONG__ == 8
/* Only 32 bits of DETACH's signal count. */
TEST_F(errors, detach_signal_truncates)
{
	EXPECT_EQ(-EIO, REQ(PTRACE_DETACH, 0, 1UL << 32 | 65));
	EXPECT_EQ(0, REQ(PTRACE_DETACH, 0, 1UL << 32));
	EXPECT_EQ(-ESRCH, REQ(PTRACE_DETACH, 0, 0));
	wait_for_progress(self->shared);
}
#endif

static int traced_stop(struct shared *shared)
{
	if (request(PTRACE_TRACEME, 0, 0, 0))
		return 1;
	raise(SIGSTOP);
	raise(SIGSTOP);
	return 0;
}

/* LISTEN wants a seized tracee, in a PTRACE_EVENT_STOP. */
TEST_F(errors, listen)
{
	siginfo_t info;
	pid_t pid;

	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, 0, &info));
	/* The siginfo counts. */
	info.si_code = SIGTRAP;
	ASSERT_EQ(0, REQ(PTRACE_SETSIGINFO, 0, &info));
	EXPECT_EQ(-EIO, REQ(PTRACE_LISTEN, 0, 0));
	info.si_code = SIGTRAP | PTRACE_EVENT_STOP << 8;
	ASSERT_EQ(0, REQ(PTRACE_SETSIGINFO, 0, &info));
	EXPECT_EQ(0, REQ(PTRACE_LISTEN, 0, 0));

	pid = spawn(traced_stop, self->shared);
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(pid));
	EXPECT_EQ(-EIO, request(PTRACE_LISTEN, pid, 0, 0));
	reap(pid);
}

/* The group-stop of a tracee that is not seized has no siginfo: EINVAL, before and after EFAULT. */
TEST_F(errors, siginfo)
{
	char info[sizeof(siginfo_t)] = { SIGUSR1 };
	pid_t pid;

	EXPECT_EQ(-EFAULT, REQ(PTRACE_GETSIGINFO, 0, BAD_POINTER));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_SETSIGINFO, 0, BAD_POINTER));

	pid = spawn(traced_stop, self->shared);
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(pid));
	ASSERT_EQ(0, request(PTRACE_CONT, pid, 0, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(pid));
	EXPECT_EQ(-EINVAL, request(PTRACE_GETSIGINFO, pid, 0, (unsigned long)info));
	EXPECT_EQ(-EINVAL, request(PTRACE_GETSIGINFO, pid, 0, BAD_POINTER));
	EXPECT_EQ(-EINVAL, request(PTRACE_SETSIGINFO, pid, 0, (unsigned long)info));
	EXPECT_EQ(-EFAULT, request(PTRACE_SETSIGINFO, pid, 0, BAD_POINTER));
	reap(pid);
}

#if __SIZEOF_LONG__ == 8
/* The kernel does not know this kind, and the bytes that it would not keep are not 0. */
TEST_F(errors, siginfo_too_big)
{
	char info[sizeof(siginfo_t)] = {};

	*(int *)info = SIGUSR1;
	*(int *)(info + 8) = 0x4242;
	EXPECT_EQ(0, REQ(PTRACE_SETSIGINFO, 0, info));
	info[sizeof(info) - 1] = 1;
	EXPECT_EQ(-E2BIG, REQ(PTRACE_SETSIGINFO, 0, info));
}
#endif

TEST_F(errors, peeksiginfo)
{
	struct ptrace_peeksiginfo_args args = { .nr = 1 };
	siginfo_t info[4];
	const union sigval value = {};

	EXPECT_EQ(-EFAULT, REQ(PTRACE_PEEKSIGINFO, BAD_POINTER, info));
	args.flags = 2;
	EXPECT_EQ(-EINVAL, REQ(PTRACE_PEEKSIGINFO, &args, info));
	args.flags = 0;
	args.nr = -1;
	EXPECT_EQ(-EINVAL, REQ(PTRACE_PEEKSIGINFO, &args, info));
	args.nr = 0;
	EXPECT_EQ(0, REQ(PTRACE_PEEKSIGINFO, &args, BAD_POINTER));
	/* Nothing is pending. */
	args.nr = 1;
	args.flags = PTRACE_PEEKSIGINFO_SHARED;
	EXPECT_EQ(0, REQ(PTRACE_PEEKSIGINFO, &args, BAD_POINTER));

	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, sigqueue(self->tracee, SIGRTMIN, value));
	args.nr = 4;
	EXPECT_EQ(3, REQ(PTRACE_PEEKSIGINFO, &args, info));
	args.off = 2;
	EXPECT_EQ(1, REQ(PTRACE_PEEKSIGINFO, &args, info));
	args.off = 3;
	EXPECT_EQ(0, REQ(PTRACE_PEEKSIGINFO, &args, info));
	args.off = ~0ULL;
	EXPECT_EQ(0, REQ(PTRACE_PEEKSIGINFO, &args, info));
	args.off = 0;
	EXPECT_EQ(-EFAULT, REQ(PTRACE_PEEKSIGINFO, &args, BAD_POINTER));
	args.flags = 0;
	EXPECT_EQ(0, REQ(PTRACE_PEEKSIGINFO, &args, info));
}

/* A fault after the first siginfo is no error, but ends the call early. */
TEST_F(errors, peeksiginfo_fault_in_the_middle)
{
	struct ptrace_peeksiginfo_args args = { .nr = 3, .flags = PTRACE_PEEKSIGINFO_SHARED };
	const long page = sysconf(_SC_PAGESIZE);
	const union sigval value = {};
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(pages != MAP_FAILED);
	ASSERT_EQ(0, mprotect(pages + page, page, PROT_NONE));
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, sigqueue(self->tracee, SIGRTMIN, value));
	EXPECT_EQ(2, REQ(PTRACE_PEEKSIGINFO, &args, pages + page - 2 * sizeof(siginfo_t)));
}

TEST_F(errors, sigmask)
{
	__u64 mask = ~0ULL;

	for (unsigned long size = 0; size <= 16; size++) {
		if (size == sizeof(mask))
			continue;
		EXPECT_EQ(-EINVAL, REQ(PTRACE_GETSIGMASK, size, &mask));
		EXPECT_EQ(-EINVAL, REQ(PTRACE_SETSIGMASK, size, BAD_POINTER));
	}
	EXPECT_EQ(-EFAULT, REQ(PTRACE_GETSIGMASK, 8, BAD_POINTER));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_SETSIGMASK, 8, BAD_POINTER));
	EXPECT_EQ(0, REQ(PTRACE_SETSIGMASK, 8, &mask));
	EXPECT_EQ(0, REQ(PTRACE_GETSIGMASK, 8, &mask));
	EXPECT_EQ(~(1ULL << (SIGKILL - 1) | 1ULL << (SIGSTOP - 1)), mask);
}

/* Memory */

TEST_F(errors, memory)
{
	const long page = sysconf(_SC_PAGESIZE);
	unsigned long word = 0;

	/* Not mapped, in the tracee and in the caller; the former comes first. */
	EXPECT_EQ(-EIO, REQ(PTRACE_PEEKDATA, BAD_POINTER, &word));
	EXPECT_EQ(-EIO, REQ(PTRACE_PEEKTEXT, -1, BAD_POINTER));
	EXPECT_EQ(-EIO, REQ(PTRACE_POKEDATA, BAD_POINTER, 0));
	EXPECT_EQ(-EIO, REQ(PTRACE_POKETEXT, -1, 0));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_PEEKDATA, &page, BAD_POINTER));

	/* The same, at the same address: the tracee is a copy of this process. */
	EXPECT_EQ(0, REQ(PTRACE_POKEDATA, stopped_requests, 42));
	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, stopped_requests, &word));
	EXPECT_EQ(42, word);
	EXPECT_EQ(1, stopped_requests[0]);

	EXPECT_EQ(-EFAULT, REQ(PTRACE_GETEVENTMSG, 0, BAD_POINTER));
	EXPECT_EQ(0, REQ(PTRACE_GETEVENTMSG, 0, &word));
}

/* Registers */

TEST_F(errors, regset)
{
	char registers[4096];
	struct iovec iov = { registers, sizeof(registers) };
	size_t all;

	for (long nr = PTRACE_GETREGSET; nr <= PTRACE_SETREGSET; nr++) {
		EXPECT_EQ(-EFAULT, REQ(nr, NT_PRSTATUS, BAD_POINTER));
		EXPECT_EQ(-EFAULT, REQ(nr, 0x12345, BAD_POINTER));
		EXPECT_EQ(-EINVAL, REQ(nr, 0x12345, &iov));
		iov.iov_len = sizeof(long) + 1;
		EXPECT_EQ(-EINVAL, REQ(nr, NT_PRSTATUS, &iov));
		EXPECT_EQ(sizeof(long) + 1, iov.iov_len);
		iov.iov_base = (void *)BAD_POINTER;
		iov.iov_len = sizeof(long);
		EXPECT_EQ(-EFAULT, REQ(nr, NT_PRSTATUS, &iov));
		EXPECT_EQ(sizeof(long), iov.iov_len);
		iov = (struct iovec){ registers, sizeof(registers) };
	}

	ASSERT_EQ(0, REQ(PTRACE_GETREGSET, NT_PRSTATUS, &iov));
	all = iov.iov_len;
	EXPECT_LT(16 * sizeof(long), all);
	EXPECT_GT(sizeof(registers), all);
	EXPECT_EQ(0, REQ(PTRACE_SETREGSET, NT_PRSTATUS, &iov));
	EXPECT_EQ(all, iov.iov_len);

	/* The kernel copies no more registers than there is room for. */
	iov.iov_len = 0;
	EXPECT_EQ(0, REQ(PTRACE_GETREGSET, NT_PRSTATUS, &iov));
	EXPECT_EQ(0, iov.iov_len);
	iov.iov_len = sizeof(long);
	registers[sizeof(long)] = 0x5a;
	EXPECT_EQ(0, REQ(PTRACE_GETREGSET, NT_PRSTATUS, &iov));
	EXPECT_EQ(0x5a, registers[sizeof(long)]);
	EXPECT_EQ(sizeof(long), iov.iov_len);
#if __SIZEOF_LONG__ == 8
	/* The name of a set is 32 bits wide. */
	EXPECT_EQ(0, REQ(PTRACE_GETREGSET, 1UL << 32 | NT_PRSTATUS, &iov));
#endif
}

/* The system call */

static int sleep_and_spin(struct shared *shared)
{
	sleep_on_pipe(shared);
	return spin(shared);
}

TEST_F(errors, syscall_info)
{
	struct ptrace_syscall_info info, other;

	/* In no system call: only the pointers. */
	memset(&info, 0xa5, sizeof(info));
	EXPECT_EQ(24, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_NONE, info.op);
	EXPECT_EQ(0xa5, *((unsigned char *)&info + 24));
	EXPECT_EQ(24, REQ(PTRACE_GET_SYSCALL_INFO, 0, BAD_POINTER));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_GET_SYSCALL_INFO, 1, BAD_POINTER));

	EXPECT_EQ(-EINVAL, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info) - 1, BAD_POINTER));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), BAD_POINTER));
	memset(&info, 0, sizeof(info));
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &info));
	info.op = PTRACE_SYSCALL_INFO_ENTRY;
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &info));
	reap(self->tracee);

	/* On entering and on leaving a system call. */
	self->tracee = spawn(sleep_and_spin, self->shared);
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, 0, PTRACE_O_TRACESYSGOOD));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	ASSERT_EQ(80, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_ENTRY, info.op);
	EXPECT_EQ(SYS_read, info.entry.nr);
	EXPECT_EQ(1, info.entry.args[2]);

	other = info;
	other.flags = 1;
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &other));
	other = info;
	other.reserved = 1;
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &other));
	other = info;
	other.op = PTRACE_SYSCALL_INFO_EXIT;
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &other));
	other = info;
	other.entry.nr = 0x80000000;
	EXPECT_EQ(-ERANGE, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &other));
	other.entry.nr = 0xffffffff;
	EXPECT_EQ(-ERANGE, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &other));
	/* The kernel ignores fields that later versions may add. */
	EXPECT_EQ(0, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info) + 8, &info));

	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	ASSERT_EQ(33, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
	EXPECT_EQ(1, info.exit.rval);
	EXPECT_EQ(0, info.exit.is_error);
	info.reserved = 0;
	info.flags = 0;
	info.exit.rval = -EPERM;
	info.exit.is_error = 1;
	EXPECT_EQ(0, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &info));
	memset(&info, 0, sizeof(info));
	EXPECT_EQ(33, REQ(PTRACE_GET_SYSCALL_INFO, 33, &info));
	EXPECT_EQ(-EPERM, info.exit.rval);
	EXPECT_EQ(1, info.exit.is_error);
}

/* Settings in other parts of the kernel */

TEST_F(errors, configurations)
{
	struct ptrace_rseq_configuration rseq;
	struct seccomp_metadata metadata = {};

	EXPECT_EQ(sizeof(rseq), REQ(PTRACE_GET_RSEQ_CONFIGURATION, 0, BAD_POINTER));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_GET_RSEQ_CONFIGURATION, 8, BAD_POINTER));
	memset(&rseq, 0xa5, sizeof(rseq));
	EXPECT_EQ(sizeof(rseq), REQ(PTRACE_GET_RSEQ_CONFIGURATION, 4096, &rseq));
	EXPECT_EQ(0, rseq.flags);
	EXPECT_EQ(0, rseq.pad);

	/* It is under no filter. */
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SECCOMP_GET_FILTER, 0, 0));
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SECCOMP_GET_METADATA, 7, &metadata));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_SECCOMP_GET_METADATA, sizeof(metadata), BAD_POINTER));
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SECCOMP_GET_METADATA, sizeof(metadata), &metadata));

	for (unsigned long size = 0; size < 64; size++)
		if (size != sizeof(struct sud_config)) {
			EXPECT_EQ(-EINVAL, REQ(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, size,
					       BAD_POINTER));
			EXPECT_EQ(-EINVAL, REQ(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, size,
					       BAD_POINTER));
		}
}

TEST_HARNESS_MAIN
