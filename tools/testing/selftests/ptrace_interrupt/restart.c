// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that a ptrace-stop cuts short: which of them the kernel restarts, and what the
 * tracer sees and can change meanwhile.
 *
 * man: signal(7), "Interruption of system calls"; arch/x86/kernel/signal.c:
 * arch_do_signal_or_restart(); arch/x86/include/asm/syscall.h: syscall_get_error().
 */
#include <linux/elf.h>
#include <linux/futex.h>
#include <linux/limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <time.h>

#include "ptrace_group.h"

#define SYSCALL_STOP	SIGNAL_STOP(SIGTRAP | 0x80)

/* Only a tracer sees these. */
#define ERESTARTSYS		512
#define ERESTARTNOHAND		514
#define ERESTART_RESTARTBLOCK	516

/* How long the tracees sleep. */
#define MILLISECONDS	300

/* What the sleep of the tracee has returned, a value or -errno, and how long it took. */
static struct stage {
	_Atomic long result;
	_Atomic long milliseconds;
	_Atomic int done;
} *stage;

FIXTURE(restart)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(restart)
{
	stage = shared_memory(sizeof(*stage));
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(restart)
{
	reap(self->tracee);
}

/* Calls that sleep */

static const struct timespec length = { .tv_nsec = MILLISECONDS * 1000000L };

static long in_nanosleep(void)
{
	return nanosleep(&length, NULL);
}

static long in_clock_nanosleep(void)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += length.tv_nsec;
	if (end.tv_nsec >= 1000000000L) {
		end.tv_nsec -= 1000000000L;
		end.tv_sec++;
	}
	errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
	return errno ? -1 : 0;
}

static long in_poll(void)
{
	return poll(NULL, 0, MILLISECONDS);
}

static long in_ppoll(void)
{
	struct timespec rest = length;

	/* The library passes a copy, in which the kernel leaves what is left of the time. */
	return ppoll(NULL, 0, &rest, NULL);
}

static long in_select(void)
{
	struct timeval rest = { .tv_usec = MILLISECONDS * 1000 };

	return select(0, NULL, NULL, NULL, &rest);
}

static long in_futex(void)
{
	static int word;
	struct { long sec, nsec; } timeout = { 0, length.tv_nsec };

	return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &timeout, NULL, 0);
}

static long in_epoll_wait(void)
{
	struct epoll_event event;

	return epoll_wait(epoll_create1(0), &event, 1, MILLISECONDS);
}

static long in_sigtimedwait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return sigtimedwait(&set, NULL, &length);
}

static long in_recv(void)
{
	const struct timeval timeout = { .tv_usec = MILLISECONDS * 1000 };
	int ends[2];
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) ||
	    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		return -1;
	return recv(ends[0], &byte, 1, 0);
}

/*
 * Each call, what the tracer sees in a stop in it, what the call returns afterwards, and whether
 * it has lasted as long as without a tracer.
 */
static const struct call {
	const char *name;
	long (*sleep)(void);
	int seen;
	long result;
	bool lasts;
} calls[] = {
	{ "nanosleep", in_nanosleep, ERESTART_RESTARTBLOCK, 0, true },
	{ "clock_nanosleep", in_clock_nanosleep, ERESTARTNOHAND, 0, true },
	{ "poll", in_poll, ERESTART_RESTARTBLOCK, 0, true },
	{ "ppoll", in_ppoll, ERESTARTNOHAND, 0, true },
	{ "select", in_select, ERESTARTNOHAND, 0, true },
	{ "futex", in_futex, ERESTART_RESTARTBLOCK, -ETIMEDOUT, true },
	/* man: signal(7): "never restarted [...] regardless of the use of SA_RESTART" */
	{ "epoll_wait", in_epoll_wait, EINTR, -EINTR, false },
	{ "sigtimedwait", in_sigtimedwait, EINTR, -EINTR, false },
	{ "recv", in_recv, EINTR, -EINTR, false },
};

static const struct call *called;

/* Sleep in the call, and tell how it went. */
static int sleep_in_call(struct shared *shared)
{
	struct timespec begin, end;
	long result;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	result = called->sleep();
	stage->result = result < 0 ? -errno : result;
	clock_gettime(CLOCK_MONOTONIC, &end);
	stage->milliseconds = (end.tv_sec - begin.tv_sec) * 1000 +
			      (end.tv_nsec - begin.tv_nsec) / 1000000;
	stage->done = 1;
	return spin(shared);
}

/* Wait until the tracee sleeps in the call, or has returned from it, as in a slow guest. */
static void wait_for_call(pid_t tracee)
{
	while (!stage->done && proc_state(tracee) != 'S')
		sched_yield();
}

static void start_call(struct __test_metadata *_metadata, FIXTURE_DATA(restart) *self,
		       const struct call *call)
{
	stage->done = 0;
	self->shared->quit = 0;
	called = call;
	self->tracee = spawn(sleep_in_call, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_call(self->tracee);
	ASSERT_FALSE(stage->done);
}

static void ends(struct __test_metadata *_metadata, FIXTURE_DATA(restart) *self)
{
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

static void call_ends(struct __test_metadata *_metadata, FIXTURE_DATA(restart) *self)
{
	while (!stage->done) {
		ASSERT_EQ(0, status_now(self->tracee));
	}
	EXPECT_EQ(called->result, stage->result) {
		TH_LOG("%s", called->name);
	}
	if (called->lasts) {
		EXPECT_LE(MILLISECONDS, stage->milliseconds) {
			TH_LOG("%s", called->name);
		}
	}
	ends(_metadata, self);
}

static void trap(struct __test_metadata *_metadata, pid_t pid)
{
	ASSERT_EQ(0, interrupt(pid));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(pid));
}

/* Let some of the time pass. */
static void pass_time(void)
{
	const struct timespec some = { .tv_nsec = MILLISECONDS * 1000000L / 20 };

	nanosleep(&some, NULL);
}

/* A tracer that comes and goes leaves no trace in the length of a sleep, or in its result. */
TEST_F(restart, detached)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		start_call(_metadata, self, &calls[i]);
		for (int n = 0; n < 6 && !stage->done; n++) {
			if (n & 1) {
				ASSERT_EQ(0, attach(self->tracee));
				ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
			} else {
				ASSERT_EQ(0, seize(self->tracee));
				trap(_metadata, self->tracee);
			}
			ASSERT_EQ(0, detach(self->tracee, 0));
			pass_time();
		}
		call_ends(_metadata, self);
	}
}

static void count_signal(int sig)
{
}

/* The same with a handler for a signal. */
static int sleep_with_handler(struct shared *shared)
{
	signal(SIGUSR2, count_signal);
	return sleep_in_call(shared);
}

/* After a handler has run, none of them is restarted. */
TEST_F(restart, handled)
{
	static struct call interrupted;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		interrupted = calls[i];
		interrupted.result = -EINTR;
		interrupted.lasts = false;
		stage->done = 0;
		self->shared->quit = 0;
		called = &interrupted;
		self->tracee = spawn(sleep_with_handler, self->shared);
		ASSERT_LT(0, self->tracee);
		wait_for_state(self->tracee, 'S');
		ASSERT_EQ(0, seize(self->tracee));
		ASSERT_EQ(0, kill(self->tracee, SIGUSR2));
		ASSERT_EQ(SIGNAL_STOP(SIGUSR2), next_status(self->tracee));
		ASSERT_EQ(0, cont(self->tracee, SIGUSR2));
		call_ends(_metadata, self);
	}
}

#if defined(__x86_64__) || defined(__i386__)

#ifdef __x86_64__
#define IP(regs)	((regs).rip)
#define SP(regs)	((regs).rsp)
#define RESULT(regs)	((regs).rax)
#define NUMBER(regs)	((regs).orig_rax)
#else
#define IP(regs)	((regs).eip)
#define SP(regs)	((regs).esp)
#define RESULT(regs)	((regs).eax)
#define NUMBER(regs)	((regs).orig_eax)
#endif

static struct user_regs_struct registers(struct __test_metadata *_metadata, pid_t pid)
{
	struct user_regs_struct regs;

	ASSERT_EQ(0, REQ(PTRACE_GETREGS, pid, &regs));
	return regs;
}

static void set_registers(struct __test_metadata *_metadata, pid_t pid,
			  const struct user_regs_struct *regs)
{
	ASSERT_EQ(0, REQ(PTRACE_SETREGS, pid, regs));
}

/*
 * signal(7): the kernel restarts a call that a stop has cut short, if no handler has run, and the
 * tracer sees by which code it will. Interrupted again and again, a sleep lasts no longer.
 */
TEST_F(restart, interrupted)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		start_call(_metadata, self, &calls[i]);
		ASSERT_EQ(0, seize(self->tracee));
		for (int n = 0; n < 8; n++) {
			trap(_metadata, self->tracee);
			if (!stage->done) {
				EXPECT_EQ(-calls[i].seen,
					  (long)RESULT(registers(_metadata, self->tracee))) {
					TH_LOG("%s", calls[i].name);
				}
			}
			ASSERT_EQ(0, cont(self->tracee, 0));
			pass_time();
		}
		call_ends(_metadata, self);
	}
}

/*
 * ERESTART_RESTARTBLOCK: the restart is a call of its own, restart_syscall(2), with a stop at each
 * end. In its stops the tracer sees the code again, and at last the result.
 */
TEST_F(restart, restart_syscall)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct ptrace_syscall_info info;

		if (calls[i].seen != ERESTART_RESTARTBLOCK)
			continue;
		start_call(_metadata, self, &calls[i]);
		ASSERT_EQ(0, REQ(PTRACE_SEIZE, self->tracee, PTRACE_O_TRACESYSGOOD));
		trap(_metadata, self->tracee);
		for (int n = 0; n < 4; n++) {
			ASSERT_EQ(0, request(PTRACE_SYSCALL, self->tracee, 0, 0));
			ASSERT_EQ(SYSCALL_STOP, next_status(self->tracee));
			ASSERT_LT(0, request(PTRACE_GET_SYSCALL_INFO, self->tracee, sizeof(info),
					     (unsigned long)&info));
			ASSERT_EQ(PTRACE_SYSCALL_INFO_ENTRY, info.op);
			ASSERT_EQ(SYS_restart_syscall, info.entry.nr);
			/* In its last round, it ends by itself. */
			if (n < 3) {
				ASSERT_EQ(0, interrupt(self->tracee));
			}
			ASSERT_EQ(0, request(PTRACE_SYSCALL, self->tracee, 0, 0));
			ASSERT_EQ(SYSCALL_STOP, next_status(self->tracee));
			ASSERT_LT(0, request(PTRACE_GET_SYSCALL_INFO, self->tracee, sizeof(info),
					     (unsigned long)&info));
			ASSERT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
			ASSERT_EQ(n < 3 ? -ERESTART_RESTARTBLOCK : calls[i].result, info.exit.rval);
		}
		ASSERT_EQ(0, cont(self->tracee, 0));
		call_ends(_metadata, self);
	}
}

/* A system call for the tracer, and a trap. */
extern const char other_call[];

asm(".pushsection .text\n"
#ifdef __x86_64__
	"other_call:	syscall\n"
#else
	"other_call:	int $0x80\n"
#endif
	"int3\n"
	".popsection\n");

/*
 * A tracer has the tracee make another call in the middle of the one that it sleeps in, and puts
 * the registers back: the kernel restarts the first one, for the rest of its time.
 */
TEST_F(restart, call_in_between)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct user_regs_struct saved, regs;

		/* Without a restart, there is nothing to be lost. */
		if (calls[i].seen == EINTR)
			continue;
		start_call(_metadata, self, &calls[i]);
		ASSERT_EQ(0, seize(self->tracee));
		for (int n = 0; n < 3 && !stage->done; n++) {
			trap(_metadata, self->tracee);
			saved = registers(_metadata, self->tracee);
			if (!stage->done) {
				ASSERT_EQ(-calls[i].seen, (long)RESULT(saved)) {
					TH_LOG("%s", calls[i].name);
				}
			}
			regs = saved;
			IP(regs) = (unsigned long)other_call;
			RESULT(regs) = SYS_getppid;
			/* No call is to be restarted before that. */
			NUMBER(regs) = -1;
			set_registers(_metadata, self->tracee, &regs);
			ASSERT_EQ(0, cont(self->tracee, 0));
			ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
			ASSERT_EQ(getpid(), RESULT(registers(_metadata, self->tracee)));
			set_registers(_metadata, self->tracee, &saved);
			ASSERT_EQ(0, cont(self->tracee, 0));
			wait_for_call(self->tracee);
		}
		call_ends(_metadata, self);
	}
}

static int read_and_tell(struct shared *shared)
{
	char byte;
	long result = read(shared->pipe[0], &byte, 1);

	stage->result = result < 0 ? -errno : result;
	stage->done = 1;
	return spin(shared);
}

/* What the tracer writes over the result and the number, and what the call then returns. */
TEST_F(restart, rewritten)
{
	static const struct {
		long result, number, returned;
		bool restarts;
	} rewritten[] = {
		{ -ERESTARTSYS, SYS_read, 1, true },
		{ 42, SYS_read, 42, false },
		{ -EINTR, SYS_read, -EINTR, false },
		{ -ERESTARTSYS, -1, -ERESTARTSYS, false },
		{ -ERESTARTNOHAND, SYS_read, 1, true },
		/* Another call, with the same arguments. */
		{ -ERESTARTSYS, SYS_getppid, 0, true },
		{ 0, SYS_getppid, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rewritten); i++) {
		const bool sleeps = rewritten[i].returned == 1;
		const bool asks = rewritten[i].restarts && rewritten[i].number == SYS_getppid;
		struct user_regs_struct regs;

		stage->done = 0;
		self->shared->quit = 0;
		self->tracee = spawn(read_and_tell, self->shared);
		ASSERT_LT(0, self->tracee);
		wait_for_state(self->tracee, 'S');
		ASSERT_EQ(0, seize(self->tracee));
		trap(_metadata, self->tracee);
		regs = registers(_metadata, self->tracee);
		EXPECT_EQ(-ERESTARTSYS, (long)RESULT(regs));
		EXPECT_EQ(SYS_read, NUMBER(regs));
		RESULT(regs) = rewritten[i].result;
		NUMBER(regs) = rewritten[i].number;
		set_registers(_metadata, self->tracee, &regs);
		ASSERT_EQ(0, cont(self->tracee, 0));
		if (sleeps) {
			wait_for_state(self->tracee, 'S');
			ASSERT_TRUE(wake(self->shared));
		}
		while (!stage->done) {
			ASSERT_EQ(0, status_now(self->tracee));
		}
		EXPECT_EQ(asks ? getpid() : rewritten[i].returned, stage->result) {
			TH_LOG("case %zu", i);
		}
		ends(_metadata, self);
	}
}

/* A tracee of 32 bits, whatever the tracer is */

#define IS_64BIT	(sizeof(long) == 8)

/* In the new program: read a byte from standard input, and exit with what that returned. */
__attribute__((constructor)) static void be_reader(int argc, char **argv)
{
	char byte;

	if (argc == 1 && !strcmp(argv[0], "restart-read"))
		_exit(read(0, &byte, 1) == 1 ? 10 : 11);
}

static int exec_reader_of_32bit(struct shared *shared)
{
	char *const argv[] = { "restart-read", NULL }, *const envp[] = { NULL };
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 4);

	if (len < 0)
		return 1;
	path[len] = 0;
	if (IS_64BIT)
		strcat(path, "_32");
	dup2(shared->pipe[0], 0);
	sleep_on_pipe(shared);
	execve(path, argv, envp);
	return 2;
}

/* The general registers of a 32-bit task. */
struct regs32 {
	__u32 ebx, ecx, edx, esi, edi, ebp, eax, ds, es, fs, gs, orig_eax, eip, cs, eflags, esp, ss;
};

/* In which layout, and how, the tracer puts back the registers. */
enum how { BY_REGSET, BY_REGS, BY_REGS_ZERO_EXTENDED, HOWS };

static void put_back(struct __test_metadata *_metadata, pid_t pid, enum how how,
		     struct regs32 *regs32, struct user_regs_struct *regs)
{
	struct iovec iov = { regs32, sizeof(*regs32) };

	if (how == BY_REGSET) {
		ASSERT_EQ(0, request(PTRACE_SETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov));
		return;
	}
	RESULT(*regs) = how == BY_REGS ? -ERESTARTSYS : (long)(__u32)-ERESTARTSYS;
	set_registers(_metadata, pid, regs);
}

/*
 * TS_I386_REGS_POKED: out of a system call, a task of 32 bits restarts one when the tracer has put
 * back its registers in the layout of 32 bits. In that of 64 bits, the result must have 64 bits.
 * In the stop in which the call was cut short, TS_COMPAT makes all of them do.
 */
TEST_F(restart, of_32bit)
{
	for (int i = 0; i < 2 * HOWS; i++) {
		const enum how how = i / 2;
		const bool in_between = i & 1;
		const bool restarts = !in_between || how != BY_REGS_ZERO_EXTENDED || !IS_64BIT;
		struct user_regs_struct regs, other;
		struct regs32 regs32 = {};
		struct iovec iov = { &regs32, sizeof(regs32) };

		self->tracee = spawn_seized(exec_reader_of_32bit, self->shared, PTRACE_O_TRACEEXEC);
		ASSERT_LT(0, self->tracee);
		ASSERT_TRUE(wake(self->shared));
		if (next_status(self->tracee) != EVENT(PTRACE_EVENT_EXEC))
			SKIP(return, "there is no program of 32 bits");
		ASSERT_EQ(0, cont(self->tracee, 0));
		wait_for_state(self->tracee, 'S');
		trap(_metadata, self->tracee);
		regs = registers(_metadata, self->tracee);
		ASSERT_EQ(0, request(PTRACE_GETREGSET, self->tracee, NT_PRSTATUS,
				     (unsigned long)&iov));
		ASSERT_EQ(sizeof(regs32), iov.iov_len);
		EXPECT_EQ(-ERESTARTSYS, (int)regs32.eax);
		EXPECT_EQ(-ERESTARTSYS, (int)RESULT(regs));
		/* read(2) */
		EXPECT_EQ(3, regs32.orig_eax);
		EXPECT_EQ(3, NUMBER(regs));
		EXPECT_EQ(regs32.eip, IP(regs));
		if (in_between) {
			/* It leaves the kernel, and executes an instruction. */
			other = regs;
			NUMBER(other) = -1;
			set_registers(_metadata, self->tracee, &other);
			ASSERT_EQ(0, REQ(PTRACE_SINGLESTEP, self->tracee, 0));
			ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
		}
		put_back(_metadata, self->tracee, how, &regs32, &regs);
		ASSERT_EQ(0, cont(self->tracee, 0));
		while (restarts && proc_state(self->tracee) != 'S') {
			ASSERT_EQ(0, status_now(self->tracee)) {
				TH_LOG("way %d, in between %d", how, in_between);
			}
		}
		if (restarts) {
			ASSERT_TRUE(wake(self->shared));
		}
		EXPECT_EQ(EXITED(restarts ? 10 : 11), next_status(self->tracee)) {
			TH_LOG("way %d, in between %d", how, in_between);
		}
		self->tracee = 0;
	}
}
#endif /* x86 */

TEST_HARNESS_MAIN
