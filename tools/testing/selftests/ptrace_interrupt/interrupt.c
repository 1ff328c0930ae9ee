// SPDX-License-Identifier: GPL-2.0
/*
 * PTRACE_INTERRUPT traps a tracee without a signal and without an effect on job
 * control, whatever the tracee is doing.
 *
 * "Request:" before a test quotes the request that led to PTRACE_INTERRUPT, "man:"
 * ptrace(2).
 */
#include <dirent.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "ptrace_test.h"

FIXTURE(interrupt)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(interrupt)
{
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(interrupt)
{
	reap(self->tracee);
}

/* A seized tracee that runs @body. */
static void start_seized(struct __test_metadata *_metadata,
			 FIXTURE_DATA(interrupt) *self,
			 int (*body)(struct shared *))
{
	self->tracee = spawn_seized(body, self->shared, 0);
	ASSERT_LT(0, self->tracee);
}

/* A seized tracee in group-stop, which runs @body when it is resumed. */
static void start_group_stopped(struct __test_metadata *_metadata,
				FIXTURE_DATA(interrupt) *self,
				int (*body)(struct shared *))
{
	start_seized(_metadata, self, body);
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), next_status(self->tracee));
}

/* The spinning tracee was resumed, and runs until its exit: nothing more was pending. */
static void ends_undisturbed(struct __test_metadata *_metadata,
			     FIXTURE_DATA(interrupt) *self)
{
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* Request: "traps ptracee"; "uses the group stop trap - SIGTRAP | PTRACE_EVENT_STOP << 8" */
TEST_F(interrupt, running)
{
	start_seized(_metadata, self, spin);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ('t', proc_state(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* The siginfo of the trap, by which tracers recognize it. */
TEST_F(interrupt, siginfo)
{
	siginfo_t info;

	start_seized(_metadata, self, spin);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, waitid(P_PID, self->tracee, &info, WSTOPPED));
	EXPECT_EQ(CLD_TRAPPED, info.si_code);
	EXPECT_EQ(SIGTRAP | PTRACE_EVENT_STOP << 8, info.si_status);

	memset(&info, 0, sizeof(info));
	ASSERT_EQ(0, request(PTRACE_GETSIGINFO, self->tracee, 0,
			     (unsigned long)&info));
	EXPECT_EQ(SIGTRAP, info.si_signo);
	EXPECT_EQ(SIGTRAP | PTRACE_EVENT_STOP << 8, info.si_code);
	EXPECT_EQ(self->tracee, info.si_pid);

	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* From this ptrace-stop, CONT does not deliver the signal that it names. */
TEST_F(interrupt, injects_no_signal)
{
	start_seized(_metadata, self, spin);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGTERM));
	ends_undisturbed(_metadata, self);
}

/* Request: "regardless of the current state of tracee": an interruptible sleep */
TEST_F(interrupt, sleeping)
{
	start_seized(_metadata, self, sleep_on_pipe);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	/* The system call goes on as before. */
	wait_for_state(self->tracee, 'S');
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* The same, in an uninterruptible sleep: the trap waits for its end. */
TEST_F(interrupt, in_vfork)
{
	start_seized(_metadata, self, sleep_in_vfork);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ('D', proc_state(self->tracee));
	ASSERT_EQ(0, waitpid(self->tracee, NULL, WNOHANG));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	/* The SIGCHLD of the child's exit comes after it. */
	ASSERT_EQ(SIGNAL_STOP(SIGCHLD), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* In group-stop: a trap follows this stop, and shows that the group stop is in effect. */
TEST_F(interrupt, group_stopped)
{
	start_group_stopped(_metadata, self, spin);
	ASSERT_EQ(0, interrupt(self->tracee));
	/* INTERRUPT does not disturb the stop that the tracee is in. */
	ASSERT_EQ(0, waitpid(self->tracee, NULL, WNOHANG));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* Resumed from group-stop by its tracer, it runs; the group stop is still in effect. */
TEST_F(interrupt, continued_from_group_stop)
{
	start_group_stopped(_metadata, self, spin);
	ASSERT_EQ(0, cont(self->tracee, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* INTERRUPT ends listening, with the same ptrace-stop once more. */
TEST_F(interrupt, listening)
{
	start_group_stopped(_metadata, self, spin);
	ASSERT_EQ(0, request(PTRACE_LISTEN, self->tracee, 0, 0));
	ASSERT_EQ(-ESRCH, cont(self->tracee, 0));
	ASSERT_EQ(0, waitpid(self->tracee, NULL, WNOHANG));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* An INTERRUPT before LISTEN does not end listening; a second one does, for both. */
TEST_F(interrupt, pending_before_listen)
{
	start_group_stopped(_metadata, self, spin);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, request(PTRACE_LISTEN, self->tracee, 0, 0));
	/* A tracee that was woken by mistake would stop again meanwhile. */
	for (int ms = 0; ms < 50; ms++) {
		usleep(1000);
		ASSERT_EQ(0, waitpid(self->tracee, NULL, WNOHANG));
	}
	ASSERT_EQ(-ESRCH, cont(self->tracee, 0));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* A body that gets into a signal-delivery-stop. */
static int raise_usr1(struct shared *shared)
{
	raise(SIGUSR1);
	return spin(shared);
}

static int sleep_then_raise_usr1(struct shared *shared)
{
	sleep_on_pipe(shared);
	return raise_usr1(shared);
}

/* In another ptrace-stop: that stop goes on, and the trap of INTERRUPT follows it. */
TEST_F(interrupt, in_signal_delivery_stop)
{
	start_seized(_metadata, self, sleep_then_raise_usr1);
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, waitpid(self->tracee, NULL, WNOHANG));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* In the ptrace-stop of an INTERRUPT: the next INTERRUPT makes a trap of its own. */
TEST_F(interrupt, in_event_stop)
{
	start_seized(_metadata, self, spin);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* Two requests before the trap make one trap. */
TEST_F(interrupt, twice)
{
	start_seized(_metadata, self, spin);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	/* In a ptrace-stop, so that no trap comes between the two. */
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

static int sleep_then_spin(struct shared *shared)
{
	sleep_on_pipe(shared);
	return spin(shared);
}

/* Request: "cleared when any trap happens": a syscall-stop */
TEST_F(interrupt, cleared_by_syscall_stop)
{
	start_seized(_metadata, self, sleep_then_spin);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	/* The restarted read(2) is entered and left, with a stop at each end. */
	ASSERT_EQ(0, request(PTRACE_SYSCALL, self->tracee, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(0, request(PTRACE_SYSCALL, self->tracee, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
	/* The second stop was the trap that INTERRUPT asked for. */
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

static int sleep_then_fork(struct shared *shared)
{
	pid_t pid;

	sleep_on_pipe(shared);
	pid = vfork();
	if (pid == 0) {
		sleep_on_pipe(shared);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return spin(shared);
}

/* The same: a PTRACE_EVENT_* stop */
TEST_F(interrupt, cleared_by_event)
{
	start_seized(_metadata, self, sleep_then_fork);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, request(PTRACE_SETOPTIONS, self->tracee, 0,
			     PTRACE_O_TRACEVFORKDONE));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_TRUE(wake(self->shared));
	wait_for_state(self->tracee, 'D');
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT(PTRACE_EVENT_VFORK_DONE), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	/* The child's SIGCHLD, and no trap before or after it. */
	ASSERT_EQ(SIGNAL_STOP(SIGCHLD), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* A group stop that is pending at the same time: one trap serves both. */
TEST_F(interrupt, with_group_stop)
{
	start_seized(_metadata, self, spin);
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* SIGCONT and INTERRUPT in group-stop: one trap serves both, the signal comes after it. */
TEST_F(interrupt, with_sigcont)
{
	start_group_stopped(_metadata, self, spin);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGCONT), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* The same in the other order, and while listening. */
TEST_F(interrupt, listening_with_sigcont)
{
	start_group_stopped(_metadata, self, spin);
	ASSERT_EQ(0, request(PTRACE_LISTEN, self->tracee, 0, 0));
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGCONT), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* Request: "available iff tracee is attached with PTRACE_SEIZE" */
TEST_F(interrupt, attached_is_eio)
{
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	ASSERT_EQ(0, request(PTRACE_ATTACH, self->tracee, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(-EIO, interrupt(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ(-EIO, interrupt(self->tracee));
	ends_undisturbed(_metadata, self);
}

static int traceme_and_stop(struct shared *shared)
{
	if (request(PTRACE_TRACEME, 0, 0, 0))
		return 1;
	raise(SIGSTOP);
	return spin(shared);
}

TEST_F(interrupt, traceme_is_eio)
{
	self->tracee = spawn(traceme_and_stop, self->shared);
	ASSERT_LT(0, self->tracee);
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(-EIO, interrupt(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* man: "ESRCH The specified process does not exist, or is not currently being traced" */
TEST_F(interrupt, no_tracee_is_esrch)
{
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	EXPECT_EQ(-ESRCH, interrupt(self->tracee));
	EXPECT_EQ(-ESRCH, interrupt(getpid()));
	EXPECT_EQ(-ESRCH, interrupt(getppid()));
	EXPECT_EQ(-ESRCH, interrupt(0));
	EXPECT_EQ(-ESRCH, interrupt(-1));
	reap(self->tracee);
	EXPECT_EQ(-ESRCH, interrupt(self->tracee));
	self->tracee = 0;
}

static void *interrupt_from_thread(void *tracee)
{
	return (void *)interrupt((pid_t)(long)tracee);
}

/* A tracer is a thread. */
TEST_F(interrupt, other_thread_is_esrch)
{
	pthread_t thread;
	void *result;

	start_seized(_metadata, self, spin);
	ASSERT_EQ(0, pthread_create(&thread, NULL, interrupt_from_thread,
				    (void *)(long)self->tracee));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(-ESRCH, (long)result);
	ends_undisturbed(_metadata, self);
}

/* After DETACH, the task has no tracer. */
TEST_F(interrupt, detached_is_esrch)
{
	start_seized(_metadata, self, spin);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, detach(self->tracee, 0));
	ASSERT_EQ(-ESRCH, interrupt(self->tracee));
	ends_undisturbed(_metadata, self);
}

#if __SIZEOF_LONG__ > __SIZEOF_INT__
/* The system call takes a long, and truncates it to the int that a pid is. */
TEST_F(interrupt, pid_is_an_int)
{
	start_seized(_metadata, self, spin);
	ASSERT_EQ(0, syscall(SYS_ptrace, PTRACE_INTERRUPT,
			     (1L << 32) + self->tracee, 0, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}
#endif

/* The values of addr and data do not matter. */
TEST_F(interrupt, ignores_addr_and_data)
{
	start_seized(_metadata, self, spin);
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, self->tracee, ~0UL, ~0UL));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* The number of the request counts in its full width. */
TEST_F(interrupt, number_with_high_bits)
{
	const long nr = PTRACE_INTERRUPT | (sizeof(long) == 8 ? 1ULL << 32 : 1 << 30);

	start_seized(_metadata, self, spin);
	/* The kernel first wants a ptrace-stop, for any request but INTERRUPT and KILL. */
	ASSERT_EQ(-ESRCH, request(nr, self->tracee, 0, 0));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(-EIO, request(nr, self->tracee, 0, 0));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* Request, -v2: nothing is scheduled "if child is dying which may make the child unkillable" */
TEST_F(interrupt, dying)
{
	/* Whichever comes first, the child dies and INTERRUPT succeeds. */
	for (int i = 0; i < 200; i++) {
		int status;

		start_seized(_metadata, self, spin);
		ASSERT_EQ(0, kill(self->tracee, SIGKILL));
		ASSERT_EQ(0, interrupt(self->tracee));
		status = next_status(self->tracee);
		ASSERT_EQ(KILLED(SIGKILL), status);
		self->tracee = 0;
	}
}

TEST_F(interrupt, dying_after_interrupt)
{
	for (int i = 0; i < 200; i++) {
		int status;

		start_seized(_metadata, self, spin);
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(0, kill(self->tracee, SIGKILL));
		status = next_status(self->tracee);
		/* It may have been in the ptrace-stop for a moment. */
		if (status == EVENT_STOP(SIGTRAP))
			status = next_status(self->tracee);
		ASSERT_EQ(KILLED(SIGKILL), status);
		self->tracee = 0;
	}
}

/* In the ptrace-stop of its exit: INTERRUPT has no effect, and the tracee exits. */
TEST_F(interrupt, in_event_exit)
{
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	ASSERT_EQ(0, request(PTRACE_SEIZE, self->tracee, 0, PTRACE_O_TRACEEXIT));
	self->shared->quit = 1;
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

TEST_F(interrupt, zombie)
{
	siginfo_t info;

	start_seized(_metadata, self, spin);
	self->shared->quit = 1;
	ASSERT_EQ(0, waitid(P_PID, self->tracee, &info, WEXITED | WNOWAIT));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* DETACH clears a pending trap. */
TEST_F(interrupt, pending_at_detach)
{
	start_seized(_metadata, self, spin);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, detach(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* Request: "tracee is seized from running state, interrupted and then detached back to running" */
TEST_F(interrupt, detached_back_to_running)
{
	start_seized(_metadata, self, spin);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, detach(self->tracee, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ('R', proc_state(self->tracee));
	ends_undisturbed(_metadata, self);
}

/*
 * Request: "tracee is seized from stopped state, continued, interrupted and then
 * detached back to stopped state"
 */
TEST_F(interrupt, detached_back_to_stopped)
{
	unsigned long count;

	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	wait_for_state(self->tracee, 'T');
	ASSERT_EQ(0, seize(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), next_status(self->tracee));
	count = self->shared->count;
	ASSERT_EQ(0, detach(self->tracee, 0));
	wait_for_state(self->tracee, 'T');
	ASSERT_EQ(count, self->shared->count);
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	ends_undisturbed(_metadata, self);
}

/* What the test, its tracee, and a process that traces it for one INTERRUPT share. */
struct family {
	struct shared *shared;
	_Atomic pid_t tracee;
	_Atomic int sigchld;
};

static struct family *family;

static void count_signal(int sig)
{
	family->shared->signals++;
}

static void count_sigchld(int sig)
{
	family->sigchld++;
}

/* Spin, with a handler for every signal there is. */
static int spin_and_count_signals(struct shared *shared)
{
	const struct sigaction action = { .sa_handler = count_signal };

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &action, NULL);
	return spin(shared);
}

static int trace_once(struct shared *shared)
{
	pid_t tracee = family->tracee;

	/* The handler counts the parent's SIGCHLDs, not those of the tracer. */
	signal(SIGCHLD, SIG_DFL);
	if (seize(tracee))
		return 1;
	if (interrupt(tracee))
		return 2;
	if (next_status(tracee) != EVENT_STOP(SIGTRAP))
		return 3;
	if (detach(tracee, 0))
		return 4;
	return 0;
}

/*
 * Request: "without any signal or job control related side effect", as the tracee and its
 * real parent, which is not its tracer, see it.
 */
TEST_F(interrupt, no_side_effect)
{
	struct sigaction action = { .sa_handler = count_sigchld, .sa_flags = SA_RESTART };
	char value[64];
	siginfo_t info;
	pid_t tracer;

	family = shared_memory(sizeof(*family));
	family->shared = self->shared;

	self->tracee = spawn(spin_and_count_signals, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
	family->tracee = self->tracee;
	ASSERT_EQ(0, sigaction(SIGCHLD, &action, NULL));

	for (int i = 0; i < 50; i++) {
		tracer = spawn(trace_once, self->shared);
		ASSERT_LT(0, tracer);
		ASSERT_EQ(EXITED(0), next_status(tracer));
		/* One SIGCHLD, for the exit of the tracer itself. */
		ASSERT_EQ(i + 1, family->sigchld);

		/* The parent sees no stop, no continuation and no exit. */
		info.si_pid = 0;
		ASSERT_EQ(0, waitid(P_PID, self->tracee, &info,
				    WSTOPPED | WCONTINUED | WEXITED | WNOHANG));
		ASSERT_EQ(0, info.si_pid);

		wait_for_progress(self->shared);
		ASSERT_EQ(0, self->shared->signals);
		proc_status(self->tracee, "SigPnd", value);
		ASSERT_STREQ("0000000000000000", value);
		proc_status(self->tracee, "ShdPnd", value);
		ASSERT_STREQ("0000000000000000", value);
	}
	ends_undisturbed(_metadata, self);
}

static struct shared *second;

static void *spin_in_thread(void *unused)
{
	while (!second->quit)
		second->signals++;
	return NULL;
}

static int spin_twice(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, spin_in_thread, NULL))
		return 1;
	return spin(shared);
}

/* The other threads of the tracee's process run on: this is no group stop. */
TEST_F(interrupt, other_threads_go_on)
{
	int seen;

	second = self->shared;
	self->tracee = spawn(spin_twice, self->shared);
	ASSERT_LT(0, self->tracee);
	while (!self->shared->signals)
		sched_yield();
	ASSERT_EQ(0, seize(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	seen = self->shared->signals;
	while (self->shared->signals == seen)
		sched_yield();
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

/* Core dumps */

#define CORE_DIR	"/mnt"
#define CORE_SIZE	(32UL << 20)

/* Whether a process dumps core into its working directory, and not elsewhere or to a pipe. */
static bool cores_are_relative(void)
{
	int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY);
	bool relative = false;
	char first;

	if (fd < 0)
		return false;
	if (read(fd, &first, 1) == 1)
		relative = !strchr("|@/\n", first);
	close(fd);
	return relative;
}

static void *sleep_for_ever(void *arg)
{
	struct shared *shared = arg;

	shared->signals = syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

/* A process of two threads, with much memory to dump. */
static int abort_when_told(struct shared *shared)
{
	const struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	char *much = mmap(NULL, CORE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;

	if (much == MAP_FAILED || chdir(CORE_DIR) || setrlimit(RLIMIT_CORE, &limit) ||
	    pthread_create(&thread, NULL, sleep_for_ever, shared))
		return 1;
	memset(much, 1, CORE_SIZE);
	spin(shared);
	raise(SIGABRT);
	return 2;
}

static bool dumps_core(pid_t pid)
{
	char value[64];

	proc_status(pid, "CoreDumping", value);
	return value[0] == '1';
}

static void remove_core(void)
{
	DIR *dir = opendir(CORE_DIR);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

/*
 * Neither the thread that dumps core nor the one that waits for the dump enters a ptrace-stop,
 * and no request that needs one succeeds. INTERRUPT may cut the dump short, since a dump ends
 * when something is pending; the process still dies of its signal.
 */
TEST_F(interrupt, dumping_core)
{
	int seen = 0;

	if (!cores_are_relative() || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", CORE_DIR, "tmpfs", 0, NULL))
		SKIP(return, "no file system of one's own, or cores go elsewhere");
	/* A dump often takes long enough for the test to see it, but not each time. */
	for (int i = 0; i < 50 && seen < 3; i++) {
		bool dumps = false;
		unsigned long word;
		pid_t thread;

		self->shared->quit = 0;
		self->shared->signals = 0;
		self->tracee = spawn(abort_when_told, self->shared);
		ASSERT_LT(0, self->tracee);
		wait_for_progress(self->shared);
		while (!self->shared->signals)
			sched_yield();
		thread = self->shared->signals;
		ASSERT_EQ(0, seize(self->tracee));
		ASSERT_EQ(0, seize(thread));
		self->shared->quit = 1;
		ASSERT_EQ(SIGNAL_STOP(SIGABRT), next_status(self->tracee));
		ASSERT_EQ(0, cont(self->tracee, SIGABRT));
		while (!(dumps = dumps_core(self->tracee)) && proc_state(self->tracee) != 'Z')
			sched_yield();
		seen += dumps;

		EXPECT_EQ(0, interrupt(self->tracee));
		EXPECT_EQ(0, interrupt(thread));
		EXPECT_EQ(-ESRCH, cont(self->tracee, 0));
		EXPECT_EQ(-ESRCH, cont(thread, 0));
		EXPECT_EQ(-ESRCH, request(PTRACE_PEEKDATA, self->tracee, (unsigned long)&word,
					  (unsigned long)&word));
		EXPECT_EQ(-ESRCH, detach(self->tracee, 0));
		EXPECT_EQ(KILLED(SIGABRT), next_status(thread) & ~0x80);
		EXPECT_EQ(KILLED(SIGABRT), next_status(self->tracee) & ~0x80);
		self->tracee = 0;
		remove_core();
	}
	EXPECT_LT(0, seen);
}

/* SEIZE accepts the flag of its development if the kernel is configured so. */
TEST_F(interrupt, seize_devel)
{
	long ret;

	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	/* In any configuration, these are no options. */
	EXPECT_EQ(-EIO, request(PTRACE_SEIZE, self->tracee, 0, 0x40000000));
	EXPECT_EQ(-EIO, request(PTRACE_SEIZE, self->tracee, 0, 0xc0000000));
	EXPECT_EQ(-EIO, request(PTRACE_SEIZE, self->tracee, 4, 0x80000000));

	ret = request(PTRACE_SEIZE, self->tracee, 0,
		      0x80000000 | PTRACE_O_TRACESYSGOOD);
	if (ret == -EIO)
		SKIP(return, "the kernel has no CONFIG_PTRACE_SEIZE_DEVEL");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	/* It is a flag of SEIZE alone. */
	EXPECT_EQ(-EINVAL, request(PTRACE_SETOPTIONS, self->tracee, 0, 0x80000000));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends_undisturbed(_metadata, self);
}

TEST_HARNESS_MAIN
