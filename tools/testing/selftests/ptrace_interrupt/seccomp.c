// SPDX-License-Identifier: GPL-2.0
/*
 * seccomp and ptrace(2): a filter asks a tracer, and a tracer suspends filters or reads them.
 *
 * Before a test, "man:" quotes ptrace(2) or seccomp(2), and a function's name is what the
 * test checks.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/user.h>

#include "ptrace_data.h"

#define DATA		0x4321

#ifndef SYS_SECCOMP
#define SYS_SECCOMP	1
#endif

FIXTURE(seccomp)
{
	struct shared *shared;
	pid_t tracee;
};

/* The results of the tracee's calls: 0, a value or -errno. */
static struct result {
	_Atomic long value[2];
	_Atomic int calls;
} *result;

FIXTURE_SETUP(seccomp)
{
	self->shared = shared_new();
	result = shared_memory(sizeof(*result));
}

FIXTURE_TEARDOWN(seccomp)
{
	reap(self->tracee);
}

/* Install a filter that takes @action for the system call @nr, and allows the others. */
static int install_filter(int nr, unsigned int action, unsigned int flags)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

static bool install(int nr, unsigned int action, unsigned int flags)
{
	return !install_filter(nr, action, flags);
}

static void call(int slot, long nr)
{
	long value = syscall(nr, 11, 12, 13);

	result->value[slot] = value == -1 ? -errno : value;
}

/* Call gettid() and getsid(11). A filter decides about the former. */
static int call_both(struct shared *shared)
{
	while (!shared->quit) {
		call(0, SYS_gettid);
		call(1, SYS_getsid);
		result->calls++;
		sleep_on_pipe(shared);
	}
	return 0;
}

static int traced_by_filter(struct shared *shared)
{
	sleep_on_pipe(shared);
	return install(SYS_gettid, SECCOMP_RET_TRACE | DATA, 0) ? call_both(shared) : 1;
}

static int refused_by_filter(struct shared *shared)
{
	if (!install(SYS_gettid, SECCOMP_RET_ERRNO | EXDEV, 0))
		return 1;
	sleep_on_pipe(shared);
	return call_both(shared);
}

/* Start a tracee, and wake it from its pipe. It makes the call that its filter is for. */
static void start(struct __test_metadata *_metadata, FIXTURE_DATA(seccomp) *self,
		  int (*body)(struct shared *), unsigned long options)
{
	self->tracee = start_stopped(body, self->shared, 'S', options);
	ASSERT_LT(0, self->tracee);
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
}

/* Wait until the tracee has made its calls once more. */
static void wait_for_calls(int calls)
{
	while (result->calls < calls)
		sched_yield();
}

/* man: "the tracer will be notified if it requests PTRACE_O_TRACESECCOMP" */
TEST_F(seccomp, trace)
{
	struct ptrace_syscall_info info = {};
	unsigned long message = 0;

	start(_metadata, self, traced_by_filter, PTRACE_O_TRACESECCOMP);
	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_status(self->tracee));
	EXPECT_EQ(0, REQ(PTRACE_GETEVENTMSG, 0, &message));
	EXPECT_EQ(DATA, message);
	ASSERT_EQ(84, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_SECCOMP, info.op);
	EXPECT_EQ(SYS_gettid, info.seccomp.nr);
	EXPECT_EQ(11, info.seccomp.args[0]);
	EXPECT_EQ(DATA, info.seccomp.ret_data);
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_calls(1);
	/* The kernel executes the call. The filter asked about no other call. */
	EXPECT_EQ(self->tracee, result->value[0]);
	EXPECT_NE(-ENOSYS, result->value[1]);
}

/* An INTERRUPT in that stop: the call is executed, and the trap follows it. */
TEST_F(seccomp, interrupted)
{
	start(_metadata, self, traced_by_filter, PTRACE_O_TRACESECCOMP);
	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_status(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, waitpid(self->tracee, NULL, WNOHANG));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	EXPECT_EQ(0, result->calls);
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_calls(1);
	EXPECT_EQ(self->tracee, result->value[0]);
}

/* man: "If there is no tracer present, the system call is not executed and returns ENOSYS" */
TEST_F(seccomp, trace_without_option)
{
	start(_metadata, self, traced_by_filter, 0);
	wait_for_calls(1);
	EXPECT_EQ(-ENOSYS, result->value[0]);
	EXPECT_EQ(0, waitpid(self->tracee, NULL, WNOHANG));
}

/* ptrace_set_syscall_info_seccomp(): the tracer changes the call to another */
TEST_F(seccomp, change_number)
{
	struct ptrace_syscall_info info = {};

	start(_metadata, self, traced_by_filter, PTRACE_O_TRACESECCOMP);
	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_status(self->tracee));
	ASSERT_EQ(84, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	info.seccomp.nr = SYS_getppid;
	/* The data is for the tracer only. */
	info.seccomp.ret_data = 1;
	ASSERT_EQ(0, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &info));
	ASSERT_EQ(84, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	EXPECT_EQ(SYS_getppid, info.seccomp.nr);
	EXPECT_EQ(DATA, info.seccomp.ret_data);
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_calls(1);
	EXPECT_EQ(getpid(), result->value[0]);
}

/* The same: a tracer cannot set it as PTRACE_SYSCALL_INFO_ENTRY */
TEST_F(seccomp, change_as_entry)
{
	struct ptrace_syscall_info info = {};

	start(_metadata, self, traced_by_filter, PTRACE_O_TRACESECCOMP);
	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_status(self->tracee));
	ASSERT_EQ(84, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	for (int op = 0; op < PTRACE_SYSCALL_INFO_SECCOMP; op++) {
		info.op = op;
		EXPECT_EQ(-EINVAL, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &info));
	}
	info.op = PTRACE_SYSCALL_INFO_SECCOMP;
	info.seccomp.nr = 1ULL << 32;
	EXPECT_EQ(-ERANGE, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &info));
}

/* man: "The tracer can skip the system call by changing the system call number to -1" */
TEST_F(seccomp, skip)
{
	struct ptrace_syscall_info info = {};

	start(_metadata, self, traced_by_filter, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD);
	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_status(self->tracee));
	ASSERT_EQ(84, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	info.seccomp.nr = -1;
	ASSERT_EQ(0, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &info));
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	ASSERT_EQ(33, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	ASSERT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
	EXPECT_EQ(-ENOSYS, info.exit.rval);
	info.reserved = 0;
	info.exit.rval = 777;
	info.exit.is_error = 0;
	ASSERT_EQ(0, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &info));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_calls(1);
	EXPECT_EQ(777, result->value[0]);
}

static int refused_and_traced_by_filters(struct shared *shared)
{
	sleep_on_pipe(shared);
	return install(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV, 0) &&
	       install(SYS_gettid, SECCOMP_RET_TRACE | DATA, 0) ? call_both(shared) : 1;
}

/* __seccomp_filter(): the filters decide again about the call that the tracer has changed */
TEST_F(seccomp, changed_number_is_filtered)
{
	struct ptrace_syscall_info info = {};

	start(_metadata, self, refused_and_traced_by_filters, PTRACE_O_TRACESECCOMP);
	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_status(self->tracee));
	ASSERT_EQ(84, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	info.seccomp.nr = SYS_getppid;
	ASSERT_EQ(0, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &info));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_calls(1);
	EXPECT_EQ(-EXDEV, result->value[0]);
}

/* man: "SECCOMP_RET_TRACE": the syscall-entry-stop of the same call comes first */
TEST_F(seccomp, after_syscall_stop)
{
	struct ptrace_syscall_info info = {};

	start(_metadata, self, traced_by_filter, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD);
	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_calls(1);
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	/* Entry and exit of read(2), then the call that the filter is for. */
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	ASSERT_EQ(80, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_ENTRY, info.op);
	EXPECT_EQ(SYS_gettid, info.entry.nr);
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	ASSERT_EQ(33, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
}

static struct shared *grandchild_shared;

/* Trace a process up to the stop for its filter, and exit. */
static int trace_and_die(struct shared *shared)
{
	pid_t tracee = shared->signals;

	if (request(PTRACE_SEIZE, tracee, 0, PTRACE_O_TRACESECCOMP))
		return 1;
	if (!wake(grandchild_shared))
		return 2;
	if (next_status(tracee) != EVENT(PTRACE_EVENT_SECCOMP))
		return 3;
	return 0;
}

/* exit_ptrace(): the tracer exits in the stop. This call is executed, the next one is not */
TEST_F(seccomp, tracer_dies)
{
	struct shared *shared = shared_new();
	pid_t tracer;

	grandchild_shared = self->shared;
	self->tracee = spawn(traced_by_filter, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_state(self->tracee, 'S');
	shared->signals = self->tracee;
	tracer = spawn(trace_and_die, shared);
	ASSERT_EQ(EXITED(0), next_status(tracer));
	wait_for_calls(1);
	EXPECT_EQ(self->tracee, result->value[0]);
	ASSERT_TRUE(wake(self->shared));
	wait_for_calls(2);
	EXPECT_EQ(-ENOSYS, result->value[0]);
}

/* Have the sleeping tracee make its calls once more. */
static void call_again(struct __test_metadata *_metadata, FIXTURE_DATA(seccomp) *self)
{
	const int calls = result->calls;

	ASSERT_TRUE(wake(self->shared));
	wait_for_calls(calls + 1);
}

static void set_options(struct __test_metadata *_metadata, FIXTURE_DATA(seccomp) *self,
			unsigned long options)
{
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, 0, options));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
}

/* man: "Suspend the tracee's seccomp protections. This applies regardless of mode" */
TEST_F(seccomp, suspend)
{
	start(_metadata, self, refused_by_filter, PTRACE_O_SUSPEND_SECCOMP);
	wait_for_calls(1);
	EXPECT_EQ(self->tracee, result->value[0]);
	set_options(_metadata, self, 0);
	call_again(_metadata, self);
	EXPECT_EQ(-EXDEV, result->value[0]);
	set_options(_metadata, self, PTRACE_O_SUSPEND_SECCOMP);
	call_again(_metadata, self);
	EXPECT_EQ(self->tracee, result->value[0]);

	/* DETACH ends the suspension. */
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_DETACH, 0, 0));
	call_again(_metadata, self);
	EXPECT_EQ(-EXDEV, result->value[0]);
}

static int fork_under_filter(struct shared *shared)
{
	if (!install(SYS_gettid, SECCOMP_RET_ERRNO | EXDEV, 0))
		return 1;
	sleep_on_pipe(shared);
	if (fork() == 0) {
		call(0, SYS_gettid);
		_exit(0);
	}
	return spin(shared);
}

/* ptrace_init_task(): a new task that is traced for an option has the same options */
TEST_F(seccomp, suspend_is_inherited)
{
	unsigned long child;

	start(_metadata, self, fork_under_filter, PTRACE_O_SUSPEND_SECCOMP | PTRACE_O_TRACEFORK);
	ASSERT_EQ(EVENT(PTRACE_EVENT_FORK), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETEVENTMSG, 0, &child));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(child));
	ASSERT_EQ(0, cont(child, 0));
	ASSERT_EQ(EXITED(0), next_status(child));
	EXPECT_EQ((long)child, result->value[0]);
}

/* check_ptrace_options(): each of the tracers returns a bit for each wrong result */
static int suspend_for(pid_t tracee)
{
	int code = 0;

	if (request(PTRACE_SEIZE, tracee, 0, PTRACE_O_SUSPEND_SECCOMP) != -EPERM)
		code |= 1;
	if (seize(tracee) || interrupt(tracee) || next_status(tracee) != EVENT_STOP(SIGTRAP))
		code |= 2;
	if (request(PTRACE_SETOPTIONS, tracee, 0, PTRACE_O_SUSPEND_SECCOMP) != -EPERM)
		code |= 4;
	/* The request must set no other option, either. */
	if (request(PTRACE_SETOPTIONS, tracee, 0,
		    PTRACE_O_SUSPEND_SECCOMP | PTRACE_O_TRACEEXIT) != -EPERM)
		code |= 8;
	if (request(PTRACE_SETOPTIONS, tracee, 0, 0))
		code |= 16;
	return code;
}

static int suspend_without_capability(struct shared *shared)
{
	struct shared *own = shared_new();
	pid_t child;
	int code;

	if (!drop_privileges())
		return 64;
	child = spawn(spin, own);
	code = suspend_for(child);
	reap(child);
	return code;
}

/*
 * check_ptrace_options(): to suspend filters takes CAP_SYS_ADMIN, with SEIZE too. Once the
 * kernel checked it only in SETOPTIONS (CVE-2022-30594).
 */
TEST_F(seccomp, suspend_without_capability)
{
	pid_t pid = spawn(suspend_without_capability, self->shared);

	EXPECT_EQ(EXITED(0), next_status(pid));
}

static int suspend_under_filter(struct shared *shared)
{
	struct shared *own = shared_new();
	pid_t child = spawn(spin, own);
	int code;

	if (!install(SYS_gettid, SECCOMP_RET_ALLOW, 0))
		return 64;
	code = suspend_for(child);
	/* It may not read the filters of others, either. */
	if (request(PTRACE_SECCOMP_GET_FILTER, child, 0, 0) != -EACCES)
		code |= 32;
	reap(child);
	return code;
}

/* The same: a process under seccomp could get rid of its filters that way */
TEST_F(seccomp, suspend_by_filtered)
{
	pid_t pid = spawn(suspend_under_filter, self->shared);

	EXPECT_EQ(EXITED(0), next_status(pid));
}

static int suspend_when_told(struct shared *shared)
{
	struct shared *own = shared_new();
	pid_t child = spawn(spin, own);
	int code;

	sleep_on_pipe(shared);
	code = suspend_for(child);
	reap(child);
	return code;
}

/* The same for a process whose filters are suspended */
TEST_F(seccomp, suspend_by_suspended)
{
	start(_metadata, self, suspend_when_told, PTRACE_O_SUSPEND_SECCOMP);
	/* SIGCHLD tells it that its own tracee has died. */
	ASSERT_EQ(SIGNAL_STOP(SIGCHLD), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	for (;;) {
		int status = next_status(self->tracee);

		if (WIFEXITED(status)) {
			EXPECT_EQ(EXITED(0), status);
			break;
		}
		ASSERT_EQ(SIGNAL_STOP(SIGCHLD), status);
		ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	}
	self->tracee = 0;
}

static int trace_under_strict(struct shared *shared)
{
	pid_t child = spawn(spin, shared_new());

	sleep_on_pipe(shared);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		return 64;
	result->value[0] = request(PTRACE_SEIZE, child, 0, PTRACE_O_SUSPEND_SECCOMP);
	result->value[1] = request(PTRACE_SEIZE, child, 0, 0);
	result->calls++;
	return spin(shared);
}

/* The same in strict mode, which is suspended so that the tracer can call ptrace(2) at all */
TEST_F(seccomp, suspend_by_strict)
{
	start(_metadata, self, trace_under_strict, PTRACE_O_SUSPEND_SECCOMP);
	wait_for_calls(1);
	EXPECT_EQ(-EPERM, result->value[0]);
	EXPECT_EQ(0, result->value[1]);
}

static int killed_by_filter(struct shared *shared)
{
	sleep_on_pipe(shared);
	if (!install(SYS_gettid, SECCOMP_RET_KILL_PROCESS, 0))
		return 1;
	call(0, SYS_gettid);
	return 0;
}

/* get_signal(): SA_IMMUTABLE. The tracer cannot stop a filter from killing the tracee */
TEST_F(seccomp, kill_is_not_reported)
{
	start(_metadata, self, killed_by_filter, PTRACE_O_TRACESECCOMP);
	EXPECT_EQ(KILLED(SIGSYS), next_status(self->tracee) & ~0x80);
	self->tracee = 0;
}

static int trapped_by_filter(struct shared *shared)
{
	sleep_on_pipe(shared);
	if (!install(SYS_gettid, SECCOMP_RET_TRAP | DATA, 0))
		return 1;
	call(0, SYS_gettid);
	return 42;
}

/* man: "SECCOMP_RET_TRAP": a signal like others; the tracer sees its siginfo */
TEST_F(seccomp, trap_is_reported)
{
	siginfo_t info;

	start(_metadata, self, trapped_by_filter, PTRACE_O_TRACESECCOMP);
	ASSERT_EQ(SIGNAL_STOP(SIGSYS), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, 0, &info));
	EXPECT_EQ(SYS_SECCOMP, info.si_code);
	EXPECT_EQ(DATA, info.si_errno);
	EXPECT_EQ(SYS_gettid, info.si_syscall);
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	EXPECT_EQ(EXITED(42), next_status(self->tracee));
	self->tracee = 0;
}

#ifdef __x86_64__
/* The page of vsyscalls, which the kernel emulates */

static int call_vsyscall(struct shared *shared)
{
	sleep_on_pipe(shared);
	if (shared->signals && !install(SYS_time, SECCOMP_RET_TRACE | DATA, 0))
		return 1;
	result->value[0] = ((long (*)(long *))VSYSCALL_TIME)(NULL);
	result->calls++;
	return syscall(SYS_getppid) == 1;
}

/* emulate_vsyscall(): no syscall-stop: "it is not a system call" for the entry code */
TEST_F(seccomp, vsyscall_has_no_stop)
{
	struct ptrace_syscall_info info = {};

	if (!has_vsyscalls())
		SKIP(return, "no vsyscalls");
	self->tracee = start_stopped(call_vsyscall, self->shared, 'S', PTRACE_O_TRACESYSGOOD);
	ASSERT_LT(0, self->tracee);
	ASSERT_TRUE(wake(self->shared));
	/* The two ends of read(2), which is restarted, and the entry of the next call. */
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	}
	ASSERT_LT(0, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	EXPECT_EQ(SYS_getppid, info.entry.nr);
	/* The vsyscall is over. */
	EXPECT_EQ(1, result->calls);
	EXPECT_LT(0, result->value[0]);
}

/*
 * The same: a filter asks the tracer, who may have it skipped, with a result. It may change
 * neither the call nor where it is made: SIGSYS.
 */
TEST_F(seccomp, vsyscall_is_traced)
{
	if (!has_vsyscalls())
		SKIP(return, "no vsyscalls");
	for (int i = 0; i < 4; i++) {
		struct user_regs_struct regs;

		self->shared->signals = 1;
		result->calls = 0;
		start(_metadata, self, call_vsyscall, PTRACE_O_TRACESECCOMP);
		ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_status(self->tracee));
		ASSERT_EQ(0, REQ(PTRACE_GETREGS, 0, &regs));
		EXPECT_EQ(SYS_time, regs.orig_rax);
		EXPECT_EQ(VSYSCALL_TIME, regs.rip);
		switch (i) {
		case 1:
			regs.orig_rax = -1;
			regs.rax = 42;
			break;
		case 2:
			regs.orig_rax = SYS_getpid;
			break;
		case 3:
			regs.rip += 0x400;
			break;
		}
		ASSERT_EQ(0, REQ(PTRACE_SETREGS, 0, &regs));
		ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
		if (i < 2) {
			EXPECT_EQ(EXITED(0), next_status(self->tracee));
			EXPECT_EQ(1, result->calls);
			EXPECT_TRUE(i ? result->value[0] == 42 : result->value[0] > 42);
		} else {
			EXPECT_EQ(KILLED(SIGSYS), next_status(self->tracee) & ~0x80);
		}
		self->tracee = 0;
	}
}
#endif /* __x86_64__ */

/* Notifications, which another process answers */

static unsigned int listener_flags;

static int told_by_filter(struct shared *shared)
{
	shared->signals = install_filter(SYS_gettid, SECCOMP_RET_USER_NOTIF,
					 SECCOMP_FILTER_FLAG_NEW_LISTENER | listener_flags);
	return shared->signals < 0 ? 2 : call_both(shared);
}

static bool has_notification(int listener)
{
	struct pollfd fd = { .fd = listener, .events = POLLIN };

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLIN;
}

/* Receive a notification; return its number. One that is gone still counts for the kernel. */
static __u64 receive(struct __test_metadata *_metadata, int listener)
{
	struct seccomp_notif notification = {};

	while (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification)) {
		ASSERT_EQ(ENOENT, errno);
	}
	EXPECT_EQ(SYS_gettid, notification.data.nr);
	return notification.id;
}

static int answer(int listener, __u64 id)
{
	struct seccomp_notif_resp response = { .id = id, .val = 33 };

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) ? errno : 0;
}

/*
 * seccomp_do_user_notification(): an INTERRUPT ends the wait of the call, whose notification is
 * then gone, and which is made again, with another. With WAIT_KILLABLE_RECV, the trap of a call
 * that was received comes after the answer.
 */
TEST_F(seccomp, interrupted_in_notification)
{
	for (int i = 0; i < 4; i++) {
		const bool killable = i & 1, received = i & 2;
		int pidfd, listener;
		__u64 id = 0;

		self->shared->signals = 0;
		result->calls = 0;
		listener_flags = killable ? SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV : 0;
		self->tracee = spawn(told_by_filter, self->shared);
		ASSERT_LT(0, self->tracee);
		while (self->shared->signals <= 0) {
			ASSERT_EQ(0, waitpid(self->tracee, NULL, WNOHANG));
		}
		pidfd = syscall(SYS_pidfd_open, self->tracee, 0);
		listener = syscall(SYS_pidfd_getfd, pidfd, self->shared->signals, 0);
		ASSERT_LE(0, listener);
		while (!has_notification(listener))
			sched_yield();
		ASSERT_EQ(0, seize(self->tracee));
		if (received)
			id = receive(_metadata, listener);
		ASSERT_EQ(0, interrupt(self->tracee));
		if (received && killable) {
			wait_for_state(self->tracee, 'D');
			ASSERT_EQ(0, waitpid(self->tracee, NULL, WNOHANG));
			EXPECT_EQ(0, answer(listener, id));
			ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
			ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
		} else {
			ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
			EXPECT_FALSE(has_notification(listener));
			if (received)
				EXPECT_EQ(ENOENT, answer(listener, id));
			ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
			EXPECT_NE(id, receive(_metadata, listener));
			EXPECT_EQ(ENOENT, answer(listener, id));
			/* It was interrupted once more, to find the number of its notification. */
			ASSERT_EQ(0, interrupt(self->tracee));
			if (killable) {
				wait_for_state(self->tracee, 'D');
			} else {
				ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
			}
			reap(self->tracee);
			close(listener);
			close(pidfd);
			continue;
		}
		wait_for_calls(1);
		EXPECT_EQ(33, result->value[0]);
		reap(self->tracee);
		close(listener);
		close(pidfd);
	}
	self->tracee = 0;
}

TEST_HARNESS_MAIN
