// SPDX-License-Identifier: GPL-2.0
/*
 * PTRACE_PEEKUSR and PTRACE_POKEUSR: a tracee's registers and debug registers as words of
 * struct user; and x86's own requests for registers.
 *
 * Before a test, "man:" quotes ptrace(2), and a function's name is what the test checks.
 */
#include "ptrace_data.h"

FIXTURE(user_area)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(user_area)
{
	self->shared = shared_new();
	self->tracee = start_stopped(spin, self->shared, 'R', 0);
	ASSERT_LT(0, self->tracee);
}

FIXTURE_TEARDOWN(user_area)
{
	reap(self->tracee);
}

#if defined(__x86_64__) || defined(__i386__)

#include <asm/ldt.h>
#include <asm/prctl.h>
#include <asm/ptrace-abi.h>

/* struct user, as the kernel has it: its size, and its debug registers. */
#ifdef __x86_64__
#define AREA_SIZE	928
#define DEBUGREG	848
#define REGS		27
#define BX		(5 * 8)
#define IP		(16 * 8)
#define FLAGS		(18 * 8)
#define FS_BASE		(21 * 8)
#define GS_BASE		(22 * 8)
static const int selectors[] = { 17, 20, 23, 24, 25, 26 };
#else
#define AREA_SIZE	284
#define DEBUGREG	252
#define REGS		17
#define BX		0
#define IP		(12 * 4)
#define FLAGS		(14 * 4)
static const int selectors[] = { 13, 16, 7, 8, 9, 10 };
#endif

#define DR(n)		(DEBUGREG + (n) * WORD)
/* A selector of the kernel, which no process may have for code, stack or data. */
#define KERNEL_SELECTOR	0x10

static unsigned long peek(const FIXTURE_DATA(user_area) *self, unsigned long offset)
{
	unsigned long word;

	return REQ(PTRACE_PEEKUSR, offset, &word) ? -1 : word;
}

/* The number of the debug register at an offset, or -1. */
static int debugreg(long offset)
{
	return offset >= (long)DR(0) && offset <= (long)DR(7) ? (offset - DR(0)) / WORD : -1;
}

/*
 * Whether an offset is valid. A 32-bit tracer may ask for the word behind the last one, and
 * for a debug register by the offset of any of its bytes.
 */
static bool is_there(long offset)
{
	if (IS_64BIT)
		return offset >= 0 && offset < AREA_SIZE && offset % WORD == 0;
	return (offset >= 0 && offset <= AREA_SIZE && offset % WORD == 0) || debugreg(offset) >= 0;
}

/* arch_ptrace(), getreg32(): which offsets are valid; words of no register read as 0 */
TEST_F(user_area, peek_every_offset)
{
	unsigned long regs[REGS], word;

	ASSERT_EQ(0, REQ(PTRACE_GETREGS, 0, regs));
	for (long offset = -16; offset <= AREA_SIZE + 16; offset++) {
		const bool there = is_there(offset);

		word = 42;
		ASSERT_EQ(there ? 0 : -EIO, REQ(PTRACE_PEEKUSR, offset, &word)) {
			TH_LOG("offset %ld", offset);
		}
		if (!there) {
			ASSERT_EQ(42, word);
			continue;
		}
		if (offset < REGS * (long)WORD) {
			ASSERT_EQ(regs[offset / WORD], word);
		} else if (debugreg(offset) != 6) {
			ASSERT_EQ(0, word);
		}
		ASSERT_EQ(-EFAULT, REQ(PTRACE_PEEKUSR, offset, 1));
	}
	/* The value that DR6 has before any debug exception. */
	EXPECT_EQ(0xffff0ff0, peek(self, DR(6)));
	EXPECT_EQ(-EIO, REQ(PTRACE_PEEKUSR, -1, 1));
	EXPECT_EQ(-EIO, REQ(PTRACE_PEEKUSR, 1UL << 31, 1));
}

/* The same for POKE: a register takes its own value, other words are refused or ignored */
TEST_F(user_area, poke_every_offset)
{
	for (long offset = -16; offset <= AREA_SIZE + 16; offset++) {
		const int n = debugreg(offset);
		bool taken = is_there(offset) &&
			     (offset < REGS * (long)WORD || n >= 0 || !IS_64BIT);
		unsigned long word = 0;

		if (n == 4 || n == 5)
			taken = false;
		REQ(PTRACE_PEEKUSR, offset, &word);
		ASSERT_EQ(taken ? 0 : -EIO, REQ(PTRACE_POKEUSR, offset, word)) {
			TH_LOG("offset %ld", offset);
		}
	}
}

/* putreg(): PEEKUSR and the requests for all registers read what POKEUSR wrote */
TEST_F(user_area, poke)
{
	const unsigned long value = (unsigned long)0x123456789abcdef0ULL;
	unsigned long regs[REGS];

	ASSERT_EQ(0, REQ(PTRACE_POKEUSR, BX, value));
	EXPECT_EQ(value, peek(self, BX));
	ASSERT_EQ(0, REQ(PTRACE_GETREGS, 0, regs));
	EXPECT_EQ(value, regs[BX / WORD]);
	regs[BX / WORD] = 42;
	ASSERT_EQ(0, REQ(PTRACE_SETREGS, 0, regs));
	EXPECT_EQ(42, peek(self, BX));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_GETREGS, 0, 1));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_SETREGS, 0, 1));
}

/* set_segment_reg(): no selector of the kernel's, and no null selector for code and stack */
TEST_F(user_area, selectors)
{
	for (size_t i = 0; i < ARRAY_SIZE(selectors); i++) {
		const unsigned long offset = selectors[i] * WORD;
		const unsigned long before = peek(self, offset);
		const bool needed = i < 2;

		for (int rpl = 0; rpl < 3; rpl++)
			EXPECT_EQ(-EIO, REQ(PTRACE_POKEUSR, offset, KERNEL_SELECTOR | rpl));
		EXPECT_EQ(before, peek(self, offset));
		EXPECT_EQ(needed ? -EIO : 0, REQ(PTRACE_POKEUSR, offset, 0));
		/* Only 16 bits of the value count. */
		EXPECT_EQ(needed ? -EIO : 0, REQ(PTRACE_POKEUSR, offset, 0xabcd0000));
		EXPECT_EQ(0, REQ(PTRACE_POKEUSR, offset, 0xabcd0000 | before));
		EXPECT_EQ(before & 0xffff, peek(self, offset));
	}
}

/* set_flags(): a tracer can set some of the flags, but none that are privileged */
TEST_F(user_area, flags)
{
	/* The flags of arithmetic and debugging, alignment check, and nested task. */
	const unsigned long mine = 0xdd5 | 0x4000 | 0x10000 | 0x40000;
	const unsigned long others = peek(self, FLAGS) & ~mine;

	ASSERT_EQ(0, REQ(PTRACE_POKEUSR, FLAGS, ~0UL));
	EXPECT_EQ(others | mine, peek(self, FLAGS));
	ASSERT_EQ(0, REQ(PTRACE_POKEUSR, FLAGS, 0));
	EXPECT_EQ(others, peek(self, FLAGS));
}

/* ptrace_set_debugreg(): only user addresses; DR4 and DR5 do not exist */
TEST_F(user_area, debug_registers)
{
	for (int n = 0; n < 4; n++) {
		EXPECT_EQ(0, REQ(PTRACE_POKEUSR, DR(n), 0x1000 * (n + 1)));
		EXPECT_EQ(0x1000 * (n + 1), peek(self, DR(n)));
#if __SIZEOF_LONG__ == 8
		EXPECT_EQ(-EINVAL, REQ(PTRACE_POKEUSR, DR(n), 0xffffffff81000000UL));
		EXPECT_EQ(-EINVAL, REQ(PTRACE_POKEUSR, DR(n), -1));
#endif
		EXPECT_EQ(0x1000 * (n + 1), peek(self, DR(n)));
	}
	for (int n = 4; n < 6; n++) {
		EXPECT_EQ(-EIO, REQ(PTRACE_POKEUSR, DR(n), 0));
		EXPECT_EQ(0, peek(self, DR(n)));
	}
	EXPECT_EQ(0, REQ(PTRACE_POKEUSR, DR(6), 0xffff0ff0 | 5));
	EXPECT_EQ(0xffff0ff0 | 5, peek(self, DR(6)));
	EXPECT_EQ(0, REQ(PTRACE_POKEUSR, DR(7), 0));
	EXPECT_EQ(0, peek(self, DR(7)));
	/* 4 bytes, at an unaligned address: the register keeps its value. */
	EXPECT_EQ(0, REQ(PTRACE_POKEUSR, DR(0), 0x1001));
	EXPECT_EQ(-EINVAL, REQ(PTRACE_POKEUSR, DR(7), 0xd0001));
	EXPECT_EQ(0, peek(self, DR(7)));
}

/* The same: they trap where they are set */
TEST_F(user_area, watchpoint)
{
	siginfo_t info;

	/* Watch for writes to 4 bytes of the number that the tracee counts up. */
	ASSERT_EQ(0, REQ(PTRACE_POKEUSR, DR(1), &self->shared->count));
	ASSERT_EQ(0, REQ(PTRACE_POKEUSR, DR(7), 0xd00004));
	EXPECT_EQ(0xd00004, peek(self, DR(7)));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
		ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, 0, &info));
		EXPECT_EQ(TRAP_HWBKPT, info.si_code);
		/* The address of the next instruction, not of what was written. */
		EXPECT_EQ(peek(self, IP), (unsigned long)info.si_addr);
		EXPECT_EQ(2, peek(self, DR(6)) & 0xf);
		ASSERT_EQ(0, REQ(PTRACE_POKEUSR, DR(6), 0xffff0ff0));
	}
	ASSERT_EQ(0, REQ(PTRACE_POKEUSR, DR(7), 0));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_progress(self->shared);
}

#ifdef __x86_64__
/* putreg(): a base must be a user address */
TEST_F(user_area, bases)
{
	static const unsigned long offsets[] = { FS_BASE, GS_BASE };

	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(0, REQ(PTRACE_POKEUSR, offsets[i], 0x12345000));
		EXPECT_EQ(0x12345000, peek(self, offsets[i]));
		EXPECT_EQ(-EIO, REQ(PTRACE_POKEUSR, offsets[i], 0x8000000000000000UL));
		EXPECT_EQ(-EIO, REQ(PTRACE_POKEUSR, offsets[i], 0xffff800000000000UL));
		EXPECT_EQ(-EIO, REQ(PTRACE_POKEUSR, offsets[i], -1));
		EXPECT_EQ(0x12345000, peek(self, offsets[i]));
	}
}

/* man: PTRACE_ARCH_PRCTL. Its arguments are in the other order */
TEST_F(user_area, arch_prctl)
{
	unsigned long word = 0;

	EXPECT_EQ(0, REQ(PTRACE_ARCH_PRCTL, 0x23456000, ARCH_SET_GS));
	EXPECT_EQ(0x23456000, peek(self, GS_BASE));
	EXPECT_EQ(0, REQ(PTRACE_ARCH_PRCTL, &word, ARCH_GET_GS));
	EXPECT_EQ(0x23456000, word);
	EXPECT_EQ(0, REQ(PTRACE_ARCH_PRCTL, &word, ARCH_GET_FS));
	EXPECT_EQ(peek(self, FS_BASE), word);
	EXPECT_EQ(-EPERM, REQ(PTRACE_ARCH_PRCTL, -1, ARCH_SET_GS));
	EXPECT_EQ(-EPERM, REQ(PTRACE_ARCH_PRCTL, -1, ARCH_SET_FS));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_ARCH_PRCTL, 1, ARCH_GET_FS));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_ARCH_PRCTL, 1, ARCH_GET_GS));
	EXPECT_EQ(-EINVAL, REQ(PTRACE_ARCH_PRCTL, 0, 0));
	EXPECT_EQ(-EINVAL, REQ(PTRACE_ARCH_PRCTL, 0, 0x1005));
}

/* Requests for 32-bit tracers only */
TEST_F(user_area, not_for_this_width)
{
	char registers[512];

	EXPECT_EQ(-EIO, REQ(18, 0, registers));
	EXPECT_EQ(-EIO, REQ(19, 0, registers));
}
#else
/* man: PTRACE_GETFPXREGS, and the requests that a 32-bit tracer does not have */
TEST_F(user_area, extended_registers)
{
	unsigned char registers[528];

	memset(registers, FILLER, sizeof(registers));
	EXPECT_EQ(0, REQ(PTRACE_GETFPXREGS, 0, registers));
	EXPECT_FALSE(all_are(registers, FILLER, 512));
	EXPECT_TRUE(all_are(registers + 512, FILLER, 16));
	EXPECT_EQ(0, REQ(PTRACE_SETFPXREGS, 0, registers));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_GETFPXREGS, 0, 1));
	EXPECT_EQ(-EIO, REQ(30, 0, ARCH_GET_FS));
}
#endif

/* man: PTRACE_GETFPREGS. The size depends on the caller's width */
TEST_F(user_area, floating_point_registers)
{
	const size_t size = IS_64BIT ? 512 : 108;
	unsigned char registers[528];

	memset(registers, FILLER, sizeof(registers));
	EXPECT_EQ(0, REQ(PTRACE_GETFPREGS, 0, registers));
	EXPECT_FALSE(all_are(registers, FILLER, size));
	EXPECT_TRUE(all_are(registers + size, FILLER, sizeof(registers) - size));
	EXPECT_EQ(0, REQ(PTRACE_SETFPREGS, 0, registers));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_GETFPREGS, 0, 1));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_SETFPREGS, 0, 1));
}

/* man: PTRACE_GET_THREAD_AREA, PTRACE_SET_THREAD_AREA: three entries of a table, by number */
TEST_F(user_area, thread_area)
{
	const struct user_desc area = {
		.base_addr = 0x123000, .limit = 0xfffff, .seg_32bit = 1,
		.limit_in_pages = 1, .useable = 1,
	};
	struct user_desc seen;

	for (int index = -2; index < 20; index++) {
		const int error = index < 0 ? -EIO : index < 12 || index > 14 ? -EINVAL : 0;

		EXPECT_EQ(error, REQ(PTRACE_SET_THREAD_AREA, index, &area));
		memset(&seen, FILLER, sizeof(seen));
		EXPECT_EQ(error, REQ(PTRACE_GET_THREAD_AREA, index, &seen));
		if (error)
			continue;
		EXPECT_EQ(index, seen.entry_number);
		EXPECT_EQ(0x123000, seen.base_addr);
		EXPECT_EQ(0xfffff, seen.limit);
		EXPECT_EQ(-EFAULT, REQ(PTRACE_SET_THREAD_AREA, index, 1));
		EXPECT_EQ(-EFAULT, REQ(PTRACE_GET_THREAD_AREA, index, 1));
	}
}

#elif defined(__arm__)

/* struct user of arm: 18 registers, then words that read as 0 */
#define REGS		18
#define AREA_SIZE	296

/* compat_ptrace_read_user(), compat_ptrace_write_user(): all words can be read, registers set */
TEST_F(user_area, words)
{
	unsigned long regs[REGS], word;

	ASSERT_EQ(0, REQ(PTRACE_GETREGS, 0, regs));
	for (long offset = -8; offset < AREA_SIZE + 8; offset++) {
		const bool valid = offset >= 0 && offset < AREA_SIZE && offset % WORD == 0;

		word = FILLER;
		ASSERT_EQ(valid ? 0 : -EIO, REQ(PTRACE_PEEKUSR, offset, &word)) {
			TH_LOG("offset %ld", offset);
		}
		ASSERT_EQ(!valid ? FILLER :
			  offset < (long)sizeof(regs) ? regs[offset / WORD] : 0, word);
	}
	EXPECT_EQ(0, REQ(PTRACE_POKEUSR, 4 * WORD, 0x5a5a5a5a));
	ASSERT_EQ(0, REQ(PTRACE_GETREGS, 0, regs));
	EXPECT_EQ(0x5a5a5a5a, regs[4]);
	/* What is not a register does not change, and that is no error. */
	EXPECT_EQ(0, REQ(PTRACE_POKEUSR, REGS * WORD, 1));
	ASSERT_EQ(0, REQ(PTRACE_PEEKUSR, REGS * WORD, &word));
	EXPECT_EQ(0, word);
	EXPECT_EQ(-EIO, REQ(PTRACE_POKEUSR, 2, 1));
	EXPECT_EQ(-EIO, REQ(PTRACE_POKEUSR, AREA_SIZE, 1));
}

#else

/* ptrace_request(): without a struct user, these requests do not exist, whatever they name */
TEST_F(user_area, is_not_there)
{
	/* PEEKUSR, POKEUSR, GETREGS, SETREGS, GETFPREGS, SETFPREGS, and x86's GETFPXREGS. */
	static const long requests[] = { 3, 6, 12, 13, 14, 15, 18 };
	unsigned long words[256];

	memset(words, FILLER, sizeof(words));
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		EXPECT_EQ(-EIO, REQ(requests[i], 0, words)) {
			TH_LOG("request %ld", requests[i]);
		}
	}
	EXPECT_TRUE(all_are(words, FILLER, sizeof(words)));
}

#endif

TEST_HARNESS_MAIN
