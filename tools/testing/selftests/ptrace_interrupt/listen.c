// SPDX-License-Identifier: GPL-2.0
/*
 * PTRACE_LISTEN keeps a tracee stopped, but lets it tell its tracer of changes of the group
 * stop, as the kernel tells the process's real parent.
 *
 * man: "Restart the stopped tracee, but prevent it from executing"; kernel/ptrace.c:
 * PTRACE_LISTEN in ptrace_request(); kernel/signal.c: ptrace_trap_notify().
 */
#include <time.h>

#include "ptrace_group.h"

/* Memory that the tracee's process and the test share, besides struct shared. */
struct stage {
	_Atomic pid_t sibling, newcomer;
	_Atomic int newcomer_ran;
	siginfo_t info;
};

static struct stage *stage;

FIXTURE(listen)
{
	struct shared *shared;
	/* The real parent of the tracee is the test. */
	struct tracer tracer;
	pid_t tracee;
};

FIXTURE_SETUP(listen)
{
	stage = shared_memory(sizeof(*stage));
	self->shared = shared_new();
	tracer_start(&self->tracer);
	ASSERT_LT(0, self->tracer.pid);
}

FIXTURE_TEARDOWN(listen)
{
	tracer_end(&self->tracer);
	reap(self->tracee);
}

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(listen) *self,
		  int (*body)(struct shared *), int options)
{
	self->tracee = spawn(body, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, options));
}

/* Send SIGSTOP to @tid and deliver it: the thread is then in group-stop. */
static void stop_thread(struct __test_metadata *_metadata, FIXTURE_DATA(listen) *self, pid_t tid)
{
	ASSERT_EQ(0, signal_thread(self->tracee, tid, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), TRACER_SEES(tid));
	ASSERT_EQ(0, TELL(PTRACE_CONT, tid, SIGSTOP));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES(tid));
}

static void start_stopped(struct __test_metadata *_metadata, FIXTURE_DATA(listen) *self)
{
	start(_metadata, self, spin, 0);
	stop_thread(_metadata, self, self->tracee);
	ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
}

/* The tracee listens: it does not run, waits find nothing, and only INTERRUPT and KILL work. */
static void listens(struct __test_metadata *_metadata, FIXTURE_DATA(listen) *self, pid_t tid)
{
	ASSERT_EQ('t', proc_state(tid));
	ASSERT_EQ(0, TRACER_SEES_NOW(tid));
	ASSERT_EQ(-ESRCH, TELL(PTRACE_CONT, tid, 0));
	ASSERT_EQ(-ESRCH, TELL(PTRACE_LISTEN, tid, 0));
	ASSERT_EQ(-ESRCH, TELL(PTRACE_DETACH, tid, 0));
	ASSERT_EQ(0, TRACER_SEES_NOW(tid));
}

/* After CONT, the tracee reports only its exit. */
static void ends(struct __test_metadata *_metadata, FIXTURE_DATA(listen) *self)
{
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), TRACER_SEES(self->tracee));
	ASSERT_EQ('x', parent_sees(self->tracee, WSTOPPED | WCONTINUED | WEXITED));
	self->tracee = 0;
}

/* The tracee reports the end of the group stop, and then its SIGCONT is delivered. */
static void sigcont_is_delivered(struct __test_metadata *_metadata, FIXTURE_DATA(listen) *self)
{
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGCONT), TRACER_SEES(self->tracee));
}

/* What ends listening */

/* Others stop and continue the process. Both its tracer and its parent see that. */
TEST_F(listen, stopped_and_continued)
{
	start(_metadata, self, spin, 0);
	for (int i = 0; i < 20; i++) {
		stop_thread(_metadata, self, self->tracee);
		ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
		ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
		listens(_metadata, self, self->tracee);
		ASSERT_EQ('-', parent_sees_now(self->tracee));

		ASSERT_EQ(0, kill(self->tracee, SIGCONT));
		sigcont_is_delivered(_metadata, self);
		ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
		ASSERT_EQ('-', parent_sees_now(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, SIGCONT));
	}
	stop_thread(_metadata, self, self->tracee);
	ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
	ends(_metadata, self);
}

/* INTERRUPT ends listening each time, with the stop signal of the group stop. */
TEST_F(listen, interrupted)
{
	static const int signals[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };

	/* The terminal's stop signals do not stop orphans: the test leads a group of its own. */
	start(_metadata, self, spin, 0);
	for (unsigned int i = 0; i < sizeof(signals) / sizeof(int); i++) {
		const int sig = signals[i];

		ASSERT_EQ(0, kill(self->tracee, sig));
		ASSERT_EQ(SIGNAL_STOP(sig), TRACER_SEES(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, SIGSTOP));
		ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES(self->tracee));
		for (int n = 0; n < 20; n++) {
			ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
			listens(_metadata, self, self->tracee);
			ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
			ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES(self->tracee));
		}
		ASSERT_EQ(0, kill(self->tracee, SIGCONT));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		sigcont_is_delivered(_metadata, self);
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		wait_for_progress(self->shared);
	}
	ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
	ends(_metadata, self);
}

/* Other signals stay pending while the tracee listens. */
TEST_F(listen, signalled)
{
	start_stopped(_metadata, self);
	ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
	ASSERT_EQ(0, kill(self->tracee, SIGTERM));
	ASSERT_EQ(0, signal_thread(self->tracee, self->tracee, SIGUSR1));
	listens(_metadata, self, self->tracee);
	ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	/* The thread's own signals come first. */
	ASSERT_EQ(SIGNAL_STOP(SIGUSR1), TRACER_SEES(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGTERM), TRACER_SEES(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, SIGTERM));
	ASSERT_EQ(KILLED(SIGTERM), TRACER_SEES(self->tracee));
	ASSERT_EQ('t', parent_sees(self->tracee, WEXITED));
	self->tracee = 0;
}

/* PTRACE_KILL and SIGKILL work in any state. */
TEST_F(listen, killed)
{
	for (int i = 0; i < 2; i++) {
		start_stopped(_metadata, self);
		ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
		ASSERT_EQ(0, i ? TELL(PTRACE_KILL, self->tracee, 0) :
				 kill(self->tracee, SIGKILL));
		ASSERT_EQ(KILLED(SIGKILL), TRACER_SEES(self->tracee));
		ASSERT_EQ('k', parent_sees(self->tracee, WEXITED));
		self->tracee = 0;
	}
}

/* Events before LISTEN */

/* "If NOTIFY is set, it means event happened between start of this trap and now." */
TEST_F(listen, after_sigcont)
{
	start_stopped(_metadata, self);
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
	/* The ptrace-stop that it is in does not change. */
	ASSERT_EQ(0, TRACER_SEES_NOW(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_GETSIGINFO, self->tracee, &stage->info));
	ASSERT_EQ(SIGSTOP, stage->info.si_signo);
	ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
	sigcont_is_delivered(_metadata, self);
	ends(_metadata, self);
}

/* Continued and stopped anew: it reports the former, and has the new SIGSTOP pending. */
TEST_F(listen, after_sigcont_and_sigstop)
{
	start_stopped(_metadata, self);
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
	ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	/* No SIGCONT: SIGSTOP has removed it. */
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), TRACER_SEES(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, SIGSTOP));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES(self->tracee));
	ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
	ends(_metadata, self);
}

/* LISTEN works in the stop of an INTERRUPT, too, though no group stop can end there. */
TEST_F(listen, not_stopped)
{
	start(_metadata, self, spin, 0);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
		listens(_metadata, self, self->tracee);
		if (i == 0) {
			ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
			ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
		} else {
			ASSERT_EQ(0, kill(self->tracee, SIGCONT));
			sigcont_is_delivered(_metadata, self);
		}
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		wait_for_progress(self->shared);
	}
	/* There was no group stop, so there is no continuation. */
	ASSERT_EQ('-', parent_sees_now(self->tracee));
	ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
	ends(_metadata, self);
}

/* Where LISTEN fails */

static int make_stops(struct shared *shared)
{
	while (!shared->quit) {
		shared->count++;
		getppid();
	}
	return 0;
}

/* ptrace_request(): EIO in any ptrace-stop but PTRACE_EVENT_STOP, and the stop goes on. */
TEST_F(listen, other_stops)
{
	start(_metadata, self, make_stops, PTRACE_O_TRACEEXIT);
	ASSERT_EQ(-ESRCH, TELL(PTRACE_LISTEN, self->tracee, 0));
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	ASSERT_EQ(SIGNAL_STOP(SIGUSR1), TRACER_SEES(self->tracee));
	ASSERT_EQ(-EIO, TELL(PTRACE_LISTEN, self->tracee, 0));
	ASSERT_EQ(0, TELL(PTRACE_SYSCALL, self->tracee, 0));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(SIGNAL_STOP(SIGTRAP), TRACER_SEES(self->tracee));
		ASSERT_EQ(-EIO, TELL(PTRACE_LISTEN, self->tracee, 0));
		ASSERT_EQ(0, TELL(PTRACE_SYSCALL, self->tracee, 0));
	}
	ASSERT_EQ(SIGNAL_STOP(SIGTRAP), TRACER_SEES(self->tracee));
	if (HAS_STEPS) {
		ASSERT_EQ(0, TELL(PTRACE_SINGLESTEP, self->tracee, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGTRAP), TRACER_SEES(self->tracee));
		ASSERT_EQ(-EIO, TELL(PTRACE_LISTEN, self->tracee, 0));
	}
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	self->shared->quit = 1;
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), TRACER_SEES(self->tracee));
	ASSERT_EQ(-EIO, TELL(PTRACE_LISTEN, self->tracee, 0));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	ASSERT_EQ(EXITED(0), TRACER_SEES(self->tracee));
	ASSERT_EQ('x', parent_sees(self->tracee, WEXITED));
	self->tracee = 0;
}

/* man: "PTRACE_LISTEN works only on tracees attached by PTRACE_SEIZE." */
TEST_F(listen, attached)
{
	self->tracee = spawn(spin, self->shared);
	ASSERT_EQ(0, TELL(PTRACE_ATTACH, self->tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), TRACER_SEES(self->tracee));
	ASSERT_EQ(-EIO, TELL(PTRACE_LISTEN, self->tracee, 0));
	/* A forged siginfo does not help. */
	ASSERT_EQ(0, TELL(PTRACE_GETSIGINFO, self->tracee, &stage->info));
	stage->info.si_code = SIGTRAP | PTRACE_EVENT_STOP << 8;
	ASSERT_EQ(0, TELL(PTRACE_SETSIGINFO, self->tracee, &stage->info));
	ASSERT_EQ(-EIO, TELL(PTRACE_LISTEN, self->tracee, 0));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), TRACER_SEES(self->tracee));
	ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
	ASSERT_EQ(-EIO, TELL(PTRACE_LISTEN, self->tracee, 0));
	ends(_metadata, self);
}

/* The siginfo counts: with a forged one, LISTEN works in another ptrace-stop. */
TEST_F(listen, forged)
{
	start(_metadata, self, spin, 0);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
		ASSERT_EQ(SIGNAL_STOP(SIGUSR1), TRACER_SEES(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_GETSIGINFO, self->tracee, &stage->info));
		stage->info.si_code = SIGTRAP | PTRACE_EVENT_STOP << 8;
		ASSERT_EQ(0, TELL(PTRACE_SETSIGINFO, self->tracee, &stage->info));
		ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
		listens(_metadata, self, self->tracee);
		/* When it wakes up, the tracee leaves the stop, and drops the signal. */
		if (i == 0) {
			ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
			ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
		} else {
			ASSERT_EQ(0, kill(self->tracee, SIGCONT));
			sigcont_is_delivered(_metadata, self);
		}
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		wait_for_progress(self->shared);
	}
	ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
	ends(_metadata, self);
}

/* Threads */

static void *newcomer_body(void *unused)
{
	stage->newcomer_ran = 1;
	for (;;)
		pause();
	return NULL;
}

/* Make a thread each time a byte comes. */
static void *sibling_body(void *arg)
{
	pthread_t thread;

	stage->sibling = thread_id();
	for (;;) {
		if (sleep_on_pipe(arg))
			continue;
		pthread_create(&thread, NULL, newcomer_body, NULL);
	}
	return NULL;
}

static int spin_with_sibling(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sibling_body, shared))
		return 1;
	return spin(shared);
}

/* Both threads are traced. The first listens, the second is in group-stop. */
static void start_two(struct __test_metadata *_metadata, FIXTURE_DATA(listen) *self, int options)
{
	start(_metadata, self, spin_with_sibling, 0);
	while (!stage->sibling)
		sched_yield();
	wait_for_state(stage->sibling, 'S');
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, stage->sibling, options));
	stop_thread(_metadata, self, self->tracee);
	ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES(stage->sibling));
	ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
	ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
	listens(_metadata, self, self->tracee);
}

/* Each listener reports it. */
TEST_F(listen, two_threads_continued)
{
	start_two(_metadata, self, 0);
	ASSERT_EQ(0, TELL(PTRACE_LISTEN, stage->sibling, 0));
	listens(_metadata, self, stage->sibling);
	ASSERT_EQ(0, signal_thread(self->tracee, self->tracee, SIGCONT));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(stage->sibling));
	sigcont_is_delivered(_metadata, self);
	ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
	ASSERT_EQ(0, TELL(PTRACE_CONT, stage->sibling, 0));
	ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), TRACER_SEES(stage->sibling));
	ASSERT_EQ(EXITED(0), TRACER_SEES(self->tracee));
	ASSERT_EQ('x', parent_sees(self->tracee, WEXITED));
	self->tracee = 0;
}

/* do_signal_stop(): a thread that its tracer has resumed starts the group stop anew. */
TEST_F(listen, other_thread_stops_again)
{
	start_two(_metadata, self, 0);
	ASSERT_EQ(0, TELL(PTRACE_CONT, stage->sibling, 0));
	wait_for_state(stage->sibling, 'S');
	listens(_metadata, self, self->tracee);
	ASSERT_EQ(0, signal_thread(self->tracee, stage->sibling, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), TRACER_SEES(stage->sibling));
	listens(_metadata, self, self->tracee);
	ASSERT_EQ(0, TELL(PTRACE_CONT, stage->sibling, SIGSTOP));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES(stage->sibling));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES(self->tracee));
	/* For the parent, the group stop went on all the time. */
	ASSERT_EQ('-', parent_sees_now(self->tracee));
}

/* task_join_group_stop(): a thread made during a group stop stops before it runs. */
TEST_F(listen, newcomer_joins)
{
	start_two(_metadata, self, PTRACE_O_TRACECLONE);
	ASSERT_EQ(0, TELL(PTRACE_CONT, stage->sibling, 0));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT(PTRACE_EVENT_CLONE), TRACER_SEES(stage->sibling));
	ASSERT_EQ(0, TELL(PTRACE_GETEVENTMSG, stage->sibling, &stage->newcomer));
	/* Its first report is of the group stop; the listener has nothing to report. */
	ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES(stage->newcomer));
	ASSERT_EQ(0, stage->newcomer_ran);
	listens(_metadata, self, self->tracee);
	ASSERT_EQ('-', parent_sees_now(self->tracee));

	ASSERT_EQ(0, TELL(PTRACE_LISTEN, stage->newcomer, 0));
	listens(_metadata, self, stage->newcomer);
	ASSERT_EQ(0, signal_thread(self->tracee, self->tracee, SIGCONT));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(stage->newcomer));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
	ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
	ASSERT_EQ(0, stage->newcomer_ran);
	ASSERT_EQ(0, TELL(PTRACE_CONT, stage->newcomer, 0));
	while (!stage->newcomer_ran)
		sched_yield();
}

/* The same for a thread without a tracer. */
TEST_F(listen, untraced_newcomer_joins)
{
	char name[64];

	start_two(_metadata, self, 0);
	ASSERT_EQ(0, TELL(PTRACE_CONT, stage->sibling, 0));
	ASSERT_TRUE(wake(self->shared));
	do
		proc_status(self->tracee, "Threads", name);
	while (strcmp(name, "3"));
	wait_for_state(stage->sibling, 'S');
	listens(_metadata, self, self->tracee);
	ASSERT_EQ(0, stage->newcomer_ran);
	ASSERT_EQ(0, signal_thread(self->tracee, self->tracee, SIGCONT));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
	while (!stage->newcomer_ran)
		sched_yield();
}

/* Parents */

/* The code of the next pending SIGCHLD, which is for @pid; 0 if there is none. */
static int sigchld_code(pid_t pid, siginfo_t *info)
{
	const struct timespec now = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigtimedwait(&set, info, &now) != SIGCHLD)
		return 0;
	return info->si_pid == pid ? info->si_code : -1;
}

/* do_notify_parent_cldstop(): the parent gets a SIGCHLD for the group stop and for its end. */
TEST_F(listen, sigchld_of_the_parent)
{
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	start(_metadata, self, spin, 0);
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, sigchld_code(self->tracee, &info));
		stop_thread(_metadata, self, self->tracee);
		/* LISTEN waits until the tracee sleeps; the tracee has sent the SIGCHLD by then. */
		ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
		ASSERT_EQ(CLD_STOPPED, sigchld_code(self->tracee, &info));
		/* The status is the one that waitid() consumes, so there is no other. */
		ASSERT_EQ(SIGSTOP, info.si_status);
		ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
		ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
		ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
		ASSERT_EQ(0, sigchld_code(self->tracee, &info));
		ASSERT_EQ(0, kill(self->tracee, SIGCONT));
		sigcont_is_delivered(_metadata, self);
		ASSERT_EQ(CLD_CONTINUED, sigchld_code(self->tracee, &info));
		ASSERT_EQ(SIGCONT, info.si_status);
		ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	}
}

/* wait_consider_task(): a parent that is the tracer does not see the group stop. */
TEST_F(listen, parent_is_tracer)
{
	self->tracee = spawn(spin, self->shared);
	ASSERT_EQ(0, seize(self->tracee));
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGSTOP));
	ASSERT_EQ(EVENT_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ('-', parent_sees_now(self->tracee));
	ASSERT_EQ(0, request(PTRACE_LISTEN, self->tracee, 0, 0));
	ASSERT_EQ('-', parent_sees_now(self->tracee));
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	/* It sees the continuation, once. */
	ASSERT_EQ('C', parent_sees_now(self->tracee));
	ASSERT_EQ('-', parent_sees_now(self->tracee));
}

TEST_HARNESS_MAIN
