// SPDX-License-Identifier: GPL-2.0
/*
 * A tracer reads and changes the siginfo of a tracee's ptrace-stop, and reads those of its
 * pending signals.
 *
 * Before a test, "man:" quotes ptrace(2), and a function's name is what the test checks.
 */
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#include "ptrace_data.h"

/* The bytes of a siginfo that the kernel keeps. The rest is padding. */
#define KEPT		48

/* A siginfo as bytes, with bytes behind it that nothing may write. */
union info {
	siginfo_t info;
	unsigned char bytes[sizeof(siginfo_t) + 16];
};

FIXTURE(siginfo)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(siginfo)
{
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(siginfo)
{
	reap(self->tracee);
}

static long get(pid_t pid, union info *info)
{
	memset(info, FILLER, sizeof(*info));
	return request(PTRACE_GETSIGINFO, pid, 0, (unsigned long)info);
}

static long set(pid_t pid, const union info *info)
{
	return request(PTRACE_SETSIGINFO, pid, 0, (unsigned long)info);
}

/* All 128 bytes are those of @expected, and the kernel writes nothing behind them. */
static void check_info(struct __test_metadata *_metadata, pid_t pid, const siginfo_t *expected)
{
	union info info;

	ASSERT_EQ(0, get(pid, &info));
	for (size_t i = 0; i < sizeof(siginfo_t); i++) {
		EXPECT_EQ(((unsigned char *)expected)[i], info.bytes[i]) {
			TH_LOG("byte %zu", i);
		}
	}
	EXPECT_TRUE(all_are(info.bytes + sizeof(siginfo_t), FILLER, 16));
}

/* A siginfo with only the fields that all kinds have. */
static siginfo_t empty_info(int sig, int code)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = sig;
	info.si_code = code;
	return info;
}

static siginfo_t info_of(int sig, int code, pid_t pid)
{
	siginfo_t info = empty_info(sig, code);

	info.si_pid = pid;
	info.si_uid = getuid();
	return info;
}

/* Resume the tracee by @nr with @sig; its next status is @status. */
static void go(struct __test_metadata *_metadata, FIXTURE_DATA(siginfo) *self, long nr,
	       int sig, int status)
{
	ASSERT_EQ(0, request(nr, self->tracee, 0, sig));
	ASSERT_EQ(status, next_status(self->tracee));
}

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(siginfo) *self,
		  int (*body)(struct shared *), char state, unsigned long options)
{
	self->tracee = start_stopped(body, self->shared, state, options);
	ASSERT_LT(0, self->tracee);
}

/* man: "Retrieve information about the signal that caused the stop" */
TEST_F(siginfo, get_in_signal_delivery_stop)
{
	const union sigval value = { .sival_int = 0x12345678 };
	siginfo_t expected;

	start(_metadata, self, spin, 'R', 0);
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGUSR1));
	expected = info_of(SIGUSR1, SI_USER, getpid());
	check_info(_metadata, self->tracee, &expected);

	ASSERT_EQ(0, syscall(SYS_tgkill, self->tracee, self->tracee, SIGUSR2));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGUSR2));
	expected = info_of(SIGUSR2, SI_TKILL, getpid());
	check_info(_metadata, self->tracee, &expected);

	ASSERT_EQ(0, sigqueue(self->tracee, SIGRTMIN + 3, value));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGRTMIN + 3));
	expected = info_of(SIGRTMIN + 3, SI_QUEUE, getpid());
	expected.si_value.sival_int = 0x12345678;
	check_info(_metadata, self->tracee, &expected);
}

static int touch_nothing(struct shared *shared)
{
	volatile int *volatile nothing = (int *)0x30;

	sleep_on_pipe(shared);
	*nothing = 1;
	return 1;
}

/* force_sig_fault(): a signal that the tracee itself has caused */
TEST_F(siginfo, get_of_a_fault)
{
	siginfo_t expected = empty_info(SIGSEGV, SEGV_MAPERR);

	start(_metadata, self, touch_nothing, 'S', 0);
	ASSERT_TRUE(wake(self->shared));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGSEGV));
	expected.si_addr = (void *)0x30;
	check_info(_metadata, self->tracee, &expected);
}

/* do_jobctl_trap(), ptrace_do_notify(): the siginfo describes the stop, and has the tracee's ids */
TEST_F(siginfo, get_in_event_stop)
{
	siginfo_t expected;

	start(_metadata, self, spin, 'R', 0);
	expected = info_of(SIGTRAP, SIGTRAP | PTRACE_EVENT_STOP << 8, self->tracee);
	check_info(_metadata, self->tracee, &expected);

	/* The siginfo of the signal-delivery-stop is the sender's; that of group-stop is not. */
	ASSERT_EQ(0, kill(self->tracee, SIGTSTP));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGTSTP));
	expected = info_of(SIGTSTP, SI_USER, getpid());
	check_info(_metadata, self->tracee, &expected);
	go(_metadata, self, PTRACE_CONT, SIGSTOP, EVENT_STOP(SIGSTOP));
	expected = info_of(SIGSTOP, SIGSTOP | PTRACE_EVENT_STOP << 8, self->tracee);
	check_info(_metadata, self->tracee, &expected);
}

/* ptrace_report_syscall(): with TRACESYSGOOD and without, on entering and on leaving */
TEST_F(siginfo, get_in_syscall_stop)
{
	siginfo_t expected;

	start(_metadata, self, sleep_on_pipe, 'S', PTRACE_O_TRACESYSGOOD);
	expected = info_of(SIGTRAP, SIGTRAP | 0x80, self->tracee);
	go(_metadata, self, PTRACE_SYSCALL, 0, SIGNAL_STOP(SIGTRAP | 0x80));
	check_info(_metadata, self->tracee, &expected);
	ASSERT_TRUE(wake(self->shared));
	go(_metadata, self, PTRACE_SYSCALL, 0, SIGNAL_STOP(SIGTRAP | 0x80));
	check_info(_metadata, self->tracee, &expected);

	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, 0, 0));
	go(_metadata, self, PTRACE_SYSCALL, 0, SIGNAL_STOP(SIGTRAP));
	expected = info_of(SIGTRAP, SIGTRAP, self->tracee);
	check_info(_metadata, self->tracee, &expected);
}

/* ptrace_event(): PTRACE_EVENT_* */
TEST_F(siginfo, get_in_event)
{
	siginfo_t expected;

	start(_metadata, self, spin, 'R', PTRACE_O_TRACEEXIT);
	self->shared->quit = 1;
	go(_metadata, self, PTRACE_CONT, 0, EVENT(PTRACE_EVENT_EXIT));
	expected = info_of(SIGTRAP, SIGTRAP | PTRACE_EVENT_EXIT << 8, self->tracee);
	check_info(_metadata, self->tracee, &expected);
	/* Only the tracer can resume it. */
	go(_metadata, self, PTRACE_CONT, 0, EXITED(0));
	self->tracee = 0;
}

#ifndef __riscv
/* send_sigtrap(): a step is a signal, with the address that the tracee has reached */
TEST_F(siginfo, get_after_step)
{
	union info info;

	start(_metadata, self, spin, 'R', 0);
	go(_metadata, self, PTRACE_SINGLESTEP, 0, SIGNAL_STOP(SIGTRAP));
	ASSERT_EQ(0, get(self->tracee, &info));
	EXPECT_EQ(SIGTRAP, info.info.si_signo);
	EXPECT_EQ(TRAP_TRACE, info.info.si_code);
	EXPECT_EQ(0, info.info.si_errno);
}
#endif

#if __SIZEOF_LONG__ == 8
/* copy_siginfo(): the kernel returns all bytes that it keeps as they were set, even holes */
TEST_F(siginfo, set_keeps_every_byte)
{
	union info info, seen;

	start(_metadata, self, spin, 'R', 0);
	for (size_t i = 0; i < sizeof(info); i++)
		info.bytes[i] = 3 * i + 1;
	/* The kernel knows this kind: the bytes that it does not keep may be anything. */
	info.info.si_signo = SIGUSR1;
	info.info.si_code = SI_USER;
	ASSERT_EQ(0, set(self->tracee, &info));
	ASSERT_EQ(0, get(self->tracee, &seen));
	for (size_t i = 0; i < KEPT; i++) {
		EXPECT_EQ(info.bytes[i], seen.bytes[i]) {
			TH_LOG("byte %zu", i);
		}
	}
	EXPECT_TRUE(all_are(seen.bytes + KEPT, 0, sizeof(siginfo_t) - KEPT));
	EXPECT_TRUE(all_are(seen.bytes + sizeof(siginfo_t), FILLER, 16));
}

/* post_copy_siginfo_from_user(): E2BIG for each byte that would be lost; it sets nothing */
TEST_F(siginfo, set_too_big)
{
	union info info, seen;

	start(_metadata, self, spin, 'R', 0);
	memset(&info, 0, sizeof(info));
	info.info.si_signo = SIGUSR1;
	info.info.si_code = 0x4242;
	for (size_t i = KEPT; i < sizeof(siginfo_t); i++) {
		info.bytes[i] = 1;
		EXPECT_EQ(-E2BIG, set(self->tracee, &info)) {
			TH_LOG("byte %zu", i);
		}
		info.bytes[i] = 0;
	}
	ASSERT_EQ(0, get(self->tracee, &seen));
	EXPECT_EQ(SIGTRAP | PTRACE_EVENT_STOP << 8, seen.info.si_code);
	/* The bytes that it keeps of an unknown kind may be anything. */
	memset(info.bytes + 12, 0x5a, KEPT - 12);
	EXPECT_EQ(0, set(self->tracee, &info));
	ASSERT_EQ(0, get(self->tracee, &seen));
	EXPECT_EQ(0, memcmp(&info, &seen, sizeof(siginfo_t)));
}
#else
/* copy_siginfo_from_user32(), copy_siginfo_to_external32(): only the fields of the kind */
TEST_F(siginfo, set_keeps_what_is_known)
{
	union info info;
	siginfo_t expected;

	start(_metadata, self, spin, 'R', 0);
	memset(&info, 0x5a, sizeof(info));
	info.info.si_signo = SIGUSR1;
	info.info.si_code = SI_QUEUE;
	ASSERT_EQ(0, set(self->tracee, &info));
	expected = empty_info(SIGUSR1, SI_QUEUE);
	expected.si_errno = 0x5a5a5a5a;
	expected.si_pid = 0x5a5a5a5a;
	expected.si_uid = 0x5a5a5a5a;
	expected.si_int = 0x5a5a5a5a;
	check_info(_metadata, self->tracee, &expected);

	/* The address of a fault has the width of a pointer. */
	info.info.si_signo = SIGSEGV;
	info.info.si_code = SEGV_MAPERR;
	info.info.si_addr = (void *)0xfedcba98;
	ASSERT_EQ(0, set(self->tracee, &info));
	expected = empty_info(SIGSEGV, SEGV_MAPERR);
	expected.si_errno = 0x5a5a5a5a;
	expected.si_addr = (void *)0xfedcba98;
	check_info(_metadata, self->tracee, &expected);
}
#endif

/* The siginfo that the tracee's handler got. */
static siginfo_t *handled;
static struct shared *handling;

static void note(int sig, siginfo_t *info, void *context)
{
	*handled = *info;
	handling->signals++;
}

static int spin_with_handler(struct shared *shared)
{
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	return spin(shared);
}

/* Start a tracee with a handler, in the signal-delivery-stop of SIGUSR1. */
static void start_with_handler(struct __test_metadata *_metadata, FIXTURE_DATA(siginfo) *self)
{
	handling = self->shared;
	handled = shared_memory(sizeof(siginfo_t));
	start(_metadata, self, spin_with_handler, 'R', 0);
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGUSR1));
}

/* Resume the tracee with @sig, and wait until its handler has run. */
static void deliver(struct __test_metadata *_metadata, FIXTURE_DATA(siginfo) *self, int sig)
{
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, sig));
	while (!self->shared->signals)
		sched_yield();
	self->shared->signals = 0;
}

/* ptrace_signal(): it delivers the siginfo that was set if CONT names the same signal */
TEST_F(siginfo, set_is_delivered)
{
	const union sigval value = { .sival_int = 0x77665544 };
	union info info;

	start_with_handler(_metadata, self);
	ASSERT_EQ(0, get(self->tracee, &info));
	info.info.si_code = SI_QUEUE;
	info.info.si_pid = 42;
	info.info.si_uid = 43;
	info.info.si_value = value;
	ASSERT_EQ(0, set(self->tracee, &info));
	deliver(_metadata, self, SIGUSR1);
	EXPECT_EQ(SIGUSR1, handled->si_signo);
	EXPECT_EQ(SI_QUEUE, handled->si_code);
	EXPECT_EQ(42, handled->si_pid);
	EXPECT_EQ(43, handled->si_uid);
	EXPECT_EQ(0x77665544, handled->si_value.sival_int);

	/* The siginfo and CONT name another signal than that of the stop. */
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
	info.info.si_signo = SIGUSR2;
	ASSERT_EQ(0, set(self->tracee, &info));
	deliver(_metadata, self, SIGUSR2);
	EXPECT_EQ(SIGUSR2, handled->si_signo);
	EXPECT_EQ(SI_QUEUE, handled->si_code);
	EXPECT_EQ(42, handled->si_pid);
}

/* ptrace_signal(): if CONT names another signal, the new siginfo is from the tracer */
TEST_F(siginfo, set_is_replaced)
{
	union info info;

	start_with_handler(_metadata, self);
	ASSERT_EQ(0, get(self->tracee, &info));
	info.info.si_code = SI_QUEUE;
	info.info.si_pid = 42;
	ASSERT_EQ(0, set(self->tracee, &info));
	deliver(_metadata, self, SIGUSR2);
	EXPECT_EQ(SIGUSR2, handled->si_signo);
	EXPECT_EQ(SI_USER, handled->si_code);
	EXPECT_EQ(getpid(), handled->si_pid);
	EXPECT_EQ(getuid(), handled->si_uid);

	/* The number in the siginfo counts, not the signal of the stop. */
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
	info.info.si_signo = SIGUSR2;
	ASSERT_EQ(0, set(self->tracee, &info));
	deliver(_metadata, self, SIGUSR1);
	EXPECT_EQ(SIGUSR1, handled->si_signo);
	EXPECT_EQ(SI_USER, handled->si_code);
	EXPECT_EQ(getpid(), handled->si_pid);
}

/* CONT without a signal delivers none, whatever siginfo was set. */
TEST_F(siginfo, set_and_suppressed)
{
	union info info;

	start_with_handler(_metadata, self);
	ASSERT_EQ(0, get(self->tracee, &info));
	ASSERT_EQ(0, set(self->tracee, &info));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_progress(self->shared);
	EXPECT_EQ(0, self->shared->signals);
}

/* Signals that are pending */

static long peek(pid_t pid, unsigned int flags, unsigned long long off, int nr, void *to)
{
	struct ptrace_peeksiginfo_args args = { .off = off, .flags = flags, .nr = nr };

	return request(PTRACE_PEEKSIGINFO, pid, (unsigned long)&args, (unsigned long)to);
}

/* Queue @count signals for the process, numbered from 0. */
static bool queue(pid_t pid, int count)
{
	union sigval value = {};

	for (value.sival_int = 0; value.sival_int < count; value.sival_int++)
		if (sigqueue(pid, SIGRTMIN, value))
			return false;
	return true;
}

/* man: "PTRACE_PEEKSIGINFO_SHARED: Dump signals from the process-wide signal queue" */
TEST_F(siginfo, peek_private_and_shared)
{
	unsigned char bytes[3 * sizeof(siginfo_t)];
	siginfo_t *info = (siginfo_t *)bytes;
	siginfo_t expected;

	start(_metadata, self, spin, 'R', 0);
	ASSERT_EQ(0, syscall(SYS_tgkill, self->tracee, self->tracee, SIGUSR2));
	ASSERT_TRUE(queue(self->tracee, 2));

	memset(bytes, FILLER, sizeof(bytes));
	EXPECT_EQ(1, peek(self->tracee, 0, 0, 3, bytes));
	expected = info_of(SIGUSR2, SI_TKILL, getpid());
	EXPECT_EQ(0, memcmp(&expected, info, sizeof(expected)));
	EXPECT_TRUE(all_are(info + 1, FILLER, 2 * sizeof(siginfo_t)));

	memset(bytes, FILLER, sizeof(bytes));
	EXPECT_EQ(2, peek(self->tracee, PTRACE_PEEKSIGINFO_SHARED, 0, 3, bytes));
	expected = info_of(SIGRTMIN, SI_QUEUE, getpid());
	EXPECT_EQ(0, memcmp(&expected, info, sizeof(expected)));
	expected.si_value.sival_int = 1;
	EXPECT_EQ(0, memcmp(&expected, info + 1, sizeof(expected)));
	EXPECT_TRUE(all_are(info + 2, FILLER, sizeof(siginfo_t)));

	/* PEEKSIGINFO has removed nothing. */
	EXPECT_EQ(1, peek(self->tracee, 0, 0, 3, bytes));
	EXPECT_EQ(2, peek(self->tracee, PTRACE_PEEKSIGINFO_SHARED, 0, 3, bytes));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGUSR2));
	EXPECT_EQ(0, peek(self->tracee, 0, 0, 3, bytes));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGRTMIN));
	/* The signal of the signal-delivery-stop is no longer pending. */
	EXPECT_EQ(1, peek(self->tracee, PTRACE_PEEKSIGINFO_SHARED, 0, 3, bytes));
	EXPECT_EQ(1, info->si_value.sival_int);
}

/* ptrace_peek_siginfo(): EINVAL for each flag but one, and for a negative number */
TEST_F(siginfo, peek_arguments)
{
	siginfo_t info;

	start(_metadata, self, spin, 'R', 0);
	ASSERT_TRUE(queue(self->tracee, 1));
	for (int bit = 1; bit < 32; bit++) {
		EXPECT_EQ(-EINVAL, peek(self->tracee, 1U << bit, 0, 1, &info));
		EXPECT_EQ(-EINVAL, peek(self->tracee, 1U << bit | 1, 0, 1, &info));
	}
	EXPECT_EQ(-EINVAL, peek(self->tracee, 1, 0, -1, &info));
	EXPECT_EQ(-EINVAL, peek(self->tracee, 1, 0, 1 << 31, &info));
	EXPECT_EQ(0, peek(self->tracee, 1, 0, 0, &info));
	EXPECT_EQ(1, peek(self->tracee, 1, 0, 0x7fffffff, &info));
	/* Offsets beyond the end, including those that overflow. */
	for (int bit = 0; bit < 64; bit++)
		EXPECT_EQ(0, peek(self->tracee, 1, 1ULL << bit, 0x7fffffff, &info));
	EXPECT_EQ(0, peek(self->tracee, 1, ~0ULL, 1, &info));
	EXPECT_EQ(0, peek(self->tracee, 1, ~0ULL - 1, 2, &info));
}

/* Many signals: in order, from any offset, as many as asked for or as there are */
TEST_F(siginfo, peek_many)
{
	const struct rlimit limit = { 4096, 4096 };
	const int count = 700;
	siginfo_t *info = calloc(count + 1, sizeof(*info));

	ASSERT_TRUE(info != NULL);
	ASSERT_EQ(0, setrlimit(RLIMIT_SIGPENDING, &limit));
	start(_metadata, self, spin, 'R', 0);
	ASSERT_TRUE(queue(self->tracee, count));

	for (int off = 0; off <= count; off += 50) {
		for (int nr = 1; nr < count + 100; nr += 111) {
			const int expected = nr < count - off ? nr : count - off;

			memset(info, FILLER, (count + 1) * sizeof(*info));
			ASSERT_EQ(expected, peek(self->tracee, 1, off, nr, info));
			for (int i = 0; i < expected; i++)
				ASSERT_EQ(off + i, info[i].si_value.sival_int);
			ASSERT_TRUE(all_are(info + expected, FILLER, sizeof(*info)));
		}
	}
	free(info);
}

/* ptrace_peek_siginfo(): a fault ends the call; it is an error only at the first siginfo */
TEST_F(siginfo, peek_into_what_cannot_be_written)
{
	const long page = sysconf(_SC_PAGESIZE);
	char *pages = private_pages(2);

	start(_metadata, self, spin, 'R', 0);
	ASSERT_TRUE(queue(self->tracee, 3));
	ASSERT_EQ(0, mprotect(pages + page, page, PROT_READ));
	EXPECT_EQ(-EFAULT, peek(self->tracee, 1, 0, 3, pages + page));
	EXPECT_EQ(-EFAULT, peek(self->tracee, 1, 2, 3, pages + page));
	/* With nothing to write, there is no error. */
	EXPECT_EQ(0, peek(self->tracee, 1, 3, 3, pages + page));
	EXPECT_EQ(0, peek(self->tracee, 0, 0, 3, pages + page));
	/* The fault is in the middle of a siginfo, or between two. */
	EXPECT_EQ(-EFAULT, peek(self->tracee, 1, 0, 3, pages + page - sizeof(siginfo_t) / 2));
	EXPECT_EQ(1, peek(self->tracee, 1, 0, 3, pages + page - sizeof(siginfo_t)));
	EXPECT_EQ(1, peek(self->tracee, 1, 0, 3, pages + page - 3 * sizeof(siginfo_t) / 2));
	EXPECT_EQ(2, peek(self->tracee, 1, 0, 3, pages + page - 2 * sizeof(siginfo_t)));
	EXPECT_EQ(3, peek(self->tracee, 1, 0, 3, pages + page - 3 * sizeof(siginfo_t)));
	EXPECT_TRUE(all_are(pages + page, 0, page));
}

static int spin_without_queue(struct shared *shared)
{
	setrlimit(RLIMIT_SIGPENDING, &(struct rlimit){});
	return spin(shared);
}

/*
 * send_signal_locked(): beyond RLIMIT_SIGPENDING, a signal is pending without a siginfo: there is
 * nothing to peek at. Its stop has an empty one. What kill(2) sends is not limited.
 */
TEST_F(siginfo, peek_without_a_siginfo)
{
	siginfo_t info[2];
	union info got;

	start(_metadata, self, spin_without_queue, 'R', 0);
	ASSERT_EQ(0, syscall(SYS_tgkill, self->tracee, self->tracee, SIGUSR2));
	EXPECT_EQ(0, peek(self->tracee, 0, 0, 2, info));
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	EXPECT_EQ(1, peek(self->tracee, PTRACE_PEEKSIGINFO_SHARED, 0, 2, info));
	EXPECT_EQ(SIGUSR1, info[0].si_signo);
	EXPECT_EQ(getpid(), info[0].si_pid);
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGUSR2));
	ASSERT_EQ(0, get(self->tracee, &got));
	EXPECT_EQ(SIGUSR2, got.info.si_signo);
	EXPECT_EQ(SI_USER, got.info.si_code);
	EXPECT_EQ(0, got.info.si_pid);
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGUSR1));
}

#define TIMER_VALUE	0x12345678

static int spin_with_timer(struct shared *shared)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
		.sigev_value.sival_int = TIMER_VALUE,
	};
	const struct itimerspec once = { .it_value.tv_nsec = 1 };
	sigset_t set;
	timer_t timer;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &once, NULL))
		return 1;
	return spin(shared);
}

/* A timer's signal, as the tracer of a pending one sees it: nothing of the kernel's is in it. */
TEST_F(siginfo, peek_at_a_timer)
{
	union info info, got;
	char pending[64];

	self->tracee = spawn(spin_with_timer, self->shared);
	ASSERT_LT(0, self->tracee);
	do
		proc_status(self->tracee, "ShdPnd", pending);
	while (!strtoull(pending, NULL, 16));
	ASSERT_EQ(0, seize(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_INTERRUPT, 0, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	memset(&info, FILLER, sizeof(info));
	ASSERT_EQ(1, peek(self->tracee, PTRACE_PEEKSIGINFO_SHARED, 0, 1, &info));
	EXPECT_EQ(SIGUSR1, info.info.si_signo);
	EXPECT_EQ(SI_TIMER, info.info.si_code);
	EXPECT_EQ(0, info.info.si_overrun);
	EXPECT_EQ(TIMER_VALUE, info.info.si_value.sival_int);
	EXPECT_TRUE(all_are((char *)(&info.info.si_value + 1), 0,
			    sizeof(siginfo_t) - offsetof(siginfo_t, si_value) - sizeof(sigval_t)));
	EXPECT_TRUE(all_are(info.bytes + sizeof(siginfo_t), FILLER, 16));
	/* The same when the signal is delivered. */
	ASSERT_EQ(0, REQ(PTRACE_SETSIGMASK, 8, &(unsigned long long){}));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGUSR1));
	ASSERT_EQ(0, get(self->tracee, &got));
	EXPECT_EQ(0, memcmp(&info.info, &got.info, sizeof(siginfo_t)));
}

static void ignore(int sig)
{
}

/* ptrace_peek_siginfo(): a signal for the caller ends it early, after at least one */
TEST_F(siginfo, peek_ends_at_a_signal)
{
	const struct rlimit limit = { 4096, 4096 };
	const struct sigaction action = { .sa_handler = ignore, .sa_flags = SA_RESTART };
	const struct itimerval soon = { .it_value.tv_usec = 500 }, never = {};
	const int count = 3000;
	siginfo_t *info = calloc(count, sizeof(*info));
	bool early = false;

	ASSERT_TRUE(info != NULL);
	ASSERT_EQ(0, setrlimit(RLIMIT_SIGPENDING, &limit));
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	start(_metadata, self, spin, 'R', 0);
	ASSERT_TRUE(queue(self->tracee, count));
	/* The call takes much longer than the timer; but the timer may expire before it. */
	for (int i = 0; i < 200 && !early; i++) {
		long n;

		ASSERT_EQ(0, setitimer(ITIMER_REAL, &soon, NULL));
		n = peek(self->tracee, 1, 0, count, info);
		ASSERT_LT(0, n);
		ASSERT_GE(count, n);
		ASSERT_EQ(n - 1, info[n - 1].si_value.sival_int);
		early = n < count;
	}
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &never, NULL));
	EXPECT_TRUE(early);
	free(info);
}

TEST_HARNESS_MAIN
