// SPDX-License-Identifier: GPL-2.0
/*
 * Steps and breakpoints: where they end, what the siginfo says, and what they change in the
 * tracee. The tests of calls.c are about the trap flag.
 *
 * man: PTRACE_SINGLESTEP; arch/x86/kernel/step.c, arch/x86/kernel/traps.c,
 * arch/x86/kernel/ptrace.c; arch/arm64/kernel/debug-monitors.c; arch/riscv/kernel/traps.c;
 * kernel/signal.c: force_sig_info_to_task(); kernel/fork.c.
 */
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <sys/user.h>

#include "ptrace_group.h"

#if defined(__x86_64__) || defined(__i386__)

#define SYSCALL_STOP		SIGNAL_STOP(SIGTRAP | 0x80)

#ifndef TRAP_HWBKPT
#define TRAP_HWBKPT		4
#endif

/* DR6 if it tells of nothing, and its bit for a step. Bits 0 to 3 are for the breakpoints. */
#define DR6_NOTHING	0xffff0ff0
#define DR6_STEP	0x4000

#ifdef __x86_64__
#define IP(regs)	((regs).rip)
#define RESULT(regs)	((regs).rax)
#define NUMBER(regs)	((regs).orig_rax)
#define CALL		"syscall"
#define GETPPID		"110"
#else
#define IP(regs)	((regs).eip)
#define RESULT(regs)	((regs).eax)
#define NUMBER(regs)	((regs).orig_eax)
#define CALL		"int $0x80"
#define GETPPID		"64"
#endif

/* Code that a tracee runs for the tests. A label is where a stop may be. */
extern const char step_native[], step_native_call[], step_native_after[], step_native_next[],
	step_int80[], step_int80_call[], step_int80_after[], step_int80_next[],
	step_vsyscall[], step_vsyscall_next[],
	step_nops[], step_nops_2[], step_loop[],
	step_int3[], step_int3_after[], step_icebp[], step_icebp_after[];

asm(".pushsection .text\n"
	"step_native:		mov $" GETPPID ", %eax\n"
	"step_native_call:	" CALL "\n"
	"step_native_after:	nop\n"
	"step_native_next:	jmp step_native_next\n"
	"step_int80:		mov $64, %eax\n"
	"step_int80_call:	int $0x80\n"
	"step_int80_after:	nop\n"
	"step_int80_next:	jmp step_int80_next\n"
#ifdef __x86_64__
	"step_vsyscall:		call *%rax\n"
	"			nop\n"
	"step_vsyscall_next:	jmp step_vsyscall_next\n"
#endif
	"step_nops:		nop\n"
	"step_nops_2:		nop\n"
	"			nop\n"
	"			nop\n"
	"			jmp step_loop\n"
	"			nop\n"
	"step_loop:		jmp step_loop\n"
	"step_int3:		int3\n"
	"step_int3_after:	jmp step_int3_after\n"
	"step_icebp:		.byte 0xf1\n"
	"step_icebp_after:	jmp step_icebp_after\n"
	".popsection\n");

/* What the tracee and the test share, besides struct shared. */
static struct stage {
	_Atomic long result;
} *stage;

FIXTURE(steps)
{
	struct shared *shared;
	pid_t tracee;
	/* The registers of the tracee where it began to run that code. */
	struct user_regs_struct sent_from;
};

FIXTURE_SETUP(steps)
{
	stage = shared_memory(sizeof(*stage));
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(steps)
{
	reap(self->tracee);
}

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(steps) *self,
		  int (*body)(struct shared *))
{
	self->shared->quit = 0;
	self->tracee = spawn(body, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, self->tracee, PTRACE_O_TRACESYSGOOD));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETREGS, self->tracee, &self->sent_from));
}

/* Have the tracee, which is in a ptrace-stop, go on at @where, with @number for a system call. */
static void send_to_call(struct __test_metadata *_metadata, FIXTURE_DATA(steps) *self,
			 const void *where, unsigned long number)
{
	struct user_regs_struct regs = self->sent_from;

	IP(regs) = (unsigned long)where;
	RESULT(regs) = number;
	/* It is in no call yet. */
	NUMBER(regs) = -1;
	ASSERT_EQ(0, REQ(PTRACE_SETREGS, self->tracee, &regs));
}

static void send_to(struct __test_metadata *_metadata, FIXTURE_DATA(steps) *self,
		    const void *where)
{
	send_to_call(_metadata, self, where, 0);
}

/* Have it go on where it was, until its exit. */
static void ends(struct __test_metadata *_metadata, FIXTURE_DATA(steps) *self)
{
	ASSERT_EQ(0, REQ(PTRACE_SETREGS, self->tracee, &self->sent_from));
	ASSERT_EQ(0, cont(self->tracee, 0));
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

static unsigned long ip(struct __test_metadata *_metadata, pid_t pid)
{
	struct user_regs_struct regs;

	ASSERT_EQ(0, REQ(PTRACE_GETREGS, pid, &regs));
	return IP(regs);
}

static unsigned long debug_register(struct __test_metadata *_metadata, pid_t pid, int n)
{
	unsigned long value = ~0UL;

	ASSERT_EQ(0, request(PTRACE_PEEKUSR, pid, DEBUG_REGISTER(n), (unsigned long)&value));
	return value;
}

/*
 * Resume by @how; SIGTRAP with @code follows, and the tracee is at @where. The siginfo has the same
 * address, except that of int3, which has none.
 */
static void trap_at(struct __test_metadata *_metadata, pid_t pid, long how, const char *where,
		    int code)
{
	siginfo_t info = {};

	ASSERT_EQ(0, REQ(how, pid, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(pid));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, pid, &info));
	EXPECT_EQ(SIGTRAP, info.si_signo);
	EXPECT_EQ(code, info.si_code);
	EXPECT_EQ(code == SI_KERNEL ? 0 : (unsigned long)where, (unsigned long)info.si_addr);
	EXPECT_EQ((unsigned long)where, ip(_metadata, pid));
}

static void call_stop(struct __test_metadata *_metadata, pid_t pid, long how)
{
	ASSERT_EQ(0, REQ(how, pid, 0));
	ASSERT_EQ(SYSCALL_STOP, next_status(pid));
}

/* Steps and system calls */

static const struct code {
	const char *begin, *call, *after, *next;
	long fork;
} codes[] = {
	{ step_native, step_native_call, step_native_after, step_native_next, SYS_fork },
	{ step_int80, step_int80_call, step_int80_after, step_int80_next, 2 },
};

/*
 * A step over a system call ends right after the call, with TRAP_BRKPT, since the kernel makes the
 * trap, and not the processor; the steps before and after it are of one instruction.
 */
TEST_F(steps, over_a_call)
{
	start(_metadata, self, spin);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		const struct code *code = &codes[i];

		send_to(_metadata, self, code->begin);
		trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, code->call, TRAP_TRACE);
		trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, code->after, TRAP_BRKPT);
		trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, code->next, TRAP_TRACE);
	}
	ends(_metadata, self);
}

/* The same from the stops of the call: a step from the entry makes the call, and ends after it. */
TEST_F(steps, from_the_stops_of_a_call)
{
	struct user_regs_struct regs;

	start(_metadata, self, spin);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		const struct code *code = &codes[i];

		send_to(_metadata, self, code->begin);
		call_stop(_metadata, self->tracee, PTRACE_SYSCALL);
		EXPECT_EQ((unsigned long)code->after, ip(_metadata, self->tracee));
		trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, code->after, TRAP_BRKPT);
		ASSERT_EQ(0, REQ(PTRACE_GETREGS, self->tracee, &regs));
		EXPECT_EQ(getpid(), RESULT(regs));
		trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, code->next, TRAP_TRACE);

		send_to(_metadata, self, code->begin);
		call_stop(_metadata, self->tracee, PTRACE_SYSCALL);
		call_stop(_metadata, self->tracee, PTRACE_SYSCALL);
		trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, code->next, TRAP_TRACE);
	}
	ends(_metadata, self);
}

/*
 * The same from the event of a fork. The child does not make that step. One from the child's first
 * stop, which is after the call, is of one instruction.
 */
TEST_F(steps, from_a_fork)
{
	struct user_regs_struct regs;

	start(_metadata, self, spin);
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL));
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		const struct code *code = &codes[i];
		unsigned long child = 0;

		send_to_call(_metadata, self, code->call, code->fork);
		ASSERT_EQ(0, cont(self->tracee, 0));
		ASSERT_EQ(EVENT(PTRACE_EVENT_FORK), next_status(self->tracee));
		ASSERT_EQ(0, REQ(PTRACE_GETEVENTMSG, self->tracee, &child));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(child));
		trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, code->after, TRAP_BRKPT);
		ASSERT_EQ(0, REQ(PTRACE_GETREGS, self->tracee, &regs));
		EXPECT_EQ(child, RESULT(regs));
		trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, code->next, TRAP_TRACE);

		EXPECT_EQ((unsigned long)code->after, ip(_metadata, child));
		trap_at(_metadata, child, PTRACE_SINGLESTEP, code->next, TRAP_TRACE);
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(KILLED(SIGKILL), next_status(child));
		ASSERT_EQ(0, cont(self->tracee, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGCHLD), next_status(self->tracee));
	}
	ends(_metadata, self);
}

/* The program that a tracee executes: this one, under another name. */
__attribute__((constructor)) static void be_program(int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "steps-exec"))
		_exit(9);
}

static int spin_and_exec(struct shared *shared)
{
	spin(shared);
	return exec_as("steps-exec");
}

/* The same: the step ends in the new program, before its first instruction. */
TEST_F(steps, from_an_exec)
{
	siginfo_t info = {};
	unsigned long first;

	start(_metadata, self, spin_and_exec);
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, PTRACE_O_TRACEEXEC));
	self->shared->quit = 1;
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXEC), next_status(self->tracee));
	first = ip(_metadata, self->tracee);
	trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, (const char *)first, TRAP_BRKPT);
	ASSERT_EQ(0, REQ(PTRACE_SINGLESTEP, self->tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
	EXPECT_EQ(TRAP_TRACE, info.si_code);
	EXPECT_NE(first, ip(_metadata, self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EXITED(9), next_status(self->tracee));
	self->tracee = 0;
}

/*
 * SYSCALL_EMU: a call whose entry PTRACE_SYSEMU_SINGLESTEP has reported is not made, and the step
 * from there ends after it. From an entry that PTRACE_SYSCALL has reported, the call is made, and
 * the step is reported one instruction late.
 */
TEST_F(steps, with_emulation)
{
	struct user_regs_struct regs;

	start(_metadata, self, spin);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		const struct code *code = &codes[i];

		send_to(_metadata, self, code->begin);
		trap_at(_metadata, self->tracee, SYSEMU_SINGLESTEP, code->call, TRAP_TRACE);
		call_stop(_metadata, self->tracee, SYSEMU_SINGLESTEP);
		EXPECT_EQ((unsigned long)code->after, ip(_metadata, self->tracee));
		trap_at(_metadata, self->tracee, SYSEMU_SINGLESTEP, code->next, TRAP_TRACE);
		ASSERT_EQ(0, REQ(PTRACE_GETREGS, self->tracee, &regs));
		EXPECT_EQ(-ENOSYS, (long)RESULT(regs));

		send_to(_metadata, self, code->begin);
		call_stop(_metadata, self->tracee, PTRACE_SYSCALL);
		trap_at(_metadata, self->tracee, SYSEMU_SINGLESTEP, code->next, TRAP_TRACE);
		ASSERT_EQ(0, REQ(PTRACE_GETREGS, self->tracee, &regs));
		EXPECT_EQ(getpid(), RESULT(regs));
	}
	ends(_metadata, self);
}

#ifdef __x86_64__
/*
 * emulate_vsyscall(): a step to the page of vsyscalls ends there. In the next one, the kernel makes
 * the call and returns from it in a fault, so that the step ends one instruction beyond the return.
 */
TEST_F(steps, over_a_vsyscall)
{
	struct user_regs_struct regs;
	unsigned long sp;

	if (!has_vsyscalls())
		SKIP(return, "no vsyscalls");
	start(_metadata, self, spin);
	regs = self->sent_from;
	regs.rip = (unsigned long)step_vsyscall;
	regs.orig_rax = -1;
	regs.rax = VSYSCALL_TIME;
	/* There is no place for the time but in the result. */
	regs.rdi = 0;
	/* Do not overwrite what it has on its stack. */
	sp = (regs.rsp - 512) & ~15UL;
	regs.rsp = sp;
	ASSERT_EQ(0, REQ(PTRACE_SETREGS, self->tracee, &regs));
	trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, (const char *)VSYSCALL_TIME,
		TRAP_TRACE);
	trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, step_vsyscall_next, TRAP_TRACE);
	ASSERT_EQ(0, REQ(PTRACE_GETREGS, self->tracee, &regs));
	EXPECT_LT(0, (long)RESULT(regs));
	EXPECT_EQ(sp, regs.rsp);
	ends(_metadata, self);
}
#endif

/*
 * PTRACE_SINGLEBLOCK: until the processor branches, if it can do that. Under an emulator that has
 * no branch trap flag, as QEMU's, it is a step.
 */
TEST_F(steps, block)
{
	const unsigned long begin = (unsigned long)step_nops, end = (unsigned long)step_loop;
	unsigned long at;
	int stops = 0;

	start(_metadata, self, spin);
	send_to(_metadata, self, step_nops);
	do {
		ASSERT_EQ(0, REQ(SINGLEBLOCK, self->tracee, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
		at = ip(_metadata, self->tracee);
		stops++;
		ASSERT_TRUE(at == begin + stops || at == end);
	} while (at != end);
	EXPECT_TRUE(stops == 1 || stops == 5);
	/* A step after block steps is a step. */
	send_to(_metadata, self, step_nops);
	trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, step_nops_2, TRAP_TRACE);
	ends(_metadata, self);
}

/* A step to where nothing can be executed ends in the fault, not in a trap. */
TEST_F(steps, to_data)
{
	siginfo_t info = {};

	start(_metadata, self, spin);
	send_to(_metadata, self, self->shared);
	ASSERT_EQ(0, REQ(PTRACE_SINGLESTEP, self->tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGSEGV), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
	EXPECT_EQ(SEGV_ACCERR, info.si_code);
	EXPECT_EQ((unsigned long)self->shared, (unsigned long)info.si_addr);
	EXPECT_EQ((unsigned long)self->shared, ip(_metadata, self->tracee));
	send_to(_metadata, self, step_nops);
	trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, step_nops_2, TRAP_TRACE);
	ends(_metadata, self);
}

static int compute(struct shared *shared)
{
	unsigned long sum = 0;
	pid_t child;

	spin(shared);
	for (int i = 0; i < 200; i++)
		sum = sum * 31 + i;
	child = fork();
	if (child == 0)
		_exit(3);
	stage->result = sum + (next_status(child) == EXITED(3) && getppid() == shared->signals);
	return 5;
}

/* A program that runs by single steps to its end does what it does without them. */
TEST_F(steps, to_the_end)
{
	unsigned long sum = 1;
	int status, steps = 0, calls = 0;

	for (int i = 0, s = 0; i < 200; i++)
		sum = (i ? sum : s) * 31 + i;
	self->shared->signals = getpid();
	start(_metadata, self, compute);
	self->shared->quit = 1;
	do {
		siginfo_t info = {};

		ASSERT_EQ(0, REQ(PTRACE_SINGLESTEP, self->tracee, 0));
		status = next_status(self->tracee);
		if (status == SIGNAL_STOP(SIGCHLD))
			continue;
		if (status != SIGNAL_STOP(SIGTRAP))
			break;
		ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
		calls += info.si_code == TRAP_BRKPT;
		steps++;
	} while (steps < 100000);
	EXPECT_EQ(EXITED(5), status);
	self->tracee = 0;
	EXPECT_EQ(sum + 1, stage->result);
	EXPECT_LT(400, steps);
	/* fork(), wait4(), getppid() */
	EXPECT_LE(3, calls);
}

/* The codes of traps */

/*
 * traps.c: what each kind of trap, and a SIGTRAP that is sent, says of itself. DR6 is that of the
 * last debug exception, which int3 is not.
 */
TEST_F(steps, codes)
{
	siginfo_t info = {};

	start(_metadata, self, spin);
	send_to(_metadata, self, step_nops);
	trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, step_nops_2, TRAP_TRACE);
	EXPECT_EQ(DR6_NOTHING | DR6_STEP, debug_register(_metadata, self->tracee, 6));
	send_to(_metadata, self, step_int3);
	trap_at(_metadata, self->tracee, PTRACE_CONT, step_int3_after, SI_KERNEL);
	EXPECT_EQ(DR6_NOTHING | DR6_STEP, debug_register(_metadata, self->tracee, 6));
	send_to(_metadata, self, step_icebp);
	trap_at(_metadata, self->tracee, PTRACE_CONT, step_icebp_after, TRAP_BRKPT);
	EXPECT_EQ(DR6_NOTHING, debug_register(_metadata, self->tracee, 6));
	/* A breakpoint for execution stops before the instruction. */
	ASSERT_EQ(0, request(PTRACE_POKEUSR, self->tracee, DEBUG_REGISTER(0),
			     (unsigned long)step_nops_2));
	ASSERT_EQ(0, request(PTRACE_POKEUSR, self->tracee, DEBUG_REGISTER(7), 1));
	send_to(_metadata, self, step_nops);
	trap_at(_metadata, self->tracee, PTRACE_CONT, step_nops_2, TRAP_HWBKPT);
	EXPECT_EQ(DR6_NOTHING | 1, debug_register(_metadata, self->tracee, 6));
	ASSERT_EQ(0, request(PTRACE_POKEUSR, self->tracee, DEBUG_REGISTER(7), 0));

	send_to(_metadata, self, step_loop);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, cont(self->tracee, 0));
		ASSERT_EQ(0, i ? signal_thread(self->tracee, self->tracee, SIGTRAP) :
			     kill(self->tracee, SIGTRAP));
		ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
		ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
		EXPECT_EQ(i ? SI_TKILL : SI_USER, info.si_code);
		EXPECT_EQ(getpid(), info.si_pid);
	}
	send_to(_metadata, self, step_native);
	call_stop(_metadata, self->tracee, PTRACE_SYSCALL);
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
	EXPECT_EQ(SIGTRAP | 0x80, info.si_code);
	ends(_metadata, self);
}

/* Debug registers */

static int fork_and_write(struct shared *shared)
{
	pid_t child;

	spin(shared);
	child = fork();
	if (child == 0) {
		stage->result = 1;
		_exit(0);
	}
	return next_status(child) == EXITED(0) ? 0 : 1;
}

/*
 * copy_thread(): a new child has none of its parent's breakpoints, though DR7 shows the value of
 * the parent's.
 */
TEST_F(steps, breakpoint_and_child)
{
	unsigned long child = 0;

	start(_metadata, self, fork_and_write);
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, PTRACE_O_TRACEFORK));
	/* Watch for writes to the result. */
	ASSERT_EQ(0, request(PTRACE_POKEUSR, self->tracee, DEBUG_REGISTER(1),
			     (unsigned long)&stage->result));
	ASSERT_EQ(0, request(PTRACE_POKEUSR, self->tracee, DEBUG_REGISTER(7), 0xd00004));
	self->shared->quit = 1;
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EVENT(PTRACE_EVENT_FORK), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETEVENTMSG, self->tracee, &child));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(child));
	EXPECT_EQ(0xd00004, debug_register(_metadata, self->tracee, 7));
	EXPECT_EQ(0xd00004, debug_register(_metadata, child, 7));
	EXPECT_EQ(0, debug_register(_metadata, child, 1));
	ASSERT_EQ(0, cont(child, 0));
	/* No SIGTRAP. */
	ASSERT_EQ(EXITED(0), next_status(child));
	EXPECT_EQ(1, stage->result);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGCHLD), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* ptrace_write_dr7(): ENOSPC if perf(1) has taken all breakpoints; nothing changes then. */
TEST_F(steps, no_breakpoint_left)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT, .size = sizeof(attr), .bp_type = HW_BREAKPOINT_W,
		.bp_addr = (unsigned long)&stage->result, .bp_len = HW_BREAKPOINT_LEN_4,
	};
	int events[4];

	start(_metadata, self, spin);
	for (int i = 0; i < 4; i++) {
		events[i] = syscall(SYS_perf_event_open, &attr, self->tracee, -1, -1, 0);
		if (events[i] < 0)
			SKIP(return, "no breakpoints by perf_event_open(2)");
	}
	ASSERT_EQ(0, REQ(PTRACE_PEEKUSR, self->tracee, stage));
	EXPECT_EQ(-ENOSPC, request(PTRACE_POKEUSR, self->tracee, DEBUG_REGISTER(7), 0xd00004));
	EXPECT_EQ(0, debug_register(_metadata, self->tracee, 7));
	close(events[3]);
	EXPECT_EQ(0, request(PTRACE_POKEUSR, self->tracee, DEBUG_REGISTER(7), 0xd00004));
	EXPECT_EQ(0xd00004, debug_register(_metadata, self->tracee, 7));
	ASSERT_EQ(0, request(PTRACE_POKEUSR, self->tracee, DEBUG_REGISTER(7), 0));
	for (int i = 0; i < 3; i++)
		close(events[i]);
	ends(_metadata, self);
}

/* What the tracee has for SIGTRAP */

enum disposition { DEFAULT, IGNORED, HANDLED };

static enum disposition wanted;
static bool wanted_blocked;

static void ignore(int sig)
{
}

static int spin_with_disposition(struct shared *shared)
{
	static void (*const handlers[])(int) = { SIG_DFL, SIG_IGN, ignore };
	sigset_t set;

	signal(SIGTRAP, handlers[wanted]);
	sigemptyset(&set);
	sigaddset(&set, SIGTRAP);
	sigprocmask(wanted_blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
	return spin(shared);
}

static bool has_signal(pid_t pid, const char *key)
{
	char value[64];

	proc_status(pid, key, value);
	return strtoull(value, NULL, 16) >> (SIGTRAP - 1) & 1;
}

/*
 * force_sig_info_to_task(): the trap of an instruction, or of a step over a call, resets a
 * disposition that would lose it, and unblocks SIGTRAP, even if the tracer suppresses it. Stops
 * that are no signals change nothing.
 */
TEST_F(steps, disposition)
{
	for (int i = 0; i < 5 * 6; i++) {
		const int kind = i / 6;
		const bool forced = kind < 3;
		enum disposition disposition = i % 3;
		bool is_blocked = i / 3 % 2;

		wanted = disposition;
		wanted_blocked = is_blocked;
		start(_metadata, self, spin_with_disposition);
		switch (kind) {
		case 0:
			send_to(_metadata, self, step_nops);
			trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, step_nops_2,
				TRAP_TRACE);
			break;
		case 1:
			send_to(_metadata, self, step_int3);
			trap_at(_metadata, self->tracee, PTRACE_CONT, step_int3_after, SI_KERNEL);
			break;
		case 2:
			/* From the entry of the call, so that no other step comes first. */
			send_to(_metadata, self, step_native);
			call_stop(_metadata, self->tracee, PTRACE_SYSCALL);
			trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, step_native_after,
				TRAP_BRKPT);
			break;
		case 3:
			send_to(_metadata, self, step_native);
			call_stop(_metadata, self->tracee, PTRACE_SYSCALL);
			call_stop(_metadata, self->tracee, PTRACE_SYSCALL);
			break;
		case 4:
			ASSERT_EQ(0, interrupt(self->tracee));
			ASSERT_EQ(0, cont(self->tracee, 0));
			ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
			break;
		}
		if (forced && (is_blocked || disposition == IGNORED)) {
			is_blocked = false;
			disposition = DEFAULT;
		}
		EXPECT_EQ(is_blocked, has_signal(self->tracee, "SigBlk")) {
			TH_LOG("case %d", i);
		}
		EXPECT_EQ(disposition == IGNORED, has_signal(self->tracee, "SigIgn")) {
			TH_LOG("case %d", i);
		}
		EXPECT_EQ(disposition == HANDLED, has_signal(self->tracee, "SigCgt")) {
			TH_LOG("case %d", i);
		}
		ends(_metadata, self);
	}
}

/* Children of a task that is stepped */

static int make_child(struct shared *shared)
{
	pid_t child;
	int status;

	spin(shared);
	child = shared->signals ? fork() : vfork();
	if (child == 0) {
		/* A call that is made, and not only reported to nobody. */
		stage->result = syscall(SYS_getppid);
		_exit(7);
	}
	status = next_status(child);
	if (stage->result != getpid())
		return 1;
	return status == EXITED(7) ? 0 : WIFSIGNALED(status) ? 100 + WTERMSIG(status) : 2;
}

/*
 * copy_process(): user_disable_single_step(), and it clears SYSCALL_TRACE and SYSCALL_EMU: a child
 * that nobody traces does not die of its parent's steps, and its calls are made.
 */
TEST_F(steps, children)
{
	static const long ways[] = {
		PTRACE_SINGLESTEP, SINGLEBLOCK, PTRACE_SYSCALL, SYSEMU, SYSEMU_SINGLESTEP,
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(ways); i++) {
		struct ptrace_syscall_info info;
		int status;

		stage->result = 0;
		self->shared->signals = i & 1;
		start(_metadata, self, make_child);
		self->shared->quit = 1;
		do {
			call_stop(_metadata, self->tracee, PTRACE_SYSCALL);
			ASSERT_LT(0, request(PTRACE_GET_SYSCALL_INFO, self->tracee, sizeof(info),
					     (unsigned long)&info));
		} while (info.op != PTRACE_SYSCALL_INFO_ENTRY ||
			 (info.entry.nr != SYS_clone && info.entry.nr != SYS_vfork));
		/* From the entry of the call, for a few stops. */
		for (int stops = 0; stops < 3; stops++) {
			ASSERT_EQ(0, REQ(ways[i / 2], self->tracee, 0));
			status = next_status(self->tracee);
			ASSERT_TRUE(WIFSTOPPED(status)) {
				TH_LOG("way %ld: status %#x", ways[i / 2], status);
			}
			/* The next call is not to be lost. */
			if (status == SYSCALL_STOP && ways[i / 2] >= SYSEMU)
				break;
		}
		ASSERT_EQ(0, detach(self->tracee, 0));
		status = next_status(self->tracee);
		/* The stop at a call that is emulated has made one of the parent's calls fail. */
		if (ways[i / 2] < SYSEMU || ways[i / 2] == SINGLEBLOCK) {
			EXPECT_EQ(EXITED(0), status) {
				TH_LOG("way %ld", ways[i / 2]);
			}
		}
		EXPECT_EQ(self->tracee, stage->result);
		self->tracee = 0;
	}
}
#elif defined(__aarch64__) || defined(__arm__)

#ifdef __aarch64__
typedef struct user_regs_struct registers;
#define IP(regs)	((regs).pc)
#define NUMBER(general)	((general).regs[8])
#else
typedef struct user_regs registers;
#define IP(regs)	((regs).uregs[15])
#define NUMBER(regs)	((regs).uregs[7])
#define FLAGS(regs)	((regs).uregs[16])
#define THUMB		0x20
#endif

/* Code that a tracee runs for the tests, all of it in instructions of 4 bytes. */
extern const char step_nops[], step_call[], step_after[], step_loop[];

asm(".pushsection .text\n"
#ifdef __arm__
	".arm\n"
#endif
	".globl step_nops, step_call, step_after, step_loop\n"
	".balign 4\n"
	"step_nops:	nop\n"
	"		nop\n"
	"step_call:	svc #0\n"
	"step_after:	nop\n"
	"step_loop:	b step_loop\n"
	".popsection\n");

FIXTURE(steps)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(steps)
{
	registers regs;

	self->shared = shared_new();
	self->tracee = spawn_seized(spin, self->shared, 0);
	ASSERT_LT(0, self->tracee);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, self->tracee, &regs, sizeof(regs)));
	IP(regs) = (unsigned long)step_nops;
	NUMBER(regs) = SYS_getppid;
#ifdef __arm__
	FLAGS(regs) &= ~THUMB;
#endif
	ASSERT_EQ(0, general_registers(PTRACE_SETREGSET, self->tracee, &regs, sizeof(regs)));
}

FIXTURE_TEARDOWN(steps)
{
	reap(self->tracee);
}

/* Make a step, and check where it ends. */
static void step_to(struct __test_metadata *_metadata, pid_t pid, const void *end)
{
	registers regs;

	ASSERT_EQ(0, request(PTRACE_SINGLESTEP, pid, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(pid));
	ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, pid, &regs, sizeof(regs)));
	ASSERT_EQ((unsigned long)end, IP(regs));
}

/* user_enable_single_step(): a step is an instruction */
TEST_F(steps, instructions)
{
	siginfo_t info;

	step_to(_metadata, self->tracee, step_nops + 4);
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
	EXPECT_EQ(TRAP_TRACE, info.si_code);
	EXPECT_EQ((unsigned long)step_nops + 4, (unsigned long)info.si_addr);
	step_to(_metadata, self->tracee, step_call);
	/* report_syscall_exit() makes a stop of its own, before that of the step. */
	step_to(_metadata, self->tracee, step_after);
	step_to(_metadata, self->tracee, step_after);
	step_to(_metadata, self->tracee, step_loop);
	step_to(_metadata, self->tracee, step_loop);
}

/* user_disable_single_step(): the next request that resumes it makes no step */
TEST_F(steps, end_with_the_next_request)
{
	step_to(_metadata, self->tracee, step_nops + 4);
	ASSERT_EQ(0, cont(self->tracee, 0));
	wait_for_state(self->tracee, 'R');
	ASSERT_EQ(0, interrupt(self->tracee));
	EXPECT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
}
#elif defined(__riscv)

/* Code that a tracee runs for the tests. There are no steps, but there are breakpoints. */
extern const char step_nops[], step_ebreak[], step_after[], step_short[], step_loop[];

asm(".pushsection .text\n"
	".option push\n"
	".option norvc\n"
	".globl step_nops, step_ebreak, step_after, step_short, step_loop\n"
	".balign 4\n"
	"step_nops:	nop\n"
	"step_ebreak:	ebreak\n"
	"step_after:	nop\n"
	".option pop\n"
	/* The instruction of 2 bytes. */
	"step_short:	.2byte 0x9002\n"
	"step_loop:	j step_loop\n"
	".popsection\n");

FIXTURE(steps)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(steps)
{
	self->shared = shared_new();
	self->tracee = spawn_seized(spin, self->shared, 0);
	ASSERT_LT(0, self->tracee);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
}

FIXTURE_TEARDOWN(steps)
{
	reap(self->tracee);
}

/* Have the tracee go on at @where. */
static void run_from(struct __test_metadata *_metadata, pid_t pid, const void *where)
{
	unsigned long pc = (unsigned long)where;

	ASSERT_EQ(0, general_registers(PTRACE_SETREGSET, pid, &pc, sizeof(pc)));
	ASSERT_EQ(0, cont(pid, 0));
}

/* The tracee is at the breakpoint @where, and the siginfo says so. */
static void trapped_at(struct __test_metadata *_metadata, pid_t pid, const void *where)
{
	unsigned long pc;
	siginfo_t info;

	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(pid));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, pid, &info));
	EXPECT_EQ(SIGTRAP, info.si_signo);
	EXPECT_EQ(TRAP_BRKPT, info.si_code);
	EXPECT_EQ((unsigned long)where, (unsigned long)info.si_addr);
	ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, pid, &pc, sizeof(pc)));
	EXPECT_EQ((unsigned long)where, pc);
}

/* handle_break(): the tracee is at the breakpoint, not behind it, and comes to it again */
TEST_F(steps, breakpoints)
{
	run_from(_metadata, self->tracee, step_nops);
	trapped_at(_metadata, self->tracee, step_ebreak);
	ASSERT_EQ(0, cont(self->tracee, 0));
	trapped_at(_metadata, self->tracee, step_ebreak);
	run_from(_metadata, self->tracee, step_after);
	trapped_at(_metadata, self->tracee, step_short);
	run_from(_metadata, self->tracee, step_loop);
	wait_for_state(self->tracee, 'R');
	ASSERT_EQ(0, interrupt(self->tracee));
	EXPECT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
}

/* access_process_vm(): what a tracer writes into code is what the tracee executes, and undone */
TEST_F(steps, poked_breakpoint)
{
	const unsigned long ebreak = 0x00100073;
	unsigned long word, poked;

	ASSERT_EQ(0, request(PTRACE_PEEKTEXT, self->tracee, (unsigned long)step_after,
			     (unsigned long)&word));
	poked = (word & ~0xffffffffUL) | ebreak;
	run_from(_metadata, self->tracee, step_after);
	trapped_at(_metadata, self->tracee, step_short);
	ASSERT_EQ(0, request(PTRACE_POKETEXT, self->tracee, (unsigned long)step_after, poked));
	run_from(_metadata, self->tracee, step_after);
	trapped_at(_metadata, self->tracee, step_after);
	ASSERT_EQ(0, request(PTRACE_POKETEXT, self->tracee, (unsigned long)step_after, word));
	ASSERT_EQ(0, cont(self->tracee, 0));
	trapped_at(_metadata, self->tracee, step_short);
	/* The tracer's own code is as it was. */
	EXPECT_EQ(0, memcmp(&word, step_after, sizeof(word)));
}
#endif

TEST_HARNESS_MAIN
