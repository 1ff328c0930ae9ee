// SPDX-License-Identifier: GPL-2.0
/*
 * What only arm64 has: tags of memory, and sets of registers for the system call, pointer
 * authentication, vectors and tagged addresses. Where the processor lacks one, the request fails.
 *
 * A function's name before a test is what the test checks.
 */
#include <asm/hwcap.h>
#include <asm/ptrace.h>
#include <elf.h>
#include <sys/auxv.h>

#include "ptrace_data.h"

#define PEEKMTETAGS	33
#define POKEMTETAGS	34
/* A tag is for so many bytes. */
#define GRANULE		16

#ifndef PROT_MTE
#define PROT_MTE	0x20
#endif

FIXTURE(arm64)
{
	struct shared *shared;
	pid_t tracee;
	/* A page that has tags, if there are tags, and one that has none. */
	char *tagged, *plain;
	bool has_tags, has_keys, has_vectors;
};

FIXTURE_SETUP(arm64)
{
	const long page = sysconf(_SC_PAGESIZE);

	self->has_tags = getauxval(AT_HWCAP2) & HWCAP2_MTE;
	self->has_keys = getauxval(AT_HWCAP) & HWCAP_PACA;
	self->has_vectors = getauxval(AT_HWCAP) & HWCAP_SVE;
	self->shared = shared_new();
	self->plain = private_pages(2);
	self->tagged = self->plain + page;
	if (self->has_tags)
		ASSERT_EQ(0, mprotect(self->tagged, page, PROT_READ | PROT_WRITE | PROT_MTE));
	memset(self->plain, 1, 2 * page);
}

FIXTURE_TEARDOWN(arm64)
{
	reap(self->tracee);
}

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(arm64) *self,
		  int (*body)(struct shared *))
{
	self->tracee = start_stopped(body, self->shared, 'R', 0);
	ASSERT_LT(0, self->tracee);
}

/* Copy tags, one in a byte. @count is the number asked for, and then the number returned. */
static long tags(const FIXTURE_DATA(arm64) *self, long nr, const void *addr, void *tags,
		 size_t *count)
{
	struct iovec iov = { tags, *count };
	long ret = REQ(nr, addr, &iov);

	*count = iov.iov_len;
	return ret;
}

/* mte_ptrace_copy_tags(): those of whole granules, in a page that has some */
TEST_F(arm64, tags)
{
	const long page = sysconf(_SC_PAGESIZE);
	unsigned char these[4] = { 1, 2, 3, 15 }, seen[8];
	size_t count = 4;

	start(_metadata, self, spin);
	if (!self->has_tags) {
		EXPECT_EQ(-EIO, tags(self, PEEKMTETAGS, self->tagged, seen, &count));
		EXPECT_EQ(-EIO, tags(self, POKEMTETAGS, self->tagged, these, &count));
		return;
	}
	EXPECT_EQ(0, tags(self, POKEMTETAGS, self->tagged + GRANULE, these, &count));
	EXPECT_EQ(4, count);
	memset(seen, FILLER, sizeof(seen));
	count = 6;
	EXPECT_EQ(0, tags(self, PEEKMTETAGS, self->tagged + 1, seen, &count));
	EXPECT_EQ(6, count);
	EXPECT_EQ(0, seen[0]);
	EXPECT_EQ(0, memcmp(seen + 1, these, 4));
	EXPECT_EQ(0, seen[5]);
	EXPECT_TRUE(all_are(seen + 6, FILLER, 2));
	/* Up to the end of the page, behind which there is none; and none at all. */
	count = 6;
	EXPECT_EQ(0, tags(self, PEEKMTETAGS, self->tagged + page - 2 * GRANULE, seen, &count));
	EXPECT_EQ(2, count);
	count = 1;
	EXPECT_EQ(-EIO, tags(self, PEEKMTETAGS, self->plain, seen, &count));
	EXPECT_EQ(-EIO, tags(self, POKEMTETAGS, self->plain, these, &count));
	EXPECT_EQ(-EIO, tags(self, PEEKMTETAGS, NULL, seen, &count));
	/* The tracer's memory. */
	EXPECT_EQ(-EFAULT, tags(self, PEEKMTETAGS, self->tagged, (void *)BAD_POINTER, &count));
	EXPECT_EQ(-EFAULT, REQ(PEEKMTETAGS, self->tagged, BAD_POINTER));
	EXPECT_EQ(1, count);
}

/* Spin until @quit is set, and then be dumpable no longer. */
static int hide_on_request(struct shared *shared)
{
	spin(shared);
	shared->signals = !prctl(PR_SET_DUMPABLE, 0);
	return sleep_on_pipe(shared);
}

/* The tracee is not dumpable any more: @tags_are and @memory_is what its tracer then gets. */
static void look_at_hidden(struct __test_metadata *_metadata, FIXTURE_DATA(arm64) *self,
			   long tags_are, long memory_is)
{
	unsigned char these[4] = { 1, 2, 3, 4 }, seen[4];
	unsigned long word;
	size_t count = 4;

	start(_metadata, self, hide_on_request);
	EXPECT_EQ(self->has_tags ? 0 : -EIO, tags(self, POKEMTETAGS, self->tagged, these, &count));
	EXPECT_EQ(0, REQ(PTRACE_PEEKDATA, self->tagged, &word));
	self->shared->quit = 1;
	ASSERT_EQ(0, cont(self->tracee, 0));
	while (!self->shared->signals)
		sched_yield();
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));

	memset(seen, FILLER, sizeof(seen));
	EXPECT_EQ(tags_are, tags(self, PEEKMTETAGS, self->tagged, seen, &count));
	EXPECT_EQ(4, count);
	EXPECT_TRUE(tags_are ? all_are(seen, FILLER, 4) : !memcmp(these, seen, 4));
	EXPECT_EQ(tags_are, tags(self, POKEMTETAGS, self->tagged, these, &count));
	EXPECT_EQ(4, count);
	EXPECT_EQ(memory_is, REQ(PTRACE_PEEKDATA, self->tagged, &word));
}

/* ptracer_access_allowed(): the tags are hidden with the memory */
TEST_F(arm64, tags_of_what_is_hidden)
{
	ASSERT_TRUE(drop_privileges());
	look_at_hidden(_metadata, self, self->has_tags ? -EPERM : -EIO, -EIO);
}

/* The same: not from a tracer with CAP_SYS_PTRACE */
TEST_F(arm64, tags_for_root)
{
	look_at_hidden(_metadata, self, self->has_tags ? 0 : -EIO, 0);
}

/* Copy a set to or from @bytes. @len is the length asked for, and then the length returned. */
static long set(const FIXTURE_DATA(arm64) *self, long nr, unsigned long note, void *bytes,
		size_t *len)
{
	struct iovec iov = { bytes, *len };
	long ret = REQ(nr, note, &iov);

	*len = iov.iov_len;
	return ret;
}

/* tls_get(), tls_set(): the two thread pointers; a fork has the first of its parent */
TEST_F(arm64, thread_pointers)
{
	const unsigned long mine = (unsigned long)__builtin_thread_pointer();
	unsigned long pointers[2] = {}, seen[2];
	size_t len = sizeof(pointers);

	start(_metadata, self, spin);
	ASSERT_EQ(0, set(self, PTRACE_GETREGSET, NT_ARM_TLS, pointers, &len));
	EXPECT_EQ(sizeof(pointers), len);
	EXPECT_EQ(mine, pointers[0]);
	/* The first alone. */
	pointers[0] = 0x123456789aUL;
	len = 8;
	EXPECT_EQ(0, set(self, PTRACE_SETREGSET, NT_ARM_TLS, pointers, &len));
	EXPECT_EQ(8, len);
	len = sizeof(seen);
	EXPECT_EQ(0, set(self, PTRACE_GETREGSET, NT_ARM_TLS, seen, &len));
	EXPECT_EQ(0, memcmp(pointers, seen, sizeof(seen)));
	/* The tracee, which does not use it, runs with it, and keeps it. */
	ASSERT_EQ(0, cont(self->tracee, 0));
	wait_for_progress(self->shared);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	EXPECT_EQ(0, set(self, PTRACE_GETREGSET, NT_ARM_TLS, seen, &len));
	EXPECT_EQ(0, memcmp(pointers, seen, sizeof(seen)));
}

/* pac_mask_get(): which bits of pointers hold their signature; the set has no way to be set */
TEST_F(arm64, signed_bits)
{
	unsigned long masks[2] = {};
	size_t len = sizeof(masks);

	start(_metadata, self, spin);
	EXPECT_EQ(self->has_keys ? 0 : -EINVAL,
		  set(self, PTRACE_GETREGSET, NT_ARM_PAC_MASK, masks, &len));
	EXPECT_EQ(masks[0], masks[1]);
	EXPECT_EQ(self->has_keys, masks[0] != 0);
	/* Not those of the address. */
	EXPECT_EQ(0, masks[0] & (unsigned long)&masks);
	EXPECT_EQ(-EOPNOTSUPP, set(self, PTRACE_SETREGSET, NT_ARM_PAC_MASK, masks, &len));
}

/* pac_address_keys_get(), pac_generic_keys_get(): keys, which a tracer can exchange */
TEST_F(arm64, keys)
{
	static const struct {
		unsigned long note;
		size_t size;
	} kinds[] = {
		{ NT_ARM_PACA_KEYS, 4 * 16 },
		{ NT_ARM_PACG_KEYS, 16 },
	};

	start(_metadata, self, spin);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		unsigned char keys[64], seen[64];
		size_t len = sizeof(keys);

		memset(keys, FILLER, sizeof(keys));
		if (!self->has_keys) {
			EXPECT_EQ(-EINVAL, set(self, PTRACE_GETREGSET, kinds[i].note, keys, &len));
			continue;
		}
		ASSERT_EQ(0, set(self, PTRACE_GETREGSET, kinds[i].note, keys, &len));
		EXPECT_EQ(kinds[i].size, len);
		EXPECT_FALSE(all_are(keys, FILLER, len));
		for (size_t byte = 0; byte < len; byte++)
			keys[byte] ^= 0x5a;
		EXPECT_EQ(0, set(self, PTRACE_SETREGSET, kinds[i].note, keys, &len));
		EXPECT_EQ(0, set(self, PTRACE_GETREGSET, kinds[i].note, seen, &len));
		EXPECT_EQ(kinds[i].size, len);
		EXPECT_EQ(0, memcmp(keys, seen, len));
		/* A key has 16 bytes. */
		len = 8;
		EXPECT_EQ(-EINVAL, set(self, PTRACE_GETREGSET, kinds[i].note, seen, &len));
	}
}

/* sve_get(), sve_set(): vectors of a length that a tracer can choose */
TEST_F(arm64, vectors)
{
	static unsigned char bytes[SVE_PT_SIZE(SVE_VQ_MAX, SVE_PT_REGS_SVE)];
	struct user_sve_header *header = (void *)bytes;
	size_t len = sizeof(bytes), all;

	start(_metadata, self, spin);
	ASSERT_EQ(0, set(self, PTRACE_GETREGSET, NT_ARM_SVE, bytes, &len));
	EXPECT_EQ(self->has_vectors, sve_vl_valid(header->vl));
	EXPECT_LE(header->vl, header->max_vl);
	EXPECT_LE(sizeof(*header), header->size);
	if (!self->has_vectors) {
		len = sizeof(*header);
		header->vl = SVE_VL_MIN;
		EXPECT_EQ(-EINVAL, set(self, PTRACE_SETREGSET, NT_ARM_SVE, bytes, &len));
		return;
	}
	/* The header alone changes the length, and clears all vectors. */
	header->vl = SVE_VL_MIN;
	header->flags = SVE_PT_REGS_SVE;
	len = sizeof(*header);
	ASSERT_EQ(0, set(self, PTRACE_SETREGSET, NT_ARM_SVE, bytes, &len));
	memset(bytes, FILLER, sizeof(bytes));
	len = sizeof(bytes);
	ASSERT_EQ(0, set(self, PTRACE_GETREGSET, NT_ARM_SVE, bytes, &len));
	EXPECT_EQ(SVE_VL_MIN, header->vl);
	EXPECT_EQ(SVE_PT_REGS_SVE, header->flags & SVE_PT_REGS_MASK);
	all = SVE_PT_SIZE(1, SVE_PT_REGS_SVE);
	EXPECT_EQ(all, header->size);
	EXPECT_LE(all, len);
	EXPECT_TRUE(all_are(bytes + SVE_PT_SVE_ZREG_OFFSET(1, 0), 0, 32 * SVE_VL_MIN));
	/* Then the vectors. */
	memset(bytes + SVE_PT_SVE_ZREG_OFFSET(1, 0), 0x77, 32 * SVE_VL_MIN);
	len = all;
	ASSERT_EQ(0, set(self, PTRACE_SETREGSET, NT_ARM_SVE, bytes, &len));
	memset(bytes, FILLER, sizeof(bytes));
	len = sizeof(bytes);
	ASSERT_EQ(0, set(self, PTRACE_GETREGSET, NT_ARM_SVE, bytes, &len));
	EXPECT_TRUE(all_are(bytes + SVE_PT_SVE_ZREG_OFFSET(1, 0), 0x77, 32 * SVE_VL_MIN));
	/* No such length, and less than a header. */
	header->vl = SVE_VL_MIN + 1;
	len = all;
	EXPECT_EQ(-EINVAL, set(self, PTRACE_SETREGSET, NT_ARM_SVE, bytes, &len));
	EXPECT_EQ(all, len);
	len = 0;
	EXPECT_EQ(-EINVAL, set(self, PTRACE_SETREGSET, NT_ARM_SVE, bytes, &len));
}

/* tagged_addr_ctrl_get(), tagged_addr_ctrl_set(): what prctl(2) can set of the tracee itself */
TEST_F(arm64, tagged_addresses)
{
	unsigned long control = 1;
	size_t len = sizeof(control);

	start(_metadata, self, spin);
	ASSERT_EQ(0, set(self, PTRACE_GETREGSET, NT_ARM_TAGGED_ADDR_CTRL, &control, &len));
	EXPECT_EQ(0, control);
	control = PR_TAGGED_ADDR_ENABLE;
	EXPECT_EQ(0, set(self, PTRACE_SETREGSET, NT_ARM_TAGGED_ADDR_CTRL, &control, &len));
	control = 0;
	EXPECT_EQ(0, set(self, PTRACE_GETREGSET, NT_ARM_TAGGED_ADDR_CTRL, &control, &len));
	EXPECT_EQ(PR_TAGGED_ADDR_ENABLE, control);
	EXPECT_EQ(0, prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0));
	control = 1UL << 63;
	EXPECT_EQ(-EINVAL, set(self, PTRACE_SETREGSET, NT_ARM_TAGGED_ADDR_CTRL, &control, &len));
}

/* Whether the kernel has printed a warning since it booted. */
static bool kernel_warned(void)
{
	FILE *file = fopen("/proc/sys/kernel/tainted", "r");
	unsigned long flags;
	bool known;

	if (!file)
		return false;
	known = fscanf(file, "%lu", &flags) == 1;
	fclose(file);
	return known && flags & 1UL << 9;
}

/* update_syscall_orig_x0_after_ptrace(): a group-stop after PTRACE_ATTACH has no siginfo */
TEST_F(arm64, system_call_in_a_group_stop)
{
	const bool warned = kernel_warned();
	int call = SYS_getpid, seen = 0;
	size_t len = sizeof(call);
	siginfo_t info;

	self->tracee = spawn(spin, self->shared);
	ASSERT_EQ(0, REQ(PTRACE_ATTACH, 0, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(-EINVAL, REQ(PTRACE_GETSIGINFO, 0, &info));

	EXPECT_EQ(0, set(self, PTRACE_SETREGSET, NT_ARM_SYSTEM_CALL, &call, &len));
	EXPECT_EQ(0, set(self, PTRACE_GETREGSET, NT_ARM_SYSTEM_CALL, &seen, &len));
	EXPECT_EQ(call, seen);
	EXPECT_EQ(warned, kernel_warned());
}

TEST_HARNESS_MAIN
