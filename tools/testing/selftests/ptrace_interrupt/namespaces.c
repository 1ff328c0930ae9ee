// SPDX-License-Identifier: GPL-2.0
/*
 * Tracers and tracees in different namespaces: which PID the tracer sees, and which
 * capabilities count.
 *
 * Before a test, "man:" quotes ptrace(2), pid_namespaces(7) or user_namespaces(7), and a
 * function's name is what the test checks. Root must run this program.
 */
#include "ptrace_cred.h"

FIXTURE(namespaces)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(namespaces)
{
	if (getuid())
		SKIP(return, "only root can make every namespace");
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(namespaces)
{
	reap(self->tracee);
}

/* What the processes in the inner namespace report: their PIDs there, and results. */
static struct inner {
	_Atomic pid_t self, child;
	_Atomic int results[4];
} *inner;

static void share(void)
{
	inner = shared_memory(sizeof(*inner));
}

/* Start @body as the first process of a pid namespace. */
static pid_t spawn_in_pid_namespace(int (*body)(struct shared *), struct shared *shared)
{
	pid_t pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(body(shared));
}

static int fork_in_namespace(struct shared *shared)
{
	pid_t child;

	inner->self = getpid();
	sleep_on_pipe(shared);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		spin(shared);
		_exit(7);
	}
	inner->child = child;
	waitpid(child, NULL, 0);
	return 0;
}

/* ptrace_event_pid(): man: "the PID of the new process", in the tracer's namespace */
TEST_F(namespaces, message_is_of_the_tracer)
{
	unsigned long child = 0, message = 0;
	siginfo_t info;

	share();
	self->tracee = spawn_in_pid_namespace(fork_in_namespace, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(1, inner->self);
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT(PTRACE_EVENT_FORK), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETEVENTMSG, 0, &child));
	EXPECT_LT(2, child);
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(child));

	/* ptrace_do_notify(): the siginfo of its stop has its PID in its own namespace. */
	ASSERT_EQ(0, request(PTRACE_GETSIGINFO, child, 0, (unsigned long)&info));
	EXPECT_EQ(2, info.si_pid);
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, 0, &info));
	EXPECT_EQ(1, info.si_pid);

	/* In the tracer's namespace, these PIDs are no tracee's. */
	EXPECT_EQ(-ESRCH, request(PTRACE_CONT, 2, 0, 0));
	EXPECT_EQ(-ESRCH, request(PTRACE_INTERRUPT, 1, 0, 0));
	ASSERT_EQ(0, cont(child, 0));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	while (!inner->child)
		sched_yield();
	EXPECT_EQ(2, inner->child);
	/* They stop at their exits, and run on only when the tracer resumes them. */
	self->shared->quit = 1;
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(child));
	ASSERT_EQ(0, request(PTRACE_GETEVENTMSG, child, 0, (unsigned long)&message));
	EXPECT_EQ(EXITED(7), message);
	ASSERT_EQ(0, cont(child, 0));
	ASSERT_EQ(EXITED(7), next_status(child));
	ASSERT_EQ(SIGNAL_STOP(SIGCHLD), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

static int fork_in_fork(struct shared *shared)
{
	pid_t child;

	sleep_on_pipe(shared);
	child = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		_exit(getpid());
	inner->child = child;
	waitpid(child, NULL, 0);
	return 0;
}

/* The same, with only the child in another namespace */
TEST_F(namespaces, child_in_a_namespace)
{
	unsigned long child = 0;

	share();
	self->tracee = start_stopped(fork_in_fork, self->shared, 'S',
				     PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE);
	ASSERT_LT(0, self->tracee);
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EVENT(PTRACE_EVENT_FORK), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETEVENTMSG, 0, &child));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(child));
	ASSERT_EQ(0, cont(child, 0));
	EXPECT_EQ(EXITED(1), next_status(child));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGCHLD), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	EXPECT_EQ((pid_t)child, inner->child);
	self->tracee = 0;
}

__attribute__((constructor)) static void be_program(int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "namespaces-exit"))
		_exit(0);
}

static int exec_in_namespace(struct shared *shared)
{
	char *const argv[] = { "namespaces-exit", NULL }, *const envp[] = { NULL };

	sleep_on_pipe(shared);
	execve("/proc/self/exe", argv, envp);
	return 1;
}

/*
 * looks_like_a_spurious_pid(): both numbers are of the tracer's namespace, so that a task that has
 * kept its number is not spurious. Requests work before a wait for the event.
 */
TEST_F(namespaces, exec_is_not_spurious)
{
	unsigned long message = 0;
	siginfo_t info = {};

	self->tracee = spawn_in_pid_namespace(exec_in_namespace, self->shared);
	ASSERT_LT(1, self->tracee);
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, 0, PTRACE_O_TRACEEXEC));
	ASSERT_TRUE(wake(self->shared));
	wait_for_state(self->tracee, 't');
	EXPECT_EQ(0, REQ(PTRACE_GETSIGINFO, 0, &info));
	EXPECT_EQ(0, REQ(PTRACE_GETEVENTMSG, 0, &message));
	EXPECT_EQ(self->tracee, message);
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXEC), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

static void *exec_in_thread(void *shared)
{
	_exit(exec_in_namespace(shared));
}

static int exec_of_second(struct shared *shared)
{
	pthread_t thread;

	sleep_on_pipe(shared);
	if (pthread_create(&thread, NULL, exec_in_thread, shared))
		return 1;
	for (;;)
		pause();
}

/*
 * The same with the second thread, whose number changes from 2 to 1 in its own namespace. The
 * message is its former number in the tracer's, and requests before a wait for the event fail.
 */
TEST_F(namespaces, exec_is_spurious)
{
	unsigned long second = 0, message = 0;
	siginfo_t info;

	self->tracee = spawn_in_pid_namespace(exec_of_second, self->shared);
	ASSERT_LT(1, self->tracee);
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT(PTRACE_EVENT_CLONE), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETEVENTMSG, 0, &second));
	EXPECT_LT(2, second);
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(second));
	ASSERT_EQ(0, cont(second, 0));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_TRUE(wake(self->shared));
	wait_for_state(self->tracee, 't');
	EXPECT_EQ(-ESRCH, REQ(PTRACE_GETSIGINFO, 0, &info));
	EXPECT_EQ(-ESRCH, REQ(PTRACE_GETEVENTMSG, 0, &message));
	EXPECT_EQ(-ESRCH, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXEC), next_status(self->tracee));
	EXPECT_EQ(0, REQ(PTRACE_GETSIGINFO, 0, &info));
	EXPECT_EQ(1, info.si_pid);
	EXPECT_EQ(0, REQ(PTRACE_GETEVENTMSG, 0, &message));
	EXPECT_EQ(second, message);
	EXPECT_EQ(-ESRCH, cont(second, 0));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

static int attach_outside(struct shared *shared)
{
	/* The process that waits outside, by its PID there. */
	inner->results[0] = -seize(inner->child);
	inner->results[1] = -request(PTRACE_ATTACH, inner->child, 0, 0);
	/* PID 1 is this process itself. */
	inner->results[2] = -seize(1);
	inner->results[3] = -seize(2);
	return 0;
}

/* find_get_task_by_vpid(): man: a process "can see only processes contained in its own" */
TEST_F(namespaces, nobody_outside)
{
	pid_t pid;

	share();
	self->tracee = spawn(spin, self->shared);
	wait_for_progress(self->shared);
	inner->child = self->tracee;
	pid = spawn_in_pid_namespace(attach_outside, self->shared);
	ASSERT_EQ(EXITED(0), next_status(pid));
	EXPECT_EQ(ESRCH, inner->results[0]);
	EXPECT_EQ(ESRCH, inner->results[1]);
	EXPECT_EQ(EPERM, inner->results[2]);
	EXPECT_EQ(ESRCH, inner->results[3]);
	/* The process outside was not touched, either. */
	wait_for_progress(self->shared);
}

static int trace_inside(struct shared *shared)
{
	pid_t child = spawn(spin, shared);
	unsigned long message = 1;

	if (getpid() != 1 || child != 2)
		return 1;
	wait_for_progress(shared);
	if (request(PTRACE_SEIZE, 2, 0, PTRACE_O_TRACEEXIT) || interrupt(2) ||
	    next_status(2) != EVENT_STOP(SIGTRAP))
		return 2;
	shared->quit = 1;
	if (cont(2, 0) || next_status(2) != EVENT(PTRACE_EVENT_EXIT) ||
	    request(PTRACE_GETEVENTMSG, 2, 0, (unsigned long)&message) || message != 0)
		return 3;
	if (cont(2, 0) || next_status(2) != EXITED(0))
		return 4;
	return 0;
}

/* Within one namespace, tracing works as in the initial one. */
TEST_F(namespaces, both_inside)
{
	pid_t pid = spawn_in_pid_namespace(trace_inside, self->shared);

	EXPECT_EQ(EXITED(0), next_status(pid));
}

static int trace_me_inside(struct shared *shared)
{
	if (request(PTRACE_TRACEME, 0, 0, 0))
		return 1;
	raise(SIGSTOP);
	return getppid();
}

/* ptrace_traceme(): the parent has no PID in the tracee's namespace */
TEST_F(namespaces, traceme)
{
	self->tracee = spawn_in_pid_namespace(trace_me_inside, self->shared);
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	EXPECT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

static int kill_oneself(struct shared *shared)
{
	sleep_on_pipe(shared);
	kill(getpid(), SIGTERM);
	return spin(shared);
}

/*
 * sig_task_ignored(): the first process of a namespace ignores signals that it does not
 * handle. Its tracer still sees them.
 */
TEST_F(namespaces, signal_for_init)
{
	self->tracee = spawn_in_pid_namespace(kill_oneself, self->shared);
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(0, seize(self->tracee));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(SIGNAL_STOP(SIGTERM), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, SIGTERM));
	wait_for_progress(self->shared);
	/* SIGSTOP and SIGKILL from outside the namespace are not ignored. */
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_KILL, 0, 0));
	ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracee));
	self->tracee = 0;
}

/* User namespaces */

/* A target in a user namespace that Alice makes. Outside, it has Alice's ids, too. */
static int be_in_user_namespace(struct shared *shared)
{
	if (!become(ALICE, ALICE, NO_CAPS) || !enter_user_namespace(0) ||
	    prctl(PR_SET_DUMPABLE, shared->signals))
		return 1;
	return spin(shared);
}

/*
 * man: "a process whose effective user ID matches that of the owner" of a namespace "and
 * which is in the parent has all capabilities" in it; others have those that they have
 */
TEST_F(namespaces, owner_of_the_namespace)
{
	for (int dumpable = 0; dumpable <= 1; dumpable++) {
		self->shared->signals = dumpable;
		self->shared->count = 0;
		self->tracee = spawn(be_in_user_namespace, self->shared);
		wait_for_progress(self->shared);
		/*
		 * If the target is not dumpable, the check asks for a capability in the
		 * namespace of the target's program, the initial one. The owner has none there.
		 */
		EXPECT_EQ(dumpable ? 0 : EPERM,
			  as(ALICE, ALICE, NO_CAPS, try_seize, self->tracee));
		EXPECT_EQ(EPERM, as(BOB, BOB, NO_CAPS, try_seize, self->tracee));
		EXPECT_EQ(0, as(BOB, BOB, CAP(CAP_SYS_PTRACE), try_seize, self->tracee));
		reap(self->tracee);
	}
	self->tracee = 0;
}

static int look_from_inside(struct shared *shared)
{
	const pid_t target = inner->child;

	for (size_t i = 0; i < n_probes(); i++) {
		pid_t caller = fork();

		if (caller == 0)
			_exit(probes[i].try(target));
		if (next_status(caller) >> 8)
			inner->results[0] |= 1 << i;
	}
	return 0;
}

static int look_from_user_namespace(struct shared *shared)
{
	if (!become(ALICE, ALICE, NO_CAPS) || unshare(CLONE_NEWUSER))
		return 1;
	return look_from_inside(shared);
}

/* cap_ptrace_access_check(): all capabilities in a namespace are none outside of it */
TEST_F(namespaces, from_inside)
{
	share();
	/* The target is outside, with the same ids: it is refused for its namespace alone. */
	self->tracee = fork();
	if (self->tracee == 0) {
		if (!become(ALICE, ALICE, NO_CAPS))
			_exit(1);
		_exit(spin(self->shared));
	}
	wait_for_progress(self->shared);
	inner->child = self->tracee;
	EXPECT_EQ(0, as(ALICE, ALICE, NO_CAPS, try_seize, self->tracee));
	ASSERT_EQ(EXITED(0), next_status(spawn(look_from_user_namespace, self->shared)));
	EXPECT_EQ((1 << n_probes()) - 1, inner->results[0]);
}

static int trace_in_user_namespace(struct shared *shared)
{
	struct shared *own = shared_new();
	pid_t child;
	int code = 0;

	if (!become(ALICE, ALICE, NO_CAPS) || unshare(CLONE_NEWUSER))
		return 100;
	/* All capabilities in the namespace, and a child there. */
	child = spawn(spin, own);
	wait_for_progress(own);
	if (seize(child) || interrupt(child) || next_status(child) != EVENT_STOP(SIGTRAP))
		code |= 1;
	/* The checks for CAP_SYS_ADMIN are made in the initial namespace. */
	if (request(PTRACE_SETOPTIONS, child, 0, PTRACE_O_SUSPEND_SECCOMP) != -EPERM)
		code |= 2;
	if (request(PTRACE_SECCOMP_GET_FILTER, child, 0, 0) != -EACCES)
		code |= 4;
	reap(child);
	return code;
}

/* check_ptrace_options(): it calls capable(), not ns_capable() */
TEST_F(namespaces, inside)
{
	EXPECT_EQ(EXITED(0), next_status(spawn(trace_in_user_namespace, self->shared)));
}

TEST_HARNESS_MAIN
