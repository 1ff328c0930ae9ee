// SPDX-License-Identifier: GPL-2.0
/*
 * What only riscv has: sets of registers for vectors, for tagged addresses and for control flow
 * integrity, a first argument that is not among the registers, and no steps. Where the processor
 * lacks a set, the request fails.
 *
 * A function's name before a test is what the test checks.
 */
#include <asm/hwprobe.h>
#include <asm/ptrace.h>
#include <elf.h>
#include <sys/auxv.h>

#include "ptrace_data.h"

/* Of <linux/elf.h>, which a program can include only without <elf.h>. */
#define VECTOR			0x901
#define TAGGED_ADDR_CTRL	0x902
#define USER_CFI		0x903

/* As prctl(2) has them: how many bits of an address are its tag, and whether calls take tags. */
#define TAG_BITS(bits)		((unsigned long)(bits) << 24)
#define TAGS_ENABLED		1UL

/* Bytes of a vector that the tests use: each processor's have as many. */
#define LANES			16

/* What the tracee and the test share, besides struct shared. */
static struct stage {
	/* The first vector, as the tracee sees it. */
	unsigned char lanes[LANES];
	/* The result of its last call. */
	_Atomic long result;
} *stage;

FIXTURE(riscv)
{
	struct shared *shared;
	pid_t tracee;
	bool has_vectors, has_tags, has_cfi;
};

/* Whether the processor and the kernel have an extension. */
static bool has(long key, unsigned long long extension)
{
	struct riscv_hwprobe pair = { .key = key };

	return !syscall(__NR_riscv_hwprobe, &pair, 1, 0, NULL, 0) && pair.key == key &&
	       pair.value & extension;
}

FIXTURE_SETUP(riscv)
{
	self->has_vectors = getauxval(AT_HWCAP) & 1UL << ('v' - 'a');
	self->has_tags = has(RISCV_HWPROBE_KEY_IMA_EXT_0, RISCV_HWPROBE_EXT_SUPM);
	self->has_cfi = has(RISCV_HWPROBE_KEY_IMA_EXT_0, RISCV_HWPROBE_EXT_ZICFILP) ||
			has(RISCV_HWPROBE_KEY_IMA_EXT_1, RISCV_HWPROBE_EXT_ZICFISS);
	self->shared = shared_new();
	stage = shared_memory(sizeof(*stage));
}

FIXTURE_TEARDOWN(riscv)
{
	reap(self->tracee);
}

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(riscv) *self,
		  int (*body)(struct shared *))
{
	self->tracee = start_stopped(body, self->shared, 'R', PTRACE_O_TRACESYSGOOD);
	ASSERT_LT(0, self->tracee);
}

/* Copy a set to or from @bytes. @len is the length asked for, and then the length returned. */
static long set(const FIXTURE_DATA(riscv) *self, long nr, unsigned long note, void *bytes,
		size_t *len)
{
	struct iovec iov = { bytes, *len };
	long ret = REQ(nr, note, &iov);

	*len = iov.iov_len;
	return ret;
}

/* Have the tracee run on, and stop it again. */
static void run_and_stop(struct __test_metadata *_metadata, FIXTURE_DATA(riscv) *self)
{
	ASSERT_EQ(0, cont(self->tracee, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
}

/* arch_has_single_step(): what riscv lacks is an error, and the tracee stays where it is */
TEST_F(riscv, no_steps)
{
	static const long ways[] = { PTRACE_SINGLESTEP, SINGLEBLOCK, SYSEMU_SINGLESTEP };
	struct user_regs_struct before, after;

	start(_metadata, self, spin);
	ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, self->tracee, &before, sizeof(before)));
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		for (int sig = 0; sig <= SIGUSR1; sig += SIGUSR1) {
			EXPECT_EQ(-EIO, REQ(ways[i], 0, sig)) {
				TH_LOG("request %ld with signal %d", ways[i], sig);
			}
			EXPECT_EQ('t', proc_state(self->tracee));
		}
	}
	ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, self->tracee, &after, sizeof(after)));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
	/* From then on, it neither steps, nor stops at calls, nor gets the signal. */
	run_and_stop(_metadata, self);
	self->shared->quit = 1;
	ASSERT_EQ(0, cont(self->tracee, 0));
	EXPECT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* The size of the set of vectors, which has a header before the 32 vectors. */
static size_t vectors_size(const struct __riscv_v_regset_state *header)
{
	return sizeof(*header) + 32 * header->vlenb;
}

/* riscv_vr_get(), riscv_vr_set(): a program has no vectors as long as it uses none */
TEST_F(riscv, vectors_of_none)
{
	const long expected = self->has_vectors ? -ENODATA : -EINVAL;
	static unsigned char bytes[256];
	size_t len = sizeof(bytes);

	start(_metadata, self, spin);
	memset(bytes, FILLER, sizeof(bytes));
	EXPECT_EQ(expected, set(self, PTRACE_GETREGSET, VECTOR, bytes, &len));
	EXPECT_EQ(sizeof(bytes), len);
	EXPECT_TRUE(all_are(bytes, FILLER, sizeof(bytes)));
	EXPECT_EQ(expected, set(self, PTRACE_SETREGSET, VECTOR, bytes, &len));
	/* A register of the set has 4 bytes. */
	len = 42;
	EXPECT_EQ(-EINVAL, set(self, PTRACE_GETREGSET, VECTOR, bytes, &len));
	run_and_stop(_metadata, self);
}

/* Fill the first vector, and show it again and again, with no system call. */
static int show_vector(struct shared *shared)
{
	asm volatile(".option push\n"
		     ".option arch, +v\n"
		     "vsetivli zero, %0, e8, m1, ta, ma\n"
		     "vmv.v.i v0, 7\n"
		     ".option pop\n"
		     : : "i" (LANES));
	while (!shared->quit) {
		asm volatile(".option push\n"
			     ".option arch, +v\n"
			     "vse8.v v0, (%0)\n"
			     ".option pop\n"
			     : : "r" (stage->lanes) : "memory");
		shared->count++;
	}
	syscall(SYS_getppid);
	return 0;
}

/* riscv_vr_get(), riscv_vr_set(): what a tracer sets is in the tracee's vector */
TEST_F(riscv, vectors)
{
	static unsigned char bytes[sizeof(struct __riscv_v_regset_state) + 32 * RISCV_MAX_VLENB];
	struct __riscv_v_regset_state *header = (void *)bytes;
	unsigned char *first = (unsigned char *)header->vreg;
	size_t len = sizeof(bytes), all;

	if (!self->has_vectors)
		return;
	start(_metadata, self, show_vector);
	ASSERT_EQ(0, set(self, PTRACE_GETREGSET, VECTOR, bytes, &len));
	all = vectors_size(header);
	EXPECT_EQ(all, len);
	EXPECT_LE(LANES, header->vlenb);
	EXPECT_EQ(LANES, header->vl);
	EXPECT_EQ(0, header->vstart);
	EXPECT_TRUE(all_are(first, 7, LANES));
	EXPECT_TRUE(all_are(stage->lanes, 7, LANES));

	for (int lane = 0; lane < LANES; lane++)
		first[lane] = lane * 3;
	len = all;
	ASSERT_EQ(0, set(self, PTRACE_SETREGSET, VECTOR, bytes, &len));
	EXPECT_EQ(all, len);
	run_and_stop(_metadata, self);
	EXPECT_EQ(0, memcmp(first, stage->lanes, LANES));
	/* Fewer elements, and the header alone: the tracee stores these only. */
	memset(stage->lanes, FILLER, LANES);
	header->vl = 4;
	len = sizeof(*header);
	ASSERT_EQ(0, set(self, PTRACE_SETREGSET, VECTOR, bytes, &len));
	EXPECT_EQ(sizeof(*header), len);
	run_and_stop(_metadata, self);
	EXPECT_EQ(0, memcmp(first, stage->lanes, 4));
	EXPECT_TRUE(all_are(stage->lanes + 4, FILLER, LANES - 4));
}

/* Set a header that the kernel refuses. */
static void refused(struct __test_metadata *_metadata, const FIXTURE_DATA(riscv) *self,
		    struct __riscv_v_regset_state header)
{
	size_t len = sizeof(header);

	EXPECT_EQ(-EINVAL, set(self, PTRACE_SETREGSET, VECTOR, &header, &len));
	EXPECT_EQ(sizeof(header), len);
}

/* invalid_ptrace_v_csr(): what no processor can have is an error, and changes nothing */
TEST_F(riscv, vectors_that_cannot_be)
{
	struct __riscv_v_regset_state header = {}, seen = {}, wrong;
	size_t len = sizeof(header);

	if (!self->has_vectors)
		return;
	start(_metadata, self, show_vector);
	ASSERT_EQ(0, set(self, PTRACE_GETREGSET, VECTOR, &header, &len));
	ASSERT_EQ(sizeof(header), len);

	wrong = header;
	wrong.vlenb *= 2;
	refused(_metadata, self, wrong);
	wrong = header;
	wrong.vcsr = 8;
	refused(_metadata, self, wrong);
	wrong = header;
	wrong.vtype = 1UL << 63;
	refused(_metadata, self, wrong);
	wrong = header;
	wrong.vl = header.vlenb + 1;
	refused(_metadata, self, wrong);
	/* Less than a header: the rest of it counts as 0. */
	len = sizeof(long);
	EXPECT_EQ(-EINVAL, set(self, PTRACE_SETREGSET, VECTOR, &header, &len));

	len = sizeof(seen);
	ASSERT_EQ(0, set(self, PTRACE_GETREGSET, VECTOR, &seen, &len));
	EXPECT_EQ(0, memcmp(&header, &seen, sizeof(seen)));
	run_and_stop(_metadata, self);
	EXPECT_TRUE(all_are(stage->lanes, 7, LANES));
}

/* riscv_v_vstate_discard(): a system call loses the vectors, and makes their type invalid */
TEST_F(riscv, vectors_in_a_call)
{
	struct __riscv_v_regset_state header = {};
	size_t len = sizeof(header);

	if (!self->has_vectors)
		return;
	start(_metadata, self, show_vector);
	self->shared->quit = 1;
	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	ASSERT_EQ(0, set(self, PTRACE_GETREGSET, VECTOR, &header, &len));
	EXPECT_EQ(0, header.vl);
	EXPECT_EQ(1UL << 63, header.vtype);
	/* So what a tracer gets there, it cannot set. */
	refused(_metadata, self, header);
	ASSERT_EQ(0, cont(self->tracee, 0));
	EXPECT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* set_tagged_addr_ctrl(): what prctl(2) can set of the tracee itself */
TEST_F(riscv, tagged_addresses)
{
	unsigned long control = 1;
	size_t len = sizeof(control);

	start(_metadata, self, spin);
	if (!self->has_tags) {
		EXPECT_EQ(-EINVAL, set(self, PTRACE_GETREGSET, TAGGED_ADDR_CTRL, &control, &len));
		EXPECT_EQ(-EINVAL, set(self, PTRACE_SETREGSET, TAGGED_ADDR_CTRL, &control, &len));
		EXPECT_EQ(1, control);
		return;
	}
	ASSERT_EQ(0, set(self, PTRACE_GETREGSET, TAGGED_ADDR_CTRL, &control, &len));
	EXPECT_EQ(0, control);
	control = TAG_BITS(7) | TAGS_ENABLED;
	EXPECT_EQ(0, set(self, PTRACE_SETREGSET, TAGGED_ADDR_CTRL, &control, &len));
	control = 0;
	EXPECT_EQ(0, set(self, PTRACE_GETREGSET, TAGGED_ADDR_CTRL, &control, &len));
	EXPECT_EQ(TAG_BITS(7) | TAGS_ENABLED, control);
	EXPECT_EQ(0, prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0));
	/* It runs with it; there are no tags without bits for them, and no more than 16 bits. */
	run_and_stop(_metadata, self);
	control = TAGS_ENABLED;
	EXPECT_EQ(-EINVAL, set(self, PTRACE_SETREGSET, TAGGED_ADDR_CTRL, &control, &len));
	control = TAG_BITS(17);
	EXPECT_EQ(-EINVAL, set(self, PTRACE_SETREGSET, TAGGED_ADDR_CTRL, &control, &len));
	control = 1UL << 63;
	EXPECT_EQ(-EINVAL, set(self, PTRACE_SETREGSET, TAGGED_ADDR_CTRL, &control, &len));
	EXPECT_EQ(0, set(self, PTRACE_GETREGSET, TAGGED_ADDR_CTRL, &control, &len));
	EXPECT_EQ(TAG_BITS(7) | TAGS_ENABLED, control);
}

/* riscv_cfi_get(), riscv_cfi_set(): a tracer cannot turn on what the tracee has not */
TEST_F(riscv, control_flow)
{
	static const unsigned long refused[] = {
		PTRACE_CFI_BRANCH_LANDING_PAD_EN_STATE, PTRACE_CFI_BRANCH_LANDING_PAD_LOCK_STATE,
		PTRACE_CFI_SHADOW_STACK_EN_STATE, PTRACE_CFI_SHADOW_STACK_LOCK_STATE, 1UL << 63,
	};
	struct user_cfi_state state;
	size_t len = sizeof(state);

	start(_metadata, self, spin);
	memset(&state, FILLER, sizeof(state));
	if (!self->has_cfi) {
		EXPECT_EQ(-EINVAL, set(self, PTRACE_GETREGSET, USER_CFI, &state, &len));
		EXPECT_TRUE(all_are(&state, FILLER, sizeof(state)));
		return;
	}
	ASSERT_EQ(0, set(self, PTRACE_GETREGSET, USER_CFI, &state, &len));
	EXPECT_EQ(sizeof(state), len);
	EXPECT_TRUE(all_are(&state, 0, sizeof(state)));
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		state.cfi_status.cfi_state = refused[i];
		EXPECT_EQ(-EINVAL, set(self, PTRACE_SETREGSET, USER_CFI, &state, &len)) {
			TH_LOG("state %#lx", refused[i]);
		}
	}
	/* Without a shadow stack, its pointer is nothing to be set. */
	state.cfi_status.cfi_state = PTRACE_CFI_SHADOW_STACK_PTR_STATE;
	state.shstk_ptr = (unsigned long)stage;
	EXPECT_EQ(0, set(self, PTRACE_SETREGSET, USER_CFI, &state, &len));
	EXPECT_EQ(0, set(self, PTRACE_GETREGSET, USER_CFI, &state, &len));
	EXPECT_TRUE(all_are(&state, 0, sizeof(state)));
	run_and_stop(_metadata, self);
}

/* Ask for one's own process group, again and again. */
static int ask_for_group(struct shared *shared)
{
	while (!shared->quit) {
		stage->result = syscall(SYS_getpgid, 0);
		shared->count++;
	}
	return 0;
}

/* Resume until the tracee enters a call. */
static void to_entry(struct __test_metadata *_metadata, FIXTURE_DATA(riscv) *self,
		     struct ptrace_syscall_info *info)
{
	do {
		ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
		ASSERT_LT(0, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(*info), info));
	} while (info->op != PTRACE_SYSCALL_INFO_ENTRY);
}

/* Resume until the tracee leaves the call; return the result. */
static long result(struct __test_metadata *_metadata, FIXTURE_DATA(riscv) *self)
{
	struct ptrace_syscall_info info;

	ASSERT_EQ(0, REQ(PTRACE_SYSCALL, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP | 0x80), next_status(self->tracee));
	ASSERT_LT(0, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	ASSERT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
	return info.exit.rval;
}

/*
 * syscall_get_arguments(), syscall_set_arguments(): at the entry of a call, a0 has the result for a
 * call that is not made, and not the first argument. To change that takes SET_SYSCALL_INFO.
 */
TEST_F(riscv, first_argument)
{
	const pid_t nobody = 0x7fffffff, group = getpgid(0);
	struct ptrace_syscall_info info;
	struct user_regs_struct regs;

	start(_metadata, self, ask_for_group);
	to_entry(_metadata, self, &info);
	ASSERT_EQ(SYS_getpgid, info.entry.nr);
	EXPECT_EQ(0, info.entry.args[0]);
	ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, self->tracee, &regs, sizeof(regs)));
	EXPECT_EQ(-ENOSYS, (long)regs.a0);
	regs.a0 = nobody;
	ASSERT_EQ(0, general_registers(PTRACE_SETREGSET, self->tracee, &regs, sizeof(regs)));
	ASSERT_LT(0, REQ(PTRACE_GET_SYSCALL_INFO, sizeof(info), &info));
	EXPECT_EQ(0, info.entry.args[0]);
	EXPECT_EQ(group, result(_metadata, self));

	to_entry(_metadata, self, &info);
	info.entry.args[0] = nobody;
	ASSERT_EQ(0, REQ(PTRACE_SET_SYSCALL_INFO, sizeof(info), &info));
	EXPECT_EQ(-ESRCH, result(_metadata, self));

	/* A call that is not made has the result that is in a0 at its entry. */
	to_entry(_metadata, self, &info);
	ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, self->tracee, &regs, sizeof(regs)));
	regs.a7 = -1;
	regs.a0 = 43;
	ASSERT_EQ(0, general_registers(PTRACE_SETREGSET, self->tracee, &regs, sizeof(regs)));
	EXPECT_EQ(43, result(_metadata, self));
	run_and_stop(_metadata, self);
	EXPECT_EQ(group, stage->result);
}

TEST_HARNESS_MAIN
