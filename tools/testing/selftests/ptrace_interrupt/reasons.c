// SPDX-License-Identifier: GPL-2.0
/*
 * The message of PTRACE_EVENT_STOP tells what the stop is for, as a set of
 * PTRACE_STOP_REASON_*; the status tells, as it always did, whether a group stop is in effect.
 *
 * include/uapi/linux/ptrace.h; kernel/signal.c: ptrace_stop(), do_jobctl_trap();
 * Documentation/userspace-api/ptrace-interrupt.rst: "How to tell them apart".
 */
#include "ptrace_group.h"

#define INTERRUPTED	PTRACE_STOP_REASON_INTERRUPT
#define GROUP_STOP	PTRACE_STOP_REASON_GROUP_STOP
#define NOTIFY		PTRACE_STOP_REASON_NOTIFY
#define NEW		PTRACE_STOP_REASON_NEW

/* Memory that the tracee's process and the test share, besides struct shared. */
static struct stage {
	_Atomic pid_t sibling;
} *stage;

FIXTURE(reasons)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(reasons)
{
	stage = shared_memory(sizeof(*stage));
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(reasons)
{
	/* A process ends when the last of its threads was collected. */
	if (self->tracee > 0)
		kill(self->tracee, SIGKILL);
	reap(stage->sibling);
	reap(self->tracee);
}

/* The message of the stop that @pid is in, or -errno. */
static long message_of(pid_t pid)
{
	unsigned long message = ~0UL;
	long ret = REQ(PTRACE_GETEVENTMSG, pid, &message);

	return ret ? ret : (long)message;
}

/* Wait for a PTRACE_EVENT_STOP with this signal in its status, and for these reasons alone. */
#define EXPECT_STOP(pid, sig, reasons) do {			\
	ASSERT_EQ(EVENT_STOP(sig), next_status(pid));		\
	EXPECT_EQ(reasons, message_of(pid));			\
} while (0)

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(reasons) *self,
		  int (*body)(struct shared *), unsigned long options)
{
	self->tracee = spawn_seized(body, self->shared, options);
	ASSERT_LT(0, self->tracee);
}

/* A seized tracee in the group stop that SIGSTOP has begun. */
static void start_group_stopped(struct __test_metadata *_metadata, FIXTURE_DATA(reasons) *self)
{
	start(_metadata, self, spin, 0);
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	EXPECT_EQ(0, message_of(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
	EXPECT_STOP(self->tracee, SIGSTOP, GROUP_STOP);
}

static void ends_undisturbed(struct __test_metadata *_metadata, FIXTURE_DATA(reasons) *self)
{
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

TEST_F(reasons, interrupt_of_a_running_task)
{
	start(_metadata, self, spin, 0);
	ASSERT_EQ(0, interrupt(self->tracee));
	EXPECT_STOP(self->tracee, SIGTRAP, INTERRUPTED);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

TEST_F(reasons, interrupt_of_a_sleeping_task)
{
	start(_metadata, self, sleep_on_pipe, 0);
	ASSERT_EQ(0, interrupt(self->tracee));
	EXPECT_STOP(self->tracee, SIGTRAP, INTERRUPTED);
}

/* An INTERRUPT of a tracee in a ptrace-stop has a stop of its own, after that. */
TEST_F(reasons, interrupt_of_a_stopped_task)
{
	start(_metadata, self, spin, 0);
	ASSERT_EQ(0, interrupt(self->tracee));
	EXPECT_STOP(self->tracee, SIGTRAP, INTERRUPTED);
	ASSERT_EQ(0, interrupt(self->tracee));
	EXPECT_EQ(INTERRUPTED, message_of(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	EXPECT_STOP(self->tracee, SIGTRAP, INTERRUPTED);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

TEST_F(reasons, group_stop)
{
	start_group_stopped(_metadata, self);
}

/* The status has the signal of the group stop, which is in effect. The reason is another. */
TEST_F(reasons, interrupt_after_cont_out_of_group_stop)
{
	start_group_stopped(_metadata, self);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(0, interrupt(self->tracee));
	EXPECT_STOP(self->tracee, SIGSTOP, INTERRUPTED);
}

TEST_F(reasons, interrupt_of_a_listening_task)
{
	start_group_stopped(_metadata, self);
	ASSERT_EQ(0, REQ(PTRACE_LISTEN, self->tracee, 0));
	ASSERT_EQ(0, interrupt(self->tracee));
	EXPECT_STOP(self->tracee, SIGSTOP, INTERRUPTED);
}

TEST_F(reasons, end_of_a_group_stop)
{
	start_group_stopped(_metadata, self);
	ASSERT_EQ(0, REQ(PTRACE_LISTEN, self->tracee, 0));
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	EXPECT_STOP(self->tracee, SIGTRAP, NOTIFY);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGCONT), next_status(self->tracee));
	EXPECT_EQ(0, message_of(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* One stop for all that is pending. */
TEST_F(reasons, interrupt_and_group_stop)
{
	start(_metadata, self, spin, 0);
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
	EXPECT_STOP(self->tracee, SIGSTOP, INTERRUPTED | GROUP_STOP);
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	EXPECT_STOP(self->tracee, SIGTRAP, INTERRUPTED | NOTIFY);
}

/* PTRACE_SEIZE of a task in a group stop: it traps for that. */
TEST_F(reasons, seize_of_a_stopped_task)
{
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	wait_for_state(self->tracee, 'T');
	ASSERT_EQ(0, seize(self->tracee));
	EXPECT_STOP(self->tracee, SIGSTOP, GROUP_STOP);
}

static void *spin_in_thread(void *shared)
{
	stage->sibling = thread_id();
	return (void *)(long)spin(shared);
}

static int two_threads(struct shared *shared)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, spin_in_thread, shared) ||
	       spin(shared) || pthread_join(thread, NULL);
}

/* A process with two threads that spin, both seized. */
static void start_two_threads(struct __test_metadata *_metadata, FIXTURE_DATA(reasons) *self)
{
	self->tracee = spawn(two_threads, self->shared);
	ASSERT_LT(0, self->tracee);
	while (!stage->sibling)
		sched_yield();
	ASSERT_EQ(0, seize(self->tracee));
	ASSERT_EQ(0, seize(stage->sibling));
}

/* The thread that takes the signal begins the group stop. The other is told of it. */
TEST_F(reasons, group_stop_of_siblings)
{
	start_two_threads(_metadata, self);
	ASSERT_EQ(0, signal_thread(self->tracee, self->tracee, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
	EXPECT_STOP(self->tracee, SIGSTOP, GROUP_STOP);
	EXPECT_STOP(stage->sibling, SIGSTOP, GROUP_STOP | NOTIFY);

	ASSERT_EQ(0, REQ(PTRACE_LISTEN, self->tracee, 0));
	ASSERT_EQ(0, REQ(PTRACE_LISTEN, stage->sibling, 0));
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	EXPECT_STOP(self->tracee, SIGTRAP, NOTIFY);
	EXPECT_STOP(stage->sibling, SIGTRAP, NOTIFY);
}

/* SIGCONT before a sibling has trapped for the group stop, which waits for it to run. */
TEST_F(reasons, group_stop_that_ended)
{
	start_two_threads(_metadata, self);
	ASSERT_EQ(0, interrupt(stage->sibling));
	EXPECT_STOP(stage->sibling, SIGTRAP, INTERRUPTED);
	ASSERT_EQ(0, signal_thread(self->tracee, self->tracee, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
	EXPECT_STOP(self->tracee, SIGSTOP, GROUP_STOP);
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	ASSERT_EQ(0, cont(stage->sibling, 0));
	EXPECT_STOP(stage->sibling, SIGTRAP, NOTIFY);
}

static int fork_at_byte(struct shared *shared)
{
	pid_t pid;

	if (sleep_on_pipe(shared))
		return 1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(spin(shared));
	}
	return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}

static int clone_at_byte(struct shared *shared)
{
	return sleep_on_pipe(shared) ? 1 : two_threads(shared);
}

/* The first stop of a task that is attached as it is made; and only the first. */
static void first_stop(struct __test_metadata *_metadata, FIXTURE_DATA(reasons) *self,
		       int (*body)(struct shared *), int event)
{
	pid_t child;

	start(_metadata, self, body, PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE);
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT(event), next_status(self->tracee));
	child = message_of(self->tracee);
	ASSERT_LT(0, child);
	EXPECT_STOP(child, SIGTRAP, NEW);
	ASSERT_EQ(0, cont(child, 0));
	ASSERT_EQ(0, interrupt(child));
	EXPECT_STOP(child, SIGTRAP, INTERRUPTED);
	kill(self->tracee, SIGKILL);
	reap(child);
}

TEST_F(reasons, new_process)
{
	first_stop(_metadata, self, fork_at_byte, PTRACE_EVENT_FORK);
}

TEST_F(reasons, new_thread)
{
	first_stop(_metadata, self, clone_at_byte, PTRACE_EVENT_CLONE);
}

/* A child that is made by an attached tracee stops by SIGSTOP, as ever. */
TEST_F(reasons, none_for_a_child_that_is_not_seized)
{
	pid_t child;

	self->tracee = spawn(fork_at_byte, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(0, attach(self->tracee));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	EXPECT_EQ(0, message_of(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, PTRACE_O_TRACEFORK));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT(PTRACE_EVENT_FORK), next_status(self->tracee));
	child = message_of(self->tracee);
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(child));
	EXPECT_EQ(0, message_of(child));
	kill(child, SIGKILL);
}

/* A group stop of a tracee that is not seized is no PTRACE_EVENT_STOP. */
TEST_F(reasons, none_for_a_group_stop_without_event)
{
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
	ASSERT_EQ(0, attach(self->tracee));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	EXPECT_EQ(0, message_of(self->tracee));
}

static int queue_event_stop(struct shared *shared)
{
	siginfo_t info = {
		.si_signo = SIGUSR1, .si_code = SIGTRAP | PTRACE_EVENT_STOP << 8,
	};

	signal(SIGUSR1, SIG_IGN);
	if (sleep_on_pipe(shared))
		return 1;
	return syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info) ? 1 : 0;
}

/* A task may send itself a siginfo that looks like that of the stop. */
TEST_F(reasons, none_for_a_siginfo_that_looks_like_it)
{
	siginfo_t info = {};

	start(_metadata, self, queue_event_stop, 0);
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
	EXPECT_EQ(SIGTRAP | PTRACE_EVENT_STOP << 8, info.si_code);
	EXPECT_EQ(0, message_of(self->tracee));
}

/* What another ptrace-stop has served has no stop of its own, and leaves no reason behind. */
TEST_F(reasons, none_left_by_another_stop)
{
	start(_metadata, self, sleep_on_pipe, PTRACE_O_TRACESYSGOOD);
	ASSERT_EQ(0, interrupt(self->tracee));
	EXPECT_STOP(self->tracee, SIGTRAP, INTERRUPTED);
	/* From here, it enters the system call again: an INTERRUPT of now is served by that. */
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, self->tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
	EXPECT_STOP(self->tracee, SIGSTOP, GROUP_STOP);
}

/* The stop is over: the message of the next one is its own. */
TEST_F(reasons, message_of_the_next_stop)
{
	start(_metadata, self, spin, PTRACE_O_TRACEEXIT);
	ASSERT_EQ(0, interrupt(self->tracee));
	EXPECT_STOP(self->tracee, SIGTRAP, INTERRUPTED);
	self->shared->quit = 1;
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(self->tracee));
	EXPECT_EQ(EXITED(0), message_of(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

TEST_HARNESS_MAIN
