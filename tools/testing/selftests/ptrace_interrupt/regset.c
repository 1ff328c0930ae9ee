// SPDX-License-Identifier: GPL-2.0
/*
 * PTRACE_GETREGSET and PTRACE_SETREGSET: a tracee's registers, in sets with the names that
 * core dumps use, and how much of them the kernel copies.
 *
 * A function's name before a test is what the test checks.
 */
#include <elf.h>
#include <stdint.h>

#include "ptrace_data.h"

#if defined(__x86_64__) || defined(__i386__)
#define X86
#endif

#ifndef NT_386_TLS
#define NT_386_TLS	0x200
#define NT_386_IOPERM	0x201
#define NT_X86_XSTATE	0x202
#endif
#define NT_X86_SHSTK	0x204
#define NT_ARM_VFP	0x400
#define NT_ARM_TLS	0x401
#define NT_ARM_SYSTEM_CALL 0x404

/*
 * The number of general registers, and indexes as words: of one that may have any value and, on
 * x86, of the code selector.
 */
#if defined(__x86_64__)
#define GENERAL		27
#define BX		5
#define CS		17
#define OTHER_CS	0x23
#define OTHER_GENERAL	(17 * 4)
#elif defined(__i386__)
#define GENERAL		17
#define BX		0
#define CS		13
#define OTHER_CS	0x33
#define OTHER_GENERAL	(27 * 8)
#elif defined(__aarch64__)
#define GENERAL		34
#define BX		19
#elif defined(__arm__)
#define GENERAL		18
#define BX		4
#elif defined(__riscv)
#define GENERAL		32
#define BX		18
#endif

FIXTURE(regset)
{
	struct shared *shared;
	pid_t tracee;
};

FIXTURE_SETUP(regset)
{
	self->shared = shared_new();
	self->tracee = start_stopped(spin, self->shared, 'R', 0);
	ASSERT_LT(0, self->tracee);
}

FIXTURE_TEARDOWN(regset)
{
	reap(self->tracee);
}

/* Copy a set to or from @bytes. @len is the length asked for, and then the length returned. */
static long copy(pid_t pid, long nr, unsigned long note, void *bytes, size_t *len)
{
	struct iovec iov = { bytes, *len };
	long ret = request(nr, pid, note, (unsigned long)&iov);

	*len = iov.iov_len;
	return ret;
}

/* All sets, with the size of a register and the least size of the set. */
static const struct set {
	unsigned long note;
	unsigned int size, least;
} sets[] = {
	{ NT_PRSTATUS, WORD, GENERAL * WORD },
#if defined(__x86_64__)
	{ NT_PRFPREG, 8, 512 },
#elif defined(__i386__)
	{ NT_PRFPREG, 4, 108 },
	{ NT_PRXFPREG, 4, 512 },
	{ NT_386_TLS, 16, 48 },
#elif defined(__aarch64__)
	{ NT_PRFPREG, 4, 528 },
	{ NT_ARM_TLS, 8, 16 },
	{ NT_ARM_SYSTEM_CALL, 4, 4 },
#elif defined(__arm__)
	{ NT_ARM_VFP, 4, 260 },
#elif defined(__riscv)
	{ NT_PRFPREG, 8, 264 },
#endif
};

#define N_SETS	ARRAY_SIZE(sets)

static unsigned char whole[16384], part[16384];

/* ptrace_regset(): it copies a whole number of registers, up to all, and not a byte more */
TEST_F(regset, get_lengths)
{
	for (size_t i = 0; i < N_SETS; i++) {
		const struct set *set = &sets[i];
		size_t all = sizeof(whole), len;

		ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, set->note, whole, &all));
		ASSERT_EQ(set->least, all);
		for (size_t asked = 0; asked < all + 4 * set->size; asked++) {
			const size_t expected = asked < all ? asked : all;

			memset(part, FILLER, sizeof(part));
			len = asked;
			if (asked % set->size) {
				ASSERT_EQ(-EINVAL, copy(self->tracee, PTRACE_GETREGSET, set->note,
							part, &len));
				ASSERT_EQ(asked, len);
				ASSERT_TRUE(all_are(part, FILLER, sizeof(part)));
				continue;
			}
			ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, set->note, part, &len));
			ASSERT_EQ(expected, len);
			ASSERT_EQ(0, memcmp(whole, part, expected));
			ASSERT_TRUE(all_are(part + expected, FILLER, sizeof(part) - expected));
		}
	}
}

/* The same with lengths that no buffer can have: the kernel returns the set's length */
TEST_F(regset, huge_lengths)
{
	for (size_t i = 0; i < N_SETS; i++) {
		const struct set *set = &sets[i];

		for (unsigned int bit = 13; bit < 8 * sizeof(size_t); bit++) {
			size_t len = (size_t)1 << bit;

			/* A whole number of registers. It is still more than all. */
			len -= len % set->size;
			memset(part, FILLER, sizeof(part));
			EXPECT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, set->note, part, &len));
			EXPECT_EQ(set->least, len);
			EXPECT_TRUE(all_are(part + len, FILLER, sizeof(part) - len));
			EXPECT_EQ(0, copy(self->tracee, PTRACE_SETREGSET, set->note, part, &len));
			EXPECT_EQ(set->least, len);

			len = ((size_t)1 << bit) + 1;
			EXPECT_EQ(-EINVAL, copy(self->tracee, PTRACE_GETREGSET, set->note, part,
						&len));
			EXPECT_EQ(((size_t)1 << bit) + 1, len);
		}
	}
}

/* ptrace_regset(): it sets as many registers as the caller gives; the others do not change */
TEST_F(regset, set_part)
{
	unsigned long before[GENERAL], regs[GENERAL], seen[GENERAL];
	size_t len = sizeof(before);

	ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, NT_PRSTATUS, before, &len));
	for (size_t count = 0; count <= 10; count++) {
		/* The first ten registers take any value, except for two of 32 bits. */
		for (int i = 0; i < GENERAL; i++)
			regs[i] = before[i];
		for (size_t i = 0; i < count && i < 6; i++)
			regs[i] = before[i] ^ (0x1111 + i);
		len = count * WORD;
		ASSERT_EQ(0, copy(self->tracee, PTRACE_SETREGSET, NT_PRSTATUS, regs, &len));
		ASSERT_EQ(count * WORD, len);
		len = sizeof(seen);
		ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, NT_PRSTATUS, seen, &len));
		EXPECT_EQ(0, memcmp(regs, seen, sizeof(seen))) {
			TH_LOG("%zu registers", count);
		}
		len = sizeof(before);
		ASSERT_EQ(0, copy(self->tracee, PTRACE_SETREGSET, NT_PRSTATUS, before, &len));
	}
}

#if defined(X86) || defined(__arm__)
/* The requests that only some architectures have show the registers that were set. */
TEST_F(regset, other_requests)
{
	unsigned long regs[GENERAL], word;
	size_t len = sizeof(regs);

	ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, NT_PRSTATUS, regs, &len));
	regs[BX] = 0x5a5a5a5a;
	ASSERT_EQ(0, copy(self->tracee, PTRACE_SETREGSET, NT_PRSTATUS, regs, &len));
	ASSERT_EQ(0, REQ(PTRACE_PEEKUSR, BX * WORD, &word));
	EXPECT_EQ(0x5a5a5a5a, word);
	memset(regs, 0, sizeof(regs));
	ASSERT_EQ(0, REQ(PTRACE_GETREGS, 0, regs));
	EXPECT_EQ(0x5a5a5a5a, regs[BX]);
	ASSERT_EQ(0, REQ(PTRACE_POKEUSR, BX * WORD, 0x12121212));
	ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, NT_PRSTATUS, regs, &len));
	EXPECT_EQ(0x12121212, regs[BX]);
}
#endif

#ifdef X86
/* putreg(): an error keeps the registers set before it, and does not change the length */
TEST_F(regset, set_stops_at_an_error)
{
	unsigned long regs[GENERAL], seen[GENERAL];
	size_t len = sizeof(regs);

	ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, NT_PRSTATUS, regs, &len));
	regs[BX] = 0x5a5a5a5a;
	regs[CS] = 0;
	len = sizeof(regs) + 8 * WORD;
	EXPECT_EQ(-EIO, copy(self->tracee, PTRACE_SETREGSET, NT_PRSTATUS, regs, &len));
	EXPECT_EQ(sizeof(regs) + 8 * WORD, len);
	len = sizeof(seen);
	ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, NT_PRSTATUS, seen, &len));
	EXPECT_EQ(0x5a5a5a5a, seen[BX]);
	EXPECT_NE(0, seen[CS]);
}
#endif

/* find_regset(): the name is an unsigned int, and must match exactly */
TEST_F(regset, names)
{
	static const unsigned long none[] = {
		0, 3, 4, 5, 6, 0x46e62b7e, 0x203, 0x205, 0x300,
		0x7fffffff, 0x80000000, 0xffffffff,
#ifdef X86
		NT_ARM_VFP, NT_ARM_TLS,
#endif
#if __SIZEOF_LONG__ == 8
		0x200, 0x46e62b7f, 1UL << 32, 3UL << 32,
#else
		0x46e62b7f ^ 0x80000000, 0x80000001,
#endif
	};
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		for (long nr = PTRACE_GETREGSET; nr <= PTRACE_SETREGSET; nr++) {
			len = WORD;
			EXPECT_EQ(-EINVAL, copy(self->tracee, nr, none[i], part, &len)) {
				TH_LOG("name %#lx", none[i]);
			}
			EXPECT_EQ(WORD, len);
		}
	}
	for (size_t i = 0; i < N_SETS; i++) {
		size_t all = sizeof(part);

		ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, sets[i].note, whole, &all));
#if __SIZEOF_LONG__ == 8
		for (unsigned int bit = 32; bit < 64; bit++) {
			len = sizeof(part);
			ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET,
					  1UL << bit | sets[i].note, part, &len));
			ASSERT_EQ(all, len);
			ASSERT_EQ(0, memcmp(whole, part, all));
		}
#endif
	}
}

#ifdef X86
/* xstateregs_get(), xstateregs_set(): the set has the size of the processor's state */
TEST_F(regset, xstate)
{
	size_t all = sizeof(whole), len;

	if (copy(self->tracee, PTRACE_GETREGSET, NT_X86_XSTATE, whole, &all) == -ENODEV)
		SKIP(return, "the processor has no XSAVE");
	ASSERT_LT(512, all);
	ASSERT_EQ(0, all % 8);
	/* The first bytes are those of the other set, where it has the same layout. */
	for (len = all - 16; len <= all + 16; len++) {
		size_t asked = len;
		long ret = copy(self->tracee, PTRACE_GETREGSET, NT_X86_XSTATE, part, &asked);

		EXPECT_EQ(len % 8 ? -EINVAL : 0, ret);
		EXPECT_EQ(len % 8 ? len : len < all ? len : all, asked);
		EXPECT_TRUE(len % 8 || !memcmp(whole, part, asked));
	}
	len = all;
	EXPECT_EQ(0, copy(self->tracee, PTRACE_SETREGSET, NT_X86_XSTATE, whole, &len));
	EXPECT_EQ(all, len);
	/* The whole set must be given. */
	len = all - 8;
	EXPECT_EQ(-EFAULT, copy(self->tracee, PTRACE_SETREGSET, NT_X86_XSTATE, whole, &len));
	EXPECT_EQ(all - 8, len);
}

/* ioperm_active(): a tracee need not have this set, and a tracer cannot set it */
TEST_F(regset, io_permissions)
{
	size_t len = 4096;

	EXPECT_EQ(-ENXIO, copy(self->tracee, PTRACE_GETREGSET, NT_386_IOPERM, part, &len));
	EXPECT_EQ(4096, len);
	EXPECT_EQ(-EOPNOTSUPP, copy(self->tracee, PTRACE_SETREGSET, NT_386_IOPERM, part, &len));
	EXPECT_EQ(4096, len);
	len = 1;
	EXPECT_EQ(-EINVAL, copy(self->tracee, PTRACE_GETREGSET, NT_386_IOPERM, part, &len));
}
#endif

/*
 * ptrace_request(): the kernel checks the iovec first, then the name, then the length, then
 * the buffer. It writes the length last, and only without an error.
 */
TEST_F(regset, order_of_errors)
{
	const long page = sysconf(_SC_PAGESIZE);
	char *pages = private_pages(2);
	struct iovec *iov = (void *)pages, *cut;

	ASSERT_EQ(0, mprotect(pages + page, page, PROT_NONE));
	for (long nr = PTRACE_GETREGSET; nr <= PTRACE_SETREGSET; nr++) {
		EXPECT_EQ(-EFAULT, REQ(nr, 3, 0));
		EXPECT_EQ(-EFAULT, REQ(nr, 3, -1));
		EXPECT_EQ(-EFAULT, REQ(nr, 3, -WORD));
		/* Half of the iovec is mapped. */
		cut = (void *)(pages + page - WORD);
		cut->iov_base = part;
		EXPECT_EQ(-EFAULT, REQ(nr, 3, cut));

		*iov = (struct iovec){ (void *)BAD_POINTER, 1 };
		EXPECT_EQ(-EINVAL, REQ(nr, 3, iov));
		EXPECT_EQ(-EINVAL, REQ(nr, NT_PRSTATUS, iov));
		EXPECT_EQ(1, iov->iov_len);
		iov->iov_len = 2 * WORD;
		EXPECT_EQ(-EFAULT, REQ(nr, NT_PRSTATUS, iov));
		EXPECT_EQ(2 * WORD, iov->iov_len);
		/* With length 0, the address does not matter. */
		iov->iov_len = 0;
		EXPECT_EQ(0, REQ(nr, NT_PRSTATUS, iov));
	}

	/* The iovec is read-only: the kernel copies the registers, and then fails. */
	*iov = (struct iovec){ part, GENERAL * WORD };
	memset(part, FILLER, sizeof(part));
	ASSERT_EQ(0, mprotect(pages, page, PROT_READ));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_GETREGSET, NT_PRSTATUS, iov));
	EXPECT_FALSE(all_are(part, FILLER, GENERAL * WORD));
	EXPECT_TRUE(all_are(part + GENERAL * WORD, FILLER, 64));
}

/* The buffer is at the end of a mapping: the kernel touches no more bytes than asked for. */
TEST_F(regset, buffer_at_the_end)
{
	const long page = sysconf(_SC_PAGESIZE);
	char *pages = private_pages(2);
	size_t len;

	ASSERT_EQ(0, mprotect(pages + page, page, PROT_NONE));
	for (size_t count = 1; count <= GENERAL; count++) {
		char *regs = pages + page - count * WORD;

		len = count * WORD;
		EXPECT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, NT_PRSTATUS, regs, &len));
		EXPECT_EQ(0, copy(self->tracee, PTRACE_SETREGSET, NT_PRSTATUS, regs, &len));
		EXPECT_EQ(count * WORD, len);
	}
	for (long nr = PTRACE_GETREGSET; nr <= PTRACE_SETREGSET; nr++) {
		len = GENERAL * WORD;
		EXPECT_EQ(-EFAULT, copy(self->tracee, nr, NT_PRSTATUS,
					pages + page - GENERAL * WORD + 1, &len));
		EXPECT_EQ(GENERAL * WORD, len);
	}
}

#ifdef X86
/* task_user_regset_view(): the mode in which the tracee's code runs selects the sets */
TEST_F(regset, of_the_other_width)
{
	unsigned long regs[GENERAL];
	size_t all = sizeof(regs), len = sizeof(part);
	uint32_t seen;

	ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, NT_PRSTATUS, regs, &all));
	regs[BX] = 0x5a5a5a5a;
	ASSERT_EQ(0, copy(self->tracee, PTRACE_SETREGSET, NT_PRSTATUS, regs, &all));
	ASSERT_EQ(0, REQ(PTRACE_POKEUSR, CS * WORD, OTHER_CS));

	memset(part, FILLER, sizeof(part));
	ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, NT_PRSTATUS, part, &len));
	EXPECT_EQ(OTHER_GENERAL, len);
	EXPECT_TRUE(all_are(part + OTHER_GENERAL, FILLER, 64));
	memcpy(&seen, part + (IS_64BIT ? 0 : 5 * 8), sizeof(seen));
	EXPECT_EQ(0x5a5a5a5a, seen);
	/* Registers have another size, and some sets exist in one mode only. */
	len = 12;
	EXPECT_EQ(IS_64BIT ? 0 : -EINVAL,
		  copy(self->tracee, PTRACE_GETREGSET, NT_PRSTATUS, part, &len));
	len = 48;
	EXPECT_EQ(IS_64BIT ? 0 : -EINVAL,
		  copy(self->tracee, PTRACE_GETREGSET, NT_386_TLS, part, &len));
	len = 512;
	EXPECT_EQ(IS_64BIT ? 0 : -EINVAL,
		  copy(self->tracee, PTRACE_GETREGSET, NT_PRXFPREG, part, &len));

	/* The old requests use the caller's width. */
	ASSERT_EQ(0, REQ(PTRACE_GETREGS, 0, regs));
	EXPECT_EQ(0x5a5a5a5a, regs[BX]);
	EXPECT_EQ(OTHER_CS, regs[CS]);
	/* The set of this mode brings the tracee back to the other one. */
	len = OTHER_GENERAL;
	ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, NT_PRSTATUS, part, &len));
#ifdef __x86_64__
	((uint32_t *)part)[13] = 0x33;
#else
	((uint64_t *)part)[17] = 0x23;
#endif
	ASSERT_EQ(0, copy(self->tracee, PTRACE_SETREGSET, NT_PRSTATUS, part, &len));
	len = sizeof(part);
	ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, NT_PRSTATUS, part, &len));
	EXPECT_EQ(GENERAL * WORD, len);
}

#endif

#ifdef __aarch64__
/* system_call_get(): the number of the call that the tracee is in, which a tracer can change */
TEST_F(regset, system_call)
{
	int number = 0;
	size_t len = sizeof(number);

	reap(self->tracee);
	self->tracee = start_stopped(sleep_on_pipe, self->shared, 'S', PTRACE_O_TRACESYSGOOD);
	ASSERT_LT(0, self->tracee);
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	ASSERT_EQ(0, copy(self->tracee, PTRACE_GETREGSET, NT_ARM_SYSTEM_CALL, &number, &len));
	EXPECT_EQ(SYS_read, number);
	number = SYS_exit_group;
	ASSERT_EQ(0, copy(self->tracee, PTRACE_SETREGSET, NT_ARM_SYSTEM_CALL, &number, &len));
	EXPECT_EQ(4, len);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_TRUE(WIFEXITED(next_status(self->tracee)));
	self->tracee = 0;
}
#endif

TEST_HARNESS_MAIN
