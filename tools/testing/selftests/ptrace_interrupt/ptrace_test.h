/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by all tests of ptrace(2): tracees that do one thing, the requests as raw
 * system calls, and functions that wait for a state instead of for a time.
 *
 * Nothing here waits longer than the test's own time limit, and every child dies
 * with the process that made it.
 */
#ifndef PTRACE_TEST_H
#define PTRACE_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"

/* The status of a PTRACE_EVENT_STOP with the signal @sig. */
#define EVENT_STOP(sig)		(((sig) | PTRACE_EVENT_STOP << 8) << 8 | 0x7f)
/* The status of a signal-delivery-stop, a syscall-stop, or a group-stop without an event. */
#define SIGNAL_STOP(sig)	((sig) << 8 | 0x7f)
/* The status of a PTRACE_EVENT_* stop. */
#define EVENT(event)		((SIGTRAP | (event) << 8) << 8 | 0x7f)
/* The status of a process that exited, or that a signal killed. */
#define EXITED(code)		((code) << 8)
#define KILLED(sig)		(sig)

/* Whether PTRACE_SINGLESTEP makes a step. */
#ifdef __riscv
#define HAS_STEPS		false
#else
#define HAS_STEPS		true
#endif

/*
 * Requests whose numbers the C library or the kernel's headers of some architectures do not tell,
 * as riscv's do not. The last one is another request on arm64.
 */
#define SYSEMU			31
#define SYSEMU_SINGLESTEP	32
#define SINGLEBLOCK		33

/* Memory that a tracee and its tracer share. */
struct shared {
	/* Goes up as long as a spinning tracee is in user mode. */
	_Atomic unsigned long count;
	/* Set to have a spinning tracee exit with 0. */
	_Atomic int quit;
	/* Signals that the tracee's handler has seen. */
	_Atomic int signals;
	/* The tracee's end of a pipe to sleep on, and the tracer's. */
	int pipe[2];
};

/* 0, a value, or -errno. */
static inline long request(long nr, pid_t pid, unsigned long addr,
			   unsigned long data)
{
	long ret = syscall(SYS_ptrace, nr, pid, addr, data);

	return ret == -1 ? -errno : ret;
}

static inline long seize(pid_t pid)
{
	return request(PTRACE_SEIZE, pid, 0, 0);
}

static inline long interrupt(pid_t pid)
{
	return request(PTRACE_INTERRUPT, pid, 0, 0);
}

static inline long cont(pid_t pid, int sig)
{
	return request(PTRACE_CONT, pid, 0, sig);
}

static inline long detach(pid_t pid, int sig)
{
	return request(PTRACE_DETACH, pid, 0, sig);
}

/* Of <elf.h> and <linux/elf.h>: a program can include only one of them. */
#ifndef NT_PRSTATUS
#define NT_PRSTATUS	1
#endif

/* Get or set, as @nr says, the first @size bytes of the general registers, or all of them. */
static inline long general_registers(long nr, pid_t pid, void *registers, size_t size)
{
	struct iovec iov = { registers, size };

	return request(nr, pid, NT_PRSTATUS, (unsigned long)&iov);
}

/* The next status of @pid, or -errno. */
static inline int next_status(pid_t pid)
{
	int status;

	return waitpid(pid, &status, __WALL) == pid ? status : -errno;
}

/* Zeroed memory that the caller shares with the children that it makes from then on. */
static inline void *shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		ksft_exit_fail_msg("no shared memory\n");
	return memory;
}

static inline struct shared *shared_new(void)
{
	struct shared *shared = shared_memory(sizeof(*shared));

	if (pipe(shared->pipe))
		ksft_exit_fail_msg("no pipe\n");
	return shared;
}

/* Run @body(@shared) in a child that dies with its parent, and exits with what @body returns. */
static inline pid_t spawn(int (*body)(struct shared *), struct shared *shared)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Where Yama is in effect, any process of the test may trace it. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	if (getppid() != parent)
		_exit(1);
	_exit(body(shared));
}

/* Kill @pid and collect it, whoever its tracer was and whatever stop it is in. */
static inline void reap(pid_t pid)
{
	int status;

	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
		request(PTRACE_CONT, pid, 0, 0);
}

/* Bodies of tracees. */

static inline int spin(struct shared *shared)
{
	while (!shared->quit)
		shared->count++;
	return 0;
}

/* Sleep in an interruptible system call; return 0 if nothing cut it short. */
static inline int sleep_on_pipe(struct shared *shared)
{
	char byte;

	return read(shared->pipe[0], &byte, 1) == 1 ? 0 : 1;
}

/*
 * Sleep uninterruptibly, until the child that shares the memory has released it. The SIGCHLD
 * of its exit comes later.
 */
static inline int sleep_in_vfork(struct shared *shared)
{
	pid_t pid = vfork();

	if (pid == 0) {
		char byte;

		_exit(read(shared->pipe[0], &byte, 1) == 1 ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, NULL, 0) == pid ? 0 : 1;
}

/* Wake a tracee that sleeps on its pipe. */
static inline bool wake(struct shared *shared)
{
	return write(shared->pipe[1], "", 1) == 1;
}

/* The value of the line that begins with @key in /proc/@pid/status, or "". */
static inline void proc_status(pid_t pid, const char *key, char value[64])
{
	char path[64], line[256];
	FILE *file;

	value[0] = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			sscanf(line + strlen(key), ":%63s", value);
	fclose(file);
}

/* A number that /proc/@pid/status shows, or -1. */
static inline int proc_number(pid_t pid, const char *key)
{
	char value[64];

	proc_status(pid, key, value);
	return value[0] ? atoi(value) : -1;
}

static inline pid_t tracer_of(pid_t pid)
{
	return proc_number(pid, "TracerPid");
}

static inline char proc_state(pid_t pid)
{
	char value[64];

	proc_status(pid, "State", value);
	return value[0];
}

/* Write @text to the file @path, which is there. */
static inline bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return done;
}

/* Wait until the state of @pid is @state, as ps shows it. */
static inline void wait_for_state(pid_t pid, char state)
{
	while (proc_state(pid) != state)
		sched_yield();
}

/* Wait until a spinning tracee has made progress in user mode since this call. */
static inline void wait_for_progress(struct shared *shared)
{
	unsigned long count = shared->count;

	while (shared->count - count < 2)
		sched_yield();
}

/*
 * Start @body, and seize it with @options where it spins or sleeps. Returns its pid, or the error
 * of PTRACE_SEIZE.
 */
static inline pid_t spawn_seized(int (*body)(struct shared *), struct shared *shared,
				 unsigned long options)
{
	pid_t pid = spawn(body, shared);
	long ret;

	if (pid < 0)
		return pid;
	if (body == spin)
		wait_for_progress(shared);
	else
		wait_for_state(pid, body == sleep_in_vfork ? 'D' : 'S');
	ret = request(PTRACE_SEIZE, pid, 0, options);
	if (!ret)
		return pid;
	reap(pid);
	return ret;
}

/* x86: where PEEKUSR and POKEUSR have a debug register. For those who include <sys/user.h>. */
#define DEBUG_REGISTER(n)	(offsetof(struct user, u_debugreg) + (n) * sizeof(long))

#ifdef __x86_64__
/* The page of vsyscalls, which the kernel emulates: time(2), and whether there is such a page. */
#define VSYSCALL_TIME	0xffffffffff600400UL

static inline bool has_vsyscalls(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[256];
	bool found = false;

	while (maps && fgets(line, sizeof(line), maps))
		found |= !!strstr(line, "[vsyscall]");
	if (maps)
		fclose(maps);
	return found;
}
#endif

#endif /* PTRACE_TEST_H */
