// SPDX-License-Identifier: GPL-2.0
/*
 * PTRACE_ATTACH and PTRACE_SEIZE: which tasks they can trace, when, and what the tracee
 * notices.
 *
 * "man:" quotes ptrace(2); other comments name the function of the kernel that decides.
 */
#include <dirent.h>
#include <linux/io_uring.h>

#include "ptrace_group.h"

FIXTURE(attach)
{
	struct shared *shared;
	struct tracer tracer;
	pid_t tracee;
	/* A thread of the tracee's process. The teardown collects it, too. */
	pid_t thread;
};

FIXTURE_VARIANT(attach)
{
	long how;
};

FIXTURE_VARIANT_ADD(attach, attach) { .how = PTRACE_ATTACH };
FIXTURE_VARIANT_ADD(attach, seize) { .how = PTRACE_SEIZE };

FIXTURE_SETUP(attach)
{
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(attach)
{
	tracer_end(&self->tracer);
	reap(self->thread);
	reap(self->tracee);
}

#define TAKE(pid) request(variant->how, pid, 0, 0)

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(attach) *self,
		  int (*body)(struct shared *))
{
	self->tracee = spawn(body, self->shared);
	ASSERT_LT(0, self->tracee);
	if (body == spin)
		wait_for_progress(self->shared);
}

/* The tracee has just become traced. It enters a ptrace-stop, and is resumed. */
static void stops(struct __test_metadata *_metadata, pid_t pid, long how)
{
	if (how == PTRACE_SEIZE) {
		ASSERT_EQ(0, interrupt(pid));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(pid));
	} else {
		ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(pid));
	}
	ASSERT_EQ(0, cont(pid, 0));
}

static void ends(struct __test_metadata *_metadata, FIXTURE_DATA(attach) *self)
{
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* Which tasks can be traced */

/* man: "ESRCH The specified process does not exist"; sys_ptrace(): find_get_task_by_vpid() */
TEST_F(attach, no_process)
{
	static const long none[] = {
		0, -1, -2, 0x7fffffff, -0x7fffffff,
#if __SIZEOF_LONG__ == 8
		1L << 32, 1L << 62, ~0L << 32,
#endif
	};

	for (unsigned int i = 0; i < sizeof(none) / sizeof(long); i++) {
		EXPECT_EQ(-1, syscall(SYS_ptrace, variant->how, none[i], 0, 0)) {
			TH_LOG("pid %#lx", none[i]);
		}
		EXPECT_EQ(ESRCH, errno);
	}
}

#if __SIZEOF_LONG__ == 8
/* Only 32 bits of the pid count. */
TEST_F(attach, pid_is_an_int)
{
	start(_metadata, self, spin);
	ASSERT_EQ(0, syscall(SYS_ptrace, variant->how, (7L << 32) + self->tracee, 0, 0));
	ASSERT_EQ(getpid(), tracer_of(self->tracee));
	stops(_metadata, self->tracee, variant->how);
	ends(_metadata, self);
}
#endif

static long attach_by_number(pid_t pid)
{
	return request(PTRACE_ATTACH, pid, 0, 0);
}

static long seize_by_number(pid_t pid)
{
	return seize(pid);
}

static _Atomic pid_t thread_of_test;
static _Atomic int thread_quit;

static void *wait_for_quit(void *unused)
{
	thread_of_test = thread_id();
	while (!thread_quit)
		sched_yield();
	return NULL;
}

/* ptrace_attach(): same_thread_group() */
TEST_F(attach, own_threads)
{
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_for_quit, NULL));
	while (!thread_of_test)
		sched_yield();
	EXPECT_EQ(-EPERM, TAKE(getpid()));
	EXPECT_EQ(-EPERM, TAKE(thread_of_test));
	EXPECT_EQ(-EPERM, in_thread(variant->how == PTRACE_SEIZE ? seize_by_number :
				    attach_by_number, getpid()));
	EXPECT_EQ(0, tracer_of(getpid()));
	thread_quit = 1;
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

/* ptrace_attach(): PF_KTHREAD */
TEST_F(attach, kernel_threads)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int seen = 0;

	ASSERT_TRUE(proc != NULL);
	while ((entry = readdir(proc))) {
		const pid_t pid = atoi(entry->d_name);

		if (pid <= 0 || proc_number(pid, "Kthread") != 1)
			continue;
		seen++;
		/* The thread may have exited. */
		if (TAKE(pid) != -ESRCH) {
			EXPECT_EQ(-EPERM, TAKE(pid)) {
				TH_LOG("pid %d", pid);
			}
		}
	}
	closedir(proc);
	if (!seen)
		SKIP(return, "no thread of the kernel is to be seen from here");
}

static void *spin_in_thread(void *arg)
{
	struct shared *shared = arg;

	shared->signals = thread_id();
	spin(shared);
	_exit(0);
}

/* The first thread exits, and another runs on. */
static int end_leader(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, spin_in_thread, shared))
		return 1;
	syscall(SYS_exit, 0);
	return 2;
}

/* ptrace_attach(): exit_state. A dead leader cannot be traced; its other threads can. */
TEST_F(attach, dead_leader)
{
	siginfo_t info = {};

	start(_metadata, self, end_leader);
	wait_for_state(self->tracee, 'Z');
	wait_for_progress(self->shared);
	EXPECT_EQ(-EPERM, TAKE(self->tracee));
	EXPECT_EQ(0, tracer_of(self->tracee));
	/* There is nothing to wait for, either, as long as the thread lives. */
	EXPECT_EQ(0, waitid(P_PID, self->tracee, &info, WEXITED | WNOHANG));
	EXPECT_EQ(0, info.si_pid);

	self->thread = self->shared->signals;
	ASSERT_EQ(0, TAKE(self->thread));
	stops(_metadata, self->thread, variant->how);
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), next_status(self->thread));
	self->thread = 0;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* The same for a dead thread that its tracer has not collected. */
TEST_F(attach, dead_thread)
{
	siginfo_t info;

	start(_metadata, self, end_leader);
	wait_for_state(self->tracee, 'Z');
	wait_for_progress(self->shared);
	self->thread = self->shared->signals;
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->thread, 0));
	self->shared->quit = 1;
	wait_for_state(self->thread, 'Z');
	EXPECT_EQ(-EPERM, TAKE(self->thread));
	EXPECT_EQ(-EPERM, TAKE(self->tracee));
	EXPECT_EQ(EXITED(0), TRACER_SEES(self->thread));
	EXPECT_EQ(-ESRCH, TAKE(self->thread));
	self->thread = 0;
	ASSERT_EQ(0, waitid(P_PID, self->tracee, &info, WEXITED | WNOWAIT));
}

/* ptrace_attach(): ptrace. A task has one tracer at a time, even if both are of one process. */
TEST_F(attach, traced)
{
	start(_metadata, self, spin);
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	EXPECT_EQ(-EPERM, TAKE(self->tracee));
	EXPECT_EQ(-EPERM, TELL(variant->how, self->tracee, 0));
	EXPECT_EQ(self->tracer.pid, tracer_of(self->tracee));

	ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
	ASSERT_EQ(0, TAKE(self->tracee));
	EXPECT_EQ(-EPERM, in_thread(seize_by_number, self->tracee));
	EXPECT_EQ(-EPERM, in_thread(attach_by_number, self->tracee));
	EXPECT_EQ(getpid(), tracer_of(self->tracee));
	stops(_metadata, self->tracee, variant->how);
	ends(_metadata, self);
}

/* A tracer may be traced itself. Its own tracer sees its death; its tracee runs on untraced. */
TEST_F(attach, tracer_is_traced)
{
	start(_metadata, self, spin);
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TAKE(self->tracer.pid));
	stops(_metadata, self->tracer.pid, variant->how);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	EXPECT_EQ(self->tracer.pid, tracer_of(self->tracee));
	EXPECT_EQ(getpid(), tracer_of(self->tracer.pid));
	ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
	EXPECT_EQ(0, tracer_of(self->tracee));
	ends(_metadata, self);
}

/* What the tracee notices */

/* man: "Unlike PTRACE_ATTACH, PTRACE_SEIZE does not stop the process." */
TEST_F(attach, running)
{
	siginfo_t info = {};

	start(_metadata, self, spin);
	ASSERT_EQ(0, TAKE(self->tracee));
	if (variant->how == PTRACE_SEIZE) {
		wait_for_progress(self->shared);
		ASSERT_EQ('R', proc_state(self->tracee));
		ASSERT_EQ(0, status_now(self->tracee));
		ends(_metadata, self);
		return;
	}
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, request(PTRACE_GETSIGINFO, self->tracee, 0, (unsigned long)&info));
	EXPECT_EQ(SIGSTOP, info.si_signo);
	EXPECT_EQ(SI_KERNEL, info.si_code);
	EXPECT_EQ(0, info.si_pid);
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}

/* ATTACH has no arguments: it ignores options of SEIZE. */
TEST_F(attach, arguments)
{
	start(_metadata, self, spin);
	if (variant->how == PTRACE_ATTACH) {
		ASSERT_EQ(0, request(PTRACE_ATTACH, self->tracee, ~0UL, PTRACE_O_TRACEEXIT));
		stops(_metadata, self->tracee, variant->how);
		ends(_metadata, self);
		return;
	}
	/* SEIZE accepts each option, and an attempt that fails has no effect. */
	for (unsigned int bit = 0; bit < 8; bit++) {
		const unsigned long option = 1UL << bit;

		EXPECT_EQ(-EIO, request(PTRACE_SEIZE, self->tracee, 1, option));
		EXPECT_EQ(0, tracer_of(self->tracee));
		EXPECT_EQ(0, request(PTRACE_SEIZE, self->tracee, 0, option));
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
		ASSERT_EQ(0, detach(self->tracee, 0));
	}
	ASSERT_EQ(0, request(PTRACE_SEIZE, self->tracee, 0, PTRACE_O_TRACEEXIT));
	self->shared->quit = 1;
	EXPECT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/*
 * ptrace_set_stopped() and JOBCTL_TRAPPING: a task in a group stop is in a ptrace-stop when
 * the request returns, so that a wait with WNOHANG does not fail. The request waits for the
 * transition STOPPED -> RUNNING -> TRACED. man: the stop is "group-stop"; after
 * PTRACE_ATTACH, the stop for its SIGSTOP follows.
 */
TEST_F(attach, stopped)
{
	for (int i = 0; i < 40; i++) {
		start(_metadata, self, spin);
		ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
		ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
		ASSERT_EQ(0, TAKE(self->tracee));
		if (variant->how == PTRACE_SEIZE) {
			ASSERT_EQ(EVENT_STOP(SIGSTOP), status_now(self->tracee));
		} else {
			ASSERT_EQ(SIGNAL_STOP(SIGSTOP), status_now(self->tracee));
			ASSERT_EQ(-EINVAL, request(PTRACE_GETSIGINFO, self->tracee, 0, 0));
			ASSERT_EQ(0, cont(self->tracee, 0));
			ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
		}
		ASSERT_EQ(0, cont(self->tracee, 0));
		ends(_metadata, self);
		self->shared->quit = 0;
	}
}

/* The same with a real parent that is not the tracer: it sees no second stop. */
TEST_F(attach, stopped_child_of_another)
{
	const int stop = variant->how == PTRACE_SEIZE ? EVENT_STOP(SIGSTOP) : SIGNAL_STOP(SIGSTOP);

	start(_metadata, self, spin);
	tracer_start(&self->tracer);
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
		ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
		ASSERT_EQ(0, TELL(variant->how, self->tracee, 0));
		ASSERT_EQ(stop, TRACER_SEES_NOW(self->tracee));
		ASSERT_EQ('-', parent_sees_now(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_DETACH, self->tracee, 0));
		/* It stops again for the group stop, and for the SIGSTOP that ATTACH has sent. */
		wait_for_state(self->tracee, 'T');
		ASSERT_EQ('-', parent_sees_now(self->tracee));
		ASSERT_EQ(0, kill(self->tracee, SIGCONT));
		ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
		wait_for_progress(self->shared);
	}
	ends(_metadata, self);
}

/* Tracers */

/* A tracer is a thread: requests, and waits with __WNOTHREAD, find only its own tracees. */
struct second {
	pid_t first, tracee;
	long how;
};

static struct second second;

static long second_tracer(pid_t unused)
{
	const int any = __WALL | __WNOTHREAD | WNOHANG;
	siginfo_t info = {};
	int status;

	CHECK(waitpid(-1, NULL, any) == -1 && errno == ECHILD);
	CHECK(request(second.how, second.tracee, 0, 0) == 0);
	if (second.how == PTRACE_SEIZE)
		CHECK(interrupt(second.tracee) == 0);
	CHECK(waitpid(second.tracee, &status, __WALL | __WNOTHREAD) == second.tracee);
	CHECK(WIFSTOPPED(status));

	/* The first thread's tracee is in a ptrace-stop too, but not for this thread. */
	CHECK(waitpid(-1, NULL, any) == 0);
	CHECK(waitpid(second.first, NULL, any) == -1 && errno == ECHILD);
	CHECK(cont(second.first, 0) == -ESRCH);
	CHECK(interrupt(second.first) == -ESRCH);
	CHECK(detach(second.first, 0) == -ESRCH);
	CHECK(request(second.how, second.first, 0, 0) == -EPERM);
	/* A wait of the process finds it. */
	CHECK(waitid(P_PID, second.first, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0);
	CHECK(info.si_pid == second.first && info.si_code == CLD_TRAPPED);
	CHECK(detach(second.tracee, 0) == 0);
	return 0;
}

TEST_F(attach, two_threads_as_tracers)
{
	const int any = __WALL | __WNOTHREAD | WNOHANG;
	int status;

	start(_metadata, self, spin);
	ASSERT_EQ(0, TAKE(self->tracee));
	if (variant->how == PTRACE_SEIZE)
		ASSERT_EQ(0, interrupt(self->tracee));
	wait_for_state(self->tracee, 't');

	second = (struct second){ .first = self->tracee, .how = variant->how,
				  .tracee = spawn(spin, self->shared) };
	/* For __WNOTHREAD, it matters which thread traces a task, not which is its parent. */
	EXPECT_EQ(0, in_thread(second_tracer, 0));
	reap(second.tracee);

	ASSERT_EQ(self->tracee, waitpid(-1, &status, any));
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ends(_metadata, self);
}

/* Threads that the kernel makes for a process */

static int make_io_thread(struct shared *shared)
{
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 1 };

	if (syscall(SYS_io_uring_setup, 4, &params) < 0) {
		shared->signals = -errno;
		return 0;
	}
	shared->signals = 1;
	return spin(shared);
}

/* The thread of @pid that is not its first. */
static pid_t other_thread(pid_t pid)
{
	struct dirent *entry;
	char path[32];
	pid_t tid = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks)))
		if (atoi(entry->d_name) > 0 && atoi(entry->d_name) != pid)
			tid = atoi(entry->d_name);
	closedir(tasks);
	return tid;
}

/* ptrace_request(): PF_USER_WORKER. It is traced like any thread, except for its signal mask. */
TEST_F(attach, io_thread)
{
	unsigned long long mask = 0, other = 0;

	start(_metadata, self, make_io_thread);
	while (!self->shared->signals)
		sched_yield();
	if (self->shared->signals < 0)
		SKIP(return, "no io_uring: %s", strerror(-self->shared->signals));
	self->thread = other_thread(self->tracee);
	ASSERT_LT(0, self->thread);
	ASSERT_EQ(0, TAKE(self->thread));
	if (variant->how == PTRACE_SEIZE) {
		ASSERT_EQ(0, interrupt(self->thread));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->thread));
	} else {
		ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->thread));
	}

	EXPECT_EQ(0, request(PTRACE_GETSIGMASK, self->thread, 8, (unsigned long)&mask));
	/* All but SIGKILL and SIGSTOP. */
	EXPECT_EQ(~(1ULL << (SIGKILL - 1) | 1ULL << (SIGSTOP - 1)), mask);
	/* EPERM comes before the errors for wrong arguments. */
	EXPECT_EQ(-EPERM, request(PTRACE_SETSIGMASK, self->thread, 8, (unsigned long)&other));
	EXPECT_EQ(-EPERM, request(PTRACE_SETSIGMASK, self->thread, 4, (unsigned long)&other));
	EXPECT_EQ(-EPERM, request(PTRACE_SETSIGMASK, self->thread, 8, 8));
	EXPECT_EQ(0, request(PTRACE_GETSIGMASK, self->thread, 8, (unsigned long)&other));
	EXPECT_EQ(mask, other);

	ASSERT_EQ(0, cont(self->thread, 0));
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), next_status(self->thread));
	self->thread = 0;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* Waiting for an execve(2) of the tracee */

__attribute__((constructor)) static void sleep_for_ever(int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "sleep-for-ever"))
		for (;;)
			pause();
}

/* A process of two threads. The first one execs when it is told. */
static int exec_beside_thread(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, spin_in_thread, shared))
		return 1;
	sleep_on_pipe(shared);
	return exec_as("sleep-for-ever");
}

static long body_how;
static pid_t body_pid;
static struct shared *body_shared;

static void count_signal(int sig)
{
	body_shared->signals++;
}

/* Attach, however long that takes. */
static int take(struct shared *shared)
{
	const struct sigaction action = { .sa_handler = count_signal };

	body_shared = shared;
	sigaction(SIGUSR1, &action, NULL);
	return request(body_how, body_pid, 0, 0) ? 1 : 0;
}

/*
 * Start a process that waits in ptrace_attach() for cred_guard_mutex. The target of the
 * request holds the mutex in de_thread(), until the tracer of its other thread collects
 * that thread.
 */
static pid_t start_waiting(struct __test_metadata *_metadata, FIXTURE_DATA(attach) *self,
			   long how, struct shared *own)
{
	pid_t waiting;

	start(_metadata, self, exec_beside_thread);
	while (!self->shared->signals)
		sched_yield();
	wait_for_progress(self->shared);
	self->thread = self->shared->signals;
	tracer_start(&self->tracer);
	EXPECT_EQ(0, TELL(PTRACE_SEIZE, self->thread, 0));
	EXPECT_TRUE(wake(self->shared));
	wait_for_state(self->thread, 'Z');

	body_how = how;
	body_pid = self->tracee;
	waiting = spawn(take, own);
	wait_for_syscall(waiting, SYS_ptrace);
	return waiting;
}

/* The request succeeds when the exec is done. */
TEST_F(attach, waits_for_exec)
{
	pid_t waiting = start_waiting(_metadata, self, variant->how, shared_new());

	ASSERT_EQ(0, status_now(waiting));
	ASSERT_EQ(0, tracer_of(self->tracee));
	ASSERT_EQ(EXITED(0),
		  TRACER_SEES(self->thread));
	self->thread = 0;
	EXPECT_EQ(EXITED(0), next_status(waiting));
}

/* -ERESTARTNOINTR: the process handles a signal meanwhile, and restarts the request. */
TEST_F(attach, waits_for_exec_with_a_signal)
{
	struct shared *own = shared_new();
	pid_t waiting = start_waiting(_metadata, self, variant->how, own);

	ASSERT_EQ(0, kill(waiting, SIGUSR1));
	while (!own->signals)
		sched_yield();
	wait_for_syscall(waiting, SYS_ptrace);
	ASSERT_EQ(0, status_now(waiting));
	ASSERT_EQ(EXITED(0),
		  TRACER_SEES(self->thread));
	self->thread = 0;
	EXPECT_EQ(EXITED(0), next_status(waiting));
	EXPECT_EQ(1, own->signals);
}

/* The process can be killed, and the request has then had no effect. */
TEST_F(attach, waits_for_exec_and_is_killed)
{
	pid_t waiting = start_waiting(_metadata, self, variant->how, shared_new());

	ASSERT_EQ(0, kill(waiting, SIGKILL));
	ASSERT_EQ(KILLED(SIGKILL), next_status(waiting));
	ASSERT_EQ('Z', proc_state(self->thread));
	ASSERT_EQ(EXITED(0),
		  TRACER_SEES(self->thread));
	self->thread = 0;
	/* Others can trace the task now. */
	ASSERT_EQ(0, TAKE(self->tracee));
	EXPECT_EQ(getpid(), tracer_of(self->tracee));
}

/* The same, by the other thread's tracer, for which de_thread() waits. */

static pid_t body_thread;
static struct shared *body_tracee;

/* Trace the thread, and have its process wait until this process collects it. */
static bool trace_thread(void)
{
	if (seize(body_thread) || !wake(body_tracee))
		return false;
	wait_for_state(body_thread, 'Z');
	return true;
}

static void collect_thread(int sig)
{
	if (next_status(body_thread) == EXITED(0))
		body_shared->signals++;
}

static int take_what_waits(struct shared *shared)
{
	const struct sigaction action = { .sa_handler = collect_thread };

	body_shared = shared;
	sigaction(SIGUSR1, &action, NULL);
	CHECK(trace_thread());
	CHECK(request(body_how, body_pid, 0, 0) == 0);
	CHECK(tracer_of(body_pid) == getpid());
	return 0;
}

static _Atomic pid_t taking_thread;

static void *take_in_thread(void *unused)
{
	long ret;

	taking_thread = thread_id();
	ret = request(body_how, body_pid, 0, 0);
	if (!ret && tracer_of(body_pid) != thread_id())
		ret = 1;
	return (void *)ret;
}

static int collect_beside(struct shared *shared)
{
	pthread_t thread;
	void *ret;

	CHECK(trace_thread());
	CHECK(!pthread_create(&thread, NULL, take_in_thread, NULL));
	while (!taking_thread)
		sched_yield();
	wait_for_syscall(taking_thread, SYS_ptrace);
	CHECK(tracer_of(body_pid) == 0);
	CHECK(next_status(body_thread) == EXITED(0));
	CHECK(!pthread_join(thread, &ret) && !ret);
	return 0;
}

static pid_t start_tracer_that_waits(struct __test_metadata *_metadata, FIXTURE_DATA(attach) *self,
				     int (*body)(struct shared *), long how, struct shared *own)
{
	start(_metadata, self, exec_beside_thread);
	while (!self->shared->signals)
		sched_yield();
	wait_for_progress(self->shared);
	body_how = how;
	body_pid = self->tracee;
	body_thread = self->shared->signals;
	body_tracee = self->shared;
	return spawn(body, own);
}

/* -ERESTARTNOINTR: a handler collects the thread that the request waits for. */
TEST_F(attach, waits_for_exec_and_collects_in_a_handler)
{
	struct shared *own = shared_new();
	pid_t waiting = start_tracer_that_waits(_metadata, self, take_what_waits, variant->how,
						own);

	wait_for_state(body_thread, 'Z');
	/* The next request is the one that waits. */
	wait_for_syscall(waiting, SYS_ptrace);
	ASSERT_EQ(0, tracer_of(self->tracee));
	ASSERT_EQ(0, kill(waiting, SIGUSR1));
	EXPECT_EQ(EXITED(0), next_status(waiting));
	EXPECT_EQ(1, own->signals);
}

/* One thread of the tracer's process waits in the request; the one that traces collects. */
TEST_F(attach, waits_for_exec_beside_who_collects)
{
	pid_t waiting = start_tracer_that_waits(_metadata, self, collect_beside, variant->how,
						shared_new());

	EXPECT_EQ(EXITED(0), next_status(waiting));
}

/* A tracer that waits for itself can be killed. Its tracees are then untraced. */
TEST_F(attach, waits_for_exec_of_its_own_making_and_is_killed)
{
	pid_t waiting = start_tracer_that_waits(_metadata, self, take_what_waits, variant->how,
						shared_new());

	wait_for_state(body_thread, 'Z');
	wait_for_syscall(waiting, SYS_ptrace);
	ASSERT_EQ(0, kill(waiting, SIGKILL));
	ASSERT_EQ(KILLED(SIGKILL), next_status(waiting));
	/* The death of its tracer releases the thread, and the exec goes on. */
	wait_until_gone(body_thread);
	ASSERT_EQ(0, TAKE(self->tracee));
	EXPECT_EQ(getpid(), tracer_of(self->tracee));
}

TEST_HARNESS_MAIN
