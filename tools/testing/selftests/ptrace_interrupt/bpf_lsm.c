// SPDX-License-Identifier: GPL-2.0
/*
 * A security module of BPF programs denies with any error, which is the caller's, and is told the
 * access mode. It takes a kernel with BPF_LSM, DEBUG_INFO_BTF and FUNCTION_TRACER, and "bpf" among
 * the modules of lsm=.
 *
 * Before a test, a function's name is what the test checks. Root must run this program; the
 * programs that it loads deny to an ordinary user.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/lsm.h>
#include <sys/stat.h>

#include "ptrace_cred.h"

#define TYPES		"/sys/kernel/btf/vmlinux"
#define LAST_ERROR	4095

/* In seconds, for a test that loads many. */
#define MANY_PROGRAMS	120

/* Access modes, of <linux/ptrace.h> inside the kernel. */
#define MODE_READ	0x01
#define MODE_ATTACH	0x02
#define MODE_FSCREDS	0x08
#define MODE_REALCREDS	0x10

FIXTURE(bpf_lsm)
{
	struct shared *shared;
	pid_t target;
	int link;
};

static int be_tracee(struct shared *shared)
{
	return become(ALICE, ALICE, NO_CAPS) ? spin(shared) : 1;
}

static int be_of_another_user(struct shared *shared)
{
	return become(BOB, BOB, NO_CAPS) ? spin(shared) : 1;
}

static bool has_module(void)
{
	__u64 ids[32];
	__u32 size = sizeof(ids);
	int n = syscall(SYS_lsm_list_modules, ids, &size, 0);

	for (int i = 0; i < n; i++) {
		if (ids[i] == LSM_ID_BPF)
			return true;
	}
	return false;
}

FIXTURE_SETUP(bpf_lsm)
{
	self->link = -1;
	if (getuid())
		SKIP(return, "only root can load such programs");
	if (!has_module())
		SKIP(return, "the security module of BPF programs is not enabled");
	if (access(TYPES, F_OK))
		SKIP(return, "the kernel has no information of its types");
	self->shared = shared_new();
	self->target = spawn(be_tracee, self->shared);
	wait_for_progress(self->shared);
}

FIXTURE_TEARDOWN(bpf_lsm)
{
	if (self->link >= 0)
		close(self->link);
	reap(self->target);
}

/* How many bytes follow a type of this kind, with @n members. */
static size_t members(unsigned int kind, unsigned int n)
{
	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(__u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return n * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return n * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return n * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return n * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return n * sizeof(struct btf_var_secinfo);
	default:
		return 0;
	}
}

/* The number by which the kernel knows the types of the function @name, or 0. */
static unsigned int id_of(const char *name)
{
	int fd = open(TYPES, O_RDONLY | O_CLOEXEC);
	const struct btf_header *header;
	unsigned int id = 1, found = 0;
	const char *at, *end, *strings;
	struct stat file;
	void *all;

	if (fd < 0)
		return 0;
	all = fstat(fd, &file) ? MAP_FAILED :
				 mmap(NULL, file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (all == MAP_FAILED)
		return 0;
	header = all;
	at = (const char *)all + header->hdr_len + header->type_off;
	end = at + header->type_len;
	strings = (const char *)all + header->hdr_len + header->str_off;
	for (; at < end && !found; id++) {
		const struct btf_type *type = (const void *)at;
		unsigned int kind = BTF_INFO_KIND(type->info);

		/* Of a kind that is not known here, the size is not either. */
		if (kind > BTF_KIND_ENUM64)
			break;
		if (kind == BTF_KIND_FUNC && !strcmp(strings + type->name_off, name))
			found = id;
		at += sizeof(*type) + members(kind, BTF_INFO_VLEN(type->info));
	}
	munmap(all, file.st_size);
	return found;
}

/* For which access modes a program denies: (mode & @mask) is @value, or is not. */
struct modes {
	int mask, value;
	bool others;
};

static const struct modes all_modes = { 0, 0, false };

/*
 * Have @hook deny with @error to ALICE what is checked with @modes; return a file descriptor that
 * holds that, or -1. A process that is forked meanwhile holds it too.
 */
static int deny(const char *hook, int error, struct modes modes)
{
	/*
	 * The second word of the context is the mode. Of a hook with one argument, it is what the
	 * hook returns so far, which a mask of 0 leaves out.
	 */
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 1 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_uid_gid },
		{ .code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = 0, .src_reg = 0 },
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 0, .off = 5, .imm = ALICE },
		{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 1, .src_reg = 6, .off = 8 },
		{ .code = BPF_ALU | BPF_AND | BPF_K, .dst_reg = 1, .imm = modes.mask },
		{ .code = BPF_JMP | (modes.others ? BPF_JEQ : BPF_JNE) | BPF_K, .dst_reg = 1,
		  .off = 2, .imm = modes.value },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = -error },
		{ .code = BPF_JMP | BPF_EXIT },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load, link;
	int loaded, linked;

	/* The kernel wants zeros in what a command does not use. */
	memset(&load, 0, sizeof(load));
	load.prog_type = BPF_PROG_TYPE_LSM;
	load.expected_attach_type = BPF_LSM_MAC;
	load.attach_btf_id = id_of(hook);
	load.insns = (uintptr_t)program;
	load.insn_cnt = ARRAY_SIZE(program);
	load.license = (uintptr_t)"GPL";
	loaded = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	if (loaded < 0)
		return -1;

	memset(&link, 0, sizeof(link));
	link.link_create.prog_fd = loaded;
	link.link_create.attach_type = BPF_LSM_MAC;
	linked = syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link));
	close(loaded);
	return linked;
}

static int deny_access(int error, struct modes modes)
{
	return deny("bpf_lsm_ptrace_access_check", error, modes);
}

static int as_alice(int (*act)(pid_t), pid_t pid)
{
	return as(ALICE, ALICE, NO_CAPS, act, pid);
}

/* ptrace_attach(): what __ptrace_may_access() returns is returned, and nothing was done */
TEST_F(bpf_lsm, attach)
{
	static const int errors[] = { EACCES, ENOMSG, EINTR };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		self->link = deny_access(errors[i], all_modes);
		ASSERT_LE(0, self->link);
		EXPECT_EQ(errors[i], as_alice(try_attach, self->target));
		EXPECT_EQ(errors[i], as_alice(try_seize, self->target));
		EXPECT_EQ(0, tracer_of(self->target));
		wait_for_progress(self->shared);
		close(self->link);
		self->link = -1;
		EXPECT_EQ(0, as_alice(try_seize, self->target));
	}
	/* It stops the target. */
	EXPECT_EQ(0, as_alice(try_attach, self->target));
}

/* The exit status of a process has no room for this error. */
static int last_error_of_seize(pid_t pid)
{
	return try_seize(pid) != LAST_ERROR;
}

static int last_error_of_attach(pid_t pid)
{
	return try_attach(pid) != LAST_ERROR;
}

/* ptrace_attach(): also an error that no number of <errno.h> is of */
TEST_F(bpf_lsm, last_error)
{
	self->link = deny_access(LAST_ERROR, all_modes);
	ASSERT_LE(0, self->link);
	EXPECT_EQ(0, as_alice(last_error_of_seize, self->target));
	EXPECT_EQ(0, as_alice(last_error_of_attach, self->target));
	EXPECT_EQ(0, tracer_of(self->target));
}

/* __ptrace_may_access(): the module is told the mode; other callers say yes or no */
TEST_F_TIMEOUT(bpf_lsm, modes, MANY_PROGRAMS)
{
	for (size_t i = 0; i < n_probes(); i++) {
		const struct probe *probe = &probes[i];
		struct modes modes = { -1 };
		const bool own_error = probe->try == try_seize || probe->try == try_attach;

		modes.value = (probe->attaches ? MODE_ATTACH : MODE_READ) |
			      (probe->by_fs_ids ? MODE_FSCREDS : MODE_REALCREDS);
		self->link = deny_access(ENOMSG, modes);
		ASSERT_LE(0, self->link);
		EXPECT_EQ(own_error ? ENOMSG : probe->error, as_alice(probe->try, self->target)) {
			TH_LOG("%s, denied in its mode", probe->name);
		}
		close(self->link);

		modes.others = true;
		self->link = deny_access(ENOMSG, modes);
		ASSERT_LE(0, self->link);
		EXPECT_EQ(0, as_alice(probe->try, self->target)) {
			TH_LOG("%s, denied in other modes", probe->name);
		}
		close(self->link);
		self->link = -1;
	}
}

/* __ptrace_may_access(): what is denied without the module keeps its error */
TEST_F(bpf_lsm, another_user)
{
	self->link = deny_access(ENOMSG, all_modes);
	ASSERT_LE(0, self->link);
	EXPECT_EQ(ENOMSG, as_alice(try_seize, self->target));
	reap(self->target);
	self->target = spawn(be_of_another_user, self->shared);
	wait_for_progress(self->shared);
	EXPECT_EQ(EPERM, as_alice(try_seize, self->target));
	EXPECT_EQ(EPERM, as_alice(try_attach, self->target));
}

/* Let the parent trace the caller; return the error. */
static int try_traceme(pid_t parent)
{
	int error = -request(PTRACE_TRACEME, 0, 0, 0);

	/* Who is traced has a tracer, and who is not has none. */
	return tracer_of(getpid()) == (error ? 0 : parent) ? error : 251;
}

/* ptrace_traceme(): what security_ptrace_traceme() returns is returned, and nothing was done */
TEST_F(bpf_lsm, traceme)
{
	self->link = deny("bpf_lsm_ptrace_traceme", ENOMSG, all_modes);
	ASSERT_LE(0, self->link);
	EXPECT_EQ(ENOMSG, as_alice(try_traceme, getpid()));
	/* This module has nothing to say about another user. */
	EXPECT_EQ(0, as(BOB, BOB, NO_CAPS, try_traceme, getpid()));
	close(self->link);
	self->link = -1;
	EXPECT_EQ(0, as_alice(try_traceme, getpid()));
}

TEST_HARNESS_MAIN
