// SPDX-License-Identifier: GPL-2.0
/*
 * Only the stack of a sleeping thread has the address of the first piece of memory, and nothing
 * that of the second. Says "ready", and ends when its standard input does.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_barrier_t started;

static void *keeper(void *arg)
{
	char *volatile kept = malloc(1111);

	kept[0] = 1;
	pthread_barrier_wait(&started);
	for (;;)
		pause();
	return kept + (arg != NULL);
}

static void __attribute__((noinline)) lose(void)
{
	char *volatile lost = malloc(777);

	lost[0] = 1;
	lost = NULL;
}

int main(void)
{
	pthread_t thread;
	char byte;

	pthread_barrier_init(&started, NULL, 2);
	pthread_create(&thread, NULL, keeper, NULL);
	pthread_barrier_wait(&started);
	lose();
	if (write(1, "ready\n", 6) != 6)
		return 1;
	while (read(0, &byte, 1) > 0)
		;
	return 0;
}
