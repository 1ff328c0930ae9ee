/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What joins kernel/ptrace_rs/ to C: read by its C files and, through
 * rust/bindings/bindings_helper.h, by bindgen.
 */
#ifndef _KERNEL_PTRACE_RS_PTRACE_SHIM_H
#define _KERNEL_PTRACE_RS_PTRACE_SHIM_H

#include <linux/compat.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched/exec_state.h>
#include <linux/uio.h>

/*
 * Requests whose number, or whose being there at all, is the architecture's.
 * One that is not there has a number below 0, which no request has.
 */
enum {
#ifdef PTRACE_OLDSETOPTIONS
	PTRACE_SHIM_OLDSETOPTIONS = PTRACE_OLDSETOPTIONS,
#else
	PTRACE_SHIM_OLDSETOPTIONS = -1,
#endif
#ifdef PTRACE_SINGLEBLOCK
	PTRACE_SHIM_SINGLEBLOCK = PTRACE_SINGLEBLOCK,
#else
	PTRACE_SHIM_SINGLEBLOCK = -2,
#endif
#ifdef PTRACE_SYSEMU
	PTRACE_SHIM_SYSEMU = PTRACE_SYSEMU,
	PTRACE_SHIM_SYSEMU_SINGLESTEP = PTRACE_SYSEMU_SINGLESTEP,
#else
	PTRACE_SHIM_SYSEMU = -3,
	PTRACE_SHIM_SYSEMU_SINGLESTEP = -4,
#endif
#if defined(CONFIG_BINFMT_ELF_FDPIC) && defined(PTRACE_GETFDPIC)
	PTRACE_SHIM_GETFDPIC = PTRACE_GETFDPIC,
#else
	PTRACE_SHIM_GETFDPIC = -5,
#endif
};

/*
 * In ffi.rs: the system call. With @compat, that of a 32-bit program, whose
 * request and pid extend their sign; its other arguments, which are no numbers,
 * do not.
 */
long ptrace_rs_syscall(long request, long pid, unsigned long addr,
		       unsigned long data, bool compat);

/*
 * In ptrace_helpers.c: macros and inline functions that Rust cannot call. Where
 * no other name is given, that of the wrapped follows ptrace_shim_.
 */

/* Locks */
void ptrace_shim_lockdep_assert_tasklist_write(void);
void ptrace_shim_write_lock_irq_tasklist(void);
void ptrace_shim_write_unlock_irq_tasklist(void);
void ptrace_shim_sighand_lock_irq(struct sighand_struct *sighand);
void ptrace_shim_sighand_unlock_irq(struct sighand_struct *sighand);
void ptrace_shim_siglock_lock_irq(struct task_struct *task);
void ptrace_shim_siglock_unlock_irq(struct task_struct *task);
void ptrace_shim_siglock_lock(struct task_struct *task);
void ptrace_shim_siglock_unlock(struct task_struct *task);
void ptrace_shim_task_lock(struct task_struct *task);
void ptrace_shim_task_unlock(struct task_struct *task);
int ptrace_shim_cred_guard_lock_interruptible(struct task_struct *task);
void ptrace_shim_cred_guard_unlock(struct task_struct *task);

/* Lists */
void ptrace_shim_list_add(struct list_head *entry, struct list_head *head);
void ptrace_shim_list_del_init(struct list_head *entry);

/* Credentials and permissions */
bool ptrace_shim_ns_capable(struct user_namespace *ns, int cap);
bool ptrace_shim_ns_capable_noaudit(struct user_namespace *ns, int cap);
bool ptrace_shim_capable(int cap);
int ptrace_shim_security_ptrace_access_check(struct task_struct *child,
					     unsigned int mode);
int ptrace_shim_security_ptrace_traceme(struct task_struct *parent);
void ptrace_shim_warn_no_creds(void);
int ptrace_shim_current_seccomp_mode(void);

/* Tasks */
void ptrace_shim_signal_wake_up(struct task_struct *task, bool resume);
pid_t ptrace_shim_task_pid_vnr(struct task_struct *task);
bool ptrace_shim_thread_group_empty(struct task_struct *task);
bool ptrace_shim_autoreap(struct task_struct *task);
void ptrace_shim_audit_ptrace(struct task_struct *task);
void ptrace_shim_proc_ptrace_connector(struct task_struct *task, int which_id);
bool ptrace_shim_wait_task_inactive(struct task_struct *task,
				    unsigned int match_state);
void ptrace_shim_wait_on_trapping(struct task_struct *task);
bool ptrace_shim_test_tsk_restore_sigmask(struct task_struct *task);
void ptrace_shim_clear_tsk_restore_sigmask(struct task_struct *task);
void ptrace_shim_cond_resched(void);

/* How a tracee goes on */
void ptrace_shim_set_syscall_work(struct task_struct *task, bool trace, bool emu);
bool ptrace_shim_enable_single_step(struct task_struct *task);
bool ptrace_shim_enable_block_step(struct task_struct *task);
void ptrace_shim_disable_single_step(struct task_struct *task);

/* A tracee's registers */
int ptrace_shim_copy_regset_from_user(struct task_struct *task,
				      const struct user_regset_view *view,
				      unsigned int setno, unsigned int size,
				      const void __user *data);
void ptrace_shim_syscall_where(struct task_struct *task,
			       struct ptrace_syscall_info *info);
int ptrace_shim_syscall_get_nr(struct task_struct *task);
void ptrace_shim_syscall_get_arguments(struct task_struct *task,
				       unsigned long args[6]);
long ptrace_shim_syscall_get_error(struct task_struct *task);
long ptrace_shim_syscall_get_return_value(struct task_struct *task);
void ptrace_shim_syscall_set_nr(struct task_struct *task, int nr);
void ptrace_shim_syscall_set_arguments(struct task_struct *task,
				       const unsigned long args[6]);
void ptrace_shim_syscall_set_return_value(struct task_struct *task, int error,
					  long val);

/* User memory */
int ptrace_shim_put_user_ulong(unsigned long val, unsigned long __user *to);
int ptrace_shim_get_iovec(struct iovec *iov, const struct iovec __user *from);
int ptrace_shim_put_iov_len(size_t len, struct iovec __user *to);
#ifdef CONFIG_COMPAT
int ptrace_shim_put_user_u32(u32 val, u32 __user *to);
int ptrace_shim_get_compat_iovec(struct iovec *iov,
				 const struct compat_iovec __user *from);
int ptrace_shim_put_compat_iov_len(size_t len, struct compat_iovec __user *to);
void __user *ptrace_shim_compat_ptr(compat_uptr_t uptr);
int ptrace_shim_copy_siginfo_to_user32(struct compat_siginfo __user *to,
				       const struct kernel_siginfo *from);
bool ptrace_shim_in_compat_syscall(void);
#endif

/* Requests that are carried out elsewhere in the kernel */
int ptrace_shim_seccomp_get_filter(struct task_struct *task,
				   unsigned long filter_off, void __user *data);
int ptrace_shim_seccomp_get_metadata(struct task_struct *task,
				     unsigned long size, void __user *data);
int ptrace_shim_syscall_user_dispatch_set_config(struct task_struct *task,
						 unsigned long size,
						 void __user *data);
int ptrace_shim_syscall_user_dispatch_get_config(struct task_struct *task,
						 unsigned long size,
						 void __user *data);
int ptrace_shim_getfdpic(struct task_struct *task, unsigned long addr,
			 unsigned long *loadmap);

#endif /* _KERNEL_PTRACE_RS_PTRACE_SHIM_H */
