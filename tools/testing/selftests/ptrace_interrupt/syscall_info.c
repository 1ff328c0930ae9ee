// SPDX-License-Identifier: GPL-2.0
/*
 * PTRACE_GET_SYSCALL_INFO and PTRACE_SET_SYSCALL_INFO: a tracer reads and changes the system
 * call that a tracee is in.
 *
 * Before a test, "man:" quotes ptrace(2), and a function's name is what the test checks.
 */
#include <elf.h>
#include <linux/audit.h>

#include "ptrace_data.h"

/* The size of the information about each kind of ptrace-stop. */
#define NONE_SIZE	24
#define ENTRY_SIZE	80
#define EXIT_SIZE	33
#define SECCOMP_SIZE	84

#define SYSCALL_STOP	SIGNAL_STOP(SIGTRAP | 0x80)

/* The architecture, and the indexes of the two registers. */
#if defined(__x86_64__)
#define ARCH		AUDIT_ARCH_X86_64
#define IP		16
#define SP		19
#elif defined(__i386__)
#define ARCH		AUDIT_ARCH_I386
#define IP		12
#define SP		15
#elif defined(__aarch64__)
#define ARCH		AUDIT_ARCH_AARCH64
#define IP		32
#define SP		31
#elif defined(__arm__)
#define ARCH		AUDIT_ARCH_ARM
#define IP		15
#define SP		13
#elif defined(__riscv)
#define ARCH		AUDIT_ARCH_RISCV64
#define IP		0
#define SP		2
#endif

/*
 * What a call returns that is not made: an error that the kernel puts there at its entry or, on
 * arm64, where the first argument has the same register, that argument.
 */
#if defined(__x86_64__) || defined(__i386__) || defined(__riscv)
#define NOT_MADE	-ENOSYS
#else
#define NOT_MADE	1
#endif

FIXTURE(syscall_info)
{
	struct shared *shared;
	pid_t tracee;
	struct ptrace_syscall_info info;
};

/* The results of a tracee's calls, and the number that it calls. */
static struct result {
	long value;
	int error;
	long number;
} *result;

FIXTURE_SETUP(syscall_info)
{
	self->shared = shared_new();
	result = shared_memory(sizeof(*result));
	result->number = SYS_getpid;
}

FIXTURE_TEARDOWN(syscall_info)
{
	reap(self->tracee);
}

/* Call getpid(), which has no arguments, with six arguments. */
static int call(struct shared *shared)
{
	sleep_on_pipe(shared);
	while (!shared->quit) {
		long value = syscall(result->number, 1, 2, 3, 4, 5, 6);

		result->error = value == -1 ? errno : 0;
		result->value = value;
	}
	return 0;
}

static long get(FIXTURE_DATA(syscall_info) *self)
{
	memset(&self->info, FILLER, sizeof(self->info));
	return REQ(PTRACE_GET_SYSCALL_INFO, sizeof(self->info), &self->info);
}

/* Set the system call from self->info. */
static long set(FIXTURE_DATA(syscall_info) *self)
{
	return REQ(PTRACE_SET_SYSCALL_INFO, sizeof(self->info), &self->info);
}

/* Resume until the next syscall-stop, the next call's entry or this one's exit. */
static void next_stop(struct __test_metadata *_metadata, FIXTURE_DATA(syscall_info) *self)
{
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(SYSCALL_STOP, next_status(self->tracee));
}

/* A tracee that is about to read from its pipe. */
static void start_reading(struct __test_metadata *_metadata, FIXTURE_DATA(syscall_info) *self,
			  int (*body)(struct shared *))
{
	self->tracee = start_stopped(body, self->shared, 'S', PTRACE_O_TRACESYSGOOD);
	ASSERT_LT(0, self->tracee);
	next_stop(_metadata, self);
	ASSERT_TRUE(wake(self->shared));
}

/* A tracee that has entered getpid(). */
static void start_in_call(struct __test_metadata *_metadata, FIXTURE_DATA(syscall_info) *self)
{
	start_reading(_metadata, self, call);
	next_stop(_metadata, self);
	next_stop(_metadata, self);
}

/* For any size, the kernel writes no more than that, and returns the full size. */
static void check_sizes(struct __test_metadata *_metadata, FIXTURE_DATA(syscall_info) *self,
			int op, long actual)
{
	unsigned char bytes[128];

	ASSERT_EQ(actual, get(self));
	EXPECT_EQ(op, self->info.op);
	EXPECT_EQ(0, self->info.reserved);
	EXPECT_EQ(0, self->info.flags);
	EXPECT_TRUE(all_are((char *)&self->info + actual, FILLER, sizeof(self->info) - actual));
	for (long size = 0; size <= 100; size++) {
		const long written = size < actual ? size : actual;

		memset(bytes, FILLER, sizeof(bytes));
		ASSERT_EQ(actual, REQ(PTRACE_GET_SYSCALL_INFO, size, bytes));
		EXPECT_EQ(0, memcmp(&self->info, bytes, written));
		EXPECT_TRUE(all_are(bytes + written, FILLER, sizeof(bytes) - written)) {
			TH_LOG("size %ld", size);
		}
	}
	EXPECT_EQ(actual, REQ(PTRACE_GET_SYSCALL_INFO, -1, bytes));
	EXPECT_EQ(actual, REQ(PTRACE_GET_SYSCALL_INFO, 0, 0));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_GET_SYSCALL_INFO, -1, 0));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_GET_SYSCALL_INFO, 1, -1));
}

/* man: "The number of bytes available to be written by the kernel" */
TEST_F(syscall_info, sizes)
{
	start_in_call(_metadata, self);
	check_sizes(_metadata, self, PTRACE_SYSCALL_INFO_ENTRY, ENTRY_SIZE);
	next_stop(_metadata, self);
	check_sizes(_metadata, self, PTRACE_SYSCALL_INFO_EXIT, EXIT_SIZE);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	check_sizes(_metadata, self, PTRACE_SYSCALL_INFO_NONE, NONE_SIZE);
}

/* man: "nr ... args ... System call number ... arguments"; "rval", "is_error" */
TEST_F(syscall_info, entry_and_exit)
{
	start_in_call(_metadata, self);
	ASSERT_EQ(ENTRY_SIZE, get(self));
	EXPECT_EQ(SYS_getpid, self->info.entry.nr);
	for (int i = 0; i < 6; i++)
		EXPECT_EQ(i + 1, self->info.entry.args[i]);
	next_stop(_metadata, self);
	ASSERT_EQ(EXIT_SIZE, get(self));
	EXPECT_EQ(self->tracee, self->info.exit.rval);
	EXPECT_EQ(0, self->info.exit.is_error);
}

/* man: "arch", "instruction_pointer", "stack_pointer": the same as the registers */
TEST_F(syscall_info, registers)
{
	unsigned long regs[64];

	start_in_call(_metadata, self);
	for (int i = 0; i < 2; i++) {
		ASSERT_LT(0, get(self));
		ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, self->tracee, regs,
					       sizeof(regs)));
		EXPECT_EQ(ARCH, self->info.arch);
		EXPECT_EQ(regs[IP], self->info.instruction_pointer);
		EXPECT_EQ(regs[SP], self->info.stack_pointer);
		next_stop(_metadata, self);
	}
}

#ifdef __x86_64__
/* Call getpid() as 32-bit programs do. */
static int call_32bit(struct shared *shared)
{
	sleep_on_pipe(shared);
	while (!shared->quit) {
		long value;

		asm volatile("int $0x80" : "=a" (value) : "a" (20), "b" (11), "c" (12), "d" (13)
			     : "r8", "r9", "r10", "r11", "memory");
		result->value = value;
	}
	return 0;
}

/* syscall_get_arch(): the call has an architecture, not the program */
TEST_F(syscall_info, call_of_32bit)
{
	start_reading(_metadata, self, call_32bit);
	next_stop(_metadata, self);
	ASSERT_EQ(EXIT_SIZE, get(self));
	EXPECT_EQ(AUDIT_ARCH_X86_64, self->info.arch);
	next_stop(_metadata, self);
	ASSERT_EQ(ENTRY_SIZE, get(self));
	EXPECT_EQ(AUDIT_ARCH_I386, self->info.arch);
	EXPECT_EQ(20, self->info.entry.nr);
	EXPECT_EQ(11, self->info.entry.args[0]);
	EXPECT_EQ(12, self->info.entry.args[1]);
	EXPECT_EQ(13, self->info.entry.args[2]);
	/* getppid() in that architecture. */
	self->info.entry.nr = 64;
	ASSERT_EQ(0, set(self));
	next_stop(_metadata, self);
	ASSERT_EQ(EXIT_SIZE, get(self));
	EXPECT_EQ(AUDIT_ARCH_I386, self->info.arch);
	EXPECT_EQ(getpid(), self->info.exit.rval);
}
#endif

/* ptrace_get_syscall_info_op(): it recognizes a syscall-stop only with TRACESYSGOOD */
TEST_F(syscall_info, without_sysgood)
{
	start_in_call(_metadata, self);
	/* The option counts at the time of the stop. */
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, 0, 0));
	ASSERT_EQ(ENTRY_SIZE, get(self));
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
	check_sizes(_metadata, self, PTRACE_SYSCALL_INFO_NONE, NONE_SIZE);
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, 0, PTRACE_O_TRACESYSGOOD));
	ASSERT_EQ(NONE_SIZE, get(self));
	self->info.op = PTRACE_SYSCALL_INFO_EXIT;
	EXPECT_EQ(-EINVAL, set(self));
	self->info.op = PTRACE_SYSCALL_INFO_NONE;
	EXPECT_EQ(-EINVAL, set(self));
}

/* The same: it checks the siginfo of the stop, which a tracer may set, and the message */
TEST_F(syscall_info, by_siginfo)
{
	siginfo_t info;

	start_in_call(_metadata, self);
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, 0, &info));
	info.si_code = SIGTRAP;
	ASSERT_EQ(0, REQ(PTRACE_SETSIGINFO, 0, &info));
	EXPECT_EQ(NONE_SIZE, get(self));
	info.si_code = SIGTRAP | PTRACE_EVENT_SECCOMP << 8;
	ASSERT_EQ(0, REQ(PTRACE_SETSIGINFO, 0, &info));
	check_sizes(_metadata, self, PTRACE_SYSCALL_INFO_SECCOMP, SECCOMP_SIZE);
	EXPECT_EQ(SYS_getpid, self->info.seccomp.nr);
	EXPECT_EQ(6, self->info.seccomp.args[5]);
	/* ret_data is the message of the stop, which does not come from seccomp. */
	EXPECT_EQ(PTRACE_EVENTMSG_SYSCALL_ENTRY, self->info.seccomp.ret_data);
	self->info.seccomp.nr = SYS_getppid;
	EXPECT_EQ(0, set(self));
	next_stop(_metadata, self);
	ASSERT_EQ(EXIT_SIZE, get(self));
	EXPECT_EQ(getpid(), self->info.exit.rval);

	/* In another kind of stop, the message is not that of a syscall-stop. */
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, 0, &info));
	info.si_code = SIGTRAP | 0x80;
	ASSERT_EQ(0, REQ(PTRACE_SETSIGINFO, 0, &info));
	EXPECT_EQ(NONE_SIZE, get(self));
}

static int stop_twice(struct shared *shared)
{
	if (request(PTRACE_TRACEME, 0, 0, 0))
		return 1;
	raise(SIGSTOP);
	return 0;
}

/* The same, in a group-stop without a siginfo, and in the signal-delivery-stop before it */
TEST_F(syscall_info, in_stops_of_signals)
{
	self->tracee = spawn(stop_twice, self->shared);
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT));
	check_sizes(_metadata, self, PTRACE_SYSCALL_INFO_NONE, NONE_SIZE);
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	check_sizes(_metadata, self, PTRACE_SYSCALL_INFO_NONE, NONE_SIZE);
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(self->tracee));
	check_sizes(_metadata, self, PTRACE_SYSCALL_INFO_NONE, NONE_SIZE);
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

#if defined(PTRACE_SYSEMU) || defined(__riscv)
/* man: "stop on entry to the next system call, which will not be executed" */
TEST_F(syscall_info, sysemu)
{
	start_reading(_metadata, self, call);
	next_stop(_metadata, self);
	ASSERT_EQ(0, REQ(SYSEMU, 0, 0));
	ASSERT_EQ(SYSCALL_STOP, next_status(self->tracee));
	check_sizes(_metadata, self, PTRACE_SYSCALL_INFO_ENTRY, ENTRY_SIZE);
	/* The kernel executes neither call, and there is no syscall-exit-stop. */
	self->info.entry.nr = SYS_exit_group;
	EXPECT_EQ(0, set(self));
	ASSERT_EQ(0, REQ(SYSEMU, 0, 0));
	ASSERT_EQ(SYSCALL_STOP, next_status(self->tracee));
	ASSERT_EQ(ENTRY_SIZE, get(self));
	EXPECT_EQ(SYS_getpid, self->info.entry.nr);
	EXPECT_EQ(NOT_MADE < 0 ? -1 : NOT_MADE, result->value);
	EXPECT_EQ(NOT_MADE < 0 ? -NOT_MADE : 0, result->error);
}
#endif

/* ptrace_get_syscall_info_entry(): the number is a sign-extended int */
TEST_F(syscall_info, negative_number)
{
	result->number = -1;
	start_in_call(_metadata, self);
	ASSERT_EQ(ENTRY_SIZE, get(self));
	EXPECT_EQ(~0ULL, self->info.entry.nr);
	/* So a tracer can set what it got. */
	EXPECT_EQ(0, set(self));
	next_stop(_metadata, self);
	ASSERT_EQ(EXIT_SIZE, get(self));
	EXPECT_EQ(-ENOSYS, self->info.exit.rval);
	EXPECT_EQ(1, self->info.exit.is_error);
}

/* ptrace_set_syscall_info_entry(): another call, with other arguments */
TEST_F(syscall_info, set_number)
{
	start_in_call(_metadata, self);
	ASSERT_EQ(ENTRY_SIZE, get(self));
	self->info.entry.nr = SYS_getppid;
	ASSERT_EQ(0, set(self));
	next_stop(_metadata, self);
	ASSERT_EQ(EXIT_SIZE, get(self));
	EXPECT_EQ(getpid(), self->info.exit.rval);
	next_stop(_metadata, self);
	EXPECT_EQ(getpid(), result->value);

	/* The next call is the tracee's own again. */
	ASSERT_EQ(ENTRY_SIZE, get(self));
	EXPECT_EQ(SYS_getpid, self->info.entry.nr);
	self->info.entry.nr = SYS_exit_group;
	self->info.entry.args[0] = 42;
	ASSERT_EQ(0, set(self));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EXITED(42), next_status(self->tracee));
	self->tracee = 0;
}

TEST_F(syscall_info, set_arguments)
{
	start_in_call(_metadata, self);
	ASSERT_EQ(ENTRY_SIZE, get(self));
	for (int i = 0; i < 6; i++)
		self->info.entry.args[i] = IS_64BIT ? 0xfedcba9876543210ULL + i : 0x76543210 + i;
	ASSERT_EQ(0, set(self));
	ASSERT_EQ(ENTRY_SIZE, get(self));
	EXPECT_EQ(SYS_getpid, self->info.entry.nr);
	for (int i = 0; i < 6; i++)
		EXPECT_EQ((IS_64BIT ? 0xfedcba9876543210ULL : 0x76543210) + i,
			  self->info.entry.args[i]);
	/* getpid() ignores its arguments, and still succeeds. */
	next_stop(_metadata, self);
	ASSERT_EQ(EXIT_SIZE, get(self));
	EXPECT_EQ(self->tracee, self->info.exit.rval);
}

/* The same: with the number -1 there is no call, and the kernel ignores the arguments */
TEST_F(syscall_info, set_number_to_none)
{
	start_in_call(_metadata, self);
	ASSERT_EQ(ENTRY_SIZE, get(self));
	self->info.entry.nr = ~0ULL;
	for (int i = 0; i < 6; i++)
		self->info.entry.args[i] = 99;
	ASSERT_EQ(0, set(self));
	ASSERT_EQ(ENTRY_SIZE, get(self));
	EXPECT_EQ(~0ULL, self->info.entry.nr);
	for (int i = 0; i < 6; i++)
		EXPECT_EQ(i + 1, self->info.entry.args[i]);
	next_stop(_metadata, self);
	ASSERT_EQ(EXIT_SIZE, get(self));
	/* On arm64, syscall_set_nr() sees to that. */
	EXPECT_EQ(-ENOSYS, self->info.exit.rval);
	EXPECT_EQ(1, self->info.exit.is_error);
}

/* "either a value of type "int" or a sign-extended value of type "int"": others set nothing */
TEST_F(syscall_info, set_number_out_of_range)
{
	static const unsigned long long wrong[] = {
		1ULL << 31, 1ULL << 32, 1ULL << 63, 0xffffffffULL, 0xffffffff7fffffffULL,
		1ULL << 32 | SYS_getppid,
	};

	start_in_call(_metadata, self);
	ASSERT_EQ(ENTRY_SIZE, get(self));
	self->info.entry.args[0] = 99;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		self->info.entry.nr = wrong[i];
		EXPECT_EQ(-ERANGE, set(self)) {
			TH_LOG("number %#llx", wrong[i]);
		}
	}
	ASSERT_EQ(ENTRY_SIZE, get(self));
	EXPECT_EQ(SYS_getpid, self->info.entry.nr);
	EXPECT_EQ(1, self->info.entry.args[0]);
	self->info.entry.nr = 0x7fffffff;
	EXPECT_EQ(0, set(self));
	self->info.entry.nr = 0xffffffff80000000ULL;
	EXPECT_EQ(0, set(self));
	ASSERT_EQ(ENTRY_SIZE, get(self));
	EXPECT_EQ(0xffffffff80000000ULL, self->info.entry.nr);
}

/* ptrace_set_syscall_info_exit(): the result of the call; an error is an int */
TEST_F(syscall_info, set_result)
{
	static const struct {
		unsigned char is_error;
		long long rval;
		long value;
		int error;
	} cases[] = {
		{ 0, 123456, 123456, 0 },
		{ 0, 0, 0, 0 },
		{ 0, -EPERM, -1, EPERM },
		{ 1, -EBADF, -1, EBADF },
		{ 0xff, -EBADF, -1, EBADF },
		{ 1, 5, 5, 0 },
		{ 1, 0, 0, 0 },
		{ 1, 1LL << 32, 0, 0 },
		{ 1, 7LL << 32 | 5, 5, 0 },
#if __SIZEOF_LONG__ == 8
		{ 0, 0x123456789abcdefLL, 0x123456789abcdefLL, 0 },
		{ 0, -4096, -4096, 0 },
#endif
	};

	start_in_call(_metadata, self);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		next_stop(_metadata, self);
		ASSERT_EQ(EXIT_SIZE, get(self));
		ASSERT_EQ(PTRACE_SYSCALL_INFO_EXIT, self->info.op);
		self->info.exit.rval = cases[i].rval;
		self->info.exit.is_error = cases[i].is_error;
		ASSERT_EQ(0, set(self));
		ASSERT_EQ(EXIT_SIZE, get(self));
		EXPECT_EQ(cases[i].error != 0, self->info.exit.is_error);
		EXPECT_EQ(cases[i].error ? -cases[i].error : cases[i].value,
			  self->info.exit.rval);
		next_stop(_metadata, self);
		EXPECT_EQ(cases[i].value, result->value);
		EXPECT_EQ(cases[i].error, result->error) {
			TH_LOG("case %zu", i);
		}
	}
}

/* ptrace_set_syscall_info(): which of the errors comes first, and how much the kernel reads */
TEST_F(syscall_info, set_arguments_of_request)
{
	const long page = sysconf(_SC_PAGESIZE);
	struct ptrace_syscall_info *at_end;
	char *pages = private_pages(2);

	start_in_call(_metadata, self);
	ASSERT_EQ(ENTRY_SIZE, get(self));
	ASSERT_EQ(0, mprotect(pages + page, page, PROT_NONE));
	at_end = (void *)(pages + page - sizeof(*at_end));
	*at_end = self->info;
	for (unsigned long size = 0; size < sizeof(*at_end); size++)
		EXPECT_EQ(-EINVAL, REQ(PTRACE_SET_SYSCALL_INFO, size, 0));
	EXPECT_EQ(0, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(*at_end), at_end));
	EXPECT_EQ(0, REQ(PTRACE_SET_SYSCALL_INFO, 200, at_end));
	EXPECT_EQ(0, REQ(PTRACE_SET_SYSCALL_INFO, -1, at_end));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_SET_SYSCALL_INFO, 200, (char *)at_end + 1));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_SET_SYSCALL_INFO, 200, 0));

	/* The error for a reserved bit comes before that for a number out of range. */
	self->info.entry.nr = 1ULL << 40;
	for (int bit = 0; bit < 16; bit++) {
		self->info.flags = 1 << bit;
		EXPECT_EQ(-EINVAL, set(self));
	}
	self->info.flags = 0;
	for (int bit = 0; bit < 8; bit++) {
		self->info.reserved = 1 << bit;
		EXPECT_EQ(-EINVAL, set(self));
	}
	self->info.reserved = 0;
	for (int op = 0; op < 256; op++) {
		self->info.op = op;
		EXPECT_EQ(op == PTRACE_SYSCALL_INFO_ENTRY ? -ERANGE : -EINVAL, set(self));
	}

	/* The kernel ignores the architecture and both pointers. */
	ASSERT_EQ(ENTRY_SIZE, get(self));
	*at_end = self->info;
	self->info.arch = 0;
	self->info.instruction_pointer = self->info.stack_pointer = 0;
	EXPECT_EQ(0, set(self));
	ASSERT_EQ(ENTRY_SIZE, get(self));
	EXPECT_EQ(0, memcmp(at_end, &self->info, ENTRY_SIZE));
}

TEST_HARNESS_MAIN
