// SPDX-License-Identifier: GPL-2.0
/*
 * Tracees in a cgroup that the cgroup freezer has frozen ("frozen" in this file): they still
 * enter a ptrace-stop for their tracer, count as frozen there, and freeze again when the tracer
 * resumes them.
 *
 * Documentation/admin-guide/cgroup-v2.rst: cgroup.freeze; kernel/signal.c:
 * do_freezer_trap(), ptrace_stop(), get_signal(); kernel/cgroup/freezer.c.
 */
#include "ptrace_cgroup.h"
#include "ptrace_group.h"

FIXTURE(freezer)
{
	struct shared *shared;
	struct tracer tracer;
	pid_t tracee;
	/* The mount point of cgroups, in a namespace of the test, and two cgroups. */
	char root[64], cgroup[96], other[96];
};

/* The value of "frozen" in cgroup.events: 1, 0, or -1 if it cannot be read. */
static int frozen(const char *cgroup)
{
	char path[PATH_MAX], line[64];
	int value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "%s/cgroup.events", cgroup);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "frozen %d", &value);
	if (file)
		fclose(file);
	return value;
}

/* A stop is told before the cgroup counts it; with PREEMPT_RT, there may be much between them. */
static void wait_for_frozen(const char *cgroup, int value)
{
	while (frozen(cgroup) != value)
		sched_yield();
}

static bool freeze(const char *cgroup)
{
	if (!cgroup_freeze(cgroup, true))
		return false;
	wait_for_frozen(cgroup, 1);
	return true;
}

static bool thaw(const char *cgroup)
{
	return cgroup_freeze(cgroup, false);
}

/* A tracer, and a task that runs in a cgroup of its own. */
FIXTURE_SETUP(freezer)
{
	if (!cgroup_mount(self->root, "freezer"))
		SKIP(return, "there is no cgroup2, or it may not be mounted");
	snprintf(self->cgroup, sizeof(self->cgroup), "%s/ptrace_%d", self->root, getpid());
	snprintf(self->other, sizeof(self->other), "%s/ptrace_other_%d", self->root, getpid());
	ASSERT_EQ(0, mkdir(self->cgroup, 0755));
	ASSERT_EQ(0, mkdir(self->other, 0755));

	self->shared = shared_new();
	tracer_start(&self->tracer);
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	ASSERT_TRUE(cgroup_move(self->cgroup, self->tracee));
	wait_for_progress(self->shared);
}

FIXTURE_TEARDOWN(freezer)
{
	tracer_end(&self->tracer);
	reap(self->tracee);
	if (self->cgroup[0])
		cgroup_remove(self->cgroup);
	if (self->other[0])
		cgroup_remove(self->other);
	cgroup_unmount(self->root);
}

/* The tracee does not run, and the cgroup is frozen. */
static void is_frozen(struct __test_metadata *_metadata, FIXTURE_DATA(freezer) *self)
{
	unsigned long count;

	/* When it leaves a ptrace-stop, it does not count as frozen for a moment. */
	wait_for_state(self->tracee, 'S');
	wait_for_frozen(self->cgroup, 1);
	count = self->shared->count;
	for (int i = 0; i < 100; i++)
		sched_yield();
	ASSERT_EQ(count, self->shared->count);
	ASSERT_EQ(1, frozen(self->cgroup));
}

static void interrupt_tracee(struct __test_metadata *_metadata, FIXTURE_DATA(freezer) *self)
{
	ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
}

static void thaws_and_ends(struct __test_metadata *_metadata, FIXTURE_DATA(freezer) *self)
{
	ASSERT_TRUE(thaw(self->cgroup));
	wait_for_frozen(self->cgroup, 0);
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	if (self->tracer.pid && tracer_of(self->tracee))
		ASSERT_EQ(EXITED(0), TRACER_SEES(self->tracee));
	ASSERT_EQ('x', parent_sees(self->tracee, WSTOPPED | WCONTINUED | WEXITED));
	self->tracee = 0;
}

/* do_freezer_trap(): seized and interrupted while frozen, it freezes again after each stop. */
TEST_F(freezer, interrupted)
{
	ASSERT_TRUE(freeze(self->cgroup));
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	is_frozen(_metadata, self);
	for (int i = 0; i < 20; i++) {
		interrupt_tracee(_metadata, self);
		wait_for_frozen(self->cgroup, 1);
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		is_frozen(_metadata, self);
	}
	thaws_and_ends(_metadata, self);
}

/* Freezing is no ptrace-stop: the tracer sees neither its beginning nor its end. */
TEST_F(freezer, is_no_stop)
{
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	for (int i = 0; i < 10; i++) {
		ASSERT_TRUE(freeze(self->cgroup));
		is_frozen(_metadata, self);
		ASSERT_EQ(0, TRACER_SEES_NOW(self->tracee));
		ASSERT_EQ(-ESRCH, TELL(PTRACE_CONT, self->tracee, 0));
		ASSERT_EQ('-', parent_sees_now(self->tracee));
		ASSERT_TRUE(thaw(self->cgroup));
		wait_for_progress(self->shared);
	}
	thaws_and_ends(_metadata, self);
}

/* ptrace_stop(): cgroup_enter_frozen(). A ptrace-stop counts as frozen; freezing follows it. */
TEST_F(freezer, trapped)
{
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	interrupt_tracee(_metadata, self);
	ASSERT_TRUE(freeze(self->cgroup));
	ASSERT_EQ(0, TRACER_SEES_NOW(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	is_frozen(_metadata, self);
	/* Thawed in a ptrace-stop, it stays there. */
	interrupt_tracee(_metadata, self);
	ASSERT_TRUE(thaw(self->cgroup));
	ASSERT_EQ(0, TRACER_SEES_NOW(self->tracee));
	ASSERT_EQ('t', proc_state(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	thaws_and_ends(_metadata, self);
}

/* A frozen tracee can be killed, in a ptrace-stop and out of it. */
TEST_F(freezer, killed)
{
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	interrupt_tracee(_metadata, self);
	ASSERT_TRUE(freeze(self->cgroup));
	ASSERT_EQ(0, kill(self->tracee, SIGKILL));
	ASSERT_EQ(KILLED(SIGKILL), TRACER_SEES(self->tracee));
	ASSERT_EQ('k', parent_sees(self->tracee, WEXITED));

	self->tracee = spawn(spin, self->shared);
	wait_for_progress(self->shared);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, PTRACE_O_EXITKILL));
	ASSERT_TRUE(cgroup_move(self->cgroup, self->tracee));
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
	ASSERT_EQ('k', parent_sees(self->tracee, WEXITED));
	self->tracee = 0;
}

/* Detached in a ptrace-stop, or left by its exiting tracer, it stays frozen. */
TEST_F(freezer, detached)
{
	ASSERT_TRUE(freeze(self->cgroup));
	for (int i = 0; i < 2; i++) {
		if (!self->tracer.pid)
			tracer_start(&self->tracer);
		ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
		interrupt_tracee(_metadata, self);
		ASSERT_EQ(0, i ? TELL(PTRACE_DETACH, self->tracee, 0) :
				 tracer_exit(&self->tracer));
		ASSERT_EQ(0, tracer_of(self->tracee));
		is_frozen(_metadata, self);
	}
	thaws_and_ends(_metadata, self);
}

/* JOBCTL_TRAPPING: frozen in a group stop, it gets to its tracer's ptrace-stop, and back. */
TEST_F(freezer, stopped)
{
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
	ASSERT_TRUE(freeze(self->cgroup));
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES_NOW(self->tracee));
	wait_for_frozen(self->cgroup, 1);
	/* It listens, and tells its tracer of SIGCONT. */
	ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
	ASSERT_EQ(0, TRACER_SEES_NOW(self->tracee));
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
	wait_for_frozen(self->cgroup, 1);
	/* The signal is not delivered while it is frozen. */
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	is_frozen(_metadata, self);
	ASSERT_EQ(0, TRACER_SEES_NOW(self->tracee));
	ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
	ASSERT_TRUE(thaw(self->cgroup));
	ASSERT_EQ(SIGNAL_STOP(SIGCONT), TRACER_SEES(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	thaws_and_ends(_metadata, self);
}

/* Moved to another cgroup in a ptrace-stop, it freezes or runs as that cgroup says. */
TEST_F(freezer, moved)
{
	ASSERT_TRUE(freeze(self->cgroup));
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	for (int i = 0; i < 5; i++) {
		interrupt_tracee(_metadata, self);
		ASSERT_TRUE(cgroup_move(self->other, self->tracee));
		ASSERT_EQ(0, TRACER_SEES_NOW(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		wait_for_progress(self->shared);

		interrupt_tracee(_metadata, self);
		ASSERT_TRUE(cgroup_move(self->cgroup, self->tracee));
		ASSERT_EQ(0, TRACER_SEES_NOW(self->tracee));
		wait_for_frozen(self->cgroup, 1);
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		is_frozen(_metadata, self);
	}
	thaws_and_ends(_metadata, self);
}

/* The freezer of version 1, which is the one that suspends the system */

/* Freeze. One attempt leaves out a tracee that is still on its CPU, though its stop is told. */
static bool v1_freeze(const char *cgroup)
{
	char path[PATH_MAX], now[16] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/freezer.state", cgroup);
	do {
		if (!cgroup_write(cgroup, "freezer.state", "FROZEN"))
			return false;
		fd = open(path, O_RDONLY);
		if (fd < 0 || read(fd, now, sizeof(now) - 1) <= 0)
			return false;
		close(fd);
	} while (strncmp(now, "FROZEN", strlen("FROZEN")));
	return true;
}

/*
 * TASK_FROZEN: a tracee in a ptrace-stop that is frozen there is still in it for its tracer, and
 * goes on when it is thawed, if the tracer has resumed it.
 */
TEST_F(freezer, stopped_and_frozen)
{
	char v1[64] = "/tmp/ptrace_freezer.XXXXXX", cgroup[96];
	unsigned long count;
	siginfo_t info;

	ASSERT_TRUE(mkdtemp(v1) != NULL);
	if (mount("none", v1, "cgroup", 0, "freezer")) {
		rmdir(v1);
		SKIP(return, "no freezer of version 1");
	}
	snprintf(cgroup, sizeof(cgroup), "%s/ptrace_%d", v1, getpid());
	ASSERT_EQ(0, mkdir(cgroup, 0755));
	ASSERT_TRUE(cgroup_move(cgroup, self->tracee));
	ASSERT_EQ(0, seize(self->tracee));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
		ASSERT_TRUE(v1_freeze(cgroup));
		EXPECT_EQ(0, request(PTRACE_GETSIGINFO, self->tracee, 0, (unsigned long)&info));
		EXPECT_EQ(SIGTRAP, info.si_signo);
		count = self->shared->count;
		if (i < 2) {
			EXPECT_EQ(0, cont(self->tracee, 0));
			EXPECT_EQ(-ESRCH, cont(self->tracee, 0));
		} else {
			EXPECT_EQ(0, detach(self->tracee, 0));
		}
		for (int n = 0; n < 100; n++)
			sched_yield();
		EXPECT_EQ(count, self->shared->count);
		ASSERT_TRUE(cgroup_write(cgroup, "freezer.state", "THAWED"));
		wait_for_progress(self->shared);
	}
	reap(self->tracee);
	self->tracee = 0;
	while (rmdir(cgroup) && errno == EBUSY)
		sched_yield();
	umount2(v1, MNT_DETACH);
	rmdir(v1);
}

TEST_HARNESS_MAIN
