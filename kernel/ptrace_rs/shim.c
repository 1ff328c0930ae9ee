// SPDX-License-Identifier: GPL-2.0-only
/*
 * The C side of kernel/ptrace_rs/: what only the preprocessor or an inline
 * function can express. One wrapper per operation, and no logic.
 */

#include <linux/compat.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/syscalls.h>

#include "shim.h"

SYSCALL_DEFINE4(ptrace, long, request, long, pid, unsigned long, addr,
		unsigned long, data)
{
	return ptrace_rs_syscall(request, pid, addr, data);
}

#ifdef CONFIG_COMPAT
COMPAT_SYSCALL_DEFINE4(ptrace, compat_long_t, request, compat_long_t, pid,
		       compat_long_t, addr, compat_long_t, data)
{
	return ptrace_rs_compat_syscall(request, pid, addr, data);
}
#endif

void ptrace_shim_read_lock_tasklist(void)
{
	read_lock(&tasklist_lock);
}

void ptrace_shim_read_unlock_tasklist(void)
{
	read_unlock(&tasklist_lock);
}

void ptrace_shim_unlock_task_sighand(struct task_struct *task,
				     unsigned long *flags)
{
	unlock_task_sighand(task, flags);
}

void ptrace_shim_signal_wake_up(struct task_struct *task, bool resume)
{
	ptrace_signal_wake_up(task, resume);
}
