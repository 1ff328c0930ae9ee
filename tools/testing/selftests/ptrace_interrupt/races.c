// SPDX-License-Identifier: GPL-2.0
/*
 * Requests on a task while something else decides whose tracee it is: another tracer that
 * comes and goes, the task itself, a thread of the tracer that collects it, an exec.
 *
 * Whatever comes first, a request finds the task either before or after: it returns one
 * of the values that it has in these two states, and does nothing to a task that is not
 * the caller's tracee.
 *
 * kernel/ptrace.c: ptrace_check_attach(), ptrace_link(), __ptrace_unlink().
 */
#include <time.h>

#include "ptrace_group.h"

/* Enough to meet the other side at any point; but not longer than that. */
#define ROUNDS	200
#define SECONDS	1

/* The programs that are executed: this one, under another name. */
__attribute__((constructor)) static void be_program(int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "races-exit"))
		_exit(0);
}

/* What those that race share, beside struct shared. */
struct stage {
	_Atomic int go, done;
	_Atomic pid_t pid, second;
};

static struct stage *stage;

FIXTURE(races)
{
	struct shared *shared;
	struct timespec end;
	pid_t tracee, other;
};

/* The request that is raced. */
FIXTURE_VARIANT(races)
{
	long nr;
};

FIXTURE_VARIANT_ADD(races, interrupt) { .nr = PTRACE_INTERRUPT };
FIXTURE_VARIANT_ADD(races, kill) { .nr = PTRACE_KILL };
FIXTURE_VARIANT_ADD(races, cont) { .nr = PTRACE_CONT };
FIXTURE_VARIANT_ADD(races, peek) { .nr = PTRACE_GETEVENTMSG };

FIXTURE_SETUP(races)
{
	self->shared = shared_new();
	stage = shared_memory(sizeof(*stage));
	clock_gettime(CLOCK_MONOTONIC, &self->end);
	self->end.tv_sec += SECONDS;
}

/* Who has raced is gone, and has left nobody behind. */
FIXTURE_TEARDOWN(races)
{
	reap(self->tracee);
	reap(self->other);
	EXPECT_EQ(-ECHILD, status_now(-1));
}

static bool is_over(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end->tv_sec ||
	       (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}

static long ask(long nr, pid_t pid)
{
	unsigned long word;

	return request(nr, pid, 0, nr == PTRACE_GETEVENTMSG ? (unsigned long)&word : 0);
}

/* The ones that find a tracee in any state. */
static bool in_any_state(long nr)
{
	return nr == PTRACE_INTERRUPT || nr == PTRACE_KILL;
}

/* Let a little time pass, another one in each round. */
static void dither(int round)
{
	for (volatile int i = 0; i < round % 16 * 100; i++)
		;
}

/* Another tracer, and the real parent that asks */

static void *seize_until_exit(void *unused)
{
	return (void *)(long)(seize(stage->pid) || interrupt(stage->pid));
}

/*
 * Seize the tracee and let it go: stopped, by PTRACE_DETACH, and running or about to
 * stop, by the end of the thread that traces it.
 */
static int come_and_go(const struct timespec *end)
{
	const pid_t pid = stage->pid;

	for (int i = 0; i < ROUNDS && !is_over(end); i++) {
		pthread_t thread;
		void *failed;

		CHECK(!seize(pid));
		CHECK(!interrupt(pid));
		CHECK(next_status(pid) == EVENT_STOP(SIGTRAP));
		dither(i);
		CHECK(!detach(pid, 0));
		if (i % 4)
			continue;
		CHECK(!pthread_create(&thread, NULL, seize_until_exit, NULL));
		CHECK(!pthread_join(thread, &failed));
		CHECK(!failed);
		/* Who joins a thread may be told before it is quite gone. */
		while (tracer_of(pid))
			sched_yield();
	}
	return 0;
}

/*
 * The task is never the real parent's tracee, though the real parent is ->parent before
 * and after, and the task is traced in between.
 */
TEST_F(races, of_a_tracer_and_the_parent)
{
	unsigned long asked = 0;

	self->tracee = stage->pid = spawn(sleep_on_pipe, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_state(self->tracee, 'S');
	self->other = fork();
	if (self->other == 0) {
		int line;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		line = come_and_go(&self->end);
		stage->done = 1;
		/* There are more lines than values of exit(). */
		if (line)
			fprintf(stderr, "# the tracer failed in line %d\n", line);
		_exit(line != 0);
	}
	ASSERT_LT(0, self->other);
	for (; !stage->done; asked++) {
		ASSERT_EQ(-ESRCH, ask(variant->nr, self->tracee)) {
			TH_LOG("after %lu requests", asked);
		}
	}
	ASSERT_EQ(EXITED(0), next_status(self->other));
	self->other = 0;
	/* It has none of it, and sleeps on. */
	ASSERT_EQ(0, tracer_of(self->tracee));
	wait_for_state(self->tracee, 'S');
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ('x', parent_sees(self->tracee, WSTOPPED | WCONTINUED | WEXITED));
	self->tracee = 0;
}

/* PTRACE_TRACEME, and the parent that asks */

static int ask_to_be_traced(struct shared *shared)
{
	while (!stage->go)
		;
	CHECK(!request(PTRACE_TRACEME, 0, 0, 0));
	return raise(SIGSTOP);
}

TEST_F(races, of_traceme_and_the_parent)
{
	for (int i = 0; i < ROUNDS && !is_over(&self->end); i++) {
		const long traced = variant->nr == PTRACE_INTERRUPT ? -EIO : 0;
		int status;
		long ret;

		stage->go = 0;
		self->tracee = spawn(ask_to_be_traced, self->shared);
		ASSERT_LT(0, self->tracee);
		/* Before it, all find no tracee. */
		ASSERT_EQ(-ESRCH, ask(variant->nr, self->tracee));
		stage->go = 1;
		dither(i);
		do
			ret = ask(variant->nr, self->tracee);
		while (ret == -ESRCH);
		ASSERT_EQ(traced, ret);
		/* Once its tracee, it stays that. */
		for (int again = 0; again < 5 && variant->nr != PTRACE_CONT; again++) {
			ASSERT_EQ(traced, ask(variant->nr, self->tracee));
		}
		if (variant->nr == PTRACE_INTERRUPT || variant->nr == PTRACE_GETEVENTMSG) {
			ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
			ASSERT_EQ(0, cont(self->tracee, 0));
		}
		status = next_status(self->tracee);
		if (variant->nr == PTRACE_KILL) {
			/* It may have been stopped before. */
			if (status == SIGNAL_STOP(SIGSTOP))
				status = next_status(self->tracee);
			ASSERT_EQ(KILLED(SIGKILL), status);
		} else {
			ASSERT_EQ(EXITED(0), status);
		}
		ASSERT_EQ(-ESRCH, ask(variant->nr, self->tracee));
		self->tracee = 0;
	}
}

/* A thread that collects the tracee, and the tracer that asks */

static void *kill_and_collect(void *unused)
{
	const pid_t pid = stage->pid;
	int status;

	while (!stage->go)
		;
	kill(pid, SIGKILL);
	/* A stop before its end may be there to be seen. */
	do
		status = next_status(pid);
	while (status >= 0 && WIFSTOPPED(status));
	stage->done = 1;
	return (void *)(long)status;
}

/* Race with the end of the tracee @pid, which is stopped, and which another thread collects. */
static void ask_to_the_end(struct __test_metadata *_metadata,
			   const FIXTURE_VARIANT(races) *variant, pid_t pid, int round)
{
	bool gone = false;
	pthread_t thread;
	void *status;

	stage->pid = pid;
	stage->go = stage->done = 0;
	ASSERT_EQ(0, pthread_create(&thread, NULL, kill_and_collect, NULL));
	stage->go = 1;
	dither(round);
	while (!stage->done) {
		const long ret = ask(variant->nr, pid);

		/* Of one that is collected just then, INTERRUPT may see no more than that. */
		if (ret == -ESRCH || (ret == -EIO && variant->nr == PTRACE_INTERRUPT)) {
			gone = true;
			continue;
		}
		ASSERT_EQ(0, ret);
		/* It does not come back. */
		ASSERT_FALSE(gone);
		if (variant->nr == PTRACE_CONT)
			gone = true;
	}
	ASSERT_EQ(-ESRCH, ask(variant->nr, pid));
	ASSERT_EQ(0, pthread_join(thread, &status));
	ASSERT_EQ(KILLED(SIGKILL), (long)status);
}

TEST_F(races, of_a_thread_that_waits)
{
	for (int i = 0; i < ROUNDS && !is_over(&self->end); i++) {
		self->tracee = spawn(sleep_on_pipe, self->shared);
		ASSERT_EQ(0, seize(self->tracee));
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
		ask_to_the_end(_metadata, variant, self->tracee, i);
		self->tracee = 0;
	}
}

static int have_a_child(struct shared *shared)
{
	const pid_t pid = spawn(sleep_on_pipe, shared);

	CHECK(pid > 0);
	stage->second = pid;
	/* The second of two that see its end, once the tracer has. */
	CHECK(next_status(pid) == KILLED(SIGKILL));
	return 0;
}

/* wait_task_zombie(): EXIT_TRACE. It is somebody else's child, and a zombie still, for that one. */
TEST_F(races, of_a_thread_that_waits_first)
{
	for (int i = 0; i < ROUNDS && !is_over(&self->end); i++) {
		stage->second = 0;
		self->other = spawn(have_a_child, self->shared);
		ASSERT_LT(0, self->other);
		while (!stage->second)
			sched_yield();
		ASSERT_EQ(0, seize(stage->second));
		ASSERT_EQ(0, interrupt(stage->second));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(stage->second));
		ask_to_the_end(_metadata, variant, stage->second, i);
		ASSERT_EQ(EXITED(0), next_status(self->other));
		self->other = 0;
	}
}

/* The end of the tracee */

/* From SIGKILL on it does not stop; until it is collected, it is a tracee. */
TEST_F(races, of_the_end)
{
	for (int i = 0; i < ROUNDS && !is_over(&self->end); i++) {
		const long dying = in_any_state(variant->nr) ? 0 : -ESRCH;
		int status;

		self->tracee = spawn(sleep_on_pipe, self->shared);
		ASSERT_EQ(0, seize(self->tracee));
		/* In odd rounds it is running, or about to stop. */
		if (i % 2 == 0) {
			ASSERT_EQ(0, interrupt(self->tracee));
			ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
		}
		ASSERT_EQ(0, kill(self->tracee, SIGKILL));
		do {
			ASSERT_EQ(dying, ask(variant->nr, self->tracee));
			status = status_now(self->tracee);
		} while (status == 0);
		ASSERT_EQ(KILLED(SIGKILL), status);
		ASSERT_EQ(-ESRCH, ask(variant->nr, self->tracee));
		ASSERT_EQ(-ECHILD, status_now(self->tracee));
		self->tracee = 0;
	}
}

/* exec, by another thread than the first */

static void *exec_when_told(void *unused)
{
	stage->second = thread_id();
	while (!stage->go)
		;
	return (void *)(long)exec_as("races-exit");
}

static int have_a_thread(struct shared *shared)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, exec_when_told, NULL));
	pthread_join(thread, NULL);
	return 1;
}

/*
 * de_thread(), looks_like_a_spurious_pid(): the number is the first thread's, then the
 * other's. Until its event is seen, no request that needs a stop finds it.
 */
TEST_F(races, of_exec)
{
	for (int i = 0; i < ROUNDS && !is_over(&self->end); i++) {
		int status;

		stage->go = stage->second = 0;
		self->tracee = spawn(have_a_thread, self->shared);
		ASSERT_LT(0, self->tracee);
		while (!stage->second)
			sched_yield();
		ASSERT_EQ(0, REQ(PTRACE_SEIZE, self->tracee, PTRACE_O_TRACEEXEC));
		ASSERT_EQ(0, REQ(PTRACE_SEIZE, stage->second, PTRACE_O_TRACEEXEC));
		stage->go = 1;
		/* Otherwise it would not get far. */
		if (variant->nr == PTRACE_KILL) {
			for (int times = 0; times < i % 4; times++)
				sched_yield();
		}
		dither(i);
		do {
			const long ret = ask(variant->nr, self->tracee);

			/* The first thread may be released after it was found by its number. */
			if (ret != -ESRCH && !(ret == -EIO && variant->nr == PTRACE_INTERRUPT)) {
				ASSERT_TRUE(in_any_state(variant->nr));
				ASSERT_EQ(0, ret);
			}
			status = status_now(self->tracee);
			/* Of the first thread; it ends in there. */
			if (variant->nr == PTRACE_INTERRUPT && status == EVENT_STOP(SIGTRAP))
				status = 0;
		} while (status == 0 && (variant->nr != PTRACE_KILL || status_now(stage->second) <= 0));
		if (variant->nr != PTRACE_KILL) {
			ASSERT_EQ(EVENT(PTRACE_EVENT_EXEC), status);
			ASSERT_EQ(-ESRCH, ask(variant->nr, stage->second));
			/* A trap that was asked for between the event and now. */
			ASSERT_EQ(0, cont(self->tracee, 0));
			status = next_status(self->tracee);
			if (status == EVENT_STOP(SIGTRAP)) {
				ASSERT_EQ(PTRACE_INTERRUPT, variant->nr);
				ASSERT_EQ(0, cont(self->tracee, 0));
				status = next_status(self->tracee);
			}
			ASSERT_EQ(EXITED(0), status);
		} else {
			/* Of the first thread, dead already, it may have had no effect. */
			kill(self->tracee, SIGKILL);
			while (status_now(-1) != -ECHILD)
				sched_yield();
		}
		ASSERT_EQ(-ESRCH, ask(variant->nr, self->tracee));
		self->tracee = 0;
	}
}

TEST_HARNESS_MAIN
