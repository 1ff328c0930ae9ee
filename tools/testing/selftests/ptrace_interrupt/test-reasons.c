// SPDX-License-Identifier: GPL-2.0
/*
 * A demonstration of what the kernel tells of a tracee: PTRACE_GET_TRACEE_INFO, and the reasons
 * of PTRACE_EVENT_STOP.
 *
 * Without an argument, the tracee is a running task: it is interrupted, stopped by SIGSTOP,
 * resumed and interrupted once more, continued, and has a child. With an argument, it is in a
 * group stop when it is seized.
 */
#include <errno.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t tracee;

static long request(long nr, pid_t pid, unsigned long addr, void *data)
{
	return syscall(SYS_ptrace, nr, pid, addr, data);
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

static void do_request(long nr, const char *name, unsigned long data)
{
	printf("tracer: %s\n", name);
	check(request(nr, tracee, 0, (void *)data), name);
}

#define REQUEST(nr, data)	do_request(nr, #nr, data)

static void print_reasons(unsigned long reasons)
{
	static const char *const names[] = { "INTERRUPT", "GROUP_STOP", "NOTIFY", "NEW" };

	for (int i = 0; i < 4; i++)
		if (reasons & PTRACE_STOP_REASON_INTERRUPT << i)
			printf(" %s", names[i]);
}

static void print_status(int status)
{
	if (WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_STOP)
		printf("PTRACE_EVENT_STOP, SIG%s", sigabbrev_np(WSTOPSIG(status)));
	else if (WIFSTOPPED(status) && status >> 16)
		printf("event %d", status >> 16);
	else if (WIFSTOPPED(status))
		printf("about to get SIG%s", sigabbrev_np(WSTOPSIG(status)));
	else
		printf("ended");
}

/* What PTRACE_GET_TRACEE_INFO tells. */
static void tell(void)
{
	static const char *const states[] = {
		"?", "running", "stopped", "listening", "dying", "dead"
	};
	struct ptrace_tracee_info info = {};

	printf("kernel: ");
	if (request(PTRACE_GET_TRACEE_INFO, tracee, sizeof(info), &info) == -1) {
		printf("does not tell what it does: %s\n", strerror(errno));
		return;
	}
	printf("%s", states[info.state < 6 ? info.state : 0]);
	if (info.flags & PTRACE_TRACEE_UNREPORTED) {
		printf(", to be reported");
		if (info.status) {
			printf(": ");
			print_status(info.status);
		}
	}
	if (info.group_stop)
		printf(", group stop by SIG%s", sigabbrev_np(info.group_stop));
	if (info.pending) {
		printf(", pending:");
		print_reasons(info.pending);
	}
	printf("\n");
}

/* Wait for a stop of @pid; print it and its reasons. */
static void wait_for(pid_t pid)
{
	unsigned long message = 0;
	int status;

	check(waitpid(pid, &status, __WALL), "waitpid");
	printf("%s: ", pid == tracee ? "tracee" : "child");
	print_status(status);
	if (WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_STOP) {
		check(request(PTRACE_GETEVENTMSG, pid, 0, &message), "PTRACE_GETEVENTMSG");
		printf(", reasons:");
		print_reasons(message);
		if (!message)
			printf(" not told");
	}
	printf("\n");
}

/* Wait until /proc shows this state. */
static void until(char state)
{
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/%d/stat", tracee);
	for (;;) {
		FILE *file = fopen(path, "r");
		char *end = file && fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;

		if (file)
			fclose(file);
		if (end && end[2] == state)
			return;
		usleep(1000);
	}
}

static void send(int sig)
{
	printf("somebody: SIG%s\n", sigabbrev_np(sig));
	check(kill(tracee, sig), "kill");
}

static void fork_when_told(int sig)
{
	if (fork() == 0)
		pause();
}

static void run_tracee(void)
{
	signal(SIGUSR1, fork_when_told);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const int from_stopped = argc > 1;
	unsigned long child = 0;

	setlinebuf(stdout);
	tracee = fork();
	if (!tracee)
		run_tracee();
	until('S');
	if (from_stopped) {
		send(SIGSTOP);
		until('T');
	}

	REQUEST(PTRACE_SEIZE, PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL);
	if (!from_stopped) {
		tell();
		REQUEST(PTRACE_INTERRUPT, 0);
		wait_for(tracee);
		tell();
		REQUEST(PTRACE_CONT, 0);
		send(SIGSTOP);
		until('t');
		tell();
		wait_for(tracee);
		REQUEST(PTRACE_CONT, SIGSTOP);
	}
	wait_for(tracee);
	tell();

	/* The status has the signal of the group stop, which is still in effect. */
	REQUEST(PTRACE_CONT, 0);
	tell();
	REQUEST(PTRACE_INTERRUPT, 0);
	wait_for(tracee);

	REQUEST(PTRACE_LISTEN, 0);
	tell();
	send(SIGCONT);
	wait_for(tracee);
	REQUEST(PTRACE_INTERRUPT, 0);
	tell();
	REQUEST(PTRACE_CONT, 0);
	wait_for(tracee);

	if (!from_stopped) {
		REQUEST(PTRACE_CONT, 0);
		wait_for(tracee);
		REQUEST(PTRACE_CONT, SIGCONT);
		send(SIGUSR1);
		wait_for(tracee);
		REQUEST(PTRACE_CONT, SIGUSR1);
		wait_for(tracee);
		check(request(PTRACE_GETEVENTMSG, tracee, 0, &child), "PTRACE_GETEVENTMSG");
		wait_for(child);
	}
	send(SIGKILL);
	until('Z');
	tell();
	wait_for(tracee);
	return 0;
}
