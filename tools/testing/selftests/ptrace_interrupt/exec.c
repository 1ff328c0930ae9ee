// SPDX-License-Identifier: GPL-2.0
/*
 * execve(2) of a tracee: what its tracer sees of the exec, of the threads that it kills, and
 * of the thread that takes the place of the first.
 *
 * man: "execve(2) under ptrace"; fs/exec.c: de_thread(); kernel/ptrace.c:
 * looks_like_a_spurious_pid(); include/linux/ptrace.h: ptrace_event().
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "ptrace_group.h"

#define SYSCALL_STOP	SIGNAL_STOP(SIGTRAP | 0x80)

/* The programs that tracees execute: this one, under other names. */
__attribute__((constructor)) static void be_program(int argc, char **argv)
{
	char byte;

	if (argc != 1)
		return;
	/* Wait for a byte on standard input. */
	if (!strcmp(argv[0], "exec-read"))
		_exit(read(0, &byte, 1) == 1 ? 0 : 1);
	if (!strcmp(argv[0], "exec-euid"))
		_exit(geteuid() == 0 ? 10 : 11);
}

/* Memory that the tracee's process and the test share, besides struct shared. */
struct stage {
	_Atomic pid_t second, third;
};

static struct stage *stage;

FIXTURE(exec)
{
	struct shared *shared;
	struct tracer tracer;
	pid_t tracee;
};

FIXTURE_VARIANT(exec)
{
	bool attach;
};

FIXTURE_VARIANT_ADD(exec, attach) { .attach = true };
FIXTURE_VARIANT_ADD(exec, seize) { .attach = false };

FIXTURE_SETUP(exec)
{
	stage = shared_memory(sizeof(*stage));
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(exec)
{
	tracer_end(&self->tracer);
	reap(self->tracee);
}

/* Tracees: at a byte, one of their threads executes a program that waits for another byte. */

static int read_and_exec(struct shared *shared)
{
	dup2(shared->pipe[0], 0);
	if (sleep_on_pipe(shared))
		return 1;
	return exec_as("exec-read");
}

static void *sleep_in_thread(void *unused)
{
	stage->third = thread_id();
	for (;;)
		pause();
	return NULL;
}

static void *exec_in_thread(void *shared)
{
	stage->second = thread_id();
	_exit(read_and_exec(shared));
}

/* The first of two threads executes it. */
static int exec_of_first(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleep_in_thread, NULL))
		return 1;
	return read_and_exec(shared);
}

/* The second of three threads executes it. */
static int exec_of_second(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleep_in_thread, NULL) ||
	    pthread_create(&thread, NULL, exec_in_thread, shared))
		return 1;
	for (;;)
		pause();
	return 1;
}

/* The same with the first thread dead. */
static int exec_without_first(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, exec_in_thread, shared))
		return 1;
	syscall(SYS_exit, 0);
	return 1;
}

static void take(struct __test_metadata *_metadata, const FIXTURE_VARIANT(exec) *variant,
		 pid_t tid, unsigned long options)
{
	if (!variant->attach) {
		ASSERT_EQ(0, REQ(PTRACE_SEIZE, tid, options));
		return;
	}
	ASSERT_EQ(0, attach(tid));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(tid));
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, tid, options));
	ASSERT_EQ(0, cont(tid, 0));
	wait_for_state(tid, 'S');
}

/* Start a process, and trace all its threads. They all sleep. */
static void start(struct __test_metadata *_metadata, FIXTURE_DATA(exec) *self,
		  const FIXTURE_VARIANT(exec) *variant, int (*body)(struct shared *),
		  unsigned long options)
{
	const bool has_third = body == exec_of_first || body == exec_of_second;
	const bool has_second = body == exec_of_second || body == exec_without_first;

	self->tracee = spawn(body, self->shared);
	ASSERT_LT(0, self->tracee);
	while ((has_second && !stage->second) || (has_third && !stage->third))
		sched_yield();
	if (body != exec_without_first)
		wait_for_state(self->tracee, 'S');
	else
		wait_for_state(self->tracee, 'Z');
	if (has_second)
		wait_for_state(stage->second, 'S');
	if (has_third)
		wait_for_state(stage->third, 'S');
	if (body != exec_without_first)
		take(_metadata, variant, self->tracee, options);
	if (has_second)
		take(_metadata, variant, stage->second, options);
	if (has_third)
		take(_metadata, variant, stage->third, options);
}

/* The new program waits for its byte. Send it; the program exits. */
static void program_ends(struct __test_metadata *_metadata, FIXTURE_DATA(exec) *self)
{
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* Wait for the stop of the event; return the thread's former id. */
static pid_t exec_event(struct __test_metadata *_metadata, pid_t pid)
{
	unsigned long message = 0;
	siginfo_t info = {};

	ASSERT_EQ(EVENT(PTRACE_EVENT_EXEC), next_status(pid));
	ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, pid, &info));
	EXPECT_EQ(SIGTRAP, info.si_signo);
	EXPECT_EQ(SIGTRAP | PTRACE_EVENT_EXEC << 8, info.si_code);
	EXPECT_EQ(pid, info.si_pid);
	ASSERT_EQ(0, REQ(PTRACE_GETEVENTMSG, pid, &message));
	return message;
}

/* man: PTRACE_O_TRACEEXEC. With it, there is no SIGTRAP. The tracer and its options stay. */
TEST_F(exec, with_option)
{
	start(_metadata, self, variant, read_and_exec, PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT);
	ASSERT_TRUE(wake(self->shared));
	EXPECT_EQ(self->tracee, exec_event(_metadata, self->tracee));
	ASSERT_EQ(0, cont(self->tracee, SIGTERM));
	wait_for_state(self->tracee, 'S');
	EXPECT_EQ(getpid(), tracer_of(self->tracee));
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(self->tracee));
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	self->tracee = 0;
}

/* man: without it, a SIGTRAP as if by kill(2); for a seized tracee, nothing. */
TEST_F(exec, without_option)
{
	siginfo_t info = {};

	start(_metadata, self, variant, read_and_exec, 0);
	ASSERT_TRUE(wake(self->shared));
	if (variant->attach) {
		ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
		ASSERT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
		EXPECT_EQ(SIGTRAP, info.si_signo);
		EXPECT_EQ(SI_USER, info.si_code);
		EXPECT_EQ(self->tracee, info.si_pid);
		ASSERT_EQ(0, cont(self->tracee, 0));
	}
	program_ends(_metadata, self);
}

/* With PTRACE_SYSCALL: the event comes within the call, the SIGTRAP after it. */
TEST_F(exec, as_a_call)
{
	struct ptrace_syscall_info info;

	for (int event = 0; event < 2; event++) {
		start(_metadata, self, variant, read_and_exec,
		      PTRACE_O_TRACESYSGOOD | (event ? PTRACE_O_TRACEEXEC : 0));
		ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
		ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
		ASSERT_TRUE(wake(self->shared));
		do {
			ASSERT_EQ(0, request(PTRACE_SYSCALL, self->tracee, 0, 0));
			ASSERT_EQ(SYSCALL_STOP, next_status(self->tracee));
			ASSERT_LT(0, request(PTRACE_GET_SYSCALL_INFO, self->tracee, sizeof(info),
					     (unsigned long)&info));
		} while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_execve);
		ASSERT_EQ(0, request(PTRACE_SYSCALL, self->tracee, 0, 0));
		if (event) {
			EXPECT_EQ(self->tracee, exec_event(_metadata, self->tracee));
			ASSERT_EQ(0, request(PTRACE_SYSCALL, self->tracee, 0, 0));
		}
		ASSERT_EQ(SYSCALL_STOP, next_status(self->tracee));
		ASSERT_LT(0, request(PTRACE_GET_SYSCALL_INFO, self->tracee, sizeof(info),
				     (unsigned long)&info));
		EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
		EXPECT_EQ(0, info.exit.rval);
		ASSERT_EQ(0, cont(self->tracee, 0));
		if (variant->attach && !event) {
			ASSERT_EQ(SIGNAL_STOP(SIGTRAP), next_status(self->tracee));
			ASSERT_EQ(0, cont(self->tracee, 0));
		}
		program_ends(_metadata, self);
	}
}

/* More than one thread */

/* man: "the kernel destroys all other threads": the tracer sees each die, then the event. */
TEST_F(exec, of_the_first_thread)
{
	start(_metadata, self, variant, exec_of_first, PTRACE_O_TRACEEXEC);
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EXITED(0), next_status(stage->third));
	EXPECT_EQ(self->tracee, exec_event(_metadata, self->tracee));
	EXPECT_EQ(-ECHILD, next_status(stage->third));
	ASSERT_EQ(0, cont(self->tracee, 0));
	program_ends(_metadata, self);
}

/* There is no event until the tracer has collected the threads: exec waits for that. */
TEST_F(exec, waits_for_threads_to_be_collected)
{
	start(_metadata, self, variant, exec_of_first, PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT);
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_status(stage->third));
	wait_for_state(self->tracee, 'D');
	ASSERT_EQ(0, status_now(self->tracee));
	/* Only SIGKILL can end the wait. */
	ASSERT_EQ(variant->attach ? -EIO : 0, interrupt(self->tracee));
	ASSERT_EQ(0, kill(self->tracee, SIGUSR1));
	ASSERT_EQ('D', proc_state(self->tracee));
	ASSERT_EQ(0, cont(stage->third, 0));
	wait_for_state(stage->third, 'Z');
	ASSERT_EQ('D', proc_state(self->tracee));
	ASSERT_EQ(0, status_now(self->tracee));
	ASSERT_EQ(EXITED(0), next_status(stage->third));
	EXPECT_EQ(self->tracee, exec_event(_metadata, self->tracee));
	/* The event has cleared the trap of INTERRUPT; the signal comes next. */
	ASSERT_EQ(0, cont(self->tracee, 0));
	ASSERT_EQ(SIGNAL_STOP(SIGUSR1), next_status(self->tracee));
	ASSERT_EQ(0, REQ(PTRACE_SETOPTIONS, self->tracee, 0));
	ASSERT_EQ(0, cont(self->tracee, 0));
	program_ends(_metadata, self);
}

static void to_event_of_second(struct __test_metadata *_metadata, FIXTURE_DATA(exec) *self)
{
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EXITED(0), next_status(stage->third));
	/* The first thread is gone without a report, and the other has its id. */
	wait_for_state(self->tracee, 't');
}

/* man: "resets the thread ID of the execing thread to the thread group ID", before the event. */
TEST_F(exec, of_another_thread)
{
	start(_metadata, self, variant, exec_of_second, PTRACE_O_TRACEEXEC);
	to_event_of_second(_metadata, self);
	EXPECT_EQ(stage->second, exec_event(_metadata, self->tracee));
	EXPECT_EQ(-ECHILD, next_status(stage->second));
	EXPECT_EQ(-ESRCH, cont(stage->second, 0));
	ASSERT_EQ(0, cont(self->tracee, 0));
	program_ends(_metadata, self);
}

/*
 * looks_like_a_spurious_pid(): "most probably debugger targets the old leader which was
 * destroyed in de_thread()". Until the tracer has waited for the event, only INTERRUPT and
 * KILL reach the thread that has the id now.
 */
TEST_F(exec, spurious_pid)
{
	static const long requests[] = {
		PTRACE_CONT, PTRACE_DETACH, PTRACE_SYSCALL, PTRACE_GETSIGINFO, PTRACE_SETOPTIONS,
		PTRACE_PEEKDATA, PTRACE_LISTEN, PTRACE_GETEVENTMSG, PTRACE_GETREGSET, 0x8000,
	};
	char registers[1024];

	start(_metadata, self, variant, exec_of_second, PTRACE_O_TRACEEXEC);
	to_event_of_second(_metadata, self);
	for (unsigned int i = 0; i < sizeof(requests) / sizeof(long); i++) {
		EXPECT_EQ(-ESRCH, REQ(requests[i], self->tracee, 0)) {
			TH_LOG("request %#lx", requests[i]);
		}
	}
	EXPECT_EQ(variant->attach ? -EIO : 0, interrupt(self->tracee));
	EXPECT_EQ('t', proc_state(self->tracee));
	EXPECT_EQ(stage->second, exec_event(_metadata, self->tracee));
	EXPECT_EQ(0, general_registers(PTRACE_GETREGSET, self->tracee, registers,
				       sizeof(registers)));
	ASSERT_EQ(0, cont(self->tracee, 0));
	if (!variant->attach) {
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
		ASSERT_EQ(0, cont(self->tracee, 0));
	}
	program_ends(_metadata, self);
}

/* A thread that keeps its id is not spurious: requests work before a wait for the event. */
TEST_F(exec, same_pid)
{
	siginfo_t info;

	start(_metadata, self, variant, exec_of_first, PTRACE_O_TRACEEXEC);
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(EXITED(0), next_status(stage->third));
	wait_for_state(self->tracee, 't');
	EXPECT_EQ(0, REQ(PTRACE_GETSIGINFO, self->tracee, &info));
	ASSERT_EQ(0, cont(self->tracee, 0));
	program_ends(_metadata, self);
}

/* The first thread was dead already: a wait for its exit returns the event instead. */
TEST_F(exec, without_the_first_thread)
{
	siginfo_t info = {};

	start(_metadata, self, variant, exec_without_first, PTRACE_O_TRACEEXEC);
	ASSERT_EQ(0, waitid(P_PID, self->tracee, &info, WEXITED | WNOHANG));
	ASSERT_EQ(0, info.si_pid);
	ASSERT_TRUE(wake(self->shared));
	EXPECT_EQ(stage->second, exec_event(_metadata, self->tracee));
	EXPECT_EQ(-ECHILD, next_status(stage->second));
	ASSERT_EQ(0, cont(self->tracee, 0));
	program_ends(_metadata, self);
}

/*
 * de_thread() releases the first thread without a report. It wakes a tracer that traces only
 * that thread and waits for it, so that the wait fails.
 */
TEST_F(exec, of_an_untraced_thread)
{
	self->tracee = spawn(exec_of_second, self->shared);
	while (!stage->second || !stage->third)
		sched_yield();
	wait_for_state(stage->second, 'S');
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(variant->attach ? PTRACE_ATTACH : PTRACE_SEIZE, self->tracee, 0));
	if (variant->attach) {
		ASSERT_EQ(SIGNAL_STOP(SIGSTOP), TRACER_SEES(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	}
	tracer_tell(&self->tracer, TELL_ANY, 0, 0, 0);
	wait_for_syscall(self->tracer.pid, SYS_wait4);
	ASSERT_TRUE(wake(self->shared));
	ASSERT_EQ(-ECHILD, tracer_answer(&self->tracer));
	ASSERT_EQ(0, tracer_of(self->tracee));
	program_ends(_metadata, self);
}

/* INTERRUPT that is pending at the exec */

/* Bring @tid to the entry of execve(2), interrupt it there, and resume it. */
static void interrupt_at_exec(struct __test_metadata *_metadata, FIXTURE_DATA(exec) *self,
			      pid_t tid)
{
	struct ptrace_syscall_info info;

	ASSERT_EQ(0, interrupt(tid));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(tid));
	ASSERT_TRUE(wake(self->shared));
	do {
		ASSERT_EQ(0, request(PTRACE_SYSCALL, tid, 0, 0));
		ASSERT_EQ(SYSCALL_STOP, next_status(tid));
		ASSERT_LT(0, request(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info),
				     (unsigned long)&info));
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_execve);
	ASSERT_EQ(0, interrupt(tid));
	ASSERT_EQ(0, status_now(tid));
	ASSERT_EQ(0, cont(tid, 0));
}

/* The trap stays pending and happens in the new program, unless the event clears it. */
TEST_F(exec, interrupt_is_kept)
{
	/* Only seized tracees can be interrupted. */
	if (variant->attach)
		return;
	for (int event = 0; event < 2; event++) {
		start(_metadata, self, variant, read_and_exec,
		      PTRACE_O_TRACESYSGOOD | (event ? PTRACE_O_TRACEEXEC : 0));
		interrupt_at_exec(_metadata, self, self->tracee);
		ASSERT_EQ(event ? EVENT(PTRACE_EVENT_EXEC) : EVENT_STOP(SIGTRAP),
			  next_status(self->tracee));
		ASSERT_EQ(0, cont(self->tracee, 0));
		program_ends(_metadata, self);
	}
}

/* zap_other_threads() in de_thread(): with other threads, exec clears it. */
TEST_F(exec, interrupt_is_lost)
{
	/* Only seized tracees can be interrupted. */
	if (variant->attach)
		return;
	start(_metadata, self, variant, exec_of_first, PTRACE_O_TRACESYSGOOD);
	interrupt_at_exec(_metadata, self, self->tracee);
	ASSERT_EQ(EXITED(0), next_status(stage->third));
	program_ends(_metadata, self);

	stage->second = 0;
	stage->third = 0;
	start(_metadata, self, variant, exec_of_second, PTRACE_O_TRACESYSGOOD);
	interrupt_at_exec(_metadata, self, stage->second);
	ASSERT_EQ(EXITED(0), next_status(stage->third));
	program_ends(_metadata, self);
}

/* Privileges */

static const char *privileged_program;

/* Execute a program with the set-user-ID bit. */
static int exec_privileged(struct shared *shared)
{
	char *const argv[] = { "exec-euid", NULL }, *const envp[] = { NULL };

	sleep_on_pipe(shared);
	execve(privileged_program, argv, envp);
	return 1;
}

/* Trace a child, with or without privileges; return what its program reports. */
static int trace_privileged(struct shared *shared, bool as_root)
{
	struct shared *own = shared_new();
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setresuid(65534, 65534, 65534) || prctl(PR_SET_DUMPABLE, 1))
			_exit(1);
		shared->signals = 1;
		_exit(exec_privileged(own));
	}
	while (!shared->signals)
		sched_yield();
	if (!as_root && (setresuid(65534, 65534, 65534) || prctl(PR_SET_DUMPABLE, 1)))
		return 1;
	if (request(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXEC) || !wake(own))
		return 2;
	if (next_status(pid) != EVENT(PTRACE_EVENT_EXEC) || cont(pid, 0))
		return 3;
	status = next_status(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}

static int trace_as_root(struct shared *shared)
{
	return trace_privileged(shared, true);
}

static int trace_as_nobody(struct shared *shared)
{
	return trace_privileged(shared, false);
}

static bool copy_program(const char *to)
{
	static char buffer[65536];
	int in = open("/proc/self/exe", O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0755);
	ssize_t n = -1;

	while (in >= 0 && out >= 0 && (n = read(in, buffer, sizeof(buffer))) > 0)
		if (write(out, buffer, n) != n)
			return false;
	close(in);
	close(out);
	return n == 0 && chmod(to, 04755) == 0;
}

/* LSM_UNSAFE_PTRACE: the program gets its owner's ids only if its tracer is privileged. */
TEST(set_user_id)
{
	static const char program[] = "/mnt/program";

	if (geteuid() || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/mnt", "tmpfs", 0, NULL))
		SKIP(return, "no file system of one's own, or no new privileges");
	ASSERT_TRUE(copy_program(program));
	privileged_program = program;
	EXPECT_EQ(EXITED(10), next_status(spawn(trace_as_root, shared_new())));
	EXPECT_EQ(EXITED(11), next_status(spawn(trace_as_nobody, shared_new())));
}

TEST_HARNESS_MAIN
