// SPDX-License-Identifier: GPL-2.0
/* forks NUMBER: fork that many children, up to ten at a time; print the sum of their statuses. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int sum;

static int reap(void)
{
	int status;

	if (wait(&status) < 0)
		return 0;
	sum += WEXITSTATUS(status);
	return 1;
}

int main(int argc, char **argv)
{
	int number = argc > 1 ? atoi(argv[1]) : 1;

	for (int i = 0; i < number; i++) {
		pid_t pid;

		if (i >= 10)
			reap();
		pid = fork();
		if (pid < 0)
			return 1;
		if (pid == 0)
			_exit(i % 10);
	}
	while (reap())
		;
	printf("%d\n", sum);
	return 0;
}
