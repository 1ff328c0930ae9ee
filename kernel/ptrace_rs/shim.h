/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What joins kernel/ptrace_rs/ to C: read by shim.c and, through
 * rust/bindings/bindings_helper.h, by bindgen.
 */
#ifndef _KERNEL_PTRACE_RS_SHIM_H
#define _KERNEL_PTRACE_RS_SHIM_H

#include <linux/compat.h>
#include <linux/ptrace.h>

/* In ffi.rs: the system call's entries. */
long ptrace_rs_syscall(long request, long pid, unsigned long addr,
		       unsigned long data);
#ifdef CONFIG_COMPAT
long ptrace_rs_compat_syscall(compat_long_t request, compat_long_t pid,
			      compat_long_t addr, compat_long_t data);
#endif

/* In shim.c: macros and inline functions that Rust cannot call. */
void ptrace_shim_read_lock_tasklist(void);
void ptrace_shim_read_unlock_tasklist(void);
void ptrace_shim_unlock_task_sighand(struct task_struct *task,
				     unsigned long *flags);
void ptrace_shim_signal_wake_up(struct task_struct *task, bool resume);

/* In kernel/ptrace.c: the requests that are not in the crate yet. */
long ptrace_c_syscall(long request, long pid, unsigned long addr,
		      unsigned long data);
#ifdef CONFIG_COMPAT
long ptrace_c_compat_syscall(compat_long_t request, compat_long_t pid,
			     compat_long_t addr, compat_long_t data);
#endif

#endif /* _KERNEL_PTRACE_RS_SHIM_H */
