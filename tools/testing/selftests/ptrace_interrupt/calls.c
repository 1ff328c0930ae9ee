// SPDX-License-Identifier: GPL-2.0
/*
 * The stops that a tracer asks for by how it has the tracee go on: at system calls, and
 * after steps.
 *
 * man: "Syscall-stops", PTRACE_SYSEMU, PTRACE_SINGLESTEP; include/linux/ptrace.h:
 * ptrace_report_syscall(); kernel/ptrace.c: ptrace_resume(), __ptrace_unlink().
 */
#include <poll.h>
#include <sys/user.h>

#include "ptrace_group.h"

#define SYSCALL_STOP	SIGNAL_STOP(SIGTRAP | 0x80)
/* Seen by a tracer only: the call is to be made again. */
#define ERESTARTSYS	512

/* What the tracee and the test share, beside struct shared. */
struct stage {
	/* What it got of its last call. */
	_Atomic long result;
};

static struct stage *stage;

FIXTURE(calls)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_VARIANT(calls)
{
	bool attach;
};

FIXTURE_VARIANT_ADD(calls, attach) { .attach = true };
FIXTURE_VARIANT_ADD(calls, seize) { .attach = false };

FIXTURE_SETUP(calls)
{
	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(stage != MAP_FAILED);
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(calls)
{
	reap(self->tracee);
}

/* Tracees */

/* System calls, one after the other. */
static int make_calls(struct shared *shared)
{
	while (!shared->quit) {
		shared->count++;
		stage->result = syscall(SYS_getppid);
	}
	return 0;
}

static int make_writes(struct shared *shared)
{
	sleep_on_pipe(shared);
	stage->result = write(shared->pipe[1], "", 1);
	return spin(shared);
}

/* Calls that have the kernel look anew at whether a signal is pending. */
static int make_mask_calls(struct shared *shared)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	while (!shared->quit) {
		shared->count++;
		sigprocmask(shared->count & 1 ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
	}
	return 0;
}

/* Traced with @options, and stopped. */
static void start(struct __test_metadata *_metadata, FIXTURE_DATA(calls) *self,
		  const FIXTURE_VARIANT(calls) *variant, int (*body)(struct shared *),
		  unsigned long options)
{
	self->tracee = spawn(body, self->shared);
	ASSERT_LT(0, self->tracee);
	if (body == make_writes || body == sleep_on_pipe)
		wait_for_state(self->tracee, 'S');
	else
		wait_for_progress(self->shared);
	if (variant->attach) {
		ASSERT_EQ(0, attach(self->tracee));
		ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
		ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, options));
	} else {
		ASSERT_EQ(0, REQ(PTRACE_SEIZE, self->tracee, options));
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	}
}

static void syscall_info(struct __test_metadata *_metadata, pid_t pid, int op,
			 struct ptrace_syscall_info *info)
{
	unsigned long message = 0;

	memset(info, 0, sizeof(*info));
	ASSERT_LT(0, request(PTRACE_GET_SYSCALL_INFO, pid, sizeof(*info), (unsigned long)info));
	ASSERT_EQ(op, info->op);
	ASSERT_EQ(0, REQ(PTRACE_GETEVENTMSG, pid, &message));
	if (op == PTRACE_SYSCALL_INFO_ENTRY)
		ASSERT_EQ(PTRACE_EVENTMSG_SYSCALL_ENTRY, message);
	if (op == PTRACE_SYSCALL_INFO_EXIT)
		ASSERT_EQ(PTRACE_EVENTMSG_SYSCALL_EXIT, message);
}

/* Go on to the entry of the next call. */
static void to_entry(struct __test_metadata *_metadata, pid_t pid,
		     struct ptrace_syscall_info *info)
{
	ASSERT_EQ(0, request(PTRACE_SYSCALL, pid, 0, 0));
	ASSERT_EQ(SYSCALL_STOP, next_status(pid));
	syscall_info(_metadata, pid, PTRACE_SYSCALL_INFO_ENTRY, info);
}

static void to_exit(struct __test_metadata *_metadata, pid_t pid,
		    struct ptrace_syscall_info *info)
{
	ASSERT_EQ(0, request(PTRACE_SYSCALL, pid, 0, 0));
	ASSERT_EQ(SYSCALL_STOP, next_status(pid));
	syscall_info(_metadata, pid, PTRACE_SYSCALL_INFO_EXIT, info);
}

static void ends(struct __test_metadata *_metadata, FIXTURE_DATA(calls) *self)
{
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* man: "keep track of the sequence of ptrace-stops": they alternate, whatever comes between. */
TEST_F(calls, alternate)
{
	struct ptrace_syscall_info info;

	start(_metadata, self, variant, make_calls, PTRACE_O_TRACESYSGOOD);
	for (int i = 0; i < 50; i++) {
		to_entry(_metadata, self->tracee, &info);
		ASSERT_EQ(SYS_getppid, info.entry.nr);
		if (i % 5 == 1) {
			/* Not followed by an exit if the tracer does not want it. */
			ASSERT_EQ(0, cont(self->tracee, 0));
			wait_for_progress(self->shared);
			ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
			ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
			continue;
		}
		if (i % 5 == 2)
			ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
		to_exit(_metadata, self->tracee, &info);
		ASSERT_EQ(getpid(), info.exit.rval);
		if (i % 5 == 2) {
			ASSERT_EQ(0, request(PTRACE_SYSCALL, self->tracee, 0, 0));
			ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
			syscall_info(_metadata, self->tracee, PTRACE_SYSCALL_INFO_NONE, &info);
		}
	}
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}

/* man, "Syscall-stops": without PTRACE_O_TRACESYSGOOD, it looks like a SIGTRAP. */
TEST_F(calls, calls_without_option)
{
	struct ptrace_syscall_info info;
	siginfo_t si = {};

	start(_metadata, self, variant, make_calls, 0);
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, request(PTRACE_SYSCALL, self->tracee, 0, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
		ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &si));
		EXPECT_EQ(SIGTRAP, si.si_signo);
		EXPECT_EQ(SIGTRAP, si.si_code);
		syscall_info(_metadata, self->tracee, PTRACE_SYSCALL_INFO_NONE, &info);
	}
	/* The option is looked at when the stop comes. */
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, PTRACE_O_TRACESYSGOOD));
	to_entry(_metadata, self->tracee, &info);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}

/* ptrace_report_syscall(): the signal that the tracer names is sent, and its own stop comes. */
TEST_F(calls, signal_from_a_call)
{
	struct ptrace_syscall_info info;
	siginfo_t si = {};

	start(_metadata, self, variant, make_calls, PTRACE_O_TRACESYSGOOD);
	to_entry(_metadata, self->tracee, &info);
	ASSERT_EQ(0, cont(self->tracee, SIGUSR2));
	ASSERT_EQ(SIGNAL_STOP(SIGUSR2), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &si));
	EXPECT_EQ(SI_KERNEL, si.si_code);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}

/*
 * An INTERRUPT in the stop at an entry: the call does not sleep, as with a signal pending;
 * the stop at its exit is the trap that was asked for, and the call is made again.
 */
TEST_F(calls, call_is_cut_short)
{
	struct ptrace_syscall_info info;

	/* Only what was seized can be interrupted. */
	if (variant->attach)
		return;
	start(_metadata, self, variant, sleep_on_pipe, PTRACE_O_TRACESYSGOOD);
	for (int i = 0; i < 5; i++) {
		to_entry(_metadata, self->tracee, &info);
		ASSERT_EQ(SYS_read, info.entry.nr);
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(0, status_now(self->tracee));
		to_exit(_metadata, self->tracee, &info);
		ASSERT_EQ(-ERESTARTSYS, info.exit.rval);
	}
	ASSERT_EQ(0, cont(self->tracee, 0));
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(0, status_now(self->tracee));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* recalc_sigpending(): the call does not lose the trap that is pending. */
TEST_F(calls, interrupt_and_signal_mask)
{
	struct ptrace_syscall_info info;

	/* Only what was seized can be interrupted. */
	if (variant->attach)
		return;
	start(_metadata, self, variant, make_mask_calls, PTRACE_O_TRACESYSGOOD);
	for (int i = 0; i < 20; i++) {
		to_entry(_metadata, self->tracee, &info);
		ASSERT_EQ(SYS_rt_sigprocmask, info.entry.nr);
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(0, cont(self->tracee, 0));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	}
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}

/* The call's number, and what it gives, are the tracer's to change. */
TEST_F(calls, call_is_skipped)
{
	struct ptrace_syscall_info info;

	start(_metadata, self, variant, make_writes, PTRACE_O_TRACESYSGOOD);
	ASSERT_TRUE(wake(self->shared));
	/* Interrupted in read(2), it is to come back to it. */
	to_entry(_metadata, self->tracee, &info);
	ASSERT_EQ(SYS_read, info.entry.nr);
	to_exit(_metadata, self->tracee, &info);
	to_entry(_metadata, self->tracee, &info);
	ASSERT_EQ(SYS_write, info.entry.nr);
	info.entry.nr = -1;
	info.reserved = 0;
	info.flags = 0;
	ASSERT_EQ(0, request(PTRACE_SET_SYSCALL_INFO, self->tracee, sizeof(info),
			     (unsigned long)&info));
	to_exit(_metadata, self->tracee, &info);
	EXPECT_EQ(-ENOSYS, info.exit.rval);
	info.exit.rval = 42;
	info.exit.is_error = 0;
	ASSERT_EQ(0, request(PTRACE_SET_SYSCALL_INFO, self->tracee, sizeof(info),
			     (unsigned long)&info));
	ASSERT_EQ(0, cont(self->tracee, 0));
	wait_for_progress(self->shared);
	EXPECT_EQ(42, stage->result);
	/* Nothing was written. */
	struct pollfd poll_pipe = { .fd = self->shared->pipe[0], .events = POLLIN };

	EXPECT_EQ(0, poll(&poll_pipe, 1, 0));
	ends(_metadata, self);
}

/* What DETACH undoes: nothing is left of how the tracer had the tracee go on. */
TEST_F(calls, calls_after_detach)
{
	struct ptrace_syscall_info info;

	start(_metadata, self, variant, make_calls, PTRACE_O_TRACESYSGOOD);
	to_entry(_metadata, self->tracee, &info);
	ASSERT_EQ(0, detach(self->tracee, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, seize(self->tracee));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, status_now(self->tracee));
	ASSERT_EQ('R', proc_state(self->tracee));
	ends(_metadata, self);
}

#if defined(__x86_64__) || defined(__i386__)

#ifdef __x86_64__
#define IP(regs)	((regs).rip)
#define RESULT(regs)	((regs).rax)
#else
#define IP(regs)	((regs).eip)
#define RESULT(regs)	((regs).eax)
#endif

#define SYSEMU			31
#define SYSEMU_SINGLESTEP	32
#define SINGLEBLOCK		33

static unsigned long ip(struct __test_metadata *_metadata, pid_t pid)
{
	struct user_regs_struct regs;

	ASSERT_EQ(0, REQ(PTRACE_GETREGS, pid, &regs));
	return IP(regs);
}

/* man: PTRACE_SYSEMU "stop on entry to the next system call, which will not be executed" */
TEST_F(calls, calls_are_emulated)
{
	struct pollfd poll_pipe = { .fd = self->shared->pipe[0], .events = POLLIN };
	struct ptrace_syscall_info info;
	struct user_regs_struct regs;

	start(_metadata, self, variant, make_writes, PTRACE_O_TRACESYSGOOD);
	ASSERT_TRUE(wake(self->shared));
	to_entry(_metadata, self->tracee, &info);
	to_exit(_metadata, self->tracee, &info);
	ASSERT_EQ(0, request(SYSEMU, self->tracee, 0, 0));
	ASSERT_EQ(SYSCALL_STOP, next_status(self->tracee));
	syscall_info(_metadata, self->tracee, PTRACE_SYSCALL_INFO_ENTRY, &info);
	ASSERT_EQ(SYS_write, info.entry.nr);
	ASSERT_EQ(0, REQ(PTRACE_GETREGS, self->tracee, &regs));
	RESULT(regs) = 43;
	ASSERT_EQ(0, REQ(PTRACE_SETREGS, self->tracee, &regs));
	/* No stop at its exit. */
	ASSERT_EQ(0, request(SYSEMU, self->tracee, 0, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, status_now(self->tracee));
	EXPECT_EQ(43, stage->result);
	EXPECT_EQ(0, poll(&poll_pipe, 1, 0));
	/* Nor is the next one made, be it the one to exit. */
	self->shared->quit = 1;
	ASSERT_EQ(SYSCALL_STOP, next_status(self->tracee));
	syscall_info(_metadata, self->tracee, PTRACE_SYSCALL_INFO_ENTRY, &info);
	ASSERT_EQ(SYS_exit_group, info.entry.nr);
}

/* DETACH undoes that as well: the calls of the tracee are made again. */
TEST_F(calls, calls_after_emulation)
{
	start(_metadata, self, variant, make_calls, PTRACE_O_TRACESYSGOOD);
	ASSERT_EQ(0, request(SYSEMU, self->tracee, 0, 0));
	ASSERT_EQ(SYSCALL_STOP, next_status(self->tracee));
	ASSERT_EQ(0, detach(self->tracee, 0));
	wait_for_progress(self->shared);
	EXPECT_EQ(getpid(), stage->result);
	ASSERT_EQ(0, seize(self->tracee));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, status_now(self->tracee));
	EXPECT_EQ(getpid(), stage->result);
	ends(_metadata, self);
}

/* Steps */

static void step(struct __test_metadata *_metadata, pid_t pid, long how)
{
	const unsigned long before = ip(_metadata, pid);
	siginfo_t info = {};

	ASSERT_EQ(0, request(how, pid, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(pid));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, pid, &info));
	EXPECT_EQ(SIGTRAP, info.si_signo);
	EXPECT_LT(0, info.si_code);
	EXPECT_NE(before, ip(_metadata, pid));
}

/* man: PTRACE_SINGLESTEP; ptrace_resume(): any other way to go on ends it. */
TEST_F(calls, steps)
{
	static const long ways_to_step[] = { PTRACE_SINGLESTEP, SINGLEBLOCK };
	struct ptrace_syscall_info info;

	start(_metadata, self, variant, make_calls, PTRACE_O_TRACESYSGOOD);
	for (int i = 0; i < 2; i++) {
		for (int n = 0; n < 20; n++)
			step(_metadata, self->tracee, ways_to_step[i]);
		to_entry(_metadata, self->tracee, &info);
		to_exit(_metadata, self->tracee, &info);
		for (int n = 0; n < 20; n++)
			step(_metadata, self->tracee, ways_to_step[i]);
		ASSERT_EQ(0, cont(self->tracee, 0));
		wait_for_progress(self->shared);
		ASSERT_EQ(0, status_now(self->tracee));
		ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
		ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
	}
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}

/* ptrace_disable(): detached while stepping, it is not to die of a SIGTRAP of the next step. */
TEST_F(calls, detached_from_steps)
{
	static const long ways_to_step[] = { PTRACE_SINGLESTEP, SINGLEBLOCK, SYSEMU_SINGLESTEP };

	for (int i = 0; i < 3; i++) {
		self->shared->quit = 0;
		start(_metadata, self, variant, make_calls, 0);
		for (int n = 0; n < 3; n++) {
			ASSERT_EQ(0, request(ways_to_step[i], self->tracee, 0, 0));
			ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
		}
		ASSERT_EQ(0, detach(self->tracee, 0));
		ends(_metadata, self);
	}
}

/* man: PTRACE_SYSEMU_SINGLESTEP "do the same but also singlestep if not a system call." */
TEST_F(calls, steps_with_emulation)
{
	struct ptrace_syscall_info info;
	unsigned long at_call;
	int status, calls = 0;

	start(_metadata, self, variant, make_calls, PTRACE_O_TRACESYSGOOD);
	for (int steps = 0; steps < 2000 && calls < 3; steps++) {
		ASSERT_EQ(0, request(SYSEMU_SINGLESTEP, self->tracee, 0, 0));
		status = next_status(self->tracee);
		if (status != SYSCALL_STOP) {
			ASSERT_EQ(SIGNAL_STOP(SIGTRAP), status);
			continue;
		}
		calls++;
		syscall_info(_metadata, self->tracee, PTRACE_SYSCALL_INFO_ENTRY, &info);
		ASSERT_EQ(SYS_getppid, info.entry.nr);
		at_call = ip(_metadata, self->tracee);
		ASSERT_EQ(0, request(SYSEMU_SINGLESTEP, self->tracee, 0, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
		ASSERT_NE(at_call, ip(_metadata, self->tracee));
	}
	EXPECT_EQ(3, calls);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}
#endif /* x86 */

TEST_HARNESS_MAIN
