// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to tracers, and what is odd about some pairs of a tracer and a tracee: a tracer
 * that executes a program, one that is killed in the middle of its request, a pair that shares
 * its signal handlers, a tracee that exits already.
 *
 * kernel/ptrace.c: ptrace_attach(); fs/exec.c: de_thread(); kernel/pid_namespace.c:
 * zap_pid_ns_processes().
 */
#include <time.h>

#include "ptrace_group.h"

/* Memory that tracers and the test share, besides struct shared. */
static struct stage {
	_Atomic int ready, go, done;
	/* The second of two threads that trace, and the tracee of each. */
	_Atomic pid_t second;
	pid_t tracees[2];
} *stage;

/* The program that tracers execute is this one; its name has the pid of a tracee. */
__attribute__((constructor)) static void be_tracer(int argc, char **argv)
{
	int pid;

	if (argc != 1 || sscanf(argv[0], "tracers-%d", &pid) != 1)
		return;
	if (tracer_of(pid) != getpid() || interrupt(pid) ||
	    next_status(pid) != EVENT_STOP(SIGTRAP) || cont(pid, 0))
		_exit(1);
	_exit(0);
}

static int exec_tracer_of(pid_t pid)
{
	char name[32];

	snprintf(name, sizeof(name), "tracers-%d", pid);
	return exec_as(name);
}

FIXTURE(tracers)
{
	struct shared *shared;
	pid_t tracee, second, other;
};

FIXTURE_VARIANT(tracers)
{
	long how;
};

FIXTURE_VARIANT_ADD(tracers, attach) { .how = PTRACE_ATTACH };
FIXTURE_VARIANT_ADD(tracers, seize) { .how = PTRACE_SEIZE };

FIXTURE_SETUP(tracers)
{
	stage = shared_memory(sizeof(*stage));
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(tracers)
{
	stage->done = 1;
	reap(self->other);
	reap(self->second);
	reap(self->tracee);
}

#define TAKE(pid) request(variant->how, pid, 0, 0)

/* A tracer that executes a program */

static int seize_and_exec(struct shared *shared)
{
	CHECK(!seize(stage->tracees[0]));
	return exec_tracer_of(stage->tracees[0]);
}

/* The task of a tracer stays: the new program has the same tracees. */
TEST_F(tracers, exec)
{
	/* The new program interrupts them. */
	if (variant->how == PTRACE_ATTACH)
		return;
	self->tracee = stage->tracees[0] = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	self->other = spawn(seize_and_exec, shared_new());
	ASSERT_EQ(EXITED(0), next_status(self->other));
	self->other = 0;
	EXPECT_EQ(0, tracer_of(self->tracee));
	wait_for_progress(self->shared);
}

static void *trace_and_exec(void *unused)
{
	stage->second = thread_id();
	if (seize(stage->tracees[1]))
		_exit(2);
	stage->ready = 1;
	while (!stage->go)
		sched_yield();
	_exit(exec_tracer_of(stage->tracees[1]));
}

static int trace_in_both(struct shared *shared)
{
	pthread_t thread;

	CHECK(!seize(stage->tracees[0]));
	CHECK(!pthread_create(&thread, NULL, trace_and_exec, NULL));
	pthread_join(thread, NULL);
	return 1;
}

/*
 * de_thread(): a thread that executes a program keeps its tracees, which see the number of their
 * tracer change to the first thread's. Those of the other threads lose their tracer.
 */
TEST_F(tracers, exec_of_another_thread)
{
	if (variant->how == PTRACE_ATTACH)
		return;
	self->tracee = stage->tracees[0] = spawn(spin, self->shared);
	self->second = stage->tracees[1] = spawn(spin, self->shared);
	ASSERT_LT(0, self->second);
	self->other = spawn(trace_in_both, shared_new());
	while (!stage->ready) {
		ASSERT_EQ(0, status_now(self->other));
	}
	EXPECT_EQ(self->other, tracer_of(self->tracee));
	EXPECT_EQ(stage->second, tracer_of(self->second));
	EXPECT_NE(stage->second, self->other);
	stage->go = 1;
	/* The new program finds itself the tracer of the second one. */
	ASSERT_EQ(EXITED(0), next_status(self->other));
	self->other = 0;
	EXPECT_EQ(0, tracer_of(self->tracee));
	EXPECT_EQ(0, tracer_of(self->second));
	wait_for_progress(self->shared);
}

/* A tracer that is killed in its request */

static bool use_cpu(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return !sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* Keep the processor from others, for half a second at most. */
static int occupy(struct shared *shared)
{
	const struct sched_param param = { .sched_priority = 1 };
	struct timespec begin, now;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (!use_cpu(0) || sched_setscheduler(0, SCHED_FIFO, &param)) {
		stage->ready = -1;
		return 1;
	}
	stage->ready = 1;
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (!stage->done && (now.tv_sec - begin.tv_sec) * 1000000000LL +
				       now.tv_nsec - begin.tv_nsec < 500000000LL);
	return 0;
}

static int spin_on_cpu(struct shared *shared)
{
	return use_cpu(0) ? spin(shared) : 1;
}

static long killed_how;

static int take_stopped(struct shared *shared)
{
	return request(killed_how, stage->tracees[0], 0, 0) ? 1 : 0;
}

/*
 * JOBCTL_TRAPPING: the request waits for a stopped task to become traced, which takes as long as
 * the task gets no processor. The tracer can be killed meanwhile, and the next one has its stop.
 */
TEST_F(tracers, killed_while_the_tracee_stops)
{
	cpu_set_t cpus;
	int waited = 0;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) || !CPU_ISSET(0, &cpus) ||
	    !CPU_ISSET(1, &cpus))
		SKIP(return, "this takes two processors");
	ASSERT_TRUE(use_cpu(1));
	for (int i = 0; i < 20 && waited < 3; i++) {
		int status;
		pid_t tracer;

		stage->ready = stage->done = 0;
		self->shared->quit = 0;
		self->tracee = stage->tracees[0] = spawn(spin_on_cpu, self->shared);
		ASSERT_LT(0, self->tracee);
		wait_for_progress(self->shared);
		ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
		ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
		self->other = spawn(occupy, shared_new());
		while (!stage->ready)
			sched_yield();
		if (stage->ready < 0)
			SKIP(return, "no real-time priority");
		killed_how = variant->how;
		tracer = spawn(take_stopped, shared_new());
		wait_for_state(tracer, 'D');
		ASSERT_EQ(0, kill(tracer, SIGKILL));
		status = next_status(tracer);
		stage->done = 1;
		ASSERT_EQ(EXITED(0), next_status(self->other));
		self->other = 0;
		/* If the processor was not kept from the tracee, the request was done. */
		waited += status == KILLED(SIGKILL);
		ASSERT_EQ(0, seize(self->tracee));
		ASSERT_EQ(EVENT_STOP(SIGSTOP), next_status(self->tracee));
		ASSERT_EQ(0, kill(self->tracee, SIGCONT));
		ASSERT_EQ(0, detach(self->tracee, 0));
		wait_for_progress(self->shared);
		self->shared->quit = 1;
		do
			status = next_status(self->tracee);
		while (status != EXITED(0) && WIFSTOPPED(status));
		ASSERT_EQ(EXITED(0), status);
		self->tracee = 0;
	}
	EXPECT_LT(0, waited);
}

/* A pair that shares its handlers */

static struct shared *shared_by_both;

static void count_signal(int sig)
{
	shared_by_both->signals++;
}

static int spin_beside(void *unused)
{
	spin(shared_by_both);
	/* Without the library, whose data is the parent's. */
	syscall(SYS_exit, 0);
	return 0;
}

/* CLONE_SIGHAND: both have one siglock, which no request may take twice. */
TEST_F(tracers, shared_handlers)
{
	const int flags = CLONE_VM | CLONE_SIGHAND | SIGCHLD;
	char *stack = shared_memory(65536);
	siginfo_t info;

	shared_by_both = self->shared;
	ASSERT_TRUE(signal(SIGUSR2, count_signal) != SIG_ERR);
	for (int i = 0; i < 3; i++) {
		self->shared->quit = 0;
		self->tracee = clone(spin_beside, stack + 65536, flags, NULL);
		ASSERT_LT(0, self->tracee);
		wait_for_progress(self->shared);
		ASSERT_EQ(0, TAKE(self->tracee));
		if (variant->how == PTRACE_SEIZE) {
			ASSERT_EQ(0, interrupt(self->tracee));
			ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
		} else {
			ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
		}
		ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
		ASSERT_EQ(0, kill(self->tracee, SIGUSR2));
		ASSERT_EQ(0, cont(self->tracee, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGUSR2), next_status(self->tracee));
		ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
		ASSERT_EQ(0, REQ(PTRACE_SETSIGINFO, self->tracee, &info));
		ASSERT_EQ(0, cont(self->tracee, SIGUSR2));
		wait_for_progress(self->shared);
		EXPECT_EQ(i + 1, self->shared->signals);
		ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
		ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
		ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
		ASSERT_EQ(variant->how == PTRACE_SEIZE ? EVENT_STOP(SIGSTOP) : SIGNAL_STOP(SIGSTOP),
			  next_status(self->tracee));
		if (i < 2) {
			ASSERT_EQ(0, detach(self->tracee, 0));
			wait_for_state(self->tracee, 'T');
			ASSERT_EQ(0, TAKE(self->tracee));
		}
		if (i) {
			ASSERT_EQ(0, kill(self->tracee, SIGKILL));
			ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracee));
		} else {
			self->shared->quit = 1;
			while (next_status(self->tracee) != EXITED(0)) {
				ASSERT_EQ(0, cont(self->tracee, 0));
			}
		}
		self->tracee = 0;
	}
}

/* A task that exits */

/* The first process of a namespace; its child spins beside it. */
static int be_init(struct shared *shared)
{
	pid_t child = -1;

	sleep_on_pipe(shared);
	child = fork();
	if (child < 0)
		return 1;
	return spin(shared);
}

/*
 * ptrace_attach(): exit_state, and not PF_EXITING: the first process of a pid namespace, which
 * waits in its exit for the others to be gone, can still be traced. It has no stop any more.
 */
TEST_F(tracers, tracee_that_exits)
{
	unsigned long child = 0;
	const pid_t parent = getpid();

	self->tracee = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (self->tracee < 0 && errno == EPERM)
		SKIP(return, "no pid namespace of one's own");
	if (self->tracee == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(parent ? be_init(self->shared) : 1);
	}
	ASSERT_LT(0, self->tracee);
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(0, REQ(PTRACE_SEIZE, self->tracee, PTRACE_O_TRACEFORK));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT(PTRACE_EVENT_FORK), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETEVENTMSG, self->tracee, &child));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(child));
	ASSERT_EQ(0, cont(child, 0));
	ASSERT_EQ(0, detach(self->tracee, 0));
	wait_for_progress(self->shared);

	ASSERT_EQ(0, kill(self->tracee, SIGKILL));
	wait_for_state(child, 'Z');
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(0, TAKE(self->tracee));
	EXPECT_EQ(parent, tracer_of(self->tracee));
	EXPECT_EQ(variant->how == PTRACE_SEIZE ? 0 : -EIO, interrupt(self->tracee));
	EXPECT_EQ(-EPERM, TAKE(self->tracee));
	EXPECT_EQ(-ESRCH, cont(self->tracee, 0));
	EXPECT_EQ(0, status_now(self->tracee));
	EXPECT_EQ(KILLED(SIGKILL), next_status(child));
	EXPECT_EQ(KILLED(SIGKILL), next_status(self->tracee));
	self->tracee = 0;
}

TEST_HARNESS_MAIN
