// SPDX-License-Identifier: GPL-2.0
/*
 * Print where a thread is, ten times a second, and leave it as it was:
 *
 *	ptrace-interrupt-example TID LOOKS
 *
 * Meanwhile the thread may run, sleep, get signals or be in a group stop.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>

/* C libraries have these later than the kernel. */
#ifndef PTRACE_STOP_REASON_INTERRUPT
#define PTRACE_STOP_REASON_INTERRUPT	(1 << 4)
#endif

#ifndef PTRACE_GET_TRACEE_INFO
#define PTRACE_GET_TRACEE_INFO		0x4213

struct ptrace_tracee_info {
	unsigned int state, flags, options, pending, group_stop, status;
	unsigned long long message;
};
#endif

/* Make a request with addr 0.  ESRCH is no error: the tracee may have died. */
static void request(int what, pid_t tid, unsigned long data)
{
	if (ptrace(what, tid, 0, data) == -1 && errno != ESRCH)
		err(1, "ptrace");
}

/* Tell ptrace-stops apart: by the event first, then by the signal. */
static bool is_event_stop(int status)
{
	return status >> 16 == PTRACE_EVENT_STOP;
}

static bool is_group_stop(int status)
{
	return is_event_stop(status) && WSTOPSIG(status) != SIGTRAP;
}

/* The signal that the tracee is about to get.  It is lost if not passed on. */
static int signal_to_deliver(int status)
{
	return is_event_stop(status) ? 0 : WSTOPSIG(status);
}

/* What a PTRACE_EVENT_STOP is for; 0 on older kernels, which do not tell. */
static unsigned long reasons_of(pid_t tid, int status)
{
	unsigned long reasons = 0;

	if (is_event_stop(status))
		ptrace(PTRACE_GETEVENTMSG, tid, 0, &reasons);
	return reasons;
}

/* Whether a stop answers PTRACE_INTERRUPT.  Where that is not told, any will do. */
static bool is_answer(pid_t tid, int status)
{
	unsigned long reasons = reasons_of(tid, status);

	return !reasons || (reasons & PTRACE_STOP_REASON_INTERRUPT);
}

/* What the thread does, if the kernel tells. */
static void show_state(pid_t tid)
{
	static const char *const states[] = {
		"does what this program does not know", "runs or sleeps", "is stopped",
		"listens", "is dying", "is dead",
	};
	struct ptrace_tracee_info info = { 0 };

	if (ptrace(PTRACE_GET_TRACEE_INFO, tid, sizeof(info), &info) == -1)
		return;
	fprintf(stderr, "%d %s", tid, states[info.state < 6 ? info.state : 0]);
	if (info.group_stop)
		fprintf(stderr, ", in a group stop by signal %u", info.group_stop);
	fprintf(stderr, "\n");
}

static void show(pid_t tid, int status)
{
	/* C libraries call struct ptrace_syscall_info so. */
	struct __ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) == -1)
		return;
	if (is_group_stop(status))
		printf("stopped by signal %d", WSTOPSIG(status));
	else if (is_event_stop(status))
		printf("interrupted");
	else
		printf("about to get signal %d", WSTOPSIG(status));
	if (reasons_of(tid, status))
		printf(", as asked,");
	printf(" at %#llx\n", (unsigned long long)info.instruction_pointer);
}

/* End a ptrace-stop in the way that changes nothing for the tracee. */
static void resume(pid_t tid, int status)
{
	if (is_group_stop(status))
		request(PTRACE_LISTEN, tid, 0);
	else
		request(PTRACE_CONT, tid, signal_to_deliver(status));
}

int main(int argc, char **argv)
{
	const struct itimerval tenth = { { 0, 100000 }, { 0, 100000 } };
	pid_t tid = argc == 3 ? atoi(argv[1]) : 0;
	int looks = argc == 3 ? atoi(argv[2]) : 0;
	bool asked = false;
	sigset_t signals;
	int number, status;

	if (tid <= 0 || looks <= 0)
		errx(2, "usage: ptrace-interrupt-example TID LOOKS");

	/* sigwait() takes both.  The kernel does not send an ignored SIGCHLD. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&signals);
	sigaddset(&signals, SIGALRM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	if (ptrace(PTRACE_SEIZE, tid, 0, 0) == -1)
		err(1, "PTRACE_SEIZE %d", tid);
	show_state(tid);
	setitimer(ITIMER_REAL, &tenth, NULL);
	for (;;) {
		sigwait(&signals, &number);
		if (number == SIGALRM) {
			request(PTRACE_INTERRUPT, tid, 0);
			asked = true;
		}
		while (waitpid(tid, &status, __WALL | WNOHANG) == tid) {
			if (!WIFSTOPPED(status)) {
				printf("ended\n");
				return 0;
			}
			if (asked && is_answer(tid, status)) {
				show(tid, status);
				asked = false;
				looks--;
			}
			if (looks > 0) {
				resume(tid, status);
				continue;
			}
			request(PTRACE_DETACH, tid, signal_to_deliver(status));
			return 0;
		}
	}
}
