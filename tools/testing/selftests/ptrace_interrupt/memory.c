// SPDX-License-Identifier: GPL-2.0
/*
 * PTRACE_PEEKTEXT, PEEKDATA, POKETEXT and POKEDATA: words of a tracee's memory, whatever
 * the tracee itself may do with it.
 *
 * Before a test, "man:" quotes ptrace(2), and a function's name is what the test checks.
 */
#include "ptrace_data.h"

/*
 * The general registers, as words: their number, and the indexes of the instruction pointer, of the
 * stack pointer, of the number of a system call, of its result and, on x86, of the call that may be
 * restarted; and the code of a system call and a breakpoint.
 */
#if defined(__x86_64__)
#define GENERAL		27
#define IP		16
#define SP		19
#define NUMBER		10
#define RESULT		10
#define RESTARTED	15
#define CODE		{ 0x00cc050f }
#elif defined(__i386__)
#define GENERAL		17
#define IP		12
#define SP		15
#define NUMBER		6
#define RESULT		6
#define RESTARTED	11
#define CODE		{ 0x00cc80cd }
#elif defined(__aarch64__)
#define GENERAL		34
#define IP		32
#define SP		31
#define NUMBER		8
#define RESULT		0
#define CODE		{ 0xd4000001, 0xd4200000 }
#elif defined(__arm__)
#define GENERAL		18
#define IP		15
#define SP		13
#define NUMBER		7
#define RESULT		0
#define FLAGS		16
#define THUMB		0x20
#define CODE		{ 0xef000000, 0xe7f001f0 }
#elif defined(__riscv)
#define GENERAL		32
#define IP		0
#define SP		2
#define NUMBER		17
#define RESULT		10
#define CODE		{ 0x00000073, 0x00100073 }
#endif

/* The pages of the tracee, in this order. */
enum {
	FIRST,		/* read and written by the tracee */
	SECOND,		/* likewise */
	UNREADABLE,	/* PROT_NONE */
	READ_ONLY,	/* private */
	SHARED_FILE,	/* read-only, of a writable file */
	HOLE,		/* not mapped */
	PAGES
};

FIXTURE(memory)
{
	struct shared *shared;
	pid_t tracee;
	char *pages;
	long size;
	int file;
};

static char *page(const FIXTURE_DATA(memory) *self, int index)
{
	return self->pages + index * self->size;
}

/* Every byte of the pages differs from its neighbours. */
static unsigned char pattern(const FIXTURE_DATA(memory) *self, const char *addr)
{
	return (addr - self->pages) * 7 + (addr - self->pages) / self->size;
}

FIXTURE_SETUP(memory)
{
	self->shared = shared_new();
	self->size = sysconf(_SC_PAGESIZE);
	self->pages = private_pages(PAGES);
	self->file = memfd_create("memory", 0);
	ASSERT_LE(0, self->file);
	ASSERT_EQ(0, ftruncate(self->file, self->size));
	ASSERT_TRUE(mmap(page(self, SHARED_FILE), self->size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, self->file, 0) != MAP_FAILED);
	for (char *addr = self->pages; addr < page(self, HOLE); addr++)
		*addr = pattern(self, addr);
	ASSERT_EQ(0, mprotect(page(self, UNREADABLE), self->size, PROT_NONE));
	ASSERT_EQ(0, mprotect(page(self, READ_ONLY), 2 * self->size, PROT_READ));
	ASSERT_EQ(0, munmap(page(self, HOLE), self->size));

	self->tracee = start_stopped(spin, self->shared, 'R', 0);
	ASSERT_LT(0, self->tracee);
}

FIXTURE_TEARDOWN(memory)
{
	reap(self->tracee);
}

/* The word that the pattern has at @addr. */
static unsigned long expected(const FIXTURE_DATA(memory) *self, const char *addr)
{
	unsigned long word = 0;

	for (size_t i = 0; i < WORD; i++)
		word |= (unsigned long)pattern(self, addr + i) << 8 * i;
	return word;
}

/* Whether the tracee's memory is what the pattern says in [@from, @to). */
static bool unchanged(const FIXTURE_DATA(memory) *self, const char *from, const char *to)
{
	unsigned char byte;

	for (; from < to; from++)
		if (!look(self->tracee, from, &byte, 1) || byte != pattern(self, from))
			return false;
	return true;
}

/* man: "PTRACE_PEEKTEXT and PTRACE_PEEKDATA are currently equivalent", and the POKEs */
TEST_F(memory, text_is_data)
{
	char *addr = page(self, FIRST) + 64;
	unsigned long word;

	for (long peek = PTRACE_PEEKTEXT; peek <= PTRACE_PEEKDATA; peek++) {
		word = 0;
		EXPECT_EQ(0, REQ(peek, addr, &word));
		EXPECT_EQ(expected(self, addr), word);
	}
	for (long poke = PTRACE_POKETEXT; poke <= PTRACE_POKEDATA; poke++) {
		EXPECT_EQ(0, REQ(poke, addr, 0x12345670 + poke));
		ASSERT_TRUE(look(self->tracee, addr, &word, sizeof(word)));
		EXPECT_EQ(0x12345670 + poke, word);
	}
	/* The tracer's own memory does not change. */
	EXPECT_EQ(expected(self, addr), *(unsigned long *)addr);
}

/* man: "Read a word at the address addr": any alignment, and no more than a word */
TEST_F(memory, unaligned_peek)
{
	unsigned long out[3];

	for (size_t i = 0; i < 2 * WORD; i++) {
		char *addr = page(self, FIRST) + 64 + i;

		memset(out, FILLER, sizeof(out));
		EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, addr, &out[1]));
		EXPECT_EQ(expected(self, addr), out[1]);
		EXPECT_TRUE(all_are(&out[0], FILLER, WORD));
		EXPECT_TRUE(all_are(&out[2], FILLER, WORD));
	}
	/* The address for the word may have any alignment, too. */
	for (size_t i = 0; i < WORD; i++) {
		char *addr = page(self, FIRST) + 64;
		unsigned long word;

		EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, addr, (char *)out + i));
		memcpy(&word, (char *)out + i, WORD);
		EXPECT_EQ(expected(self, addr), word);
	}
}

/* The same for POKE: a word of the caller's width; the bytes around it do not change */
TEST_F(memory, unaligned_poke)
{
	const unsigned long value = (unsigned long)0xf1e2d3c4b5a69788ULL;

	for (size_t i = 0; i < 2 * WORD; i++) {
		char *addr = page(self, FIRST) + 64 + i;
		unsigned long word;

		EXPECT_EQ(0, REQ(PTRACE_POKEDATA, addr, value));
		ASSERT_TRUE(look(self->tracee, addr, &word, WORD));
		EXPECT_EQ(value, word);
		EXPECT_TRUE(unchanged(self, page(self, FIRST), addr));
		EXPECT_TRUE(unchanged(self, addr + WORD, page(self, FIRST) + 256));
		EXPECT_EQ(0, REQ(PTRACE_POKEDATA, addr, expected(self, addr)));
	}
	EXPECT_TRUE(unchanged(self, self->pages, page(self, UNREADABLE)));
}

/* access_remote_vm(): one word may lie on two pages, of different mappings */
TEST_F(memory, across_pages)
{
	for (size_t i = 1; i < WORD; i++) {
		char *same = page(self, SECOND) - i, *other = page(self, UNREADABLE) - i;
		unsigned long word;

		EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, same, &word));
		EXPECT_EQ(expected(self, same), word);
		EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, other, &word));
		EXPECT_EQ(expected(self, other), word);
		EXPECT_EQ(0, REQ(PTRACE_POKEDATA, same, ~expected(self, same)));
		EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, same, &word));
		EXPECT_EQ(~expected(self, same), word);
		EXPECT_EQ(0, REQ(PTRACE_POKEDATA, same, expected(self, same)));
	}
	EXPECT_TRUE(unchanged(self, self->pages, page(self, UNREADABLE)));
}

/* man: "EIO ... a memory address where the tracee has nothing", and for half a word too */
TEST_F(memory, into_a_hole)
{
	char *hole = page(self, HOLE);
	unsigned long word = 42;

	for (size_t i = 0; i < WORD; i++) {
		EXPECT_EQ(-EIO, REQ(PTRACE_PEEKDATA, hole - i, &word));
		EXPECT_EQ(-EIO, REQ(PTRACE_POKEDATA, hole - i, 0));
	}
	EXPECT_EQ(42, word);
	EXPECT_EQ(-EIO, REQ(PTRACE_PEEKDATA, hole + self->size / 2, &word));
	EXPECT_EQ(-EIO, REQ(PTRACE_POKEDATA, hole + self->size / 2, 0));
	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, hole - WORD, &word));
}

/* generic_ptrace_pokedata(): an error in the middle of a word leaves the first bytes written */
TEST_F(memory, partial_poke)
{
	char *hole = page(self, SECOND);
	unsigned char bytes[2];

	/* Unmap the second page for a new tracee, which inherits the hole. */
	reap(self->tracee);
	ASSERT_EQ(0, munmap(hole, self->size));
	self->shared->quit = 0;
	self->tracee = start_stopped(spin, self->shared, 'R', 0);
	ASSERT_LT(0, self->tracee);

	EXPECT_EQ(-EIO, REQ(PTRACE_POKEDATA, hole - 1, 0x11 * 0x01010101UL));
	ASSERT_TRUE(look(self->tracee, hole - 2, bytes, 2));
	EXPECT_EQ(pattern(self, hole - 2), bytes[0]);
	EXPECT_EQ(0x11, bytes[1]);
}

/* ptrace_access_vm(FOLL_FORCE): memory that the tracee itself may neither read nor write */
TEST_F(memory, unreadable)
{
	char *addr = page(self, UNREADABLE) + 64;
	unsigned long word;

	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, addr, &word));
	EXPECT_EQ(expected(self, addr), word);
	EXPECT_EQ(0, REQ(PTRACE_POKEDATA, addr, 42));
	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, addr, &word));
	EXPECT_EQ(42, word);
	/* It is still unreadable: process_vm_readv(2) does not force. */
	EXPECT_FALSE(look(self->tracee, addr, &word, WORD));
}

/* ptrace_access_vm(FOLL_FORCE | FOLL_WRITE): the kernel copies a private page */
TEST_F(memory, read_only)
{
	char *addr = page(self, READ_ONLY) + 64;
	unsigned long word;

	EXPECT_EQ(0, REQ(PTRACE_POKEDATA, addr, 42));
	ASSERT_TRUE(look(self->tracee, addr, &word, WORD));
	EXPECT_EQ(42, word);
	EXPECT_EQ(expected(self, addr), *(unsigned long *)addr);
	EXPECT_TRUE(unchanged(self, page(self, READ_ONLY), addr));
	EXPECT_TRUE(unchanged(self, addr + WORD, page(self, SHARED_FILE)));
}

/* check_vma_flags(): FOLL_FORCE does not write to shared, read-only memory */
TEST_F(memory, shared_file)
{
	char *addr = page(self, SHARED_FILE) + 64;
	unsigned long word;

	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, addr, &word));
	EXPECT_EQ(expected(self, addr), word);
	EXPECT_EQ(-EIO, REQ(PTRACE_POKEDATA, addr, 42));
	EXPECT_EQ(-EIO, REQ(PTRACE_POKETEXT, addr, 42));
	EXPECT_TRUE(unchanged(self, page(self, SHARED_FILE), page(self, HOLE)));
	ASSERT_EQ(WORD, pread(self->file, &word, WORD, 64));
	EXPECT_EQ(expected(self, addr), word);

	/* For a word that begins in a private page, the kernel writes the bytes there. */
	EXPECT_EQ(-EIO, REQ(PTRACE_POKEDATA, page(self, SHARED_FILE) - 1, 0x1111));
	EXPECT_TRUE(unchanged(self, page(self, SHARED_FILE), page(self, HOLE)));
}

/* The size of a huge page in bytes, by default; 0 if there are none. */
static size_t huge_page_size(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	size_t size = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Hugepagesize: %zu", &size) == 1)
			break;
	if (file)
		fclose(file);
	return size * 1024;
}

/* hugetlb_fault(): the kernel copies a private huge page, like other pages */
TEST_F(memory, huge_pages)
{
	const size_t size = huge_page_size();
	char *huge = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	unsigned long *first = (unsigned long *)(huge + 64);
	unsigned long *second = (unsigned long *)(huge + size + 64);
	unsigned long word;

	if (huge == MAP_FAILED)
		SKIP(return, "no huge pages: write 4 to /proc/sys/vm/nr_hugepages");
	*first = 41;
	*second = 43;
	memset(huge + size - 4, 0x11, 8);
	ASSERT_EQ(0, mprotect(huge + size, size, PROT_READ));
	reap(self->tracee);
	self->tracee = start_stopped(spin, self->shared, 'R', 0);
	ASSERT_LT(0, self->tracee);

	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, first, &word));
	EXPECT_EQ(41, word);
	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, second, &word));
	EXPECT_EQ(43, word);
	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, huge + size - WORD / 2, &word));
	EXPECT_TRUE(all_are(&word, 0x11, WORD));
	EXPECT_EQ(0, REQ(PTRACE_POKEDATA, first, 42));
	EXPECT_EQ(0, REQ(PTRACE_POKEDATA, second, 44));
	EXPECT_EQ(0, REQ(PTRACE_POKEDATA, huge + size - WORD / 2, 0));
	ASSERT_TRUE(look(self->tracee, first, &word, WORD));
	EXPECT_EQ(42, word);
	ASSERT_TRUE(look(self->tracee, second, &word, WORD));
	EXPECT_EQ(44, word);
	ASSERT_TRUE(look(self->tracee, huge + size - WORD / 2, &word, WORD));
	EXPECT_EQ(0, word);
	/* The tracer's own pages do not change. */
	EXPECT_EQ(41, *first);
	EXPECT_EQ(43, *second);
	EXPECT_TRUE(all_are(huge + size - 4, 0x11, 8));
}

/* Addresses where no process has memory; for some, the sum of address and size wraps. */
TEST_F(memory, no_such_address)
{
	static const unsigned long nowhere[] = {
		0, 1, 4095, -1UL, -2UL, -4UL, -7UL, -8UL, -4096UL, 0xffffe000UL,
#if __SIZEOF_LONG__ == 8
		1UL << 47, (1UL << 47) - 4096, 1UL << 63, 0xffff800000000000UL,
		0xffffffff81000000UL, 0x100000000UL - 4,
#endif
	};
	unsigned long word = 42;

	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++) {
		EXPECT_EQ(-EIO, REQ(PTRACE_PEEKDATA, nowhere[i], &word)) {
			TH_LOG("address %#lx", nowhere[i]);
		}
		EXPECT_EQ(-EIO, REQ(PTRACE_POKEDATA, nowhere[i], 0)) {
			TH_LOG("address %#lx", nowhere[i]);
		}
	}
	EXPECT_EQ(42, word);
}

/* generic_ptrace_peekdata(): put_user() of the word is EFAULT, after EIO */
TEST_F(memory, bad_data_pointer)
{
	char *addr = page(self, FIRST);
	char *mine = private_pages(2);
	unsigned long word = 0;

	ASSERT_EQ(0, mprotect(mine, self->size, PROT_READ));
	ASSERT_EQ(0, mprotect(mine + self->size, self->size, PROT_NONE));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_PEEKDATA, addr, 0));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_PEEKDATA, addr, -1));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_PEEKDATA, addr, mine));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_PEEKDATA, addr, mine + self->size));
	EXPECT_EQ(-EFAULT, REQ(PTRACE_PEEKDATA, addr, page(self, HOLE) - 1));
	EXPECT_EQ(-EIO, REQ(PTRACE_PEEKDATA, page(self, HOLE), mine));
	EXPECT_TRUE(all_are(mine, 0, self->size));
	/* For POKE, data is no pointer. */
	EXPECT_EQ(0, REQ(PTRACE_POKEDATA, addr, BAD_POINTER));
	EXPECT_TRUE(look(self->tracee, addr, &word, WORD));
	EXPECT_EQ(BAD_POINTER, word);
}

#if defined(__x86_64__) || defined(__i386__)
/* A breakpoint: a byte of text, in a page that is copied for the tracee alone. */
TEST_F(memory, breakpoint)
{
	unsigned long word, with_trap;
	siginfo_t info;

	ASSERT_EQ(0, REQ(PTRACE_PEEKTEXT, getppid, &word));
	with_trap = (word & ~0xffUL) | 0xcc;
	ASSERT_EQ(0, REQ(PTRACE_POKETEXT, getppid, with_trap));
	EXPECT_EQ(getppid(), getppid());
	EXPECT_EQ(word, *(unsigned long *)getppid);

	/* Set the tracee's instruction pointer to it. */
	ASSERT_EQ(0, REQ(PTRACE_POKEUSR, IP * WORD, getppid));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, 0, &info));
	EXPECT_EQ(SI_KERNEL, info.si_code);
}
#endif

/* What a tracer that has its own code run is to leave as it was. */
struct snapshot {
	unsigned long registers[GENERAL];
	unsigned long long mask;
	unsigned char text[4096], stack[512];
};

static void take_snapshot(struct __test_metadata *_metadata, pid_t pid, struct snapshot *snapshot)
{
	unsigned long *registers = snapshot->registers;

	ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, pid, registers,
				       sizeof(snapshot->registers)));
	ASSERT_EQ(0, request(PTRACE_GETSIGMASK, pid, 8, (unsigned long)&snapshot->mask));
	ASSERT_TRUE(look(pid, (void *)(registers[IP] & ~4095UL), snapshot->text,
			 sizeof(snapshot->text)));
	ASSERT_TRUE(look(pid, (void *)registers[SP], snapshot->stack, sizeof(snapshot->stack)));
}

/* Have the tracee make the system call @number at @where, and run into the breakpoint after it. */
static unsigned long run_code(struct __test_metadata *_metadata, FIXTURE_DATA(memory) *self,
			      const void *where, long number)
{
	unsigned long registers[GENERAL];
	siginfo_t info = {};

	ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, self->tracee, registers,
				       sizeof(registers)));
	registers[IP] = (unsigned long)where;
	registers[NUMBER] = number;
#if defined(__x86_64__) || defined(__i386__)
	/* No call is to be restarted before that. */
	registers[RESTARTED] = -1;
#elif defined(__arm__)
	registers[FLAGS] &= ~THUMB;
#endif
	ASSERT_EQ(0, general_registers(PTRACE_SETREGSET, self->tracee, registers,
				       sizeof(registers)));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, 0, &info));
	EXPECT_LT(0, info.si_code);
	ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, self->tracee, registers,
				       sizeof(registers)));
	return registers[RESULT];
}

/*
 * man: PTRACE_POKETEXT, PTRACE_SETREGSET, PTRACE_SETSIGMASK: a tracer has its own code run where
 * the tracee is, and puts everything back. The tracee goes on, even in the middle of a call, and
 * gets the signal that came meanwhile.
 */
TEST_F(memory, injected_code)
{
	static const union {
		unsigned int code[2];
		unsigned long words[8 / WORD];
	} injected = { CODE };
	/* The trap of a breakpoint, if blocked, would reset what the tracee has for SIGTRAP. */
	const unsigned long long most = ~(1ULL << (SIGTRAP - 1));

	for (int i = 0; i < 2; i++) {
		const bool sleeps = i;
		unsigned long saved[ARRAY_SIZE(injected.words)], *text;
		struct snapshot before = {}, after = {};

		if (sleeps)
			self->tracee = start_stopped(sleep_on_pipe, self->shared, 'S', 0);
		ASSERT_LT(0, self->tracee);
		take_snapshot(_metadata, self->tracee, &before);
		text = (unsigned long *)(before.registers[IP] & ~7UL);
		for (size_t n = 0; n < ARRAY_SIZE(saved); n++) {
			ASSERT_EQ(0, REQ(PTRACE_PEEKTEXT, text + n, &saved[n]));
			ASSERT_EQ(0, REQ(PTRACE_POKETEXT, text + n, injected.words[n]));
		}
		ASSERT_EQ(0, REQ(PTRACE_SETSIGMASK, 8, &most));
		ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
		EXPECT_EQ(getpid(), run_code(_metadata, self, text, SYS_getppid));

		for (size_t n = 0; n < ARRAY_SIZE(saved); n++)
			ASSERT_EQ(0, REQ(PTRACE_POKETEXT, text + n, saved[n]));
		ASSERT_EQ(0, REQ(PTRACE_SETSIGMASK, 8, &before.mask));
		ASSERT_EQ(0, general_registers(PTRACE_SETREGSET, self->tracee, before.registers,
					       sizeof(before.registers)));
		take_snapshot(_metadata, self->tracee, &after);
		ASSERT_EQ(0, memcmp(&before, &after, sizeof(before)));
		ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
		ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
		if (sleeps) {
			ASSERT_TRUE(wake(self->shared));
		} else {
			wait_for_progress(self->shared);
			self->shared->quit = 1;
		}
		EXPECT_EQ(EXITED(0), next_status(self->tracee));
		self->tracee = 0;
	}
}

/* What the kernel maps into each process */

/* Find the mapping of this name in /proc/PID/maps. */
static bool find_mapping(pid_t pid, const char *name, unsigned long *from, unsigned long *to)
{
	char path[64], line[256];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "r");
	while (!found && file && fgets(line, sizeof(line), file))
		found = strstr(line, name) && sscanf(line, "%lx-%lx", from, to) == 2;
	if (file)
		fclose(file);
	return found;
}

/*
 * check_vma_flags(): it refuses VM_IO and VM_PFNMAP, and these mappings have no access
 * operation. The pages of hardware clocks are such mappings; those of the kernel's own clock
 * once were, and still cannot be written.
 */
TEST_F(memory, clocks)
{
	unsigned long from, to, word = 42;
	int seen = 0;

	if (find_mapping(self->tracee, "[vvar_vclock]", &from, &to)) {
		const unsigned long all[] = { from, from + 64, to - WORD, to - WORD / 2 };

		seen++;
		for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
			EXPECT_EQ(-EIO, REQ(PTRACE_PEEKDATA, all[i], &word));
			EXPECT_EQ(-EIO, REQ(PTRACE_PEEKTEXT, all[i], &word));
			EXPECT_EQ(-EIO, REQ(PTRACE_POKEDATA, all[i], word));
			EXPECT_EQ(-EIO, REQ(PTRACE_POKETEXT, all[i], word));
		}
		EXPECT_EQ(42, word);
	}
	if (find_mapping(self->tracee, "[vvar]", &from, &to)) {
		const unsigned long all[] = { from, from + 64, to - WORD };

		seen++;
		for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
			EXPECT_EQ(-EIO, REQ(PTRACE_POKEDATA, all[i], 0));
			EXPECT_EQ(-EIO, REQ(PTRACE_POKETEXT, all[i], 0));
		}
	}
	/* A kernel with a vDSO has at least one of the mappings. */
	EXPECT_EQ(seen > 0, find_mapping(self->tracee, "[vdso]", &from, &to));
	/* The tracee reads them as before. */
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_progress(self->shared);
}

/* install_special_mapping(): VM_MAYWRITE, "to allow gdb to COW and set breakpoints" */
TEST_F(memory, vdso)
{
	unsigned long from, to, word, before;

	if (!find_mapping(self->tracee, "[vdso]", &from, &to))
		SKIP(return, "no vDSO");
	/* It begins like an ELF file, and is the same for all processes until it is written. */
	ASSERT_EQ(0, REQ(PTRACE_PEEKTEXT, from, &word));
	EXPECT_EQ(0, memcmp(&word, "\177ELF", 4));
	for (unsigned long addr = from; addr < from + 1024; addr += WORD) {
		ASSERT_EQ(0, REQ(PTRACE_PEEKTEXT, addr, &word));
		ASSERT_EQ(*(unsigned long *)addr, word);
	}
	before = word;

	EXPECT_EQ(0, REQ(PTRACE_POKETEXT, from + 1024 - WORD, ~before));
	EXPECT_EQ(0, REQ(PTRACE_PEEKTEXT, from + 1024 - WORD, &word));
	EXPECT_EQ(~before, word);
	ASSERT_TRUE(look(self->tracee, (void *)(from + 1024 - WORD), &word, WORD));
	EXPECT_EQ(~before, word);
	EXPECT_EQ(before, *(unsigned long *)(from + 1024 - WORD));
	/* The rest of the page did not change. */
	for (unsigned long addr = from; addr < from + 1024 - WORD; addr += WORD) {
		ASSERT_EQ(0, REQ(PTRACE_PEEKTEXT, addr, &word));
		ASSERT_EQ(*(unsigned long *)addr, word);
	}
	/* With the old word restored, the tracee runs as before. */
	ASSERT_EQ(0, REQ(PTRACE_POKETEXT, from + 1024 - WORD, before));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_progress(self->shared);
}

/* How many bytes there are in a file of a process in /proc; negative if it cannot be read. */
static ssize_t proc_size(pid_t pid, const char *name)
{
	static char bytes[65536];
	char path[64];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY);
	size = read(fd, bytes, sizeof(bytes));
	close(fd);
	return size;
}

/* exit_mm() comes later: at PTRACE_EVENT_EXIT the memory is still there */
TEST_F(memory, at_event_exit)
{
	char *addr = page(self, FIRST);
	unsigned long word;

	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, 0, PTRACE_O_TRACEEXIT));
	self->shared->quit = 1;
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(self->tracee));
	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, addr, &word));
	EXPECT_EQ(expected(self, addr), word);
	EXPECT_EQ(0, REQ(PTRACE_POKEDATA, addr, 42));
	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, addr, &word));
	EXPECT_EQ(42, word);
	/* And so is what /proc shows of it. */
	EXPECT_LT(0, proc_size(self->tracee, "environ"));
	EXPECT_EQ(proc_size(getpid(), "environ"), proc_size(self->tracee, "environ"));
	EXPECT_LT(0, proc_size(self->tracee, "cmdline"));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_state(self->tracee, 'Z');
	EXPECT_GE(0, proc_size(self->tracee, "environ"));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* The same for a killed tracee */
TEST_F(memory, at_event_exit_of_killed)
{
	unsigned long word;

	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, 0, PTRACE_O_TRACEEXIT));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, kill(self->tracee, SIGTERM));
	ASSERT_EQ(SIGNAL_STOP(SIGTERM), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, SIGTERM));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(self->tracee));
	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, page(self, FIRST), &word));
	EXPECT_EQ(expected(self, page(self, FIRST)), word);
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_EQ(KILLED(SIGTERM), next_status(self->tracee));
	self->tracee = 0;
}

static char *vfork_page;

static int sleep_then_vfork(struct shared *shared)
{
	pid_t pid;

	sleep_on_pipe(shared);
	pid = vfork();
	if (pid == 0)
		_exit(vfork_page[0]);
	waitpid(pid, NULL, 0);
	return vfork_page[1];
}

/* The child of vfork(2) has its parent's memory: a POKE to one changes both */
TEST_F(memory, shared_by_vfork)
{
	unsigned long child, word;
	pid_t tracee;

	reap(self->tracee);
	vfork_page = page(self, FIRST);
	tracee = start_stopped(sleep_then_vfork, self->shared, 'S', PTRACE_O_TRACEVFORK);
	self->tracee = tracee;
	ASSERT_LT(0, tracee);
	ASSERT_EQ(0, REQ(PTRACE_CONT, 0, 0));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT(PTRACE_EVENT_VFORK), next_status(tracee));
	ASSERT_EQ(0, REQ(PTRACE_GETEVENTMSG, 0, &child));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(child));

	ASSERT_EQ(0, request(PTRACE_POKEDATA, child, (unsigned long)vfork_page, 0x0503));
	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, vfork_page, &word));
	EXPECT_EQ(0x0503, word);
	EXPECT_EQ(0, REQ(PTRACE_POKEDATA, vfork_page, 0x0504));
	EXPECT_EQ(0, request(PTRACE_PEEKDATA, child, (unsigned long)vfork_page,
			     (unsigned long)&word));
	EXPECT_EQ(0x0504, word);

	ASSERT_EQ(0, cont(child, 0));
	ASSERT_EQ(EXITED(4), next_status(child));
	/* The parent was in the stop of the event all the time. */
	ASSERT_EQ(0, cont(tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGCHLD), next_status(tracee));
	ASSERT_EQ(0, cont(tracee, 0));
	ASSERT_EQ(EXITED(5), next_status(tracee));
	self->tracee = 0;
}

/* A child of fork(2) has a copy: a POKE to one does not change the other */
TEST_F(memory, not_shared_by_fork)
{
	char *addr = page(self, FIRST);
	struct shared *other = shared_new();
	unsigned long word;
	pid_t second;

	second = start_stopped(spin, other, 'R', 0);
	ASSERT_LT(0, second);
	EXPECT_EQ(0, REQ(PTRACE_POKEDATA, addr, 42));
	EXPECT_EQ(0, request(PTRACE_PEEKDATA, second, (unsigned long)addr, (unsigned long)&word));
	EXPECT_EQ(expected(self, addr), word);
	reap(second);
}

TEST_HARNESS_MAIN
