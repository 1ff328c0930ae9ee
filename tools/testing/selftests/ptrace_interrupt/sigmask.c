// SPDX-License-Identifier: GPL-2.0
/*
 * PTRACE_GETSIGMASK and PTRACE_SETSIGMASK: the signals that a tracee blocks.
 *
 * Before a test, "man:" quotes ptrace(2), and a function's name is what the test checks.
 */
#include <dirent.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/signalfd.h>

#include "ptrace_data.h"

FIXTURE(sigmask)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(sigmask)
{
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(sigmask)
{
	reap(self->tracee);
}

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(sigmask) *self,
		  int (*body)(struct shared *), char state)
{
	self->tracee = start_stopped(body, self->shared, state, 0);
	ASSERT_LT(0, self->tracee);
}

/* Resume the tracee with @sig; its next status is @status. */
static void go(struct __test_metadata *_metadata, FIXTURE_DATA(sigmask) *self, int sig,
	       int status)
{
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, sig));
	ASSERT_EQ(status, next_status(self->tracee));
}

static unsigned long long mask_of(const sigset_t *set)
{
	unsigned long long mask;

	memcpy(&mask, set, sizeof(mask));
	return mask;
}

static unsigned long long bit(int sig)
{
	return 1ULL << (sig - 1);
}

static unsigned long long get_mask(pid_t pid)
{
	unsigned long long mask[2];

	memset(mask, FILLER, sizeof(mask));
	if (request(PTRACE_GETSIGMASK, pid, 8, (unsigned long)mask) ||
	    !all_are(&mask[1], FILLER, 8))
		return -1;
	return mask[0];
}

static long set_mask(pid_t pid, unsigned long long mask)
{
	return request(PTRACE_SETSIGMASK, pid, 8, (unsigned long)&mask);
}

static unsigned long long blocked(pid_t pid)
{
	char value[64];

	proc_status(pid, "SigBlk", value);
	return strtoull(value, NULL, 16);
}

/* man: "Place a copy of the mask of blocked signals": every signal can be set, except two */
TEST_F(sigmask, mask)
{
	start(_metadata, self, spin, 'R');
	EXPECT_EQ(0, get_mask(self->tracee));
	for (int sig = 1; sig <= 64; sig++) {
		const bool can = sig != SIGKILL && sig != SIGSTOP;

		EXPECT_EQ(0, set_mask(self->tracee, bit(sig)));
		EXPECT_EQ(can ? bit(sig) : 0, get_mask(self->tracee));
		EXPECT_EQ(can ? bit(sig) : 0, blocked(self->tracee));
	}
}

/* "Every thread does recalc_sigpending() after resume": a pending signal is delivered */
TEST_F(sigmask, unblocked_is_delivered)
{
	start(_metadata, self, spin, 'R');
	ASSERT_EQ(0, set_mask(self->tracee, bit(SIGUSR1) | bit(SIGUSR2)));
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	ASSERT_EQ(0, syscall(SYS_tgkill, self->tracee, self->tracee, SIGUSR2));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, waitpid(self->tracee, NULL, WNOHANG));

	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, set_mask(self->tracee, bit(SIGUSR2)));
	go(_metadata, self, 0, SIGNAL_STOP(SIGUSR1));
	ASSERT_EQ(0, set_mask(self->tracee, 0));
	go(_metadata, self, 0, SIGNAL_STOP(SIGUSR2));
}

static struct shared *handling;

static void count_signal(int sig)
{
	handling->signals++;
}

static int spin_with_handler(struct shared *shared)
{
	signal(SIGUSR1, count_signal);
	return spin(shared);
}

/* The tracer blocks the signal of a signal-delivery-stop. */
TEST_F(sigmask, blocked_in_delivery)
{
	handling = self->shared;
	start(_metadata, self, spin_with_handler, 'R');
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	go(_metadata, self, 0, SIGNAL_STOP(SIGUSR1));
	ASSERT_EQ(0, set_mask(self->tracee, bit(SIGUSR1)));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, SIGUSR1));
	wait_for_progress(self->shared);
	/* ptrace_signal() queues the signal again, since it is blocked now. */
	EXPECT_EQ(0, self->shared->signals);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, set_mask(self->tracee, 0));
	go(_metadata, self, 0, SIGNAL_STOP(SIGUSR1));
}

/* The tracee's mask after its sleep. */
static unsigned long long *afterwards;

static void ignore(int sig)
{
}

/* Block one signal, and sleep with another one blocked instead. */
static int sleep_with_mask(struct shared *shared, bool suspend)
{
	sigset_t outside, inside;

	sigemptyset(&outside);
	sigaddset(&outside, SIGUSR1);
	sigemptyset(&inside);
	sigaddset(&inside, SIGUSR2);
	sigprocmask(SIG_SETMASK, &outside, NULL);
	signal(SIGALRM, ignore);
	if (suspend)
		sigsuspend(&inside);
	else
		ppoll(NULL, 0, NULL, &inside);
	/* Tell the tracer the mask after the sleep. */
	sigprocmask(SIG_SETMASK, NULL, &outside);
	*afterwards = mask_of(&outside);
	shared->signals = 1;
	return spin(shared);
}

static int sleep_in_sigsuspend(struct shared *shared)
{
	return sleep_with_mask(shared, true);
}

static int sleep_in_ppoll(struct shared *shared)
{
	return sleep_with_mask(shared, false);
}

/*
 * ptrace_request(): the requests get and set the mask that the tracee will have in user
 * mode, which is not the one that it sleeps with.
 */
static void mask_of_sleeper(struct __test_metadata *_metadata, FIXTURE_DATA(sigmask) *self,
			    int (*body)(struct shared *), unsigned long long setting)
{
	afterwards = shared_memory(sizeof(*afterwards));
	start(_metadata, self, body, 'S');
	EXPECT_EQ(bit(SIGUSR2), blocked(self->tracee));
	EXPECT_EQ(bit(SIGUSR1), get_mask(self->tracee));
	if (setting) {
		ASSERT_EQ(0, set_mask(self->tracee, setting));
		EXPECT_EQ(setting, blocked(self->tracee));
		EXPECT_EQ(setting, get_mask(self->tracee));
	}

	/* A signal that it has a handler for ends the sleep. */
	ASSERT_EQ(0, kill(self->tracee, SIGALRM));
	go(_metadata, self, 0, SIGNAL_STOP(SIGALRM));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, SIGALRM));
	while (!self->shared->signals)
		sched_yield();
	EXPECT_EQ(setting ? setting : bit(SIGUSR1), *afterwards);
}

TEST_F(sigmask, mask_in_sigsuspend)
{
	mask_of_sleeper(_metadata, self, sleep_in_sigsuspend, 0);
}

TEST_F(sigmask, mask_in_ppoll)
{
	mask_of_sleeper(_metadata, self, sleep_in_ppoll, 0);
}

TEST_F(sigmask, set_mask_in_sigsuspend)
{
	mask_of_sleeper(_metadata, self, sleep_in_sigsuspend, bit(SIGTERM) | bit(SIGHUP));
}

TEST_F(sigmask, set_mask_in_ppoll)
{
	mask_of_sleeper(_metadata, self, sleep_in_ppoll, bit(SIGTERM) | bit(SIGHUP));
}

static int wait_for_signal(struct shared *shared)
{
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigaddset(&set, SIGUSR2);
	while (!shared->quit) {
		*afterwards = sigwaitinfo(&set, &info);
		if (*afterwards == (unsigned long long)-1)
			*afterwards = errno;
		shared->signals++;
	}
	return 0;
}

static void signals_taken(struct __test_metadata *_metadata, FIXTURE_DATA(sigmask) *self,
			  int times, unsigned long long taken)
{
	while (self->shared->signals < times)
		sched_yield();
	EXPECT_EQ(taken, *afterwards);
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(0, REQ(PTRACE_INTERRUPT, 0, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
}

/*
 * do_sigtimedwait(): what the task waits for it takes without a report to the tracer, and it is not
 * blocked meanwhile; the mask of the task is the one before. The trap of an INTERRUPT ends the
 * wait. A signal that it waits for, and that its tracer then no longer has it block, is reported.
 */
TEST_F(sigmask, waited_for)
{
	afterwards = shared_memory(sizeof(*afterwards));
	start(_metadata, self, wait_for_signal, 'S');
	/* That trap has ended the first wait already. */
	EXPECT_EQ(bit(SIGUSR1), get_mask(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	signals_taken(_metadata, self, 1, EINTR);
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	/* The second wait, which this trap has ended, and the third. */
	signals_taken(_metadata, self, 3, SIGUSR1);
	EXPECT_EQ(bit(SIGUSR1), get_mask(self->tracee));
	/* One that is not blocked is reported, if it does not come during a wait. */
	ASSERT_EQ(0, kill(self->tracee, SIGUSR2));
	go(_metadata, self, 0, SIGNAL_STOP(SIGUSR2));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	signals_taken(_metadata, self, 4, EINTR);
	ASSERT_EQ(0, set_mask(self->tracee, 0));
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	go(_metadata, self, 0, SIGNAL_STOP(SIGUSR1));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
}

/* signalfd_dequeue(): the same for a signal that is read; in poll(2), it stays blocked. */
static int read_signals(struct shared *shared)
{
	struct signalfd_siginfo info;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_SETMASK, &set, NULL);
	fd = signalfd(-1, &set, 0);
	while (!shared->quit) {
		*afterwards = read(fd, &info, sizeof(info)) < 0 ? errno : info.ssi_signo;
		shared->signals++;
	}
	return 0;
}

TEST_F(sigmask, read_from_signalfd)
{
	afterwards = shared_memory(sizeof(*afterwards));
	start(_metadata, self, read_signals, 'S');
	EXPECT_EQ(bit(SIGUSR1), blocked(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	/* read(2) is restarted after a trap. */
	for (int i = 1; i < 4; i++) {
		wait_for_state(self->tracee, 'S');
		ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
		signals_taken(_metadata, self, i, SIGUSR1);
		EXPECT_EQ(i, self->shared->signals);
		ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	}
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(0, REQ(PTRACE_INTERRUPT, 0, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, set_mask(self->tracee, 0));
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	go(_metadata, self, 0, SIGNAL_STOP(SIGUSR1));
	EXPECT_EQ(3, self->shared->signals);
}

static int with_worker(struct shared *shared)
{
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 10 };

	if (syscall(SYS_io_uring_setup, 1, &params) < 0)
		return 42;
	return spin(shared);
}

/* The thread of @pid that is not its first, or 0. */
static pid_t other_thread(pid_t pid)
{
	struct dirent *entry;
	pid_t found = 0;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (atoi(entry->d_name) && atoi(entry->d_name) != pid)
			found = atoi(entry->d_name);
	if (dir)
		closedir(dir);
	return found;
}

/*
 * "A user worker only ever takes SIGKILL and SIGSTOP": a tracer cannot change its mask, and
 * that error comes before those for wrong arguments
 */
TEST_F(sigmask, user_worker)
{
	siginfo_t info = {};
	pid_t worker;

	self->tracee = spawn(with_worker, self->shared);
	ASSERT_LT(0, self->tracee);
	while (!self->shared->count && !info.si_pid) {
		ASSERT_EQ(0, waitid(P_PID, self->tracee, &info, WEXITED | WNOWAIT | WNOHANG));
		sched_yield();
	}
	if (info.si_pid)
		SKIP(return, "the kernel has no io_uring");
	worker = other_thread(self->tracee);
	ASSERT_LT(0, worker);
	ASSERT_EQ(0, seize(worker));
	ASSERT_EQ(0, interrupt(worker));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(worker));
	EXPECT_EQ(~(bit(SIGKILL) | bit(SIGSTOP)), get_mask(worker));
	EXPECT_EQ(-EPERM, set_mask(worker, 0));
	EXPECT_EQ(-EPERM, request(PTRACE_SETSIGMASK, worker, 7, BAD_POINTER));
	EXPECT_EQ(-EINVAL, request(PTRACE_GETSIGMASK, worker, 7, BAD_POINTER));
	EXPECT_EQ(~(bit(SIGKILL) | bit(SIGSTOP)), get_mask(worker));
	EXPECT_EQ(0, detach(worker, 0));
}

TEST_HARNESS_MAIN
