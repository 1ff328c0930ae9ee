// SPDX-License-Identifier: GPL-2.0
/*
 * PTRACE_DETACH from each kind of ptrace-stop, and SIGKILL that comes between requests.
 *
 * man: PTRACE_DETACH, "Death under ptrace"; kernel/ptrace.c: ptrace_detach(),
 * __ptrace_unlink(), ptrace_freeze_traced(), ptrace_unfreeze_traced().
 */
#include "ptrace_absent.h"
#include "ptrace_group.h"

#define SYSCALL_STOP	SIGNAL_STOP(SIGTRAP | 0x80)

FIXTURE(detach)
{
	struct shared *shared;
	struct tracer tracer;
	pid_t tracee;
};

FIXTURE_SETUP(detach)
{
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(detach)
{
	tracer_end(&self->tracer);
	reap(self->tracee);
}

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(detach) *self,
		  int (*body)(struct shared *))
{
	self->shared->quit = 0;
	self->tracee = spawn(body, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
}

/* The task runs until its exit as if there had been no tracer. */
static void ends(struct __test_metadata *_metadata, FIXTURE_DATA(detach) *self)
{
	ASSERT_EQ(0, tracer_of(self->tracee));
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ('x', parent_sees(self->tracee, WSTOPPED | WCONTINUED | WEXITED));
	self->tracee = 0;
}

static int make_calls(struct shared *shared)
{
	while (!shared->quit) {
		shared->count++;
		syscall(SYS_getppid);
	}
	return 0;
}

enum stop { SIGNAL, EVENT_TRAP, CALL_ENTRY, CALL_EXIT, STEP, STOP_KINDS };

/* Those that there are here: not every machine has the last one. */
#define KINDS_HERE	(HAS_STEPS ? STOP_KINDS : STEP)

static void to_stop(struct __test_metadata *_metadata, FIXTURE_DATA(detach) *self, enum stop kind)
{
	ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
	switch (kind) {
	case SIGNAL:
		ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGUSR1), TRACER_SEES(self->tracee));
		break;
	case CALL_ENTRY:
	case CALL_EXIT:
		ASSERT_EQ(0, TELL(PTRACE_SETOPTIONS, self->tracee, PTRACE_O_TRACESYSGOOD));
		for (int i = 0; i < 1 + (kind == CALL_EXIT); i++) {
			ASSERT_EQ(0, TELL(PTRACE_SYSCALL, self->tracee, 0));
			ASSERT_EQ(SYSCALL_STOP, TRACER_SEES(self->tracee));
		}
		break;
	case STEP:
		ASSERT_EQ(0, TELL(PTRACE_SINGLESTEP, self->tracee, 0));
		ASSERT_EQ(SIGNAL_STOP(SIGTRAP), TRACER_SEES(self->tracee));
		break;
	default:
		break;
	}
}

/*
 * man: PTRACE_DETACH "Restart the stopped tracee [...] but first detach from it", from each
 * kind of ptrace-stop. Another tracer seizes the task at once, and has a ptrace-stop of its own.
 */
TEST_F(detach, then_seized)
{
	start(_metadata, self, make_calls);
	for (int round = 0; round < 4; round++) {
		for (enum stop kind = 0; kind < KINDS_HERE; kind++) {
			tracer_start(&self->tracer);
			ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
			to_stop(_metadata, self, kind);
			ASSERT_EQ(0, TELL(PTRACE_DETACH, self->tracee, 0));
			ASSERT_EQ(0, seize(self->tracee));
			ASSERT_EQ(0, interrupt(self->tracee));
			ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
			/* DETACH has cleared the first tracer's options, and how it resumed. */
			ASSERT_EQ(0, cont(self->tracee, 0));
			wait_for_progress(self->shared);
			ASSERT_EQ(0, interrupt(self->tracee));
			ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
			ASSERT_EQ(0, detach(self->tracee, 0));
			ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
		}
	}
	ends(_metadata, self);
}

/* man: "as for PTRACE_CONT": with a signal, where one can be injected. */
TEST_F(detach, with_a_signal)
{
	static const char ends_of[STOP_KINDS] = {
		/* ptrace_report_syscall() sends the signal; an event drops it. */
		[SIGNAL] = 't', [EVENT_TRAP] = 'x', [CALL_ENTRY] = 't', [CALL_EXIT] = 't',
		[STEP] = 't',
	};

	for (enum stop kind = 0; kind < KINDS_HERE; kind++) {
		start(_metadata, self, make_calls);
		tracer_start(&self->tracer);
		ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
		to_stop(_metadata, self, kind);
		ASSERT_EQ(0, TELL(PTRACE_DETACH, self->tracee, SIGTERM));
		if (ends_of[kind] == 'x') {
			ends(_metadata, self);
		} else {
			ASSERT_EQ('t', parent_sees(self->tracee, WEXITED));
			self->tracee = 0;
		}
		ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
	}
}

/* An interrupt leaves no trace: a task that slept sleeps again, a group stop goes on. */
TEST_F(detach, sleeping)
{
	self->tracee = spawn(sleep_on_pipe, self->shared);
	ASSERT_LT(0, self->tracee);
	tracer_start(&self->tracer);
	for (int i = 0; i < 5; i++) {
		wait_for_state(self->tracee, 'S');
		ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
		ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), TRACER_SEES(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_DETACH, self->tracee, 0));
	}
	wait_for_state(self->tracee, 'S');
	ASSERT_EQ('-', parent_sees_now(self->tracee));
	ASSERT_TRUE(wake(self->shared));
	/* The kernel restarted the call each time, and did not cut it short. */
	ASSERT_EQ('x', parent_sees(self->tracee, WSTOPPED | WCONTINUED | WEXITED));
	self->tracee = 0;
}

TEST_F(detach, stopped)
{
	start(_metadata, self, spin);
	tracer_start(&self->tracer);
	ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
	ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
		ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES(self->tracee));
		/* The tracer lets it run for a while. */
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
		wait_for_progress(self->shared);
		ASSERT_EQ(0, TELL(PTRACE_INTERRUPT, self->tracee, 0));
		ASSERT_EQ(EVENT_STOP(SIGSTOP), TRACER_SEES(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_DETACH, self->tracee, i & 1 ? SIGCONT : 0));
		wait_for_state(self->tracee, 'T');
		ASSERT_EQ('-', parent_sees_now(self->tracee));
	}
	ASSERT_EQ(0, kill(self->tracee, SIGCONT));
	ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
	ends(_metadata, self);
}

/* SIGKILL against requests */

static pid_t victim;

/* Kill the victim after a delay of @shared->count rounds. */
static int kill_victim(struct shared *shared)
{
	for (int i = shared->count; i; i--)
		asm volatile("");
	return kill(victim, SIGKILL);
}

/*
 * ptrace_freeze_traced(): "nothing can wake it up, even SIGKILL" while a request is in
 * progress. A request either finds the tracee in its ptrace-stop, or fails; after one that
 * fails, all fail; and a SIGKILL that comes during a request takes effect after it.
 */
TEST_F(detach, killed_between_requests)
{
	struct shared *own = shared_new();

	for (int i = 0; i < 40; i++) {
		siginfo_t info;
		bool gone = false;
		pid_t killer;
		long ret;

		start(_metadata, self, spin);
		ASSERT_EQ(0, seize(self->tracee));
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
		victim = self->tracee;
		own->count = i * 1000;
		killer = spawn(kill_victim, own);
		do {
			ret = REQ(PTRACE_GETSIGINFO, self->tracee, &info);
			if (gone || ret)
				ASSERT_EQ(-ESRCH, ret);
			gone = ret;
			ret = REQ(PTRACE_SETOPTIONS, self->tracee, 0);
			if (gone || ret)
				ASSERT_EQ(-ESRCH, ret);
			gone = ret;
		} while (!gone);
		ASSERT_EQ(-ESRCH, cont(self->tracee, 0));
		ASSERT_EQ(-ESRCH, detach(self->tracee, 0));
		ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracee));
		self->tracee = 0;
		ASSERT_EQ(EXITED(0), next_status(killer));
	}
}

/*
 * ptrace_unfreeze_traced(): a request that fails unfreezes the tracee as well, PTRACE_DETACH
 * among them. SIGKILL ends it, with no other request between.
 */
TEST_F(detach, killed_after_a_request_that_fails)
{
	static const struct {
		long request;
		unsigned long addr, data;
	} fails[] = {
		{ PTRACE_DETACH, 0, 65 },
		{ PTRACE_CONT, 0, 65 },
		{ PTRACE_PEEKDATA, -1, 0 },
		{ PTRACE_LISTEN, 0, 0 },
		{ -1, 0, 0 },
	};

	for (int i = 0; i < ARRAY_SIZE(fails); i++) {
		start(_metadata, self, spin);
		ASSERT_EQ(0, seize(self->tracee));
		ASSERT_EQ(0, interrupt(self->tracee));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
		/* LISTEN succeeds in PTRACE_EVENT_STOP, and fails in a signal-delivery-stop. */
		if (fails[i].request == PTRACE_LISTEN) {
			ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
			ASSERT_EQ(0, cont(self->tracee, 0));
			ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
		}
		ASSERT_EQ(-EIO, request(fails[i].request, self->tracee, fails[i].addr,
					fails[i].data));
		ASSERT_EQ(0, kill(self->tracee, SIGKILL));
		ASSERT_EQ(KILLED(SIGKILL), next_status(self->tracee)) {
			TH_LOG("after request %ld", fails[i].request);
		}
		self->tracee = 0;
	}
}

/* The same against SEIZE of a task in a group stop: the request does not wait for ever. */
TEST_F(detach, killed_while_seized)
{
	struct shared *own = shared_new();

	for (int i = 0; i < 40; i++) {
		pid_t killer;
		long ret;
		int status;

		start(_metadata, self, spin);
		ASSERT_EQ(0, kill(self->tracee, SIGSTOP));
		ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
		victim = self->tracee;
		own->count = i * 500;
		killer = spawn(kill_victim, own);
		ret = seize(self->tracee);
		if (ret)
			ASSERT_EQ(-EPERM, ret);
		status = next_status(self->tracee);
		if (status == EVENT_STOP(SIGSTOP))
			status = next_status(self->tracee);
		ASSERT_EQ(KILLED(SIGKILL), status);
		self->tracee = 0;
		ASSERT_EQ(EXITED(0), next_status(killer));
	}
}

/*
 * A tracer that makes requests while the one before is still in PTRACE_DETACH: it has a
 * higher priority, and the same CPU.
 */
struct next_tracer {
	pid_t tracee;
	int pipe[2];
	/* A page that is not there until the test puts it there. */
	siginfo_t *absent;
	_Atomic bool in_request;
	long result;
	int status;
};

static struct next_tracer *next;

static void tell_next_tracer(int sig)
{
	if (write(next->pipe[1], "", 1) != 1)
		_exit(1);
}

static void real_time(int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	sched_setscheduler(0, SCHED_FIFO, &param);
}

static int sleep_with_handler(struct shared *shared)
{
	signal(SIGUSR1, tell_next_tracer);
	real_time(1);
	shared->count = 1;
	for (;;)
		pause();
	return 0;
}

static void *take_over(void *arg)
{
	char byte;

	real_time(2);
	if (read(next->pipe[0], &byte, 1) != 1 || seize(next->tracee) || interrupt(next->tracee) ||
	    next_status(next->tracee) != EVENT_STOP(SIGTRAP))
		return NULL;
	next->in_request = true;
	next->result = REQ(PTRACE_GETSIGINFO, next->tracee, next->absent);
	next->status = next_status(next->tracee);
	return NULL;
}

/* A tracer that makes a request with an absent page of its own, and what the test knows of it. */
static struct {
	pid_t tracee;
	long request;
	_Atomic int userfaultfd;
	void *page;
	long result;
	/* What PTRACE_PEEKDATA reads. */
	unsigned long word;
} *absent;

static int request_with_absent_page(struct shared *shared)
{
	int userfaultfd;

	CHECK(!seize(absent->tracee) && !interrupt(absent->tracee));
	CHECK(next_status(absent->tracee) == EVENT_STOP(SIGTRAP));
	absent->page = absent_page(&userfaultfd);
	absent->userfaultfd = absent->page ? userfaultfd : -1;
	absent->result = request(absent->request, absent->tracee, (unsigned long)&absent->word,
				 (unsigned long)absent->page);
	CHECK(absent->request != PTRACE_PEEKDATA || *(unsigned long *)absent->page == 42);
	CHECK(next_status(absent->tracee) == KILLED(SIGKILL));
	return 0;
}

/* Give the page to the process that waits for it. */
static bool provide(pid_t pid)
{
	struct uffdio_zeropage put = {};
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	int userfaultfd = syscall(SYS_pidfd_getfd, pidfd, absent->userfaultfd, 0);

	put.range.start = (unsigned long)absent->page;
	put.range.len = sysconf(_SC_PAGESIZE);
	return !ioctl(userfaultfd, UFFDIO_ZEROPAGE, &put) && !close(userfaultfd) && !close(pidfd);
}

/*
 * A request that waits for a page of the tracer: a SIGKILL to the tracee takes effect after the
 * request; one to the tracer ends the request, and lets the tracee go.
 */
TEST_F(detach, killed_during_a_request)
{
	static const long requests[] = { PTRACE_PEEKDATA, PTRACE_SETSIGINFO };

	absent = shared_memory(sizeof(*absent));
	absent->word = 42;
	for (int i = 0; i < 4; i++) {
		pid_t tracer;

		start(_metadata, self, spin);
		absent->tracee = self->tracee;
		absent->request = requests[i / 2];
		absent->userfaultfd = 0;
		absent->result = -1;
		tracer = spawn(request_with_absent_page, shared_new());
		while (!absent->userfaultfd)
			sched_yield();
		if (absent->userfaultfd < 0)
			SKIP(return, "no userfaultfd(2) that stops the kernel too");
		wait_for_syscall(tracer, SYS_ptrace);
		if (i & 1) {
			ASSERT_EQ(0, kill(tracer, SIGKILL));
			ASSERT_EQ(KILLED(SIGKILL), next_status(tracer));
			ends(_metadata, self);
			continue;
		}
		ASSERT_EQ(0, kill(self->tracee, SIGKILL));
		/* If it were not frozen, it would have run at once. */
		ASSERT_EQ('t', proc_state(self->tracee));
		ASSERT_EQ('-', parent_sees_now(self->tracee));
		ASSERT_TRUE(provide(tracer));
		ASSERT_EQ(EXITED(0), next_status(tracer));
		EXPECT_EQ(0, absent->result);
		ASSERT_EQ('k', parent_sees(self->tracee, WEXITED));
		self->tracee = 0;
	}
}

static int spin_beside_absent_page(struct shared *shared)
{
	int userfaultfd;

	absent->page = absent_page(&userfaultfd);
	return spin(shared);
}

/* get_user_page_vma_remote(): no request waits for a page of the tracee that is not there. */
TEST_F(detach, absent_page_of_the_tracee)
{
	unsigned long word;

	absent = shared_memory(sizeof(*absent));
	start(_metadata, self, spin_beside_absent_page);
	if (!absent->page)
		SKIP(return, "no userfaultfd(2) that stops the kernel too");
	ASSERT_EQ(0, seize(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	EXPECT_EQ(-EIO, request(PTRACE_PEEKDATA, self->tracee, (unsigned long)absent->page,
				(unsigned long)&word));
	EXPECT_EQ(-EIO, request(PTRACE_POKEDATA, self->tracee, (unsigned long)absent->page, 1));
	ASSERT_EQ(0, detach(self->tracee, 0));
	ends(_metadata, self);
}

/*
 * ptrace(): after PTRACE_DETACH, the kernel does not unfreeze the tracee (as in
 * JOBCTL_PTRACE_FROZEN). By then it may have another tracer, and SIGKILL must not wake it
 * during that tracer's request.
 */
TEST_F(detach, leaves_the_next_tracer_s_request_alone)
{
	struct uffdio_zeropage put = {};
	cpu_set_t first_cpu;
	pthread_t thread;
	int userfaultfd;

	next = shared_memory(sizeof(*next));
	ASSERT_EQ(0, pipe(next->pipe));
	next->absent = absent_page(&userfaultfd);
	if (!next->absent)
		SKIP(return, "no userfaultfd(2) that stops the kernel too");
	CPU_ZERO(&first_cpu);
	CPU_SET(sched_getcpu(), &first_cpu);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(first_cpu), &first_cpu));

	self->tracee = next->tracee = spawn(sleep_with_handler, self->shared);
	ASSERT_LT(0, self->tracee);
	while (!self->shared->count)
		sched_yield();
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	ASSERT_EQ(SIGNAL_STOP(SIGUSR1), TRACER_SEES(self->tracee));

	ASSERT_EQ(0, pthread_create(&thread, NULL, take_over, NULL));
	ASSERT_EQ(0, TELL(PTRACE_DETACH, self->tracee, SIGUSR1));
	while (!next->in_request)
		sched_yield();
	ASSERT_EQ(0, kill(self->tracee, SIGKILL));
	/* If it were not frozen, it would have run at once. */
	ASSERT_EQ('t', proc_state(self->tracee));

	put.range.start = (unsigned long)next->absent;
	put.range.len = sysconf(_SC_PAGESIZE);
	ASSERT_EQ(0, ioctl(userfaultfd, UFFDIO_ZEROPAGE, &put));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	ASSERT_EQ(0, next->result);
	ASSERT_EQ(SIGTRAP, next->absent->si_signo);
	ASSERT_EQ(KILLED(SIGKILL), next->status);
	self->tracee = 0;
	ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
}

TEST_HARNESS_MAIN
