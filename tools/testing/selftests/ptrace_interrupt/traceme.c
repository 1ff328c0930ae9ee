// SPDX-License-Identifier: GPL-2.0
/*
 * PTRACE_TRACEME makes the parent the tracer.
 *
 * man: "Indicate that this process is to be traced by its parent"; kernel/ptrace.c:
 * ptrace_traceme().
 */
#include "ptrace_group.h"

FIXTURE(traceme)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(traceme)
{
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(traceme)
{
	reap(self->tracee);
}

static int traceme_and_stop(struct shared *shared)
{
	if (request(PTRACE_TRACEME, 0, 0, 0))
		return 1;
	raise(SIGSTOP);
	return 0;
}

static _Atomic pid_t child_of_thread;
static _Atomic int thread_quit;

static long trace_own_child(pid_t unused)
{
	struct shared *shared = shared_new();
	pid_t pid = spawn(traceme_and_stop, shared);
	int status;

	child_of_thread = pid;
	/* Wait until the other thread has had a look. */
	while (!thread_quit)
		sched_yield();
	CHECK(waitpid(pid, &status, __WALL | __WNOTHREAD) == pid);
	CHECK(status == SIGNAL_STOP(SIGSTOP));
	CHECK(cont(pid, 0) == 0);
	CHECK(waitpid(pid, &status, __WALL | __WNOTHREAD) == pid);
	CHECK(status == EXITED(0));
	return 0;
}

static void *trace_own_child_thread(void *unused)
{
	return (void *)trace_own_child(0);
}

/* man: "its parent". ptrace_traceme(): that is real_parent, the thread that forked it. */
TEST_F(traceme, child_of_a_thread)
{
	siginfo_t info = {};
	pthread_t thread;
	void *result;
	pid_t pid;

	ASSERT_EQ(0, pthread_create(&thread, NULL, trace_own_child_thread, NULL));
	while (!child_of_thread)
		sched_yield();
	pid = child_of_thread;
	wait_for_state(pid, 't');
	/* /proc shows a tracer. */
	EXPECT_LT(0, tracer_of(pid));
	/* Another thread sees the ptrace-stop, but can make no request. */
	EXPECT_EQ(-ESRCH, cont(pid, 0));
	EXPECT_EQ(-1, waitpid(pid, NULL, __WALL | __WNOTHREAD | WNOHANG));
	EXPECT_EQ(ECHILD, errno);
	EXPECT_EQ(0, waitid(P_PID, pid, &info, WSTOPPED | WNOHANG | WNOWAIT));
	EXPECT_EQ(pid, info.si_pid);
	EXPECT_EQ(CLD_TRAPPED, info.si_code);
	thread_quit = 1;
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(0, (long)result);
}

static int traceme_when_traced(struct shared *shared)
{
	sleep_on_pipe(shared);
	return request(PTRACE_TRACEME, 0, 0, 0) == -EPERM ? 0 : 1;
}

/* ptrace_traceme(): ptrace. It fails if the task is traced already, by its parent or another. */
TEST_F(traceme, traced)
{
	self->tracee = spawn(traceme_when_traced, self->shared);
	ASSERT_EQ(0, seize(self->tracee));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* The tracee has a signal-delivery-stop, is resumed, and is untraced after DETACH. */
TEST_F(traceme, then_detached_and_seized)
{
	self->tracee = spawn(traceme_and_stop, self->shared);
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	EXPECT_EQ(getpid(), tracer_of(self->tracee));
	EXPECT_EQ(-EPERM, seize(self->tracee));
	ASSERT_EQ(0, detach(self->tracee, SIGSTOP));
	ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
	ASSERT_EQ(0, seize(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), status_now(self->tracee));
}

static int traceme_without_parent(struct shared *shared, pid_t parent)
{
	bool in_time;

	for (int i = shared->count; i; i--)
		asm volatile("");
	if (request(PTRACE_TRACEME, 0, 0, 0))
		return 1;
	in_time = getppid() == parent;
	while (getppid() == parent)
		sched_yield();
	/* If that was too late, the tracer may be the new parent. */
	return !in_time || tracer_of(getpid()) == 0 ? 0 : 2;
}

/* Exit at once: the child may become traced before that or not. */
static int leave_child(struct shared *shared)
{
	const pid_t parent = getpid();

	if (fork() == 0)
		_exit(traceme_without_parent(shared, parent));
	return 0;
}

/* ptrace_traceme(): real_parent has PF_EXITING. There is no error, and no tracer. */
TEST_F(traceme, parent_exits)
{
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	for (int i = 0; i < 100; i++) {
		int status;

		self->shared->count = i * 100;
		ASSERT_EQ(EXITED(0), next_status(spawn(leave_child, self->shared)));
		ASSERT_LT(0, wait(&status));
		ASSERT_EQ(EXITED(0), status);
	}
}

#define PF_EXITING	0x4

/* The flags of a task, from /proc; 0 if it is gone. */
static unsigned int task_flags(pid_t pid)
{
	char path[64], text[512] = "", *after;
	unsigned int flags = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	read(fd, text, sizeof(text) - 1);
	close(fd);
	after = strrchr(text, ')');
	if (after)
		sscanf(after, ") %*c %*d %*d %*d %*d %*d %u", &flags);
	return flags;
}

enum { TOO_LATE, NOT_TRACED, TRACED, REFUSED };

/* Call TRACEME while the parent exits, unless the parent is gone too early to tell. */
static int traceme_of_exiting(pid_t parent)
{
	pid_t tracer;
	long ret;

	while (getppid() == parent && !(task_flags(parent) & PF_EXITING))
		;
	ret = request(PTRACE_TRACEME, 0, 0, 0);
	tracer = tracer_of(getpid());
	if (getppid() != parent)
		return TOO_LATE;
	if (ret)
		return REFUSED;
	return tracer > 0 ? TRACED : NOT_TRACED;
}

/* A parent that takes a while to exit, since it has much memory. */
static int exit_slowly(struct shared *shared)
{
	const size_t size = 96 << 20;
	pid_t parent = getpid();

	if (fork() == 0) {
		shared->signals = 1;
		shared->count = traceme_of_exiting(parent);
		shared->quit = 1;
		_exit(0);
	}
	mmap(NULL, size, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	while (!shared->signals)
		sched_yield();
	return 0;
}

/* ptrace_traceme(): "pretend ->real_parent untraces us right after return" */
TEST_F_TIMEOUT(traceme, parent_is_exiting, 200)
{
	int known = 0;

	for (int i = 0; i < 50 && known < 5; i++) {
		self->shared->signals = 0;
		self->shared->quit = 0;
		ASSERT_EQ(EXITED(0), next_status(spawn(exit_slowly, self->shared)));
		while (!self->shared->quit)
			sched_yield();
		if (self->shared->count == TOO_LATE)
			continue;
		ASSERT_EQ(NOT_TRACED, self->shared->count);
		known++;
	}
	EXPECT_LT(0, known);
}

TEST_HARNESS_MAIN
