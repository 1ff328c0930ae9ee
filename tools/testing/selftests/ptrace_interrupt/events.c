// SPDX-License-Identifier: GPL-2.0
/*
 * The PTRACE_EVENT stops that a tracer asks for by options, for tasks that make others.
 *
 * man: PTRACE_SETOPTIONS, "PTRACE_EVENT stops"; kernel/fork.c: kernel_clone();
 * include/linux/ptrace.h: ptrace_event(), ptrace_init_task().
 */
#include <linux/sched.h>

#include "ptrace_group.h"

/* Memory that the tracee and the test share, besides struct shared. */
struct stage {
	/* The child that the tracee made last, and what its last call returned. */
	_Atomic pid_t child;
	_Atomic long result;
};

static struct stage *stage;

FIXTURE(events)
{
	struct shared *shared;
	pid_t tracee, child;
};

FIXTURE_VARIANT(events)
{
	bool attach;
};

FIXTURE_VARIANT_ADD(events, attach) { .attach = true };
FIXTURE_VARIANT_ADD(events, seize) { .attach = false };

FIXTURE_SETUP(events)
{
	stage = shared_memory(sizeof(*stage));
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(events)
{
	reap(self->child);
	reap(self->tracee);
}

/* Tracees */

/* Kinds of clone(2) and clone3(2), the event for each, and whether it is a vfork. */
static const struct kind {
	unsigned long flags;
	int signal;
	bool is_clone3;
	int event;
} kinds[] = {
	{ 0, SIGCHLD, false, PTRACE_EVENT_FORK },
	{ 0, 0, false, PTRACE_EVENT_CLONE },
	{ 0, SIGUSR2, false, PTRACE_EVENT_CLONE },
	{ CLONE_VFORK, SIGCHLD, false, PTRACE_EVENT_VFORK },
	{ CLONE_VFORK, 0, false, PTRACE_EVENT_VFORK },
	{ CLONE_PARENT, SIGCHLD, false, PTRACE_EVENT_FORK },
	{ CLONE_UNTRACED, SIGCHLD, false, 0 },
	{ CLONE_UNTRACED | CLONE_VFORK, SIGCHLD, false, 0 },
	{ 0, SIGCHLD, true, PTRACE_EVENT_FORK },
	{ 0, 0, true, PTRACE_EVENT_CLONE },
	{ 0, SIGUSR2, true, PTRACE_EVENT_CLONE },
	{ CLONE_VFORK, SIGCHLD, true, PTRACE_EVENT_VFORK },
	/* It takes no signal with CLONE_PARENT, so that this is no fork. */
	{ CLONE_PARENT, 0, true, PTRACE_EVENT_CLONE },
	{ CLONE_UNTRACED, SIGCHLD, true, 0 },
};

#define KINDS	((int)ARRAY_SIZE(kinds))

static pid_t clone_kind(const struct kind *kind)
{
	struct clone_args args = { .flags = kind->flags, .exit_signal = kind->signal };

	if (kind->is_clone3)
		return syscall(SYS_clone3, &args, sizeof(args));
	return syscall(SYS_clone, kind->flags | kind->signal, 0, 0, 0, 0);
}

/* Make a child in the way that the letter says, and wait for it. It exits with 7. */
static void make_child(char way)
{
	pid_t pid = -1;

	switch (way) {
	case 'A' ... 'A' + KINDS - 1:
		pid = clone_kind(&kinds[way - 'A']);
		break;
	case 'f':
		pid = fork();
		break;
	case 'v':
		pid = vfork();
		break;
	case 'c':
		pid = syscall(SYS_clone, 0, 0, 0, 0, 0);
		break;
	case 'p':
		pid = syscall(SYS_clone, CLONE_PTRACE | SIGCHLD, 0, 0, 0, 0);
		break;
	case 'u':
		pid = syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);
		break;
	}
	if (pid == 0)
		_exit(7);
	stage->child = pid;
	stage->result = waitpid(pid, NULL, __WALL);
}

/* Make children, each as the next byte of the pipe says, until a 'q'. */
static int make_children(struct shared *shared)
{
	sigset_t set;
	char way;

	/* No signal-delivery-stop of this task when a child exits. */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (read(shared->pipe[0], &way, 1) == 1 && way != 'q') {
		stage->child = 0;
		make_child(way);
		shared->count++;
	}
	return 0;
}

/* Start a tracee with @options, and get it into a ptrace-stop. */
static void start(struct __test_metadata *_metadata, FIXTURE_DATA(events) *self,
		  const FIXTURE_VARIANT(events) *variant, int (*body)(struct shared *),
		  unsigned long options)
{
	self->tracee = spawn(body, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_state(self->tracee, 'S');
	if (variant->attach) {
		ASSERT_EQ(0, attach(self->tracee));
		ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
		ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, options));
	} else {
		ASSERT_EQ(0, REQ(PTRACE_SEIZE, self->tracee, options));
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	}
}

/* Have the tracee, which must be running, make a child. */
static void tell(struct __test_metadata *_metadata, FIXTURE_DATA(events) *self, char way)
{
	ASSERT_EQ(1, write(self->shared->pipe[1], &way, 1));
}

/* Wait for @pid to stop for @event, check the siginfo, and return the message. */
static unsigned long event(struct __test_metadata *_metadata, pid_t pid, int event)
{
	unsigned long message = 0;
	siginfo_t info = {};

	ASSERT_EQ(EVENT(event), next_status(pid)) {
		TH_LOG("event %d", event);
	}
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, pid, &info));
	EXPECT_EQ(SIGTRAP, info.si_signo);
	EXPECT_EQ(SIGTRAP | event << 8, info.si_code);
	EXPECT_EQ(pid, info.si_pid);
	ASSERT_EQ(0, REQ(PTRACE_GETEVENTMSG, pid, &message));
	return message;
}

/* The first ptrace-stop of a new tracee. */
static void first_stop(struct __test_metadata *_metadata, const FIXTURE_VARIANT(events) *variant,
		       pid_t child)
{
	siginfo_t info = {};

	if (!variant->attach) {
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(child));
		return;
	}
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(child));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, child, &info));
	EXPECT_EQ(SIGSTOP, info.si_signo);
	EXPECT_EQ(SI_USER, info.si_code);
}

static void quits(struct __test_metadata *_metadata, FIXTURE_DATA(events) *self)
{
	ASSERT_EQ(0, cont(self->tracee, 0));
	tell(_metadata, self, 'q');
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* Let the tracee finish what it was told to do, then stop it while it waits for more. */
static void stop_between(struct __test_metadata *_metadata, FIXTURE_DATA(events) *self,
			 const FIXTURE_VARIANT(events) *variant, unsigned long rounds)
{
	while (self->shared->count < rounds)
		sched_yield();
	wait_for_state(self->tracee, 'S');
	if (variant->attach) {
		ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
		ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
	} else {
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	}
}

/* New tasks */

static const struct way {
	char letter;
	unsigned long option;
	int event;
} ways[] = {
	{ 'f', PTRACE_O_TRACEFORK, PTRACE_EVENT_FORK },
	{ 'v', PTRACE_O_TRACEVFORK, PTRACE_EVENT_VFORK },
	{ 'c', PTRACE_O_TRACECLONE, PTRACE_EVENT_CLONE },
};

#define WAYS ((int)ARRAY_SIZE(ways))

/*
 * kernel_clone(): only the option for this way of making a task has the new task traced. It
 * has its parent's options: PTRACE_O_TRACEEXIT shows that.
 */
TEST_F(events, new_tasks)
{
	start(_metadata, self, variant, make_children, 0);
	for (int i = 0; i < WAYS * WAYS; i++) {
		const struct way *way = &ways[i / WAYS], *option = &ways[i % WAYS];

		ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee,
				 option->option | PTRACE_O_TRACEEXIT));
		ASSERT_EQ(0, cont(self->tracee, 0));
		tell(_metadata, self, way->letter);
		if (way == option) {
			self->child = event(_metadata, self->tracee, way->event);
			ASSERT_LT(0, self->child);
			ASSERT_EQ(getpid(), tracer_of(self->child));
			ASSERT_EQ(0, cont(self->tracee, 0));
			first_stop(_metadata, variant, self->child);
			ASSERT_EQ(0, cont(self->child, 0));
			ASSERT_EQ(7 << 8, event(_metadata, self->child, PTRACE_EVENT_EXIT));
			ASSERT_EQ(0, cont(self->child, 0));
			ASSERT_EQ(EXITED(7), next_status(self->child));
		}
		/* Without that option, neither has stopped until here. */
		stop_between(_metadata, self, variant, i + 1);
		if (self->child)
			EXPECT_EQ(self->child, stage->child);
		EXPECT_EQ(stage->child, stage->result);
		self->child = 0;
	}
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, 0));
	quits(_metadata, self);
}

/* man: "CLONE_PTRACE", "CLONE_UNTRACED" in clone(2), with and without the options. */
TEST_F(events, clone_flags)
{
	const unsigned long all = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;

	start(_metadata, self, variant, make_children, all | PTRACE_O_TRACEEXIT);
	ASSERT_EQ(0, cont(self->tracee, 0));
	tell(_metadata, self, 'u');
	stop_between(_metadata, self, variant, 1);
	EXPECT_EQ(stage->child, stage->result);

	/* CLONE_PTRACE: the child has the same tracer, and there is no event. */
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, PTRACE_O_TRACEEXIT));
	ASSERT_EQ(0, cont(self->tracee, 0));
	tell(_metadata, self, 'p');
	/* Read it once each time: it is the last child's, then 0, then this child's. */
	while (!(self->child = stage->child) || self->child == stage->result)
		sched_yield();
	first_stop(_metadata, variant, self->child);
	EXPECT_EQ(getpid(), tracer_of(self->child));
	ASSERT_EQ(0, cont(self->child, 0));
	ASSERT_EQ(7 << 8, event(_metadata, self->child, PTRACE_EVENT_EXIT));
	ASSERT_EQ(0, cont(self->child, 0));
	ASSERT_EQ(EXITED(7), next_status(self->child));
	self->child = 0;
	stop_between(_metadata, self, variant, 2);
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, 0));
	quits(_metadata, self);
}

/*
 * kernel_clone(): CLONE_VFORK makes it a vfork; else it is a fork if the parent gets SIGCHLD, and a
 * clone if not. CLONE_UNTRACED hides the child, but not the end of a vfork.
 */
TEST_F(events, kinds_of_clone)
{
	static const unsigned long sets[] = {
		0, PTRACE_O_TRACEFORK, PTRACE_O_TRACEVFORK, PTRACE_O_TRACECLONE,
		PTRACE_O_TRACEVFORKDONE, PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORKDONE,
	};

	start(_metadata, self, variant, make_children, 0);
	for (int i = 0; i < KINDS * (int)ARRAY_SIZE(sets); i++) {
		const struct kind *kind = &kinds[i % KINDS];
		const unsigned long options = sets[i / KINDS];
		const bool is_told = kind->event && options & 1 << kind->event;

		ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, options));
		ASSERT_EQ(0, cont(self->tracee, 0));
		tell(_metadata, self, 'A' + i % KINDS);
		if (is_told) {
			self->child = event(_metadata, self->tracee, kind->event);
			ASSERT_EQ(0, cont(self->tracee, 0));
			first_stop(_metadata, variant, self->child);
			ASSERT_EQ(0, cont(self->child, 0));
			ASSERT_EQ(EXITED(7), next_status(self->child));
		}
		if (kind->flags & CLONE_VFORK && options & PTRACE_O_TRACEVFORKDONE) {
			const pid_t message = event(_metadata, self->tracee,
						    PTRACE_EVENT_VFORK_DONE);

			EXPECT_EQ(is_told ? self->child : message, message);
			ASSERT_EQ(0, cont(self->tracee, 0));
		}
		stop_between(_metadata, self, variant, i + 1);
		/* The child is the test's own, which no tracer has collected. */
		if (kind->flags & CLONE_PARENT && !is_told) {
			ASSERT_EQ(EXITED(7), next_status(stage->child));
		}
		self->child = 0;
	}
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, 0));
	quits(_metadata, self);
}

static int clone_ptrace_untraced(struct shared *shared)
{
	pid_t pid = syscall(SYS_clone, CLONE_PTRACE | SIGCHLD, 0, 0, 0, 0);
	int status;

	if (pid == 0)
		_exit(tracer_of(getpid()));
	return waitpid(pid, &status, 0) == pid && status == EXITED(0) ? 0 : 1;
}

/* ptrace_init_task(): without a tracer, CLONE_PTRACE has no effect. */
TEST(clone_ptrace_of_untraced)
{
	EXPECT_EQ(EXITED(0), next_status(spawn(clone_ptrace_untraced, shared_new())));
}

/* man: "PTRACE_EVENT_VFORK_DONE" comes after the child's exit, and has its PID, too. */
TEST_F(events, vfork_done)
{
	for (int both = 0; both < 2; both++) {
		const unsigned long options = PTRACE_O_TRACEVFORKDONE |
					      (both ? PTRACE_O_TRACEVFORK : 0);

		self->shared->count = 0;
		start(_metadata, self, variant, make_children, options);
		ASSERT_EQ(0, cont(self->tracee, 0));
		tell(_metadata, self, 'v');
		if (both) {
			self->child = event(_metadata, self->tracee, PTRACE_EVENT_VFORK);
			first_stop(_metadata, variant, self->child);
			ASSERT_EQ(0, cont(self->tracee, 0));
			wait_for_state(self->tracee, 'D');
			ASSERT_EQ(0, status_now(self->tracee));
			ASSERT_EQ(0, cont(self->child, 0));
			ASSERT_EQ(EXITED(7), next_status(self->child));
		}
		const pid_t message = event(_metadata, self->tracee, PTRACE_EVENT_VFORK_DONE);

		ASSERT_EQ(0, cont(self->tracee, 0));
		stop_between(_metadata, self, variant, 1);
		EXPECT_EQ(stage->child, message);
		if (both)
			EXPECT_EQ(self->child, message);
		self->child = 0;
		quits(_metadata, self);
	}
}

/* ptrace_setoptions(): new options replace the old ones; refused ones change nothing. */
TEST_F(events, options_are_replaced)
{
	start(_metadata, self, variant, make_children, PTRACE_O_TRACEFORK);
	ASSERT_EQ(-EINVAL, REQ(PTRACE_SETOPTIONS, self->tracee, PTRACE_O_TRACEEXIT | 1 << 12));
	ASSERT_EQ(0, cont(self->tracee, 0));
	tell(_metadata, self, 'f');
	self->child = event(_metadata, self->tracee, PTRACE_EVENT_FORK);
	first_stop(_metadata, variant, self->child);
	/* The child has options of its own: to set the parent's does not change them. */
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, PTRACE_O_TRACEEXIT));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(0, cont(self->child, 0));
	ASSERT_EQ(EXITED(7), next_status(self->child));
	self->child = 0;

	stop_between(_metadata, self, variant, 1);
	ASSERT_EQ(0, cont(self->tracee, 0));
	tell(_metadata, self, 'f');
	stop_between(_metadata, self, variant, 2);
	ASSERT_EQ(0, cont(self->tracee, 0));
	tell(_metadata, self, 'q');
	ASSERT_EQ(0, event(_metadata, self->tracee, PTRACE_EVENT_EXIT));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* An INTERRUPT in the stop of an event does not disturb that stop; a trap follows it. */
TEST_F(events, interrupted)
{
	/* Only seized tracees can be interrupted. */
	if (variant->attach)
		return;
	start(_metadata, self, variant, make_children, PTRACE_O_TRACEFORK);
	ASSERT_EQ(0, cont(self->tracee, 0));
	tell(_metadata, self, 'f');
	self->child = event(_metadata, self->tracee, PTRACE_EVENT_FORK);
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(0, status_now(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGTERM));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	first_stop(_metadata, variant, self->child);
	ASSERT_EQ(0, interrupt(self->child));
	ASSERT_EQ(0, cont(self->child, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->child));
	ASSERT_EQ(0, cont(self->child, 0));
	ASSERT_EQ(EXITED(7), next_status(self->child));
	self->child = 0;
	/* The kernel has dropped the signal that CONT named in the stop of the event. */
	quits(_metadata, self);
}

TEST_HARNESS_MAIN
