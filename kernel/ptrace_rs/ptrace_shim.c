// SPDX-License-Identifier: GPL-2.0-only
/*
 * What has to be in C of kernel/ptrace_rs/ and is called or looked for by its
 * name: the system call, and an export.
 */

#include <linux/compat.h>
#include <linux/export.h>
#include <linux/regset.h>
#include <linux/syscalls.h>

#include "ptrace_shim.h"

/* The system call */

SYSCALL_DEFINE4(ptrace, long, request, long, pid, unsigned long, addr,
		unsigned long, data)
{
	return ptrace_rs_syscall(request, pid, addr, data, false);
}

#ifdef CONFIG_COMPAT
COMPAT_SYSCALL_DEFINE4(ptrace, compat_long_t, request, compat_long_t, pid,
		       compat_long_t, addr, compat_long_t, data)
{
	return ptrace_rs_syscall(request, pid, (compat_ulong_t)addr,
				 (compat_ulong_t)data, true);
}
#endif

/*
 * Declared in linux/regset.h and defined by the architecture. The export is
 * near the main use, so that no architecture forgets it.
 */
EXPORT_SYMBOL_GPL(task_user_regset_view);
