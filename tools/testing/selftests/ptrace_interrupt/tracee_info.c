// SPDX-License-Identifier: GPL-2.0
/*
 * PTRACE_GET_TRACEE_INFO tells what a tracee does, in any state of it, and disturbs nothing.
 *
 * include/uapi/linux/ptrace.h: struct ptrace_tracee_info; kernel/ptrace.c:
 * ptrace_get_tracee_info(); Documentation/userspace-api/ptrace-interrupt.rst.
 */
#include <stddef.h>

#include "ptrace_group.h"

#define SIZE	sizeof(struct ptrace_tracee_info)

_Static_assert(SIZE == 32, "the layout is that of 64-bit programs");
_Static_assert(offsetof(struct ptrace_tracee_info, message) == 24, "the same");

/* The program that a tracee executes: this one, under another name. */
__attribute__((constructor)) static void be_program(int argc, char **argv)
{
	if (argc != 1 || strcmp(argv[0], "info-sleep"))
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

/* Memory that the tracee's process and the test share, besides struct shared. */
static struct stage {
	_Atomic pid_t thread;
} *stage;

FIXTURE(tracee_info)
{
	struct shared *shared;
	struct tracer tracer;
	pid_t tracee;
};

/* Do not wait for what a kernel without the request never tells. */
static bool kernel_has_request(struct shared *shared)
{
	pid_t pid = spawn(sleep_on_pipe, shared);
	bool has = pid > 0 && !seize(pid) && request(PTRACE_GET_TRACEE_INFO, pid, 0, 0) == SIZE;

	reap(pid);
	return has;
}

FIXTURE_SETUP(tracee_info)
{
	stage = shared_memory(sizeof(*stage));
	self->shared = shared_new();
	ASSERT_TRUE(kernel_has_request(self->shared));
}

FIXTURE_TEARDOWN(tracee_info)
{
	tracer_end(&self->tracer);
	reap(self->tracee);
}

/* What the kernel tells of @pid; the state is 0 if it tells nothing. */
static struct ptrace_tracee_info info_of(pid_t pid)
{
	struct ptrace_tracee_info info = {};

	if (request(PTRACE_GET_TRACEE_INFO, pid, SIZE, (unsigned long)&info) != SIZE)
		info.state = 0;
	return info;
}

static void expect(struct __test_metadata *_metadata, pid_t pid, struct ptrace_tracee_info expected)
{
	struct ptrace_tracee_info info = info_of(pid);

	EXPECT_EQ(expected.state, info.state);
	EXPECT_EQ(expected.flags, info.flags);
	EXPECT_EQ(expected.options, info.options);
	EXPECT_EQ(expected.pending, info.pending);
	EXPECT_EQ(expected.group_stop, info.group_stop);
	EXPECT_EQ(expected.status, info.status);
	EXPECT_EQ(expected.message, info.message);
}

#define EXPECT_INFO(pid, ...)	expect(_metadata, pid, (struct ptrace_tracee_info){ __VA_ARGS__ })

/* Wait until the state of @pid is @state, without waitpid(2). */
static void until(pid_t pid, unsigned int state)
{
	while (info_of(pid).state != state)
		sched_yield();
}

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(tracee_info) *self,
		  int (*body)(struct shared *), unsigned long options)
{
	self->tracee = spawn_seized(body, self->shared, options);
	ASSERT_LT(0, self->tracee);
}

static void start_group_stopped(struct __test_metadata *_metadata, FIXTURE_DATA(tracee_info) *self)
{
	start(_metadata, self, spin, 0);
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), next_status(self->tracee));
}

TEST_F(tracee_info, running)
{
	start(_metadata, self, spin, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_RUNNING, .flags = PTRACE_TRACEE_SEIZED,
		    .options = PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
	wait_for_progress(self->shared);
}

/* No system call is cut short: the tracee is not woken. */
TEST_F(tracee_info, sleeping)
{
	start(_metadata, self, sleep_on_pipe, 0);
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_RUNNING, .flags = PTRACE_TRACEE_SEIZED);
	EXPECT_EQ('S', proc_state(self->tracee));
	EXPECT_EQ(0, status_now(self->tracee));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

TEST_F(tracee_info, attached)
{
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
	ASSERT_EQ(0, attach(self->tracee));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_STOPPED);
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, PTRACE_O_TRACESYSGOOD));
	ASSERT_EQ(0, cont(self->tracee, 0));
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_RUNNING,
		    .options = PTRACE_O_TRACESYSGOOD);
}

/* The status is that of wait(2), until that has reported it. To ask does not take it. */
TEST_F(tracee_info, stopped)
{
	siginfo_t info = {};

	start(_metadata, self, spin, 0);
	ASSERT_EQ(0, interrupt(self->tracee));
	until(self->tracee, PTRACE_TRACEE_STOPPED);
	for (int i = 0; i < 2; i++) {
		EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_STOPPED,
			    .flags = PTRACE_TRACEE_SEIZED | PTRACE_TRACEE_UNREPORTED,
			    .status = EVENT_STOP(SIGTRAP),
			    .message = PTRACE_STOP_REASON_INTERRUPT);
		ASSERT_EQ(0, waitid(P_PID, self->tracee, &info, WSTOPPED | WNOWAIT | __WALL));
	}
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_STOPPED, .flags = PTRACE_TRACEE_SEIZED,
		    .message = PTRACE_STOP_REASON_INTERRUPT);
	ASSERT_EQ(0, cont(self->tracee, 0));
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_RUNNING, .flags = PTRACE_TRACEE_SEIZED);
}

TEST_F(tracee_info, signal)
{
	start(_metadata, self, spin, 0);
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	until(self->tracee, PTRACE_TRACEE_STOPPED);
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_STOPPED,
		    .flags = PTRACE_TRACEE_SEIZED | PTRACE_TRACEE_UNREPORTED,
		    .status = SIGNAL_STOP(SIGUSR1));
}

/* What is to come after the stop that the tracee is in; in another state, what it is to trap for. */
TEST_F(tracee_info, pending)
{
	start(_metadata, self, spin, 0);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_STOPPED, .flags = PTRACE_TRACEE_SEIZED,
		    .pending = PTRACE_STOP_REASON_INTERRUPT,
		    .message = PTRACE_STOP_REASON_INTERRUPT);
}

TEST_F(tracee_info, pending_in_uninterruptible_sleep)
{
	start(_metadata, self, sleep_in_vfork, 0);
	ASSERT_EQ(0, interrupt(self->tracee));
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_RUNNING, .flags = PTRACE_TRACEE_SEIZED,
		    .pending = PTRACE_STOP_REASON_INTERRUPT);
	EXPECT_EQ('D', proc_state(self->tracee));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
}

TEST_F(tracee_info, group_stop)
{
	start_group_stopped(_metadata, self);
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_STOPPED, .flags = PTRACE_TRACEE_SEIZED,
		    .group_stop = SIGSTOP, .message = PTRACE_STOP_REASON_GROUP_STOP);
	/* Out of it, which is in effect as before. */
	ASSERT_EQ(0, cont(self->tracee, 0));
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_RUNNING, .flags = PTRACE_TRACEE_SEIZED,
		    .group_stop = SIGSTOP);
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	until(self->tracee, PTRACE_TRACEE_STOPPED);
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_STOPPED,
		    .flags = PTRACE_TRACEE_SEIZED | PTRACE_TRACEE_UNREPORTED,
		    .status = EVENT_STOP(SIGTRAP), .message = PTRACE_STOP_REASON_NOTIFY);
}

TEST_F(tracee_info, listening)
{
	start_group_stopped(_metadata, self);
	ASSERT_EQ(0, REQ(PTRACE_LISTEN, self->tracee, 0));
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_LISTENING, .flags = PTRACE_TRACEE_SEIZED,
		    .group_stop = SIGSTOP);
	/* Other requests that need a stop fail. */
	EXPECT_EQ(-ESRCH, cont(self->tracee, 0));
}

/* PTRACE_EVENT_EXIT is a stop like others. */
TEST_F(tracee_info, at_its_exit)
{
	start(_metadata, self, spin, PTRACE_O_TRACEEXIT);
	self->shared->quit = 1;
	until(self->tracee, PTRACE_TRACEE_STOPPED);
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_STOPPED,
		    .flags = PTRACE_TRACEE_SEIZED | PTRACE_TRACEE_UNREPORTED,
		    .options = PTRACE_O_TRACEEXIT,
		    .status = EVENT(PTRACE_EVENT_EXIT), .message = EXITED(0));
}

TEST_F(tracee_info, dead)
{
	start(_metadata, self, spin, 0);
	self->shared->quit = 1;
	until(self->tracee, PTRACE_TRACEE_DEAD);
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_DEAD,
		    .flags = PTRACE_TRACEE_SEIZED | PTRACE_TRACEE_UNREPORTED);
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	EXPECT_EQ(-ESRCH, request(PTRACE_GET_TRACEE_INFO, self->tracee, 0, 0));
	self->tracee = 0;
}

static void *sleep_in_thread(void *unused)
{
	stage->thread = thread_id();
	for (;;)
		pause();
	return NULL;
}

static int exit_of_leader(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleep_in_thread, NULL) || sleep_on_pipe(shared))
		return 1;
	syscall(SYS_exit, 0);
	return 1;
}

/* wait(2) reports a leader that has exited when the last of its threads has. */
TEST_F(tracee_info, dead_leader)
{
	start(_metadata, self, exit_of_leader, 0);
	ASSERT_TRUE(wake(self->shared));
	until(self->tracee, PTRACE_TRACEE_DEAD);
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_DEAD, .flags = PTRACE_TRACEE_SEIZED);
	EXPECT_EQ(0, status_now(self->tracee));
	ASSERT_EQ(0, kill(self->tracee, SIGKILL));
	while (!(info_of(self->tracee).flags & PTRACE_TRACEE_UNREPORTED))
		sched_yield();
	ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracee));
	self->tracee = 0;
}

static int init_with_child(struct shared *shared)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(spin(shared));
	return pid < 0 || sleep_on_pipe(shared);
}

/*
 * The first process of a pid namespace takes no more stops once it is killed, and does not end
 * before the last process there has: one that waits in PTRACE_EVENT_EXIT.
 */
TEST_F(tracee_info, dying)
{
	unsigned long child = 0;

	if (geteuid())
		SKIP(return, "only root can make a pid namespace");
	self->tracee = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (self->tracee == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (sleep_on_pipe(self->shared))
			_exit(1);
		_exit(init_with_child(self->shared));
	}
	ASSERT_LT(0, self->tracee);
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, self->tracee, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT(PTRACE_EVENT_FORK), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETEVENTMSG, self->tracee, &child));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(child));
	ASSERT_EQ(0, cont(child, 0));
	wait_for_progress(self->shared);

	ASSERT_EQ(0, kill(self->tracee, SIGKILL));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(child));
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_DYING, .flags = PTRACE_TRACEE_SEIZED,
		    .options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT);
	EXPECT_EQ(-ESRCH, cont(self->tracee, 0));
	ASSERT_EQ(0, cont(child, 0));
	ASSERT_EQ(KILLED(SIGKILL), next_status(child));
	ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracee));
	self->tracee = 0;
}

static void *exec_in_thread(void *shared)
{
	stage->thread = thread_id();
	_exit(sleep_on_pipe(shared) || exec_as("info-sleep"));
}

static int exec_of_second(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, exec_in_thread, shared))
		return 1;
	for (;;)
		pause();
}

/* Requests that need a stop fail until the tracer has been told of the exec. */
TEST_F(tracee_info, renumbered)
{
	const unsigned int seized = PTRACE_TRACEE_SEIZED;
	pid_t thread;

	self->tracee = spawn(exec_of_second, self->shared);
	ASSERT_LT(0, self->tracee);
	while (!stage->thread)
		sched_yield();
	thread = stage->thread;
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, thread, PTRACE_O_TRACEEXEC));
	ASSERT_TRUE(wake(self->shared));
	/* The thread has the number of the first one from now on. */
	until(self->tracee, PTRACE_TRACEE_STOPPED);
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_STOPPED,
		    .flags = seized | PTRACE_TRACEE_UNREPORTED | PTRACE_TRACEE_RENUMBERED,
		    .options = PTRACE_O_TRACEEXEC, .status = EVENT(PTRACE_EVENT_EXEC),
		    .message = thread);
	EXPECT_EQ(-ESRCH, cont(self->tracee, 0));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXEC), next_status(self->tracee));
	EXPECT_INFO(self->tracee, .state = PTRACE_TRACEE_STOPPED, .flags = seized,
		    .options = PTRACE_O_TRACEEXEC, .message = thread);
	EXPECT_EQ(0, cont(self->tracee, 0));
}

/* ESRCH means that the task is not the caller's tracee, and no more. */
TEST_F(tracee_info, not_a_tracee)
{
	struct ptrace_tracee_info info;
	const unsigned long to = (unsigned long)&info;

	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	EXPECT_EQ(-ESRCH, request(PTRACE_GET_TRACEE_INFO, self->tracee, SIZE, to));
	EXPECT_EQ(-ESRCH, request(PTRACE_GET_TRACEE_INFO, getpid(), SIZE, to));
	EXPECT_EQ(-ESRCH, request(PTRACE_GET_TRACEE_INFO, 0, SIZE, to));
	EXPECT_EQ(-ESRCH, request(PTRACE_GET_TRACEE_INFO, -1, SIZE, to));
	/* Another's tracee; also to its real parent. */
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	EXPECT_EQ(-ESRCH, request(PTRACE_GET_TRACEE_INFO, self->tracee, SIZE, to));
	EXPECT_EQ(SIZE, tracer_ask(&self->tracer, PTRACE_GET_TRACEE_INFO, self->tracee, 0, 0));
}

/* As much as there is room for; the return value is how much there is. */
TEST_F(tracee_info, size)
{
	unsigned char bytes[SIZE + 8];
	struct ptrace_tracee_info info;

	start(_metadata, self, spin, PTRACE_O_TRACEEXIT);
	for (unsigned long size = 0; size <= sizeof(bytes); size++) {
		const unsigned long written = size < SIZE ? size : SIZE;

		memset(bytes, 0xa5, sizeof(bytes));
		ASSERT_EQ(SIZE, request(PTRACE_GET_TRACEE_INFO, self->tracee, size,
					(unsigned long)bytes));
		memset(&info, 0, sizeof(info));
		info.state = PTRACE_TRACEE_RUNNING;
		info.flags = PTRACE_TRACEE_SEIZED;
		info.options = PTRACE_O_TRACEEXIT;
		EXPECT_EQ(0, memcmp(bytes, &info, written));
		for (unsigned long i = written; i < sizeof(bytes); i++)
			EXPECT_EQ(0xa5, bytes[i]);
	}
	EXPECT_EQ(SIZE, request(PTRACE_GET_TRACEE_INFO, self->tracee, ~0UL, (unsigned long)bytes));
	EXPECT_EQ(SIZE, request(PTRACE_GET_TRACEE_INFO, self->tracee, 0, 8));
	EXPECT_EQ(-EFAULT, request(PTRACE_GET_TRACEE_INFO, self->tracee, 1, 8));
	EXPECT_EQ(-EFAULT, request(PTRACE_GET_TRACEE_INFO, self->tracee, SIZE, 0));
	wait_for_progress(self->shared);
}

/*
 * Who asks often, of a tracee that stops and goes on all the time, sees one moment at a time. On
 * one processor, each stop takes as long as the scheduler lets the tracer ask.
 */
TEST_F_TIMEOUT(tracee_info, of_one_moment, 120)
{
	for (int i = 0; i < 2000; i++) {
		struct ptrace_tracee_info info;
		int status;

		if (i == 0)
			start(_metadata, self, spin, 0);
		ASSERT_EQ(0, interrupt(self->tracee));
		do {
			info = info_of(self->tracee);
			ASSERT_EQ(PTRACE_TRACEE_SEIZED, info.flags & PTRACE_TRACEE_SEIZED);
			if (info.state == PTRACE_TRACEE_RUNNING) {
				ASSERT_EQ(PTRACE_STOP_REASON_INTERRUPT, info.pending);
				ASSERT_EQ(0, info.status | info.message);
			}
		} while (info.state == PTRACE_TRACEE_RUNNING);
		ASSERT_EQ(PTRACE_TRACEE_STOPPED, info.state);
		ASSERT_EQ(0, info.pending);
		ASSERT_EQ(PTRACE_STOP_REASON_INTERRUPT, info.message);
		ASSERT_EQ(self->tracee, waitpid(self->tracee, &status, __WALL | WNOHANG));
		ASSERT_EQ(status, (int)info.status);
		ASSERT_EQ(0, cont(self->tracee, 0));
	}
}

TEST_HARNESS_MAIN
