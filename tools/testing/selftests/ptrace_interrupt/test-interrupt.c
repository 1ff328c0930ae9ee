// SPDX-License-Identifier: GPL-2.0
/*
 * A demonstration of PTRACE_INTERRUPT.
 *
 * Without an argument, the program seizes, interrupts and detaches a running
 * task, which keeps running. With an argument, it does the same to a task in a
 * group stop, which it resumes first; after the detach, the task is in the
 * group stop again. In both modes, no request sends a signal to the task.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>

/* Accepted by kernels with CONFIG_PTRACE_SEIZE_DEVEL. */
#define PTRACE_SEIZE_DEVEL	0x80000000UL

#define MSEC_PER_SEC		1000
#define NSEC_PER_MSEC		1000000

static pid_t tracee;

static void sleep_ms(long ms)
{
	const struct timespec time = {
		.tv_sec = ms / MSEC_PER_SEC,
		.tv_nsec = ms % MSEC_PER_SEC * NSEC_PER_MSEC,
	};

	nanosleep(&time, NULL);
}

/* On an error, exit with a message and leave no child behind. */
static void check(long ret, const char *what)
{
	if (ret != -1)
		return;
	printf("tracer: %s: %s\n", what, strerror(errno));
	kill(tracee, SIGKILL);
	exit(1);
}

static void run_tracee(void)
{
	sleep_ms(100);
	for (;;) {
		printf("tracee: alive pid=%d\n", getpid());
		sleep_ms(1000);
	}
}

int main(int argc, char **argv)
{
	const int from_stopped = argc > 1;

	setlinebuf(stdout);

	tracee = fork();
	check(tracee, "fork");
	if (tracee == 0)
		run_tracee();

	if (from_stopped)
		kill(tracee, SIGSTOP);
	sleep_ms(100);

	check(ptrace(PTRACE_SEIZE, tracee, NULL, (void *)PTRACE_SEIZE_DEVEL),
	      "PTRACE_SEIZE with PTRACE_SEIZE_DEVEL");
	if (from_stopped) {
		check(waitid(P_PID, tracee, NULL, WSTOPPED), "waitid");
		check(ptrace(PTRACE_CONT, tracee, NULL, NULL), "PTRACE_CONT");
	}

	sleep_ms(3000);
	printf("tracer: INTERRUPT and DETACH\n");
	check(ptrace(PTRACE_INTERRUPT, tracee, NULL, NULL), "PTRACE_INTERRUPT");
	check(waitid(P_PID, tracee, NULL, WSTOPPED), "waitid");
	check(ptrace(PTRACE_DETACH, tracee, NULL, NULL), "PTRACE_DETACH");

	sleep_ms(3000);
	printf("tracer: exiting\n");
	kill(tracee, SIGKILL);
	return 0;
}
