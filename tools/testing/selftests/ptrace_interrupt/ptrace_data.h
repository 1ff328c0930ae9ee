/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by tests of the requests that carry data: tracees in a ptrace-stop where the
 * data is, and functions that read a tracee's memory without ptrace(2).
 */
#ifndef PTRACE_DATA_H
#define PTRACE_DATA_H

#include <stddef.h>
#include <sys/uio.h>

#include "ptrace_test.h"

#define WORD		sizeof(long)
#define BAD_POINTER	8UL
#define FILLER		0xa5

/* A tracee may be a 32-bit program, whatever the tracer is. */
#define IS_64BIT	(sizeof(long) == 8)

/* The requests come from two headers. One of them has enums, not macros. */
#ifndef PTRACE_SINGLEBLOCK
#define PTRACE_SINGLEBLOCK	33
#endif

/* A request to the tracee of the fixture. */
#define REQ(nr, addr, data) \
	request(nr, self->tracee, (unsigned long)(addr), (unsigned long)(data))

/* Start @body, seize it with @options, and interrupt it where it spins ('R') or sleeps ('S'). */
static inline pid_t start_stopped(int (*body)(struct shared *), struct shared *shared,
				  char state, unsigned long options)
{
	pid_t pid = spawn(body, shared);

	if (pid < 0)
		return pid;
	if (state == 'R')
		wait_for_progress(shared);
	else
		wait_for_state(pid, state);
	if (request(PTRACE_SEIZE, pid, 0, options) || interrupt(pid) ||
	    next_status(pid) != EVENT_STOP(SIGTRAP)) {
		reap(pid);
		return -1;
	}
	return pid;
}

/* Private memory of the caller. A child has a copy of it at the same address. */
static inline char *private_pages(unsigned int count)
{
	char *pages = mmap(NULL, count * sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");
	return pages;
}

/* Read @size bytes at @addr of a process, without ptrace(2); return whether that read all. */
static inline bool look(pid_t pid, const void *addr, void *to, size_t size)
{
	struct iovec local = { to, size }, remote = { (void *)addr, size };

	return syscall(SYS_process_vm_readv, pid, &local, 1, &remote, 1, 0) == (long)size;
}

/* Whether all of @size bytes are @byte. */
static inline bool all_are(const void *bytes, unsigned char byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((const unsigned char *)bytes)[i] != byte)
			return false;
	return true;
}

/* The system calls that take ids of 32 bits. */
#ifdef SYS_setresuid32
#define SYS_SETRESUID	SYS_setresuid32
#define SYS_SETRESGID	SYS_setresgid32
#define SYS_SETGROUPS	SYS_setgroups32
#define SYS_SETFSUID	SYS_setfsuid32
#define SYS_SETFSGID	SYS_setfsgid32
#else
#define SYS_SETRESUID	SYS_setresuid
#define SYS_SETRESGID	SYS_setresgid
#define SYS_SETGROUPS	SYS_setgroups
#define SYS_SETFSUID	SYS_setfsuid
#define SYS_SETFSGID	SYS_setfsgid
#endif

#define NOBODY	65534

/* Drop all privileges and take the ids of nobody; the caller stays dumpable. */
static inline bool drop_privileges(void)
{
	return !syscall(SYS_SETGROUPS, 0, NULL) &&
	       !syscall(SYS_SETRESGID, NOBODY, NOBODY, NOBODY) &&
	       !syscall(SYS_SETRESUID, NOBODY, NOBODY, NOBODY) &&
	       !prctl(PR_SET_DUMPABLE, 1) &&
	       !prctl(PR_SET_PDEATHSIG, SIGKILL);
}

#endif /* PTRACE_DATA_H */
