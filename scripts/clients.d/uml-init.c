// SPDX-License-Identifier: GPL-2.0
/*
 * The first process of User Mode Linux: it has programs run, one be traced, and one get a signal;
 * prints what came of it; and powers off.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int handled;

static void handler(int signal)
{
	handled = signal;
}

int main(void)
{
	int status = 0;
	pid_t pid;

	mount("proc", "/proc", "proc", 0, NULL);
	setenv("PATH", "/usr/bin:/bin", 1);
	printf("uml: a shell ended with %d\n",
	       WEXITSTATUS(system("test $(echo one two | wc -w) = 2 && exit 7")));
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	printf("uml: a handler got signal %d\n", handled);
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(3);
	}
	waitpid(pid, &status, 0);
	printf("uml: a tracee stopped with %d", WSTOPSIG(status));
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	waitpid(pid, &status, 0);
	printf(" and ended with %d\n", WEXITSTATUS(status));
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
