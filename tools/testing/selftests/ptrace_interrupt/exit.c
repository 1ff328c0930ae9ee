// SPDX-License-Identifier: GPL-2.0
/*
 * Exits of tracers, and of tracees.
 *
 * man: "Death under ptrace", "PTRACE_O_EXITKILL", "PTRACE_O_TRACEEXIT";
 * kernel/ptrace.c: exit_ptrace(), __ptrace_detach();
 * kernel/exit.c: do_exit(), exit_notify(), wait_task_zombie().
 */
#include <linux/elf.h>
#include <linux/io_uring.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "ptrace_group.h"

#ifndef CLONE_AUTOREAP
#define CLONE_AUTOREAP	(1ULL << 34)
#endif

FIXTURE(exit)
{
	struct shared *shared;
	struct tracer tracer;
	pid_t tracee;
};

FIXTURE_SETUP(exit)
{
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(exit)
{
	tracer_end(&self->tracer);
	reap(self->tracee);
}

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(exit) *self,
		  int (*body)(struct shared *))
{
	self->shared->quit = 0;
	self->tracee = spawn(body, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
}

/* The task runs until its exit as if there had been no tracer. */
static void ends(struct __test_metadata *_metadata, FIXTURE_DATA(exit) *self)
{
	ASSERT_EQ(0, tracer_of(self->tracee));
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ('x', parent_sees(self->tracee, WSTOPPED | WCONTINUED | WEXITED));
	self->tracee = 0;
}

/* The exit of a tracer */

static unsigned long thread_options;

/* Seize a task, interrupt it, and return without a detach. */
static long seize_and_leave(pid_t pid)
{
	if (REQ(PTRACE_SEIZE, pid, thread_options))
		return 1;
	if (interrupt(pid) || next_status(pid) != EVENT_STOP(SIGTRAP))
		return 2;
	return 0;
}

/* A tracer is a thread: when it exits, its tracees are untraced, even if its process lives on. */
TEST_F(exit, tracing_thread)
{
	start(_metadata, self, spin);
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, in_thread(seize_and_leave, self->tracee));
		/* pthread_join() may return before the thread is quite gone. */
		while (tracer_of(self->tracee))
			sched_yield();
		wait_for_progress(self->shared);
	}
	/* With EXITKILL, the tracee dies. */
	thread_options = PTRACE_O_EXITKILL;
	ASSERT_EQ(0, in_thread(seize_and_leave, self->tracee));
	ASSERT_EQ('k', parent_sees(self->tracee, WSTOPPED | WEXITED));
	self->tracee = 0;
}

/* man: PTRACE_O_EXITKILL: however the tracer dies, unless it has detached before. */
TEST_F(exit, exitkill)
{
	for (int i = 0; i < 3; i++) {
		start(_metadata, self, spin);
		tracer_start(&self->tracer);
		ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, PTRACE_O_EXITKILL));
		if (i == 2) {
			ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
			ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
			ASSERT_EQ(0, TELL(PTRACE_DETACH, self->tracee, 0));
		}
		if (i == 0)
			tracer_end(&self->tracer);
		else
			ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
		if (i == 2)
			break;
		ASSERT_EQ('k', parent_sees(self->tracee, WSTOPPED | WEXITED));
		self->tracee = 0;
	}
	ends(_metadata, self);
}

static int fork_when_told(struct shared *shared)
{
	pid_t child;

	spin(shared);
	shared->quit = 0;
	child = fork();
	if (child)
		shared->signals = child;
	return spin(shared);
}

/* ptrace_init_task(): a child that is attached for its parent's options has them, this one too. */
TEST_F(exit, exitkill_of_a_child)
{
	pid_t child;

	/* Its parent dies first. */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	start(_metadata, self, fork_when_told);
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK));
	self->shared->quit = 1;
	ASSERT_EQ(EVENT(PTRACE_EVENT_FORK), TRACER_SEES(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	while (!self->shared->signals)
		sched_yield();
	child = self->shared->signals;
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(child));
	ASSERT_EQ(0, TELL(PTRACE_CONT, child, 0));
	ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
	ASSERT_EQ('k', parent_sees(self->tracee, WSTOPPED | WEXITED));
	self->tracee = 0;
	ASSERT_EQ(KILLED(SIGKILL), next_status(child));
}

/* Many tracees at once, in all states: after the detach, each does what its state asks for. */
TEST_F(exit, of_many)
{
	const int count = 12;
	pid_t pids[count];

	tracer_start(&self->tracer);
	for (int i = 0; i < count; i++) {
		pids[i] = spawn(spin, self->shared);
		ASSERT_EQ(0, TELL(PTRACE_SEIZE, pids[i], i & 1 ? PTRACE_O_EXITKILL : 0));
		if (i & 2) {
			ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, pids[i], 0));
			ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(pids[i]));
		}
		if (i & 4)
			ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, pids[i], 0));
	}
	ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
	for (int i = 0; i < count; i++)
		if (i & 1)
			EXPECT_EQ('k', parent_sees(pids[i], WEXITED));
	self->shared->quit = 1;
	for (int i = 0; i < count; i++)
		if (!(i & 1))
			EXPECT_EQ('x', parent_sees(pids[i], WSTOPPED | WEXITED));
}

/* ptrace_stop(): a signal for which the tracer has not waited is delivered after its exit. */
TEST_F(exit, signal_not_waited_for)
{
	start(_metadata, self, spin);
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	ASSERT_EQ(0, kill(self->tracee, SIGTERM));
	wait_for_state(self->tracee, 't');
	ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
	ASSERT_EQ('t', parent_sees(self->tracee, WEXITED));
	self->tracee = 0;

	/* A signal for which it has waited is lost. */
	start(_metadata, self, spin);
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	ASSERT_EQ(0, kill(self->tracee, SIGTERM));
	ASSERT_EQ(SIGNAL_STOP(SIGTERM), TRACER_SEES(self->tracee));
	ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
	ends(_metadata, self);
}

/* Zombies of a tracer that exits. Only then does the real parent see them. */

/* Start a tracee that has exited. Its tracer has not waited for it; nobody else can. */
static void start_zombie(struct __test_metadata *_metadata, FIXTURE_DATA(exit) *self)
{
	start(_metadata, self, spin);
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	self->shared->quit = 1;
	wait_for_state(self->tracee, 'Z');
	ASSERT_EQ('-', parent_sees_now(self->tracee));
}

/* __ptrace_detach(): do_notify_parent() */
TEST_F(exit, zombie_is_left_to_its_parent)
{
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	start_zombie(_metadata, self);
	ASSERT_EQ(self->tracer.pid, tracer_of(self->tracee));
	tracer_tell(&self->tracer, TELL_EXIT, 0, 0, 0);
	ASSERT_EQ(SIGCHLD, sigwaitinfo(&set, &info));
	ASSERT_EQ(self->tracee, info.si_pid);
	ASSERT_EQ(CLD_EXITED, info.si_code);
	ASSERT_EQ('x', parent_sees_now(self->tracee));
	self->tracee = 0;
	ASSERT_EQ(EXITED(0), next_status(self->tracer.pid));
	self->tracer.pid = 0;
}

/* wait_task_zombie(): if the tracer waits, it sees the exit first, and then the parent. */
TEST_F(exit, zombie_is_seen_twice)
{
	start_zombie(_metadata, self);
	ASSERT_EQ(EXITED(0), TRACER_SEES(self->tracee));
	ASSERT_EQ('x', parent_sees_now(self->tracee));
	ASSERT_EQ(-ECHILD, TRACER_SEES_NOW(self->tracee));
	self->tracee = 0;
}

/* The parent ignores its children: the exit of the tracer releases the zombie. */
TEST_F(exit, zombie_of_a_parent_that_ignores)
{
	struct sigaction action = {};

	for (int i = 0; i < 2; i++) {
		const pid_t pid = (start_zombie(_metadata, self), self->tracee);

		action.sa_handler = i ? SIG_DFL : SIG_IGN;
		action.sa_flags = i ? SA_NOCLDWAIT : 0;
		ASSERT_EQ(0, sigaction(SIGCHLD, &action, NULL));
		ASSERT_EQ('Z', proc_state(pid));
		self->tracee = 0;
		/* The parent ignores the tracer, too: its wait lasts until the tracer is gone. */
		ASSERT_EQ(-ECHILD, tracer_exit(&self->tracer));
		/* The tracer releases the zombie after it has itself become invisible to waits. */
		wait_until_gone(pid);
		ASSERT_EQ(ESRCH, errno);
		ASSERT_EQ(-ECHILD, next_status(pid));
		action.sa_handler = SIG_DFL;
		action.sa_flags = 0;
		ASSERT_EQ(0, sigaction(SIGCHLD, &action, NULL));
	}
}

/* The same within one process: a thread traces a child of the process. */

static _Atomic int thread_may_end;

static void *trace_until_told(void *shared)
{
	const pid_t pid = ((struct shared *)shared)->signals;
	const long ret = seize(pid);

	((struct shared *)shared)->signals = 0;
	while (!thread_may_end)
		sched_yield();
	return (void *)ret;
}

/* Join the thread, and wait until it is gone. */
static void join_tracer(struct __test_metadata *_metadata, pthread_t thread)
{
	void *ret;

	thread_may_end = 1;
	ASSERT_EQ(0, pthread_join(thread, &ret));
	ASSERT_EQ(0, (long)ret);
	while (proc_number(getpid(), "Threads") != 1)
		sched_yield();
}

/* __ptrace_detach(): ignoring_children(). The zombie stays, unless its process ignores children. */
TEST_F(exit, zombie_of_ones_own_thread)
{
	static const struct {
		void (*handler)(int);
		int flags, status;
	} parents[] = {
		{ SIG_DFL, 0, EXITED(0) },
		{ SIG_IGN, 0, -ECHILD },
		{ SIG_DFL, SA_NOCLDWAIT, -ECHILD },
	};

	for (int i = 0; i < 3; i++) {
		const struct sigaction action = {
			.sa_handler = parents[i].handler, .sa_flags = parents[i].flags,
		};
		pthread_t thread;

		start(_metadata, self, spin);
		self->shared->signals = self->tracee;
		thread_may_end = 0;
		ASSERT_EQ(0, pthread_create(&thread, NULL, trace_until_told, self->shared));
		while (self->shared->signals)
			sched_yield();
		self->shared->quit = 1;
		wait_for_state(self->tracee, 'Z');
		ASSERT_EQ(0, sigaction(SIGCHLD, &action, NULL));
		join_tracer(_metadata, thread);
		/* exit_notify() releases the tracees after the thread can be seen to be dead. */
		if (parents[i].status == -ECHILD)
			wait_until_gone(self->tracee);
		ASSERT_EQ(parents[i].status, next_status(self->tracee));
		self->tracee = 0;
		ASSERT_EQ(0, sigaction(SIGCHLD, &(struct sigaction){}, NULL));
	}
}

/* The same where the process of the thread, which lives on, is not the parent. */

static void *seize_until_quit(void *arg)
{
	struct shared *own = arg;

	if (seize(own->signals))
		_exit(1);
	own->signals = 0;
	while (!own->quit)
		sched_yield();
	syscall(SYS_exit, 0);
	return NULL;
}

static int outlive_tracer(struct shared *own)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, seize_until_quit, own))
		return 1;
	return sleep_on_pipe(own);
}

/* __ptrace_detach(): do_notify_parent() tells whether the zombie reaps itself */
TEST_F(exit, zombie_of_another_s_thread)
{
	static const struct {
		void (*handler)(int);
		int flags;
		bool waits, is_told;
	} parents[] = {
		{ SIG_DFL, 0, true, true },
		{ SIG_IGN, 0, false, false },
		{ SIG_DFL, SA_NOCLDWAIT, false, true },
	};
	const struct timespec now = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	for (int i = 0; i < 3; i++) {
		const struct sigaction action = {
			.sa_handler = parents[i].handler, .sa_flags = parents[i].flags,
		};
		struct shared *own = shared_new();
		siginfo_t info = {};
		pid_t pid, tracer;

		start(_metadata, self, spin);
		pid = self->tracee;
		own->signals = pid;
		tracer = spawn(outlive_tracer, own);
		ASSERT_LT(0, tracer);
		while (own->signals)
			ASSERT_EQ(0, status_now(tracer));
		wait_for_state(tracer, 'S');
		self->shared->quit = 1;
		wait_for_state(pid, 'Z');
		ASSERT_EQ('-', parent_sees_now(pid));
		ASSERT_EQ(-1, sigtimedwait(&set, NULL, &now));
		ASSERT_EQ(0, sigaction(SIGCHLD, &action, NULL));

		own->quit = 1;
		if (parents[i].waits) {
			ASSERT_EQ('x', parent_sees(pid, WEXITED));
		} else {
			self->tracee = 0;
			wait_until_gone(pid);
			ASSERT_EQ(-ECHILD, next_status(pid));
		}
		self->tracee = 0;
		if (parents[i].is_told) {
			ASSERT_EQ(SIGCHLD, sigtimedwait(&set, &info, &now));
			EXPECT_EQ(pid, info.si_pid);
			EXPECT_EQ(CLD_EXITED, info.si_code);
		}
		/* There is no second SIGCHLD. */
		EXPECT_EQ(-1, sigtimedwait(&set, NULL, &now));
		ASSERT_EQ(0, status_now(tracer));
		/* The thread detaches its tracees before it is gone itself. */
		while (proc_number(tracer, "Threads") != 1)
			sched_yield();
		ASSERT_EQ(0, sigaction(SIGCHLD, &(struct sigaction){}, NULL));
		ASSERT_TRUE(wake(own));
		ASSERT_EQ(EXITED(0), next_status(tracer));
		ASSERT_EQ(SIGCHLD, sigtimedwait(&set, NULL, &now));
	}
}

/* A child that reaps itself (CLONE_AUTOREAP), traced by its own parent. */
TEST_F(exit, zombie_that_reaps_itself)
{
	struct clone_args args = { .flags = CLONE_AUTOREAP };
	pthread_t thread;
	pid_t pid;

	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		SKIP(return, "the kernel has no CLONE_AUTOREAP");
	if (pid == 0) {
		spin(self->shared);
		_exit(0);
	}
	wait_for_progress(self->shared);
	self->shared->signals = pid;
	ASSERT_EQ(0, pthread_create(&thread, NULL, trace_until_told, self->shared));
	while (self->shared->signals)
		sched_yield();
	self->shared->quit = 1;
	wait_for_state(pid, 'Z');
	ASSERT_EQ(0, kill(pid, 0));
	join_tracer(_metadata, thread);
	wait_until_gone(pid);
	ASSERT_EQ(-ECHILD, next_status(pid));
}

static void *end_in_thread(void *arg)
{
	struct shared *shared = arg;

	shared->signals = thread_id();
	while (shared->signals)
		sched_yield();
	syscall(SYS_exit, 3);
	return NULL;
}

/* Spin beside a thread that ends when it is told. */
static int spin_beside(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, end_in_thread, shared))
		return 1;
	return spin(shared);
}

/* __ptrace_detach(): nobody inherits a dead thread. Before that, its process could not exit. */
TEST_F(exit, zombie_thread)
{
	pid_t tid;

	start(_metadata, self, spin_beside);
	while (!self->shared->signals)
		sched_yield();
	tid = self->shared->signals;
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, tid, 0));
	self->shared->signals = 0;
	wait_for_state(tid, 'Z');
	self->shared->quit = 1;
	wait_for_state(self->tracee, 'Z');
	ASSERT_EQ('-', parent_sees_now(self->tracee));
	/* Only INTERRUPT and KILL still find it. */
	ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, tid, 0));
	ASSERT_EQ(0, TELL(PTRACE_KILL, tid, 0));
	ASSERT_EQ(-ESRCH, TELL(PTRACE_CONT, tid, 0));
	ASSERT_EQ(-ESRCH, TELL(PTRACE_DETACH, tid, 0));
	ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
	ASSERT_EQ('x', parent_sees(self->tracee, WEXITED));
	ASSERT_EQ(-1, kill(tid, 0));
	self->tracee = 0;
}

/* The first thread is dead while others live: there is no report before the process exits. */
TEST_F(exit, zombie_leader)
{
	start(_metadata, self, leave_leader_dead);
	ASSERT_EQ(0, seize(self->tracee));
	ASSERT_TRUE(wake(self->shared));
	wait_for_state(self->tracee, 'Z');
	ASSERT_EQ(0, status_now(self->tracee));
	EXPECT_EQ(-ESRCH, cont(self->tracee, 0));
	EXPECT_EQ(-ESRCH, detach(self->tracee, 0));
	EXPECT_EQ(-ESRCH, REQ(PTRACE_GETEVENTMSG, self->tracee, self->shared));
	EXPECT_EQ(0, interrupt(self->tracee));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, status_now(self->tracee));
	/* PTRACE_KILL has no effect on a dead thread, and does not kill its process. */
	EXPECT_EQ(0, REQ(PTRACE_KILL, self->tracee, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, status_now(self->tracee));
	ASSERT_EQ(0, kill(self->tracee, SIGKILL));
	ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracee));
	self->tracee = 0;
}

/* PTRACE_O_TRACEEXIT */

/* Wait for the stop of the exit event; return its message, the exit status. */
static unsigned long exit_event(struct __test_metadata *_metadata, pid_t pid)
{
	unsigned long message = ~0UL, registers[64];
	struct iovec iov = { registers, sizeof(registers) };
	siginfo_t info = {};

	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(pid));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, pid, &info));
	EXPECT_EQ(SIGTRAP | PTRACE_EVENT_EXIT << 8, info.si_code);
	/* Registers and memory are still there. */
	EXPECT_EQ(0, request(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov));
	EXPECT_EQ(0, request(PTRACE_PEEKDATA, pid, (unsigned long)&info,
			     (unsigned long)registers));
	EXPECT_EQ(0, REQ(PTRACE_GETEVENTMSG, pid, &message));
	return message;
}

static int crash(struct shared *shared)
{
	spin(shared);
	setrlimit(RLIMIT_CORE, &(struct rlimit){});
	raise(SIGABRT);
	return 0;
}

static int exit_thread(struct shared *shared)
{
	spin(shared);
	syscall(SYS_exit, 9);
	return 0;
}

static int exit_group(struct shared *shared)
{
	spin(shared);
	return 8;
}

static void seize_for_exit(struct __test_metadata *_metadata, FIXTURE_DATA(exit) *self,
			   int (*body)(struct shared *))
{
	start(_metadata, self, body);
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, self->tracee, PTRACE_O_TRACEEXIT));
}

/* For each way to die, the message is the status that follows. */
TEST_F(exit, event_of_each_end)
{
	static const struct {
		int (*body)(struct shared *);
		int signal, status;
	} all[] = {
		{ exit_group, 0, EXITED(8) },
		{ exit_thread, 0, EXITED(9) },
		{ crash, 0, KILLED(SIGABRT) },
		{ spin, SIGTERM, KILLED(SIGTERM) },
		{ spin, SIGKILL, KILLED(SIGKILL) },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		seize_for_exit(_metadata, self, all[i].body);
		self->shared->quit = !all[i].signal;
		ASSERT_EQ(0, kill(self->tracee, all[i].signal));
		if (all[i].body == crash || all[i].signal == SIGTERM) {
			const int sig = WTERMSIG(all[i].status);

			ASSERT_EQ(SIGNAL_STOP(sig), next_status(self->tracee));
			ASSERT_EQ(0, cont(self->tracee, sig));
		}
		ASSERT_EQ(all[i].status, exit_event(_metadata, self->tracee)) {
			TH_LOG("case %u", i);
		}
		ASSERT_EQ(0, cont(self->tracee, 0));
		ASSERT_EQ(all[i].status, next_status(self->tracee));
		self->tracee = 0;
	}
}

static bool dump_is_wanted, has_worker;

static void *sleep_in_thread(void *shared)
{
	((struct shared *)shared)->signals = thread_id();
	for (;;)
		pause();
	return NULL;
}

static int crash_beside(struct shared *shared)
{
	const struct rlimit limit = { dump_is_wanted ? RLIM_INFINITY : 0, RLIM_INFINITY };
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 1 };
	pthread_t thread;

	if (chdir("/mnt") || setrlimit(RLIMIT_CORE, &limit) ||
	    (has_worker && syscall(SYS_io_uring_setup, 4, &params) < 0) ||
	    pthread_create(&thread, NULL, sleep_in_thread, shared))
		return 1;
	spin(shared);
	raise(SIGABRT);
	return 2;
}

/*
 * coredump_task_exit() comes before the event: the dump waits for the other threads, and not for
 * their tracer. It may wait for the two in any order.
 */
TEST_F(exit, event_after_core_dump)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/mnt", "tmpfs", 0, NULL))
		SKIP(return, "no file system of one's own");
	for (int i = 0; i < 8; i++) {
		pid_t pids[2];
		int flag = 0;

		dump_is_wanted = i & 1;
		has_worker = i & 2;
		self->shared->signals = 0;
		start(_metadata, self, crash_beside);
		while (!self->shared->signals)
			sched_yield();
		pids[i / 4] = self->tracee;
		pids[!(i / 4)] = self->shared->signals;
		ASSERT_EQ(0, REQ(PTRACE_SEIZE, pids[0], PTRACE_O_TRACEEXIT));
		ASSERT_EQ(0, REQ(PTRACE_SEIZE, pids[1], PTRACE_O_TRACEEXIT));
		self->shared->quit = 1;
		ASSERT_EQ(SIGNAL_STOP(SIGABRT), next_status(self->tracee));
		ASSERT_EQ(0, cont(self->tracee, SIGABRT));
		/* The message of the one that dumps tells whether it did. */
		for (int n = 0; n < 2; n++) {
			const int message = exit_event(_metadata, pids[n]);

			if (pids[n] == self->tracee)
				flag = message & 0x80;
			EXPECT_EQ(KILLED(SIGABRT), message & ~(pids[n] == self->tracee ? 0x80 : 0));
		}
		if (!dump_is_wanted)
			EXPECT_EQ(0, flag);
		ASSERT_EQ(0, cont(pids[0], 0));
		ASSERT_EQ(0, cont(pids[1], 0));
		/* All report that the process has dumped core; it ends after its threads. */
		EXPECT_EQ(KILLED(SIGABRT) | flag, next_status(pids[i / 4 ? 0 : 1]));
		EXPECT_EQ(KILLED(SIGABRT) | flag, next_status(pids[i / 4 ? 1 : 0]));
		self->tracee = 0;
	}
}

/*
 * kernel/signal.c: prepare_signal(): SIGKILL does not end the stop of a process that exits or
 * that was killed already. PTRACE_KILL, INTERRUPT and SIGSTOP do not end it, either. The exit
 * status does not change.
 */
TEST_F(exit, event_is_not_left)
{
	for (int killed = 0; killed < 2; killed++) {
		const int status = killed ? KILLED(SIGKILL) : EXITED(8);

		seize_for_exit(_metadata, self, exit_group);
		self->shared->quit = !killed;
		ASSERT_EQ(0, killed ? kill(self->tracee, SIGKILL) : 0);
		ASSERT_EQ(status, exit_event(_metadata, self->tracee));
		ASSERT_EQ(0, kill(self->tracee, SIGKILL));
		ASSERT_EQ(0, REQ(PTRACE_KILL, self->tracee, 0));
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
		ASSERT_EQ(0, status_now(self->tracee));
		ASSERT_EQ('t', proc_state(self->tracee));
		ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, 0));
		ASSERT_EQ(0, request(PTRACE_SYSCALL, self->tracee, 0, SIGTERM));
		ASSERT_EQ(status, next_status(self->tracee));
		self->tracee = 0;
	}
}

/* If only one of several threads exits, SIGKILL ends its stop, since the process must die. */
TEST_F(exit, event_of_a_thread_is_left)
{
	pid_t tid;

	start(_metadata, self, spin_beside);
	while (!self->shared->signals)
		sched_yield();
	tid = self->shared->signals;
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, tid, PTRACE_O_TRACEEXIT));
	self->shared->signals = 0;
	ASSERT_EQ(EXITED(3), exit_event(_metadata, tid));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, kill(self->tracee, SIGKILL));
	/* wait_task_zombie(): the thread, too, reports the group's exit code. */
	ASSERT_EQ(KILLED(SIGKILL), next_status(tid));
	ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracee));
	self->tracee = 0;
}

/* The tracer exits or detaches: the tracee's exit goes on. */
TEST_F(exit, event_and_no_tracer)
{
	for (int i = 0; i < 2; i++) {
		start(_metadata, self, spin);
		tracer_start(&self->tracer);
		ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, PTRACE_O_TRACEEXIT));
		self->shared->quit = 1;
		ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), TRACER_SEES(self->tracee));
		ASSERT_EQ('-', parent_sees_now(self->tracee));
		if (i)
			ASSERT_EQ(0, TELL(PTRACE_DETACH, self->tracee, SIGTERM));
		ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
		ASSERT_EQ('x', parent_sees(self->tracee, WEXITED));
		self->tracee = 0;
	}
}

TEST_HARNESS_MAIN
