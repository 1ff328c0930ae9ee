// SPDX-License-Identifier: GPL-2.0
/*
 * The stops that a tracer asks for by how it resumes the tracee: at system calls, and after
 * steps.
 *
 * man: "Syscall-stops", PTRACE_SYSEMU, PTRACE_SINGLESTEP; include/linux/ptrace.h:
 * ptrace_report_syscall(); kernel/ptrace.c: ptrace_resume(), __ptrace_unlink().
 */
#include <poll.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/user.h>
#include <ucontext.h>

#include "ptrace_group.h"

#define SYSCALL_STOP	SIGNAL_STOP(SIGTRAP | 0x80)
/* Only a tracer sees this: the kernel restarts the call. */
#define ERESTARTSYS	512

/* Memory that the tracee and the test share, besides struct shared. */
struct stage {
	/* What the tracee's last call returned. */
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
	stage = shared_memory(sizeof(*stage));
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
		/* "++" may be exclusive accesses until nothing is between them, which a step is. */
		shared->count = shared->count + 1;
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

/* System calls in which the kernel calls recalc_sigpending(). */
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

/* Start a tracee with @options, and get it into a ptrace-stop. */
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

/* Resume the tracee until the entry of its next call. */
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

/* man: "keep track of the sequence of ptrace-stops": entry and exit alternate. */
TEST_F(calls, alternate)
{
	struct ptrace_syscall_info info;

	start(_metadata, self, variant, make_calls, PTRACE_O_TRACESYSGOOD);
	for (int i = 0; i < 50; i++) {
		to_entry(_metadata, self->tracee, &info);
		ASSERT_EQ(SYS_getppid, info.entry.nr);
		if (i % 5 == 1) {
			/* After PTRACE_CONT, no syscall-exit-stop follows. */
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
	/* The kernel checks the option at the time of the stop. */
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, PTRACE_O_TRACESYSGOOD));
	to_entry(_metadata, self->tracee, &info);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}

/* ptrace_report_syscall(): it sends the signal that the tracer names; its own stop follows. */
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
 * An INTERRUPT in syscall-entry-stop: the call does not sleep, as if a signal were pending. The
 * syscall-exit-stop clears the pending trap, and the kernel restarts the call.
 */
TEST_F(calls, call_is_cut_short)
{
	struct ptrace_syscall_info info;

	/* Only seized tracees can be interrupted. */
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

/* recalc_sigpending(): the call does not lose a pending trap. */
TEST_F(calls, interrupt_and_signal_mask)
{
	struct ptrace_syscall_info info;

	/* Only seized tracees can be interrupted. */
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

/* A tracer can change the call's number and its result. */
TEST_F(calls, call_is_skipped)
{
	struct ptrace_syscall_info info;

	start(_metadata, self, variant, make_writes, PTRACE_O_TRACESYSGOOD);
	ASSERT_TRUE(wake(self->shared));
	/* The tracee was interrupted in read(2), which is restarted. */
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

/* __ptrace_unlink(): DETACH clears SYSCALL_TRACE, which PTRACE_SYSCALL has set. */
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
#define X86
#endif

/* The general registers, as a set has them. */
#if defined(__x86_64__)
typedef struct user_regs_struct registers;
#define IP(regs)	((regs).rip)
#define RESULT(regs)	((regs).rax)
#elif defined(__i386__)
typedef struct user_regs_struct registers;
#define IP(regs)	((regs).eip)
#define RESULT(regs)	((regs).eax)
#elif defined(__aarch64__)
typedef struct user_regs_struct registers;
#define IP(regs)	((regs).pc)
#define RESULT(regs)	((regs).regs[0])
#elif defined(__arm__)
typedef struct user_regs registers;
#define IP(regs)	((regs).uregs[15])
#define RESULT(regs)	((regs).uregs[0])
#elif defined(__riscv)
#include <asm/ptrace.h>
typedef struct user_regs_struct registers;
#define RESULT(regs)	((regs).a0)
#endif

/* man: PTRACE_SYSEMU "stop on entry to the next system call, which will not be executed" */
TEST_F(calls, calls_are_emulated)
{
	struct pollfd poll_pipe = { .fd = self->shared->pipe[0], .events = POLLIN };
	struct ptrace_syscall_info info;
	registers regs;

	start(_metadata, self, variant, make_writes, PTRACE_O_TRACESYSGOOD);
	ASSERT_TRUE(wake(self->shared));
	to_entry(_metadata, self->tracee, &info);
	to_exit(_metadata, self->tracee, &info);
	ASSERT_EQ(0, request(SYSEMU, self->tracee, 0, 0));
	ASSERT_EQ(SYSCALL_STOP, next_status(self->tracee));
	syscall_info(_metadata, self->tracee, PTRACE_SYSCALL_INFO_ENTRY, &info);
	ASSERT_EQ(SYS_write, info.entry.nr);
	ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, self->tracee, &regs, sizeof(regs)));
	RESULT(regs) = 43;
	ASSERT_EQ(0, general_registers(PTRACE_SETREGSET, self->tracee, &regs, sizeof(regs)));
	/* No stop at its exit. */
	ASSERT_EQ(0, request(SYSEMU, self->tracee, 0, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, status_now(self->tracee));
	EXPECT_EQ(43, stage->result);
	EXPECT_EQ(0, poll(&poll_pipe, 1, 0));
	/* The kernel does not make the next call, either, not even exit_group(). */
	self->shared->quit = 1;
	ASSERT_EQ(SYSCALL_STOP, next_status(self->tracee));
	syscall_info(_metadata, self->tracee, PTRACE_SYSCALL_INFO_ENTRY, &info);
	ASSERT_EQ(SYS_exit_group, info.entry.nr);
}

/* __ptrace_unlink(): DETACH clears SYSCALL_EMU, too. The kernel makes the tracee's calls again. */
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

/* Steps, which riscv lacks */

#ifndef __riscv

static unsigned long ip(struct __test_metadata *_metadata, pid_t pid)
{
	registers regs;

	ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, pid, &regs, sizeof(regs)));
	return IP(regs);
}

static const long ways_to_step[] = {
	PTRACE_SINGLESTEP,
#ifdef X86
	SINGLEBLOCK,
#endif
	/* At no system call, it is a step. */
	SYSEMU_SINGLESTEP,
};

#if !defined(X86) && !defined(__aarch64__)
/*
 * arch_has_block_step(): a tracer of an architecture without it gets an error. The number is that
 * of another request on arm64.
 */
TEST_F(calls, there_is_no_block_step)
{
	start(_metadata, self, variant, make_calls, 0);
	EXPECT_EQ(-EIO, request(SINGLEBLOCK, self->tracee, 0, 0));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}
#endif

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

/* man: PTRACE_SINGLESTEP; ptrace_resume(): any other way to resume ends stepping. */
TEST_F(calls, steps)
{
	struct ptrace_syscall_info info;

	start(_metadata, self, variant, make_calls, PTRACE_O_TRACESYSGOOD);
	/* Leave a call, whose end is a step with SI_USER on arm64. */
	to_entry(_metadata, self->tracee, &info);
	to_exit(_metadata, self->tracee, &info);
	/* Without the last, which keeps calls from being made. */
	for (size_t i = 0; i < ARRAY_SIZE(ways_to_step) - 1; i++) {
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

/* ptrace_disable(): detached while stepping, it must not die of the next step's SIGTRAP. */
TEST_F(calls, detached_from_steps)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways_to_step); i++) {
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
		/* x86 takes a step behind the call, arm64 stops at its end. */
#ifdef X86
		ASSERT_NE(at_call, ip(_metadata, self->tracee));
#else
		ASSERT_EQ(at_call, ip(_metadata, self->tracee));
#endif
	}
	EXPECT_EQ(3, calls);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}

#endif /* steps */

#ifdef X86

/* The trap flag. arch/x86/kernel/step.c tells whether it is the tracer's or the tracee's. */

#define TRAP_FLAG	0x100UL
#define FLAGS		offsetof(struct user, regs.eflags)

#ifdef __x86_64__
#define SP(regs)	((regs).rsp)
#define ASM_SP		"%rsp"
#define ASM_AX		"%rax"
#else
#define SP(regs)	((regs).esp)
#define ASM_SP		"%esp"
#define ASM_AX		"%eax"
#endif

/*
 * Code that a tracee runs for the tests. The first part sets the flag and clears it, the second
 * reads it, and the third keeps it if it is set. Each label is where a step may end.
 */
extern const char own_flag[], own_flag_or[], own_flag_popf[], own_flag_set[], own_flag_1[],
	own_flag_2[], own_flag_3[], own_flag_4[], own_flag_5[], own_flag_end[];
extern const char seen_flag[], seen_flag_pop[], seen_flag_end[];
extern const char taken_flag[], taken_flag_popf[], taken_flag_1[], taken_flag_2[],
	taken_flag_3[], taken_flag_4[];

asm(".pushsection .text\n"
	"own_flag:		pushf\n"
	"own_flag_or:	orl $0x100, (" ASM_SP ")\n"
	"own_flag_popf:	popf\n"
	"own_flag_set:	nop\n"
	"own_flag_1:	pushf\n"
	"own_flag_2:	pop " ASM_AX "\n"
	"own_flag_3:	pushf\n"
	"own_flag_4:	andl $~0x100, (" ASM_SP ")\n"
	"own_flag_5:	popf\n"
	"own_flag_end:	jmp own_flag_end\n"
	"seen_flag:		pushf\n"
	"seen_flag_pop:	pop " ASM_AX "\n"
	"seen_flag_end:	jmp seen_flag_end\n"
	"taken_flag:	pushf\n"
	"taken_flag_popf:	popf\n"
	"taken_flag_1:	nop\n"
	"taken_flag_2:	nop\n"
	"taken_flag_3:	nop\n"
	"taken_flag_4:	jmp taken_flag_4\n"
	".popsection\n");

/* The tracee's registers, to restore them after it has run that code. */
static struct user_regs_struct sent_from;

static void send_to(struct __test_metadata *_metadata, pid_t pid, const char *where)
{
	struct user_regs_struct regs;

	ASSERT_EQ(0, REQ(PTRACE_GETREGS, pid, &sent_from));
	ASSERT_EQ(0, sent_from.eflags & TRAP_FLAG);
	regs = sent_from;
	IP(regs) = (unsigned long)where;
	/* Do not overwrite what it has on its stack. */
	SP(regs) = (SP(regs) - 512) & ~15UL;
	ASSERT_EQ(0, REQ(PTRACE_SETREGS, pid, &regs));
}

static void send_back(struct __test_metadata *_metadata, pid_t pid)
{
	ASSERT_EQ(0, REQ(PTRACE_SETREGS, pid, &sent_from));
}

static unsigned long result(struct __test_metadata *_metadata, pid_t pid)
{
	struct user_regs_struct regs;

	ASSERT_EQ(0, REQ(PTRACE_GETREGS, pid, &regs));
	return RESULT(regs);
}

/* Whether the flag is set, as the kernel shows it to the tracer. */
static bool trap_flag(struct __test_metadata *_metadata, pid_t pid)
{
	struct user_regs_struct regs;
	unsigned long flags = 0;

	ASSERT_EQ(0, request(PTRACE_PEEKUSR, pid, FLAGS, (unsigned long)&flags));
	ASSERT_EQ(0, REQ(PTRACE_GETREGS, pid, &regs));
	ASSERT_EQ(flags, regs.eflags);
	return flags & TRAP_FLAG;
}

static void set_trap_flag(struct __test_metadata *_metadata, pid_t pid, bool set)
{
	unsigned long flags = 0;

	ASSERT_EQ(0, request(PTRACE_PEEKUSR, pid, FLAGS, (unsigned long)&flags));
	flags = set ? flags | TRAP_FLAG : flags & ~TRAP_FLAG;
	ASSERT_EQ(0, request(PTRACE_POKEUSR, pid, FLAGS, flags));
}

/* Resume by @how; SIGTRAP follows an instruction, at @where, if that is not NULL. */
static void trap_at(struct __test_metadata *_metadata, pid_t pid, long how, const char *where)
{
	siginfo_t info = {};

	ASSERT_EQ(0, request(how, pid, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(pid));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, pid, &info));
	EXPECT_EQ(SIGTRAP, info.si_signo);
	EXPECT_EQ(TRAP_TRACE, info.si_code);
	if (where) {
		EXPECT_EQ((unsigned long)where, ip(_metadata, pid));
		EXPECT_EQ((unsigned long)where, (unsigned long)info.si_addr);
	}
}

/* The tracee runs without a SIGTRAP. */
static void runs(struct __test_metadata *_metadata, FIXTURE_DATA(calls) *self)
{
	ASSERT_EQ(0, cont(self->tracee, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, status_now(self->tracee));
}

/* Stop the running tracee in user mode. */
static void stop_again(struct __test_metadata *_metadata, FIXTURE_DATA(calls) *self)
{
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
}

/* The tracee runs without a SIGTRAP to the loop at @where. */
static void runs_to(struct __test_metadata *_metadata, FIXTURE_DATA(calls) *self,
		    const char *where)
{
	do {
		ASSERT_EQ(0, cont(self->tracee, 0));
		stop_again(_metadata, self);
	} while (ip(_metadata, self->tracee) != (unsigned long)where);
}

static int spin_without_core(struct shared *shared)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){});
	return spin(shared);
}

/* The tracee's own flag: each instruction traps until it clears the flag, however resumed. */
TEST_F(calls, trap_flag_of_the_tracee)
{
	static const char *const all[] = {
		own_flag_or, own_flag_popf, own_flag_set,
		own_flag_1, own_flag_2, own_flag_3, own_flag_4, own_flag_5, own_flag_end,
	};
	/* After this instruction, the flag is the tracee's own. */
	const int set = 2, cleared = 8;

	start(_metadata, self, variant, spin_without_core, 0);
	/* With no steps at all, with steps at the beginning, or with steps only. */
	for (int steps = 0; steps <= 9; steps++) {
		send_to(_metadata, self->tracee, own_flag);
		for (int i = 0; i <= cleared; i++) {
			const bool by_step = i < steps;

			/* There is no trap until the instruction after the one that sets it. */
			if (!by_step && i <= set)
				continue;
			trap_at(_metadata, self->tracee,
				by_step ? PTRACE_SINGLESTEP : PTRACE_CONT, all[i]);
			/* The kernel does not show a flag that it has set for a step. */
			EXPECT_EQ(i >= set && i < cleared, trap_flag(_metadata, self->tracee)) {
				TH_LOG("at %d of %d steps", i, steps);
			}
			/* pushf has stored the flag. */
			if (i == 5)
				EXPECT_TRUE(result(_metadata, self->tracee) & TRAP_FLAG);
		}
		send_back(_metadata, self->tracee);
		runs(_metadata, self);
		stop_again(_metadata, self);
	}
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}

/* is_setting_trap_flag(): pushf in a step sees the tracer's, "it's more pain than it's worth" */
TEST_F(calls, trap_flag_of_a_step)
{
	start(_metadata, self, variant, spin_without_core, 0);
	for (int by_step = 0; by_step < 2; by_step++) {
		send_to(_metadata, self->tracee, seen_flag);
		if (by_step) {
			trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, seen_flag_pop);
			trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, seen_flag_end);
			EXPECT_FALSE(trap_flag(_metadata, self->tracee));
		}
		runs_to(_metadata, self, seen_flag_end);
		EXPECT_EQ(by_step ? TRAP_FLAG : 0, result(_metadata, self->tracee) & TRAP_FLAG);
		EXPECT_FALSE(trap_flag(_metadata, self->tracee));
		send_back(_metadata, self->tracee);
	}

	/* If the tracee then sets the flag, the flag is its own, and stays. */
	send_to(_metadata, self->tracee, taken_flag);
	trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, taken_flag_popf);
	EXPECT_FALSE(trap_flag(_metadata, self->tracee));
	trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, taken_flag_1);
	EXPECT_TRUE(trap_flag(_metadata, self->tracee));
	trap_at(_metadata, self->tracee, PTRACE_CONT, taken_flag_2);
	trap_at(_metadata, self->tracee, PTRACE_CONT, taken_flag_3);
	EXPECT_TRUE(trap_flag(_metadata, self->tracee));
	set_trap_flag(_metadata, self->tracee, false);
	runs_to(_metadata, self, taken_flag_4);
	send_back(_metadata, self->tracee);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}

/* set_flags(): a flag that POKEUSR sets is the tracee's own, and outlasts a step. */
TEST_F(calls, trap_flag_that_is_poked)
{
	start(_metadata, self, variant, spin_without_core, 0);
	for (int steps = 0; steps < 4; steps++) {
		/* A step before, after, both, or none. */
		if (steps & 1)
			trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, NULL);
		set_trap_flag(_metadata, self->tracee, true);
		EXPECT_TRUE(trap_flag(_metadata, self->tracee));
		if (steps & 2)
			trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, NULL);
		EXPECT_TRUE(trap_flag(_metadata, self->tracee));
		for (int i = 0; i < 3; i++) {
			trap_at(_metadata, self->tracee, PTRACE_CONT, NULL);
			EXPECT_TRUE(trap_flag(_metadata, self->tracee));
		}
		set_trap_flag(_metadata, self->tracee, false);
		EXPECT_FALSE(trap_flag(_metadata, self->tracee));
		runs(_metadata, self);
		stop_again(_metadata, self);
	}

	/* If POKEUSR does not set it, the flag of a step stays set, and stays the tracer's. */
	trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, NULL);
	set_trap_flag(_metadata, self->tracee, false);
	trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, NULL);
	EXPECT_FALSE(trap_flag(_metadata, self->tracee));
	runs(_metadata, self);
	ends(_metadata, self);
}

static int make_pushfs(struct shared *shared)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){});
	while (!shared->quit) {
#ifdef __x86_64__
		stage->result = __builtin_ia32_readeflags_u64() & TRAP_FLAG;
#else
		stage->result = __builtin_ia32_readeflags_u32() & TRAP_FLAG;
#endif
		shared->count++;
	}
	return 0;
}

/* user_disable_single_step(), of DETACH: "touch TF only if it was set by us" */
TEST_F(calls, trap_flag_after_detach)
{
	for (int own = 0; own < 2; own++) {
		self->shared->quit = 0;
		start(_metadata, self, variant, make_pushfs, 0);
		for (int i = 0; i < 50; i++)
			trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, NULL);
		if (own)
			set_trap_flag(_metadata, self->tracee, true);
		ASSERT_EQ(0, detach(self->tracee, 0));
		if (own) {
			EXPECT_EQ(KILLED(SIGTRAP), next_status(self->tracee));
			self->tracee = 0;
			continue;
		}
		wait_for_progress(self->shared);
		EXPECT_EQ(0, stage->result);
		ASSERT_EQ(0, seize(self->tracee));
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
		EXPECT_FALSE(trap_flag(_metadata, self->tracee));
		ASSERT_EQ(0, cont(self->tracee, 0));
		ends(_metadata, self);
	}
}

static struct shared *handled;

static void look_at_flags(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *from = context;

	stage->result = from->uc_mcontext.gregs[REG_EFL] & TRAP_FLAG;
	handled->signals++;
}

static int spin_with_handler(struct shared *shared)
{
	const struct sigaction action = {
		.sa_sigaction = look_at_flags, .sa_flags = SA_SIGINFO,
	};

	setrlimit(RLIMIT_CORE, &(struct rlimit){});
	handled = shared;
	sigaction(SIGUSR2, &action, NULL);
	return spin(shared);
}

/*
 * handle_signal(): a handler runs without the flag. The code that it returns to has the flag if
 * it is the tracee's own. A step into a handler ends before its first instruction.
 */
TEST_F(calls, trap_flag_of_a_handler)
{
	siginfo_t info = {};

	start(_metadata, self, variant, spin_with_handler, 0);
	for (int i = 0; i < 4; i++) {
		const bool own = i & 1, by_step = i & 2;

		self->shared->signals = 0;
		stage->result = -1;
		if (by_step)
			trap_at(_metadata, self->tracee, PTRACE_SINGLESTEP, NULL);
		ASSERT_EQ(0, kill(self->tracee, SIGUSR2));
		ASSERT_EQ(0, cont(self->tracee, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGUSR2), next_status(self->tracee));
		set_trap_flag(_metadata, self->tracee, own);
		if (by_step) {
			ASSERT_EQ(0, request(PTRACE_SINGLESTEP, self->tracee, 0, SIGUSR2));
			ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
			ASSERT_EQ((unsigned long)look_at_flags, ip(_metadata, self->tracee));
			ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
			EXPECT_EQ(SIGTRAP, info.si_code);
			EXPECT_FALSE(trap_flag(_metadata, self->tracee));
			ASSERT_EQ(0, cont(self->tracee, 0));
		} else {
			ASSERT_EQ(0, cont(self->tracee, SIGUSR2));
		}
		if (own) {
			/* The handler has returned. */
			ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
			ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
			EXPECT_EQ(TRAP_TRACE, info.si_code);
			EXPECT_TRUE(trap_flag(_metadata, self->tracee));
			set_trap_flag(_metadata, self->tracee, false);
			ASSERT_EQ(0, cont(self->tracee, 0));
		}
		wait_for_progress(self->shared);
		EXPECT_EQ(0, status_now(self->tracee));
		EXPECT_EQ(1, self->shared->signals);
		EXPECT_EQ(own ? TRAP_FLAG : 0, stage->result);
		stop_again(_metadata, self);
	}
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}
#endif /* x86 */

TEST_HARNESS_MAIN
