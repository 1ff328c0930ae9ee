// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helpers of kernel/ptrace_rs/: what only the preprocessor or an inline
 * function can express. One wrapper for an operation, with next to no logic.
 *
 * With CONFIG_RUST_INLINE_HELPERS they are compiled into the Rust code, as
 * those of rust/helpers/ are, and are no symbols of the kernel. So there are
 * only functions here, and nothing that is to be there once, such as a static
 * variable or an export: that is for ptrace_shim.c.
 */

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/cn_proc.h>
#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/seccomp.h>
#include <linux/security.h>
#include <linux/syscall_user_dispatch.h>
#include <linux/uaccess.h>
#include <linux/wait_bit.h>

#include <asm/syscall.h>

#include "ptrace_shim.h"

/* rust/helpers/helpers.c has the reason. */
#define __rust_helper __always_inline

/* Locks */

__rust_helper void ptrace_shim_lockdep_assert_tasklist_write(void)
{
	lockdep_assert_held_write(&tasklist_lock);
}

__rust_helper void ptrace_shim_write_lock_irq_tasklist(void)
{
	write_lock_irq(&tasklist_lock);
}

__rust_helper void ptrace_shim_write_unlock_irq_tasklist(void)
{
	write_unlock_irq(&tasklist_lock);
}

__rust_helper void ptrace_shim_sighand_lock_irq(struct sighand_struct *sighand)
{
	spin_lock_irq(&sighand->siglock);
}

__rust_helper void ptrace_shim_sighand_unlock_irq(struct sighand_struct *sighand)
{
	spin_unlock_irq(&sighand->siglock);
}

/* The caller has seen to it that this is not NULL and does not change. */
static spinlock_t *siglock(struct task_struct *task)
{
	return &rcu_dereference_protected(task->sighand, 1)->siglock;
}

__rust_helper void ptrace_shim_siglock_lock_irq(struct task_struct *task)
{
	spin_lock_irq(siglock(task));
}

__rust_helper void ptrace_shim_siglock_unlock_irq(struct task_struct *task)
{
	spin_unlock_irq(siglock(task));
}

__rust_helper void ptrace_shim_siglock_lock(struct task_struct *task)
{
	spin_lock(siglock(task));
}

__rust_helper void ptrace_shim_siglock_unlock(struct task_struct *task)
{
	spin_unlock(siglock(task));
}

__rust_helper void ptrace_shim_task_lock(struct task_struct *task)
{
	task_lock(task);
}

__rust_helper void ptrace_shim_task_unlock(struct task_struct *task)
{
	task_unlock(task);
}

__rust_helper int
ptrace_shim_cred_guard_lock_interruptible(struct task_struct *task)
{
	return mutex_lock_interruptible(&task->signal->cred_guard_mutex);
}

__rust_helper void ptrace_shim_cred_guard_unlock(struct task_struct *task)
{
	mutex_unlock(&task->signal->cred_guard_mutex);
}

/* Lists */

__rust_helper void ptrace_shim_list_add(struct list_head *entry,
					struct list_head *head)
{
	list_add(entry, head);
}

__rust_helper void ptrace_shim_list_del_init(struct list_head *entry)
{
	list_del_init(entry);
}

/* Credentials and permissions */

__rust_helper bool ptrace_shim_ns_capable(struct user_namespace *ns, int cap)
{
	return ns_capable(ns, cap);
}

__rust_helper bool ptrace_shim_ns_capable_noaudit(struct user_namespace *ns,
						  int cap)
{
	return ns_capable_noaudit(ns, cap);
}

__rust_helper bool ptrace_shim_capable(int cap)
{
	return capable(cap);
}

__rust_helper int
ptrace_shim_security_ptrace_access_check(struct task_struct *child,
					 unsigned int mode)
{
	return security_ptrace_access_check(child, mode);
}

__rust_helper int
ptrace_shim_security_ptrace_traceme(struct task_struct *parent)
{
	return security_ptrace_traceme(parent);
}

__rust_helper void ptrace_shim_warn_no_creds(void)
{
	WARN(1, "denying ptrace access check without PTRACE_MODE_*CREDS\n");
}

__rust_helper int ptrace_shim_current_seccomp_mode(void)
{
	return seccomp_mode(&current->seccomp);
}

/* Tasks */

__rust_helper void ptrace_shim_signal_wake_up(struct task_struct *task,
					      bool resume)
{
	ptrace_signal_wake_up(task, resume);
}

__rust_helper pid_t ptrace_shim_task_pid_vnr(struct task_struct *task)
{
	return task_pid_vnr(task);
}

__rust_helper bool ptrace_shim_thread_group_empty(struct task_struct *task)
{
	return thread_group_empty(task);
}

__rust_helper bool ptrace_shim_autoreap(struct task_struct *task)
{
	return task->signal->autoreap;
}

__rust_helper void ptrace_shim_audit_ptrace(struct task_struct *task)
{
	audit_ptrace(task);
}

__rust_helper void ptrace_shim_proc_ptrace_connector(struct task_struct *task,
						     int which_id)
{
	proc_ptrace_connector(task, which_id);
}

__rust_helper bool ptrace_shim_wait_task_inactive(struct task_struct *task,
						  unsigned int match_state)
{
	return !WARN_ON_ONCE(!wait_task_inactive(task, match_state));
}

__rust_helper void ptrace_shim_wait_on_trapping(struct task_struct *task)
{
	wait_on_bit(&task->jobctl, JOBCTL_TRAPPING_BIT, TASK_KILLABLE);
}

__rust_helper bool
ptrace_shim_test_tsk_restore_sigmask(struct task_struct *task)
{
	return test_tsk_restore_sigmask(task);
}

__rust_helper void
ptrace_shim_clear_tsk_restore_sigmask(struct task_struct *task)
{
	clear_tsk_restore_sigmask(task);
}

__rust_helper void ptrace_shim_cond_resched(void)
{
	cond_resched();
}

/* How a tracee goes on */

__rust_helper void ptrace_shim_set_syscall_work(struct task_struct *task,
						bool trace, bool emu)
{
	if (trace)
		set_task_syscall_work(task, SYSCALL_TRACE);
	else
		clear_task_syscall_work(task, SYSCALL_TRACE);

#if defined(CONFIG_GENERIC_ENTRY) || defined(TIF_SYSCALL_EMU)
	if (emu)
		set_task_syscall_work(task, SYSCALL_EMU);
	else
		clear_task_syscall_work(task, SYSCALL_EMU);
#endif
}

__rust_helper bool ptrace_shim_enable_single_step(struct task_struct *task)
{
	if (!arch_has_single_step())
		return false;
	user_enable_single_step(task);
	return true;
}

__rust_helper bool ptrace_shim_enable_block_step(struct task_struct *task)
{
	if (!arch_has_block_step())
		return false;
	user_enable_block_step(task);
	return true;
}

__rust_helper void ptrace_shim_disable_single_step(struct task_struct *task)
{
	user_disable_single_step(task);
}

/* A tracee's registers */

__rust_helper int
ptrace_shim_copy_regset_from_user(struct task_struct *task,
				  const struct user_regset_view *view,
				  unsigned int setno, unsigned int size,
				  const void __user *data)
{
	return copy_regset_from_user(task, view, setno, 0, size, data);
}

__rust_helper void ptrace_shim_syscall_where(struct task_struct *task,
					     struct ptrace_syscall_info *info)
{
	struct pt_regs *regs = task_pt_regs(task);

	info->arch = syscall_get_arch(task);
	info->instruction_pointer = instruction_pointer(regs);
	info->stack_pointer = user_stack_pointer(regs);
}

__rust_helper int ptrace_shim_syscall_get_nr(struct task_struct *task)
{
	return syscall_get_nr(task, task_pt_regs(task));
}

__rust_helper void ptrace_shim_syscall_get_arguments(struct task_struct *task,
						     unsigned long args[6])
{
	syscall_get_arguments(task, task_pt_regs(task), args);
}

__rust_helper long ptrace_shim_syscall_get_error(struct task_struct *task)
{
	return syscall_get_error(task, task_pt_regs(task));
}

__rust_helper long
ptrace_shim_syscall_get_return_value(struct task_struct *task)
{
	return syscall_get_return_value(task, task_pt_regs(task));
}

__rust_helper void ptrace_shim_syscall_set_nr(struct task_struct *task, int nr)
{
	syscall_set_nr(task, task_pt_regs(task), nr);
}

__rust_helper void
ptrace_shim_syscall_set_arguments(struct task_struct *task,
				  const unsigned long args[6])
{
	/* No architecture changes them, but some do not say const. */
	syscall_set_arguments(task, task_pt_regs(task), (unsigned long *)args);
}

__rust_helper void
ptrace_shim_syscall_set_return_value(struct task_struct *task, int error,
				     long val)
{
	syscall_set_return_value(task, task_pt_regs(task), error, val);
}

/* User memory */

__rust_helper int ptrace_shim_put_user_ulong(unsigned long val,
					     unsigned long __user *to)
{
	return put_user(val, to);
}

__rust_helper int ptrace_shim_get_iovec(struct iovec *iov,
					const struct iovec __user *from)
{
	if (!access_ok(from, sizeof(*from)) ||
	    __get_user(iov->iov_base, &from->iov_base) ||
	    __get_user(iov->iov_len, &from->iov_len))
		return -EFAULT;
	return 0;
}

__rust_helper int ptrace_shim_put_iov_len(size_t len, struct iovec __user *to)
{
	return __put_user(len, &to->iov_len);
}

#ifdef CONFIG_COMPAT
__rust_helper int ptrace_shim_put_user_u32(u32 val, u32 __user *to)
{
	return put_user(val, to);
}

__rust_helper int
ptrace_shim_get_compat_iovec(struct iovec *iov,
			     const struct compat_iovec __user *from)
{
	compat_uptr_t base;
	compat_size_t len;

	if (!access_ok(from, sizeof(*from)) ||
	    __get_user(base, &from->iov_base) ||
	    __get_user(len, &from->iov_len))
		return -EFAULT;
	iov->iov_base = compat_ptr(base);
	iov->iov_len = len;
	return 0;
}

__rust_helper int ptrace_shim_put_compat_iov_len(size_t len,
						 struct compat_iovec __user *to)
{
	return __put_user(len, &to->iov_len);
}

__rust_helper void __user *ptrace_shim_compat_ptr(compat_uptr_t uptr)
{
	return compat_ptr(uptr);
}

__rust_helper int
ptrace_shim_copy_siginfo_to_user32(struct compat_siginfo __user *to,
				   const struct kernel_siginfo *from)
{
	return copy_siginfo_to_user32(to, from);
}

__rust_helper bool ptrace_shim_in_compat_syscall(void)
{
	return in_compat_syscall();
}
#endif

/* Requests that are carried out elsewhere in the kernel */

__rust_helper int ptrace_shim_seccomp_get_filter(struct task_struct *task,
						 unsigned long filter_off,
						 void __user *data)
{
	return seccomp_get_filter(task, filter_off, data);
}

__rust_helper int ptrace_shim_seccomp_get_metadata(struct task_struct *task,
						   unsigned long size,
						   void __user *data)
{
	return seccomp_get_metadata(task, size, data);
}

__rust_helper int
ptrace_shim_syscall_user_dispatch_set_config(struct task_struct *task,
					     unsigned long size,
					     void __user *data)
{
	return syscall_user_dispatch_set_config(task, size, data);
}

__rust_helper int
ptrace_shim_syscall_user_dispatch_get_config(struct task_struct *task,
					     unsigned long size,
					     void __user *data)
{
	return syscall_user_dispatch_get_config(task, size, data);
}

__rust_helper int ptrace_shim_getfdpic(struct task_struct *task,
				       unsigned long addr,
				       unsigned long *loadmap)
{
#if defined(CONFIG_BINFMT_ELF_FDPIC) && defined(PTRACE_GETFDPIC)
	struct mm_struct *mm = get_task_mm(task);

	if (!mm)
		return -ESRCH;
	*loadmap = addr == PTRACE_GETFDPIC_EXEC ?
			   mm->context.exec_fdpic_loadmap :
		   addr == PTRACE_GETFDPIC_INTERP ?
			   mm->context.interp_fdpic_loadmap : 0;
	mmput(mm);
	return 0;
#else
	return -EIO;
#endif
}
