// SPDX-License-Identifier: GPL-2.0-only

//! Tasks: the places of their fields, and what may be asked of any task at any time.
//!
//! No reference to a `task_struct` is ever made, since C changes it at any time. [`place!`] gives
//! the address of a field. A field is then accessed in one of three ways:
//!
//! - [`read_once!`] where no lock protects it: `READ_ONCE()` in C;
//! - [`rcu_dereference!`] for a pointer that is followed under RCU;
//! - a plain access where a lock protects it, or a stop that does not end. That is done by the type
//!   that proves it, in a module above this one.

use core::{
    marker::PhantomData,
    ops::{
        Deref,
        DerefMut, //
    },
    ptr::{
        self,
        NonNull, //
    }, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::aref::ARef,
    task::{
        CurrentTask,
        Task, //
    },
    types::NotThreadSafe, //
};

/// The siginfo of a signal that the kernel sends, and that cannot be ignored.
///
/// A macro with a cast in C, which bindgen drops.
pub(crate) const SEND_SIG_PRIV: *mut bindings::kernel_siginfo = ptr::without_provenance_mut(1);

/// The siginfo of a signal that a process sends.
pub(crate) const SEND_SIG_NOINFO: *mut bindings::kernel_siginfo = ptr::null_mut();

/// The address of a field of a [`Task`]: valid, and aligned, for as long as the task is.
macro_rules! place {
    ($task:expr, $($field:ident).+) => {{
        // Also where it is used in an unsafe block: the reason for it is here.
        #[allow(unused_unsafe)]
        // SAFETY: A `Task` is a valid task, so that the address of its field is in bounds.
        let place = unsafe { &raw mut (*$task.as_ptr()).$($field).+ };
        place
    }};
}
pub(crate) use place;

/// Reads a word at an address that other CPUs may store to at the same time: `READ_ONCE()`.
///
/// An atomic load. Without `CONFIG_RUST_INLINE_HELPERS` that is a call for each read of a flag; a
/// volatile load takes its place there.
///
/// # Safety
///
/// The address is valid and aligned, and is stored to as a word.
macro_rules! read_once {
    ($place:expr) => {
        if cfg!(CONFIG_RUST_INLINE_HELPERS) {
            kernel::sync::atomic::atomic_load($place, kernel::sync::atomic::Relaxed)
        } else {
            $place.read_volatile()
        }
    };
}
pub(crate) use read_once;

/// Stores a word at an address that other CPUs may read at the same time: `WRITE_ONCE()`.
///
/// As [`read_once!`].
///
/// # Safety
///
/// The address is valid and aligned, and nobody else stores to it now.
macro_rules! write_once {
    ($place:expr, $value:expr) => {
        if cfg!(CONFIG_RUST_INLINE_HELPERS) {
            kernel::sync::atomic::atomic_store($place, $value, kernel::sync::atomic::Relaxed)
        } else {
            $place.write_volatile($value)
        }
    };
}
pub(crate) use write_once;

/// Reads a pointer that is followed under RCU.
///
/// With acquire ordering, where C relies on the dependency between the load of the pointer and that
/// of what it points to: the Rust compiler does not promise to keep that. It costs nothing on
/// x86.
///
/// # Safety
///
/// The address is valid and aligned, and the pointer is published by `rcu_assign_pointer()` or by
/// who holds the lock that protects it.
macro_rules! rcu_dereference {
    ($place:expr) => {
        if cfg!(CONFIG_RUST_INLINE_HELPERS) || !cfg!(CONFIG_X86) {
            kernel::sync::atomic::atomic_load($place, kernel::sync::atomic::Acquire)
        } else {
            // x86 orders all loads.
            $place.read_volatile()
        }
    };
}
pub(crate) use rcu_dereference;

/// Borrows the task behind a pointer from C.
///
/// # Safety
///
/// `task` points to a valid task, which stays so for `'a`.
#[inline]
pub(crate) unsafe fn from_raw<'a>(task: *mut bindings::task_struct) -> &'a Task {
    // SAFETY: By the requirement of this function. CAST: `Task` is a transparent wrapper of an
    // opaque `task_struct`, so that this makes no reference to the latter.
    unsafe { &*task.cast::<Task>() }
}

/// Stops the kernel if a list of tracees, or what it says, is `broken`: to go on would corrupt
/// memory.
#[doc(alias = "BUG_ON")]
#[inline]
pub(crate) fn bug_on(broken: bool) {
    if broken {
        // SAFETY: An FFI call with no additional requirements.
        unsafe { bindings::BUG() };
    }
}

/// The current task, which is in the ptrace(2) system call.
///
/// A lock that disables interrupts, and enables them when it is released, borrows this mutably. So
/// a second one cannot be taken under it: its release would enable interrupts too early. With
/// `CONFIG_PREEMPT_RT`, these locks sleep and leave interrupts as they are; what the types rule out
/// there is that one such lock is taken under another in an order that nobody has looked at.
///
/// # Invariants
///
/// The current task is in ptrace(2): it has not begun to exit, was not released, and does not
/// change its credentials. No lock is held unless the value is borrowed mutably.
// Without the pointer: it is read anew where it is needed, as in C, and takes no register.
pub(crate) struct Caller<'c>(PhantomData<&'c CurrentTask>, NotThreadSafe);

/// The caller at the entry of ptrace(2), where no tracee is frozen for the request.
///
/// What attaches, and what checks and freezes a tracee, asks for this: a handler of a request,
/// which has a [`Caller`] only, cannot freeze its tracee again, and so cannot unfreeze it.
///
/// # Invariants
///
/// The current task has no tracee frozen unless the value is borrowed mutably.
pub(crate) struct Entry<'c>(Caller<'c>);

impl<'c> Entry<'c> {
    /// The current task, at the entry of the system call.
    ///
    /// # Safety
    ///
    /// The current task is at the entry of ptrace(2), in process context with no lock held. There
    /// is no other value of this type in this system call.
    #[inline]
    pub(crate) unsafe fn new(current: &'c CurrentTask) -> Self {
        // SAFETY: By the requirement of this function.
        let caller = unsafe { Caller::in_syscall(current) };
        // INVARIANT: By the requirement of this function.
        Self(caller)
    }
}

impl<'c> Deref for Entry<'c> {
    type Target = Caller<'c>;

    #[inline]
    fn deref(&self) -> &Caller<'c> {
        &self.0
    }
}

impl<'c> DerefMut for Entry<'c> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Caller<'c> {
        &mut self.0
    }
}

impl<'c> Caller<'c> {
    /// The current task, in the system call.
    ///
    /// # Safety
    ///
    /// The current task is in ptrace(2), in process context with no lock held. No other value of
    /// this type is used while this one exists.
    #[inline]
    pub(crate) unsafe fn in_syscall(_current: &'c CurrentTask) -> Self {
        // INVARIANT: By the requirement of this function.
        Self(PhantomData, NotThreadSafe)
    }

    /// The current task.
    #[inline]
    pub(crate) fn current(&self) -> &'c CurrentTask {
        // CAST: `CurrentTask` is a transparent wrapper of an opaque `task_struct`.
        // SAFETY: The value was made with a reference to the current task that lives for `'c`, and
        // is not sent to another.
        unsafe { &*Task::current_raw().cast::<CurrentTask>() }
    }

    /// Waits until `task`, which was woken from its group stop by who attaches it, is in a
    /// ptrace-stop, or until the caller is killed. Sleeps.
    #[doc(alias = "JOBCTL_TRAPPING")]
    pub(crate) fn wait_while_trapping(&mut self, task: &Task) {
        // SAFETY: `task` is a valid task. By the type's invariant, this context may sleep.
        unsafe { bindings::ptrace_shim_wait_on_trapping(task.as_ptr()) };
    }

    /// Tells the listeners of the proc connector that `task` was attached or detached.
    #[doc(alias = "proc_ptrace_connector")]
    pub(crate) fn tell_connector(&mut self, task: &Task, request: u32) {
        // CAST: A request's number fits.
        // SAFETY: `task` is a valid task. By the type's invariant, this context may sleep.
        unsafe { bindings::ptrace_shim_proc_ptrace_connector(task.as_ptr(), request as c_int) };
    }

    /// Lets another task run, if one is to. Sleeps.
    #[inline]
    pub(crate) fn cond_resched(&mut self) {
        // SAFETY: By the type's invariant, this context may sleep.
        unsafe { bindings::ptrace_shim_cond_resched() };
    }
}

impl Deref for Caller<'_> {
    type Target = CurrentTask;

    #[inline]
    fn deref(&self) -> &CurrentTask {
        self.current()
    }
}

/// Finds a task by its number in the pid namespace of the current task.
///
/// The low 32 bits of `pid` count, as in C.
#[doc(alias = "find_get_task_by_vpid")]
pub(crate) fn find_by_vpid(pid: c_long) -> Option<ARef<Task>> {
    // CAST: The truncation to `pid_t` that C does.
    // SAFETY: An FFI call with no additional requirements.
    let task = unsafe { bindings::find_get_task_by_vpid(pid as bindings::pid_t) };
    // CAST: `Task` is a transparent wrapper of `task_struct`.
    let task = NonNull::new(task.cast::<Task>())?;
    // SAFETY: The function returned a valid task with a reference for the caller.
    Some(unsafe { ARef::from_raw(task) })
}

/// The ptrace flags of `task`, `PT_*`; 0 if it is not traced.
///
/// Without a lock, a moment later the task may be traced or not. Attaching and detaching change the
/// flags under the write-locked `tasklist_lock` and the siglock, and its tracer changes them while
/// the task is in a ptrace-stop.
#[inline]
pub(crate) fn ptrace_flags(task: &Task) -> c_uint {
    // SAFETY: The place of a field, which is stored to as a word.
    unsafe { read_once!(place!(task, ptrace)) }
}

/// Whether `tracer` traces `task` at this moment.
///
/// The comparison of a pointer that is not followed, which needs no lock.
#[doc(alias = "ptrace_parent")]
#[inline]
pub(crate) fn is_traced_by(task: &Task, tracer: &Task) -> bool {
    if ptrace_flags(task) == 0 {
        return false;
    }
    // SAFETY: The place of a field, which is stored to as a word.
    let parent = unsafe { read_once!(place!(task, parent)) };
    ptr::eq(parent, tracer.as_ptr())
}

/// Whether `task` has a flag of `PF_*`. The task writes them itself.
#[inline]
fn has_flag(task: &Task, flag: u32) -> bool {
    // SAFETY: The place of a field, which is stored to as a word.
    let flags = unsafe { read_once!(place!(task, flags)) };
    flags & flag != 0
}

/// Whether `task` has begun to exit.
#[doc(alias = "PF_EXITING")]
#[inline]
pub(crate) fn is_exiting(task: &Task) -> bool {
    has_flag(task, bindings::PF_EXITING)
}

/// Whether `task` is a thread of the kernel.
#[doc(alias = "PF_KTHREAD")]
#[inline]
pub(crate) fn is_kthread(task: &Task) -> bool {
    has_flag(task, bindings::PF_KTHREAD)
}

/// Whether `task` is a thread of a process that works for the kernel and never returns to user
/// mode, such as those of io_uring.
#[doc(alias = "PF_USER_WORKER")]
#[inline]
pub(crate) fn is_user_worker(task: &Task) -> bool {
    has_flag(task, bindings::PF_USER_WORKER)
}

/// The signal struct of `task`, which lives as long as the task does.
#[inline]
pub(crate) fn signal(task: &Task) -> *mut bindings::signal_struct {
    // SAFETY: The place of a field, which fork() sets and nobody changes.
    unsafe { place!(task, signal).read() }
}

/// Whether two tasks are threads of one process.
#[inline]
pub(crate) fn same_thread_group(a: &Task, b: &Task) -> bool {
    ptr::eq(signal(a), signal(b))
}

/// The signal that tells the parent of the end of `task`; below 0 for a thread that does not lead
/// its group.
#[inline]
pub(crate) fn exit_signal(task: &Task) -> c_int {
    // SAFETY: The place of a field, which is stored to as a word.
    unsafe { read_once!(place!(task, exit_signal)) }
}

/// `EXIT_ZOMBIE` and so on; 0 if `task` has not exited. It does not become 0 again.
#[inline]
pub(crate) fn exit_state(task: &Task) -> u32 {
    // CAST: A set of flags.
    // SAFETY: The place of a field, which is stored to as a word.
    (unsafe { read_once!(place!(task, exit_state)) }) as u32
}

/// Whether `task` is the leader of its thread group.
#[doc(alias = "thread_group_leader")]
#[inline]
pub(crate) fn is_group_leader(task: &Task) -> bool {
    exit_signal(task) >= 0
}

/// The number of `task` in the pid namespace of the current task.
#[doc(alias = "task_pid_vnr")]
#[inline]
pub(crate) fn vnr(task: &Task) -> bindings::pid_t {
    // SAFETY: `task` is a valid task.
    unsafe { bindings::ptrace_shim_task_pid_vnr(task.as_ptr()) }
}

/// Records for the audit of the current system call that it is about `task`.
#[doc(alias = "audit_ptrace")]
pub(crate) fn audit(task: &Task) {
    // SAFETY: `task` is a valid task.
    unsafe { bindings::ptrace_shim_audit_ptrace(task.as_ptr()) };
}

/// Sends `SIGKILL`, as the kernel.
///
/// # Safety
///
/// The current task may kill `task`: it traces it. No siglock is held.
#[doc(alias = "send_sig_info")]
pub(crate) unsafe fn kill_by_kernel(task: &Task) {
    // SAFETY: `task` is a valid task, and the second argument is one of the values that are no
    // pointer. The result says whether the task was alive, which it need not be.
    unsafe { bindings::send_sig_info(bindings::SIGKILL as c_int, SEND_SIG_PRIV, task.as_ptr()) };
}
