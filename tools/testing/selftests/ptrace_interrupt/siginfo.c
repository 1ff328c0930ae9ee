// SPDX-License-Identifier: GPL-2.0
/*
 * What a tracer sees and changes of a tracee's signals: the siginfo of the stop that it
 * is in, and those of the signals that are pending.
 *
 * "man:" before a test quotes ptrace(2), a name of a function is what it checks.
 */
#include <sys/resource.h>
#include <sys/time.h>

#include "ptrace_data.h"

/* What the kernel keeps of a siginfo; what is behind it is for programs to fill up. */
#define KEPT		48

/* A siginfo as bytes, with something behind it that is not to be written. */
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

/* All 128 bytes are those of @expected, and nothing is written behind them. */
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

/* A siginfo that has nothing but what every one has. */
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

/* Go on with @nr, to the stop of @status. */
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

/* force_sig_fault(): a signal of the tracee's own doing */
TEST_F(siginfo, get_of_a_fault)
{
	siginfo_t expected = empty_info(SIGSEGV, SEGV_MAPERR);

	start(_metadata, self, touch_nothing, 'S', 0);
	ASSERT_TRUE(wake(self->shared));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGSEGV));
	expected.si_addr = (void *)0x30;
	check_info(_metadata, self->tracee, &expected);
}

/* do_jobctl_trap(), ptrace_do_notify(): the stop itself as a siginfo, of the tracee */
TEST_F(siginfo, get_in_event_stop)
{
	siginfo_t expected;

	start(_metadata, self, spin, 'R', 0);
	expected = info_of(SIGTRAP, SIGTRAP | PTRACE_EVENT_STOP << 8, self->tracee);
	check_info(_metadata, self->tracee, &expected);

	/* In group-stop, the signal is that of the stop; delivered, it is its sender's. */
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
	/* Nothing else gets it out of there. */
	go(_metadata, self, PTRACE_CONT, 0, EXITED(0));
	self->tracee = 0;
}

#if defined(__x86_64__) || defined(__i386__)
/* send_sigtrap(): a step, which is a signal with the address that was reached */
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
/* copy_siginfo(): all that the kernel keeps comes back as it was given, holes and all */
TEST_F(siginfo, set_keeps_every_byte)
{
	union info info, seen;

	start(_metadata, self, spin, 'R', 0);
	for (size_t i = 0; i < sizeof(info); i++)
		info.bytes[i] = 3 * i + 1;
	/* A kind that the kernel knows: behind what it keeps may be anything. */
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

/* post_copy_siginfo_from_user(): E2BIG for each byte that would be lost, and nothing is set */
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
	/* What the kernel does keep of an unknown kind may be anything. */
	memset(info.bytes + 12, 0x5a, KEPT - 12);
	EXPECT_EQ(0, set(self->tracee, &info));
	ASSERT_EQ(0, get(self->tracee, &seen));
	EXPECT_EQ(0, memcmp(&info, &seen, sizeof(siginfo_t)));
}
#else
/* copy_siginfo_from_user32(), copy_siginfo_to_external32(): only what the kind has */
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

/* Where the handler of a tracee leaves what it was given. */
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

/* A tracee in the delivery of SIGUSR1, which it handles. */
static void start_with_handler(struct __test_metadata *_metadata, FIXTURE_DATA(siginfo) *self)
{
	handling = self->shared;
	handled = shared_memory(sizeof(siginfo_t));
	start(_metadata, self, spin_with_handler, 'R', 0);
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGUSR1));
}

/* Go on with @sig, and wait for the handler to have been called. */
static void deliver(struct __test_metadata *_metadata, FIXTURE_DATA(siginfo) *self, int sig)
{
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, sig));
	while (!self->shared->signals)
		sched_yield();
	self->shared->signals = 0;
}

/* ptrace_signal(): what was set is delivered if the signal is the one that it names */
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

	/* Of another signal than it was stopped for, which it then is. */
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
	info.info.si_signo = SIGUSR2;
	ASSERT_EQ(0, set(self->tracee, &info));
	deliver(_metadata, self, SIGUSR2);
	EXPECT_EQ(SIGUSR2, handled->si_signo);
	EXPECT_EQ(SI_QUEUE, handled->si_code);
	EXPECT_EQ(42, handled->si_pid);
}

/* ptrace_signal(): another signal than the siginfo names is the tracer's */
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

	/* It is the number that counts, though the signal is the one it was stopped for. */
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
	info.info.si_signo = SIGUSR2;
	ASSERT_EQ(0, set(self->tracee, &info));
	deliver(_metadata, self, SIGUSR1);
	EXPECT_EQ(SIGUSR1, handled->si_signo);
	EXPECT_EQ(SI_USER, handled->si_code);
	EXPECT_EQ(getpid(), handled->si_pid);
}

/* Without a signal, none is delivered, whatever was set. */
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

	/* Nothing of it was taken away. */
	EXPECT_EQ(1, peek(self->tracee, 0, 0, 3, bytes));
	EXPECT_EQ(2, peek(self->tracee, PTRACE_PEEKSIGINFO_SHARED, 0, 3, bytes));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGUSR2));
	EXPECT_EQ(0, peek(self->tracee, 0, 0, 3, bytes));
	go(_metadata, self, PTRACE_CONT, 0, SIGNAL_STOP(SIGRTMIN));
	/* The one that is being delivered is pending no more. */
	EXPECT_EQ(1, peek(self->tracee, PTRACE_PEEKSIGINFO_SHARED, 0, 3, bytes));
	EXPECT_EQ(1, info->si_value.sival_int);
}

/* ptrace_peek_siginfo(): each of the flags but one is EINVAL, and a number below 0 */
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
	/* Beyond the end, by little and by more than the kernel could count. */
	for (int bit = 0; bit < 64; bit++)
		EXPECT_EQ(0, peek(self->tracee, 1, 1ULL << bit, 0x7fffffff, &info));
	EXPECT_EQ(0, peek(self->tracee, 1, ~0ULL, 1, &info));
	EXPECT_EQ(0, peek(self->tracee, 1, ~0ULL - 1, 2, &info));
}

/* More than one would think: in order, from any place, as many as there are and are asked for */
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

/* ptrace_peek_siginfo(): what cannot be written ends it, an error only if it is the first */
TEST_F(siginfo, peek_into_what_cannot_be_written)
{
	const long page = sysconf(_SC_PAGESIZE);
	char *pages = private_pages(2);

	start(_metadata, self, spin, 'R', 0);
	ASSERT_TRUE(queue(self->tracee, 3));
	ASSERT_EQ(0, mprotect(pages + page, page, PROT_READ));
	EXPECT_EQ(-EFAULT, peek(self->tracee, 1, 0, 3, pages + page));
	EXPECT_EQ(-EFAULT, peek(self->tracee, 1, 2, 3, pages + page));
	/* Nothing to be written is no error. */
	EXPECT_EQ(0, peek(self->tracee, 1, 3, 3, pages + page));
	EXPECT_EQ(0, peek(self->tracee, 0, 0, 3, pages + page));
	/* In a siginfo's middle, and between two. */
	EXPECT_EQ(-EFAULT, peek(self->tracee, 1, 0, 3, pages + page - sizeof(siginfo_t) / 2));
	EXPECT_EQ(1, peek(self->tracee, 1, 0, 3, pages + page - sizeof(siginfo_t)));
	EXPECT_EQ(1, peek(self->tracee, 1, 0, 3, pages + page - 3 * sizeof(siginfo_t) / 2));
	EXPECT_EQ(2, peek(self->tracee, 1, 0, 3, pages + page - 2 * sizeof(siginfo_t)));
	EXPECT_EQ(3, peek(self->tracee, 1, 0, 3, pages + page - 3 * sizeof(siginfo_t)));
	EXPECT_TRUE(all_are(pages + page, 0, page));
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
	/* It takes many times what the timer does; but it may have run out before. */
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
