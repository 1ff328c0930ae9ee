// SPDX-License-Identifier: GPL-2.0
/*
 * What wait(2), SIGCHLD and pidfds tell a tracer of its tracee, and what they tell the
 * tracee's real parent.
 *
 * man: wait(2), "Real parent", "__WALL"; kernel/exit.c: wait_consider_task(),
 * wait_task_stopped(), eligible_child(); kernel/signal.c: do_notify_parent(),
 * do_notify_parent_cldstop().
 */
#include <poll.h>
#include <time.h>

#include "ptrace_group.h"

#ifndef P_PIDFD
#define P_PIDFD		3
#endif

/* Enough to meet the other side at any point; but not longer than that. */
#define ROUNDS		300
#define SECONDS		3

FIXTURE(waits)
{
	struct shared *shared;
	struct tracer tracer;
	/* Another child of the test, and what is traced. */
	pid_t other, tracee;
	sigset_t sigchld;
};

FIXTURE_VARIANT(waits)
{
	long how;
};

FIXTURE_VARIANT_ADD(waits, attach) { .how = PTRACE_ATTACH };
FIXTURE_VARIANT_ADD(waits, seize) { .how = PTRACE_SEIZE };

FIXTURE_SETUP(waits)
{
	self->shared = shared_new();
	sigemptyset(&self->sigchld);
	sigaddset(&self->sigchld, SIGCHLD);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &self->sigchld, NULL));
}

FIXTURE_TEARDOWN(waits)
{
	tracer_end(&self->tracer);
	reap(self->other);
	reap(self->tracee);
}

/* Trace @pid, and get it into a ptrace-stop. */
static void take(struct __test_metadata *_metadata, const FIXTURE_VARIANT(waits) *variant,
		 pid_t pid)
{
	ASSERT_EQ(0, REQ(variant->how, pid, 0));
	if (variant->how == PTRACE_SEIZE) {
		ASSERT_EQ(0, interrupt(pid));
	}
	ASSERT_EQ(variant->how == PTRACE_SEIZE ? EVENT_STOP(SIGTRAP) : SIGNAL_STOP(SIGSTOP),
		  next_status(pid));
}

/* The same by the tracer of the fixture. */
static void tracer_takes(struct __test_metadata *_metadata, FIXTURE_DATA(waits) *self,
			 const FIXTURE_VARIANT(waits) *variant)
{
	ASSERT_EQ(0, TELL(variant->how, self->tracee, 0));
	if (variant->how == PTRACE_SEIZE) {
		ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
	}
	ASSERT_EQ(variant->how == PTRACE_SEIZE ? EVENT_STOP(SIGTRAP) : SIGNAL_STOP(SIGSTOP),
		  TRACER_SEES(self->tracee));
}

/* SIGCHLD */

static int have_a_child(struct shared *shared)
{
	shared->signals = spawn(spin, shared);
	for (;;)
		pause();
	return 0;
}

/* The tracee is not a child of the test. */
static void start_grandchild(struct __test_metadata *_metadata, FIXTURE_DATA(waits) *self)
{
	self->shared->signals = 0;
	self->other = spawn(have_a_child, self->shared);
	ASSERT_LT(0, self->other);
	while (!self->shared->signals)
		sched_yield();
	self->tracee = self->shared->signals;
	wait_for_progress(self->shared);
}

/*
 * Wait for the tracee's SIGCHLD, if there is one, and then for @status. ptrace_stop() sends the
 * signal when it has dropped the siglock, so that a wait() may be ahead of it. Then the signal
 * comes later, and its status, which wait() has taken, is 0.
 */
static void told(struct __test_metadata *_metadata, FIXTURE_DATA(waits) *self, int status,
		 bool is_told, int code, int value)
{
	const struct timespec now = {};
	siginfo_t info = {};

	if (is_told) {
		ASSERT_EQ(SIGCHLD, sigwaitinfo(&self->sigchld, &info)) {
			TH_LOG("status %#x", status);
		}
		EXPECT_EQ(self->tracee, info.si_pid);
		EXPECT_EQ(code, info.si_code);
		EXPECT_EQ(value, info.si_status) {
			TH_LOG("status %#x", status);
		}
	}
	ASSERT_EQ(status, next_status(self->tracee));
	ASSERT_EQ(-1, sigtimedwait(&self->sigchld, &info, &now)) {
		TH_LOG("status %#x", status);
	}
}

/*
 * do_notify_parent_cldstop(): SIGCHLD tells a tracer of each stop, unless it ignores SIGCHLD or
 * has set SA_NOCLDSTOP. The signal is the tracee's; an event is not in it. do_notify_parent():
 * of its end, always.
 */
TEST_F(waits, sigchld_of_the_tracer)
{
	static const struct {
		void (*handler)(int);
		int flags;
		bool of_stops;
	} tracers[] = {
		{ SIG_DFL, 0, true },
		{ SIG_DFL, SA_NOCLDSTOP, false },
		{ SIG_IGN, 0, false },
	};
	const bool seized = variant->how == PTRACE_SEIZE;

	for (size_t i = 0; i < ARRAY_SIZE(tracers); i++) {
		const struct sigaction action = {
			.sa_handler = tracers[i].handler, .sa_flags = tracers[i].flags,
		};
		const bool stops = tracers[i].of_stops;

		start_grandchild(_metadata, self);
		ASSERT_EQ(0, sigaction(SIGCHLD, &action, NULL));
		ASSERT_EQ(0, REQ(variant->how, self->tracee, 0));
		if (seized) {
			/* "Stopped", since there may be a group stop; but there is none. */
			ASSERT_EQ(0, interrupt(self->tracee));
			told(_metadata, self, EVENT_STOP(SIGTRAP), stops, CLD_STOPPED, 0);
		} else {
			told(_metadata, self, SIGNAL_STOP(SIGSTOP), stops, CLD_TRAPPED, SIGSTOP);
		}
		ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee,
				 PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT));
		ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
		ASSERT_EQ(0, cont(self->tracee, 0));
		told(_metadata, self, SIGNAL_STOP(SIGUSR1), stops, CLD_TRAPPED, SIGUSR1);
		ASSERT_EQ(0, kill(self->tracee, SIGTSTP));
		ASSERT_EQ(0, cont(self->tracee, 0));
		told(_metadata, self, SIGNAL_STOP(SIGTSTP), stops, CLD_TRAPPED, SIGTSTP);
		/* The signal of the group stop. */
		ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
		told(_metadata, self, seized ? EVENT_STOP(SIGSTOP) : SIGNAL_STOP(SIGSTOP), stops,
		     CLD_STOPPED, SIGSTOP);
		self->shared->quit = 1;
		ASSERT_EQ(0, request(PTRACE_SYSCALL, self->tracee, 0, 0));
		told(_metadata, self, SIGNAL_STOP(SIGTRAP | 0x80), stops, CLD_TRAPPED, SIGTRAP);
		ASSERT_EQ(0, cont(self->tracee, 0));
		told(_metadata, self, EVENT(PTRACE_EVENT_EXIT), stops, CLD_TRAPPED, SIGTRAP);
		ASSERT_EQ(0, cont(self->tracee, 0));
		/* The signal is blocked, so that it stays pending even if it is ignored. */
		told(_metadata, self, EXITED(0), true, CLD_EXITED, 0);
		ASSERT_EQ(0, sigaction(SIGCHLD, &(struct sigaction){}, NULL));
		self->shared->quit = 0;
		self->tracee = 0;
		reap(self->other);
		self->other = 0;
		ASSERT_EQ(SIGCHLD, sigwaitinfo(&self->sigchld, NULL));
	}
}

/* Pidfds */

static int pidfd_of(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

/* What poll(2) says of a pidfd now. */
static int events_of(int pidfd)
{
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };

	return poll(&fd, 1, 0) < 0 ? -errno : fd.revents;
}

/* The pid that waitid() finds by a pidfd now, 0, or -errno. */
static pid_t found_by(int pidfd, int options, siginfo_t *info)
{
	memset(info, 0, sizeof(*info));
	return waitid(P_PIDFD, pidfd, info, options | WNOHANG) ? -errno : info->si_pid;
}

/*
 * do_notify_pidfd(): the pidfd of a traced child is readable from its end on. Its real parent has
 * nothing to collect until the tracer has collected it, or is gone; and no SIGCHLD before.
 */
TEST_F(waits, pidfd_of_a_zombie)
{
	const struct timespec now = {};
	siginfo_t info;

	for (int tracer_exits = 0; tracer_exits < 2; tracer_exits++) {
		int pidfd;

		self->shared->quit = 0;
		self->tracee = spawn(spin, self->shared);
		ASSERT_LT(0, self->tracee);
		pidfd = pidfd_of(self->tracee);
		ASSERT_LE(0, pidfd);
		tracer_start(&self->tracer);
		tracer_takes(_metadata, self, variant);
		EXPECT_EQ(0, events_of(pidfd));
		/* A stop for the tracer is none for the parent. */
		EXPECT_EQ(0, found_by(pidfd, WSTOPPED | WEXITED, &info));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		self->shared->quit = 1;
		wait_for_state(self->tracee, 'Z');
		EXPECT_EQ(POLLIN, events_of(pidfd));
		EXPECT_EQ(0, found_by(pidfd, WEXITED, &info));
		EXPECT_EQ('-', parent_sees_now(self->tracee));
		EXPECT_EQ(-1, sigtimedwait(&self->sigchld, &info, &now));

		if (tracer_exits) {
			tracer_tell(&self->tracer, TELL_EXIT, 0, 0, 0);
			ASSERT_EQ(SIGCHLD, sigwaitinfo(&self->sigchld, &info));
		} else {
			ASSERT_EQ(EXITED(0), TRACER_SEES(self->tracee));
			ASSERT_EQ(SIGCHLD, sigtimedwait(&self->sigchld, &info, &now));
		}
		EXPECT_EQ(self->tracee, info.si_pid);
		EXPECT_EQ(POLLIN, events_of(pidfd));
		EXPECT_EQ(self->tracee, found_by(pidfd, WEXITED, &info));
		EXPECT_EQ(CLD_EXITED, info.si_code);
		EXPECT_EQ(POLLIN | POLLHUP, events_of(pidfd));
		EXPECT_EQ(-ECHILD, found_by(pidfd, WEXITED, &info));
		self->tracee = 0;
		close(pidfd);
		if (tracer_exits) {
			ASSERT_EQ(EXITED(0), next_status(self->tracer.pid));
			self->tracer.pid = 0;
		} else {
			ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
			ASSERT_EQ(SIGCHLD, sigtimedwait(&self->sigchld, &info, &now));
		}
	}
}

/* wait_task_stopped(): a tracer finds stops by a pidfd, too. */
TEST_F(waits, pidfd_of_a_tracee)
{
	const int stop = variant->how == PTRACE_SEIZE ? SIGTRAP | PTRACE_EVENT_STOP << 8 : SIGSTOP;
	siginfo_t info;
	int pidfd;

	start_grandchild(_metadata, self);
	pidfd = pidfd_of(self->tracee);
	ASSERT_LE(0, pidfd);
	EXPECT_EQ(-ECHILD, found_by(pidfd, WEXITED, &info));
	ASSERT_EQ(0, REQ(variant->how, self->tracee, 0));
	if (variant->how == PTRACE_SEIZE) {
		ASSERT_EQ(0, interrupt(self->tracee));
	}
	wait_for_state(self->tracee, 't');
	EXPECT_EQ(0, events_of(pidfd));
	/* "Traditionally we see ptrace'd stopped tasks regardless of options." */
	EXPECT_EQ(self->tracee, found_by(pidfd, WEXITED | WNOWAIT, &info));
	EXPECT_EQ(self->tracee, found_by(pidfd, WCONTINUED, &info));
	EXPECT_EQ(CLD_TRAPPED, info.si_code);
	EXPECT_EQ(stop, info.si_status);
	EXPECT_EQ(0, found_by(pidfd, WSTOPPED, &info));
	ASSERT_EQ(0, detach(self->tracee, 0));
	EXPECT_EQ(-ECHILD, found_by(pidfd, WEXITED, &info));
	close(pidfd);
	kill(self->tracee, SIGKILL);
	self->tracee = 0;
}

/* Races */

static bool is_over(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - begin->tv_sec >= SECONDS;
}

/*
 * wait_consider_task(): while a tracer collects the child, in EXIT_TRACE, the real parent's wait
 * does not fail: the child will be there for it.
 */
TEST_F(waits, child_that_is_being_collected)
{
	struct timespec begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	tracer_start(&self->tracer);
	for (int i = 0; i < ROUNDS && !is_over(&begin); i++) {
		char seen;

		self->tracee = spawn(sleep_on_pipe, self->shared);
		ASSERT_LT(0, self->tracee);
		tracer_takes(_metadata, self, variant);
		if (i % 3 == 1) {
			ASSERT_EQ(0, TELL(PTRACE_SETOPTIONS, self->tracee, PTRACE_O_TRACEEXIT));
			ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
			ASSERT_TRUE(wake(self->shared));
			ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), TRACER_SEES(self->tracee));
		}
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		tracer_tell(&self->tracer, TELL_STATUS, self->tracee, 0, 0);
		if (i % 3 != 1) {
			ASSERT_TRUE(wake(self->shared));
		}
		do
			seen = parent_sees(self->tracee, WEXITED | (i & 1 ? WNOHANG : 0));
		while (seen == '-');
		ASSERT_EQ('x', seen) {
			TH_LOG("round %d", i);
		}
		self->tracee = 0;
		ASSERT_EQ(EXITED(0), tracer_answer(&self->tracer));
	}
}

static _Atomic pid_t polled;
static _Atomic int wrong_status;

/* Look for stops of the tracee, and leave them to the tracer. */
static void *poll_for_stops(void *unused)
{
	while (polled) {
		siginfo_t info = {};

		if (!waitid(P_PID, polled, &info, WSTOPPED | WNOHANG | WNOWAIT) && info.si_pid &&
		    (info.si_status & 0xff) == SIGUSR2)
			wrong_status = info.si_status;
	}
	return NULL;
}

static void ignore(int sig)
{
}

static int spin_with_handler(struct shared *shared)
{
	signal(SIGUSR2, ignore);
	return spin(shared);
}

/* ptrace_resume(): the signal for the tracee is in exit_code, where a wait must not find it. */
TEST_F(waits, signal_that_is_injected)
{
	struct timespec begin;
	pthread_t thread;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	self->tracee = spawn(spin_with_handler, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
	take(_metadata, variant, self->tracee);
	polled = self->tracee;
	ASSERT_EQ(0, pthread_create(&thread, NULL, poll_for_stops, NULL));
	while (!is_over(&begin) && !wrong_status) {
		ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
		ASSERT_EQ(0, cont(self->tracee, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
		ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
		ASSERT_EQ(0, cont(self->tracee, SIGUSR2));
		ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
	}
	polled = 0;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, wrong_status);
}

/* The dead leader of a process that lives */

static pid_t leader;
static long leader_how;
static struct shared *leader_shared;

/* Trace the leader until it is dead, and wait for what a dead task cannot do. */
static int trace_dead_leader(struct shared *own)
{
	siginfo_t info = {};

	CHECK(!REQ(leader_how, leader, 0));
	if (leader_how == PTRACE_ATTACH) {
		CHECK(next_status(leader) == SIGNAL_STOP(SIGSTOP));
		CHECK(!cont(leader, 0));
	}
	CHECK(wake(leader_shared));
	wait_for_state(leader, 'Z');
	CHECK(waitid(P_PID, leader, &info, WSTOPPED) == -1 && errno == ECHILD);
	CHECK(!waitid(P_PID, leader, &info, WCONTINUED | WNOHANG) && !info.si_pid);
	CHECK(!waitid(P_PID, leader, &info, WEXITED | WNOHANG) && !info.si_pid);
	own->signals = 1;
	/* The process ends as its last thread does, whatever its leader has said. */
	CHECK(next_status(leader) == EXITED(0));
	return 0;
}

/*
 * wait_consider_task(): "Allow access to stopped/continued state via zombie": the real parent sees
 * the job control of the process, as if the leader were neither dead nor traced. The tracer's
 * wait for a stop fails at once.
 */
TEST_F(waits, dead_leader)
{
	struct shared *own = shared_new();
	siginfo_t info = {};
	int pidfd;

	self->tracee = spawn(leave_leader_dead, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_state(self->tracee, 'S');
	pidfd = pidfd_of(self->tracee);
	leader = self->tracee;
	leader_how = variant->how;
	leader_shared = self->shared;
	self->other = spawn(trace_dead_leader, own);
	while (!own->signals) {
		ASSERT_EQ(0, status_now(self->other));
	}
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
		ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
		ASSERT_EQ('-', parent_sees_now(self->tracee));
		ASSERT_EQ(0, kill(self->tracee, SIGCONT));
		ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
		wait_for_progress(self->shared);
	}
	EXPECT_EQ(0, events_of(pidfd));
	EXPECT_EQ(0, found_by(pidfd, WEXITED, &info));
	self->shared->quit = 1;
	ASSERT_EQ('x', parent_sees(self->tracee, WSTOPPED | WEXITED));
	self->tracee = 0;
	EXPECT_EQ(POLLIN | POLLHUP, events_of(pidfd));
	close(pidfd);
	ASSERT_EQ(EXITED(0), next_status(self->other));
	self->other = 0;
}

/* Which children a wait finds */

/* A child whose end its parent is told by @signal, which may be 0. */
static pid_t clone_child(struct shared *shared, int signal)
{
	const pid_t pid = syscall(SYS_clone, signal, 0, 0, 0, 0);

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	_exit(spin(shared));
}

/* eligible_child(): __WCLONE counts for children, not for tracees: any wait finds these. */
TEST_F(waits, without_wall)
{
	static const int signals[] = { SIGCHLD, 0, SIGUSR1 };
	static const int options[] = { 0, __WCLONE, __WALL };

	signal(SIGUSR1, SIG_IGN);
	for (int i = 0; i < 9; i++) {
		const int exit_signal = signals[i / 3], option = options[i % 3];
		const bool found = option == __WALL ||
				   (exit_signal == SIGCHLD) == (option != __WCLONE);

		for (int traced = 0; traced < 2; traced++) {
			const bool finds = found || traced;
			int status = 0;

			self->shared->quit = 0;
			self->tracee = clone_child(self->shared, exit_signal);
			ASSERT_LT(0, self->tracee);
			wait_for_progress(self->shared);
			if (traced) {
				ASSERT_EQ(0, REQ(variant->how, self->tracee, 0));
				if (variant->how == PTRACE_SEIZE) {
					ASSERT_EQ(0, interrupt(self->tracee));
				}
				/* Any wait, even one for no child in particular, eats a stop. */
				ASSERT_EQ(self->tracee, waitpid(i & 1 ? -1 : self->tracee, &status,
								option));
				EXPECT_TRUE(WIFSTOPPED(status));
				ASSERT_EQ(0, cont(self->tracee, 0));
			}
			self->shared->quit = 1;
			wait_for_state(self->tracee, 'Z');
			EXPECT_EQ(finds ? self->tracee : -1, waitpid(-1, &status, option)) {
				TH_LOG("signal %d, options %#x, traced %d", exit_signal, option,
				       traced);
			}
			if (!finds)
				status = next_status(self->tracee);
			EXPECT_EQ(EXITED(0), status);
			self->tracee = 0;
		}
	}
}

static void *spin_with_id(void *arg)
{
	((struct shared *)arg)->signals = thread_id();
	return spin_and_exit(arg);
}

static int spin_in_both(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, spin_with_id, shared))
		return 1;
	return spin(shared);
}

/* The same of a thread, which is nobody's child: without __WALL, its tracer finds it. */
TEST_F(waits, thread_without_wall)
{
	int status;
	pid_t tid;

	self->tracee = spawn(spin_in_both, self->shared);
	ASSERT_LT(0, self->tracee);
	while (!self->shared->signals)
		sched_yield();
	tid = self->shared->signals;
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, REQ(variant->how, tid, 0));
		if (variant->how == PTRACE_SEIZE) {
			ASSERT_EQ(0, interrupt(tid));
		}
		ASSERT_EQ(tid, waitpid(i ? -1 : tid, &status, i ? __WCLONE : 0));
		ASSERT_TRUE(WIFSTOPPED(status));
		ASSERT_EQ(0, detach(tid, 0));
		EXPECT_EQ(-1, waitpid(tid, &status, WNOHANG));
	}
}

/* Who sees the end */

/*
 * SIGKILL, SIGCONT and the ends of tracing in each order. A letter of @does is what the tracer
 * does, K SIGKILL, C SIGCONT, D PTRACE_DETACH, T the same with SIGTERM, P PTRACE_KILL; the one
 * below it is whether that fails: E with ESRCH. Who sees the end: t the tracer first, and then
 * the parent; p the parent only.
 */
static const struct order_of_end {
	const char *does, *fails, *seen_by;
} orders_of_end[] = {
	{ "KCD",
	  "--E", "t" },
	{ "CKD",
	  "--E", "t" },
	{ "KDC",
	  "-E-", "t" },
	{ "CDK",
	  "---", "p" },
	{ "DKC",
	  "---", "p" },
	{ "PTC",
	  "-E-", "t" },
	{ "TPK",
	  "-E-", "p" },
};

TEST_F(waits, end_of_a_tracee)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders_of_end); i++) {
		const struct order_of_end *order = &orders_of_end[i];
		const bool by_term = order->does[0] == 'T' && variant->how == PTRACE_ATTACH;

		self->tracee = spawn(spin, self->shared);
		ASSERT_LT(0, self->tracee);
		wait_for_progress(self->shared);
		tracer_start(&self->tracer);
		tracer_takes(_metadata, self, variant);
		for (int n = 0; order->does[n]; n++) {
			long ret = 0;

			switch (order->does[n]) {
			case 'K':
				ret = kill(self->tracee, SIGKILL);
				break;
			case 'C':
				ret = kill(self->tracee, SIGCONT);
				break;
			case 'D':
				ret = TELL(PTRACE_DETACH, self->tracee, 0);
				break;
			case 'T':
				ret = TELL(PTRACE_DETACH, self->tracee, SIGTERM);
				if (by_term)
					wait_for_state(self->tracee, 'Z');
				break;
			case 'P':
				ret = TELL(PTRACE_KILL, self->tracee, 0);
				break;
			}
			EXPECT_EQ(order->fails[n] == 'E' ? -ESRCH : 0, ret) {
				TH_LOG("%s, %c", order->does, order->does[n]);
			}
		}
		EXPECT_EQ(order->seen_by[0] == 't' ? KILLED(SIGKILL) : -ECHILD,
			  TRACER_SEES(self->tracee));
		/* The stop of an INTERRUPT takes no signal. */
		EXPECT_EQ(by_term ? 't' : 'k', parent_sees(self->tracee, WEXITED)) {
			TH_LOG("%s", order->does);
		}
		self->tracee = 0;
		ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
	}
}

/* SIGKILL during PTRACE_DETACH: either it fails and the tracer sees the end, or the parent does. */
TEST_F(waits, end_during_detach)
{
	struct timespec begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	tracer_start(&self->tracer);
	for (int i = 0; i < ROUNDS / 2 && !is_over(&begin); i++) {
		long ret;

		self->tracee = spawn(spin, self->shared);
		ASSERT_LT(0, self->tracee);
		tracer_takes(_metadata, self, variant);
		tracer_tell(&self->tracer, PTRACE_DETACH, self->tracee, 0, 0);
		for (volatile int n = 0; n < i * 50; n++)
			;
		ASSERT_EQ(0, kill(self->tracee, SIGKILL));
		ret = tracer_answer(&self->tracer);
		if (ret) {
			ASSERT_EQ(-ESRCH, ret);
			ASSERT_EQ(KILLED(SIGKILL), TRACER_SEES(self->tracee));
		} else {
			ASSERT_EQ(-ECHILD, TRACER_SEES_NOW(self->tracee));
		}
		ASSERT_EQ('k', parent_sees(self->tracee, WEXITED));
		self->tracee = 0;
	}
}

TEST_HARNESS_MAIN
