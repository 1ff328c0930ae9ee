// SPDX-License-Identifier: GPL-2.0
/*
 * The error of a security module is the caller's: Smack denies with EACCES, where ptrace(2) itself
 * has EPERM.
 *
 * Before a test, a function's name is what the test checks. Root must run this program; an
 * ordinary user traces in it, since Smack lets root do anything.
 */
#include <sys/mount.h>

#include "ptrace_cred.h"

#define SMACKFS		"/sys/fs/smackfs"
#define RULES		SMACKFS "/load2"

FIXTURE(smack)
{
	struct shared *shared;
	pid_t target;
};

/* What tasks with the label Tracer may do to those with the label Tracee. */
static bool set_rule(const char *access)
{
	char rule[32];

	snprintf(rule, sizeof(rule), "Tracer Tracee %s", access);
	return write_file(RULES, rule);
}

static bool set_label(const char *label)
{
	return write_file("/proc/thread-self/attr/current", label);
}

FIXTURE_SETUP(smack)
{
	if (getuid())
		SKIP(return, "only root can set labels");
	if (access(SMACKFS, F_OK))
		SKIP(return, "the kernel has no Smack");
	if (access(RULES, F_OK))
		ASSERT_EQ(0, mount("smackfs", SMACKFS, "smackfs", 0, NULL));
	ASSERT_TRUE(set_rule("-"));
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(smack)
{
	reap(self->target);
}

static int be_tracee(struct shared *shared)
{
	return set_label("Tracee") && become(ALICE, ALICE, NO_CAPS) ? spin(shared) : 1;
}

/* What @act(@pid) returns in a process of the same user with the label Tracer. */
static int as_tracer(int (*act)(pid_t), pid_t pid)
{
	pid_t caller = fork();

	if (caller == 0)
		_exit(set_label("Tracer") ? as(ALICE, ALICE, NO_CAPS, act, pid) : 255);
	return next_status(caller) >> 8;
}

/* ptrace_attach(): what __ptrace_may_access() returns is returned, and nothing was done */
TEST_F(smack, attach)
{
	self->target = spawn(be_tracee, self->shared);
	wait_for_progress(self->shared);
	EXPECT_EQ(EACCES, as_tracer(try_attach, self->target));
	EXPECT_EQ(EACCES, as_tracer(try_seize, self->target));
	EXPECT_EQ(0, tracer_of(self->target));
	wait_for_progress(self->shared);
	/* To read is less than to attach. */
	ASSERT_TRUE(set_rule("r"));
	EXPECT_EQ(EACCES, as_tracer(try_attach, self->target));
	EXPECT_EQ(EACCES, as_tracer(try_seize, self->target));
	ASSERT_TRUE(set_rule("rw"));
	EXPECT_EQ(0, as_tracer(try_seize, self->target));
	EXPECT_EQ(0, as_tracer(try_attach, self->target));
}

/* ptrace_may_access() says yes or no: its callers have errors of their own */
TEST_F(smack, others)
{
	self->target = spawn(be_tracee, self->shared);
	wait_for_progress(self->shared);
	EXPECT_EQ(EPERM, as_tracer(try_kcmp, self->target));
	EXPECT_EQ(EPERM, as_tracer(try_vm_read, self->target));
	EXPECT_EQ(EPERM, as_tracer(try_getfd, self->target));
	ASSERT_TRUE(set_rule("r"));
	EXPECT_EQ(0, as_tracer(try_kcmp, self->target));
	EXPECT_EQ(EPERM, as_tracer(try_vm_read, self->target));
	ASSERT_TRUE(set_rule("rw"));
	EXPECT_EQ(0, as_tracer(try_vm_read, self->target));
	EXPECT_EQ(0, as_tracer(try_getfd, self->target));
}

/* Let the parent trace the caller, once the parent is an ordinary user; return the error. */
static int let_parent_trace(struct shared *shared)
{
	int error;

	if (!set_label("Tracee") || !become(ALICE, ALICE, NO_CAPS))
		return 255;
	while (!shared->quit)
		usleep(1000);
	error = -request(PTRACE_TRACEME, 0, 0, 0);
	/* Who is traced has a tracer, and who is not has none. */
	return tracer_of(getpid()) == (error ? 0 : getppid()) ? error : 254;
}

/* A process with the label Tracer, whose child lets it trace it. */
static int be_parent(struct shared *shared)
{
	pid_t child;

	if (!set_label("Tracer"))
		return 255;
	child = fork();
	if (child == 0)
		_exit(let_parent_trace(shared));
	if (!become(ALICE, ALICE, NO_CAPS))
		return 255;
	shared->quit = 1;
	return next_status(child) >> 8;
}

/* ptrace_traceme(): what security_ptrace_traceme() returns is returned, and nothing was done */
TEST_F(smack, traceme)
{
	static const struct {
		const char *access;
		int error;
	} rules[] = { { "-", EACCES }, { "r", EACCES }, { "rw", 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		int status;

		ASSERT_TRUE(set_rule(rules[i].access));
		self->shared->quit = 0;
		self->target = spawn(be_parent, self->shared);
		status = next_status(self->target);
		self->target = 0;
		EXPECT_EQ(EXITED(rules[i].error), status) {
			TH_LOG("Tracer Tracee %s", rules[i].access);
		}
	}
}

TEST_HARNESS_MAIN
