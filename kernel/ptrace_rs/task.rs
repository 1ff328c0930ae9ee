// SPDX-License-Identifier: GPL-2.0-only

//! Finding tasks, and the fields of a task that ptrace is about.
//!
//! A field that is protected by a lock is reached by a function that asks for the lock's guard;
//! what the siglock protects is in [`crate::lock::SighandGuard`]. No reference to a `task_struct`
//! is ever made: C changes it at any time.

#[cfg(CONFIG_RSEQ)]
use crate::user::RseqConfiguration;
use crate::{
    cred::UserNs,
    error::to_result,
    jobctl::Jobctl,
    list::Zombie,
    lock::{
        AllocGuard,
        TasklistHeld,
        TasklistWrite, //
    },
    options::{
        DetachSignal,
        PtFlags, //
    },
    stop::Stopped, //
};
use core::{
    marker::PhantomData,
    ptr::{
        self,
        NonNull, //
    }, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::{
        aref::ARef,
        rcu, //
    },
    task::{
        CurrentTask,
        Task, //
    }, //
};

/// The siginfo of a signal that the kernel sends, and that cannot be ignored.
///
/// A macro of a cast in C, which bindgen drops.
pub(crate) const SEND_SIG_PRIV: *mut bindings::kernel_siginfo = ptr::without_provenance_mut(1);

/// The siginfo of a signal that a process sends.
const SEND_SIG_NOINFO: *mut bindings::kernel_siginfo = ptr::null_mut();

/// Reads a field of a [`Task`], once.
macro_rules! read_field {
    ($task:expr, $($field:ident).+) => {{
        // SAFETY: A `Task` is a valid task, so that the place of its field is too.
        let place = unsafe { &raw const (*$task.as_ptr()).$($field).+ };
        // SAFETY: The place is valid and aligned. Other CPUs may store to it at the same time,
        // hence the volatile load, as with `READ_ONCE()`.
        unsafe { place.read_volatile() }
    }};
}
pub(crate) use read_field;

/// Writes a field of a [`Task`], once; a volatile store, as with `WRITE_ONCE()`, since other CPUs
/// may load it at the same time.
///
/// # Safety
///
/// The caller is the one that may write the field now, by the lock or the state that protects it,
/// and the value is one that C can do with.
macro_rules! write_field {
    ($task:expr, $($field:ident).+, $value:expr) => {
        (&raw mut (*$task.as_ptr()).$($field).+).write_volatile($value)
    };
}
pub(crate) use write_field;

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

/// Finds a task by its number in the pid namespace of the current task.
///
/// Of `pid`, the low 32 bits count, as in C.
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

// Who traces whom.

/// The ptrace flags of `task`, `PT_*`; 0 if it is not traced.
///
/// They change when the task is attached or detached, under the write-locked `tasklist_lock`, and
/// by its tracer while it is stopped. To a tracer they are stable for as long as it traces the
/// task.
#[inline]
pub(crate) fn ptrace_flags(task: &Task) -> c_uint {
    read_field!(task, ptrace)
}

/// Detaches `task`, as far as its flags go. Also under its siglock.
#[inline]
pub(crate) fn clear_ptrace_flags(task: &Task, _lock: &TasklistWrite) {
    // SAFETY: A task is detached by who holds `_lock`.
    unsafe { write_field!(task, ptrace, 0) };
}

/// Changes the options of a stopped tracee, in one store.
#[inline]
pub(crate) fn change_ptrace_flags(stopped: &Stopped<'_>, flags: PtFlags) {
    // SAFETY: While a tracee is stopped, its flags belong to its tracer.
    unsafe { write_field!(stopped.task(), ptrace, flags.bits()) };
}

/// Whether the parent of `task`, which is its tracer if it is traced, is `parent`.
#[inline]
pub(crate) fn is_parent(task: &Task, parent: &Task, _lock: &impl TasklistHeld) -> bool {
    ptr::eq(read_field!(task, parent), parent.as_ptr())
}

/// Whether `tracer` traces `task` at this moment.
///
/// The comparison of a pointer that is not followed, so that it needs no lock.
#[doc(alias = "ptrace_parent")]
#[inline]
pub(crate) fn is_traced_by(task: &Task, tracer: &Task) -> bool {
    ptrace_flags(task) != 0 && ptr::eq(read_field!(task, parent), tracer.as_ptr())
}

/// The parent of the current task: its tracer, or else its real parent.
#[inline]
pub(crate) fn parent<'t>(current: &'t CurrentTask, _lock: &'t TasklistWrite) -> &'t Task {
    let parent = read_field!(current, parent);
    // SAFETY: The parent of a task that has not been released, as one that makes a system call has
    // not, is never null, and valid under `tasklist_lock`.
    unsafe { from_raw(parent) }
}

/// The process that `task` is a child of, whoever traces it.
///
/// # Safety
///
/// `task` has not been released.
#[inline]
pub(crate) unsafe fn real_parent<'t>(task: &'t Task, _lock: &'t TasklistWrite) -> &'t Task {
    let real_parent = read_field!(task, real_parent);
    // SAFETY: By the requirement of this function, it is not null, and valid under `tasklist_lock`.
    unsafe { from_raw(real_parent) }
}

/// Makes `parent` the parent of `task`.
///
/// # Safety
///
/// `parent` is the tracer of `task`, or else its real parent, and so stays a valid task for as long
/// as it is its parent.
#[inline]
pub(crate) unsafe fn set_parent(task: &Task, parent: &Task, _lock: &TasklistWrite) {
    // SAFETY: This is protected by `_lock`; and by the requirement of this function.
    unsafe { write_field!(task, parent, parent.as_ptr()) };
}

// What a task is.

/// The flags of `task`, `PF_*`. Each is written by the task itself.
#[inline]
fn has_flag(task: &Task, flag: u32) -> bool {
    read_field!(task, flags) & flag != 0
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
/// mode, as of io_uring.
#[doc(alias = "PF_USER_WORKER")]
#[inline]
pub(crate) fn is_user_worker(task: &Task) -> bool {
    has_flag(task, bindings::PF_USER_WORKER)
}

/// The signal struct of `task`, which lives as long as the task does.
#[inline]
pub(crate) fn signal(task: &Task) -> *mut bindings::signal_struct {
    read_field!(task, signal)
}

/// The sighand struct of `task`; null once it was released.
#[inline]
pub(crate) fn sighand(task: &Task) -> *mut bindings::sighand_struct {
    read_field!(task, sighand)
}

/// Whether two tasks are threads of one process.
#[inline]
pub(crate) fn same_thread_group(a: &Task, b: &Task) -> bool {
    ptr::eq(signal(a), signal(b))
}

/// Whether `task` is the leader of its thread group.
#[doc(alias = "thread_group_leader")]
#[inline]
pub(crate) fn is_group_leader(task: &Task) -> bool {
    exit_signal(task) >= 0
}

/// Whether `task` is the only thread of its process.
#[doc(alias = "thread_group_empty")]
#[inline]
pub(crate) fn is_only_thread(task: &Task, _lock: &TasklistWrite) -> bool {
    // SAFETY: `task` is a valid task, and the list of threads does not change under the lock.
    unsafe { bindings::ptrace_shim_thread_group_empty(task.as_ptr()) }
}

/// The number of `task` in the pid namespace of the current task.
#[doc(alias = "task_pid_vnr")]
#[inline]
pub(crate) fn vnr(task: &Task) -> bindings::pid_t {
    // SAFETY: `task` is a valid task.
    unsafe { bindings::ptrace_shim_task_pid_vnr(task.as_ptr()) }
}

// How a task ends.

/// `EXIT_ZOMBIE`, `EXIT_DEAD`, or 0 for a task that has not exited.
#[inline]
pub(crate) fn exit_state(task: &Task, _lock: &TasklistWrite) -> u32 {
    // CAST: The states are bits, and the field has room for more than them.
    read_field!(task, exit_state) as u32
}

/// The signal that tells the parent of the end of `task`; below 0 for a thread that is no leader.
#[inline]
pub(crate) fn exit_signal(task: &Task) -> c_int {
    read_field!(task, exit_signal)
}

/// Whether the process of `task` is to be reaped with no one waiting for it.
#[inline]
pub(crate) fn is_autoreaped(task: &Task) -> bool {
    // SAFETY: `task` is a valid task, whose signal struct lives as long as it does.
    unsafe { bindings::ptrace_shim_autoreap(task.as_ptr()) }
}

/// Tells the parent of a zombie, which was taken from its tracer, that it is one; returns whether
/// it is to reap itself.
#[doc(alias = "do_notify_parent")]
pub(crate) fn notify_parent(zombie: &Zombie<'_>, _lock: &TasklistWrite) -> bool {
    let task = zombie.task();
    // SAFETY: `tasklist_lock` is held, and by the invariant of `zombie`, it was not released.
    unsafe { bindings::do_notify_parent(task.as_ptr(), exit_signal(task)) }
}

/// Wakes the threads of `parent` that wait for `task`.
#[doc(alias = "__wake_up_parent")]
pub(crate) fn wake_up_parent(task: &Task, parent: &Task, _lock: &TasklistWrite) {
    // SAFETY: Both are valid tasks, and not released while the lock is held.
    unsafe { bindings::__wake_up_parent(task.as_ptr(), parent.as_ptr()) };
}

// What a task does.

/// The job control bits of `task`, of which a moment later nothing may be true any more; unless
/// the siglock is held, or the bit is one that only the caller sets.
#[inline]
pub(crate) fn jobctl(task: &Task) -> Jobctl {
    Jobctl::new(read_field!(task, jobctl))
}

/// The status that `wait()` reports of a stopped or dead task.
#[inline]
pub(crate) fn exit_code(task: &Task) -> c_int {
    read_field!(task, exit_code)
}

/// Sets the signal that a tracee is detached with, in place of the status that `wait()` reports;
/// `wait()` holds the lock, too, when it takes it.
#[inline]
pub(crate) fn set_detach_signal(
    stopped: &Stopped<'_>,
    signal: DetachSignal,
    _lock: &TasklistWrite,
) {
    // SAFETY: Of a stopped tracee, this is written by its tracer.
    unsafe { write_field!(stopped.task(), exit_code, signal.number()) };
}

/// What the stop that a tracee is in tells beside its status.
#[inline]
pub(crate) fn ptrace_message(task: &Task) -> c_ulong {
    read_field!(task, ptrace_message)
}

/// Waits until a task that is in a ptrace stop is off the CPU. Returns whether it is: not if it
/// has left the stop, which is warned of once. Sleeps.
#[doc(alias = "wait_task_inactive")]
#[inline]
pub(crate) fn wait_inactive(task: &Task) -> bool {
    let states = bindings::__TASK_TRACED | bindings::TASK_FROZEN;
    // SAFETY: `task` is a valid task.
    unsafe { bindings::ptrace_shim_wait_task_inactive(task.as_ptr(), states) }
}

/// Waits until a task that attaching has woken from its group stop is in a ptrace stop, or until
/// the caller is killed. Sleeps.
#[doc(alias = "JOBCTL_TRAPPING")]
pub(crate) fn wait_while_trapping(task: &Task) {
    // SAFETY: `task` is a valid task.
    unsafe { bindings::ptrace_shim_wait_on_trapping(task.as_ptr()) };
}

/// Sends `SIGKILL`, as from a process.
#[doc(alias = "send_sig_info")]
pub(crate) fn kill(task: &Task) {
    // SAFETY: `task` is a valid task, and the second argument is one of the values that are no
    // pointer. The result says whether the task was alive, which it need not be.
    unsafe { bindings::send_sig_info(bindings::SIGKILL as c_int, SEND_SIG_NOINFO, task.as_ptr()) };
}

/// Sends `SIGKILL`, as the kernel.
#[doc(alias = "send_sig_info")]
pub(crate) fn kill_by_kernel(task: &Task) {
    // SAFETY: As in `kill()`.
    unsafe { bindings::send_sig_info(bindings::SIGKILL as c_int, SEND_SIG_PRIV, task.as_ptr()) };
}

/// The `si_code` of the stop that a tracee is in; [`None`] if it has no siginfo.
///
/// Without a lock, since the stop does not end.
#[inline]
pub(crate) fn stop_si_code(stopped: &Stopped<'_>) -> Option<c_int> {
    let info = read_field!(stopped.task(), last_siginfo);
    if info.is_null() {
        return None;
    }
    // SAFETY: The siginfo of a stop is valid until the stop ends, which one that is frozen does
    // not. Only the tracer changes it.
    Some(unsafe { (*info).__bindgen_anon_1.si_code })
}

/// The configuration of restartable sequences of a stopped tracee.
#[cfg(CONFIG_RSEQ)]
pub(crate) fn rseq(stopped: &Stopped<'_>) -> RseqConfiguration {
    let task = stopped.task();
    RseqConfiguration(bindings::ptrace_rseq_configuration {
        // CAST: An address, as a number that is as wide for every ABI.
        rseq_abi_pointer: read_field!(task, rseq.usrptr).addr() as u64,
        rseq_abi_size: read_field!(task, rseq.len),
        signature: read_field!(task, rseq.sig),
        flags: 0,
        pad: 0,
    })
}

// The mask of signals.

/// The mask of blocked signals that a stopped tracee will have when it is back in user mode.
#[inline]
pub(crate) fn blocked(stopped: &Stopped<'_>) -> bindings::sigset_t {
    let task = stopped.task();
    // SAFETY: `task` is a valid task.
    if unsafe { bindings::ptrace_shim_test_tsk_restore_sigmask(task.as_ptr()) } {
        read_field!(task, saved_sigmask)
    } else {
        read_field!(task, blocked)
    }
}

/// Has a stopped tracee keep the mask that it has now.
#[inline]
pub(crate) fn keep_blocked(stopped: &Stopped<'_>) {
    // SAFETY: A valid task, and since it is stopped nobody else changes its flags.
    unsafe { bindings::ptrace_shim_clear_tsk_restore_sigmask(stopped.task().as_ptr()) };
}

// Permissions.

/// Whether the program that `task` runs may be looked into by its owner.
///
/// No truth value: C has three, of which one grants something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dumpable {
    /// By who has the same credentials.
    Owner,
    /// By nobody, or by root alone.
    No,
}

/// What exec has left of the program that a task runs, and that outlives its memory.
///
/// # Invariants
///
/// The pointer is to the `exec_state` of a task, valid while the RCU guard lives.
pub(crate) struct ExecState<'rcu>(
    NonNull<bindings::task_exec_state>,
    PhantomData<&'rcu rcu::Guard>,
);

impl<'rcu> ExecState<'rcu> {
    /// The state of `task`, at this moment.
    #[doc(alias = "task_exec_state_rcu")]
    #[inline]
    pub(crate) fn of(task: &Task, _guard: &'rcu rcu::Guard) -> Option<Self> {
        // SAFETY: `task` is a valid task, and the RCU read side lock is held.
        let state = unsafe { bindings::task_exec_state_rcu(task.as_ptr()) };
        // INVARIANT: What was returned is valid as long as the lock is held.
        NonNull::new(state).map(|state| Self(state, PhantomData))
    }

    /// Whether the task may be looked into by its owner.
    #[inline]
    pub(crate) fn dumpable(&self) -> Dumpable {
        // SAFETY: By the type's invariant, the place is valid.
        let dumpable = unsafe { &raw const (*self.0.as_ptr()).dumpable };
        // SAFETY: As above. It may be stored to at the same time, hence the volatile load.
        match unsafe { dumpable.read_volatile() } {
            bindings::task_dumpable_TASK_DUMPABLE_OWNER => Dumpable::Owner,
            _ => Dumpable::No,
        }
    }

    /// The user namespace that the program was started in.
    #[inline]
    pub(crate) fn user_ns(&self) -> UserNs<'rcu> {
        // SAFETY: By the type's invariant, the state is valid, and this does not change.
        let ns = unsafe { (*self.0.as_ptr()).user_ns };
        // SAFETY: The state holds a reference to its namespace.
        unsafe { UserNs::from_raw(ns) }
    }
}

/// Asks the security modules whether the current task may look into `task`.
#[doc(alias = "security_ptrace_access_check")]
#[inline]
pub(crate) fn security_access_check(lock: &AllocGuard<'_>, mode: c_uint) -> Result {
    let task = lock.task().as_ptr();
    // SAFETY: A valid task, whose `alloc_lock` is held, as the hooks expect.
    granted(unsafe { bindings::ptrace_shim_security_ptrace_access_check(task, mode) })
}

/// Asks the security modules whether `parent` may trace the current task.
#[doc(alias = "security_ptrace_traceme")]
pub(crate) fn security_traceme(parent: &Task, _lock: &TasklistWrite) -> Result {
    // SAFETY: A valid task; the hooks expect `tasklist_lock` to be held for writing.
    granted(unsafe { bindings::ptrace_shim_security_ptrace_traceme(parent.as_ptr()) })
}

/// What a security module says: only 0 grants anything, whatever else it may return.
#[inline]
fn granted(ret: c_int) -> Result {
    to_result(ret)?;
    if ret == 0 {
        Ok(())
    } else {
        Err(EPERM)
    }
}

// Who is told.

/// Records for the audit of the current system call that it is about `task`.
#[doc(alias = "audit_ptrace")]
pub(crate) fn audit(task: &Task) {
    // SAFETY: `task` is a valid task.
    unsafe { bindings::ptrace_shim_audit_ptrace(task.as_ptr()) };
}

/// Tells the listeners of the proc connector that `task` was attached or detached. Sleeps.
#[doc(alias = "proc_ptrace_connector")]
pub(crate) fn tell_connector(task: &Task, request: u32) {
    // CAST: A request's number fits.
    // SAFETY: `task` is a valid task.
    unsafe { bindings::ptrace_shim_proc_ptrace_connector(task.as_ptr(), request as c_int) };
}

// Memory.

/// The memory of a task, referenced.
///
/// # Invariants
///
/// Holds a reference to the memory's users.
struct TaskMm(NonNull<bindings::mm_struct>);

impl TaskMm {
    /// The memory of `task`, unless it has none: a thread of the kernel, or one that has exited.
    #[doc(alias = "get_task_mm")]
    fn of(task: &Task) -> Option<Self> {
        // SAFETY: `task` is a valid task.
        let mm = unsafe { bindings::get_task_mm(task.as_ptr()) };
        // INVARIANT: The function took a reference where it returned something.
        NonNull::new(mm).map(Self)
    }
}

impl Drop for TaskMm {
    fn drop(&mut self) {
        // SAFETY: By the type's invariant, there is a reference to give back.
        unsafe { bindings::mmput(self.0.as_ptr()) };
    }
}

/// Copies between `len` bytes at `buffer` and the memory of `task` at `addr`; in which direction is
/// up to `FOLL_WRITE` in `flags`. Returns how much was copied: less than all where the memory ends,
/// 0 if `allowed`, which is asked when the memory is known to stay, says no. Sleeps.
///
/// # Safety
///
/// `buffer` is valid for `len` bytes; to read, with `FOLL_WRITE`, and else to write.
pub(crate) unsafe fn access_vm_raw(
    task: &Task,
    addr: c_ulong,
    buffer: *mut c_void,
    len: c_int,
    flags: c_uint,
    allowed: impl FnOnce(&Task) -> bool,
) -> c_int {
    let Some(mm) = TaskMm::of(task) else {
        return 0;
    };
    if !allowed(task) {
        return 0;
    }
    // SAFETY: The memory is referenced, and by the requirement of this function, `buffer` is valid
    // for `len` bytes.
    unsafe { bindings::access_remote_vm(mm.0.as_ptr(), addr, buffer, len, flags) }
}

/// [`access_vm_raw`] for a buffer of Rust's. Nothing is copied for one that is longer than an `int`
/// can say.
pub(crate) fn access_vm(
    task: &Task,
    addr: c_ulong,
    buffer: &mut [u8],
    flags: c_uint,
    allowed: impl FnOnce(&Task) -> bool,
) -> usize {
    let Ok(len) = c_int::try_from(buffer.len()) else {
        return 0;
    };
    let buffer = buffer.as_mut_ptr().cast();
    // SAFETY: `buffer` is valid for `len` bytes.
    let copied = unsafe { access_vm_raw(task, addr, buffer, len, flags, allowed) };
    usize::try_from(copied).unwrap_or(0)
}

/// Lets another task run, if one is to. Sleeps.
#[inline]
pub(crate) fn cond_resched() {
    // SAFETY: An FFI call with no additional requirements.
    unsafe { bindings::ptrace_shim_cond_resched() };
}
