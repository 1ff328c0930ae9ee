// SPDX-License-Identifier: GPL-2.0
/*
 * Stops by other signals than SIGSTOP, stop signals that a tracer injects, and tracees that have
 * a terminal. The tests of group_stop.c are about SIGSTOP.
 *
 * man: "Group-stop", "Signal injection and suppression"; kernel/signal.c: get_signal(),
 * ptrace_signal(), do_signal_stop(), prepare_signal(); drivers/tty/tty_jobctrl.c.
 */
#include <sys/ioctl.h>
#include <termios.h>

#include "ptrace_group.h"

FIXTURE(job_control)
{
	struct shared *shared;
	struct tracer tracer;
	/* A session of its own, in one of the tests. */
	pid_t session;
	pid_t tracee;
};

FIXTURE_VARIANT(job_control)
{
	bool attach;
};

FIXTURE_VARIANT_ADD(job_control, attach) { .attach = true };
FIXTURE_VARIANT_ADD(job_control, seize) { .attach = false };

FIXTURE_SETUP(job_control)
{
	self->shared = shared_new();
	}

FIXTURE_TEARDOWN(job_control)
{
	tracer_end(&self->tracer);
	reap(self->tracee);
	reap(self->session);
}

/* The stop for a group stop by @sig. */
static int group_stop(const FIXTURE_VARIANT(job_control) *variant, int sig)
{
	return variant->attach ? SIGNAL_STOP(sig) : EVENT_STOP(sig);
}

/* Its parent has the same session, but another process group: the group is not orphaned. */
static int spin_in_group(struct shared *shared)
{
	setpgid(0, 0);
	return spin(shared);
}

/* Of a session of its own, the only process group is orphaned. */
static int spin_in_session(struct shared *shared)
{
	setsid();
	return spin(shared);
}

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(job_control) *self,
		  int (*body)(struct shared *))
{
	self->shared->quit = 0;
	self->tracee = spawn(body, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
}

/* Start a tracee that runs, traced by the tracer of the fixture. */
static void start_traced(struct __test_metadata *_metadata, FIXTURE_DATA(job_control) *self,
			 const FIXTURE_VARIANT(job_control) *variant,
			 int (*body)(struct shared *))
{
	start(_metadata, self, body);
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(variant->attach ? PTRACE_ATTACH : PTRACE_SEIZE, self->tracee, 0));
	if (variant->attach) {
		ASSERT_EQ(SIGNAL_STOP(SIGSTOP), TRACER_SEES(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	}
}

/* The signal by which the child has stopped, as its real parent sees it now; 0 if it has not. */
static int stopped_by(pid_t pid, int options)
{
	siginfo_t info = {};

	if (waitid(P_PID, pid, &info, WSTOPPED | WCONTINUED | WEXITED | options))
		return -errno;
	return !info.si_pid ? 0 : info.si_code == CLD_STOPPED ? info.si_status : -1;
}

/* Have the tracee take @sig, and then the tracer inject @injected. */
static void inject(struct __test_metadata *_metadata, FIXTURE_DATA(job_control) *self, int sig,
		   int injected)
{
	ASSERT_EQ(0, kill(self->tracee, sig));
	ASSERT_EQ(SIGNAL_STOP(sig), TRACER_SEES(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, injected));
}

/* SIGCONT: the tracer sees the end of a group stop, if it has seized, and the signal. */
static void continues(struct __test_metadata *_metadata, FIXTURE_DATA(job_control) *self,
		      const FIXTURE_VARIANT(job_control) *variant)
{
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	if (!variant->attach) {
		ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	}
	ASSERT_EQ(SIGNAL_STOP(SIGCONT), TRACER_SEES(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
}

static void ends(struct __test_metadata *_metadata, FIXTURE_DATA(job_control) *self)
{
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), TRACER_SEES(self->tracee));
	ASSERT_EQ('x', parent_sees(self->tracee, WSTOPPED | WCONTINUED | WEXITED));
	self->tracee = 0;
	tracer_end(&self->tracer);
}

static const int stop_signals[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };

#define STOP_SIGNALS ((int)ARRAY_SIZE(stop_signals))

/*
 * do_signal_stop(): each stop signal makes a group stop, which the tracer and the real parent see
 * with that signal. Another one during the group stop makes a stop of its own for the tracer
 * only. DETACH leaves the task in the group stop, and the next tracer sees the last signal.
 */
TEST_F(job_control, each_signal)
{
	for (int i = 0; i < STOP_SIGNALS; i++) {
		const int sig = stop_signals[i], next = stop_signals[(i + 1) % STOP_SIGNALS];

		start_traced(_metadata, self, variant, spin_in_group);
		inject(_metadata, self, sig, sig);
		ASSERT_EQ(group_stop(variant, sig), TRACER_SEES(self->tracee));
		ASSERT_EQ(sig, stopped_by(self->tracee, 0));

		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		wait_for_progress(self->shared);
		inject(_metadata, self, next, next);
		ASSERT_EQ(group_stop(variant, next), TRACER_SEES(self->tracee));
		ASSERT_EQ(0, stopped_by(self->tracee, WNOHANG));

		ASSERT_EQ(0, TELL(PTRACE_DETACH, self->tracee, 0));
		wait_for_state(self->tracee, 'T');
		ASSERT_EQ(0, stopped_by(self->tracee, WNOHANG));
		ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
		ASSERT_EQ(EVENT_STOP(next), TRACER_SEES(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_DETACH, self->tracee, 0));
		wait_for_state(self->tracee, 'T');
		ASSERT_EQ(0, kill(self->tracee, SIGCONT));
		ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
		self->shared->quit = 1;
		ASSERT_EQ('x', parent_sees(self->tracee, WSTOPPED | WCONTINUED | WEXITED));
		self->tracee = 0;
		tracer_end(&self->tracer);
	}
}

/* A task that has stopped before it is traced: its first stop tells by which signal. */
TEST_F(job_control, stopped_before)
{
	for (int i = 0; i < STOP_SIGNALS; i++) {
		const int sig = stop_signals[i];

		start(_metadata, self, spin_in_group);
		ASSERT_EQ(0, kill(self->tracee, sig));
		ASSERT_EQ(sig, stopped_by(self->tracee, 0));
		tracer_start(&self->tracer);
		ASSERT_EQ(0, TELL(variant->attach ? PTRACE_ATTACH : PTRACE_SEIZE, self->tracee, 0));
		ASSERT_EQ(group_stop(variant, sig), TRACER_SEES_NOW(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		if (variant->attach) {
			ASSERT_EQ(SIGNAL_STOP(SIGSTOP), TRACER_SEES(self->tracee));
			ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		}
		wait_for_progress(self->shared);
		ASSERT_EQ(0, stopped_by(self->tracee, WNOHANG));
		continues(_metadata, self, variant);
		ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
		ends(_metadata, self);
	}
}

/* get_signal(): "if pgrp is orphaned": only SIGSTOP stops it. The tracer sees all of them. */
TEST_F(job_control, orphaned)
{
	start_traced(_metadata, self, variant, spin_in_session);
	for (int i = 1; i < STOP_SIGNALS; i++) {
		inject(_metadata, self, stop_signals[i], stop_signals[i]);
		wait_for_progress(self->shared);
		ASSERT_EQ(0, stopped_by(self->tracee, WNOHANG));
		ASSERT_EQ(0, TRACER_SEES_NOW(self->tracee));
	}
	inject(_metadata, self, SIGTSTP, SIGSTOP);
	ASSERT_EQ(group_stop(variant, SIGSTOP), TRACER_SEES(self->tracee));
	ASSERT_EQ(SIGSTOP, stopped_by(self->tracee, 0));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	ends(_metadata, self);
}

/*
 * ptrace_signal(): JOBCTL_STOP_DEQUEUED, "because we do not know whether debugger will change
 * signr": a stop signal that replaces any other signal stops the process. A SIGCONT that comes
 * before the tracer injects it cancels it.
 */
TEST_F(job_control, injected)
{
	static const int reported[] = { SIGCONT, SIGUSR1, SIGWINCH, SIGTTOU };
	static const int stops[] = { SIGSTOP, SIGTSTP };

	start_traced(_metadata, self, variant, spin_in_group);
	for (int i = 0; i < 8; i++) {
		const int sig = reported[i / 2], stop = stops[i % 2];

		if (sig == SIGCONT) {
			ASSERT_EQ(0, kill(self->tracee, sig));
			if (!variant->attach) {
				ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
				ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
			}
			ASSERT_EQ(SIGNAL_STOP(sig), TRACER_SEES(self->tracee));
			ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, stop));
		} else {
			inject(_metadata, self, sig, stop);
		}
		ASSERT_EQ(group_stop(variant, stop), TRACER_SEES(self->tracee)) {
			TH_LOG("signal %d for %d", stop, sig);
		}
		ASSERT_EQ(stop, stopped_by(self->tracee, 0));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		continues(_metadata, self, variant);
		ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));

		if (sig == SIGCONT)
			continue;
		ASSERT_EQ(0, kill(self->tracee, sig));
		ASSERT_EQ(SIGNAL_STOP(sig), TRACER_SEES(self->tracee));
		ASSERT_EQ(0, kill(self->tracee, SIGCONT));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, stop));
		if (!variant->attach) {
			ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
			ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		}
		ASSERT_EQ(SIGNAL_STOP(SIGCONT), TRACER_SEES(self->tracee)) {
			TH_LOG("signal %d for %d", stop, sig);
		}
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		wait_for_progress(self->shared);
		ASSERT_EQ(0, stopped_by(self->tracee, WNOHANG));
	}
	ends(_metadata, self);
}

/* A handler that is there for one SIGCONT */

static struct shared *handled;

static void count_signal(int sig)
{
	handled->signals++;
}

static int spin_with_one_shot(struct shared *shared)
{
	const struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_RESETHAND };

	handled = shared;
	sigaction(SIGCONT, &action, NULL);
	return spin(shared);
}

/* Whether the tracee has a handler for the signal. */
static bool is_caught(pid_t pid, int sig)
{
	char value[64];

	proc_status(pid, "SigCgt", value);
	return strtoull(value, NULL, 16) >> (sig - 1) & 1;
}

/* SA_RESETHAND: a SIGCONT that the tracer suppresses leaves the handler there. */
TEST_F(job_control, one_shot_handler)
{
	start_traced(_metadata, self, variant, spin_with_one_shot);
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, kill(self->tracee, SIGCONT));
		if (!variant->attach) {
			ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
			ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		}
		ASSERT_EQ(SIGNAL_STOP(SIGCONT), TRACER_SEES(self->tracee));
		EXPECT_EQ(i < 3, is_caught(self->tracee, SIGCONT));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, i < 2 ? 0 : SIGCONT));
		wait_for_progress(self->shared);
		EXPECT_EQ(i >= 2, self->shared->signals);
	}
	EXPECT_FALSE(is_caught(self->tracee, SIGCONT));
	/* It was in no group stop that it could continue from. */
	ASSERT_EQ(0, stopped_by(self->tracee, WNOHANG));
	ends(_metadata, self);
}

/* A terminal */

static int read_terminal(struct shared *shared)
{
	char byte;

	setpgid(0, 0);
	shared->signals = getpid();
	while (tcgetpgrp(0) != getpid())
		sched_yield();
	while (read(0, &byte, 1) == 1)
		shared->count++;
	return 0;
}

/*
 * A session with a terminal, which starts a reader. At each byte of the pipe, the reader becomes
 * the terminal's foreground, or the leader does.
 */
static int be_session(struct shared *shared)
{
	bool reader_is_foreground = false;
	pid_t reader;
	char byte;

	if (setsid() < 0 || ioctl(0, TIOCSCTTY, 0))
		return 1;
	signal(SIGTTOU, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	reader = spawn(read_terminal, shared);
	while (!shared->signals)
		sched_yield();
	do {
		reader_is_foreground = !reader_is_foreground;
		if (tcsetpgrp(0, reader_is_foreground ? reader : getpgrp()))
			return 2;
		shared->quit++;
	} while (read(shared->pipe[0], &byte, 1) == 1);
	return 0;
}

/* The two ends of a terminal. */
static int master, slave;

static int be_session_of_terminal(struct shared *shared)
{
	dup2(slave, 0);
	close(slave);
	close(master);
	return be_session(shared);
}

/* Have the reader be in the foreground, or no longer. */
static void other_foreground(struct __test_metadata *_metadata, FIXTURE_DATA(job_control) *self)
{
	const int times = self->shared->quit;

	ASSERT_TRUE(wake(self->shared));
	while (self->shared->quit == times) {
		ASSERT_EQ(0, status_now(self->session));
	}
}

/* Wait for a signal that the terminal has sent. */
static void terminal_sends(struct __test_metadata *_metadata, FIXTURE_DATA(job_control) *self,
			   int sig)
{
	siginfo_t info = {};

	ASSERT_EQ(SIGNAL_STOP(sig), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
	EXPECT_EQ(sig, info.si_signo);
	EXPECT_EQ(SI_KERNEL, info.si_code);
}

/*
 * n_tty_receive_char(), __tty_check_change(): a tracer sees the signals of the terminal. If it
 * suppresses SIGTTIN, the read is restarted, and sends it again; in the foreground, it reads.
 */
TEST_F(job_control, terminal)
{
	static const struct {
		char byte;
		int sig;
	} keys[] = { { 'C' - '@', SIGINT }, { '\\' - '@', SIGQUIT }, { 'Z' - '@', SIGTSTP } };
	const struct winsize size = { 10, 20 };
	int lock = 0;

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	if (master < 0)
		SKIP(return, "no terminals");
	ASSERT_EQ(0, ioctl(master, TIOCSPTLCK, &lock));
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	ASSERT_LE(0, slave);
	self->session = spawn(be_session_of_terminal, self->shared);
	ASSERT_LT(0, self->session);
	close(slave);
	while (!self->shared->quit) {
		ASSERT_EQ(0, status_now(self->session));
	}
	self->tracee = self->shared->signals;
	ASSERT_EQ(0, variant->attach ? attach(self->tracee) : seize(self->tracee));
	if (variant->attach) {
		ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
		ASSERT_EQ(0, cont(self->tracee, 0));
	}
	wait_for_state(self->tracee, 'S');

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		ASSERT_EQ(1, write(master, &keys[i].byte, 1));
		terminal_sends(_metadata, self, keys[i].sig);
		ASSERT_EQ(0, cont(self->tracee, 0));
	}
	ASSERT_EQ(0, ioctl(master, TIOCSWINSZ, &size));
	terminal_sends(_metadata, self, SIGWINCH);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(1, write(master, "\032", 1));
	terminal_sends(_metadata, self, SIGTSTP);
	ASSERT_EQ(0, cont(self->tracee, SIGTSTP));
	ASSERT_EQ(group_stop(variant, SIGTSTP), next_status(self->tracee));

	/* In the background. */
	other_foreground(_metadata, self);
	ASSERT_EQ(0, cont(self->tracee, 0));
	for (int i = 0; i < 5; i++) {
		terminal_sends(_metadata, self, SIGTTIN);
		if (i == 4)
			other_foreground(_metadata, self);
		ASSERT_EQ(0, cont(self->tracee, 0));
	}
	ASSERT_EQ(0, self->shared->count);
	ASSERT_EQ(2, write(master, "x\n", 2));
	while (self->shared->count != 2) {
		ASSERT_EQ(0, status_now(self->tracee));
	}

	/* The terminal hangs up: the read ends, and SIGHUP is for the leader. */
	close(master);
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

TEST_HARNESS_MAIN
