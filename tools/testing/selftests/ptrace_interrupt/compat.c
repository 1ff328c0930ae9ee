// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit tracers under a 64-bit kernel, and tracees of the other width: which values the
 * kernel truncates and extends, and which layout data has.
 *
 * A 64-bit program may make system calls as a 32-bit one, so that programs of both widths
 * can test most of this. A function's name before a test is what the test checks.
 */
#include <elf.h>
#include <limits.h>
#include <linux/audit.h>
#include <stdint.h>

#include "ptrace_data.h"

/*
 * What programs of both widths have: the size of the general registers, the architecture, and the
 * number of exit_group(). And whether this program can make system calls as a 32-bit one.
 */
#if defined(__x86_64__) || defined(__i386__)
#define X86
#define GENERAL_64	(27 * 8)
#define GENERAL_32	(17 * 4)
#define ARCH_64		AUDIT_ARCH_X86_64
#define ARCH_32		AUDIT_ARCH_I386
#define EXIT_GROUP_64	231
#define EXIT_GROUP_32	252
#elif defined(__aarch64__) || defined(__arm__)
#define GENERAL_64	(34 * 8)
#define GENERAL_32	(18 * 4)
#define ARCH_64		AUDIT_ARCH_AARCH64
#define ARCH_32		AUDIT_ARCH_ARM
#define EXIT_GROUP_64	94
#define EXIT_GROUP_32	248
#elif defined(__riscv)
#define GENERAL_64	(32 * 8)
#define GENERAL_32	(32 * 4)
#define ARCH_64		AUDIT_ARCH_RISCV64
#define ARCH_32		AUDIT_ARCH_RISCV32
#define EXIT_GROUP_64	94
#define EXIT_GROUP_32	94
#endif
#if defined(X86) || defined(__arm__)
#define CALLS_32
#endif

#ifndef MAP_32BIT
#define MAP_32BIT	0
#endif

/* The siginfo and the iovec of 32-bit programs. */
struct info32 {
	int32_t signo, error, code;
	int32_t pid;
	uint32_t uid;
	int32_t value;
	char rest[128 - 24];
};

struct iovec32 {
	uint32_t base, len;
};

/* Data at an address that fits into 32 bits. */
static struct low {
	unsigned char bytes[1024];
	struct info32 info[4];
	struct iovec32 iov;
	struct ptrace_peeksiginfo_args peek;
	/* Memory that the tests read and write in the tracee. */
	unsigned char words[64];
} *low;

FIXTURE(compat)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(compat)
{
	self->shared = shared_new();
	low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ASSERT_TRUE(low != MAP_FAILED);
	for (size_t i = 0; i < sizeof(low->words); i++)
		low->words[i] = i;
	self->tracee = start_stopped(spin, self->shared, 'R', 0);
	ASSERT_LT(0, self->tracee);
	memset(low->bytes, FILLER, sizeof(low->bytes));
}

FIXTURE_TEARDOWN(compat)
{
	reap(self->tracee);
}

#ifdef CALLS_32

/* A request as a 32-bit program makes it. The kernel drops the upper halves. */
static long request32(long nr, long pid, unsigned long addr, unsigned long data)
{
#ifdef __x86_64__
	long ret;

	asm volatile("int $0x80" : "=a" (ret)
		     : "a" (26), "b" (nr), "c" (pid), "d" (addr), "S" (data)
		     : "r8", "r9", "r10", "r11", "memory");
	return ret;
#else
	return request(nr, pid, addr, data);
#endif
}

#define REQ32(nr, addr, data) \
	request32(nr, self->tracee, (unsigned long)(addr), (unsigned long)(data))

/* compat_ptrace_request(): a word has 4 bytes, and the bytes around it do not change */
TEST_F(compat, words)
{
	for (int i = 0; i < 16; i++) {
		unsigned char *addr = low->words + 8 + i, seen[64];
		uint32_t word;

		EXPECT_EQ(0, REQ32(PTRACE_PEEKDATA, addr, low->bytes + 8));
		memcpy(&word, low->bytes + 8, 4);
		EXPECT_EQ((8 + i) * 0x01010101U + 0x03020100, word);
		EXPECT_TRUE(all_are(low->bytes, FILLER, 8));
		EXPECT_TRUE(all_are(low->bytes + 12, FILLER, 8));

		EXPECT_EQ(0, REQ32(PTRACE_POKEDATA, addr, 0xf3f2f1f0));
		ASSERT_TRUE(look(self->tracee, low->words, seen, sizeof(seen)));
		for (int j = 0; j < 64; j++)
			ASSERT_EQ(j >= 8 + i && j < 12 + i ? 0xf0 + j - 8 - i : j, seen[j]);
		EXPECT_EQ(0, REQ32(PTRACE_POKEDATA, addr, word));
	}
}

/* The same at the end of a mapping: 4 bytes suffice */
TEST_F(compat, word_at_the_end)
{
	const long page = sysconf(_SC_PAGESIZE);
	unsigned char *end = (unsigned char *)((unsigned long)low & ~(page - 1)) + page;

	EXPECT_EQ(0, REQ32(PTRACE_PEEKDATA, end - 4, low->bytes));
	EXPECT_EQ(0, REQ32(PTRACE_POKEDATA, end - 4, 1));
	/* The tracer needs room for 4 bytes, too. */
	EXPECT_EQ(0, REQ32(PTRACE_PEEKDATA, low, end - 4));
}

/* The same: the message of a ptrace-stop is truncated to 32 bits */
TEST_F(compat, message)
{
	uint32_t word;

	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, 0, PTRACE_O_TRACEEXIT));
	self->shared->quit = 1;
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(self->tracee));
	EXPECT_EQ(0, REQ32(PTRACE_GETEVENTMSG, 0, low->bytes + 8));
	memcpy(&word, low->bytes + 8, 4);
	EXPECT_EQ(0, word);
	EXPECT_TRUE(all_are(low->bytes, FILLER, 8));
	EXPECT_TRUE(all_are(low->bytes + 12, FILLER, 8));
	EXPECT_EQ(0, REQ32(PTRACE_PEEKUSR, 0, low->bytes + 8));
	EXPECT_TRUE(all_are(low->bytes + 12, FILLER, 8));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* copy_siginfo_to_user32(): the siginfo of the stop and of pending signals, as for 32 bits */
TEST_F(compat, siginfo)
{
	const union sigval value = { .sival_int = 0x12345678 };
	struct info32 expected = {
		.signo = SIGRTMIN, .code = SI_QUEUE, .pid = getpid(), .uid = getuid(),
		.value = 0x12345678,
	};
	siginfo_t info;

	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, sigqueue(self->tracee, SIGRTMIN, value));
	low->peek = (struct ptrace_peeksiginfo_args){ .nr = 3, .flags = 1 };
	memset(low->info, FILLER, sizeof(low->info));
	EXPECT_EQ(3, REQ32(PTRACE_PEEKSIGINFO, &low->peek, low->info));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, memcmp(&expected, &low->info[i], sizeof(expected)));
	EXPECT_TRUE(all_are(&low->info[3], FILLER, sizeof(expected)));

	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGRTMIN), next_status(self->tracee));
	memset(low->info, FILLER, sizeof(low->info));
	EXPECT_EQ(0, REQ32(PTRACE_GETSIGINFO, 0, low->info));
	EXPECT_EQ(0, memcmp(&expected, &low->info[0], sizeof(expected)));
	EXPECT_TRUE(all_are(&low->info[1], FILLER, sizeof(expected)));

	/* A tracer of either width gets what a tracer of the other one has set. */
	low->info[0].value = -2;
	low->info[0].pid = 77;
	EXPECT_EQ(0, REQ32(PTRACE_SETSIGINFO, 0, low->info));
	EXPECT_EQ(0, REQ(PTRACE_GETSIGINFO, 0, &info));
	EXPECT_EQ(77, info.si_pid);
	EXPECT_EQ(-2, info.si_value.sival_int);
	EXPECT_EQ(SI_QUEUE, info.si_code);
}

/* compat_ptrace_request(): an iovec has 8 bytes; the kernel writes only its length */
TEST_F(compat, regset)
{
	const size_t all = IS_64BIT ? GENERAL_64 : GENERAL_32;

	low->iov = (struct iovec32){ (unsigned long)low->bytes, 512 };
	low->peek.off = 0;
	EXPECT_EQ(0, REQ32(PTRACE_GETREGSET, NT_PRSTATUS, &low->iov));
	EXPECT_EQ(all, low->iov.len);
	EXPECT_EQ((uint32_t)(unsigned long)low->bytes, low->iov.base);
	EXPECT_EQ(0, low->peek.off);
	EXPECT_TRUE(all_are(low->bytes + all, FILLER, 128));
	EXPECT_EQ(0, REQ32(PTRACE_SETREGSET, NT_PRSTATUS, &low->iov));
	EXPECT_EQ(all, low->iov.len);
	low->iov.len = 0xfffffff8;
	EXPECT_EQ(0, REQ32(PTRACE_GETREGSET, NT_PRSTATUS, &low->iov));
	EXPECT_EQ(all, low->iov.len);
	low->iov.len = 0xffffffff;
	EXPECT_EQ(-EINVAL, REQ32(PTRACE_GETREGSET, NT_PRSTATUS, &low->iov));
	EXPECT_EQ(0xffffffff, low->iov.len);
	low->iov = (struct iovec32){ 8, 8 };
	EXPECT_EQ(-EFAULT, REQ32(PTRACE_GETREGSET, NT_PRSTATUS, &low->iov));
	EXPECT_EQ(8, low->iov.len);
}

#ifdef X86
/* ia32_arch_ptrace(): the registers in the tracer's layout, whatever the tracee is */
TEST_F(compat, registers)
{
	EXPECT_EQ(0, REQ32(PTRACE_GETREGS, 0, low->bytes));
	EXPECT_FALSE(all_are(low->bytes, FILLER, 68));
	EXPECT_TRUE(all_are(low->bytes + 68, FILLER, 256));
	memset(low->bytes, FILLER, sizeof(low->bytes));
	EXPECT_EQ(0, REQ32(PTRACE_GETFPREGS, 0, low->bytes));
	EXPECT_TRUE(all_are(low->bytes + 108, FILLER, 256));
	EXPECT_EQ(0, REQ32(PTRACE_GETFPXREGS, 0, low->bytes));
	EXPECT_TRUE(all_are(low->bytes + 512, FILLER, 256));
	EXPECT_EQ(-EIO, REQ32(30, 0, 0x1003));
}
#else
/* compat_arch_ptrace(): arm's own requests */
TEST_F(compat, registers)
{
	EXPECT_EQ(0, REQ32(PTRACE_GETREGS, 0, low->bytes));
	EXPECT_FALSE(all_are(low->bytes, FILLER, GENERAL_32));
	EXPECT_TRUE(all_are(low->bytes + GENERAL_32, FILLER, 256));
	EXPECT_EQ(0, REQ32(PTRACE_SETREGS, 0, low->bytes));
	memset(low->bytes, FILLER, sizeof(low->bytes));
	EXPECT_EQ(0, REQ32(PTRACE_GETVFPREGS, 0, low->bytes));
	EXPECT_FALSE(all_are(low->bytes, FILLER, 260));
	EXPECT_TRUE(all_are(low->bytes + 260, FILLER, 256));
	EXPECT_EQ(0, REQ32(PTRACE_SETVFPREGS, 0, low->bytes));
	memset(low->bytes, FILLER, sizeof(low->bytes));
	EXPECT_EQ(0, REQ32(PTRACE_GET_THREAD_AREA, 0, low->bytes));
	EXPECT_FALSE(all_are(low->bytes, FILLER, 4));
	EXPECT_TRUE(all_are(low->bytes + 4, FILLER, 256));
	/* Those that only a kernel of arm has, and those that no kernel has any more. */
	EXPECT_EQ(-EIO, REQ32(PTRACE_GETFPREGS, 0, low->bytes));
	EXPECT_EQ(-EIO, REQ32(PTRACE_SETFPREGS, 0, low->bytes));
	EXPECT_EQ(-EIO, REQ32(18, 0, low->bytes));
	EXPECT_EQ(-EFAULT, REQ32(PTRACE_GETREGS, 0, BAD_POINTER));
	EXPECT_EQ(-EFAULT, REQ32(PTRACE_SETVFPREGS, 0, BAD_POINTER));
}
#endif

/* COMPAT_SYSCALL_DEFINE4(ptrace): the request is sign-extended; negative ones do not exist */
TEST_F(compat, numbers)
{
	static const unsigned int none[] = {
		0x80000007, 0x80000010, 0x80004206, 0xffffffff, 0xfffffff9, 0x7fffffff, 0x40000007,
	};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		EXPECT_EQ(-EIO, REQ32(none[i], 0, 0)) {
			TH_LOG("request %#x", none[i]);
		}
		EXPECT_EQ(-ESRCH, request32(none[i], getpid(), 0, 0));
	}
	/* There are 64 signals, and no option with bit 31. */
	EXPECT_EQ(-EIO, REQ32(PTRACE_CONT, 0, 0xffffffff));
	EXPECT_EQ(-EIO, REQ32(PTRACE_CONT, 0, 0x80000000));
	EXPECT_EQ(-EIO, REQ32(PTRACE_DETACH, 0, 0x80000000));
	EXPECT_EQ(-EINVAL, REQ32(PTRACE_SETOPTIONS, 0, 0x80000000));
	EXPECT_EQ(-EINVAL, REQ32(PTRACE_SETOPTIONS, 0, 0xffffffff));
	EXPECT_EQ(-EIO, request32(PTRACE_SEIZE, getppid(), 0x80000000, 0));
	EXPECT_EQ(-EIO, request32(PTRACE_SEIZE, getppid(), 0, 0x40000000));
	/* The address is zero-extended, so that the tracee has nothing there. */
	EXPECT_EQ(-EIO, REQ32(PTRACE_PEEKDATA, 0xfffffffc, low->bytes));
	EXPECT_EQ(-EIO, REQ32(PTRACE_POKEDATA, 0xffffffff, 0));
}

#ifdef __x86_64__
/* The same: the kernel ignores what a 64-bit program passes in the upper halves */
TEST_F(compat, upper_halves)
{
	const unsigned long high = 0x1234567800000000UL;
	uint32_t word;

	EXPECT_EQ(0, request32(high | PTRACE_PEEKDATA, high | self->tracee,
			       high | (unsigned long)(low->words + 8),
			       high | (unsigned long)low->bytes));
	memcpy(&word, low->bytes, 4);
	EXPECT_EQ(0x0b0a0908, word);
	EXPECT_EQ(0, REQ32(PTRACE_POKEDATA, low->words, high | 0x42434445));
	EXPECT_EQ(0, REQ32(PTRACE_PEEKDATA, low->words, low->bytes));
	memcpy(&word, low->bytes, 4);
	EXPECT_EQ(0x42434445, word);
	EXPECT_EQ(0, REQ32(PTRACE_SETOPTIONS, 0, high | PTRACE_O_TRACESYSGOOD));
	/* The native system call takes them for errors. */
	EXPECT_EQ(-EIO, REQ(high | PTRACE_PEEKDATA, low->words, low->bytes));
	EXPECT_EQ(-EIO, REQ(PTRACE_PEEKDATA, high | (unsigned long)low->words, low->bytes));
	EXPECT_EQ(-EINVAL, REQ(PTRACE_SETOPTIONS, 0, high | PTRACE_O_TRACESYSGOOD));
	EXPECT_EQ(-EIO, REQ(PTRACE_CONT, 0, high));
	EXPECT_EQ(0, REQ32(PTRACE_CONT, 0, high));
	wait_for_progress(self->shared);
}

/* The x32 system call, which the kernel need not have */
TEST_F(compat, x32)
{
	long ret = syscall(0x40000000 + 521, PTRACE_PEEKDATA, self->tracee, low->words,
			   low->bytes);

	if (ret == -1) {
		EXPECT_EQ(ENOSYS, errno);
		return;
	}
	EXPECT_EQ(0, ret);
	EXPECT_TRUE(all_are(low->bytes + 4, FILLER, 8));
}
#endif

#endif /* CALLS_32 */

/* Get the path of this program's build for the other width; return whether there is one. */
static bool other_width(char path[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 4);

	if (len < 4)
		return false;
	path[len] = 0;
	if (IS_64BIT)
		strcat(path, "_32");
	else if (!strcmp(path + len - 3, "_32"))
		path[len - 3] = 0;
	else
		return false;
	return !access(path, X_OK);
}

static int exec_other_width(struct shared *shared)
{
	char path[PATH_MAX];

	if (!other_width(path) || request(PTRACE_TRACEME, 0, 0, 0))
		return 1;
	execl(path, path, "-h", NULL);
	return 2;
}

/* task_user_regset_view(), syscall_get_arch(): a program of the other width */
TEST_F(compat, other_program)
{
#ifdef __arm__
	/* A 32-bit tracer has the sets of 32 bits, whatever the tracee is. */
	const size_t all = GENERAL_32;
#else
	const size_t all = IS_64BIT ? GENERAL_32 : GENERAL_64;
#endif
	struct iovec iov = { low->bytes, sizeof(low->bytes) };
	struct ptrace_syscall_info info;
	unsigned long word = 0;
	char path[PATH_MAX];

	if (!other_width(path))
		SKIP(return, "there is no program of the other width");
	reap(self->tracee);
	self->tracee = spawn(exec_other_width, self->shared);
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETREGSET, NT_PRSTATUS, &iov));
	EXPECT_EQ(all, iov.iov_len);
	EXPECT_TRUE(all_are(low->bytes + all, FILLER, 128));
	ASSERT_EQ(24, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	EXPECT_EQ(IS_64BIT ? ARCH_32 : ARCH_64, info.arch);
	/* Its first instruction, at an address that both can name. */
	EXPECT_GT(1ULL << 32, info.instruction_pointer);
	EXPECT_EQ(0, REQ(PTRACE_PEEKTEXT, info.instruction_pointer, &word));
	EXPECT_NE(0, word);
	EXPECT_EQ(0, REQ(PTRACE_POKETEXT, info.instruction_pointer, ~word));
	EXPECT_EQ(0, REQ(PTRACE_PEEKTEXT, info.instruction_pointer, &word));
	EXPECT_EQ(0, REQ(PTRACE_POKETEXT, info.instruction_pointer, ~word));
#ifdef X86
	/* GETREGS still has the tracer's own layout. */
	memset(low->bytes, FILLER, sizeof(low->bytes));
	ASSERT_EQ(0, REQ(PTRACE_GETREGS, 0, low->bytes));
	EXPECT_TRUE(all_are(low->bytes + (IS_64BIT ? GENERAL_64 : GENERAL_32), FILLER, 128));
#endif

	/* Its system calls have the numbers of its own width. */
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, 0, PTRACE_O_TRACESYSGOOD));
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	ASSERT_EQ(80, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_ENTRY, info.op);
	/* exit_group(3). */
	info.entry.nr = IS_64BIT ? EXIT_GROUP_32 : EXIT_GROUP_64;
	info.entry.args[0] = 3;
	ASSERT_EQ(0, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &info));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EXITED(3), next_status(self->tracee));
	self->tracee = 0;
}

TEST_HARNESS_MAIN
