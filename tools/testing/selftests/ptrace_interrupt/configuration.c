// SPDX-License-Identifier: GPL-2.0
/*
 * Settings of a tracee in other parts of the kernel, which a tracer can read or change:
 * restartable sequences, syscall user dispatch, seccomp filters.
 *
 * Before a test, "man:" quotes ptrace(2), and a function's name is what the test checks.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/rseq.h>
#include <sys/user.h>

#include "ptrace_data.h"

FIXTURE(configuration)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(configuration)
{
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(configuration)
{
	reap(self->tracee);
}

/* Restartable sequences */

/* ptrace_get_rseq_configuration(): what the C library registered, at the tracer's own address */
TEST_F(configuration, rseq)
{
	struct ptrace_rseq_configuration rseq;
	unsigned char bytes[64];
	unsigned long area = (unsigned long)__builtin_thread_pointer() + __rseq_offset;

	self->tracee = start_stopped(spin, self->shared, 'R', 0);
	ASSERT_LT(0, self->tracee);
	if (REQ(PTRACE_GET_RSEQ_CONFIGURATION, sizeof(rseq), &rseq) == -EIO)
		SKIP(return, "the kernel has no restartable sequences");
	memset(&rseq, FILLER, sizeof(rseq));
	ASSERT_EQ(sizeof(rseq), REQ(PTRACE_GET_RSEQ_CONFIGURATION, sizeof(rseq), &rseq));
	if (__rseq_size) {
		EXPECT_EQ(area, rseq.rseq_abi_pointer);
		EXPECT_LE(20, rseq.rseq_abi_size);
		EXPECT_EQ(RSEQ_SIG, rseq.signature);
	}
	EXPECT_EQ(0, rseq.flags);
	EXPECT_EQ(0, rseq.pad);
	/* For any size, the kernel writes no more than that, and returns the full size. */
	for (unsigned long size = 0; size <= 40; size++) {
		const unsigned long written = size < sizeof(rseq) ? size : sizeof(rseq);

		memset(bytes, FILLER, sizeof(bytes));
		ASSERT_EQ(sizeof(rseq), REQ(PTRACE_GET_RSEQ_CONFIGURATION, size, bytes));
		EXPECT_EQ(0, memcmp(&rseq, bytes, written));
		EXPECT_TRUE(all_are(bytes + written, FILLER, sizeof(bytes) - written));
	}
	ASSERT_EQ(sizeof(rseq), REQ(PTRACE_GET_RSEQ_CONFIGURATION, -1, bytes));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_GET_RSEQ_CONFIGURATION, -1, 0));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_GET_RSEQ_CONFIGURATION, 1, -1));
}

/* Unregister what the C library has registered, with the size that the tracer has found. */
static int unregister_rseq(struct shared *shared)
{
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;

	sleep_on_pipe(shared);
	if (syscall(SYS_rseq, area, shared->signals, 1, RSEQ_SIG))
		return errno;
	raise(SIGUSR1);
	return 0;
}

/* The same: without a registration, all of it is 0 */
TEST_F(configuration, no_rseq)
{
	struct ptrace_rseq_configuration rseq = {};

	if (!__rseq_size)
		SKIP(return, "the C library has not registered any");
	self->tracee = start_stopped(unregister_rseq, self->shared, 'S', 0);
	ASSERT_LT(0, self->tracee);
	ASSERT_EQ(sizeof(rseq), REQ(PTRACE_GET_RSEQ_CONFIGURATION, sizeof(rseq), &rseq));
	self->shared->signals = rseq.rseq_abi_size;
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
	memset(&rseq, FILLER, sizeof(rseq));
	ASSERT_EQ(sizeof(rseq), REQ(PTRACE_GET_RSEQ_CONFIGURATION, sizeof(rseq), &rseq));
	EXPECT_TRUE(all_are(&rseq, 0, sizeof(rseq)));
}

#if defined(__x86_64__) || defined(__i386__)

#ifdef __x86_64__
#define IP(regs)	((regs).rip)
#else
#define IP(regs)	((regs).eip)
#endif

/* The sequence of the tracee: its instructions, and those after an abort. */
extern const char sequence_begin[], sequence_end[], sequence_abort[], sequence_aborted[],
	sequence_out[];

/* Count, in a sequence that has no end until @quit; count its aborts. */
static __attribute__((noinline, noclone)) void run_sequence(struct shared *shared)
{
	asm volatile("sequence_begin:	addl $1, (%0)\n"
		     "			cmpl $0, (%1)\n"
		     "			je sequence_begin\n"
		     "sequence_end:	jmp sequence_out\n"
		     "			.long 0x53053053\n"
		     "sequence_abort:	addl $1, (%2)\n"
		     "sequence_aborted:	nop\n"
		     "sequence_out:	nop\n"
		     : : "r" (&shared->count), "r" (&shared->quit), "r" (&shared->signals)
		     : "memory", "cc");
}

static int run_sequences(struct shared *shared)
{
	struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
	static struct rseq_cs sequence;

	sequence.start_ip = (unsigned long)sequence_begin;
	sequence.post_commit_offset = sequence_end - sequence_begin;
	sequence.abort_ip = (unsigned long)sequence_abort;
	while (!shared->quit) {
		area->rseq_cs = (unsigned long)&sequence;
		run_sequence(shared);
	}
	return 0;
}

/* Stop the tracee inside of its sequence; return where. */
static unsigned long stop_in_sequence(struct __test_metadata *_metadata, pid_t pid,
				      struct user_regs_struct *regs)
{
	for (;;) {
		ASSERT_EQ(0, interrupt(pid));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(pid));
		ASSERT_EQ(0, request(PTRACE_GETREGS, pid, 0, (unsigned long)regs));
		if (IP(*regs) >= (unsigned long)sequence_begin &&
		    IP(*regs) < (unsigned long)sequence_end)
			return IP(*regs);
		ASSERT_EQ(0, cont(pid, 0));
	}
}

/* Let it execute an instruction; return where that ends. */
static unsigned long after_step(struct __test_metadata *_metadata, pid_t pid)
{
	struct user_regs_struct regs;

	ASSERT_EQ(0, request(PTRACE_SINGLESTEP, pid, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(pid));
	ASSERT_EQ(0, request(PTRACE_GETREGS, pid, 0, (unsigned long)&regs));
	return IP(regs);
}

/*
 * rseq(2): a tracee that was stopped in a sequence aborts it when it goes on, even by a step. It
 * does not if its tracer has moved it out of the sequence, or taken the sequence from it.
 */
TEST_F(configuration, rseq_abort)
{
	struct ptrace_rseq_configuration rseq = {};
	struct user_regs_struct regs;
	unsigned long at, pointer;
	int aborts;

	if (!__rseq_size)
		SKIP(return, "the C library has not registered any");
	self->tracee = spawn(run_sequences, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
	ASSERT_EQ(0, seize(self->tracee));
	stop_in_sequence(_metadata, self->tracee, &regs);
	if (REQ(PTRACE_GET_RSEQ_CONFIGURATION, sizeof(rseq), &rseq) == -EIO)
		SKIP(return, "the kernel has no restartable sequences");
	pointer = rseq.rseq_abi_pointer + offsetof(struct rseq, rseq_cs);

	aborts = self->shared->signals;
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_progress(self->shared);
	EXPECT_LT(aborts, self->shared->signals);

	stop_in_sequence(_metadata, self->tracee, &regs);
	aborts = self->shared->signals;
	EXPECT_EQ((unsigned long)sequence_aborted, after_step(_metadata, self->tracee));
	EXPECT_EQ(aborts + 1, self->shared->signals);
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));

	stop_in_sequence(_metadata, self->tracee, &regs);
	aborts = self->shared->signals;
	IP(regs) = (unsigned long)sequence_end;
	ASSERT_EQ(0, REQ(PTRACE_SETREGS, 0, &regs));
	EXPECT_EQ((unsigned long)sequence_out, after_step(_metadata, self->tracee));
	EXPECT_EQ(aborts, self->shared->signals);
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));

	stop_in_sequence(_metadata, self->tracee, &regs);
	aborts = self->shared->signals;
	ASSERT_EQ(0, REQ(PTRACE_POKEDATA, pointer, 0));
	at = after_step(_metadata, self->tracee);
	EXPECT_LE((unsigned long)sequence_begin, at);
	EXPECT_GE((unsigned long)sequence_end, at);
	EXPECT_EQ(aborts, self->shared->signals);
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}
#endif /* x86 */

/* Syscall user dispatch */

#if defined(__aarch64__) || defined(__arm__) || defined(__riscv)

/* include/linux/syscall_user_dispatch.h: what the requests do of an architecture without it */
TEST_F(configuration, there_is_no_dispatch)
{
	unsigned long long config[4] = {}, seen[4];

	self->tracee = start_stopped(spin, self->shared, 'R', 0);
	ASSERT_LT(0, self->tracee);
	memset(seen, FILLER, sizeof(seen));
	EXPECT_EQ(-EINVAL, REQ(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, sizeof(seen), seen));
	EXPECT_TRUE(all_are(seen, FILLER, sizeof(seen)));
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, sizeof(config), config));
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, sizeof(config),
			       BAD_POINTER));
}

#else

struct sud {
	__u64 mode, selector, offset, len;
};

#define SUD_OFF		0
#define SUD_ON		1
#define SUD_INCLUSIVE	2

static long sud_get(pid_t pid, struct sud *sud)
{
	memset(sud, FILLER, sizeof(*sud));
	return request(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, pid, sizeof(*sud),
		       (unsigned long)sud);
}

static long sud_set(pid_t pid, __u64 mode, __u64 selector, __u64 offset, __u64 len)
{
	struct sud sud = { mode, selector, offset, len };

	return request(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, pid, sizeof(sud),
		       (unsigned long)&sud);
}

static bool sud_is(pid_t pid, __u64 mode, __u64 selector, __u64 offset, __u64 len)
{
	const struct sud expected = { mode, selector, offset, len };
	struct sud sud;

	return !sud_get(pid, &sud) && !memcmp(&sud, &expected, sizeof(sud));
}

#define SUD_OR_SKIP() do { \
	struct sud sud; \
	self->tracee = start_stopped(call_twice, self->shared, 'S', 0); \
	ASSERT_LT(0, self->tracee); \
	if (sud_get(self->tracee, &sud) == -EINVAL) \
		SKIP(return, "the kernel has no syscall user dispatch"); \
} while (0)

static int call_twice(struct shared *shared)
{
	sleep_on_pipe(shared);
	shared->signals = getpgid(0) == getpgrp();
	return spin(shared);
}

/* syscall_user_dispatch_set_config(): which errors there are; an error sets nothing */
TEST_F(configuration, dispatch_arguments)
{
	char *selector = private_pages(1);

	SUD_OR_SKIP();
	EXPECT_TRUE(sud_is(self->tracee, SUD_OFF, 0, 0, 0));
	EXPECT_EQ(-EFAULT, request(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, self->tracee,
				   sizeof(struct sud), BAD_POINTER));
	EXPECT_EQ(-EFAULT, request(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, self->tracee,
				   sizeof(struct sud), BAD_POINTER));
	/* With the mode off, all other fields must be 0. */
	EXPECT_EQ(-EINVAL, sud_set(self->tracee, SUD_OFF, 1, 0, 0));
	EXPECT_EQ(-EINVAL, sud_set(self->tracee, SUD_OFF, 0, 1, 0));
	EXPECT_EQ(-EINVAL, sud_set(self->tracee, SUD_OFF, 0, 0, 1));
	for (int bit = 2; bit < 32; bit++)
		EXPECT_EQ(-EINVAL, sud_set(self->tracee, 1ULL << bit, 0, 0, 0));
	EXPECT_EQ(-EINVAL, sud_set(self->tracee, 3, 0, 1, 1));
	/* The range is empty, or ends before it begins. */
	EXPECT_EQ(-EINVAL, sud_set(self->tracee, SUD_ON, 0, 4096, 0));
	EXPECT_EQ(-EINVAL, sud_set(self->tracee, SUD_ON, 0, 4096, -4096));
	EXPECT_EQ(-EINVAL, sud_set(self->tracee, SUD_INCLUSIVE, 0, 0, 0));
	EXPECT_EQ(-EFAULT, sud_set(self->tracee, SUD_ON, ~0ULL, 0, 0));
	EXPECT_TRUE(sud_is(self->tracee, SUD_OFF, 0, 0, 0));

	EXPECT_EQ(0, sud_set(self->tracee, SUD_ON, (unsigned long)selector, 4096, 8192));
	EXPECT_TRUE(sud_is(self->tracee, SUD_ON, (unsigned long)selector, 4096, 8192));
	EXPECT_EQ(-EINVAL, sud_set(self->tracee, SUD_ON, 0, 4096, 0));
	EXPECT_TRUE(sud_is(self->tracee, SUD_ON, (unsigned long)selector, 4096, 8192));
	EXPECT_EQ(0, sud_set(self->tracee, SUD_OFF, 0, 0, 0));
	EXPECT_TRUE(sud_is(self->tracee, SUD_OFF, 0, 0, 0));
	/* To include a range is to exclude all other addresses. */
	EXPECT_EQ(0, sud_set(self->tracee, SUD_INCLUSIVE, 0, 4096, 8192));
	EXPECT_TRUE(sud_is(self->tracee, SUD_ON, 0, 4096 + 8192, -8192ULL));
}

#define SUD_ALLOWED	"/proc/sys/kernel/syscall_user_dispatch"

/* syscall_user_dispatch_allowed: it "can be denied at runtime via sysctl, disarming is allowed" */
TEST_F(configuration, dispatch_denied)
{
	int allowed = open(SUD_ALLOWED, O_WRONLY);
	long on, inclusive, unknown, off;

	if (allowed < 0)
		SKIP(return, "only root can write " SUD_ALLOWED);
	SUD_OR_SKIP();
	EXPECT_EQ(0, sud_set(self->tracee, SUD_ON, 0, 4096, 8192));
	ASSERT_EQ(1, pwrite(allowed, "0", 1, 0));
	on = sud_set(self->tracee, SUD_ON, 0, 0, 4096);
	inclusive = sud_set(self->tracee, SUD_INCLUSIVE, 0, 4096, 8192);
	unknown = sud_set(self->tracee, 3, 0, 0, 0);
	EXPECT_TRUE(sud_is(self->tracee, SUD_ON, 0, 4096, 8192));
	off = sud_set(self->tracee, SUD_OFF, 0, 0, 0);
	ASSERT_EQ(1, pwrite(allowed, "1", 1, 0));
	close(allowed);
	EXPECT_EQ(-EPERM, on);
	EXPECT_EQ(-EPERM, inclusive);
	EXPECT_EQ(-EINVAL, unknown);
	EXPECT_EQ(0, off);
	EXPECT_TRUE(sud_is(self->tracee, SUD_OFF, 0, 0, 0));
	EXPECT_EQ(0, sud_set(self->tracee, SUD_ON, 0, 4096, 8192));
}

/* syscall_user_dispatch(): turned on by a tracer, it sends the tracee a signal for each call */
TEST_F(configuration, dispatch_takes_effect)
{
	siginfo_t info;

	SUD_OR_SKIP();
	ASSERT_EQ(0, sud_set(self->tracee, SUD_ON, 0, 0, 0));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	/* The first call is read(2), which is restarted. */
	ASSERT_EQ(SIGNAL_STOP(SIGSYS), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, 0, &info));
	EXPECT_EQ(2, info.si_code);
	EXPECT_EQ(SYS_read, info.si_syscall);
	ASSERT_EQ(0, sud_set(self->tracee, SUD_OFF, 0, 0, 0));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_progress(self->shared);
	EXPECT_EQ(1, self->shared->signals);
}

#endif

/* Filters of seccomp, numbered in the order in which they were installed */

static struct sock_filter first_filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 100000, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static struct sock_filter second_filter[] = {
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static int under_filters(struct shared *shared)
{
	struct sock_fprog first = { 4, first_filter }, second = { 1, second_filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &first) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &second))
		return 1;
	return spin(shared);
}

/* man: "PTRACE_SECCOMP_GET_FILTER": the instructions, and how many they are */
TEST_F(configuration, filter)
{
	struct sock_filter seen[8];

	self->tracee = start_stopped(under_filters, self->shared, 'R', 0);
	ASSERT_LT(0, self->tracee);
	EXPECT_EQ(4, REQ(PTRACE_SECCOMP_GET_FILTER, 0, 0));
	EXPECT_EQ(1, REQ(PTRACE_SECCOMP_GET_FILTER, 1, 0));
	memset(seen, FILLER, sizeof(seen));
	EXPECT_EQ(4, REQ(PTRACE_SECCOMP_GET_FILTER, 0, seen));
	EXPECT_EQ(0, memcmp(first_filter, seen, sizeof(first_filter)));
	EXPECT_TRUE(all_are(seen + 4, FILLER, 4 * sizeof(*seen)));
	memset(seen, FILLER, sizeof(seen));
	EXPECT_EQ(1, REQ(PTRACE_SECCOMP_GET_FILTER, 1, seen));
	EXPECT_EQ(0, memcmp(second_filter, seen, sizeof(second_filter)));
	EXPECT_TRUE(all_are(seen + 1, FILLER, 7 * sizeof(*seen)));
	/* The error for no such filter comes before that for the address. */
	EXPECT_EQ(-ENOENT, REQ(PTRACE_SECCOMP_GET_FILTER, 2, BAD_POINTER));
	EXPECT_EQ(-ENOENT, REQ(PTRACE_SECCOMP_GET_FILTER, -1, 0));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_SECCOMP_GET_FILTER, 0, BAD_POINTER));
#if __SIZEOF_LONG__ == 8
	EXPECT_EQ(-ENOENT, REQ(PTRACE_SECCOMP_GET_FILTER, 1UL << 32, 0));
#endif
}

/* seccomp_get_metadata(): of the filter that the caller names, as much as there is room for */
TEST_F(configuration, metadata)
{
	struct seccomp_metadata metadata;

	self->tracee = start_stopped(under_filters, self->shared, 'R', 0);
	ASSERT_LT(0, self->tracee);
	for (long size = 0; size <= 40; size++) {
		const long copied = size < 8 ? -EINVAL : size < 16 ? size : 16;

		for (int index = 0; index < 2; index++) {
			memset(&metadata, FILLER, sizeof(metadata));
			metadata.filter_off = index;
			ASSERT_EQ(copied, REQ(PTRACE_SECCOMP_GET_METADATA, size, &metadata));
			EXPECT_EQ(index, metadata.filter_off);
			if (size < 8) {
				EXPECT_TRUE(all_are(&metadata.flags, FILLER, 8));
				continue;
			}
			EXPECT_EQ(0, memcmp(&metadata.flags,
					    index ? "\2\0\0\0\0\0\0\0" : "\0\0\0\0\0\0\0\0",
					    copied - 8));
			EXPECT_TRUE(all_are((char *)&metadata + copied, FILLER, 16 - copied));
		}
	}
	metadata.filter_off = 2;
	EXPECT_EQ(-ENOENT, REQ(PTRACE_SECCOMP_GET_METADATA, sizeof(metadata), &metadata));
	metadata.filter_off = 1ULL << 32;
	EXPECT_EQ(-ENOENT, REQ(PTRACE_SECCOMP_GET_METADATA, sizeof(metadata), &metadata));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_SECCOMP_GET_METADATA, sizeof(metadata), BAD_POINTER));
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SECCOMP_GET_METADATA, 7, BAD_POINTER));
}

TEST_HARNESS_MAIN
