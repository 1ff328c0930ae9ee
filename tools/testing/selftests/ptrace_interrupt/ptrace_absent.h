/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by tests where memory is not there yet: userfaultfd(2).
 */
#ifndef PTRACE_ABSENT_H
#define PTRACE_ABSENT_H

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include "ptrace_test.h"

/* A page that blocks every thread that touches it, until @userfaultfd provides the page. */
static inline void *absent_page(int *userfaultfd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	long size = sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	range.range.start = (unsigned long)page;
	range.range.len = size;
	*userfaultfd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (page == MAP_FAILED || *userfaultfd < 0 || ioctl(*userfaultfd, UFFDIO_API, &api) ||
	    ioctl(*userfaultfd, UFFDIO_REGISTER, &range))
		return NULL;
	return page;
}

#endif /* PTRACE_ABSENT_H */
