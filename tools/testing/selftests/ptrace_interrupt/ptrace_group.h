/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by tests that need three processes: a tracee, its real parent, which is the test,
 * and a tracer that is neither.
 */
#ifndef PTRACE_GROUP_H
#define PTRACE_GROUP_H

#include <linux/sched.h>

#include "ptrace_test.h"

static inline long attach(pid_t pid)
{
	return request(PTRACE_ATTACH, pid, 0, 0);
}

/* A request to @pid, for tests that have more than one tracee. */
#define REQ(nr, pid, data)	request(nr, pid, 0, (unsigned long)(data))

/* Send @sig to one thread. */
static inline int signal_thread(pid_t tgid, pid_t tid, int sig)
{
	return syscall(SYS_tgkill, tgid, tid, sig);
}

static inline pid_t thread_id(void)
{
	return syscall(SYS_gettid);
}

/* The status of @pid if waitpid() has one already, 0 if it has none, or -errno. */
static inline int status_now(pid_t pid)
{
	int status = 0;
	pid_t ret = waitpid(pid, &status, __WALL | WNOHANG);

	return ret < 0 ? -errno : status;
}

/* Wait until @pid is in the system call @nr and sleeps there. */
static inline void wait_for_syscall(pid_t pid, long nr)
{
	char path[64], line[64];

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	for (;;) {
		FILE *file = fopen(path, "r");
		char *end = NULL;

		if (file && fgets(line, sizeof(line), file) &&
		    strtol(line, &end, 10) == nr && end != line) {
			fclose(file);
			return;
		}
		if (file)
			fclose(file);
		sched_yield();
	}
}

/* Wait until there is no process @pid, not even a zombie. */
static inline void wait_until_gone(pid_t pid)
{
	while (!kill(pid, 0))
		sched_yield();
}

/* Call @function(@pid) in another thread of this process, and return its result. */
struct thread_call {
	long (*function)(pid_t pid);
	pid_t pid;
};

static inline void *thread_call(void *arg)
{
	struct thread_call *call = arg;

	return (void *)call->function(call->pid);
}

static inline long in_thread(long (*function)(pid_t pid), pid_t pid)
{
	struct thread_call call = { function, pid };
	pthread_t thread;
	void *result;

	if (pthread_create(&thread, NULL, thread_call, &call) || pthread_join(thread, &result))
		ksft_exit_fail_msg("no thread\n");
	return (long)result;
}

/* A thread that spins, and then ends its process. */
static inline void *spin_and_exit(void *shared)
{
	spin(shared);
	_exit(0);
}

/* The first thread exits at a byte of its pipe, and another spins on. */
static inline int leave_leader_dead(struct shared *shared)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, spin_and_exit, shared))
		return 1;
	sleep_on_pipe(shared);
	syscall(SYS_exit, 5);
	return 1;
}

/* For threads and children of the test: return the number of the line that failed. */
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

/*
 * Execute this same program under @name. A test that uses this has a constructor, which
 * looks at the name of the program and does what it says. (/proc/self has no exe if the
 * first thread is dead.)
 */
static inline int exec_as(const char *name)
{
	char *const argv[] = { (char *)name, NULL }, *const envp[] = { NULL };

	execve("/proc/thread-self/exe", argv, envp);
	return 1;
}

/* Orders for a tracer, besides the requests of ptrace(2). */
enum {
	TELL_STATUS = 0x10000,	/* next_status() */
	TELL_STATUS_NOW,	/* status_now() */
	TELL_ANY,		/* wait for any tracee or child; return its pid, or -errno */
	TELL_EXIT,		/* exit with 0 */
};

struct order {
	long nr;
	pid_t pid;
	unsigned long addr, data;
};

/* A process that traces for the test, and obeys its orders. */
struct tracer {
	pid_t pid;
	int orders[2], answers[2];
};

static inline void obey(struct tracer *tracer)
{
	struct order order;
	long answer;

	while (read(tracer->orders[0], &order, sizeof(order)) == sizeof(order)) {
		switch (order.nr) {
		case TELL_STATUS:
			answer = next_status(order.pid);
			break;
		case TELL_STATUS_NOW:
			answer = status_now(order.pid);
			break;
		case TELL_ANY:
			answer = waitpid(-1, NULL, __WALL);
			answer = answer < 0 ? -errno : answer;
			break;
		case TELL_EXIT:
			_exit(0);
		default:
			answer = request(order.nr, order.pid, order.addr, order.data);
		}
		if (write(tracer->answers[1], &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
	_exit(1);
}

static inline void tracer_start(struct tracer *tracer)
{
	pid_t parent = getpid();

	if (pipe(tracer->orders) || pipe(tracer->answers))
		ksft_exit_fail_msg("no pipe\n");
	tracer->pid = fork();
	if (tracer->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		close(tracer->orders[1]);
		obey(tracer);
	}
	/* No other process has these ends: so the test notices when the tracer exits. */
	close(tracer->orders[0]);
	close(tracer->answers[1]);
}

/* Give an order, and do not wait for the answer. */
static inline void tracer_tell(struct tracer *tracer, long nr, pid_t pid,
			       unsigned long addr, unsigned long data)
{
	const struct order order = { nr, pid, addr, data };

	if (write(tracer->orders[1], &order, sizeof(order)) != sizeof(order))
		ksft_print_msg("the tracer is gone\n");
}

static inline long tracer_answer(struct tracer *tracer)
{
	long answer;

	if (read(tracer->answers[0], &answer, sizeof(answer)) != sizeof(answer))
		return -EPIPE;
	return answer;
}

/* Give an order, and return the answer: what request(), or the like, returned in the tracer. */
static inline long tracer_ask(struct tracer *tracer, long nr, pid_t pid,
			      unsigned long addr, unsigned long data)
{
	tracer_tell(tracer, nr, pid, addr, data);
	return tracer_answer(tracer);
}

/* The same for tests. Their fixtures have a member named tracer. */
#define TELL(nr, pid, data)	tracer_ask(&self->tracer, nr, pid, 0, (unsigned long)(data))
#define TRACER_SEES(pid)	TELL(TELL_STATUS, pid, 0)
#define TRACER_SEES_NOW(pid)	TELL(TELL_STATUS_NOW, pid, 0)

/* Have the tracer exit, and return its status. */
static inline int tracer_exit(struct tracer *tracer)
{
	int status;

	tracer_tell(tracer, TELL_EXIT, 0, 0, 0);
	status = next_status(tracer->pid);
	tracer->pid = 0;
	return status;
}

/* Kill the tracer, in a teardown, before that collects the tracees. */
static inline void tracer_end(struct tracer *tracer)
{
	reap(tracer->pid);
	tracer->pid = 0;
}

/*
 * Wait for @pid as its real parent, with @options; return a letter for what waitid() reports:
 *	S  group stop, by SIGSTOP	C  continued
 *	x  exited with 0		k  killed by SIGKILL	t  by SIGTERM
 * '-' for nothing, with WNOHANG; '?' for anything else.
 */
static inline char parent_sees(pid_t pid, int options)
{
	siginfo_t info = {};

	if (waitid(P_PID, pid, &info, options))
		return '?';
	if (info.si_pid == 0)
		return '-';
	if (info.si_pid != pid || info.si_signo != SIGCHLD)
		return '?';
	switch (info.si_code) {
	case CLD_STOPPED:
		return info.si_status == SIGSTOP ? 'S' : '?';
	case CLD_CONTINUED:
		return info.si_status == SIGCONT ? 'C' : '?';
	case CLD_EXITED:
		return info.si_status == 0 ? 'x' : '?';
	case CLD_KILLED:
		return info.si_status == SIGKILL ? 'k' :
		       info.si_status == SIGTERM ? 't' : '?';
	}
	return '?';
}

/* What the real parent sees now; '-' if there is nothing. */
static inline char parent_sees_now(pid_t pid)
{
	return parent_sees(pid, WSTOPPED | WCONTINUED | WEXITED | WNOHANG);
}

#endif /* PTRACE_GROUP_H */
