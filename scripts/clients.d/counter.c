// SPDX-License-Identifier: GPL-2.0
/*
 * Three threads: the first writes a dot at every turn, the others sleep. The program ends with the
 * value of "status", when a debugger has set that.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

volatile int status = -1;
volatile int turns;

static void turn(int number)
{
	turns = number;
	putchar('.');
	fflush(stdout);
	usleep(20000);
}

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return arg;
}

int main(void)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, sleeper, NULL);
	for (int i = 1; status == -1; i++)
		turn(i);
	return status;
}
