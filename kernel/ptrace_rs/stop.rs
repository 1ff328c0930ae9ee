// SPDX-License-Identifier: GPL-2.0-only

//! Tracees, in any state and in a ptrace-stop: what a request must hold to be carried out.
//!
//! A request on a tracee in a ptrace-stop is carried out in two halves. The system call freezes the
//! tracee and calls the architecture's `arch_ptrace()`, which is C; that calls `ptrace_request()`.
//! So there are two types: [`Frozen`] is the duty to unfreeze the tracee, and [`Stopped`] is the
//! right to look at it.

#[cfg(CONFIG_RSEQ)]
use crate::user::RseqConfiguration;
use crate::{
    access::PermittedOptions,
    jobctl::Pending,
    lock::{
        Irq,
        SighandGuard,
        Taken,
        TasklistWrite, //
    },
    options::{
        DetachSignal,
        PtFlags,
        ResumeSignal, //
    },
    task::{
        self,
        place,
        read_once,
        write_once,
        Caller,
        Entry, //
    },
    user::{
        SigInfo,
        TraceeInfo, //
    }, //
};
use core::{
    mem::{
        self,
        ManuallyDrop, //
    },
    ptr, //
};
use kernel::{
    bindings,
    prelude::*,
    task::{
        CurrentTask,
        Task, //
    },
    types::NotThreadSafe, //
};

/// The siglock of a task that the caller traces. The task may be running, in any stop, or dying.
///
/// Whether a task is traced, and by whom, is what its `ptrace` and its `parent` say together: a
/// real parent is in `parent` as long as there is no tracer. Who writes the pair holds
/// `tasklist_lock`, for writing. The siglock alone is right for who reads it, because of what each
/// writer does:
///
/// - [`list::link`](crate::list::link) and [`Leaving::unlink`](crate::list::Leaving::unlink) store
///   both in one hold of the siglock;
/// - [`list::link_caller`](crate::list::link_caller) stores `ptrace`, and leaves the real parent in
///   `parent`, which is the tracer from the moment that `ptrace` says so;
/// - `ptrace_init_task()` stores them for a task that nobody can find yet;
/// - `forget_original_parent()` stores `parent` only where `ptrace` is 0, and a reader that sees 0
///   does not look at `parent`;
/// - [`Stopped::set_options`] stores `ptrace` for a tracee that is frozen, and neither 0 nor
///   `PT_SEIZED` comes or goes;
/// - `release_task()` takes a task from its tracer before [`SighandGuard::try_lock`] fails for it;
/// - exec does not store to the pair, and [`SighandGuard::try_lock`] looks whether the lock that it
///   got is still the right one.
///
/// A task that is seen not to be traced, with no lock, is not the caller's tracee: the caller makes
/// it one; or the task itself, by `PTRACE_TRACEME`, which is as if it came later; or fork does,
/// before the caller can find it.
///
/// As long as the task lives, only the caller can change that it is traced. A dead one may be
/// reaped by another thread of the caller as soon as the siglock is dropped.
///
/// # Invariants
///
/// The siglock is held, and the current task traces the task.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct Attached<'g> {
    sighand: SighandGuard<'g, Irq>,
    flags: PtFlags,
}

impl<'g> Attached<'g> {
    /// Takes the siglock of `task`, if the caller traces that, in whatever state it is.
    ///
    /// [`None`] if the caller does not trace it, or if it has been released.
    #[doc(alias = "lock_tracee")]
    #[inline]
    pub(crate) fn lock(task: &'g Task, caller: &'g mut Entry<'_>) -> Option<Self> {
        // Without the lock: nobody makes it the caller's tracee behind its back.
        if task::ptrace_flags(task) == 0 {
            return None;
        }
        let tracer = caller.as_ptr();
        let sighand = SighandGuard::try_lock(task, caller)?;
        // SAFETY: The siglock protects the pair from all but what is said above, and is held.
        let flags = unsafe { read_once!(place!(task, ptrace)) };
        // SAFETY: As above; `forget_original_parent()` may store to this if `ptrace` is 0.
        let parent = unsafe { read_once!(place!(task, parent)) };
        let traced = flags != 0 && ptr::eq(parent, tracer);
        // INVARIANT: As is seen here.
        traced.then(|| Self {
            sighand,
            flags: PtFlags::new(flags),
        })
    }

    /// The tracee, if it was attached with `PTRACE_SEIZE`.
    #[doc(alias = "PT_SEIZED")]
    #[inline]
    pub(crate) fn seized(self) -> Option<Seized<'g>> {
        let Self { sighand, flags } = self;
        // INVARIANT: As the flags say, which do not change under the siglock.
        flags.is_seized().then(|| Seized(sighand))
    }

    /// `PTRACE_KILL`: sends `SIGKILL`, as from a process, and no more.
    #[inline]
    pub(crate) fn kill(&mut self) {
        // SAFETY: A tracer may kill its tracee.
        unsafe { self.sighand.send(bindings::SIGKILL, task::SEND_SIG_NOINFO) };
    }

    /// What the tracee does, as of one moment.
    #[doc(alias = "ptrace_get_tracee_info")]
    #[inline]
    pub(crate) fn info(&self) -> TraceeInfo {
        let jobctl = self.sighand.jobctl();
        let mut info = bindings::ptrace_tracee_info {
            state: bindings::PTRACE_TRACEE_RUNNING,
            flags: 0,
            options: self.flags.options(),
            pending: jobctl.stop_reasons(),
            group_stop: 0,
            status: 0,
            message: 0,
        };
        if self.flags.is_seized() {
            info.flags |= bindings::PTRACE_TRACEE_SEIZED;
        }
        if self.sighand.group_stop_in_effect() {
            info.group_stop = jobctl.stop_signal();
        }

        let task = self.sighand.task();
        let exit_state = task::exit_state(task);
        if exit_state != 0 {
            info.state = bindings::PTRACE_TRACEE_DEAD;
            if exit_state == bindings::EXIT_ZOMBIE && !self.sighand.leads_others() {
                info.flags |= bindings::PTRACE_TRACEE_UNREPORTED;
            }
        } else if jobctl.is_listening() {
            info.state = bindings::PTRACE_TRACEE_LISTENING;
        } else if jobctl.is_in_ptrace_stop() {
            info.state = bindings::PTRACE_TRACEE_STOPPED;
            // SAFETY: Only the tracee writes this, before it is in a ptrace-stop, as it is now.
            info.message = unsafe { place!(task, ptrace_message).read() } as u64;
            // SAFETY: `wait()` takes this under the siglock, which is held.
            let code = unsafe { place!(task, exit_code).read() };
            if code != 0 {
                info.flags |= bindings::PTRACE_TRACEE_UNREPORTED;
                info.status = (code << 8 | 0x7f) as u32;
            }
            if has_spurious_pid(&self.sighand) {
                info.flags |= bindings::PTRACE_TRACEE_RENUMBERED;
            }
        } else if self.is_dying() {
            info.state = bindings::PTRACE_TRACEE_DYING;
        }
        TraceeInfo(info)
    }

    /// Whether the tracee, which is in no stop, takes none any more but that of its exit.
    fn is_dying(&self) -> bool {
        task::is_exiting(self.sighand.task())
            || self.sighand.fatal_signal_pending()
            || self.sighand.group_exits()
    }

    /// Sets `JOBCTL_PTRACE_FROZEN`, if the tracee is in a ptrace-stop, does not listen and is not
    /// being killed; returns whether it did.
    #[doc(alias = "ptrace_freeze_traced")]
    #[inline]
    fn freeze(&mut self) -> bool {
        let jobctl = self.sighand.jobctl();
        let stopped = !jobctl.is_listening()
            && jobctl.is_in_ptrace_stop()
            && !has_spurious_pid(&self.sighand)
            && !self.sighand.fatal_signal_pending();
        if stopped {
            // SAFETY: The tracee is in a ptrace-stop, and is not being killed.
            unsafe { self.sighand.set_jobctl(jobctl.with_frozen()) };
        }
        stopped
    }
}

/// The siglock of a tracee that was attached with `PTRACE_SEIZE`, in any state.
///
/// # Invariants
///
/// As for [`Attached`]; and the tracee is seized.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct Seized<'g>(SighandGuard<'g, Irq>);

impl Seized<'_> {
    /// Has the tracee take a trap for `PTRACE_INTERRUPT`, unless it is dying.
    // Always inlined: it is called from one place only.
    #[doc(alias = "JOBCTL_TRAP_INTERRUPT")]
    #[inline(always)]
    pub(crate) fn trap(&mut self) {
        // SAFETY: The task is a seized tracee.
        if unsafe { self.0.set_pending(Pending::TRAP_INTERRUPT) } {
            // A tracee that listens leaves its stop and traps again.
            wake_to_trap(&mut self.0);
        }
    }
}

/// Has a tracee look for traps: sets `TIF_SIGPENDING`, and wakes it from an interruptible sleep.
///
/// Also from the one ptrace-stop that gives way, that of a tracee that listens, to enter it again.
#[doc(alias = "ptrace_signal_wake_up")]
#[inline]
fn wake_to_trap<T: Taken>(sighand: &mut SighandGuard<'_, T>) {
    let listening = sighand.jobctl().is_listening();
    // SAFETY: The siglock is held.
    unsafe { bindings::ptrace_shim_signal_wake_up(sighand.task().as_ptr(), listening) };
}

/// Ends the ptrace-stop that the task is in, and wakes it.
///
/// # Safety
///
/// Nobody relies on the stop: there is no [`Stopped`] of the task that is used after this.
#[doc(alias = "wake_up_state")]
#[inline]
unsafe fn end_ptrace_stop<T: Taken>(sighand: &mut SighandGuard<'_, T>) {
    // SAFETY: By the requirement of this function.
    unsafe { sighand.set_jobctl(sighand.jobctl().without_traced()) };
    // SAFETY: A valid task.
    unsafe { bindings::wake_up_state(sighand.task().as_ptr(), bindings::__TASK_TRACED) };
}

/// Whether the number that the tracer knows the tracee by may be another's by now.
///
/// The tracee has changed its number in exec, to that of the leader, and the tracer has not yet
/// taken the event that says so. The tracer probably means the old leader, which may be dead.
#[doc(alias = "looks_like_a_spurious_pid")]
fn has_spurious_pid(sighand: &SighandGuard<'_, Irq>) -> bool {
    const EXEC: c_int = (bindings::PTRACE_EVENT_EXEC << 8 | bindings::SIGTRAP) as c_int;

    let task = sighand.task();
    // SAFETY: `wait()` takes this under `tasklist_lock` and the siglock, which is held.
    if unsafe { place!(task, exit_code).read() } != EXEC {
        return false;
    }
    // SAFETY: Only the tracee writes this, before it is in a ptrace-stop, as it is now.
    let old_number = unsafe { place!(task, ptrace_message).read() };
    // CAST: Extends the sign, as C's comparison of an `int` with an `unsigned long` does.
    task::vnr(task) as c_ulong != old_number
}

/// The duty to unfreeze a tracee that is kept in its ptrace-stop for one request.
///
/// The tracee is unfrozen when the value is dropped. There is one such value in a system call: it
/// borrows the entry, which a handler of the request does not have.
///
/// # Invariants
///
/// The current task traces the task, and has set its `JOBCTL_PTRACE_FROZEN`.
#[must_use = "the tracee is unfrozen immediately when the value is unused"]
pub(crate) struct Frozen<'f, 'c> {
    task: &'f Task,
    caller: &'f mut Entry<'c>,
}

impl<'f, 'c> Frozen<'f, 'c> {
    /// Checks that the caller traces `task` and that it is in a ptrace-stop, and sees to it that it
    /// stays there, even if it is sent `SIGKILL`, and is off the CPU.
    ///
    /// Takes and releases the siglock. Sleeps. [`None`] if the caller does not trace it, or if it
    /// is in no ptrace-stop, or listens, or is being killed.
    #[doc(alias = "ptrace_check_attach")]
    #[doc(alias = "ptrace_freeze_traced")]
    #[inline]
    pub(crate) fn freeze(task: &'f Task, caller: &'f mut Entry<'c>) -> Option<Self> {
        if !Attached::lock(task, caller)?.freeze() {
            return None;
        }
        // INVARIANT: Both were just seen to, under the siglock.
        let frozen = Self { task, caller };
        if !frozen.wait_inactive() {
            return frozen.undo();
        }
        Some(frozen)
    }

    /// Unfreezes a tracee that has left its ptrace-stop.
    // By value: a drop in `freeze()` would need a place on the stack of every request.
    #[cold]
    #[inline(never)]
    fn undo(self) -> Option<Self> {
        drop(self);
        None
    }

    /// Waits until the tracee is off the CPU; returns whether it is. A frozen tracee
    /// does not leave its ptrace-stop; if it has, that is warned of once. Sleeps.
    #[doc(alias = "wait_task_inactive")]
    #[inline]
    fn wait_inactive(&self) -> bool {
        let states = bindings::__TASK_TRACED | bindings::TASK_FROZEN;
        // SAFETY: A valid task. By the mutable borrow of the caller, this context may sleep.
        unsafe { bindings::ptrace_shim_wait_task_inactive(self.task.as_ptr(), states) }
    }

    /// The tracee, for the architecture's `arch_ptrace()`.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut bindings::task_struct {
        self.task.as_ptr()
    }

    /// Gives up the duty, after the tracee was detached: another tracer may have frozen it now.
    ///
    /// # Safety
    ///
    /// The tracee was detached. Else it would stay in its ptrace-stop, and nobody could kill it.
    #[inline]
    pub(crate) unsafe fn forget(self) {
        mem::forget(self);
    }

    /// Unfreezes the tracee, as the drop does, but with no call: every request ends here.
    #[inline]
    pub(crate) fn unfreeze(self) {
        ManuallyDrop::new(self).thaw();
    }

    /// Lets the ptrace-stop end; at once, if the tracee was sent `SIGKILL` meanwhile, which has not
    /// woken it.
    ///
    /// Takes and releases the siglock.
    // Always inlined: a call would be 10 instructions of every request.
    #[doc(alias = "ptrace_unfreeze_traced")]
    #[inline(always)]
    fn thaw(&mut self) {
        // The tracee may be awake, and may have cleared the bit itself; and it may have been
        // released.
        let Some(mut sighand) = SighandGuard::try_lock(self.task, self.caller) else {
            return;
        };
        // SAFETY: The bit that this value stands for.
        unsafe { sighand.set_jobctl(sighand.jobctl().without_frozen()) };
        if sighand.fatal_signal_pending() {
            // SAFETY: By the requirement of `Stopped::assume()`, there is none any more.
            unsafe { end_ptrace_stop(&mut sighand) };
        }
    }
}

impl Drop for Frozen<'_, '_> {
    /// Unfreezes the tracee.
    fn drop(&mut self) {
        self.thaw();
    }
}

/// A tracee that is in a ptrace-stop, does not leave it, and is off the CPU.
///
/// What holds still in the stop is a method, here and in the modules above: registers, siginfo,
/// options, memory. None of the results outlives the value, and what ends the stop consumes it.
///
/// # Invariants
///
/// A [`Frozen`] of the task exists in the system call that is being carried out. The task was not
/// resumed or detached since.
pub(crate) struct Stopped<'t> {
    task: &'t Task,
    _not_send: NotThreadSafe,
}

impl<'t> Stopped<'t> {
    /// The tracee that C passes on between the two halves of a request, and its tracer.
    ///
    /// # Safety
    ///
    /// The current task is in ptrace(2), with no lock held, and has a [`Frozen`] of `task`, which
    /// was not resumed or detached since, for as long as the values exist. There are no other
    /// values of these types that are used meanwhile.
    #[inline]
    pub(crate) unsafe fn assume(task: &'t Task, current: &'t CurrentTask) -> (Self, Caller<'t>) {
        // INVARIANT: By the requirement of this function.
        let stopped = Self {
            task,
            _not_send: NotThreadSafe,
        };
        // SAFETY: By the requirement of this function.
        (stopped, unsafe { Caller::in_syscall(current) })
    }

    /// The task, for as long as its stop.
    #[inline]
    pub(crate) fn task(&self) -> &Task {
        self.task
    }

    /// The task, which no more is known of than that it has not been released yet.
    ///
    /// Ends the stop, as far as Rust goes.
    #[inline]
    pub(crate) fn into_task(self) -> &'t Task {
        self.task
    }

    /// The tracee's ptrace flags.
    #[doc(alias = "PT_PTRACED")]
    #[inline]
    pub(crate) fn flags(&self) -> PtFlags {
        // SAFETY: Its tracer alone changes these while a tracee is in a ptrace-stop.
        PtFlags::new(unsafe { place!(self.task, ptrace).read() })
    }

    /// Replaces the options of the tracee, in one store: others read the flags without a lock.
    #[inline]
    pub(crate) fn set_options(&self, options: PermittedOptions) {
        let flags = self.flags().with_options(options.get());
        // SAFETY: Its tracer alone changes these while a tracee is in a ptrace-stop.
        unsafe { write_once!(place!(self.task, ptrace), flags.bits()) };
    }

    /// What the stop tells beside its status.
    #[doc(alias = "PTRACE_GETEVENTMSG")]
    #[inline]
    pub(crate) fn message(&self) -> c_ulong {
        // SAFETY: The tracee alone writes this, before it is in the stop.
        unsafe { place!(self.task, ptrace_message).read() }
    }

    /// The `si_code` of the stop; [`None`] if it has no siginfo.
    ///
    /// Without a lock, since the stop does not end.
    #[inline]
    pub(crate) fn si_code(&self) -> Option<c_int> {
        // SAFETY: The tracee alone writes this, before it is in the stop.
        let info = unsafe { place!(self.task, last_siginfo).read() };
        if info.is_null() {
            return None;
        }
        // SAFETY: The siginfo of a stop is valid until the stop ends. Only the tracer changes it.
        Some(unsafe { (*info).__bindgen_anon_1.si_code })
    }

    /// The mask of blocked signals that the tracee will have when it is back in user mode.
    #[inline]
    pub(crate) fn blocked(&self) -> bindings::sigset_t {
        // SAFETY: `task` is a valid task.
        if unsafe { bindings::ptrace_shim_test_tsk_restore_sigmask(self.task.as_ptr()) } {
            // SAFETY: The tracee alone writes this, and is off the CPU.
            unsafe { place!(self.task, saved_sigmask).read() }
        } else {
            // SAFETY: The tracee or its tracer writes this.
            unsafe { place!(self.task, blocked).read() }
        }
    }

    /// Has the tracee keep the mask that it has now.
    #[doc(alias = "clear_tsk_restore_sigmask")]
    #[inline]
    pub(crate) fn keep_blocked(&self) {
        // SAFETY: A valid task, and since it is in a ptrace-stop nobody else changes its flags.
        unsafe { bindings::ptrace_shim_clear_tsk_restore_sigmask(self.task.as_ptr()) };
    }

    /// The configuration of restartable sequences.
    #[cfg(CONFIG_RSEQ)]
    pub(crate) fn rseq(&self) -> RseqConfiguration {
        // SAFETY: The tracee alone writes this, and is off the CPU.
        let pointer = unsafe { place!(self.task, rseq.usrptr).read() };
        RseqConfiguration(bindings::ptrace_rseq_configuration {
            // CAST: An address, as a number that is as wide for every ABI.
            rseq_abi_pointer: pointer.addr() as u64,
            // SAFETY: As above.
            rseq_abi_size: unsafe { place!(self.task, rseq.len).read() },
            // SAFETY: As above.
            signature: unsafe { place!(self.task, rseq.sig).read() },
            flags: 0,
            pad: 0,
        })
    }

    /// Warns if the tracee is not traced or has exited, which it cannot be.
    #[inline]
    pub(crate) fn warn_if_gone(&self, _lock: &TasklistWrite) {
        // SAFETY: `tasklist_lock` protects this, which is held.
        let exit_state = unsafe { place!(self.task, exit_state).read() };
        kernel::warn_on!(self.flags().bits() == 0 || exit_state != 0);
    }

    /// Sets the signal that the tracee is detached with, in place of the status that `wait()`
    /// reports.
    ///
    /// `wait()` holds the lock as well when it takes the status.
    #[inline]
    pub(crate) fn set_detach_signal(&self, signal: DetachSignal, _lock: &TasklistWrite) {
        // SAFETY: Its tracer alone writes this while a tracee is in a ptrace-stop.
        unsafe { write_once!(place!(self.task, exit_code), signal.number()) };
    }

    /// Takes the siglock of the tracee and disables interrupts.
    #[doc(alias = "spin_lock_irq")]
    #[inline]
    pub(crate) fn lock<'g>(&'g self, caller: &'g mut Caller<'_>) -> StoppedGuard<'g> {
        // SAFETY: A tracee in a ptrace-stop has not been released, so that `task->sighand` is not
        // null; only the tracee makes it another, in exec, and it is off the CPU.
        StoppedGuard(unsafe { SighandGuard::lock_irq(self.task, caller) })
    }

    /// Has the tracee go on with `signal`.
    ///
    /// Takes and releases the siglock.
    // The status and the state change together under the siglock, which wait_task_stopped() holds:
    // in between, the signal would look like another report. Also if the status is the same: what
    // was not reported yet must not be cleared after this.
    #[doc(alias = "ptrace_resume")]
    #[inline]
    pub(crate) fn resume(self, signal: ResumeSignal, caller: &mut Caller<'_>) {
        let StoppedGuard(mut sighand) = self.lock(caller);
        // SAFETY: Its tracer alone writes this while a tracee is in a ptrace-stop.
        unsafe { write_once!(place!(self.task, exit_code), signal.number()) };
        // SAFETY: This is the one `Stopped`, which is not used any more.
        unsafe { end_ptrace_stop(&mut sighand) };
    }

    /// `PTRACE_LISTEN`: the tracee stays in its group stop, but leaves it by itself to report a
    /// change of that. Until then, `wait()` and ptrace take it for running.
    ///
    /// `EIO` if it was not attached with `PTRACE_SEIZE`, or if this is no `PTRACE_EVENT_STOP`.
    pub(crate) fn listen(self, caller: &mut Caller<'_>) -> Result {
        if !self.flags().is_seized() {
            return Err(EIO);
        }
        let StoppedGuard(mut sighand) = self.lock(caller);
        match self.si_code() {
            Some(code) if code >> 8 == bindings::PTRACE_EVENT_STOP as c_int => {}
            _ => return Err(EIO),
        }
        // SAFETY: This is the one `Stopped`, which is not used any more: the tracee may leave its
        // stop now.
        unsafe { sighand.set_jobctl(sighand.jobctl().with_listening()) };
        // What has happened between the start of this stop and now is to be reported.
        if sighand.jobctl().has_trap_notify() {
            wake_to_trap(&mut sighand);
        }
        Ok(())
    }
}

/// The siglock of a tracee in a ptrace-stop that does not end.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct StoppedGuard<'g>(SighandGuard<'g, Irq>);

impl StoppedGuard<'_> {
    /// The siginfo of the stop; null if it has none.
    #[inline]
    fn last_siginfo(&self) -> *mut bindings::kernel_siginfo {
        // SAFETY: The tracee alone writes this, before it is in the stop.
        unsafe { place!(self.0.task(), last_siginfo).read() }
    }

    /// Copies the siginfo of the stop to `to`; returns whether it has one.
    #[inline]
    pub(crate) fn copy_stop_siginfo(&self, to: &mut SigInfo) -> bool {
        let info = self.last_siginfo();
        if info.is_null() {
            return false;
        }
        // SAFETY: The siginfo of a stop is valid until the stop ends, and does not change while the
        // siglock is held. clear_siginfo() or copy_siginfo() has initialised all of it.
        unsafe { to.copy_from(info) };
        true
    }

    /// Replaces the siginfo of the stop; returns whether it has one.
    #[inline]
    pub(crate) fn set_stop_siginfo(&mut self, new: &SigInfo) -> bool {
        let info = self.last_siginfo();
        if info.is_null() {
            return false;
        }
        // SAFETY: As in `copy_stop_siginfo()`.
        unsafe { new.copy_to(info) };
        true
    }

    /// Copies to `to` the siginfo at `index` of the signals that are pending for the tracee or, if
    /// `shared`, for its process; returns whether there are that many.
    #[inline]
    pub(crate) fn copy_pending_siginfo(
        &self,
        shared: bool,
        mut index: usize,
        to: &mut SigInfo,
    ) -> bool {
        let task = self.0.task();
        let head: *const bindings::list_head = if shared {
            // SAFETY: The signal struct of a task lives as long as the task does.
            unsafe { &raw const (*task::signal(task)).shared_pending.list }
        } else {
            place!(task, pending.list)
        };
        // SAFETY: The siglock protects the list, which is held.
        let mut entry = unsafe { (*head).next };
        while !ptr::eq(entry, head) {
            if index == 0 {
                // SAFETY: An entry of this list that is not its head is in a `sigqueue`.
                let queued = unsafe { kernel::container_of!(entry, bindings::sigqueue, list) };
                // SAFETY: As above; it is not freed before it is taken off the list.
                unsafe { to.copy_from(&raw const (*queued).info) };
                return true;
            }
            index -= 1;
            // SAFETY: `entry` is an entry of the list.
            entry = unsafe { (*entry).next };
        }
        false
    }

    /// Sets the mask of signals that the tracee blocks.
    #[inline]
    pub(crate) fn set_blocked(&mut self, blocked: bindings::sigset_t) {
        // SAFETY: The siglock protects this, which is held.
        unsafe { place!(self.0.task(), blocked).write(blocked) };
    }
}
