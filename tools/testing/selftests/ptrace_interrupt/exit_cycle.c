// SPDX-License-Identifier: GPL-2.0
/*
 * Tracers that trace each other can be killed: a task does not wait in PTRACE_EVENT_EXIT for a
 * tracer that exits as well. All other tracers see the event.
 *
 * On a kernel that waits there, these tests leave processes behind that nothing but a reboot
 * ends. So they are run only if the environment has PTRACE_EXIT_CYCLE.
 *
 * kernel/exit.c: ptrace_event_exit(); man: PTRACE_O_TRACEEXIT.
 */
#include <sys/resource.h>

#include "ptrace_group.h"

#define MAX	5

/* Processes, each of which traces the next, and the last the first. */
static struct ring {
	_Atomic pid_t pids[MAX];
	_Atomic int ready, go, first_goes;
} *ring;

FIXTURE(exit_cycle)
{
	struct shared *shared;
	struct tracer tracer;
	pid_t tracee;
	int count;
};

FIXTURE_SETUP(exit_cycle)
{
	if (!getenv("PTRACE_EXIT_CYCLE"))
		SKIP(return, "could leave processes that nothing can kill; set PTRACE_EXIT_CYCLE");
	self->shared = shared_new();
	ring = shared_memory(sizeof(*ring));
}

FIXTURE_TEARDOWN(exit_cycle)
{
	tracer_end(&self->tracer);
	reap(self->tracee);
	for (int i = 0; ring && i < self->count; i++)
		if (ring->pids[i])
			kill(ring->pids[i], SIGKILL);
}

/*
 * A member gets SIGCHLD for each stop of its tracee. Otherwise it would stop for that signal
 * itself, and wait for a tracer that does nothing about it.
 */
static void block_sigchld(void)
{
	sigset_t sigchld;

	sigemptyset(&sigchld);
	sigaddset(&sigchld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &sigchld, NULL);
}

/* Member @i of the ring: it seizes the next, and ends with exit_group(2) if it is told to. */
static int member(int i, int count)
{
	block_sigchld();
	while (!ring->pids[(i + 1) % count])
		sched_yield();
	if (request(PTRACE_SEIZE, ring->pids[(i + 1) % count], 0, PTRACE_O_TRACEEXIT))
		return 1;
	ring->ready++;
	while (!ring->go)
		usleep(1000);
	return 0;
}

/* A child of @parent, from outside of its pid namespace. */
static pid_t child_of(pid_t parent)
{
	for (pid_t pid = parent + 1; pid < 32768; pid++)
		if (proc_number(pid, "PPid") == parent)
			return pid;
	return 0;
}

/* Fork a member of the ring, which any task may trace. Returns 0 in the member. */
static pid_t fork_member(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
		if (getppid() != parent)
			_exit(1);
	}
	return pid;
}

static void start_ring(struct __test_metadata *_metadata, FIXTURE_DATA(exit_cycle) *self,
		       int count)
{
	self->count = count;
	for (int i = 0; i < count; i++) {
		pid_t pid = fork_member();

		if (pid == 0) {
			ring->pids[i] = getpid();
			_exit(member(i, count));
		}
		ASSERT_LT(0, pid);
	}
	while (ring->ready < count)
		sched_yield();
	for (int i = 0; i < count; i++)
		ASSERT_EQ((pid_t)ring->pids[i], tracer_of(ring->pids[(i + 1) % count]));
}

/* All of them end with @status, and their real parent sees it. */
static void all_end(struct __test_metadata *_metadata, FIXTURE_DATA(exit_cycle) *self,
		    int status)
{
	for (int i = 0; i < self->count; i++) {
		EXPECT_EQ(status, next_status(ring->pids[i]));
		ring->pids[i] = 0;
	}
}

static void kill_all(struct __test_metadata *_metadata, FIXTURE_DATA(exit_cycle) *self, int count)
{
	start_ring(_metadata, self, count);
	for (int i = 0; i < count; i++)
		ASSERT_EQ(0, kill(ring->pids[i], SIGKILL));
	all_end(_metadata, self, KILLED(SIGKILL));
}

TEST_F(exit_cycle, two_are_killed)
{
	kill_all(_metadata, self, 2);
}

TEST_F(exit_cycle, three_are_killed)
{
	kill_all(_metadata, self, 3);
}

TEST_F(exit_cycle, five_are_killed)
{
	kill_all(_metadata, self, MAX);
}

/* They run into the stop at the same time, on all CPUs. */
TEST_F_TIMEOUT(exit_cycle, two_are_killed_often, 60)
{
	for (int i = 0; i < 50; i++) {
		memset(ring, 0, sizeof(*ring));
		kill_all(_metadata, self, 2);
	}
}

TEST_F(exit_cycle, all_exit)
{
	start_ring(_metadata, self, 3);
	ring->go = 1;
	all_end(_metadata, self, EXITED(0));
}

/* One after the other, each when the one before has come to its stop. */
TEST_F(exit_cycle, killed_in_turn)
{
	start_ring(_metadata, self, 3);
	ASSERT_EQ(0, kill(ring->pids[0], SIGKILL));
	wait_for_state(ring->pids[0], 't');
	ASSERT_EQ(0, kill(ring->pids[2], SIGKILL));
	wait_for_state(ring->pids[2], 't');
	ASSERT_EQ(0, kill(ring->pids[1], SIGKILL));
	all_end(_metadata, self, KILLED(SIGKILL));
}

/* One of two is killed, and waits for the other, which lives: as ever, until that is killed. */
TEST_F(exit_cycle, waits_for_a_tracer_that_lives)
{
	start_ring(_metadata, self, 2);
	ASSERT_EQ(0, kill(ring->pids[0], SIGKILL));
	wait_for_state(ring->pids[0], 't');
	ASSERT_EQ(0, waitpid(ring->pids[0], NULL, WNOHANG));
	ASSERT_EQ(0, kill(ring->pids[1], SIGKILL));
	all_end(_metadata, self, KILLED(SIGKILL));
}

/* A process traces itself in a roundabout way: a thread of it by another process, and so on. */
static void *seize_and_wait(void *pid)
{
	if (request(PTRACE_SEIZE, (long)pid, 0, PTRACE_O_TRACEEXIT))
		_exit(1);
	ring->ready++;
	for (;;)
		pause();
	return NULL;
}

static int with_thread(int i)
{
	pthread_t thread;

	ring->pids[i] = getpid();
	while (!ring->pids[!i])
		sched_yield();
	if (pthread_create(&thread, NULL, seize_and_wait, (void *)(long)ring->pids[!i]))
		return 1;
	for (;;)
		pause();
}

/* The tracers are not the first threads of their processes. */
TEST_F(exit_cycle, by_other_threads)
{
	self->count = 2;
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork_member();

		if (pid == 0)
			_exit(with_thread(i));
		ASSERT_LT(0, pid);
	}
	while (ring->ready < 2)
		sched_yield();
	ASSERT_EQ(0, kill(ring->pids[0], SIGKILL));
	ASSERT_EQ(0, kill(ring->pids[1], SIGKILL));
	all_end(_metadata, self, KILLED(SIGKILL));
}

static void *exit_when_told(void *unused)
{
	while (!ring->go)
		usleep(1000);
	syscall(SYS_exit, 0);
	return NULL;
}

/* Member 0 of a ring of two: its first thread exits before the other. */
static int first_exits_alone(void)
{
	pthread_t thread;

	block_sigchld();
	if (pthread_create(&thread, NULL, exit_when_told, NULL))
		return 1;
	ring->pids[0] = getpid();
	while (!ring->pids[1])
		sched_yield();
	if (request(PTRACE_SEIZE, ring->pids[1], 0, PTRACE_O_TRACEEXIT))
		return 1;
	ring->ready++;
	while (!ring->first_goes)
		usleep(1000);
	syscall(SYS_exit, 0);
	return 1;
}

/*
 * A thread exits alone, and waits for its tracer. That is its tracee, and does not wait for it,
 * though the process of the thread goes on: once that has no other thread, nothing ends the two.
 */
TEST_F(exit_cycle, a_thread_exits_alone)
{
	self->count = 2;
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork_member();

		if (pid == 0) {
			if (i == 0)
				_exit(first_exits_alone());
			ring->pids[1] = getpid();
			_exit(member(1, 2));
		}
		ASSERT_LT(0, pid);
	}
	while (ring->ready < 2)
		sched_yield();
	ring->first_goes = 1;
	wait_for_state(ring->pids[0], 't');
	ASSERT_EQ(0, kill(ring->pids[1], SIGKILL));
	ASSERT_EQ(KILLED(SIGKILL), next_status(ring->pids[1]));
	ring->pids[1] = 0;
	ring->go = 1;
	ASSERT_EQ(EXITED(0), next_status(ring->pids[0]));
	ring->pids[0] = 0;
}

/* A tracer that is a tracee itself stops for its own tracer, as ever, and so does its tracee. */
TEST_F(exit_cycle, debugger_of_a_debugger)
{
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, PTRACE_O_TRACEEXIT));
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, self->tracer.pid, PTRACE_O_TRACEEXIT));

	/* The tracer sees the exit of its tracee. Its SIGCHLD is seen by its own tracer. */
	tracer_tell(&self->tracer, TELL_STATUS, self->tracee, 0, 0);
	self->shared->quit = 1;
	ASSERT_EQ(SIGNAL_STOP(SIGCHLD), next_status(self->tracer.pid));
	ASSERT_EQ(0, cont(self->tracer.pid, SIGCHLD));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), tracer_answer(&self->tracer));

	/* Its own tracer sees its exit. */
	ASSERT_EQ(0, kill(self->tracer.pid, SIGKILL));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(self->tracer.pid));
	ASSERT_EQ('t', proc_state(self->tracee));
	ASSERT_EQ(0, cont(self->tracer.pid, 0));
	ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracer.pid));
	self->tracer.pid = 0;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* A tracer that exits does not keep its tracees from exiting: they do not wait for it. */
TEST_F(exit_cycle, tracee_of_a_tracer_that_exits)
{
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, PTRACE_O_TRACEEXIT));
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, self->tracer.pid, PTRACE_O_TRACEEXIT));
	ASSERT_EQ(0, kill(self->tracer.pid, SIGKILL));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(self->tracer.pid));
	self->shared->quit = 1;
	wait_for_state(self->tracee, 'Z');
	ASSERT_EQ(0, cont(self->tracer.pid, 0));
	ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracer.pid));
	self->tracer.pid = 0;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/*
 * Others that wait for each other, in ways that SIGKILL has always ended: a tracer that waits for
 * its tracee in a system call, and a tracee that waits for its tracer in PTRACE_EVENT_EXIT.
 */

static struct stage {
	_Atomic pid_t thread;
} *stage;

static void *wait_in_thread(void *unused)
{
	stage->thread = thread_id();
	for (;;)
		pause();
	return NULL;
}

static int exec_with_thread(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, wait_in_thread, NULL))
		return 1;
	sleep_on_pipe(shared);
	return exec_as("exit-cycle-sleep");
}

__attribute__((constructor)) static void be_program(int argc, char **argv)
{
	sigset_t none;

	if (argc != 1 || strcmp(argv[0], "exit-cycle-sleep"))
		return;
	sigemptyset(&none);
	for (;;)
		sigsuspend(&none);
}

/*
 * de_thread(): a thread in exec waits for another one to exit, which waits for its tracer, which
 * waits in PTRACE_ATTACH for the end of the exec.
 */
static void start_exec(struct __test_metadata *_metadata, FIXTURE_DATA(exit_cycle) *self)
{
	stage = shared_memory(sizeof(*stage));
	self->tracee = spawn(exec_with_thread, self->shared);
	ASSERT_LT(0, self->tracee);
	while (!stage->thread)
		sched_yield();
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, stage->thread, PTRACE_O_TRACEEXIT));
	ASSERT_TRUE(wake(self->shared));
	while (proc_state(stage->thread) != 't')
		sched_yield();
	tracer_tell(&self->tracer, PTRACE_ATTACH, self->tracee, 0, 0);
	wait_for_syscall(self->tracer.pid, SYS_ptrace);
	ASSERT_EQ('t', proc_state(stage->thread));
}

TEST_F(exit_cycle, exec_and_its_tracer_is_killed)
{
	start_exec(_metadata, self);
	tracer_end(&self->tracer);
	wait_for_syscall(self->tracee, SYS_rt_sigsuspend);
}

TEST_F(exit_cycle, exec_and_it_is_killed)
{
	start_exec(_metadata, self);
	ASSERT_EQ(0, kill(self->tracee, SIGKILL));
	/* Its tracer goes on, with or without it: the exec has ended. */
	tracer_answer(&self->tracer);
	tracer_end(&self->tracer);
	ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracee));
	self->tracee = 0;
}

static int vfork_a_tracee(struct shared *shared)
{
	pid_t pid = vfork();

	if (pid == 0) {
		if (request(PTRACE_TRACEME, 0, 0, 0))
			_exit(1);
		shared->count = getpid();
		raise(SIGSTOP);
		_exit(0);
	}
	return 0;
}

/* A parent waits in vfork(2) for its child, which is in a ptrace-stop that the parent is to end. */
TEST_F(exit_cycle, vfork_of_a_tracee)
{
	self->tracee = spawn(vfork_a_tracee, self->shared);
	ASSERT_LT(0, self->tracee);
	while (!self->shared->count)
		sched_yield();
	wait_for_state(self->shared->count, 't');
	wait_for_state(self->tracee, 'D');
	ASSERT_EQ(0, kill(self->tracee, SIGKILL));
	ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracee));
	self->tracee = 0;
	kill(self->shared->count, SIGKILL);
}

static int init_with_child(struct shared *shared)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(spin(shared));
	for (;;)
		pause();
}

/*
 * zap_pid_ns_processes(): the first process of a pid namespace, which was killed, waits for one
 * there that waits for its tracer outside. That can be killed.
 */
TEST_F(exit_cycle, end_of_a_pid_namespace)
{
	pid_t inner;

	if (geteuid())
		SKIP(return, "only root can make a pid namespace");
	self->tracee = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (self->tracee == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(init_with_child(self->shared));
	}
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
	inner = child_of(self->tracee);
	ASSERT_LT(0, inner);
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, inner, PTRACE_O_TRACEEXIT));
	ASSERT_EQ(0, kill(self->tracee, SIGKILL));
	wait_for_state(inner, 't');
	ASSERT_EQ(0, status_now(self->tracee));
	tracer_end(&self->tracer);
	ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracee));
	self->tracee = 0;
}

static int exit_thread_and_dump(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, wait_in_thread, NULL))
		return 1;
	sleep_on_pipe(shared);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	if (chdir("/tmp"))
		return 1;
	abort();
}

/*
 * coredump_wait(): the thread that dumps core waits for all others to come to their exit, which
 * they do before they wait for a tracer in PTRACE_EVENT_EXIT.
 */
TEST_F(exit_cycle, core_dump)
{
	stage = shared_memory(sizeof(*stage));
	self->tracee = spawn(exit_thread_and_dump, self->shared);
	ASSERT_LT(0, self->tracee);
	while (!stage->thread)
		sched_yield();
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, stage->thread, PTRACE_O_TRACEEXIT));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(stage->thread));
	/* The other has dumped, and is dead. */
	wait_for_state(self->tracee, 'Z');
	ASSERT_EQ(0, cont(stage->thread, 0));
	next_status(stage->thread);
	EXPECT_EQ(SIGABRT, next_status(self->tracee) & 0x7f);
	self->tracee = 0;
}

TEST_HARNESS_MAIN
